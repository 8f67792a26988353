/*
 * The daily check of every store's books (store/verify.h): a standing job, so that it outlives restarts and
 * no two servers do the same one. Each store has a time of day of its own, and one store is looked at at a
 * time, in the worker pool, on a connection of its own; the lane only writes down what came of it.
 *
 * Differences are told to the store's admins and are an error line of the server's log. What can't be looked
 * at (the database is away) is tried again in ten minutes.
 */
#pragma once

#include "store/verify.h"
#include "work/job.h"

/* Whoever talks to people is told in the transaction that plans the next check; a false rolls it back. */
struct verify_notices {
    bool (*differences)(struct work *work, const struct verify_result *result, struct error *err);
    /* It took too long, and was not done to the end; what was found so far is told by `differences` as well.
     */
    bool (*unfinished)(struct work *work, const struct verify_result *result, struct error *err);
};

/* Before the lanes start; both are borrowed. */
void verify_daily_start(const char *database_url, const struct verify_notices *notices);
/* Ends the check that runs and begins no more; the rows stay for the next start. Waits for the database to
 * take note, not for the check. Any thread. */
void verify_daily_stop(void);
/* Forgets what is known of stores. Nothing of it may run any more. */
void verify_daily_end(void);

/* For job_set_kinds(). */
extern const struct job_kind verify_daily_job;

/* For metrics; any thread. Checks of this process by what came of them. */
struct verify_figures {
    uint64_t clean, differing, failed;
};
void verify_daily_figures(struct verify_figures *figures_out);
/* Differences at the store's last check by this process; false where there was none yet. */
bool verify_daily_differences(const char *store_name, int64_t *count_out);

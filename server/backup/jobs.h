/*
 * Backups that lapakd makes by itself: one a day of each store and of the server, and one whenever an owner
 * asks for it. One at a time in a process, in the worker pool, on a connection of its own; stores are spread
 * over two hours from `backup.at` on, in their own zone. Without a BACKUP_KEY nothing is made.
 *
 * A good one is written into the audit trail and the owner's figures, and ends the alert of kind `backup`;
 * one that failed raises it, and is tried again in an hour. Once a day the older ones are read again, too, so
 * that a disk that rots is noticed while there are others.
 */
#pragma once

#include "tenants/config.h"
#include "work/job.h"
#include "work/lane.h"

/* Whoever talks to the owners is told in a transaction of the server's store; a false rolls it back. */
struct backup_notices {
    /* Of a backup that `owner` asked for; the text says what came of it, in English. */
    bool (*done)(struct work *work, int64_t owner, const char *store, bool ok, const char *text,
                 struct error *err);
};

/* Before the lanes start; the configuration is borrowed. Warns where there is no BACKUP_KEY. */
void backup_start(const struct config *config);
/* The same; borrowed. Without it owners are not told. */
void backup_set_notices(const struct backup_notices *notices);
/* When the lanes have started. */
void backup_set_lanes(struct lanes *lanes);
/* Ends the backup that runs and begins no more; the rows stay for the next start. Any thread. */
void backup_stop(void);

/* Whether backups are made at all. */
bool backup_is_on(void);
/* A backup as soon as may be of that store, or of the server; `owner` (0: nobody) is told what came of it.
 * Any thread; never fails: where the database is away it is not asked for. */
void backup_ask(struct lane_store *store, int64_t owner);

/* For job_set_kinds(). */
extern const struct job_kind backup_jobs[];
extern const size_t backup_job_count;

/* For metrics: backups of this process by what came of them. Any thread. */
struct backup_figures {
    uint64_t made, failed;
};
void backup_get_figures(struct backup_figures *figures_out);

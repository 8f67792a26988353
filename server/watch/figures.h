/*
 * What the last round saw of each store, and the last backup: for the owner's screens, the daily summary and
 * /metrics. Owns table lapak.store_figures. Written and read on the server's lane (a transaction of the
 * server's store).
 */
#pragma once

#include "work/work.h"

struct store_figures {
    const char *store;
    int64_t checked_ms;                    /* 0: no round yet */
    const char *day;                       /* "2026-11-22": whose orders these are, in the store's zone; "" */
    int64_t orders;                        /* paid on that day */
    int64_t revenue;                       /* of these, rupiah */
    int64_t orders_before, revenue_before; /* the same of the day before `day` */
    int64_t people;
    int64_t parked; /* jobs, updates and payments set aside for somebody to decide */
    int64_t outbox_waiting, outbox_late_seconds, jobs_late_seconds;
    int64_t failed_in_row; /* payments that came to nothing, one after the other */
    int64_t webhook_pending;
    const char *webhook_error; /* NULL: none */
    bool gateway_known, gateway_ok;
    int64_t backup_ms;        /* of the last good one; 0: none */
    const char *backup_error; /* of one that failed since; NULL */
};

/* What a round saw: everything but the backup's. */
MUST_USE bool figures_write(struct work *work, const struct store_figures *figures, struct error *err);
/* A backup came to its end: `at_ms` is that of a good one, 0 where none was made; `problem`, NULL or why
 * there is none, or why the second place does not have it. */
MUST_USE bool figures_write_backup(struct work *work, const char *store, int64_t at_ms, const char *problem,
                                   struct error *err);
/* One store's; zeroed but for its name where there is none. In the arena. */
MUST_USE bool figures_get(struct work *work, const char *store, struct store_figures *figures_out,
                          struct error *err);
/* At most `limit` after the name `after` ("": from the first), by name. In the arena. */
MUST_USE bool figures_list(struct work *work, const char *after, int64_t limit,
                           struct store_figures **figures_out, size_t *count_out, struct error *err);

/* All stores together, today. */
struct figures_sum {
    int64_t orders, revenue; /* rupiah */
    int64_t parked, outbox_waiting;
};
/* `day` is today where the owner is ("2026-11-22"). */
MUST_USE bool figures_today(struct work *work, const char *day, struct figures_sum *sum_out,
                            struct error *err);

/* One day of all stores, and those that sold for the most. */
enum { FIGURES_BEST = 10 };
struct figures_of_day {
    const char *store;
    int64_t orders, revenue;
};
struct figures_day {
    int64_t orders, revenue;
    size_t best_count;
    struct figures_of_day best[FIGURES_BEST];
};
/* Of the last day that a round has seen to its end, or of one that is not over. In the arena. */
MUST_USE bool figures_day(struct work *work, const char *day, struct figures_day *day_out, struct error *err);

/* Stores in service whose last good backup is older than `since_ms`, or that have none. */
enum { FIGURES_MISSING = 10 };
struct figures_missing {
    int64_t all;
    size_t count;
    const char *stores[FIGURES_MISSING]; /* the first of them, by name; in the arena */
};
MUST_USE bool figures_without_backup(struct work *work, int64_t since_ms, struct figures_missing *missing_out,
                                     struct error *err);
/* --- in this process's memory, for /metrics: any thread --- */

/* What a round of this process saw. */
void figures_remember(const struct store_figures *figures);
/* What the table has: rounds of other servers, backups. In a transaction of the server's store. */
MUST_USE bool figures_refresh(struct work *work, struct error *err);
/* False where nothing is known of the store. Of its texts only that there is an error is kept. */
bool figures_known(const char *store, struct store_figures *figures_out);
void figures_forget(void);

/*
 * What is kept for a while and then removed: a table of rules, one for each table that would grow for ever.
 * A standing job of each store, and one of the server, which removes old log files as well. It works in the
 * worker pool on a connection of its own: each table is walked by its primary key, a thousand rows at a time,
 * each in a transaction of its own, so that nobody waits long for a lock and no index is needed for it.
 *
 * What is bought, paid and decided stays: orders, payments, the ledger, admin logs and the audit trail.
 */
#pragma once

#include "work/job.h"

enum { RETENTION_DAYS = 30 /* of what the configuration has no key for */ };

/* Before the lanes start; both texts are borrowed. `log_days`: how long log files stay. */
void retention_start(const char *database_url, const char *log_dir, int64_t log_days);
/* Ends what is on its way and begins no more. Any thread. */
void retention_stop(void);

/* For job_set_kinds(): each store's, and the server's own. */
extern const struct job_kind retention_job, retention_server_job;

/* For tests: all rules of a scope at a time, to their ends. `rows_out`: removed, or emptied. */
MUST_USE bool retention_run(struct db *db, const struct db_scope *scope, int64_t snk_days, bool is_server,
                            int64_t now_ms, int64_t *rows_out, struct error *err);

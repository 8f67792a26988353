/*
 * The daily look at every audit trail, each store's and the server's (work/audit.h): standing jobs, in the
 * worker pool, on a connection of its own, one trail at a time. It goes on from the row up to which the trail
 * was good the last time, so that a long one costs no more than a day's rows; `lapakctl audit --verify` looks
 * at all of it.
 *
 * What does not fit is an alert (AUDIT) and an error line of the server's log, again each day until it does.
 */
#pragma once

#include "work/job.h"

/* Before the lanes start; the URL is borrowed. */
void audit_daily_start(const char *database_url);
/* Ends the look that is on its way and begins no more. Any thread. */
void audit_daily_stop(void);

/* For job_set_kinds(): each store's, and the server's own. */
extern const struct job_kind audit_daily_job, audit_daily_server_job;

/*
 * How many people were active lately: counted in the background (store/aside.h), because it takes the whole
 * table of people, and kept in the counters with the time of the count. Whoever shows the figure asks for a
 * new one when it is old.
 */
#pragma once

#include "work/job.h"

/* Before the lanes start; borrowed. */
void active_start(const char *database_url);
/* Breaks off the count that runs; its job is done at the next start. Any thread. */
void active_stop(void);

/* In the open transaction: has it counted anew, unless that is on its way already. Waits. */
MUST_USE bool active_ask(struct work *work, struct error *err);

/* For job_set_kinds(). */
extern const struct job_kind active_job;

/*
 * When to reload: a thread that runs reload_run() when the stores' files or the env file changed (inotify),
 * or when it is asked to (SIGHUP). Changes are waited for to come to rest, so that fifty dropped files make
 * one or two reloads and a file that is being written is not read by half. What could not be done because
 * the database was away is tried again until it is back.
 *
 * Where the system gives no watch (too many of them) that is logged once, and asking still works.
 */
#pragma once

#include "hosting/reload.h"

struct trigger;

/* Watches from now on. The paths must outlive it; env_path may be NULL. */
struct trigger *trigger_new(const char *tenants_dir, const char *env_path);
/* Reloads from now on, also for what changed since trigger_new(). The reload must outlive it. */
void trigger_start(struct trigger *trigger, struct reload *reload);
/* A reload soon, whether anything changed or not. Any thread, also while one is under way. */
void trigger_ask(struct trigger *trigger);
/* After reload_end(). */
void trigger_stop(struct trigger **trigger);

/*
 * lapakd as a whole: what it is made of, the order in which the parts start, and the order in which they
 * stop. main.c has the options and the signals.
 */
#pragma once

#include <signal.h>

#include "base/error.h"

struct handover;
struct host;

/* Reads the configuration. NULL where anything is wrong with it, after it was printed on stderr. env_path may
 * be NULL; what is given must outlive it. */
struct host *host_new(const char *config_path, const char *env_path, struct handover *handover);
/* Starts everything; returns once webhooks are served. On failure whatever was started waits for
 * host_stop(). */
MUST_USE bool host_start(struct host *host, struct error *err);
/* Until it is time to stop (hosting/serve.h). */
void host_serve(struct host *host, const sigset_t *signals);
/* Ends what was begun, within about ten seconds whatever hangs, and frees everything. */
void host_stop(struct host **host);

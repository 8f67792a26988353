/*
 * Watching: a round by every store (a standing job: its figures from the database, getWebhookInfo, whether
 * the gateway answers). What a round saw is written to watch/figures.h, what is wrong raised and cleared by
 * watch/alerts.h; a webhook that is not ours any more, and a token that was refused or works again, is given
 * to registration.
 *
 * Owns no table. A round that can't be finished is tried again, and never fails anything else.
 */
#pragma once

#include "tenants/config.h"
#include "work/job.h"
#include "work/lane.h"

struct monitor_options {
    const struct watch_limits *limits;
    const char *public_url;
    /* Whether the store's token is known to be refused. Lane's thread. */
    bool (*is_disabled)(void *context, struct lane_store *store);
    /* To be registered with Telegram once more. Lane's thread; must not wait. */
    void (*register_again)(void *context, struct lane_store *store);
    void *context;
    /* The machine: */
    const char *database_url;
    const char *gateway_url; /* whose clock is asked */
    const char *log_dir;
    const char *backup_dir;  /* NULL: none */
    const char *certificate; /* the listener's, a PEM file; NULL: none */
    bool has_owner_bot;      /* the server's own messages are sent */
};

/* Before the lanes start; everything in the options must live until monitor_stop(). */
void monitor_init(const struct monitor_options *options);
/* With the lanes there: begins to look at the machine, on a thread of its own. */
void monitor_start(struct lanes *lanes);
/* Nobody looks, and nothing is written down, any more. Waits a second at most for what asks the outside
 * world. Before the lanes are drained. */
void monitor_stop(void);

/* One for every store. */
extern const struct job_kind monitor_round_job;

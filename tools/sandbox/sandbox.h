/*
 * The whole state of the sandbox. All of it belongs to the listener's loop thread, and every function of
 * tools/sandbox runs there, except the poster's own thread and main().
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "failure.h"
#include "journal.h"
#include "later.h"
#include "table.h"
#include "web/listener.h"

struct sandbox {
    struct listener *listener;
    struct poster *poster;
    const char *host;    /* what it listens on; with brackets where it is IPv6 */
    bool fast;           /* waiting between tries is a hundredth */
    uint64_t generation; /* one more after each reset: what was under way before is then nobody's */

    struct laters laters;
    struct journal journal;
    struct failures failures;

    struct table bots;      /* by id: struct bot */
    struct table people;    /* by id: struct person */
    struct table channels;  /* by id: struct channel */
    struct table files;     /* by file_id: struct file */
    struct table callbacks; /* by callback_query_id: struct callback */
    struct table revoked;   /* tokens */
    int64_t updates_pending;

    struct table projects;     /* by slug: struct project */
    struct table transactions; /* by txn_id: struct transaction */
    struct table orders;       /* by slug/order_id: struct transaction */
    json_t *fees;              /* what payment-fee tells instead of its formula, by method; or NULL */
    int64_t webhooks_pending;  /* Pakasir's */
};

/* "http://127.0.0.1:8081/…"; in the arena. */
char *sandbox_url(const struct sandbox *sandbox, struct arena *arena, const char *path);

/* Forgets everything: bots, people, projects, chats, logs, failures, and what was to be delivered. */
void sandbox_reset(struct sandbox *sandbox);

/* Frees everything; after the loop has ended. */
void sandbox_free(struct sandbox *sandbox);

/* A wait between two tries, as `fast` has it. */
int64_t sandbox_wait_ms(const struct sandbox *sandbox, int64_t wait_ms);

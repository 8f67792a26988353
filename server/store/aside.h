/*
 * Reading that takes too long for a lane: in the worker pool, on a connection of its own. Each `struct aside`
 * lets one at a time through in this process, and what runs is broken off when the server stops.
 *
 * A job's `call` takes its turn, opens the connection, reads in a snapshot (db_begin_snapshot), and ends its
 * turn; its `finish` writes down in the lane what came of it.
 */
#pragma once

#include <pthread.h>

#include "db/db.h"
#include "tenants/tenant.h"

struct aside {
    pthread_mutex_t mutex;
    const char *url;
    bool running, stopping;
    struct db_canceller *canceller; /* of what runs */
};
#define ASIDE_INIT                                                                                           \
    {                                                                                                        \
        .mutex = PTHREAD_MUTEX_INITIALIZER                                                                   \
    }

/* Before the lanes start; the URL is borrowed. */
void aside_start(struct aside *aside, const char *database_url);
/* Ends what runs and lets nothing more begin. Waits for the database to take note, not for the reader. Any
 * thread. */
void aside_stop(struct aside *aside);

/* False where somebody else reads, or the server stops: another time. After a true aside_end() has to come.
 */
bool aside_take(struct aside *aside);
/* A connection, the caller's. ERR_RETRY where there is none, or the server stops. */
MUST_USE bool aside_open(struct aside *aside, struct db **db_out, struct error *err);
void aside_end(struct aside *aside);

/* For db_begin_snapshot() on such a connection. */
struct db_scope aside_scope(const struct tenant *tenant);

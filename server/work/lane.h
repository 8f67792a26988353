/*
 * Lanes: each is one thread with one PostgreSQL connection, and the stores hashed to it. A store has a
 * bounded queue; stores of a lane are served round-robin, one task at a time, so that a busy store does not
 * starve the rest and no two tasks of a store run at once in this process. (Another process may serve the
 * same store: what must be exclusive is a row lock, never this.)
 */
#pragma once

#include "base/error.h"
#include "tenants/tenant.h"
#include "work/work.h"

struct lanes;
struct lane_store;
struct pool;

#define LANE_STORES_CHANNEL "lapak_stores"

struct lane_options {
    int count;
    const char *database_url;
    struct pool *pool;         /* for jobs */
    size_t most_queued;        /* outside tasks waiting per store; 0: 256 */
    const uint8_t *master_key; /* DATA_ENCRYPTION_KEY, 32 bytes */
    /* What the server itself is as a store (tenant_of_server()); its rows are swept like any store's. NULL:
     * lanes_server_store() has no tenant, and is not swept. */
    const struct tenant *server_tenant;
    /* Called on the server's lane, with a unit of work of the server's store, when another connection
     * announced a change of lapak.stores on LANE_STORES_CHANNEL, or may have. May be NULL. */
    void (*on_stores_change)(struct work *work);
};

/* Connects every lane; ERR_RETRY where the database can't be reached. */
MUST_USE bool lanes_start(const struct lane_options *options, struct lanes **lanes_out, struct error *err);

/* Stores come, change and go while the lanes run, from any thread, but those of one name one after the other.
 *
 * Adds a store (takes its own reference on the tenant); the same name always goes to the same lane. Its due
 * rows are swept soon. The result lives until lanes_stop(), also where the store is removed before: whoever
 * holds it may go on using it, and a store that comes back gets it again. */
struct lane_store *lanes_add_store(struct lanes *lanes, const struct tenant *tenant);
/* Another tenant of the same name: tasks and calls that begin from now on see it, those under way end with
 * the one they began with. */
void lane_store_change(struct lane_store *store, const struct tenant *tenant);
/* Refuses tasks from outside, takes no due row and begins no job from now on. What is queued or under way
 * ends, and its messages go out. */
void lane_store_remove(struct lane_store *store);
bool lane_store_is_removed(const struct lane_store *store);
/* Those that are there now, without the server's, by name; the list is in the arena. Any thread. */
struct lane_store **lanes_stores(struct lanes *lanes, struct arena *arena, size_t *count_out);
/* NULL where there is none of that name now. Any thread. */
struct lane_store *lanes_find_store(struct lanes *lanes, const char *name);
/* A lane_store over schema `lapak` for the server's own rows; one per process. */
struct lane_store *lanes_server_store(struct lanes *lanes);
struct lanes *lane_store_lanes(const struct lane_store *store);
bool lane_store_is_server(const struct lane_store *store);

/* A reference of the caller's (auto_tenant, tenant_unref) on the tenant as it is now, as its file says; NULL
 * for a server without one. Any thread. A task has its own in work->file. */
const struct tenant *lane_store_tenant(struct lane_store *store);
/* The bot_store_name; NULL for the server's. It never changes. */
const char *lane_store_name(const struct lane_store *store);

/* A task. `run` gets a unit of work without a transaction and must answer whoever waits. `argument` is the
 * task's. */
typedef void lane_task(struct work *work, void *argument);

/* From outside: false where the store's queue is full (answer 503). Any thread. */
bool lane_submit(struct lane_store *store, lane_task *run, void *argument);
/* For a running task from outside: takes the store's next outside task as well, where it has the same `run`,
 * its argument fits, and nothing from inside is to go first; else NULL. The argument is then the taker's. So
 * tasks that can share one transaction share its commit. */
void *lane_take_next(struct work *work, lane_task *run, bool (*fits)(const void *argument));

/* From inside (results of calls, reports): never refused; served before outside tasks. Any thread. */
void lane_submit_internal(struct lane_store *store, lane_task *run, void *argument);

/* Pauses or resumes handing out outbox rows of a store (dead token). Any thread. */
void lane_store_hold_outbox(struct lane_store *store, bool hold);

/* The owner closed the store for buyers (tenants/suspension.h), or opened it again. Any thread. */
void lane_store_suspend(struct lane_store *store, bool suspended);
bool lane_store_is_suspended(const struct lane_store *store);

/* Called on the lane's thread when another process (or a tool) announced a change of a store's catalogue:
 * forget the snapshot. The channel is LANE_CATALOGUE_CHANNEL, the payload the bot_store_name. Before stores
 * are added. */
#define LANE_CATALOGUE_CHANNEL "lapak_catalogue"
void lanes_on_catalogue_change(struct lanes *lanes, void (*fn)(struct work *work));

/* Called on the lane's thread before each task of a store (not the server's); may put another tenant into the
 * unit of work, for as long as the task. Before stores are added. */
void lanes_on_task(struct lanes *lanes, void (*fn)(struct work *work));

/* For health and metrics; any thread. */
struct lane_figures {
    int lanes;
    int lanes_up;     /* with a good connection */
    uint64_t tasks;   /* done since the start */
    uint64_t refused; /* queue full */
    uint64_t reconnects;
    size_t queued; /* now */
    uint64_t outbox_sent, outbox_failed, outbox_retried;
    uint64_t jobs_done, jobs_failed, jobs_parked;
};
void lanes_figures(struct lanes *lanes, struct lane_figures *figures_out);
size_t lane_store_queued(const struct lane_store *store);

/* The first step of stopping: from now on no due row is taken and no job begun (those on their way to the
 * pool are put back), so that they wait for the next start, or for another server, without a lease. Tasks and
 * their messages go on. When it returns the lanes do not use the pool any more. */
void lanes_wind_down(struct lanes *lanes);
/* Refuses outside tasks from now on; waits until what is queued is done, or `wait_ms` is over. */
bool lanes_drain(struct lanes *lanes, long wait_ms);
/* Winds down, runs what is queued, ends the threads. Nobody may submit any more. */
void lanes_stop(struct lanes **lanes);

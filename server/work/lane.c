/* The lane's thread: tasks in turn, then what is due. */
#include "work/lane.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "work/internal.h"

enum {
    TICK_MS = 100,         /* how late a due row may be noticed by an idle lane */
    SLOW_SWEEP_MS = 60000, /* for rows of another server that died */
    RETRY_SWEEP_MS = 1000,
    IDLE_DATA_MS = 600000, /* a store nobody used for so long gives its cache back */
    MOST_SCOPES = 512, /* a backend that touched more stores than this is replaced: its caches only grow */
    TASKS_A_SWEEP = 8, /* under load: tasks that go before what is due, so that neither starves */
};

static const char *const channels[] = {LANE_CATALOGUE_CHANNEL, LANE_STORES_CHANNEL, NULL};

/* On the clock that never jumps: a clock set back must not put off what is due. */
static void plan_sweep(struct lane_store *store, int64_t due_mono_ms)
{
    store->due_ms = due_mono_ms;
    if (due_mono_ms < store->lane->next_due_ms)
        store->lane->next_due_ms = due_mono_ms;
}

void lane_store_due(struct lane_store *store, int64_t due_ms)
{
    int64_t now = clock_now_ms(), latest = now + SLOW_SWEEP_MS;
    int64_t due = clock_mono_ms() + (due_ms < now ? 0 : (due_ms < latest ? due_ms : latest) - now);
    if (due < store->due_ms && !store->parked)
        plan_sweep(store, due);
}

static void plan_next(struct lane_store *store, const struct db_rows *next, int64_t now)
{
    int64_t due = next->result ? db_time(next, 0, 0) : 0;
    if (due)
        lane_store_due(store, due > now + TICK_MS ? due : now + TICK_MS);
}

static void sweep_store(struct lane_store *store, struct arena *arena)
{
    if (atomic_load(&store->removed)) { /* about to be parked */
        store->due_ms = INT64_MAX;
        return;
    }
    int64_t now = clock_now_ms();
    plan_sweep(store, clock_mono_ms() + SLOW_SWEEP_MS + (int64_t)(store->scope.id * 7919 % 10000));
    if (now - store->used_ms > IDLE_DATA_MS)
        lane_store_free_data(store);
    auto_tenant const struct tenant *tenant = lane_store_tenant(store);
    struct work work;
    work_init(&work, store, tenant, arena, now);
    struct error err;
    struct db_rows outbox_next = {0}, job_next = {0};
    if (work_begin(&work, &err) && outbox_sweep(&work, &outbox_next, &err) &&
        job_sweep(&work, &job_next, &err) && work_commit(&work, &err)) {
        store->has_standing = true;
        plan_next(store, &outbox_next, now);
        plan_next(store, &job_next, now);
    } else {
        if (err.code != ERR_RETRY)
            log_error(lane_store_name(store), "sweep: %s", err.text);
        lane_store_due(store, now + RETRY_SWEEP_MS);
    }
    work_end(&work);
    audit_notes_write(&work, false);
    if (store->is_server)
        audit_heads_write(&work);
}

/* The store that has been due the longest, or NULL; keeps next_due_ms right. */
static struct lane_store *due_store(struct lane *lane, int64_t now)
{
    if (lane->next_due_ms > now)
        return NULL;
    struct lane_store *found = NULL;
    int64_t next = INT64_MAX;
    for (struct lane_store *s = lane->stores; s; s = s->all_next) {
        if (s->due_ms <= now && (!found || s->due_ms < found->due_ms)) {
            if (found && found->due_ms < next)
                next = found->due_ms;
            found = s;
        } else if (s->due_ms < next) {
            next = s->due_ms;
        }
    }
    lane->next_due_ms = next;
    return found;
}

static void tell(struct lane_store *store, void (*fn)(struct work *work), struct arena *arena)
{
    if (!fn)
        return;
    auto_tenant const struct tenant *tenant = lane_store_tenant(store);
    struct work work;
    work_init(&work, store, tenant, arena, clock_now_ms());
    fn(&work);
    work_end(&work);
}

static void forget_catalogue(struct lane_store *store, struct arena *arena)
{
    if (store->data)
        tell(store, store->lane->lanes->on_catalogue_change, arena);
}

/* One lane is enough to hear of it. */
static void follow_stores(struct lane *lane, struct arena *arena)
{
    struct lane_store *server = lane->lanes->server_store;
    if (server->lane == lane)
        tell(server, lane->lanes->on_stores_change, arena);
}

struct notice {
    struct lane *lane;
    struct arena *arena;
    bool stores_changed;
};

static void on_notification(void *context, const char *channel, const char *payload)
{
    struct notice *notice = context;
    notice->stores_changed = notice->stores_changed || !strcmp(channel, LANE_STORES_CHANNEL);
    if (strcmp(channel, LANE_CATALOGUE_CHANNEL) != 0)
        return;
    for (struct lane_store *s = notice->lane->stores; s; s = s->all_next) {
        if (s->is_server || strcmp(s->name, payload) != 0)
            continue;
        forget_catalogue(s, notice->arena);
        s->has_standing = false; /* it may be another schema: one that was brought back */
        lane_store_due(s, clock_now_ms());
    }
}

/* What other threads may know of the connection. */
static void publish(struct lane *lane)
{
    atomic_store(&lane->up, db_is_up(lane->db));
    atomic_store(&lane->reconnects, db_reconnects(lane->db));
}

static void look_around(struct lane *lane, struct arena *arena)
{
    struct error unreachable;
    if (db_scopes_touched(lane->db) > MOST_SCOPES)
        db_recycle(lane->db);
    /* Not only when the socket is readable: some came in with the results of a transaction. */
    struct notice notice = {lane, arena, false};
    db_notifications(lane->db, on_notification, &notice);
    if (notice.stores_changed)
        follow_stores(lane, arena);
    if (!db_is_up(lane->db) && !db_ensure_up(lane->db, &unreachable))
        return;
    if (db_reconnects(lane->db) != lane->seen_reconnects) { /* notices may have been missed meanwhile */
        lane->seen_reconnects = db_reconnects(lane->db);
        for (struct lane_store *s = lane->stores; s; s = s->all_next)
            forget_catalogue(s, arena);
        follow_stores(lane, arena);
    }
}

static void run_task(struct task *task, struct arena *arena)
{
    struct lane_store *store = task->store;
    auto_tenant const struct tenant *tenant = lane_store_tenant(store);
    struct work work;
    work_init(&work, store, tenant, arena, clock_now_ms());
    store->used_ms = work.now_ms;
    if (!store->is_server && store->lane->lanes->on_task)
        store->lane->lanes->on_task(&work);
    task->run(&work, task->argument);
    work_end(&work);
    atomic_fetch_add(&store->lane->lanes->figures.tasks, 1);
    free(task);
}

/* Under the mutex: takes the next task of the store whose turn it is. A store whose tasks were taken by
 * lane_take_next() is passed over. */
static struct task *next_task(struct lane *lane)
{
    struct lane_store *store;
    do {
        store = lane->ready_first;
        if (!store)
            return NULL;
        lane->ready_first = store->ready_next;
        if (!lane->ready_first)
            lane->ready_last = NULL;
        store->is_ready = false;
    } while (!store->internal.first && !store->outside.first);
    struct task *task = task_list_pop(&store->internal);
    if (!task)
        task = task_list_pop(&store->outside);
    lane->queued--;
    store->ready_next = NULL;
    store->is_ready = store->internal.first || store->outside.first;
    if (store->is_ready) {
        *(lane->ready_last ? &lane->ready_last->ready_next : &lane->ready_first) = store;
        lane->ready_last = store;
    }
    return task;
}

static void wait_for_task(struct lane *lane)
{
    int64_t at = clock_mono_ms() + TICK_MS;
    struct timespec until = {.tv_sec = at / 1000, .tv_nsec = at % 1000 * 1000000};
    lane->waiting = true;
    pthread_cond_timedwait(&lane->wake, &lane->mutex, &until);
    lane->waiting = false;
}

/* Under the mutex: the store to sweep now, or NULL. */
static struct lane_store *next_sweep(struct lane *lane, bool has_task)
{
    if (lane->stopping || atomic_load(&lane->lanes->winding_down))
        return NULL;
    lane->tasks_since_sweep += has_task;
    if (has_task && lane->queued && lane->tasks_since_sweep < TASKS_A_SWEEP)
        return NULL;
    lane->tasks_since_sweep = 0;
    return due_store(lane, clock_mono_ms());
}

/* Without the mutex. */
static void run_round(struct lane *lane, struct task *task, struct lane_store *due, bool look,
                      struct arena *arena)
{
    if (task)
        run_task(task, arena);
    if (due)
        sweep_store(due, arena);
    if (look) {
        look_around(lane, arena);
        lane->looked_ms = clock_mono_ms();
    }
    publish(lane);
    arena_reset(arena);
}

/* Without the mutex, when nothing else is to come: what was counted and not written. */
static void write_last_notes(struct lane *lane, struct arena *arena)
{
    for (struct lane_store *s = lane->stores; s; s = s->all_next) {
        auto_tenant const struct tenant *tenant = lane_store_tenant(s);
        struct work work;
        work_init(&work, s, tenant, arena, clock_now_ms());
        audit_notes_write(&work, true);
        arena_reset(arena);
    }
}

static void *serve(void *argument)
{
    struct lane *lane = argument;
    struct arena *arena = arena_new();
    pthread_mutex_lock(&lane->mutex);
    while (!lane->stopping || lane->ready_first) {
        lane_wake_delayed(lane);
        struct task *task = next_task(lane);
        struct lane_store *due = next_sweep(lane, task);
        bool look = clock_mono_ms() - lane->looked_ms >= TICK_MS;
        if (!task && !due && !look) {
            if (!lane->queued && !lane->delayed)
                pthread_cond_broadcast(&lane->idle);
            wait_for_task(lane);
            continue;
        }
        lane->busy = true;
        pthread_mutex_unlock(&lane->mutex);
        run_round(lane, task, due, look, arena);
        pthread_mutex_lock(&lane->mutex);
        lane->busy = false;
    }
    pthread_cond_broadcast(&lane->idle);
    pthread_mutex_unlock(&lane->mutex);
    write_last_notes(lane, arena);
    arena_free(&arena);
    return NULL;
}

static void lane_init(struct lanes *lanes, struct lane *lane)
{
    lane->lanes = lanes;
    lane->next_due_ms = INT64_MAX;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&lane->mutex, NULL);
    pthread_cond_init(&lane->wake, &attributes);
    pthread_cond_init(&lane->idle, &attributes);
    pthread_condattr_destroy(&attributes);
}

bool lanes_start(const struct lane_options *options, struct lanes **lanes_out, struct error *err)
{
    struct lanes *lanes = xcalloc(1, sizeof *lanes);
    lanes->count = options->count;
    lanes->pool = options->pool;
    lanes->most_queued = options->most_queued ? options->most_queued : 256;
    lanes->master_key = options->master_key;
    pthread_mutex_init(&lanes->pool_mutex, NULL);
    pthread_mutex_init(&lanes->audit_mutex, NULL);
    pthread_mutex_init(&lanes->stores_mutex, NULL);
    atomic_store(&lanes->next_scope, 1);
    lanes->lanes = xcalloc((size_t)options->count, sizeof *lanes->lanes);
    lanes->on_stores_change = options->on_stores_change;
    for (int i = 0; i < options->count; i++)
        lane_init(lanes, &lanes->lanes[i]);
    for (int i = 0; i < options->count; i++) {
        struct lane *lane = &lanes->lanes[i];
        if (!db_open(options->database_url, channels, 0, &lane->db, err)) {
            error_context(err, "lane %d", i);
            lanes_stop(&lanes);
            return false;
        }
        publish(lane);
    }
    lanes_add_server(lanes, options->server_tenant);
    for (int i = 0; i < options->count; i++) {
        struct lane *lane = &lanes->lanes[i];
        if (pthread_create(&lane->thread, NULL, serve, lane))
            abort();
        lane->started = true;
    }
    lanes_serve_server(lanes);
    *lanes_out = lanes;
    return true;
}

void lanes_on_catalogue_change(struct lanes *lanes, void (*fn)(struct work *work))
{
    lanes->on_catalogue_change = fn;
}

void lanes_on_task(struct lanes *lanes, void (*fn)(struct work *work))
{
    lanes->on_task = fn;
}

void lanes_figures(struct lanes *lanes, struct lane_figures *figures_out)
{
    struct lane_figures figures = {
        .lanes = lanes->count,
        .tasks = atomic_load(&lanes->figures.tasks),
        .refused = atomic_load(&lanes->figures.refused),
        .outbox_sent = atomic_load(&lanes->figures.outbox_sent),
        .outbox_failed = atomic_load(&lanes->figures.outbox_failed),
        .outbox_retried = atomic_load(&lanes->figures.outbox_retried),
        .jobs_done = atomic_load(&lanes->figures.jobs_done),
        .jobs_failed = atomic_load(&lanes->figures.jobs_failed),
        .jobs_parked = atomic_load(&lanes->figures.jobs_parked),
    };
    for (int i = 0; i < lanes->count; i++) {
        struct lane *lane = &lanes->lanes[i];
        figures.lanes_up += atomic_load(&lane->up);
        figures.reconnects += atomic_load(&lane->reconnects);
        pthread_mutex_lock(&lane->mutex);
        figures.queued += lane->queued;
        pthread_mutex_unlock(&lane->mutex);
    }
    *figures_out = figures;
}

bool lanes_call(struct lanes *lanes, void (*fn)(void *argument), void *argument)
{
    pthread_mutex_lock(&lanes->pool_mutex);
    bool open = !atomic_load(&lanes->winding_down);
    if (open)
        pool_submit(lanes->pool, fn, argument);
    pthread_mutex_unlock(&lanes->pool_mutex);
    return open;
}

size_t lanes_calls_waiting(struct lanes *lanes)
{
    pthread_mutex_lock(&lanes->pool_mutex);
    size_t count = atomic_load(&lanes->winding_down) ? SIZE_MAX : pool_waiting(lanes->pool);
    pthread_mutex_unlock(&lanes->pool_mutex);
    return count;
}

void lanes_wind_down(struct lanes *lanes)
{
    pthread_mutex_lock(&lanes->pool_mutex);
    atomic_store(&lanes->winding_down, true);
    pthread_mutex_unlock(&lanes->pool_mutex);
}

bool lanes_drain(struct lanes *lanes, long wait_ms)
{
    atomic_store(&lanes->draining, true);
    int64_t end = clock_mono_ms() + wait_ms;
    struct timespec until = {.tv_sec = end / 1000, .tv_nsec = end % 1000 * 1000000};
    bool done = true;
    for (int i = 0; i < lanes->count; i++) {
        struct lane *lane = &lanes->lanes[i];
        pthread_mutex_lock(&lane->mutex);
        int rc = 0;
        while ((lane->queued || lane->delayed || lane->busy) && rc == 0)
            rc = pthread_cond_timedwait(&lane->idle, &lane->mutex, &until);
        done = done && rc == 0;
        pthread_mutex_unlock(&lane->mutex);
    }
    return done;
}

/* Of trails that were written to while the server's lane was ending. All threads have ended. */
static void write_last_heads(struct lane_store *server)
{
    auto_arena struct arena *arena = arena_new();
    auto_tenant const struct tenant *tenant = server ? lane_store_tenant(server) : NULL;
    struct work work;
    if (!server)
        return;
    work_init(&work, server, tenant, arena, clock_now_ms());
    audit_heads_write(&work);
}

void lanes_stop(struct lanes **lanes_pointer)
{
    struct lanes *lanes = *lanes_pointer;
    if (!lanes)
        return;
    lanes_wind_down(lanes);
    for (int i = 0; i < lanes->count; i++) {
        struct lane *lane = &lanes->lanes[i];
        pthread_mutex_lock(&lane->mutex);
        lane->stopping = true;
        lane_wake_delayed(lane);
        pthread_cond_signal(&lane->wake);
        pthread_mutex_unlock(&lane->mutex);
    }
    for (int i = 0; i < lanes->count; i++) {
        struct lane *lane = &lanes->lanes[i];
        if (lane->started)
            pthread_join(lane->thread, NULL);
    }
    write_last_heads(lanes->server_store);
    for (int i = 0; i < lanes->count; i++) {
        struct lane *lane = &lanes->lanes[i];
        lane_drop_delayed(lane);
        db_close(&lane->db);
        pthread_mutex_destroy(&lane->mutex);
        pthread_cond_destroy(&lane->wake);
        pthread_cond_destroy(&lane->idle);
    }
    lanes_free_stores(lanes);
    audit_heads_free(lanes);
    pthread_mutex_destroy(&lanes->audit_mutex);
    pthread_mutex_destroy(&lanes->pool_mutex);
    pthread_mutex_destroy(&lanes->stores_mutex);
    free(lanes->lanes);
    free(lanes);
    *lanes_pointer = NULL;
}

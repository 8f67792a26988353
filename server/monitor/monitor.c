#include "monitor/monitor.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/log.h"
#include "monitor/internal.h"

static struct monitor_options the_options;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct lanes *the_lanes; /* NULL: not started, or stopped */

const struct monitor_options *monitor_options(void)
{
    return &the_options;
}

void monitor_init(const struct monitor_options *options)
{
    the_options = *options;
}

void monitor_start(struct lanes *lanes)
{
    pthread_mutex_lock(&mutex);
    the_lanes = lanes;
    pthread_mutex_unlock(&mutex);
    machine_start();
}

void monitor_stop(void)
{
    pthread_mutex_lock(&mutex);
    the_lanes = NULL;
    pthread_mutex_unlock(&mutex);
    machine_stop();
    figures_forget();
    pacing_forget();
    probe_forget();
}

/* --- writing down what was seen --- */

/* On its way to the server's lane; lies in its own arena. */
struct seen {
    struct arena *arena;
    struct store_figures figures;
};

static const char *copy(struct arena *arena, const char *text)
{
    return text ? arena_strdup(arena, text) : NULL;
}

/* What could not be written the next round writes. */
static void write_seen(struct work *work, void *argument)
{
    struct seen *seen = argument;
    struct error err;
    if (work_begin(work, &err) && figures_write(work, &seen->figures, &err) && work_commit(work, &err))
        figures_remember(&seen->figures);
    else
        log_warn(seen->figures.store, "what the round saw was not written: %s", err.text);
    work_end(work);
    struct arena *arena = seen->arena;
    arena_free(&arena);
}

void monitor_submit(const struct store_figures *figures)
{
    pthread_mutex_lock(&mutex);
    if (the_lanes) {
        struct arena *arena = arena_new();
        struct seen *seen = ARENA_NEW(arena, struct seen);
        seen->arena = arena;
        seen->figures = *figures;
        seen->figures.store = copy(arena, figures->store);
        seen->figures.day = copy(arena, figures->day);
        seen->figures.webhook_error = copy(arena, figures->webhook_error);
        lane_submit_internal(lanes_server_store(the_lanes), write_seen, seen);
    }
    pthread_mutex_unlock(&mutex);
}

static void refresh(struct work *work, void *argument)
{
    struct error err;
    if (!(work_begin(work, &err) && figures_refresh(work, &err)))
        log_debug(NULL, "figures not read: %s", err.text);
    work_end(work);
}

void monitor_refresh(void)
{
    pthread_mutex_lock(&mutex);
    if (the_lanes)
        lane_submit_internal(lanes_server_store(the_lanes), refresh, NULL);
    pthread_mutex_unlock(&mutex);
}

void monitor_register_again(struct lane_store *store)
{
    pthread_mutex_lock(&mutex);
    bool running = the_lanes;
    pthread_mutex_unlock(&mutex);
    if (running)
        the_options.register_again(the_options.context, store);
}

/* The queues of a lane: who is next. */
#include "work/internal.h"

#include <stdlib.h>

#include "base/clock.h"

static void task_list_push(struct task_list *list, struct task *task)
{
    task->next = NULL;
    *(list->last ? &list->last->next : &list->first) = task;
    list->last = task;
    list->count++;
}

struct task *task_list_pop(struct task_list *list)
{
    struct task *task = list->first;
    if (task) {
        list->first = task->next;
        if (!list->first)
            list->last = NULL;
        list->count--;
    }
    return task;
}

static struct task *task_new(struct lane_store *store, lane_task *run, void *argument)
{
    struct task *task = xcalloc(1, sizeof *task);
    task->run = run;
    task->argument = argument;
    task->store = store;
    return task;
}

/* Under the lane's mutex. */
static void enqueue(struct lane_store *store, struct task_list *list, struct task *task)
{
    struct lane *lane = store->lane;
    task_list_push(list, task);
    lane->queued++;
    if (!store->is_ready) {
        store->is_ready = true;
        store->ready_next = NULL;
        *(lane->ready_last ? &lane->ready_last->ready_next : &lane->ready_first) = store;
        lane->ready_last = store;
    }
    if (lane->waiting) {
        lane->waiting = false;
        pthread_cond_signal(&lane->wake);
    }
}

bool lane_submit(struct lane_store *store, lane_task *run, void *argument)
{
    struct lane *lane = store->lane;
    struct task *task = task_new(store, run, argument);
    pthread_mutex_lock(&lane->mutex);
    bool room = store->outside.count < lane->lanes->most_queued && !atomic_load(&lane->lanes->draining) &&
                !atomic_load(&store->removed) && !lane->stopping;
    if (room)
        enqueue(store, &store->outside, task);
    pthread_mutex_unlock(&lane->mutex);
    if (!room) {
        atomic_fetch_add(&lane->lanes->figures.refused, 1);
        free(task);
    }
    return room;
}

void *lane_take_next(struct work *work, lane_task *run, bool (*fits)(const void *argument))
{
    struct lane_store *store = work->store;
    struct lane *lane = store->lane;
    pthread_mutex_lock(&lane->mutex);
    struct task *task = store->outside.first;
    if (task && !store->internal.first && task->run == run && fits(task->argument)) {
        task_list_pop(&store->outside);
        lane->queued--;
    } else {
        task = NULL;
    }
    pthread_mutex_unlock(&lane->mutex);
    void *argument = task ? task->argument : NULL;
    if (task)
        atomic_fetch_add(&lane->lanes->figures.tasks, 1);
    free(task);
    return argument;
}

void lane_submit_internal(struct lane_store *store, lane_task *run, void *argument)
{
    struct lane *lane = store->lane;
    struct task *task = task_new(store, run, argument);
    pthread_mutex_lock(&lane->mutex);
    enqueue(store, &store->internal, task);
    pthread_mutex_unlock(&lane->mutex);
}

bool lane_submit_unless_stopping(struct lane_store *store, lane_task *run, void *argument)
{
    struct lane *lane = store->lane;
    struct task *task = task_new(store, run, argument);
    pthread_mutex_lock(&lane->mutex);
    bool room = !lane->stopping;
    if (room)
        enqueue(store, &store->internal, task);
    pthread_mutex_unlock(&lane->mutex);
    if (!room)
        free(task);
    return room;
}

void lane_submit_delayed(struct lane_store *store, lane_task *run, void *argument, int64_t delay_ms,
                         void (*drop)(void *argument))
{
    struct lane *lane = store->lane;
    struct task *task = task_new(store, run, argument);
    task->not_before = clock_mono_ms() + delay_ms;
    task->drop = drop;
    pthread_mutex_lock(&lane->mutex);
    task->next = lane->delayed;
    lane->delayed = task;
    pthread_mutex_unlock(&lane->mutex);
}

/* Under the lane's mutex: delayed tasks whose time has come (or all, when stopping) join their store's queue.
 */
void lane_wake_delayed(struct lane *lane)
{
    int64_t now = clock_mono_ms();
    struct task **at = &lane->delayed;
    while (*at) {
        struct task *task = *at;
        if (task->not_before > now && !lane->stopping) {
            at = &task->next;
            continue;
        }
        *at = task->next;
        enqueue(task->store, &task->store->internal, task);
    }
}

void lane_drop_delayed(struct lane *lane)
{
    while (lane->delayed) {
        struct task *task = lane->delayed;
        lane->delayed = task->next;
        task->drop(task->argument);
        free(task);
    }
}

size_t lane_store_queued(const struct lane_store *store)
{
    struct lane *lane = store->lane;
    pthread_mutex_lock(&lane->mutex);
    size_t n = store->outside.count + store->internal.count;
    pthread_mutex_unlock(&lane->mutex);
    return n;
}

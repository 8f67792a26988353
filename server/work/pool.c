#include "work/pool.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include "base/arena.h"
#include "base/clock.h"

struct pool_task {
    struct pool_task *next;
    void (*fn)(void *argument);
    void *argument;
    int64_t at_ms; /* clock_mono_ms */
};

struct pool {
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    pthread_cond_t idle;
    pthread_t *threads;
    int thread_count;
    bool stopping;
    bool draining;                  /* no delayed tasks any more */
    struct pool_task *first, *last; /* due */
    struct pool_task *later;        /* sorted by at_ms */
    size_t waiting, running;
};

static void append(struct pool *pool, struct pool_task *task)
{
    task->next = NULL;
    *(pool->last ? &pool->last->next : &pool->first) = task;
    pool->last = task;
    pool->waiting++;
}

static void take_due(struct pool *pool)
{
    int64_t now = clock_mono_ms();
    while (pool->later && pool->later->at_ms <= now) {
        struct pool_task *task = pool->later;
        pool->later = task->next;
        append(pool, task);
    }
}

static void wait_for_work(struct pool *pool)
{
    if (!pool->later) {
        pthread_cond_wait(&pool->wake, &pool->mutex);
        return;
    }
    struct timespec until = {.tv_sec = pool->later->at_ms / 1000,
                             .tv_nsec = pool->later->at_ms % 1000 * 1000000};
    pthread_cond_timedwait(&pool->wake, &pool->mutex, &until);
}

static void *serve(void *argument)
{
    struct pool *pool = argument;
    pthread_mutex_lock(&pool->mutex);
    while (!pool->stopping || pool->first) {
        take_due(pool);
        struct pool_task *task = pool->first;
        if (!task) {
            wait_for_work(pool);
            continue;
        }
        pool->first = task->next;
        if (!pool->first)
            pool->last = NULL;
        pool->waiting--;
        pool->running++;
        pthread_mutex_unlock(&pool->mutex);
        task->fn(task->argument);
        free(task);
        pthread_mutex_lock(&pool->mutex);
        pool->running--;
        if (!pool->running && !pool->waiting)
            pthread_cond_broadcast(&pool->idle);
    }
    pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

static void monotonic_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

struct pool *pool_start(int threads)
{
    struct pool *pool = xcalloc(1, sizeof *pool);
    pthread_mutex_init(&pool->mutex, NULL);
    monotonic_condition(&pool->wake);
    monotonic_condition(&pool->idle);
    pool->threads = xcalloc((size_t)threads, sizeof *pool->threads);
    for (int i = 0; i < threads; i++) {
        if (pthread_create(&pool->threads[i], NULL, serve, pool))
            abort();
        pool->thread_count++;
    }
    return pool;
}

static struct pool_task *task_new(void (*fn)(void *argument), void *argument)
{
    struct pool_task *task = xcalloc(1, sizeof *task);
    task->fn = fn;
    task->argument = argument;
    return task;
}

void pool_submit(struct pool *pool, void (*fn)(void *argument), void *argument)
{
    struct pool_task *task = task_new(fn, argument);
    pthread_mutex_lock(&pool->mutex);
    append(pool, task);
    pthread_cond_signal(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);
}

void pool_submit_later(struct pool *pool, long delay_ms, void (*fn)(void *argument), void *argument)
{
    struct pool_task *task = task_new(fn, argument);
    task->at_ms = clock_mono_ms() + delay_ms;
    pthread_mutex_lock(&pool->mutex);
    if (pool->draining || pool->stopping) {
        free(task);
    } else {
        struct pool_task **at = &pool->later;
        while (*at && (*at)->at_ms <= task->at_ms)
            at = &(*at)->next;
        task->next = *at;
        *at = task;
        pthread_cond_broadcast(&pool->wake);
    }
    pthread_mutex_unlock(&pool->mutex);
}

size_t pool_waiting(struct pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    size_t n = pool->waiting;
    pthread_mutex_unlock(&pool->mutex);
    return n;
}

size_t pool_running(struct pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    size_t n = pool->running;
    pthread_mutex_unlock(&pool->mutex);
    return n;
}

static void free_list(struct pool_task **list)
{
    while (*list) {
        struct pool_task *task = *list;
        *list = task->next;
        free(task);
    }
}

bool pool_drain(struct pool *pool, long wait_ms)
{
    int64_t end = clock_mono_ms() + wait_ms;
    struct timespec until = {.tv_sec = end / 1000, .tv_nsec = end % 1000 * 1000000};
    pthread_mutex_lock(&pool->mutex);
    pool->draining = true;
    free_list(&pool->later);
    int rc = 0;
    while ((pool->running || pool->waiting) && rc == 0)
        rc = pthread_cond_timedwait(&pool->idle, &pool->mutex, &until);
    bool done = !pool->running && !pool->waiting;
    pthread_mutex_unlock(&pool->mutex);
    return done;
}

void pool_stop(struct pool **pool_pointer)
{
    struct pool *pool = *pool_pointer;
    if (!pool)
        return;
    pthread_mutex_lock(&pool->mutex);
    pool->stopping = true;
    free_list(&pool->later);
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->mutex);
    for (int i = 0; i < pool->thread_count; i++)
        pthread_join(pool->threads[i], NULL);
    pthread_mutex_destroy(&pool->mutex);
    pthread_cond_destroy(&pool->wake);
    pthread_cond_destroy(&pool->idle);
    free(pool->threads);
    free(pool);
    *pool_pointer = NULL;
}

#include "work/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"

enum { DEADLINE_MS = 10000 };

/* What the tasks did, in order, as letters; and a door they may have to wait at. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static char done[64];
static bool door_open;

static int set_up(void **state)
{
    memset(done, 0, sizeof done);
    door_open = false;
    return 0;
}

static void write_letter(void *argument)
{
    pthread_mutex_lock(&mutex);
    done[strlen(done)] = *(const char *)argument;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

static void wait_at_door(void *argument)
{
    pthread_mutex_lock(&mutex);
    while (!door_open)
        pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
    write_letter(argument);
}

static void open_door(void)
{
    pthread_mutex_lock(&mutex);
    door_open = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

static void wait_for(size_t letters)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += DEADLINE_MS / 1000;
    int rc = 0;
    pthread_mutex_lock(&mutex);
    while (strlen(done) < letters && rc == 0)
        rc = pthread_cond_timedwait(&changed, &mutex, &until);
    pthread_mutex_unlock(&mutex);
    assert_int_equal(rc, 0);
}

static void wait_running(struct pool *pool, size_t count)
{
    int64_t end = clock_mono_ms() + DEADLINE_MS;
    while (pool_running(pool) != count) {
        assert_true(clock_mono_ms() < end);
        sched_yield();
    }
}

static void tasks_run_in_order(void **state)
{
    struct pool *pool = pool_start(1);
    pool_submit(pool, wait_at_door, "a");
    pool_submit(pool, write_letter, "b");
    pool_submit(pool, write_letter, "c");
    open_door();
    assert_true(pool_drain(pool, DEADLINE_MS));
    assert_string_equal(done, "abc");
    assert_int_equal(pool_waiting(pool) + pool_running(pool), 0);
    pool_stop(&pool);
    assert_null(pool);
}

static void threads_work_side_by_side(void **state)
{
    struct pool *pool = pool_start(3);
    for (int i = 0; i < 2; i++)
        pool_submit(pool, wait_at_door, "d");
    pool_submit(pool, write_letter, "a");
    wait_for(1); /* though two threads stand at the door */
    wait_running(pool, 2);
    pool_submit(pool, wait_at_door, "d");
    wait_running(pool, 3);
    pool_submit(pool, write_letter, "z");
    assert_int_equal(pool_waiting(pool), 1);
    open_door();
    assert_true(pool_drain(pool, DEADLINE_MS));
    assert_int_equal(strlen(done), 5);
    pool_stop(&pool);
}

static void delayed_tasks_wait_for_their_time(void **state)
{
    struct pool *pool = pool_start(2);
    int64_t begun = clock_mono_ms();
    pool_submit_later(pool, 60, write_letter, "c");
    pool_submit_later(pool, 30, write_letter, "b");
    assert_int_equal(pool_waiting(pool), 0);
    pool_submit(pool, write_letter, "a");
    wait_for(3);
    assert_true(clock_mono_ms() - begun >= 60);
    assert_string_equal(done, "abc");
    pool_stop(&pool);
}

/* A thread that sleeps until a far time must notice a nearer one. */
static void a_nearer_delay_overtakes(void **state)
{
    struct pool *pool = pool_start(1);
    pool_submit_later(pool, 3600000, write_letter, "z");
    pool_submit(pool, write_letter, "a");
    wait_for(1);
    pool_submit_later(pool, 20, write_letter, "b");
    wait_for(2);
    assert_string_equal(done, "ab");
    pool_stop(&pool); /* does not wait an hour */
    assert_string_equal(done, "ab");
}

static void draining_waits_for_what_runs_and_drops_the_delayed(void **state)
{
    struct pool *pool = pool_start(1);
    pool_submit(pool, wait_at_door, "a");
    pool_submit(pool, write_letter, "b");
    pool_submit_later(pool, 0, write_letter, "x");
    assert_false(pool_drain(pool, 20)); /* the door is shut */
    pool_submit_later(pool, 0, write_letter, "y");
    open_door();
    wait_for(2);
    pool_submit(pool, write_letter, "c");
    wait_for(3);
    assert_string_equal(done, "abc");
    assert_true(pool_drain(pool, DEADLINE_MS));
    pool_submit(pool, write_letter, "d"); /* as a task's last word */
    pool_stop(&pool);
    assert_string_equal(done, "abcd"); /* what was submitted runs, also when stopping */
}

static struct pool *shared;

static void submit_another(void *argument)
{
    pool_submit(shared, write_letter, argument);
}

static void a_task_may_submit_while_the_pool_stops(void **state)
{
    shared = pool_start(2);
    for (int i = 0; i < 20; i++)
        pool_submit(shared, submit_another, "s");
    pool_stop(&shared);
    assert_int_equal(strlen(done), 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(tasks_run_in_order, set_up),
        cmocka_unit_test_setup(threads_work_side_by_side, set_up),
        cmocka_unit_test_setup(delayed_tasks_wait_for_their_time, set_up),
        cmocka_unit_test_setup(a_nearer_delay_overtakes, set_up),
        cmocka_unit_test_setup(draining_waits_for_what_runs_and_drops_the_delayed, set_up),
        cmocka_unit_test_setup(a_task_may_submit_while_the_pool_stops, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

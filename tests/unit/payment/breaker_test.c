#include "payment/breaker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#define NOW INT64_C(1800000000000)

/* Each test has projects of its own: what is remembered outlives a test. */
static const char *new_project(void)
{
    static char name[32];
    static int count;
    snprintf(name, sizeof name, "project-%d", ++count);
    return name;
}

static enum breaker_change down(const char *project, int64_t at_ms)
{
    struct error err;
    error_fill(&err, ERR_RETRY, "no connection");
    return breaker_note(project, &err, NOW + at_ms);
}

static enum breaker_change up(const char *project, int64_t at_ms)
{
    return breaker_note(project, NULL, NOW + at_ms);
}

/* 0: a call may be made; else when to come back, counted from NOW. */
static int64_t take(const char *project, int64_t at_ms)
{
    int64_t due_ms = 0;
    if (breaker_take(project, NOW + at_ms, &due_ms))
        return 0;
    assert_true(due_ms > NOW + at_ms);
    return due_ms - NOW;
}

static bool is_open(const char *project, int64_t at_ms)
{
    return breaker_is_open(project, NOW + at_ms);
}

static void fail_five(const char *project, int64_t at_ms)
{
    for (int i = 0; i < 4; i++)
        assert_int_equal(down(project, at_ms), BREAKER_SAME);
    assert_int_equal(down(project, at_ms), BREAKER_OPENED);
}

/* --- what happens in which state --- */

enum shape { CLOSED, SHAKY, OPEN, HALF_OPEN, PROBED, PROBE_LOST, SHAPES };
enum step { TAKE, SUCCESS, FAILURE, LOOK };

/* At 20,000 ms the project is in the state. */
static const char *project_in(enum shape shape)
{
    const char *project = new_project();
    switch (shape) {
    case CLOSED:
        break;
    case SHAKY: /* one more failure opens it */
        for (int i = 0; i < 4; i++)
            down(project, 0);
        break;
    case OPEN: /* until 25,000 */
        fail_five(project, 15000);
        break;
    case HALF_OPEN: /* since 15,000: the next one may try */
        fail_five(project, 5000);
        break;
    case PROBED: /* by somebody since 19,000 */
        fail_five(project, 5000);
        assert_int_equal(take(project, 19000), 0);
        break;
    case PROBE_LOST: /* somebody tried at 10,000 and never told */
        fail_five(project, 0);
        assert_int_equal(take(project, 10000), 0);
        break;
    case SHAPES:
        break;
    }
    return project;
}

static void test_table_of_states(void **state)
{
    enum { AT = 20000 };
    static const struct {
        enum shape shape;
        enum step step;
        int64_t result; /* of the step */
        bool open_then;
        int64_t take_then; /* what the next one gets at the same time */
    } rows[] = {
        {CLOSED, TAKE, 0, false, 0},
        {CLOSED, LOOK, false, false, 0},
        {CLOSED, SUCCESS, BREAKER_SAME, false, 0},
        {CLOSED, FAILURE, BREAKER_SAME, false, 0},
        {SHAKY, TAKE, 0, false, 0},
        {SHAKY, LOOK, false, false, 0},
        {SHAKY, SUCCESS, BREAKER_SAME, false, 0},
        {SHAKY, FAILURE, BREAKER_OPENED, true, 30000},
        {OPEN, TAKE, 25000, true, 25000},
        {OPEN, LOOK, true, true, 25000},
        {OPEN, SUCCESS, BREAKER_CLOSED, false, 0}, /* of a call made before */
        {OPEN, FAILURE, BREAKER_SAME, true, 25000},
        {HALF_OPEN, TAKE, 0, true, 21000},
        {HALF_OPEN, LOOK, false, false, 0},
        {HALF_OPEN, SUCCESS, BREAKER_CLOSED, false, 0},
        {HALF_OPEN, FAILURE, BREAKER_SAME, false, 0}, /* of a call made before */
        {PROBED, TAKE, 21000, true, 21000},
        {PROBED, LOOK, true, true, 21000},
        {PROBED, SUCCESS, BREAKER_CLOSED, false, 0},
        {PROBED, FAILURE, BREAKER_OPENED, true, 40000},
        {PROBE_LOST, TAKE, 0, true, 21000},
        {PROBE_LOST, LOOK, false, false, 0},
        {PROBE_LOST, SUCCESS, BREAKER_CLOSED, false, 0},
        {PROBE_LOST, FAILURE, BREAKER_OPENED, true, 40000},
    };
    assert_int_equal(sizeof rows / sizeof rows[0], SHAPES * 4);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *project = project_in(rows[i].shape);
        int64_t result = rows[i].step == TAKE      ? take(project, AT)
                         : rows[i].step == SUCCESS ? (int64_t)up(project, AT)
                         : rows[i].step == FAILURE ? (int64_t)down(project, AT)
                                                   : (int64_t)is_open(project, AT);
        bool open_then = is_open(project, AT);
        int64_t take_then = take(project, AT);
        if (result != rows[i].result || open_then != rows[i].open_then || take_then != rows[i].take_then)
            fail_msg("row %zu: %lld %d %lld", i, (long long)result, open_then, (long long)take_then);
    }
}

/* --- sequences --- */

static void test_only_failures_in_a_row_count(void **state)
{
    const char *project = new_project();
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 4; i++)
            assert_int_equal(down(project, round), BREAKER_SAME);
        assert_int_equal(up(project, round), BREAKER_SAME);
    }
    assert_false(is_open(project, 5));
    fail_five(project, 5);
}

static void test_waits_double_up_to_a_minute(void **state)
{
    static const int64_t periods[] = {10000, 20000, 40000, 60000, 60000, 60000};
    const char *project = new_project();
    int64_t at = 0;
    fail_five(project, at);
    for (size_t i = 0; i < sizeof periods / sizeof periods[0]; i++) {
        assert_int_equal(take(project, at), at + periods[i]);
        at += periods[i];
        assert_true(is_open(project, at - 1));
        assert_false(is_open(project, at));
        assert_int_equal(take(project, at), 0);
        assert_int_equal(down(project, at), BREAKER_OPENED);
    }
    assert_int_equal(take(project, at + 60000), 0);
    assert_int_equal(up(project, at + 60000), BREAKER_CLOSED);
    /* the next outage begins anew */
    at += 70000;
    assert_int_equal(take(project, at), 0);
    fail_five(project, at);
    assert_int_equal(take(project, at), at + 10000);
}

static void test_who_waits_for_the_probe_looks_again_soon(void **state)
{
    const char *project = new_project();
    fail_five(project, 0);
    assert_int_equal(take(project, 10000), 0);
    assert_int_equal(take(project, 10000), 11000);
    assert_int_equal(take(project, 19400), 20000); /* then the probe's own time is over */
    assert_int_equal(take(project, 20000), 0);
    assert_int_equal(take(project, 20000), 21000);
}

static void test_what_shows_it_alive(void **state)
{
    static const struct {
        enum error_code code;
        bool answered, alive;
    } rows[] = {
        {ERR_REFUSED, false, true},                                                        /* 400, 401, … */
        {ERR_REFUSED, true, true},    {ERR_INVALID, false, true}, {ERR_RETRY, true, true}, /* 429 */
        {ERR_RETRY, false, false},    /* no connection, 503 */
        {ERR_UNCERTAIN, true, true},  /* a malformed field */
        {ERR_UNCERTAIN, false, false} /* a time-out, 500, a page */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *project = new_project();
        struct error err;
        error_fill(&err, rows[i].code, "x");
        err.answered = rows[i].answered;
        for (int k = 0; k < 5; k++)
            breaker_note(project, &err, NOW);
        assert_int_equal(is_open(project, 0), !rows[i].alive);
        project = new_project();
        fail_five(project, 0);
        assert_int_equal(breaker_note(project, &err, NOW), rows[i].alive ? BREAKER_CLOSED : BREAKER_SAME);
    }
}

static void test_projects_do_not_share(void **state)
{
    char first[32], second[32];
    snprintf(first, sizeof first, "%s", new_project());
    snprintf(second, sizeof second, "%s", new_project());
    fail_five(first, 0);
    assert_false(is_open(second, 0));
    assert_int_equal(take(second, 0), 0);
    fail_five(second, 3000);
    assert_int_equal(up(first, 5000), BREAKER_CLOSED);
    assert_true(is_open(second, 5000));
    assert_int_equal(up(second, 5000), BREAKER_CLOSED);
    assert_int_equal(up(second, 5000), BREAKER_SAME);
}

/* Set back by a day: nobody is kept out for a day. */
static void test_a_clock_set_back(void **state)
{
    enum { DAY = 86400000 };
    const char *project = new_project();
    fail_five(project, DAY);
    assert_int_equal(take(project, 0), 10000);
    assert_int_equal(take(project, 10000), 0);
    assert_int_equal(take(project, 10000 - DAY), 20000 - DAY);
    assert_int_equal(take(project, 20000 - DAY), 0);
}

static atomic_int let_through;

static void *take_many(void *project)
{
    int64_t due_ms;
    for (int i = 0; i < 1000; i++)
        if (breaker_take(project, NOW + 10000, &due_ms))
            atomic_fetch_add(&let_through, 1);
    return NULL;
}

static void test_one_of_many_threads_is_let_through(void **state)
{
    const char *project = new_project();
    pthread_t threads[4];
    fail_five(project, 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_many, (void *)project), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(let_through, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_of_states),
        cmocka_unit_test(test_only_failures_in_a_row_count),
        cmocka_unit_test(test_waits_double_up_to_a_minute),
        cmocka_unit_test(test_who_waits_for_the_probe_looks_again_soon),
        cmocka_unit_test(test_what_shows_it_alive),
        cmocka_unit_test(test_projects_do_not_share),
        cmocka_unit_test(test_a_clock_set_back),
        cmocka_unit_test(test_one_of_many_threads_is_let_through),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

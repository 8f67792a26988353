#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "web/timers.h"

static char order[64];

static void note(void *context, void *data)
{
    strcat(order, data);
}

static void runs_in_order_of_time_and_then_of_adding(void **state)
{
    struct timers timers = {0};
    order[0] = '\0';
    timers_add(&timers, 30, note, "d");
    timers_add(&timers, 10, note, "a");
    timers_add(&timers, 20, note, "b");
    timers_add(&timers, 20, note, "c");
    timers_add(&timers, 40, note, "e");
    timers_run(&timers, 9, NULL);
    assert_string_equal(order, "");
    timers_run(&timers, 20, NULL);
    assert_string_equal(order, "abc");
    timers_run(&timers, 100, NULL);
    assert_string_equal(order, "abcde");
    timers_free(&timers);
}

static void sorts_many(void **state)
{
    struct timers timers = {0};
    static char names[26][2];
    order[0] = '\0';
    for (int i = 0; i < 26; i++) {
        int at = i * 7 % 26;
        names[at][0] = (char)('a' + at);
        timers_add(&timers, at, note, names[at]);
    }
    timers_run(&timers, 25, NULL);
    assert_string_equal(order, "abcdefghijklmnopqrstuvwxyz");
    timers_free(&timers);
}

static void waits_until_the_first_is_due(void **state)
{
    struct timers timers = {0};
    assert_int_equal(timers_wait_ms(&timers, 0, 500), 500);
    timers_add(&timers, 120, note, "");
    assert_int_equal(timers_wait_ms(&timers, 100, 500), 20);
    assert_int_equal(timers_wait_ms(&timers, 100, 5), 5);
    assert_int_equal(timers_wait_ms(&timers, 200, 500), 0);
    timers_free(&timers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(runs_in_order_of_time_and_then_of_adding),
        cmocka_unit_test(sorts_many),
        cmocka_unit_test(waits_until_the_first_is_due),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

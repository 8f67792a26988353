#include "backup/retention.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { HOUR = 3600 * 1000, DAY = 24 * HOUR, MOST = 400 };

static const struct clock_zone *jakarta;
static struct retention_item items[MOST];
static size_t count;

static const int64_t now = 1795374000000; /* 2026-11-22 19:00 UTC, a Monday already in Jakarta */

static int setup(void **unused)
{
    count = 0;
    return clock_zone_load("Asia/Jakarta", &jakarta) ? 0 : -1;
}

static void add(int64_t time_ms, bool verified)
{
    items[count++] = (struct retention_item){time_ms, verified, false};
}

static size_t decide(int64_t daily, int64_t weekly, int64_t monthly)
{
    const struct retention_rule rule = {daily, weekly, monthly, jakarta};
    size_t kept = 0;
    retention_decide(items, count, &rule, now);
    for (size_t i = 0; i < count; i++)
        kept += items[i].keep;
    return kept;
}

static void days_weeks_and_months_are_kept(void **unused)
{
    for (int64_t day = 0; day < 300; day++)
        add(now - day * DAY - HOUR, true);
    size_t kept = decide(7, 4, 6);
    for (size_t i = 0; i < 7; i++)
        assert_true(items[i].keep);
    assert_false(items[7].keep && items[8].keep && items[9].keep);
    /* 7 days, of 4 weeks 2 or 3 that these days do not hold, of 6 months 5 or so */
    assert_in_range(kept, 7 + 2 + 4, 7 + 3 + 6);
    int64_t oldest = 0;
    for (size_t i = 0; i < count; i++)
        oldest = items[i].keep ? (int64_t)i : oldest;
    assert_in_range(oldest, 140, 180);
}

static void running_it_again_keeps_the_same(void **unused)
{
    for (int64_t day = 0; day < 300; day++)
        add(now - day * DAY, day % 3 != 0);
    size_t kept = decide(7, 4, 6), left = 0;
    for (size_t i = 0; i < count; i++)
        if (items[i].keep)
            items[left++] = items[i];
    count = left;
    assert_int_equal(decide(7, 4, 6), kept);
}

static void days_without_any_do_not_count(void **unused)
{
    for (int64_t day = 100; day < 110; day++)
        add(now - day * DAY, true);
    assert_int_equal(decide(7, 0, 0), 7);
    assert_true(items[0].keep && items[6].keep && !items[7].keep);
}

static void of_a_day_the_newest_verified_one(void **unused)
{
    add(now - 5 * DAY - HOUR / 4, false);
    add(now - 5 * DAY - HOUR / 2, true);
    add(now - 5 * DAY - HOUR, true);
    add(now - 2 * DAY, true);
    assert_int_equal(decide(7, 0, 0), 2);
    assert_true(items[1].keep && items[3].keep);
}

static void the_newest_verified_one_is_never_removed(void **unused)
{
    add(now - (int64_t)90 * DAY, true);
    for (int64_t day = 1; day < 40; day++)
        add(now - day * DAY, false);
    decide(1, 0, 0);
    assert_true(items[0].keep);
    assert_true(items[1].keep); /* the newest of all */
    assert_false(items[5].keep);
}

static void those_of_the_last_day_stay(void **unused)
{
    for (int64_t hour = 0; hour < 48; hour++)
        add(now - hour * HOUR, true);
    decide(1, 0, 0);
    for (size_t i = 0; i < 24; i++)
        assert_true(items[i].keep);
    assert_false(items[30].keep);
}

static void those_tried_in_vain_do_not_pile_up(void **unused)
{
    add(now - 20 * HOUR, true);
    for (int64_t hour = 0; hour < 18; hour++)
        add(now - hour * HOUR, false);
    assert_in_range(decide(7, 4, 6), 2, 3);
    assert_true(items[0].keep && items[1].keep);
}

static void days_are_the_stores(void **unused)
{
    /* 2026-11-10 16:30 and 17:30 UTC: two days in Jakarta */
    add(1794328200000, true);
    add(1794331800000, true);
    assert_int_equal(decide(7, 0, 0), 2);
}

static void nothing_of_nothing(void **unused)
{
    assert_int_equal(decide(7, 4, 6), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(days_weeks_and_months_are_kept, setup),
        cmocka_unit_test_setup(running_it_again_keeps_the_same, setup),
        cmocka_unit_test_setup(days_without_any_do_not_count, setup),
        cmocka_unit_test_setup(of_a_day_the_newest_verified_one, setup),
        cmocka_unit_test_setup(the_newest_verified_one_is_never_removed, setup),
        cmocka_unit_test_setup(those_of_the_last_day_stay, setup),
        cmocka_unit_test_setup(those_tried_in_vain_do_not_pile_up, setup),
        cmocka_unit_test_setup(days_are_the_stores, setup),
        cmocka_unit_test_setup(nothing_of_nothing, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

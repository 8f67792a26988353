#include "base/clock.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static const struct clock_zone *zone(const char *name)
{
    const struct clock_zone *loaded = NULL;
    if (!clock_zone_load(name, &loaded))
        fail_msg("no zone %s", name);
    return loaded;
}

static void a_time_is_shown_in_its_zone(void **unused)
{
    char text[17];
    clock_format(zone("Asia/Jakarta"), INT64_C(1795338961123), text); /* 2026-11-22T09:16:01.123Z */
    assert_string_equal(text, "22/11/2026 16:16");
    clock_format(zone("Asia/Jayapura"), INT64_C(1795338961123), text);
    assert_string_equal(text, "22/11/2026 18:16");
    clock_format(zone("America/St_Johns"), INT64_C(1795338961123), text);
    assert_string_equal(text, "22/11/2026 05:46");
    clock_format(zone("UTC"), -1, text);
    assert_string_equal(text, "31/12/1969 23:59");
    clock_format(zone("UTC"), INT64_MAX, text);
    assert_string_equal(text, "31/12/9999 00:00");
    clock_format(zone("UTC"), INT64_MIN, text);
    assert_string_equal(text, "02/01/0000 00:00");
}

/* The C library is the reference: it knows one zone a process, but it knows it well. */
static void offsets_agree_with_the_c_library(void **unused)
{
    static const char *const names[] = {"Asia/Jakarta",   "Asia/Makassar",     "Asia/Pontianak",
                                        "Europe/Berlin",  "America/New_York",  "Australia/Lord_Howe",
                                        "Asia/Kathmandu", "Africa/Casablanca", "America/Sao_Paulo",
                                        "Asia/Jerusalem", "Europe/Dublin",     "Pacific/Auckland",
                                        "America/Nuuk",   "Asia/Gaza",         "Antarctica/Troll",
                                        "Pacific/Apia",   "Etc/GMT+5",         "EST5EDT"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct clock_zone *z = zone(names[i]);
        setenv("TZ", names[i], 1);
        tzset();
        for (int64_t at = INT64_C(-3000000000); at < INT64_C(6000000000); at += 432017) {
            time_t t = (time_t)at;
            struct tm local;
            localtime_r(&t, &local);
            if (clock_zone_offset(z, at * 1000) != local.tm_gmtoff)
                fail_msg("%s at %lld: %d, not %ld", names[i], (long long)at, clock_zone_offset(z, at * 1000),
                         local.tm_gmtoff);
        }
    }
    unsetenv("TZ");
    tzset();
}

static void the_last_second_before_a_change_is_still_the_old_time(void **unused)
{
    const struct clock_zone *berlin = zone("Europe/Berlin");
    int64_t summer_2040 = INT64_C(2216250000000); /* 2040-03-25T01:00:00Z, past the file's table */
    assert_int_equal(clock_zone_offset(berlin, summer_2040 - 1), 3600);
    assert_int_equal(clock_zone_offset(berlin, summer_2040), 7200);
    int64_t summer_2026 = INT64_C(1774746000000); /* 2026-03-29T01:00:00Z, from the file's table */
    assert_int_equal(clock_zone_offset(berlin, summer_2026 - 1), 3600);
    assert_int_equal(clock_zone_offset(berlin, summer_2026), 7200);
}

static void names_that_are_none_are_refused(void **unused)
{
    static const char *const bad[] = {
        "",
        "/",
        "/etc/passwd",
        "../zoneinfo/UTC",
        "Asia/../UTC",
        "Asia",
        "Asia/",
        "Asia//Jakarta",
        "Asia/Jakarta/",
        "Asia/Atlantis",
        "right/Asia/Jakarta",
        "zone.tab",
        "tzdata.zi",
        "Asia/Jakarta\n",
        ".",
        "UTC0;x",
        "Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const struct clock_zone *loaded = NULL;
        if (clock_zone_load(bad[i], &loaded))
            fail_msg("loaded: %s", bad[i]);
        assert_null(loaded);
    }
    assert_ptr_equal(zone("Asia/Jakarta"), zone("Asia/Jakarta"));
}

static void *load_many(void *unused)
{
    for (int i = 0; i < 200; i++) {
        char name[16];
        snprintf(name, sizeof name, "Etc/GMT-%d", i % 14 + 1);
        if (clock_zone_offset(zone(name), 0) != (i % 14 + 1) * 3600)
            return "wrong";
    }
    return NULL;
}

static void zones_load_from_many_threads(void **unused)
{
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, load_many, NULL), 0);
    for (int i = 0; i < 4; i++) {
        void *fault;
        pthread_join(threads[i], &fault);
        assert_null(fault);
    }
}

static void gateway_times_are_read(void **unused)
{
    static const struct {
        const char *text;
        int64_t at_ms;
    } good[] = {
        {"2025-09-19T01:18:49.678622564Z", INT64_C(1758244729678)},
        {"2024-09-10T08:07:02.819+07:00", INT64_C(1725930422819)},
        {"2024-09-10T08:07:02Z", INT64_C(1725955622000)},
        {"2024-09-10t08:07:02.5z", INT64_C(1725955622500)},
        {"1970-01-01T00:00:00-00:30", INT64_C(1800000)},
        {"2000-02-29T23:59:59.999+00:00", INT64_C(951868799999)},
        {"1969-12-31T23:59:59.999Z", -1},
        {"2016-12-31T23:59:60Z", INT64_C(1483228800000)},
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        int64_t at_ms = 0;
        assert_true(clock_parse_rfc3339(good[i].text, &at_ms));
        if (at_ms != good[i].at_ms)
            fail_msg("%s: %lld", good[i].text, (long long)at_ms);
    }
}

static void other_times_are_refused(void **unused)
{
    static const char *const bad[] = {"",
                                      "2024",
                                      "2024-09-10",
                                      "2024-09-10T08:07:02",
                                      "2024-09-10 08:07:02Z",
                                      "2024-13-10T08:07:02Z",
                                      "2024-00-10T08:07:02Z",
                                      "2023-02-29T08:07:02Z",
                                      "2100-02-29T08:07:02Z",
                                      "2024-09-31T08:07:02Z",
                                      "2024-09-10T24:00:00Z",
                                      "2024-09-10T08:60:02Z",
                                      "2024-09-10T08:07:61Z",
                                      "2024-09-10T08:07:02.Z",
                                      "2024-09-10T08:07:02.1234567890Z",
                                      "2024-09-10T08:07:02+0700",
                                      "2024-09-10T08:07:02+24:00",
                                      "2024-09-10T08:07:02Zx",
                                      "24-09-10T08:07:02Z",
                                      "-024-09-10T08:07:02Z",
                                      "2024-9-10T08:07:02Z",
                                      "2024-09-10T08:07:02+07:60"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t at_ms = 42;
        if (clock_parse_rfc3339(bad[i], &at_ms))
            fail_msg("taken: %s", bad[i]);
        assert_int_equal(at_ms, 42);
    }
}

static void dates_go_both_ways(void **unused)
{
    for (int64_t day = -719000; day < 2900000; day += 97) {
        struct clock_civil c = clock_to_civil(NULL, day * 86400000 + 45296789);
        assert_int_equal(clock_days(c.year, c.month, c.day), day);
        assert_true(c.hour == 12 && c.minute == 34 && c.second == 56 && c.millisecond == 789);
    }
    char text[25];
    clock_format_utc(INT64_C(1795338961123), text);
    assert_string_equal(text, "2026-11-22T09:16:01.123Z");
    int64_t at_ms = 0;
    assert_true(clock_parse_rfc3339(text, &at_ms));
    assert_int_equal(at_ms, INT64_C(1795338961123));
}

static void local_times_are_read(void **unused)
{
    static const struct {
        const char *zone, *text;
        bool whole_day;
        const char *utc;
    } good[] = {
        {"Asia/Jakarta", "2026-08-01", false, "2026-07-31T17:00:00.000Z"},
        {"Asia/Jakarta", "2026-08-01", true, "2026-08-01T17:00:00.000Z"},
        {"Asia/Jakarta", "2026-12-31", true, "2026-12-31T17:00:00.000Z"},
        {"Asia/Jakarta", "2026-08-01 09:30", false, "2026-08-01T02:30:00.000Z"},
        {"Asia/Jakarta", "2026-08-01T09:30", true, "2026-08-01T02:30:00.000Z"},
        {"America/New_York", "2026-03-08", false, "2026-03-08T05:00:00.000Z"},
        {"America/New_York", "2026-03-08", true, "2026-03-09T04:00:00.000Z"}, /* 23 hours later */
        {"America/New_York", "2026-11-01 00:30", false, "2026-11-01T04:30:00.000Z"},
        {"America/New_York", "2026-11-01 03:00", false, "2026-11-01T08:00:00.000Z"},
        {"Pacific/Kiritimati", "2026-01-01", false, "2025-12-31T10:00:00.000Z"},
    };
    static const char *const bad[] = {"",
                                      "2026",
                                      "2026-02-30",
                                      "2026-08-01 ",
                                      "2026-08-01 24:00",
                                      "2026-08-01 9:30",
                                      "2026-08-01 09:30:00",
                                      "2026-08-01T09:30Z",
                                      "01-08-2026",
                                      "2026/08/01",
                                      "besok"};
    const struct clock_zone *zone;
    int64_t at_ms = 42;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        char utc[25];
        assert_true(clock_zone_load(good[i].zone, &zone));
        assert_true(clock_parse_local(zone, good[i].text, good[i].whole_day, &at_ms));
        clock_format_utc(at_ms, utc);
        if (strcmp(utc, good[i].utc) != 0)
            fail_msg("%s in %s: %s", good[i].text, good[i].zone, utc);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        at_ms = 42;
        if (clock_parse_local(zone, bad[i], false, &at_ms) || at_ms != 42)
            fail_msg("taken: %s", bad[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_is_shown_in_its_zone),
        cmocka_unit_test(offsets_agree_with_the_c_library),
        cmocka_unit_test(the_last_second_before_a_change_is_still_the_old_time),
        cmocka_unit_test(names_that_are_none_are_refused),
        cmocka_unit_test(zones_load_from_many_threads),
        cmocka_unit_test(gateway_times_are_read),
        cmocka_unit_test(other_times_are_refused),
        cmocka_unit_test(dates_go_both_ways),
        cmocka_unit_test(local_times_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include "payment/pace.h"

enum { S = 1000, MIN = 60 * S, HOUR = 60 * MIN };
static const int64_t t0 = INT64_C(1800000000000);

static const struct error no_answer = {.code = ERR_UNCERTAIN};
static const struct error unreachable = {.code = ERR_RETRY};
static const struct error too_many = {.code = ERR_RETRY, .retry_after = 3};

/* Nobody answers: after three tries the buyer is told, within some seconds of waiting in all. */
static void test_create(void **state)
{
    struct payment payment = {.created_ms = t0};
    int64_t due = 0;
    assert_true(pace_create_again(&payment, &no_answer, t0 + 10 * S, &due));
    assert_int_equal(due, t0 + 11 * S);
    payment.failures = 1;
    assert_true(pace_create_again(&payment, &unreachable, t0 + 20 * S, &due));
    assert_int_equal(due, t0 + 22 * S);
    payment.failures = 2;
    assert_false(pace_create_again(&payment, &no_answer, t0 + 30 * S, &due));
    assert_int_equal(due, t0 + 22 * S);
    /* being told to wait is no failure, but patience ends too */
    assert_true(pace_create_again(&payment, &too_many, t0 + 30 * S, &due));
    assert_int_equal(due, t0 + 34 * S);
    assert_false(pace_create_again(&payment, &too_many, t0 + 119 * S, &due));
}

static void test_look_pending(void **state)
{
    static const struct {
        int64_t age, hint_age /* -1: none */, due_in;
    } rows[] = {
        {0, -1, 10 * S},           {10 * S, -1, 15 * S},  {25 * S, -1, 20 * S},    {45 * S, -1, 30 * S},
        {75 * S, -1, 45 * S},      {120 * S, -1, 60 * S}, {880 * S, -1, 20 * S},   {899 * S, -1, 4 * S},
        {900 * S - 1, -1, 4 * S},  {300 * S, 0, 4 * S},   {300 * S, 8 * S, 4 * S}, {300 * S, 12 * S, 8 * S},
        {300 * S, 60 * S, 60 * S},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t now = t0 + rows[i].age;
        struct payment payment = {.created_ms = t0,
                                  .hinted_ms = rows[i].hint_age < 0 ? 0 : now - rows[i].hint_age};
        assert_int_equal(pace_look_pending(&payment, t0 + 15 * MIN, now) - now, rows[i].due_in);
    }
}

/* From the invoice to its end: how many looks a payment nobody pays takes, and that the last is at its end.
 */
static void test_looks_of_a_quarter_hour(void **state)
{
    struct payment payment = {.created_ms = t0};
    int64_t now = t0 + PACE_FIRST_LOOK_MS, end = t0 + 15 * MIN;
    int looks = 1;
    while (now < end) {
        int64_t next = pace_look_pending(&payment, end, now);
        assert_true(next >= now + PACE_STATUS_GAP_MS);
        now = next;
        looks++;
    }
    assert_true(now < end + PACE_STATUS_GAP_MS);
    assert_in_range(looks, 15, 20);
}

static void test_look_unanswered(void **state)
{
    struct payment payment = {.created_ms = t0};
    int64_t end = t0 + 15 * MIN, due;
    assert_true(pace_look_unanswered(&payment, end, &no_answer, t0 + MIN, &due));
    assert_int_equal(due, t0 + MIN + 4 * S);
    payment.failures = 30;
    assert_true(pace_look_unanswered(&payment, end, &no_answer, t0 + MIN, &due));
    assert_int_equal(due, t0 + 2 * MIN);
    assert_true(pace_look_unanswered(&payment, end, &no_answer, end - 10 * S, &due));
    assert_int_equal(due, end);
    struct error patience = {.code = ERR_RETRY, .retry_after = 3600};
    assert_true(pace_look_unanswered(&payment, end, &patience, t0 + MIN, &due));
    assert_int_equal(due, t0 + 2 * MIN); /* nobody makes us wait for an hour */
    /* at the end: three more looks within half a minute */
    payment.failures = 0;
    int64_t now = end;
    int looks = 1;
    while (pace_look_unanswered(&payment, end, &no_answer, now, &due)) {
        now = due;
        payment.failures++;
        looks++;
    }
    assert_int_equal(looks, 4);
    assert_int_equal(now, end + 30 * S);
    /* after a long absence of ours the first failure is not the last word */
    payment.failures = 0;
    assert_true(pace_look_unanswered(&payment, end, &no_answer, end + HOUR, &due));
}

static void test_late_looks(void **state)
{
    static const int64_t expected[] = {MIN, 5 * MIN, 15 * MIN, 60 * MIN, 6 * HOUR, 24 * HOUR};
    struct payment payment = {.created_ms = t0 - HOUR, .ended_ms = t0};
    int64_t now = t0, due;
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        assert_true(pace_late_look(&payment, now, &due));
        assert_int_equal(due - t0, expected[i]);
        now = due;
    }
    assert_false(pace_late_look(&payment, now, &due));
    assert_true(pace_late_look(&payment, t0 + 5 * S, &due)); /* a look in between changes nothing */
    assert_int_equal(due - t0, MIN);
    payment.hinted_ms = now;
    assert_true(pace_late_look(&payment, now + 4 * S, &due)); /* a webhook a day later is followed up */
    assert_int_equal(due, now + 8 * S);
    assert_false(pace_late_look(&payment, now + 2 * MIN, &due));
}

static void test_late_unanswered(void **state)
{
    struct payment payment = {.ended_ms = t0};
    int64_t now = t0, due;
    int looks = 0;
    while (pace_late_unanswered(&payment, &no_answer, now, &due)) {
        assert_in_range(due - now, 10 * S, HOUR);
        now = due;
        looks++;
    }
    assert_true(now >= t0 + 48 * HOUR);
    assert_in_range(looks, 48, 80);
    payment.hinted_ms = now;
    assert_true(pace_late_unanswered(&payment, &no_answer, now, &due));
}

static void test_void(void **state)
{
    struct payment payment = {.ended_ms = t0};
    int64_t now = t0, due;
    int tries = 1;
    while (pace_void_again(&payment, &no_answer, now, &due)) {
        assert_in_range(due - now, 2 * S, 2 * MIN);
        now = due;
        tries++;
    }
    assert_in_range(tries, 8, 15);
}

static void test_take_spreads(void **state)
{
    int64_t due = 0, at[40];
    for (int i = 0; i < 40; i++) {
        at[i] = t0;
        if (!pace_take(PACE_CREATE, "spread", t0, &due))
            at[i] = due;
    }
    for (int i = 1; i < 40; i++) {
        assert_true(at[i] - at[i - 1] >= 500);
        if (i >= 2)
            assert_true(at[i] - at[i - 2] >= 1000);
        /* everybody who comes back at the time given, or a tick later, is let in */
        assert_true(pace_take(PACE_CREATE, "spread", at[i] + i % 100, &due));
    }
    assert_int_equal(due, at[39]);
}

static void test_take_kinds_and_keys(void **state)
{
    int64_t due = 0;
    assert_true(pace_take(PACE_CREATE, "kopi", t0, &due));
    assert_true(pace_take(PACE_CANCEL, "kopi", t0, &due));
    assert_true(pace_take(PACE_CREATE, "teh", t0, &due));
    assert_true(pace_take(PACE_STATUS, "kopi", t0, &due));
    assert_false(pace_take(PACE_STATUS, "kopi", t0 + 3999, &due));
    assert_true(due >= t0 + 4000);
    int64_t first = due;
    for (int i = 0; i < 50; i++) /* fifty webhooks do not put it off */
        assert_false(pace_take(PACE_STATUS, "kopi", t0 + 3999, &due));
    assert_int_equal(due, first);
    assert_true(pace_take(PACE_STATUS, "kopi", due + 5, &due));
    assert_true(pace_take(PACE_CREATE, "kopi", t0 + 1000, &due));
    assert_true(
        pace_take(PACE_CREATE, "kopi", t0 - 48 * (int64_t)HOUR, &due)); /* a clock set back blocks nobody */
}

/* Thousands of transactions come and go; slots of the past are given back (the leak check sees what is not).
 */
static void test_take_forgets(void **state)
{
    int64_t due;
    for (int i = 0; i < 20000; i++) {
        char key[] = "T-00000";
        for (int n = i, at = 6; at > 1; at--, n /= 10)
            key[at] = (char)('0' + n % 10);
        assert_true(pace_take(PACE_STATUS, key, t0 + HOUR + i * 10, &due));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_create),
        cmocka_unit_test(test_look_pending),
        cmocka_unit_test(test_looks_of_a_quarter_hour),
        cmocka_unit_test(test_look_unanswered),
        cmocka_unit_test(test_late_looks),
        cmocka_unit_test(test_late_unanswered),
        cmocka_unit_test(test_void),
        cmocka_unit_test(test_take_spreads),
        cmocka_unit_test(test_take_kinds_and_keys),
        cmocka_unit_test(test_take_forgets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The rate of rounds over all stores. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>
#include <stdio.h>

#include "monitor/internal.h"

enum { STORES = 500 };
static const int64_t start_ms = 1763800000000;

static int forget(void **state)
{
    pacing_forget();
    return 0;
}

static bool take(int store, int64_t now_ms, int64_t *due_ms)
{
    char name[32];
    snprintf(name, sizeof name, "toko-%d", store);
    return pacing_take(name, now_ms, due_ms);
}

/* All due at once, each coming back when it was told to: ten a second, each once. */
static void many_at_once(void **state)
{
    int64_t due[STORES], last = 0;
    int taken = 0;
    for (int i = 0; i < STORES; i++)
        due[i] = start_ms;
    for (int64_t now = start_ms; now < start_ms + STORES * PACING_SLOT_MS; now += 10) {
        for (int i = 0; i < STORES; i++) {
            if (due[i] > now)
                continue;
            if (take(i, now, &due[i])) {
                assert_true(!last || now - last >= PACING_SLOT_MS);
                last = now;
                due[i] = INT64_MAX;
                taken++;
            } else {
                assert_true(due[i] > now);
            }
        }
    }
    assert_int_equal(taken, STORES);
}

static void somebody_alone_never_waits(void **state)
{
    int64_t due;
    for (int i = 0; i < 100; i++)
        assert_true(take(1, start_ms + i * 5000, &due));
}

static void a_pause_is_for_all(void **state)
{
    int64_t due;
    assert_true(take(1, start_ms, &due));
    assert_false(take(2, start_ms, &due));
    assert_int_equal(due, start_ms + PACING_SLOT_MS);
    pacing_pause(start_ms + 30000);
    assert_false(take(2, due, &due)); /* its turn was given before */
    assert_true(due >= start_ms + 30000);
    assert_false(take(3, start_ms + 5000, &due));
    assert_true(due >= start_ms + 30000);
    assert_true(take(3, due, &due));
}

/* What was kept for somebody who never came goes; a clock set back keeps nobody out. */
static void nobody_is_kept_out(void **state)
{
    int64_t due;
    assert_true(take(1, start_ms, &due));
    assert_false(take(2, start_ms, &due));
    assert_true(take(2, start_ms + 120000, &due));
    assert_true(take(3, start_ms - 86400000, &due));
}

static void so_many_wait_outside(void **state)
{
    for (int i = 0; i < PACING_AT_ONCE; i++)
        assert_true(pacing_enter());
    assert_false(pacing_enter());
    pacing_leave();
    assert_true(pacing_enter());
    assert_false(pacing_enter());
}

int main(void)
{
#define PACING_TEST(test) cmocka_unit_test_setup_teardown(test, forget, forget)
    const struct CMUnitTest tests[] = {
        PACING_TEST(many_at_once),         PACING_TEST(somebody_alone_never_waits),
        PACING_TEST(a_pause_is_for_all),   PACING_TEST(nobody_is_kept_out),
        PACING_TEST(so_many_wait_outside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The spam guard, with the time given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include "http/guard.h"

enum { STORE = 1, BUYER = 1001, T0 = 1000000 };

static struct guard *guard;
static int64_t wait_ms;

static int begin(void **state)
{
    guard = guard_new();
    wait_ms = -1;
    return 0;
}

static int end(void **state)
{
    guard_free(&guard);
    return 0;
}

static enum guard_verdict ask(int64_t now_ms)
{
    return guard_ask(guard, STORE, BUYER, now_ms, &wait_ms);
}

static void a_burst_then_one_a_second(void **state)
{
    for (int i = 0; i < 8; i++)
        assert_int_equal(ask(T0), GUARD_GO);
    assert_int_equal(ask(T0), GUARD_WAIT);
    assert_int_equal(wait_ms, 1000);
    assert_int_equal(ask(T0 + 500), GUARD_WAIT); /* two ahead, half a second given back */
    assert_int_equal(wait_ms, 1500);
    /* one a second is never held up, however long it goes on */
    for (int64_t t = T0 + 10000; t < T0 + 200000; t += 1000)
        assert_int_equal(ask(t), GUARD_GO);
}

static void a_rest_gives_the_burst_back_and_no_more(void **state)
{
    for (int i = 0; i < 8; i++)
        ask(T0);
    for (int i = 0; i < 8; i++)
        assert_int_equal(ask(T0 + 3600000), GUARD_GO);
    assert_int_equal(ask(T0 + 3600000), GUARD_WAIT);
}

/* Everything at once: eight go, three wait, the next is the warning; then silence until the pause is over. */
static int64_t provoke(int64_t now_ms)
{
    for (int i = 0; i < 20; i++) {
        if (ask(now_ms) == GUARD_WARN)
            break;
        assert_int_not_equal(i, 19);
    }
    int64_t t = now_ms;
    while (ask(t + 500) == GUARD_DROP)
        t += 500;
    return t + 500 - now_ms;
}

static void far_beyond_is_warned_once_and_paused_longer_each_time(void **state)
{
    int64_t now = T0, last = 0;
    for (int i = 0; i < 9; i++) {
        int64_t pause = provoke(now);
        assert_in_range(pause, i ? (last < 600000 ? last + 1 : last) : 9500, 600500);
        if (i)
            assert_true(pause >= 600000 || pause >= 2 * last - 1000);
        last = pause;
        now += pause + 1000;
    }
    assert_in_range(last, 600000, 600500); /* ten minutes at most */
}

static void quiet_minutes_forget_earlier_pauses(void **state)
{
    int64_t first = provoke(T0);
    int64_t second = provoke(T0 + first + 10000);
    assert_true(second > first);
    assert_in_range(provoke(T0 + first + second + 1200000), first - 500, first + 500);
}

static void a_person_who_keeps_a_little_too_fast_is_warned_in_the_end(void **state)
{
    int64_t now = T0;
    int waits = 0;
    for (;;) { /* as Telegram delivers: the next update comes when the last was answered */
        enum guard_verdict verdict = ask(now);
        if (verdict == GUARD_WARN)
            break;
        if (verdict == GUARD_WAIT) {
            waits++;
            now += wait_ms - 10;
        }
        assert_in_range(waits, 0, 15);
    }
    assert_int_equal(waits, 15);
}

static void a_quick_hand_is_slowed_down_and_never_warned(void **state)
{
    int64_t now = T0;
    for (int i = 0; i < 8; i++)
        assert_int_equal(ask(now), GUARD_GO);
    for (int i = 0; i < 100; i++) { /* half a second early, each time; a second's rest now and then */
        now += 1000;
        enum guard_verdict verdict = ask(now);
        assert_true(verdict == GUARD_GO || verdict == GUARD_WAIT);
        verdict = ask(now += 500);
        assert_true(verdict == GUARD_GO || (verdict == GUARD_WAIT && wait_ms <= 600));
        now += 500;
    }
}

static void people_and_stores_do_not_share(void **state)
{
    while (ask(T0) != GUARD_WARN)
        ;
    assert_int_equal(guard_ask(guard, STORE, BUYER + 1, T0, &wait_ms), GUARD_GO);
    assert_int_equal(guard_ask(guard, STORE + 1, BUYER, T0, &wait_ms), GUARD_GO);
    assert_int_equal(ask(T0 + 1), GUARD_DROP);
}

static void a_crowd_does_not_push_out_who_is_paused_now(void **state)
{
    while (ask(T0) != GUARD_WARN)
        ;
    for (int64_t person = 2000; person < 12000; person++)
        assert_int_equal(guard_ask(guard, STORE, person, T0 + 1, &wait_ms), GUARD_GO);
    assert_int_equal(ask(T0 + 2), GUARD_DROP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_burst_then_one_a_second, begin, end),
        cmocka_unit_test_setup_teardown(a_rest_gives_the_burst_back_and_no_more, begin, end),
        cmocka_unit_test_setup_teardown(far_beyond_is_warned_once_and_paused_longer_each_time, begin, end),
        cmocka_unit_test_setup_teardown(quiet_minutes_forget_earlier_pauses, begin, end),
        cmocka_unit_test_setup_teardown(a_person_who_keeps_a_little_too_fast_is_warned_in_the_end, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_quick_hand_is_slowed_down_and_never_warned, begin, end),
        cmocka_unit_test_setup_teardown(people_and_stores_do_not_share, begin, end),
        cmocka_unit_test_setup_teardown(a_crowd_does_not_push_out_who_is_paused_now, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

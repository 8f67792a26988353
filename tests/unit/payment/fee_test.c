/* The preview of fees with a gateway of our own: pakasir_fees() is this file's, the product's is not linked.
 */
#include "payment/fee.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>
#include <pthread.h>

#include "payment/pakasir.h"
#include "work/pool.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND };

/* Each test has days and amounts of its own: what is remembered outlives it. */
static int64_t now_ms = INT64_C(1800000000000), amount = 100000;
static struct pool *pool;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int calls, running, most_running;
static bool is_held, is_down;

bool pakasir_fees(struct arena *arena, int64_t of_amount, int64_t *fees_out, struct error *err)
{
    pthread_mutex_lock(&mutex);
    calls++;
    if (++running > most_running)
        most_running = running;
    pthread_cond_broadcast(&changed);
    while (is_held)
        pthread_cond_wait(&changed, &mutex);
    running--;
    bool down = is_down;
    pthread_mutex_unlock(&mutex);
    if (down)
        return error_set(err, ERR_RETRY, "no connection");
    for (size_t i = 0; i < method_count; i++)
        fees_out[i] = methods[i].kind == METHOD_QR ? 1234 : -1;
    return true;
}

static void hold(bool held)
{
    pthread_mutex_lock(&mutex);
    is_held = held;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

static void wait_running(int count)
{
    pthread_mutex_lock(&mutex);
    while (running < count)
        pthread_cond_wait(&changed, &mutex);
    pthread_mutex_unlock(&mutex);
}

/* One wish, answered; how many calls it took. */
static int wish(int64_t of_amount, int64_t at_ms)
{
    int before = calls;
    fee_wish(of_amount, at_ms);
    assert_true(pool_drain(pool, 10 * SECOND));
    return calls - before;
}

static int set_up(void **state)
{
    now_ms += INT64_C(86400000);
    amount += 100000;
    calls = most_running = 0;
    is_held = is_down = false;
    pool = pool_start(8);
    fee_set_pool(pool);
    return 0;
}

static int tear_down(void **state)
{
    hold(false);
    is_down = false;
    fee_set_pool(NULL);
    pool_stop(&pool);
    return 0;
}

static const struct method *qris(void)
{
    return method_find("qris");
}

static void test_asked_once_and_kept(void **state)
{
    int64_t formula = qris()->fee(amount);
    assert_int_not_equal(formula, 1234);
    assert_int_equal(fee_preview(qris(), amount, now_ms), formula);
    assert_int_equal(wish(amount, now_ms), 1);
    assert_int_equal(fee_preview(qris(), amount, now_ms), 1234);
    assert_int_equal(fee_preview(method_find("bri_va"), amount, now_ms), 3500); /* not in the answer */
    assert_int_equal(fee_preview(method_find("payment_link"), amount, now_ms), 0);
    assert_int_equal(fee_preview(qris(), amount + 1, now_ms), qris()->fee(amount + 1));
    assert_int_equal(wish(amount, now_ms + 30 * MINUTE - 1), 0);
    assert_int_equal(fee_preview(qris(), amount, now_ms + 30 * MINUTE - 1), 1234);
    assert_int_equal(fee_preview(qris(), amount, now_ms + 30 * MINUTE), formula);
    assert_int_equal(wish(amount, now_ms + 30 * MINUTE), 1);
    assert_int_equal(fee_preview(qris(), amount, now_ms + 30 * MINUTE), 1234);
    assert_int_equal(fee_preview(qris(), amount, now_ms - 1), formula); /* the clock was set back */
}

static void test_a_failure_is_remembered(void **state)
{
    is_down = true;
    assert_int_equal(wish(amount, now_ms), 1);
    assert_int_equal(fee_preview(qris(), amount, now_ms), qris()->fee(amount));
    assert_int_equal(wish(amount, now_ms + MINUTE - 1), 0);
    is_down = false;
    assert_int_equal(wish(amount, now_ms + MINUTE), 1);
    assert_int_equal(fee_preview(qris(), amount, now_ms + MINUTE), 1234);
}

/* A gateway that is down is left in peace, whatever the amounts. */
static void test_breaker(void **state)
{
    is_down = true;
    for (int i = 0; i < 50; i++)
        wish(amount + i, now_ms);
    assert_int_equal(calls, 5);
    is_down = false;
    assert_int_equal(wish(amount + 60, now_ms + 9 * SECOND), 0);
    assert_int_equal(wish(amount + 60, now_ms + 10 * SECOND), 1);
    assert_int_equal(wish(amount + 61, now_ms + 10 * SECOND), 1);
}

static void test_few_at_once_and_none_twice(void **state)
{
    hold(true);
    for (int i = 0; i < 20; i++) {
        fee_wish(amount, now_ms);
        fee_wish(amount + i, now_ms);
    }
    wait_running(4);
    hold(false);
    assert_true(pool_drain(pool, 10 * SECOND));
    assert_int_equal(calls, 4);
    assert_int_equal(most_running, 4);
    for (int i = 0; i < 4; i++)
        assert_int_equal(fee_preview(qris(), amount + i, now_ms), 1234);
    assert_int_equal(wish(amount + 19, now_ms), 1);
}

static void test_memory_is_bounded(void **state)
{
    for (int i = 0; i < 300; i++)
        assert_int_equal(wish(amount + i, now_ms + i), 1);
    for (int i = 0; i < 44; i++) /* the oldest gave way */
        assert_int_equal(fee_preview(qris(), amount + i, now_ms + 300), qris()->fee(amount + i));
    for (int i = 44; i < 300; i++)
        assert_int_equal(fee_preview(qris(), amount + i, now_ms + 300), 1234);
}

static void test_without_a_pool(void **state)
{
    fee_set_pool(NULL);
    assert_int_equal(wish(amount, now_ms), 0);
    assert_int_equal(fee_preview(qris(), amount, now_ms), qris()->fee(amount));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_asked_once_and_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_failure_is_remembered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_breaker, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_few_at_once_and_none_twice, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_memory_is_bounded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_without_a_pool, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

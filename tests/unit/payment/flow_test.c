/* From the cart to the paid order with jobs, lanes and pool at work, two servers serving the same store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>
#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "house.h"

#define NEEDS_HOUSE()                                                                                        \
    do {                                                                                                     \
        if (!house.lanes)                                                                                    \
            skip();                                                                                          \
    } while (0)

enum { BUYER = 1001, PRICE = 10000 };

struct start {
    const char *method;
    struct order order;
    enum order_obstacle obstacle;
    int64_t product_id;
    bool ok;
    struct error err;
    char reference[64];
};

static bool start(struct work *work, void *context, struct error *err)
{
    struct start *s = context;
    return checkout_start(work, BUYER, s->method, &s->order, &s->obstacle, &s->product_id, err);
}

static void run_start(struct work *work, void *context)
{
    struct start *s = context;
    s->ok = work_transaction(work, start, s, &s->err);
    if (s->ok)
        strncpy(s->reference, s->order.reference, sizeof s->reference - 1);
}

static void fill_cart(int64_t price, int quantity, int stock)
{
    house_sql("UPDATE products SET price = %lld", (long long)price);
    house_sql("INSERT INTO cart_items (telegram_id, product_id, quantity, price, added_at)"
              " VALUES (%d, 1, %d, %lld, '2026-01-01')"
              " ON CONFLICT (telegram_id, product_id) DO UPDATE SET quantity = excluded.quantity",
              BUYER, quantity, (long long)price);
    house_sql(
        "INSERT INTO stock_units (product_id, content, digest, created_at)"
        " SELECT 1, 'x', decode(lpad(to_hex(n), 8, '0'), 'hex'), '2026-01-01' FROM generate_series(1, %d) n"
        " ON CONFLICT DO NOTHING",
        stock);
}

static void gateway_makes(const char *txn_id, int64_t amount)
{
    fake_gateway.created = (struct payment_created){.txn_id = txn_id,
                                                    .fee = 100,
                                                    .total = amount + 100,
                                                    .qr_string = "qr",
                                                    .expires_ms = clock_now_ms() + 600000};
}

static struct start checked_out(int quantity, const char *txn_id)
{
    struct start s = {.method = "qris"};
    gateway_makes(txn_id, PRICE * quantity);
    house_do(run_start, &s);
    if (!s.ok)
        fail_msg("%s", s.err.text);
    house_wait_notice("invoice_ready");
    return s;
}

static void test_start(void **state)
{
    NEEDS_HOUSE();
    static const struct {
        const char *method;
        int64_t price;
        int quantity, stock;
        enum error_code code;
        enum order_obstacle obstacle;
    } cases[] = {
        {"qris", 10000, 2, 2, ERR_NONE, ORDER_OK},
        {"qris", 500, 1, 1, ERR_NONE, ORDER_OK},
        {"qris", 499, 1, 1, ERR_INVALID, ORDER_OK},
        {"qris", 10000000, 1, 1, ERR_NONE, ORDER_OK},
        {"qris", 5000001, 2, 2, ERR_INVALID, ORDER_OK},
        {"bri_va", 10000, 1, 1, ERR_INVALID, ORDER_OK},
        {"", 10000, 1, 1, ERR_INVALID, ORDER_OK},
        {"qris", 10000, 3, 2, ERR_CONFLICT, ORDER_OUT_OF_STOCK},
        {"qris", 10000, 0, 2, ERR_CONFLICT, ORDER_CART_EMPTY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct start s = {.method = cases[i].method};
        house_clean();
        error_set(&fake_gateway.create_error, ERR_REFUSED, "not today");
        fill_cart(cases[i].price, cases[i].quantity ? cases[i].quantity : 1, cases[i].stock);
        if (!cases[i].quantity)
            house_sql("DELETE FROM cart_items");
        house_do(run_start, &s);
        if ((s.ok ? ERR_NONE : s.err.code) != cases[i].code || s.obstacle != cases[i].obstacle)
            fail_msg("case %zu: %s, obstacle %d", i, s.ok ? "ok" : s.err.text, (int)s.obstacle);
        if (s.ok)
            house_wait_notice("invoice_failed"); /* its job has run, and found the gateway unwilling */
        assert_string_equal(house_value("SELECT count(*) FROM stock_units WHERE state = 'available'"),
                            arena_printf(house.arena, "%d", cases[i].stock));
        assert_string_equal(house_value("SELECT count(*) FROM payments"), s.ok ? "1" : "0");
        assert_string_equal(house_value("SELECT count(*) FROM orders WHERE state = 'pending'"), "0");
    }
}

struct hint_round {
    struct checkout_hint hint;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    int left;
    int results[4];
    int failed;
};

static void give_hint(struct work *work, void *argument)
{
    struct hint_round *round = argument;
    enum checkout_hint_result result = HINT_NOTED;
    struct error err;
    bool ok = checkout_take_hint(work, &round->hint, &result, &err);
    work_end(work);
    pthread_mutex_lock(&round->mutex);
    if (ok)
        round->results[result]++;
    else
        round->failed++;
    round->left--;
    pthread_cond_signal(&round->wake);
    pthread_mutex_unlock(&round->mutex);
}

/* Gives the hint `times` times, to the two servers in turn, and waits for the answers. */
static void give_hints(struct hint_round *round, int times)
{
    pthread_mutex_init(&round->mutex, NULL);
    pthread_cond_init(&round->wake, NULL);
    round->left = times;
    round->failed = 0;
    memset(round->results, 0, sizeof round->results);
    for (int i = 0; i < times; i++)
        assert_true(lane_submit(i % 2 ? house.store : house.other_store, give_hint, round));
    pthread_mutex_lock(&round->mutex);
    while (round->left)
        pthread_cond_wait(&round->wake, &round->mutex);
    pthread_mutex_unlock(&round->mutex);
}

static void test_many_hints_one_delivery(void **state)
{
    NEEDS_HOUSE();
    house_clean();
    fill_cart(PRICE, 2, 5);
    struct start s = checked_out(2, "T-1");
    fake_gateway.state = (struct gateway_state){GATEWAY_COMPLETED, 2 * PRICE, s.reference, "T-1", false};
    struct hint_round round = {.hint = {"T-1", s.reference, 2 * PRICE, false, "completed"}};
    give_hints(&round, 50);
    house_wait_notice("paid");
    assert_int_equal(round.failed, 0);
    assert_int_equal(round.results[HINT_NOTED] + round.results[HINT_ALREADY_SETTLED], 50);
    give_hints(&round, 50);
    assert_int_equal(round.results[HINT_ALREADY_SETTLED], 50);
    assert_int_equal(house_count_notices("paid"), 1);
    assert_string_equal(house_value("SELECT count(*) FROM stock_units WHERE state = 'sold'"), "2");
    assert_string_equal(house_value("SELECT count(*) FROM stock_units WHERE state = 'available'"), "3");
    assert_string_equal(house_value("SELECT count(*) FROM ledger"), "0");
    assert_string_equal(house_value("SELECT state FROM orders"), "paid");
    assert_int_equal(fake_gateway.statuses, 1);
}

/* Paid too late, the units gone meanwhile: fifty webhooks credit the balance once. */
static void test_many_hints_one_credit(void **state)
{
    NEEDS_HOUSE();
    house_clean();
    fill_cart(PRICE, 2, 2);
    struct start s = checked_out(2, "T-2");
    house_sql("UPDATE orders SET state = 'expired'; UPDATE payments SET state = 'expired', ended_at = now();"
              "DELETE FROM stock_units");
    fake_gateway.state = (struct gateway_state){GATEWAY_COMPLETED, 2 * PRICE, s.reference, "T-2", false};
    struct hint_round round = {.hint = {"T-2", s.reference, 2 * PRICE, false, "completed"}};
    give_hints(&round, 50);
    house_wait_notice("credited:20000");
    give_hints(&round, 50);
    assert_int_equal(round.results[HINT_ALREADY_SETTLED], 50);
    assert_int_equal(house_count_notices("credited"), 1);
    assert_string_equal(house_value("SELECT balance FROM users"), "20000");
    assert_string_equal(house_value("SELECT count(*) FROM ledger WHERE reason_key = 'late:payment:1'"), "1");
}

static void test_wrong_hints(void **state)
{
    NEEDS_HOUSE();
    static const struct {
        struct checkout_hint hint; /* order_id NULL: the right one */
        enum checkout_hint_result result;
    } cases[] = {
        {{"T-1", NULL, 9999, false, "completed"}, HINT_WRONG},
        {{"T-1", NULL, -10000, false, "completed"}, HINT_WRONG},
        {{"T-2", NULL, 10000, false, "completed"}, HINT_WRONG},
        {{"", NULL, 10000, false, "completed"}, HINT_WRONG},
        {{"T-1", NULL, 10000, true, "completed"}, HINT_WRONG},
        {{"T-1", NULL, 10000, false, "pending"}, HINT_WRONG},
        {{"T-1", NULL, 10000, false, "COMPLETED"}, HINT_WRONG},
        {{"T-1", "tg1001-zzz", 10000, false, "completed"}, HINT_UNKNOWN_ORDER},
        {{"T-1", "", 10000, false, "completed"}, HINT_UNKNOWN_ORDER},
        {{"T-1", "'; DROP TABLE orders; --", 10000, false, "completed"}, HINT_UNKNOWN_ORDER},
        {{"T-1",
          "tg1001-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
          10000, false, "completed"},
         HINT_UNKNOWN_ORDER},
    };
    house_clean();
    fill_cart(PRICE, 1, 1);
    struct start s = checked_out(1, "T-1");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hint_round round = {.hint = cases[i].hint};
        if (!round.hint.order_id)
            round.hint.order_id = s.reference;
        give_hints(&round, 1);
        if (round.results[cases[i].result] != 1)
            fail_msg("case %zu", i);
    }
    assert_string_equal(house_value("SELECT count(*) FROM payments WHERE hinted_at IS NOT NULL"), "0");
    assert_int_equal(fake_gateway.statuses, 0);
}

/* A webhook alone moves nothing: the gateway's own word does. */
static void test_hint_is_only_a_hint(void **state)
{
    NEEDS_HOUSE();
    house_clean();
    fill_cart(PRICE, 1, 1);
    struct start s = checked_out(1, "T-3");
    fake_gateway.state = (struct gateway_state){GATEWAY_CANCELED, PRICE, s.reference, "T-3", false};
    struct hint_round round = {.hint = {"T-3", s.reference, PRICE, false, "completed"}};
    give_hints(&round, 3);
    house_wait_notice("ended:cancelled:gateway");
    assert_int_equal(house_count_notices("paid"), 0);
    assert_string_equal(house_value("SELECT state FROM orders"), "cancelled");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_start),
        cmocka_unit_test(test_many_hints_one_delivery),
        cmocka_unit_test(test_many_hints_one_credit),
        cmocka_unit_test(test_wrong_hints),
        cmocka_unit_test(test_hint_is_only_a_hint),
    };
    return cmocka_run_group_tests(tests, house_setup, house_teardown);
}

/* Paying by balance, and deposits by the gateway and by hand: from the checkout to the books. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>
#include <string.h>

#include "base/str.h"
#include "house.h"
#include "store/user.h"

#define NEEDS_HOUSE()                                                                                        \
    do {                                                                                                     \
        if (!house.lanes)                                                                                    \
            skip();                                                                                          \
    } while (0)

enum { BUYER = 1001, DAY_MS = 86400000 };

/* Each test has days of its own, as the gateway's limits are remembered for a while. */
static int64_t now_ms = HOUSE_NOW;

static void begin(void)
{
    house_clean();
    now_ms += INT64_C(10) * DAY_MS;
}

static void expect(const char *what, const char *sql, const char *expected)
{
    const char *seen = house_value("%s", sql);
    if (!str_equal(seen, expected))
        fail_msg("%s: \"%s\" instead of \"%s\"", what, seen, expected);
}

static void expect_books(const char *expected)
{
    expect("books",
           "SELECT coalesce(string_agg(kind || ' ' || amount || ' ' || regexp_replace(reason_key, '[0-9]+$', "
           "'N'), "
           "', ' ORDER BY id), '') FROM ledger",
           expected);
    expect("balance", "SELECT balance = coalesce((SELECT sum(amount) FROM ledger), 0) FROM users", "t");
}

/* --- paying by balance --- */

static void fill_cart(int64_t price, int quantity, int64_t balance)
{
    if (balance)
        house_sql("INSERT INTO ledger (telegram_id, kind, amount, reason_key, created_at)"
                  " VALUES (%d, 'adjustment', %lld, 'adjust:1', '2026-01-01');"
                  "UPDATE users SET balance = %lld",
                  BUYER, (long long)balance, (long long)balance);
    house_sql("UPDATE products SET price = %lld", (long long)price);
    house_sql("INSERT INTO cart_items (telegram_id, product_id, quantity, price, added_at)"
              " VALUES (%d, 1, %d, %lld, '2026-01-01')",
              BUYER, quantity, (long long)price);
    house_sql(
        "INSERT INTO stock_units (product_id, content, digest, created_at)"
        " SELECT 1, 'x', decode(lpad(to_hex(n), 8, '0'), 'hex'), '2026-01-01' FROM generate_series(1, 5) n");
}

struct purchase {
    struct order order;
    enum order_obstacle obstacle;
};

static bool pay_by_balance(struct work *work, void *context, struct error *err)
{
    struct purchase *purchase = context;
    int64_t product_id;
    return checkout_start(work, BUYER, "balance", &purchase->order, &purchase->obstacle, &product_id, err);
}

static void test_paid_by_balance(void **state)
{
    NEEDS_HOUSE();
    static const struct {
        int64_t price;
        int quantity;
        int64_t balance;
        enum order_obstacle obstacle;
        const char *books, *order, *notices;
    } cases[] = {
        {10000, 2, 20000, ORDER_OK, "adjustment 20000 adjust:N, purchase -20000 purchase:order:N",
         "paid 2 balance completed 20000", "paid"},
        {10000, 2, 50000, ORDER_OK, "adjustment 50000 adjust:N, purchase -20000 purchase:order:N",
         "paid 2 balance completed 20000", "paid"},
        {10000, 2, 19999, ORDER_BALANCE_SHORT, "adjustment 19999 adjust:N", "", ""},
        {10000, 2, 0, ORDER_BALANCE_SHORT, "", "", ""},
        {1, 1, 1, ORDER_OK, "adjustment 1 adjust:N, purchase -1 purchase:order:N",
         "paid 1 balance completed 1", "paid"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct purchase purchase;
        struct error err = {0};
        begin();
        fill_cart(cases[i].price, cases[i].quantity, cases[i].balance);
        bool ok = house_transaction(now_ms, pay_by_balance, &purchase, &err);
        if (ok != (cases[i].obstacle == ORDER_OK) || purchase.obstacle != cases[i].obstacle)
            fail_msg("case %zu: %s, obstacle %d", i, ok ? "ok" : err.text, (int)purchase.obstacle);
        expect_books(cases[i].books);
        expect("order",
               "SELECT o.state || ' ' || (SELECT count(*) FROM stock_units WHERE state = 'sold') || ' ' || "
               "p.method"
               " || ' ' || p.state || ' ' || p.amount FROM orders o JOIN payments p ON p.order_id = o.id",
               cases[i].order);
        expect("units", "SELECT count(*) FROM stock_units WHERE state = 'reserved'", "0");
        assert_string_equal(house_notices(), cases[i].notices);
    }
}

static void test_open_orders_do_not_keep_a_balance_from_paying(void **state)
{
    NEEDS_HOUSE();
    struct purchase purchase;
    struct error err = {0};
    begin();
    for (int i = 0; i < 3; i++)
        house_sql(
            "INSERT INTO orders (reference, telegram_id, state, subtotal, total, created_at, expires_at)"
            " VALUES ('tg1001-open%d', %d, 'pending', 1, 1, '2026-01-01', '2100-01-01')",
            i, BUYER);
    fill_cart(10000, 1, 10000);
    if (!house_transaction(now_ms, pay_by_balance, &purchase, &err))
        fail_msg("%s, obstacle %d", err.text, (int)purchase.obstacle);
    expect_books("adjustment 10000 adjust:N, purchase -10000 purchase:order:N");
}

/* --- deposits --- */

struct wish {
    const char *method; /* NULL: by hand */
    int64_t amount;
    struct deposit deposit;
    enum order_obstacle obstacle;
};

static bool ask(struct work *work, void *context, struct error *err)
{
    struct wish *wish = context;
    return wish->method
               ? checkout_deposit(work, BUYER, wish->method, wish->amount, &wish->deposit, &wish->obstacle,
                                  err)
               : checkout_deposit_by_hand(work, BUYER, wish->amount, &wish->deposit, &wish->obstacle, err);
}

static void test_what_can_be_deposited(void **state)
{
    NEEDS_HOUSE();
    static const struct {
        const char *method;
        int64_t amount;
        enum error_code code;
    } cases[] = {
        {"qris", 10000, ERR_NONE},       {"qris", 9999, ERR_INVALID},    {"qris", 10000000, ERR_NONE},
        {"qris", 10000001, ERR_INVALID}, {"qris", 0, ERR_INVALID},       {"qris", -10000, ERR_INVALID},
        {"balance", 10000, ERR_INVALID}, {"bri_va", 10000, ERR_INVALID}, {"manual", 10000, ERR_INVALID},
        {NULL, 10000, ERR_INVALID}, /* this store does not take transfers by hand */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct wish wish = {.method = cases[i].method, .amount = cases[i].amount};
        struct error err = {0};
        begin();
        bool ok = house_transaction(now_ms, ask, &wish, &err);
        if ((ok ? ERR_NONE : err.code) != cases[i].code || wish.obstacle != ORDER_OK)
            fail_msg("case %zu: %s", i, ok ? "ok" : err.text);
        expect("deposits", "SELECT count(*) FROM deposits", ok ? "1" : "0");
        expect("payments", "SELECT count(*) FROM payments WHERE deposit_id IS NOT NULL AND order_id IS NULL",
               ok ? "1" : "0");
        expect("jobs", "SELECT count(*) FROM jobs WHERE kind = 'payment_create'", ok ? "1" : "0");
        expect_books("");
    }
}

static void test_open_deposits_are_bounded(void **state)
{
    NEEDS_HOUSE();
    struct error err = {0};
    begin();
    for (int i = 0; i < 4; i++) {
        struct wish wish = {.method = "qris", .amount = 10000};
        bool ok = house_transaction(now_ms, ask, &wish, &err);
        assert_int_equal(ok, i < 3);
        assert_int_equal(wish.obstacle, ok ? ORDER_OK : ORDER_TOO_MANY_OPEN);
        assert_true(ok || err.code == ERR_CONFLICT);
    }
    expect("deposits", "SELECT count(*) FROM deposits", "3");
}

/* A deposit of 25,000 whose invoice is shown. */
static struct deposit waiting_deposit(void)
{
    struct wish wish = {.method = "qris", .amount = 25000};
    struct job_step step;
    struct error err = {0};
    assert_true(house_transaction(now_ms, ask, &wish, &err));
    fake_gateway.created = (struct payment_created){
        .txn_id = "T-1", .fee = 485, .total = 25485, .qr_string = "q", .expires_ms = now_ms + 900000};
    if (!house_job("payment_create", 1, now_ms, &step, &err))
        fail_msg("%s", err.text);
    assert_string_equal(house_notices(), "invoice_ready:25485");
    struct deposit deposit = wish.deposit;
    deposit.reference = house_value("SELECT reference FROM deposits");
    fake_gateway.state = (struct gateway_state){GATEWAY_PENDING, 25000, deposit.reference, "T-1", false};
    return deposit;
}

static const char *look(int64_t after_ms)
{
    struct job_step step;
    struct error err = {0};
    if (!house_job("payment_check", 1, now_ms + after_ms, &step, &err))
        fail_msg("%s", err.text);
    return house_value(
        "SELECT d.state || ' ' || p.state FROM deposits d JOIN payments p ON p.deposit_id = d.id");
}

static bool cancel(struct work *work, void *context, struct error *err)
{
    return checkout_cancel_deposit(work, 1, *(const int64_t *)context, err);
}

static void test_paid_in_time(void **state)
{
    NEEDS_HOUSE();
    begin();
    waiting_deposit();
    assert_string_equal(look(20000), "pending waiting");
    expect_books("");
    fake_gateway.state.status = GATEWAY_COMPLETED;
    assert_string_equal(look(40000), "completed completed");
    expect_books("deposit 25000 deposit:N");
    assert_string_equal(look(60000), "completed completed"); /* once */
    expect_books("deposit 25000 deposit:N");
    assert_string_equal(house_notices(), "invoice_ready:25485 deposited:25000");
}

static void test_expired_and_paid_late(void **state)
{
    NEEDS_HOUSE();
    begin();
    waiting_deposit();
    assert_string_equal(look(900000), "expired expired");
    expect("void", "SELECT count(*) FROM jobs WHERE kind = 'payment_cancel'", "1");
    expect_books("");
    fake_gateway.state.status = GATEWAY_COMPLETED;
    assert_string_equal(look(960000), "completed completed");
    expect_books("deposit 25000 deposit:N");
    assert_string_equal(house_notices(), "invoice_ready:25485 ended:expired deposited_late:25000");
}

static void test_cancelled_by_its_own_person_alone(void **state)
{
    NEEDS_HOUSE();
    static const int64_t buyer = BUYER, stranger = 7;
    struct error err = {0};
    begin();
    waiting_deposit();
    assert_false(house_transaction(now_ms + 1000, cancel, (void *)&stranger, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_true(house_transaction(now_ms + 1000, cancel, (void *)&buyer, &err));
    assert_false(house_transaction(now_ms + 2000, cancel, (void *)&buyer, &err));
    assert_int_equal(err.code, ERR_CONFLICT);
    assert_string_equal(look(60000), "cancelled cancelled");
    assert_string_equal(house_notices(), "invoice_ready:25485 ended:cancelled");
    fake_gateway.state.status = GATEWAY_COMPLETED;
    assert_string_equal(look(120000), "completed completed"); /* the money was on its way */
    expect_books("deposit 25000 deposit:N");
}

static void test_another_amount_is_parked(void **state)
{
    NEEDS_HOUSE();
    static const int64_t buyer = BUYER;
    struct error err = {0};
    begin();
    waiting_deposit();
    fake_gateway.state.status = GATEWAY_COMPLETED;
    fake_gateway.state.amount = 24999;
    assert_string_equal(look(20000), "pending waiting");
    assert_string_equal(house_notices(), "invoice_ready:25485 mismatch:24999");
    expect_books("");
    assert_false(house_transaction(now_ms + 30000, cancel, (void *)&buyer, &err));
    assert_int_equal(err.code, ERR_CONFLICT);
    assert_string_equal(look(960000), "pending waiting"); /* it waits for an admin, not for its time */
}

/* --- the gateway is down --- */

static void test_one_alert_for_an_outage(void **state)
{
    NEEDS_HOUSE();
    struct job_step step;
    struct error err = {0};
    begin();
    waiting_deposit();
    error_set(&fake_gateway.status_error, ERR_RETRY, "no connection");
    error_set(&fake_gateway.reach_error, ERR_RETRY, "no connection");
    for (int i = 1; i <= 20; i++)
        look(i * 12000);
    assert_int_equal(house_count_notices("gateway_down"), 1);
    assert_true(fake_gateway.statuses < 20); /* most of the looks made no call */
    expect("outage", "SELECT count(*) FROM jobs WHERE kind = 'gateway_down'", "1");
    assert_true(house_job("gateway_down", 0, now_ms + 5 * 60000, &step, &err));
    assert_int_equal(step.kind, JOB_AGAIN);
    fake_gateway.reach_error = (struct error){0};
    fake_gateway.status_error = (struct error){0};
    assert_true(house_job("gateway_down", 0, now_ms + 8 * 60000, &step, &err));
    assert_int_equal(step.kind, JOB_DONE);
    assert_int_equal(house_count_notices("gateway_up"), 1);
    look(10 * 60000);
    assert_int_equal(house_count_notices("gateway_down"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paid_by_balance),
        cmocka_unit_test(test_open_orders_do_not_keep_a_balance_from_paying),
        cmocka_unit_test(test_what_can_be_deposited),
        cmocka_unit_test(test_open_deposits_are_bounded),
        cmocka_unit_test(test_paid_in_time),
        cmocka_unit_test(test_expired_and_paid_late),
        cmocka_unit_test(test_cancelled_by_its_own_person_alone),
        cmocka_unit_test(test_another_amount_is_parked),
        cmocka_unit_test(test_one_alert_for_an_outage),
    };
    return cmocka_run_group_tests(tests, house_setup, house_teardown);
}

#include "fixture.h"

#include "store/ledger.h"

static void check_sum(int64_t balance)
{
    assert_int_equal(shop_sql(shop, "SELECT balance FROM users WHERE telegram_id = 1"), balance);
    assert_int_equal(shop_sql(shop, "SELECT coalesce(sum(amount), 0) FROM ledger WHERE telegram_id = 1"),
                     balance);
}

static void test_entries_and_balance_go_together(void **state)
{
    NEEDS_SHOP();
    int64_t balance;
    shop_person(shop, 1);
    struct work *work = shop_begin(shop);
    MUST(ledger_book(work, 1, LEDGER_DEPOSIT, 30000, "deposit:1", NULL, &balance, &err));
    assert_int_equal(balance, 30000);
    MUST(ledger_book(work, 1, LEDGER_PURCHASE, -30000, "purchase:1", "tg1-x", &balance, &err));
    assert_int_equal(balance, 0);
    MUST(ledger_book(work, 1, LEDGER_LATE_PAYMENT, 700, "late:payment:1", "", &balance, &err));
    MUST(ledger_balance(work, 1, &balance, &err));
    assert_int_equal(balance, 700);
    shop_commit(shop);
    check_sum(700);
}

static void test_a_reason_is_booked_once(void **state)
{
    NEEDS_SHOP();
    int64_t balance = -1;
    shop_person(shop, 1);
    shop_person(shop, 2);
    struct work *work = shop_begin(shop);
    MUST(ledger_book(work, 1, LEDGER_DEPOSIT, 500, "deposit:1", "", &balance, &err));
    MUST_FAIL(ERR_CONFLICT, ledger_book(work, 1, LEDGER_DEPOSIT, 500, "deposit:1", "", &balance, &err));
    MUST_FAIL(ERR_CONFLICT, ledger_book(work, 2, LEDGER_REFUND, 900, "deposit:1", "", &balance, &err));
    assert_int_equal(balance, 500);
    shop_commit(shop); /* it could go on */
    check_sum(500);
    MUST_FAIL(ERR_CONFLICT,
              ledger_book(shop_begin(shop), 1, LEDGER_DEPOSIT, 500, "deposit:1", "", &balance, &err));
    work_end(&shop->work);
    check_sum(500);
}

static void test_it_never_falls_below_zero(void **state)
{
    NEEDS_SHOP();
    int64_t balance = -1;
    shop_person(shop, 1);
    MUST(ledger_book(shop_begin(shop), 1, LEDGER_DEPOSIT, 500, "deposit:1", "", &balance, &err));
    shop_commit(shop);
    MUST_FAIL(ERR_INVALID, ledger_book(shop_begin(shop), 1, LEDGER_PURCHASE, -501, "p", "", &balance, &err));
    struct error err;
    assert_false(work_commit(&shop->work, &err));
    work_end(&shop->work);
    check_sum(500);
}

static void test_what_can_not_be_booked(void **state)
{
    NEEDS_SHOP();
    int64_t balance = -1;
    shop_person(shop, 1);
    struct work *work = shop_begin(shop);
    static const int64_t amounts[] = {0, LEDGER_MOST + 1, -LEDGER_MOST - 1, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof amounts / sizeof *amounts; i++)
        MUST_FAIL(ERR_INVALID, ledger_book(work, 1, LEDGER_DEPOSIT, amounts[i], "r", "", &balance, &err));
    MUST_FAIL(ERR_NOT_FOUND, ledger_balance(work, 2, &balance, &err));
    MUST_FAIL(ERR_INVALID, ledger_book(work, 2, LEDGER_DEPOSIT, 1, "r", "", &balance, &err));
    assert_int_equal(balance, -1);
}

DB_TENANT_STATEMENT(test_change_entry, "UPDATE ledger SET amount = 1");
DB_TENANT_STATEMENT(test_remove_entry, "DELETE FROM ledger");

static void test_entries_can_not_be_changed(void **state)
{
    NEEDS_SHOP();
    struct error err;
    assert_false(db_query(shop_begin(shop)->tx, &test_change_entry, DB_NO_PARAMS, NULL, &err));
    assert_false(db_query(shop_begin(shop)->tx, &test_remove_entry, DB_NO_PARAMS, NULL, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(test_entries_and_balance_go_together), SHOP_TEST(test_a_reason_is_booked_once),
        SHOP_TEST(test_it_never_falls_below_zero),       SHOP_TEST(test_what_can_not_be_booked),
        SHOP_TEST(test_entries_can_not_be_changed),
    };
    return cmocka_run_group_tests(tests, shop_set_up, shop_tear_down);
}

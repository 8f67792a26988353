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

/* --- the history --- */

static void book_many(int64_t person, int count)
{
    int64_t balance;
    struct work *work = shop_begin(shop);
    for (int i = 1; i <= count; i++)
        MUST(ledger_book(work, person, LEDGER_DEPOSIT, i,
                         arena_printf(work->arena, "d:%d:%d", (int)person, i), "", &balance, &err));
    shop_commit(shop);
}

/* Amounts `first` down to `last`. */
static void check_page(const struct ledger_page *page, int64_t first, int64_t last)
{
    assert_int_equal(page->count, first - last + 1);
    for (size_t i = 0; i < page->count; i++)
        assert_int_equal(page->entries[i].amount, first - (int64_t)i);
}

static void test_the_history_is_paged(void **state)
{
    NEEDS_SHOP();
    struct ledger_page page;
    shop_person(shop, 1);
    shop_person(shop, 2);
    for (int i = 0; i < 25; i++) { /* ids of two people alternate */
        int64_t balance;
        struct work *work = shop_begin(shop);
        MUST(ledger_book(work, 1, LEDGER_DEPOSIT, i + 1, arena_printf(work->arena, "a:%d", i), "", &balance,
                         &err));
        MUST(ledger_book(work, 2, LEDGER_DEPOSIT, 900, arena_printf(work->arena, "b:%d", i), "", &balance,
                         &err));
        shop_commit(shop);
    }
    struct work *work = shop_task(shop); /* a transaction of its own */
    MUST(ledger_list(work, 1, 0, 10, &page, &err));
    check_page(&page, 25, 16);
    assert_true(page.has_older && !page.has_newer);
    MUST(ledger_list(work, 1, page.older, 10, &page, &err));
    check_page(&page, 15, 6);
    assert_true(page.has_older && page.has_newer);
    assert_int_equal(page.newer, 0); /* the newest page */
    int64_t second = page.older;
    MUST(ledger_list(work, 1, second, 10, &page, &err));
    check_page(&page, 5, 1);
    assert_true(!page.has_older && page.has_newer);
    MUST(ledger_list(work, 1, page.newer, 10, &page, &err));
    check_page(&page, 15, 6);
    assert_null(work->tx);

    /* meanwhile there are more: the way back leads to the same entries */
    book_many(1, 3);
    work = shop_begin(shop); /* and in an open one */
    MUST(ledger_list(work, 1, second, 10, &page, &err));
    check_page(&page, 5, 1);
    MUST(ledger_list(work, 1, page.newer, 10, &page, &err));
    check_page(&page, 15, 6);
    MUST(ledger_list(work, 1, page.newer, 10, &page, &err));
    assert_int_equal(page.count, 10);
    assert_int_equal(page.entries[9].amount, 16);
    assert_true(page.has_newer && page.newer == 0);
    assert_non_null(work->tx);
}

static void test_pages_that_are_just_full_or_empty(void **state)
{
    NEEDS_SHOP();
    struct ledger_page page;
    shop_person(shop, 1);
    book_many(1, 10);
    struct work *work = shop_task(shop);
    MUST(ledger_list(work, 1, 0, 10, &page, &err));
    check_page(&page, 10, 1);
    assert_false(page.has_older || page.has_newer);
    MUST(ledger_list(work, 1, 1, 10, &page, &err)); /* before the first */
    assert_true(page.count == 0 && !page.has_older && page.has_newer && page.newer == 0);
    MUST(ledger_list(work, 1, INT64_MAX, 10, &page, &err));
    check_page(&page, 10, 1);
    assert_false(page.has_newer);
    MUST(ledger_list(work, 1, -5, 10, &page, &err));
    assert_int_equal(page.count, 0);
    MUST(ledger_list(work, 77, 0, 10, &page, &err)); /* nobody */
    assert_true(page.count == 0 && !page.has_older && !page.has_newer);
}

static void test_every_kind_reads_back(void **state)
{
    NEEDS_SHOP();
    static const enum ledger_kind kinds[] = {LEDGER_DEPOSIT,    LEDGER_PURCHASE, LEDGER_REFUND,
                                             LEDGER_ADJUSTMENT, LEDGER_TRANSFER, LEDGER_LATE_PAYMENT};
    const size_t count = sizeof kinds / sizeof *kinds;
    struct ledger_page page;
    int64_t balance;
    shop_person(shop, 1);
    struct work *work = shop_begin(shop);
    for (size_t i = 0; i < count; i++)
        MUST(ledger_book(work, 1, kinds[i], i == 1 ? -40 : 100, arena_printf(work->arena, "k:%zu", i),
                         arena_printf(work->arena, "<note> %zu", i), &balance, &err));
    MUST(ledger_list(work, 1, 0, 10, &page, &err));
    assert_int_equal(page.count, count);
    for (size_t i = 0; i < count; i++) {
        const struct ledger_entry *entry = &page.entries[count - 1 - i];
        assert_int_equal(entry->kind, kinds[i]);
        assert_int_equal(entry->amount, i == 1 ? -40 : 100);
        assert_string_equal(entry->note, arena_printf(work->arena, "<note> %zu", i));
        assert_int_equal(entry->created_ms, work->now_ms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(test_entries_and_balance_go_together),   SHOP_TEST(test_a_reason_is_booked_once),
        SHOP_TEST(test_it_never_falls_below_zero),         SHOP_TEST(test_what_can_not_be_booked),
        SHOP_TEST(test_entries_can_not_be_changed),        SHOP_TEST(test_the_history_is_paged),
        SHOP_TEST(test_pages_that_are_just_full_or_empty), SHOP_TEST(test_every_kind_reads_back),
    };
    return cmocka_run_group_tests(tests, shop_set_up, shop_tear_down);
}

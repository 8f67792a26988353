#include "fixture.h"

#include <string.h>

#include "store/deposit_search.h"
#include "store/history.h"

enum { BUYER = 1001, OTHER = 1002, ADMIN = 9001 };

static int64_t write_deposit(int64_t person, const char *state)
{
    return shop_sql(shop,
                    "INSERT INTO deposits (reference, telegram_id, kind, amount, state, created_at, "
                    "expires_at, completed_at,"
                    " ended_at, end_reason, proof) SELECT 'dp%lld-r' || (SELECT count(*) FROM deposits), "
                    "%lld, 'manual', 50000,"
                    " s, now() - interval '1 hour', now(), CASE WHEN s = 'completed' THEN now() END,"
                    " CASE WHEN s IN ('rejected', 'expired', 'cancelled') THEN now() END,"
                    " CASE WHEN s = 'cancelled' THEN 'buyer' END,"
                    " CASE WHEN s IN ('review', 'completed', 'rejected') THEN 'sealed'::bytea END"
                    " FROM (SELECT '%s'::text AS s) x RETURNING id",
                    (long long)person, (long long)person, state);
}

static struct deposit_search_page search(enum deposit_filter filter, int64_t ref, int64_t from)
{
    struct deposit_search_page page;
    struct work *work = shop_task(shop);
    MUST(deposit_search(work, filter, ref, from, &page, &err));
    assert_null(work->tx);
    return page;
}

static void assert_found(const struct deposit_search_page *page, const int64_t *ids, size_t count)
{
    assert_int_equal(page->count, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(page->deposits[i].id, ids[i]);
}

static void set_up(void)
{
    shop_person(shop, BUYER);
    shop_person(shop, OTHER);
}

static void test_filters(void **state)
{
    NEEDS_SHOP();
    set_up();
    static const struct {
        enum deposit_filter filter;
        const char *state;
    } rows[] = {
        {DEPOSITS_PENDING, "pending"},     {DEPOSITS_REVIEW, "review"},   {DEPOSITS_COMPLETED, "completed"},
        {DEPOSITS_CANCELLED, "cancelled"}, {DEPOSITS_EXPIRED, "expired"}, {DEPOSITS_REJECTED, "rejected"},
    };
    int64_t ids[6];
    for (size_t i = 0; i < 6; i++)
        ids[i] = write_deposit(i % 2 ? OTHER : BUYER, rows[i].state);
    for (size_t i = 0; i < 6; i++) {
        struct deposit_search_page page = search(rows[i].filter, 0, 0);
        assert_found(&page, &ids[i], 1);
        assert_string_equal(deposit_state_name(page.deposits[0].state), rows[i].state);
        assert_int_equal(page.deposits[0].kind, DEPOSIT_MANUAL);
        assert_int_equal(page.deposits[0].amount, 50000);
        assert_string_equal(page.deposits[0].first_name, "Buyer");
        assert_null(page.deposits[0].last_name);
    }
    struct deposit_search_page page = search(DEPOSITS_OF_PERSON, OTHER, 0);
    assert_found(&page, (const int64_t[]){ids[5], ids[3], ids[1]}, 3);
    page = search(DEPOSITS_ALL, 0, ids[2]);
    assert_found(&page, (const int64_t[]){ids[1], ids[0]}, 2);
    assert_true(page.ends.has_back);
    MUST_FAIL(ERR_INVALID, deposit_search(shop_task(shop), DEPOSIT_FILTERS, 0, 0, &page, &err));
}

/* 20 of them: 8, 8, 4, and back. */
static void test_the_oldest_proofs_first(void **state)
{
    NEEDS_SHOP();
    set_up();
    int64_t ids[20];
    for (int i = 0; i < 20; i++) {
        ids[i] = write_deposit(BUYER, "review");
        write_deposit(BUYER, "completed");
    }
    struct deposit_search_page page = search(DEPOSITS_REVIEW, 0, 0);
    assert_found(&page, ids, 8);
    assert_true(!page.ends.has_back && page.ends.has_next);
    page = search(DEPOSITS_REVIEW, 0, page.ends.next);
    assert_found(&page, ids + 8, 8);
    page = search(DEPOSITS_REVIEW, 0, page.ends.next);
    assert_found(&page, ids + 16, 4);
    assert_true(page.ends.has_back && !page.ends.has_next);
    page = search(DEPOSITS_REVIEW, 0, page.ends.back);
    assert_found(&page, ids + 8, 8);
    page = search(DEPOSITS_REVIEW, 0, page.ends.back);
    assert_found(&page, ids, 8);
    assert_false(page.ends.has_back);
    struct deposit_counts counts;
    MUST(deposit_search_counts(shop_task(shop), &counts, &err));
    assert_int_equal(counts.review, 20);
    assert_int_equal(counts.parked, 0);
}

static int64_t write_payment(int64_t deposit, bool parked)
{
    return shop_sql(
        shop,
        "INSERT INTO payments (deposit_id, gateway_order_id, method, amount, state, txn_id, created_at,"
        " ended_at, problem, paid_amount) VALUES (%lld, 'g-%lld', 'qris', 50000, 'expired', 'txn-%lld',"
        " now(), now(), %s, 4000) RETURNING id",
        (long long)deposit, (long long)deposit, (long long)deposit, parked ? "'mismatch'" : "NULL");
}

static void test_parked_and_one(void **state)
{
    NEEDS_SHOP();
    set_up();
    struct deposit_record record;
    int64_t parked = write_deposit(BUYER, "expired"), good = write_deposit(OTHER, "expired"),
            decided = write_deposit(OTHER, "rejected");
    write_payment(parked, true);
    write_payment(good, false);
    struct deposit_search_page page = search(DEPOSITS_PARKED, 0, 0);
    assert_found(&page, &parked, 1);
    struct deposit_counts counts;
    MUST(deposit_search_counts(shop_task(shop), &counts, &err));
    assert_int_equal(counts.review, 0);
    assert_int_equal(counts.parked, 1);
    MUST(deposit_search_record(shop_task(shop), parked, &record, &err));
    assert_int_equal(record.deposit.id, parked);
    assert_int_equal(record.payment_count, 1);
    assert_ptr_equal(record.parked, &record.payments[0]);
    assert_int_equal(record.person.telegram_id, BUYER);
    assert_false(record.has_proof);
    assert_string_equal(record.decided_by, "");
    shop_sql(shop, "UPDATE deposits SET decided_by = %d WHERE id = %lld", BUYER, (long long)decided);
    MUST(deposit_search_record(shop_task(shop), decided, &record, &err));
    assert_true(record.has_proof);
    assert_string_equal(record.decided_by, "Buyer");
    assert_null(record.parked);
    MUST_FAIL(ERR_NOT_FOUND, deposit_search_record(shop_task(shop), 4242, &record, &err));
}

static void test_history(void **state)
{
    NEEDS_SHOP();
    set_up();
    int64_t deposit = write_deposit(BUYER, "completed");
    shop_sql(shop, "UPDATE deposits SET proved_at = now() - interval '30 minutes'");
    write_payment(deposit, false);
    shop_sql(
        shop,
        "INSERT INTO ledger (telegram_id, kind, amount, reason_key, created_at)"
        " VALUES (1001, 'deposit', 50000, 'deposit:1', now()), (1001, 'deposit', 1, 'deposit:2', now())");
    shop_sql(shop, "INSERT INTO admin_logs (actor_id, action, subject, subject_id, note, created_at)"
                   " VALUES (0, 'confirm_deposit', 'deposit', 1, 'ok', now())");
    static const enum event_kind expected[] = {EVENT_MADE,     EVENT_PROVED,        EVENT_PAYMENT_MADE,
                                               EVENT_DECISION, EVENT_PAYMENT_ENDED, EVENT_LEDGER,
                                               EVENT_COMPLETED};
    shop_sql(shop, "UPDATE payments SET created_at = now() - interval '1 minute', ended_at = '2100-01-01'");
    shop_sql(shop, "UPDATE ledger SET created_at = '2100-01-01'");
    shop_sql(shop, "UPDATE deposits SET completed_at = '2100-01-01'");
    const struct event *events;
    size_t count;
    MUST(history_of_deposit(shop_task(shop), deposit, &events, &count, &err));
    assert_int_equal(count, sizeof expected / sizeof expected[0]);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(events[i].kind, expected[i]);
    assert_string_equal(events[3].note, "ok");
    assert_int_equal(events[5].amount, 50000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(test_filters),
        SHOP_TEST(test_the_oldest_proofs_first),
        SHOP_TEST(test_parked_and_one),
        SHOP_TEST(test_history),
    };
    return cmocka_run_group_tests(tests, shop_set_up, shop_tear_down);
}

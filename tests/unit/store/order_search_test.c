#include "fixture.h"

#include <string.h>

#include "store/admin_log.h"
#include "store/history.h"
#include "store/ledger.h"
#include "store/order_search.h"

enum { BUYER = 1001, OTHER = 1002, ADMIN = 9001 };

static int64_t product_a, product_b;

static int64_t write_order(int64_t person, const char *state, int64_t product)
{
    int64_t id = shop_sql(
        shop,
        "INSERT INTO orders (reference, telegram_id, state, subtotal, total, created_at, expires_at, paid_at,"
        " completed_at, ended_at, end_reason) SELECT 'tg%lld-r' || (SELECT count(*) FROM orders), %lld, s,"
        " 5000, 5000, now(), now(), CASE WHEN s IN ('paid', 'completed') THEN now() END,"
        " CASE WHEN s = 'completed' THEN now() END,"
        " CASE WHEN s IN ('cancelled', 'expired') THEN now() END,"
        " CASE WHEN s = 'cancelled' THEN 'buyer' END FROM (SELECT '%s'::text AS s) x RETURNING id",
        (long long)person, (long long)person, state);
    shop_sql(shop,
             "INSERT INTO order_items (order_id, product_id, name, price, quantity, snk)"
             " SELECT %lld, id, name, price, 2, '' FROM products WHERE id = %lld",
             (long long)id, (long long)product);
    return id;
}

static int64_t write_payment(int64_t order_id, const char *state, bool parked)
{
    return shop_sql(
        shop,
        "INSERT INTO payments (order_id, gateway_order_id, method, amount, state, txn_id, created_at,"
        " problem, paid_amount) SELECT id, reference || '-' || (SELECT count(*) FROM payments), 'qris',"
        " 5000, '%s', 'txn-' || id || '-' || (SELECT count(*) FROM payments), now(), %s, %s FROM orders"
        " WHERE id = %lld RETURNING id",
        state, parked ? "'mismatch'" : "NULL", parked ? "4000" : "NULL", (long long)order_id);
}

static void set_up(void)
{
    product_a = shop_product(shop, "A", 2500, 0);
    product_b = shop_product(shop, "B", 2500, 0);
    shop_person(shop, BUYER);
    shop_person(shop, OTHER);
    shop_sql(shop, "UPDATE users SET username = 'Budi_Santoso', last_name = '<b>' WHERE telegram_id = %d",
             BUYER);
}

static struct order_search_page search(enum order_filter filter, int64_t ref, int64_t from)
{
    struct order_search_page page;
    struct work *work = shop_task(shop);
    MUST(order_search(work, filter, ref, from, &page, &err));
    assert_null(work->tx);
    return page;
}

static void assert_found(const struct order_search_page *page, const int64_t *ids, size_t count)
{
    assert_int_equal(page->count, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(page->orders[i].id, ids[i]);
}

static void test_filters(void **state)
{
    NEEDS_SHOP();
    set_up();
    static const char *const states[] = {"pending", "paid", "completed", "cancelled", "expired"};
    int64_t ids[10];
    for (size_t i = 0; i < 10; i++)
        ids[i] = write_order(i % 2 ? OTHER : BUYER, states[i / 2], i < 3 ? product_b : product_a);
    for (size_t i = 0; i < 5; i++) {
        struct order_search_page page = search((enum order_filter)(ORDERS_PENDING + i), 0, 0);
        assert_found(&page, (const int64_t[]){ids[2 * i + 1], ids[2 * i]}, 2);
        assert_string_equal(order_state_name(page.orders[0].state), states[i]);
        assert_false(page.ends.has_back || page.ends.has_next);
    }
    struct order_search_page page = search(ORDERS_OF_PERSON, BUYER, 0);
    assert_found(&page, (const int64_t[]){ids[8], ids[6], ids[4], ids[2], ids[0]}, 5);
    assert_int_equal(page.orders[0].telegram_id, BUYER);
    assert_string_equal(page.orders[0].first_name, "Buyer");
    assert_string_equal(page.orders[0].last_name, "<b>");
    page = search(ORDERS_OF_PERSON, 4242, 0);
    assert_int_equal(page.count, 0);
    page = search(ORDERS_OF_PRODUCT, product_b, 0);
    assert_found(&page, (const int64_t[]){ids[2], ids[1], ids[0]}, 3);
    assert_string_equal(page.orders[0].item_name, "Product B");
    assert_int_equal(page.orders[0].item_quantity, 2);
    assert_int_equal(page.orders[0].item_count, 1);
    struct work *work = shop_task(shop);
    MUST_FAIL(ERR_INVALID, order_search(work, ORDER_FILTERS, 0, 0, &page, &err));
    MUST_FAIL(ERR_INVALID, order_search(work, (enum order_filter)(-1), 0, 0, &page, &err));
    assert_null(work->tx);
}

/* 20 orders: 8, 8, 4. */
static void test_pages(void **state)
{
    NEEDS_SHOP();
    set_up();
    int64_t ids[20]; /* newest first */
    for (int i = 19; i >= 0; i--) {
        ids[i] = write_order(BUYER, "completed", product_a);
        write_order(OTHER, "expired", product_a);
    }
    struct order_search_page page = search(ORDERS_COMPLETED, 0, 0);
    assert_found(&page, ids, 8);
    assert_true(!page.ends.has_back && page.ends.has_next);
    page = search(ORDERS_COMPLETED, 0, page.ends.next);
    assert_found(&page, ids + 8, 8);
    assert_true(page.ends.has_back && page.ends.has_next);
    page = search(ORDERS_COMPLETED, 0, page.ends.next);
    assert_found(&page, ids + 16, 4);
    assert_true(page.ends.has_back && !page.ends.has_next);
    page = search(ORDERS_COMPLETED, 0, page.ends.back);
    assert_found(&page, ids + 8, 8);
    page = search(ORDERS_COMPLETED, 0, page.ends.back);
    assert_found(&page, ids, 8);
    assert_false(page.ends.has_back);
    /* from an order in the middle of a page; and from nowhere */
    page = search(ORDERS_COMPLETED, 0, ids[3] + 1);
    assert_found(&page, ids + 3, 8);
    assert_true(page.ends.has_back);
    page = search(ORDERS_COMPLETED, 0, page.ends.back);
    assert_found(&page, ids, 8);
    page = search(ORDERS_COMPLETED, 0, -5);
    assert_found(&page, ids, 8);
    page = search(ORDERS_COMPLETED, 0, 1);
    assert_int_equal(page.count, 0);
    assert_true(page.ends.has_back);
    page = search(ORDERS_ALL, 0, INT64_MAX);
    assert_int_equal(page.count, 8);
}

static void test_parked(void **state)
{
    NEEDS_SHOP();
    set_up();
    int64_t open = write_order(BUYER, "pending", product_a), late = write_order(BUYER, "expired", product_a),
            settled = write_order(OTHER, "cancelled", product_a),
            good = write_order(OTHER, "paid", product_a);
    write_payment(open, "waiting", true);
    int64_t payment = write_payment(late, "expired", true);
    write_payment(late, "expired", true); /* once more: the order is there once */
    shop_sql(shop, "UPDATE payments SET resolution = 'credited', state = 'completed' WHERE id = %lld",
             (long long)write_payment(settled, "cancelled", true));
    write_payment(good, "completed", false);
    struct order_search_page page = search(ORDERS_PARKED, 0, 0);
    assert_found(&page, (const int64_t[]){late, open}, 2);
    page = search(ORDERS_PARKED, 0, late);
    assert_found(&page, &open, 1);
    assert_true(page.ends.has_back);
    struct order_counts counts;
    MUST(order_search_counts(shop_task(shop), &counts, &err));
    assert_int_equal(counts.pending, 1);
    assert_int_equal(counts.paid, 1);
    assert_int_equal(counts.parked, 3);
    struct order_record record;
    MUST(order_search_record(shop_task(shop), late, &record, &err));
    assert_int_equal(record.payment_count, 2);
    assert_int_equal(record.payments[1].id, payment);
    assert_ptr_equal(record.parked, &record.payments[0]);
    MUST(order_search_record(shop_task(shop), settled, &record, &err));
    assert_null(record.parked);
}

static void test_counts_stop(void **state)
{
    NEEDS_SHOP();
    set_up();
    struct order_counts counts;
    for (int i = 0; i < SEARCH_MOST_COUNTED + 5; i++)
        write_order(BUYER, "pending", product_a);
    MUST(order_search_counts(shop_task(shop), &counts, &err));
    assert_int_equal(counts.pending, SEARCH_MOST_COUNTED);
    assert_int_equal(counts.paid, 0);
}

static size_t typed(const char *text, struct order_match **matches)
{
    size_t count;
    struct work *work = shop_task(shop);
    MUST(order_search_text(work, text, matches, &count, &err));
    assert_null(work->tx);
    return count;
}

static void assert_match(const char *text, enum order_match_kind kind, int64_t id)
{
    struct order_match *matches;
    assert_int_equal(typed(text, &matches), 1);
    assert_int_equal(matches[0].kind, kind);
    assert_int_equal(matches[0].id, id);
}

static void test_what_is_typed(void **state)
{
    NEEDS_SHOP();
    set_up();
    struct order_match *matches;
    int64_t order = write_order(BUYER, "pending", product_a);
    write_payment(order, "waiting", false);
    shop_sql(shop,
             "INSERT INTO deposits (reference, telegram_id, kind, amount, state, created_at, expires_at)"
             " VALUES ('dp1001-abc', 1001, 'manual', 10000, 'pending', now(), now())");
    assert_match("tg1001-r0", MATCH_ORDER, order);
    assert_match("1", MATCH_ORDER, order);
    assert_match("#1", MATCH_ORDER, order);
    assert_match("txn-1-0", MATCH_ORDER, order);
    assert_match("dp1001-abc", MATCH_DEPOSIT, 1);
    assert_match("1001", MATCH_PERSON, BUYER);
    assert_match("@budi_santoso", MATCH_PERSON, BUYER);
    assert_match("BUDI_SANTOSO", MATCH_PERSON, BUYER);
    assert_match("B", MATCH_PRODUCT, product_b);
    assert_int_equal(typed("tg1001-r9", &matches), 0);
    assert_int_equal(typed("r0", &matches), 0);
    assert_int_equal(typed("", &matches), 0);
    assert_int_equal(typed("%_'; DROP TABLE orders", &matches), 0);
    assert_int_equal(typed("99999999999999999999", &matches), 0);
    /* the number of an order, and a person's */
    shop_person(shop, 1);
    assert_int_equal(typed("1", &matches), 2);
    assert_true(matches[0].kind == MATCH_ORDER && matches[1].kind == MATCH_PERSON);
    assert_string_equal(matches[0].name, "tg1001-r0");
    assert_string_equal(matches[1].name, "Buyer");
    char huge[500];
    memset(huge, 'x', sizeof huge - 1);
    huge[sizeof huge - 1] = '\0';
    size_t count;
    MUST_FAIL(ERR_INVALID, order_search_text(shop_task(shop), huge, &matches, &count, &err));
}

static void log_decision(const char *action, const char *subject, int64_t id, const char *key)
{
    const struct admin_log entry = {
        .actor_id = ADMIN, .action = action, .subject = subject, .subject_id = id, .note = "why", .key = key};
    MUST(admin_log_add(shop_begin(shop), &entry, &err));
    shop_commit(shop);
}

static void test_one_order(void **state)
{
    NEEDS_SHOP();
    set_up();
    struct order_record record;
    int64_t order = write_order(BUYER, "completed", product_a);
    shop_sql(
        shop,
        "INSERT INTO stock_units (product_id, state, content, digest, order_item_id, created_at, sold_at)"
        " SELECT %lld, 'sold', 'x', convert_to(n::text, 'UTF8'), (SELECT id FROM order_items), now(), now()"
        " FROM generate_series(1, 3) n",
        (long long)product_a);
    shop_sql(shop, "UPDATE stock_units SET replaced_by = 3 WHERE id = 1");
    shop_sql(shop, "INSERT INTO terms (order_id, order_item_id, telegram_id, state, created_at, fulfilled_at)"
                   " SELECT order_id, id, 1001, 'fulfilled', now(), now() FROM order_items");
    MUST(order_search_record(shop_task(shop), order, &record, &err));
    assert_int_equal(record.detail.order.id, order);
    assert_int_equal(record.detail.order.item_count, 1);
    assert_int_equal(record.buyer.telegram_id, BUYER);
    assert_string_equal(record.buyer.username, "Budi_Santoso");
    assert_true(record.buyer_reachable);
    assert_int_equal(record.resends, 0);
    assert_int_equal(record.payment_count, 0);
    assert_false(record.detail.has_payment);
    assert_int_equal(record.units, 2);
    assert_int_equal(record.units_replaced, 1);
    assert_int_equal(record.terms, 1);
    assert_int_equal(record.terms_fulfilled, 1);
    log_decision("resend", "order", order, "update:1");
    log_decision("resend", "order", order + 1, "update:2");
    log_decision("refund", "order", order, "update:3");
    shop_sql(shop, "UPDATE users SET reachable = false");
    MUST(order_search_record(shop_task(shop), order, &record, &err));
    assert_false(record.buyer_reachable);
    assert_int_equal(record.resends, 1);
    static const int64_t unknown[] = {0, -1, 4242, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        MUST_FAIL(ERR_NOT_FOUND, order_search_record(shop_task(shop), unknown[i], &record, &err));
}

static void test_history(void **state)
{
    NEEDS_SHOP();
    set_up();
    shop_person(shop, ADMIN);
    int64_t order = write_order(BUYER, "pending", product_a),
            other = write_order(BUYER, "pending", product_a), balance;
    shop_sql(shop, "UPDATE orders SET created_at = now() - interval '1 day'");
    int64_t payment = write_payment(order, "waiting", true);
    write_payment(other, "waiting", false);
    shop_sql(shop, "UPDATE payments SET created_at = now() - interval '1 hour', hinted_at = now() - interval "
                   "'1 minute'");
    log_decision("settle_mismatch", "payment", payment, "update:1");
    log_decision("refund", "order", order, "update:2");
    log_decision("refund", "order", other, "update:3");
    log_decision("replace_unit", "unit", 1, "update:4");
    struct work *work = shop_begin(shop);
    MUST(ledger_book(work, BUYER, LEDGER_REFUND, 700, "refund:order:1:update:2", "", &balance, &err));
    MUST(ledger_book(work, BUYER, LEDGER_REFUND, 900, "refund:order:2:update:3", "", &balance, &err));
    MUST(ledger_book(work, BUYER, LEDGER_LATE_PAYMENT, 4000, "late:payment:1", "", &balance, &err));
    shop_commit(shop);
    shop_sql(shop,
             "UPDATE payments SET state = 'completed', resolution = 'credited', ended_at = now()"
             " + interval '1 hour' WHERE id = %lld",
             (long long)payment);
    const struct event *events;
    size_t count;
    MUST(history_of_order(shop_task(shop), order, &events, &count, &err));
    static const struct {
        enum event_kind kind;
        const char *what;
        int64_t amount;
    } expected[] = {
        {EVENT_MADE, "", 5000},
        {EVENT_PAYMENT_MADE, "qris", 5000},
        {EVENT_PAYMENT_HINTED, "", 0},
        {EVENT_DECISION, "settle_mismatch", 0},
        {EVENT_DECISION, "refund", 0},
        {EVENT_LEDGER, "refund", 700},
        {EVENT_LEDGER, "late_payment", 4000},
        {EVENT_PAYMENT_ENDED, "completed", 4000},
    };
    assert_int_equal(count, sizeof expected / sizeof expected[0]);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(events[i].kind, expected[i].kind);
        assert_string_equal(events[i].what, expected[i].what);
        assert_int_equal(events[i].amount, expected[i].amount);
        bool decided = events[i].kind == EVENT_DECISION;
        assert_int_equal(events[i].actor_id, decided ? ADMIN : 0);
        assert_string_equal(events[i].note, decided ? "why" : "");
        assert_string_equal(events[i].actor_name, decided ? "Buyer" : "");
        assert_true(i == 0 || events[i].at_ms >= events[i - 1].at_ms);
    }
    MUST(history_of_order(shop_task(shop), 4242, &events, &count, &err));
    assert_int_equal(count, 0);
}

static void test_a_replaced_unit_is_in_the_history(void **state)
{
    NEEDS_SHOP();
    set_up();
    int64_t order = write_order(BUYER, "completed", product_a);
    shop_sql(
        shop,
        "INSERT INTO stock_units (product_id, state, content, digest, order_item_id, created_at, sold_at)"
        " SELECT %lld, 'sold', 'x', convert_to(n::text, 'UTF8'), (SELECT id FROM order_items), now(), now()"
        " FROM generate_series(1, 2) n",
        (long long)product_a);
    shop_sql(shop, "UPDATE stock_units SET replaced_by = 2 WHERE id = 1");
    log_decision("replace_unit", "unit", 1, "update:4");
    const struct event *events;
    size_t count, decisions = 0;
    MUST(history_of_order(shop_task(shop), order, &events, &count, &err));
    for (size_t i = 0; i < count; i++)
        decisions += events[i].kind == EVENT_DECISION && strcmp(events[i].what, "replace_unit") == 0;
    assert_int_equal(decisions, 1);
    assert_int_equal(events[0].kind, EVENT_MADE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(test_filters),       SHOP_TEST(test_pages),
        SHOP_TEST(test_parked),        SHOP_TEST(test_counts_stop),
        SHOP_TEST(test_what_is_typed), SHOP_TEST(test_one_order),
        SHOP_TEST(test_history),       SHOP_TEST(test_a_replaced_unit_is_in_the_history),
    };
    return cmocka_run_group_tests(tests, shop_set_up, shop_tear_down);
}

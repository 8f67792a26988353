#include "fixture.h"

#include "store/order_list.h"

enum { BUYER = 1001, OTHER = 1002 };

/* An order of one product, written as it stands: its id. */
static int64_t write_order(int64_t person, const char *state)
{
    static int number;
    int64_t id =
        shop_sql(shop,
                 "INSERT INTO orders (reference, telegram_id, state, subtotal, total, created_at,"
                 " expires_at, paid_at, completed_at, ended_at, end_reason) SELECT 'tg%lld-n%d', %lld, s,"
                 " 5000, 5000, now(), now() + interval '1 minute',"
                 " CASE WHEN s IN ('paid', 'completed') THEN now() END,"
                 " CASE WHEN s = 'completed' THEN now() END,"
                 " CASE WHEN s IN ('cancelled', 'expired') THEN now() END,"
                 " CASE WHEN s = 'cancelled' THEN 'buyer' END FROM (SELECT '%s'::text AS s) x RETURNING id",
                 (long long)person, ++number, (long long)person, state);
    shop_sql(shop,
             "INSERT INTO order_items (order_id, product_id, name, price, quantity, snk)"
             " SELECT %lld, id, name, price, 2, '' FROM products WHERE code = 'A'",
             (long long)id);
    return id;
}

static int64_t pay(int64_t order_id, const char *reference, const char *state, const char *ended)
{
    return shop_sql(
        shop,
        "INSERT INTO payments (order_id, gateway_order_id, method, amount, state, txn_id, fee, total,"
        " created_at, ended_at) VALUES (%lld, '%s', 'qris', 5000, '%s', '%s-txn', 100, 5100, now(), %s)"
        " RETURNING id",
        (long long)order_id, reference, state, reference, ended);
}

static void set_up(void)
{
    shop_product(shop, "A", 2500, 0);
    shop_person(shop, BUYER);
    shop_person(shop, OTHER);
}

static struct order_page page_below(int64_t before)
{
    struct order_page page;
    struct work *work = shop_task(shop);
    MUST(order_list_page(work, BUYER, before, 4, &page, &err));
    assert_null(work->tx);
    return page;
}

static void assert_ids(const struct order_page *page, const int64_t *ids, size_t count)
{
    assert_int_equal(page->count, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(page->orders[i].id, ids[i]);
}

static void test_nothing(void **state)
{
    NEEDS_SHOP();
    set_up();
    write_order(OTHER, "completed");
    struct order_page page = page_below(0);
    assert_int_equal(page.open_count + page.count, 0);
    assert_int_equal(page.total_count, 0);
    assert_false(page.has_newer || page.has_older);
    page = page_below(INT64_MAX);
    assert_int_equal(page.count, 0);
}

static void test_what_a_line_says(void **state)
{
    NEEDS_SHOP();
    set_up();
    static const char *const codes[] = {"B", "C", "D", "E"};
    int64_t id = write_order(BUYER, "cancelled");
    for (size_t i = 0; i < 4; i++)
        shop_sql(
            shop,
            "INSERT INTO order_items (order_id, product_id, name, price, quantity, snk) VALUES (%lld, %lld,"
            " '%s <&>', 1, %d, '')",
            (long long)id, (long long)shop_product(shop, codes[i], 1, 0), codes[i], (int)i + 3);
    struct order_page page = page_below(0);
    assert_int_equal(page.count, 1);
    assert_int_equal(page.orders[0].id, id);
    assert_int_equal(page.orders[0].state, ORDER_CANCELLED);
    assert_int_equal(page.orders[0].total, 5000);
    assert_int_equal(page.orders[0].expires_ms, page.orders[0].created_ms + 60000);
    assert_int_equal(page.orders[0].item_count, 5);
    assert_int_equal(page.orders[0].shown_count, ORDER_SUMMARY_ITEMS);
    assert_string_equal(page.orders[0].shown[0].name, "Product A");
    assert_int_equal(page.orders[0].shown[0].quantity, 2);
    assert_string_equal(page.orders[0].shown[2].name, "C <&>");
    assert_int_equal(page.orders[0].shown[2].quantity, 4);
}

/* 11 orders of ours that are over, others' in between, 4 a page: 4, 4, 3. */
static void test_pages(void **state)
{
    NEEDS_SHOP();
    set_up();
    int64_t ids[11]; /* newest first */
    for (int i = 10; i >= 0; i--) {
        ids[i] = write_order(BUYER, i % 3 == 0 ? "completed" : i % 3 == 1 ? "expired" : "paid");
        write_order(OTHER, "completed");
    }
    struct order_page page = page_below(0);
    assert_ids(&page, ids, 4);
    assert_int_equal(page.total_count, 11);
    assert_true(!page.has_newer && page.has_older);
    page = page_below(page.older);
    assert_ids(&page, ids + 4, 4);
    assert_int_equal(page.total_count, 11);
    assert_true(page.has_newer && page.has_older);
    int64_t back = page.newer;
    page = page_below(page.older);
    assert_ids(&page, ids + 8, 3);
    assert_true(page.has_newer && !page.has_older);
    page = page_below(page.newer);
    assert_ids(&page, ids + 4, 4);
    page = page_below(back);
    assert_ids(&page, ids, 4);
    assert_false(page.has_newer);

    /* after an order made meanwhile nothing is missed, and the way back leads to it */
    int64_t made = write_order(BUYER, "completed");
    const int64_t newest[] = {made, ids[0], ids[1], ids[2]};
    page = page_below(ids[3]);
    assert_ids(&page, ids + 3, 4);
    page = page_below(page.newer);
    assert_ids(&page, newest, 4);

    /* back from any order to the page that it is on */
    for (size_t i = 3; i < 7; i++) {
        page = page_below(ids[i] + 1);
        assert_ids(&page, ids + 3, 4);
        assert_true(page.has_newer && page.has_older);
    }
    page = page_below(ids[2] + 1);
    assert_ids(&page, newest, 4);

    /* below the oldest (12 fill their pages), below nothing, above everything */
    static const int64_t nowhere[] = {1, 0, -5, INT64_MIN, INT64_MAX};
    page = page_below(ids[10]);
    assert_ids(&page, newest, 4);
    for (size_t i = 0; i < sizeof nowhere / sizeof nowhere[0]; i++) {
        page = page_below(nowhere[i]);
        assert_ids(&page, newest, 4);
    }
}

static void test_open_ones_are_on_the_newest_page(void **state)
{
    NEEDS_SHOP();
    set_up();
    int64_t open[2] = {0, write_order(BUYER, "pending")}, over[9];
    for (int i = 8; i >= 0; i--)
        over[i] = write_order(BUYER, "completed");
    open[0] = write_order(BUYER, "pending");
    write_order(OTHER, "pending");
    struct order_page page = page_below(0);
    assert_int_equal(page.open_count, 2);
    assert_int_equal(page.open[0].id, open[0]);
    assert_int_equal(page.open[1].id, open[1]);
    assert_int_equal(page.open[1].state, ORDER_PENDING);
    assert_ids(&page, over, 4);
    assert_int_equal(page.total_count, 11);
    page = page_below(page.older);
    assert_int_equal(page.open_count, 0);
    assert_ids(&page, over + 4, 4);
    page = page_below(page.older);
    assert_ids(&page, over + 8, 1);
    for (int i = 0; i < ORDER_LIST_MOST_OPEN; i++)
        write_order(BUYER, "pending");
    assert_int_equal(page_below(0).open_count, ORDER_LIST_MOST_OPEN);
}

static void test_a_detail(void **state)
{
    NEEDS_SHOP();
    set_up();
    int64_t id = write_order(BUYER, "cancelled");
    struct order_detail detail;
    MUST(order_list_detail(shop_task(shop), id, BUYER, &detail, &err));
    assert_null(shop->work.tx);
    assert_int_equal(detail.order.state, ORDER_CANCELLED);
    assert_int_equal(detail.order.item_count, 1);
    assert_true(detail.ended_ms > 0);
    assert_string_equal(detail.end_reason, "buyer");
    assert_false(detail.has_payment);
    MUST_FAIL(ERR_NOT_FOUND, order_list_detail(shop_task(shop), id, OTHER, &detail, &err));
    MUST_FAIL(ERR_NOT_FOUND, order_list_detail(shop_task(shop), id, 0, &detail, &err));
    MUST_FAIL(ERR_NOT_FOUND, order_list_detail(shop_task(shop), id + 1, BUYER, &detail, &err));
    assert_null(shop->work.tx);
    /* in an open transaction it stays open */
    MUST(order_list_detail(shop_begin(shop), id, BUYER, &detail, &err));
    assert_non_null(shop->work.tx);
}

static int64_t payment_shown(int64_t order_id)
{
    struct order_detail detail;
    MUST(order_list_detail(shop_task(shop), order_id, BUYER, &detail, &err));
    assert_true(detail.has_payment);
    return detail.payment.id;
}

static void test_the_payment_that_counts(void **state)
{
    NEEDS_SHOP();
    set_up();
    int64_t id = write_order(BUYER, "pending");
    int64_t first = pay(id, "a", "cancelled", "now()");
    assert_int_equal(payment_shown(id), first);
    int64_t open = pay(id, "b", "waiting", "NULL");
    assert_int_equal(payment_shown(id), open);
    int64_t left_over = pay(id, "c", "failed", "now()");
    assert_true(left_over > open);
    assert_int_equal(payment_shown(id), open);
    shop_sql(shop,
             "UPDATE payments SET state = 'completed', ended_at = now() WHERE id = %lld;"
             " UPDATE orders SET state = 'paid', paid_at = p.ended_at FROM payments p"
             " WHERE orders.id = p.order_id AND p.id = %lld",
             (long long)first, (long long)first);
    assert_int_equal(payment_shown(id), first);             /* the newest is a left-over */
    pay(id, "d", "completed", "now() + interval '1 hour'"); /* paid twice: the later one was credited */
    assert_int_equal(payment_shown(id), first);
    /* paid late and credited: nothing paid the order, but this says more than a left-over */
    int64_t ended = write_order(BUYER, "expired"), credited = pay(ended, "e", "completed", "now()");
    pay(ended, "f", "failed", "now()");
    assert_int_equal(payment_shown(ended), credited);
    struct order_detail detail;
    MUST(order_list_detail(shop_task(shop), id, BUYER, &detail, &err));
    assert_string_equal(detail.payment.txn_id, "a-txn");
    assert_int_equal(detail.payment.total, 5100);
}

static void test_a_loading_line(void **state)
{
    NEEDS_SHOP();
    set_up();
    int64_t id = write_order(BUYER, "pending");
    bool found = true;
    shop_sql(shop, "UPDATE orders SET loading_message_id = 77");
    MUST(order_list_is_loading_in(shop_task(shop), BUYER, 77, &found, &err));
    assert_true(found);
    MUST(order_list_is_loading_in(shop_task(shop), BUYER, 78, &found, &err));
    assert_false(found);
    MUST(order_list_is_loading_in(shop_task(shop), OTHER, 77, &found, &err));
    assert_false(found);
    shop_sql(shop, "UPDATE orders SET state = 'expired', ended_at = now() WHERE id = %lld", (long long)id);
    MUST(order_list_is_loading_in(shop_task(shop), BUYER, 77, &found, &err));
    assert_false(found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(test_nothing),        SHOP_TEST(test_what_a_line_says),
        SHOP_TEST(test_pages),          SHOP_TEST(test_open_ones_are_on_the_newest_page),
        SHOP_TEST(test_a_detail),       SHOP_TEST(test_the_payment_that_counts),
        SHOP_TEST(test_a_loading_line),
    };
    return cmocka_run_group_tests(tests, shop_set_up, shop_tear_down);
}

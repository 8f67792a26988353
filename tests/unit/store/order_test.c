#include "fixture.h"

#include <string.h>

#include "store/order.h"
#include "store/stock.h"

enum { BUYER = 1001 };

static void put(int64_t product, int64_t quantity, int64_t price)
{
    MUST(cart_set(shop_begin(shop), BUYER, product, quantity, price, &err));
    shop_commit(shop);
}

/* An order that must come about, from what is in the cart. */
static struct order place(void)
{
    struct order order;
    enum order_obstacle obstacle;
    int64_t about;
    struct work *work = shop_begin(shop);
    MUST(order_place(work, BUYER, work->now_ms + 60000, 100, &order, &obstacle, &about, &err));
    assert_int_equal(obstacle, ORDER_OK);
    shop_commit(shop);
    return order;
}

/* What stands in the way of one. */
static enum order_obstacle obstacle_of(int64_t most_open, int64_t *about_out)
{
    struct order order;
    enum order_obstacle obstacle = ORDER_OK;
    struct work *work = shop_begin(shop);
    MUST_FAIL(ERR_CONFLICT,
              order_place(work, BUYER, work->now_ms, most_open, &order, &obstacle, about_out, &err));
    work_end(work);
    return obstacle;
}

static int64_t units(const char *state)
{
    return shop_sql(shop, "SELECT count(*) FROM stock_units WHERE state = '%s'", state);
}

static void test_an_order_is_written_as_the_cart_said(void **state)
{
    NEEDS_SHOP();
    int64_t a = shop_product(shop, "A", 5000, 5), b = shop_product(shop, "B", 70, 5);
    shop_person(shop, BUYER);
    put(b, 3, 70);
    put(a, 2, 5000);
    struct order order = place(), stored;
    assert_int_equal(strncmp(order.reference, "tg1001-", 7), 0);
    assert_int_equal(strlen(order.reference), 7 + 12);
    assert_int_equal(order.total, 10210);
    assert_int_equal(order.item_count, 2);
    assert_int_equal(order.items[0].product_id, b); /* in the order of the cart */
    assert_int_equal(order.items[0].quantity, 3);
    assert_string_equal(order.items[1].snk, "Terms of A");
    assert_int_equal(units("reserved"), 5);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM cart_items"), 0);
    /* oldest first */
    assert_int_equal(shop_sql(shop,
                              "SELECT max(id) FROM stock_units WHERE product_id = %lld AND state ="
                              " 'reserved'",
                              (long long)a),
                     2);
    MUST(order_get(shop_begin(shop), order.id, true, &stored, &err));
    assert_int_equal(stored.total, 10210);
    assert_int_equal(stored.state, ORDER_PENDING);
    assert_int_equal(stored.item_count, 2);
    assert_string_equal(stored.items[1].name, "Product A");
    assert_int_equal(stored.expires_ms, stored.created_ms + 60000);
    MUST_FAIL(ERR_NOT_FOUND, order_get_own(&shop->work, order.id, 1002, false, &stored, &err));
    MUST_FAIL(ERR_NOT_FOUND, order_get_own(&shop->work, order.id, 0, false, &stored, &err));
    MUST_FAIL(ERR_NOT_FOUND, order_get(&shop->work, order.id + 1, true, &stored, &err));
    MUST(order_get_own(&shop->work, order.id, BUYER, false, &stored, &err));
}

static void test_obstacles(void **state)
{
    NEEDS_SHOP();
    int64_t a = shop_product(shop, "A", 5000, 2), b = shop_product(shop, "B", 70, 9), about = -1;
    shop_person(shop, BUYER);
    assert_int_equal(obstacle_of(1, &about), ORDER_CART_EMPTY);
    assert_int_equal(about, 0);
    put(b, 1, 70);
    put(a, 3, 5000);
    assert_int_equal(obstacle_of(1, &about), ORDER_OUT_OF_STOCK);
    assert_int_equal(about, a);
    assert_int_equal(units("reserved"), 0);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM orders"), 0);
    put(a, 2, 4999);
    assert_int_equal(obstacle_of(1, &about), ORDER_PRICE_CHANGED);
    assert_int_equal(about, a);
    put(a, 2, 5000);
    shop_sql(shop, "UPDATE products SET hidden = true WHERE id = %lld", (long long)b);
    assert_int_equal(obstacle_of(1, &about), ORDER_GONE);
    assert_int_equal(about, b);
    shop_sql(shop, "UPDATE products SET hidden = false; UPDATE categories SET hidden = true");
    assert_int_equal(obstacle_of(1, &about), ORDER_GONE);
    shop_sql(shop, "UPDATE categories SET hidden = false");
    place();
    put(b, 1, 70);
    assert_int_equal(obstacle_of(1, &about), ORDER_TOO_MANY_OPEN);
    assert_int_equal(about, 0);
    shop_sql(shop, "UPDATE products SET price = 80 WHERE id = %lld", (long long)b);
    assert_int_equal(shop_sql(shop, "SELECT total FROM orders"), 10070); /* fixed when it was made */
}

static void test_a_total_has_a_limit(void **state)
{
    NEEDS_SHOP();
    int64_t a = shop_product(shop, "A", 1000000000, 0), b = shop_product(shop, "B", 1, 0);
    struct order order;
    enum order_obstacle obstacle;
    int64_t about;
    shop_person(shop, BUYER);
    put(a, 1000, 1000000000);
    assert_int_equal(obstacle_of(1, &about), ORDER_OUT_OF_STOCK);
    put(b, 1, 1);
    MUST_FAIL(ERR_INVALID, order_place(shop_begin(shop), BUYER, 1, 1, &order, &obstacle, &about, &err));
    assert_int_equal(obstacle, ORDER_OK);
}

/* --- states --- */

static bool mark_paid(struct work *work, int64_t id, struct error *err)
{
    return order_mark_paid(work, id, err);
}
static bool mark_completed(struct work *work, int64_t id, struct error *err)
{
    return order_mark_completed(work, id, err);
}
static bool cancel(struct work *work, int64_t id, struct error *err)
{
    return order_end(work, id, ORDER_CANCELLED, "buyer", err);
}
static bool expire(struct work *work, int64_t id, struct error *err)
{
    return order_end(work, id, ORDER_EXPIRED, "time", err);
}
static bool revive(struct work *work, int64_t id, struct error *err)
{
    return order_revive(work, id, err);
}
static bool shorten(struct work *work, int64_t id, struct error *err)
{
    return order_shorten_expiry(work, id, work->now_ms, err);
}

static bool refund(struct work *work, int64_t id, struct error *err)
{
    return order_refund(work, id, 1000, err);
}

struct step {
    bool (*run)(struct work *work, int64_t id, struct error *err);
    unsigned from; /* bits of states */
    int to;        /* or -1: unchanged */
};
#define FROM(state) (1u << ORDER_##state)
static const struct step steps[] = {
    {mark_paid, FROM(PENDING), ORDER_PAID},
    {mark_completed, FROM(PAID), ORDER_COMPLETED},
    {cancel, FROM(PENDING), ORDER_CANCELLED},
    {expire, FROM(PENDING), ORDER_EXPIRED},
    {revive, FROM(CANCELLED) | FROM(EXPIRED), ORDER_PAID},
    {shorten, FROM(PENDING), -1},
    {refund, FROM(PAID) | FROM(COMPLETED), -1},
};

/* Makes an order and brings it there. */
static int64_t order_in(enum order_state wanted, int64_t product)
{
    static bool (*const ways[][2])(struct work *, int64_t, struct error *) = {
        [ORDER_PAID] = {mark_paid},   [ORDER_COMPLETED] = {mark_paid, mark_completed},
        [ORDER_CANCELLED] = {cancel}, [ORDER_EXPIRED] = {expire},
        [ORDER_PENDING] = {NULL},
    };
    put(product, 1, 5000);
    int64_t id = place().id;
    for (size_t i = 0; i < 2 && ways[wanted][i]; i++) {
        MUST(ways[wanted][i](shop_begin(shop), id, &err));
        shop_commit(shop);
    }
    return id;
}

static void test_each_change_from_each_state(void **state)
{
    NEEDS_SHOP();
    int64_t product = shop_product(shop, "A", 5000, 40);
    shop_person(shop, BUYER);
    for (enum order_state from = ORDER_PENDING; from <= ORDER_EXPIRED; from++) {
        for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
            int64_t id = order_in(from, product), reserved = units("reserved"), sold = units("sold");
            bool allowed = steps[i].from >> from & 1;
            struct work *work = shop_begin(shop);
            struct order order;
            if (allowed)
                MUST(steps[i].run(work, id, &err));
            else
                MUST_FAIL(ERR_CONFLICT, steps[i].run(work, id, &err));
            MUST(order_get(work, id, true, &order, &err)); /* the transaction goes on */
            assert_int_equal(order.state, allowed && steps[i].to >= 0 ? steps[i].to : (int)from);
            shop_commit(shop);
            if (!allowed) {
                assert_int_equal(units("reserved"), reserved);
                assert_int_equal(units("sold"), sold);
            }
        }
        MUST_FAIL(ERR_CONFLICT, order_mark_paid(shop_begin(shop), 1000000, &err));
    }
    /* Nothing is left reserved but for what is pending, nothing sold but for what is paid or completed. */
    assert_int_equal(units("reserved"),
                     shop_sql(shop, "SELECT count(*) FROM orders WHERE state = 'pending'"));
    assert_int_equal(units("sold"),
                     shop_sql(shop, "SELECT count(*) FROM orders WHERE state IN ('paid', 'completed')"));
    assert_int_equal(units("sold"), shop_sql(shop, "SELECT sum(sold) FROM products"));
}

static void test_paid_order_has_its_contents(void **state)
{
    NEEDS_SHOP();
    int64_t product = shop_product(shop, "A", 5000, 3);
    shop_person(shop, BUYER);
    put(product, 2, 5000);
    struct order order = place();
    int64_t item = order.items[0].id; /* the order itself goes with its task */
    int64_t id = order.id;
    const char **contents;
    size_t count;
    MUST(stock_contents(shop_begin(shop), item, &contents, &count, &err));
    assert_int_equal(count, 0); /* not before it is paid */
    MUST(order_mark_paid(&shop->work, id, &err));
    MUST(stock_contents(&shop->work, item, &contents, &count, &err));
    assert_int_equal(count, 2);
    assert_string_equal(contents[0], "A-1");
    assert_string_equal(contents[1], "A-2");
    shop_commit(shop);
    assert_int_equal(shop_sql(shop, "SELECT sold FROM products"), 2);
}

static void test_revive(void **state)
{
    NEEDS_SHOP();
    int64_t a = shop_product(shop, "A", 5000, 3), b = shop_product(shop, "B", 70, 2);
    shop_person(shop, BUYER);
    put(a, 2, 5000);
    put(b, 2, 70);
    int64_t late = place().id;
    MUST(order_end(shop_begin(shop), late, ORDER_EXPIRED, "time", &err));
    shop_commit(shop);
    put(b, 1, 70);
    int64_t other = place().id;
    /* B is short by one: nothing at all is taken, and the transaction can go on. */
    struct work *work = shop_begin(shop);
    struct order order;
    MUST_FAIL(ERR_CONFLICT, order_revive(work, late, &err));
    MUST(order_get(work, late, true, &order, &err));
    assert_int_equal(order.state, ORDER_EXPIRED);
    shop_commit(shop);
    assert_int_equal(units("reserved"), 1);
    assert_int_equal(units("sold"), 0);
    MUST(order_end(shop_begin(shop), other, ORDER_CANCELLED, "buyer", &err));
    shop_commit(shop);
    MUST(order_revive(shop_begin(shop), late, &err));
    shop_commit(shop);
    assert_int_equal(units("sold"), 4);
    assert_int_equal(units("available"), 1);
    MUST_FAIL(ERR_CONFLICT, order_revive(shop_begin(shop), late, &err));
}

static void test_damaged_reservation_is_not_sold(void **state)
{
    NEEDS_SHOP();
    int64_t product = shop_product(shop, "A", 5000, 3);
    shop_person(shop, BUYER);
    put(product, 2, 5000);
    int64_t id = place().id;
    shop_sql(shop, "UPDATE stock_units SET state = 'available', order_item_id = NULL WHERE id = 1");
    MUST_FAIL(ERR_CONFLICT, order_mark_paid(shop_begin(shop), id, &err));
    MUST_FAIL(ERR_CONFLICT, order_end(shop_begin(shop), id, ORDER_EXPIRED, "time", &err));
    work_end(&shop->work);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM orders WHERE state = 'pending'"), 1);
}

static void test_no_more_is_given_back_than_was_paid(void **state)
{
    NEEDS_SHOP();
    int64_t product = shop_product(shop, "A", 5000, 2);
    shop_person(shop, BUYER);
    int64_t id = order_in(ORDER_COMPLETED, product);
    struct work *work = shop_begin(shop);
    struct order order;
    static const int64_t never[] = {0, -1, INT64_MIN, INT64_MAX, ORDER_MOST + 1};
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        MUST_FAIL(ERR_INVALID, order_refund(work, id, never[i], &err));
    MUST_FAIL(ERR_CONFLICT, order_refund(work, id, 5001, &err));
    MUST_FAIL(ERR_CONFLICT, order_refund(work, id, ORDER_MOST, &err));
    MUST(order_refund(work, id, 4999, &err));
    MUST_FAIL(ERR_CONFLICT, order_refund(work, id, 2, &err));
    MUST(order_refund(work, id, 1, &err));
    MUST_FAIL(ERR_CONFLICT, order_refund(work, id, 1, &err));
    MUST(order_get(work, id, false, &order, &err));
    assert_int_equal(order.refunded, 5000);
    assert_int_equal(order.state, ORDER_COMPLETED);
}

static void test_messages_and_expiry(void **state)
{
    NEEDS_SHOP();
    int64_t product = shop_product(shop, "A", 5000, 3);
    shop_person(shop, BUYER);
    put(product, 1, 5000);
    struct order order = place();
    int64_t id = order.id, end = order.expires_ms;
    struct work *work = shop_begin(shop);
    MUST(order_set_loading_message(work, id, 77, &err));
    MUST(order_set_invoice_message(work, id, 78, &err));
    MUST(order_set_loading_message(work, id, 0, &err));
    MUST_FAIL(ERR_NOT_FOUND, order_set_invoice_message(work, id + 1, 78, &err));
    MUST(order_shorten_expiry(work, id, end + 1, &err));
    MUST(order_get(work, id, false, &order, &err));
    assert_int_equal(order.loading_message_id, 0);
    assert_int_equal(order.invoice_message_id, 78);
    assert_int_equal(order.expires_ms, end);
    MUST(order_shorten_expiry(work, id, end - 1, &err));
    MUST(order_get(work, id, false, &order, &err));
    assert_int_equal(order.expires_ms, end - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(test_an_order_is_written_as_the_cart_said),
        SHOP_TEST(test_obstacles),
        SHOP_TEST(test_a_total_has_a_limit),
        SHOP_TEST(test_each_change_from_each_state),
        SHOP_TEST(test_paid_order_has_its_contents),
        SHOP_TEST(test_revive),
        SHOP_TEST(test_damaged_reservation_is_not_sold),
        SHOP_TEST(test_no_more_is_given_back_than_was_paid),
        SHOP_TEST(test_messages_and_expiry),
    };
    return cmocka_run_group_tests(tests, shop_set_up, shop_tear_down);
}

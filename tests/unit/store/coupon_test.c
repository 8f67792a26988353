#include "coupons.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "store/order.h"
#include "store/order_list.h"
#include "store/stock.h"
#include "store/user.h"

static struct coupon_ids ids(size_t count, const int64_t *items)
{
    return (struct coupon_ids){count, items};
}
#define IDS(...) ids(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t), (const int64_t[]){__VA_ARGS__})

/* --- what it takes off --- */

static void test_discounts(void **state)
{
    static const int64_t one[] = {1}, two[] = {2}, nine[] = {9};
    static const struct coupon_line lines[] = {{1, 10, 30000}, {2, 10, 999}, {3, 20, 5}};
    enum { ALL = 31004 };
    const struct {
        struct coupon coupon;
        int64_t own_uses;
        size_t lines;
        enum coupon_refusal refusal;
        int64_t discount;
    } rows[] = {
        {{.kind = COUPON_PERCENT, .value = 10}, 0, 3, COUPON_OK, 3100},  /* 3100.4 */
        {{.kind = COUPON_PERCENT, .value = 33}, 0, 3, COUPON_OK, 10231}, /* 10231.32 */
        {{.kind = COUPON_PERCENT, .value = 99}, 0, 3, COUPON_OK, 30693}, /* 30693.96 */
        {{.kind = COUPON_PERCENT, .value = 100}, 0, 3, COUPON_OK, ALL},
        {{.kind = COUPON_PERCENT, .value = 1}, 0, 1, COUPON_OK, 300},
        {{.kind = COUPON_PERCENT, .value = 50, .maximum_discount = 10000}, 0, 1, COUPON_OK, 10000},
        {{.kind = COUPON_PERCENT, .value = 50, .maximum_discount = 15000}, 0, 1, COUPON_OK, 15000},
        {{.kind = COUPON_PERCENT, .value = 50, .maximum_discount = 15001}, 0, 1, COUPON_OK, 15000},
        {{.kind = COUPON_FLAT, .value = 1}, 0, 3, COUPON_OK, 1},
        {{.kind = COUPON_FLAT, .value = 5000}, 0, 3, COUPON_OK, 5000},
        {{.kind = COUPON_FLAT, .value = ALL}, 0, 3, COUPON_OK, ALL},
        {{.kind = COUPON_FLAT, .value = ALL + 1}, 0, 3, COUPON_OK, ALL}, /* never below zero */
        {{.kind = COUPON_FLAT, .value = 1000000000}, 0, 3, COUPON_OK, ALL},
        {{.kind = COUPON_FLAT, .value = 5000, .maximum_discount = 4999}, 0, 3, COUPON_OK, 4999},
        /* only from what it is for */
        {{.kind = COUPON_PERCENT, .value = 50, .products = {1, two}}, 0, 3, COUPON_OK, 499},
        {{.kind = COUPON_FLAT, .value = 5000, .products = {1, two}}, 0, 3, COUPON_OK, 999},
        {{.kind = COUPON_FLAT, .value = 5000, .products = {1, two}}, 0, 1, COUPON_NOT_FOR_THESE, 0},
        {{.kind = COUPON_PERCENT, .value = 100, .categories = {1, (int64_t[]){10}}}, 0, 3, COUPON_OK, 30999},
        {{.kind = COUPON_PERCENT, .value = 100, .categories = {1, (int64_t[]){20}}}, 0, 3, COUPON_OK, 5},
        {{.kind = COUPON_PERCENT, .value = 1, .categories = {1, (int64_t[]){20}}}, 0, 3, COUPON_OK, 1},
        {{.kind = COUPON_PERCENT, .value = 100, .products = {1, one}, .categories = {1, (int64_t[]){20}}},
         0,
         3,
         COUPON_OK,
         30005},
        {{.kind = COUPON_PERCENT, .value = 100, .products = {1, nine}}, 0, 3, COUPON_NOT_FOR_THESE, 0},
        {{.kind = COUPON_PERCENT, .value = 100, .categories = {1, nine}}, 0, 3, COUPON_NOT_FOR_THESE, 0},
        {{.kind = COUPON_PERCENT, .value = 100}, 0, 0, COUPON_NOT_FOR_THESE, 0},
        /* the minimum is of the whole cart */
        {{.kind = COUPON_FLAT, .value = 5, .minimum_total = ALL}, 0, 3, COUPON_OK, 5},
        {{.kind = COUPON_FLAT, .value = 5, .minimum_total = ALL + 1}, 0, 3, COUPON_TOTAL_TOO_SMALL, 0},
        {{.kind = COUPON_FLAT, .value = 5, .minimum_total = ALL, .products = {1, two}}, 0, 3, COUPON_OK, 5},
        /* limits */
        {{.kind = COUPON_FLAT, .value = 5, .most_uses = 3, .uses = 2}, 9, 3, COUPON_OK, 5},
        {{.kind = COUPON_FLAT, .value = 5, .most_uses = 3, .uses = 3}, 0, 3, COUPON_USED_UP, 0},
        {{.kind = COUPON_FLAT, .value = 5, .most_uses_each = 2, .uses = 99}, 1, 3, COUPON_OK, 5},
        {{.kind = COUPON_FLAT, .value = 5, .most_uses_each = 2, .uses = 99}, 2, 3, COUPON_USED_BY_YOU, 0},
        /* times: from the first moment on, and not in the last */
        {{.kind = COUPON_FLAT, .value = 5, .starts_ms = 1000}, 0, 3, COUPON_OK, 5},
        {{.kind = COUPON_FLAT, .value = 5, .starts_ms = 1001}, 0, 3, COUPON_NOT_YET, 0},
        {{.kind = COUPON_FLAT, .value = 5, .ends_ms = 1001}, 0, 3, COUPON_OK, 5},
        {{.kind = COUPON_FLAT, .value = 5, .ends_ms = 1000}, 0, 3, COUPON_ENDED, 0},
        {{.kind = COUPON_FLAT, .value = 5, .stopped = true, .ends_ms = 1000}, 0, 3, COUPON_STOPPED, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t discount = -1;
        enum coupon_refusal refusal =
            coupon_discount(&rows[i].coupon, rows[i].own_uses, lines, rows[i].lines, 1000, &discount);
        int64_t expected = rows[i].refusal == COUPON_OK ? rows[i].discount : -1;
        if (refusal != rows[i].refusal || discount != expected)
            fail_msg("row %zu: %s, %lld", i, coupon_refusal_name(refusal), (long long)discount);
    }
}

static void test_the_largest_cart_does_not_overflow(void **state)
{
    struct coupon_line lines[5000];
    int64_t discount = 0;
    for (size_t i = 0; i < 5000; i++)
        lines[i] = (struct coupon_line){(int64_t)i, 1, INT64_C(1000000000) * CART_MOST};
    struct coupon coupon = {.kind = COUPON_PERCENT, .value = 99};
    assert_int_equal(coupon_discount(&coupon, 0, lines, 5000, 0, &discount), COUPON_OK);
    assert_int_equal(discount, INT64_C(4950000000000000));
}

/* --- in the database --- */

static int64_t uses(void)
{
    return shop_sql(shop, "SELECT sum(uses) FROM coupons");
}

static void test_found_as_typed(void **state)
{
    NEEDS_SHOP();
    struct coupon coupon;
    int64_t id = coupons_put(&(struct coupon){.code = "HEMAT-10_A", .value = 10}).id;
    static const char *const typed[] = {"HEMAT-10_A", "hemat-10_a", "  Hemat-10_a\n", "\tHEMAT-10_a\r\n"};
    for (size_t i = 0; i < sizeof typed / sizeof typed[0]; i++) {
        MUST(coupon_find(shop_begin(shop), typed[i], &coupon, &err));
        assert_int_equal(coupon.id, id);
        assert_string_equal(coupon.code, "HEMAT-10_A");
    }
    static const char *const wrong[] = {
        "",  " ",      "H",          "HEMAT-10_", "HEMAT 10_A", "HEMAT-10_A x",
        "%", "HEMAT%", "ＨＥＭＡＴ", "\xff\xfe",  "'",          "A1234567890123456789012345678901234567890",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        MUST_FAIL(ERR_NOT_FOUND, coupon_find(shop_begin(shop), wrong[i], &coupon, &err));
    MUST_FAIL(ERR_NOT_FOUND, coupon_get(shop_begin(shop), id + 1, false, &coupon, &err));
}

static void test_put_changes_and_keeps(void **state)
{
    NEEDS_SHOP();
    struct coupon coupon = {.code = "HEMAT",
                            .kind = COUPON_PERCENT,
                            .value = 10,
                            .maximum_discount = 5000,
                            .minimum_total = 20000,
                            .products = IDS(7, 3, 7),
                            .categories = IDS(2),
                            .most_uses = 9,
                            .most_uses_each = 1,
                            .starts_ms = 1000,
                            .ends_ms = 2000};
    enum coupon_change change;
    MUST(coupon_put(shop_begin(shop), &coupon, &change, &err));
    assert_int_equal(change, COUPON_ADDED);
    shop_commit(shop);
    int64_t id = shop_sql(shop, "SELECT id FROM coupons");
    struct coupon stored = coupons_get(id);
    assert_int_equal(stored.kind, COUPON_PERCENT);
    assert_int_equal(stored.value, 10);
    assert_int_equal(stored.maximum_discount, 5000);
    assert_int_equal(stored.minimum_total, 20000);
    assert_int_equal(stored.products.count, 2);
    assert_int_equal(stored.products.items[0], 3);
    assert_int_equal(stored.products.items[1], 7);
    assert_int_equal(stored.categories.count, 1);
    assert_int_equal(stored.most_uses, 9);
    assert_int_equal(stored.most_uses_each, 1);
    assert_int_equal(stored.starts_ms, 1000);
    assert_int_equal(stored.ends_ms, 2000);
    assert_int_equal(stored.edition, 1);
    assert_false(stored.stopped);
    /* the same once more, and in another order */
    coupon.products = IDS(3, 7);
    MUST(coupon_put(shop_begin(shop), &coupon, &change, &err));
    assert_int_equal(change, COUPON_SAME);
    shop_commit(shop);
    /* who may use it and when is no other edition */
    shop_sql(shop, "UPDATE coupons SET uses = 4");
    coupon.starts_ms = 0;
    coupon.ends_ms = 0;
    coupon.most_uses = 4;
    coupon.most_uses_each = 0;
    coupon.stopped = true;
    MUST(coupon_put(shop_begin(shop), &coupon, &change, &err));
    assert_int_equal(change, COUPON_ALTERED);
    shop_commit(shop);
    stored = coupons_get(id);
    assert_int_equal(stored.starts_ms, 1000); /* kept */
    assert_int_equal(stored.ends_ms, 0);
    assert_int_equal(stored.most_uses_each, 0);
    assert_int_equal(stored.uses, 4);
    assert_true(stored.stopped);
    assert_int_equal(stored.edition, 1);
    /* what it takes off is */
    coupon.products = IDS(3);
    MUST(coupon_put(shop_begin(shop), &coupon, &change, &err));
    coupon.kind = COUPON_FLAT;
    coupon.value = 500;
    MUST(coupon_put(&shop->work, &coupon, &change, &err));
    shop_commit(shop);
    assert_int_equal(coupons_get(id).edition, 3);
    assert_int_equal(coupons_get(id).kind, COUPON_FLAT);
    /* fewer than there are */
    coupon.most_uses = 3;
    MUST_FAIL(ERR_CONFLICT, coupon_put(shop_begin(shop), &coupon, &change, &err));
    int64_t new_id;
    MUST_FAIL(ERR_CONFLICT, coupon_add(&shop->work, 0, &coupon, &new_id, &err));
    MUST(coupon_add(&shop->work, 7, &(struct coupon){.code = "NEW", .value = 1}, &new_id,
                    &err)); /* and goes on */
    shop_commit(shop);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM coupons"), 2);
    assert_int_equal(coupons_get(id).most_uses, 4);
    /* less than one person holds; what has ended does not count */
    shop_person(shop, 1);
    shop_sql(shop,
             "INSERT INTO orders (reference, telegram_id, state, subtotal, discount, total, coupon_id, "
             "coupon_code,"
             " created_at, expires_at) SELECT 'tg1-' || n, 1, CASE WHEN n < 3 THEN 'pending' ELSE 'expired' "
             "END, 9, 1,"
             " 8, %lld, 'HEMAT', now(), now() FROM generate_series(1, 4) n",
             (long long)id);
    coupon.most_uses = 4;
    coupon.most_uses_each = 1;
    MUST_FAIL(ERR_CONFLICT, coupon_put(shop_begin(shop), &coupon, &change, &err));
    coupon.most_uses_each = 2;
    MUST(coupon_put(&shop->work, &coupon, &change, &err));
    assert_int_equal(change, COUPON_ALTERED);
    shop_commit(shop);
}

static void test_what_can_not_be(void **state)
{
    NEEDS_SHOP();
    static const struct coupon wrong[] = {
        {.code = "", .value = 10},
        {.code = "A", .value = 10},
        {.code = "hemat", .value = 10},
        {.code = "HE MAT", .value = 10},
        {.code = "HEMAT", .value = 0},
        {.code = "HEMAT", .value = -1},
        {.code = "HEMAT", .value = 101},
        {.code = "HEMAT", .kind = COUPON_FLAT, .value = COUPON_MOST + 1},
        {.code = "HEMAT", .value = 10, .maximum_discount = -1},
        {.code = "HEMAT", .value = 10, .minimum_total = -1},
        {.code = "HEMAT", .value = 10, .most_uses = -1},
        {.code = "HEMAT", .value = 10, .most_uses_each = -1},
        {.code = "HEMAT", .value = 10, .starts_ms = 5000, .ends_ms = 5000},
        {.code = "HEMAT", .value = 10, .ends_ms = 5000}, /* from now on, and yet ended */
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        enum coupon_change change;
        MUST_FAIL(ERR_INVALID, coupon_put(shop_begin(shop), &wrong[i], &change, &err));
        int64_t id;
        MUST_FAIL(ERR_INVALID, coupon_add(&shop->work, 0, &wrong[i], &id, &err));
        shop_commit(shop);
    }
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM coupons"), 0);
}

static void test_lists_and_stops(void **state)
{
    NEEDS_SHOP();
    struct coupon *list;
    size_t count;
    static const char *const codes[] = {"B_", "A", "B-", "BB", "B1"};
    for (size_t i = 0; i < 5; i++) {
        char code[] = "XXX_";
        memcpy(code, codes[i], strlen(codes[i]));
        int64_t added;
        MUST(coupon_add(shop_begin(shop), 0, &(struct coupon){.code = code, .value = 5}, &added, &err));
        shop_commit(shop);
    }
    MUST(coupon_list(shop_begin(shop), "", 3, &list, &count, &err));
    assert_int_equal(count, 3);
    assert_string_equal(list[0].code, "AXX_");
    assert_string_equal(list[1].code, "B-X_");
    assert_string_equal(list[2].code, "B1X_");
    MUST(coupon_list(&shop->work, list[2].code, 3, &list, &count, &err));
    assert_int_equal(count, 2);
    assert_string_equal(list[0].code, "BBX_");
    assert_string_equal(list[1].code, "B_X_");
    int64_t id = list[1].id;
    MUST(coupon_stop(&shop->work, 0, id, true, &err));
    shop_commit(shop);
    assert_true(coupons_get(id).stopped);
    MUST(coupon_stop(shop_begin(shop), 0, id, false, &err));
    shop_commit(shop);
    assert_false(coupons_get(id).stopped);
    MUST_FAIL(ERR_CONFLICT, coupon_stop(shop_begin(shop), 0, id, false, &err)); /* another admin was first */
    MUST_FAIL(ERR_NOT_FOUND, coupon_stop(&shop->work, 0, 999, true, &err));
    assert_int_equal(shop_sql(shop,
                              "SELECT count(*) FROM admin_logs WHERE subject_id = %lld AND action IN"
                              " ('stop', 'resume') AND before->'stopped' <> after->'stopped'",
                              (long long)id),
                     2);
    MUST(coupon_lock_codes(shop_begin(shop), (const char *const[]){"B_X_", "it's", "NONE", "AXX_"}, 4, &err));
    MUST(coupon_lock_codes(&shop->work, NULL, 0, &err));
}

/* --- carts and orders --- */

static void test_in_a_cart(void **state)
{
    NEEDS_SHOP();
    coupons_furnish();
    struct cart cart;
    struct coupon hemat = coupons_put(&(struct coupon){.code = "HEMAT", .value = 10});
    MUST(cart_get(shop_task(shop), BUYER, &cart, &err));
    assert_null(cart.coupon);
    coupons_fill(shop, BUYER, "HEMAT");
    MUST(cart_get(shop_task(shop), BUYER, &cart, &err));
    assert_int_equal(cart.count, 1);
    assert_int_equal(cart.coupon->coupon.id, hemat.id);
    assert_int_equal(cart.coupon->own_uses, 0);
    assert_false(cart.coupon->changed);
    coupons_put(&(struct coupon){.code = "HEMAT", .value = 20});
    MUST(cart_get(shop_task(shop), BUYER, &cart, &err));
    assert_true(cart.coupon->changed);
    struct coupon seen = cart.coupon->coupon;
    MUST(coupon_cart_set(shop_begin(shop), BUYER, &seen, &err));
    MUST(cart_get(&shop->work, BUYER, &cart, &err));
    assert_false(cart.coupon->changed);
    shop_commit(shop);
    /* another one instead, and off */
    coupons_put(&(struct coupon){.code = "LAIN", .value = 20});
    coupons_fill(shop, BUYER, "LAIN");
    MUST(cart_get(shop_task(shop), BUYER, &cart, &err));
    assert_string_equal(cart.coupon->coupon.code, "LAIN");
    MUST(coupon_cart_clear(shop_begin(shop), BUYER, &err));
    shop_commit(shop);
    MUST(cart_get(shop_task(shop), BUYER, &cart, &err));
    assert_null(cart.coupon);
    assert_int_equal(cart.count, 1);
    /* an emptied cart has none */
    coupons_fill(shop, BUYER, "LAIN");
    coupons_fill(shop, OTHER, "LAIN");
    MUST(cart_clear(shop_begin(shop), BUYER, &err));
    shop_commit(shop);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM users WHERE coupon_id IS NOT NULL"), 1);
}

static void test_an_order_fixes_the_discount(void **state)
{
    NEEDS_SHOP();
    coupons_furnish();
    struct coupon hemat = coupons_put(&(struct coupon){.code = "HEMAT", .value = 15, .categories = IDS(1)});
    coupons_fill(shop, BUYER, "HEMAT");
    MUST(cart_set(shop_begin(shop), BUYER, product_b, 3, 1000, &err));
    shop_commit(shop);
    struct order order = coupons_place(BUYER), stored;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(order.subtotal, 33000);
        assert_int_equal(order.discount, 4500);
        assert_int_equal(order.total, 28500);
        assert_int_equal(order.coupon_id, hemat.id);
        assert_string_equal(order.coupon_code, "HEMAT");
        MUST(order_get(shop_begin(shop), order.id, false, &stored, &err));
        order = stored;
    }
    assert_int_equal(uses(), 1);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM users WHERE coupon_id IS NOT NULL"), 0);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM cart_items"), 0);
    /* whatever becomes of the coupon */
    coupons_put(&(struct coupon){.code = "HEMAT", .kind = COUPON_FLAT, .value = 1, .stopped = true});
    MUST(order_mark_paid(shop_begin(shop), order.id, &err));
    shop_commit(shop);
    MUST(order_get(shop_begin(shop), order.id, false, &stored, &err));
    assert_int_equal(stored.total, 28500);
    assert_int_equal(uses(), 1);
}

static void test_all_of_it_for_nothing(void **state)
{
    NEEDS_SHOP();
    coupons_furnish();
    coupons_put(&(struct coupon){.code = "GRATIS", .value = 100});
    coupons_fill(shop, BUYER, "GRATIS");
    struct order order = coupons_place(BUYER);
    assert_int_equal(order.total, 0);
    assert_int_equal(order.discount, 30000);
    assert_int_equal(shop_sql(shop, "SELECT total FROM orders"), 0);
}

static void test_checked_again_when_the_order_is_made(void **state)
{
    NEEDS_SHOP();
    coupons_furnish();
    static const struct {
        const char *change;
        const char *why; /* NULL: none */
    } rows[] = {
        {"stopped = true", "stopped"},
        {"starts_at = now() + interval '1 day'", "not yet begun"},
        {"ends_at = '2001-01-01'", "ended"},
        {"uses = 5, most_uses = 5", "used up"},
        {"minimum_total = 30001", "not for so small a total"},
        {"minimum_total = 30000", NULL},
        {"product_ids = '{99}'", "not for these products"},
        {"category_ids = '{20}'", "not for these products"},
        {"category_ids = '{20,1}'", NULL},
        {"value = 20, edition = 2", "changed"},
        {"stopped = false", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct order order;
        char why[512] = "";
        coupons_put(&(struct coupon){.code = "HEMAT", .value = 10, .starts_ms = 1000});
        coupons_fill(shop, BUYER, "HEMAT");
        shop_sql(shop, "UPDATE coupons SET %s", rows[i].change);
        enum order_obstacle obstacle = coupons_try(shop, BUYER, &order, why);
        if (obstacle != (rows[i].why ? ORDER_COUPON_REFUSED : ORDER_OK) ||
            (rows[i].why && !strstr(why, rows[i].why)))
            fail_msg("%s: obstacle %d, %s", rows[i].change, (int)obstacle, why);
        work_end(&shop->work);
        assert_int_equal(shop_sql(shop, "SELECT count(*) FROM orders"), 0);
        assert_int_equal(shop_sql(shop, "SELECT count(*) FROM users WHERE coupon_id IS NOT NULL"), 1);
        shop_sql(shop, "UPDATE users SET coupon_id = NULL; DELETE FROM coupons");
    }
}

static void test_too_few_units_take_no_use(void **state)
{
    NEEDS_SHOP();
    coupons_furnish();
    struct order order;
    coupons_put(&(struct coupon){.code = "HEMAT", .value = 10});
    coupons_fill(shop, BUYER, "HEMAT");
    shop_sql(shop, "DELETE FROM stock_units");
    assert_int_equal(coupons_try(shop, BUYER, &order, NULL), ORDER_OUT_OF_STOCK);
    assert_int_equal(uses(), 0);
}

static void test_limits_and_giving_back(void **state)
{
    NEEDS_SHOP();
    coupons_furnish();
    struct order order;
    char why[512];
    coupons_put(&(struct coupon){.code = "HEMAT", .value = 10, .most_uses = 2, .most_uses_each = 1});
    coupons_fill(shop, BUYER, "HEMAT");
    int64_t first = coupons_place(BUYER).id;
    coupons_fill(shop, BUYER, "HEMAT");
    assert_int_equal(coupons_try(shop, BUYER, &order, why), ORDER_COUPON_REFUSED);
    assert_non_null(strstr(why, "used up by this person"));
    coupons_end(first, ORDER_CANCELLED); /* gives it back, to this person as well */
    assert_int_equal(uses(), 0);
    MUST_FAIL(ERR_CONFLICT, order_end(shop_begin(shop), first, ORDER_EXPIRED, "test", &err));
    work_end(&shop->work);
    assert_int_equal(uses(), 0); /* once */
    int64_t second = coupons_place(BUYER).id;
    coupons_fill(shop, OTHER, "HEMAT");
    coupons_place(OTHER);
    assert_int_equal(uses(), 2);
    shop_person(shop, 1003);
    coupons_fill(shop, 1003, "HEMAT");
    assert_int_equal(coupons_try(shop, 1003, &order, why), ORDER_COUPON_REFUSED);
    assert_non_null(strstr(why, "used up"));
    coupons_end(second, ORDER_EXPIRED);
    assert_int_equal(uses(), 1);
    coupons_place(1003);
    assert_int_equal(uses(), 2);
    /* what was paid stays used */
    coupons_fill(shop, BUYER, "HEMAT");
    assert_int_equal(coupons_try(shop, BUYER, &order, why), ORDER_COUPON_REFUSED);
}

static void test_the_database_stands_behind_the_limit(void **state)
{
    NEEDS_SHOP();
    coupons_furnish();
    struct coupon hemat = coupons_put(&(struct coupon){.code = "HEMAT", .value = 10, .most_uses = 1});
    MUST(coupon_take(shop_begin(shop), hemat.id, BUYER, &err));
    MUST_FAIL(ERR_CONFLICT, coupon_take(&shop->work, hemat.id, OTHER, &err));
    shop_commit(shop); /* it goes on */
    MUST_FAIL(ERR_CONFLICT, coupon_check_limits(shop_begin(shop), hemat.id, OTHER, &err));
    assert_int_equal(uses(), 1);
    MUST_FAIL(ERR_INVALID, db_exec(shop->admin, "UPDATE coupons SET uses = 2", NULL, &err));
    MUST_FAIL(ERR_INVALID, db_exec(shop->admin, "UPDATE coupons SET uses = -1", NULL, &err));
    MUST_FAIL(ERR_INVALID, db_exec(shop->admin, "UPDATE coupons SET most_uses = 0", NULL, &err));
    coupons_put(&(struct coupon){.code = "LAIN", .value = 10, .most_uses_each = 1});
    coupons_fill(shop, BUYER, "LAIN");
    int64_t lain = coupons_place(BUYER).coupon_id;
    MUST_FAIL(ERR_CONFLICT, coupon_take(shop_begin(shop), lain, BUYER, &err));
    MUST(coupon_take(&shop->work, lain, OTHER, &err));
    work_end(&shop->work);
    MUST(coupon_give_back(shop_begin(shop), hemat.id, &err));
    MUST_FAIL(ERR_INTERNAL, coupon_give_back(&shop->work, hemat.id, &err));
}

static enum error_code revive(int64_t order_id)
{
    struct error err = {0};
    struct work *work = shop_begin(shop);
    int64_t before = shop_sql(shop, "SELECT count(*) FROM stock_units WHERE state = 'available'");
    bool ok = order_revive(work, order_id, &err);
    shop_commit(shop); /* where it did not go through, nothing was written and the transaction goes on */
    int64_t after = shop_sql(shop, "SELECT count(*) FROM stock_units WHERE state = 'available'");
    assert_int_equal(after, before - ok);
    return ok ? ERR_NONE : err.code;
}

static void test_paid_late(void **state)
{
    NEEDS_SHOP();
    coupons_furnish();
    struct coupon hemat =
        coupons_put(&(struct coupon){.code = "HEMAT", .value = 10, .most_uses = 2, .most_uses_each = 1});
    coupons_fill(shop, BUYER, "HEMAT");
    int64_t first = coupons_place(BUYER).id;
    assert_int_equal(revive(first), ERR_CONFLICT); /* it has not ended */
    coupons_end(first, ORDER_EXPIRED);
    /* used by the same person meanwhile */
    coupons_fill(shop, BUYER, "HEMAT");
    int64_t second = coupons_place(BUYER).id;
    assert_int_equal(revive(first), ERR_CONFLICT);
    assert_int_equal(uses(), 1);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM stock_units WHERE state <> 'available'"), 1);
    coupons_end(second, ORDER_CANCELLED);
    /* used up by others */
    shop_sql(shop, "UPDATE coupons SET uses = 2");
    assert_int_equal(revive(first), ERR_CONFLICT);
    shop_sql(shop, "UPDATE coupons SET uses = 1");
    /* the units are gone: the use is not taken */
    shop_sql(shop, "UPDATE stock_units SET state = 'reserved', order_item_id = 1, reserved_at = now()");
    assert_int_equal(revive(first), ERR_CONFLICT);
    assert_int_equal(uses(), 1);
    shop_sql(shop, "UPDATE stock_units SET state = 'available', order_item_id = NULL, reserved_at = NULL");
    /* dates and a stop don't matter */
    coupons_put(&(struct coupon){.code = "HEMAT",
                                 .value = 10,
                                 .most_uses = 2,
                                 .most_uses_each = 1,
                                 .starts_ms = 1000,
                                 .ends_ms = 2000,
                                 .stopped = true});
    assert_int_equal(revive(first), ERR_NONE);
    assert_int_equal(uses(), 2);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM stock_units WHERE state = 'sold'"), 1);
    assert_int_equal(coupons_get(hemat.id).uses, 2);
    assert_int_equal(revive(first), ERR_CONFLICT);
}

/* --- many at once --- */

enum { SERVERS = 4, ROUNDS = 30 };

struct race {
    pthread_t thread;
    pthread_barrier_t *start;
    struct shop *shop;
    int64_t first_person;
    int people; /* from the first one on, in turn */
    /* found: */
    int placed, refused, revived;
    bool failed;
    struct error failure;
};

static bool commit(struct shop *s, bool ok, struct error *err)
{
    ok = ok && work_commit(&s->work, err);
    work_end(&s->work);
    return ok;
}

static bool race_place(struct race *race, int64_t person, struct order *order_out,
                       enum order_obstacle *obstacle_out, struct error *err)
{
    struct work *work = shop_task(race->shop);
    struct coupon coupon;
    int64_t about;
    return commit(
        race->shop,
        work_begin(work, err) &&
            user_touch(work, &(struct person){.telegram_id = person, .first_name = "B"}, err) &&
            cart_set(work, person, product_a, 1, 30000, err) &&
            cart_set(work, person, product_b, 1, 1000, err) && coupon_find(work, "HEMAT", &coupon, err) &&
            coupon_cart_set(work, person, &coupon, err) &&
            order_place(work, person, work->now_ms + 60000, 1000, order_out, obstacle_out, &about, err),
        err);
}

/* Every third one is given up, and every sixth of all is paid late after that. */
static bool race_go_on(struct race *race, int round, int64_t order_id, struct error *err)
{
    struct work *work = shop_task(race->shop);
    if (round % 3 != 0)
        return commit(race->shop, work_begin(work, err) && order_mark_paid(work, order_id, err), err);
    if (!commit(race->shop, work_begin(work, err) && order_end(work, order_id, ORDER_EXPIRED, "test", err),
                err))
        return false;
    if (round % 6 != 0)
        return true;
    work = shop_task(race->shop);
    bool ok = commit(race->shop, work_begin(work, err) && order_revive(work, order_id, err), err);
    race->revived += ok;
    return ok || err->code == ERR_CONFLICT;
}

static void *run_race(void *argument)
{
    struct race *race = argument;
    pthread_barrier_wait(race->start);
    for (int i = 0; i < ROUNDS && !race->failed; i++) {
        struct order order;
        enum order_obstacle obstacle = ORDER_OK;
        struct error err = {0};
        bool ok = race_place(race, race->first_person + i % race->people, &order, &obstacle, &err);
        race->placed += ok;
        race->refused += !ok && obstacle == ORDER_COUPON_REFUSED;
        race->failed = !ok && obstacle != ORDER_COUPON_REFUSED;
        if (ok)
            race->failed = !race_go_on(race, i, order.id, &err);
        race->failure = err;
    }
    return NULL;
}

static void run_races(struct race races[SERVERS])
{
    pthread_barrier_t start;
    pthread_barrier_init(&start, NULL, SERVERS);
    for (int i = 0; i < SERVERS; i++) {
        races[i].shop = shop_another();
        races[i].start = &start;
    }
    for (int i = 0; i < SERVERS; i++)
        assert_int_equal(pthread_create(&races[i].thread, NULL, run_race, &races[i]), 0);
    for (int i = 0; i < SERVERS; i++) {
        pthread_join(races[i].thread, NULL);
        shop_close(&races[i].shop);
    }
    pthread_barrier_destroy(&start);
    for (int i = 0; i < SERVERS; i++)
        if (races[i].failed)
            fail_msg("server %d: %s", i, races[i].failure.text);
}

static int64_t holding(const char *whose)
{
    return shop_sql(shop,
                    "SELECT count(*) FROM orders WHERE coupon_id IS NOT NULL AND %s"
                    " AND state IN ('pending', 'paid', 'completed')",
                    whose);
}

static void test_the_last_uses_at_four_servers(void **state)
{
    NEEDS_SHOP();
    coupons_furnish();
    product_a = shop_product(shop, "MANY", 30000, SERVERS * ROUNDS);
    product_b = shop_product(shop, "MORE", 1000, SERVERS * ROUNDS);
    coupons_put(&(struct coupon){.code = "HEMAT", .value = 10, .most_uses = 40, .starts_ms = 1000});
    struct race races[SERVERS];
    for (int i = 0; i < SERVERS; i++)
        races[i] = (struct race){.first_person = 2000 + i * ROUNDS, .people = ROUNDS};
    run_races(races);
    assert_int_equal(uses(), 40);
    assert_int_equal(holding("true"), 40);
    assert_true(races[0].revived + races[1].revived + races[2].revived + races[3].revived > 0);
}

static void test_one_person_at_four_servers(void **state)
{
    NEEDS_SHOP();
    coupons_furnish();
    product_a = shop_product(shop, "MANY", 30000, SERVERS * ROUNDS);
    product_b = shop_product(shop, "MORE", 1000, SERVERS * ROUNDS);
    coupons_put(&(struct coupon){.code = "HEMAT", .value = 10, .most_uses_each = 7, .starts_ms = 1000});
    struct race races[SERVERS];
    for (int i = 0; i < SERVERS; i++)
        races[i] = (struct race){.first_person = BUYER, .people = 2};
    run_races(races);
    assert_int_equal(holding("telegram_id = 1001"), 7);
    assert_int_equal(holding("telegram_id = 1002"), 7);
    assert_int_equal(uses(), 14);
}

static void test_stopped_while_an_order_waits(void **state)
{
    NEEDS_SHOP();
    coupons_furnish();
    int64_t id = coupons_put(&(struct coupon){.code = "HEMAT", .value = 10, .starts_ms = 1000}).id;
    coupons_fill(shop, BUYER, "HEMAT");
    MUST(coupon_stop(shop_begin(shop), 0, id, true, &err));
    struct waiter waiter = {0};
    waiter_start(&waiter);
    shop_commit(shop);
    waiter_end(&waiter);
    assert_int_equal(waiter.obstacle, ORDER_COUPON_REFUSED);
    assert_int_equal(uses(), 0);
}

/* One who waits for the coupon holds no unit, and then sees what was used by the one it waited for: also
 * without the person's lock. */
static void test_who_waits_for_the_last_use(void **state)
{
    NEEDS_SHOP();
    coupons_furnish();
    struct order order;
    struct coupon hemat = coupons_put(&(struct coupon){.code = "HEMAT", .value = 10, .most_uses_each = 1});
    coupons_fill(shop, BUYER, "HEMAT");
    int64_t late = coupons_place(BUYER).id;
    coupons_end(late, ORDER_EXPIRED);
    coupons_fill(shop, BUYER, "HEMAT");
    assert_int_equal(coupons_try(shop, BUYER, &order, NULL), ORDER_OK); /* and is not done yet */
    struct waiter waiter = {.late = late};
    waiter_start(&waiter);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM (SELECT FROM stock_units WHERE state = 'available'"
                                    " FOR UPDATE SKIP LOCKED) free"),
                     19);
    shop_commit(shop);
    waiter_end(&waiter);
    assert_int_equal(waiter.err.code, ERR_CONFLICT);
    assert_int_equal(coupons_get(hemat.id).uses, 1);
}

static void test_orders_in_the_list(void **state)
{
    NEEDS_SHOP();
    coupons_furnish();
    coupons_put(&(struct coupon){.code = "HEMAT", .value = 10});
    coupons_fill(shop, BUYER, "HEMAT");
    struct order order = coupons_place(BUYER);
    MUST(order_mark_paid(shop_begin(shop), order.id, &err));
    shop_commit(shop);
    shop_sql(shop, "UPDATE orders SET refunded = 700");
    struct order_page page;
    struct order_detail detail;
    MUST(order_list_page(shop_task(shop), BUYER, 0, 5, &page, &err));
    assert_int_equal(page.count, 1);
    assert_int_equal(page.orders[0].total, 27000);
    MUST(order_list_detail(shop_task(shop), order.id, BUYER, &detail, &err));
    assert_int_equal(detail.order.discount, 3000);
    assert_int_equal(detail.order.coupon_id, order.coupon_id);
    assert_string_equal(detail.order.coupon_code, "HEMAT");
    assert_int_equal(detail.order.refunded, 700);
    assert_int_equal(detail.order.items[0].product_id, product_a);
    assert_int_equal(detail.order.items[0].price, 30000);
    assert_string_equal(detail.order.items[0].snk, "Terms of A");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_discounts),
        cmocka_unit_test(test_the_largest_cart_does_not_overflow),
        SHOP_TEST(test_found_as_typed),
        SHOP_TEST(test_put_changes_and_keeps),
        SHOP_TEST(test_what_can_not_be),
        SHOP_TEST(test_lists_and_stops),
        SHOP_TEST(test_in_a_cart),
        SHOP_TEST(test_an_order_fixes_the_discount),
        SHOP_TEST(test_all_of_it_for_nothing),
        SHOP_TEST(test_checked_again_when_the_order_is_made),
        SHOP_TEST(test_too_few_units_take_no_use),
        SHOP_TEST(test_limits_and_giving_back),
        SHOP_TEST(test_the_database_stands_behind_the_limit),
        SHOP_TEST(test_paid_late),
        SHOP_TEST(test_the_last_uses_at_four_servers),
        SHOP_TEST(test_one_person_at_four_servers),
        SHOP_TEST(test_stopped_while_an_order_waits),
        SHOP_TEST(test_who_waits_for_the_last_use),
        SHOP_TEST(test_orders_in_the_list),
    };
    return cmocka_run_group_tests(tests, shop_set_up, shop_tear_down);
}

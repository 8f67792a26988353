#include "fixture.h"

#include "store/internal.h"

static int64_t product;

static int64_t change_by(int64_t delta, int64_t most, int64_t price)
{
    struct cart_change change;
    struct work *work = shop_begin(shop);
    MUST(cart_change(work, 1001, product, delta, most, price, &change, &err));
    shop_commit(shop);
    return cart_changed_quantity(work, &change);
}

static int64_t in_database(void)
{
    return shop_sql(shop, "SELECT quantity FROM cart_items WHERE telegram_id = 1001 AND product_id = %lld",
                    (long long)product);
}

static void prepare(void)
{
    product = shop_product(shop, "A", 5000, 0);
    shop_person(shop, 1001);
}

static void test_change_is_clamped(void **state)
{
    NEEDS_SHOP();
    prepare();
    static const struct {
        int64_t delta, most, after;
    } steps[] = {
        {-1, 10, 0},     {1, 10, 1},    {2, 10, 3},      {5, 10, 8}, {10, 10, 10},
        {-3, 10, 7},     {-100, 10, 0}, {-1, 10, 0},     {7, 0, 0},  {1000, 5000, 1000},
        {1, 5000, 1000}, {1, 4, 4},     {-1000, 100, 0}, {3, -5, 0}, {2, 1000000000000, 2},
    };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        assert_int_equal(change_by(steps[i].delta, steps[i].most, 5000), steps[i].after);
        assert_int_equal(in_database(), steps[i].after);
    }
    struct cart_change change;
    MUST_FAIL(ERR_INVALID, cart_change(shop_begin(shop), 1001, product, 1001, 5, 5000, &change, &err));
}

static void test_price_follows_the_last_change(void **state)
{
    NEEDS_SHOP();
    prepare();
    change_by(1, 10, 5000);
    change_by(1, 10, 6000);
    assert_int_equal(shop_sql(shop, "SELECT price FROM cart_items"), 6000);
}

static void test_order_is_that_of_putting_in(void **state)
{
    NEEDS_SHOP();
    prepare();
    int64_t first = product, second = shop_product(shop, "B", 100, 0);
    product = second;
    change_by(1, 10, 100);
    product = first;
    change_by(1, 10, 5000);
    product = second;
    change_by(1, 10, 100);
    struct cart cart;
    MUST(cart_get(shop_task(shop), 1001, &cart, &err));
    assert_int_equal(cart.count, 2);
    assert_int_equal(cart.items[0].product_id, second);
    assert_int_equal(cart.items[0].quantity, 2);
    assert_int_equal(cart.items[1].product_id, first);
    assert_int_equal(cart.items[1].seen_price, 5000);
    struct work *work = shop_begin(shop);
    MUST(cart_set(work, 1001, first, 0, 1, &err));
    MUST(cart_set(work, 1001, second, 9, 70, &err));
    MUST(cart_get(work, 1001, &cart, &err));
    assert_int_equal(cart.count, 1);
    assert_int_equal(cart.items[0].quantity, 9);
    assert_int_equal(cart.items[0].seen_price, 70);
    MUST(cart_clear(work, 1001, &err));
    MUST(cart_get(work, 1001, &cart, &err));
    assert_int_equal(cart.count, 0);
}

static int64_t quantity(struct work *work)
{
    int64_t n = -1;
    MUST(cart_quantity(work, 1001, product, &n, &err));
    return n;
}

static void test_remembered_for_three_seconds(void **state)
{
    NEEDS_SHOP();
    prepare();
    change_by(4, 10, 5000);
    shop_sql(shop, "UPDATE cart_items SET quantity = 9"); /* another server */
    assert_int_equal(quantity(shop_task(shop)), 4);       /* a second later */
    shop_task(shop);
    assert_int_equal(quantity(shop_task(shop)), 9); /* three seconds later */
    shop_sql(shop, "UPDATE cart_items SET quantity = 2");
    assert_int_equal(quantity(&shop->work), 9); /* what was read is remembered, too */
    struct work *work = shop_begin(shop);
    MUST(cart_clear(work, 1001, &err));
    assert_int_equal(quantity(work), 0);
    work_end(work);
    assert_int_equal(quantity(work), 2); /* rolled back, and not remembered */
}

static void test_rolled_back_change_is_not_remembered(void **state)
{
    NEEDS_SHOP();
    prepare();
    change_by(1, 10, 5000);
    struct cart_change change;
    struct work *work = shop_begin(shop);
    MUST(cart_change(work, 1001, product, 5, 10, 5000, &change, &err));
    MUST(db_flush(work->tx, &err));
    assert_int_equal(cart_changed_quantity(work, &change), 6);
    work_end(work);
    assert_int_equal(quantity(work), 1);
}

static void test_memory_is_bounded(void **state)
{
    NEEDS_SHOP();
    prepare();
    struct work *work = shop_task(shop);
    for (int64_t person = 1; person <= 6000; person++) {
        int64_t n;
        MUST(cart_quantity(work, person, product, &n, &err));
        assert_int_equal(n, 0);
    }
    assert_int_equal(store_cache_of(work)->carts.size, 4096);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(test_change_is_clamped),
        SHOP_TEST(test_price_follows_the_last_change),
        SHOP_TEST(test_order_is_that_of_putting_in),
        SHOP_TEST(test_remembered_for_three_seconds),
        SHOP_TEST(test_rolled_back_change_is_not_remembered),
        SHOP_TEST(test_memory_is_bounded),
    };
    return cmocka_run_group_tests(tests, shop_set_up, shop_tear_down);
}

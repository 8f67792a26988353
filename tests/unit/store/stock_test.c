#include "fixture.h"

#include <pthread.h>
#include <string.h>

#include "store/order.h"
#include "store/stock.h"
#include "store/user.h"

static void test_a_known_content_is_not_taken_twice(void **state)
{
    NEEDS_SHOP();
    int64_t a = shop_product(shop, "A", 5000, 1), b = shop_product(shop, "B", 5000, 0);
    bool added;
    struct work *work = shop_begin(shop);
    MUST(stock_add(work, a, "A-1", &added, &err));
    assert_false(added);
    MUST(stock_add(work, b, "A-1", &added, &err)); /* another product's is its own */
    assert_true(added);
    shop_commit(shop);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM stock_units"), 2);
}

static void test_what_a_content_may_be(void **state)
{
    NEEDS_SHOP();
    int64_t a = shop_product(shop, "A", 5000, 0);
    struct work *work = shop_begin(shop);
    char longest[4098];
    memset(longest, 'x', sizeof longest);
    longest[4096] = 0;
    static const char *const good[] = {"x", "{\"a\":\"b\\\\\"}", "line\nline\t'$1' <b>&",
                                       "\xF0\x9F\x98\x80\xE2\x80\xAE"};
    bool added;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        MUST(stock_add(work, a, good[i], &added, &err));
        assert_true(added);
    }
    MUST(stock_add(work, a, longest, &added, &err));
    longest[4096] = 'x';
    longest[4097] = 0;
    MUST_FAIL(ERR_INVALID, stock_add(work, a, longest, &added, &err));
    MUST_FAIL(ERR_INVALID, stock_add(work, a, "", &added, &err));
    struct error fault = {0};
    assert_false(stock_add(work, a, "secret\xC3\x28", &added, &fault));
    assert_int_equal(fault.code, ERR_INVALID);
    assert_null(strstr(fault.text, "secret"));
    const char **contents;
    size_t count;
    MUST(stock_available_contents(work, a, &contents, &count, &err));
    assert_int_equal(count, 5);
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_string_equal(contents[i], good[i]);
    assert_int_equal(strlen(contents[4]), 4096);
    int64_t available;
    MUST(stock_available(work, a, &available, &err));
    assert_int_equal(available, 5);
    fault = (struct error){0};
    assert_false(stock_add(work, 4711, "secret", &added, &fault)); /* no such product */
    assert_int_equal(fault.code, ERR_INVALID);
    assert_null(strstr(fault.text, "secret"));
}

static void test_contents_are_sealed_and_bound_to_their_row(void **state)
{
    NEEDS_SHOP();
    int64_t a = shop_product(shop, "A", 5000, 2), b = shop_product(shop, "B", 5000, 1);
    assert_int_equal(shop_sql(shop,
                              "SELECT count(*) FROM stock_units WHERE position('A-1'::bytea in content) > 0"
                              " OR position('A-1'::bytea in digest) > 0"),
                     0);
    shop_sql(shop,
             "UPDATE stock_units SET content = (SELECT content FROM stock_units WHERE id = 1) WHERE id = 2");
    const char **contents;
    size_t count;
    MUST_FAIL(ERR_INTERNAL, stock_available_contents(shop_begin(shop), a, &contents, &count, &err));
    shop_sql(shop, "UPDATE stock_units SET digest = (SELECT digest FROM stock_units WHERE id = 1),"
                   " content = (SELECT content FROM stock_units WHERE id = 1) WHERE id = 3");
    MUST_FAIL(ERR_INTERNAL, stock_available_contents(shop_begin(shop), b, &contents, &count, &err));
    shop_sql(shop, "UPDATE stock_units SET digest = 'short' WHERE id = 3");
    MUST_FAIL(ERR_INTERNAL, stock_available_contents(shop_begin(shop), b, &contents, &count, &err));
}

/* --- races: each thread is a server of its own --- */

enum { SERVERS = 8, MOST_PRODUCTS = 2 };

struct race {
    struct shop *shop;
    pthread_t thread;
    pthread_barrier_t *start;
    int64_t products[MOST_PRODUCTS];
    int product_count, quantity;
    int64_t first_buyer;
    int buyers;
    bool pay;
    /* found: */
    int placed, out_of_stock, failed;
    struct error failure;
};

static bool put_in_cart(struct race *race, struct work *work, int64_t buyer, struct error *err)
{
    struct person person = {.telegram_id = buyer, .first_name = "Racer"};
    bool ok = user_touch(work, &person, err);
    for (int i = 0; ok && i < race->product_count; i++, work->now_ms++) /* the cart keeps this order */
        ok = cart_set(work, buyer, race->products[i], race->quantity, 5000, err);
    return ok;
}

static void *run_buyers(void *argument)
{
    struct race *race = argument;
    pthread_barrier_wait(race->start);
    for (int i = 0; i < race->buyers; i++) {
        struct error err = {0};
        struct order order;
        enum order_obstacle obstacle = ORDER_OK;
        int64_t about, buyer = race->first_buyer + i;
        struct work *work = shop_task(race->shop);
        bool ok = work_begin(work, &err) && put_in_cart(race, work, buyer, &err) &&
                  order_place(work, buyer, work->now_ms + 60000, 1, &order, &obstacle, &about, &err) &&
                  (!race->pay || order_mark_paid(work, order.id, &err)) && work_commit(work, &err);
        work_end(work);
        race->placed += ok;
        if (!ok && obstacle == ORDER_OUT_OF_STOCK) {
            race->out_of_stock++;
        } else if (!ok) {
            race->failed++;
            race->failure = err;
        }
    }
    return NULL;
}

static struct race run_race(const struct race *model, int64_t (*products)[MOST_PRODUCTS])
{
    struct race races[SERVERS], sum = {0};
    pthread_barrier_t start;
    pthread_barrier_init(&start, NULL, SERVERS);
    for (int i = 0; i < SERVERS; i++) {
        races[i] = *model;
        races[i].shop = shop_another();
        races[i].start = &start;
        races[i].first_buyer = 1 + i * model->buyers;
        if (products)
            memcpy(races[i].products, products[i % 2], sizeof races[i].products);
    }
    for (int i = 0; i < SERVERS; i++)
        assert_int_equal(pthread_create(&races[i].thread, NULL, run_buyers, &races[i]), 0);
    for (int i = 0; i < SERVERS; i++) {
        pthread_join(races[i].thread, NULL);
        sum.placed += races[i].placed;
        sum.out_of_stock += races[i].out_of_stock;
        sum.failed += races[i].failed;
        if (races[i].failed)
            sum.failure = races[i].failure;
        shop_close(&races[i].shop);
    }
    pthread_barrier_destroy(&start);
    if (sum.failed)
        fail_msg("%d failed: %s", sum.failed, sum.failure.text);
    return sum;
}

static void test_fifty_units_two_hundred_buyers(void **state)
{
    NEEDS_SHOP();
    struct race model = {.product_count = 1, .quantity = 1, .buyers = 200 / SERVERS};
    model.products[0] = shop_product(shop, "A", 5000, 50);
    struct race sum = run_race(&model, NULL);
    assert_int_equal(sum.placed, 50);
    assert_int_equal(sum.out_of_stock, 150);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM orders"), 50);
    assert_int_equal(shop_sql(shop, "SELECT count(DISTINCT order_item_id) FROM stock_units WHERE state ="
                                    " 'reserved'"),
                     50);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM cart_items"), 0);
}

/* Carts with the same products in two orders, sold at once: nobody is told to try again. */
static void test_opposite_carts_do_not_deadlock(void **state)
{
    NEEDS_SHOP();
    int64_t a = shop_product(shop, "A", 5000, 200), b = shop_product(shop, "B", 5000, 200);
    int64_t products[2][MOST_PRODUCTS] = {{a, b}, {b, a}};
    struct race model = {.product_count = 2, .quantity = 2, .buyers = 12, .pay = true};
    struct race sum = run_race(&model, products);
    assert_int_equal(sum.placed, 12 * SERVERS);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM stock_units WHERE state = 'sold'"),
                     12 * SERVERS * 4);
    assert_int_equal(shop_sql(shop, "SELECT min(sold) FROM products"), 12 * SERVERS * 2);
    assert_int_equal(shop_sql(shop,
                              "SELECT count(*) FROM (SELECT order_item_id FROM stock_units WHERE state ="
                              " 'sold' GROUP BY 1 HAVING count(*) <> 2) AS wrong"),
                     0);
}

/* Units in somebody's hands are passed over, not waited for. */
static void test_nobody_waits(void **state)
{
    NEEDS_SHOP();
    int64_t a = shop_product(shop, "A", 5000, 2);
    struct shop *other = shop_another();
    struct race here = {.shop = shop, .products = {a}, .product_count = 1, .quantity = 1};
    struct order order;
    enum order_obstacle obstacle;
    int64_t about;
    shop_person(shop, 1);
    shop_person(shop, 2);
    struct work *work = shop_begin(shop), *theirs = shop_begin(other);
    MUST(put_in_cart(&here, work, 1, &err));
    MUST(order_place(work, 1, work->now_ms, 1, &order, &obstacle, &about, &err)); /* not committed */
    here.quantity = 2;
    MUST(put_in_cart(&here, theirs, 2, &err));
    MUST_FAIL(ERR_CONFLICT, order_place(theirs, 2, theirs->now_ms, 1, &order, &obstacle, &about, &err));
    assert_int_equal(obstacle, ORDER_OUT_OF_STOCK);
    work_end(theirs);
    theirs = shop_begin(other);
    here.quantity = 1;
    MUST(put_in_cart(&here, theirs, 2, &err));
    MUST(order_place(theirs, 2, theirs->now_ms, 1, &order, &obstacle, &about, &err));
    shop_commit(other);
    shop_commit(shop);
    shop_close(&other);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM stock_units WHERE state = 'reserved'"), 2);
}

/* Not by a mistake of ours either: the database lets the store's role delete nothing of the books, and nobody
 * a product that was sold. */
static void test_what_was_sold_can_not_be_deleted(void **state)
{
    NEEDS_SHOP();
    static const char *const books[] = {"orders",   "order_items", "stock_units", "payments",
                                        "deposits", "ledger",      "admin_logs"};
    struct error refusal = {0};
    struct order order;
    enum order_obstacle obstacle;
    int64_t about, product = shop_product(shop, "A", 5000, 1);
    shop_person(shop, 1);
    struct work *work = shop_begin(shop);
    MUST(cart_set(work, 1, product, 1, 5000, &err));
    MUST(order_place(work, 1, work->now_ms, 1, &order, &obstacle, &about, &err));
    MUST(order_mark_paid(work, order.id, &err));
    shop_commit(shop);
    for (size_t i = 0; i < sizeof books / sizeof books[0]; i++)
        if (shop_sql(shop, "SELECT has_table_privilege('%s', '%s', 'DELETE')::int", shop->role, books[i]))
            fail_msg("the store's role may delete from %s", books[i]);
    assert_false(db_exec(shop->admin, "DELETE FROM products", NULL, &refusal));
    assert_int_equal(refusal.code, ERR_INVALID);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM stock_units WHERE state = 'sold'"), 1);
}

/* --- replacing --- */

/* An order of `quantity` units of a product, paid. Its item's id. */
static int64_t sell(int64_t product, int quantity)
{
    struct race cart = {.products = {product}, .product_count = 1, .quantity = quantity};
    struct order order;
    enum order_obstacle obstacle;
    int64_t about;
    struct work *work = shop_begin(shop);
    MUST(put_in_cart(&cart, work, 1, &err));
    MUST(order_place(work, 1, work->now_ms + 60000, 9, &order, &obstacle, &about, &err));
    MUST(order_mark_paid(work, order.id, &err));
    int64_t item = order.items[0].id;
    shop_commit(shop);
    return item;
}

static void assert_contents(int64_t item, const char *first, const char *second)
{
    const char **contents;
    size_t count;
    MUST(stock_contents(shop_begin(shop), item, &contents, &count, &err));
    assert_int_equal(count, 2);
    assert_string_equal(contents[0], first);
    assert_string_equal(contents[1], second);
}

static void test_a_bad_unit_is_replaced_once(void **state)
{
    NEEDS_SHOP();
    int64_t a = shop_product(shop, "A", 5000, 4), item = sell(a, 2), fresh = 0, available;
    shop_product(shop, "B", 5000, 1); /* never another product's */
    struct stock_unit unit;
    const char *content;
    struct work *work = shop_begin(shop);
    MUST(stock_replace(work, 1, &fresh, &err));
    assert_int_equal(fresh, 3);
    MUST_FAIL(ERR_CONFLICT, stock_replace(work, 1, &fresh, &err)); /* was replaced */
    MUST_FAIL(ERR_CONFLICT, stock_replace(work, 4, &fresh, &err)); /* is available */
    MUST_FAIL(ERR_CONFLICT, stock_replace(work, 1000, &fresh, &err));
    MUST(stock_unit_get(work, 1, &unit, &err));
    assert_true(unit.is_sold);
    assert_int_equal(unit.replaced_by, 3);
    assert_int_equal(unit.order_item_id, item);
    MUST(stock_unit_get(work, 3, &unit, &err));
    assert_true(unit.is_sold);
    assert_int_equal(unit.product_id, a);
    assert_int_equal(unit.order_id, 1);
    assert_int_equal(unit.order_item_id, item);
    assert_int_equal(unit.replaced_by, 0);
    MUST(stock_unit_get(work, 4, &unit, &err));
    assert_false(unit.is_sold);
    assert_int_equal(unit.order_id, 0);
    MUST_FAIL(ERR_NOT_FOUND, stock_unit_get(work, 1000, &unit, &err));
    MUST(stock_content(work, 3, &content, &err));
    assert_string_equal(content, "A-3");
    MUST_FAIL(ERR_NOT_FOUND, stock_content(work, 1000, &content, &err));
    shop_commit(shop);
    assert_contents(item, "A-2", "A-3");
    MUST(stock_available(&shop->work, a, &available, &err));
    assert_int_equal(available, 1);
    assert_int_equal(shop_sql(shop, "SELECT sold FROM products WHERE id = %lld", (long long)a), 2);

    /* The new one may turn out bad as well; then there is none left. */
    work = shop_begin(shop);
    MUST(stock_replace(work, 3, &fresh, &err));
    assert_int_equal(fresh, 4);
    MUST_FAIL(ERR_CONFLICT, stock_replace(work, 2, &fresh, &err));
    shop_commit(shop); /* that left the transaction in order */
    assert_contents(item, "A-2", "A-4");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM stock_units WHERE state = 'sold' AND replaced_by"
                                    " IS NULL"),
                     shop_sql(shop, "SELECT sold FROM products WHERE id = %lld", (long long)a));
}

struct replacing {
    struct shop *shop;
    pthread_t thread;
    pthread_barrier_t *start;
    int64_t unit, fresh;
    struct error err;
};

static void *run_replacing(void *argument)
{
    struct replacing *r = argument;
    struct work *work = shop_task(r->shop);
    pthread_barrier_wait(r->start);
    if (!work_begin(work, &r->err) || !stock_replace(work, r->unit, &r->fresh, &r->err) ||
        !work_commit(work, &r->err))
        r->fresh = 0;
    work_end(work);
    return NULL;
}

/* Eight servers, four bad units (each by two), three to replace them with: three get one, each its own. */
static void test_replacing_at_once(void **state)
{
    NEEDS_SHOP();
    int64_t a = shop_product(shop, "A", 5000, 7);
    struct replacing r[SERVERS] = {0};
    pthread_barrier_t start;
    int replaced = 0;
    sell(a, 4);
    pthread_barrier_init(&start, NULL, SERVERS);
    for (int i = 0; i < SERVERS; i++) {
        r[i].shop = shop_another();
        r[i].start = &start;
        r[i].unit = 1 + i / 2;
    }
    for (int i = 0; i < SERVERS; i++)
        assert_int_equal(pthread_create(&r[i].thread, NULL, run_replacing, &r[i]), 0);
    for (int i = 0; i < SERVERS; i++) {
        pthread_join(r[i].thread, NULL);
        replaced += r[i].fresh != 0;
        if (!r[i].fresh)
            assert_int_equal(r[i].err.code, ERR_CONFLICT);
        shop_close(&r[i].shop);
    }
    pthread_barrier_destroy(&start);
    /* Who lost the race for a unit may have held, and let go of, one that another passed over. */
    assert_in_range(replaced, 1, 3);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM stock_units WHERE replaced_by IS NOT NULL"),
                     replaced);
    assert_int_equal(shop_sql(shop, "SELECT count(DISTINCT replaced_by) FROM stock_units"), replaced);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM stock_units WHERE state = 'sold'"), 4 + replaced);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM stock_units WHERE state = 'available'"),
                     3 - replaced);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(test_a_known_content_is_not_taken_twice),
        SHOP_TEST(test_what_a_content_may_be),
        SHOP_TEST(test_contents_are_sealed_and_bound_to_their_row),
        SHOP_TEST(test_fifty_units_two_hundred_buyers),
        SHOP_TEST(test_opposite_carts_do_not_deadlock),
        SHOP_TEST(test_nobody_waits),
        SHOP_TEST(test_what_was_sold_can_not_be_deleted),
        SHOP_TEST(test_a_bad_unit_is_replaced_once),
        SHOP_TEST(test_replacing_at_once),
    };
    return cmocka_run_group_tests(tests, shop_set_up, shop_tear_down);
}

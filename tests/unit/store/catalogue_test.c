#include "fixture.h"

#include <stdlib.h>
#include <string.h>

#include "store/internal.h"

static const struct catalogue *get(struct work *work)
{
    const struct catalogue *catalogue = NULL;
    MUST(catalogue_get(work, &catalogue, &err));
    return catalogue;
}

static int64_t stock_of(struct work *work, int64_t product_id)
{
    const struct catalogue_product *product = catalogue_product(get(work), product_id);
    assert_non_null(product);
    return product->stock;
}

static void test_what_is_in_it_and_in_which_order(void **state)
{
    NEEDS_SHOP();
    shop_sql(shop, "INSERT INTO categories (name, emoji, position, hidden) VALUES"
                   " ('Empty', '', 0, false), ('Last', '🎬', 9, false), ('First', '', 1, false),"
                   " ('Hidden', '', 2, true), ('All hidden', '', 3, false)");
    shop_sql(shop, "INSERT INTO products (category_id, code, name, price, position, hidden, sold, "
                   "created_at, updated_at)"
                   " SELECT c.id, v.code, v.code, 100, v.position, v.hidden, 7, now(), now() FROM (VALUES"
                   " ('Last', 'L2', 2, false), ('Last', 'L1', 1, false), ('First', 'F1', 5, false),"
                   " ('Hidden', 'H1', 1, false), ('All hidden', 'A1', 1, true), ('First', 'F0', 4, true))"
                   " AS v (category, code, position, hidden) JOIN categories c ON c.name = v.category");
    shop_person(shop, 1);
    shop_person(shop, 2);
    struct work *work = shop_task(shop);
    const struct catalogue *c = get(work);
    assert_null(work->tx); /* its own was ended */
    assert_int_equal(c->category_count, 2);
    assert_string_equal(c->categories[0].name, "First");
    assert_string_equal(c->categories[1].name, "Last");
    assert_string_equal(c->categories[1].emoji, "🎬");
    assert_int_equal(c->product_count, 3);
    static const char *const codes[] = {"F1", "L1", "L2"};
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(c->products[i].code, codes[i]);
        assert_int_equal(c->products[i].number, i + 1);
        assert_int_equal(c->products[i].sold, 7);
        assert_ptr_equal(catalogue_by_number(c, (int64_t)i + 1), &c->products[i]);
        assert_ptr_equal(catalogue_product(c, c->products[i].id), &c->products[i]);
        assert_ptr_equal(catalogue_category(c, c->products[i].category->id), &c->categories[i > 0]);
    }
    assert_int_equal(c->categories[1].product_count, 2);
    assert_ptr_equal(c->categories[1].products[0], &c->products[1]);
    static const int64_t none[] = {0, -1, 4, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_null(catalogue_by_number(c, none[i]));
    assert_null(catalogue_product(c, 4711));
    assert_null(catalogue_category(c, 4711));
    assert_int_equal(c->user_count, 2);
}

static void test_it_follows_changes_with_the_commit(void **state)
{
    NEEDS_SHOP();
    int64_t a = shop_product(shop, "A", 5000, 4);
    bool added;
    assert_int_equal(stock_of(shop_task(shop), a), 4);
    shop_sql(shop, "DELETE FROM stock_units WHERE id = 1"); /* not announced */
    assert_int_equal(stock_of(shop_task(shop), a), 4);
    struct work *work = shop_begin(shop);
    const struct catalogue *before = get(work);
    MUST(stock_add(work, a, "more", &added, &err));
    MUST(stock_add(work, a, "and more", &added, &err));
    assert_int_equal(stock_of(work, a), 5);                   /* sees its own changes */
    assert_int_equal(catalogue_product(before, a)->stock, 4); /* valid until the task ends */
    work_end(work);                                           /* rolled back */
    assert_int_equal(stock_of(shop_task(shop), a), 3);
    work = shop_begin(shop);
    MUST(stock_add(work, a, "more", &added, &err));
    shop_commit(shop);
    assert_int_equal(stock_of(work, a), 3); /* between commit and end nothing can be asked */
    assert_int_equal(stock_of(shop_task(shop), a), 4);
    get(shop_task(shop));
    assert_null(store_cache_of(&shop->work)->snapshots.retired);
}

static void test_without_a_snapshot_it_says_so_after_a_commit(void **state)
{
    NEEDS_SHOP();
    struct work *work = shop_begin(shop);
    const struct catalogue *catalogue;
    shop_commit(shop);
    MUST_FAIL(ERR_INTERNAL, catalogue_get(work, &catalogue, &err));
}

static void test_a_minute_is_its_age(void **state)
{
    NEEDS_SHOP();
    shop_product(shop, "A", 5000, 0);
    const struct catalogue *first = get(shop_task(shop));
    assert_int_equal(first->user_count, 0);
    shop_person(shop, 1); /* not announced */
    assert_int_equal(get(shop_task(shop))->user_count, 0);
    shop->now_ms += 60000;
    assert_int_equal(get(shop_task(shop))->user_count, 1);
    shop->now_ms -= 3600000; /* a clock that was put back */
    shop_sql(shop, "UPDATE products SET name = 'New'");
    assert_string_equal(get(shop_task(shop))->products[0].name, "New");
}

static int notified;

/* Other tests may run in the same database at the same time: their stores' notices are not ours. */
static void count_notice(void *context, const char *channel, const char *payload)
{
    assert_string_equal(channel, "lapak_catalogue");
    notified += strcmp(payload, shop->tenant.name) == 0;
}

static void test_other_servers_are_told_at_the_commit(void **state)
{
    NEEDS_SHOP();
    static const char *const channels[] = {"lapak_catalogue", NULL};
    struct db *listener;
    MUST(db_open(getenv("LAPAK_TEST_DATABASE_URL"), channels, 0, &listener, &err));
    notified = 0;
    int64_t a = shop_product(shop, "A", 5000, 0);
    bool added;
    struct work *work = shop_begin(shop);
    MUST(stock_add(work, a, "one", &added, &err));
    work_end(work);
    MUST(db_exec(listener, "SELECT 1", NULL, &err));
    db_notifications(listener, count_notice, NULL);
    assert_int_equal(notified, 0);
    work = shop_begin(shop);
    MUST(stock_add(work, a, "one", &added, &err));
    MUST(stock_add(work, a, "one", &added, &err)); /* known: nothing to tell */
    shop_commit(shop);
    MUST(db_exec(listener, "SELECT 1", NULL, &err));
    db_notifications(listener, count_notice, NULL);
    assert_int_equal(notified, 1);
    db_close(&listener);
}

DB_TENANT_STATEMENT(test_own_pid, "SELECT pg_backend_pid()");

static void test_an_old_one_is_served_while_the_database_is_away(void **state)
{
    NEEDS_SHOP();
    struct shop *other = shop_another();
    int64_t a = shop_product(shop, "A", 5000, 2);
    struct db_rows rows;
    MUST(db_query(shop_begin(other)->tx, &test_own_pid, DB_NO_PARAMS, &rows, &err));
    long long pid = db_int(&rows, 0, 0);
    assert_int_equal(stock_of(shop_task(other), a), 2);
    catalogue_forget(shop_task(other));
    shop_sql(shop, "SELECT pg_terminate_backend(%lld)", pid);
    while (shop_sql(shop, "SELECT count(*) FROM pg_stat_activity WHERE pid = %lld", pid))
        ;
    assert_int_equal(stock_of(&other->work, a), 2);
    assert_null(other->work.tx);
    shop_close(&other);
}

static bool low(int64_t product, int64_t available)
{
    bool crossed = false;
    MUST(catalogue_note_stock(shop_begin(shop), product, available, 3, &crossed, &err));
    shop_commit(shop);
    return crossed;
}

static void test_low_stock_is_told_once_per_crossing(void **state)
{
    NEEDS_SHOP();
    int64_t a = shop_product(shop, "A", 5000, 0);
    bool added;
    assert_false(low(a, 4));
    assert_true(low(a, 3));
    assert_false(low(a, 2));
    assert_false(low(a, 0));
    assert_false(low(a, 4)); /* risen */
    assert_true(low(a, 1));
    /* New units bring it above the limit without anybody noting it. */
    struct work *work = shop_begin(shop);
    for (int i = 0; i < 3; i++)
        MUST(stock_add(work, a, arena_printf(work->arena, "%d", i), &added, &err));
    shop_commit(shop);
    assert_false(low(a, 3));
    MUST(stock_add(shop_begin(shop), a, "the fourth", &added, &err));
    shop_commit(shop);
    assert_true(low(a, 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(test_what_is_in_it_and_in_which_order),
        SHOP_TEST(test_it_follows_changes_with_the_commit),
        SHOP_TEST(test_without_a_snapshot_it_says_so_after_a_commit),
        SHOP_TEST(test_a_minute_is_its_age),
        SHOP_TEST(test_other_servers_are_told_at_the_commit),
        SHOP_TEST(test_an_old_one_is_served_while_the_database_is_away),
        SHOP_TEST(test_low_stock_is_told_once_per_crossing),
    };
    return cmocka_run_group_tests(tests, shop_set_up, shop_tear_down);
}

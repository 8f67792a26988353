#include "fixture.h"

#include <string.h>

#include "store/catalogue.h"
#include "store/settings.h"

enum { ANDI = 9001, AYU = 9003 };

static struct work *applied(struct shop *of)
{
    struct work *work = shop_task(of);
    settings_apply(work);
    return work;
}

static void put(const char *key, json_t *value, int64_t edition)
{
    struct work *work = shop_begin(shop);
    MUST(settings_put(work, key, value, edition, ANDI, "", &err));
    shop_commit(shop);
}

static void test_what_is_set_stands_over_the_file(void **state)
{
    NEEDS_SHOP();
    const char *title = shop->tenant.title;
    put("title", json_string("Kopi Baru"), 0);
    put("invoice_minutes", json_integer(42), 0);
    put("maintenance", json_true(), 0);
    struct work *work = applied(shop);
    assert_string_equal(work->tenant->title, "Kopi Baru");
    assert_int_equal(work->tenant->invoice_minutes, 42);
    assert_true(settings_of(work)->maintenance);
    assert_string_equal(settings_row(work, "title")->json, "\"Kopi Baru\"");
    put("title", NULL, 1);
    work = applied(shop);
    assert_ptr_equal(work->tenant->title, title);
    assert_null(settings_row(work, "title"));
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM admin_logs WHERE subject = 'setting'"), 4);
    assert_int_equal(shop_sql(shop, "SELECT (before->>'value' = 'Kopi Baru' AND after->>'value' IS NULL)::int"
                                    " FROM admin_logs WHERE action = 'reset'"),
                     1);
}

static void test_admins_of_the_menu(void **state)
{
    NEEDS_SHOP();
    put("admin:9003", json_pack("{s:s}", "name", "Ayu"), 0);
    struct work *work = applied(shop);
    assert_true(tenant_is_admin(work->tenant, AYU));
    assert_false(tenant_is_admin(&shop->tenant, AYU));
    put("admin:9003", NULL, 1);
    assert_false(tenant_is_admin(applied(shop)->tenant, AYU));
}

static void test_the_second_to_change_it_is_told(void **state)
{
    NEEDS_SHOP();
    put("low_stock", json_integer(5), 0);
    struct work *work = shop_begin(shop);
    MUST_FAIL(ERR_CONFLICT, settings_put(work, "low_stock", json_integer(6), 0, AYU, "", &err));
    put("low_stock", json_integer(7), 1);
    work = shop_begin(shop);
    MUST_FAIL(ERR_CONFLICT, settings_put(work, "low_stock", json_integer(8), 1, AYU, "", &err));
    assert_int_equal(applied(shop)->tenant->low_stock, 7);
}

static void test_two_who_set_it_first(void **state)
{
    NEEDS_SHOP();
    struct shop *other = shop_another();
    struct work *work = shop_begin(shop);
    MUST(settings_put(work, "low_stock", json_integer(5), 0, ANDI, "", &err));
    shop_commit(shop);
    work = shop_begin(other);
    MUST_FAIL(ERR_CONFLICT, settings_put(work, "low_stock", json_integer(6), 0, AYU, "", &err));
    shop_close(&other);
}

static void test_what_can_not_be_is_refused(void **state)
{
    NEEDS_SHOP();
    static const struct {
        const char *key, *json;
    } rows[] = {{"title", "\"\""},
                {"title", "\"a\\nb\""},
                {"title", "5"},
                {"invoice_minutes", "0"},
                {"invoice_minutes", "1441"},
                {"invoice_minutes", "\"5\""},
                {"maintenance", "1"},
                {"support", "\"toko\""},
                {"support", "\"@a b c d\""},
                {"channel", "\"https://x\""},
                {"channel", "\"-12\""},
                {"channel.link", "\"http://t.me/+abcdef\""},
                {"channel.link", "\"https://t.me/+abc def\""},
                {"maintenance.note", "\" \""}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct work *work = shop_begin(shop);
        json_t *value = json_loads(rows[i].json, JSON_DECODE_ANY, NULL);
        MUST_FAIL(ERR_INVALID, settings_put(work, rows[i].key, value, 0, ANDI, "", &err));
    }
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM settings"), 0);
}

static bool put_number(const char *key, int64_t value, int64_t edition, struct error *err)
{
    struct work *work = shop_begin(shop);
    bool ok = settings_put(work, key, json_integer(value), edition, ANDI, "", err);
    return ok && work_commit(work, err);
}

static void test_a_least_amount_is_not_above_the_most(void **state)
{
    NEEDS_SHOP();
    MUST_FAIL(ERR_INVALID,
              put_number("deposit.minimum", 10000001, 0, &err)); /* the file's most is 10,000,000 */
    MUST_FAIL(ERR_INVALID, put_number("deposit.maximum", 9999, 0, &err));
    MUST(put_number("deposit.minimum", 10000000, 0, &err));
    MUST(put_number("deposit.maximum", 20000000, 0, &err));
    MUST(put_number("deposit.minimum", 15000000, 1, &err));
    struct work *work = shop_begin(shop);
    MUST_FAIL(ERR_INVALID, settings_put(work, "deposit.maximum", NULL, 1, ANDI, "", &err));
    bool together = true;
    MUST(settings_goes_together(work, settings_definition("deposit.maximum"), NULL, &together, &err));
    assert_false(together);
    work = applied(shop);
    assert_int_equal(work->tenant->deposit_least, 15000000);
    assert_int_equal(work->tenant->deposit_most, 20000000);
}

static void test_what_contradicts_the_file_does_not_count(void **state)
{
    NEEDS_SHOP();
    MUST(put_number("deposit.minimum", 9000000, 0, &err));
    int64_t most = shop->tenant.deposit_most;
    shop->tenant.deposit_most = 5000000; /* by whoever runs the server */
    struct work *work = shop_task(shop);
    settings_forget(work);
    settings_apply(work);
    assert_int_equal(work->tenant->deposit_least, 10000);
    assert_int_equal(work->tenant->deposit_most, 5000000);
    shop->tenant.deposit_most = most;
}

static void test_values_in_force_and_of_the_file(void **state)
{
    NEEDS_SHOP();
    put("low_stock", json_integer(7), 0);
    put("channel", json_string("@kopi_kabar"), 0);
    put("maintenance", json_true(), 0);
    struct work *work = applied(shop);
    static const struct {
        const char *name, *value, *of_file;
    } rows[] = {{"low_stock", "7", "3"},
                {"channel", "\"@kopi_kabar\"", NULL},
                {"maintenance", "true", "false"},
                {"support", NULL, NULL}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct setting_definition *definition = settings_definition(rows[i].name);
        json_t *value = settings_value(work, definition), *of_file = settings_default(work, definition);
        json_t *expected = rows[i].value ? json_loads(rows[i].value, JSON_DECODE_ANY, NULL) : NULL;
        json_t *expected_of_file =
            rows[i].of_file ? json_loads(rows[i].of_file, JSON_DECODE_ANY, NULL) : NULL;
        assert_true(expected ? json_equal(value, expected) : !value);
        assert_true(expected_of_file ? json_equal(of_file, expected_of_file) : !of_file);
        json_decref(value);
        json_decref(of_file);
        json_decref(expected);
        json_decref(expected_of_file);
    }
}

static void test_another_limit_of_stock(void **state)
{
    NEEDS_SHOP();
    bool crossed;
    int64_t product = shop_product(shop, "A", 1000, 3);
    MUST(catalogue_note_stock(shop_begin(shop), product, 3, 3, &crossed, &err));
    shop_commit(shop);
    assert_true(crossed);
    MUST(put_number("low_stock", 5, 0, &err)); /* known to be low */
    assert_int_equal(shop_sql(shop, "SELECT low_told::int FROM products"), 1);
    MUST(put_number("low_stock", 2, 1, &err)); /* not low any more: told of again when it falls */
    assert_int_equal(shop_sql(shop, "SELECT low_told::int FROM products"), 0);
    shop_sql(shop, "UPDATE products SET low_told = true");
    put("low_stock", NULL, 2); /* the file's 3 */
    assert_int_equal(shop_sql(shop, "SELECT low_told::int FROM products"), 1);
}

static void test_a_value_of_another_version_counts_as_unset(void **state)
{
    NEEDS_SHOP();
    shop_sql(shop, "INSERT INTO settings (key, value, updated_by, updated_at) VALUES"
                   " ('invoice_minutes', '9999999', 1, now()), ('no such', '1', 1, now())");
    struct work *work = shop_task(shop);
    settings_forget(work);
    settings_apply(work);
    assert_int_equal(work->tenant->invoice_minutes, shop->tenant.invoice_minutes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(test_what_is_set_stands_over_the_file),
        SHOP_TEST(test_admins_of_the_menu),
        SHOP_TEST(test_the_second_to_change_it_is_told),
        SHOP_TEST(test_two_who_set_it_first),
        SHOP_TEST(test_what_can_not_be_is_refused),
        SHOP_TEST(test_a_least_amount_is_not_above_the_most),
        SHOP_TEST(test_what_contradicts_the_file_does_not_count),
        SHOP_TEST(test_values_in_force_and_of_the_file),
        SHOP_TEST(test_another_limit_of_stock),
        SHOP_TEST(test_a_value_of_another_version_counts_as_unset),
    };
    return cmocka_run_group_tests(tests, shop_set_up, shop_tear_down);
}

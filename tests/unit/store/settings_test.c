#include "fixture.h"

#include <string.h>

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
                {"channel", "\"-12\""}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct work *work = shop_begin(shop);
        json_t *value = json_loads(rows[i].json, JSON_DECODE_ANY, NULL);
        MUST_FAIL(ERR_INVALID, settings_put(work, rows[i].key, value, 0, ANDI, "", &err));
    }
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM settings"), 0);
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
        SHOP_TEST(test_a_value_of_another_version_counts_as_unset),
    };
    return cmocka_run_group_tests(tests, shop_set_up, shop_tear_down);
}

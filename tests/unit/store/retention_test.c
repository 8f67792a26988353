/* What is removed when it is old, what is not, and that a long table is walked to its end. */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "store/retention.h"

static int64_t run(int64_t snk_days)
{
    auto_db struct db *db = NULL;
    int64_t rows = 0;
    shop_task(shop);
    const struct db_scope scope = {
        .id = 1, .schema = shop->work.scope->schema, .role = shop->work.scope->role};
    MUST(db_open(getenv("LAPAK_TEST_DATABASE_URL"), NULL, 0, &db, &err));
    MUST(retention_run(db, &scope, snk_days, false, shop->now_ms, &rows, &err));
    return rows;
}

/* `values`: of the columns, with {N} a time so many days ago. */
static void insert(const char *table, const char *values)
{
    auto_arena struct arena *arena = arena_new();
    struct str s = STR_INIT(arena);
    str_addf(&s, "INSERT INTO %s ", table);
    for (const char *p = values; *p; p++) {
        if (*p != '{') {
            str_add_bytes(&s, p, 1);
            continue;
        }
        str_addf(&s, "(to_timestamp(%lld / 1000.0) - interval '%d days')", (long long)shop->now_ms,
                 atoi(p + 1));
        p = strchr(p, '}');
    }
    shop_sql(shop, "%s", str_done(&s));
}

static void test_updates(void **state)
{
    NEEDS_SHOP();
    shop_task(shop);
    shop_sql(shop, "TRUNCATE updates_seen, updates_failed");
    /* numbers that began anew: the lowest are the newest */
    insert("updates_seen", "SELECT n, {1} FROM generate_series(1, 1500) n");
    insert("updates_seen", "SELECT n, {31} FROM generate_series(1000001, 1003500) n");
    insert("updates_seen", "VALUES (9000000000, {29})");
    insert(
        "updates_failed (update_id, attempts, error, first_at, last_at, parked_at)",
        "VALUES (1, 5, 'x', {40}, {40}, {40}), (2, 5, 'x', {40}, {20}, {20}), (3, 1, 'x', {40}, {40}, NULL)");
    assert_int_equal(run(30), 3502);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM updates_seen"), 1501);
    assert_int_equal(shop_sql(shop, "SELECT sum(update_id) FROM updates_failed"), 2);
    assert_int_equal(run(30), 0);
    shop_sql(shop, "TRUNCATE updates_seen, updates_failed");
}

static void test_messages_that_still_wait_stay(void **state)
{
    NEEDS_SHOP();
    shop_task(shop);
    insert("outbox (chat_id, seal_id, keep, state, due_at, created_at)",
           "SELECT 1, n, false, (ARRAY['sent', 'failed', 'pending', 'held'])[1 + n % 4], {40}, {40}"
           " FROM generate_series(1, 4000) n");
    insert("outbox (chat_id, seal_id, keep, state, due_at, created_at)",
           "SELECT 1, n, false, 'sent', {5}, {5} FROM generate_series(1, 10) n");
    assert_int_equal(run(30), 2000);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM outbox WHERE state IN ('pending', 'held')"), 2000);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM outbox"), 2010);
}

static void test_proofs_are_emptied(void **state)
{
    NEEDS_SHOP();
    shop_task(shop);
    insert("users (telegram_id, first_name, created_at, seen_at)", "VALUES (1001, 'Budi', {90}, {90})");
    insert("conversations (telegram_id, kind, ref, expires_at)", "VALUES (1001, 'wizard', 1, {31})");
    insert("categories (name, position)", "VALUES ('Rak', 1)");
    insert("products (category_id, code, name, price, position, created_at, updated_at)",
           "SELECT max(id), 'SUSU', 'Susu', 1000, 1, {90}, {90} FROM categories");
    insert("orders (reference, telegram_id, state, subtotal, total, created_at, expires_at, paid_at, "
           "completed_at)",
           "VALUES ('tg1001-x', 1001, 'completed', 1000, 1000, {90}, {90}, {90}, {90})");
    insert("order_items (order_id, product_id, name, price, quantity, snk)",
           "SELECT o.id, p.id, 'Susu', 1000, 1, 'x' FROM orders o, products p");
    insert("terms (order_id, order_item_id, telegram_id, state, proof_kind, proof, created_at, fulfilled_at)",
           "SELECT order_id, id, 1001, 'fulfilled', 'text', 'x', {20}, {20} FROM order_items");
    assert_int_equal(run(30), 1); /* the conversation */
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM conversations"), 0);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM terms WHERE proof IS NULL"), 0);
    assert_int_equal(run(10), 1); /* as the store wishes */
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM terms WHERE proof IS NULL AND state = 'fulfilled'"
                                    " AND proof_kind = 'text' AND fulfilled_at IS NOT NULL"),
                     1);
    assert_int_equal(run(10), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(test_updates),
        SHOP_TEST(test_messages_that_still_wait_stay),
        SHOP_TEST(test_proofs_are_emptied),
    };
    return cmocka_run_group_tests(tests, shop_set_up, shop_tear_down);
}

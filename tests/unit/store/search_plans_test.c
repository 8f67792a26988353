/* No search reads a table from end to end, or walks an index past more than a page of rows, however much was
 * sold: PostgreSQL is asked how it would run the statements over a store of some years. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/* LAPAK_TEST_ORDERS: as many instead. */
enum { ORDERS = 200000, PEOPLE = 20000, MOST_BUFFERS = 400 };

static int64_t orders;

static void fill(void)
{
    static const char *const pieces[] = {
        /* checked at once in the end rather than row by row */
        "CREATE TEMP TABLE keys AS SELECT conrelid::regclass AS place, conname AS name,"
        " pg_get_constraintdef(oid) AS says FROM pg_constraint"
        " WHERE contype = 'f' AND connamespace = current_schema()::regnamespace",
        "DO $do$ DECLARE k record; BEGIN FOR k IN SELECT * FROM keys LOOP"
        " EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', k.place, k.name); END LOOP; END $do$",
        "INSERT INTO users (telegram_id, first_name, username, created_at, seen_at)"
        " SELECT n, 'Person ' || n, CASE WHEN n % 2 = 0 THEN 'person_' || n END, now(), now()"
        " FROM generate_series(1, $people) n",
        "INSERT INTO categories (name, position) VALUES ('Shelf', 1)",
        "INSERT INTO products (category_id, code, name, price, position, created_at, updated_at)"
        " SELECT c.id, 'P' || n, 'Product ' || n, 5000, n, now(), now()"
        " FROM generate_series(1, 3000) n, categories c",
        /* of a thousand orders one waits to be paid, two to be delivered; the last product is rarely bought
         */
        "INSERT INTO orders (reference, telegram_id, state, subtotal, total, created_at, expires_at, paid_at,"
        " completed_at, ended_at, end_reason) SELECT 'tg' || n % $people + 1 || '-r' || n, n % $people + 1, "
        "s, 5000,"
        " 5000, now(), now(), CASE WHEN s IN ('paid', 'completed') THEN now() END,"
        " CASE WHEN s = 'completed' THEN now() END, CASE WHEN s IN ('expired', 'cancelled') THEN now() END,"
        " 'expired' FROM (SELECT n, CASE WHEN n % 1000 = 1 THEN 'pending' WHEN n % 500 = 2 THEN 'paid'"
        " WHEN n % 3 = 0 THEN 'expired' WHEN n % 50 = 4 THEN 'cancelled' ELSE 'completed' END AS s"
        " FROM generate_series(1, $orders) n) x",
        "INSERT INTO order_items (order_id, product_id, name, price, quantity, snk)"
        " SELECT n, CASE WHEN n % 1000 = 7 THEN 50 ELSE n % 49 + 1 END, 'Product', 5000, 1, ''"
        " FROM generate_series(1, $orders) n",
        /* one in two thousand was paid with another amount, and one of ten of these still waits for an admin
         */
        "INSERT INTO payments (order_id, gateway_order_id, method, amount, state, txn_id, created_at, "
        "ended_at,"
        " problem, paid_amount, resolution) SELECT o.id, o.reference, 'qris', 5000,"
        " CASE state WHEN 'pending' THEN 'waiting' WHEN 'paid' THEN 'completed' ELSE state END,"
        " 'txn-' || o.id, now(), ended_at, CASE WHEN id % 2000 < 1 THEN 'mismatch' END, 4000,"
        " CASE WHEN id % 2000 < 1 AND id % 20000 > 0 THEN 'credited' END FROM orders o",
        "INSERT INTO deposits (reference, telegram_id, kind, amount, state, created_at, expires_at, "
        "completed_at,"
        " ended_at, proof) SELECT 'dp' || n % $people + 1 || '-r' || n, n % $people + 1, 'manual', 50000, s, "
        "now(),"
        " now(), CASE WHEN s = 'completed' THEN now() END, CASE WHEN s = 'expired' THEN now() END, 'x'"
        " FROM (SELECT n, CASE WHEN n % 2000 = 1 THEN 'review' WHEN n % 2000 = 2 THEN 'rejected'"
        " WHEN n % 4 = 0 THEN 'expired' ELSE 'completed' END AS s FROM generate_series(1, $orders / 5) n) x",
        "INSERT INTO payments (deposit_id, gateway_order_id, method, amount, state, txn_id, created_at, "
        "problem,"
        " paid_amount) SELECT id, reference, 'qris', 50000, 'cancelled', 'dtxn-' || id, now(),"
        " CASE WHEN id % 8000 = 0 THEN 'mismatch' END, 4000 FROM deposits",
        "INSERT INTO ledger (telegram_id, kind, amount, reason_key, created_at)"
        " SELECT n % $people + 1, 'purchase', -5000, 'purchase:order:' || n, now()"
        " FROM generate_series(1, $orders / 4) n",
        "INSERT INTO admin_logs (actor_id, action, subject, subject_id, key, created_at)"
        " SELECT 1, 'refund', (ARRAY['order', 'unit', 'payment', 'deposit'])[n % 4 + 1], n, 'update:' || n, "
        "now()"
        " FROM generate_series(1, $orders / 10) n",
        "INSERT INTO stock_units (product_id, state, content, digest, order_item_id, created_at, sold_at)"
        " SELECT product_id, 'sold', 'x', convert_to(id::text, 'UTF8'), id, now(), now() FROM order_items"
        " WHERE id <= $orders / 20",
        "INSERT INTO terms (order_id, order_item_id, telegram_id, state, created_at)"
        " SELECT order_id, id, 1, 'open', now() FROM order_items WHERE id <= $orders / 4",
    };
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        auto_arena struct arena *arena = arena_new();
        struct str sql = STR_INIT(arena);
        for (const char *p = pieces[i]; *p; p++) {
            bool is_people = str_starts_with(p, "$people"), is_orders = str_starts_with(p, "$orders");
            if (is_people || is_orders)
                str_addf(&sql, "%lld", (long long)(is_people ? PEOPLE : orders));
            else
                str_addf(&sql, "%c", *p);
            p += is_people || is_orders ? strlen("$people") - 1 : 0;
        }
        MUST(db_exec(shop->admin, str_done(&sql), NULL, &err));
    }
    MUST(db_exec(shop->admin, "VACUUM ANALYZE", NULL, &err));
}

static const struct db_statement *find(const char *name)
{
    const struct db_statement *const *list;
    size_t count = db_statements(&list);
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i]->name, name) == 0)
            return list[i];
    fail_msg("there is no statement %s", name);
    return NULL;
}

/* Pages of the database that were touched, as EXPLAIN says of the whole plan. */
static int64_t buffers(const char *line)
{
    int64_t sum = 0;
    for (const char *what = "hit="; what; what = strcmp(what, "hit=") == 0 ? "read=" : NULL) {
        const char *at = strstr(line, what);
        sum += at ? atoll(at + strlen(what)) : 0;
    }
    return sum;
}

/* Run with the arguments (SQL), both as PostgreSQL plans it the first times and for good. */
static void check(const char *name, const char *arguments)
{
    static const char *const modes[] = {"force_custom_plan", "force_generic_plan"};
    auto_arena struct arena *arena = arena_new();
    MUST(db_exec(shop->admin, arena_printf(arena, "PREPARE plan AS %s", find(name)->sql), NULL, &err));
    for (size_t i = 0; i < 2; i++) {
        struct db_rows rows;
        struct str plan = STR_INIT(arena);
        int64_t touched = -1;
        MUST(db_exec(shop->admin, arena_printf(arena, "SET plan_cache_mode = %s", modes[i]), NULL, &err));
        const char *given = arguments ? arena_printf(arena, " (%s)", arguments) : "";
        const char *explain =
            arena_printf(arena, "EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, SUMMARY OFF) EXECUTE plan%s", given);
        MUST(db_exec(shop->admin, explain, &rows, &err));
        for (int row = 0; row < rows.count; row++) {
            const char *line = db_text(&rows, row, 0);
            str_addf(&plan, "%s\n", line);
            if (touched < 0 && strstr(line, "Buffers: "))
                touched = buffers(line);
        }
        db_rows_free(&rows);
        if (getenv("LAPAK_TEST_ORDERS"))
            printf("%s%s\n%s\n", name, given, str_done(&plan));
        if (strstr(str_done(&plan), "Seq Scan on ") || touched < 0 || touched > MOST_BUFFERS)
            fail_msg("%s%s, %s: %lld pages\n%s", name, given, modes[i], (long long)touched, str_done(&plan));
    }
    MUST(db_exec(shop->admin, "DEALLOCATE plan", NULL, &err));
}

static int set_up(void **state)
{
    const char *more = getenv("LAPAK_TEST_ORDERS");
    orders = more ? atoll(more) : ORDERS;
    if (shop_set_up(state) || !shop)
        return 0;
    shop_empty(state);
    fill();
    return 0;
}

#define NEWEST "9223372036854775807"

static void test_orders(void **state)
{
    NEEDS_SHOP();
    static const char *const from[] = {NEWEST, "100000", "40"};
    static const char *const states[] = {"pending", "paid", "completed", "cancelled", "expired"};
    auto_arena struct arena *arena = arena_new();
    for (size_t i = 0; i < 3; i++) {
        const char *beyond = arena_printf(arena, "%s", from[i]);
        check("order_search_all", beyond);
        check("order_search_all_newer", beyond);
        check("order_search_parked", beyond);
        check("order_search_parked_newer", beyond);
        for (size_t k = 0; k < 5; k++) {
            const char *of = arena_printf(arena, "%s, '%s'", beyond, states[k]);
            check("order_search_state", of);
            check("order_search_state_newer", of);
        }
        for (int k = 0; k < 2; k++) {
            const char *of = arena_printf(arena, "%s, %d", beyond, k ? 50 : 7);
            check("order_search_person", of);
            check("order_search_person_newer", of);
            check("order_search_product", of);
            check("order_search_product_newer", of);
        }
    }
    check("order_search_count", NULL);
    check("order_search_figures", "17");
    check("payment_select_all", "17, 10");
    check("order_list_select_end", "17");
}

static void test_what_is_typed(void **state)
{
    NEEDS_SHOP();
    check("order_search_typed", "'tg18-r17', NULL, 'tg18-r17'");
    check("order_search_typed", "'1700', 1700, '1700'");
    check("order_search_typed", "'@person_18', NULL, 'person_18'");
    check("order_search_typed", "'txn-17', NULL, 'txn-17'");
}

static void test_deposits(void **state)
{
    NEEDS_SHOP();
    static const char *const from[] = {NEWEST, "20000", "40"};
    static const char *const states[] = {"pending", "completed", "cancelled", "expired", "rejected"};
    auto_arena struct arena *arena = arena_new();
    for (size_t i = 0; i < 3; i++) {
        const char *beyond = arena_printf(arena, "%s", from[i]);
        check("deposit_search_all", beyond);
        check("deposit_search_all_newer", beyond);
        check("deposit_search_parked", beyond);
        check("deposit_search_parked_newer", beyond);
        check("deposit_search_waiting", beyond);
        check("deposit_search_waiting_before", beyond);
        for (size_t k = 0; k < 5; k++) {
            const char *of = arena_printf(arena, "%s, '%s'", beyond, states[k]);
            check("deposit_search_state", of);
            check("deposit_search_state_newer", of);
        }
        const char *of = arena_printf(arena, "%s, 7", beyond);
        check("deposit_search_person", of);
        check("deposit_search_person_newer", of);
    }
    check("deposit_search_waiting", "0");
    check("deposit_search_count", NULL);
    check("deposit_search_more", "17");
    check("payment_select_all_deposit", "17, 10");
}

static void test_histories(void **state)
{
    NEEDS_SHOP();
    check("history_order", "17");
    check("history_order", "20000");
    check("history_deposit", "17");
    check("history_deposit", "8000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_orders),
        cmocka_unit_test(test_what_is_typed),
        cmocka_unit_test(test_deposits),
        cmocka_unit_test(test_histories),
    };
    return cmocka_run_group_tests(tests, set_up, shop_tear_down);
}

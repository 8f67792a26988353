/* How PostgreSQL goes about every statement of the program in a big store: 5,000 products, 200,000 people,
 * 1,000,000 orders. None may read a big table whole, or a large part of one, but those that are listed here
 * with the reason. LAPAK_TEST_ROWS is another number of orders; LAPAK_TEST_PLANS=NAME (or "all") prints
 * plans. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>
#include <ctype.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "db/migrate.h"

enum {
    ORDERS = 1000000,
    MOST_ROWS = 2000, /* what a scan may give to something that takes in everything */
    MOST_COST = 5000, /* of a whole statement, in the planner's units: a twentieth of a look at all orders */
    ASKED_FOR = 100,  /* rows a list asks for at once: stands for LIMIT $n */
};

/* Grow with what is sold, or with who comes. */
static const char *const big_tables[] = {"orders",      "order_items", "users",  "payments",     "ledger",
                                         "stock_units", "terms",       "outbox", "updates_seen", "admin_logs",
                                         "deposits",    "audit_logs",  NULL};

/* May read much. A '*' stands for any end of a name. One that is not needed (any more) fails the test. */
static const struct exception {
    const char *name;
    const char *reason; /* for whoever reads this */
} exceptions[] = {
    {"verify_*", "the books: daily, on a connection of its own, bounded in time"},
    {"active_count", "in the background, on a connection of its own, bounded in time"},
    {"statistics_*", "a period's figures: in the background as well"},
    {"stock_count_all",
     "the catalogue's snapshot: by an index of what is in stock alone; 20 ms for 100,000 units"},
    {"monitor_orders", "two days' orders by when they were paid: once in some minutes"},
    {"person_erase_messages", "the operator's own word, once for a person; messages are not found by person"},
    {"catalogue_clear_low",
     "counts the few products that are marked alone; the planner reckons with all of them"},
};
enum { EXCEPTIONS = sizeof exceptions / sizeof exceptions[0] };

static const char schema[] = "store_unit_plans", role[] = "lapak_unit_plans";
static struct db *db;
static struct arena *arena;

static void run(const char *sql, struct db_rows *rows_out)
{
    struct error err = {0};
    if (!db_exec(db, sql, rows_out, &err))
        fail_msg("%.200s: %s", sql, err.text);
}

/* --- the store --- */

static const char *file_text(const char *path)
{
    struct str s = STR_INIT(arena);
    char buffer[4096];
    size_t n;
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("%s can't be read", path);
    while ((n = fread(buffer, 1, sizeof buffer, file)) > 0)
        str_add_bytes(&s, buffer, n);
    fclose(file);
    return str_done(&s);
}

static void drop_store(void)
{
    run(arena_printf(arena, "DROP SCHEMA IF EXISTS %s CASCADE", schema), NULL);
}

/* All of the store's, for a list in SQL. */
static const char *tables(void)
{
    struct db_rows rows;
    run(arena_printf(arena,
                     "SELECT string_agg(oid::regclass::text, ', ') FROM pg_class"
                     " WHERE relnamespace = '%s'::regnamespace AND relkind = 'r'",
                     schema),
        &rows);
    const char *list = db_text_copy(arena, &rows, 0, 0);
    db_rows_free(&rows);
    return list;
}

static int set_up(void **state)
{
    const char *url = getenv("LAPAK_TEST_DATABASE_URL"), *rows = getenv("LAPAK_TEST_ROWS");
    if (!url)
        return 0;
    struct error err = {0};
    arena = arena_new();
    if (!db_open(url, NULL, 0, &db, &err))
        fail_msg("%s", err.text);
    drop_store();
    struct migrate_target target = {.schema = schema, .role = role};
    if (!migrate_all(db, SCHEMA_DIR, &target, 1, &err) || target.failed)
        fail_msg("%s", target.failed ? target.error.text : err.text);
    int64_t begun_ms = clock_mono_ms();
    run(arena_printf(arena, "SET search_path = %s; SET lapak.orders = '%lld'; SET statement_timeout = 0",
                     schema, rows ? atoll(rows) : (long long)ORDERS),
        NULL);
    run(file_text(BIG_STORE), NULL);
    run(arena_printf(arena, "VACUUM ANALYZE %s", tables()), NULL);
    run("SET plan_cache_mode = force_generic_plan", NULL);
    print_message("the store took %" PRId64 " ms\n", clock_mono_ms() - begun_ms);
    return 0;
}

static int tear_down(void **state)
{
    if (!db)
        return 0;
    drop_store();
    run(arena_printf(arena, "DROP OWNED BY %s; DROP ROLE %s", role, role), NULL);
    db_close(&db);
    arena_free(&arena);
    return 0;
}

/* --- a statement's plan --- */

/* "LIMIT $3" asks for a tenth of everything, as far as a plan for any parameters can know. */
static const char *with_limits(const char *sql)
{
    static const char limit[] = "LIMIT $";
    struct str s = STR_INIT(arena);
    for (const char *at; (at = strstr(sql, limit)); sql = at) {
        str_add_bytes(&s, sql, (size_t)(at - sql));
        str_addf(&s, "LIMIT %d", ASKED_FOR);
        for (at += strlen(limit); isdigit((unsigned char)*at); at++)
            ;
    }
    str_add(&s, sql);
    return str_done(&s);
}

/* The parameters' types, as the statement itself has it; declared, they need not be used. */
static const char *types_of(const struct db_statement *statement, int *count_out)
{
    struct db_rows rows;
    run(arena_printf(arena, "PREPARE s AS %s", statement->sql), NULL);
    run("SELECT coalesce(array_to_string(parameter_types::text[], ', '), ''), cardinality(parameter_types)"
        " FROM pg_prepared_statements WHERE name = 's'",
        &rows);
    const char *types = db_text_copy(arena, &rows, 0, 0);
    *count_out = (int)db_int(&rows, 0, 1);
    db_rows_free(&rows);
    run("DEALLOCATE s", NULL);
    return types;
}

static json_t *plan_of(const struct db_statement *statement)
{
    int count;
    struct db_rows rows;
    struct error err = {0};
    json_t *json;
    const char *types = types_of(statement, &count);
    struct str nulls = STR_INIT(arena);
    for (int i = 0; i < count; i++)
        str_add(&nulls, i ? ", NULL" : "NULL");
    run(arena_printf(arena, count ? "PREPARE s (%s) AS %s" : "PREPARE s%s AS %s", types,
                     with_limits(statement->sql)),
        NULL);
    run(arena_printf(arena,
                     count ? "EXPLAIN (FORMAT JSON) EXECUTE s (%s)" : "EXPLAIN (FORMAT JSON) EXECUTE s%s",
                     str_done(&nulls)),
        &rows);
    const char *text = db_text(&rows, 0, 0);
    const char *shown = getenv("LAPAK_TEST_PLANS");
    if (shown && (!strcmp(shown, "all") || !strcmp(shown, statement->name)))
        printf("%s: %s\n", statement->name, text); /* longer than what cmocka prints */
    if (!json_parse(text, strlen(text), &json, &err))
        fail_msg("%s: %s", statement->name, err.text);
    db_rows_free(&rows);
    run("DEALLOCATE s", NULL);
    return json;
}

/* --- what may not be in it --- */

static const char *member(const json_t *node, const char *name)
{
    const char *text = "";
    json_get_string(node, name, &text);
    return text;
}

static double figure(const json_t *node, const char *name)
{
    return json_number_value(json_object_get(node, name));
}

static bool is_one_of(const char *text, const char *const *list)
{
    while (*list && strcmp(*list, text) != 0)
        list++;
    return *list;
}

/* Rows an index has entries for. */
static double index_size(const char *name)
{
    struct db_rows rows;
    run(arena_printf(arena, "SELECT reltuples::bigint FROM pg_class WHERE oid = '%s'::regclass", name),
        &rows);
    double size = (double)db_int(&rows, 0, 0);
    db_rows_free(&rows);
    return size;
}

/* How many rows of a big table the node walks through at least; `few` where something above it stops early.
 */
static const char *fault_of_scan(const json_t *node, bool few)
{
    const char *type = member(node, "Node Type"), *table = member(node, "Relation Name");
    bool filters = *member(node, "Filter");
    double rows = figure(node, "Plan Rows");
    if (!is_one_of(table, big_tables))
        return NULL;
    if (!strcmp(type, "Seq Scan"))
        return few && !filters ? NULL : arena_printf(arena, "reads all of %s", table);
    bool is_index = !strcmp(type, "Index Scan") || !strcmp(type, "Index Only Scan");
    if (is_index && !*member(node, "Index Cond") && index_size(member(node, "Index Name")) > MOST_ROWS &&
        !(few && !filters))
        return arena_printf(arena, "reads all of index %s", member(node, "Index Name"));
    if (rows > MOST_ROWS && !few)
        return arena_printf(arena, "reads %.0f rows of %s", rows, table);
    return NULL;
}

static const char *fault_of(const json_t *node, bool few)
{
    /* They take in everything before they give anything. */
    static const char *const thorough[] = {"Sort",  "Aggregate",   "Hash", "WindowAgg",
                                           "SetOp", "ModifyTable", NULL};
    const char *type = member(node, "Node Type"), *fault = fault_of_scan(node, few);
    bool below = !strcmp(type, "Limit") || (few && !is_one_of(type, thorough));
    const json_t *plans = json_object_get(node, "Plans");
    for (size_t i = 0; !fault && i < json_array_size(plans); i++) {
        const json_t *child = json_array_get(plans, i);
        bool apart = *member(child, "Subplan Name"); /* run by itself, to its end */
        fault = fault_of(child, below && !apart);
    }
    return fault;
}

static bool touches_big_table(const json_t *node)
{
    const json_t *plans = json_object_get(node, "Plans");
    bool touches = is_one_of(member(node, "Relation Name"), big_tables);
    for (size_t i = 0; !touches && i < json_array_size(plans); i++)
        touches = touches_big_table(json_array_get(plans, i));
    return touches;
}

static const char *look_at(const struct db_statement *statement)
{
    auto_json json_t *explained = plan_of(statement);
    const json_t *root = json_object_get(json_array_get(explained, 0), "Plan");
    const char *fault = fault_of(root, false);
    double cost = figure(root, "Total Cost");
    if (!fault && strstr(statement->sql, "OFFSET $") && touches_big_table(root))
        fault = "reads what it skips";
    return fault || cost <= MOST_COST ? fault : arena_printf(arena, "costs %.0f", cost);
}

/* --- the tests --- */

/* EXCEPTIONS where it is none. */
static size_t exception_of(const char *name)
{
    size_t i = 0;
    for (; i < EXCEPTIONS; i++) {
        size_t length = strcspn(exceptions[i].name, "*");
        if (!strncmp(exceptions[i].name, name, length) && (exceptions[i].name[length] || !name[length]))
            break;
    }
    return i;
}

static void test_no_statement_reads_a_whole_table(void **state)
{
    if (!db)
        skip();
    const struct db_statement *const *list;
    bool needed[EXCEPTIONS + 1] = {false};
    size_t count = db_statements(&list), faults = 0;
    for (size_t i = 0; i < count; i++) {
        const char *fault = list[i]->where != DB_SERVER ? look_at(list[i]) : NULL;
        size_t exception = exception_of(list[i]->name);
        if (fault && exception == EXCEPTIONS) {
            print_error("%s: %s\n", list[i]->name, fault);
            faults++;
        }
        needed[exception] = needed[exception] || fault;
    }
    /* In a smaller store fewer of them are. */
    for (size_t i = 0; i < EXCEPTIONS && !getenv("LAPAK_TEST_ROWS"); i++) {
        if (!needed[i])
            print_error("%s: is no exception (any more)\n", exceptions[i].name);
        faults += !needed[i];
    }
    assert_int_equal(faults, 0);
}

/* The test itself: what must be found, and what not. */
static void test_what_is_found(void **state)
{
    static const struct {
        const char *sql, *fault;
    } rows[] = {
        {"SELECT count(*) FROM users", "reads all of"},
        {"SELECT id FROM orders WHERE total > $1 ORDER BY id LIMIT $2", "reads all of index orders_pkey"},
        {"SELECT id FROM orders ORDER BY total LIMIT $1", "reads all of orders"},
        {"SELECT count(*) FROM orders WHERE state = $1", "reads "},
        {"SELECT telegram_id FROM users WHERE first_name ILIKE '%' || $1 || '%' LIMIT 10",
         "reads all of users"},
        {"SELECT id FROM orders ORDER BY id DESC LIMIT $1 OFFSET $2", "reads what it skips"},
        {"SELECT o.id, u.first_name FROM (SELECT id, telegram_id FROM orders WHERE state = $1 AND id < $2"
         " ORDER BY id DESC LIMIT $3) o JOIN users u USING (telegram_id) ORDER BY o.id DESC",
         NULL},
        {"SELECT id FROM ledger WHERE telegram_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3", NULL},
        {"UPDATE orders SET state = $2 WHERE id = $1 AND state = $3", NULL},
    };
    if (!db)
        skip();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *fault =
            look_at(&(struct db_statement){.name = "row", .sql = rows[i].sql, .where = DB_TENANT});
        if (rows[i].fault ? !fault || !str_starts_with(fault, rows[i].fault) : fault != NULL)
            fail_msg("%s: %s", rows[i].sql, fault ? fault : "nothing is found");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_statement_reads_a_whole_table),
        cmocka_unit_test(test_what_is_found),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

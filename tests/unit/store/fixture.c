#include "fixture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "db/migrate.h"
#include "store/stock.h"
#include "store/user.h"

struct shop *shop;

/* "unit_store_order" in store_order_test: each program has a schema of its own, and they share this object.
 */
static const char *name_of_program(void)
{
    static char name[48];
    int length = (int)strlen(program_invocation_short_name);
    if (length > 5 && strcmp(program_invocation_short_name + length - 5, "_test") == 0)
        length -= 5;
    snprintf(name, sizeof name, "unit_%.*s", length, program_invocation_short_name);
    return name;
}

static void make_schema(struct shop *s, const char *url)
{
    MUST(db_open(url, NULL, 0, &s->admin, &err));
    auto_arena struct arena *arena = arena_new();
    MUST(db_exec(s->admin, arena_printf(arena, "DROP SCHEMA IF EXISTS %s CASCADE", s->schema), NULL, &err));
    struct migrate_target target = {.schema = s->schema, .role = s->role};
    MUST(migrate_all(s->admin, SCHEMA_DIR, &target, 1, &err));
    if (target.failed)
        fail_msg("%s", target.error.text);
}

static struct shop *open_shop(const char *url, bool fresh)
{
    static const uint8_t master_key[CRYPTO_KEY_BYTES] = {42};
    struct shop *s = xcalloc(1, sizeof *s);
    s->tenant.name = name_of_program();
    snprintf(s->schema, sizeof s->schema, "store_%s", s->tenant.name);
    snprintf(s->role, sizeof s->role, "lapak_%s", s->tenant.name);
    s->tenant.magic = TENANT_MAGIC;
    atomic_init(&s->tenant.references, 1);
    s->tenant.schema = s->schema;
    s->tenant.role = s->role;
    s->tenant.low_stock = 3;
    s->tenant.most_open = 3;
    s->tenant.deposit_least = 10000;
    s->tenant.deposit_most = 10000000;
    if (fresh)
        make_schema(s, url);
    else
        MUST(db_open(url, NULL, 0, &s->admin, &err));
    MUST(db_open(url, NULL, 0, &s->lane.db, &err));
    s->store.lane = &s->lane;
    s->store.tenant = &s->tenant;
    s->store.scope = (struct db_scope){1, s->schema, s->role};
    vault_init(&s->store.vault, master_key, s->tenant.name);
    s->now_ms = clock_now_ms();
    shop_sql(s, "SET search_path = %s", s->schema);
    shop_task(s);
    return s;
}

static void forget(struct shop *s)
{
    if (s->store.data)
        s->store.free_data(s->store.data);
    s->store.data = NULL;
    hands_free(&s->store.hands);
}

void shop_close(struct shop **closed)
{
    struct shop *s = *closed;
    if (!s)
        return;
    work_end(&s->work);
    forget(s);
    audit_notes_free(&s->store);
    db_close(&s->lane.db);
    db_close(&s->admin);
    arena_free(&s->arena);
    free(s);
    *closed = NULL;
}

int shop_set_up(void **state)
{
    const char *url = getenv("LAPAK_TEST_DATABASE_URL");
    if (url)
        shop = open_shop(url, true);
    return 0;
}

int shop_tear_down(void **state)
{
    if (shop) {
        shop_task(shop); /* lets go of what the last test holds */
        shop_sql(shop, "DROP SCHEMA %s CASCADE", shop->schema);
        shop_sql(shop, "DROP OWNED BY %s; DROP ROLE %s", shop->role, shop->role);
    }
    shop_close(&shop);
    return 0;
}

struct shop *shop_another(void)
{
    return open_shop(getenv("LAPAK_TEST_DATABASE_URL"), false);
}

int shop_empty(void **state)
{
    if (!shop)
        return 0;
    shop_task(shop);
    forget(shop);
    shop_sql(
        shop,
        "TRUNCATE users, conversations, categories, products, orders, order_items, stock_units, cart_items,"
        " payments, ledger, terms, outbox, jobs, coupons, deposits, admin_logs, audit_logs, settings, "
        "broadcasts RESTART "
        "IDENTITY;"
        "DELETE FROM counters;"
        "INSERT INTO counters (name, value) VALUES ('users', 0), ('unreachable', 0), ('completed', 0)");
    return 0;
}

struct work *shop_task(struct shop *s)
{
    work_end(&s->work);
    if (s->arena)
        arena_free(&s->arena);
    s->arena = arena_new();
    s->now_ms += 1000;
    work_init(&s->work, &s->store, &s->tenant, s->arena, s->now_ms);
    return &s->work;
}

struct work *shop_begin(struct shop *s)
{
    shop_task(s);
    MUST(work_begin(&s->work, &err));
    return &s->work;
}

void shop_commit(struct shop *s)
{
    MUST(work_commit(&s->work, &err));
}

int64_t shop_sql(struct shop *s, const char *format, ...)
{
    auto_arena struct arena *arena = arena_new();
    va_list args;
    va_start(args, format);
    const char *sql = arena_vprintf(arena, format, args);
    va_end(args);
    struct db_rows rows;
    struct error err = {0};
    if (!db_exec(s->admin, sql, &rows, &err))
        fail_msg("%s: %s", sql, err.text);
    int64_t value = rows.count ? db_int(&rows, 0, 0) : 0;
    db_rows_free(&rows);
    return value;
}

int64_t shop_product(struct shop *s, const char *code, int64_t price, int units)
{
    shop_sql(s, "INSERT INTO categories (name, position) VALUES ('Shelf', 1) ON CONFLICT DO NOTHING");
    int64_t id = shop_sql(s,
                          "INSERT INTO products (category_id, code, name, price, snk, position, created_at,"
                          " updated_at) SELECT id, '%s', 'Product %s', %lld, 'Terms of %s', 1, now(), now()"
                          " FROM categories WHERE name = 'Shelf' RETURNING id",
                          code, code, (long long)price, code);
    struct work *work = shop_begin(s);
    for (int i = 1; i <= units; i++) {
        bool added;
        MUST(stock_add(work, id, arena_printf(work->arena, "%s-%d", code, i), &added, &err));
        assert_true(added);
    }
    shop_commit(s);
    return id;
}

void shop_person(struct shop *s, int64_t telegram_id)
{
    struct work *work = shop_begin(s);
    MUST(user_touch(work, &(struct person){.telegram_id = telegram_id, .first_name = "Buyer"}, &err));
    shop_commit(s);
}

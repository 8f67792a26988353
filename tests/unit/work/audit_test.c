/* The audit trail: its chain, what is found of those who rewrite it, and what a flood leaves. */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "work/audit.h"

/* The same key as the rig's. */
static const uint8_t master_key[32] = {7, 7, 7};

static void clean(void)
{
    for (int i = 0; i < RIG_STORES; i++)
        rig_sql("TRUNCATE %s.audit_logs RESTART IDENTITY", rig.tenants[i]->schema);
    rig_sql("DELETE FROM lapak.audit_heads WHERE store LIKE 'unit-" TEST_NAME "-%%'");
}

static bool add_one(struct work *work, const char *event, int number, struct error *err)
{
    const struct audit_entry entry = {
        .event = event, .actor = "telegram:1", .detail = json_pack("{s:i}", "number", number)};
    return audit_add(work, &entry, err);
}

/* As many rows as `context` says, two in a transaction. */
static void write_rows(struct work *work, void *context)
{
    int count = *(int *)context;
    for (int i = 0; i < count; i += 2) {
        MUST(work_begin(work, &err) && add_one(work, "config.changed", i, &err) &&
             (i + 1 == count || add_one(work, "role.granted", i + 1, &err)) && work_commit(work, &err));
        work_end(work);
    }
}

static void roll_back(struct work *work, void *context)
{
    struct error err;
    assert_true(work_begin(work, &err) && add_one(work, "config.changed", 0, &err) &&
                audit_write(work, &err) && db_flush(work->tx, &err));
    work_end(work);
}

static void fill(int count)
{
    clean();
    rig_do(rig.store, write_rows, &count);
}

/* What is found in the first store; "" where it is good. `after`: from this row on. */
static const char *verify(int64_t after, int64_t *rows_out)
{
    static char found[200];
    auto_arena struct arena *arena = arena_new();
    auto_db struct db *db = NULL;
    struct vault vault;
    struct audit_known known;
    struct audit_result result;
    const struct tenant *tenant = rig.tenants[0];
    const struct db_scope scope = {.id = 1, .schema = tenant->schema, .role = tenant->role};
    vault_init(&vault, master_key, tenant->name);
    MUST(db_open(getenv("LAPAK_TEST_DATABASE_URL"), NULL, 0, &db, &err));
    MUST(audit_known_get(db, &vault, tenant->name, &known, &err));
    assert_null(known.forged);
    struct audit_range range = {.head = known.head};
    if (after)
        range.after = known.verified;
    assert_int_equal(range.after.id, after);
    MUST(audit_verify(db, &scope, &vault, arena, &range, 10000, &result, &err));
    snprintf(found, sizeof found, "%s", result.good ? "" : result.says);
    if (!result.good)
        snprintf(found, sizeof found, "%lld %s", (long long)result.bad_id, result.says);
    if (rows_out)
        *rows_out = result.rows;
    return found;
}

#define VERIFY_FINDS(beginning) assert_ptr_equal(strstr(verify(0, NULL), beginning), verify(0, NULL))

static void head_is(int64_t id)
{
    rig_wait_sql(id, "SELECT id FROM lapak.audit_heads WHERE store = '%s' AND kind = 'head'",
                 rig.tenants[0]->name);
}

static void test_rows_are_chained(void **state)
{
    NEEDS_RIG();
    int64_t rows = 0;
    fill(2501);
    head_is(2501);
    assert_string_equal(verify(0, &rows), "");
    assert_int_equal(rows, 2501);
    assert_int_equal(
        rig_sql("SELECT count(*) FROM audit_logs WHERE previous = decode(repeat('00', 32), 'hex')"), 1);
    /* what was rolled back leaves a gap of ids and none in the chain */
    rig_do(rig.store, roll_back, NULL);
    rig_do(rig.store, write_rows, &(int){2});
    assert_int_equal(rig_sql("SELECT count(*) FROM audit_logs"), 2503);
    assert_int_equal(rig_sql("SELECT max(id) FROM audit_logs"), 2504);
    assert_string_equal(verify(0, NULL), "");
}

static void test_no_change_goes_unnoticed(void **state)
{
    NEEDS_RIG();
    static const struct {
        const char *sql, *found;
    } cases[] = {
        {"UPDATE audit_logs SET detail = '{\"number\":99}' WHERE id = 3", "3 was changed"},
        {"UPDATE audit_logs SET actor = 'operator' WHERE id = 1", "1 was changed"},
        {"UPDATE audit_logs SET created_at = created_at + interval '1 us' WHERE id = 5", "5 was changed"},
        {"UPDATE audit_logs SET hash = decode(repeat('11', 32), 'hex') WHERE id = 6", "6 was changed"},
        {"UPDATE audit_logs a SET previous = b.previous FROM audit_logs b WHERE a.id = 4 AND b.id = 2",
         "4 was changed"},
        {"DELETE FROM audit_logs WHERE id = 3", "4 does not follow"},
        {"DELETE FROM audit_logs WHERE id = 1", "2 does not follow"},
        {"DELETE FROM audit_logs WHERE id = 6", "6 is missing"},
        {"DELETE FROM audit_logs WHERE id > 2", "6 is missing"},
        {"DELETE FROM audit_logs", "6 is missing"},
        {"INSERT INTO audit_logs (id, event, actor, detail, created_at, previous, hash) OVERRIDING SYSTEM "
         "VALUE"
         " SELECT 7, event, actor, detail, created_at, previous, hash FROM audit_logs WHERE id = 2",
         "7 does not follow"},
        {"INSERT INTO audit_logs (event, actor, detail, created_at, previous, hash)"
         " SELECT 'role.granted', 'telegram:2', '{}', now(), hash, hash FROM audit_logs WHERE id = 6",
         "7 was changed, or not written"},
        {"UPDATE audit_logs SET id = DEFAULT WHERE id = 2", "3 does not follow"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fill(6);
        head_is(6);
        assert_string_equal(verify(0, NULL), "");
        rig_sql("%s", cases[i].sql);
        if (!str_starts_with(verify(0, NULL), cases[i].found))
            fail_msg("%s: found \"%s\"", cases[i].sql, verify(0, NULL));
    }
}

static void test_the_store_can_only_add(void **state)
{
    NEEDS_RIG();
    fill(2);
    static const char *const privileges[] = {"UPDATE", "DELETE", "TRUNCATE"};
    for (size_t i = 0; i < sizeof privileges / sizeof privileges[0]; i++) {
        assert_string_equal(rig_text("SELECT has_table_privilege('%s', 'audit_logs', '%s')",
                                     rig.tenants[0]->role, privileges[i]),
                            "f");
        assert_string_equal(
            rig_text("SELECT has_table_privilege(current_user, 'lapak.audit_logs', '%s')", privileges[i]),
            "f");
    }
}

static void test_what_was_verified_is_not_read_again(void **state)
{
    NEEDS_RIG();
    struct vault vault;
    struct audit_head good;
    auto_db struct db *db = NULL;
    int64_t rows = 0;
    const char *name = rig.tenants[0]->name;
    fill(10);
    MUST(db_open(getenv("LAPAK_TEST_DATABASE_URL"), NULL, 0, &db, &err));
    vault_init(&vault, master_key, name);
    auto_arena struct arena *arena = arena_new();
    struct audit_result result;
    const struct db_scope scope = {.id = 1, .schema = rig.tenants[0]->schema, .role = rig.tenants[0]->role};
    MUST(audit_verify(db, &scope, &vault, arena, &(struct audit_range){0}, 10000, &result, &err));
    good = result.last;
    MUST(audit_known_put(db, &vault, name, &good, 1, &err));
    rig_do(rig.store, write_rows, &(int){4});
    head_is(14);
    assert_string_equal(verify(10, &rows), "");
    assert_int_equal(rows, 4);
    rig_sql("UPDATE audit_logs SET actor = 'x' WHERE id = 4");
    assert_string_equal(verify(10, NULL), "");
    VERIFY_FINDS("4 was changed");
    rig_sql("DELETE FROM audit_logs WHERE id = 10");
    assert_string_equal(verify(10, NULL), "10 is missing");
    /* nobody makes up what is remembered */
    rig_sql("UPDATE lapak.audit_heads SET id = 9 WHERE store = '%s' AND kind = 'head'", name);
    struct audit_known known;
    MUST(audit_known_get(db, &vault, name, &known, &err));
    assert_string_equal(known.forged, "head");
    assert_int_equal(known.verified.id, 10);
    MUST(audit_known_forget(db, name, &err) && audit_known_get(db, &vault, name, &known, &err));
    assert_null(known.forged);
    assert_int_equal(known.head.id, 0);
}

static void write_one(struct work *work, void *argument)
{
    write_rows(work, &(int){1});
}

/* Two servers with one store. */
static void test_writers_take_turns(void **state)
{
    NEEDS_RIG();
    clean();
    struct lanes *other;
    const struct lane_options options = {.count = 1,
                                         .database_url = getenv("LAPAK_TEST_DATABASE_URL"),
                                         .pool = rig.pool,
                                         .master_key = master_key};
    MUST(lanes_start(&options, &other, &err));
    struct lane_store *there = lanes_add_store(other, rig.tenants[0]);
    for (int i = 0; i < 40; i++)
        lane_submit_internal(i % 2 ? there : rig.store, write_one, NULL);
    rig_settle(rig.store);
    lanes_stop(&other);
    assert_int_equal(rig_sql("SELECT count(*) FROM audit_logs"), 40);
    head_is(rig_sql("SELECT max(id) FROM audit_logs"));
    assert_string_equal(verify(0, NULL), "");
}

static void test_a_flood_makes_few_rows(void **state)
{
    NEEDS_RIG();
    clean();
    for (int i = 0; i < 500; i++)
        audit_note(rig.store, "fraud.secret", "pakasir");
    audit_note_by(rig.store, "fraud.role", 1005, "ao");
    rig_wait_sql(2, "SELECT count(*) FROM audit_logs");
    assert_string_equal(rig_text("SELECT actor FROM audit_logs WHERE event = 'fraud.role'"), "telegram:1005");
    for (int i = 0; i < 2000; i++) {
        char subject[32];
        snprintf(subject, sizeof subject, "subject %d", i);
        audit_note(rig.store, "fraud.path", subject);
    }
    rig_stop(); /* what was counted and not written is written at last */
    assert_int_equal(rig_sql("SELECT sum((detail::json->>'count')::bigint) FROM audit_logs"), 2501);
    assert_in_range(rig_sql("SELECT count(*) FROM audit_logs"), 20, 90);
    assert_int_equal(
        rig_sql("SELECT sum((detail::json->>'count')::bigint) FROM audit_logs WHERE event = 'fraud.secret'"),
        500);
    assert_true(rig_sql("SELECT sum((detail::json->>'count')::bigint) FROM audit_logs WHERE "
                        "detail::json->>'subject' = '…'") > 1500);
    head_is(rig_sql("SELECT max(id) FROM audit_logs"));
    assert_string_equal(verify(0, NULL), "");
    rig_start();
}

static void list(struct work *work, void *context)
{
    struct audit_row *rows;
    size_t count;
    struct audit_head head;
    MUST(audit_list(work, 0, 3, &rows, &count, &err));
    assert_int_equal(count, 3);
    assert_int_equal(rows[0].id, 5);
    assert_string_equal(rows[0].event, "config.changed");
    assert_string_equal(rows[0].actor, "telegram:1");
    assert_string_equal(rows[0].detail, "{\"number\":4}");
    assert_true(rows[0].created_ms > 1700000000000);
    MUST(audit_list(work, rows[2].id, 3, &rows, &count, &err));
    assert_int_equal(count, 2);
    assert_int_equal(rows[1].id, 1);
    MUST(audit_head(work, &head, &err));
    assert_int_equal(head.id, 5);
    assert_null(work->tx);
}

static void test_it_can_be_read(void **state)
{
    NEEDS_RIG();
    fill(5);
    rig_do(rig.store, list, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(test_rows_are_chained),       RIG_TEST(test_no_change_goes_unnoticed),
        RIG_TEST(test_the_store_can_only_add), RIG_TEST(test_what_was_verified_is_not_read_again),
        RIG_TEST(test_writers_take_turns),     RIG_TEST(test_a_flood_makes_few_rows),
        RIG_TEST(test_it_can_be_read),
    };
    return cmocka_run_group_tests_name("work/audit", tests, rig_set_up, rig_tear_down);
}

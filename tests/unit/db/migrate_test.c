/* Migrations against a real PostgreSQL (LAPAK_TEST_DATABASE_URL): the server's own files, and stores' files
 * made here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/migrate.h"

#define FIRST  "CREATE TABLE thing (id bigint); GRANT SELECT ON thing TO lapak_unit_migrate_a;"
#define SECOND "CREATE TABLE other (id bigint);"

static struct db *db;
static char directory[] = "/tmp/lapak-migrate-XXXXXX";
static struct arena *arena;

static void must(bool ok, const struct error *err)
{
    if (!ok)
        fail_msg("%s", err->text);
}

static int64_t sql(const char *text)
{
    struct db_rows rows;
    struct error err;
    must(db_exec(db, text, &rows, &err), &err);
    int64_t value = rows.count ? db_int(&rows, 0, 0) : 0;
    db_rows_free(&rows);
    return value;
}

static const char *path(const char *name)
{
    return arena_printf(arena, "%s/%s", directory, name);
}

static void put_file(const char *name, const char *text)
{
    FILE *file = fopen(path(name), "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int group_set_up(void **state)
{
    const char *url = getenv("LAPAK_TEST_DATABASE_URL");
    struct error err;
    if (!url)
        return 0;
    arena = arena_new();
    must(db_open(url, NULL, 0, &db, &err), &err);
    assert_non_null(mkdtemp(directory));
    assert_int_equal(symlink(SCHEMA_DIR "/lapak", path("lapak")), 0);
    assert_int_equal(mkdir(path("tenant"), 0700), 0);
    return 0;
}

static void clean(void)
{
    unlink(path("tenant/001_first.sql"));
    unlink(path("tenant/002_second.sql"));
    unlink(path("tenant/003_third.sql"));
    sql("DROP SCHEMA IF EXISTS store_unit_migrate_a CASCADE; DROP SCHEMA IF EXISTS store_unit_migrate_b "
        "CASCADE");
    sql("DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'lapak_unit_migrate_a') THEN "
        "DROP OWNED BY lapak_unit_migrate_a; DROP ROLE lapak_unit_migrate_a; END IF; "
        "IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'lapak_unit_migrate_b') THEN "
        "DROP OWNED BY lapak_unit_migrate_b; DROP ROLE lapak_unit_migrate_b; END IF; END $$");
}

static int group_tear_down(void **state)
{
    if (!db)
        return 0;
    clean();
    rmdir(path("tenant"));
    unlink(path("lapak"));
    rmdir(directory);
    db_close(&db);
    arena_free(&arena);
    return 0;
}

static int set_up(void **state)
{
    if (!db)
        return 0;
    clean();
    put_file("tenant/001_first.sql", FIRST);
    return 0;
}

#define NEEDS_DATABASE()                                                                                     \
    do {                                                                                                     \
        if (!db)                                                                                             \
            skip();                                                                                          \
    } while (0)
#define TARGET_A ((struct migrate_target){.schema = "store_unit_migrate_a", .role = "lapak_unit_migrate_a"})
#define TARGET_B ((struct migrate_target){.schema = "store_unit_migrate_b", .role = "lapak_unit_migrate_b"})

static void migrate(struct migrate_target *targets, size_t count)
{
    struct error err;
    must(migrate_all(db, directory, targets, count, &err), &err);
}

static void each_file_runs_once(void **state)
{
    NEEDS_DATABASE();
    struct error err;
    struct migrate_target target = TARGET_A;
    migrate(&target, 1);
    assert_false(target.failed);
    assert_int_equal(target.from, 0);
    assert_int_equal(target.to, 1);
    put_file("tenant/002_second.sql", SECOND);
    must(migrate_versions(db, directory, &target, 1, &err), &err);
    assert_int_equal(target.from, 1);
    assert_int_equal(target.to, 2);
    for (int round = 0; round < 2; round++) {
        target = TARGET_A;
        migrate(&target, 1);
        assert_false(target.failed);
        assert_int_equal(target.from, 1 + round);
        assert_int_equal(target.to, 2);
    }
    assert_int_equal(sql("SELECT count(*) FROM store_unit_migrate_a.other"), 0);
}

static void a_failed_file_leaves_nothing_and_others_go_on(void **state)
{
    NEEDS_DATABASE();
    put_file("tenant/002_second.sql",
             SECOND " SELECT 1 / (current_schema() <> 'store_unit_migrate_a')::int;");
    struct migrate_target targets[] = {TARGET_A, TARGET_B};
    put_file("tenant/001_first.sql", "CREATE TABLE thing (id bigint);");
    migrate(targets, 2);
    assert_true(targets[0].failed);
    assert_non_null(strstr(targets[0].error.text, "002_second.sql"));
    assert_int_equal(targets[0].to, 1);
    assert_int_equal(sql("SELECT count(to_regclass('store_unit_migrate_a.other'))"), 0);
    assert_false(targets[1].failed);
    assert_int_equal(targets[1].to, 2);
}

static void a_newer_schema_is_left_alone(void **state)
{
    NEEDS_DATABASE();
    struct migrate_target targets[] = {TARGET_A, TARGET_B};
    sql("CREATE SCHEMA store_unit_migrate_b; COMMENT ON SCHEMA store_unit_migrate_b IS 'lapak version 9'");
    migrate(targets, 2);
    assert_false(targets[0].failed);
    assert_true(targets[1].failed);
    assert_int_equal(targets[1].error.code, ERR_INVALID);
    assert_int_equal(targets[1].from, 9);
}

static void files_must_be_numbered_without_a_gap(void **state)
{
    NEEDS_DATABASE();
    struct migrate_target target = TARGET_A;
    struct error err;
    put_file("tenant/003_third.sql", SECOND);
    assert_false(migrate_all(db, directory, &target, 1, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_non_null(strstr(err.text, "expected version 002"));
    assert_int_equal(sql("SELECT count(*) FROM pg_namespace WHERE nspname = 'store_unit_migrate_a'"), 0);
}

static void *migrate_in_thread(void *argument)
{
    struct migrate_target *target = argument;
    auto_db struct db *own = NULL;
    struct error err;
    if (!db_open(getenv("LAPAK_TEST_DATABASE_URL"), NULL, 0, &own, &err) ||
        !migrate_all(own, directory, target, 1, &err)) {
        target->failed = true;
        target->error = err;
    }
    return NULL;
}

static void two_servers_may_start_at_once(void **state)
{
    NEEDS_DATABASE();
    enum { SERVERS = 4 };
    struct migrate_target targets[SERVERS];
    pthread_t threads[SERVERS];
    int from_nothing = 0;
    for (int i = 0; i < SERVERS; i++) {
        targets[i] = TARGET_A;
        assert_int_equal(pthread_create(&threads[i], NULL, migrate_in_thread, &targets[i]), 0);
    }
    for (int i = 0; i < SERVERS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < SERVERS; i++) {
        must(!targets[i].failed, &targets[i].error);
        from_nothing += targets[i].from == 0;
    }
    assert_int_equal(from_nothing, 1);
}

/* The advisory lock goes with the connection: from then on another server may be at work. */
static void nothing_goes_on_without_the_lock(void **state)
{
    NEEDS_DATABASE();
    put_file(
        "tenant/001_first.sql",
        "CREATE TABLE thing (id bigint); SELECT CASE WHEN current_schema() = 'store_unit_migrate_a' THEN "
        "pg_terminate_backend(pg_backend_pid()) END;");
    struct migrate_target targets[] = {TARGET_A, TARGET_B};
    struct error err;
    assert_false(migrate_all(db, directory, targets, 2, &err));
    assert_int_equal(err.code, ERR_RETRY);
    while (!db_ensure_up(db, &err)) /* at most one try a second */
        assert_int_equal(err.code, ERR_RETRY);
    assert_int_equal(sql("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'store\\_unit\\_migrate%'"),
                     0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_file_runs_once, set_up),
        cmocka_unit_test_setup(a_failed_file_leaves_nothing_and_others_go_on, set_up),
        cmocka_unit_test_setup(a_newer_schema_is_left_alone, set_up),
        cmocka_unit_test_setup(files_must_be_numbered_without_a_gap, set_up),
        cmocka_unit_test_setup(two_servers_may_start_at_once, set_up),
        cmocka_unit_test_setup(nothing_goes_on_without_the_lock, set_up),
    };
    return cmocka_run_group_tests(tests, group_set_up, group_tear_down);
}

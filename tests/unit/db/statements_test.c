/* Every statement of the program, prepared as PostgreSQL would prepare it in use: against freshly migrated
 * schemas, as the store's own role. What is linked in whole is checked; see meson.build. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "db/migrate.h"

static const struct db_scope tenant_scope = {1, "store_unit_statements", "lapak_unit_statements"};
static const struct db_scope server_scope = {2, "lapak", ""};

static void must(bool ok, const struct error *err)
{
    if (!ok)
        fail_msg("%s", err->text);
}

static void check_in(struct db *db, const struct db_scope *scope, const struct db_statement *statement)
{
    struct error err = {0};
    auto_tx struct db_tx *tx = NULL;
    must(db_begin(db, scope, &tx, &err), &err);
    must(db_check_statement(tx, statement, &err), &err);
}

static void check(struct db *db, const struct db_statement *statement)
{
    if (statement->where != DB_SERVER)
        check_in(db, &tenant_scope, statement);
    if (statement->where != DB_TENANT)
        check_in(db, &server_scope, statement);
}

static void test_all_can_be_prepared(void **state)
{
    const char *url = getenv("LAPAK_TEST_DATABASE_URL");
    if (!url)
        skip();
    static const char clean[] = "DROP SCHEMA IF EXISTS store_unit_statements CASCADE";
    auto_db struct db *db = NULL;
    struct error err = {0};
    struct migrate_target target = {.schema = tenant_scope.schema, .role = tenant_scope.role};
    must(db_open(url, NULL, 0, &db, &err), &err);
    must(db_exec(db, clean, NULL, &err), &err);
    must(migrate_all(db, SCHEMA_DIR, &target, 1, &err), &err);
    must(!target.failed, &target.error);
    const struct db_statement *const *list;
    size_t count = db_statements(&list);
    assert_true(count > 0);
    for (size_t i = 0; i < count; i++)
        check(db, list[i]);
    must(db_exec(db, clean, NULL, &err), &err);
    must(db_exec(db, "DROP OWNED BY lapak_unit_statements; DROP ROLE lapak_unit_statements", NULL, &err),
         &err);
}

/* A prepared statement goes by its name. */
static void test_names_are_unique(void **state)
{
    const struct db_statement *const *list;
    size_t count = db_statements(&list);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(list[i]->name, list[k]->name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_can_be_prepared),
        cmocka_unit_test(test_names_are_unique),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

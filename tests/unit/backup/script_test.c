#include "backup/script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

static struct arena *arena;
static struct str out; /* what the sink got: statements in [], rows as they are */

static int setup(void **unused)
{
    arena = arena_new();
    return 0;
}

static int teardown(void **unused)
{
    arena_free(&arena);
    return 0;
}

static bool on_statement(void *context, const char *sql, struct error *err)
{
    if (strstr(sql, "fails"))
        return error_set(err, ERR_INTERNAL, "it failed");
    str_addf(&out, "[%s]", sql);
    return true;
}
static bool on_begin(void *context, const char *sql, struct error *err)
{
    str_addf(&out, "<%s|", sql);
    return true;
}
static bool on_data(void *context, const void *bytes, size_t length, struct error *err)
{
    str_add_bytes(&out, bytes, length);
    return true;
}
static bool on_end(void *context, struct error *err)
{
    str_add(&out, ">");
    return true;
}
static const struct script_sink sink = {on_statement, on_begin, on_data, on_end, NULL};

/* In pieces of `step` bytes; what came of it, or the error. */
static const char *fed(const char *text, size_t step)
{
    struct error err;
    struct script *script = script_new("store_kopi", "verify_store_kopi", &sink);
    size_t length = strlen(text);
    bool ok = true;
    out = STR_INIT(arena);
    for (size_t at = 0; ok && at < length; at += step)
        ok = script_feed(script, text + at, length - at < step ? length - at : step, &err);
    ok = ok && script_end(script, &err);
    script_free(&script);
    return ok ? str_done(&out) : arena_strdup(arena, err.text);
}

static void becomes(const char *text, const char *expected)
{
    for (size_t step = 1; step < 9; step++)
        assert_string_equal(fed(text, step), expected);
    assert_string_equal(fed(text, 100000), expected);
}

static void the_name_is_replaced_where_it_names_the_schema(void **unused)
{
    becomes("CREATE SCHEMA store_kopi;\n", "[CREATE SCHEMA verify_store_kopi]");
    becomes("COMMENT ON SCHEMA store_kopi IS 'lapak version 4';",
            "[COMMENT ON SCHEMA verify_store_kopi IS 'lapak version 4']");
    becomes(
        "ALTER TABLE ONLY store_kopi.users\n    ADD CONSTRAINT u FOREIGN KEY (a) REFERENCES store_kopi.b(c);",
        "[ALTER TABLE ONLY verify_store_kopi.users\n    ADD CONSTRAINT u FOREIGN KEY (a) REFERENCES "
        "verify_store_kopi.b(c)]");
    becomes("SELECT pg_catalog.setval('store_kopi.orders_id_seq', 7, true);",
            "[SELECT pg_catalog.setval('verify_store_kopi.orders_id_seq', 7, true)]");
    becomes("GRANT USAGE ON SCHEMA store_kopi TO lapak_kopi;",
            "[GRANT USAGE ON SCHEMA verify_store_kopi TO lapak_kopi]");
}

static void and_nowhere_else(void **unused)
{
    becomes("CREATE TABLE store_kopi2.a (store_kopi integer, my_store_kopi text DEFAULT 'store_kopi.x');",
            "[CREATE TABLE store_kopi2.a (store_kopi integer, my_store_kopi text DEFAULT 'store_kopi.x')]");
    becomes("GRANT SELECT ON a TO store_kopi;", "[GRANT SELECT ON a TO store_kopi]");
    becomes("SELECT \"store_kopi\", 'SCHEMA store_kopi', $$store_kopi.a$$, $x$ $$ store_kopi.a $x $x$;",
            "[SELECT \"store_kopi\", 'SCHEMA store_kopi', $$store_kopi.a$$, $x$ $$ store_kopi.a $x $x$]");
    becomes("SELECT set_config('store_kopi.a', '', false);",
            "[SELECT set_config('store_kopi.a', '', false)]");
}

static void statements_are_cut_where_they_end(void **unused)
{
    becomes("--\n-- Name: a; Type: TABLE; Schema: store_kopi\n--\n\nSET a = 1;\nSET b = ';';SET c = 'it''s; "
            "x';\n",
            "[SET a = 1][SET b = ';'][SET c = 'it''s; x']");
    becomes("SET a = /* ; /* ; */ ' */ 1 - 2 / 3;", "[SET a =   1 - 2 / 3]");
    becomes("SET a = E'\\';\\\\'; SET b = E'it''s\\';';", "[SET a = E'\\';\\\\'][SET b = E'it''s\\';']");
    becomes("DO $do$ BEGIN x; y; END $do$;", "[DO $do$ BEGIN x; y; END $do$]");
    becomes(";;\n ; -- the end", "");
    becomes("SET a = \"b;c\";", "[SET a = \"b;c\"]");
}

static void rows_go_through_as_they_are(void **unused)
{
    becomes(
        "COPY store_kopi.users (id, name) FROM stdin;\n1\tstore_kopi.users\n2\t'; DROP SCHEMA lapak; --\n"
        "3\t\\\\.\n4\t\\.\n\t\\.\n$$ /* \"\n\\N\t\\N\n\\.\nSET a = 1;",
        "<COPY verify_store_kopi.users (id, name) FROM stdin|1\tstore_kopi.users\n2\t'; DROP SCHEMA lapak; "
        "--\n3\t\\\\.\n4\t\\.\n\t\\.\n$$ /* \"\n\\N\t\\N\n>[SET a = 1]");
    becomes("COPY store_kopi.a (x) FROM stdin;\n\\.\n", "<COPY verify_store_kopi.a (x) FROM stdin|>");
    becomes("COPY store_kopi.a (x) FROM stdin;\n\\\\.\n\\.x\n\\.\n",
            "<COPY verify_store_kopi.a (x) FROM stdin|\\\\.\n\\.x\n>");
    becomes("COPY store_kopi.a (x) FROM stdin;\n\n\n\\.\n", "<COPY verify_store_kopi.a (x) FROM stdin|\n\n>");
}

static void pg_restores_protection_is_left_out(void **unused)
{
    becomes("\\restrict aBc09\n\nSET a = 1;\n\\unrestrict aBc09\n", "[SET a = 1]");
}

static void commands_for_a_shell_are_refused(void **unused)
{
    becomes("\\! rm -rf /\n", "the dump holds a command for psql");
    becomes("SET a = 1;\n\\connect other\n", "the dump holds a command for psql");
}

static void what_is_cut_off_is_told(void **unused)
{
    static const char *const cut[] = {"SET a = 1",
                                      "SET a = 'x;",
                                      "COPY store_kopi.a (x) FROM stdin;\n1\n",
                                      "COPY store_kopi.a (x) FROM stdin;",
                                      "DO $$ x;",
                                      "/* x",
                                      "\\restrict a"};
    for (size_t i = 0; i < sizeof cut / sizeof *cut; i++)
        becomes(cut[i], "the dump ends in the middle of something");
    char *endless = arena_alloc(arena, 2000000);
    memset(endless, 'x', 1999999);
    assert_string_equal(fed(endless, 4096), "the dump holds a statement longer than 1 MiB");
    assert_string_equal(fed("COPY a FROM stdin; SELECT 1;\n\\.\n", 100),
                        "the dump holds something between COPY and its rows");
}

static void the_sinks_failure_ends_it(void **unused)
{
    becomes("SET a = 1;\nSET fails = 1;\nSET b = 1;\n", "it failed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_name_is_replaced_where_it_names_the_schema),
        cmocka_unit_test(and_nowhere_else),
        cmocka_unit_test(statements_are_cut_where_they_end),
        cmocka_unit_test(rows_go_through_as_they_are),
        cmocka_unit_test(pg_restores_protection_is_left_out),
        cmocka_unit_test(commands_for_a_shell_are_refused),
        cmocka_unit_test(what_is_cut_off_is_told),
        cmocka_unit_test(the_sinks_failure_ends_it),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

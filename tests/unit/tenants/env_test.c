#include "tenants/env.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "files.h"

static struct env *read_text(const char *text)
{
    return env_read(arena, files_write(".env", text), &faults);
}

static void values_are_read(void **unused)
{
    static const struct {
        const char *name, *value;
    } expected[] = {{"LT_A", "1"},       {"LT_B", "two words"},  {"LT_C", "x#y"},
                    {"LT_D", "a b # c"}, {"LT_E", "q\"\\\n\t$"}, {"LT_F", "${X} \\n \"y\""},
                    {"LT_G", ""},        {"LT_H", "a=b"},        {"LT_I", "crlf"},
                    {"LT_J", ""},        {"LT_K", "no\\escape"}, {"LT_L", "last"}};
    struct env *env = read_text(
        "# a comment\n\n  \t\nLT_A=1\n  export LT_B=two words  # why\nLT_C=x#y\nLT_D=\"a b # c\" # d\n"
        "LT_E=\"q\\\"\\\\\\n\\t\\$\"\nLT_F='${X} \\n \"y\"'\nLT_G=\nLT_H=a=b\nLT_I=crlf\r\nLT_J= # none\n"
        "LT_K=no\\escape\nLT_L=last");
    files_expect(&faults, "");
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        const char *value = env_get(env, expected[i].name);
        if (!value || strcmp(value, expected[i].value) != 0)
            fail_msg("%s: %s", expected[i].name, value ? value : "(none)");
    }
    assert_null(env_get(env, "LT_NONE"));
}

static void every_bad_line_is_named(void **unused)
{
    struct env *env = read_text(
        "LT_OK=1\nnonsense\n1X=2\nA B=3\nLT_Q=\"open\nLT_R='a' b\nLT_S=\"\\q\"\n=x\nLT_OK=9\nLT_T = 4\n");
    files_expect(&faults, ".env:2: not KEY=VALUE (no blanks around the =; KEY of letters, digits and _)\n"
                          ".env:3: not KEY=VALUE (no blanks around the =; KEY of letters, digits and _)\n"
                          ".env:4: not KEY=VALUE (no blanks around the =; KEY of letters, digits and _)\n"
                          ".env:5: a quote is not closed on its line\n"
                          ".env:6: there is more behind the closing quote\n"
                          ".env:7: an unknown \\ escape; use single quotes for a text as it stands\n"
                          ".env:8: not KEY=VALUE (no blanks around the =; KEY of letters, digits and _)\n"
                          ".env:10: not KEY=VALUE (no blanks around the =; KEY of letters, digits and _)\n"
                          ".env:9: LT_OK: is already on line 1\n");
    assert_string_equal(env_get(env, "LT_OK"), "1");
}

static void faults_hold_no_value(void **unused)
{
    read_text("LT_A=s3cret\nLT_A=s3cret\nLT_B=\"s3cret\ns3cret\nLT_C='s3cret' s3cret\nLT_D=\"s3cret\\z\"\n");
    assert_int_equal(faults.count, 5);
    assert_null(strstr(files_faults(&faults), "s3cret"));
}

static void the_process_wins(void **unused)
{
    struct env *env = read_text("LT_WIN=file\nLT_EMPTY=file\n");
    assert_string_equal(env_get(env, "LT_WIN"), "file");
    setenv("LT_WIN", "process", 1);
    setenv("LT_EMPTY", "", 1);
    assert_string_equal(env_get(env, "LT_WIN"), "process");
    assert_string_equal(env_get(env, "LT_EMPTY"), "");
    unsetenv("LT_WIN");
    unsetenv("LT_EMPTY");
    struct env *none = env_read(arena, NULL, &faults);
    assert_null(env_get(none, "LT_WIN"));
    assert_null(env_path(none));
}

static void hostile_files_are_refused(void **unused)
{
    files_write_bytes("nul", "LT_A=x\0y\nLT_B=\xff\n", 16);
    env_read(arena, arena_printf(arena, "%s/nul", directory), &faults);
    char *large = arena_alloc(arena, 1024 * 1024 + 1);
    memset(large, '#', 1024 * 1024 + 1);
    env_read(arena, files_write_bytes("large", large, 1024 * 1024 + 1), &faults);
    env_read(arena, arena_printf(arena, "%s/none", directory), &faults);
    env_read(arena, directory, &faults);
    files_expect(
        &faults,
        arena_printf(arena,
                     "nul:1: not UTF-8 text\nnul:2: not UTF-8 text\nlarge: the file is larger than 1 MiB\n"
                     "none: No such file or directory\n%s: not a file\n",
                     directory));
    faults.count = 0;
    env_read(arena, files_write_bytes("most", large, 1024 * 1024), &faults);
    files_expect(&faults, "");
}

static void many_duplicates_are_found(void **unused)
{
    struct str text = STR_INIT(arena);
    for (int i = 0; i < 3000; i++)
        str_addf(&text, "LT_%d=%d\n", i * 7919 % 3000, i);
    str_add(&text, "LT_5=again\n");
    struct env *env = read_text(str_done(&text));
    assert_int_equal(faults.count, 1);
    assert_int_equal(faults.items[0].line, 3001);
    assert_string_equal(env_get(env, "LT_0"), "0");
    assert_non_null(env_get(env, "LT_2999"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(values_are_read, files_setup, files_teardown),
        cmocka_unit_test_setup_teardown(every_bad_line_is_named, files_setup, files_teardown),
        cmocka_unit_test_setup_teardown(faults_hold_no_value, files_setup, files_teardown),
        cmocka_unit_test_setup_teardown(the_process_wins, files_setup, files_teardown),
        cmocka_unit_test_setup_teardown(hostile_files_are_refused, files_setup, files_teardown),
        cmocka_unit_test_setup_teardown(many_duplicates_are_found, files_setup, files_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

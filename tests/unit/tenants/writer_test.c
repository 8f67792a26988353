/* One secret of a store that is there gets another value; writing a new store is shown by the scenarios. */
#include "tenants/writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/str.h"
#include "files.h"

#define KEY "telegram.token"

static struct config config;
static const char *env_file;

static int setup(void **unused)
{
    files_setup(NULL);
    config = (struct config){.tenants_dir = directory};
    files_write("teh.yaml", "bot_store_name: teh\ntelegram: {token: '${WT_TOKEN}', admins: [1], plain: x}\n");
    env_file = files_write("env", "# kept\nWT_TOKEN_2=other\n  export WT_TOKEN='old' # gone\nLAST=1");
    unsetenv("WT_TOKEN");
    return 0;
}

static bool write_token(const char *value, bool *changed_out, struct error *err)
{
    return tenant_write_secret(arena, &config, env_file, "teh", KEY, value, changed_out, err);
}

static const char *env_text(void)
{
    char *text = arena_alloc(arena, 1000);
    FILE *file = fopen(env_file, "r");
    assert_non_null(file);
    text[fread(text, 1, 999, file)] = '\0';
    fclose(file);
    return text;
}

static void only_its_line_changes(void **unused)
{
    struct error err;
    bool changed = false;
    chmod(env_file, 0640);
    assert_true(write_token("1:it's $new", &changed, &err));
    assert_true(changed);
    assert_string_equal(env_text(), "# kept\nWT_TOKEN_2=other\n  export WT_TOKEN=\"1:it's \\$new\"\nLAST=1");
    struct stat status;
    assert_int_equal(stat(env_file, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0640);
    assert_true(write_token("1:it's $new", &changed, &err));
    assert_false(changed);
}

static void expect_refusal(const char *name, const char *key, enum error_code code)
{
    const char *before = env_text();
    struct error err;
    bool changed = true;
    assert_false(tenant_write_secret(arena, &config, env_file, name, key, "new", &changed, &err));
    assert_int_equal(err.code, code);
    assert_null(strstr(err.text, "new"));
    assert_true(changed); /* untouched */
    assert_string_equal(env_text(), before);
}

static void what_is_no_variable_is_left_alone(void **unused)
{
    expect_refusal("kopi", KEY, ERR_NOT_FOUND);
    expect_refusal("teh", "telegram.plain", ERR_NOT_FOUND);
    expect_refusal("teh", "telegram.token.more", ERR_NOT_FOUND);
    expect_refusal("teh", "pakasir.api_key", ERR_NOT_FOUND);
    files_write("env", "WT_TOKENS=1\n");
    expect_refusal("teh", KEY, ERR_NOT_FOUND);
    files_write("env", "what is this\nWT_TOKEN=old\n");
    expect_refusal("teh", KEY, ERR_INVALID);
    files_write("env", "WT_TOKEN=old\n");
    setenv("WT_TOKEN", "from outside", 1); /* goes before the file: a change there would change nothing */
    expect_refusal("teh", KEY, ERR_NOT_FOUND);
    unsetenv("WT_TOKEN");
}

static void without_an_env_file_nothing_can_be_written(void **unused)
{
    struct error err;
    bool changed;
    assert_false(tenant_write_secret(arena, &config, NULL, "teh", KEY, "new", &changed, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_its_line_changes, setup, files_teardown),
        cmocka_unit_test_setup_teardown(what_is_no_variable_is_left_alone, setup, files_teardown),
        cmocka_unit_test_setup_teardown(without_an_env_file_nothing_can_be_written, setup, files_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

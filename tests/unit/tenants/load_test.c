#include "tenants/load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <sys/stat.h>

#include "base/str.h"
#include "files.h"

static struct env *env;
static struct config config;
static struct tenant_list list;

static int setup(void **unused)
{
    files_setup(NULL);
    config = (struct config){.file = "lapak.yaml", .tenants_dir = directory};
    list = (struct tenant_list){0};
    env = env_read(arena, NULL, &faults);
    for (int bot = 1; bot <= 3; bot++)
        setenv(arena_printf(arena, "LT_TOKEN_%d", bot),
               arena_printf(arena, "700000%d:AAAAAAAAAABBBBBBBBBBCCCCCCCCCCDDDD%d", bot, bot), 1);
    setenv("LT_TOKEN_1_NEW", "7000001:NNNNNNNNNNBBBBBBBBBBCCCCCCCCCCDDDDD", 1);
    setenv("LT_KEY", "key-1234", 1);
    return 0;
}

static int teardown(void **unused)
{
    tenants_release(&list);
    return files_teardown(NULL);
}

static void write_store(const char *name, const char *token, const char *project)
{
    files_write(
        arena_printf(arena, "%s.yaml", name),
        arena_printf(
            arena,
            "bot_store_name: %s\ntitle: T\ntelegram: {token: '${%s}', admins: [1]}\npakasir:\n  project: %s\n"
            "  api_key: ${LT_KEY}\n  webhook_secret: ${LT_KEY}\n  methods: [qris]\n",
            name, token, project));
}

/* "name" for each store that runs, the faults of each that does not, in order. */
static void expect(const char *lines)
{
    struct error err;
    struct str s = STR_INIT(arena);
    tenants_release(&list);
    assert_true(tenants_load(arena, &config, env, &list, &err));
    for (size_t i = 0; i < list.count; i++) {
        assert_int_equal(list.items[i].tenant == NULL, list.items[i].faults.count > 0);
        if (list.items[i].tenant)
            str_addf(&s, "%s\n", list.items[i].tenant->name);
        str_add(&s, files_faults(&list.items[i].faults));
    }
    if (strcmp(str_done(&s), lines) != 0)
        fail_msg("expected:\n%sfound:\n%s", lines, s.text);
}

static void a_bad_file_stops_its_store_alone(void **unused)
{
    write_store("bb", "LT_TOKEN_1", "one");
    write_store("aa", "LT_TOKEN_2", "two");
    files_write("ab.yaml", "nonsense: [");
    files_write("zz.yaml", "title: 1\n");
    files_write("note.txt", "x");
    files_write("cc.yaml.example", "x");
    files_write(".hidden.yaml", "x");
    files_write("dd.yml", "x");
    assert_int_equal(mkdir(arena_printf(arena, "%s/ee.yaml", directory), 0700), 0);
    struct error err;
    assert_true(tenants_load(arena, &config, env, &list, &err));
    assert_int_equal(list.count, 6);
    assert_string_equal(list.items[0].tenant->name, "aa");
    assert_null(list.items[1].tenant);
    assert_int_equal(list.items[1].faults.count, 1);
    assert_string_equal(list.items[2].tenant->name, "bb");
    files_expect(&list.items[3].faults, "dd.yml: a store's file must end in .yaml\n");
    files_expect(&list.items[4].faults, "ee.yaml: not a file\n");
    assert_int_equal(list.items[5].faults.count, 8);
}

static void two_stores_cannot_share_a_bot_or_project(void **unused)
{
    write_store("aa", "LT_TOKEN_1", "one");
    write_store("bb", "LT_TOKEN_1_NEW", "two");
    write_store("cc", "LT_TOKEN_2", "one");
    write_store("dd", "LT_TOKEN_3", "two");
    write_store("ee", "LT_TOKEN_1", "one");
    write_store("ff", "LT_TOKEN_3", "three");
    /* bb is out, so its project is free for dd; one key of ee is named, and that is enough */
    expect(arena_printf(arena, "aa\n"
                               "bb.yaml:3: telegram.token: is of the same bot as in aa.yaml\n"
                               "cc.yaml:5: pakasir.project: is already used in aa.yaml\n"
                               "dd\n"
                               "ee.yaml:3: telegram.token: is of the same bot as in aa.yaml\n"
                               "ff.yaml:3: telegram.token: is of the same bot as in dd.yaml\n"));
}

static void a_file_that_is_refused_claims_nothing(void **unused)
{
    write_store("aa", "LT_TOKEN_1", "one");
    files_write("aa.yaml", "bot_store_name: aa\nunknown: 1\ntitle: T\ntelegram: {token: '${LT_TOKEN_1}', "
                           "admins: [1]}\npakasir: {project: one, "
                           "api_key: '${LT_KEY}', webhook_secret: '${LT_KEY}', methods: [qris]}\n");
    write_store("bb", "LT_TOKEN_1", "one");
    expect("aa.yaml:2: unknown: unknown key; known here: bot_store_name, title, language, timezone, "
           "telegram, support, pakasir, "
           "invoice_minutes, low_stock, most_open_orders, deposit, snk_retention_days\nbb\n");
}

static void the_owners_bot_is_no_stores(void **unused)
{
    config.owner_token = getenv("LT_TOKEN_1_NEW");
    write_store("aa", "LT_TOKEN_1", "one");
    write_store("bb", "LT_TOKEN_2", "two");
    expect("aa.yaml:3: telegram.token: is of the same bot as in lapak.yaml\nbb\n");
}

static struct tenant_list running_list;

static const struct tenant *runs(void *context, const char *name)
{
    for (size_t i = 0; i < running_list.count; i++)
        if (running_list.items[i].tenant && strcmp(running_list.items[i].tenant->name, name) == 0)
            return tenant_ref(running_list.items[i].tenant);
    return NULL;
}

static void who_runs_keeps_what_it_has(void **unused)
{
    struct error err;
    struct tenant_list again;
    write_store("kopi", "LT_TOKEN_1", "one");
    write_store("teh", "LT_TOKEN_2", "two");
    assert_true(tenants_load(arena, &config, env, &running_list, &err));
    write_store("aaa", "LT_TOKEN_1", "three"); /* first by its name, and new */
    assert_true(tenants_load_again(arena, &config, env, runs, NULL, &again, &err));
    assert_null(again.items[0].tenant);
    assert_non_null(again.items[1].tenant);
    assert_true(tenant_is_same(again.items[1].tenant, again.items[1].before));
    tenants_release(&again);

    files_write("kopi.yaml", "title: [\n"); /* bad: the one that runs still has its bot */
    assert_true(tenants_load_again(arena, &config, env, runs, NULL, &again, &err));
    assert_null(again.items[0].tenant);
    assert_null(again.items[1].tenant);
    assert_non_null(again.items[1].before);
    tenants_release(&again);

    write_store("kopi", "LT_TOKEN_2",
                "one"); /* of teh, which keeps it: kopi stays as it was, and so does aaa */
    assert_true(tenants_load_again(arena, &config, env, runs, NULL, &again, &err));
    assert_null(again.items[0].tenant);
    assert_null(again.items[1].tenant);
    assert_non_null(again.items[2].tenant);
    tenants_release(&again);

    write_store("kopi", "LT_TOKEN_2", "one"); /* both change at once: that is no contradiction */
    write_store("teh", "LT_TOKEN_1", "two");
    unlink(arena_printf(arena, "%s/aaa.yaml", directory));
    assert_true(tenants_load_again(arena, &config, env, runs, NULL, &again, &err));
    assert_non_null(again.items[0].tenant);
    assert_non_null(again.items[1].tenant);
    assert_false(tenant_is_same(again.items[0].tenant, again.items[0].before));
    tenants_release(&again);
    tenants_release(&running_list);
}

static void an_empty_directory_is_no_store_and_a_missing_one_an_error(void **unused)
{
    expect("");
    struct error err;
    config.tenants_dir = "/none/such";
    assert_false(tenants_load(arena, &config, env, &list, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_string_equal(err.text, "/none/such: No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_bad_file_stops_its_store_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(two_stores_cannot_share_a_bot_or_project, setup, teardown),
        cmocka_unit_test_setup_teardown(a_file_that_is_refused_claims_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(the_owners_bot_is_no_stores, setup, teardown),
        cmocka_unit_test_setup_teardown(who_runs_keeps_what_it_has, setup, teardown),
        cmocka_unit_test_setup_teardown(an_empty_directory_is_no_store_and_a_missing_one_an_error, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

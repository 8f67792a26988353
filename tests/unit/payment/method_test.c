#include "payment/method.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
/* cmocka needs the four above first */
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

static void test_limits_and_fees(void **state)
{
    static const struct {
        const char *name;
        enum method_kind kind;
        int64_t least, most, amount, fee;
    } rows[] = {
        {"qris", METHOD_QR, 500, 10000000, 12000, 394}, /* the figure the gateway's own fee call gives */
        {"qris", METHOD_QR, 500, 10000000, 500, 314},   /* 3.5 rounded up, and 310 */
        {"qris", METHOD_QR, 500, 10000000, 35000, 555},
        {"qris", METHOD_QR, 500, 10000000, 105000, 1045},
        {"qris", METHOD_QR, 500, 10000000, 105001, 1051},
        {"qris", METHOD_QR, 500, 10000000, 10000000, 100000},
        {"bri_va", METHOD_VA, 10000, 50000000, 10000, 3500},
        {"bni_va", METHOD_VA, 10000, 50000000, 50000000, 3500},
        {"cimb_niaga_va", METHOD_VA, 10000, 50000000, 10000, 3500},
        {"permata_va", METHOD_VA, 10000, 50000000, 10000, 3500},
        {"maybank_va", METHOD_VA, 10000, 50000000, 10000, 3500},
        {"bnc_va", METHOD_VA, 10000, 50000000, 10000, 3500},
        {"artha_graha_va", METHOD_VA, 10000, 50000000, 10000, 2000},
        {"sampoerna_va", METHOD_VA, 10000, 50000000, 50000000, 2000},
        {"payment_link", METHOD_LINK, 500, 50000000, 20000, 0},
        {"balance", METHOD_BALANCE, 0, INT64_MAX, 20000, 0},
    };
    size_t seen = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct method *method = method_find(rows[i].name);
        assert_non_null(method);
        seen += i == 0 || strcmp(rows[i].name, rows[i - 1].name) != 0;
        assert_int_equal(method->kind, rows[i].kind);
        assert_int_equal(method->fee(rows[i].amount), rows[i].fee);
        assert_false(method_takes(method, rows[i].least - 1));
        assert_true(method_takes(method, rows[i].least));
        assert_true(method_takes(method, rows[i].most));
        if (rows[i].most < INT64_MAX)
            assert_false(method_takes(method, rows[i].most + 1));
    }
    assert_int_equal(seen, method_count);
    assert_null(method_find("cash"));
    assert_null(method_find(""));
    assert_null(method_find(METHOD_NAME_MANUAL)); /* nobody can choose an admin's word */
}

/* --- a store's file --- */

static const char file_name[] = "method-test.yaml";

/* The faults of a file that lists these methods, "" for none; with the tenant. */
static const char *read_tenant(struct arena *arena, const char *list, const struct tenant **tenant_out)
{
    char directory[] = "/tmp/lapak-method-XXXXXX";
    struct faults faults = FAULTS_INIT(arena);
    assert_non_null(mkdtemp(directory));
    const char *path = arena_printf(arena, "%s/%s", directory, file_name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file,
            "bot_store_name: method-test\ntitle: T\ntelegram: {token: '${MT_TOKEN}', admins: [1]}\n"
            "pakasir: {project: p, api_key: '${MT_KEY}', webhook_secret: '${MT_KEY}', methods: [%s]}\n",
            list);
    assert_int_equal(fclose(file), 0);
    setenv("MT_TOKEN", "7000001:AAAAAAAAAABBBBBBBBBBCCCCCCCCCCDDDDD", 1);
    setenv("MT_KEY", "key-1234", 1);
    *tenant_out = tenant_read(path, env_read(arena, NULL, &faults), &faults);
    unlink(path);
    rmdir(directory);
    return faults.count ? fault_text(arena, &faults.items[0]) : "";
}

/* What a store's file may list is what can be sold by, no more and no less. */
static void test_a_file_may_list_exactly_the_gateways_methods(void **state)
{
    auto_arena struct arena *arena = arena_new();
    struct str names = STR_INIT(arena);
    const struct tenant *tenant;
    for (size_t i = 0; i < method_count; i++)
        if (methods[i].kind != METHOD_BALANCE)
            str_addf(&names, "%s%s", names.length ? ", " : "", methods[i].name);
    assert_string_equal(read_tenant(arena, str_done(&names), &tenant), "");
    assert_int_equal(tenant->methods.count, method_count - 1);
    for (size_t i = 0; i < method_count; i++)
        assert_int_equal(method_is_listed(tenant, &methods[i]), methods[i].kind != METHOD_BALANCE);
    tenant_unref(&tenant);
    const char *fault = read_tenant(arena, METHOD_NAME_BALANCE, &tenant);
    assert_null(tenant);
    assert_true(strlen(fault) > names.length);
    assert_string_equal(fault + strlen(fault) - names.length, names.text);

    assert_string_equal(read_tenant(arena, "bni_va, qris", &tenant), "");
    for (size_t i = 0; i < method_count; i++)
        assert_int_equal(method_is_listed(tenant, &methods[i]),
                         str_equal(methods[i].name, "qris") || str_equal(methods[i].name, "bni_va"));
    tenant_unref(&tenant);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limits_and_fees),
        cmocka_unit_test(test_a_file_may_list_exactly_the_gateways_methods),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

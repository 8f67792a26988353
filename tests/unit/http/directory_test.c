#include "http/directory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "work/internal.h"

enum { STORES = 300 };

static const struct tenant *tenants[STORES];
static struct lane_store lanes[STORES];

static const struct tenant *read_tenant(const char *directory, int number)
{
    auto_arena struct arena *arena = arena_new();
    struct faults faults = FAULTS_INIT(arena);
    const char *path = arena_printf(arena, "%s/s%d.yaml", directory, number);
    setenv("DIRECTORY_TOKEN", arena_printf(arena, "%d:abcdefghijklmnopqrstuvwxyzABCDEFGHI", 1000000 + number),
           1);
    setenv("DIRECTORY_SECRET", "secret", 1);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file,
            "bot_store_name: s%d\ntitle: S\ntelegram: {token: \"${DIRECTORY_TOKEN}\", admins: [1]}\n"
            "pakasir: {project: p, api_key: \"${DIRECTORY_SECRET}\", webhook_secret: "
            "\"${DIRECTORY_SECRET}\", methods: [qris]}\n",
            number);
    fclose(file);
    const struct tenant *tenant = tenant_read(path, env_read(arena, NULL, &faults), &faults);
    unlink(path);
    if (!tenant)
        fail_msg("%s", fault_text(arena, &faults.items[0]));
    return tenant;
}

static int set_up(void **state)
{
    char directory[] = "/tmp/lapak-directory-XXXXXX";
    assert_non_null(mkdtemp(directory));
    for (int i = 0; i < STORES; i++) {
        tenants[i] = read_tenant(directory, i);
        lanes[i].tenant = tenants[i];
    }
    rmdir(directory);
    return 0;
}

static int tear_down(void **state)
{
    for (int i = 0; i < STORES; i++)
        tenant_unref(&tenants[i]);
    return 0;
}

static void an_empty_one_knows_nobody(void **state)
{
    struct directory *directory = directory_new(0);
    assert_int_equal(directory_count(directory), 0);
    assert_null(directory_find(directory, "s0"));
    assert_null(directory_find(directory, ""));
    directory_free(&directory);
    assert_null(directory);
    directory_free(&directory);
}

static void a_store_is_found_by_its_whole_name(void **state)
{
    struct directory *directory = directory_new(1);
    struct hosted_store *store = directory_add(directory, tenants[11], &lanes[11], "a secret");
    assert_ptr_equal(directory_find(directory, "s11"), store);
    static const char *const others[] = {"", "s", "s1", "s111", "S11", "s11 ", "s11/", "../s11"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_null(directory_find(directory, others[i]));
    directory_free(&directory);
}

/* It grows beyond what was expected, and the pointers stay. */
static void all_of_many_are_found(void **state)
{
    struct directory *directory = directory_new(2);
    struct hosted_store *stores[STORES];
    for (int i = 0; i < STORES; i++)
        stores[i] = directory_add(directory, tenants[i], &lanes[i], tenants[i]->name);
    assert_int_equal(directory_count(directory), STORES);
    for (int i = 0; i < STORES; i++) {
        struct hosted_store *store = directory_find(directory, tenants[i]->name);
        assert_ptr_equal(store, stores[i]);
        assert_ptr_equal(directory_at(directory, (size_t)i), store);
        assert_ptr_equal(directory_of_lane(directory, &lanes[i]), store);
        assert_ptr_equal(store->lane, &lanes[i]);
        assert_string_equal(store->webhook_secret, tenants[i]->name);
        assert_ptr_not_equal(store->webhook_secret, tenants[i]->name); /* a copy */
        assert_int_not_equal(store->number, 0);
        for (int k = 0; k < i; k++)
            assert_int_not_equal(store->number, stores[k]->number);
        assert_false(atomic_load(&store->disabled));
        assert_false(atomic_load(&store->live));
    }
    assert_null(directory_find(directory, "s300"));
    directory_free(&directory);
}

static void it_holds_its_tenants(void **state)
{
    struct directory *directory = directory_new(1);
    const struct tenant *tenant = tenant_ref(tenants[0]);
    directory_add(directory, tenant, &lanes[0], "x");
    unsigned before = atomic_load(&tenants[0]->references);
    directory_free(&directory);
    assert_int_equal(atomic_load(&tenants[0]->references), before - 1);
    tenant_unref(&tenant);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_one_knows_nobody),
        cmocka_unit_test(a_store_is_found_by_its_whole_name),
        cmocka_unit_test(all_of_many_are_found),
        cmocka_unit_test(it_holds_its_tenants),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

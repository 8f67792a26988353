#include "http/directory.h"

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
        lanes[i].name = tenants[i]->name;
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
    struct hosted_store *store = directory_add(directory, &lanes[11], "a secret");
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
    auto_arena struct arena *arena = arena_new();
    struct hosted_store *stores[STORES];
    for (int i = 0; i < STORES; i++)
        stores[i] = directory_add(directory, &lanes[i], tenants[i]->name);
    assert_int_equal(directory_count(directory), STORES);
    size_t count;
    struct hosted_store **list = directory_list(directory, arena, &count);
    assert_int_equal(count, STORES);
    for (int i = 0; i < STORES; i++) {
        struct hosted_store *store = directory_find(directory, tenants[i]->name);
        assert_ptr_equal(store, stores[i]);
        assert_ptr_equal(list[i], store);
        assert_ptr_equal(directory_of_lane(directory, &lanes[i]), store);
        assert_ptr_equal(store->lane, &lanes[i]);
        assert_true(directory_is_secret(directory, store, tenants[i]->name));
        assert_false(directory_is_secret(directory, store, "s"));
        assert_string_equal(directory_secret(directory, store, arena), tenants[i]->name);
        assert_int_not_equal(store->number, 0);
        for (int k = 0; k < i; k++)
            assert_int_not_equal(store->number, stores[k]->number);
        assert_false(atomic_load(&store->disabled));
        assert_false(atomic_load(&store->live));
    }
    assert_null(directory_find(directory, "s300"));
    directory_free(&directory);
}

/* A request under way keeps its pointer; the one that comes back is the one that went. */
static void one_that_is_removed_is_not_found_and_comes_back(void **state)
{
    struct directory *directory = directory_new(1);
    auto_arena struct arena *arena = arena_new();
    size_t count;
    struct hosted_store *one = directory_add(directory, &lanes[1], "one");
    struct hosted_store *two = directory_add(directory, &lanes[2], "two");
    atomic_store(&one->live, true);
    atomic_store(&one->updates, 7);
    directory_remove(directory, one);
    directory_remove(directory, one);
    assert_null(directory_find(directory, "s1"));
    assert_null(directory_of_lane(directory, &lanes[1]));
    assert_int_equal(directory_count(directory), 1);
    assert_ptr_equal(directory_list(directory, arena, &count)[0], two);
    assert_int_equal(count, 1);
    assert_false(atomic_load(&one->live));
    assert_string_equal(one->name, "s1");

    atomic_store(&one->disabled, true); /* by its old token */
    assert_ptr_equal(directory_add(directory, &lanes[1], "another"), one);
    assert_ptr_equal(directory_find(directory, "s1"), one);
    assert_int_equal(directory_count(directory), 2);
    assert_true(directory_is_secret(directory, one, "another"));
    assert_false(directory_is_secret(directory, one, "one"));
    assert_false(atomic_load(&one->disabled));
    assert_int_equal(atomic_load(&one->updates), 7);
    directory_free(&directory);
}

struct coming_and_going {
    struct directory *directory;
    atomic_bool over;
};

static void *ask(void *argument)
{
    struct coming_and_going *c = argument;
    unsigned long found = 0;
    while (!atomic_load(&c->over)) {
        auto_arena struct arena *arena = arena_new();
        size_t count;
        struct hosted_store *store = directory_find(c->directory, "s5");
        if (store) {
            found++;
            assert_true(directory_is_secret(c->directory, store, "odd") ||
                        !directory_is_secret(c->directory, store, "nobody's"));
            assert_string_equal(store->name, "s5");
        }
        struct hosted_store **list = directory_list(c->directory, arena, &count);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(list[i]->name[0], 's');
    }
    return (void *)(uintptr_t)found;
}

static void stores_come_and_go_while_others_ask(void **state)
{
    struct coming_and_going c = {.directory = directory_new(0)};
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask, &c), 0);
    for (int round = 0; round < 300; round++) {
        struct hosted_store *five = directory_add(c.directory, &lanes[5], round % 2 ? "odd" : "even");
        directory_add(c.directory, &lanes[round], "x");
        directory_remove(c.directory, five);
    }
    directory_add(c.directory, &lanes[5], "in the end");
    atomic_store(&c.over, true);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(directory_count(c.directory), 300);
    directory_free(&c.directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_one_knows_nobody),
        cmocka_unit_test(a_store_is_found_by_its_whole_name),
        cmocka_unit_test(all_of_many_are_found),
        cmocka_unit_test(one_that_is_removed_is_not_found_and_comes_back),
        cmocka_unit_test(stores_come_and_go_while_others_ask),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

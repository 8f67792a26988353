#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "table.h"

static int values[2000];

static void keeps_finds_and_removes(void **state)
{
    struct table table = {0};
    char key[16];
    assert_null(table_get(&table, "x"));
    assert_null(table_remove(&table, "x"));
    for (int i = 0; i < 2000; i++) {
        snprintf(key, sizeof key, "k%d", i);
        table_set(&table, key, &values[i]);
    }
    for (int i = 0; i < 2000; i += 2) {
        snprintf(key, sizeof key, "k%d", i);
        assert_ptr_equal(table_remove(&table, key), &values[i]);
    }
    assert_int_equal(table.count, 1000);
    for (int i = 0; i < 2000; i++) {
        snprintf(key, sizeof key, "k%d", i);
        assert_ptr_equal(table_get(&table, key), i % 2 ? &values[i] : NULL);
    }
    int next = 1;
    for (struct table_entry *e = table.first; e; e = e->next, next += 2)
        assert_ptr_equal(e->value, &values[next]);
    table_set(&table, "k1", &values[0]);
    assert_ptr_equal(table_get(&table, "k1"), &values[0]);
    assert_int_equal(table.count, 1000);
    table_clear(&table, NULL);
    assert_null(table_get(&table, "k1"));
}

static void keys_may_be_numbers(void **state)
{
    struct table table = {0};
    table_set_id(&table, -5, &values[0]);
    assert_ptr_equal(table_get_id(&table, -5), &values[0]);
    assert_ptr_equal(table_get(&table, "-5"), &values[0]);
    table_clear(&table, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_finds_and_removes),
        cmocka_unit_test(keys_may_be_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What this process knows of the rounds, for /metrics. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>
#include <stdio.h>

#include "watch/figures.h"

enum { STORES = 1000 };

static int forget(void **state)
{
    figures_forget();
    return 0;
}

static void nothing_is_known_at_first(void **state)
{
    struct store_figures figures = {.orders = 77};
    assert_false(figures_known("kopi", &figures));
    assert_int_equal(figures.orders, 77);
}

static void each_store_has_its_own(void **state)
{
    char name[32];
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < STORES; i++) {
            snprintf(name, sizeof name, "toko-%d", i);
            figures_remember(&(struct store_figures){.store = name, .checked_ms = 1, .orders = i + round});
        }
    for (int i = 0; i < STORES; i++) {
        struct store_figures figures;
        snprintf(name, sizeof name, "toko-%d", i);
        assert_true(figures_known(name, &figures));
        assert_int_equal(figures.orders, i + 1);
        assert_ptr_equal(figures.store, name);
    }
}

/* What stands in the task's memory is gone by then; what a round does not know stays. */
static void texts_are_not_kept(void **state)
{
    char error[] = "Connection timed out", day[] = "2026-11-22";
    struct store_figures figures;
    figures_remember(&(struct store_figures){.store = "kopi", .day = day, .webhook_error = error});
    assert_true(figures_known("kopi", &figures));
    assert_non_null(figures.webhook_error);
    assert_ptr_not_equal(figures.webhook_error, error);
    assert_ptr_not_equal(figures.day, day);
    figures_remember(&(struct store_figures){.store = "kopi", .day = day});
    assert_true(figures_known("kopi", &figures));
    assert_null(figures.webhook_error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(nothing_is_known_at_first, forget),
        cmocka_unit_test_teardown(each_store_has_its_own, forget),
        cmocka_unit_test_teardown(texts_are_not_kept, forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "store/cart.h"
#include "store/catalogue.h"
#include "store/catalogue_edit.h"
#include "store/order.h"
#include "store/stock_edit.h"
#include "store/stock_list.h"

enum { ACTOR = 9001, MANY = 1000 };

static struct stock_added add(int64_t product, const char *text)
{
    struct stock_lines lines;
    struct stock_added added;
    int64_t at;
    struct work *work = shop_begin(shop);
    assert_int_equal(stock_lines_read(work->arena, text, strlen(text), false, &lines, &at), STOCK_LINES_OK);
    MUST(stock_edit_add(work, ACTOR, product, &lines, &added, &err));
    shop_commit(shop);
    return added;
}

static void order(int64_t product, bool pay)
{
    struct order order;
    enum order_obstacle obstacle;
    int64_t about;
    shop_person(shop, 1);
    struct work *work = shop_begin(shop);
    MUST(cart_set(work, 1, product, 1, 5000, &err));
    MUST(order_place(work, 1, work->now_ms + 60000, 9, &order, &obstacle, &about, &err));
    if (pay)
        MUST(order_mark_paid(work, order.id, &err));
    shop_commit(shop);
}

static int64_t units(const char *state)
{
    return shop_sql(shop, "SELECT count(*) FROM stock_units WHERE state = '%s'", state);
}

static int64_t logs(const char *action)
{
    return shop_sql(shop, "SELECT count(*) FROM admin_logs WHERE action = '%s' AND actor_id = %d", action,
                    ACTOR);
}

static int64_t stock_seen(int64_t product)
{
    const struct catalogue *catalogue;
    MUST(catalogue_get(shop_task(shop), &catalogue, &err));
    return catalogue_product(catalogue, product)->stock;
}

/* --- adding --- */

static void test_duplicates_are_named(void **state)
{
    NEEDS_SHOP();
    int64_t a = shop_product(shop, "A", 5000, 3);
    order(a, true);  /* sells unit 1 */
    order(a, false); /* reserves unit 2 */
    MUST(stock_edit_remove(shop_begin(shop), ACTOR, 3, &err));
    shop_commit(shop);
    struct stock_added added = add(a, "new@mail.com:secret\n\nA-1\nA-2\nA-3\nnew@mail.com:secret\nother");
    assert_int_equal(added.added, 3);
    assert_int_equal(added.returned, 1);
    assert_int_equal(added.duplicates, 3);
    assert_int_equal(added.named_count, 3);
    const struct stock_named *named = added.named;
    assert_int_equal(named[0].why, STOCK_REPEATED);
    assert_int_equal(named[0].line, 6);
    assert_int_equal(named[0].earlier, 1);
    assert_string_equal(named[0].masked, "ne••••••@m…");
    assert_int_equal(named[1].why, STOCK_WAS_SOLD);
    assert_int_equal(named[1].line, 3);
    assert_int_equal(named[2].why, STOCK_IS_THERE);
    assert_int_equal(named[2].line, 4);
    assert_int_equal(units("available"), 3);
    assert_int_equal(stock_seen(a), 3);
    assert_int_equal(logs("stock_add"), 1);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM admin_logs WHERE after::text LIKE '%%mail%%'"), 0);
    assert_int_equal(add(a, "A-1").added, 0);
    assert_int_equal(logs("stock_add"), 1);
}

/* More than a batch; each is added once, in the order of the lines. */
static void test_many_lines(void **state)
{
    NEEDS_SHOP();
    int64_t a = shop_product(shop, "A", 5000, 0);
    char *text = arena_alloc(shop->arena, MANY * 12 + 1);
    char *p = text;
    for (int i = 0; i < MANY; i++)
        p += snprintf(p, 12, "line-%d\n", i % (MANY - 30));
    text = xstrdup(text);
    struct stock_added added = add(a, text);
    assert_int_equal(added.added, MANY - 30);
    assert_int_equal(added.duplicates, 30);
    assert_int_equal(added.named_count, STOCK_MOST_NAMED);
    assert_int_equal(added.named[19].line, MANY - 30 + 20);
    assert_int_equal(added.named[19].earlier, 20);
    added = add(a, text);
    free(text);
    assert_int_equal(added.added, 0);
    assert_int_equal(added.duplicates, MANY);
    const char **contents;
    size_t count;
    MUST(stock_available_contents(shop_begin(shop), a, &contents, &count, &err));
    assert_int_equal(count, MANY - 30);
    assert_string_equal(contents[0], "line-0");
    assert_string_equal(contents[count - 1], "line-969");
}

static void test_only_where_there_are_units(void **state)
{
    NEEDS_SHOP();
    int64_t a = shop_product(shop, "A", 5000, 0);
    const struct stock_line line = {1, "x"};
    const struct stock_lines lines = {1, &line, 0};
    struct stock_added added;
    struct stock_export export;
    MUST_FAIL(ERR_NOT_FOUND, stock_edit_add(shop_begin(shop), ACTOR, 4711, &lines, &added, &err));
    shop_sql(shop, "UPDATE products SET kind = 'manual'");
    MUST_FAIL(ERR_INVALID, stock_edit_add(shop_begin(shop), ACTOR, a, &lines, &added, &err));
    MUST_FAIL(ERR_INVALID, stock_edit_export(shop_begin(shop), ACTOR, a, 0, &export, &err));
    shop_sql(shop, "UPDATE products SET kind = 'unit', hidden = true, deleted_at = now()");
    MUST_FAIL(ERR_NOT_FOUND, stock_edit_add(shop_begin(shop), ACTOR, a, &lines, &added, &err));
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM stock_units"), 0);
}

static void test_added_stock_can_run_low_again(void **state)
{
    NEEDS_SHOP();
    int64_t a = shop_product(shop, "A", 5000, 1);
    shop_sql(shop, "UPDATE products SET low_told = true");
    add(a, "x\ny");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM products WHERE low_told"), 1); /* 3 is low */
    add(a, "z");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM products WHERE low_told"), 0);
}

/* --- taking out, putting back --- */

static void test_one_unit(void **state)
{
    NEEDS_SHOP();
    int64_t a = shop_product(shop, "A", 5000, 3);
    struct stock_list_unit unit;
    const char *content;
    order(a, true);
    assert_int_equal(stock_seen(a), 2);
    MUST(stock_edit_remove(shop_begin(shop), ACTOR, 2, &err));
    shop_commit(shop);
    assert_int_equal(stock_seen(a), 1);
    MUST_FAIL(ERR_CONFLICT, stock_edit_remove(shop_begin(shop), ACTOR, 2, &err));
    MUST_FAIL(ERR_CONFLICT, stock_edit_remove(shop_begin(shop), ACTOR, 1, &err)); /* is sold */
    MUST_FAIL(ERR_CONFLICT, stock_edit_put_back(shop_begin(shop), ACTOR, 3, &err));
    MUST_FAIL(ERR_NOT_FOUND, stock_edit_remove(shop_begin(shop), ACTOR, 4711, &err));
    MUST(stock_list_unit(shop_task(shop), 2, &unit, &err));
    assert_int_equal(unit.state, STOCK_REMOVED);
    MUST(stock_edit_put_back(shop_begin(shop), ACTOR, 2, &err));
    shop_commit(shop);
    assert_int_equal(stock_seen(a), 2);
    MUST(stock_edit_show(shop_begin(shop), ACTOR, 2, &content, &err));
    assert_string_equal(content, "A-2");
    shop_commit(shop);
    assert_int_equal(logs("stock_view"), 1);
    MUST_FAIL(ERR_NOT_FOUND, stock_edit_show(shop_begin(shop), ACTOR, 4711, &content, &err));
    MUST(stock_list_unit(shop_task(shop), 1, &unit, &err));
    assert_int_equal(unit.state, STOCK_SOLD);
    assert_non_null(unit.reference);
    assert_int_equal(logs("stock_remove"), 1);
    assert_int_equal(logs("stock_restore"), 1);
}

static void test_what_was_taken_out_is_not_sold(void **state)
{
    NEEDS_SHOP();
    int64_t a = shop_product(shop, "A", 5000, 5), removed, about;
    struct order placed;
    enum order_obstacle obstacle = ORDER_OK;
    MUST(stock_edit_remove_newest(shop_begin(shop), ACTOR, a, 2, &removed, &err));
    shop_commit(shop);
    assert_int_equal(removed, 2);
    assert_int_equal(shop_sql(shop, "SELECT min(id) FROM stock_units WHERE state = 'removed'"), 4);
    order(a, false);
    MUST(stock_edit_remove_newest(shop_begin(shop), ACTOR, a, 0, &removed, &err));
    shop_commit(shop);
    assert_int_equal(removed, 2);
    assert_int_equal(units("reserved"), 1);
    assert_int_equal(stock_seen(a), 0);
    shop_person(shop, 2);
    struct work *work = shop_begin(shop);
    MUST(cart_set(work, 2, a, 1, 5000, &err));
    MUST_FAIL(ERR_CONFLICT, order_place(work, 2, work->now_ms, 9, &placed, &obstacle, &about, &err));
    assert_int_equal(obstacle, ORDER_OUT_OF_STOCK);
    MUST_FAIL(ERR_INVALID, stock_edit_remove_newest(shop_begin(shop), ACTOR, a, -1, &removed, &err));
    assert_int_equal(logs("stock_remove_many"), 2);
}

/* A sold-out and hidden product: stock first, then shown, and it can be bought. */
static void test_restocked_and_shown(void **state)
{
    NEEDS_SHOP();
    int64_t a = shop_product(shop, "A", 5000, 1);
    order(a, true);
    assert_int_equal(stock_seen(a), 0);
    const struct catalogue_value hide = {.number = 1}, show = {.number = 0};
    MUST(catalogue_edit_product(shop_begin(shop), &(struct catalogue_change){ACTOR, a, 1}, EDIT_HIDDEN, &hide,
                                &err));
    shop_commit(shop);
    add(a, "fresh-1\nfresh-2");
    MUST(catalogue_edit_product(shop_begin(shop), &(struct catalogue_change){ACTOR, a, 2}, EDIT_HIDDEN, &show,
                                &err));
    shop_commit(shop);
    assert_int_equal(stock_seen(a), 2);
    order(a, true);
    assert_int_equal(stock_seen(a), 1);
}

/* --- lists --- */

static void test_pages(void **state)
{
    NEEDS_SHOP();
    int64_t a = shop_product(shop, "A", 5000, 26), count = 0;
    shop_product(shop, "B", 5000, 5);
    struct stock_list_page page;
    for (int i = 0; i < 2; i++)
        order(a, true);
    order(a, false);
    int64_t cursor = 0, last = INT64_MAX;
    do {
        MUST(stock_list_page(shop_task(shop), a, STOCK_VIEW_AVAILABLE, cursor, &page, &err));
        for (size_t i = 0; i < page.count; i++, count++) {
            assert_true(page.items[i].id < last);
            assert_int_equal(page.items[i].state, STOCK_AVAILABLE);
            last = page.items[i].id;
        }
        cursor = page.after;
    } while (cursor);
    assert_int_equal(count, 23);
    assert_int_equal(page.count, 3);
    MUST(stock_list_page(shop_task(shop), a, STOCK_VIEW_AVAILABLE, page.before, &page, &err));
    assert_int_equal(page.count, STOCK_LIST_PAGE);
    assert_int_equal(page.items[9].id, last + 3);
    MUST(stock_list_page(shop_task(shop), a, STOCK_VIEW_ORDERED, 0, &page, &err));
    assert_int_equal(page.count, 3);
    assert_int_equal(page.items[0].state, STOCK_RESERVED);
    assert_int_equal(page.items[2].state, STOCK_SOLD);
    assert_int_equal(page.items[2].id, 1);
    MUST(stock_list_page(shop_task(shop), a, STOCK_VIEW_ORDERED, 2, &page, &err));
    assert_int_equal(page.count, 2);
    assert_int_equal(page.items[0].id, 2);
    MUST(stock_list_page(shop_task(shop), a, STOCK_VIEW_ORDERED, page.before, &page, &err));
    assert_int_equal(page.count, 1);
    assert_int_equal(page.items[0].id, 3);
    MUST(stock_list_page(shop_task(shop), a, STOCK_VIEW_REMOVED, 0, &page, &err));
    assert_int_equal(page.count, 0);
}

static void test_masks(void **state)
{
    static const struct {
        const char *content, *masked;
    } rows[] = {
        {"mail1@x.com|pass", "ma••••••@x…"},
        {"", "••••••"},
        {"abc", "••••••"},
        {"abcd", "a••••••"},
        {"abcdefg", "a••••••"},
        {"abcdefgh", "ab••••••"},
        {"@abcdefgh", "@a••••••"},
        {"user:pw@", "us••••••"},
        {"éèêëéèêë", "éè••••••"},
        {"\xE2\x80\xAEx1234567", "x••••••"},
        {"a\nsecret-line", "a••••••"},
    };
    auto_arena struct arena *arena = arena_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(stock_mask(arena, rows[i].content), rows[i].masked);
}

static void test_export(void **state)
{
    NEEDS_SHOP();
    int64_t a = shop_product(shop, "A", 5000, 4);
    struct stock_export export;
    order(a, false);
    MUST(stock_edit_export(shop_begin(shop), ACTOR, a, 0, &export, &err));
    shop_commit(shop);
    assert_string_equal(export.text, "A-2\nA-3\nA-4\n");
    assert_int_equal(export.count, 3);
    assert_false(export.has_more);
    MUST(stock_edit_export(shop_begin(shop), ACTOR, a, export.last_id, &export, &err));
    assert_int_equal(export.count, 0);
    assert_string_equal(export.text, "");
    assert_int_equal(logs("stock_export"), 1);

    shop_commit(shop);
}

/* Units of 16 KB each: as many as make a file of 4 MB, and the others in the next one. */
static void test_export_in_parts(void **state)
{
    NEEDS_SHOP();
    enum { UNITS = 300, CHARACTERS = 4000 };
    int64_t a = shop_product(shop, "A", 5000, 0), count = 0, after = 0;
    struct work *work = shop_begin(shop);
    struct stock_line *lines = ARENA_ARRAY(work->arena, struct stock_line, UNITS);
    for (int i = 0; i < UNITS; i++) {
        struct str s = STR_INIT(work->arena);
        str_addf(&s, "%d", i);
        for (int k = 0; k < CHARACTERS; k++)
            str_add(&s, "🎬");
        lines[i] = (struct stock_line){i + 1, str_done(&s)};
    }
    struct stock_added added;
    MUST(stock_edit_add(work, ACTOR, a, &(struct stock_lines){UNITS, lines, 0}, &added, &err));
    shop_commit(shop);
    struct stock_export export;
    int files = 0;
    do {
        MUST(stock_edit_export(shop_begin(shop), ACTOR, a, after, &export, &err));
        assert_true(strlen(export.text) <= 4 << 20);
        assert_int_equal(atoll(export.text), count);
        shop_commit(shop);
        count += export.count;
        after = export.last_id;
        files++;
    } while (export.has_more);
    assert_int_equal(count, UNITS);
    assert_int_equal(files, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(test_duplicates_are_named),
        SHOP_TEST(test_many_lines),
        SHOP_TEST(test_only_where_there_are_units),
        SHOP_TEST(test_added_stock_can_run_low_again),
        SHOP_TEST(test_one_unit),
        SHOP_TEST(test_what_was_taken_out_is_not_sold),
        SHOP_TEST(test_restocked_and_shown),
        SHOP_TEST(test_pages),
        cmocka_unit_test(test_masks),
        SHOP_TEST(test_export),
        SHOP_TEST(test_export_in_parts),
    };
    return cmocka_run_group_tests(tests, shop_set_up, shop_tear_down);
}

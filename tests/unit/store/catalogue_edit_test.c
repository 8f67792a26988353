#include "fixture.h"

#include <string.h>

#include "base/str.h"
#include "store/cart.h"
#include "store/catalogue_edit.h"
#include "store/catalogue_list.h"
#include "store/order.h"
#include "store/stock.h"

enum { ACTOR = 9001 };

static struct catalogue_list_product get(int64_t product_id)
{
    struct catalogue_list_product product;
    MUST(catalogue_list_product(shop_task(shop), product_id, &product, &err));
    return product;
}

static struct catalogue_change change_of(int64_t product_id)
{
    return (struct catalogue_change){ACTOR, product_id, get(product_id).edition};
}

static int64_t category(const char *name)
{
    int64_t id;
    MUST(catalogue_edit_add_category(shop_begin(shop), ACTOR, name, "🎬", &id, &err));
    shop_commit(shop);
    return id;
}

static int64_t add(int64_t category_id, const char *name, const char *code)
{
    int64_t id;
    const struct catalogue_new_product product = {.category_id = category_id,
                                                  .code = code,
                                                  .name = name,
                                                  .description = "",
                                                  .snk = "",
                                                  .price = 5000,
                                                  .question = ""};
    MUST(catalogue_edit_add_product(shop_begin(shop), ACTOR, &product, &id, &err));
    shop_commit(shop);
    return id;
}

static void edit(int64_t product_id, enum catalogue_field field, const char *text, int64_t number)
{
    const struct catalogue_change change = change_of(product_id);
    MUST(catalogue_edit_product(shop_begin(shop), &change, field, &(struct catalogue_value){text, number},
                                &err));
    shop_commit(shop);
}

static void refuse(enum error_code code, int64_t product_id, enum catalogue_field field, const char *text,
                   int64_t number)
{
    const struct catalogue_change change = change_of(product_id);
    MUST_FAIL(code, catalogue_edit_product(shop_begin(shop), &change, field,
                                           &(struct catalogue_value){text, number}, &err));
}

static int64_t logs(const char *action)
{
    return shop_sql(shop, "SELECT count(*) FROM admin_logs WHERE action = '%s' AND actor_id = %d", action,
                    ACTOR);
}

/* The ids of a category's list, from its beginning to its end and back again. */
static void assert_order(int64_t category_id, const int64_t *ids, size_t count)
{
    struct catalogue_list_lines page;
    size_t at = 0;
    int64_t cursor = 0, last = 0;
    do {
        MUST(catalogue_list_products(shop_task(shop), category_id, cursor, &page, &err));
        last = cursor;
        for (size_t i = 0; i < page.count; i++, at++) {
            assert_true(at < count);
            assert_int_equal(page.items[i].id, ids[at]);
        }
        cursor = page.after;
    } while (cursor);
    assert_int_equal(at, count);
    at -= page.count;
    for (cursor = last ? page.before : 0; cursor; cursor = page.before) {
        MUST(catalogue_list_products(shop_task(shop), category_id, cursor, &page, &err));
        assert_true(page.count > 0 && page.after == -cursor);
        at -= page.count;
        for (size_t i = 0; i < page.count; i++)
            assert_int_equal(page.items[i].id, ids[at + i]);
    }
    assert_int_equal(at, 0);
}

/* --- adding --- */

static void test_a_product_is_added_to_the_end_of_its_category(void **state)
{
    NEEDS_SHOP();
    int64_t c = category("Film"), ids[20];
    for (int i = 0; i < 20; i++)
        ids[i] = add(c, "Netflix", NULL);
    assert_order(c, ids, 20);
    assert_true(str_starts_with(get(ids[1]).code, "NETFLIX-"));
    struct catalogue_list_product product = get(ids[0]);
    assert_string_equal(product.code, "NETFLIX");
    assert_string_equal(product.category, "Film");
    assert_int_equal(product.edition, 1);
    assert_int_equal(logs("add"), 21);
    assert_string_equal(get(add(c, "🎬 العربية", NULL)).code, "PRODUK");
    assert_string_equal(get(add(c, "Canva Pro - 1 thn!", NULL)).code, "CANVA-PRO-1-THN");
}

static void test_what_a_product_must_be(void **state)
{
    NEEDS_SHOP();
    int64_t c = category("Film"), id = 0;
    add(c, "Netflix", "NFLX");
    char longest[103] = "";
    memset(longest, 'x', 101);
    const struct catalogue_new_product good = {
        .category_id = c, .code = "A", .name = "A", .description = "", .snk = "", .price = 1, .question = ""};
    struct catalogue_new_product bad[12];
    size_t n = 0;
    for (size_t i = 0; i < 12; i++)
        bad[i] = good;
    bad[n++].name = longest;
    bad[n++].name = "";
    bad[n++].name = "two\nlines";
    bad[n++].code = "has blank";
    bad[n++].code = "deleted-5";
    bad[n++].code = "";
    bad[n++].price = 0;
    bad[n++].price = 1000000001;
    bad[n++].question = "Email?"; /* of a unit product */
    bad[n++].content = "text";
    bad[n++].photo = "";
    bad[n++].description = "\x01";
    for (size_t i = 0; i < n; i++)
        MUST_FAIL(ERR_INVALID, catalogue_edit_add_product(shop_begin(shop), ACTOR, &bad[i], &id, &err));
    struct catalogue_new_product taken = good;
    taken.code = "NFLX";
    MUST_FAIL(ERR_CONFLICT, catalogue_edit_add_product(shop_begin(shop), ACTOR, &taken, &id, &err));
    taken.category_id = 4711;
    MUST_FAIL(ERR_NOT_FOUND, catalogue_edit_add_product(shop_begin(shop), ACTOR, &taken, &id, &err));
    assert_int_equal(id, 0);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM products"), 1);
}

static void test_each_kind(void **state)
{
    NEEDS_SHOP();
    struct catalogue_new_product product = {
        .category_id = category("Film"), .description = "", .snk = "", .price = 5000, .question = ""};
    int64_t shared, file, manual;
    product.name = "Shared";
    product.kind = PRODUCT_SHARED;
    product.content = "https://t.me/+rahasia";
    struct work *work = shop_begin(shop);
    MUST(catalogue_edit_add_product(work, ACTOR, &product, &shared, &err));
    product.name = "File";
    product.kind = PRODUCT_FILE;
    product.content = "BQACAgQ";
    product.content_name = "buku.pdf";
    MUST(catalogue_edit_add_product(work, ACTOR, &product, &file, &err));
    product.name = "Manual";
    product.kind = PRODUCT_MANUAL;
    product.content = product.content_name = NULL;
    product.question = "User ID?";
    MUST(catalogue_edit_add_product(work, ACTOR, &product, &manual, &err));
    shop_commit(shop);
    assert_true(get(shared).has_content && get(file).has_content);
    assert_string_equal(get(file).content_name, "buku.pdf");
    assert_string_equal(get(manual).question, "User ID?");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM admin_logs WHERE after::text LIKE '%%rahasia%%'"
                                    " OR before::text LIKE '%%rahasia%%'"),
                     0);

    const char *content, *name;
    struct catalogue_change change = change_of(shared);
    MUST(catalogue_edit_content(shop_begin(shop), &change, "new", NULL, &err));
    shop_commit(shop);
    MUST(catalogue_content(shop_begin(shop), shared, &content, &name, &err));
    assert_string_equal(content, "new");
    MUST_FAIL(ERR_CONFLICT, catalogue_edit_content(shop_begin(shop), &change, "newer", NULL, &err));
    change = change_of(manual);
    MUST_FAIL(ERR_INVALID, catalogue_edit_content(shop_begin(shop), &change, "new", NULL, &err));
    change = change_of(file);
    MUST_FAIL(ERR_INVALID, catalogue_edit_content(shop_begin(shop), &change, "new", NULL, &err));
    MUST(catalogue_edit_content(shop_begin(shop), &change, NULL, NULL, &err));
    shop_commit(shop);
    assert_false(get(file).has_content);
    edit(manual, EDIT_QUESTION, "", 0);
    refuse(ERR_INVALID, file, EDIT_QUESTION, "Email?", 0);
    assert_int_equal(logs("edit_content"), 2);
}

/* --- editing --- */

static void test_each_field(void **state)
{
    NEEDS_SHOP();
    int64_t c = category("Film"), d = category("Musik"), id = add(c, "Netflix", "NFLX");
    int64_t other = add(d, "Spotify", "SPOT");
    edit(id, EDIT_NAME, "Netflix <b>&\" 🎬", 0);
    edit(id, EDIT_CODE, "NF-1", 0);
    edit(id, EDIT_PRICE, NULL, 7000);
    edit(id, EDIT_DESCRIPTION, "two\nlines", 0);
    edit(id, EDIT_SNK, "terms", 0);
    edit(id, EDIT_PHOTO, "AgAC", 0);
    edit(id, EDIT_CATEGORY, NULL, d);
    edit(id, EDIT_HIDDEN, NULL, 1);
    struct catalogue_list_product p = get(id);
    assert_string_equal(p.name, "Netflix <b>&\" 🎬");
    assert_string_equal(p.code, "NF-1");
    assert_int_equal(p.price, 7000);
    assert_string_equal(p.description, "two\nlines");
    assert_string_equal(p.snk, "terms");
    assert_string_equal(p.photo, "AgAC");
    assert_string_equal(p.category, "Musik");
    assert_true(p.hidden);
    assert_int_equal(p.edition, 9);
    assert_int_equal(logs("edit"), 8);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM admin_logs WHERE before = '{\"price\": 5000}'"
                                    " AND after = '{\"price\": 7000}' AND subject = 'product'"),
                     1);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM admin_logs WHERE after::text LIKE '%%AgAC%%'"), 0);
    const int64_t list[] = {other, id};
    assert_order(d, list, 2);
    edit(id, EDIT_PHOTO, NULL, 0);
    assert_null(get(id).photo);
    edit(id, EDIT_PHOTO, NULL, 0); /* as it is: nothing happens */
    assert_int_equal(get(id).edition, 10);
    assert_int_equal(logs("edit"), 9);

    refuse(ERR_INVALID, id, EDIT_NAME, "", 0);
    refuse(ERR_INVALID, id, EDIT_NAME, NULL, 0);
    refuse(ERR_INVALID, id, EDIT_CODE, "deleted-1", 0);
    refuse(ERR_INVALID, id, EDIT_PRICE, NULL, 0);
    refuse(ERR_INVALID, id, EDIT_EMOJI, "x", 0);
    refuse(ERR_CONFLICT, id, EDIT_CODE, "SPOT", 0);
    refuse(ERR_NOT_FOUND, id, EDIT_CATEGORY, NULL, 4711);
    bool taken;
    MUST(catalogue_edit_code_is_taken(shop_begin(shop), "SPOT", id, &taken, &err));
    assert_true(taken);
    MUST(catalogue_edit_code_is_taken(&shop->work, "SPOT", other, &taken, &err));
    assert_false(taken);
    assert_int_equal(get(id).edition, 10);
}

/* What one admin saw is not what there is any more. */
static void test_changed_meanwhile(void **state)
{
    NEEDS_SHOP();
    int64_t c = category("Film"), id = add(c, "Netflix", "NFLX");
    add(c, "Spotify", "SPOT");
    const struct catalogue_change seen = change_of(id);
    bool hidden;
    edit(id, EDIT_PRICE, NULL, 7000);
    struct catalogue_value value = {.text = "Other", .number = 1};
    MUST_FAIL(ERR_CONFLICT, catalogue_edit_product(shop_begin(shop), &seen, EDIT_NAME, &value, &err));
    MUST_FAIL(ERR_CONFLICT, catalogue_edit_product(&shop->work, &seen, EDIT_HIDDEN, &value, &err));
    MUST_FAIL(ERR_CONFLICT, catalogue_edit_move_product(shop_begin(shop), &seen, 1, &err));
    MUST_FAIL(ERR_CONFLICT, catalogue_edit_delete_product(shop_begin(shop), &seen, &hidden, &err));
    const struct catalogue_change gone = {ACTOR, 4711, 1};
    MUST_FAIL(ERR_NOT_FOUND, catalogue_edit_product(shop_begin(shop), &gone, EDIT_NAME, &value, &err));
    MUST_FAIL(ERR_NOT_FOUND, catalogue_edit_move_product(shop_begin(shop), &gone, 1, &err));
    MUST_FAIL(ERR_NOT_FOUND, catalogue_edit_delete_product(shop_begin(shop), &gone, &hidden, &err));
    assert_string_equal(get(id).name, "Netflix");
    assert_int_equal(get(id).edition, 2);
}

static void test_a_price_change_reaches_buyers(void **state)
{
    NEEDS_SHOP();
    int64_t id = add(category("Film"), "Netflix", "NFLX");
    const struct catalogue *catalogue;
    MUST(catalogue_get(shop_task(shop), &catalogue, &err));
    assert_int_equal(catalogue_product(catalogue, id)->price, 5000);
    edit(id, EDIT_PRICE, NULL, 7000);
    MUST(catalogue_get(shop_task(shop), &catalogue, &err));
    assert_int_equal(catalogue_product(catalogue, id)->price, 7000);
    edit(id, EDIT_HIDDEN, NULL, 1);
    MUST(catalogue_get(shop_task(shop), &catalogue, &err));
    assert_null(catalogue_product(catalogue, id));
}

/* --- moving --- */

static void move(int64_t product_id, int up)
{
    const struct catalogue_change change = change_of(product_id);
    MUST(catalogue_edit_move_product(shop_begin(shop), &change, up, &err));
    shop_commit(shop);
}

static void test_moving_where_positions_are_equal(void **state)
{
    NEEDS_SHOP();
    int64_t c = category("Film"), other = category("Musik"), ids[4];
    int64_t elsewhere = add(other, "Spotify", NULL);
    for (int i = 0; i < 4; i++)
        ids[i] = add(c, "Netflix", NULL);
    shop_sql(shop, "UPDATE products SET position = 7");
    move(ids[3], -1);
    assert_order(c, (int64_t[]){ids[0], ids[1], ids[3], ids[2]}, 4);
    move(ids[0], 1);
    assert_order(c, (int64_t[]){ids[1], ids[0], ids[3], ids[2]}, 4);
    shop_sql(shop, "UPDATE products SET position = CASE id WHEN %lld THEN 2 ELSE 1 END", (long long)ids[0]);
    move(ids[0], -1); /* 1, 2, 3 stand in front of it, all at one position */
    assert_order(c, (int64_t[]){ids[1], ids[2], ids[0], ids[3]}, 4);
    int64_t edition = get(ids[1]).edition, moves = logs("move");
    move(ids[1], -1); /* is the first one already */
    move(ids[3], 1);
    assert_order(c, (int64_t[]){ids[1], ids[2], ids[0], ids[3]}, 4);
    assert_int_equal(get(ids[1]).edition, edition);
    assert_int_equal(logs("move"), moves);
    assert_int_equal(get(elsewhere).edition, 1);
    assert_int_equal(shop_sql(shop, "SELECT position FROM products WHERE id = %lld", (long long)elsewhere),
                     1);
}

static void test_hidden_and_deleted_ones_in_a_list(void **state)
{
    NEEDS_SHOP();
    int64_t c = category("Film"), ids[3];
    for (int i = 0; i < 3; i++)
        ids[i] = add(c, "Netflix", NULL);
    edit(ids[0], EDIT_HIDDEN, NULL, 1);
    const struct catalogue_change change = change_of(ids[1]);
    bool hidden;
    MUST(catalogue_edit_delete_product(shop_begin(shop), &change, &hidden, &err));
    shop_commit(shop);
    assert_order(c, (int64_t[]){ids[0], ids[2]}, 2);
    move(ids[2], -1); /* past the hidden one, not the one that is gone */
    assert_order(c, (int64_t[]){ids[2], ids[0]}, 2);
    MUST_FAIL(ERR_NOT_FOUND,
              catalogue_list_product(shop_task(shop), ids[1], &(struct catalogue_list_product){0}, &err));
}

/* --- deleting --- */

static void put_in_cart(int64_t person, int64_t product_id)
{
    shop_person(shop, person);
    MUST(cart_set(shop_begin(shop), person, product_id, 1, 5000, &err));
    shop_commit(shop);
}

static void test_without_orders_it_is_gone(void **state)
{
    NEEDS_SHOP();
    int64_t id = shop_product(shop, "NFLX", 5000, 3), again;
    int64_t c = shop_sql(shop, "SELECT category_id FROM products");
    put_in_cart(1, id);
    const struct catalogue_change change = change_of(id);
    bool hidden = true;
    MUST(catalogue_edit_delete_product(shop_begin(shop), &change, &hidden, &err));
    shop_commit(shop);
    assert_false(hidden);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM stock_units WHERE state = 'removed'"), 3);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM cart_items"), 0);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM products WHERE deleted_at IS NOT NULL AND hidden"
                                    " AND code = 'deleted-' || id AND name = 'Product NFLX'"),
                     1);
    again = add(c, "Netflix", "NFLX"); /* the code is free */
    assert_true(again > id);
    assert_int_equal(logs("delete"), 1);
    bool taken;
    MUST(catalogue_edit_code_is_taken(shop_begin(shop), "NFLX", again, &taken, &err));
    assert_false(taken);
}

static void test_with_orders_it_is_hidden(void **state)
{
    NEEDS_SHOP();
    int64_t id = shop_product(shop, "NFLX", 5000, 3), about;
    struct order order;
    enum order_obstacle obstacle;
    put_in_cart(1, id);
    struct work *work = shop_begin(shop);
    MUST(order_place(work, 1, work->now_ms + 60000, 9, &order, &obstacle, &about, &err));
    shop_commit(shop);
    put_in_cart(2, id);
    const struct catalogue_change change = change_of(id);
    bool hidden = false;
    MUST(catalogue_edit_delete_product(shop_begin(shop), &change, &hidden, &err));
    shop_commit(shop);
    assert_true(hidden);
    assert_true(get(id).hidden);
    assert_int_equal(get(id).available, 2);
    assert_int_equal(get(id).reserved, 1);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM cart_items"), 1);
    edit(id, EDIT_HIDDEN, NULL, 0);
    const struct catalogue *catalogue;
    MUST(catalogue_get(shop_task(shop), &catalogue, &err));
    assert_int_equal(catalogue_product(catalogue, id)->stock, 2);
}

/* --- categories --- */

static struct catalogue_change category_change(int64_t category_id)
{
    struct catalogue_list_category c;
    MUST(catalogue_list_category(shop_task(shop), category_id, &c, &err));
    return (struct catalogue_change){ACTOR, category_id, c.edition};
}

static void test_categories(void **state)
{
    NEEDS_SHOP();
    int64_t a = category("A"), b = category("B"), c = category("C"), id = 0;
    MUST_FAIL(ERR_CONFLICT, catalogue_edit_add_category(shop_begin(shop), ACTOR, "A", "", &id, &err));
    MUST_FAIL(ERR_INVALID, catalogue_edit_add_category(shop_begin(shop), ACTOR, "", "", &id, &err));
    MUST_FAIL(ERR_INVALID, catalogue_edit_add_category(shop_begin(shop), ACTOR, "deleted-1", "", &id, &err));
    MUST_FAIL(ERR_INVALID,
              catalogue_edit_add_category(shop_begin(shop), ACTOR, "X", "12345678901234567", &id, &err));
    shop_sql(shop, "UPDATE categories SET position = 1");
    struct catalogue_change change = category_change(c);
    MUST(catalogue_edit_move_category(shop_begin(shop), &change, -1, &err));
    shop_commit(shop);
    MUST_FAIL(ERR_CONFLICT, catalogue_edit_move_category(shop_begin(shop), &change, -1, &err));
    struct catalogue_list_categories page;
    MUST(catalogue_list_categories(shop_task(shop), 0, &page, &err));
    assert_int_equal(page.count, 3);
    assert_int_equal(page.items[1].id, c);
    assert_int_equal(page.items[2].id, b);
    assert_true(!page.before && !page.after);
    change = category_change(a);
    struct catalogue_value value = {.text = "Film", .number = 1};
    MUST(catalogue_edit_category(shop_begin(shop), &change, EDIT_NAME, &value, &err));
    shop_commit(shop);
    MUST_FAIL(ERR_CONFLICT, catalogue_edit_category(shop_begin(shop), &change, EDIT_HIDDEN, &value, &err));
    change = category_change(a);
    MUST(catalogue_edit_category(shop_begin(shop), &change, EDIT_HIDDEN, &value, &err));
    shop_commit(shop);
    change = category_change(a);
    value.text = "🎬";
    MUST(catalogue_edit_category(shop_begin(shop), &change, EDIT_EMOJI, &value, &err)); /* as it is */
    shop_commit(shop);
    assert_int_equal(category_change(a).edition, 3);
    value.text = "B";
    MUST_FAIL(ERR_CONFLICT, catalogue_edit_category(shop_begin(shop), &change, EDIT_NAME, &value, &err));

    id = add(a, "Netflix", "NFLX");
    change = category_change(a);
    MUST_FAIL(ERR_INVALID, catalogue_edit_delete_category(shop_begin(shop), &change, &err));
    edit(id, EDIT_CATEGORY, NULL, b);
    MUST(catalogue_edit_delete_category(shop_begin(shop), &change, &err));
    shop_commit(shop);
    MUST_FAIL(ERR_NOT_FOUND, catalogue_edit_delete_category(shop_begin(shop), &change, &err));
    category("Film"); /* the name is free */
    MUST(catalogue_list_categories(shop_task(shop), 0, &page, &err));
    assert_int_equal(page.count, 3);
}

static void test_pages_of_categories(void **state)
{
    NEEDS_SHOP();
    struct catalogue_list_categories page;
    char name[] = "C0";
    for (int i = 0; i < 20; i++, name[1]++)
        category(name);
    MUST(catalogue_list_categories(shop_task(shop), 0, &page, &err));
    assert_int_equal(page.count, CATALOGUE_LIST_PAGE);
    MUST(catalogue_list_categories(shop_task(shop), page.after, &page, &err));
    MUST(catalogue_list_categories(shop_task(shop), page.after, &page, &err));
    assert_int_equal(page.count, 4);
    assert_int_equal(page.after, 0);
    MUST(catalogue_list_categories(shop_task(shop), page.before, &page, &err));
    assert_int_equal(page.count, CATALOGUE_LIST_PAGE);
    assert_string_equal(page.items[0].name, "C8");
    static const int64_t nowhere[] = {4711, -4711, INT64_MIN, INT64_MAX};
    for (size_t i = 0; i < sizeof nowhere / sizeof *nowhere; i++) {
        MUST(catalogue_list_categories(shop_task(shop), nowhere[i], &page, &err));
        assert_string_equal(page.items[0].name, "C0");
    }
}

static void test_searching(void **state)
{
    NEEDS_SHOP();
    int64_t c = category("Film");
    struct catalogue_list_lines page;
    bool more;
    for (int i = 0; i < 10; i++)
        add(c, "Netflix 100% Private", NULL);
    add(c, "Spotify", "SPOT-1");
    MUST(catalogue_list_search(shop_task(shop), "FLIX", 0, &page, &more, &err));
    assert_true(page.count == CATALOGUE_LIST_PAGE && more);
    MUST(catalogue_list_search(shop_task(shop), "FLIX", 1, &page, &more, &err));
    assert_true(page.count == 2 && !more);
    MUST(catalogue_list_search(shop_task(shop), "spot-", 0, &page, &more, &err));
    assert_true(page.count == 1 && !more);
    MUST(catalogue_list_search(shop_task(shop), "%", 0, &page, &more, &err));
    assert_true(page.count == CATALOGUE_LIST_PAGE);
    MUST(catalogue_list_search(shop_task(shop), "_", INT64_MAX, &page, &more, &err));
    assert_int_equal(page.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(test_a_product_is_added_to_the_end_of_its_category),
        SHOP_TEST(test_what_a_product_must_be),
        SHOP_TEST(test_each_kind),
        SHOP_TEST(test_each_field),
        SHOP_TEST(test_changed_meanwhile),
        SHOP_TEST(test_a_price_change_reaches_buyers),
        SHOP_TEST(test_moving_where_positions_are_equal),
        SHOP_TEST(test_hidden_and_deleted_ones_in_a_list),
        SHOP_TEST(test_without_orders_it_is_gone),
        SHOP_TEST(test_with_orders_it_is_hidden),
        SHOP_TEST(test_categories),
        SHOP_TEST(test_pages_of_categories),
        SHOP_TEST(test_searching),
    };
    return cmocka_run_group_tests(tests, shop_set_up, shop_tear_down);
}

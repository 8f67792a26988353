/* Products that are no units: what all buyers get, what an admin does by hand, and what buyers are asked. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/catalogue_file.h"
#include "store/internal.h"
#include "store/order_content.h"
#include "store/order_list.h"
#include "store/verify.h"

enum { BUYER = 1001, OTHER = 1002, ADMIN = 9001 };

#define DOCUMENT "BQACAgUAAxkBAAI"
static int64_t unit, shared, file, manual; /* products, of 1,000 rupiah each */

static void set_content(int64_t product, const char *content, const char *name)
{
    MUST(catalogue_set_content(shop_begin(shop), product, content, name, &err));
    shop_commit(shop);
}

static int64_t product_of(const char *code, const char *kind, const char *question)
{
    int64_t id = shop_product(shop, code, 1000, 0);
    shop_sql(shop, "UPDATE products SET kind = '%s', question = '%s' WHERE id = %lld", kind, question,
             (long long)id);
    return id;
}

static void prepare(void)
{
    unit = shop_product(shop, "U", 1000, 3);
    shared = product_of("S", "shared", "");
    file = product_of("F", "file", "");
    manual = product_of("M", "manual", "User ID?");
    set_content(shared, "the shared text", NULL);
    set_content(file, DOCUMENT, "ebook.pdf");
    shop_person(shop, BUYER);
    shop_person(shop, OTHER);
}

static void put(int64_t person, int64_t product, int64_t quantity)
{
    MUST(cart_set(shop_begin(shop), person, product, quantity, 1000, &err));
    shop_commit(shop);
}

static void answer(int64_t person, const char *question, const char *text)
{
    MUST(cart_set_answer(shop_begin(shop), person, manual, question, text, &err));
    shop_commit(shop);
}

static struct order place(int64_t person)
{
    struct order order;
    enum order_obstacle obstacle;
    int64_t about;
    struct work *work = shop_begin(shop);
    MUST(order_place(work, person, work->now_ms + 60000, 100, &order, &obstacle, &about, &err));
    shop_commit(shop);
    return order;
}

static enum order_obstacle obstacle_of(int64_t person, int64_t *about_out)
{
    struct order order;
    enum order_obstacle obstacle = ORDER_OK;
    struct work *work = shop_begin(shop);
    MUST_FAIL(ERR_CONFLICT, order_place(work, person, work->now_ms, 100, &order, &obstacle, about_out, &err));
    work_end(work);
    return obstacle;
}

/* One of each, and two of the unit and the shared text. */
static struct order place_all(void)
{
    put(BUYER, unit, 2);
    put(BUYER, shared, 2);
    put(BUYER, file, 1);
    put(BUYER, manual, 1);
    answer(BUYER, "User ID?", "budi#42");
    return place(BUYER);
}

static void pay(int64_t order_id)
{
    MUST(order_mark_paid(shop_begin(shop), order_id, &err));
    shop_commit(shop);
}

static int64_t item_of(int64_t order_id, int64_t product)
{
    return shop_sql(shop, "SELECT id FROM order_items WHERE order_id = %lld AND product_id = %lld",
                    (long long)order_id, (long long)product);
}

static struct order_content content_of(int64_t order_id, int64_t product)
{
    struct order_content content;
    MUST(order_content_get(shop_begin(shop), item_of(order_id, product), &content, &err));
    return content;
}

/* Without payments and outbox: what the books say of orders' items and the stock alone. */
static void expect_no_difference(void)
{
    struct verify_result result;
    const struct db_scope scope = {1, shop->schema, shop->role};
    MUST(verify_store(shop->admin, &scope, shop->arena, 60000, &result, &err));
    for (size_t i = 0; i < result.listed; i++)
        if (!strstr(result.differences[i].says, "payments") &&
            !strstr(result.differences[i].says, "delivery"))
            fail_msg("%s: %s: %s", result.differences[i].what, result.differences[i].who,
                     result.differences[i].says);
}

/* --- the catalogue --- */

static const struct catalogue_product *seen(int64_t id)
{
    const struct catalogue *catalogue;
    MUST(catalogue_get(shop_task(shop), &catalogue, &err));
    return catalogue_product(catalogue, id);
}

static void test_without_limit_while_there_is_something(void **state)
{
    NEEDS_SHOP();
    prepare();
    assert_int_equal(seen(unit)->stock, 3);
    assert_int_equal(seen(shared)->stock, CATALOGUE_UNLIMITED);
    assert_int_equal(seen(file)->stock, CATALOGUE_UNLIMITED);
    assert_int_equal(seen(manual)->stock, CATALOGUE_UNLIMITED);
    assert_string_equal(seen(manual)->question, "User ID?");
    assert_string_equal(seen(unit)->question, "");
    assert_null(seen(unit)->photo);
    shop_sql(shop, "UPDATE products SET photo = 'AgAC' WHERE id = %lld", (long long)unit);
    set_content(shared, NULL, NULL);
    assert_int_equal(seen(shared)->stock, 0);
    assert_int_equal(seen(shared)->kind, PRODUCT_SHARED);
    assert_string_equal(seen(unit)->photo, "AgAC");
    put(BUYER, shared, 1);
    int64_t about;
    assert_int_equal(obstacle_of(BUYER, &about), ORDER_OUT_OF_STOCK);
    assert_int_equal(about, shared);
}

static void test_contents_are_sealed_and_checked(void **state)
{
    NEEDS_SHOP();
    prepare();
    const char *content, *name;
    MUST(catalogue_content(shop_begin(shop), file, &content, &name, &err));
    assert_string_equal(content, DOCUMENT);
    assert_string_equal(name, "ebook.pdf");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM products WHERE position('shared text' in"
                                    " encode(content, 'escape')) > 0"),
                     0);
    MUST_FAIL(ERR_NOT_FOUND, catalogue_content(&shop->work, 999, &content, &name, &err));
    MUST_FAIL(ERR_INVALID, catalogue_set_content(&shop->work, shared, "", NULL, &err));
    MUST_FAIL(ERR_INVALID, catalogue_set_content(&shop->work, file, DOCUMENT, "", &err));
    MUST_FAIL(ERR_INVALID, catalogue_set_content(&shop->work, file, NULL, "x", &err));
    const struct {
        int64_t product;
        const char *content, *name;
    } wrong[] = {{unit, "x", NULL}, {manual, "x", NULL}, {shared, "x", "x.pdf"}, {file, "x", NULL}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        MUST(
            catalogue_set_content(shop_begin(shop), wrong[i].product, wrong[i].content, wrong[i].name, &err));
        MUST_FAIL(ERR_INVALID, work_commit(&shop->work, &err));
    }
    /* moved to another product it does not open */
    shop_sql(
        shop,
        "UPDATE products SET content = (SELECT content FROM products WHERE code = 'F') WHERE code = 'S'");
    MUST_FAIL(ERR_INTERNAL, catalogue_content(shop_begin(shop), shared, &content, &name, &err));
}

/* --- answers --- */

static void test_an_answer_is_for_its_question(void **state)
{
    NEEDS_SHOP();
    prepare();
    int64_t about;
    struct cart cart;
    put(BUYER, unit, 1);
    MUST_FAIL(ERR_NOT_FOUND, cart_set_answer(shop_begin(shop), BUYER, manual, "User ID?", "x", &err));
    put(BUYER, manual, 2);
    assert_int_equal(obstacle_of(BUYER, &about), ORDER_ANSWER_MISSING);
    assert_int_equal(about, manual);
    answer(BUYER, "User ID?", "budi#42");
    put(BUYER, manual, 1); /* stays with another quantity */
    MUST(cart_get(shop_task(shop), BUYER, &cart, &err));
    assert_string_equal(cart.items[1].answer, "budi#42");
    assert_string_equal(cart.items[1].question, "User ID?");
    assert_null(cart.items[0].answer);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM cart_items WHERE position('budi' in"
                                    " encode(answer, 'escape')) > 0"),
                     0);
    shop_sql(shop, "UPDATE products SET question = 'E-mail?' WHERE id = %lld", (long long)manual);
    assert_int_equal(obstacle_of(BUYER, &about), ORDER_ANSWER_MISSING);
    answer(BUYER, "E-mail?", "budi@example.com");
    struct order order = place(BUYER);
    const char *text;
    assert_string_equal(order.items[1].question, "E-mail?");
    MUST(order_content_answer(shop_begin(shop), item_of(order.id, manual), &text, &err));
    assert_string_equal(text, "budi@example.com");
    MUST(order_content_answer(&shop->work, item_of(order.id, unit), &text, &err));
    assert_null(text);
    MUST_FAIL(ERR_NOT_FOUND, order_content_answer(&shop->work, 999, &text, &err));
}

static void test_answers_have_a_length(void **state)
{
    NEEDS_SHOP();
    prepare();
    char text[4 * (CART_ANSWER + 1) + 1] = "";
    put(BUYER, manual, 1);
    for (int i = 0; i < CART_ANSWER; i++)
        memcpy(text + 4 * i, "😀", 5);
    answer(BUYER, "User ID?", text);
    memcpy(text + 4 * CART_ANSWER, "😀", 5);
    MUST_FAIL(ERR_INVALID, cart_set_answer(shop_begin(shop), BUYER, manual, "User ID?", text, &err));
    MUST_FAIL(ERR_INVALID, cart_set_answer(shop_begin(shop), BUYER, manual, "User ID?", "", &err));
    MUST_FAIL(ERR_INVALID, cart_set_answer(shop_begin(shop), BUYER, manual, "User ID?", "\xff", &err));
    /* another person's does not open here */
    put(OTHER, manual, 1);
    shop_sql(shop, "UPDATE cart_items SET answer = (SELECT answer FROM cart_items WHERE telegram_id = 1001)");
    struct cart cart;
    MUST_FAIL(ERR_INTERNAL, cart_get(shop_task(shop), OTHER, &cart, &err));
}

/* --- orders --- */

static void test_bought_together(void **state)
{
    NEEDS_SHOP();
    prepare();
    struct order order = place_all(), stored;
    assert_int_equal(order.total, 6000);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM stock_units WHERE state = 'reserved'"), 2);
    assert_int_equal(order.items[1].kind, PRODUCT_SHARED);
    assert_int_equal(order.items[3].kind, PRODUCT_MANUAL);
    expect_no_difference();
    /* what comes later touches nothing */
    set_content(shared, "another text", NULL);
    set_content(file, NULL, NULL);
    pay(order.id);
    assert_string_equal(content_of(order.id, shared).text, "the shared text");
    assert_string_equal(content_of(order.id, file).file_id, DOCUMENT);
    assert_string_equal(content_of(order.id, file).file_name, "ebook.pdf");
    assert_null(content_of(order.id, file).text);
    assert_null(content_of(order.id, manual).text);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM order_items WHERE encode(content, 'escape') LIKE"
                                    " '%%shared%%' OR encode(answer, 'escape') LIKE '%%budi%%'"),
                     0);
    assert_int_equal(seen(unit)->sold, 2);
    assert_int_equal(seen(shared)->sold, 2);
    assert_int_equal(seen(file)->sold, 1);
    assert_int_equal(seen(manual)->sold, 1);
    expect_no_difference();
    MUST(order_get(shop_begin(shop), order.id, true, &stored, &err));
    assert_true(order_is_unfulfilled(&stored));
    assert_string_equal(stored.items[3].question, "User ID?");
    MUST_FAIL(ERR_CONFLICT, order_mark_completed(&shop->work, order.id, &err));
}

static void test_ended_and_paid_late(void **state)
{
    NEEDS_SHOP();
    prepare();
    struct order order = place_all();
    MUST(order_end(shop_begin(shop), order.id, ORDER_EXPIRED, "expired", &err));
    shop_commit(shop);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM stock_units WHERE state = 'available'"), 3);
    assert_int_equal(seen(shared)->sold, 0);
    expect_no_difference();
    set_content(shared, NULL, NULL); /* it is in the order */
    MUST(order_revive(shop_begin(shop), order.id, &err));
    shop_commit(shop);
    assert_string_equal(content_of(order.id, shared).text, "the shared text");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM stock_units WHERE state = 'sold'"), 2);
    assert_int_equal(seen(manual)->sold, 1);
    expect_no_difference();
}

/* With no unit in it there is nothing to be reserved or given back. */
static void test_orders_without_units(void **state)
{
    NEEDS_SHOP();
    prepare();
    put(BUYER, shared, 3);
    struct order first = place(BUYER);
    put(BUYER, file, 1);
    struct order second = place(BUYER);
    MUST(order_end(shop_begin(shop), first.id, ORDER_CANCELLED, "buyer", &err));
    shop_commit(shop);
    pay(second.id);
    MUST(order_revive(shop_begin(shop), first.id, &err));
    MUST(order_mark_completed(&shop->work, second.id, &err));
    shop_commit(shop);
    assert_int_equal(seen(shared)->sold, 3);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM stock_units WHERE state <> 'available'"), 0);
    expect_no_difference();
    int64_t short_of;
    MUST_FAIL(ERR_INTERNAL, stock_reserve(shop_begin(shop), 999, &short_of, &err));
    MUST_FAIL(ERR_CONFLICT, stock_release(shop_begin(shop), 999, &err));
    MUST_FAIL(ERR_NOT_FOUND, stock_sell(shop_begin(shop), 999, &err));
}

/* --- by hand --- */

static void test_fulfilled_once(void **state)
{
    NEEDS_SHOP();
    prepare();
    struct order order = place_all();
    int64_t item = order.items[3].id, unit_item = order.items[0].id;
    const struct order_content text = {.text = "done: 86 diamonds"}, nothing = {0};
    const struct order_content wrong[] = {
        {.text = ""}, {.text = "x", .file_id = "x", .file_name = "x"}, {.file_id = "x"}, {.file_name = "x"}};
    MUST_FAIL(ERR_CONFLICT, order_content_fulfil(shop_begin(shop), item, ADMIN, &text, &err)); /* not paid */
    pay(order.id);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        MUST_FAIL(ERR_INVALID, order_content_fulfil(shop_begin(shop), item, ADMIN, &wrong[i], &err));
    MUST_FAIL(ERR_CONFLICT, order_content_fulfil(shop_begin(shop), unit_item, ADMIN, &text, &err));
    MUST(order_content_fulfil(shop_begin(shop), item, ADMIN, &text, &err));
    shop_commit(shop);
    MUST_FAIL(ERR_CONFLICT, order_content_fulfil(shop_begin(shop), item, ADMIN, &nothing, &err));
    assert_string_equal(content_of(order.id, manual).text, "done: 86 diamonds");
    assert_int_equal(shop_sql(shop, "SELECT fulfilled_by FROM order_items WHERE id = %lld", (long long)item),
                     ADMIN);
    MUST(order_mark_completed(shop_begin(shop), order.id, &err));
    shop_commit(shop);
    expect_no_difference();
    struct order stored;
    MUST(order_get(shop_begin(shop), order.id, false, &stored, &err));
    assert_int_equal(stored.delivery, DELIVERY_SENT);
    assert_false(order_is_unfulfilled(&stored));
    MUST_FAIL(ERR_CONFLICT, order_note_delivery(&shop->work, order.id, DELIVERY_REFUSED, &err));
}

static struct order_manual_page page_from(int64_t from, int64_t limit)
{
    struct order_manual_page page;
    MUST(order_list_manual(shop_task(shop), from, limit, &page, &err));
    return page;
}

static void test_the_queue(void **state)
{
    NEEDS_SHOP();
    prepare();
    int64_t second = product_of("M2", "manual", ""), items[7] = {0};
    assert_int_equal(page_from(0, 2).count, 0);
    for (int i = 0; i < 4; i++) { /* orders 1 to 4: one item, and one more in every second */
        put(BUYER, manual, i + 1);
        answer(BUYER, "User ID?", i ? "later" : "first");
        if (i % 2)
            put(BUYER, second, 1);
        struct order order = place(BUYER);
        if (i != 2)
            pay(order.id);
    }
    put(OTHER, second, 1);
    struct order refunded = place(OTHER);
    pay(refunded.id);
    shop_sql(shop, "UPDATE orders SET refunded = total WHERE id = %lld", (long long)refunded.id);
    /* the third is not paid, the last was given back: 1, 2 twice, 4 twice */
    struct order_manual_page page = page_from(0, 2);
    assert_int_equal(page.total_count, 5);
    assert_int_equal(page.count, 2);
    assert_string_equal(page.items[0].answer, "first");
    assert_string_equal(page.items[0].question, "User ID?");
    assert_int_equal(page.items[0].order_id, 1);
    assert_int_equal(page.items[0].telegram_id, BUYER);
    assert_int_equal(page.items[1].quantity, 2);
    assert_true(page.has_next && !page.has_previous);
    items[0] = page.items[0].item_id;
    items[2] = page.next;
    page = page_from(page.next, 2);
    assert_string_equal(page.items[0].question, "");
    assert_null(page.items[0].answer);
    assert_int_equal(page.items[0].product_id, second);
    assert_int_equal(page.items[1].order_id, 4);
    assert_true(page.has_next && page.has_previous);
    assert_int_equal(page.previous, items[0]);
    items[4] = page.next;
    page = page_from(page.next, 2);
    assert_true(page.count == 1 && !page.has_next && page.has_previous);
    assert_int_equal(page.previous, items[2]);
    /* the page stays where it is when what it begins with is done */
    const struct order_content nothing = {0};
    MUST(order_content_fulfil(shop_begin(shop), items[2], ADMIN, &nothing, &err));
    shop_commit(shop);
    page = page_from(items[2], 2);
    assert_int_equal(page.count, 2);
    assert_int_equal(page.items[0].order_id, 4);
    assert_int_equal(page.total_count, 4);
    MUST(order_content_fulfil(shop_begin(shop), items[4], ADMIN, &nothing, &err));
    shop_commit(shop);
    assert_int_equal(page_from(items[4], 2).items[0].item_id,
                     items[0]); /* none from there on: the first page */
    assert_int_equal(page_from(12345, 2).items[0].item_id, items[0]);
    assert_int_equal(page_from(-1, 2).count, 2);
}

/* --- catalogue files --- */

static bool import(const char *text, struct catalogue_import *counts, struct error *err)
{
    char path[] = "/tmp/lapak-kinds-XXXXXX";
    int descriptor = mkstemp(path);
    FILE *out = fdopen(descriptor, "w");
    fputs(text, out);
    fclose(out);
    bool ok = catalogue_import(shop_task(shop), path, counts, err);
    unlink(path);
    return ok;
}

#define FILE_OF(products) "categories:\n- name: C\n  products:\n" products
static const char kinds_file[] =
    FILE_OF("  - {code: A, name: A, price: 5, kind: unit, stock: [x]}\n"
            "  - {code: B, name: B, price: 5, kind: shared, content: \"s3cret\\nline\"}\n"
            "  - {code: C, name: C, price: 5, kind: file}\n"
            "  - {code: D, name: D, price: 5, kind: manual, question: \"User ID, e-mail?\"}\n");

static void test_files_with_kinds(void **state)
{
    NEEDS_SHOP();
    struct catalogue_import counts;
    const char *content, *name;
    MUST(import(kinds_file, &counts, &err));
    assert_int_equal(counts.products_added, 4);
    assert_int_equal(shop_sql(shop,
                              "SELECT count(*) FROM products WHERE (code, kind) IN (VALUES ('A', 'unit'),"
                              " ('B', 'shared'), ('C', 'file'), ('D', 'manual'))"),
                     4);
    MUST(catalogue_content(shop_begin(shop), 2, &content, &name, &err));
    assert_string_equal(content, "s3cret\nline");
    MUST(import(kinds_file, &counts, &err));
    assert_int_equal(counts.products_changed, 0);
    /* what the file does not name stays: the kind, and the content */
    MUST(import(
        FILE_OF("  - {code: B, name: B, price: 5}\n  - {code: D, name: D, price: 5, question: \"Who?\"}\n"),
        &counts, &err));
    assert_int_equal(counts.products_changed, 2); /* a place in the list, and a question */
    MUST(import(FILE_OF("  - {code: B, name: B, price: 5, content: other}\n"), &counts, &err));
    assert_int_equal(counts.products_changed, 1);
    MUST(catalogue_content(shop_begin(shop), 2, &content, &name, &err));
    assert_string_equal(content, "other");
    char *yaml, *again, *without;
    MUST(catalogue_export(shop_task(shop), true, &yaml, &err));
    yaml = strdup(yaml);
    MUST(catalogue_export(shop_task(shop), false, &without, &err));
    assert_null(strstr(without, "content:"));
    assert_non_null(strstr(without, "kind: \"manual\""));
    shop_empty(NULL);
    MUST(import(yaml, &counts, &err));
    assert_int_equal(counts.products_added, 4);
    MUST(catalogue_export(shop_task(shop), true, &again, &err));
    assert_string_equal(again, yaml);
    free(yaml);
}

static void test_faults_of_kinds(void **state)
{
    NEEDS_SHOP();
    static const struct {
        const char *product, *complaint;
    } faults[] = {
        {"code: E, name: E, price: 5, kind: other", ":4: kind: must be unit, shared, file or manual"},
        {"code: A, name: A, price: 5, kind: shared",
         ":4: kind: A is unit already, and a product's kind never"},
        {"code: B, name: B, price: 5, stock: [s3cret]", ":4: stock: only a product of kind unit has any"},
        {"code: E, name: E, price: 5, content: s3cret", ":4: content: only a product of kind shared has any"},
        {"code: C, name: C, price: 5, content: s3cret", ":4: content: only a product of kind shared has any"},
        {"code: A, name: A, price: 5, question: s3cret",
         ":4: question: only a product of kind manual has one"},
        {"code: B, name: B, price: 5, content: \"\"", ":4: content: is empty"},
        {"code: B, name: B, price: 5, content: \"s3cret\\u0001\"", ":4: content: holds a control character"},
    };
    struct catalogue_import counts;
    MUST(import(kinds_file, &counts, &err));
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct error fault = {0};
        char text[400];
        snprintf(text, sizeof text, FILE_OF("  - {%s}\n"), faults[i].product);
        if (import(text, &counts, &fault) || fault.code != ERR_INVALID ||
            !strstr(fault.text, faults[i].complaint) || strstr(fault.text, "s3cret"))
            fail_msg("%s said \"%s\", not \"%s\"", faults[i].product, fault.text, faults[i].complaint);
        assert_int_equal(shop_sql(shop, "SELECT count(*) FROM products WHERE edition = 1"), 3);
        assert_int_equal(shop_sql(shop, "SELECT count(*) FROM products"), 4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(test_without_limit_while_there_is_something),
        SHOP_TEST(test_contents_are_sealed_and_checked),
        SHOP_TEST(test_an_answer_is_for_its_question),
        SHOP_TEST(test_answers_have_a_length),
        SHOP_TEST(test_bought_together),
        SHOP_TEST(test_ended_and_paid_late),
        SHOP_TEST(test_orders_without_units),
        SHOP_TEST(test_fulfilled_once),
        SHOP_TEST(test_the_queue),
        SHOP_TEST(test_files_with_kinds),
        SHOP_TEST(test_faults_of_kinds),
    };
    return cmocka_run_group_tests(tests, shop_set_up, shop_tear_down);
}

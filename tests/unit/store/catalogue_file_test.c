#include "fixture.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "store/catalogue.h"
#include "store/catalogue_file.h"
#include "store/coupon.h"

/* Writes the text to a file, imports it, removes it. The path that complaints name is "catalogue.yaml". */
static bool import(const char *text, struct catalogue_import *counts, struct error *err)
{
    char directory[] = "/tmp/lapak-unit-XXXXXX", here[4096];
    if (!getcwd(here, sizeof here) || !mkdtemp(directory) || chdir(directory) != 0)
        fail_msg("%s: %m", directory);
    FILE *file = fopen("catalogue.yaml", "w");
    fputs(text, file);
    fclose(file);
    bool ok = catalogue_import(shop_task(shop), "catalogue.yaml", counts, err);
    unlink("catalogue.yaml");
    if (chdir(here) != 0 || rmdir(directory) != 0)
        fail_msg("%s: %m", directory);
    return ok;
}

static const char sample[] =
    "categories:\n"
    "  - name: Streaming\n"
    "    emoji: \"🎬\"\n"
    "    products:\n"
    "      - {code: NFLX1, name: \"Netflix 1 Bulan\", price: 35000, description: \"…\", snk: "
    "\"No refund\", stock: [\"mail1:pass1\", \"mail2:pass2\", 00123]}\n"
    "      - code: SPOT\n"
    "        name: Spotify\n"
    "        price: 1\n"
    "  - name: Games\n"
    "    products:\n"
    "      - {code: a_b-1, name: true, price: 1000000000, stock: []}\n"
    "  - name: Empty\n";

static void test_import_and_again(void **state)
{
    NEEDS_SHOP();
    struct catalogue_import counts = {0};
    MUST(import(sample, &counts, &err));
    assert_int_equal(counts.categories_added, 3);
    assert_int_equal(counts.products_added, 3);
    assert_int_equal(counts.products_changed, 0);
    assert_int_equal(counts.stock_added, 3);
    assert_int_equal(counts.stock_known, 0);
    const struct catalogue *c;
    MUST(catalogue_get(&shop->work, &c, &err));
    assert_int_equal(c->category_count, 2);
    assert_string_equal(c->categories[0].emoji, "🎬");
    assert_string_equal(c->products[0].code, "NFLX1");
    assert_int_equal(c->products[0].stock, 3);
    assert_string_equal(c->products[2].name, "true");
    MUST(import(sample, &counts, &err));
    assert_int_equal(counts.categories_added, 0);
    assert_int_equal(counts.products_added, 0);
    assert_int_equal(counts.products_changed, 0);
    assert_int_equal(counts.stock_added, 0);
    assert_int_equal(counts.stock_known, 3);
}

static void test_import_changes_what_it_names(void **state)
{
    NEEDS_SHOP();
    struct catalogue_import counts;
    MUST(import(sample, &counts, &err));
    shop_sql(shop, "UPDATE products SET hidden = true, low_told = true WHERE code = 'SPOT'");
    MUST(import("categories:\n"
                "  - name: Games\n"
                "    emoji: G\n"
                "    products:\n"
                "      - {code: SPOT, name: Spotify, price: 7, stock: [a, b, c, d, a]}\n",
                &counts, &err));
    assert_int_equal(counts.products_changed, 1);
    assert_int_equal(counts.products_added, 0);
    assert_int_equal(counts.stock_added, 4);
    assert_int_equal(counts.stock_known, 1);
    assert_int_equal(shop_sql(shop,
                              "SELECT count(*) FROM products p JOIN categories c ON c.id = p.category_id"
                              " WHERE p.code = 'SPOT' AND p.price = 7 AND p.hidden AND NOT p.low_told"
                              " AND c.name = 'Games' AND c.emoji = 'G'"),
                     1);
    assert_int_equal(shop_sql(shop, "SELECT price FROM products WHERE code = 'NFLX1'"), 35000);
    /* Sold in the order of the file. */
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM stock_units"), 7);
}

#define PRODUCT(inside) "categories:\n- name: C\n  products:\n  - {" inside "}\n"
#define GOOD            "code: A, name: N, price: 5"
#define COUPON(inside)  "coupons:\n- {" inside "}\n"
static const struct {
    const char *text;
    const char *complaint; /* after "catalogue.yaml:" */
} faults[] = {
    {"", "1: "},
    {"[]", "1: the file: must be a mapping"},
    {"{}", "1: categories: is missing"},
    {"categories: 5\n", "1: categories: must be a list"},
    {"categories: []\nextra: 1\n", "2: extra: unknown key"},
    {"categories:\n- 5\n", "2: categories: must be a mapping"},
    {"categories:\n- emoji: x\n", "2: name: is missing"},
    {"categories:\n- name: x\n  nmae: y\n", "3: nmae: unknown key"},
    {"categories:\n- name:\n", "2: name: must be a text"},
    {"categories:\n- name: ~\n", "2: name: must be a text"},
    {"categories:\n- name: \"\"\n", "2: name: is empty"},
    {"categories:\n- name: [a]\n", "2: name: must be a text"},
    {"categories:\n- name: \"a\\nb\"\n", "2: name: holds a control character"},
    {"categories:\n- name: C\n- name: D\n- name: C\n", "4: name: \"C\" is already on line 2"},
    {"categories:\n- name: C\n  emoji: 12345678901234567\n", "3: emoji: longer than 16 characters"},
    {"categories:\n- name: C\n  products: {}\n", "3: products: must be a list"},
    {PRODUCT("name: N, price: 5"), "4: code: is missing"},
    {PRODUCT("code: A, price: 5"), "4: name: is missing"},
    {PRODUCT("code: A, name: N"), "4: price: is missing"},
    {PRODUCT("code: A B, name: N, price: 5"), "4: code: may have letters, digits, _ and - only"},
    {PRODUCT("code: \"\", name: N, price: 5"), "4: code: is empty"},
    {PRODUCT("code: é, name: N, price: 5"), "4: code: may have letters, digits, _ and - only"},
    {PRODUCT("code: A12345678901234567890123456789012, name: N, price: 5"),
     "4: code: longer than 32 characters"},
    {PRODUCT("code: A, name: N, price: 0"), "4: price: must be 1 to 1000000000 rupiah"},
    {PRODUCT("code: A, name: N, price: -5"), "4: price: must be 1 to 1000000000 rupiah"},
    {PRODUCT("code: A, name: N, price: 1000000001"), "4: price: must be 1 to 1000000000 rupiah"},
    {PRODUCT("code: A, name: N, price: 5.5"), "4: price: must be a whole number of rupiah"},
    {PRODUCT("code: A, name: N, price: 1e3"), "4: price: must be a whole number of rupiah"},
    {PRODUCT("code: A, name: N, price: \"5\""), "4: price: must be a whole number of rupiah"},
    {PRODUCT("code: A, name: N, price: 99999999999999999999"), "4: price: must be a whole number of rupiah"},
    {PRODUCT(GOOD ", stock: x"), "4: stock: must be a list"},
    {PRODUCT(GOOD ", stock: [x, [y]]"), "4: stock: each line must be a text"},
    {PRODUCT(GOOD ", stock: [x, ~]"), "4: stock: each line must be a text"},
    {PRODUCT(GOOD ", stock: [\"\"]"), "4: stock: a line has 1 to 4096 characters of UTF-8"},
    {PRODUCT(GOOD ", hidden: true"), "4: hidden: unknown key"},
    {PRODUCT(GOOD "}\n  - {code: B, name: N, price: 5}\n  - {" GOOD), "6: code: \"A\" is already on line 4"},
    {PRODUCT(GOOD ", name: M"), "4: name: the key is already on line 4"},
    {"coupons: 5\n", "1: coupons: must be a list"},
    {"coupons:\n- 5\n", "2: coupons: must be a mapping"},
    {COUPON("percent: 5"), "2: code: is missing"},
    {COUPON("code: A, percent: 5"), "2: code: is too short"},
    {COUPON("code: A12345678901234567890123456789012, percent: 5"), "2: code: longer than 32 characters"},
    {COUPON("code: HE MAT, percent: 5"), "2: code: may have letters, digits, _ and - only"},
    {COUPON("code: HEMAT"), "2: percent: either percent or flat must be given"},
    {COUPON("code: HEMAT, percent: 5, flat: 5"), "2: percent: either percent or flat must be given"},
    {COUPON("code: HEMAT, percent: 0"), "2: percent: must be 1 to 100"},
    {COUPON("code: HEMAT, percent: 101"), "2: percent: must be 1 to 100"},
    {COUPON("code: HEMAT, percent: 10%"), "2: percent: must be a whole number"},
    {COUPON("code: HEMAT, percent: \"5\""), "2: percent: must be a whole number"},
    {COUPON("code: HEMAT, flat: 0"), "2: flat: must be 1 to 1000000000 rupiah"},
    {COUPON("code: HEMAT, flat: 1000000001"), "2: flat: must be 1 to 1000000000 rupiah"},
    {COUPON("code: HEMAT, flat: Rp 5"), "2: flat: must be a whole number of rupiah"},
    {COUPON("code: HEMAT, flat: 5, maximum_discount: 0"), "2: maximum_discount: must be 1 to"},
    {COUPON("code: HEMAT, flat: 5, minimum_total: -1"), "2: minimum_total: must be 0 to"},
    {COUPON("code: HEMAT, flat: 5, most_uses: 0"), "2: most_uses: must be 1 to 1000000000"},
    {COUPON("code: HEMAT, flat: 5, most_uses_each: x"), "2: most_uses_each: must be a whole number"},
    {COUPON("code: HEMAT, flat: 5, starts: tomorrow"), "2: starts: must be a date, 2026-08-17, or"},
    {COUPON("code: HEMAT, flat: 5, ends: 2026-02-30"), "2: ends: must be a date, 2026-08-17, or"},
    {COUPON("code: HEMAT, flat: 5, ends: [2026-02-03]"), "2: ends: must be a date, 2026-08-17, or"},
    {COUPON("code: HEMAT, flat: 5, starts: 2026-02-03, ends: 2026-02-02"), "2: ends: is before it starts"},
    {COUPON("code: HEMAT, flat: 5, ends: 2001-01-01"), "2: coupons: HEMAT: it ends before it starts"},
    {COUPON("code: HEMAT, flat: 5, stopped: yes"), "2: stopped: must be true or false"},
    {COUPON("code: HEMAT, flat: 5, stopped: \"true\""), "2: stopped: must be true or false"},
    {COUPON("code: HEMAT, flat: 5, products: A"), "2: products: must be a list"},
    {COUPON("code: HEMAT, flat: 5, products: []"), "2: products: must name 1 to 1,000, or be left out"},
    {COUPON("code: HEMAT, flat: 5, products: [~]"), "2: products: each must be a text"},
    {COUPON("code: HEMAT, flat: 5, products: [\n    NONE]"),
     "3: products: \"NONE\" is neither in the file nor in the store"},
    {COUPON("code: HEMAT, flat: 5, categories: [NONE]"),
     "2: categories: \"NONE\" is neither in the file nor"},
    {COUPON("code: HEMAT, flat: 5, uses: 5"), "2: uses: unknown key"},
    {COUPON("code: HEMAT, flat: 5}\n- {code: hemat, flat: 5"), "3: code: \"HEMAT\" is already on line 2"},
};

static void test_faults_name_file_line_and_key(void **state)
{
    NEEDS_SHOP();
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        struct catalogue_import counts = {.stock_added = -1};
        struct error fault = {0};
        char expected[200];
        snprintf(expected, sizeof expected, "catalogue.yaml:%s", faults[i].complaint);
        if (import(faults[i].text, &counts, &fault) || fault.code != ERR_INVALID ||
            !str_starts_with(fault.text, expected))
            fail_msg("%s\nsaid \"%s\", not \"%s\"", faults[i].text, fault.text, expected);
        assert_int_equal(counts.stock_added, -1);
    }
    struct catalogue_import counts;
    MUST_FAIL(ERR_NOT_FOUND, catalogue_import(shop_task(shop), "/nonexistent.yaml", &counts, &err));
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM categories"), 0);
}

static void test_limits_in_characters_and_bytes(void **state)
{
    NEEDS_SHOP();
    struct arena *arena = arena_new();
    struct catalogue_import counts;
    static const struct {
        const char *key;
        const char *unit;
        int most;
    } limits[] = {{"name", "é", 100}, {"description", "é", 2000}, {"snk", "é", 3000}, {"stock", "😀", 4096}};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        for (int over = 0; over < 2; over++) {
            struct str text = STR_INIT(arena);
            bool is_stock = strcmp(limits[i].key, "stock") == 0, is_name = strcmp(limits[i].key, "name") == 0;
            str_addf(&text, "categories:\n- name: C\n  products:\n  - {code: A%zu, price: 5, %s%s: %s\"", i,
                     is_name ? "" : "name: N, ", limits[i].key, is_stock ? "[" : "");
            for (int n = 0; n < limits[i].most + over; n++)
                str_add(&text, limits[i].unit);
            str_addf(&text, "\"%s}\n", is_stock ? "]" : "");
            if (over)
                MUST_FAIL(ERR_INVALID, import(str_done(&text), &counts, &err));
            else
                MUST(import(str_done(&text), &counts, &err));
        }
    }
    arena_free(&arena);
}

static void test_a_content_is_never_in_a_complaint(void **state)
{
    NEEDS_SHOP();
    struct catalogue_import counts;
    struct error fault = {0};
    assert_false(import(PRODUCT(GOOD ", stock: [\"s3cret\", \"s3cret\\0\"]"), &counts, &fault));
    assert_null(strstr(fault.text, "s3cret"));
    assert_false(import(PRODUCT(GOOD ", stock: [s3cret: {x: y}]"), &counts, &fault));
    assert_null(strstr(fault.text, "s3cret"));
}

static char *export_all(bool with_stock)
{
    char *yaml = NULL;
    MUST(catalogue_export(shop_task(shop), with_stock, &yaml, &err));
    return strdup(yaml);
}

static void test_export_comes_back_as_it_was(void **state)
{
    NEEDS_SHOP();
    static const char hostile[] =
        "categories:\n"
        "- name: \"- [x]: {y} # & * ! | > ' \\\" % @ `\"\n"
        "  emoji: \"👩‍👩‍👧\"\n"
        "  products:\n"
        "  - code: \"1e3\"\n"
        "    name: \"  spaces, \\u202eRTL\\u202c <b>&amp;</b> 😀 \"\n"
        "    price: 1\n"
        "    description: \"line\\n\\n\\tline \\n\"\n"
        "    snk: \"~\"\n"
        "    stock: [\"null\", \"~\", \"true\", \" x \", \"a\\nb\\r\\n\", "
        "\"\\u0001\\x7f\\u0085\\u2028\\ufeff\", \"日本😀\", "
        "\"'\", \"\\\"\\\\\", \"# no comment\", \"0x1F\", \"---\", \"{}\"]\n"
        "  - {code: \"null\", name: \"~\", price: 1000000000}\n"
        "- {name: \"no\", products: [{code: Z, name: \"1.0\", price: 2, stock: [\"%s%n\"]}]}\n";
    struct catalogue_import counts;
    MUST(import(hostile, &counts, &err));
    assert_int_equal(counts.stock_added, 14);
    char *with_stock = export_all(true), *without = export_all(false);
    assert_null(strstr(without, "stock"));
    MUST(import(with_stock, &counts, &err)); /* nothing in it is new */
    assert_int_equal(counts.categories_added + counts.products_added + counts.products_changed, 0);
    assert_int_equal(counts.stock_added, 0);
    assert_int_equal(counts.stock_known, 14);
    shop_empty(NULL);
    MUST(import(with_stock, &counts, &err)); /* nor is anything missing */
    assert_int_equal(counts.stock_added, 14);
    char *again = export_all(true);
    assert_string_equal(again, with_stock);
    free(again);
    free(with_stock);
    free(without);
}

/* To the byte: people keep these files under version control. */
static void test_an_export_as_it_is_written(void **state)
{
    NEEDS_SHOP();
    static const char written[] = "categories:\n"
                                  "- name: \"Film\"\n"
                                  "  emoji: \"\\U0001F3AC\"\n"
                                  "  products:\n"
                                  "  - code: \"A\"\n"
                                  "    name: \"true\"\n"
                                  "    price: 35000\n"
                                  "    description: \"one\\n  two: 2\\n\"\n"
                                  "    snk: \"#3 \"\n"
                                  "    stock:\n"
                                  "    - \"a: b\"\n"
                                  "    - \"c\\nd\"\n"
                                  "  - code: \"B\"\n"
                                  "    name: \"Bayar\"\n"
                                  "    price: 1\n"
                                  "    stock: []\n"
                                  "coupons:\n"
                                  "- code: \"SEPI\"\n"
                                  "  percent: 5\n"
                                  "  starts: \"2026-08-01T00:00:00.000Z\"\n"
                                  "  products:\n"
                                  "  - \"A\"\n"
                                  "  stopped: true\n";
    struct catalogue_import counts;
    MUST(
        import("categories:\n"
               "- name: Film\n"
               "  emoji: \"🎬\"\n"
               "  products:\n"
               "  - {code: A, name: \"true\", price: 35000, description: \"one\\n  two: 2\\n\", snk: \"#3 \","
               " stock: [\"a: b\", \"c\\nd\"]}\n"
               "  - {code: B, name: Bayar, price: 1}\n"
               "coupons:\n"
               "- {code: SEPI, percent: 5, starts: 2026-08-01T00:00:00Z, products: [A], stopped: true}\n",
               &counts, &err));
    char *yaml = export_all(true);
    assert_string_equal(yaml, written);
    free(yaml);
}

static void test_hidden_and_sold_are_not_exported(void **state)
{
    NEEDS_SHOP();
    struct catalogue_import counts;
    MUST(import(sample, &counts, &err));
    shop_sql(shop, "UPDATE products SET hidden = true WHERE code = 'SPOT'");
    shop_sql(
        shop,
        "INSERT INTO users (telegram_id, first_name, created_at, seen_at) VALUES (1, 'x', now(), now())");
    shop_sql(shop,
             "INSERT INTO orders (reference, telegram_id, state, subtotal, total, created_at, expires_at)"
             " VALUES ('tg1-a', 1, 'pending', 1, 1, now(), now())");
    shop_sql(shop, "INSERT INTO order_items (order_id, product_id, name, price, quantity, snk)"
                   " SELECT 1, id, 'x', 1, 1, '' FROM products WHERE code = 'NFLX1'");
    shop_sql(shop, "UPDATE stock_units SET state = 'sold', order_item_id = 1, sold_at = now() WHERE id = 1");
    char *yaml = export_all(true);
    assert_null(strstr(yaml, "SPOT"));
    assert_null(strstr(yaml, "mail1:pass1"));
    assert_non_null(strstr(yaml, "mail2:pass2"));
    free(yaml);
    MUST(import(sample, &counts, &err)); /* a sold line is known, too */
    assert_int_equal(counts.stock_added, 0);
    assert_int_equal(counts.stock_known, 3);
}

static const char with_coupons[] =
    "categories:\n"
    "- name: Games\n"
    "  products: [{code: A, name: N, price: 5}, {code: B, name: N, price: 5}]\n"
    "- name: \"Films, \\\"old\\\" {ones}\"\n"
    "coupons:\n"
    "- {code: hemat10, percent: 10, maximum_discount: 20000, minimum_total: 50000, starts: 2026-08-01,\n"
    "   ends: 2026-08-17, most_uses: 100, most_uses_each: 1, products: [B, A, B], categories:\n"
    "   [\"Films, \\\"old\\\" {ones}\", Games]}\n"
    "- code: POTONG\n"
    "  flat: 5000\n"
    "  starts: 2026-08-01 09:30\n"
    "  ends: 2026-11-22T09:16:01.123Z\n"
    "  stopped: true\n"
    "- {code: SEMUA, percent: 100}\n";

static void test_coupons(void **state)
{
    NEEDS_SHOP();
    struct catalogue_import counts;
    shop->now_ms = 1788000000000;
    MUST(import(with_coupons, &counts, &err));
    assert_int_equal(counts.coupons_added, 3);
    assert_int_equal(counts.coupons_changed, 0);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM coupons WHERE code = 'HEMAT10' AND kind = 'percent'"
                                    " AND value = 10 AND maximum_discount = 20000 AND minimum_total = 50000"
                                    " AND most_uses = 100 AND most_uses_each = 1 AND NOT stopped"
                                    " AND product_ids = '{1,2}' AND category_ids = '{1,2}'"
                                    " AND starts_at = '2026-08-01Z' AND ends_at = '2026-08-18Z'"),
                     1);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM coupons WHERE code = 'POTONG' AND kind = 'flat'"
                                    " AND value = 5000 AND maximum_discount IS NULL AND minimum_total = 0"
                                    " AND most_uses IS NULL AND most_uses_each IS NULL AND stopped"
                                    " AND product_ids = '{}' AND category_ids = '{}'"
                                    " AND starts_at = '2026-08-01 09:30Z'"
                                    " AND ends_at = '2026-11-22T09:16:01.123Z'"),
                     1);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM coupons WHERE code = 'SEMUA' AND ends_at IS NULL"
                                    " AND starts_at = '2026-08-29 10:40:01Z'"),
                     1);
    MUST(import(with_coupons, &counts, &err));
    assert_int_equal(counts.coupons_added + counts.coupons_changed, 0);
    /* as the file says, but for what it can't know */
    shop_sql(shop, "UPDATE coupons SET uses = 7 WHERE code = 'POTONG'");
    MUST(import(COUPON("code: Potong, flat: 4000, products: [A], most_uses: 7"), &counts, &err));
    assert_int_equal(counts.coupons_added, 0);
    assert_int_equal(counts.coupons_changed, 1);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM coupons WHERE code = 'POTONG' AND value = 4000"
                                    " AND uses = 7 AND NOT stopped AND ends_at IS NULL AND edition = 2"
                                    " AND starts_at = '2026-08-01 09:30Z'"),
                     1);
    struct error fault = {0};
    assert_false(import("coupons:\n- {code: BARU, flat: 1}\n- {code: POTONG, flat: 1, most_uses: 6}\n",
                        &counts, &fault));
    assert_int_equal(fault.code, ERR_CONFLICT);
    assert_string_equal(fault.text, "catalogue.yaml:3: coupons: POTONG: 7 orders hold it already");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM coupons"), 3); /* all of a file or nothing */
}

static void test_exported_coupons_come_back(void **state)
{
    NEEDS_SHOP();
    struct catalogue_import counts;
    MUST(import(with_coupons, &counts, &err));
    char *yaml = export_all(false);
    MUST(import(yaml, &counts, &err));
    assert_int_equal(counts.coupons_added + counts.coupons_changed, 0);
    shop_empty(NULL);
    /* products that are there, and no product any more that the file brings */
    shop_sql(shop,
             "INSERT INTO categories (name, position) VALUES ('Games', 1), ('Films, \"old\" {ones}', 2)");
    MUST(import(yaml, &counts, &err));
    assert_int_equal(counts.coupons_added, 3);
    char *again = export_all(false);
    assert_string_equal(again, yaml);
    free(again);
    free(yaml);
}

static char *many_coupons(struct arena *arena, int count)
{
    struct str text = STR_INIT(arena);
    str_add(&text, "coupons:\n");
    for (int i = 0; i < count; i++)
        str_addf(&text, "- {code: C%d, flat: 5}\n", i);
    return str_done(&text);
}

static void test_many_coupons(void **state)
{
    NEEDS_SHOP();
    struct arena *arena = arena_new();
    struct catalogue_import counts;
    MUST(import(many_coupons(arena, 200), &counts, &err)); /* as many as the export reads at a time */
    for (int more = 0; more < 2; more++) {
        char *yaml = export_all(false);
        assert_non_null(strstr(yaml, "C199"));
        MUST(import(yaml, &counts, &err));
        assert_int_equal(counts.coupons_added + counts.coupons_changed, 0);
        MUST(import(many_coupons(arena, 201), &counts, &err));
        assert_int_equal(counts.coupons_added, !more);
        free(yaml);
    }
    MUST_FAIL(ERR_INVALID, import(many_coupons(arena, 1001), &counts, &err));
    arena_free(&arena);
}

struct importer {
    pthread_t thread;
    struct shop *shop;
    const char *path;
    struct error err;
    bool ok;
};

static void *run_importer(void *argument)
{
    struct importer *importer = argument;
    struct catalogue_import counts;
    importer->ok = catalogue_import(shop_task(importer->shop), importer->path, &counts, &importer->err);
    return NULL;
}

/* An order that holds a coupon goes on to its products: an import that waits for the coupon has none of them.
 */
static void test_an_import_waits_for_an_order(void **state)
{
    NEEDS_SHOP();
    struct catalogue_import counts;
    MUST(import(with_coupons, &counts, &err));
    char path[] = "/tmp/lapak-unit-XXXXXX";
    int file = mkstemp(path);
    static const char text[] = PRODUCT("code: A, name: M, price: 6") COUPON("code: POTONG, flat: 7");
    assert_int_equal(write(file, text, sizeof text - 1), sizeof text - 1);
    close(file);
    int64_t id = shop_sql(shop, "SELECT id FROM coupons WHERE code = 'POTONG'");
    MUST(coupon_check_limits(shop_begin(shop), id, 1, &err));
    struct importer importer = {.shop = shop_another(), .path = path};
    assert_int_equal(pthread_create(&importer.thread, NULL, run_importer, &importer), 0);
    while (!shop_sql(shop, "SELECT count(*) FROM pg_locks WHERE NOT granted"))
        sched_yield();
    MUST(catalogue_count_sold(&shop->work, 1, 1, &err));
    shop_commit(shop);
    pthread_join(importer.thread, NULL);
    unlink(path);
    shop_close(&importer.shop);
    if (!importer.ok)
        fail_msg("%s", importer.err.text);
    assert_int_equal(shop_sql(shop, "SELECT price + sold FROM products WHERE code = 'A'"), 7);
}

static void test_a_large_file(void **state)
{
    NEEDS_SHOP();
    struct arena *arena = arena_new();
    struct str text = STR_INIT(arena);
    struct catalogue_import counts;
    str_add(&text, "categories:\n- name: C\n  products:\n");
    for (int i = 0; i < 400; i++)
        str_addf(&text, "  - {code: P%d, name: N, price: 5, stock: [a%d, b%d]}\n", i, i, i);
    str_add(&text, "  - code: LAST\n    name: N\n    price: 5\n    stock:\n");
    for (int i = 0; i < 1000; i++)
        str_addf(&text, "    - line %d\n", i);
    MUST(import(str_done(&text), &counts, &err));
    assert_int_equal(counts.products_added, 401);
    assert_int_equal(counts.stock_added, 1800);
    MUST(import(str_done(&text), &counts, &err));
    assert_int_equal(counts.products_added + counts.products_changed + counts.stock_added, 0);
    assert_int_equal(counts.stock_known, 1800);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(test_import_and_again),
        SHOP_TEST(test_import_changes_what_it_names),
        SHOP_TEST(test_faults_name_file_line_and_key),
        SHOP_TEST(test_limits_in_characters_and_bytes),
        SHOP_TEST(test_a_content_is_never_in_a_complaint),
        SHOP_TEST(test_export_comes_back_as_it_was),
        SHOP_TEST(test_an_export_as_it_is_written),
        SHOP_TEST(test_hidden_and_sold_are_not_exported),
        SHOP_TEST(test_coupons),
        SHOP_TEST(test_exported_coupons_come_back),
        SHOP_TEST(test_many_coupons),
        SHOP_TEST(test_an_import_waits_for_an_order),
        SHOP_TEST(test_a_large_file),
    };
    return cmocka_run_group_tests(tests, shop_set_up, shop_tear_down);
}

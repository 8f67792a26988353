/* 🎟️ Kelola Voucher, pressed and typed through. */
#include "talk.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "store/coupon.h"

#define TALK_TEST(test) cmocka_unit_test_setup(test, talk_begin)
enum { OTHER_ADMIN = OWNER };

/* The data of the first button that begins so; a copy that stays until the next one. */
static const char *data_of(const json_t *reply, const char *begins)
{
    static char copy[65];
    snprintf(copy, sizeof copy, "%s", talk_button(reply, begins));
    return copy;
}

/* A choice of the form that is open: the value behind "z:number:step:". */
static const json_t *choose(int64_t person, const json_t *reply, int64_t value)
{
    char data[65];
    snprintf(data, sizeof data, "%s", data_of(reply, "z:"));
    char *last = strrchr(data, ':');
    snprintf(last + 1, sizeof data - (size_t)(last + 1 - data), "%lld", (long long)value);
    return talk_press(person, "%s", data);
}

static int64_t coupon(const char *code)
{
    return shop_sql(shop, "SELECT id FROM coupons WHERE code = '%s'", code);
}

static int64_t field(const char *expression, int64_t id)
{
    return shop_sql(shop, "SELECT (%s)::bigint FROM coupons WHERE id = %lld", expression, (long long)id);
}

static int64_t make(const char *code)
{
    int64_t id;
    MUST(coupon_add(shop_begin(shop), 0, &(struct coupon){.code = code, .value = 10, .starts_ms = 1000}, &id,
                    &err));
    shop_commit(shop);
    return id;
}

static int64_t logs(const char *action)
{
    return shop_sql(shop, "SELECT count(*) FROM admin_logs WHERE action = '%s' AND actor_id > 0", action);
}

static void test_a_new_one_with_everything(void **state)
{
    NEEDS_SHOP();
    int64_t category = shop_sql(shop, "SELECT category_id FROM products WHERE code = 'A'");
    talk_says(talk_press(ADMIN, "av"), "Belum ada voucher");
    const json_t *reply = talk_press(ADMIN, "avn");
    talk_says(reply, "Apa kodenya");
    talk_says(talk_text(ADMIN, "it's"), "Kode terdiri dari");
    talk_says(talk_text(ADMIN, "A"), "Kode terdiri dari");
    reply = talk_text(ADMIN, " hemat10 ");
    talk_says(reply, "persen atau rupiah");
    talk_says(reply, "HEMAT10");
    reply = choose(ADMIN, reply, COUPON_PERCENT);
    talk_says(talk_text(ADMIN, "101"), "antara 1 dan 100");
    talk_says(talk_text(ADMIN, "0"), "antara 1 dan 100");
    talk_says(talk_text(ADMIN, "10"), "potongan paling banyak");
    talk_says(talk_text(ADMIN, "5rb"), "belanja paling sedikit");
    reply = talk_text(ADMIN, "20.000");
    reply = choose(ADMIN, reply, 3); /* one product */
    talk_says(reply, "Pilih kategorinya");
    reply = choose(ADMIN, reply, category);
    talk_says(reply, "Pilih produknya");
    reply = choose(ADMIN, reply, product_b);
    talk_says(reply, "semua orang bersama-sama");
    talk_says(talk_text(ADMIN, "100"), "satu orang");
    reply = talk_text(ADMIN, "2");
    reply = choose(ADMIN, reply, 1); /* now */
    talk_says(reply, "Berakhir kapan");
    talk_says(talk_text(ADMIN, "31/12/2020"), "harus setelah mulai");
    talk_says(talk_text(ADMIN, "besok"), "Tanggal tidak terbaca");
    reply = talk_text(ADMIN, "31/12/2099 23:59");
    talk_says(reply, "Sudah benar?");
    talk_says(reply, "10%");
    talk_says(reply, "Product B");
    assert_int_equal(coupon("HEMAT10"), 0);
    reply = talk_follow(ADMIN, reply, "zk");
    talk_says(reply, "Voucher <code>HEMAT10</code> dibuat");
    int64_t id = coupon("HEMAT10");
    assert_true(field("value", id) == 10 && field("maximum_discount", id) == 5000 &&
                field("minimum_total", id) == 20000 && field("most_uses", id) == 100 &&
                field("most_uses_each", id) == 2 && field("product_ids[1]", id) == product_b &&
                field("cardinality(category_ids)", id) == 0);
    assert_int_equal(
        shop_sql(shop, "SELECT count(*) FROM admin_logs WHERE action = 'add' AND actor_id = %d", ADMIN), 1);
    talk_says(reply, "10%, maksimal Rp 5.000");
    talk_says(reply, "✅ Berlaku");
    /* in the list */
    reply = talk_press(ADMIN, "av");
    assert_true(talk_has_button(reply, arena_printf(shop->arena, "avd:%lld", (long long)id)));
}

static const json_t *until_summary(int64_t person, const char *code)
{
    const json_t *reply = talk_press(person, "avn");
    reply = code ? talk_text(person, code) : talk_follow(person, reply, "zs");
    choose(person, reply, COUPON_FLAT);
    reply = talk_text(person, "5000");
    reply = choose(person, reply, 1); /* no minimum */
    reply = choose(person, reply, 1); /* everything */
    reply = choose(person, reply, 1);
    reply = choose(person, reply, 1);
    reply = choose(person, reply, 1);
    reply = choose(person, reply, 1);
    talk_says(reply, "Sudah benar?");
    return reply;
}

static void test_a_new_one_with_nothing(void **state)
{
    NEEDS_SHOP();
    talk_follow(ADMIN, until_summary(ADMIN, NULL), "zk");
    int64_t id = shop_sql(shop, "SELECT max(id) FROM coupons");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM coupons WHERE code ~ '^[A-Z0-9]{8}$'"), 1);
    assert_true(field("value", id) == 5000 &&
                !field("coalesce(most_uses, most_uses_each, maximum_discount, 0)", id));
    const json_t *reply = talk_press(ADMIN, "avd:%lld", (long long)id);
    talk_says(reply, "Tanpa batas");
    talk_says(reply, "Semua produk");
    assert_false(
        talk_has_button(reply, arena_printf(shop->arena, "ave:%lld:3", (long long)id))); /* no maximum */
}

/* Two admins make one of the same code: the second is asked for another. */
static void test_the_same_code_twice(void **state)
{
    NEEDS_SHOP();
    char first[65];
    snprintf(first, sizeof first, "%s", data_of(until_summary(ADMIN, "SAMA"), "zk"));
    const char *second = data_of(until_summary(OTHER_ADMIN, "sama"), "zk");
    talk_press(ADMIN, "%s", first);
    const json_t *reply = talk_press(OTHER_ADMIN, "%s", second);
    talk_says(reply, "sudah dipakai voucher lain");
    reply = talk_text(OTHER_ADMIN, "SAMA");
    talk_says(reply, "sudah dipakai voucher lain");
    talk_follow(OTHER_ADMIN, talk_text(OTHER_ADMIN, "lain-1"), "zk");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM coupons"), 2);
}

static const json_t *edit(int64_t person, int64_t id, int number)
{
    return talk_press(person, "ave:%lld:%d", (long long)id, number);
}

static void test_each_field(void **state)
{
    NEEDS_SHOP();
    int64_t id = make("HEMAT");
    make("LAIN");
    edit(ADMIN, id, 1);
    talk_says(talk_text(ADMIN, "lain"), "sudah dipakai voucher lain");
    talk_says(talk_text(ADMIN, "hemat"), "Tersimpan"); /* its own */
    edit(ADMIN, id, 1);
    talk_says(talk_text(ADMIN, "hemat2"), "<code>HEMAT2</code>");
    assert_int_equal(coupon("HEMAT2"), id);
    edit(ADMIN, id, 3);
    talk_says(talk_text(ADMIN, "2.500"), "maksimal Rp 2.500");
    edit(ADMIN, id, 4);
    talk_says(talk_text(ADMIN, "1000"), "Rp 1.000");
    edit(ADMIN, id, 5);
    talk_says(talk_text(ADMIN, "9"), "batas: 9");
    edit(ADMIN, id, 6);
    talk_says(talk_text(ADMIN, "3"), "per orang: 3");
    assert_true(field("maximum_discount", id) == 2500 && field("minimum_total", id) == 1000 &&
                field("most_uses", id) == 9 && field("most_uses_each", id) == 3);
    for (int number = 3; number <= 6; number++)
        choose(ADMIN, edit(ADMIN, id, number), 1); /* no limit */
    assert_int_equal(field("coalesce(maximum_discount, most_uses, most_uses_each, minimum_total)", id), 0);
    edit(ADMIN, id, 8);
    talk_says(talk_text(ADMIN, "01/01/1970"), "harus setelah mulai");
    talk_says(talk_text(ADMIN, "31/12/2098"), "31/12/2098 00:00");
    edit(ADMIN, id, 7);
    talk_says(talk_text(ADMIN, "01/01/2099"), "harus setelah mulai");
    talk_says(talk_text(ADMIN, "01/06/2098 08.30"), "01/06/2098 08:30");
    talk_says(talk_press(ADMIN, "avd:%lld", (long long)id), "Belum mulai");
    choose(ADMIN, edit(ADMIN, id, 7), 1); /* now */
    choose(ADMIN, edit(ADMIN, id, 8), 1); /* no end */
    assert_int_equal(field("(ends_at IS NULL)::int", id), 1);
    /* another kind: what it takes off at most goes with the percentage */
    edit(ADMIN, id, 3);
    talk_text(ADMIN, "2500");
    choose(ADMIN, edit(ADMIN, id, 2), COUPON_FLAT);
    talk_says(talk_text(ADMIN, "7rb"), "Rp 7.000");
    assert_true(field("value", id) == 7000 && !field("coalesce(maximum_discount, 0)", id));
    talk_says(edit(ADMIN, id, 3), "HEMAT2"); /* which a flat one has not */
    assert_true(logs("edit") >= 14);
    /* numbers that are none */
    static const int none[] = {0, 9, -1, 4711};
    for (size_t i = 0; i < 4; i++)
        talk_says(edit(ADMIN, id, none[i]), "<code>HEMAT2</code>");
    talk_says(edit(ADMIN, 4711, 1), "Kelola Voucher");
}

static void test_limits_that_orders_would_break(void **state)
{
    NEEDS_SHOP();
    int64_t id = make("HEMAT");
    for (int i = 0; i < 2; i++) {
        talk_press(BUYER, "q:%lld:1:35000", (long long)product_a);
        talk_press(BUYER, "ku");
        talk_text(BUYER, "hemat");
        talk_press(BUYER, "y:qris");
    }
    assert_int_equal(field("uses", id), 2);
    edit(ADMIN, id, 5);
    talk_says(talk_text(ADMIN, "1"), "sudah dipakai 2 pesanan");
    talk_says(talk_text(ADMIN, "2"), "Habis dipakai");
    edit(ADMIN, id, 6);
    talk_says(talk_text(ADMIN, "1"), "sudah memakainya 2 kali");
    talk_says(talk_text(ADMIN, "2"), "Tersimpan");
}

static void test_two_admins_change_one(void **state)
{
    NEEDS_SHOP();
    int64_t id = make("HEMAT");
    edit(ADMIN, id, 5);
    edit(OTHER_ADMIN, id, 6);
    talk_text(ADMIN, "9");
    const json_t *reply = talk_text(OTHER_ADMIN, "3");
    talk_says(reply, "Data sudah berubah");
    talk_says(reply, "batas: 9"); /* as it is now */
    assert_int_equal(field("coalesce(most_uses_each, 0)", id), 0);
    /* stopped by both */
    talk_press(ADMIN, "avs:%lld:1", (long long)id);
    reply = talk_press(OTHER_ADMIN, "avs:%lld:1", (long long)id);
    talk_says(reply, "Dihentikan");
    assert_int_equal(logs("stop"), 1);
    talk_press(ADMIN, "avs:%lld:0", (long long)id);
    assert_int_equal(field("stopped::int", id), 0);
    /* deleted after it was changed: only who saw it so */
    char ask[65];
    snprintf(ask, sizeof ask, "%s", data_of(talk_press(ADMIN, "avd:%lld", (long long)id), "avx"));
    edit(OTHER_ADMIN, id, 5);
    talk_text(OTHER_ADMIN, "10");
    reply = talk_follow(ADMIN, talk_press(ADMIN, "%s", ask), "avy");
    talk_says(reply, "batas: 10");
    assert_int_equal(coupon("HEMAT"), id);
    reply = talk_follow(ADMIN, reply, "avx");
    talk_says(reply, "Hapus voucher");
    talk_says(talk_follow(ADMIN, reply, "avy"), "Belum ada voucher");
    assert_int_equal(coupon("HEMAT"), 0);
    talk_says(talk_press(OTHER_ADMIN, "avd:%lld", (long long)id), "Belum ada voucher");
    talk_says(talk_press(OTHER_ADMIN, "avs:%lld:1", (long long)id), "Belum ada voucher");
    talk_says(talk_press(OTHER_ADMIN, "avl:%lld:0", (long long)id), "Belum ada voucher");
    talk_says(talk_press(OTHER_ADMIN, "avt:%lld:0", (long long)id), "Belum ada voucher");
}

static void test_one_that_was_used_is_stopped(void **state)
{
    NEEDS_SHOP();
    int64_t id = make("HEMAT");
    talk_press(BUYER, "q:%lld:1:35000", (long long)product_a);
    talk_press(BUYER, "ku");
    talk_text(BUYER, "hemat");
    talk_press(BUYER, "y:qris");
    const json_t *reply = talk_press(ADMIN, "avd:%lld", (long long)id);
    reply = talk_follow(ADMIN, talk_follow(ADMIN, reply, "avx"), "avy");
    talk_says(reply, "tidak dihapus");
    talk_says(reply, "Dihentikan");
    assert_int_equal(field("stopped::int", id), 1);
}

/* Who has it in the cart when it goes is told before they pay more. */
static void test_deleted_from_under_a_cart(void **state)
{
    NEEDS_SHOP();
    int64_t id = make("HEMAT");
    talk_press(BUYER, "q:%lld:1:35000", (long long)product_a);
    talk_press(BUYER, "ku");
    talk_text(BUYER, "hemat");
    const json_t *reply = talk_press(ADMIN, "avd:%lld", (long long)id);
    talk_follow(ADMIN, talk_follow(ADMIN, reply, "avx"), "avy");
    talk_press(BUYER, "y:qris");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM orders"), 0);
    talk_says(talk_press(BUYER, "k"), "sedang tidak berlaku");
    talk_press(BUYER, "kx");
    talk_press(BUYER, "y:qris");
    assert_int_equal(shop_sql(shop, "SELECT total FROM orders"), 35000);
}

static void test_what_it_is_for(void **state)
{
    NEEDS_SHOP();
    int64_t id = make("HEMAT"),
            category = shop_sql(shop, "SELECT category_id FROM products WHERE code = 'A'");
    const json_t *reply = talk_press(ADMIN, "avl:%lld:0", (long long)id);
    talk_says(reply, "berlaku untuk semua produk");
    reply = talk_press(ADMIN, "avt:%lld:0", (long long)id);
    reply = choose(ADMIN, reply, category);
    talk_says(reply, "untuk 1 pilihan");
    reply = talk_press(ADMIN, "avt:%lld:1", (long long)id);
    reply = choose(ADMIN, reply, category);
    reply = choose(ADMIN, reply, product_a);
    talk_says(reply, "untuk 2 pilihan");
    reply = talk_press(ADMIN, "avt:%lld:1", (long long)id); /* the same again */
    choose(ADMIN, choose(ADMIN, reply, category), product_a);
    assert_int_equal(field("cardinality(product_ids) + cardinality(category_ids)", id), 2);
    talk_says(talk_press(ADMIN, "avd:%lld", (long long)id), "📂 Shelf, Product A");
    /* hidden ones have their names, deleted ones a number */
    shop_sql(shop, "UPDATE products SET hidden = true WHERE code = 'A'");
    shop_sql(shop, "UPDATE coupons SET product_ids = product_ids || 4711::bigint");
    catalogue_forget(shop_task(shop));
    talk_says(talk_press(ADMIN, "avd:%lld", (long long)id), "📂 Shelf, Product A, #4711");
    reply = talk_press(ADMIN, "avr:%lld:1:4711", (long long)id);
    talk_says(reply, "untuk 2 pilihan");
    reply = talk_press(ADMIN, "avr:%lld:1:4711", (long long)id); /* gone already */
    talk_says(reply, "untuk 2 pilihan");
    talk_press(ADMIN, "avr:%lld:0:%lld", (long long)id, (long long)category);
    reply = talk_press(ADMIN, "avr:%lld:1:%lld", (long long)id, (long long)product_a); /* the last one */
    assert_int_equal(field("cardinality(product_ids)", id), 1);
    const char *yes = data_of(talk_follow(ADMIN, reply, "avq"), "avw");
    edit(OTHER_ADMIN, id, 5);
    talk_text(OTHER_ADMIN, "10");
    talk_press(ADMIN, "%s", yes); /* was changed meanwhile */
    assert_int_equal(field("cardinality(product_ids)", id), 1);
    reply = talk_press(ADMIN, "avl:%lld:0", (long long)id);
    talk_says(talk_follow(ADMIN, talk_follow(ADMIN, reply, "avq"), "avw"), "berlaku untuk semua produk");
    assert_int_equal(field("cardinality(product_ids)", id), 0);
}

static void test_many_of_everything(void **state)
{
    NEEDS_SHOP();
    for (int i = 0; i < 20; i++) {
        char code[] = {'V', (char)('A' + i), 0};
        make(code);
    }
    int64_t id = coupon("VA");
    shop_sql(shop, "UPDATE coupons SET product_ids = (SELECT array_agg(n) FROM generate_series(5000, 5020) n)"
                   " WHERE code = 'VA'");
    const json_t *reply = talk_press(ADMIN, "av");
    reply = talk_follow(ADMIN, reply, "avp:");
    reply = talk_follow(ADMIN, reply, "avp:-");
    assert_true(talk_has_button(reply, arena_printf(shop->arena, "avd:%lld", (long long)id)));
    talk_says(talk_press(ADMIN, "avd:%lld", (long long)id), "+16");
    static const int64_t pages[] = {0, 1, 2, 3, -1, 1000, 1001, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        reply = talk_press(ADMIN, "avl:%lld:%lld", (long long)id, (long long)pages[i]);
        talk_says(reply, "untuk 21 pilihan");
    }
    talk_press(ADMIN, "avp:-9223372036854775808");
    /* the engine's pages */
    reply = talk_press(ADMIN, "avt:%lld:1", (long long)id);
    char data[65];
    snprintf(data, sizeof data, "%s", data_of(reply, "z:"));
    *strrchr(data, ':') = '\0';
    static const char *const forged[] = {"1", "-1", "1000000", "1000001", "9223372036854775807"};
    for (size_t i = 0; i < sizeof forged / sizeof *forged; i++)
        talk_press(ADMIN, "zp%s:%s", data + 1, forged[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TALK_TEST(test_a_new_one_with_everything),
        TALK_TEST(test_a_new_one_with_nothing),
        TALK_TEST(test_the_same_code_twice),
        TALK_TEST(test_each_field),
        TALK_TEST(test_limits_that_orders_would_break),
        TALK_TEST(test_two_admins_change_one),
        TALK_TEST(test_one_that_was_used_is_stopped),
        TALK_TEST(test_deleted_from_under_a_cart),
        TALK_TEST(test_what_it_is_for),
        TALK_TEST(test_many_of_everything),
    };
    return cmocka_run_group_tests(tests, talk_set_up, talk_tear_down);
}

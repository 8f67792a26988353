/* What admins decide about orders: money, goods, what is done by hand. */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "payment/correction.h"
#include "store/stock.h"
#include "talk.h"

#define TALK_TEST(test) cmocka_unit_test_setup(test, talk_begin)

static bool order_is(int64_t order, const char *state)
{
    return shop_sql(shop, "SELECT count(*) FROM orders WHERE id = %lld AND state = '%s'", (long long)order,
                    state) == 1;
}

static int64_t decisions(const char *action)
{
    return shop_sql(shop, "SELECT count(*) FROM admin_logs WHERE action = '%s'", action);
}

/* --- doing --- */

static void test_marked_paid(void **state)
{
    NEEDS_SHOP();
    int64_t order = talk_invoiced(BUYER);
    const json_t *reply = talk_press(ADMIN, "aom:%lld", (long long)order);
    talk_says(reply, "Tandai lunas");
    talk_says(reply, "#1 · ");
    reply = talk_text(ADMIN, "tunai di toko");
    talk_says(reply, "tunai di toko");
    talk_says(reply, "langsung dikirim");
    assert_true(order_is(order, "pending"));
    reply = talk_follow(ADMIN, reply, "zk:");
    talk_says(reply, "Ditandai lunas");
    talk_says(reply, "Pesanan #1");
    assert_true(order_is(order, "paid"));
    assert_non_null(talk_find(BUYER, "sendMessage", "<pre>A-1\nA-2</pre>"));
    assert_int_equal(shop_sql(shop,
                              "SELECT count(*) FROM admin_logs WHERE action = 'mark_paid' AND note ="
                              " 'tunai di toko' AND actor_id = %d",
                              ADMIN),
                     1);
    talk_books_agree();
}

static void test_marked_paid_too_late(void **state)
{
    NEEDS_SHOP();
    int64_t order = talk_invoiced(BUYER);
    talk_end(order, ORDER_EXPIRED);
    shop_sql(shop, "UPDATE stock_units SET state = 'removed' WHERE id > 1");
    talk_press(ADMIN, "aom:%lld", (long long)order);
    const json_t *reply = talk_text(ADMIN, "transfer");
    talk_says(reply, "sudah berakhir");
    talk_says(talk_follow(ADMIN, reply, "zk:"), "<b>Rp 70.000</b> masuk ke saldo pembeli");
    assert_true(order_is(order, "expired"));
    assert_int_equal(shop_sql(shop, "SELECT balance FROM users WHERE telegram_id = %d", BUYER), 70000);
    assert_false(talk_has_button(talk_press(ADMIN, "aod:1"), "aom:1"));
    talk_books_agree();
}

/* Each as the admin saw it: what came in between is not overrun. */
static void test_changed_meanwhile(void **state)
{
    NEEDS_SHOP();
    int64_t order = talk_invoiced(BUYER);
    talk_press(ADMIN, "aom:%lld", (long long)order);
    const json_t *reply = talk_text(ADMIN, "tunai");
    char save[80];
    snprintf(save, sizeof save, "%s", talk_button(reply, "zk:"));
    reply = talk_fill(OWNER, talk_press(OWNER, "aoc:%lld", (long long)order), "dibatalkan saja");
    talk_says(reply, "Pesanan dibatalkan");
    assert_true(order_is(order, "cancelled"));
    reply = talk_press(ADMIN, "%s", save);
    talk_says(reply, "Pesanan #1");
    talk_says(reply, "Dibatalkan");
    talk_says_not(reply, "Ditandai lunas");
    assert_true(order_is(order, "cancelled"));
    assert_int_equal(decisions("mark_paid"), 0);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM conversations"), 0);
    assert_non_null(talk_find(BUYER, "sendMessage", "Pesanan dibatalkan admin"));
    talk_books_agree();
}

static void test_a_delivery_is_no_change(void **state)
{
    NEEDS_SHOP();
    int64_t order = talk_paid(BUYER);
    talk_press(ADMIN, "aor:%lld", (long long)order);
    talk_press(ADMIN, "z:%lld:0:70000", (long long)shop_sql(shop, "SELECT ref FROM conversations"));
    const json_t *reply = talk_text(ADMIN, "maaf");
    char save[80];
    snprintf(save, sizeof save, "%s", talk_button(reply, "zk:"));
    talk_all_sent();
    assert_true(order_is(order, "completed"));
    talk_says(talk_press(ADMIN, "%s", save), "masuk ke saldo pembeli (sekarang Rp 70.000)");
    talk_books_agree();
}

static void test_refunds(void **state)
{
    NEEDS_SHOP();
    int64_t order = talk_completed(BUYER);
    const json_t *reply = talk_press(ADMIN, "aor:%lld", (long long)order);
    talk_says(reply, "Berapa yang dikembalikan");
    talk_says(talk_text(ADMIN, "70.001"), "Paling banyak Rp 70.000");
    talk_says(talk_text(ADMIN, "banyak"), "Kirim jumlah rupiah");
    reply = talk_text(ADMIN, "20rb");
    talk_says(reply, "Untuk apa");
    reply = talk_text(ADMIN, "satu <rusak>");
    talk_says(reply, "Sisa yang masih bisa dikembalikan: Rp 50.000");
    talk_says(reply, "satu &lt;rusak&gt;");
    talk_says(talk_follow(ADMIN, reply, "zk:"), "<b>Rp 20.000</b> masuk ke saldo pembeli");
    assert_non_null(talk_find(BUYER, "sendMessage", "Pengembalian dana"));

    /* the rest, by two admins at once: once */
    char save[2][80];
    static const int64_t admins[] = {ADMIN, OWNER};
    for (size_t i = 0; i < 2; i++) {
        reply = talk_follow(admins[i], talk_press(admins[i], "aor:%lld", (long long)order), "z:");
        talk_says(reply, "Untuk apa");
        snprintf(save[i], sizeof save[i], "%s", talk_button(talk_text(admins[i], "semua"), "zk:"));
    }
    talk_says(talk_press(ADMIN, "%s", save[0]), "<b>Rp 50.000</b> masuk");
    talk_says_not(talk_press(OWNER, "%s", save[1]), "masuk ke saldo pembeli (");
    assert_int_equal(shop_sql(shop, "SELECT balance FROM users WHERE telegram_id = %d", BUYER), 70000);
    assert_int_equal(decisions("refund"), 2);
    assert_false(talk_has_button(talk_press(ADMIN, "aod:1"), "aor:1"));
    talk_books_agree();
}

/* A part by each: the second one was decided on other figures. */
static void test_two_refunds_of_a_part(void **state)
{
    NEEDS_SHOP();
    int64_t order = talk_completed(BUYER);
    char save[2][80];
    static const int64_t admins[] = {ADMIN, OWNER};
    for (size_t i = 0; i < 2; i++) {
        talk_press(admins[i], "aor:%lld", (long long)order);
        talk_text(admins[i], "10000");
        snprintf(save[i], sizeof save[i], "%s", talk_button(talk_text(admins[i], "rusak"), "zk:"));
    }
    talk_press(ADMIN, "%s", save[0]);
    talk_says(talk_press(OWNER, "%s", save[1]), "Pesanan #1");
    assert_int_equal(shop_sql(shop, "SELECT refunded FROM orders"), 10000);
    talk_books_agree();
}

static void test_sent_again(void **state)
{
    NEEDS_SHOP();
    int64_t order = talk_completed(BUYER);
    const json_t *reply = talk_press(ADMIN, "aon:%lld", (long long)order);
    talk_says(reply, "Kirim ulang");
    assert_true(talk_has_button(reply, "aok:1:0") && talk_has_button(reply, "aod:1"));
    talk_says(talk_press(ADMIN, "aok:1:0"), "Sedang dikirim ulang");
    talk_says(talk_press(OWNER, "aok:1:0"), "Pesanan #1");
    assert_int_equal(decisions("resend"), 1);
    /* at two servers in the same moment the second one meets the first one's key */
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM admin_logs WHERE key = 'resend:order:1:0'"), 1);
    assert_non_null(talk_find(BUYER, "sendMessage", "<pre>A-1\nA-2</pre>"));
    assert_true(talk_has_button(talk_press(ADMIN, "aon:1"), "aok:1:1"));
    talk_says(talk_press(ADMIN, "aok:1:1"), "Sedang dikirim ulang");
    assert_int_equal(decisions("resend"), 2);
    talk_says(talk_press(ADMIN, "aok:1:99"), "Pesanan #1");
    assert_int_equal(decisions("resend"), 2);
    talk_books_agree();
}

static void test_a_unit_replaced(void **state)
{
    NEEDS_SHOP();
    shop_sql(shop, "DELETE FROM stock_units");
    shop_sql(shop, "UPDATE products SET code = 'AKUN' WHERE id = %lld", (long long)product_a);
    static const char *const contents[] = {"mawar.merah@example.com:rahasia-1", "x", "melati@example.com|pw",
                                           "anggrek@example.com:rahasia-4"};
    for (size_t i = 0; i < 4; i++) {
        bool added;
        MUST(stock_add(shop_begin(shop), product_a, contents[i], &added, &err));
        shop_commit(shop);
    }
    int64_t order = talk_completed(BUYER), first = shop_sql(shop, "SELECT min(id) FROM stock_units");
    const json_t *reply = talk_press(ADMIN, "aou:%lld:0", (long long)order);
    talk_says(reply, "ma••••••@e…");
    talk_says_not(reply, "mawar");
    talk_says_not(reply, "rahasia");
    reply = talk_follow(ADMIN, reply, "aog:1:");
    talk_says(reply, "Ganti unit");
    talk_says(reply, "Unit ");
    reply = talk_fill(ADMIN, reply, "tidak bisa login");
    talk_says(reply, "Sudah diganti dengan unit");
    talk_says(reply, "Unit yang sudah diganti: <b>1</b>");
    assert_non_null(talk_find(BUYER, "sendMessage", "melati@example.com|pw"));
    reply = talk_press(ADMIN, "aou:%lld:0", (long long)order);
    talk_says(reply, "sudah diganti");
    assert_false(talk_has_button(reply, "aog:1:1"));
    /* the same one again, another order's, none left */
    talk_says(talk_press(ADMIN, "aog:1:%lld", (long long)first), "Pesanan #1");
    shop_sql(shop, "UPDATE stock_units SET state = 'removed' WHERE state = 'available'");
    assert_string_equal(talk_method(talk_press(ADMIN, "aog:1:%lld", (long long)first + 1)),
                        "answerCallbackQuery");
    assert_int_equal(decisions("replace_unit"), 1);
    assert_int_equal(shop_sql(shop,
                              "SELECT count(*) FROM admin_logs WHERE before::text || after::text || note LIKE"
                              " '%%example%%'"),
                     0);
    talk_books_agree();
}

/* More units than a page has. */
static void test_many_units(void **state)
{
    NEEDS_SHOP();
    int64_t product = shop_product(shop, "C", 1000, 25);
    talk_press(BUYER, "q:%lld:10:1000", (long long)product);
    talk_press(BUYER, "q:%lld:10:1000", (long long)product);
    talk_press(BUYER, "q:%lld:2:1000", (long long)product);
    talk_press(BUYER, "y:qris");
    talk_invoice(1);
    talk_pay(1);
    const json_t *reply = talk_press(ADMIN, "aou:1:0");
    int64_t first = shop_sql(shop, "SELECT min(id) FROM stock_units WHERE state = 'sold'");
    assert_true(talk_has_button(reply, arena_printf(shop->arena, "aog:1:%lld", (long long)first)));
    talk_follow(ADMIN, reply, "aou:1:1");
    reply = talk_press(ADMIN, "aou:1:2");
    assert_true(talk_has_button(reply, arena_printf(shop->arena, "aog:1:%lld", (long long)first + 21)));
    assert_true(talk_has_button(reply, "aou:1:1"));
    assert_false(talk_has_button(reply, "aou:1:3"));
    talk_says(talk_press(ADMIN, "aou:1:3"), "Belum ada");
    talk_says(talk_press(ADMIN, "aou:1:9223372036854775807"), "Belum ada");
}

/* --- another amount than asked for --- */

static int64_t parked(int64_t paid_amount)
{
    int64_t order = talk_invoiced(BUYER);
    int64_t payment = shop_sql(shop, "SELECT id FROM payments WHERE order_id = %lld", (long long)order);
    MUST(payment_park(shop_begin(shop), payment, "mismatch", paid_amount, &err));
    shop_commit(shop);
    return order;
}

static void settle(int way, const char *line, const char *order_state, int64_t balance)
{
    talk_begin(NULL);
    int64_t order = parked(69999);
    talk_says(talk_press(ADMIN, "ao"), "perlu keputusan: <b>1</b>");
    talk_says(talk_press(ADMIN, "aol:8:0:0"), "#1");
    const json_t *reply = talk_press(ADMIN, "aod:%lld", (long long)order);
    talk_says(reply, "Dibayar <b>Rp 69.999</b>, diminta Rp 70.000");
    assert_false(talk_has_button(reply, "aom:1") || talk_has_button(reply, "aoc:1"));
    char data[80];
    snprintf(data, sizeof data, "aox:1:%d", way);
    assert_true(talk_has_button(reply, data));
    reply = talk_press(ADMIN, "%s", data);
    talk_says(reply, "Dibayar Rp 69.999, diminta Rp 70.000");
    reply = talk_fill(ADMIN, reply, "salah ketik");
    talk_says(reply, line);
    assert_true(order_is(order, order_state));
    assert_int_equal(shop_sql(shop, "SELECT balance FROM users WHERE telegram_id = %d", BUYER), balance);
    talk_says(talk_press(OWNER, "%s", data), "Pesanan #1");
    assert_int_equal(decisions("settle_mismatch"), 1);
    talk_says(talk_press(ADMIN, "aol:8:0:0"), "Belum ada");
    talk_books_agree();
}

static void test_three_ways_with_a_mismatch(void **state)
{
    NEEDS_SHOP();
    settle(CORRECTION_DELIVER, "dianggap lunas", "paid", 0);
    settle(CORRECTION_CREDIT, "masuk ke saldo pembeli", "cancelled", 69999);
    settle(CORRECTION_REFUNDED, "dicatat sudah dikembalikan", "cancelled", 0);
}

static void test_an_unknown_amount_is_not_booked(void **state)
{
    NEEDS_SHOP();
    int64_t order = parked(0);
    const json_t *reply = talk_press(ADMIN, "aod:%lld", (long long)order);
    assert_true(talk_has_button(reply, "aox:1:0") && talk_has_button(reply, "aox:1:2"));
    assert_false(talk_has_button(reply, "aox:1:1"));
    talk_says(talk_press(ADMIN, "aox:1:1"), "Pesanan #1");
    talk_says(talk_press(ADMIN, "aox:1:3"), "Pesanan #1");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM conversations"), 0);
}

/* --- by hand --- */

static int64_t manual;

/* An order of one that is done by hand, paid; its item. */
static int64_t to_be_done(int64_t person, const char *answer)
{
    if (!manual) {
        manual = shop_product(shop, "M", 1000, 0);
        shop_sql(shop, "UPDATE products SET kind = 'manual', question = 'User <ID>?' WHERE id = %lld",
                 (long long)manual);
    }
    talk_press(person, "q:%lld:1:1000", (long long)manual);
    talk_press(person, "m");
    talk_text(person, answer);
    talk_press(person, "y:qris");
    int64_t order = shop_sql(shop, "SELECT max(id) FROM orders");
    talk_invoice(order);
    talk_all_sent();
    talk_forget();
    talk_pay(order);
    talk_all_sent();
    talk_forget();
    return shop_sql(shop, "SELECT max(id) FROM order_items");
}

static int manual_begin(void **state)
{
    manual = 0;
    return talk_begin(state);
}

static void test_queue(void **state)
{
    NEEDS_SHOP();
    int64_t first = to_be_done(BUYER, "rahasia & <saya>"), second = to_be_done(OTHER, "punya-orang");
    talk_says(talk_press(ADMIN, "ao"), "Antrean manual: <b>2</b>");
    const json_t *reply = talk_press(ADMIN, "aoq:0");
    talk_says(reply, "1. <b>Product M</b> × 1\n    #1");
    talk_says_not(reply, "rahasia");
    assert_true(talk_has_button(talk_press(ADMIN, "aod:1"), "aoi:1"));
    reply = talk_press(ADMIN, "aoi:%lld", (long long)first);
    talk_says(reply, "User &lt;ID&gt;?");
    talk_says(reply, "rahasia &amp; &lt;saya&gt;");
    reply = talk_follow(ADMIN, reply, "aof:");
    talk_says(reply, "#1 · Product M × 1");
    reply = talk_text(ADMIN, "kode <unik>");
    talk_says(reply, "Catatan untuk admin lain");
    reply = talk_follow(ADMIN, reply, "zs:");
    talk_says(reply, "dikirim ke pembeli sekarang");
    char save[80];
    snprintf(save, sizeof save, "%s", talk_button(reply, "zk:"));
    /* another admin is quicker, with a file */
    talk_press(OWNER, "aof:%lld", (long long)first);
    struct update update = talk_make_text(OWNER, NULL);
    update.document_file_id = "BQAC-1";
    update.document_name = "hasil.pdf";
    update.has_media = true;
    talk_update(&update);
    reply = talk_follow(OWNER, talk_text(OWNER, "sudah"), "zk:");
    talk_says(reply, "Sudah dipenuhi: #1");
    talk_says(reply, "#2");
    reply = talk_press(ADMIN, "%s", save);
    talk_says(reply, "Antrean manual");
    talk_says_not(reply, "Sudah dipenuhi");
    assert_int_equal(decisions("fulfil"), 1);
    assert_non_null(talk_find(BUYER, "sendDocument", "Pesananmu sudah diproses"));
    assert_null(talk_find(BUYER, "sendMessage", "kode"));
    talk_all_sent();
    assert_true(order_is(1, "completed"));
    talk_says(talk_press(ADMIN, "aoi:%lld", (long long)first), "Antrean manual");
    /* some apps name no file */
    int64_t nameless = to_be_done(BUYER, "tanpa nama");
    talk_press(ADMIN, "aof:%lld", (long long)nameless);
    update = talk_make_text(ADMIN, NULL);
    update.document_file_id = "BQAC-2";
    update.document_name = "";
    update.has_media = true;
    talk_update(&update);
    talk_says(talk_follow(ADMIN, talk_text(ADMIN, "x"), "zk:"), "Sudah dipenuhi");

    /* by text, and without anything */
    talk_press(ADMIN, "aof:%lld", (long long)second);
    talk_text(ADMIN, "kode <unik>");
    reply = talk_follow(ADMIN, talk_text(ADMIN, "catatan"), "zk:");
    talk_says(reply, "Antreannya kosong");
    talk_says(talk_find(OTHER, "sendMessage", "Pesananmu sudah diproses")->params, "kode &lt;unik&gt;");
    int64_t third = to_be_done(OTHER, "lagi");
    reply = talk_follow(ADMIN, talk_press(ADMIN, "aof:%lld", (long long)third), "zs:");
    reply = talk_follow(ADMIN, reply, "zs:");
    talk_says(reply, "tanpa isi");
    talk_follow(ADMIN, reply, "zk:");
    assert_non_null(talk_find(OTHER, "sendMessage", "Sudah diproses admin"));
    assert_int_equal(shop_sql(shop,
                              "SELECT count(*) FROM admin_logs WHERE before::text || after::text || note LIKE"
                              " '%%unik%%'"),
                     0);
    talk_books_agree();
}

static void test_given_back_is_not_to_be_done(void **state)
{
    NEEDS_SHOP();
    int64_t item = to_be_done(BUYER, "x"), balance;
    const struct correction by = {ADMIN, "why", "update:1"};
    MUST(correction_refund(shop_begin(shop), &by, 1, 1000, &balance, &err));
    shop_commit(shop);
    talk_says(talk_press(ADMIN, "aoq:0"), "Antreannya kosong");
    assert_false(talk_has_button(talk_press(ADMIN, "aod:1"), "aoi:1"));
    talk_says(talk_press(ADMIN, "aof:%lld", (long long)item), "Antreannya kosong");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TALK_TEST(test_marked_paid),
        TALK_TEST(test_marked_paid_too_late),
        TALK_TEST(test_changed_meanwhile),
        TALK_TEST(test_a_delivery_is_no_change),
        TALK_TEST(test_refunds),
        TALK_TEST(test_two_refunds_of_a_part),
        TALK_TEST(test_sent_again),
        TALK_TEST(test_a_unit_replaced),
        TALK_TEST(test_many_units),
        TALK_TEST(test_three_ways_with_a_mismatch),
        TALK_TEST(test_an_unknown_amount_is_not_booked),
        cmocka_unit_test_setup(test_queue, manual_begin),
        cmocka_unit_test_setup(test_given_back_is_not_to_be_done, manual_begin),
    };
    return cmocka_run_group_tests(tests, talk_set_up, talk_tear_down);
}

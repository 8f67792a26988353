/* What admins see of orders: lists, searches, one of them, what happened to it. */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "payment/correction.h"
#include "store/deposit.h"
#include "talk.h"

#define TALK_TEST(test) cmocka_unit_test_setup(test, talk_begin)

/* --- looking --- */

static void test_home_and_lists(void **state)
{
    NEEDS_SHOP();
    int64_t open = talk_invoiced(BUYER), done = talk_completed(OTHER);
    const json_t *reply = talk_press(ADMIN, "ao");
    talk_says(reply, "Menunggu pembayaran: <b>1</b>");
    talk_says(reply, "Dibayar, belum selesai: <b>0</b>");
    talk_says(reply, "perlu keputusan: <b>0</b>");
    talk_says(reply, "Antrean manual: <b>0</b>");
    reply = talk_follow(ADMIN, reply, "aol:0:");
    talk_says(reply, "#2");
    talk_says(reply, "#1");
    talk_says(reply, "Budi &lt;b&gt;");
    talk_says(reply, "Product A × 2");
    reply = talk_press(OWNER, "aol:1:0:0");
    talk_says(reply, "⏳");
    talk_says_not(reply, "#2");
    reply = talk_follow(OWNER, reply, "aov:");
    talk_says(reply, "Pesanan #1");
    assert_true(talk_has_button(reply, "aol:1:0:2"));
    talk_says(talk_press(ADMIN, "aol:3:0:0"), "#2");
    talk_says(talk_press(ADMIN, "aol:5:0:0"), "Belum ada");
    talk_says(talk_press(ADMIN, "aol:6:%d:0", OTHER), "#2");
    reply = talk_press(ADMIN, "aol:7:%lld:0", (long long)product_a);
    talk_says(reply, "Product A");
    talk_says(reply, "#1");
    talk_says(talk_press(ADMIN, "aol:7:%lld:0", (long long)product_b), "Belum ada");
    reply = talk_press(ADMIN, "aop:0");
    assert_true(talk_has_button(reply, "aol:7:1:0"));
    talk_says(talk_press(ADMIN, "aop:999999999999"), "per produk");
    /* filters that there are not lead home */
    talk_says(talk_press(ADMIN, "aol:-1:0:0"), "Kelola Order");
    talk_says(talk_press(ADMIN, "aol:9:0:0"), "Kelola Order");
    talk_says(talk_press(ADMIN, "aol:9223372036854775807:0:0"), "Kelola Order");
    talk_says(talk_press(ADMIN, "aov:%lld:77:5", (long long)open), "Pesanan #1");
    talk_says(talk_press(ADMIN, "aod:%lld", (long long)done), "Pesanan #2");
}

static void test_lists_have_pages(void **state)
{
    NEEDS_SHOP();
    shop_person(shop, BUYER);
    shop_sql(shop, "UPDATE users SET first_name = repeat('<&>', 60)");
    shop_sql(shop,
             "INSERT INTO orders (reference, telegram_id, state, subtotal, total, created_at, expires_at, "
             "ended_at)"
             " SELECT 'tg1001-r' || n, 1001, 'expired', 1000000000000, 1000000000000, now(), now(), now()"
             " FROM generate_series(1, 20) n");
    shop_sql(shop, "INSERT INTO order_items (order_id, product_id, name, price, quantity, snk)"
                   " SELECT id, 1, repeat('<&>', 30), 1000000000, 1000, '' FROM orders");
    const json_t *reply = talk_press(ADMIN, "aol:5:0:0");
    talk_says(reply, "#20");
    talk_says_not(reply, "#12<");
    reply = talk_follow(ADMIN, reply, "aol:5:0:13");
    talk_says(reply, "#12<");
    reply = talk_follow(ADMIN, reply, "aol:5:0:5");
    talk_says(reply, "#1<");
    reply = talk_follow(ADMIN, reply, "aol:5:0:13");
    reply = talk_follow(ADMIN, reply, "aol:5:0:0");
    talk_says(reply, "#20");
    talk_says(talk_press(ADMIN, "aol:5:0:-9"), "#20");
}

/* A search ends with its answer: it asks for no confirmation. */
static const json_t *search(const char *text)
{
    talk_says(talk_press(ADMIN, "aos"), "Cari pesanan");
    return talk_text(ADMIN, text);
}

static void test_searching(void **state)
{
    NEEDS_SHOP();
    talk_invoiced(BUYER);
    talk_completed(OTHER);
    shop_sql(shop, "UPDATE orders SET reference = 'tg1001-abc' WHERE id = 1");
    shop_sql(shop, "UPDATE users SET username = 'other_one' WHERE telegram_id = %d", OTHER);
    talk_says(search("tg1001-abc"), "Pesanan #1");
    talk_says(search("#2"), "Pesanan #2");
    talk_says(search("txn1"), "Pesanan #1");
    const json_t *reply = search("@Other_One");
    assert_true(talk_has_button(reply, "aol:6:1002:0") && talk_has_button(reply, "agl:7:1002:0"));
    assert_true(talk_has_button(search("1001"), "aol:6:1001:0"));
    assert_true(talk_has_button(search("B"), "aol:7:2:0"));
    reply = search("<nothing> & more");
    talk_says(reply, "<code>&lt;nothing&gt; &amp; more</code> tidak ditemukan");
    talk_says(talk_text(ADMIN, "tg1001-abc"), "Pesanan #1"); /* asked again */
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM conversations"), 0);
}

/* What can be done with an order, by its state. */
static void test_actions_that_make_sense(void **state)
{
    NEEDS_SHOP();
    int64_t open = talk_invoiced(BUYER), done = talk_completed(OTHER);
    const json_t *reply = talk_press(ADMIN, "aod:%lld", (long long)open);
    talk_says(reply, "Menunggu pembayaran");
    talk_says(reply, "QRIS");
    talk_says(reply, "<code>txn1</code>");
    assert_true(talk_has_button(reply, "aom:1") && talk_has_button(reply, "aoc:1"));
    assert_false(talk_has_button(reply, "aor:1") || talk_has_button(reply, "aon:1") ||
                 talk_has_button(reply, "aou:1:0"));
    reply = talk_press(ADMIN, "aod:%lld", (long long)done);
    talk_says(reply, "Unit terkirim: <b>2</b>");
    talk_says(reply, "SNK terpenuhi: <b>0/1</b>");
    assert_false(talk_has_button(reply, "aom:2") || talk_has_button(reply, "aoc:2"));
    assert_true(talk_has_button(reply, "aor:2") && talk_has_button(reply, "aon:2") &&
                talk_has_button(reply, "aou:2:0"));
    talk_end(open, ORDER_EXPIRED);
    reply = talk_press(ADMIN, "aod:%lld", (long long)open);
    assert_true(talk_has_button(reply, "aom:1"));
    assert_false(talk_has_button(reply, "aoc:1") || talk_has_button(reply, "aor:1"));

    /* pressed all the same: nothing happens, and the order is shown as it is */
    static const char *const verbs[] = {"aoc", "aor", "aon"};
    for (size_t i = 0; i < 3; i++)
        talk_says(talk_press(ADMIN, "%s:%lld", verbs[i], (long long)open), "Pesanan #1");
    talk_says(talk_press(ADMIN, "aok:1:0"), "Pesanan #1");
    talk_says(talk_press(ADMIN, "aog:1:1"), "Pesanan #1");
    talk_says(talk_press(ADMIN, "aom:%lld", (long long)done), "Pesanan #2");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM admin_logs"), 0);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM conversations"), 0);
}

/* Forged numbers, and people who are no admins. */
static void test_forged(void **state)
{
    NEEDS_SHOP();
    talk_completed(BUYER);
    static const char *const verbs[] = {
        "aod:%s",   "aov:%s:0:0", "aoh:%s:0", "aou:%s:0",   "aom:%s", "aoc:%s",     "aor:%s",    "aon:%s",
        "aok:%s:0", "aog:%s:1",   "aox:%s:0", "aoi:%s",     "aof:%s", "agd:%s",     "agh:%s:0",  "agp:%s",
        "agc:%s",   "agk:%s:1",   "agj:%s",   "agv:%s:0:0", "aoq:%s", "aol:0:0:%s", "agl:0:0:%s"};
    static const char *const numbers[] = {"0", "-1", "4242", "9223372036854775807", "-9223372036854775808"};
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        for (size_t k = 0; k < 5; k++) {
            const char *hole = strstr(verbs[i], "%s");
            char data[80];
            snprintf(data, sizeof data, "%.*s%s%s", (int)(hole - verbs[i]), verbs[i], numbers[k], hole + 2);
            assert_non_null(talk_press(ADMIN, "%s", data));
            talk_says(talk_press(BUYER, "%s", data), "");
        }
    }
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM admin_logs"), 0);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM conversations"), 0);
    assert_null(talk_find(BUYER, "sendMessage", "Pembelianmu"));
}

static void test_history(void **state)
{
    NEEDS_SHOP();
    int64_t order = talk_completed(BUYER), balance;
    for (int i = 0; i < 14; i++) {
        struct work *work = shop_begin(shop);
        const struct correction by = {ADMIN, "a <note>", arena_printf(work->arena, "update:%d", i)};
        MUST(correction_refund(work, &by, order, 1000, &balance, &err));
        shop_commit(shop);
    }
    const json_t *reply = talk_press(ADMIN, "aoh:%lld:0", (long long)order);
    talk_says(reply, "Riwayat pesanan #1");
    talk_says(reply, "Refund ke saldo");
    talk_says(reply, "a &lt;note&gt;");
    talk_says(reply, "+Rp 1.000");
    reply = talk_follow(ADMIN, reply, "aoh:1:1");
    reply = talk_follow(ADMIN, reply, "aoh:1:2");
    talk_says(reply, "Dibuat, Rp 70.000");
    talk_says(reply, "Tagihan 💠 QRIS");
    talk_says(reply, "Lunas");
    assert_true(talk_has_button(reply, "aoh:1:1") && talk_has_button(reply, "aod:1"));
    assert_false(talk_has_button(reply, "aoh:1:3"));
    talk_says(talk_press(ADMIN, "aoh:1:99"), "Refund");
    talk_says(talk_press(ADMIN, "aoh:1:-1"), "Refund");
}

/* --- notices --- */

static void test_notices_lead_there(void **state)
{
    NEEDS_SHOP();
    talk_paid(BUYER);
    assert_true(talk_has_button(talk_find(ADMIN, "sendMessage", "Pesanan dibayar")->params, "aod:1"));
    talk_forget();
    struct deposit deposit;
    struct work *work = shop_begin(shop);
    MUST(deposit_add(work, BUYER, DEPOSIT_GATEWAY, 50000, work->now_ms + 60000, 3, &deposit, &err));
    const struct bill bill = bill_of_deposit(&deposit);
    MUST(bot_checkout_notices.mismatch(work, &bill, &(struct payment){.amount = 50000}, 1, &err));
    shop_commit(shop);
    work_end(&shop->work);
    talk_press(OTHER, "k");
    assert_true(talk_has_button(talk_find(ADMIN, "sendMessage", "tidak cocok")->params, "agd:1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TALK_TEST(test_home_and_lists),          TALK_TEST(test_lists_have_pages), TALK_TEST(test_searching),
        TALK_TEST(test_actions_that_make_sense), TALK_TEST(test_forged),           TALK_TEST(test_history),
        TALK_TEST(test_notices_lead_there),
    };
    return cmocka_run_group_tests(tests, talk_set_up, talk_tear_down);
}

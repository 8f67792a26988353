#include "talk.h"

#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "bot/buyer/purchase_page.h"

#define TALK_TEST(test) cmocka_unit_test_setup(test, talk_begin)

static int64_t orders(const char *state)
{
    return shop_sql(shop, "SELECT count(*) FROM orders WHERE state = '%s'", state);
}

static const char *data_of(const char *verb, int64_t id)
{
    return arena_printf(shop->arena, "%s:%lld", verb, (long long)id);
}

static void assert_said(const json_t *reply, const char *part)
{
    if (!strstr(talk_said(reply), part))
        fail_msg("\"%s\" is not in \"%s\"", part, talk_said(reply));
}

/* The callback's answer: to a press without a page the reply itself. */
static void assert_answered(const json_t *reply, const char *text)
{
    assert_string_equal(talk_method(reply), "answerCallbackQuery");
    assert_string_equal(talk_said(reply), text);
}

/* --- the list --- */

static void test_the_list_leads_to_each_order(void **state)
{
    NEEDS_SHOP();
    assert_true(talk_has_button(talk_text(BUYER, "/pesanan"), "a:0")); /* none yet */
    int64_t bought = talk_order(BUYER);
    talk_invoice(bought);
    talk_pay(bought);
    int64_t open = talk_order(BUYER);
    const char *const ways[] = {"o:0", "r", "o:-1", "o:9223372036854775807"};
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        const json_t *reply = talk_press(BUYER, "%s", ways[i]);
        assert_string_equal(talk_method(reply), "editMessageText");
        assert_said(reply, "(2 pesanan)");
        assert_said(reply, "<b>1. ⏳ Product A × 2</b>");
        assert_said(reply, "<b>2.</b> 📦 Product A × 2");
        assert_true(talk_has_button(reply, data_of("od", bought)));
        assert_true(talk_has_button(reply, data_of("od", open)));
    }
    const json_t *reply = talk_text(OTHER, "/orders");
    assert_false(talk_has_button(reply, data_of("od", bought)));
    assert_true(talk_has_button(talk_press(BUYER, "w"), "o:0"));
}

/* The most orders a page can have, with the longest names: talk.c checks it against Telegram's limits. */
static void test_the_longest_list_fits(void **state)
{
    NEEDS_SHOP();
    shop_sql(shop, "UPDATE products SET name = repeat('<&\"😀', 25)");
    talk_order(BUYER);
    for (int i = 0; i < 40; i++) {
        int64_t id =
            shop_sql(shop,
                     "INSERT INTO orders (reference, telegram_id, state, subtotal, total, created_at,"
                     " expires_at, ended_at) SELECT 'tg1001-x%d', telegram_id, '%s', 1000000000000,"
                     " 1000000000000, created_at, expires_at, %s FROM orders ORDER BY id LIMIT 1"
                     " RETURNING id",
                     i, i % 2 ? "pending" : "expired", i % 2 ? "NULL" : "now()");
        shop_sql(shop,
                 "INSERT INTO order_items (order_id, product_id, name, price, quantity, snk) SELECT %lld, "
                 "id, name,"
                 " 1, 1000, '' FROM products",
                 (long long)id);
    }
    const json_t *reply = talk_press(BUYER, "o:0");
    assert_said(reply, "<b>20. ⏳");
    assert_said(reply, "<b>28.</b> ⏰");
    assert_said(reply, "Tekan nomornya"); /* nothing was cut */
}

/* --- one order --- */

static void test_what_can_be_done_by_state(void **state)
{
    NEEDS_SHOP();
    static const char *const verbs[] = {"g", "os", "oi", "ox", "ob"};
    static const struct {
        const char *sql;
        const char *said;
        const char *offered; /* a verb by its place above */
    } states[] = {
        {"SELECT 1", "⏳ Menunggu pembayaran", "  ++ "},
        {"UPDATE payments SET problem = 'mismatch'", "🔎 Pembayaran sedang diperiksa admin", "     "},
        {"UPDATE payments SET problem = NULL; UPDATE orders SET state = 'paid', paid_at = now()",
         "📦 Sudah dibayar", "++  +"},
        {"UPDATE orders SET state = 'completed', completed_at = now()", "✅ Selesai", "++  +"},
        {"UPDATE orders SET state = 'cancelled', paid_at = NULL, completed_at = NULL, ended_at = now(),"
         " end_reason = 'buyer'",
         "(kamu batalkan)", "    +"},
        {"UPDATE orders SET state = 'expired', end_reason = 'expired'", "⏰ Waktu pembayaran habis", "    +"},
        {"UPDATE payments SET problem = 'mismatch', paid_amount = 60000", "🔎 Pembayaran sedang", "     "},
        {"UPDATE payments SET state = 'completed', ended_at = now(), resolution = 'credited'",
         "disimpan sebagai saldomu", "    +"},
        {"UPDATE payments SET resolution = 'delivered'; UPDATE orders SET state = 'paid', paid_at = "
         "p.ended_at"
         " FROM payments p",
         "Total dibayar: <b>Rp 60.000</b>", "++  +"},
    };
    int64_t order = talk_order(BUYER);
    talk_invoice(order);
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        shop_sql(shop, "%s", states[i].sql);
        const json_t *reply = talk_press(BUYER, "od:%lld", (long long)order);
        assert_said(reply, states[i].said);
        assert_said(reply, "<code>tg1001-");
        assert_said(reply, "2 × Rp 35.000 = <b>Rp 70.000</b>");
        for (size_t k = 0; k < sizeof verbs / sizeof verbs[0]; k++)
            assert_int_equal(talk_has_button(reply, data_of(verbs[k], order)), states[i].offered[k] == '+');
        assert_true(talk_has_button(reply, data_of("o", order + 1)));
        assert_true(talk_has_button(reply, "w"));
    }
    /* given back outside of Lapak: that is not on the balance */
    shop_sql(shop, "UPDATE payments SET resolution = 'refunded'; UPDATE orders SET state = 'cancelled',"
                   " paid_at = NULL, end_reason = 'mismatch'");
    const json_t *reply = talk_press(BUYER, "od:%lld", (long long)order);
    assert_said(reply, "(jumlah pembayarannya berbeda)");
    assert_null(strstr(talk_said(reply), "💼"));
}

static void test_somebody_elses_order_is_not_there(void **state)
{
    NEEDS_SHOP();
    static const char *const verbs[] = {"od", "os", "oi", "ox", "ob", "g"};
    int64_t order = talk_order(BUYER);
    talk_invoice(order);
    for (int paid = 0; paid < 2; paid++) {
        for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
            size_t before = talk_sent_count();
            assert_answered(talk_press(OTHER, "%s:%lld", verbs[i], (long long)order),
                            "⚠️ Data itu tidak ditemukan.");
            assert_answered(talk_press(OTHER, "%s:%lld", verbs[i], (long long)order + 1),
                            "⚠️ Data itu tidak ditemukan.");
            assert_int_equal(talk_sent_count(), before);
        }
        if (!paid)
            talk_pay(order);
    }
    assert_int_equal(orders("paid"), 1);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM cart_items WHERE telegram_id = %d", OTHER), 0);
}

static void test_a_receipt(void **state)
{
    NEEDS_SHOP();
    int64_t order = talk_order(BUYER);
    talk_invoice(order);
    assert_answered(talk_press(BUYER, "os:%lld", (long long)order), "⚠️ Data itu tidak ditemukan.");
    talk_pay(order);
    const json_t *reply = talk_press(BUYER, "os:%lld", (long long)order);
    assert_string_equal(talk_method(reply), "sendMessage"); /* of its own */
    assert_said(reply, "Kopi &lt;Digital&gt;");
    assert_said(reply, "Metode: 💠 QRIS");
    assert_said(reply, "Biaya admin: Rp 800");
    assert_said(reply, "<b>Rp 70.800</b>");
    assert_said(reply, arena_printf(shop->arena, "<code>txn%lld</code>", (long long)order));
}

static void test_cancelled_on_its_page(void **state)
{
    NEEDS_SHOP();
    int64_t order = talk_order(BUYER);
    talk_invoice(order);
    const json_t *reply = talk_press(BUYER, "ox:%lld", (long long)order);
    assert_string_equal(talk_method(reply), "editMessageText");
    assert_said(reply, "❌ Dibatalkan");
    assert_int_equal(orders("cancelled"), 1);
    assert_non_null(talk_find(BUYER, "sendMessage", "Pesanan dibatalkan"));
    talk_forget();
    assert_said(talk_press(BUYER, "ox:%lld", (long long)order), "❌ Dibatalkan"); /* and again */
    assert_int_equal(talk_sent_count(), 0);
}

/* --- the invoice again --- */

static const struct sent *last_photo(void)
{
    for (size_t i = talk_sent_count(); i-- > 0;)
        if (strcmp(talk_sent(i)->method, "sendPhoto") == 0)
            return talk_sent(i);
    return NULL;
}

static size_t deleted(int64_t message_id)
{
    size_t count = 0;
    for (size_t i = 0; i < talk_sent_count(); i++) {
        int64_t id = 0;
        json_get_int(talk_sent(i)->params, "message_id", &id);
        count += strcmp(talk_sent(i)->method, "deleteMessage") == 0 && id == message_id;
    }
    return count;
}

static void test_an_invoice_is_opened_again(void **state)
{
    NEEDS_SHOP();
    int64_t order = talk_order(BUYER);
    assert_answered(talk_press(BUYER, "oi:%lld", (long long)order), "🎲 Sedang memuat pembayaranmu…");
    talk_invoice(order);
    talk_report(talk_find(BUYER, "sendPhoto", ""), OUTBOX_VERDICT_SENT, 88);
    talk_forget();
    assert_answered(talk_press(BUYER, "oi:%lld", (long long)order), "💳 Tagihannya dikirim lagi ke chat ini.");
    assert_int_equal(deleted(88), 1);
    assert_string_equal(talk_sent(0)->method, "deleteMessage"); /* before the new one comes */
    const struct sent *again = last_photo();
    assert_string_equal(again->attachment_text, "000201QR");
    assert_true(talk_has_button(again->params, data_of("x", order)));
    talk_report(talk_sent(0), OUTBOX_VERDICT_SENT, 0);
    talk_report(again, OUTBOX_VERDICT_SENT, 90);
    assert_int_equal(deleted(88), 1);
    assert_int_equal(deleted(90), 0);
    assert_int_equal(shop_sql(shop, "SELECT invoice_message_id FROM orders"), 90);
    talk_pay(order);
    assert_int_equal(deleted(90), 1);
}

/* Asked for again while one is on its way: when both have come, one stays. */
static void test_opened_twice_one_stays(void **state)
{
    NEEDS_SHOP();
    int64_t order = talk_order(BUYER);
    talk_invoice(order);
    const struct sent *first = last_photo();
    talk_press(BUYER, "oi:%lld", (long long)order);
    for (size_t i = 0; talk_sent(i) != first; i++)
        talk_report(talk_sent(i), OUTBOX_VERDICT_SENT, 80);
    talk_report(first, OUTBOX_VERDICT_SENT, 88);
    assert_int_equal(deleted(88), 0);
    for (size_t i = 0; i < talk_sent_count(); i++) /* the loading line's end comes in between */
        if (strcmp(talk_sent(i)->method, "deleteMessage") == 0)
            talk_report(talk_sent(i), OUTBOX_VERDICT_SENT, 0);
    const struct sent *second = last_photo();
    assert_true(second->id > first->id);
    talk_report(second, OUTBOX_VERDICT_SENT, 91);
    assert_int_equal(deleted(88), 1);
    assert_int_equal(deleted(91), 0);
    assert_int_equal(shop_sql(shop, "SELECT invoice_message_id FROM orders"), 91);
}

static void test_what_is_not_opened_again(void **state)
{
    NEEDS_SHOP();
    static const struct {
        const char *sql;
        const char *said;
    } states[] = {
        {"UPDATE payments SET problem = 'mismatch'", "🔎 Pembayaran sedang diperiksa admin"},
        {"UPDATE payments SET problem = NULL; UPDATE orders SET expires_at = created_at", "⏳ Menunggu"},
        {"UPDATE orders SET state = 'paid', paid_at = now()", "📦 Sudah dibayar"},
        {"UPDATE orders SET state = 'expired', paid_at = NULL, ended_at = now()", "⏰ Waktu pembayaran habis"},
    };
    int64_t order = talk_order(BUYER);
    talk_invoice(order);
    talk_report(talk_find(BUYER, "sendPhoto", ""), OUTBOX_VERDICT_SENT, 88);
    talk_forget();
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        shop_sql(shop, "%s", states[i].sql);
        const json_t *reply = talk_press(BUYER, "oi:%lld", (long long)order);
        assert_string_equal(talk_method(reply), "editMessageText"); /* the order as it is now */
        assert_said(reply, states[i].said);
        assert_int_equal(talk_sent_count(), 0);
    }
}

static void test_too_many_open_ones_lead_to_the_list(void **state)
{
    NEEDS_SHOP();
    shop->tenant.most_open = 1;
    talk_order(BUYER);
    talk_press(BUYER, "q:%lld:1:1500", (long long)product_b);
    const json_t *reply = talk_press(BUYER, "y:qris");
    shop->tenant.most_open = 3;
    assert_said(reply, "🧾 Pesananku");
    assert_true(talk_has_button(reply, "o:0"));
    assert_true(talk_has_button(reply, "k"));
    assert_int_equal(orders("pending"), 1);
}

/* --- once more --- */

static int64_t in_cart(int64_t product)
{
    return shop_sql(
        shop,
        "SELECT coalesce((SELECT quantity FROM cart_items WHERE telegram_id = %d AND product_id = %lld), 0)",
        BUYER, (long long)product);
}

/* Two of A and two of B, paid. */
static int64_t bought(void)
{
    talk_press(BUYER, "q:%lld:2:1500", (long long)product_b);
    int64_t order = talk_order(BUYER);
    talk_invoice(order);
    talk_pay(order);
    catalogue_forget(shop_task(shop));
    return order;
}

static void test_bought_again_at_todays_prices(void **state)
{
    NEEDS_SHOP();
    int64_t order = bought();
    shop_sql(shop, "UPDATE products SET price = 40000 WHERE code = 'A'");
    shop_sql(shop, "UPDATE stock_units SET state = 'available', order_item_id = NULL, sold_at = NULL");
    catalogue_forget(shop_task(shop));
    for (int times = 0; times < 2; times++) { /* twice is the same */
        const json_t *reply = talk_press(BUYER, "ob:%lld", (long long)order);
        assert_said(reply, "2 × Rp 40.000 = <b>Rp 80.000</b>");
        assert_said(reply, "<b>Rp 83.000</b>");
        assert_null(strstr(talk_said(reply), "⚠️"));
        assert_true(talk_has_button(reply, "m"));
        assert_int_equal(in_cart(product_a), 2);
        assert_int_equal(in_cart(product_b), 2);
    }
    talk_press(BUYER, "q:%lld:2:40000", (long long)product_a); /* more than that stays more */
    talk_press(BUYER, "ob:%lld", (long long)order);
    assert_int_equal(in_cart(product_a), 4);
    assert_int_equal(
        shop_sql(shop, "SELECT price FROM cart_items WHERE product_id = %lld", (long long)product_a), 40000);
}

static void test_bought_again_as_far_as_there_is_any(void **state)
{
    NEEDS_SHOP();
    int64_t order = bought(); /* 3 of A are left, none of B */
    const json_t *reply = talk_press(BUYER, "ob:%lld", (long long)order);
    assert_said(reply, "• Product B sedang habis.");
    assert_int_equal(in_cart(product_a), 2);
    assert_int_equal(in_cart(product_b), 0);
    talk_press(BUYER, "e");

    shop_sql(shop,
             "DELETE FROM stock_units WHERE id IN (SELECT id FROM stock_units WHERE product_id = %lld"
             " AND state = 'available' LIMIT 2)",
             (long long)product_a);
    catalogue_forget(shop_task(shop));
    reply = talk_press(BUYER, "ob:%lld", (long long)order);
    assert_said(reply, "• Stok Product A tinggal <b>1</b>.");
    assert_int_equal(in_cart(product_a), 1);
    assert_true(talk_has_button(reply, "m"));
    talk_press(BUYER, "e");

    shop_sql(shop, "UPDATE products SET hidden = true WHERE id = %lld", (long long)product_a);
    catalogue_forget(shop_task(shop));
    reply = talk_press(BUYER, "ob:%lld", (long long)order);
    assert_said(reply, "• Product A sudah tidak dijual.");
    assert_said(reply, "Keranjangmu masih kosong");
    assert_int_equal(in_cart(product_a), 0);
    assert_false(talk_has_button(reply, "m"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TALK_TEST(test_the_list_leads_to_each_order),
        TALK_TEST(test_the_longest_list_fits),
        TALK_TEST(test_what_can_be_done_by_state),
        TALK_TEST(test_somebody_elses_order_is_not_there),
        TALK_TEST(test_a_receipt),
        TALK_TEST(test_cancelled_on_its_page),
        TALK_TEST(test_an_invoice_is_opened_again),
        TALK_TEST(test_opened_twice_one_stays),
        TALK_TEST(test_what_is_not_opened_again),
        TALK_TEST(test_too_many_open_ones_lead_to_the_list),
        TALK_TEST(test_bought_again_at_todays_prices),
        TALK_TEST(test_bought_again_as_far_as_there_is_any),
    };
    return cmocka_run_group_tests(tests, talk_set_up, talk_tear_down);
}

#include "talk.h"

#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "store/stock.h"

#define TALK_TEST(test) cmocka_unit_test_setup(test, talk_begin)

static int64_t orders(const char *state)
{
    return shop_sql(shop, "SELECT count(*) FROM orders WHERE state = '%s'", state);
}

static int64_t message_of(const struct sent *sent)
{
    int64_t id = 0;
    json_get_int(sent->params, "message_id", &id);
    return id;
}

/* The first call to a chat by that method on that message. */
static const struct sent *find_on(int64_t chat_id, const char *method, int64_t message_id)
{
    for (size_t i = 0; i < talk_sent_count(); i++) {
        const struct sent *sent = talk_sent(i);
        if (sent->chat_id == chat_id && strcmp(sent->method, method) == 0 && message_of(sent) == message_id)
            return sent;
    }
    return NULL;
}

static void test_from_qris_to_delivery(void **state)
{
    NEEDS_SHOP();
    int64_t order = talk_order(BUYER);
    assert_int_equal(shop_sql(shop, "SELECT loading_message_id FROM orders"), 77);
    assert_non_null(talk_find(ADMIN, "sendMessage", "Pesanan baru"));
    assert_null(talk_find(OWNER, "sendMessage", ""));

    talk_forget();
    talk_invoice(order);
    const struct sent *invoice = talk_find(BUYER, "sendPhoto", "Rp 70.800");
    assert_non_null(invoice);
    assert_int_equal(invoice->attachment, ATTACH_QR_PNG);
    assert_string_equal(invoice->attachment_text, "000201QR");
    assert_non_null(strstr(talk_said(invoice->params), "<code>tg1001-"));
    assert_true(talk_has_button(invoice->params, arena_printf(shop->arena, "x:%lld", (long long)order)));
    assert_non_null(find_on(BUYER, "deleteMessage", 77)); /* the loading line */
    talk_report(invoice, OUTBOX_VERDICT_SENT, 88);
    assert_int_equal(shop_sql(shop, "SELECT invoice_message_id FROM orders"), 88);

    talk_forget();
    talk_pay(order);
    assert_non_null(find_on(BUYER, "deleteMessage", 88));
    const struct sent *delivery = talk_find(BUYER, "sendMessage", "🎉 <b>Pembayaran Berhasil</b>");
    assert_non_null(delivery);
    assert_non_null(strstr(talk_said(delivery->params), "<pre>A-1\nA-2</pre>"));
    assert_true(delivery->keep);
    const struct sent *terms = talk_find(BUYER, "sendMessage", "Terms of A");
    assert_non_null(terms);
    assert_true(terms->keep);
    assert_non_null(talk_find(ADMIN, "sendMessage", "Pesanan dibayar"));
    assert_null(talk_find(OWNER, "sendMessage", ""));
    assert_int_equal(orders("paid"), 1);
    talk_report(delivery, OUTBOX_VERDICT_SENT, 89);
    assert_int_equal(orders("completed"), 1);
}

static void test_a_second_press_does_not_disturb(void **state)
{
    NEEDS_SHOP();
    talk_order(BUYER);
    const json_t *reply = talk_press(BUYER, "y:qris");
    assert_string_equal(talk_method(reply), "answerCallbackQuery");
    assert_int_equal(orders("pending"), 1);
}

static void test_an_invoice_sent_too_late_is_removed(void **state)
{
    NEEDS_SHOP();
    int64_t order = talk_order(BUYER);
    talk_invoice(order);
    talk_press(BUYER, "x:%lld", (long long)order); /* while the invoice is on its way */
    assert_int_equal(orders("cancelled"), 1);
    const struct sent *invoice = talk_find(BUYER, "sendPhoto", "");
    talk_report(invoice, OUTBOX_VERDICT_SENT, 88);
    assert_non_null(find_on(BUYER, "deleteMessage", 88));
    assert_int_equal(shop_sql(shop, "SELECT coalesce(invoice_message_id, 0) FROM orders"), 0);
}

static void test_giving_up(void **state)
{
    NEEDS_SHOP();
    int64_t order = talk_order(BUYER);
    talk_forget();
    const json_t *reply = talk_press(OTHER, "x:%lld", (long long)order); /* not theirs */
    assert_string_equal(talk_said(reply), "⚠️ Data itu tidak ditemukan.");
    assert_int_equal(orders("pending"), 1);
    reply = talk_press(BUYER, "x:%lld", (long long)order);
    assert_string_equal(talk_said(reply), "❌ Pesanan dibatalkan.");
    assert_int_equal(orders("cancelled"), 1);
    assert_non_null(find_on(BUYER, "deleteMessage", 77)); /* no invoice came: its loading line goes */
    const struct sent *told = talk_find(BUYER, "sendMessage", "Pesanan dibatalkan");
    assert_non_null(told);
    assert_true(talk_has_button(told->params, "a:0"));
    reply = talk_press(BUYER, "x:%lld", (long long)order);
    assert_string_equal(talk_said(reply), "⛔ Pesanan ini sudah berakhir.");
    assert_string_equal(talk_said(talk_press(BUYER, "x:424242")), "⚠️ Data itu tidak ditemukan.");
}

static void test_paid_orders_are_not_cancelled(void **state)
{
    NEEDS_SHOP();
    int64_t order = talk_order(BUYER);
    talk_invoice(order);
    talk_pay(order);
    const json_t *reply = talk_press(BUYER, "x:%lld", (long long)order);
    assert_string_equal(talk_said(reply), "✅ Pesanan ini sudah dibayar, jadi tidak bisa dibatalkan.");
    assert_int_equal(orders("paid"), 1);
}

static void test_expiry_cleans_up(void **state)
{
    NEEDS_SHOP();
    int64_t order = talk_order(BUYER);
    talk_invoice(order);
    talk_report(talk_find(BUYER, "sendPhoto", ""), OUTBOX_VERDICT_SENT, 88);
    talk_forget();
    talk_end(order, ORDER_EXPIRED);
    assert_non_null(find_on(BUYER, "deleteMessage", 88));
    assert_non_null(talk_find(BUYER, "sendMessage", "⏰"));
    /* Paid after all, the units are there: delivered, and nothing is deleted twice. */
    talk_forget();
    talk_pay(order);
    assert_null(find_on(BUYER, "deleteMessage", 88));
    assert_non_null(talk_find(BUYER, "sendMessage", "<pre>A-1\nA-2</pre>"));
    assert_non_null(talk_find(ADMIN, "sendMessage", "dibayar terlambat"));
}

static void test_an_old_invoice_is_edited(void **state)
{
    NEEDS_SHOP();
    int64_t order = talk_order(BUYER);
    talk_invoice(order);
    talk_report(talk_find(BUYER, "sendPhoto", ""), OUTBOX_VERDICT_SENT, 88);
    shop_sql(shop, "UPDATE orders SET created_at = created_at - interval '3 days'");
    talk_forget();
    talk_end(order, ORDER_EXPIRED);
    const struct sent *edit = find_on(BUYER, "editMessageCaption", 88);
    assert_non_null(edit);
    assert_null(json_object_get(edit->params, "reply_markup"));
}

static void test_a_long_delivery_is_a_file(void **state)
{
    NEEDS_SHOP();
    struct work *work = shop_begin(shop);
    bool added;
    char *content = arena_alloc(work->arena, 4097);
    memset(content, '<', 4096);
    MUST(stock_add(work, product_b, content, &added, &err));
    shop_commit(shop);
    shop_sql(shop,
             "DELETE FROM stock_units WHERE product_id = %lld AND id < (SELECT max(id) FROM stock_units)",
             (long long)product_b);
    catalogue_forget(shop_task(shop));
    talk_press(BUYER, "q:%lld:1:1500", (long long)product_b);
    talk_press(BUYER, "y:qris");
    int64_t order = shop_sql(shop, "SELECT id FROM orders");
    talk_invoice(order);
    talk_pay(order);
    const struct sent *delivery = talk_find(BUYER, "sendDocument", "Pembayaran Berhasil");
    assert_non_null(delivery);
    assert_int_equal(delivery->attachment, ATTACH_TEXT_FILE);
    assert_non_null(strstr(delivery->attachment_text, "<<<<<<"));
    assert_true(strlen(delivery->attachment_text) > 4096);
    talk_report(delivery, OUTBOX_VERDICT_SENT, 90);
    assert_int_equal(orders("completed"), 1);
}

/* Every message about an order of the longest names: talk.c checks each against Telegram's limits. */
static void test_the_longest_names_fit(void **state)
{
    NEEDS_SHOP();
    shop_sql(shop, "UPDATE categories SET name = repeat('😀', 64)");
    shop_sql(shop, "UPDATE products SET name = repeat('<&\"😀', 25), description = repeat('😀', 2000)");
    for (int i = 0; i < 12; i++)
        shop_sql(shop,
                 "INSERT INTO products (category_id, code, name, price, position, created_at, updated_at)"
                 " SELECT category_id, 'C%d', name, 1500, 9, now(), now() FROM products WHERE id = %lld",
                 i, (long long)product_b);
    shop_sql(shop,
             "INSERT INTO stock_units (product_id, content, digest, created_at) SELECT p.id, u.content, "
             "u.digest, now()"
             " FROM products p, (SELECT * FROM stock_units ORDER BY id LIMIT 1) u WHERE p.code LIKE 'C%%'");
    catalogue_forget(shop_task(shop));
    talk_press(BUYER, "p:%lld", (long long)product_a);
    for (int64_t id = product_b + 1; id <= product_b + 12; id++)
        talk_press(BUYER, "q:%lld:1:1500", (long long)id);
    talk_press(BUYER, "k");
    talk_press(BUYER, "m");
    int64_t order = talk_order(BUYER);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM order_items"), 13);
    talk_invoice(order);
    const struct sent *invoice = talk_find(BUYER, "sendPhoto", "produk lainnya");
    assert_non_null(invoice);
    assert_non_null(strstr(talk_said(invoice->params), "Bayar sebelum")); /* what is cut is the list */
}

static void test_a_refused_or_blocked_delivery(void **state)
{
    NEEDS_SHOP();
    int64_t order = talk_order(BUYER);
    talk_invoice(order);
    talk_pay(order);
    const struct sent *delivery = talk_find(BUYER, "sendMessage", "Pembayaran Berhasil");
    for (size_t i = 0; talk_sent(i) != delivery; i++) /* what came before it in the chat */
        talk_report(talk_sent(i), OUTBOX_VERDICT_SENT, 80 + (int64_t)i);
    talk_report(delivery, OUTBOX_VERDICT_BLOCKED, 0);
    assert_int_equal(
        shop_sql(shop, "SELECT count(*) FROM users WHERE telegram_id = %d AND NOT reachable", BUYER), 1);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM outbox WHERE state = 'held'"), 1);
    size_t before = talk_sent_count();
    talk_text(BUYER, "/start");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM outbox WHERE state = 'held'"), 0);
    assert_int_equal(talk_sent_count(), before + 1); /* it goes out again */
    assert_int_equal(talk_sent(before)->id, delivery->id);
    assert_int_equal(orders("paid"), 1);
    talk_forget();
    talk_press(BUYER, "g:%lld", (long long)order);
    talk_report(talk_find(BUYER, "sendMessage", "<pre>A-1\nA-2</pre>"), OUTBOX_VERDICT_REFUSED, 0);
    assert_non_null(talk_find(ADMIN, "sendMessage", "ditolak Telegram"));
    assert_int_equal(orders("paid"), 1);
}

static void test_fetching_a_purchase_again(void **state)
{
    NEEDS_SHOP();
    int64_t order = talk_order(BUYER);
    talk_press(BUYER, "g:%lld", (long long)order); /* not paid */
    assert_null(talk_find(BUYER, "sendMessage", "A-1"));
    talk_invoice(order);
    talk_pay(order);
    talk_report(talk_find(BUYER, "sendMessage", "Pembayaran Berhasil"), OUTBOX_VERDICT_SENT, 89);
    const char *data = arena_printf(shop->arena, "g:%lld", (long long)order);
    char button[40];
    strcpy(button, data);
    assert_true(talk_has_button(talk_press(BUYER, "od:%lld", (long long)order), button));
    talk_forget();
    talk_press(OTHER, "%s", button); /* another's */
    assert_null(talk_find(OTHER, "sendMessage", "A-1"));
    talk_press(BUYER, "%s", button);
    const struct sent *again = talk_find(BUYER, "sendMessage", "<pre>A-1\nA-2</pre>");
    assert_non_null(again);
    talk_report(again, OUTBOX_VERDICT_SENT, 91);
    assert_int_equal(orders("completed"), 1);
}

static void test_low_stock_is_told_once(void **state)
{
    NEEDS_SHOP();
    talk_order(BUYER); /* 5 -> 3 */
    assert_non_null(talk_find(ADMIN, "sendMessage", "Product A: tinggal <b>3</b>"));
    talk_forget();
    talk_press(OTHER, "q:%lld:1:35000", (long long)product_a);
    talk_press(OTHER, "y:qris"); /* 3 -> 2 */
    assert_null(talk_find(ADMIN, "sendMessage", "Stok menipis"));
}

/* --- terms --- */

static int64_t bought_terms(void)
{
    int64_t order = talk_order(BUYER);
    talk_invoice(order);
    talk_pay(order);
    talk_forget();
    return shop_sql(shop, "SELECT id FROM terms");
}

static void test_a_proof_by_text(void **state)
{
    NEEDS_SHOP();
    long long term = bought_terms();
    assert_string_equal(talk_said(talk_press(OTHER, "t:%lld", term)), "⚠️ Data itu tidak ditemukan.");
    const json_t *reply = talk_press(BUYER, "t:%lld", term);
    assert_string_equal(talk_method(reply), "sendMessage"); /* the terms stay in sight */
    assert_non_null(strstr(talk_said(reply), "bukti SNK"));
    talk_text(BUYER, "🛍 Semua Produk"); /* a label is not the proof */
    talk_text(BUYER, "/info");
    struct update sticker = talk_make_text(BUYER, NULL);
    sticker.has_media = true;
    assert_non_null(strstr(talk_said(talk_update(&sticker)), "<b>teks</b> atau <b>foto</b>"));
    assert_int_equal(talk_sent_count(), 0);
    assert_non_null(strstr(talk_said(talk_text(BUYER, "42 <ok>")), "Terima kasih"));
    assert_non_null(talk_find(ADMIN, "sendMessage", "42 &lt;ok&gt;"));
    assert_int_equal(talk_sent_count(), 1); /* the owner gets none */
    assert_int_equal(
        shop_sql(shop, "SELECT count(*) FROM terms WHERE state = 'fulfilled' AND proof_kind = 'text'"), 1);
    assert_string_equal(talk_said(talk_press(BUYER, "t:%lld", term)),
                        "✅ SNK ini sudah kamu penuhi. Terima kasih!");
    assert_non_null(strstr(talk_said(talk_text(BUYER, "again")), "belum aku pahami"));
}

static void test_a_proof_by_photo(void **state)
{
    NEEDS_SHOP();
    talk_press(BUYER, "t:%lld", (long long)bought_terms());
    struct update photo = talk_make_text(BUYER, NULL);
    photo.photo_file_id = "AgAD-file";
    photo.caption = "see & believe";
    talk_update(&photo);
    const struct sent *forwarded = talk_find(ADMIN, "sendPhoto", "see &amp; believe");
    assert_non_null(forwarded);
    assert_string_equal(json_string_value(json_object_get(forwarded->params, "photo")), "AgAD-file");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM terms WHERE proof_kind = 'photo'"), 1);
}

static void test_the_longest_proof_arrives_whole(void **state)
{
    NEEDS_SHOP();
    talk_press(BUYER, "t:%lld", (long long)bought_terms());
    char proof[4097];
    memset(proof, '&', 4096);
    proof[4096] = '\0';
    talk_text(BUYER, proof);
    assert_int_equal(talk_sent_count(), 2);
    assert_int_equal(html_length(talk_said(talk_sent(1)->params)), 4096);
}

static void test_no_proof_after_all(void **state)
{
    NEEDS_SHOP();
    long long term = bought_terms();
    talk_press(BUYER, "t:%lld", term);
    const json_t *reply = talk_press(BUYER, "u:%lld", term);
    assert_true(talk_has_button(reply, arena_printf(shop->arena, "t:%lld", term)));
    assert_non_null(strstr(talk_said(talk_text(BUYER, "not a proof")), "belum aku pahami"));
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM terms WHERE state = 'fulfilled'"), 0);
}

static void test_long_terms_come_in_parts(void **state)
{
    NEEDS_SHOP();
    shop_sql(shop, "UPDATE products SET snk = repeat('😀', 3000)");
    int64_t order = talk_order(BUYER);
    talk_invoice(order);
    talk_forget();
    talk_pay(order);
    size_t faces = 0, parts = 0;
    for (size_t i = 0; i < talk_sent_count(); i++) {
        const char *text = talk_said(talk_sent(i)->params);
        parts += strstr(text, "😀") != NULL;
        for (const char *p = strstr(text, "😀"); p; p = strstr(p + 4, "😀"))
            faces++;
    }
    assert_int_equal(faces, 3000);
    assert_int_equal(parts, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TALK_TEST(test_from_qris_to_delivery),
        TALK_TEST(test_a_second_press_does_not_disturb),
        TALK_TEST(test_an_invoice_sent_too_late_is_removed),
        TALK_TEST(test_giving_up),
        TALK_TEST(test_paid_orders_are_not_cancelled),
        TALK_TEST(test_expiry_cleans_up),
        TALK_TEST(test_an_old_invoice_is_edited),
        TALK_TEST(test_a_long_delivery_is_a_file),
        TALK_TEST(test_the_longest_names_fit),
        TALK_TEST(test_a_refused_or_blocked_delivery),
        TALK_TEST(test_fetching_a_purchase_again),
        TALK_TEST(test_low_stock_is_told_once),
        TALK_TEST(test_a_proof_by_text),
        TALK_TEST(test_a_proof_by_photo),
        TALK_TEST(test_the_longest_proof_arrives_whole),
        TALK_TEST(test_no_proof_after_all),
        TALK_TEST(test_long_terms_come_in_parts),
    };
    return cmocka_run_group_tests(tests, talk_set_up, talk_tear_down);
}

/* Products that are no units, from the list to the delivery: what everybody gets, what is done by hand, what
 * is asked before; and pages with a picture. */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "payment/correction.h"
#include "store/order_content.h"
#include "store/verify.h"
#include "talk.h"

#define TALK_TEST(test) cmocka_unit_test_setup(test, begin)

static int64_t shared, file, manual, second; /* 1,000 rupiah each; the last two are done by hand */

static int64_t product_of(const char *code, const char *kind, const char *question)
{
    int64_t id = shop_product(shop, code, 1000, 0);
    shop_sql(shop, "UPDATE products SET kind = '%s', question = '%s', snk = '' WHERE id = %lld", kind,
             question, (long long)id);
    return id;
}

static int begin(void **state)
{
    talk_begin(state);
    if (!shop)
        return 0;
    shared = product_of("S", "shared", "");
    file = product_of("F", "file", "");
    manual = product_of("M", "manual", "User ID <game>?");
    second = product_of("M2", "manual", "E-mail?");
    struct work *work = shop_begin(shop);
    MUST(catalogue_set_content(work, shared, "the <shared> text", NULL, &err));
    MUST(catalogue_set_content(work, file, "BQAC-file", "ebook <1>.pdf", &err));
    shop_commit(shop);
    return 0;
}

static void assert_said(const json_t *params, const char *part)
{
    if (!strstr(talk_said(params), part))
        fail_msg("\"%s\" is not in \"%s\"", part, talk_said(params));
}

static void add(int64_t product)
{
    int64_t price = shop_sql(shop, "SELECT price FROM products WHERE id = %lld", (long long)product);
    talk_press(BUYER, "q:%lld:1:%lld", (long long)product, (long long)price);
}

static int64_t last_order(void)
{
    return shop_sql(shop, "SELECT max(id) FROM orders");
}

static bool is(int64_t order, const char *state)
{
    return shop_sql(shop, "SELECT count(*) FROM orders WHERE id = %lld AND state = '%s'", (long long)order,
                    state) == 1;
}

static void assert_books_agree(void)
{
    struct verify_result result;
    struct work *work = shop_task(shop);
    MUST(verify_store(work->db, work->scope, work->arena, 60000, &result, &err));
    if (result.difference_count)
        fail_msg("%s: %s", result.differences[0].who, result.differences[0].says);
}

/* A chat's messages wait for those before them. */
static void all_sent(void)
{
    for (size_t i = 0; i < talk_sent_count(); i++)
        talk_report(talk_sent(i), OUTBOX_VERDICT_SENT, 80);
}

/* What is in the cart becomes an order that waits for its payment. */
static int64_t order_invoiced(void)
{
    talk_press(BUYER, "y:qris");
    int64_t order = last_order();
    talk_invoice(order);
    all_sent();
    talk_forget();
    return order;
}

static void fulfil(int64_t order, int64_t product, const char *text, const char *file_id)
{
    static char key[32];
    snprintf(key, sizeof key, "update:%lld", (long long)talk_next_id());
    int64_t item = shop_sql(shop, "SELECT id FROM order_items WHERE order_id = %lld AND product_id = %lld",
                            (long long)order, (long long)product);
    MUST(correction_fulfil(shop_begin(shop), &(struct correction){ADMIN, "done", key}, item, text, file_id,
                           file_id ? "bukti.pdf" : NULL, &err));
    shop_commit(shop);
    work_end(&shop->work);
    talk_press(OTHER, "k");
}

static void sent(const struct sent *message)
{
    assert_non_null(message);
    talk_report(message, OUTBOX_VERDICT_SENT, 90);
}

/* --- looking --- */

static void test_what_the_lists_say(void **state)
{
    NEEDS_SHOP();
    const json_t *reply = talk_text(BUYER, "/produk");
    assert_said(reply, "Stok 5 ");
    assert_said(reply, "Stok tersedia ");
    assert_said(reply, "Stok diproses manual ");
    reply = talk_text(BUYER, "/stok");
    assert_said(reply, "Product F: <b>tersedia</b>");
    assert_said(reply, "Product M: <b>diproses manual</b>");
    assert_said(talk_press(BUYER, "p:%lld", (long long)manual), "Stok: <b>diproses manual</b>");
    reply = talk_press(BUYER, "q:%lld:10:1000", (long long)shared);
    assert_said(reply, "Di keranjang: <b>10</b>");
    struct work *work = shop_begin(shop);
    MUST(catalogue_set_content(work, shared, NULL, NULL, &err));
    shop_commit(shop);
    reply = talk_press(BUYER, "p:%lld", (long long)shared);
    assert_said(reply, "habis");
    assert_said(talk_text(BUYER, "/stok"), "❌ 3. Product S: <b>habis</b>");
    assert_said(talk_press(BUYER, "k"), "Stok Product S tinggal <b>0</b>");
}

/* --- the question --- */

static void test_asked_before_it_is_paid(void **state)
{
    NEEDS_SHOP();
    add(product_a);
    add(manual);
    add(second);
    assert_said(talk_press(BUYER, "k"), "❓ User ID &lt;game&gt;? (ditanya");
    const json_t *reply = talk_press(BUYER, "m");
    assert_string_equal(talk_method(reply), "editMessageText");
    assert_said(reply, "<b>Product M</b>\n\nUser ID &lt;game&gt;?");
    assert_true(talk_has_button(reply, "kc"));
    /* a forged button does not get around it */
    reply = talk_press(BUYER, "y:qris");
    assert_said(reply, "User ID &lt;game&gt;?\n\n✍️ Ketik jawabanmu");
    assert_said(talk_press(BUYER, "y:balance"), "User ID &lt;game&gt;?\n\n✍️ Ketik jawabanmu");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM orders"), 0);
    reply = talk_text(BUYER, "  123 (2001)\n");
    assert_said(reply, "<b>Product M2</b>\n\nE-mail?"); /* the next one */
    reply = talk_text(BUYER, "budi@example.com");
    assert_said(reply, "Pilih metode pembayaran");
    assert_said(reply, "💬 <code>123 (2001)</code>");
    assert_true(talk_has_button(reply, "y:qris"));
    assert_string_equal(talk_said(talk_press(BUYER, "y:qris")), "🎲 Sedang memuat pembayaranmu…");
    assert_int_equal(shop_sql(shop, "SELECT count(answer) FROM order_items"), 2);
    assert_said(talk_text(BUYER, "hello"), "belum aku pahami"); /* nothing is asked any more */
}

static void test_what_is_no_answer(void **state)
{
    NEEDS_SHOP();
    char text[4 * 501 + 1] = "";
    add(manual);
    talk_press(BUYER, "m");
    for (int i = 0; i < 501; i++)
        memcpy(text + 4 * i, "😀", 5);
    assert_said(talk_text(BUYER, text), "paling banyak 500 huruf");
    assert_said(talk_text(BUYER, " \n "), "paling banyak 500 huruf");
    struct update photo = talk_make_text(BUYER, NULL);
    photo.photo_file_id = "AgAC";
    photo.caption = "my id";
    assert_said(talk_update(&photo), "paling banyak 500 huruf");
    assert_said(talk_text(BUYER, "/keranjang"),
                "Keranjangmu"); /* a command is none, and the question stays */
    text[4 * 500] = '\0';
    assert_said(talk_text(BUYER, text), "Pilih metode pembayaran");
    /* the same again, and given up */
    talk_press(BUYER, "kq:%lld", (long long)manual);
    assert_said(talk_press(BUYER, "kc"), "Keranjangmu");
    assert_said(talk_text(BUYER, "late"), "belum aku pahami");
    assert_int_equal(shop_sql(shop, "SELECT count(answer) FROM cart_items"), 1);
}

static void test_an_answer_is_changed(void **state)
{
    NEEDS_SHOP();
    add(manual);
    talk_press(BUYER, "m");
    talk_text(BUYER, "first");
    const json_t *reply = talk_press(BUYER, "k");
    assert_said(reply, "💬 <code>first</code>");
    char data[32];
    snprintf(data, sizeof data, "kq:%lld", (long long)manual);
    assert_true(talk_has_button(reply, data));
    assert_said(talk_press(BUYER, "%s", data), "Jawabanmu sekarang: <code>first</code>");
    reply = talk_text(BUYER, "<second>");
    assert_said(reply, "Jawabanmu sudah dicatat");
    assert_said(reply, "💬 <code>&lt;second&gt;</code>");
    /* another question is not answered by it */
    shop_sql(shop, "UPDATE products SET question = 'Server?' WHERE id = %lld", (long long)manual);
    catalogue_forget(shop_task(shop));
    assert_said(talk_press(BUYER, "m"), "Server?");
    assert_said(talk_press(BUYER, "k"), "❓ Server? (ditanya");
    /* what is not in the cart is asked for by nobody */
    talk_press(BUYER, "kq:%lld", (long long)manual);
    talk_press(BUYER, "e");
    assert_said(talk_text(BUYER, "third"), "masih kosong");
    assert_said(talk_press(BUYER, "kq:%lld", (long long)manual), "masih kosong");
    assert_said(talk_press(BUYER, "kq:424242"), "masih kosong");
}

/* --- bought --- */

static int64_t buy_all(void)
{
    add(product_a);
    add(shared);
    add(file);
    add(manual);
    talk_press(BUYER, "m");
    talk_text(BUYER, "budi#42");
    int64_t order = order_invoiced();
    talk_pay(order);
    return order;
}

static void test_delivered_as_each_kind_is(void **state)
{
    NEEDS_SHOP();
    int64_t order = buy_all();
    const struct sent *message = talk_find(BUYER, "sendMessage", "Pembayaran Berhasil");
    assert_said(message->params, "<pre>A-1</pre>");
    assert_said(message->params, "<pre>the &lt;shared&gt; text</pre>");
    assert_said(message->params, "📎 ebook &lt;1&gt;.pdf");
    assert_said(message->params, "⏳ Sedang diproses admin");
    assert_said(message->params, "💬 <code>budi#42</code>");
    const struct sent *document = talk_find(BUYER, "sendDocument", "Product F");
    assert_string_equal(json_string_value(json_object_get(document->params, "document")), "BQAC-file");
    assert_true(document->keep && message->keep && message->id < document->id);
    const struct sent *admins = talk_find(ADMIN, "sendMessage", "Pesanan dibayar");
    assert_said(admins->params, "• <b>Product M</b> × 1\n❓ User ID &lt;game&gt;?\n💬 <code>budi#42</code>");
    char data[32];
    snprintf(data, sizeof data, "aod:%lld", (long long)order);
    assert_true(talk_has_button(admins->params, data));
    sent(message);
    sent(document);
    assert_true(is(order, "paid")); /* something is still to be done */
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM orders WHERE delivery = 'sent'"), 1);
    assert_said(talk_press(BUYER, "od:%lld", (long long)order), "🛠 Sudah dibayar, sedang diproses admin");
    assert_books_agree();
    talk_forget();

    fulfil(order, manual, "voucher <123>", NULL);
    message = talk_find(BUYER, "sendMessage", "Pesananmu sudah diproses");
    assert_said(message->params, "<pre>voucher &lt;123&gt;</pre>");
    assert_non_null(talk_find(ADMIN, "sendMessage", "Pesanan manual selesai diproses"));
    assert_books_agree();
    assert_true(is(order, "paid"));
    sent(message);
    assert_true(is(order, "completed"));
    assert_books_agree();
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM admin_logs WHERE (before || after)::text LIKE"
                                    " '%%123%%' OR (before || after)::text LIKE '%%budi%%'"),
                     0);
    talk_forget();

    talk_press(BUYER, "g:%lld", (long long)order); /* fetched again: all of it */
    message = talk_find(BUYER, "sendMessage", "Pembelianmu");
    assert_said(message->params, "<pre>A-1</pre>");
    assert_said(message->params, "<pre>voucher &lt;123&gt;</pre>");
    assert_non_null(talk_find(BUYER, "sendDocument", "Product F"));
    sent(message);
    sent(talk_find(BUYER, "sendDocument", "Product F"));
    assert_true(is(order, "completed"));
}

/* In whatever order the reports come. */
static void test_completed_when_all_of_it_was_sent(void **state)
{
    NEEDS_SHOP();
    add(shared);
    add(file);
    int64_t order = order_invoiced();
    talk_pay(order);
    sent(talk_find(BUYER, "sendDocument", ""));
    assert_true(is(order, "paid"));
    assert_books_agree();
    sent(talk_find(BUYER, "sendMessage", "Pembayaran Berhasil"));
    assert_true(is(order, "completed"));
    all_sent();
    talk_forget();

    int64_t other = buy_all(); /* done by hand before the delivery is through */
    fulfil(other, manual, NULL, NULL);
    const struct sent *done = talk_find(BUYER, "sendMessage", "Pesananmu sudah diproses");
    assert_said(done->params, "✅ Sudah diproses admin.");
    sent(talk_find(BUYER, "sendMessage", "Pembayaran Berhasil"));
    sent(done);
    assert_true(is(other, "paid"));
    assert_books_agree();
    sent(talk_find(BUYER, "sendDocument", ""));
    assert_true(is(other, "completed"));
    all_sent();
    talk_forget();

    int64_t third = buy_all(); /* and what was done by hand comes last */
    fulfil(third, manual, NULL, NULL);
    sent(talk_find(BUYER, "sendMessage", "Pembayaran Berhasil"));
    sent(talk_find(BUYER, "sendDocument", ""));
    assert_true(is(third, "paid"));
    assert_books_agree();
    sent(talk_find(BUYER, "sendMessage", "Pesananmu sudah diproses"));
    assert_true(is(third, "completed"));
}

static void test_two_things_by_hand(void **state)
{
    NEEDS_SHOP();
    add(manual);
    add(second);
    talk_press(BUYER, "m");
    talk_text(BUYER, "budi#42");
    talk_text(BUYER, "budi@example.com");
    int64_t order = order_invoiced();
    talk_pay(order);
    sent(talk_find(BUYER, "sendMessage", "Pembayaran Berhasil"));
    fulfil(order, second, NULL, "BQAC-proof");
    const struct sent *document = talk_find(BUYER, "sendDocument", "Pesananmu sudah diproses");
    assert_string_equal(json_string_value(json_object_get(document->params, "document")), "BQAC-proof");
    assert_said(document->params, "📎 bukti.pdf");
    sent(document);
    assert_true(is(order, "paid"));
    fulfil(order, manual, NULL, NULL);
    sent(talk_find(BUYER, "sendMessage", "Pesananmu sudah diproses"));
    assert_true(is(order, "completed"));
    assert_books_agree();
}

/* A document of another bot, say. */
static void test_a_part_that_telegram_refuses(void **state)
{
    NEEDS_SHOP();
    add(file);
    add(shared);
    int64_t order = order_invoiced();
    talk_pay(order);
    talk_report(talk_find(BUYER, "sendDocument", ""), OUTBOX_VERDICT_REFUSED, 0);
    assert_non_null(talk_find(ADMIN, "sendMessage", "Pesan untuk pembeli ditolak Telegram"));
    sent(talk_find(BUYER, "sendMessage", "Pembayaran Berhasil"));
    assert_true(is(order, "paid"));
    talk_forget();
    talk_press(BUYER, "g:%lld", (long long)order); /* it is sent again as a whole */
    sent(talk_find(BUYER, "sendMessage", "Pembelianmu"));
    sent(talk_find(BUYER, "sendDocument", ""));
    assert_true(is(order, "completed"));
    assert_books_agree();
}

static void test_away_while_it_was_done(void **state)
{
    NEEDS_SHOP();
    add(second);
    talk_press(BUYER, "m");
    talk_text(BUYER, "budi@example.com");
    int64_t order = order_invoiced();
    talk_pay(order);
    all_sent();
    fulfil(order, second, "done", NULL);
    talk_report(talk_find(BUYER, "sendMessage", "Pesananmu sudah diproses"), OUTBOX_VERDICT_BLOCKED, 0);
    assert_true(is(order, "paid"));
    assert_books_agree();
    talk_forget();
    talk_text(BUYER, "/start"); /* back again */
    sent(talk_find(BUYER, "sendMessage", "Pesananmu sudah diproses"));
    assert_true(is(order, "completed"));
}

/* Longer than a message may be: a file with all of it, and the documents behind it. */
static void test_a_long_delivery(void **state)
{
    NEEDS_SHOP();
    struct work *work = shop_begin(shop);
    MUST(catalogue_set_content(work, shared, arena_printf(work->arena, "%04000d", 7), NULL, &err));
    shop_commit(shop);
    int64_t order = buy_all();
    const struct sent *message = talk_find(BUYER, "sendDocument", "Pembayaran Berhasil");
    assert_int_equal(message->attachment, ATTACH_TEXT_FILE);
    assert_non_null(strstr(message->attachment_text, "Product F × 1\n(berkas ebook <1>.pdf)"));
    assert_non_null(
        strstr(message->attachment_text, "Product M × 1\n(sedang diproses admin)\nUser ID <game>?\nbudi#42"));
    assert_non_null(talk_find(BUYER, "sendDocument", "Product F"));
    assert_true(order > 0);
}

static void test_given_up_by_an_admin(void **state)
{
    NEEDS_SHOP();
    int64_t order = talk_order(BUYER);
    talk_invoice(order);
    talk_report(talk_find(BUYER, "sendPhoto", ""), OUTBOX_VERDICT_SENT, 88);
    talk_forget();
    MUST(correction_cancel(shop_begin(shop), &(struct correction){ADMIN, "asked by phone", "update:1"}, order,
                           &err));
    shop_commit(shop);
    work_end(&shop->work);
    talk_press(OTHER, "k");
    assert_non_null(talk_find(BUYER, "sendMessage", "Pesanan dibatalkan admin"));
    assert_non_null(talk_find(BUYER, "deleteMessage", ""));
    assert_said(talk_press(BUYER, "od:%lld", (long long)order), "(dibatalkan admin)");
    assert_books_agree();
}

/* --- pictures --- */

static struct update press_on_photo(const char *data)
{
    struct update update = talk_make_press(BUYER, data);
    update.message_has_photo = true;
    return update;
}

static void test_a_product_with_a_picture(void **state)
{
    NEEDS_SHOP();
    char data[40];
    shop_sql(shop, "UPDATE products SET photo = 'AgAC', description = repeat('&x<😀', 400) WHERE id = %lld",
             (long long)product_a);
    catalogue_forget(shop_task(shop));
    const json_t *reply = talk_press(BUYER, "p:%lld", (long long)product_a);
    assert_string_equal(talk_method(reply), "editMessageMedia");
    assert_said(reply, "Total: <b>Rp 0</b>"); /* the description gives way */
    assert_said(reply, "…</blockquote>");
    assert_string_equal(talk_method(talk_text(BUYER, "1️⃣")), "sendPhoto");
    snprintf(data, sizeof data, "q:%lld:5:35000", (long long)product_a);
    struct update update = press_on_photo(data);
    reply = talk_update(&update);
    assert_string_equal(talk_method(reply), "editMessageCaption");
    assert_said(reply, "Di keranjang: <b>5</b>");
    reply = talk_press(BUYER, "%s", data); /* on a page of text, from before it had a picture */
    assert_string_equal(talk_method(reply), "editMessageMedia");
    update = press_on_photo("k");
    assert_string_equal(talk_method(talk_update(&update)), "sendMessage");
    snprintf(data, sizeof data, "p:%lld", (long long)product_b);
    update = press_on_photo(data);
    assert_string_equal(talk_method(talk_update(&update)), "sendMessage");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TALK_TEST(test_what_the_lists_say),        TALK_TEST(test_asked_before_it_is_paid),
        TALK_TEST(test_what_is_no_answer),         TALK_TEST(test_an_answer_is_changed),
        TALK_TEST(test_delivered_as_each_kind_is), TALK_TEST(test_completed_when_all_of_it_was_sent),
        TALK_TEST(test_two_things_by_hand),        TALK_TEST(test_a_part_that_telegram_refuses),
        TALK_TEST(test_away_while_it_was_done),    TALK_TEST(test_a_long_delivery),
        TALK_TEST(test_given_up_by_an_admin),      TALK_TEST(test_a_product_with_a_picture),
    };
    return cmocka_run_group_tests(tests, talk_set_up, talk_tear_down);
}

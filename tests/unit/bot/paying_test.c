/* The page on which a buyer chooses how to pay, and paying by balance. */
#include "talk.h"

#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "payment/breaker.h"

#define PAYING_TEST(test) cmocka_unit_test_setup(test, begin)

static const char *const some_methods[] = {"qris", "bri_va", "sampoerna_va", "payment_link"};

static int begin(void **state)
{
    if (talk_begin(state))
        return -1;
    if (!shop)
        return 0;
    shop->tenant.methods = (struct key_texts){4, some_methods};
    shop->tenant.pakasir_project = "kopi";
    shop->tenant.support = "@toko_bantu";
    shop->tenant.deposit_by_hand = NULL;
    breaker_note(shop->tenant.pakasir_project, NULL, shop->now_ms);
    return 0;
}

static void says(const json_t *reply, const char *part)
{
    if (!strstr(talk_said(reply), part))
        fail_msg("\"%s\" is not in \"%s\"", part, talk_said(reply));
}

static void says_not(const json_t *reply, const char *part)
{
    if (strstr(talk_said(reply), part))
        fail_msg("\"%s\" is in \"%s\"", part, talk_said(reply));
}

/* The person has written to the store, and has that much. */
static void give(int64_t person, int64_t balance)
{
    talk_text(person, "/start");
    shop_sql(shop,
             "INSERT INTO ledger (telegram_id, kind, amount, reason_key, created_at)"
             " VALUES (%lld, 'adjustment', %lld, 'test:%lld', now());"
             "UPDATE users SET balance = balance + %lld WHERE telegram_id = %lld",
             (long long)person, (long long)balance, (long long)talk_next_id(), (long long)balance,
             (long long)person);
}

static int64_t balance_of(int64_t person)
{
    return shop_sql(shop, "SELECT balance FROM users WHERE telegram_id = %lld", (long long)person);
}

static void set_price(int64_t price)
{
    shop_sql(shop, "UPDATE products SET price = %lld WHERE id = %lld", (long long)price,
             (long long)product_a);
    catalogue_forget(shop_task(shop));
}

/* So many rupiah of one product in the buyer's cart; the method page. */
static const json_t *choose(int64_t price)
{
    set_price(price);
    talk_press(BUYER, "q:%lld:1:%lld", (long long)product_a, (long long)price);
    return talk_press(BUYER, "m");
}

static void down(void)
{
    struct error err;
    error_fill(&err, ERR_RETRY, "no connection");
    for (int i = 0; i < 5; i++)
        breaker_note(shop->tenant.pakasir_project, &err, shop->now_ms);
    assert_true(breaker_is_open(shop->tenant.pakasir_project, shop->now_ms));
}

static const char *url_of(const json_t *params)
{
    size_t i, j;
    json_t *row, *button;
    json_array_foreach(json_object_get(json_object_get(params, "reply_markup"), "inline_keyboard"), i, row)
        json_array_foreach(row, j, button) if (json_object_get(button, "url")) return json_string_value(
            json_object_get(button, "url"));
    return NULL;
}

/* --- what is offered --- */

static void test_each_method_with_what_it_costs(void **state)
{
    NEEDS_SHOP();
    const json_t *reply = choose(30000);
    says(reply, "Subtotal: <b>Rp 30.000</b>");
    says(reply, "💠 QRIS: biaya ± Rp 520, total <b>± Rp 30.520</b>");
    says(reply, "🏦 BRI Virtual Account: biaya ± Rp 3.500, total <b>± Rp 33.500</b>");
    says(reply, "🏦 Sampoerna Virtual Account: biaya ± Rp 2.000, total <b>± Rp 32.000</b>");
    says(reply, "🔗 Halaman Pembayaran: biaya sesuai");
    says(reply, "💼 Saldo: Rp 0, kurang <b>Rp 30.000</b>");
    says_not(reply, "BNI");
    assert_true(talk_has_button(reply, "y:qris") && talk_has_button(reply, "y:bri_va") &&
                talk_has_button(reply, "y:sampoerna_va") && talk_has_button(reply, "y:payment_link") &&
                talk_has_button(reply, "dp") && talk_has_button(reply, "v"));
    assert_false(talk_has_button(reply, "y:bni_va") || talk_has_button(reply, "y:balance"));
}

static void test_only_methods_that_take_the_amount(void **state)
{
    NEEDS_SHOP();
    static const struct {
        int64_t price;
        const char *offered, *refused;
    } rows[] = {
        {499, "", "qris bri_va sampoerna_va payment_link"},
        {500, "qris payment_link", "bri_va sampoerna_va"},
        {9999, "qris payment_link", "bri_va sampoerna_va"},
        {10000, "qris bri_va sampoerna_va payment_link", ""},
        {10000000, "qris bri_va sampoerna_va payment_link", ""},
        {10000001, "bri_va sampoerna_va payment_link", "qris"},
        {50000000, "bri_va sampoerna_va payment_link", "qris"},
        {50000001, "", "qris bri_va sampoerna_va payment_link"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        talk_begin(state);
        begin(state);
        const json_t *reply = choose(rows[i].price);
        for (size_t k = 0; k < 4; k++) {
            bool offered = strstr(rows[i].offered, some_methods[k]) != NULL;
            const char *data = arena_printf(shop->arena, "y:%s", some_methods[k]);
            if (talk_has_button(reply, data) != offered)
                fail_msg("%lld by %s", (long long)rows[i].price, some_methods[k]);
        }
        if (!*rows[i].offered) {
            says(reply, "tidak bisa dibayar");
            says(reply, "💠 QRIS: Rp 500 sampai Rp 10.000.000");
            says(reply, "🏦 BRI Virtual Account: Rp 10.000 sampai Rp 50.000.000");
            assert_true(talk_has_button(reply, "dp") && talk_has_button(reply, "k"));
        }
        /* a forged or old button makes nothing */
        for (size_t k = 0; k < 4; k++)
            if (strstr(rows[i].refused, some_methods[k]))
                says(talk_press(BUYER, "y:%s", some_methods[k]),
                     *rows[i].offered ? "Pilih metode" : "tidak bisa");
        talk_press(BUYER, "y:bni_va");
        talk_press(BUYER, "y:manual");
        talk_press(BUYER, "y:balance");
        assert_int_equal(shop_sql(shop, "SELECT count(*) FROM orders"), 0);
        assert_int_equal(shop_sql(shop, "SELECT count(*) FROM jobs"), 0);
    }
}

/* --- by balance --- */

static void test_paid_by_balance_at_once(void **state)
{
    NEEDS_SHOP();
    give(BUYER, 50000);
    const json_t *reply = choose(30000);
    says(reply, "💼 Saldo: tanpa biaya, saldomu <b>Rp 50.000</b>");
    assert_true(talk_has_button(reply, "y:balance"));
    assert_false(talk_has_button(reply, "dp"));
    talk_forget();
    reply = talk_press(BUYER, "y:balance");
    says(reply, "Dibayar dengan saldo");
    says(reply, "Sisa saldo: <b>Rp 20.000</b>");
    assert_string_equal(talk_method(reply), "editMessageText");
    assert_non_null(talk_find(BUYER, "sendMessage", "Pembayaran Berhasil"));
    assert_non_null(talk_find(ADMIN, "sendMessage", "Pesanan dibayar"));
    assert_null(talk_find(ADMIN, "sendMessage", "Pesanan baru"));
    assert_int_equal(balance_of(BUYER), 20000);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM orders WHERE state = 'paid'"), 1);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM stock_units WHERE state = 'sold'"), 1);
    /* pressed twice: a passing line, and the page stays */
    reply = talk_press(BUYER, "y:balance");
    assert_string_equal(talk_method(reply), "answerCallbackQuery");
    says(reply, "kosong");
    assert_int_equal(balance_of(BUYER), 20000);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM orders"), 1);
}

static void test_a_balance_that_became_short(void **state)
{
    NEEDS_SHOP();
    give(BUYER, 30000);
    assert_true(talk_has_button(choose(30000), "y:balance"));
    give(BUYER, -1);
    const json_t *reply = talk_press(BUYER, "y:balance");
    says(reply, "💼 Saldo: Rp 29.999, kurang <b>Rp 1</b>");
    assert_true(talk_has_button(reply, "y:qris") && talk_has_button(reply, "dp"));
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM orders"), 0);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM stock_units WHERE state <> 'available'"), 0);
    assert_int_equal(balance_of(BUYER), 29999);
}

/* Where no method takes the amount, a balance may. */
static void test_a_balance_takes_any_amount(void **state)
{
    NEEDS_SHOP();
    give(BUYER, 499);
    const json_t *reply = choose(499);
    says(reply, "Pilih metode");
    assert_true(talk_has_button(reply, "y:balance"));
    assert_false(talk_has_button(reply, "y:qris"));
    says(talk_press(BUYER, "y:balance"), "Sisa saldo: <b>Rp 0</b>");
}

/* A coupon for all of it: nothing to pay, and nothing to ask the gateway, whether it is there or not. */
static void test_nothing_to_pay(void **state)
{
    NEEDS_SHOP();
    give(BUYER, 100);
    choose(30000);
    shop_sql(shop, "INSERT INTO coupons (code, kind, value, starts_at, created_at)"
                   " VALUES ('GRATIS', 'flat', 50000, now() - interval '1 day', now());"
                   "UPDATE users SET coupon_id = (SELECT id FROM coupons)");
    down();
    const json_t *reply = talk_press(BUYER, "m");
    if (strstr(talk_said(reply), "Keranjangmu")) /* the coupon is news to the cart */
        reply = talk_press(BUYER, "m");
    says(reply, "gratis");
    says(reply, "Rp 0");
    assert_true(talk_has_button(reply, "y:balance") && talk_has_button(reply, "v"));
    assert_false(talk_has_button(reply, "y:qris"));
    talk_forget();
    reply = talk_press(BUYER, "y:balance");
    says(reply, "Gratis untukmu");
    assert_non_null(talk_find(BUYER, "sendMessage", "Pembayaran Berhasil"));
    assert_int_equal(balance_of(BUYER), 100);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM orders WHERE state = 'paid' AND total = 0"), 1);
    breaker_note(shop->tenant.pakasir_project, NULL, shop->now_ms);
}

/* --- invoices without a QR --- */

static const struct payment_created va_answer = {
    .txn_id = "txn-va", .fee = 3500, .total = 33500, .va_number = "8808 0123-4567", .expires_ms = 0};
static const struct payment_created link_answer = {
    .txn_id = "txn-link", .total = 30000, .pay_url = "https://pay.example/txn-link"};

static int64_t order_by(const char *method, const struct payment_created *answer)
{
    choose(30000);
    says(talk_press(BUYER, "y:%s", method), "Sedang memuat");
    int64_t order = shop_sql(shop, "SELECT max(id) FROM orders");
    talk_forget();
    talk_invoice_of(order, answer);
    return order;
}

/* The text of a copy button, or NULL. */
static const char *copied_by(const json_t *params)
{
    size_t i, j;
    json_t *row, *button;
    json_array_foreach(json_object_get(json_object_get(params, "reply_markup"), "inline_keyboard"), i, row)
        json_array_foreach(row, j, button) if (json_object_get(button, "copy_text")) return json_string_value(
            json_object_get(json_object_get(button, "copy_text"), "text"));
    return NULL;
}

static const struct sent *on_message(const char *method, int64_t message_id)
{
    for (size_t i = 0; i < talk_sent_count(); i++) {
        int64_t id = 0;
        if (strcmp(talk_sent(i)->method, method) == 0 &&
            json_get_int(talk_sent(i)->params, "message_id", &id) && id == message_id)
            return talk_sent(i);
    }
    return NULL;
}

static void test_a_virtual_accounts_invoice(void **state)
{
    NEEDS_SHOP();
    int64_t order = order_by("bri_va", &va_answer);
    const struct sent *invoice = talk_find(BUYER, "sendMessage", "Tagihan Virtual Account");
    assert_non_null(invoice);
    assert_int_equal(invoice->attachment, ATTACH_NONE);
    says(invoice->params, "🏦 BRI Virtual Account\n<code>8808 0123-4567</code>");
    says(invoice->params, "Total bayar: <b>Rp 33.500</b>");
    assert_string_equal(copied_by(invoice->params), "880801234567"); /* as a bank's app takes it */
    assert_non_null(strstr(url_of(invoice->params), "/pay-v2/txn-va"));
    assert_true(talk_has_button(invoice->params, arena_printf(shop->arena, "x:%lld", (long long)order)));
    assert_non_null(on_message("deleteMessage", 77)); /* the loading line */
    talk_report(invoice, OUTBOX_VERDICT_SENT, 88);
    assert_int_equal(shop_sql(shop, "SELECT invoice_message_id FROM orders"), 88);
    talk_forget();
    talk_pay(order);
    assert_non_null(on_message("deleteMessage", 88));
    assert_non_null(talk_find(BUYER, "sendMessage", "Pembayaran Berhasil"));
}

static void test_a_links_invoice(void **state)
{
    NEEDS_SHOP();
    int64_t order = order_by("payment_link", &link_answer);
    const struct sent *invoice = talk_find(BUYER, "sendMessage", "lalu pilih cara bayarnya");
    assert_non_null(invoice);
    says(invoice->params, "Harga: <b>Rp 30.000</b>");
    assert_string_equal(url_of(invoice->params), "https://pay.example/txn-link");
    assert_null(copied_by(invoice->params));
    talk_report(invoice, OUTBOX_VERDICT_SENT, 88);
    talk_forget();
    talk_press(BUYER, "x:%lld", (long long)order);
    assert_non_null(on_message("deleteMessage", 88));
}

/* Too old to be deleted: it says that it is void, as the message it is. */
static void test_an_invoice_too_old_to_be_deleted(void **state)
{
    NEEDS_SHOP();
    static const struct payment_created qr_answer = {
        .txn_id = "txn-qr", .total = 30520, .fee = 520, .qr_string = "000201QR"};
    static const struct {
        const char *method, *sent, *changed;
        const struct payment_created *answer;
    } rows[] = {{"qris", "sendPhoto", "editMessageCaption", &qr_answer},
                {"bri_va", "sendMessage", "editMessageText", &va_answer},
                {"payment_link", "sendMessage", "editMessageText", &link_answer}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        talk_begin(state);
        begin(state);
        int64_t order = order_by(rows[i].method, rows[i].answer);
        talk_report(talk_find(BUYER, rows[i].sent, "tg1001-"), OUTBOX_VERDICT_SENT, 88);
        shop_sql(shop, "UPDATE orders SET created_at = created_at - interval '3 days'");
        talk_forget();
        talk_end(order, ORDER_EXPIRED);
        const struct sent *changed = on_message(rows[i].changed, 88);
        assert_non_null(changed);
        says(changed->params, "sudah tidak berlaku");
        assert_null(json_object_get(changed->params, "reply_markup"));
    }
}

/* --- the gateway is down --- */

static void test_down_is_said_at_once(void **state)
{
    NEEDS_SHOP();
    assert_true(talk_has_button(choose(30000), "y:qris"));
    down();
    const json_t *reply = talk_press(BUYER, "m");
    says(reply, "Layanan pembayaran sedang gangguan");
    says(reply, "💼 Saldo: Rp 0, kurang <b>Rp 30.000</b>");
    assert_string_equal(url_of(reply), "https://t.me/toko_bantu");
    assert_true(talk_has_button(reply, "m") && talk_has_button(reply, "v"));
    assert_false(talk_has_button(reply, "y:qris") || talk_has_button(reply, "y:bri_va") ||
                 talk_has_button(reply, "dp"));
    /* the button of the page before */
    says(talk_press(BUYER, "y:qris"), "Layanan pembayaran sedang gangguan");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM orders"), 0);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM cart_items"), 1);

    shop->tenant.support = NULL;
    shop->tenant.deposit_by_hand = "BCA 123";
    reply = talk_press(BUYER, "m");
    assert_null(url_of(reply));
    assert_true(talk_has_button(reply, "dp")); /* a transfer by hand needs no gateway */

    give(BUYER, 30000);
    reply = talk_press(BUYER, "m");
    says(reply, "💼 Saldo: tanpa biaya");
    says(talk_press(BUYER, "y:balance"), "Dibayar dengan saldo");
    breaker_note(shop->tenant.pakasir_project, NULL, shop->now_ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PAYING_TEST(test_each_method_with_what_it_costs),
        PAYING_TEST(test_only_methods_that_take_the_amount),
        PAYING_TEST(test_paid_by_balance_at_once),
        PAYING_TEST(test_a_balance_that_became_short),
        PAYING_TEST(test_a_balance_takes_any_amount),
        PAYING_TEST(test_nothing_to_pay),
        PAYING_TEST(test_a_virtual_accounts_invoice),
        PAYING_TEST(test_a_links_invoice),
        PAYING_TEST(test_an_invoice_too_old_to_be_deleted),
        PAYING_TEST(test_down_is_said_at_once),
    };
    return cmocka_run_group_tests(tests, talk_set_up, talk_tear_down);
}

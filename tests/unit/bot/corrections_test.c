/* What people are told of an admin's decisions, and that the books agree with them afterwards. */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "payment/correction.h"
#include "store/deposit.h"
#include "store/stock.h"
#include "store/verify.h"
#include "talk.h"

#define TALK_TEST(test) cmocka_unit_test_setup(test, talk_begin)

/* A decision of the admin's, each with a key of its own. */
static struct correction by_admin(const char *note)
{
    static char key[32];
    snprintf(key, sizeof key, "update:%lld", (long long)talk_next_id());
    return (struct correction){ADMIN, note, key};
}

/* Commits what a test did, and lets the messages go out as after any update. */
static void done(void)
{
    shop_commit(shop);
    work_end(&shop->work);
    talk_press(OTHER, "k");
}

static void assert_books_agree(void)
{
    struct verify_result result;
    struct work *work = shop_task(shop);
    MUST(verify_store(work->db, work->scope, work->arena, 60000, &result, &err));
    if (result.difference_count)
        fail_msg("%s: %s", result.differences[0].who, result.differences[0].says);
}

/* A paid order of two units of A, on its way to the buyer. */
static int64_t paid_order(void)
{
    int64_t order = talk_order(BUYER);
    talk_invoice(order);
    talk_pay(order);
    return order;
}

static void deliver(int64_t order)
{
    talk_report(talk_find(BUYER, "sendMessage", "Pembayaran Berhasil"), OUTBOX_VERDICT_SENT, 89);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM orders WHERE id = %lld AND state = 'completed'",
                              (long long)order),
                     1);
    talk_forget();
}

/* An open order whose invoice is message 88. */
static int64_t invoiced_order(void)
{
    int64_t order = talk_order(BUYER);
    talk_invoice(order);
    talk_report(talk_find(BUYER, "sendPhoto", ""), OUTBOX_VERDICT_SENT, 88);
    return order;
}

/* Money came for it, a rupiah less than asked. */
static int64_t parked_payment(void)
{
    int64_t order = invoiced_order();
    int64_t payment = shop_sql(shop, "SELECT id FROM payments WHERE order_id = %lld", (long long)order);
    MUST(payment_park(shop_begin(shop), payment, "mismatch", 69999, &err));
    shop_commit(shop);
    talk_forget();
    return payment;
}

static bool has(const struct sent *sent, const char *part)
{
    return sent && strstr(talk_said(sent->params), part);
}

/* Telegram took all that went to the admin: a chat gets no more than a few at once. */
static void admin_has_read(void)
{
    for (size_t i = 0; i < talk_sent_count(); i++)
        if (talk_sent(i)->chat_id == ADMIN)
            talk_report(talk_sent(i), OUTBOX_VERDICT_SENT, 700 + (int64_t)i);
}

/* How many calls by that method go to the buyer. */
static int calls(const char *method)
{
    int count = 0;
    for (size_t i = 0; i < talk_sent_count(); i++)
        count += talk_sent(i)->chat_id == BUYER && str_equal(talk_sent(i)->method, method);
    return count;
}

static void test_refund(void **state)
{
    NEEDS_SHOP();
    int64_t order = paid_order(), balance;
    deliver(order);
    struct work *work = shop_begin(shop);
    struct correction by = by_admin("half of it was bad");
    MUST(correction_refund(work, &by, order, 35000, &balance, &err));
    done();
    const struct sent *told = talk_find(BUYER, "sendMessage", "Pengembalian dana");
    assert_true(has(told, "➕ <b>Rp 35.000</b>") && has(told, "Saldo sekarang: <b>Rp 35.000</b>"));
    assert_true(has(told, "<code>tg1001-"));
    assert_true(told->keep);
    const struct sent *admins = talk_find(ADMIN, "sendMessage", "Pengembalian dana ke saldo");
    assert_true(has(admins, "Rp 35.000") && has(admins, "Product A") && has(admins, "tg://user?id=1001"));
    assert_null(talk_find(OWNER, "sendMessage", ""));
    assert_books_agree();
}

static void test_resend(void **state)
{
    NEEDS_SHOP();
    int64_t order = paid_order();
    const struct sent *first = talk_find(BUYER, "sendMessage", "Pembayaran Berhasil");
    for (size_t i = 0; talk_sent(i) != first; i++)
        talk_report(talk_sent(i), OUTBOX_VERDICT_SENT, 80 + (int64_t)i);
    talk_report(first, OUTBOX_VERDICT_REFUSED, 0); /* it never got there */
    talk_forget();
    struct correction by = by_admin("it was refused");
    MUST(correction_resend(shop_begin(shop), &by, order, &err));
    done();
    const struct sent *again = talk_find(BUYER, "sendMessage", "Pembelianmu");
    assert_true(has(again, "<pre>A-1\nA-2</pre>"));
    assert_true(again->keep);
    talk_report(again, OUTBOX_VERDICT_SENT, 90);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM orders WHERE state = 'completed'"), 1);
    assert_books_agree();
}

/* One unit of the order is replaced; the message about it. */
static const struct sent *replace(int64_t unit)
{
    int64_t fresh;
    struct correction by = by_admin("it does not work");
    MUST(correction_replace_unit(shop_begin(shop), &by, unit, &fresh, &err));
    done();
    return talk_find(BUYER, "sendMessage", "Ini penggantinya");
}

static void test_replacement(void **state)
{
    NEEDS_SHOP();
    int64_t order = paid_order();
    const struct sent *told = replace(1);
    assert_true(has(told, "<pre>A-3</pre>") && !has(told, "A-1") && !has(told, "A-2"));
    assert_true(told->keep);
    assert_true(has(talk_find(ADMIN, "sendMessage", "Satu unit diganti"), "<code>3</code>"));
    assert_non_null(talk_find(ADMIN, "sendMessage", "Stok menipis")); /* there are two left */
    assert_books_agree();
    admin_has_read();

    /* The delivery completes the order; what replaces a part of it does not. */
    for (size_t i = 0; talk_sent(i) != told; i++)
        if (talk_sent(i)->chat_id == BUYER && !str_equal(talk_sent(i)->effect, "delivered"))
            talk_report(talk_sent(i), OUTBOX_VERDICT_SENT, 80 + (int64_t)i);
    talk_report(told, OUTBOX_VERDICT_SENT, 95);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM orders WHERE state = 'paid'"), 1);
    deliver(order);
    talk_press(BUYER, "g:%lld", (long long)order);
    assert_non_null(talk_find(BUYER, "sendMessage", "<pre>A-2\nA-3</pre>"));

    talk_forget();
    talk_report(replace(2), OUTBOX_VERDICT_REFUSED, 0);
    assert_non_null(talk_find(ADMIN, "sendMessage", "ditolak Telegram"));
    assert_books_agree();
}

static void test_a_long_replacement_is_a_file(void **state)
{
    NEEDS_SHOP();
    int64_t order = paid_order(), fresh;
    char content[4097];
    bool added;
    memset(content, '<', 4096);
    content[4096] = '\0';
    deliver(order);
    MUST(stock_add(shop_begin(shop), product_a, content, &added, &err));
    shop_commit(shop);
    shop_sql(shop,
             "DELETE FROM stock_units WHERE product_id = %lld AND state = 'available' AND id <"
             " (SELECT max(id) FROM stock_units)",
             (long long)product_a);
    struct correction by = by_admin("it does not work");
    MUST(correction_replace_unit(shop_begin(shop), &by, 1, &fresh, &err));
    done();
    const struct sent *told = talk_find(BUYER, "sendDocument", "Ini penggantinya");
    assert_non_null(told);
    assert_int_equal(told->attachment, ATTACH_TEXT_FILE);
    assert_non_null(strstr(told->attachment_text, "<<<<"));
    assert_non_null(talk_find(ADMIN, "sendMessage", "Stok habis"));
}

static void test_adjusted_balance(void **state)
{
    NEEDS_SHOP();
    talk_text(BUYER, "/start");
    talk_forget();
    int64_t balance;
    struct correction by = by_admin("a <b>gift</b> & more");
    MUST(correction_adjust_balance(shop_begin(shop), &by, BUYER, 7500, &balance, &err));
    done();
    const struct sent *told = talk_find(BUYER, "sendMessage", "Saldomu disesuaikan");
    assert_true(has(told, "➕ <b>Rp 7.500</b>") && has(told, "a &lt;b&gt;gift&lt;/b&gt; &amp; more"));
    assert_true(has(told, "Saldo sekarang: <b>Rp 7.500</b>"));
    assert_true(told->keep);
    assert_true(has(talk_find(ADMIN, "sendMessage", "Saldo disesuaikan"), "➕ Rp 7.500 (sekarang Rp 7.500)"));
    talk_forget();
    shop_begin(shop);
    by = by_admin("a mistake");
    MUST(correction_adjust_balance(&shop->work, &by, BUYER, -7000, &balance, &err));
    done();
    assert_true(has(talk_find(BUYER, "sendMessage", "Saldomu disesuaikan"), "➖ <b>Rp 7.000</b>"));
    assert_true(has(talk_find(ADMIN, "sendMessage", "Saldo disesuaikan"), "➖ Rp 7.000 (sekarang Rp 500)"));
    assert_books_agree();
}

static void test_marked_paid(void **state)
{
    NEEDS_SHOP();
    int64_t order = invoiced_order();
    talk_forget();
    struct correction by = by_admin("paid in cash");
    MUST(correction_mark_paid(shop_begin(shop), &by, order, &err));
    done();
    assert_true(has(talk_find(BUYER, "sendMessage", "Pembayaran Berhasil"), "<pre>A-1\nA-2</pre>"));
    assert_int_equal(calls("deleteMessage"), 1); /* the invoice, and the loading line only once */
    assert_non_null(talk_find(ADMIN, "sendMessage", "Pesanan dibayar"));
    assert_books_agree();
}

static const struct sent *settle(int64_t payment, enum correction_settlement how)
{
    struct correction by = by_admin("looked into it");
    MUST(correction_settle_mismatch(shop_begin(shop), &by, payment, how, &err));
    done();
    assert_int_equal(calls("deleteMessage"), 1); /* its invoice, which is not to be paid any more */
    assert_null(talk_find(BUYER, "sendMessage", "Pesanan dibatalkan")); /* one message says it all */
    return talk_find(BUYER, "sendMessage", "Pembayaranmu sudah diperiksa");
}

static void test_mismatch_credited(void **state)
{
    NEEDS_SHOP();
    const struct sent *told = settle(parked_payment(), CORRECTION_CREDIT);
    assert_true(has(told, "<b>Rp 69.999</b>, sekarang ada di saldomu") &&
                has(told, "Saldo sekarang: <b>Rp 69.999</b>"));
    assert_true(told->keep);
    assert_null(talk_find(BUYER, "sendMessage", "terlambat"));
    assert_true(has(talk_find(ADMIN, "sendMessage", "tidak cocok sudah diselesaikan"), "Rp 69.999"));
    assert_books_agree();
}

static void test_mismatch_given_back(void **state)
{
    NEEDS_SHOP();
    const struct sent *told = settle(parked_payment(), CORRECTION_REFUNDED);
    assert_true(has(told, "sudah dikembalikan oleh admin"));
    assert_true(
        has(talk_find(ADMIN, "sendMessage", "tidak cocok sudah diselesaikan"), "saldo tidak bertambah"));
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM ledger"), 0);
    assert_books_agree();
}

static void test_mismatch_delivered(void **state)
{
    NEEDS_SHOP();
    assert_null(settle(parked_payment(), CORRECTION_DELIVER));
    assert_true(has(talk_find(BUYER, "sendMessage", "Pembayaran Berhasil"), "<pre>A-1\nA-2</pre>"));
    assert_books_agree();
}

/* By hand, proved. */
static int64_t deposit_in_review(void)
{
    struct deposit deposit;
    talk_text(BUYER, "/start");
    talk_forget();
    struct work *work = shop_begin(shop);
    MUST(deposit_add(work, BUYER, DEPOSIT_MANUAL, 50000, work->now_ms + 60000, 3, &deposit, &err));
    MUST(deposit_prove(work, deposit.id, "photo-1", &err));
    shop_commit(shop);
    return deposit.id;
}

static void test_deposits_by_hand(void **state)
{
    NEEDS_SHOP();
    int64_t deposit = deposit_in_review();
    struct correction by = by_admin("nothing came yet <3");
    MUST(correction_reject_deposit(shop_begin(shop), &by, deposit, &err));
    done();
    const struct sent *told = talk_find(BUYER, "sendMessage", "Deposit belum bisa diterima");
    assert_true(has(told, "Rp 50.000") && has(told, "nothing came yet &lt;3") && has(told, "<code>dp1001-"));
    assert_true(told->keep);
    assert_true(talk_has_button(told->params, "dp"));
    assert_true(has(talk_find(ADMIN, "sendMessage", "Deposit ditolak"), "nothing came yet &lt;3"));
    assert_books_agree();

    talk_forget();
    shop_begin(shop);
    by = by_admin("it came");
    MUST(correction_confirm_deposit(&shop->work, &by, deposit, &err));
    done();
    assert_true(has(talk_find(BUYER, "sendMessage", "Deposit berhasil"), "Saldo sekarang: <b>Rp 50.000</b>"));
    assert_books_agree();
}

/* A deposit by the gateway, of which something else came than was asked for: that is booked. */
static void deposit_mismatch(enum correction_settlement how, bool after_its_end)
{
    struct deposit deposit;
    int64_t payment;
    talk_begin(NULL);
    talk_text(BUYER, "/start");
    talk_forget();
    struct work *work = shop_begin(shop);
    MUST(deposit_add(work, BUYER, DEPOSIT_GATEWAY, 50000, work->now_ms + 60000, 3, &deposit, &err));
    MUST(payment_add(work, 0, deposit.id, deposit.reference, "qris", 50000, &payment, &err));
    MUST(payment_mark_waiting(work, payment, &(struct payment_created){.txn_id = "T-1", .total = 50000},
                              &err));
    if (after_its_end) {
        MUST(deposit_end(work, deposit.id, DEPOSIT_EXPIRED, "expired", &err));
        MUST(payment_end(work, payment, PAYMENT_EXPIRED, &err));
    }
    MUST(payment_park(work, payment, "mismatch", 60000, &err));
    struct correction by = by_admin("more came");
    MUST(correction_settle_mismatch(work, &by, payment, how, &err));
    done();
    if (how == CORRECTION_REFUNDED)
        assert_non_null(talk_find(BUYER, "sendMessage", "sudah dikembalikan oleh admin"));
    else
        assert_true(
            has(talk_find(BUYER, "sendMessage", "Deposit berhasil"), "Saldo sekarang: <b>Rp 60.000</b>"));
    assert_int_equal(shop_sql(shop, "SELECT balance FROM users WHERE telegram_id = %d", BUYER),
                     how == CORRECTION_REFUNDED ? 0 : 60000);
    assert_books_agree();
}

static void test_deposit_mismatches(void **state)
{
    NEEDS_SHOP();
    for (int after = 0; after < 2; after++) {
        deposit_mismatch(CORRECTION_DELIVER, after);
        deposit_mismatch(CORRECTION_CREDIT, after);
        deposit_mismatch(CORRECTION_REFUNDED, after);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TALK_TEST(test_refund),
        TALK_TEST(test_resend),
        TALK_TEST(test_replacement),
        TALK_TEST(test_a_long_replacement_is_a_file),
        TALK_TEST(test_adjusted_balance),
        TALK_TEST(test_marked_paid),
        TALK_TEST(test_mismatch_credited),
        TALK_TEST(test_mismatch_given_back),
        TALK_TEST(test_mismatch_delivered),
        TALK_TEST(test_deposits_by_hand),
        TALK_TEST(test_deposit_mismatches),
    };
    return cmocka_run_group_tests(tests, talk_set_up, talk_tear_down);
}

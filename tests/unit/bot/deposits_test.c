/* What admins see of deposits, and do about them. */
#include <stdio.h>
#include <string.h>

#include "payment/correction.h"
#include "store/deposit.h"
#include "talk.h"

#define TALK_TEST(test) cmocka_unit_test_setup(test, talk_begin)

static int64_t decisions(const char *action)
{
    return shop_sql(shop, "SELECT count(*) FROM admin_logs WHERE action = '%s'", action);
}

/* --- deposits --- */

static int64_t in_review(int64_t person)
{
    struct deposit deposit;
    shop_person(shop, person);
    struct work *work = shop_begin(shop);
    MUST(deposit_add(work, person, DEPOSIT_MANUAL, 50000, work->now_ms + 60000, 100, &deposit, &err));
    MUST(deposit_prove(work, deposit.id, "AgAC-proof", &err));
    shop_commit(shop);
    return deposit.id;
}

static bool deposit_is(int64_t deposit, const char *state)
{
    return shop_sql(shop, "SELECT count(*) FROM deposits WHERE id = %lld AND state = '%s'",
                    (long long)deposit, state) == 1;
}

static void test_deposits(void **state)
{
    NEEDS_SHOP();
    talk_text(BUYER, "/start");
    talk_text(ADMIN, "/start");
    int64_t first = in_review(BUYER), second = in_review(OTHER);
    const json_t *reply = talk_press(ADMIN, "ag");
    talk_says(reply, "perlu diperiksa: <b>2</b>");
    reply = talk_follow(ADMIN, reply, "agl:2:");
    talk_says(reply, "1. 🔎 <b>#1</b> · Rp 50.000");
    reply = talk_follow(ADMIN, reply, "agv:1:");
    talk_says(reply, "Deposit #1");
    talk_says(reply, "transfer manual");
    assert_true(talk_has_button(reply, "agl:2:0:0"));
    talk_all_sent();
    talk_forget();
    assert_string_equal(talk_method(talk_follow(ADMIN, reply, "agp:")), "answerCallbackQuery");
    const struct sent *photo = talk_find(ADMIN, "sendPhoto", "Rp 50.000");
    assert_non_null(photo);
    assert_true(talk_has_button(photo->params, "dc:1") && talk_has_button(photo->params, "dj:1"));
    assert_null(talk_find(OWNER, "sendPhoto", ""));

    reply = talk_press(ADMIN, "agc:%lld", (long long)first);
    talk_says(reply, "Terima deposit");
    reply = talk_follow(ADMIN, reply, "agk:1:");
    talk_says(reply, "Diterima: <b>Rp 50.000</b>");
    talk_says(reply, "Sudah masuk saldo");
    assert_true(deposit_is(first, "completed"));
    talk_says(talk_press(OWNER, "agk:1:1"), "Deposit #1");
    talk_says(talk_press(OWNER, "agc:1"), "Deposit #1");
    talk_press(OWNER, "agj:1");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM conversations"), 0);
    talk_all_sent();
    talk_forget();
    talk_press(ADMIN, "agp:1");
    assert_false(talk_has_button(talk_find(ADMIN, "sendPhoto", "Diterima</b> oleh")->params, "dc:1"));

    reply = talk_press(ADMIN, "agj:%lld", (long long)second);
    talk_says(reply, "Alasannya dibaca pembeli");
    reply = talk_fill(ADMIN, reply, "buram <sekali>");
    talk_says(reply, "pembeli sudah diberi tahu");
    assert_true(deposit_is(second, "rejected"));
    assert_non_null(talk_find(OTHER, "sendMessage", "buram &lt;sekali&gt;"));
    talk_says(talk_press(ADMIN, "agh:2:0"), "Tolak deposit");

    /* the admin was wrong; what was seen is what is meant */
    talk_says(talk_press(ADMIN, "agk:2:1"), "Deposit #2");
    assert_true(deposit_is(second, "rejected"));
    reply = talk_press(ADMIN, "agc:2");
    talk_says(reply, "pernah ditolak");
    talk_follow(ADMIN, reply, "agk:2:");
    assert_true(deposit_is(second, "completed"));
    talk_says(talk_press(ADMIN, "agl:3:0:0"), "#2");
    talk_says(talk_press(ADMIN, "agl:7:%d:0", OTHER), "#2");
    talk_says(talk_press(ADMIN, "agl:99:0:0"), "<b>Deposit</b>");
    talk_books_agree();
}

static void test_a_short_reason(void **state)
{
    NEEDS_SHOP();
    talk_text(BUYER, "/start");
    int64_t deposit = in_review(BUYER);
    const json_t *reply = talk_follow(ADMIN, talk_press(ADMIN, "agj:%lld", (long long)deposit), "z:");
    talk_says(reply, "tidak kami temukan");
    char save[80];
    snprintf(save, sizeof save, "%s", talk_button(reply, "zk:"));
    talk_press(OWNER, "dc:%lld", (long long)deposit);
    reply = talk_press(ADMIN, "%s", save);
    talk_says(reply, "Sudah masuk saldo");
    assert_int_equal(decisions("reject_deposit"), 0);
    talk_books_agree();
}

static void deposit_mismatch(int way, bool booked)
{
    struct deposit deposit;
    int64_t payment;
    talk_begin(NULL);
    talk_text(BUYER, "/start");
    struct work *work = shop_begin(shop);
    MUST(deposit_add(work, BUYER, DEPOSIT_GATEWAY, 50000, work->now_ms + 60000, 3, &deposit, &err));
    MUST(payment_add(work, 0, deposit.id, deposit.reference, "qris", 50000, &payment, &err));
    MUST(payment_mark_waiting(work, payment, &(struct payment_created){.txn_id = "T-1", .total = 50000},
                              &err));
    MUST(payment_park(work, payment, "mismatch", 60000, &err));
    shop_commit(shop);
    talk_says(talk_press(ADMIN, "ag"), "perlu keputusan: <b>1</b>");
    const json_t *reply = talk_follow(ADMIN, talk_press(ADMIN, "agl:8:0:0"), "agv:");
    talk_says(reply, "Dibayar <b>Rp 60.000</b>, diminta Rp 50.000");
    assert_true(talk_has_button(reply, "aox:1:0") && talk_has_button(reply, "aox:1:2"));
    assert_false(talk_has_button(reply, "aox:1:1"));
    talk_says(talk_press(ADMIN, "aox:1:1"), "Deposit #1");
    reply = talk_fill(ADMIN, talk_press(ADMIN, "aox:1:%d", way), "lebih bayar");
    talk_says(reply, "Deposit #1");
    assert_int_equal(shop_sql(shop, "SELECT balance FROM users WHERE telegram_id = %d", BUYER),
                     booked ? 60000 : 0);
    assert_true(deposit_is(deposit.id, booked ? "completed" : "cancelled"));
    talk_books_agree();
}

static void test_deposit_mismatches(void **state)
{
    NEEDS_SHOP();
    deposit_mismatch(CORRECTION_DELIVER, true);
    deposit_mismatch(CORRECTION_REFUNDED, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TALK_TEST(test_deposits),
        TALK_TEST(test_a_short_reason),
        TALK_TEST(test_deposit_mismatches),
    };
    return cmocka_run_group_tests(tests, talk_set_up, talk_tear_down);
}

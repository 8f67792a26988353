/* Deposits as a conversation: pages, what a state allows, and what hostile people get out of it. */
#include "talk.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"

#define DEPOSIT_TEST(test) cmocka_unit_test_setup(test, begin)

static char instructions[5001];

/* 1,000 characters as bad as they come. */
static int begin(void **state)
{
    if (talk_begin(state) != 0 || !shop)
        return shop ? 1 : 0;
    instructions[0] = '\0';
    for (size_t i = 0; i < 1000 / 8; i++)
        strcat(instructions, "</pre>&<");
    shop->tenant.deposit_least = 10000;
    shop->tenant.deposit_most = 10000000;
    shop->tenant.most_open = 3;
    shop->tenant.deposit_by_hand = instructions;
    shop->tenant.support = "@andi_admin";
    return 0;
}

static void assert_says(const json_t *reply, const char *part)
{
    if (!strstr(talk_said(reply), part))
        fail_msg("\"%s\" is not in \"%s\"", part, talk_said(reply));
}

static int64_t deposits(const char *state)
{
    return shop_sql(shop, "SELECT count(*) FROM deposits WHERE state = '%s'", state);
}

static int64_t newest(void)
{
    return shop_sql(shop, "SELECT max(id) FROM deposits");
}

static int64_t asked(const char *kind)
{
    return shop_sql(shop, "SELECT count(*) FROM conversations WHERE kind = '%s'", kind);
}

/* A photo, or with NULL something else that is no text. */
static const json_t *send_photo(int64_t person, const char *file_id)
{
    struct update update = talk_make_text(person, NULL);
    update.photo_file_id = file_id;
    update.has_media = !file_id;
    update.caption = "<b>&";
    return talk_update(&update);
}

/* --- pages --- */

static void test_pages_read_only(void **state)
{
    NEEDS_SHOP();
    const json_t *reply = talk_text(BUYER, "💰 Deposit");
    assert_says(reply, "Mau isi berapa");
    assert_true(talk_has_button(reply, "da:10000") && talk_has_button(reply, "da:500000") &&
                talk_has_button(reply, "dt") && talk_has_button(reply, "b:0"));
    reply = talk_press(BUYER, "da:50000");
    assert_says(reply, "± Rp 660");
    assert_true(talk_has_button(reply, "dq:50000:qris") && talk_has_button(reply, "dm:50000") &&
                talk_has_button(reply, "dz"));
    assert_says(talk_text(BUYER, "/saldo"), "Saldo: <b>Rp 0</b>");
    assert_says(talk_text(BUYER, "/profil"), "Budi &lt;b&gt;");
    assert_says(talk_press(BUYER, "b:9223372036854775807"), "Belum ada catatan");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM users") +
                         shop_sql(shop, "SELECT count(*) FROM updates_seen"),
                     0);
}

static void test_without_any_way(void **state)
{
    NEEDS_SHOP();
    shop->tenant.deposit_by_hand = NULL;
    shop->tenant.deposit_most = 50000000;
    assert_says(talk_press(BUYER, "da:20000000"), "belum punya cara deposit"); /* more than QRIS takes */
    assert_says(talk_press(BUYER, "dq:20000000:qris"), "Mau isi berapa");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM deposits"), 0);
}

/* The longest a balance page gets: names, notes and amounts at their worst, as many open deposits as a store
 * allows.
 */
static void test_the_fullest_balance_page_fits(void **state)
{
    NEEDS_SHOP();
    shop->tenant.most_open = 20;
    for (int i = 0; i < 20; i++) {
        struct update update = talk_make_press(BUYER, "dm:9999999");
        update.message_id = 100 + i;
        talk_update(&update);
    }
    assert_int_equal(deposits("pending"), 20);
    shop_sql(
        shop,
        "UPDATE deposits SET reference = 'dp9223372036854775807-' || md5(id::text), amount = 10000000000");
    shop_sql(shop,
             "INSERT INTO ledger (telegram_id, kind, amount, reason_key, note, created_at)"
             " SELECT %d, 'late_payment', -1000000000000, n, repeat('<&😀', 300), now() FROM "
             "generate_series(1, 30) n",
             BUYER);
    const json_t *reply = talk_press(BUYER, "b:0");
    size_t shown = 0;
    for (const char *at = talk_said(reply); (at = strstr(at, "−Rp 1.000.000.000.000")) != NULL; at++)
        shown++;
    assert_int_equal(shown, 10);                                               /* nothing was cut off */
    assert_true(talk_has_button(reply, "dp") && talk_has_button(reply, "pf")); /* not what is cut */
    assert_says(talk_press(BUYER, "b:21"), "Pembayaran terlambat");
}

/* --- by the gateway --- */

static void test_pressed_twice(void **state)
{
    NEEDS_SHOP();
    const json_t *reply = talk_press(BUYER, "dq:50000:qris");
    assert_string_equal(talk_method(reply), "editMessageText");
    assert_says(reply, "Sedang memuat pembayaranmu");
    char cancel[40];
    snprintf(cancel, sizeof cancel, "dx:%lld", (long long)newest());
    assert_true(talk_has_button(reply, cancel));
    reply = talk_press(BUYER, "dq:50000:qris");
    assert_string_equal(talk_method(reply), "answerCallbackQuery");
    assert_int_equal(deposits("pending"), 1);
    assert_int_equal(shop_sql(shop,
                              "SELECT count(*) FROM payments WHERE state = 'creating' AND amount = 50000"
                              " AND deposit_id IS NOT NULL"),
                     1);
    /* the same message number in another chat */
    talk_press(OTHER, "dq:50000:qris");
    assert_int_equal(deposits("pending"), 2);
    /* ended: the message may be used for another */
    talk_press(BUYER, "%s", cancel);
    assert_int_equal(deposits("cancelled"), 1);
    talk_press(BUYER, "dq:50000:qris");
    assert_int_equal(deposits("pending"), 2);
}

static void test_a_message_that_can_not_be_edited(void **state)
{
    NEEDS_SHOP();
    for (int i = 0; i < 4; i++) {
        struct update update = talk_make_press(BUYER, i % 2 ? "dm:50000" : "dq:50000:qris");
        update.message_id = i < 2 ? 0 : 77;
        update.message_has_photo = i >= 2;
        const json_t *reply = talk_update(&update);
        assert_string_equal(talk_method(reply), "sendMessage");
        assert_says(reply, "Pilih caranya");
    }
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM deposits"), 0);
}

/* --- what a state allows --- */

static const char *const all_states[] = {"pending",   "review",  "completed",
                                         "cancelled", "expired", "rejected"};
enum { STATES = sizeof all_states / sizeof *all_states };

static void set_state(int64_t id, const char *state)
{
    shop_sql(shop,
             "UPDATE deposits SET state = '%s', proof = CASE WHEN kind = 'manual' THEN '\\x00'::bytea END,"
             " completed_at = CASE WHEN '%s' = 'completed' THEN now() END WHERE id = %lld",
             state, state, (long long)id);
}

static int64_t in_state(int64_t id, const char *state)
{
    return shop_sql(shop, "SELECT count(*) FROM deposits WHERE id = %lld AND state = '%s'", (long long)id,
                    state);
}

static void assert_answers(const json_t *reply, const char *text)
{
    assert_string_equal(talk_method(reply), "answerCallbackQuery");
    const char *said = talk_said(reply);
    if (!strstr(said, text))
        fail_msg("\"%s\" is not in \"%s\"", text, said);
}

static void test_giving_up_and_looking_again_in_every_state(void **state)
{
    NEEDS_SHOP();
    static const char *const says[STATES] = {
        "", "diperiksa admin", "sudah masuk", "sudah berakhir", "sudah berakhir", "sudah berakhir"};
    talk_press(BUYER, "dm:50000");
    int64_t id = newest();
    for (size_t i = 1; i < STATES; i++) {
        set_state(id, all_states[i]);
        assert_answers(talk_press(BUYER, "dx:%lld", (long long)id), says[i]);
        assert_answers(talk_press(BUYER, "do:%lld", (long long)id), says[i]);
        assert_int_equal(in_state(id, all_states[i]), 1);
        assert_answers(talk_press(OTHER, "dx:%lld", (long long)id), "tidak ditemukan");
        assert_answers(talk_press(OTHER, "do:%lld", (long long)id), "tidak ditemukan");
    }
    set_state(id, "pending");
    assert_answers(talk_press(OTHER, "dx:%lld", (long long)id), "tidak ditemukan");
    assert_says(talk_press(BUYER, "do:%lld", (long long)id), "Transfer Manual");
    assert_int_equal(asked("deposit_proof"), 1);
    assert_answers(talk_press(BUYER, "dx:%lld", (long long)id), "dibatalkan");
    assert_int_equal(in_state(id, "cancelled"), 1);
    assert_int_equal(asked("deposit_proof"), 0);
}

static void test_an_invoice_shown_again(void **state)
{
    NEEDS_SHOP();
    talk_press(BUYER, "dq:50000:qris");
    int64_t id = newest();
    assert_answers(talk_press(BUYER, "do:%lld", (long long)id), "memuat"); /* being made */
    shop_sql(shop, "UPDATE payments SET state = 'waiting', txn_id = 'txn', fee = 1, total = 50001, qr_string "
                   "= '000201QR'");
    talk_forget();
    for (int64_t message = 200; message < 203; message++) {
        assert_answers(talk_press(BUYER, "do:%lld", (long long)id), "dikirim lagi");
        const struct sent *invoice = talk_find(BUYER, "sendPhoto", "Deposit QRIS");
        assert_non_null(invoice);
        talk_report(invoice, OUTBOX_VERDICT_SENT, message);
        const struct sent *removed = talk_find(BUYER, "deleteMessage", "");
        assert_int_equal(removed != NULL, message > 200); /* the one before, once the new one is there */
        if (removed)
            assert_int_equal(json_integer_value(json_object_get(removed->params, "message_id")), message - 1);
        assert_int_equal(shop_sql(shop, "SELECT invoice_message_id FROM deposits"), message);
        talk_forget();
    }
    shop_sql(shop, "UPDATE payments SET problem = 'mismatch'");
    assert_answers(talk_press(BUYER, "do:%lld", (long long)id), "diperiksa admin");
    assert_answers(talk_press(BUYER, "dx:%lld", (long long)id), "diperiksa admin");
    assert_int_equal(in_state(id, "pending"), 1);
}

/* --- by hand --- */

static void test_instructions_at_their_longest(void **state)
{
    NEEDS_SHOP();
    const json_t *reply = talk_press(BUYER, "dm:50000");
    assert_says(reply, "&lt;/pre&gt;&amp;&lt;&lt;/pre&gt;");
    assert_int_equal(asked("deposit_proof"), 1);
    int64_t id = newest();
    assert_says(talk_press(BUYER, "dm:50000"), "Transfer Manual"); /* pressed twice: the same */
    assert_int_equal(newest(), id);
    assert_int_equal(deposits("pending"), 1);
}

static void test_proofs(void **state)
{
    NEEDS_SHOP();
    char name[600];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    talk_press(BUYER, "dm:50000");
    assert_says(talk_text(BUYER, "sudah"), "harus berupa <b>foto</b>");
    assert_says(send_photo(BUYER, NULL), "harus berupa <b>foto</b>");
    assert_int_equal(deposits("pending"), 1);
    talk_forget();
    assert_says(send_photo(BUYER, "file-1"), "sedang diperiksa admin");
    assert_int_equal(deposits("review"), 1);
    assert_int_equal(asked("deposit_proof"), 0);
    const struct sent *photo = talk_find(ADMIN, "sendPhoto", "Rp 50.000");
    assert_non_null(photo);
    assert_string_equal(json_string_value(json_object_get(photo->params, "photo")), "file-1");
    char data[40];
    snprintf(data, sizeof data, "dc:%lld", (long long)newest());
    assert_true(talk_has_button(photo->params, data));
    assert_null(talk_find(OWNER, "sendPhoto", ""));
    assert_non_null(talk_find(BUYER, "deleteMessage", ""));       /* the instructions */
    assert_says(send_photo(BUYER, "file-2"), "belum aku pahami"); /* an album's second photo */

    /* the longest file ids there are */
    talk_press(BUYER, "dm:50000");
    name[512] = '\0';
    send_photo(BUYER, name);
    assert_int_equal(deposits("review"), 2);
}

static void test_other_questions_do_not_mix(void **state)
{
    NEEDS_SHOP();
    talk_press(BUYER, "dm:50000");
    int64_t id = newest();
    talk_press(BUYER, "dt"); /* another question takes its place */
    assert_int_equal(asked("deposit_amount"), 1);
    assert_says(send_photo(BUYER, "file-1"), "Jumlah itu belum aku pahami");
    assert_int_equal(deposits("pending"), 1);
    talk_press(BUYER, "dx:%lld", (long long)id); /* and is not forgotten with the deposit */
    assert_int_equal(asked("deposit_amount"), 1);
    assert_says(talk_text(BUYER, "12rb"), "Deposit <b>Rp 12.000</b>");
    assert_int_equal(asked("deposit_amount"), 0);
    talk_press(BUYER, "dm:12000");
    talk_press(BUYER, "dz"); /* an old ❌ Batal */
    assert_int_equal(asked("deposit_proof"), 1);
}

/* --- what admins decide --- */

static const json_t *press_photo(int64_t person, const char *verb, int64_t id)
{
    char data[64];
    snprintf(data, sizeof data, "%s:%lld%s", verb, (long long)id, str_equal(verb, "dk") ? ":300" : "");
    struct update update = talk_make_press(person, data);
    update.message_id = 300;
    update.message_has_photo = true;
    return talk_update(&update);
}

static int64_t review(void)
{
    talk_press(BUYER, "dm:50000");
    send_photo(BUYER, "file-1");
    int64_t id = newest();
    assert_int_equal(in_state(id, "review"), 1);
    talk_forget();
    return id;
}

/* The photo says who decided, without buttons. */
static void assert_marked(const char *part)
{
    const struct sent *edit = talk_find(ADMIN, "editMessageCaption", part);
    assert_non_null(edit);
    assert_int_equal(json_integer_value(json_object_get(edit->params, "message_id")), 300);
    assert_null(json_object_get(edit->params, "reply_markup"));
}

static void test_accepted(void **state)
{
    NEEDS_SHOP();
    int64_t id = review();
    assert_answers(press_photo(ADMIN, "dc", id), "Diterima");
    assert_int_equal(in_state(id, "completed"), 1);
    assert_marked("Diterima</b> oleh");
    assert_non_null(talk_find(BUYER, "sendMessage", "Deposit berhasil"));
    assert_int_equal(shop_sql(shop, "SELECT balance FROM users WHERE telegram_id = %d", BUYER), 50000);
    assert_answers(press_photo(ADMIN, "dc", id), "sudah diputuskan");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM admin_logs"), 1);
    assert_int_equal(shop_sql(shop, "SELECT balance FROM users WHERE telegram_id = %d", BUYER), 50000);
}

static void test_refused_with_a_reason(void **state)
{
    NEEDS_SHOP();
    int64_t id = review();
    assert_says(press_photo(ADMIN, "dj", id), "Ketik alasannya");
    assert_says(talk_text(ADMIN, "  \n "), "harus berupa teks");
    assert_says(send_photo(ADMIN, "x"), "harus berupa teks");
    assert_says(talk_text(ADMIN, "<buram> & kurang"), "&lt;buram&gt; &amp; kurang");
    assert_int_equal(in_state(id, "rejected"), 1);
    assert_marked("Ditolak</b> oleh");
    assert_non_null(talk_find(BUYER, "sendMessage", "&lt;buram&gt; &amp; kurang"));
    assert_int_equal(asked("deposit_reason"), 0);
    assert_int_equal(shop_sql(shop, "SELECT balance FROM users WHERE telegram_id = %d", BUYER), 0);
}

static void test_decisions_in_every_state(void **state)
{
    NEEDS_SHOP();
    static const char *const presses[] = {"dc", "dj"};
    int64_t id = review();
    for (size_t i = 0; i < STATES; i++) {
        if (str_equal(all_states[i], "review"))
            continue;
        set_state(id, all_states[i]);
        for (size_t k = 0; k < 2; k++)
            assert_answers(press_photo(ADMIN, presses[k], id), "sudah diputuskan");
        assert_says(press_photo(ADMIN, "dk", id), "sudah diputuskan");
        assert_int_equal(in_state(id, all_states[i]), 1);
    }
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM admin_logs") + asked("deposit_reason"), 0);
    /* decided while the admin was typing */
    set_state(id, "review");
    press_photo(ADMIN, "dj", id);
    set_state(id, "completed");
    assert_says(talk_text(ADMIN, "buram"), "sudah diputuskan");
    assert_int_equal(in_state(id, "completed"), 1);
    assert_int_equal(asked("deposit_reason"), 0);
}

static void test_decisions_of_nobody(void **state)
{
    NEEDS_SHOP();
    static const char *const presses[] = {"dc", "dj", "dk", "dn"};
    int64_t id = review();
    for (size_t i = 0; i < 4; i++) {
        press_photo(BUYER, presses[i], id);
        press_photo(OTHER, presses[i], id);
        assert_answers(press_photo(ADMIN, presses[i], 424242), "tidak ditemukan");
    }
    assert_int_equal(in_state(id, "review"), 1);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM admin_logs") + asked("deposit_reason"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DEPOSIT_TEST(test_pages_read_only),
        DEPOSIT_TEST(test_without_any_way),
        DEPOSIT_TEST(test_the_fullest_balance_page_fits),
        DEPOSIT_TEST(test_pressed_twice),
        DEPOSIT_TEST(test_a_message_that_can_not_be_edited),
        DEPOSIT_TEST(test_giving_up_and_looking_again_in_every_state),
        DEPOSIT_TEST(test_an_invoice_shown_again),
        DEPOSIT_TEST(test_instructions_at_their_longest),
        DEPOSIT_TEST(test_proofs),
        DEPOSIT_TEST(test_other_questions_do_not_mix),
        DEPOSIT_TEST(test_accepted),
        DEPOSIT_TEST(test_refused_with_a_reason),
        DEPOSIT_TEST(test_decisions_in_every_state),
        DEPOSIT_TEST(test_decisions_of_nobody),
    };
    return cmocka_run_group_tests(tests, talk_set_up, talk_tear_down);
}

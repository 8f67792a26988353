/* 👥 Kelola User, pressed and typed through. */
#include "talk.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "store/bar.h"
#include "store/counter.h"
#include "store/ledger.h"
#include "store/user.h"

#define TALK_TEST(test) cmocka_unit_test_setup(test, talk_begin)
enum { OTHER_ADMIN = OWNER };

static void assert_says(const json_t *reply, const char *part)
{
    if (!strstr(talk_said(reply), part))
        fail_msg("%s does not say %s", talk_said(reply), part);
}

static void assert_alert(const json_t *reply, const char *part)
{
    assert_string_equal(talk_method(reply), "answerCallbackQuery");
    assert_says(reply, part);
}

static void come(int64_t telegram_id, const char *first_name, const char *username)
{
    const struct person person = {.telegram_id = telegram_id, .first_name = first_name, .username = username};
    MUST(user_touch(shop_begin(shop), &person, &err));
    shop_commit(shop);
}

static int64_t money(int64_t telegram_id, int64_t amount)
{
    int64_t balance;
    struct work *work = shop_begin(shop);
    const char *key = arena_printf(work->arena, "test:%lld", (long long)work->now_ms);
    MUST(ledger_book(work, telegram_id, LEDGER_ADJUSTMENT, amount, key, "before", &balance, &err));
    shop_commit(shop);
    return balance;
}

static int64_t balance_of(int64_t telegram_id)
{
    return shop_sql(shop, "SELECT balance FROM users WHERE telegram_id = %lld", (long long)telegram_id);
}

static int64_t logs(const char *action)
{
    return shop_sql(shop, "SELECT count(*) FROM admin_logs WHERE action = '%s'", action);
}

/* The data of the button whose verb this is; a copy that stays until the next one. */
static const char *data_of(const json_t *reply, const char *verb)
{
    static char copy[65];
    size_t i, j, length = strlen(verb);
    json_t *row, *button;
    json_array_foreach(json_object_get(json_object_get(reply, "reply_markup"), "inline_keyboard"), i, row)
    {
        json_array_foreach(row, j, button)
        {
            const char *data = json_string_value(json_object_get(button, "callback_data"));
            if (data && strncmp(data, verb, length) == 0 && (data[length] == ':' || !data[length])) {
                snprintf(copy, sizeof copy, "%s", data);
                return copy;
            }
        }
    }
    fail_msg("no button %s under %s", verb, talk_said(reply));
    return NULL;
}

static const json_t *press(int64_t person, const json_t *reply, const char *verb)
{
    return talk_press(person, "%s", data_of(reply, verb));
}

static void test_counts(void **state)
{
    NEEDS_SHOP();
    for (int64_t id = 1; id <= 5; id++)
        come(id, "Budi", NULL);
    MUST(user_set_reachable(shop_begin(shop), 2, false, &err));
    shop_commit(shop);
    MUST(bar_put(shop_begin(shop), 0, 3, true, &err));
    shop_commit(shop);
    const json_t *reply = talk_press(ADMIN, "au");
    assert_says(reply, "Total user: <b>5</b>"); /* the admin comes with this update */
    assert_says(reply, "Memblokir bot: <b>1</b>");
    assert_says(reply, "Diblokir toko: <b>1</b>");
    assert_says(reply, "Sedang dihitung");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM jobs WHERE kind = 'count_people'"), 1);
    shop_sql(shop, "DELETE FROM jobs");
    MUST(counter_set_active(shop_begin(shop), 3, 4, &err));
    shop_commit(shop);
    reply = talk_press(ADMIN, "au");
    assert_says(reply, "7 hari terakhir: <b>3</b>");
    assert_says(reply, "30 hari terakhir: <b>4</b>");
    assert_says(reply, "Dihitung per ");
    /* fresh figures are not counted again, old ones are, and shown meanwhile */
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM jobs"), 0);
    shop->now_ms += 11 * 60 * 1000;
    reply = talk_press(ADMIN, "au");
    assert_says(reply, "7 hari terakhir: <b>3</b>");
    assert_says(reply, "sedang dihitung ulang");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM jobs"), 1);
    shop_sql(shop, "DELETE FROM jobs");
    MUST(counter_set_active(shop_begin(shop), 3, 4, &err));
    shop_commit(shop);
    shop->now_ms += 11000;
    talk_press(ADMIN, "auc");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM jobs"), 1);
}

static void test_lists_and_a_person(void **state)
{
    NEEDS_SHOP();
    static const char hostile[] = "<b>&\"'\u202E🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉🎉";
    for (int64_t id = 1; id <= 20; id++)
        come(id, hostile, id % 2 ? "a_very_long_username_as_long_as_it" : NULL);
    const json_t *reply = talk_press(ADMIN, "aun:0");
    assert_true(talk_has_button(reply, "aud:20"));
    assert_true(talk_has_button(reply, "aun:12"));
    reply = talk_press(ADMIN, "aun:12");
    assert_true(talk_has_button(reply, "aud:12"));
    assert_true(talk_has_button(reply, "aun:-12"));
    talk_press(ADMIN, "aun:-12");
    talk_press(ADMIN, "aun:-9223372036854775808");
    assert_says(talk_press(ADMIN, "aub:0"), "Belum ada siapa-siapa");
    money(20, 12000);
    reply = talk_press(ADMIN, "aud:20");
    assert_says(reply, "Saldo: <b>Rp 12.000</b>");
    assert_says(reply, "&lt;b&gt;&amp;");
    assert_says(reply, "Bisa dihubungi");
    assert_says(talk_press(ADMIN, "auh:20:0"), "Rp 12.000");
    assert_alert(talk_press(ADMIN, "aud:4711"), "tidak ditemukan");
    assert_alert(talk_press(ADMIN, "auh:4711:0"), "tidak ditemukan");
    assert_alert(talk_press(ADMIN, "auk:4711:1"), "tidak ditemukan");
    assert_alert(talk_press(ADMIN, "auy:4711:1"), "tidak ditemukan");
    assert_alert(talk_press(ADMIN, "auj:4711"), "tidak ditemukan");
    assert_alert(talk_press(ADMIN, "aum:4711"), "tidak ditemukan");
}

static void test_a_long_history(void **state)
{
    NEEDS_SHOP();
    come(BUYER, "Budi", NULL);
    for (int i = 1; i <= 23; i++)
        money(BUYER, i);
    const json_t *reply = talk_press(ADMIN, "auh:%d:0", BUYER);
    assert_says(reply, "Rp 23<");
    int pages = 1;
    for (int64_t before = 14; before > 0; before -= 10, pages++)
        assert_non_null(talk_press(ADMIN, "auh:%d:%lld", BUYER, (long long)before));
    assert_says(talk_press(ADMIN, "auh:%d:1", BUYER), "Rp 23<"); /* nothing is before: the newest */
    assert_says(talk_press(ADMIN, "auh:%d:-5", BUYER), "Rp 23<");
}

static void test_searching(void **state)
{
    NEEDS_SHOP();
    for (int64_t id = 1; id <= 11; id++)
        come(100 + id, "Same", NULL);
    come(200, "Budi", "the_only_one");
    const json_t *reply = talk_press(ADMIN, "aus");
    assert_says(reply, "Cari User");
    reply = talk_text(ADMIN, "sa");
    assert_says(reply, "Hasil pencarian <b>sa</b>");
    assert_true(talk_has_button(reply, "aud:101"));
    assert_true(talk_has_button(reply, "aur:108:0"));
    reply = talk_press(ADMIN, "aur:108:0");
    assert_true(talk_has_button(reply, "aud:111"));
    assert_true(talk_has_button(reply, "aur:0:0"));
    /* the next text is another search, a command is none */
    assert_says(talk_text(ADMIN, "%"), "Tidak ada user");
    assert_says(talk_text(ADMIN, "@the_only"), "Budi");
    assert_says(talk_text(ADMIN, "/produk"), "Product A");
    assert_says(talk_text(ADMIN, "200"), "Budi");
    assert_says(talk_text(ADMIN, "<b>x"), "&lt;b&gt;x");
    struct update photo = talk_make_text(ADMIN, NULL);
    photo.photo_file_id = "photo";
    assert_says(talk_update(&photo), "ID Telegram");
    shop->now_ms += 31 * 60 * 1000;
    assert_says(talk_press(ADMIN, "aur:0:0"), "Kelola User"); /* over */
    /* what a buyer types is no search, whatever they were when they began one */
    talk_press(ADMIN, "aus");
    shop->tenant.admins = (struct key_ids){0};
    assert_null(strstr(talk_said(talk_text(ADMIN, "sa")), "Same"));
    static const int64_t admins[] = {ADMIN};
    shop->tenant.admins = (struct key_ids){1, admins};
}

static void test_shutting_out(void **state)
{
    NEEDS_SHOP();
    come(BUYER, "Budi", NULL);
    const json_t *reply = talk_press(ADMIN, "auk:%d:1", BUYER);
    assert_says(reply, "Blokir user ini?");
    reply = press(ADMIN, reply, "auy");
    assert_says(reply, "Diblokir toko sejak");
    assert_int_equal(logs("shut_out"), 1);
    assert_string_equal(talk_method(talk_press(BUYER, "a:0")), "answerCallbackQuery");
    /* the other admin's page is behind */
    reply = talk_press(OTHER_ADMIN, "auy:%d:1", BUYER);
    assert_says(reply, "Diblokir toko sejak");
    assert_int_equal(logs("shut_out"), 1);
    assert_true(talk_has_button(talk_press(ADMIN, "aub:0"), "aud:1001"));
    press(ADMIN, talk_press(ADMIN, "auk:%d:0", BUYER), "auy");
    assert_int_equal(logs("let_in"), 1);
    assert_says(talk_press(BUYER, "a:0"), "Product A");
    /* who runs the store */
    talk_text(OTHER_ADMIN, "/start");
    reply = talk_press(ADMIN, "aud:%d", OTHER_ADMIN);
    assert_says(reply, "Admin toko ini");
    assert_false(talk_has_button(reply, arena_printf(shop->arena, "auk:%d:1", OTHER_ADMIN)));
    talk_press(ADMIN, "auy:%d:1", OTHER_ADMIN);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM users WHERE barred_at IS NOT NULL"), 0);
}

static const json_t *adjust(int64_t admin, const char *amount, const char *note)
{
    talk_press(admin, "auj:%d", BUYER);
    talk_text(admin, amount);
    return talk_text(admin, note);
}

static void test_a_balance_is_changed(void **state)
{
    NEEDS_SHOP();
    come(BUYER, "Budi", NULL);
    money(BUYER, 7000);
    talk_press(ADMIN, "auj:%d", BUYER);
    static const char *const unread[] = {"10000", "abc", "+", "-", "+-5", "+0", "--5", "+1e3", "+10.00"};
    for (size_t i = 0; i < sizeof unread / sizeof unread[0]; i++)
        assert_says(talk_text(ADMIN, unread[i]), "Jumlah tidak terbaca");
    assert_says(talk_text(ADMIN, "-7001"), "Saldonya hanya Rp 7.000");
    assert_says(talk_text(ADMIN, "−5rb"), "alasannya");
    const json_t *reply = talk_text(ADMIN, "salah <b>isi</b>");
    assert_says(reply, "Rp 7.000 → <b>Rp 2.000</b>");
    assert_int_equal(balance_of(BUYER), 7000);
    talk_forget();
    reply = press(ADMIN, reply, "zk");
    assert_says(reply, "Saldo diubah <b>−Rp 5.000</b>");
    assert_int_equal(balance_of(BUYER), 2000);
    assert_int_equal(logs("adjust_balance"), 1);
    assert_non_null(talk_find(BUYER, "sendMessage", "salah &lt;b&gt;isi"));
    const char *save = data_of(adjust(ADMIN, "+10.000", "bonus"), "zk");
    talk_press(ADMIN, "%s", save);
    assert_int_equal(balance_of(BUYER), 12000);
    assert_alert(talk_press(ADMIN, "%s", save), "sudah berakhir");
    assert_int_equal(balance_of(BUYER), 12000);
}

/* What the first one left is not enough for the second one, who is asked again. */
static void test_two_admins_take_the_same_money(void **state)
{
    NEEDS_SHOP();
    come(BUYER, "Budi", NULL);
    money(BUYER, 7000);
    char first[65];
    snprintf(first, sizeof first, "%s", data_of(adjust(ADMIN, "-5000", "a"), "zk"));
    const char *second = data_of(adjust(OTHER_ADMIN, "-6000", "b"), "zk");
    talk_press(ADMIN, "%s", first);
    assert_int_equal(balance_of(BUYER), 2000);
    assert_says(talk_press(OTHER_ADMIN, "%s", second), "Saldonya hanya Rp 2.000");
    talk_text(OTHER_ADMIN, "-2000");
    talk_press(OTHER_ADMIN, "%s", second);
    assert_int_equal(balance_of(BUYER), 0);
}

static void test_a_message(void **state)
{
    NEEDS_SHOP();
    come(BUYER, "Budi", NULL);
    assert_says(talk_press(ADMIN, "aum:%d", BUYER), "Tulis pesan");
    const json_t *reply = talk_text(ADMIN, "Halo <b>kak</b>,\nada kabar?");
    assert_says(reply, "Pesan dari admin Kopi &lt;Digital&gt;");
    talk_forget();
    reply = press(ADMIN, reply, "zk");
    assert_says(reply, "Pesan dikirim");
    const struct sent *sent = talk_find(BUYER, "sendMessage", "Halo &lt;b&gt;kak&lt;/b&gt;,\nada kabar?");
    assert_non_null(sent);
    assert_false(sent->keep);
    assert_int_equal(logs("message"), 1);
    talk_report(sent, OUTBOX_VERDICT_SENT, 90);
    assert_null(talk_find(ADMIN, "sendMessage", "tidak sampai"));
}

static const struct sent *send_message(void)
{
    talk_press(ADMIN, "aum:%d", BUYER);
    const json_t *reply = talk_text(ADMIN, "Halo");
    talk_forget();
    press(ADMIN, reply, "zk");
    return talk_find(BUYER, "sendMessage", "Halo");
}

static void test_a_message_that_does_not_arrive(void **state)
{
    NEEDS_SHOP();
    come(BUYER, "Budi", NULL);
    talk_report(send_message(), OUTBOX_VERDICT_REFUSED, 0);
    assert_non_null(talk_find(ADMIN, "sendMessage", "Telegram menolaknya"));
    talk_report(send_message(), OUTBOX_VERDICT_BLOCKED, 0);
    assert_non_null(talk_find(ADMIN, "sendMessage", "memblokir bot"));
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM users WHERE NOT reachable"), 1);
    /* known by now: nothing is asked for, and a form that is open sends nothing */
    const json_t *reply = talk_press(ADMIN, "aum:%d", BUYER);
    assert_says(reply, "Memblokir bot ini");
    shop_sql(shop, "UPDATE users SET reachable = true");
    talk_press(ADMIN, "aum:%d", BUYER);
    reply = talk_text(ADMIN, "Halo");
    shop_sql(shop, "UPDATE users SET reachable = false");
    talk_forget();
    assert_says(press(ADMIN, reply, "zk"), "Pesan tidak dikirim");
    assert_int_equal(talk_sent_count(), 0);
}

static void test_only_for_admins(void **state)
{
    NEEDS_SHOP();
    static const char *const data[] = {"au",       "auc",        "aun:0",      "aub:0",
                                       "aus",      "aur:0:0",    "aud:1001",   "auj:1001",
                                       "aum:1001", "auh:1001:0", "auk:1001:1", "auy:1001:1"};
    talk_text(BUYER, "/start");
    int64_t before = shop_sql(shop, "SELECT count(*) FROM conversations");
    for (size_t i = 0; i < sizeof data / sizeof data[0]; i++)
        assert_null(strstr(talk_said(talk_press(BUYER, "%s", data[i])), "User"));
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM conversations"), before);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM users WHERE barred_at IS NOT NULL"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TALK_TEST(test_counts),
        TALK_TEST(test_lists_and_a_person),
        TALK_TEST(test_a_long_history),
        TALK_TEST(test_searching),
        TALK_TEST(test_shutting_out),
        TALK_TEST(test_a_balance_is_changed),
        TALK_TEST(test_two_admins_take_the_same_money),
        TALK_TEST(test_a_message),
        TALK_TEST(test_a_message_that_does_not_arrive),
        TALK_TEST(test_only_for_admins),
    };
    return cmocka_run_group_tests(tests, talk_set_up, talk_tear_down);
}

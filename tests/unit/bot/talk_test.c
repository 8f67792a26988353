#include "talk.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"

#define TALK_TEST(test) cmocka_unit_test_setup(test, talk_begin)

static int64_t seen(void)
{
    return shop_sql(shop, "SELECT count(*) FROM updates_seen");
}

static int64_t in_cart(int64_t person)
{
    return shop_sql(shop, "SELECT coalesce(sum(quantity), 0) FROM cart_items WHERE telegram_id = %lld",
                    (long long)person);
}

static void assert_says(const json_t *reply, const char *part)
{
    if (!strstr(talk_said(reply), part))
        fail_msg("\"%s\" is not in \"%s\"", part, talk_said(reply));
}

/* --- who and what is served --- */

/* /start itself sends two messages in order, by the sender; the welcome page is also behind the button "w".
 */
static void test_start_remembers_and_welcomes(void **state)
{
    NEEDS_SHOP();
    assert_null(talk_text(BUYER, "/start"));
    const json_t *reply = talk_press(BUYER, "w");
    assert_says(reply, "Budi &lt;b&gt;");
    assert_says(reply, "Kopi &lt;Digital&gt;");
    assert_true(talk_has_button(reply, "i") && talk_has_button(reply, "h") && talk_has_button(reply, "a:0"));
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM users WHERE telegram_id = %d AND reachable", BUYER),
                     1);
    assert_int_equal(seen(), 1);
}

static void test_reading_writes_nothing(void **state)
{
    NEEDS_SHOP();
    talk_press(BUYER, "a:0");
    talk_press(BUYER, "s:0");
    talk_text(BUYER, "🛍 Semua Produk");
    talk_text(BUYER, "/info");
    talk_press(BUYER, "p:%lld", (long long)product_a);
    talk_text(BUYER, "1️⃣");
    talk_press(BUYER, "c:%lld:0", (long long)shop_sql(shop, "SELECT id FROM categories"));
    talk_press(BUYER, "k");
    talk_press(BUYER, "m");
    talk_press(BUYER, "r");
    assert_int_equal(seen(), 0);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM users"), 0);
}

static void test_silence_for_groups_and_bots(void **state)
{
    NEEDS_SHOP();
    struct update update = talk_make_text(BUYER, "/start");
    update.chat_is_private = false;
    assert_null(talk_update(&update));
    update = talk_make_text(BUYER, "/start");
    update.from_is_bot = true;
    assert_null(talk_update(&update));
    update = talk_make_text(BUYER, "/start");
    update.kind = UPDATE_OTHER;
    assert_null(talk_update(&update));
    assert_int_equal(seen(), 0);
}

static void test_admin_page_is_for_admins(void **state)
{
    NEEDS_SHOP();
    assert_says(talk_text(ADMIN, "/admin"), "Admin Settings");
    assert_says(talk_text(OWNER, "⚙️ Admin Settings"), "Total stok: <b>7</b>");
    assert_says(talk_text(BUYER, "/admin"), "belum aku pahami");
    assert_says(talk_text(BUYER, "⚙️ Admin Settings"), "belum aku pahami");
}

static void test_what_is_above_ones_role_is_counted(void **state)
{
    NEEDS_SHOP();
    uint64_t before = bot_forged();
    talk_press(ADMIN, "dn:1");
    talk_press(BUYER, "w");
    talk_press(BUYER, "dn:1:2"); /* nothing that is in the tables */
    talk_text(BUYER, "/admins");
    assert_int_equal(bot_forged() - before, 0);
    talk_press(BUYER, "dn:1");
    talk_text(BUYER, "/admin@kopi_bot dc:1");
    talk_text(BUYER, "⚙️ Admin Settings");
    assert_int_equal(bot_forged() - before, 3);
}

static void test_odd_messages_get_a_friendly_line(void **state)
{
    NEEDS_SHOP();
    assert_says(talk_text(BUYER, "halo?"), "belum aku pahami");
    assert_says(talk_text(BUYER, "/foo"), "belum aku pahami");
    assert_says(talk_text(BUYER, "💰 Deposit"), "Saldo sekarang: <b>Rp 0</b>");
    struct update update = talk_make_text(BUYER, NULL);
    update.has_media = true;
    assert_says(talk_update(&update), "belum aku pahami");
    assert_says(talk_text(BUYER, "2"), "Product B");
    assert_says(talk_text(BUYER, "99"), "Semua Produk");
    assert_says(talk_press(BUYER, "zz:1"), "Kopi"); /* an old button: the menu */
    assert_says(talk_press(BUYER, "p:424242"), "Semua Produk");
    assert_says(talk_press(BUYER, "c:424242:0"), "Semua Produk");
}

/* --- the cart --- */

static void test_quantity_buttons(void **state)
{
    NEEDS_SHOP();
    long long a = product_a;
    const json_t *reply = talk_press(BUYER, "q:%lld:1:35000", a);
    assert_string_equal(talk_method(reply), "editMessageText");
    assert_says(reply, "Di keranjang: <b>1</b>");
    assert_says(reply, "Rp 35.000");
    reply = talk_press(BUYER, "q:%lld:2:35000", a);
    assert_says(reply, "Di keranjang: <b>3</b>");
    assert_says(reply, "Rp 105.000");
    assert_says(talk_press(BUYER, "q:%lld:10:35000", a), "Di keranjang: <b>5</b>"); /* the stock shown */
    assert_says(talk_press(BUYER, "q:%lld:-1:35000", a), "Di keranjang: <b>4</b>");
    assert_says(talk_press(BUYER, "p:%lld", a), "Di keranjang: <b>4</b>");
    assert_int_equal(in_cart(BUYER), 4);
    assert_int_equal(in_cart(OTHER), 0);
}

static void test_the_same_update_twice_counts_once(void **state)
{
    NEEDS_SHOP();
    struct update update =
        talk_make_press(BUYER, arena_printf(shop->arena, "q:%lld:1:35000", (long long)product_a));
    char data[40];
    strcpy(data, update.data);
    update.data = data;
    assert_says(talk_update(&update), "Di keranjang: <b>1</b>");
    assert_string_equal(talk_method(talk_update(&update)), "answerCallbackQuery");
    assert_int_equal(in_cart(BUYER), 1);
    struct update start = talk_make_text(BUYER, "/start");
    int64_t before = seen();
    for (int i = 0; i < 2; i++)
        assert_null(talk_update(&start));
    assert_int_equal(seen(), before + 1);
}

static void test_changes_nobody_offered(void **state)
{
    NEEDS_SHOP();
    static const char *const changes[] = {"q:%lld:3:35000", "q:%lld:-2:35000", "q:%lld:0:35000",
                                          "q:%lld:9223372036854775807:35000", "q:%lld:1:1"};
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        char data[80];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(data, sizeof data, changes[i], (long long)product_a);
#pragma GCC diagnostic pop
        assert_says(talk_press(BUYER, "%s", data), "Di keranjang: <b>0</b>");
    }
    assert_int_equal(in_cart(BUYER), 0);
    assert_int_equal(seen(), 0);
}

/* Several people's taps in one transaction: each counts as if it had come alone. */
static void test_taps_that_share_a_transaction(void **state)
{
    NEEDS_SHOP();
    char plus[40], stale[40];
    snprintf(plus, sizeof plus, "q:%lld:1:35000", (long long)product_a);
    snprintf(stale, sizeof stale, "q:%lld:1:34000", (long long)product_a);
    struct update all[] = {talk_make_press(OTHER, plus), talk_make_press(BUYER, plus),
                           talk_make_press(BUYER, stale), talk_make_press(BUYER, plus),
                           talk_make_press(ADMIN, "q:999999:1:35000")};
    static const char *const said[] = {"Di keranjang: <b>1</b>", "Di keranjang: <b>1</b>",
                                       "Di keranjang: <b>2</b>", "Di keranjang: <b>2</b>", "Semua Produk"};
    enum { COUNT = sizeof all / sizeof all[0] };
    const struct update *updates[COUNT];
    const char *replies[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        assert_true(bot_can_share(&all[i]));
        updates[i] = &all[i];
    }
    MUST(bot_handle_shared(shop_task(shop), updates, COUNT, replies, &err));
    for (size_t i = 0; i < COUNT; i++)
        assert_non_null(strstr(replies[i], said[i]));
    assert_int_equal(in_cart(OTHER), 1);
    assert_int_equal(in_cart(BUYER), 2);

    /* one that came before takes the others along: nothing stays, and alone each is right */
    struct update fresh = talk_make_press(OTHER, plus);
    updates[0] = &fresh;
    struct error err;
    assert_false(bot_handle_shared(shop_task(shop), updates, 2, replies, &err));
    assert_int_equal(in_cart(OTHER), 1);
    assert_says(talk_update(&fresh), "Di keranjang: <b>2</b>");
    assert_string_equal(talk_method(talk_update(&all[1])), "answerCallbackQuery");
    assert_int_equal(in_cart(BUYER), 2);
}

static void test_only_taps_on_quantities_share(void **state)
{
    static const char *const data[] = {"a:0", "y:qris", "x:1", "e", "q:1:1", "q:1:1:1:1", "q:1:1:x", "", "k"};
    for (size_t i = 0; i < sizeof data / sizeof data[0]; i++) {
        struct update update = talk_make_press(BUYER, data[i]);
        assert_false(bot_can_share(&update));
    }
    struct update update = talk_make_press(BUYER, "q:1:1:1");
    assert_true(bot_can_share(&update));
    update.from_is_bot = true;
    assert_false(bot_can_share(&update));
    update = talk_make_text(BUYER, "q:1:1:1");
    assert_false(bot_can_share(&update));
}

static void set_price(int64_t price)
{
    shop_sql(shop, "UPDATE products SET price = %lld WHERE id = %lld", (long long)price,
             (long long)product_a);
    catalogue_forget(shop_task(shop));
}

static void test_a_changed_price_is_shown_before_it_counts(void **state)
{
    NEEDS_SHOP();
    talk_press(BUYER, "q:%lld:1:35000", (long long)product_a);
    set_price(40000);
    const json_t *reply = talk_press(BUYER, "q:%lld:1:35000", (long long)product_a);
    assert_says(reply, "Harga: <b>Rp 40.000</b>");
    assert_says(reply, "Di keranjang: <b>1</b>");
    assert_int_equal(in_cart(BUYER), 1);
    /* The method page shows the cart at its new price instead; only then it can be paid. */
    reply = talk_press(BUYER, "m");
    assert_says(reply, "Rp 35.000 → <b>Rp 40.000</b>");
    assert_says(talk_press(BUYER, "m"), "Pilih metode pembayaran");
    set_price(45000);
    assert_says(talk_press(BUYER, "y:qris"), "Rp 40.000 → <b>Rp 45.000</b>");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM orders"), 0);
}

static void test_a_product_gone_from_the_cart(void **state)
{
    NEEDS_SHOP();
    talk_press(BUYER, "q:%lld:1:35000", (long long)product_a);
    talk_press(BUYER, "q:%lld:1:1500", (long long)product_b);
    shop_sql(shop, "UPDATE products SET hidden = true WHERE id = %lld", (long long)product_a);
    catalogue_forget(shop_task(shop));
    const json_t *reply = talk_press(BUYER, "k");
    assert_says(reply, "1 produk sudah tidak dijual");
    assert_says(reply, "Rp 1.500");
    assert_int_equal(in_cart(BUYER), 1);
}

static void test_cart_page_and_emptying_it(void **state)
{
    NEEDS_SHOP();
    assert_says(talk_press(BUYER, "k"), "masih kosong");
    assert_says(talk_press(BUYER, "m"), "masih kosong");
    assert_says(talk_press(BUYER, "y:qris"), "masih kosong");
    talk_press(BUYER, "q:%lld:2:35000", (long long)product_a);
    const json_t *reply = talk_press(BUYER, "k");
    assert_says(reply, "2 × Rp 35.000 = <b>Rp 70.000</b>");
    assert_true(talk_has_button(reply, "m") && talk_has_button(reply, "e"));
    reply = talk_press(BUYER, "m");
    assert_says(reply, "± Rp 800"); /* 70,000 x 0.7 % + 310 */
    assert_says(reply, "± Rp 70.800");
    assert_true(talk_has_button(reply, "y:qris") && talk_has_button(reply, "v"));
    assert_says(talk_press(BUYER, "v"), "masih tersimpan");
    assert_int_equal(in_cart(BUYER), 2);
    assert_says(talk_press(BUYER, "e"), "dikosongkan");
    assert_int_equal(in_cart(BUYER), 0);
}

static void test_units_that_are_not_there(void **state)
{
    NEEDS_SHOP();
    talk_press(BUYER, "q:%lld:5:35000", (long long)product_a);
    talk_press(OTHER, "q:%lld:2:35000", (long long)product_a);
    talk_press(OTHER, "y:qris");
    const json_t *reply = talk_press(BUYER, "y:qris");
    assert_says(reply, "tinggal <b>3</b>");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM orders"), 1);
    assert_int_equal(in_cart(BUYER), 5);
}

static void test_an_amount_qris_does_not_take(void **state)
{
    NEEDS_SHOP();
    set_price(6000000);
    talk_press(BUYER, "q:%lld:2:6000000", (long long)product_a);
    assert_says(talk_press(BUYER, "m"), "Rp 12.000.000 tidak bisa dibayar");
    assert_says(talk_press(BUYER, "y:qris"), "Rp 12.000.000 tidak bisa dibayar");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM orders"), 0);
    assert_says(talk_press(BUYER, "y:payment_link"),
                "tidak bisa dibayar"); /* not offered: the method page, which says so */
}

/* --- people --- */

static void test_blocking_and_coming_back(void **state)
{
    NEEDS_SHOP();
    talk_text(BUYER, "/start");
    struct update update = talk_make_text(BUYER, NULL);
    update.kind = UPDATE_MY_CHAT_MEMBER;
    update.blocked = true;
    assert_null(talk_update(&update));
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM users WHERE reachable"), 0);
    update.update_id = talk_next_id();
    update.blocked = false;
    assert_null(talk_update(&update));
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM users WHERE reachable"), 1);
}

static void test_spam_is_reported_to_admins_only(void **state)
{
    NEEDS_SHOP();
    struct update update = talk_make_text(BUYER, "x");
    MUST(bot_report_spam(shop_task(shop), &update, &err));
    work_end(&shop->work);
    assert_int_equal(talk_sent_count(), 1);
    assert_non_null(talk_find(ADMIN, "sendMessage", "<a href=\"tg://user?id=1001\">"));
    assert_non_null(talk_find(ADMIN, "sendMessage", "Budi &lt;b&gt;"));
}

/* --- updates that fail --- */

static void test_the_fifth_failure_parks(void **state)
{
    NEEDS_SHOP();
    struct update update = talk_make_text(BUYER, "/start");
    struct error why = {.code = ERR_INTERNAL};
    strcpy(why.text, "something <broke>");
    for (int attempt = 1; attempt <= 6; attempt++) {
        bool parked = false;
        MUST(bot_note_failure(shop_task(shop), &update, "{\"secret\":1}", 12, &why, &parked, &err));
        work_end(&shop->work);
        assert_int_equal(parked, attempt >= 5);
        assert_int_equal(talk_sent_count(), attempt >= 5 ? 1 : 0); /* told once */
    }
    assert_non_null(talk_find(ADMIN, "sendMessage", "something &lt;broke&gt;"));
    assert_int_equal(
        shop_sql(shop, "SELECT count(*) FROM updates_failed WHERE attempts = 6 AND parked_at IS NOT NULL"),
        1);
    assert_int_equal(
        shop_sql(shop, "SELECT count(*) FROM updates_failed WHERE body LIKE '%%secret%%'::bytea"), 0);
    assert_null(talk_update(&update)); /* Telegram sends it once more: handled */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TALK_TEST(test_start_remembers_and_welcomes),
        TALK_TEST(test_reading_writes_nothing),
        TALK_TEST(test_silence_for_groups_and_bots),
        TALK_TEST(test_admin_page_is_for_admins),
        TALK_TEST(test_what_is_above_ones_role_is_counted),
        TALK_TEST(test_odd_messages_get_a_friendly_line),
        TALK_TEST(test_quantity_buttons),
        TALK_TEST(test_the_same_update_twice_counts_once),
        TALK_TEST(test_changes_nobody_offered),
        TALK_TEST(test_taps_that_share_a_transaction),
        TALK_TEST(test_only_taps_on_quantities_share),
        TALK_TEST(test_a_changed_price_is_shown_before_it_counts),
        TALK_TEST(test_a_product_gone_from_the_cart),
        TALK_TEST(test_cart_page_and_emptying_it),
        TALK_TEST(test_units_that_are_not_there),
        TALK_TEST(test_an_amount_qris_does_not_take),
        TALK_TEST(test_blocking_and_coming_back),
        TALK_TEST(test_spam_is_reported_to_admins_only),
        TALK_TEST(test_the_fifth_failure_parks),
    };
    return cmocka_run_group_tests(tests, talk_set_up, talk_tear_down);
}

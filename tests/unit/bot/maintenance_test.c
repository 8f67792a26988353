/* A store that is closed for maintenance: buyers are told so, what is theirs goes on, admins work. */
#include "talk.h"

#include <stdio.h>
#include <string.h>

#include "store/settings.h"

#define TALK_TEST(test) cmocka_unit_test_setup(test, talk_begin)
#define CLOSED          "sedang dirapikan"

static void assert_says(const json_t *reply, const char *part)
{
    if (!strstr(talk_said(reply), part))
        fail_msg("\"%s\" is not in \"%s\"", part, talk_said(reply));
}

static void assert_not(const json_t *reply, const char *part)
{
    if (strstr(talk_said(reply), part))
        fail_msg("\"%s\" is in \"%s\"", part, talk_said(reply));
}

/* By the admin's form, with a note (NULL: none). */
static void close_store(const char *note)
{
    talk_press(ADMIN, "axn");
    long long number =
        (long long)shop_sql(shop, "SELECT ref FROM conversations WHERE telegram_id = %d", ADMIN);
    if (note)
        talk_text(ADMIN, note);
    else
        talk_press(ADMIN, "zs:%lld:0", number);
    assert_says(talk_press(ADMIN, "zk:%lld:1", number), "<b>aktif</b>");
}

static int64_t written(void)
{
    return shop_sql(shop, "SELECT (SELECT count(*) FROM orders) + (SELECT count(*) FROM cart_items)"
                          " + (SELECT count(*) FROM deposits) + (SELECT count(*) FROM conversations)"
                          " + (SELECT count(*) FROM updates_seen)");
}

static void test_every_button_leads_to_one_page(void **state)
{
    NEEDS_SHOP();
    auto_arena struct arena *arena = arena_new();
    size_t held = 0;
    talk_text(BUYER, "/start");
    close_store("Buka lagi jam <9>");
    int64_t before = written();
    for (size_t i = 0; i < callback_row_count; i++) {
        const char *data = talk_data_of(arena, &callback_rows[i]);
        if (callback_rows[i].route.theirs)
            continue;
        const json_t *reply = talk_press(BUYER, "%s", data);
        assert_string_equal(talk_method(reply), "editMessageText");
        assert_says(reply, CLOSED);
        held++;
    }
    assert_true(held > 20);
    static const char *const typed[] = {"/produk",           "/admin", "1️⃣",
                                        "🛍 Semua Produk", "/stok",  "/deposit"};
    for (size_t i = 0; i < sizeof typed / sizeof typed[0]; i++)
        assert_says(talk_text(BUYER, typed[i]), CLOSED);
    assert_says(talk_press(BUYER, "what is this"), "Buka lagi jam &lt;9&gt;");
    assert_int_equal(written(), before);
    assert_true(talk_has_button(talk_press(BUYER, "w"), "o:0"));
}

static void test_what_is_typed_and_who_is_new(void **state)
{
    NEEDS_SHOP();
    close_store(NULL);
    assert_says(talk_text(BUYER, "halo"), CLOSED);
    assert_says(talk_text(BUYER, "5"), CLOSED);
    assert_says(talk_text(OTHER, "/start"), CLOSED);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM users WHERE telegram_id = %d", OTHER), 1);
}

static void test_admins_work(void **state)
{
    NEEDS_SHOP();
    close_store(NULL);
    assert_says(talk_text(ADMIN, "/produk"), "Product A");
    assert_says(talk_text(OWNER, "/produk"), "Product A");
    char plus[64];
    snprintf(plus, sizeof plus, "q:%lld:1:35000", (long long)product_a);
    struct update taps[] = {talk_make_press(BUYER, plus), talk_make_press(ADMIN, plus),
                            talk_make_press(OTHER, plus)};
    const struct update *updates[] = {&taps[0], &taps[1], &taps[2]};
    const char *replies[3];
    struct work *work = shop_task(shop);
    settings_forget(work);
    settings_apply(work);
    MUST(bot_handle_shared(work, updates, 3, replies, &err));
    assert_non_null(strstr(replies[0], CLOSED));
    assert_non_null(strstr(replies[1], "Di keranjang: <b>1</b>"));
    assert_non_null(strstr(replies[2], CLOSED));
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM cart_items"), 1);
}

static void test_an_open_invoice_is_paid_and_fetched(void **state)
{
    NEEDS_SHOP();
    int64_t order = talk_order(BUYER);
    talk_invoice(order);
    close_store(NULL);
    talk_forget();
    talk_pay(order);
    const struct sent *delivery = talk_find(BUYER, "sendMessage", "<pre>A-1\nA-2</pre>");
    assert_non_null(delivery);
    talk_report(delivery, OUTBOX_VERDICT_SENT, 90);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM orders WHERE state = 'completed'"), 1);
    assert_says(talk_text(BUYER, "/pesanan"), "Product A");
    talk_forget();
    talk_press(BUYER, "g:%lld", (long long)order);
    assert_non_null(talk_find(BUYER, "sendMessage", "<pre>A-1\nA-2</pre>"));
    assert_says(talk_press(BUYER, "ob:%lld", (long long)order), CLOSED);
    talk_press(BUYER, "t:%lld", (long long)shop_sql(shop, "SELECT id FROM terms"));
    talk_text(BUYER, "done, see");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM terms WHERE state = 'fulfilled'"), 1);
}

static void test_opened_again(void **state)
{
    NEEDS_SHOP();
    close_store("catatan lama");
    assert_true(talk_has_button(talk_press(ADMIN, "axm"), "axo:1"));
    talk_press(OWNER, "axo:0"); /* of a page from before */
    assert_says(talk_text(BUYER, "/produk"), CLOSED);
    talk_press(OWNER, "axo:1");
    assert_not(talk_text(BUYER, "/produk"), CLOSED);
    talk_press(OWNER, "axo:1"); /* again */
    close_store(NULL);
    assert_not(talk_text(BUYER, "/produk"), "catatan lama");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM admin_logs WHERE after->>'key' = 'maintenance'"),
                     3);
    assert_int_equal(
        shop_sql(shop, "SELECT count(*) FROM admin_logs WHERE after->>'key' = 'maintenance.note'"), 2);
}

static void test_a_note_is_changed_meanwhile(void **state)
{
    NEEDS_SHOP();
    talk_press(ADMIN, "axn");
    long long number =
        (long long)shop_sql(shop, "SELECT ref FROM conversations WHERE telegram_id = %d", ADMIN);
    talk_text(ADMIN, "satu");
    talk_press(OWNER, "axn");
    long long other =
        (long long)shop_sql(shop, "SELECT ref FROM conversations WHERE telegram_id = %d", OWNER);
    talk_text(OWNER, "dua");
    talk_press(OWNER, "zk:%lld:1", other);
    assert_says(talk_press(ADMIN, "zk:%lld:1", number), "sudah berubah");
    assert_says(talk_text(BUYER, "/produk"), "dua");
}

static void test_a_note_that_is_too_long(void **state)
{
    NEEDS_SHOP();
    char note[502];
    memset(note, 'x', sizeof note - 1);
    note[sizeof note - 1] = '\0';
    talk_press(ADMIN, "axn");
    assert_says(talk_text(ADMIN, note), "paling banyak 500");
    assert_says(talk_text(ADMIN, note + 1), "Aktifkan sekarang");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TALK_TEST(test_every_button_leads_to_one_page),
        TALK_TEST(test_what_is_typed_and_who_is_new),
        TALK_TEST(test_admins_work),
        TALK_TEST(test_an_open_invoice_is_paid_and_fetched),
        TALK_TEST(test_opened_again),
        TALK_TEST(test_a_note_is_changed_meanwhile),
        TALK_TEST(test_a_note_that_is_too_long),
    };
    return cmocka_run_group_tests(tests, talk_set_up, talk_tear_down);
}

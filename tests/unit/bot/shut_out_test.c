/* Somebody whom an admin shut out: nothing is sold or shown to them, and what is theirs stays theirs. */
#include "talk.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "bot/routes.h"
#include "store/bar.h"

#define TALK_TEST(test) cmocka_unit_test_setup(test, talk_begin)
#define REFUSED         "tidak bisa berbelanja"

static void shut_out(int64_t person, bool out)
{
    MUST(bar_put(shop_begin(shop), ADMIN, person, out, &err));
    shop_commit(shop);
}

static void assert_says(const json_t *reply, const char *part)
{
    if (!strstr(talk_said(reply), part))
        fail_msg("%s does not say %s", talk_said(reply), part);
}

static void assert_refused(const json_t *reply, const char *data)
{
    if (strcmp(talk_method(reply), "answerCallbackQuery") != 0 || !strstr(talk_said(reply), REFUSED))
        fail_msg("%s: %s says %s", data, talk_method(reply), talk_said(reply));
}

static int64_t books(void)
{
    return shop_sql(shop, "SELECT (SELECT count(*) FROM orders) + (SELECT count(*) FROM cart_items)"
                          " + (SELECT count(*) FROM deposits) + (SELECT count(*) FROM conversations)"
                          " + (SELECT count(*) FROM updates_seen)");
}

static void test_every_button_is_refused(void **state)
{
    NEEDS_SHOP();
    auto_arena struct arena *arena = arena_new();
    size_t refused = 0;
    talk_text(BUYER, "/start");
    shut_out(BUYER, true);
    int64_t before = books();
    for (size_t i = 0; i < callback_row_count; i++) {
        const char *data = talk_data_of(arena, &callback_rows[i]);
        if (callback_rows[i].route.theirs)
            continue;
        assert_refused(talk_press(BUYER, "%s", data), data);
        refused++;
    }
    assert_refused(talk_press(BUYER, "what is this"), "what is this");
    assert_true(refused > 20);
    assert_int_equal(books(), before);
}

static void test_what_is_typed_is_answered_now_and_then(void **state)
{
    NEEDS_SHOP();
    talk_text(BUYER, "/start");
    shut_out(BUYER, true);
    const json_t *reply = talk_text(BUYER, "📋 Semua Produk");
    assert_says(reply, REFUSED);
    assert_true(talk_has_button(reply, "o:0"));
    static const char *const silence[] = {"/produk", "/stok",   "/keranjang", "/deposit", "/info", "/bantuan",
                                          "/admin",  "1️⃣", "1",          "halo",     "/start"};
    for (size_t i = 0; i < sizeof silence / sizeof silence[0]; i++)
        assert_string_equal(talk_method(talk_text(BUYER, silence[i])), "");
    shop->now_ms += 600000;
    assert_says(talk_text(BUYER, "halo"), REFUSED);
    /* others don't notice */
    assert_says(talk_text(OTHER, "/produk"), "Product A");
    shut_out(BUYER, false);
    assert_says(talk_text(BUYER, "/produk"), "Product A");
}

static void test_taps_that_share_a_transaction(void **state)
{
    NEEDS_SHOP();
    char plus[64];
    snprintf(plus, sizeof plus, "q:%lld:1:35000", (long long)product_a);
    talk_text(BUYER, "/start");
    shut_out(BUYER, true);
    talk_text(OTHER, "/start");
    struct update taps[] = {talk_make_press(BUYER, plus), talk_make_press(OTHER, plus),
                            talk_make_press(BUYER, plus)};
    const struct update *updates[] = {&taps[0], &taps[1], &taps[2]};
    const char *replies[3];
    MUST(bot_handle_shared(shop_task(shop), updates, 3, replies, &err));
    assert_non_null(strstr(replies[0], REFUSED));
    assert_non_null(strstr(replies[1], "Di keranjang: <b>1</b>"));
    assert_non_null(strstr(replies[2], REFUSED));
    const struct update *alone[] = {&taps[0]};
    MUST(bot_handle_shared(shop_task(shop), alone, 1, replies, &err));
    assert_non_null(strstr(replies[0], REFUSED));
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM cart_items"), 1);
}

static void test_an_open_invoice_settles_and_is_delivered(void **state)
{
    NEEDS_SHOP();
    int64_t order = talk_order(BUYER);
    talk_invoice(order);
    shut_out(BUYER, true);
    talk_forget();
    talk_pay(order);
    const struct sent *delivery = talk_find(BUYER, "sendMessage", "<pre>A-1\nA-2</pre>");
    assert_non_null(delivery);
    talk_report(delivery, OUTBOX_VERDICT_SENT, 90);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM orders WHERE state = 'completed'"), 1);
    /* and may be looked at and fetched again */
    const json_t *reply = talk_text(BUYER, "/pesanan");
    assert_says(reply, "Product A");
    assert_says(talk_press(BUYER, "od:%lld", (long long)order), "Product A");
    talk_forget();
    talk_press(BUYER, "g:%lld", (long long)order);
    assert_non_null(talk_find(BUYER, "sendMessage", "<pre>A-1\nA-2</pre>"));
    assert_refused(talk_press(BUYER, "ob:%lld", (long long)order), "ob");
}

static void test_an_open_invoice_can_be_cancelled(void **state)
{
    NEEDS_SHOP();
    int64_t order = talk_order(BUYER);
    talk_invoice(order);
    shut_out(BUYER, true);
    talk_press(BUYER, "x:%lld", (long long)order);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM orders WHERE state = 'cancelled'"), 1);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM stock_units WHERE state = 'reserved'"), 0);
}

/* The proof for terms of what was bought is theirs to give, a code for the cart is not. */
static void test_answers_to_what_was_asked_before(void **state)
{
    NEEDS_SHOP();
    int64_t order = talk_order(BUYER);
    talk_invoice(order);
    talk_pay(order);
    shut_out(BUYER, true);
    talk_press(BUYER, "t:%lld", (long long)shop_sql(shop, "SELECT id FROM terms"));
    talk_forget();
    talk_text(BUYER, "done, see");
    assert_non_null(talk_find(ADMIN, "sendMessage", "done, see"));
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM terms WHERE state = 'fulfilled'"), 1);
    shut_out(BUYER, false);
    talk_press(BUYER, "q:%lld:1:35000", (long long)product_a);
    talk_press(BUYER, "ku");
    shut_out(BUYER, true);
    assert_says(talk_text(BUYER, "HEMAT"), REFUSED);
}

static void test_who_comes_back_gets_what_was_held(void **state)
{
    NEEDS_SHOP();
    talk_text(BUYER, "/start");
    shut_out(BUYER, true);
    struct update update = talk_make_text(BUYER, NULL);
    update.kind = UPDATE_MY_CHAT_MEMBER;
    update.blocked = true;
    talk_update(&update);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM users WHERE NOT reachable"), 1);
    talk_text(BUYER, "/start");
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM users WHERE NOT reachable"), 0);
}

/* However it came to be in the table. */
static void test_who_runs_the_store_is_never_shut_out(void **state)
{
    NEEDS_SHOP();
    talk_text(ADMIN, "/start");
    shop_sql(shop, "UPDATE users SET barred_at = now()");
    catalogue_forget(shop_task(shop));
    assert_says(talk_text(ADMIN, "/produk"), "Product A");
    char plus[64];
    snprintf(plus, sizeof plus, "q:%lld:1:35000", (long long)product_a);
    struct update tap = talk_make_press(ADMIN, plus);
    const struct update *updates[] = {&tap};
    const char *replies[1];
    MUST(bot_handle_shared(shop_task(shop), updates, 1, replies, &err));
    assert_non_null(strstr(replies[0], "Di keranjang: <b>1</b>"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TALK_TEST(test_every_button_is_refused),
        TALK_TEST(test_what_is_typed_is_answered_now_and_then),
        TALK_TEST(test_taps_that_share_a_transaction),
        TALK_TEST(test_an_open_invoice_settles_and_is_delivered),
        TALK_TEST(test_an_open_invoice_can_be_cancelled),
        TALK_TEST(test_answers_to_what_was_asked_before),
        TALK_TEST(test_who_comes_back_gets_what_was_held),
        TALK_TEST(test_who_runs_the_store_is_never_shut_out),
    };
    return cmocka_run_group_tests(tests, talk_set_up, talk_tear_down);
}

#include "bench.h"

#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "bot/admin/admin.h"
#include "bot/bot.h"
#include "bot/buyer/basket.h"
#include "bot/buyer/buyer.h"
#include "bot/buyer/coupons.h"
#include "bot/buyer/purchase_page.h"

static turn_handler *const pages[] = {
    start_home, start_information, start_how_to_order, start_help,  start_old_button,
    browse_all, browse_categories, browse_stock,       paying_drop,
};
enum { PAGES = sizeof pages / sizeof pages[0] };

/* Names made to break a page: markup, quotes, emoji that count double, right-to-left marks, line breaks, and
 * far too long. */
static const char *hostile(struct arena *arena, size_t rounds)
{
    struct str s = STR_INIT(arena);
    for (size_t i = 0; i < rounds; i++)
        str_add(&s, "</b><a href=\"x\">&amp;{nama}'\"😀\u202e\u2069\u2067\nلا");
    return str_done(&s);
}

static void check_all(const char *language, size_t categories, size_t products, const char *name)
{
    for (size_t i = 0; i < PAGES; i++) {
        for (int is_callback = 0; is_callback < 2; is_callback++) {
            struct bench *bench = bench_open(language, categories, products, name);
            struct error err;
            bench->turn.role = ROLE_ADMIN;
            bench->update.kind = is_callback ? UPDATE_CALLBACK : UPDATE_MESSAGE;
            bench->update.callback_id = "1";
            bench->update.data = "";
            bench->turn.numbers[0] = 1;
            assert_true(pages[i](&bench->turn, &err));
            json_t *reply = bench_reply(bench);
            json_decref(reply);
            bench_close(&bench);
        }
    }
}

static void test_pages_fit_whatever_the_names(void **state)
{
    auto_arena struct arena *arena = arena_new();
    static const size_t rounds[] = {1, 3, 200};
    for (size_t i = 0; i < sizeof rounds / sizeof rounds[0]; i++) {
        check_all("id", 30, 9, hostile(arena, rounds[i]));
        check_all("en", 1, 1, hostile(arena, rounds[i]));
    }
    check_all("id", 0, 0, "x");
    check_all("id", 3, 2, "x");
}

static void test_names_are_shown_as_typed(void **state)
{
    struct bench *bench = bench_open("id", 1, 2, "A <b>&\"B");
    struct error err;
    assert_true(browse_all(&bench->turn, &err));
    json_t *reply = bench_reply(bench);
    assert_non_null(
        strstr(json_string_value(json_object_get(reply, "text")), "<b>1. A &lt;b&gt;&amp;&quot;B</b>"));
    json_decref(reply);
    bench_close(&bench);
}

static void test_page_numbers_are_held_to_what_there_is(void **state)
{
    static const int64_t asked[] = {INT64_MIN, -1, 0, 1, 2, 3, INT64_MAX};
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        struct bench *bench = bench_open("id", 2, 9, "x");
        struct error err;
        bench->turn.numbers[0] = asked[i];
        assert_true(browse_all(&bench->turn, &err));
        json_t *reply = bench_reply(bench);
        json_decref(reply);
        bench->turn.numbers[0] = asked[i];
        assert_true(browse_stock(&bench->turn, &err));
        json_decref(bench_reply(bench));
        bench_close(&bench);
    }
}

static const char *method_of(struct bench *bench, turn_handler *handler)
{
    static char method[40];
    struct error err;
    assert_true(handler(&bench->turn, &err));
    json_t *reply = bench_reply(bench);
    strcpy(method, json_string_value(json_object_get(reply, "method")));
    json_decref(reply);
    return method;
}

static void test_a_page_edits_where_it_can(void **state)
{
    struct bench *bench = bench_open("id", 1, 1, "x");
    assert_string_equal(method_of(bench, start_home), "sendMessage");
    bench->update.kind = UPDATE_CALLBACK;
    bench->update.callback_id = "77";
    assert_string_equal(method_of(bench, start_home), "editMessageText");
    assert_string_equal(method_of(bench, start_nothing), "answerCallbackQuery");
    bench->update.message_has_photo = true;
    assert_string_equal(method_of(bench, start_home), "sendMessage");
    bench->update.message_has_photo = false;
    bench->update.message_has_media = true; /* a document that has a button: it stays as it is */
    assert_string_equal(method_of(bench, start_home), "sendMessage");
    bench->update.message_has_media = false;
    bench->update.message_id = 0;
    assert_string_equal(method_of(bench, start_home), "sendMessage");
    assert_string_equal(method_of(bench, start_help), "sendMessage"); /* brings a keyboard: never an edit */
    bench_close(&bench);
}

/* What a page with a picture, or without, becomes on each sort of message. */
static void test_pictures_come_and_go(void **state)
{
    static const struct {
        bool picture, known, on_photo, on_page, keeps;
        const char *method;
    } cases[] = {
        {.picture = true, .method = "sendPhoto"},
        {.picture = true, .known = true, .method = "editMessageMedia"},
        {.picture = true, .known = true, .on_page = true, .method = "editMessageMedia"},
        {.picture = true, .known = true, .on_photo = true, .on_page = true, .method = "editMessageMedia"},
        {.picture = true,
         .known = true,
         .on_photo = true,
         .on_page = true,
         .keeps = true,
         .method = "editMessageCaption"},
        {.picture = true, .known = true, .on_page = true, .keeps = true, .method = "editMessageMedia"},
        {.picture = true, .known = true, .on_photo = true, .method = "sendPhoto"}, /* an invoice stays */
        {.known = true, .on_page = true, .method = "editMessageText"},
        {.known = true, .on_photo = true, .on_page = true, .method = "sendMessage"},
        {.known = true, .on_photo = true, .method = "sendMessage"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bench *bench = bench_open("id", 1, 1, "x");
        struct page *page = &bench->turn.page;
        bench->update.kind = UPDATE_CALLBACK;
        bench->update.callback_id = "77";
        bench->update.message_id = cases[i].known ? 5 : 0;
        bench->update.message_has_photo = cases[i].on_photo;
        page->on_page = cases[i].on_page;
        if (cases[i].picture)
            page_show_photo(&bench->work, page, "AgAC", "<b>a</b>", NULL);
        else
            page_show(&bench->work, page, "<b>a</b>", NULL);
        page->keeps_photo = cases[i].keeps;
        json_t *reply = bench_reply(bench);
        if (!str_equal(json_string_value(json_object_get(reply, "method")), cases[i].method))
            fail_msg("%zu: %s", i, json_string_value(json_object_get(reply, "method")));
        bool edits = strncmp(cases[i].method, "edit", 4) == 0;
        assert_int_equal(json_integer_value(json_object_get(reply, "message_id")), edits ? 5 : 0);
        const json_t *media = json_object_get(reply, "media");
        assert_string_equal(json_string_value(json_object_get(media ? media : reply, "parse_mode")), "HTML");
        if (media)
            assert_string_equal(json_string_value(json_object_get(media, "media")), "AgAC");
        json_decref(reply);
        bench_close(&bench);
    }
}

static size_t text_buttons(json_t *reply, const char *label)
{
    size_t i, j, found = 0;
    json_t *row, *button;
    json_array_foreach(json_object_get(json_object_get(reply, "reply_markup"), "keyboard"), i, row)
    {
        json_array_foreach(row, j, button) found +=
            str_equal(json_string_value(json_object_get(button, "text")), label);
    }
    return found;
}

static void test_the_reply_keyboard_goes_by_role(void **state)
{
    static const enum role roles[] = {ROLE_BUYER, ROLE_ADMIN};
    for (size_t i = 0; i < 2; i++) {
        struct bench *bench = bench_open("id", 3, 4, "x");
        struct error err;
        bench->turn.role = roles[i];
        assert_true(start_help(&bench->turn, &err));
        json_t *reply = bench_reply(bench);
        assert_int_equal(text_buttons(reply, "🛍 Semua Produk"), 1);
        assert_int_equal(text_buttons(reply, "🔟"), 1);
        assert_int_equal(text_buttons(reply, "1️⃣1️⃣"), 0);
        assert_int_equal(text_buttons(reply, "💰 Deposit"), 1);
        assert_int_equal(text_buttons(reply, "⚙️ Admin Settings"), roles[i] == ROLE_ADMIN);
        json_decref(reply);
        bench_close(&bench);
    }
}

static void test_a_large_cart_fits(void **state)
{
    auto_arena struct arena *arena = arena_new();
    struct bench *bench = bench_open("id", 10, 50, hostile(arena, 4));
    struct basket_item *items = ARENA_ARRAY(bench->arena, struct basket_item, 500);
    for (size_t i = 0; i < 500; i++)
        items[i] = (struct basket_item){.product = &bench->catalogue.products[i], .quantity = 1000};
    const struct basket basket = {
        .count = 500, .items = items, .quantity = 500000, .total = 500000000000000, .notes = ""};
    basket_show(&bench->turn, &basket);
    json_t *reply = bench_reply(bench);
    const char *text = json_string_value(json_object_get(reply, "text"));
    assert_non_null(strstr(text, "produk lainnya"));
    assert_non_null(strstr(text, "Rp 500.000.000.000.000")); /* the total is not what is cut */
    json_decref(reply);
    bench_close(&bench);
}

static void test_a_cart_with_a_coupon(void **state)
{
    auto_arena struct arena *arena = arena_new();
    static const enum coupon_refusal refusals[] = {
        COUPON_UNKNOWN, COUPON_STOPPED,     COUPON_NOT_YET,       COUPON_ENDED,
        COUPON_USED_UP, COUPON_USED_BY_YOU, COUPON_NOT_FOR_THESE, COUPON_TOTAL_TOO_SMALL};
    int64_t everything[500];
    for (size_t i = 0; i < 500; i++)
        everything[i] = (int64_t)i + 1;
    const struct coupon coupon = {
        .code = "HEMAT", .products = {500, everything}, .categories = {500, everything}, .ends_ms = 1};
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        struct bench *bench = bench_open(i % 2 ? "id" : "en", 10, 50, hostile(arena, 4));
        struct basket_item items[100];
        for (size_t k = 0; k < 100; k++)
            items[k] = (struct basket_item){.product = &bench->catalogue.products[k], .quantity = 1000};
        struct basket basket = {.count = 100,
                                .items = items,
                                .subtotal = 5000,
                                .discount = 700,
                                .notes = "",
                                .coupon_code = "HEMAT"};
        bool unknown = refusals[i] == COUPON_UNKNOWN;
        basket.headline = coupons_why_not(&bench->turn, &basket, unknown ? hostile(arena, 200) : "HEMAT",
                                          unknown ? NULL : &coupon, refusals[i]);
        assert_true(html_length(basket.headline) < 600);
        basket_show(&bench->turn, &basket);
        json_t *reply = bench_reply(bench);
        assert_non_null(strstr(json_string_value(json_object_get(reply, "text")), "🎟️ HEMAT: -Rp 700"));
        json_decref(reply);
        bench_close(&bench);
    }
}

/* An order of many products with the longest names, a coupon, and money given back. */
static void show_order(const char *language, const char *name, enum order_state order_state, bool receipt)
{
    enum { ITEMS = 100 };
    struct bench *bench = bench_open(language, 1, 1, name);
    struct order_item items[ITEMS];
    for (size_t i = 0; i < ITEMS; i++)
        items[i] = (struct order_item){.name = name, .price = 1000000000, .quantity = 1000};
    const struct order_detail detail = {
        .order = {.id = INT64_MAX - 1,
                  .reference = "tg9999999999-abcdefghijkl",
                  .state = order_state,
                  .subtotal = 100500,
                  .discount = 500,
                  .total = 100000,
                  .refunded = order_state == ORDER_COMPLETED ? 4000 : 0,
                  .coupon_code = "HEMAT",
                  .created_ms = 1,
                  .expires_ms = 1,
                  .paid_ms = 1,
                  .item_count = ITEMS,
                  .items = items},
        .end_reason = "gateway",
        .has_payment = true,
        .payment = {.method = "qris",
                    .amount = 100000,
                    .state = order_state == ORDER_PENDING ? PAYMENT_WAITING : PAYMENT_COMPLETED,
                    .txn_id = "TXN-1",
                    .fee = 1010,
                    .total = 101010},
    };
    (receipt ? purchase_page_receipt : purchase_page_show)(&bench->turn, &detail);
    json_t *reply = bench_reply(bench);
    const char *text = json_string_value(json_object_get(reply, "text"));
    assert_non_null(strstr(text, "HEMAT: −Rp 500"));
    assert_non_null(strstr(text, "Rp 100.500"));
    assert_non_null(strstr(text, "<code>tg9999999999-abcdefghijkl</code>"));
    bool ended = order_state == ORDER_CANCELLED || order_state == ORDER_EXPIRED;
    assert_int_equal(strstr(text, "Rp 101.010") != NULL, !ended);
    assert_int_equal(strstr(text, "Rp 4.000") != NULL, order_state == ORDER_COMPLETED);
    assert_int_equal(strstr(text, "<code>TXN-1</code>") != NULL, receipt);
    assert_int_equal(strstr(text, "💼") != NULL, ended); /* completed all the same: it was credited */
    assert_null(strstr(text, "…</"));                   /* nothing was cut but the list */
    json_decref(reply);
    bench_close(&bench);
}

static void test_a_large_order_fits(void **state)
{
    auto_arena struct arena *arena = arena_new();
    static const enum order_state states[] = {ORDER_PENDING, ORDER_PAID, ORDER_COMPLETED, ORDER_CANCELLED,
                                              ORDER_EXPIRED};
    const char *names[] = {"x", hostile(arena, 200)};
    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; k < sizeof states / sizeof states[0]; k++) {
            show_order("id", names[i], states[k], false);
            show_order("en", names[i], states[k], false);
        }
        show_order("id", names[i], ORDER_COMPLETED, true);
        show_order("en", names[i], ORDER_COMPLETED, true);
    }
}

static void test_the_last_net(void **state)
{
    struct bench *bench = bench_open("id", 1, 1, "x");
    char html[6000] = "<b>";
    memset(html + 3, 'x', 5000);
    strcpy(html + 5003, "</b>");
    page_show(&bench->work, &bench->turn.page, html, NULL);
    json_decref(bench_reply(bench));
    bench_close(&bench);
}

static void test_too_fast(void **state)
{
    struct bench *bench = bench_open("id", 1, 1, "x");
    const char *reply = bot_pace_reply(bench->arena, &bench->tenant, &bench->update, BOT_PACE_SPAM_WARNING);
    assert_non_null(strstr(reply, "\"sendMessage\""));
    assert_non_null(strstr(reply, "🚫 Jangan spam ya"));
    bench->update.kind = UPDATE_CALLBACK;
    bench->update.callback_id = "8";
    reply = bot_pace_reply(bench->arena, &bench->tenant, &bench->update, BOT_PACE_SLOW_DOWN);
    assert_non_null(strstr(reply, "\"answerCallbackQuery\""));
    bench->update.chat_is_private = false;
    assert_string_equal(bot_pace_reply(bench->arena, &bench->tenant, &bench->update, BOT_PACE_SLOW_DOWN), "");
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages_fit_whatever_the_names),
        cmocka_unit_test(test_names_are_shown_as_typed),
        cmocka_unit_test(test_page_numbers_are_held_to_what_there_is),
        cmocka_unit_test(test_a_page_edits_where_it_can),
        cmocka_unit_test(test_pictures_come_and_go),
        cmocka_unit_test(test_the_reply_keyboard_goes_by_role),
        cmocka_unit_test(test_a_large_cart_fits),
        cmocka_unit_test(test_a_cart_with_a_coupon),
        cmocka_unit_test(test_a_large_order_fits),
        cmocka_unit_test(test_the_last_net),
        cmocka_unit_test(test_too_fast),
    };
    return cmocka_run_group_tests(tests, bench_set_up, bench_tear_down);
}

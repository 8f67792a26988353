/* Buyers who have to be in a channel: who is let through, and what the others get. What Telegram says is
 * played. */
#include "talk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "store/membership.h"
#include "store/settings.h"

#define JOIN "Gabung dulu"

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

static int64_t asked; /* how often a job began to ask */
static const char *asked_with;

static bool prepare(struct work *work, int64_t ref, struct job_step *step_out, struct error *err)
{
    const char *data;
    asked++;
    if (!job_data(work, "membership", ref, &data, err))
        return false;
    asked_with = *data ? "a message" : "nothing";
    *step_out = (struct job_step){.kind = JOB_DONE};
    return true;
}

static bool done_at_once(struct work *work, int64_t ref, struct job_step *step_out, struct error *err)
{
    *step_out = (struct job_step){.kind = JOB_DONE};
    return true;
}

static int begin(void **state)
{
    static const struct job_kind kinds[] = {
        {.name = "payment_create", .prepare = done_at_once},
        {.name = "payment_check", .prepare = done_at_once},
        {.name = "membership", .prepare = prepare},
    };
    int result = talk_begin(state);
    if (!shop)
        return result;
    job_set_kinds(kinds, sizeof kinds / sizeof kinds[0]);
    asked = 0;
    struct work *work = shop_begin(shop);
    MUST(settings_put(work, "channel", json_string("@kopi_kabar"), 0, ADMIN, NULL, &err));
    shop_commit(shop);
    return result;
}

static void joined(int64_t person, bool is_member)
{
    struct work *work = shop_begin(shop);
    MUST(membership_put(work, person, is_member, &err));
    shop_commit(shop);
}

static void test_who_is_not_in_it(void **state)
{
    NEEDS_SHOP();
    auto_arena struct arena *arena = arena_new();
    const json_t *reply = talk_text(BUYER, "/start");
    assert_says(reply, JOIN);
    assert_true(talk_has_button(reply, "j") && talk_has_button(reply, "o:0"));
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM users"), 1);
    int64_t seen = shop_sql(shop, "SELECT count(*) FROM updates_seen");
    for (size_t i = 0; i < callback_row_count; i++)
        if (!callback_rows[i].route.theirs && strcmp(callback_rows[i].verb, "j") != 0)
            assert_says(talk_press(BUYER, "%s", talk_data_of(arena, &callback_rows[i])), JOIN);
    assert_says(talk_text(BUYER, "/produk"), JOIN);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM updates_seen"), seen);
    assert_says(talk_text(BUYER, "halo"), JOIN);
    assert_not(talk_text(ADMIN, "/produk"), JOIN);
    assert_not(talk_text(OWNER, "/produk"), JOIN);
    assert_int_equal(asked, 0);
}

static void test_pressed_and_let_in(void **state)
{
    NEEDS_SHOP();
    talk_text(BUYER, "/start");
    assert_says(talk_press(BUYER, "j"), "sedang dicek");
    assert_says(talk_press(BUYER, "j"), "sedang dicek"); /* twice */
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM jobs WHERE ref = %d AND data IS NOT NULL", BUYER),
                     1);
    shop_sql(shop, "DELETE FROM jobs");
    joined(BUYER, true);
    assert_says(talk_text(BUYER, "/produk"), "Product A");
    assert_says(talk_press(BUYER, "j"), "Budi"); /* once more: home */
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM jobs"), 0);
}

static void test_what_is_theirs_goes_on(void **state)
{
    NEEDS_SHOP();
    talk_text(BUYER, "/start");
    joined(BUYER, true);
    int64_t order = talk_order(BUYER);
    talk_invoice(order);
    joined(BUYER, false);
    talk_pay(order);
    assert_says(talk_text(BUYER, "/pesanan"), "Product A");
    talk_forget();
    talk_press(BUYER, "g:%lld", (long long)order);
    assert_non_null(talk_find(BUYER, "sendMessage", "<pre>A-1\nA-2</pre>"));
    assert_says(talk_press(BUYER, "ob:%lld", (long long)order), JOIN);
}

/* A day later they are served all the same, and asked for again, once. */
static void test_asked_for_again(void **state)
{
    NEEDS_SHOP();
    talk_text(BUYER, "/start");
    joined(BUYER, true);
    shop->now_ms += MEMBERSHIP_MS + 60000;
    for (int i = 0; i < 3; i++)
        assert_says(talk_text(BUYER, "/produk"), "Product A");
    assert_int_equal(asked, 1);
    assert_string_equal(asked_with, "nothing");
    joined(BUYER, false); /* they left */
    assert_says(talk_text(BUYER, "/produk"), JOIN);
}

static void test_taps_that_share_a_transaction(void **state)
{
    NEEDS_SHOP();
    char plus[64];
    snprintf(plus, sizeof plus, "q:%lld:1:35000", (long long)product_a);
    talk_text(BUYER, "/start");
    talk_text(OTHER, "/start");
    joined(OTHER, true);
    struct update taps[] = {talk_make_press(BUYER, plus), talk_make_press(OTHER, plus)};
    const struct update *updates[] = {&taps[0], &taps[1]};
    const char *replies[2];
    struct work *work = shop_task(shop);
    settings_apply(work);
    MUST(bot_handle_shared(work, updates, 2, replies, &err));
    assert_non_null(strstr(replies[0], JOIN));
    assert_non_null(strstr(replies[1], "Di keranjang: <b>1</b>"));
}

static void test_where_to_join(void **state)
{
    NEEDS_SHOP();
    char *reply = json_dumps(talk_text(BUYER, "/produk"), 0);
    assert_non_null(strstr(reply, "https://t.me/kopi_kabar"));
    free(reply);
    shop_sql(shop, "UPDATE settings SET value = '\"-1001234567890\"'");
    assert_true(talk_has_button(talk_text(BUYER, "/produk"), "j")); /* nobody knows how, and it works */
    shop_sql(shop, "INSERT INTO settings (key, value, updated_by, updated_at)"
                   " VALUES ('channel.link', '\"https://t.me/+abc\"', 1, now())");
    reply = json_dumps(talk_text(BUYER, "/produk"), 0);
    assert_non_null(strstr(reply, "https://t.me/+abc"));
    free(reply);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_who_is_not_in_it, begin),
        cmocka_unit_test_setup(test_pressed_and_let_in, begin),
        cmocka_unit_test_setup(test_what_is_theirs_goes_on, begin),
        cmocka_unit_test_setup(test_asked_for_again, begin),
        cmocka_unit_test_setup(test_taps_that_share_a_transaction, begin),
        cmocka_unit_test_setup(test_where_to_join, begin),
    };
    return cmocka_run_group_tests(tests, talk_set_up, talk_tear_down);
}

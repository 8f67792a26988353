/* The answer to /start where an admin set a photo or a sticker. */
#include "talk.h"

#include <string.h>

#include "base/str.h"

#define TALK_TEST(test) cmocka_unit_test_setup(test, talk_begin)

static void set_photo(const char *file_id)
{
    talk_press(ADMIN, "axe:10");
    struct update update = talk_make_text(ADMIN, NULL);
    update.photo_file_id = file_id;
    talk_update(&update);
    talk_forget();
}

static int64_t told(void)
{
    return shop_sql(shop, "SELECT count(*) FROM outbox WHERE chat_id = %d", ADMIN);
}

static const char *photo_in(const struct sent *s)
{
    return json_string_value(json_object_get(s->params, "photo"));
}

static void test_the_welcome_is_a_photo(void **state)
{
    NEEDS_SHOP();
    assert_null(talk_text(BUYER, "/start"));
    assert_int_equal(talk_sent_count(), 0); /* without one nothing is written */
    set_photo("photo-1");
    assert_null(talk_text(BUYER, "/start"));
    const struct sent *s = talk_find(BUYER, "sendPhoto", "Kopi &lt;Digital&gt;");
    assert_non_null(s);
    assert_string_equal(photo_in(s), "photo-1");
    assert_true(talk_has_button(s->params, "a:0") && talk_has_button(s->params, "i"));
    talk_report(s, OUTBOX_VERDICT_SENT, 90);
    assert_int_equal(told(), 0);
    assert_string_equal(talk_method(talk_press(BUYER, "w")), "editMessageText");
}

static void test_a_photo_that_telegram_refuses(void **state)
{
    NEEDS_SHOP();
    set_photo("photo-of-another-bot");
    for (int i = 0; i < 2; i++) {
        talk_text(BUYER, "/start");
        talk_report(talk_find(BUYER, "sendPhoto", ""), OUTBOX_VERDICT_REFUSED, 0);
        const struct sent *s = talk_find(BUYER, "sendMessage", "Budi &lt;b&gt;");
        assert_non_null(s);
        assert_true(talk_has_button(s->params, "a:0"));
        talk_forget();
        assert_int_equal(told(), 1); /* once */
    }
    set_photo("another-one");
    talk_text(BUYER, "/start");
    talk_report(talk_find(BUYER, "sendPhoto", ""), OUTBOX_VERDICT_REFUSED, 0);
    assert_int_equal(told(), 2);
}

static void test_who_blocked_the_bot(void **state)
{
    NEEDS_SHOP();
    set_photo("photo-1");
    talk_text(BUYER, "/start");
    talk_report(talk_find(BUYER, "sendPhoto", ""), OUTBOX_VERDICT_BLOCKED, 0);
    assert_int_equal(shop_sql(shop, "SELECT count(*) FROM users WHERE NOT reachable"), 1);
    assert_int_equal(told(), 0);
}

/* Nothing of a welcome in the store's own words is cut. */
static void test_a_welcome_too_long_for_a_caption(void **state)
{
    NEEDS_SHOP();
    set_photo("photo-1");
    char text[1301];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    shop_sql(shop,
             "INSERT INTO settings (key, value, updated_by, updated_at)"
             " VALUES ('text:welcome', '{\"text\": \"%s\"}', 1, now())",
             text);
    talk_text(BUYER, "/start");
    assert_int_equal(talk_sent_count(), 0); /* the photo alone, and the text behind it, are expendable */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TALK_TEST(test_the_welcome_is_a_photo),
        TALK_TEST(test_a_photo_that_telegram_refuses),
        TALK_TEST(test_who_blocked_the_bot),
        TALK_TEST(test_a_welcome_too_long_for_a_caption),
    };
    return cmocka_run_group_tests(tests, talk_set_up, talk_tear_down);
}

/* getWebhookInfo's answers, honest and hostile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "monitor/webhook_info.h"

static const char url[] = "https://lapak.example.com/webhooks/telegram/kopi", token[] = "123:secret";
static struct arena *arena;

static int set_up(void **state)
{
    arena = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    arena_free(&arena);
    return 0;
}

static bool read_text(const char *text, struct webhook_info *info)
{
    auto_json json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);
    struct error err;
    assert_non_null(json);
    return webhook_info_read(arena, json, url, token, info, &err);
}

static struct webhook_info known(const char *members)
{
    struct webhook_info info = {.pending = -1};
    assert_true(read_text(arena_printf(arena, "{\"pending_update_count\":3,%s}", members), &info));
    return info;
}

static void ours(void **state)
{
    struct webhook_info info = known("\"url\":\"https://lapak.example.com/webhooks/telegram/kopi\"");
    assert_true(info.ours);
    assert_string_equal(info.elsewhere, "");
    assert_int_equal(info.pending, 3);
    assert_null(info.error);
    assert_false(info.denied);
}

static void elsewhere(void **state)
{
    static const struct {
        const char *url, *host;
    } cases[] = {
        {"", ""},
        {"https://lapak.example.com/webhooks/telegram/kopi2", "lapak.example.com"},
        {"https://evil.example:8443/123:secret", "evil.example:8443"},
        {"https://user:password@evil.example/", "evil.example"},
        {"https://123:secret/", "(…)"},
        {"https://evil\\n[error] told\\u0007.example", "evil [error] told .example"},
        {"nonsense", "nonsense"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct webhook_info info = known(arena_printf(arena, "\"url\":\"%s\"", cases[i].url));
        assert_false(info.ours);
        assert_string_equal(info.elsewhere, cases[i].host);
    }
}

static void the_last_error(void **state)
{
    struct webhook_info info = known("\"url\":\"\",\"last_error_date\":1700000000,"
                                     "\"last_error_message\":\"Connection\\ntimed out\"");
    assert_string_equal(info.error, "Connection timed out");
    assert_true(info.error_ms == 1700000000000);
    assert_false(info.denied);
    info = known("\"url\":\"\",\"last_error_date\":1700000000,"
                 "\"last_error_message\":\"Wrong response from the webhook: 401 Unauthorized\"");
    assert_true(info.denied);
    info = known("\"url\":\"\",\"last_error_message\":\"at bot123:secret\"");
    assert_string_equal(info.error, "(…)");
    assert_int_equal(info.error_ms, 0);
    info = known("\"url\":\"\",\"last_error_message\":7,\"last_error_date\":\"x\"");
    assert_null(info.error);
    info = known("\"url\":\"\",\"last_error_message\":\"e\",\"last_error_date\":-5");
    assert_int_equal(info.error_ms, 0);
    info = known("\"url\":\"\",\"last_error_message\":\"e\",\"last_error_date\":9223372036854775807");
    assert_int_equal(info.error_ms, 0);
}

static void long_texts_are_cut(void **state)
{
    struct str text = STR_INIT(arena);
    str_add(&text, "\"url\":\"https://");
    for (int i = 0; i < 3000; i++)
        str_add(&text, "é");
    str_add(&text, "\",\"last_error_message\":\"");
    for (int i = 0; i < 3000; i++)
        str_add(&text, "é");
    str_add(&text, "\"");
    struct webhook_info info = known(str_done(&text));
    assert_int_equal(strlen(info.elsewhere), 99 * 2 + 3);
    assert_int_equal(strlen(info.error), 199 * 2 + 3);
    assert_true(str_is_utf8(info.error, strlen(info.error)));
}

static void what_is_no_answer(void **state)
{
    static const char *const texts[] = {
        "true",
        "[]",
        "{}",
        "{\"url\":\"https://lapak.example.com/webhooks/telegram/kopi\"}",
        "{\"pending_update_count\":0}",
        "{\"url\":7,\"pending_update_count\":0}",
        "{\"url\":null,\"pending_update_count\":0}",
        "{\"url\":\"\",\"pending_update_count\":\"0\"}",
        "{\"url\":\"\",\"pending_update_count\":-1}",
        "{\"url\":\"\",\"pending_update_count\":9223372036854775807}",
        "{\"url\":\"\",\"pending_update_count\":1.5}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct webhook_info info = {.pending = 77};
        assert_false(read_text(texts[i], &info));
        assert_int_equal(info.pending, 77);
    }
}

int main(void)
{
#define INFO_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        INFO_TEST(ours),
        INFO_TEST(elsewhere),
        INFO_TEST(the_last_error),
        INFO_TEST(long_texts_are_cut),
        INFO_TEST(what_is_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

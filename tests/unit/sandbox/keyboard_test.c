#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "keyboard.h"

static const char *refusal(const char *text, bool inline_only)
{
    static struct error err;
    struct markup markup;
    auto_json json_t *json = json_loads(text, 0, NULL);
    assert_non_null(json);
    return keyboard_check(json, inline_only, &markup, &err) ? "" : err.text;
}

static void inline_button(const char *button, const char *expected)
{
    char text[1024];
    snprintf(text, sizeof text, "{\"inline_keyboard\":[[%s]]}", button);
    const char *got = refusal(text, true);
    if (*expected == '\0')
        assert_string_equal(got, "");
    else
        assert_non_null(strstr(got, expected));
}

static void checks_inline_buttons(void **state)
{
    inline_button("{\"text\":\"A\",\"callback_data\":\"a\"}", "");
    inline_button("{\"text\":\"A\",\"callback_data\":\"a\",\"style\":\"danger\"}", "");
    inline_button("{\"text\":\"A\",\"callback_data\":\"a\",\"style\":\"pink\"}", "BUTTON_STYLE_INVALID");
    inline_button("{\"text\":\"A\",\"callback_data\":\"\"}", "BUTTON_DATA_INVALID");
    inline_button("{\"text\":\"A\",\"callback_data\":5}", "BUTTON_DATA_INVALID");
    inline_button("{\"text\":\"A\",\"url\":\"https://example.com/x?y=1\"}", "");
    inline_button("{\"text\":\"A\",\"url\":\"http://127.0.0.1:8081/pay-v2/x\"}", "");
    inline_button("{\"text\":\"A\",\"url\":\"tg://user?id=1\"}", "");
    inline_button("{\"text\":\"A\",\"url\":\"javascript:x\"}", "Wrong HTTP URL");
    inline_button("{\"text\":\"A\",\"url\":\"http://nodot\"}", "Wrong HTTP URL");
    inline_button("{\"text\":\"A\",\"url\":\"http://a b.com\"}", "Wrong HTTP URL");
    inline_button("{\"text\":\"A\",\"copy_text\":{\"text\":\"x\"}}", "");
    inline_button("{\"text\":\"A\",\"copy_text\":{\"text\":\"\"}}", "BUTTON_COPY_TEXT_INVALID");
    inline_button("{\"text\":\"A\",\"copy_text\":\"x\"}", "copy_text");
    inline_button("{\"text\":\"A\"}", "Text buttons are unallowed");
    inline_button("{\"text\":\" \",\"callback_data\":\"a\"}", "must be non-empty");
    inline_button("{\"callback_data\":\"a\"}", "Can't find field");
    inline_button("{\"text\":\"A\",\"callback_data\":\"a\",\"url\":\"http://a.b\"}", "exactly one");
    inline_button("\"A\"", "must be an Object");
}

static void copied_text_counts_characters(void **state)
{
    for (int length = 256; length <= 257; length++) {
        char button[400];
        snprintf(button, sizeof button, "{\"text\":\"A\",\"copy_text\":{\"text\":\"%0*d\"}}", length, 7);
        inline_button(button, length <= 256 ? "" : "BUTTON_COPY_TEXT_INVALID");
    }
}

static void callback_data_counts_bytes(void **state)
{
    char button[200];
    snprintf(button, sizeof button, "{\"text\":\"A\",\"callback_data\":\"%.*s\"}", 64,
             "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    inline_button(button, "");
    snprintf(button, sizeof button, "{\"text\":\"A\",\"callback_data\":\"%.*sé\"}", 63,
             "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    inline_button(button, "BUTTON_DATA_INVALID");
}

static void checks_the_shape(void **state)
{
    assert_string_equal(refusal("{\"inline_keyboard\":[]}", true), "");
    assert_string_equal(refusal("{}", true), "");
    assert_string_equal(refusal("{\"keyboard\":[[\"A\",{\"text\":\"B\"}]]}", false), "");
    assert_string_equal(refusal("{\"remove_keyboard\":true}", false), "");
    assert_string_equal(refusal("{\"force_reply\":true}", false), "");
    assert_string_not_equal(refusal("{\"keyboard\":[[\"A\"]]}", true), "");
    assert_string_not_equal(refusal("{\"keyboard\":[]}", false), "");
    assert_string_not_equal(refusal("{\"keyboard\":[\"A\"]}", false), "");
    assert_string_not_equal(refusal("{\"inline_keyboard\":{}}", false), "");
    assert_string_not_equal(refusal("{\"inline_keyboard\":[{}]}", false), "");
    assert_string_not_equal(refusal("{\"foo\":1}", false), "");
    assert_string_not_equal(refusal("{\"keyboard\":[[\"A\"]],\"input_field_placeholder\":\"\"}", false), "");
}

static void limits_the_number_of_buttons(void **state)
{
    auto_json json_t *markup = json_pack("{s:[]}", "inline_keyboard");
    json_t *rows = json_object_get(markup, "inline_keyboard");
    struct markup out;
    struct error err;
    for (int i = 0; i < 100; i++)
        json_array_append_new(rows, json_pack("[{s:s,s:s}]", "text", "A", "callback_data", "a"));
    assert_true(keyboard_check(markup, true, &out, &err));
    json_array_append_new(rows, json_pack("[{s:s,s:s}]", "text", "A", "callback_data", "a"));
    assert_false(keyboard_check(markup, true, &out, &err));
    assert_string_equal(err.text, "REPLY_MARKUP_TOO_LONG");
}

static void no_markup_is_fine(void **state)
{
    struct markup out = {.given = true};
    struct error err;
    assert_true(keyboard_check(NULL, false, &out, &err));
    assert_false(out.given);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checks_inline_buttons),        cmocka_unit_test(copied_text_counts_characters),
        cmocka_unit_test(callback_data_counts_bytes),   cmocka_unit_test(checks_the_shape),
        cmocka_unit_test(limits_the_number_of_buttons), cmocka_unit_test(no_markup_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

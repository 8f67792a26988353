#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "telegram/keyboard.h"

static void assert_json(json_t *json, const char *expected)
{
    char *text = json_dumps(json, JSON_COMPACT);
    assert_string_equal(text, expected);
    free(text);
    json_decref(json);
}

static void builds_inline_keyboards(void **state)
{
    struct keyboard k;
    keyboard_begin(&k);
    keyboard_row(&k);
    keyboard_data(&k, "➖", STYLE_NONE, "qty:%d", -1);
    keyboard_data(&k, "Bayar", STYLE_SUCCESS, "pay");
    keyboard_row(&k);
    keyboard_row(&k);
    keyboard_url(&k, "🔗 \"Bayar\"", "https://example.org/?a=1&b=2");
    keyboard_copy(&k, "Salin", "0812");
    keyboard_row(&k);
    assert_json(keyboard_inline(&k),
                "{\"inline_keyboard\":[[{\"text\":\"➖\",\"callback_data\":\"qty:-1\"},"
                "{\"text\":\"Bayar\",\"callback_data\":\"pay\",\"style\":\"success\"}],"
                "[{\"text\":\"🔗 \\\"Bayar\\\"\",\"url\":\"https://example.org/?a=1&b=2\"},"
                "{\"text\":\"Salin\",\"copy_text\":{\"text\":\"0812\"}}]]}");
}

static void builds_reply_keyboards(void **state)
{
    struct keyboard k;
    keyboard_begin(&k);
    keyboard_text(&k, "🏷 Cek Stok");
    keyboard_row(&k);
    keyboard_text(&k, "1️⃣");
    keyboard_text(&k, "2️⃣");
    assert_json(
        keyboard_reply(&k),
        "{\"keyboard\":[[{\"text\":\"🏷 Cek Stok\"}],[{\"text\":\"1️⃣\"},{\"text\":\"2️⃣\"}]],"
        "\"resize_keyboard\":true,\"is_persistent\":true}");
}

static void leaves_out_what_telegram_refuses(void **state)
{
    char text[300];
    struct keyboard k;
    keyboard_begin(&k);
    memset(text, 'x', sizeof(text));
    text[257] = 0;
    keyboard_copy(&k, "too long", text);
    keyboard_copy(&k, "empty", "");
    assert_json(keyboard_inline(&k), "{\"inline_keyboard\":[]}");

    keyboard_begin(&k);
    text[256] = 0;
    keyboard_copy(&k, "fits", text);
    json_t *json = keyboard_inline(&k);
    assert_int_equal(json_array_size(json_object_get(json, "inline_keyboard")), 1);
    json_decref(json);

    keyboard_begin(&k);
    keyboard_text(&k, "\xff is not UTF-8");
    assert_json(keyboard_inline(&k), "{\"inline_keyboard\":[[{\"text\":\"…\"}]]}");
}

static void can_be_dropped(void **state)
{
    struct keyboard k;
    keyboard_begin(&k);
    keyboard_text(&k, "a");
    keyboard_row(&k);
    keyboard_text(&k, "b");
    keyboard_drop(&k); /* a leak would fail the run */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(builds_inline_keyboards),
        cmocka_unit_test(builds_reply_keyboards),
        cmocka_unit_test(leaves_out_what_telegram_refuses),
        cmocka_unit_test(can_be_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

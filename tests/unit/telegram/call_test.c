#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <png.h>
#include <qrencode.h>

#include "base/json.h"
#include "telegram/call.h"
#include "telegram/chart.h"
#include "telegram/transport.h"
#include "telegram/upload.h"

static const char QRIS[] =
    "00020101021226610014COM.GO-JEK.WWW01189360091434506469550210G4506469550303UMI51440014ID.CO.QRIS."
    "WWW0215ID10243093100120303UMI5204549953033605406350005802ID5912KOPI DIGITAL6007JAKARTA6105101"
    "1062070703A0163046B2A";

static void assert_body(const struct call *call, const char *expected)
{
    assert_int_equal(call->length, strlen(expected));
    assert_memory_equal(call->body, expected, call->length);
}

static void adds_the_chat_to_a_rows_params(void **state)
{
    json_t *params = json_pack("{s:s}", "text", "<b>😀</b>");
    struct outbox_message message = {.id = 9,
                                     .chat_id = -1001234567890123,
                                     .method = "sendMessage",
                                     .params = params,
                                     .effect = "invoice",
                                     .effect_ref = 4,
                                     .keep = true,
                                     .attempts = 2};
    struct call *call = call_for_message(NULL, &message);
    assert_body(call, "{\"chat_id\":-1001234567890123,\"text\":\"<b>😀</b>\"}");
    assert_string_equal(call->method, "sendMessage");
    assert_int_equal(call->report.id, 9);
    assert_int_equal(call->report.attempts, 2);
    assert_int_equal(call->report.effect_ref, 4);
    assert_string_equal(call->report.effect, "invoice");
    assert_true(call->report.keep);
    assert_false(call->is_form);
    assert_int_equal(json_object_size(params), 1); /* still the lane's */
    call_free(call);

    json_object_clear(params);
    call = call_for_message(NULL, &message);
    assert_body(call, "{\"chat_id\":-1001234567890123}");
    call_free(call);
    message.params = NULL;
    call = call_for_message(NULL, &message);
    assert_body(call, "{\"chat_id\":-1001234567890123}");
    call_free(call);
    json_decref(params);
}

static void takes_texts_of_any_length(void **state)
{
    for (size_t length = 1980; length < 2100; length++) {
        char *text = malloc(length + 1);
        memset(text, 'x', length);
        text[length] = 0;
        json_t *params = json_pack("{s:s}", "text", text);
        struct outbox_message message = {.id = 1, .chat_id = 5, .method = "sendMessage", .params = params};
        struct call *call = call_for_message(NULL, &message);
        assert_int_equal(call->length, length + strlen("{\"chat_id\":5,\"text\":\"\"}"));
        json_t *back = json_loadb(call->body, call->length, 0, NULL);
        assert_string_equal(json_string_value(json_object_get(back, "text")), text);
        json_decref(back);
        call_free(call);
        json_decref(params);
        free(text);
    }
}

static void expendable_calls_go_as_they_are(void **state)
{
    json_t *params = json_pack("{s:I, s:s}", "chat_id", (json_int_t)77, "text", "x");
    struct call *call = call_expendable(NULL, "sendMessage", params);
    assert_body(call, "{\"chat_id\":77,\"text\":\"x\"}");
    assert_int_equal(call->report.chat_id, 77);
    assert_false(call_is_row(call));
    call_free(call);
    json_object_del(params, "chat_id");
    call = call_expendable(NULL, "answerCallbackQuery", params);
    assert_int_equal(call->report.chat_id, 0);
    assert_body(call, "{\"text\":\"x\"}");
    call_free(call);
    json_decref(params);
}

static void refuses_what_is_no_method(void **state)
{
    static const char *const methods[] = {
        "",       "send/../x",
        "send?x", "sendMessage\r\n",
        "get_Me", "sendMessagesendMessagesendMessagesendMessagesendMessage"};
    for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
        struct outbox_message message = {.id = 1, .chat_id = 5, .method = methods[i]};
        struct call *call = call_for_message(NULL, &message);
        assert_null(call->body);
        assert_int_equal(call->report.verdict, OUTBOX_VERDICT_REFUSED);
        assert_true(call->report.error[0]);
        call_free(call);
    }
}

static void makes_a_small_qr_png(void **state)
{
    auto_arena struct arena *arena = arena_new();
    struct error err;
    char *png;
    size_t length;
    assert_true(upload_qr_png(arena, QRIS, &png, &length, &err));
    assert_in_range(length, 100, 20000);
    assert_int_equal((unsigned char)png[24], 1); /* IHDR: bit depth */

    png_image image = {.version = PNG_IMAGE_VERSION};
    assert_true(png_image_begin_read_from_memory(&image, png, length));
    image.format = PNG_FORMAT_GRAY;
    uint8_t *pixels = malloc(PNG_IMAGE_SIZE(image));
    assert_true(png_image_finish_read(&image, NULL, pixels, 0, NULL));
    QRcode *qr = QRcode_encodeString8bit(QRIS, 0, QR_ECLEVEL_M);
    int side = (qr->width + 8) * 8;
    assert_int_equal(image.width, side);
    assert_int_equal(image.height, side);
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++) {
            int row = y / 8 - 4, column = x / 8 - 4;
            bool inside = row >= 0 && column >= 0 && row < qr->width && column < qr->width;
            bool black = inside && qr->data[row * qr->width + column] & 1;
            assert_int_equal(pixels[y * side + x], black ? 0 : 255);
        }
    QRcode_free(qr);
    free(pixels);
}

static struct call *form(enum outbox_attachment attachment, const char *text, const char *name)
{
    json_t *params = json_pack("{s:s, s:{s:[[{s:s}]]}, s:b}", "caption", "<b>a</b>\r\n--x", "reply_markup",
                               "inline_keyboard", "text", "ok", "protect_content", 1);
    struct outbox_message message = {.id = 1,
                                     .chat_id = 1001,
                                     .method = "sendPhoto",
                                     .params = params,
                                     .attachment = attachment,
                                     .attachment_text = text,
                                     .attachment_name = name};
    struct call *call = call_for_message(NULL, &message);
    json_decref(params);
    return call;
}

static bool has(const struct call *call, const char *text)
{
    return memmem(call->body, call->length, text, strlen(text)) != NULL;
}

static void puts_files_into_forms(void **state)
{
    struct call *call = form(ATTACH_TEXT_FILE, "mail1:pass1\n", "Order \"1\"\r\nX: y/é.txt");
    char expected[2000];
    const char *b = transport_boundary();
    snprintf(
        expected, sizeof(expected),
        "--%s\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n1001\r\n"
        "--%s\r\nContent-Disposition: form-data; name=\"caption\"\r\n\r\n<b>a</b>\r\n--x\r\n"
        "--%s\r\nContent-Disposition: form-data; name=\"reply_markup\"\r\n\r\n"
        "{\"inline_keyboard\":[[{\"text\":\"ok\"}]]}\r\n"
        "--%s\r\nContent-Disposition: form-data; name=\"protect_content\"\r\n\r\ntrue\r\n"
        "--%s\r\nContent-Disposition: form-data; name=\"document\"; filename=\"Order _1___X: y_é.txt\"\r\n"
        "Content-Type: text/plain\r\n\r\nmail1:pass1\n\r\n--%s--\r\n",
        b, b, b, b, b, b);
    assert_true(call->is_form);
    assert_body(call, expected);
    call_free(call);

    call = form(ATTACH_QR_PNG, QRIS, NULL);
    assert_true(has(call, "name=\"photo\"; filename=\"qr.png\"\r\nContent-Type: image/png\r\n\r\n\x89PNG"));
    assert_in_range(call->length, 500, 30000);
    call_free(call);

    static const char chart[] =
        "{\"title\":\"T\",\"subtitle\":\"\",\"value_name\":\"V\",\"count_name\":\"C\","
        "\"empty\":\"\",\"decimal\":\",\",\"units\":\"\",\"bars\":[[\"1\",1,1]]}";
    call = form(ATTACH_CHART_PNG, chart, NULL);
    assert_true(
        has(call, "name=\"photo\"; filename=\"chart.png\"\r\nContent-Type: image/png\r\n\r\n\x89PNG"));
    assert_in_range(call->length, 5000, 100000);
    call_free(call);
    call = form(ATTACH_CHART_PNG, "{}", NULL);
    assert_null(call->body);
    assert_int_equal(call->report.verdict, OUTBOX_VERDICT_REFUSED);
    call_free(call);
    call = form(ATTACH_TEXT_FILE, "a,b", "days.csv");
    assert_true(has(call, "filename=\"days.csv\"\r\nContent-Type: text/csv\r\n\r\na,b\r\n"));
    call_free(call);
}

static void refuses_a_text_no_qr_code_can_hold(void **state)
{
    char text[4000];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = 0;
    const char *texts[] = {text, "", NULL};
    for (int i = 0; i < 3; i++) {
        struct call *call = form(ATTACH_QR_PNG, texts[i], NULL);
        assert_null(call->body);
        assert_int_equal(call->report.verdict, OUTBOX_VERDICT_REFUSED);
        assert_int_equal(call->report.id, 1);
        assert_null(strstr(call->report.error, "xxx"));
        call_free(call);
    }
}

static int end(void **state)
{
    chart_end();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adds_the_chat_to_a_rows_params),
        cmocka_unit_test(takes_texts_of_any_length),
        cmocka_unit_test(expendable_calls_go_as_they_are),
        cmocka_unit_test(refuses_what_is_no_method),
        cmocka_unit_test(makes_a_small_qr_png),
        cmocka_unit_test(puts_files_into_forms),
        cmocka_unit_test(refuses_a_text_no_qr_code_can_hold),
    };
    return cmocka_run_group_tests(tests, NULL, end);
}

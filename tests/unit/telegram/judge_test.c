#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/str.h"
#include "telegram/api.h"

static struct outbox_report judge(long status, const char *body, int attempts, int64_t header_ms)
{
    json_t *json = body ? json_loads(body, 0, NULL) : NULL;
    assert_true(!body || json);
    struct outbox_report report = {.attempts = attempts, .retry_ms = header_ms};
    telegram_judge(status, json, &report);
    json_decref(json);
    return report;
}

#define FAILED(code, text) "{\"ok\":false,\"error_code\":" #code ",\"description\":\"" text "\"}"

static void tells_what_an_answer_means(void **state)
{
    static const struct {
        long status;
        const char *body;
        enum outbox_verdict verdict;
    } cases[] = {
        {200, "{\"ok\":true,\"result\":{}}", OUTBOX_VERDICT_SENT},
        {200, NULL, OUTBOX_VERDICT_LATER},
        {200, "{}", OUTBOX_VERDICT_LATER},
        {200, "{\"ok\":\"true\"}", OUTBOX_VERDICT_LATER},
        {200, FAILED(400, "Bad Request: chat not found"), OUTBOX_VERDICT_REFUSED},
        {200, "{\"ok\":false}", OUTBOX_VERDICT_LATER},
        {400, FAILED(400, "Bad Request: chat not found"), OUTBOX_VERDICT_REFUSED},
        {400, FAILED(400, "Bad Request: message is not modified: specified new message content"),
         OUTBOX_VERDICT_SENT},
        {400,
         FAILED(400, "Bad Request: query is too old and response timeout expired or query ID is invalid"),
         OUTBOX_VERDICT_SENT},
        {400, FAILED(400, "Bad Request: message to edit not found"), OUTBOX_VERDICT_SENT},
        {400, FAILED(400, "Bad Request: message to delete not found"), OUTBOX_VERDICT_SENT},
        {400, FAILED(400, "Bad Request: can't parse entities: \\\"message is not modified\\\""),
         OUTBOX_VERDICT_REFUSED},
        {404, FAILED(404, "Not Found"), OUTBOX_VERDICT_LATER},
        {404, NULL, OUTBOX_VERDICT_LATER},
        {413, FAILED(413, "Request Entity Too Large"), OUTBOX_VERDICT_REFUSED},
        {401, FAILED(401, "Unauthorized"), OUTBOX_VERDICT_RETURNED},
        {401, NULL, OUTBOX_VERDICT_LATER},
        {403, FAILED(403, "Forbidden: bot was blocked by the user"), OUTBOX_VERDICT_BLOCKED},
        {403, NULL, OUTBOX_VERDICT_LATER},
        {429, FAILED(429, "Too Many Requests"), OUTBOX_VERDICT_LATER},
        {429, NULL, OUTBOX_VERDICT_LATER},
        {500, FAILED(500, "Internal Server Error"), OUTBOX_VERDICT_LATER},
        {502, NULL, OUTBOX_VERDICT_LATER},
        {301, "{\"ok\":false}", OUTBOX_VERDICT_LATER},
        {0, NULL, OUTBOX_VERDICT_LATER},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct outbox_report report = judge(cases[i].status, cases[i].body, 0, 0);
        if (report.verdict != cases[i].verdict)
            fail_msg("%ld %s: %d", cases[i].status, cases[i].body ? cases[i].body : "-", report.verdict);
        assert_int_equal(report.verdict == OUTBOX_VERDICT_SENT, report.error[0] == 0);
        assert_int_equal(report.verdict == OUTBOX_VERDICT_LATER, report.retry_ms > 0);
    }
}

static void waits_as_long_as_told(void **state)
{
    const char *body =
        "{\"ok\":false,\"error_code\":429,\"description\":\"Too Many Requests: retry after 7\","
        "\"parameters\":{\"retry_after\":7}}";
    assert_int_equal(judge(429, body, 3, 0).retry_ms, 7000);
    assert_int_equal(judge(429, body, 3, 9000).retry_ms, 7000);
    assert_int_equal(judge(429, "{\"ok\":false}", 3, 9000).retry_ms, 9000);
    assert_int_equal(judge(429, NULL, 3, 0).retry_ms, 1000);
    assert_int_equal(
        judge(429, "{\"ok\":false,\"parameters\":{\"retry_after\":9223372036854775807}}", 0, 0).retry_ms,
        3600000);
    assert_int_equal(judge(429, "{\"ok\":false,\"parameters\":{\"retry_after\":-5}}", 0, 0).retry_ms, 1000);
}

static void backs_off(void **state)
{
    static const int seconds[] = {1, 2, 4, 8, 16, 32, 60, 60};
    for (int i = 0; i < 8; i++)
        assert_int_equal(judge(502, NULL, i, 0).retry_ms, seconds[i] * 1000);
    assert_int_equal(telegram_backoff_ms(2000000000), 60000);
    assert_int_equal(telegram_backoff_ms(-1), 1000);
}

static void says_where_a_group_went(void **state)
{
    struct outbox_report report = judge(400,
                                        "{\"ok\":false,\"error_code\":400,\"description\":\"Bad Request: "
                                        "group chat was upgraded to a supergroup "
                                        "chat\",\"parameters\":{\"migrate_to_chat_id\":-1001234567890123}}",
                                        0, 0);
    assert_int_equal(report.verdict, OUTBOX_VERDICT_REFUSED);
    assert_non_null(strstr(report.error, "-1001234567890123"));
}

static void keeps_contents_and_tokens_out_of_errors(void **state)
{
    static const struct {
        const char *description, *expected;
    } cases[] = {
        {"Bad Request: can't parse entities: Unsupported start tag \\\"mail1:pass1\\\" at byte offset 5",
         "Bad Request: can't parse entities: Unsupported start tag […] at byte offset 5"},
        {"Bad Request: button URL 'http://x/pass1' is invalid", "Bad Request: button URL […] is invalid"},
        {"Bad Request: tag \\\"pass1", "Bad Request: tag […]"},
        {"no 123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw here", "no [token] here"},
        {"at 12:30 and 1234567:short", "at 12:30 and 1234567:short"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        char body[400];
        snprintf(body, sizeof(body), "{\"ok\":false,\"description\":\"%s\"}", cases[i].description);
        assert_string_equal(judge(400, body, 0, 0).error, cases[i].expected);
    }
}

static void cuts_long_descriptions_between_characters(void **state)
{
    char body[1200] = "{\"ok\":false,\"description\":\"a";
    for (int i = 0; i < 200; i++)
        strcat(body, "😀");
    strcat(body, "\"}");
    struct outbox_report report = judge(400, body, 0, 0);
    size_t length = strlen(report.error);
    assert_in_range(length, 190, 199);
    assert_true(str_is_utf8(report.error, length));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_what_an_answer_means),
        cmocka_unit_test(waits_as_long_as_told),
        cmocka_unit_test(backs_off),
        cmocka_unit_test(says_where_a_group_went),
        cmocka_unit_test(keeps_contents_and_tokens_out_of_errors),
        cmocka_unit_test(cuts_long_descriptions_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

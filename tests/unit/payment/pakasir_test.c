/* Hostile and broken answers of the gateway, and the HTTP calls themselves against a socket of our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <arpa/inet.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/str.h"
#include "payment/method.h"
#include "payment/pakasir.h"
#include "payment/qris.h"

#define KEY "k3y-never-shown"

static const struct tenant live = {
    .name = "kopi-digital", .pakasir_project = "kopi", .pakasir_api_key = KEY, .pakasir_sandbox = false};
static const struct tenant sandboxed = {
    .name = "kopi-digital", .pakasir_project = "kopi", .pakasir_api_key = KEY, .pakasir_sandbox = true};

static const char good_qr[] = "@QR@"; /* stands for a right QR string */

/* A right answer with one member replaced (JSON text), or removed (""). */
static char *answer_with(struct arena *arena, const char *const *members, const char *name, const char *value)
{
    struct str s = STR_INIT(arena);
    for (size_t i = 0; members[i]; i += 2) {
        bool changed = name && strcmp(members[i], name) == 0;
        if (changed && !*value)
            continue;
        str_addf(&s, "%s\"%s\":%s", s.length ? "," : "{", members[i], changed ? value : members[i + 1]);
    }
    str_add(&s, "}");
    return s.text;
}

static const char *const created_members[] = {"txn_id",
                                              "\"T-1\"",
                                              "project",
                                              "\"kopi\"",
                                              "order_id",
                                              "\"tg1-abc\"",
                                              "amount",
                                              "30000",
                                              "fee",
                                              "520",
                                              "total_payment",
                                              "30520",
                                              "qr_string",
                                              "\"@QR@\"",
                                              "va_number",
                                              "null",
                                              "payment_method",
                                              "\"qris\"",
                                              "is_sandbox",
                                              "false",
                                              "expired_at",
                                              "\"2026-11-22T10:00:00.123456789Z\"",
                                              NULL};
static const char *const state_members[] = {
    "txn_id", "\"T-1\"", "order_id",      "\"tg1-abc\"",  "amount", "30000", "is_sandbox",
    "false",  "status",  "\"completed\"", "completed_at", "null",   NULL};

static bool read_created_body(const struct tenant *tenant, struct arena *arena, int status, const char *body,
                              struct payment_created *created_out, struct error *err)
{
    const char *at = strstr(body, good_qr);
    if (at) {
        char *qr = qris_build(arena, "Kopi", "JAKARTA", "x", 30520);
        body = arena_printf(arena, "%.*s%s%s", (int)(at - body), body, qr, at + strlen(good_qr));
    }
    struct call_answer answer = {.status = status, .body = body, .length = strlen(body)};
    return pakasir_read_created(tenant, arena, &answer, "tg1-abc", "qris", 30000, created_out, err);
}

static void test_created_good(void **state)
{
    auto_arena struct arena *arena = arena_new();
    struct payment_created created;
    struct error err = {0};
    if (!read_created_body(&live, arena, 200, answer_with(arena, created_members, NULL, NULL), &created,
                           &err))
        fail_msg("%s", err.text);
    assert_string_equal(created.txn_id, "T-1");
    assert_int_equal(created.fee, 520);
    assert_int_equal(created.total, 30520);
    assert_int_equal(created.expires_ms, INT64_C(1795341600123));
    assert_true(str_starts_with(created.qr_string, "000201"));
}

struct variation {
    const char *member, *value;
    enum error_code code; /* ERR_NONE: fine */
};

static const struct variation created_variations[] = {
    {"txn_id", "", ERR_UNCERTAIN},
    {"txn_id", "null", ERR_UNCERTAIN},
    {"txn_id", "17", ERR_UNCERTAIN},
    {"txn_id", "\"\"", ERR_UNCERTAIN},
    {"txn_id", "\"..\"", ERR_UNCERTAIN},
    {"txn_id", "\"a b\"", ERR_UNCERTAIN},
    {"txn_id", "\"a\\u0000b\"", ERR_UNCERTAIN},
    {"txn_id", "\"a\\nb\"", ERR_UNCERTAIN},
    {"txn_id", "\"\xc3\xa9\"", ERR_UNCERTAIN},
    {"txn_id", "[\"T-1\"]", ERR_UNCERTAIN},
    {"txn_id", "\"T/../1?x=%2e\"", ERR_NONE}, /* escaped where it is used */
    {"project", "", ERR_UNCERTAIN},
    {"project", "\"teh\"", ERR_UNCERTAIN},
    {"order_id", "", ERR_UNCERTAIN},
    {"order_id", "\"tg2-xyz\"", ERR_UNCERTAIN},
    {"order_id", "\"TG1-ABC\"", ERR_UNCERTAIN},
    {"amount", "", ERR_UNCERTAIN},
    {"amount", "\"30000\"", ERR_UNCERTAIN},
    {"amount", "30000.0", ERR_UNCERTAIN},
    {"amount", "3e4", ERR_UNCERTAIN},
    {"amount", "-30000", ERR_UNCERTAIN},
    {"amount", "true", ERR_UNCERTAIN},
    {"amount", "null", ERR_UNCERTAIN},
    {"amount", "99999999999999999999999999", ERR_UNCERTAIN},
    {"amount", "9223372036854775807", ERR_UNCERTAIN},
    {"amount", "30001", ERR_UNCERTAIN},
    {"amount", "0", ERR_UNCERTAIN},
    {"fee", "", ERR_UNCERTAIN},
    {"fee", "-1", ERR_UNCERTAIN},
    {"fee", "\"520\"", ERR_UNCERTAIN},
    {"fee", "520.5", ERR_UNCERTAIN},
    {"fee", "0", ERR_NONE}, /* the total is what counts */
    {"total_payment", "", ERR_UNCERTAIN},
    {"total_payment", "29999", ERR_UNCERTAIN},
    {"total_payment", "30000", ERR_UNCERTAIN}, /* allowed, but then the QR string must say so */
    {"total_payment", "30521", ERR_UNCERTAIN},
    {"total_payment", "-30520", ERR_UNCERTAIN},
    {"total_payment", "99999999999", ERR_UNCERTAIN},
    {"qr_string", "", ERR_UNCERTAIN},
    {"qr_string", "null", ERR_UNCERTAIN},
    {"qr_string", "\"\"", ERR_UNCERTAIN},
    {"qr_string", "12", ERR_UNCERTAIN},
    {"qr_string", "\"hello\"", ERR_UNCERTAIN},
    {"va_number", "\"\"", ERR_NONE},
    {"va_number", "", ERR_NONE},
    {"va_number", "17", ERR_NONE},
    {"payment_method", "", ERR_UNCERTAIN},
    {"payment_method", "\"bri_va\"", ERR_UNCERTAIN},
    {"is_sandbox", "", ERR_UNCERTAIN},
    {"is_sandbox", "\"false\"", ERR_UNCERTAIN},
    {"is_sandbox", "0", ERR_UNCERTAIN},
    {"is_sandbox", "true", ERR_UNCERTAIN},
    {"expired_at", "", ERR_UNCERTAIN},
    {"expired_at", "1795341600", ERR_UNCERTAIN},
    {"expired_at", "\"2026-11-22 10:00:00\"", ERR_UNCERTAIN},
    {"expired_at", "\"2026-11-22T10:00:00\"", ERR_UNCERTAIN},
    {"expired_at", "\"2026-13-22T10:00:00Z\"", ERR_UNCERTAIN},
    {"expired_at", "\"2026-11-22T10:00:00Z\"", ERR_NONE},
    {"expired_at", "\"2026-11-22T17:00:00.1+07:00\"", ERR_NONE},
    {"expired_at", "\"2026-11-22T17:00:00.1234567890Z\"", ERR_UNCERTAIN},
};

static void test_created_variations(void **state)
{
    for (size_t i = 0; i < sizeof created_variations / sizeof created_variations[0]; i++) {
        const struct variation *row = &created_variations[i];
        auto_arena struct arena *arena = arena_new();
        struct payment_created created = {.txn_id = "untouched"};
        struct error err = {0};
        bool ok = read_created_body(
            &live, arena, 200, answer_with(arena, created_members, row->member, row->value), &created, &err);
        if (ok != (row->code == ERR_NONE) || (!ok && err.code != row->code))
            fail_msg("%s = %s: %s %s", row->member, row->value, ok ? "passed" : error_code_name(err.code),
                     err.text);
        if (!ok)
            assert_string_equal(created.txn_id, "untouched");
        if (!ok)
            assert_int_equal(err.answered,
                             !strstr(err.text, "JSON")); /* the gateway is up, whatever it says */
    }
}

static bool read_created(struct arena *arena, const char *method, const char *body,
                         struct payment_created *created_out, struct error *err)
{
    struct call_answer answer = {.status = 200, .body = body, .length = strlen(body)};
    return pakasir_read_created(&live, arena, &answer, "tg1-abc", method, 30000, created_out, err);
}

/* A virtual account is its number; a QR string beside it means nothing. */
static void test_created_va(void **state)
{
    static const char *const members[] = {"txn_id",
                                          "\"T-1\"",
                                          "project",
                                          "\"kopi\"",
                                          "order_id",
                                          "\"tg1-abc\"",
                                          "amount",
                                          "30000",
                                          "fee",
                                          "3500",
                                          "total_payment",
                                          "33500",
                                          "qr_string",
                                          "\"\"",
                                          "va_number",
                                          "\"88810 1234-5678\"",
                                          "payment_method",
                                          "\"bri_va\"",
                                          "is_sandbox",
                                          "false",
                                          "expired_at",
                                          "\"2026-11-22T10:00:00Z\"",
                                          NULL};
    static const struct variation rows[] = {
        {NULL, NULL, ERR_NONE},
        {"qr_string", "null", ERR_NONE},
        {"qr_string", "", ERR_NONE},
        {"va_number", "", ERR_UNCERTAIN},
        {"va_number", "null", ERR_UNCERTAIN},
        {"va_number", "\"\"", ERR_UNCERTAIN},
        {"va_number", "\" - \"", ERR_UNCERTAIN},
        {"va_number", "888101234", ERR_UNCERTAIN},
        {"va_number", "\"888101234x\"", ERR_UNCERTAIN},
        {"va_number", "\"888<b>\"", ERR_UNCERTAIN},
        {"va_number", "\"888\\n101\"", ERR_UNCERTAIN},
        {"va_number", "\"\u0661\u0662\u0663\"", ERR_UNCERTAIN},
        {"va_number", "\"1234567890123456789012345678901234567890\"", ERR_NONE},
        {"va_number", "\"12345678901234567890123456789012345678901\"", ERR_UNCERTAIN},
        {"payment_method", "\"bni_va\"", ERR_UNCERTAIN},
        {"payment_method", "\"qris\"", ERR_UNCERTAIN},
        {"amount", "29999", ERR_UNCERTAIN},
        {"total_payment", "29999", ERR_UNCERTAIN},
        {"total_payment", "30000", ERR_NONE}, /* the store pays the fee */
        {"order_id", "\"tg2-abc\"", ERR_UNCERTAIN},
        {"expired_at", "null", ERR_UNCERTAIN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        auto_arena struct arena *arena = arena_new();
        struct payment_created created = {.txn_id = "untouched"};
        struct error err = {0};
        const char *body = answer_with(arena, members, rows[i].member, rows[i].value);
        bool ok = read_created(arena, "bri_va", body, &created, &err);
        if (ok != (rows[i].code == ERR_NONE) || (!ok && err.code != rows[i].code))
            fail_msg("row %zu: %s", i, ok ? "passed" : err.text);
        if (!ok) {
            assert_string_equal(created.txn_id, "untouched");
            continue;
        }
        assert_null(created.qr_string);
        assert_null(created.pay_url);
        if (i == 0) {
            assert_string_equal(created.va_number, "88810 1234-5678");
            assert_int_equal(created.fee, 3500);
            assert_int_equal(created.total, 33500);
            assert_int_equal(created.expires_ms, INT64_C(1795341600000));
        }
    }
}

static void test_created_link(void **state)
{
    static const char *const members[] = {"txn_id", "\"T-1\"", "payment_link",
                                          "\"https://app.pakasir.com/pay-v2/T-1\"", NULL};
    static const struct variation rows[] = {
        {NULL, NULL, ERR_NONE},
        {"txn_id", "", ERR_UNCERTAIN},
        {"txn_id", "5", ERR_UNCERTAIN},
        {"payment_link", "", ERR_UNCERTAIN},
        {"payment_link", "null", ERR_UNCERTAIN},
        {"payment_link", "\"\"", ERR_UNCERTAIN},
        {"payment_link", "\"https://\"", ERR_UNCERTAIN},
        {"payment_link", "\"https:///pay\"", ERR_UNCERTAIN},
        {"payment_link", "\"https://app.pakasir.com/a b\"", ERR_UNCERTAIN},
        {"payment_link", "\"https://app.pakasir.com/\\u0000\"", ERR_UNCERTAIN},
        {"payment_link", "\"https://app.pakasir.com/\\n\"", ERR_UNCERTAIN},
        {"payment_link", "\"http://app.pakasir.com/pay-v2/T-1\"", ERR_UNCERTAIN},
        {"payment_link", "\"javascript:alert(1)\"", ERR_UNCERTAIN},
        {"payment_link", "\"tg://resolve?domain=x\"", ERR_UNCERTAIN},
        {"payment_link", "\"http://127.0.0.1:8081/pay-v2/T-1\"", ERR_NONE}, /* the API's own host */
        {"payment_link", "\"http://127.0.0.1:8081.evil.example/pay\"", ERR_UNCERTAIN},
        {"payment_link", "\"http://127.0.0.1:80811/pay\"", ERR_UNCERTAIN},
        {"payment_link", "\"http://127.0.0.1:8081\"", ERR_UNCERTAIN},
    };
    pakasir_set_base("http://127.0.0.1:8081/api/v2");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        auto_arena struct arena *arena = arena_new();
        struct payment_created created = {.txn_id = "untouched"};
        struct error err = {0};
        const char *body = answer_with(arena, members, rows[i].member, rows[i].value);
        bool ok = read_created(arena, "payment_link", body, &created, &err);
        if (ok != (rows[i].code == ERR_NONE) || (!ok && err.code != rows[i].code))
            fail_msg("row %zu: %s", i, ok ? "passed" : err.text);
        if (!ok) {
            assert_string_equal(created.txn_id, "untouched");
            continue;
        }
        assert_non_null(created.pay_url);
        assert_null(created.qr_string);
        assert_null(created.va_number);
        assert_int_equal(created.fee, 0); /* nothing is known yet of fee, total and end */
        assert_int_equal(created.total, 30000);
        assert_int_equal(created.expires_ms, 0);
    }
    /* what it does not have to name must be right where it does */
    static const struct {
        const char *more;
        bool good;
    } more[] = {{",\"order_id\":\"tg1-abc\",\"amount\":30000", true},
                {",\"order_id\":\"tg2-abc\"", false},
                {",\"order_id\":null", false},
                {",\"amount\":30001", false},
                {",\"amount\":\"30000\"", false}};
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
        auto_arena struct arena *arena = arena_new();
        struct payment_created created;
        struct error err = {0};
        const char *body = arena_printf(
            arena, "{\"txn_id\":\"T-1\",\"payment_link\":\"https://x.example/p\"%s}", more[i].more);
        assert_int_equal(read_created(arena, "payment_link", body, &created, &err), more[i].good);
        if (!more[i].good)
            assert_int_equal(err.code, ERR_UNCERTAIN);
    }
    auto_arena struct arena *arena = arena_new();
    struct str huge = STR_INIT(arena);
    struct payment_created created;
    struct error err = {0};
    str_add(&huge, "{\"txn_id\":\"T-1\",\"payment_link\":\"https://x.example/");
    for (int i = 0; i < 100; i++)
        str_add(&huge, "0123456789");
    str_add(&huge, "\"}");
    assert_false(read_created(arena, "payment_link", huge.text, &created, &err));
    assert_false(read_created(arena, "cash", "{}", &created, &err));
    assert_int_equal(err.code, ERR_INTERNAL);
}

/* What is no figure of a fee leaves the formula in its place. */
static void test_fees(void **state)
{
    static const struct {
        const char *body;
        int64_t qris, bri;
    } rows[] = {
        {"{\"qris\":394,\"bri_va\":3500,\"new_va\":1}", 394, 3500},
        {"{\"qris\":0}", 0, -1},
        {"{\"qris\":\"394\",\"bri_va\":3500.5}", -1, -1},
        {"{\"qris\":-1,\"bri_va\":12001}", -1, -1},
        {"{\"qris\":null,\"bri_va\":99999999999999999999999}", -1, -1},
        {"{\"message\":\"hello\"}", -1, -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        auto_arena struct arena *arena = arena_new();
        int64_t fees[20] = {0};
        struct error err = {0};
        struct call_answer answer = {.status = 200, .body = rows[i].body, .length = strlen(rows[i].body)};
        assert_in_range(method_count, 1, 20);
        bool ok = pakasir_read_fees(arena, &answer, 12000, fees, &err);
        if (i == 4) { /* a number that no number can be is no JSON */
            assert_false(ok);
            assert_int_equal(err.code, ERR_UNCERTAIN);
            continue;
        }
        assert_true(ok);
        assert_int_equal(fees[method_find("qris") - methods], rows[i].qris);
        assert_int_equal(fees[method_find("bri_va") - methods], rows[i].bri);
        assert_int_equal(fees[method_find("balance") - methods], -1);
    }
}

/* In its sandbox Pakasir's QR strings are not payments; outside, none may be shown unchecked. */
static void test_created_sandbox(void **state)
{
    auto_arena struct arena *arena = arena_new();
    struct payment_created created;
    struct error err;
    const char *const members[] = {"txn_id",
                                   "\"T-1\"",
                                   "project",
                                   "\"kopi\"",
                                   "order_id",
                                   "\"tg1-abc\"",
                                   "amount",
                                   "30000",
                                   "fee",
                                   "0",
                                   "total_payment",
                                   "30000",
                                   "qr_string",
                                   "\"anything\"",
                                   "payment_method",
                                   "\"qris\"",
                                   "is_sandbox",
                                   "true",
                                   "expired_at",
                                   "\"2026-11-22T10:00:00Z\"",
                                   NULL};
    assert_true(
        read_created_body(&sandboxed, arena, 200, answer_with(arena, members, NULL, NULL), &created, &err));
    assert_string_equal(created.qr_string, "anything");
    assert_false(read_created_body(&sandboxed, arena, 200, answer_with(arena, members, "is_sandbox", "false"),
                                   &created, &err));
    assert_int_equal(err.code, ERR_UNCERTAIN);
    char *huge = arena_alloc(arena, 3000);
    memset(huge, 'x', 2999);
    huge[0] = huge[2998] = '"';
    assert_false(read_created_body(&sandboxed, arena, 200, answer_with(arena, members, "qr_string", huge),
                                   &created, &err));
    assert_int_equal(err.code, ERR_UNCERTAIN);
}

static void test_state_variations(void **state)
{
    static const struct variation rows[] = {
        {NULL, NULL, ERR_NONE},
        {"status", "\"pending\"", ERR_NONE},
        {"status", "\"canceled\"", ERR_NONE},
        {"status", "\"cancelled\"", ERR_UNCERTAIN},
        {"status", "\"COMPLETED\"", ERR_UNCERTAIN},
        {"status", "\"\"", ERR_UNCERTAIN},
        {"status", "true", ERR_UNCERTAIN},
        {"status", "", ERR_UNCERTAIN},
        {"txn_id", "", ERR_UNCERTAIN},
        {"txn_id", "5", ERR_UNCERTAIN},
        {"order_id", "", ERR_UNCERTAIN},
        {"order_id", "{}", ERR_UNCERTAIN},
        {"order_id", "\"tg2-xyz\"", ERR_NONE}, /* whose it is, the caller compares */
        {"amount", "\"30000\"", ERR_UNCERTAIN},
        {"amount", "30000.00", ERR_UNCERTAIN},
        {"amount", "-1", ERR_UNCERTAIN},
        {"amount", "", ERR_UNCERTAIN},
        {"is_sandbox", "", ERR_UNCERTAIN},
        {"is_sandbox", "null", ERR_UNCERTAIN},
        {"completed_at", "\"nonsense\"", ERR_NONE}, /* not used */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        auto_arena struct arena *arena = arena_new();
        struct gateway_state state_read = {.amount = -7};
        struct error err = {0};
        const char *body = answer_with(arena, state_members, rows[i].member, rows[i].value);
        struct call_answer answer = {.status = 200, .body = body, .length = strlen(body)};
        bool ok = pakasir_read_state(&live, arena, &answer, &state_read, &err);
        if (ok != (rows[i].code == ERR_NONE) || (!ok && err.code != rows[i].code))
            fail_msg("row %zu: %s", i, ok ? "passed" : err.text);
        if (!ok)
            assert_int_equal(state_read.amount, -7);
    }
}

static void test_not_an_answer(void **state)
{
    static const struct {
        int status;
        const char *body;
        enum error_code code;
        int retry_after;
        bool answered;
    } rows[] = {
        {200, "", ERR_UNCERTAIN, 0, false},
        {200, "<html><body>OK</body></html>", ERR_UNCERTAIN, 0, false},
        {200, "[]", ERR_UNCERTAIN, 0, false},
        {200, "null", ERR_UNCERTAIN, 0, false},
        {200, "{}", ERR_UNCERTAIN, 0, true},
        {200, "{\"status\":\"completed\",\"status\":\"pending\"}", ERR_UNCERTAIN, 0, false},
        {200, "{\"txn_id\":\"T-1\"", ERR_UNCERTAIN, 0, false},
        {204, "", ERR_UNCERTAIN, 0, false},
        {302, "", ERR_UNCERTAIN, 0, false},
        {400, "{\"message\":\"no\"}", ERR_REFUSED, 0, true},
        {401, "{\"error\":\"bad key\"}", ERR_REFUSED, 0, true},
        {403, "<html>", ERR_REFUSED, 0, true},
        {404, "{\"message\":17}", ERR_REFUSED, 0, true},
        {422, "{}", ERR_REFUSED, 0, true},
        {408, "{}", ERR_UNCERTAIN, 0, true},
        {429, "{}", ERR_RETRY, 1, true},
        {500, "<html>oops</html>", ERR_UNCERTAIN, 0, false},
        {502, "", ERR_UNCERTAIN, 0, false},
        {503, "busy", ERR_RETRY, 0, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        auto_arena struct arena *arena = arena_new();
        struct gateway_state read_state;
        struct payment_created created;
        struct error err = {0};
        struct call_answer answer = {
            .status = rows[i].status, .body = rows[i].body, .length = strlen(rows[i].body)};
        assert_false(pakasir_read_state(&live, arena, &answer, &read_state, &err));
        assert_int_equal(err.code, rows[i].code);
        assert_int_equal(err.retry_after, rows[i].retry_after);
        assert_int_equal(err.answered, rows[i].answered);
        assert_false(pakasir_read_created(&live, arena, &answer, "tg1-abc", "qris", 30000, &created, &err));
        assert_int_equal(err.code, rows[i].code);
    }
}

/* What the gateway says goes into our log: one line, short, and never our key. */
static void test_messages(void **state)
{
    auto_arena struct arena *arena = arena_new();
    struct gateway_state read_state;
    struct error err;
    const char *quoting = "{\"message\":\"key " KEY " is unknown\"}";
    struct call_answer answer = {.status = 401, .body = quoting, .length = strlen(quoting)};
    assert_false(pakasir_read_state(&live, arena, &answer, &read_state, &err));
    assert_null(strstr(err.text, KEY));

    struct str body = STR_INIT(arena);
    str_add(&body, "{\"message\":\"line\\nline\\u0007");
    for (int i = 0; i < 1000; i++)
        str_add(&body, "\xf0\x9f\x98\x80");
    str_add(&body, "\"}");
    answer = (struct call_answer){.status = 400, .body = body.text, .length = body.length};
    assert_false(pakasir_read_state(&live, arena, &answer, &read_state, &err));
    assert_null(strpbrk(err.text, "\n\a"));
    assert_non_null(strstr(err.text, "line line"));
    assert_true(str_is_utf8(err.text, strlen(err.text)));
}

/* --- calls over a socket: one connection is served by `script`, each element an answer to one request --- */

struct server {
    int listener;
    int port;
    const char *const *script; /* ends in NULL; "" closes without an answer */
    char requests[8][1024];
    int connections;
    pthread_t thread;
};

static void answer_one(int fd, struct server *server, int *step)
{
    while (server->script[*step]) {
        char *request = server->requests[*step];
        ssize_t got = 0, n;
        /* requests of these tests fit into one segment, but a body may follow its head */
        do {
            n = read(fd, request + got, sizeof server->requests[0] - 1 - (size_t)got);
            got += n > 0 ? n : 0;
            request[got] = '\0';
        } while (n > 0 && (!strstr(request, "\r\n\r\n") ||
                           (strstr(request, "Content-Type: application/json") && request[got - 1] != '}')));
        if (n <= 0)
            return;
        const char *answer = server->script[(*step)++];
        size_t length = strlen(answer);
        if (!length || write(fd, answer, length) != (ssize_t)length)
            return;
    }
}

static void *serve(void *argument)
{
    struct server *server = argument;
    int step = 0;
    while (server->script[step]) {
        int fd = accept(server->listener, NULL, NULL);
        if (fd < 0)
            break;
        server->connections++;
        answer_one(fd, server, &step);
        close(fd);
    }
    return NULL;
}

static void server_start(struct server *server, const char *const *script)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    memset(server, 0, sizeof *server);
    server->script = script;
    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(server->listener, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(server->listener, 4), 0);
    assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &length), 0);
    server->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void server_stop(struct server *server)
{
    pthread_join(server->thread, NULL);
    close(server->listener);
}

#define HEAD(status, length) "HTTP/1.1 " status "\r\nContent-Length: " length "\r\n\r\n"

struct calls {
    const char *base;
    bool status_ok, fees_ok, cancel_ok, create_ok;
    struct error error;
};

static void *make_calls(void *argument)
{
    struct calls *calls = argument;
    auto_arena struct arena *arena = arena_new();
    struct gateway_state read_state;
    struct payment_created created;
    int64_t fees[20];
    calls->status_ok =
        pakasir.status(&live, arena, "T/1", &read_state, &calls->error) && read_state.amount == 30000;
    calls->fees_ok = pakasir_fees(arena, 30000, fees, &calls->error) && fees[0] == 514;
    calls->cancel_ok = pakasir.cancel(&live, arena, "T-1", &calls->error);
    calls->create_ok = pakasir.create(&live, arena, "tg1-abc", "qris", 30000, &created, &calls->error);
    return NULL;
}

static void test_calls(void **state)
{
    static const char *const script[] = {
        HEAD("200 OK",
             "107") "{\"txn_id\":\"T/1\",\"order_id\":\"tg1-abc\",\"amount\":30000,\"is_sandbox\":false,"
                    "\"status\":\"pending\",\"completed_at\":0}",
        HEAD("200 OK", "26") "{\"qris\":514,\"bri_va\":3500}",
        HEAD("200 OK", "41") "{\"message\":\"Berhasil batalkan transaksi\"}",
        "HTTP/1.1 429 Slow down\r\nRetry-After: 7\r\nContent-Length: 2\r\n\r\n{}",
        NULL,
    };
    struct server server;
    auto_arena struct arena *arena = arena_new();
    server_start(&server, script);
    pakasir_set_base(arena_printf(arena, "http://127.0.0.1:%d/api/v2", server.port));
    struct calls calls = {0};
    pthread_t thread; /* a thread's handle goes with it */
    assert_int_equal(pthread_create(&thread, NULL, make_calls, &calls), 0);
    pthread_join(thread, NULL);
    server_stop(&server);
    assert_true(calls.status_ok);
    assert_true(calls.fees_ok);
    assert_true(calls.cancel_ok);
    assert_false(calls.create_ok);
    assert_int_equal(calls.error.code, ERR_RETRY);
    assert_int_equal(calls.error.retry_after, 7);
    assert_int_equal(server.connections, 1);
    assert_true(
        str_starts_with(server.requests[0], "GET /api/v2/transaction-status/kopi/T%2F1 HTTP/1.1\r\n"));
    assert_non_null(strstr(server.requests[0], "X-Api-Key: " KEY "\r\n"));
    assert_true(str_starts_with(server.requests[1], "GET /api/v2/payment-fee/30000 HTTP/1.1\r\n"));
    assert_null(strstr(server.requests[1], "X-Api-Key")); /* it needs none */
    assert_true(str_starts_with(server.requests[2], "POST /api/v2/cancel-transaction/kopi/T-1 HTTP/1.1\r\n"));
    assert_non_null(strstr(server.requests[2], "Content-Length: 0\r\n"));
    assert_null(strstr(server.requests[2], "Content-Type"));
    assert_true(
        str_starts_with(server.requests[3], "POST /api/v2/create-transaction/kopi/tg1-abc HTTP/1.1\r\n"));
    assert_non_null(strstr(server.requests[3], "\r\n\r\n{\"method\":\"qris\",\"amount\":30000}"));
}

static void test_calls_that_fail(void **state)
{
    static const char *const scripts[][2] = {
        {""},                                                    /* closed without an answer */
        {"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n{}"}, /* closed in the middle */
        {"nonsense\r\n\r\n"},
        {"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"},
    };
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        struct server server;
        auto_arena struct arena *arena = arena_new();
        struct gateway_state read_state;
        struct error err = {0};
        server_start(&server, scripts[i]);
        pakasir_set_base(arena_printf(arena, "http://127.0.0.1:%d/api/v2", server.port));
        assert_false(pakasir.status(&live, arena, "T-1", &read_state, &err));
        assert_int_equal(err.code, ERR_UNCERTAIN);
        assert_null(strstr(err.text, KEY));
        server_stop(&server);
    }
}

static void test_body_too_long(void **state)
{
    auto_arena struct arena *arena = arena_new();
    const char *script[2] = {NULL};
    struct str s = STR_INIT(arena);
    struct server server;
    struct gateway_state read_state;
    struct error err = {0};
    str_add(&s, HEAD("200 OK", "300000"));
    for (int i = 0; i < 30000; i++)
        str_add(&s, "          ");
    script[0] = s.text;
    server_start(&server, script);
    pakasir_set_base(arena_printf(arena, "http://127.0.0.1:%d/api/v2", server.port));
    assert_false(pakasir.status(&live, arena, "T-1", &read_state, &err));
    server_stop(&server);
    assert_int_equal(err.code, ERR_UNCERTAIN);
    assert_non_null(strstr(err.text, "longer"));
}

static void test_nobody_there(void **state)
{
    auto_arena struct arena *arena = arena_new();
    struct server server;
    static const char *const none[] = {NULL};
    struct gateway_state read_state;
    struct error err = {0};
    server_start(&server, none);
    server_stop(&server); /* its port is free now */
    pakasir_set_base(arena_printf(arena, "http://127.0.0.1:%d/api/v2", server.port));
    assert_false(pakasir.status(&live, arena, "T-1", &read_state, &err));
    assert_int_equal(err.code, ERR_RETRY);
    assert_false(err.answered);
    pakasir_set_base("file:///etc");
    assert_false(pakasir.status(&live, arena, "passwd", &read_state, &err));
}

static void test_pay_page(void **state)
{
    auto_arena struct arena *arena = arena_new();
    gateway_set_base("https://app.pakasir.com/api/v2");
    assert_string_equal(gateway_pay_page(arena, "T-1"), "https://app.pakasir.com/pay-v2/T-1");
    assert_string_equal(gateway_pay_page(arena, "a\"b/?"), "https://app.pakasir.com/pay-v2/a%22b%2F%3F");
    gateway_set_base("http://127.0.0.1:8081/api/v2");
    assert_string_equal(gateway_pay_page(arena, "T-1"), "http://127.0.0.1:8081/pay-v2/T-1");
    assert_string_equal(gateway_of(&live)->name, "pakasir");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_created_good),
        cmocka_unit_test(test_created_variations),
        cmocka_unit_test(test_created_sandbox),
        cmocka_unit_test(test_state_variations),
        cmocka_unit_test(test_created_va),
        cmocka_unit_test(test_created_link),
        cmocka_unit_test(test_fees),
        cmocka_unit_test(test_not_an_answer),
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_calls),
        cmocka_unit_test(test_calls_that_fail),
        cmocka_unit_test(test_body_too_long),
        cmocka_unit_test(test_nobody_there),
        cmocka_unit_test(test_pay_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

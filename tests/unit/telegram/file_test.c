#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "api_server.h"
#include "telegram/file.h"

#define TOKEN "123456:AAtestAAtestAAtestAAtestAAtestAAtest"

static struct {
    const char *get_file, *file;
    int get_file_status, file_status;
    size_t padding;
} script;
static struct api_server *server;
static struct arena *arena;

static void answer(void *context, const struct api_request *request, struct api_answer *answer_out)
{
    bool is_file = strncmp(request->path, "/file/bot" TOKEN "/", strlen("/file/bot" TOKEN "/")) == 0;
    answer_out->status = is_file ? script.file_status : script.get_file_status;
    answer_out->padding = is_file ? script.padding : 0;
    snprintf(answer_out->body, sizeof answer_out->body, "%s", is_file ? script.file : script.get_file);
}

static int set_up(void **state)
{
    arena = arena_new();
    server = api_server_start(answer, NULL);
    script.get_file = "{\"ok\":true,\"result\":{\"file_path\":\"documents/file_7.txt\",\"file_size\":5}}";
    script.file = "a:1\nb";
    script.get_file_status = script.file_status = 200;
    script.padding = 0;
    return 0;
}

static int tear_down(void **state)
{
    api_server_stop(&server);
    arena_free(&arena);
    return 0;
}

static bool download(size_t most, char **bytes_out, struct error *err)
{
    size_t length;
    bool ok =
        telegram_download(api_server_base(server), TOKEN, "BQACAg", most, arena, bytes_out, &length, err);
    if (!ok)
        assert_null(strstr(err->text, "AAtest"));
    if (ok)
        assert_int_equal(strlen(*bytes_out), length);
    return ok;
}

static void test_a_file(void **state)
{
    char *bytes;
    struct error err;
    assert_true(download(100, &bytes, &err));
    assert_string_equal(bytes, "a:1\nb");
    assert_int_equal(api_server_requests(server), 2);
}

static void test_too_long(void **state)
{
    char *bytes;
    struct error err;
    assert_false(download(4, &bytes, &err)); /* as getFile says */
    assert_int_equal(err.code, ERR_INVALID);
    script.get_file = "{\"ok\":true,\"result\":{\"file_path\":\"d/f\"}}";
    script.padding = 3000; /* as it comes */
    assert_false(download(1000, &bytes, &err));
    assert_int_equal(err.code, ERR_INVALID);
}

static void test_what_telegram_may_answer(void **state)
{
    static const struct {
        int get_file_status;
        const char *get_file;
        int file_status;
        enum error_code code;
    } rows[] = {
        {400, "{\"ok\":false,\"error_code\":400,\"description\":\"Bad Request: invalid file_id\"}", 200,
         ERR_NOT_FOUND},
        {401, "{\"ok\":false,\"error_code\":401,\"description\":\"Unauthorized\"}", 200, ERR_REFUSED},
        {502, "<html>", 200, ERR_RETRY},
        {0, "", 200, ERR_RETRY},
        {200, "{\"ok\":true,\"result\":{}}", 200, ERR_RETRY},
        {200, "{\"ok\":true,\"result\":{\"file_path\":\"../../etc/passwd\"}}", 200, ERR_RETRY},
        {200, "{\"ok\":true,\"result\":{\"file_path\":\"a?b\"}}", 200, ERR_RETRY},
        {200, "{\"ok\":true,\"result\":{\"file_path\":\"d/f\"}}", 404, ERR_NOT_FOUND},
        {200, "{\"ok\":true,\"result\":{\"file_path\":\"d/f\"}}", 500, ERR_RETRY},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *bytes;
        struct error err;
        script.get_file_status = rows[i].get_file_status;
        script.get_file = rows[i].get_file;
        script.file_status = rows[i].file_status;
        assert_false(download(100, &bytes, &err));
        if (err.code != rows[i].code)
            fail_msg("%zu: %s: %s", i, error_code_name(err.code), err.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_too_long, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_telegram_may_answer, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

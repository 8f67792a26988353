#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool parses(const char *text, size_t length)
{
    auto_json json_t *json = NULL;
    struct error err = {0};
    bool good = json_parse(text, length, &json, &err);
    assert_int_equal(good, json != NULL);
    assert_int_equal(err.code, good ? ERR_NONE : ERR_INVALID);
    return good;
}

static void hostile_documents_are_refused(void **unused)
{
    static const char *const bad[] = {"",
                                      "1",
                                      "\"x\"",
                                      "{",
                                      "{\"a\":1}x",
                                      "{\"a\":1,\"a\":2}",
                                      "[NaN]",
                                      "{\"a\":99999999999999999999}",
                                      "[1e999]",
                                      "{\"\xff\":1}",
                                      "{\"a\":\"\\u0000\"}",
                                      "{a:1}",
                                      "[1,]"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(parses(bad[i], strlen(bad[i])));
    assert_false(parses("[\0]", 3));
    assert_true(parses("[]", 2));
    assert_true(parses("{\"a\":null} ", 11));
}

static void depth_is_bounded(void **unused)
{
    static char deep[100001];
    memset(deep, '[', sizeof deep - 1);
    assert_false(parses(deep, sizeof deep - 1));
}

static void the_error_quotes_nothing(void **unused)
{
    static const char text[] = "{\"token\": \"123:secret\" oops}";
    json_t *json = NULL;
    struct error err;
    assert_false(json_parse(text, strlen(text), &json, &err));
    assert_null(strstr(err.text, "secret"));
    assert_null(strstr(err.text, "oops"));
    assert_non_null(strstr(err.text, "line 1"));
}

static void readers_want_the_type(void **unused)
{
    static const char text[] =
        "{\"s\":\"x\",\"i\":12,\"r\":1.0,\"t\":true,\"n\":null,\"o\":{\"k\":1},\"a\":[1]}";
    auto_json json_t *json = NULL;
    struct error err;
    assert_true(json_parse(text, strlen(text), &json, &err));
    const char *string = "untouched";
    int64_t number = 42;
    bool flag = false;
    json_t *child = NULL;
    assert_false(json_get_string(json, "i", &string));
    assert_false(json_get_string(json, "n", &string));
    assert_false(json_get_string(json, "missing", &string));
    assert_false(json_get_string(NULL, "s", &string));
    assert_string_equal(string, "untouched");
    assert_true(json_get_string(json, "s", &string));
    assert_string_equal(string, "x");
    assert_false(json_get_int(json, "r", &number));
    assert_false(json_get_int(json, "t", &number));
    assert_int_equal(number, 42);
    assert_true(json_get_int(json, "i", &number));
    assert_int_equal(number, 12);
    assert_false(json_get_bool(json, "i", &flag));
    assert_true(json_get_bool(json, "t", &flag));
    assert_true(flag);
    assert_false(json_get_object(json, "a", &child));
    assert_false(json_get_array(json, "o", &child));
    assert_null(child);
    assert_true(json_get_array(json, "a", &child));
    assert_false(json_get_int(child, "x", &number));
    assert_true(json_get_object(json, "o", &child));
    assert_true(json_get_int(child, "k", &number));
    assert_int_equal(number, 1);
}

static void text_is_compact_utf8(void **unused)
{
    auto_arena struct arena *arena = arena_new();
    auto_json json_t *json = json_pack("{s:s, s:i}", "a", "\xf0\x9f\x98\x80<\"", "b", 2);
    assert_string_equal(json_text(arena, json), "{\"a\":\"\xf0\x9f\x98\x80<\\\"\",\"b\":2}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hostile_documents_are_refused), cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(the_error_quotes_nothing),      cmocka_unit_test(readers_want_the_type),
        cmocka_unit_test(text_is_compact_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

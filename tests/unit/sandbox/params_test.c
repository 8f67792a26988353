#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "params.h"

static bool parse(struct arena *arena, const char *type, const char *query, const char *body,
                  struct params *out)
{
    struct error err;
    return params_parse(arena, type, query, body, strlen(body), out, &err);
}

static void reads_every_form(void **state)
{
    static const struct {
        const char *type, *query, *body;
    } forms[] = {
        {NULL, "chat_id=7&text=a+b%26%C3%A9&flag=true&markup=%7B%22a%22%3A1%7D", ""},
        {"application/x-www-form-urlencoded", "chat_id=7",
         "text=a%20b%26%c3%a9&flag=True&markup=%7B%22a%22:1%7D"},
        {"application/json; charset=utf-8", "",
         "{\"chat_id\":7,\"text\":\"a b&\\u00e9\",\"flag\":true,\"markup\":{\"a\":1}}"},
        {"application/json", "",
         "{\"chat_id\":\"7\",\"text\":\"a b&é\",\"flag\":\"1\",\"markup\":\"{\\\"a\\\":1}\"}"},
        {"multipart/form-data; boundary=x", "chat_id=7",
         "--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\na b&é\r\n"
         "--x\r\nContent-Disposition: form-data; name=\"flag\"\r\n\r\nyes\r\n"
         "--x\r\nContent-Disposition: form-data; name=\"markup\"\r\n\r\n{\"a\":1}\r\n--x--"},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        auto_arena struct arena *arena = arena_new();
        struct params params;
        int64_t chat_id;
        json_t *markup;
        assert_true(parse(arena, forms[i].type, forms[i].query, forms[i].body, &params));
        assert_true(params_int(&params, "chat_id", &chat_id));
        assert_int_equal(chat_id, 7);
        assert_string_equal(params_text(&params, "text"), "a b&é");
        assert_true(params_bool(&params, "flag"));
        assert_true(params_json(&params, "markup", JSON_OBJECT, &markup));
        assert_int_equal(json_integer_value(json_object_get(markup, "a")), 1);
        assert_false(params_json(&params, "markup", JSON_ARRAY, &markup));
        assert_null(params_text(&params, "missing"));
        assert_true(params_json(&params, "missing", JSON_OBJECT, &markup));
        assert_null(markup);
        params_free(&params);
    }
}

static void refuses_broken_ones(void **state)
{
    static const struct {
        const char *type, *query, *body;
    } broken[] = {
        {NULL, "a=%", ""},
        {NULL, "a=%4", ""},
        {NULL, "a=%zz", ""},
        {NULL, "a=%00", ""},
        {NULL, "a=%ff", ""},
        {"application/x-www-form-urlencoded", "", "a=%c3"},
        {"application/json", "", "[1]"},
        {"application/json", "", "{\"a\":1"},
        {"text/plain", "", "a=1"},
        {NULL, "", "a=1"},
        {"multipart/form-data; boundary=x", "",
         "--x\r\nContent-Disposition: form-data; name=a\r\n\r\n\xff\r\n--x--"},
    };
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        auto_arena struct arena *arena = arena_new();
        struct params params;
        assert_false(parse(arena, broken[i].type, broken[i].query, broken[i].body, &params));
    }
}

static void texts_with_nul_are_none(void **state)
{
    auto_arena struct arena *arena = arena_new();
    struct params params;
    assert_false(parse(arena, "application/json", "", "{\"a\":\"x\\u0000y\"}", &params));
}

static void finds_a_query_value(void **state)
{
    auto_arena struct arena *arena = arena_new();
    assert_string_equal(params_query(arena, "a=1&b=x%20y&b=z", "b"), "x y");
    assert_null(params_query(arena, "a=1", "b"));
    assert_string_equal(params_query(arena, "b", "b"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_form),
        cmocka_unit_test(refuses_broken_ones),
        cmocka_unit_test(texts_with_nul_are_none),
        cmocka_unit_test(finds_a_query_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "base/str.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct arena *arena;

static int setup(void **unused)
{
    arena = arena_new();
    return 0;
}

static int teardown(void **unused)
{
    arena_free(&arena);
    return 0;
}

static void builder_grows(void **unused)
{
    struct str s = STR_INIT(arena);
    assert_string_equal(str_done(&s), "");
    for (int i = 0; i < 1000; i++)
        str_addf(&s, "%d,", i);
    str_add(&s, "");
    str_add_bytes(&s, "a\0b", 3);
    assert_int_equal(s.length, 3893);
    assert_memory_equal(s.text, "0,1,2,3,", 8);
    assert_memory_equal(s.text + 3890, "a\0b", 4);
}

static void html_is_escaped(void **unused)
{
    assert_string_equal(str_html(arena, "<b>\"A & B\"</b>'"), "&lt;b&gt;&quot;A &amp; B&quot;&lt;/b&gt;'");
    assert_string_equal(str_html(arena, "\xf0\x9f\x98\x80 \xe2\x80\x8f\xd7\x90"),
                        "\xf0\x9f\x98\x80 \xe2\x80\x8f\xd7\x90");
    assert_string_equal(str_html(arena, "a\x01\x1b\x7f\xc2\x85\tb\nc"), "a\tb\nc");
    assert_string_equal(str_html(arena, ""), "");
}

static void html_replaces_what_is_not_utf8(void **unused)
{
    assert_string_equal(str_html(arena, "a\xff<"), "a\xef\xbf\xbd&lt;");
    /* a lead byte swallows nothing: the < behind it is still escaped */
    assert_string_equal(str_html(arena, "\xe2<"), "\xef\xbf\xbd&lt;");
    assert_string_equal(str_html(arena, "\xf0\x9f\x98"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

static void utf8_is_checked(void **unused)
{
    static const char *const good[] = {
        "", "a", "\xc2\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xf4\x8f\xbf\xbf"};
    static const char *const bad[] = {"\x80",
                                      "\xc0\x80",
                                      "\xc1\xbf",
                                      "\xe0\x9f\xbf",
                                      "\xed\xa0\x80",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf4\x90\x80\x80",
                                      "\xc3",
                                      "\xf8\x88\x80\x80\x80"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(str_is_utf8(good[i], strlen(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(str_is_utf8(bad[i], strlen(bad[i])));
    assert_false(str_is_utf8("\xf0\x9f\x98\x80", 3));
    assert_true(str_is_utf8("a\0b", 3));
}

static void utf16_units_are_counted(void **unused)
{
    assert_int_equal(str_utf16_length(""), 0);
    assert_int_equal(str_utf16_length("abc"), 3);
    assert_int_equal(str_utf16_length("\xe2\x82\xac"), 1);
    assert_int_equal(str_utf16_length("\xf0\x9f\x98\x80"), 2);
    assert_int_equal(str_utf16_length("\xf0\x9f"), 2);
}

static void cut_keeps_characters_whole(void **unused)
{
    static const char smiles[] = "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80";
    assert_string_equal(str_utf8_cut(arena, "abcdef", 6), "abcdef");
    assert_string_equal(str_utf8_cut(arena, "abcdef", 5), "abcd…");
    assert_string_equal(str_utf8_cut(arena, "abcdef", 1), "…");
    assert_string_equal(str_utf8_cut(arena, "abcdef", 0), "");
    assert_string_equal(str_utf8_cut(arena, "", 0), "");
    assert_string_equal(str_utf8_cut(arena, smiles, 6), smiles);
    assert_string_equal(str_utf8_cut(arena, smiles, 5), "\xf0\x9f\x98\x80\xf0\x9f\x98\x80…");
    assert_string_equal(str_utf8_cut(arena, smiles, 4), "\xf0\x9f\x98\x80…");
    assert_string_equal(str_utf8_cut(arena, smiles, 2), "…");
    for (size_t limit = 0; limit < 8; limit++)
        assert_true(str_utf16_length(str_utf8_cut(arena, smiles, limit)) <= limit);
}

static void numbers_are_whole_texts(void **unused)
{
    static const struct {
        const char *text;
        int64_t value;
    } good[] = {{"0", 0},
                {"-1", -1},
                {"007", 7},
                {"9223372036854775807", INT64_MAX},
                {"-9223372036854775808", INT64_MIN}};
    static const char *const bad[] = {
        "", "-", "+1", " 1", "1 ", "1.0", "0x1", "9223372036854775808", "-9223372036854775809", "--1", "1e3"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        int64_t value = 42;
        assert_true(str_to_int64(good[i].text, &value));
        assert_true(value == good[i].value);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t value = 42;
        assert_false(str_to_int64(bad[i], &value));
        assert_int_equal(value, 42);
    }
}

static void rupiah_are_grouped(void **unused)
{
    assert_string_equal(str_rupiah(arena, 0), "Rp 0");
    assert_string_equal(str_rupiah(arena, 999), "Rp 999");
    assert_string_equal(str_rupiah(arena, 30000), "Rp 30.000");
    assert_string_equal(str_rupiah(arena, 1234567), "Rp 1.234.567");
    assert_string_equal(str_rupiah(arena, -100000), "-Rp 100.000");
    assert_string_equal(str_rupiah(arena, INT64_MIN), "-Rp 9.223.372.036.854.775.808");
}

static void small_helpers(void **unused)
{
    assert_true(str_equal(NULL, NULL));
    assert_false(str_equal(NULL, ""));
    assert_true(str_equal("a", "a"));
    assert_true(str_starts_with("cart:add", "cart:"));
    assert_false(str_starts_with("car", "cart"));
    assert_string_equal(str_hex(arena, "\x00\xff\x1a", 3), "00ff1a");
    assert_int_equal(str_hash(""), 2166136261u ^ 2166136261u >> 15);
    assert_int_not_equal(str_hash("kopi-digital"), str_hash("kopi-digitak"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(builder_grows, setup, teardown),
        cmocka_unit_test_setup_teardown(html_is_escaped, setup, teardown),
        cmocka_unit_test_setup_teardown(html_replaces_what_is_not_utf8, setup, teardown),
        cmocka_unit_test_setup_teardown(utf8_is_checked, setup, teardown),
        cmocka_unit_test_setup_teardown(utf16_units_are_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(cut_keeps_characters_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(numbers_are_whole_texts, setup, teardown),
        cmocka_unit_test_setup_teardown(rupiah_are_grouped, setup, teardown),
        cmocka_unit_test_setup_teardown(small_helpers, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

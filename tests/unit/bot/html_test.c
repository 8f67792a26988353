#include "bench.h"

#include <string.h>

#include "base/str.h"
#include "bot/html.h"

static void test_length_counts_what_is_seen(void **state)
{
    assert_int_equal(html_length(""), 0);
    assert_int_equal(html_length("<b>ab</b>"), 2);
    assert_int_equal(html_length("&lt;&amp;x"), 3);
    assert_int_equal(html_length("😀é"), 3);
    assert_int_equal(html_length("<a href=\"https://x/?a=1&amp;b=2\">y</a>"), 1);
}

static void test_cut_keeps_tags_closed(void **state)
{
    auto_arena struct arena *arena = arena_new();
    assert_string_equal(html_cut(arena, "<b>abc</b>", 3), "<b>abc</b>");
    assert_string_equal(html_cut(arena, "<b>abc</b>", 2), "<b>a…</b>");
    assert_string_equal(html_cut(arena, "<b>a<i>bcd</i></b>x", 4), "<b>a<i>bc…</i></b>");
    assert_string_equal(html_cut(arena, "<a href=\"u\">abc</a>", 2), "<a href=\"u\">a…</a>");
    assert_string_equal(html_cut(arena, "a&amp;bc", 3), "a&amp;…"); /* never inside an entity */
    assert_string_equal(html_cut(arena, "a😀bc", 3), "a…");          /* nor inside a surrogate pair */
}

static void test_cut_at_every_length(void **state)
{
    auto_arena struct arena *arena = arena_new();
    const char *html = "<b>x&lt;😀</b> <i>y<u>z\u202e</u></i> <code>&quot;ok</code> tail";
    size_t length = html_length(html);
    for (size_t limit = 1; limit <= length; limit++) {
        const char *cut = html_cut(arena, html, limit);
        assert_true(html_length(cut) <= limit);
        int open = 0;
        for (const char *p = cut; *p; p++)
            open += *p == '<' ? (p[1] == '/' ? -1 : 1) : 0;
        assert_int_equal(open, 0);
    }
}

static void test_split_loses_nothing(void **state)
{
    auto_arena struct arena *arena = arena_new();
    struct str whole = STR_INIT(arena);
    for (int i = 0; i < 3000; i++)
        str_add(&whole, i % 17 == 0 ? "\n" : i % 5 == 0 ? " " : "😀");
    size_t count;
    const char **parts = html_split(arena, str_done(&whole), 1000, &count);
    struct str again = STR_INIT(arena);
    assert_true(count >= 5);
    for (size_t i = 0; i < count; i++) {
        assert_in_range(str_utf16_length(parts[i]), 1, 1000);
        str_add(&again, parts[i]);
    }
    assert_string_equal(str_done(&again), whole.text);
    parts = html_split(arena, "", 1000, &count);
    assert_int_equal(count, 1);
    assert_string_equal(parts[0], "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_length_counts_what_is_seen),
        cmocka_unit_test(test_cut_keeps_tags_closed),
        cmocka_unit_test(test_cut_at_every_length),
        cmocka_unit_test(test_split_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

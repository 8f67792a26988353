#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "html.h"

/* The text, a bar, and the entities as type@offset+length. */
static char *shown(struct arena *arena, const char *html)
{
    char *text;
    json_t *entities;
    struct error err;
    if (!html_parse(arena, html, &text, &entities, &err))
        return arena_printf(arena, "refused: %s", err.text);
    html_trim(text, entities);
    struct str s = STR_INIT(arena);
    str_addf(&s, "%s|", text);
    size_t i;
    json_t *entity;
    json_array_foreach(entities, i, entity)
    {
        const char *url = json_string_value(json_object_get(entity, "url"));
        const char *language = json_string_value(json_object_get(entity, "language"));
        str_addf(&s, "%s%s@%d+%d", i ? " " : "", json_string_value(json_object_get(entity, "type")),
                 (int)json_integer_value(json_object_get(entity, "offset")),
                 (int)json_integer_value(json_object_get(entity, "length")));
        if (url || language)
            str_addf(&s, "(%s)", url ? url : language);
    }
    json_decref(entities);
    return str_done(&s);
}

struct case_of {
    const char *html, *expected;
};

static void check(const struct case_of *cases, size_t count)
{
    auto_arena struct arena *arena = arena_new();
    for (size_t i = 0; i < count; i++)
        assert_string_equal(shown(arena, cases[i].html), cases[i].expected);
}

#define CHECK(cases) check(cases, sizeof(cases) / sizeof *(cases))

static void takes_what_telegram_takes(void **state)
{
    static const struct case_of cases[] = {
        {"", "|"},
        {"plain & simple", "plain & simple|"},
        {"<b>x</b>", "x|bold@0+1"},
        {"<STRONG>x</strong>", "x|bold@0+1"},
        {"<b>a<i>b</i></b>c", "abc|bold@0+2 italic@1+1"},
        {"<i>😀</i><u>é</u>", "😀é|italic@0+2 underline@2+1"},
        {"<b></b>x", "x|"},
        {"<b>x</>", "x|bold@0+1"},
        {"<a href=\"http://a.b/?x=1&amp;y=2\">l</a>", "l|text_link@0+1(http://a.b/?x=1&y=2)"},
        {"<a href='tg://user?id=7'>l</a>", "l|text_mention@0+1(tg://user?id=7)"},
        {"<a>http://a.b</a>", "http://a.b|text_link@0+10(http://a.b)"},
        {"<a href=\"javascript:x\">l</a>", "l|"},
        {"<pre><code class=\"language-c\">int</code></pre>", "int|pre@0+3(c)"},
        {"<pre>int</pre>", "int|pre@0+3"},
        {"<code>a<b>b</b></code>", "ab|code@0+2"},
        {"<span class=\"tg-spoiler\">x</span><tg-spoiler>y</tg-spoiler>", "xy|spoiler@0+1 spoiler@1+1"},
        {"<blockquote expandable>q</blockquote>", "q|expandable_blockquote@0+1"},
        {"<s>a</s><del>b</del><strike>c</strike>",
         "abc|strikethrough@0+1 strikethrough@1+1 strikethrough@2+1"},
    };
    CHECK(cases);
}

static void reads_references(void **state)
{
    static const struct case_of cases[] = {
        {"&lt;b&gt; &amp;amp; &quot;", "<b> &amp; \"|"},
        {"&#60;&#x1F600;&#x1f600;", "<😀😀|"},
        {"&lt", "<|"},
        {"&nbsp;&copy &", "&nbsp;&copy &|"},
        {"&#0; &#xd800; &#1114112; &#;", "&#0; &#xd800; &#1114112; &#;|"},
        {"&#99999999999999999999;", "&#99999999999999999999;|"},
    };
    CHECK(cases);
}

static void refuses_what_telegram_refuses(void **state)
{
    static const struct case_of cases[] = {
        {"<b>x", "refused: Can't find end tag corresponding to start tag \"b\""},
        {"x</b>", "refused: Unexpected end tag at byte offset 1"},
        {"<b>x</i>", "refused: Unmatched end tag at byte offset 4, expected \"</b>\", found \"</i>\""},
        {"<b><i>x</b></i>", "refused: Unmatched end tag at byte offset 7, expected \"</i>\", found \"</b>\""},
        {"a <foo>", "refused: Unsupported start tag \"foo\" at byte offset 2"},
        {"1 < 2", "refused: Unsupported start tag \"\" at byte offset 2"},
        {"<>x", "refused: Unsupported start tag \"\" at byte offset 0"},
        {"<b", "refused: Unclosed start tag at byte offset 0"},
        {"<a href=\"x", "refused: Unclosed start tag at byte offset 0"},
        {"<a href>x</a>",
         "refused: Expected equal sign in declaration of an attribute of the tag \"a\" at byte offset 0"},
        {"<a =x>x</a>", "refused: Empty attribute name in the tag \"a\" at byte offset 0"},
        {"<span>x</span>", "refused: Tag \"span\" must have class \"tg-spoiler\" at byte offset 0"},
        {"<b>x</b", "refused: Unclosed end tag at byte offset 4"},
        {"<br/>", "refused: Unsupported start tag \"br/\" at byte offset 0"},
        {"a\xff", "refused: Text must be encoded in UTF-8"},
    };
    CHECK(cases);
}

static void trims_and_moves_the_entities(void **state)
{
    static const struct case_of cases[] = {
        {" \n <b>x</b> \n", "x|bold@0+1"},
        {"<b> x </b>", "x|bold@0+1"},
        {"x<b>  </b>", "x|"},
        {"a\r\nb\tc", "a \nb c|"},
        {" \n ", "|"},
        {"  😀<b>y</b>", "😀y|bold@2+1"},
    };
    CHECK(cases);
}

static void survives_deep_nesting(void **state)
{
    auto_arena struct arena *arena = arena_new();
    struct str s = STR_INIT(arena);
    for (int i = 0; i < 1000; i++)
        str_add(&s, "<b>");
    assert_true(str_starts_with(shown(arena, str_done(&s)), "refused: Too many nested tags"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_what_telegram_takes),     cmocka_unit_test(reads_references),
        cmocka_unit_test(refuses_what_telegram_refuses), cmocka_unit_test(trims_and_moves_the_entities),
        cmocka_unit_test(survives_deep_nesting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

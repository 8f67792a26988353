#include "fixture.h"

#include <string.h>

#include "store/stock_lines.h"

static struct arena *arena;

static int begin(void **state)
{
    arena = arena_new();
    return 0;
}

static int end(void **state)
{
    arena_free(&arena);
    return 0;
}

static struct stock_lines read(const char *text, bool is_csv)
{
    struct stock_lines lines;
    int64_t at;
    assert_int_equal(stock_lines_read(arena, text, strlen(text), is_csv, &lines, &at), STOCK_LINES_OK);
    return lines;
}

static void assert_lines(const char *text, bool is_csv, const char *const *expected, const int64_t *numbers,
                         size_t count)
{
    struct stock_lines lines = read(text, is_csv);
    assert_int_equal(lines.count, count);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(lines.lines[i].content, expected[i]);
        assert_int_equal(lines.lines[i].number, numbers[i]);
    }
    assert_int_equal(lines.too_long, 0);
}

#define LINES(text, is_csv, numbers, ...)                                                                    \
    do {                                                                                                     \
        static const char *const expected[] = {__VA_ARGS__};                                                 \
        static const int64_t at[] = numbers;                                                                 \
        assert_lines(text, is_csv, expected, at, sizeof expected / sizeof *expected);                        \
    } while (0)
#define AT(...)                                                                                              \
    {                                                                                                        \
        __VA_ARGS__                                                                                          \
    }

static void test_lines_of_text(void **state)
{
    LINES("a\nb", false, AT(1, 2), "a", "b");
    LINES("\xEF\xBB\xBF"
          "a\r\n\r\n  b c\t \r\n",
          false, AT(1, 3), "a", "b c");
    LINES("a\rb\r\rc", false, AT(1, 2, 4), "a", "b", "c");
    LINES("a,\"b\";c|d\n", false, AT(1), "a,\"b\";c|d");
    LINES("é🎬\n\xE2\x80\xAEx", false, AT(1, 2), "é🎬", "\xE2\x80\xAEx");
    assert_int_equal(read("", false).count, 0);
    assert_int_equal(read("\xEF\xBB\xBF", false).count, 0);
    assert_int_equal(read(" \n\t\r\n\n", false).count, 0);
}

static void test_rows_of_csv(void **state)
{
    LINES("mail,pass\r\nm2,p2\r\n", true, AT(1, 2), "mail|pass", "m2|p2");
    LINES("a;b\n", true, AT(1), "a|b");
    LINES("a;b,c\n", true, AT(1), "a;b|c");     /* a comma outside of quotes: it separates */
    LINES("\"a,b\";c\n", true, AT(1), "a,b|c"); /* one inside does not */
    LINES("\"a \"\"b\"\"\",\"line 1\nline 2\"\r\nnext", true, AT(1, 3), "a \"b\"|line 1\nline 2", "next");
    LINES("a,,\nb,,c,\n,,\n\n,d\n", true, AT(1, 2, 5), "a", "b||c", "|d");
    LINES(" a , b \n", true, AT(1), "a|b");
    LINES("\" a \",b", true, AT(1), " a |b");
    LINES("a \"b\" c", true, AT(1), "a \"b\" c");           /* a quote within a field is one */
    assert_int_equal(read(",,,\n;;\n\"\"", true).count, 1); /* the second row is a text with semicolons */
}

static void test_quotes_that_do_not_end(void **state)
{
    static const struct {
        const char *text;
        int64_t at;
    } bad[] = {{"\"a", 1}, {"a\nb\n\"c\nd\n", 3}, {"\"a\"b,c", 1}, {"x\n\"a\" ,b", 2}, {"\"a\"\"", 1}};
    struct stock_lines lines = {.count = 7};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t at = 0;
        assert_int_equal(stock_lines_read(arena, bad[i].text, strlen(bad[i].text), true, &lines, &at),
                         STOCK_LINES_QUOTES);
        assert_int_equal(at, bad[i].at);
    }
    assert_int_equal(lines.count, 7);
}

static void test_what_is_no_text(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
    } bad[] = {{"\xFF\xFE"
                "a\0",
                4},
               {"a\0b", 3},
               {"\xC3\x28", 2},
               {"\xED\xA0\x80", 3},
               {"abc\xF0\x9F\x98", 6}};
    struct stock_lines lines;
    int64_t at;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        for (int csv = 0; csv < 2; csv++)
            assert_int_equal(stock_lines_read(arena, bad[i].bytes, bad[i].length, csv, &lines, &at),
                             STOCK_LINES_NOT_TEXT);
}

static char *repeated(const char *part, size_t times)
{
    size_t length = strlen(part);
    char *text = arena_alloc(arena, length * times + 1);
    for (size_t i = 0; i < times; i++)
        memcpy(text + i * length, part, length);
    return text;
}

static void test_limits(void **state)
{
    struct stock_lines lines;
    int64_t at;
    const char *most = repeated("ab\n", STOCK_LINES_MOST), *more = repeated("ab\n", STOCK_LINES_MOST + 1);
    assert_int_equal(read(most, false).count, STOCK_LINES_MOST);
    assert_int_equal(read(most, true).count, STOCK_LINES_MOST);
    assert_int_equal(stock_lines_read(arena, more, strlen(more), false, &lines, &at), STOCK_LINES_TOO_MANY);
    assert_int_equal(stock_lines_read(arena, more, strlen(more), true, &lines, &at), STOCK_LINES_TOO_MANY);
    lines = read(arena_printf(arena, "%s\n%sx\nz", repeated("é", 4096), repeated("é", 4096)), false);
    assert_int_equal(lines.count, 2);
    assert_int_equal(lines.too_long, 1);
    assert_int_equal(lines.lines[1].number, 3);
    /* What is nothing costs nothing. */
    assert_int_equal(read(repeated("\n", STOCK_LINES_MOST_BYTES / 4), false).count, 0);
    assert_int_equal(read(repeated(",\n", STOCK_LINES_MOST_BYTES / 8), true).count, 0);
    assert_int_equal(read(repeated(",", STOCK_LINES_MOST_BYTES / 4), true).count, 0);
}

#define LINES_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LINES_TEST(test_lines_of_text),
        LINES_TEST(test_rows_of_csv),
        LINES_TEST(test_quotes_that_do_not_end),
        LINES_TEST(test_what_is_no_text),
        LINES_TEST(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

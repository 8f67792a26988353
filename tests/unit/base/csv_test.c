#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include "base/csv.h"

#define MARK "\xEF\xBB\xBF"

static void test_rows(void **state)
{
    auto_arena struct arena *arena = arena_new();
    struct csv csv;
    csv_begin(&csv, arena);
    csv_text(&csv, "tanggal");
    csv_text(&csv, "omzet");
    csv_end_row(&csv);
    csv_text(&csv, "2026-11-22");
    csv_number(&csv, 1250000);
    csv_end_row(&csv);
    csv_number(&csv, INT64_MIN);
    csv_number(&csv, INT64_MAX);
    csv_text(&csv, NULL);
    csv_end_row(&csv);
    assert_string_equal(csv_done(&csv), MARK "\"tanggal\",\"omzet\"\r\n\"2026-11-22\",1250000\r\n"
                                             "-9223372036854775808,9223372036854775807,\"\"\r\n");
}

static void test_texts(void **state)
{
    static const struct {
        const char *text, *field;
    } rows[] = {
        {"Kopi, gula", "\"Kopi, gula\""},
        {"\"Kopi\"", "\"\"\"Kopi\"\"\""},
        {"dua\nbaris\ttab", "\"dua\nbaris\ttab\""},
        {"=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\""},
        {"+62812", "\"'+62812\""},
        {"-1", "\"'-1\""},
        {"@SUM(1)", "\"'@SUM(1)\""},
        {" \t=1", "\"' \t=1\""},
        {"\r\n@x", "\"'\r\n@x\""},
        {"\x01\x7f=1", "\"'=1\""},
        {"a=1", "\"a=1\""},
        {"'=1", "\"'=1\""},
        {"", "\"\""},
        {"Kopi ☕ é", "\"Kopi ☕ é\""},
        {"\x01\x7f!", "\"!\""},
        {"a\xff\xc3", "\"a\uFFFD\uFFFD\""},
    };
    auto_arena struct arena *arena = arena_new();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct csv csv;
        csv_begin(&csv, arena);
        csv_text(&csv, rows[i].text);
        assert_string_equal(csv_done(&csv), arena_printf(arena, MARK "%s", rows[i].field));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_texts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Charts: drawn, decoded again, and held against the figures they are of. LAPAK_TEST_CHARTS=DIRECTORY keeps
 * the pictures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "telegram/chart.h"

static struct arena *arena;

static int set_up(void **state)
{
    arena = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    arena_free(&arena);
    return 0;
}

/* --- pictures --- */

struct picture {
    int width, height;
    const uint8_t *pixels; /* RGB */
    size_t bytes;          /* of the file */
};

static struct picture picture_of(const char *name, const char *description)
{
    char *bytes;
    size_t length;
    struct error err = {0};
    if (!chart_png(arena, description, &bytes, &length, &err))
        fail_msg("%s", err.text);
    png_image image = {.version = PNG_IMAGE_VERSION};
    assert_true(png_image_begin_read_from_memory(&image, bytes, length));
    image.format = PNG_FORMAT_RGB;
    uint8_t *pixels = arena_alloc(arena, PNG_IMAGE_SIZE(image));
    assert_true(png_image_finish_read(&image, NULL, pixels, 0, NULL));
    const char *directory = getenv("LAPAK_TEST_CHARTS");
    FILE *file = directory ? fopen(arena_printf(arena, "%s/%s.png", directory, name), "w") : NULL;
    if (file) {
        fwrite(bytes, 1, length, file);
        fclose(file);
    }
    return (struct picture){(int)image.width, (int)image.height, pixels, length};
}

static int colour_at(const struct picture *p, int x, int y)
{
    const uint8_t *at = p->pixels + 3 * ((size_t)y * (size_t)p->width + (size_t)x);
    return at[0] << 16 | at[1] << 8 | at[2];
}

/* How high the bar is whose middle is at x; 0 where there is none. */
static int height_at(const struct picture *p, int x, int top, int base, int colour)
{
    int height = 0;
    while (base - 1 - height >= top && colour_at(p, x, base - 1 - height) == colour)
        height++;
    return height;
}

static int middle(const struct chart *chart, size_t bar)
{
    return CHART_LEFT +
           (int)((double)(CHART_RIGHT - CHART_LEFT) * ((double)bar + 0.5) / (double)chart->bar_count);
}

static int64_t expected(int64_t figure, int64_t end, int height)
{
    return figure * height / end;
}

/* Each bar is as high as its figure says, give or take a pixel. */
static void check_heights(const struct picture *p, const struct chart *chart, int64_t value_end,
                          int64_t count_end)
{
    for (size_t i = 0; i < chart->bar_count; i++) {
        const struct chart_bar *bar = &chart->bars[i];
        int x = middle(chart, i);
        int value = height_at(p, x, CHART_VALUE_TOP, CHART_VALUE_BASE, CHART_VALUE_COLOUR);
        int count = height_at(p, x, CHART_COUNT_TOP, CHART_COUNT_BASE, CHART_COUNT_COLOUR);
        int64_t of_value = expected(bar->value, value_end, CHART_VALUE_BASE - CHART_VALUE_TOP);
        int64_t of_count = expected(bar->count, count_end, CHART_COUNT_BASE - CHART_COUNT_TOP);
        if (value < of_value || value > of_value + 1 || (bar->value == 0) != (value == 0))
            fail_msg("bar %zu is %d high and not %d", i, value, (int)of_value);
        if (count < of_count || count > of_count + 1 || (bar->count == 0) != (count == 0))
            fail_msg("the count of bar %zu is %d high and not %d", i, count, (int)of_count);
    }
}

static struct chart make(const struct chart_bar *bars, size_t count)
{
    return (struct chart){.title = "Kopi Digital",
                          .subtitle = "16/11/2026 – 22/11/2026",
                          .value_name = "Omzet",
                          .count_name = "Pesanan dibayar",
                          .empty = "Belum ada penjualan",
                          .decimal = ",",
                          .units = "rb jt M T",
                          .bar_count = count,
                          .bars = bars};
}

static void test_a_week(void **state)
{
    static const struct chart_bar bars[] = {
        {"16/11", 1250000, 12}, {"17/11", 0, 0},    {"18/11", 640000, 9},  {"19/11", 35000, 1},
        {"20/11", 980500, 7},   {"21/11", 1000, 1}, {"22/11", 2000000, 20}};
    struct chart chart = make(bars, 7);
    struct picture p = picture_of("week", chart_describe(arena, &chart));
    assert_int_equal(p.width, CHART_WIDTH);
    assert_int_equal(p.height, CHART_HEIGHT);
    assert_in_range(p.bytes, 5000, 100000);
    check_heights(&p, &chart, 2000000, 20);
}

static struct chart_bar *many(size_t count, bool dates)
{
    struct chart_bar *bars = ARENA_ARRAY(arena, struct chart_bar, count);
    for (size_t i = 0; i < count; i++)
        bars[i] = (struct chart_bar){
            .label = dates ? arena_printf(arena, "%02zu/%02zu", i % 28 + 1, i / 28 % 12 + 1)
                           : arena_printf(arena, "%02zu", i),
            .value = (int64_t)(i * 7919 % 1000) * 1500,
            .count = (int64_t)(i * 31 % 40)};
    return bars;
}

static void test_a_month_and_a_day_by_hours(void **state)
{
    struct chart chart = make(many(30, true), 30);
    struct picture p = picture_of("month", chart_describe(arena, &chart));
    check_heights(&p, &chart, 1500000, 40);
    chart = make(many(24, false), 24);
    p = picture_of("day", chart_describe(arena, &chart));
    check_heights(&p, &chart, 1500000, 40);
}

/* Two pixels a bar: blue is where there was anything. */
static void test_a_year(void **state)
{
    struct chart chart = make(many(366, true), 366);
    struct picture p = picture_of("year", chart_describe(arena, &chart));
    int blue = 0;
    assert_in_range(p.bytes, 5000, 100000);
    for (int x = CHART_LEFT; x < CHART_RIGHT; x++)
        blue += colour_at(&p, x, CHART_VALUE_BASE - 20) != 0xffffff;
    assert_true(blue > 700);
}

static void test_nothing(void **state)
{
    struct chart_bar none[] = {{"22/11", 0, 0}};
    struct chart chart = make(none, 1);
    struct picture p = picture_of("nothing", chart_describe(arena, &chart));
    check_heights(&p, &chart, 1, 1);
    int written = 0; /* in the middle: that there is nothing */
    for (int y = 250; y < 290; y++)
        for (int x = 400; x < 680; x++)
            written += colour_at(&p, x, y) != 0xffffff;
    assert_true(written > 200);
}

static void test_figures_beyond_reason(void **state)
{
    struct chart_bar bars[] = {{"a", INT64_MAX, INT64_MAX}, {"b", -5, INT64_MIN}, {"", CHART_MOST, 1}};
    struct chart chart = make(bars, 3);
    struct picture p = picture_of("huge", chart_describe(arena, &chart));
    bars[0].value = bars[0].count = CHART_MOST;
    bars[1].value = bars[1].count = 0;
    check_heights(&p, &chart, CHART_MOST, CHART_MOST);
}

/* Long names of stores, and letters from anywhere. */
static void test_titles(void **state)
{
    struct chart_bar one[] = {{"22/11", 1, 1}};
    struct chart chart = make(one, 1);
    chart.title =
        "مرحبا Toko שלום 日本語 ☕ Toko dengan nama yang panjang sekali, lebih panjang dari gambarnya sendiri";
    chart.subtitle = "";
    struct picture p = picture_of("titles", chart_describe(arena, &chart));
    check_heights(&p, &chart, 1, 1);
    for (int y = 0; y < 60; y++) /* cut before the edge */
        assert_int_equal(colour_at(&p, CHART_WIDTH - 20, y), 0xffffff);
}

/* --- figures --- */

static void test_axes(void **state)
{
    static const struct {
        int64_t most, end, step;
    } rows[] = {
        {0, 1, 1},
        {1, 1, 1},
        {5, 5, 1},
        {6, 6, 2},
        {7, 8, 2},
        {12, 15, 5},
        {59, 60, 10},
        {61, 80, 20},
        {2000000, 2000000, 500000},
        {2000001, 2500000, 500000},
        {CHART_MOST, CHART_MOST, CHART_MOST / 5},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t step, end = chart_axis(rows[i].most, &step);
        if (end != rows[i].end || step != rows[i].step)
            fail_msg("%lld: %lld by %lld", (long long)rows[i].most, (long long)end, (long long)step);
    }
    for (int64_t most = 1; most < 100000; most += 7) {
        int64_t step, end = chart_axis(most, &step);
        assert_true(end >= most && end < most + step && end / step <= 6);
    }
}

static void test_amounts(void **state)
{
    static const struct {
        int64_t rupiah;
        const char *text;
    } rows[] = {
        {0, "Rp 0"},
        {999, "Rp 999"},
        {1000, "Rp 1 rb"},
        {1250, "Rp 1,2 rb"},
        {35000, "Rp 35 rb"},
        {999999, "Rp 999,9 rb"},
        {1000000, "Rp 1 jt"},
        {1200000, "Rp 1,2 jt"},
        {1000000000, "Rp 1 M"},
        {2500000000000, "Rp 2,5 T"},
        {CHART_MOST, "Rp 1000 T"},
    };
    struct chart chart = make(NULL, 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(chart_amount(arena, &chart, rows[i].rupiah), rows[i].text);
    chart.decimal = ".";
    chart.units = "K";
    assert_string_equal(chart_amount(arena, &chart, 1250000), "Rp 1250 K");
}

static void test_what_is_no_description(void **state)
{
    struct chart_bar bar[] = {{"22/11", 1, 1}};
    struct chart chart = make(bar, 1);
    auto_json json_t *good = json_loads(chart_describe(arena, &chart), 0, NULL);
    const char *name;
    json_t *value;
    char *png;
    size_t length;
    struct error err = {0};
    json_object_foreach(good, name, value)
    {
        auto_json json_t *bad = json_copy(good);
        json_object_del(bad, name);
        assert_false(chart_png(arena, json_text(arena, bad), &png, &length, &err));
        assert_int_equal(err.code, ERR_INVALID);
    }
    auto_json json_t *bad = json_deep_copy(good);
    json_object_set_new(bad, "bars", json_array());
    assert_false(chart_png(arena, json_text(arena, bad), &png, &length, &err));
    json_object_set_new(bad, "bars", json_pack("[[i]]", 1));
    assert_false(chart_png(arena, json_text(arena, bad), &png, &length, &err));
    chart = make(many(CHART_MOST_BARS + 1, false), CHART_MOST_BARS + 1);
    assert_false(chart_png(arena, chart_describe(arena, &chart), &png, &length, &err));
    assert_false(chart_png(arena, "", &png, &length, &err));
    assert_false(chart_png(arena, "[]", &png, &length, &err));
}

static int end(void **state)
{
    chart_end();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_week, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_month_and_a_day_by_hours, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_year, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_figures_beyond_reason, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_titles, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_axes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_amounts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_no_description, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, end);
}

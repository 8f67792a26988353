#include "telegram/chart.h"

#include <cairo.h>
#include <fontconfig/fontconfig.h>
#include <inttypes.h>
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "telegram/picture.h"

#define FONT "DejaVu Sans"
enum { INK = 0x1f2937, PALE = 0x6b7280, GRID = 0xe5e7eb, PAPER = 0xffffff };
enum {
    TITLE_SIZE = 26,
    NAME_SIZE = 17,
    LABEL_SIZE = 15,
    FIGURE_SIZE = 13,
    MOST_STEPS = 6,
    MOST_BARS_WITH_VALUES = 10, /* more amounts do not fit side by side */
    MOST_BARS_WITH_COUNTS = 31,
    WIDEST_BAR = 64,
    LONGEST_TEXT = 100,
    MARGIN = 24,
};

/* --- as a text --- */

const char *chart_describe(struct arena *arena, const struct chart *chart)
{
    json_t *bars = json_array();
    for (size_t i = 0; i < chart->bar_count; i++) {
        const struct chart_bar *bar = &chart->bars[i];
        json_array_append_new(
            bars, json_pack("[s, I, I]", bar->label, (json_int_t)bar->value, (json_int_t)bar->count));
    }
    auto_json json_t *json =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "title", chart->title, "subtitle",
                  chart->subtitle, "value_name", chart->value_name, "count_name", chart->count_name, "empty",
                  chart->empty, "decimal", chart->decimal, "units", chart->units, "bars", bars);
    return json_text(arena, json);
}

static int64_t figure(const json_t *json)
{
    int64_t figure = json_integer_value(json);
    return figure < 0 ? 0 : figure < CHART_MOST ? figure : CHART_MOST;
}

static bool read_bar(const json_t *json, struct chart_bar *bar)
{
    const char *label = json_string_value(json_array_get(json, 0));
    if (!label)
        return false;
    *bar = (struct chart_bar){
        .label = label, .value = figure(json_array_get(json, 1)), .count = figure(json_array_get(json, 2))};
    return true;
}

/* Texts are borrowed from the JSON. */
static bool read_chart(struct arena *arena, const json_t *json, struct chart *chart)
{
    json_t *list;
    const struct {
        const char *name;
        const char **text;
    } texts[] = {
        {"title", &chart->title},           {"subtitle", &chart->subtitle},
        {"value_name", &chart->value_name}, {"count_name", &chart->count_name},
        {"empty", &chart->empty},           {"decimal", &chart->decimal},
        {"units", &chart->units},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (!json_get_string(json, texts[i].name, texts[i].text))
            return false;
    if (!json_get_array(json, "bars", &list))
        return false;
    chart->bar_count = json_array_size(list);
    if (chart->bar_count < 1 || chart->bar_count > CHART_MOST_BARS)
        return false;
    struct chart_bar *bars = ARENA_ARRAY(arena, struct chart_bar, chart->bar_count);
    chart->bars = bars;
    for (size_t i = 0; i < chart->bar_count; i++)
        if (!read_bar(json_array_get(list, i), &bars[i]))
            return false;
    return true;
}

/* --- axes --- */

int64_t chart_axis(int64_t most, int64_t *step_out)
{
    static const int64_t digits[] = {1, 2, 5};
    int64_t power = 1;
    for (;; power *= 10)
        for (size_t i = 0; i < sizeof digits / sizeof digits[0]; i++) {
            int64_t step = digits[i] * power;
            if (most / MOST_STEPS < step) {
                *step_out = step;
                return most > 0 ? (most + step - 1) / step * step : step;
            }
        }
}

const char *chart_amount(struct arena *arena, const struct chart *chart, int64_t rupiah)
{
    const char *unit = chart->units;
    int64_t scale = 1;
    size_t length = 0;
    for (const char *next = unit; rupiah / scale >= 1000 && *next; next += strspn(next, " ")) {
        unit = next;
        length = strcspn(unit, " ");
        next += length;
        scale *= 1000;
    }
    int64_t whole = rupiah / scale, tenths = scale > 1 ? rupiah % scale / (scale / 10) : 0;
    const char *fraction = tenths ? arena_printf(arena, "%s%" PRId64, chart->decimal, tenths) : "";
    return arena_printf(arena, "Rp %" PRId64 "%s%s%.*s", whole, fraction, length ? " " : "", (int)length,
                        unit);
}

/* --- drawing --- */

struct canvas {
    cairo_t *cairo;
    struct arena *arena;
    const struct chart *chart;
    double slot; /* between the middles of two bars */
    double bar;  /* a bar's width */
};

/* One of the two rows. */
struct row {
    int top, base; /* pixels */
    int64_t end;   /* the axis's, in the figures' unit */
    int64_t step;
    int colour;
};

static void use_colour(cairo_t *cairo, int colour)
{
    cairo_set_source_rgb(cairo, (colour >> 16 & 0xff) / 255.0, (colour >> 8 & 0xff) / 255.0,
                         (colour & 0xff) / 255.0);
}

static void use_font(cairo_t *cairo, int size, bool bold, int colour)
{
    cairo_select_font_face(cairo, FONT, CAIRO_FONT_SLANT_NORMAL,
                           bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cairo, size);
    use_colour(cairo, colour);
}

static double width_of(cairo_t *cairo, const char *text)
{
    cairo_text_extents_t extents;
    cairo_text_extents(cairo, text, &extents);
    return extents.x_advance;
}

/* `anchor`: 0 begins at x, 0.5 is in its middle, 1 ends there. */
static void write_text(cairo_t *cairo, const char *text, double x, double y, double anchor)
{
    cairo_move_to(cairo, x - anchor * width_of(cairo, text), y);
    cairo_show_text(cairo, text);
}

/* At the left edge; what does not fit is cut. */
static void write_line(const struct canvas *c, const char *text, int y)
{
    size_t limit = LONGEST_TEXT;
    const char *cut = str_utf8_cut(c->arena, text, limit);
    while (limit > 1 && width_of(c->cairo, cut) > CHART_WIDTH - 2 * MARGIN)
        cut = str_utf8_cut(c->arena, text, --limit);
    write_text(c->cairo, cut, MARGIN, y, 0);
}

static double middle_of(const struct canvas *c, size_t bar)
{
    return CHART_LEFT + c->slot * ((double)bar + 0.5);
}

static double y_of(const struct row *row, int64_t figure)
{
    return row->base - (double)(row->base - row->top) * (double)figure / (double)row->end;
}

static void draw_axis(const struct canvas *c, const struct row *row, bool money)
{
    cairo_t *cairo = c->cairo;
    for (int64_t at = 0; at <= row->end; at += row->step) {
        double y = floor(y_of(row, at)) + 0.5;
        use_colour(cairo, GRID);
        cairo_set_line_width(cairo, 1);
        cairo_move_to(cairo, CHART_LEFT, y);
        cairo_line_to(cairo, CHART_RIGHT, y);
        cairo_stroke(cairo);
        use_font(cairo, LABEL_SIZE, false, PALE);
        write_text(cairo,
                   money ? chart_amount(c->arena, c->chart, at) : arena_printf(c->arena, "%" PRId64, at),
                   CHART_LEFT - 10, y + LABEL_SIZE / 3.0, 1);
    }
}

static void draw_bar(const struct canvas *c, const struct row *row, size_t i, int64_t figure)
{
    double y = floor(y_of(row, figure));
    if (!figure)
        return;
    y = y < row->base ? y : row->base - 1; /* a little is more than nothing */
    double left = middle_of(c, i) - c->bar / 2;
    use_colour(c->cairo, row->colour);
    /* Whole pixels, where there are some, so that edges are sharp. */
    if (c->bar >= 3)
        cairo_rectangle(c->cairo, floor(left), y, floor(c->bar), row->base - y);
    else
        cairo_rectangle(c->cairo, left, y, c->bar, row->base - y);
    cairo_fill(c->cairo);
}

static void draw_values(const struct canvas *c, const struct row *row)
{
    draw_axis(c, row, true);
    for (size_t i = 0; i < c->chart->bar_count; i++) {
        int64_t value = c->chart->bars[i].value;
        draw_bar(c, row, i, value);
        if (!value || c->chart->bar_count > MOST_BARS_WITH_VALUES)
            continue;
        use_font(c->cairo, FIGURE_SIZE, false, INK);
        write_text(c->cairo, chart_amount(c->arena, c->chart, value), middle_of(c, i), y_of(row, value) - 6,
                   0.5);
    }
}

static void draw_counts(const struct canvas *c, const struct row *row)
{
    draw_axis(c, row, false);
    for (size_t i = 0; i < c->chart->bar_count; i++) {
        int64_t count = c->chart->bars[i].count;
        draw_bar(c, row, i, count);
        if (!count || c->chart->bar_count > MOST_BARS_WITH_COUNTS)
            continue;
        use_font(c->cairo, FIGURE_SIZE, false, INK);
        write_text(c->cairo, arena_printf(c->arena, "%" PRId64, count), middle_of(c, i), y_of(row, count) - 5,
                   0.5);
    }
}

/* As many as fit side by side; the last day is always among them. */
static void draw_labels(const struct canvas *c)
{
    size_t count = c->chart->bar_count, every = 1;
    double widest = 0;
    use_font(c->cairo, LABEL_SIZE, false, PALE);
    for (size_t i = 0; i < count; i++)
        widest = fmax(widest, width_of(c->cairo, c->chart->bars[i].label));
    while (c->slot * (double)every < widest + 10)
        every++;
    for (size_t i = (count - 1) % every; i < count; i += every)
        write_text(c->cairo, c->chart->bars[i].label, middle_of(c, i), CHART_COUNT_BASE + 26, 0.5);
}

static void draw_titles(const struct canvas *c)
{
    cairo_t *cairo = c->cairo;
    use_font(cairo, TITLE_SIZE, true, INK);
    write_line(c, c->chart->title, 44);
    use_font(cairo, NAME_SIZE, false, PALE);
    write_line(c, c->chart->subtitle, 74);
    use_font(cairo, NAME_SIZE, true, CHART_VALUE_COLOUR);
    write_line(c, c->chart->value_name, CHART_VALUE_TOP - 20);
    use_font(cairo, NAME_SIZE, true, CHART_COUNT_COLOUR);
    write_line(c, c->chart->count_name, CHART_COUNT_TOP - 24);
}

static void draw(cairo_t *cairo, struct arena *arena, const struct chart *chart)
{
    struct canvas c = {.cairo = cairo,
                       .arena = arena,
                       .chart = chart,
                       .slot = (CHART_RIGHT - CHART_LEFT) / (double)chart->bar_count};
    int64_t most_value = 0, most_count = 0;
    c.bar = fmin(c.slot * 0.72, WIDEST_BAR);
    for (size_t i = 0; i < chart->bar_count; i++) {
        const struct chart_bar *bar = &chart->bars[i];
        most_value = bar->value > most_value ? bar->value : most_value;
        most_count = bar->count > most_count ? bar->count : most_count;
    }
    struct row values = {.top = CHART_VALUE_TOP, .base = CHART_VALUE_BASE, .colour = CHART_VALUE_COLOUR};
    struct row counts = {.top = CHART_COUNT_TOP, .base = CHART_COUNT_BASE, .colour = CHART_COUNT_COLOUR};
    values.end = chart_axis(most_value, &values.step);
    counts.end = chart_axis(most_count, &counts.step);
    counts.step = counts.end; /* a low row: its ends will do */
    use_colour(cairo, PAPER);
    cairo_paint(cairo);
    draw_titles(&c);
    draw_values(&c, &values);
    draw_counts(&c, &counts);
    draw_labels(&c);
    if (most_value || most_count)
        return;
    use_font(cairo, TITLE_SIZE, false, PALE);
    write_text(cairo, str_utf8_cut(arena, chart->empty, LONGEST_TEXT), (CHART_LEFT + CHART_RIGHT) / 2.0,
               (CHART_VALUE_TOP + CHART_VALUE_BASE) / 2.0, 0.5);
}

/* --- the picture --- */

struct rows {
    const uint8_t *first;
    int stride;
};

static const uint8_t *row_of(void *context, int y)
{
    const struct rows *rows = context;
    return rows->first + (ptrdiff_t)y * rows->stride;
}

static void write_png(cairo_surface_t *surface, struct str *png)
{
    cairo_surface_flush(surface);
    struct rows rows = {cairo_image_surface_get_data(surface), cairo_image_surface_get_stride(surface)};
    picture_png(&(struct picture){.width = CHART_WIDTH,
                                  .height = CHART_HEIGHT,
                                  .kind = PICTURE_COLOURS,
                                  .row = row_of,
                                  .context = &rows},
                png);
}

static atomic_bool drawn;

void chart_end(void)
{
    if (!atomic_load(&drawn))
        return;
    cairo_debug_reset_static_data();
    FcFini();
}

bool chart_png(struct arena *arena, const char *description, char **png_out, size_t *length_out,
               struct error *err)
{
    auto_json json_t *json = NULL;
    struct chart chart = {0};
    if (!json_parse(description, strlen(description), &json, err))
        return error_context(err, "chart");
    if (!read_chart(arena, json, &chart))
        return error_set(err, ERR_INVALID, "chart: something is missing in its description");
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, CHART_WIDTH, CHART_HEIGHT);
    cairo_t *cairo = cairo_create(surface);
    struct str png = STR_INIT(arena);
    atomic_store(&drawn, true);
    draw(cairo, arena, &chart);
    cairo_status_t status = cairo_status(cairo);
    if (status == CAIRO_STATUS_SUCCESS)
        write_png(surface, &png);
    cairo_destroy(cairo);
    cairo_surface_destroy(surface);
    if (status != CAIRO_STATUS_SUCCESS)
        return error_set(err, ERR_INVALID, "chart: %s", cairo_status_to_string(status));
    *png_out = png.text;
    *length_out = png.length;
    return true;
}

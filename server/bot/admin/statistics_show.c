/* What figures look like: the page, the chart, the files. */
#include "bot/admin/statistics.h"

#include <inttypes.h>

#include "base/csv.h"
#include "base/str.h"
#include "telegram/chart.h"

enum { DAY_MS = 24 * 3600 * 1000, NAME_LIMIT = 60, MOST_PRODUCTS = 10, MOST_HOURS = 3 };

/* --- periods --- */

static const struct {
    int64_t days;
    enum text_key name, button;
} periods[] = {
    {1, TEXT_STATISTICS_TODAY, TEXT_BUTTON_STATISTICS_TODAY},
    {7, TEXT_STATISTICS_WEEK, TEXT_BUTTON_STATISTICS_WEEK},
    {30, TEXT_STATISTICS_MONTH, TEXT_BUTTON_STATISTICS_MONTH},
};
enum { PERIODS = sizeof periods / sizeof periods[0] };

static struct clock_civil civil(int64_t day)
{
    return clock_to_civil(NULL, day * DAY_MS);
}

const char *statistics_file_date(struct work *work, int64_t day)
{
    struct clock_civil date = civil(day);
    return arena_printf(work->arena, "%04d-%02d-%02d", date.year, date.month, date.day);
}

const char *statistics_date(struct work *work, int64_t day)
{
    struct clock_civil date = civil(day);
    return arena_printf(work->arena, "%02d/%02d/%04d", date.day, date.month, date.year);
}

static const char *dates(struct work *work, const struct statistics_period *period)
{
    const char *from = statistics_date(work, period->from_day);
    return period->from_day == period->to_day
               ? from
               : arena_printf(work->arena, "%s – %s", from, statistics_date(work, period->to_day));
}

const char *statistics_name(struct work *work, const struct statistics_request *request)
{
    for (size_t i = 0; i < PERIODS; i++)
        if (periods[i].days == request->days)
            return say_label(work, periods[i].name);
    return dates(work, &request->period);
}

/* --- buttons --- */

static void add_again(struct work *work, struct keyboard *keyboard, const struct statistics_request *request)
{
    const struct statistics_period *period = &request->period;
    const char *refresh = say_label(work, TEXT_BUTTON_REFRESH);
    if (request->days == STATISTICS_CHOSEN)
        keyboard_data(keyboard, refresh, STYLE_NONE, "aif:%" PRId64 ":%" PRId64, period->from_day,
                      period->to_day);
    else
        keyboard_data(keyboard, refresh, STYLE_NONE, "aip:%" PRId64, request->days);
    keyboard_data(keyboard, say_label(work, TEXT_BUTTON_STATISTICS_CSV), STYLE_NONE,
                  "aic:%" PRId64 ":%" PRId64, period->from_day, period->to_day);
    keyboard_row(keyboard);
}

json_t *statistics_keyboard(struct work *work, const struct statistics_request *request, bool with_result)
{
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    if (with_result)
        add_again(work, &keyboard, request);
    for (size_t i = 0; i < PERIODS; i++)
        keyboard_data(&keyboard, say_label(work, periods[i].button), STYLE_NONE, "aip:%" PRId64,
                      periods[i].days);
    keyboard_row(&keyboard);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_STATISTICS_CHOOSE), STYLE_NONE, "aiw");
    keyboard_row(&keyboard);
    if (request)
        keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_BACK), STYLE_NONE, "%s", STATISTICS_HOME);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_MENU), STYLE_NONE, "ad");
    return keyboard_inline(&keyboard);
}

/* --- the page --- */

const char *statistics_loading(struct work *work, const struct statistics_request *request)
{
    return say(work, request->message_id ? TEXT_STATISTICS_LOADING : TEXT_STATISTICS_BELOW,
               TEXT_VALUES(TV("periode", statistics_name(work, request))));
}

static const char *percent(struct work *work, int64_t tenths)
{
    if (tenths < 0)
        return "–";
    return arena_printf(work->arena, "%" PRId64 "%s%" PRId64 "%%", tenths / 10,
                        say_label(work, TEXT_DECIMAL_SIGN), tenths % 10);
}

static const char *product_lines(struct work *work, const struct statistics *statistics)
{
    struct str lines = STR_INIT(work->arena);
    for (size_t i = 0; i < statistics->product_count && i < MOST_PRODUCTS; i++) {
        const struct statistics_product *product = &statistics->products[i];
        str_add(&lines, i ? "\n" : "");
        str_add(&lines, say(work, TEXT_STATISTICS_PRODUCT,
                            TEXT_VALUES(TV("nomor", say_number(work, (int64_t)i + 1)),
                                        TV("produk", str_utf8_cut(work->arena, product->name, NAME_LIMIT)),
                                        TV("jumlah", say_number(work, product->units)),
                                        TV("harga", say_price(work, product->revenue)))));
    }
    return lines.length ? str_done(&lines) : say(work, TEXT_STATISTICS_NO_PRODUCTS, TEXT_NO_VALUES);
}

/* A little picture of the day, a character an hour; the least for none. */
static const char *hours_drawn(struct arena *arena, const struct statistics *statistics, int64_t most)
{
    static const char *const levels[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    enum { HIGHEST = sizeof levels / sizeof levels[0] - 1 };
    struct str drawn = STR_INIT(arena);
    for (int hour = 0; hour < STATISTICS_HOURS; hour++) {
        int64_t paid = statistics->hours[hour].paid;
        str_add(&drawn, levels[paid ? 1 + paid * (HIGHEST - 1) / most : 0]);
    }
    return str_done(&drawn);
}

/* The hour with most paid orders that is not among those taken; -1 where no other has any. */
static int busiest(const struct statistics *statistics, const bool taken[STATISTICS_HOURS])
{
    int found = -1;
    for (int hour = 0; hour < STATISTICS_HOURS; hour++)
        if (!taken[hour] && statistics->hours[hour].paid &&
            (found < 0 || statistics->hours[hour].paid > statistics->hours[found].paid))
            found = hour;
    return found;
}

static const char *hours_html(struct work *work, const struct statistics *statistics)
{
    bool taken[STATISTICS_HOURS] = {false};
    int64_t most = 0;
    struct str list = STR_INIT(work->arena);
    for (int i = 0; i < MOST_HOURS; i++) {
        int hour = busiest(statistics, taken);
        if (hour < 0)
            break;
        taken[hour] = true;
        most = most ? most : statistics->hours[hour].paid;
        str_addf(&list, "%s%02d.00–%02d.00 (%" PRId64 ")", i ? ", " : "", hour, (hour + 1) % STATISTICS_HOURS,
                 statistics->hours[hour].paid);
    }
    if (!most)
        return say(work, TEXT_STATISTICS_NO_PRODUCTS, TEXT_NO_VALUES);
    return say(
        work, TEXT_STATISTICS_HOURS,
        TEXT_VALUES(TV("grafik", hours_drawn(work->arena, statistics, most)), TV("jam", str_done(&list))));
}

const char *statistics_html(struct work *work, const struct statistics_request *request,
                            const struct statistics *s)
{
    return say(
        work, TEXT_STATISTICS_RESULT,
        TEXT_VALUES(
            TV("periode", statistics_name(work, request)), TV("tanggal", dates(work, &s->period)),
            TV("omzet", say_price(work, s->all.revenue)), TV("refund", say_price(work, s->refunds)),
            TV("jumlah_refund", say_number(work, s->refund_count)),
            TV("dibuat", say_number(work, s->all.made)), TV("dibayar", say_number(work, s->all.paid)),
            TV("konversi", percent(work, statistics_share(s->made_and_paid, s->all.made))),
            TV("rata", say_price(work, statistics_average(s))), TV("pembeli", say_number(work, s->buyers)),
            TV("pembeli_baru", say_number(work, s->new_buyers)), TV("deposit", say_price(work, s->deposits)),
            TV("jumlah_deposit", say_number(work, s->deposit_count)),
            TV_HTML("produk", product_lines(work, s)), TV_HTML("jam", hours_html(work, s)),
            TV("waktu", say_date(work, work->now_ms))));
}

/* --- the chart --- */

const char *statistics_caption(struct work *work, const struct statistics_request *request,
                               const struct statistics *s)
{
    return say(work, TEXT_STATISTICS_CAPTION,
               TEXT_VALUES(TV("store_name", work->tenant->title),
                           TV("periode", statistics_name(work, request)),
                           TV("omzet", say_price(work, s->all.revenue)),
                           TV("jumlah", say_number(work, s->all.paid))));
}

/* Of one day its hours. */
static struct chart_bar *bars_of(struct arena *arena, const struct statistics *s, size_t *count_out)
{
    bool by_hour = s->day_count == 1;
    size_t count = by_hour ? STATISTICS_HOURS : s->day_count;
    struct chart_bar *bars = ARENA_ARRAY(arena, struct chart_bar, count);
    for (size_t i = 0; i < count; i++) {
        const struct statistics_figures *figures = by_hour ? &s->hours[i] : &s->days[i];
        struct clock_civil date = civil(s->period.from_day + (int64_t)i);
        bars[i] =
            (struct chart_bar){.label = by_hour ? arena_printf(arena, "%02zu", i)
                                                : arena_printf(arena, "%02d/%02d", date.day, date.month),
                               .value = figures->revenue,
                               .count = figures->paid};
    }
    *count_out = count;
    return bars;
}

const char *statistics_chart(struct work *work, const struct statistics_request *request,
                             const struct statistics *s)
{
    const char *name = statistics_name(work, request);
    if (request->days != STATISTICS_CHOSEN)
        name = arena_printf(work->arena, "%s · %s", name, dates(work, &s->period));
    struct chart chart = {
        .title = work->tenant->title,
        .subtitle = arena_printf(work->arena, "%s · %s", name, say_price(work, s->all.revenue)),
        .value_name = say_label(work, TEXT_CHART_REVENUE),
        .count_name = say_label(work, TEXT_CHART_ORDERS),
        .empty = say_label(work, TEXT_CHART_EMPTY),
        .decimal = say_label(work, TEXT_DECIMAL_SIGN),
        .units = say_label(work, TEXT_CHART_UNITS),
    };
    chart.bars = bars_of(work->arena, s, &chart.bar_count);
    return chart_describe(work->arena, &chart);
}

/* --- files --- */

static void add_head(struct work *work, struct csv *csv, const enum text_key *columns, size_t count)
{
    csv_begin(csv, work->arena);
    for (size_t i = 0; i < count; i++)
        csv_text(csv, say_label(work, columns[i]));
    csv_end_row(csv);
}

const char *statistics_csv_days(struct work *work, const struct statistics *s)
{
    static const enum text_key columns[] = {TEXT_CSV_DATE, TEXT_CSV_MADE, TEXT_CSV_PAID, TEXT_CSV_REVENUE};
    struct csv csv;
    add_head(work, &csv, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < s->day_count; i++) {
        csv_text(&csv, statistics_file_date(work, s->period.from_day + (int64_t)i));
        csv_number(&csv, s->days[i].made);
        csv_number(&csv, s->days[i].paid);
        csv_number(&csv, s->days[i].revenue);
        csv_end_row(&csv);
    }
    return csv_done(&csv);
}

const char *statistics_csv_products(struct work *work, const struct statistics *s)
{
    static const enum text_key columns[] = {TEXT_CSV_CODE, TEXT_CSV_PRODUCT, TEXT_CSV_UNITS,
                                            TEXT_CSV_REVENUE};
    struct csv csv;
    add_head(work, &csv, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < s->product_count; i++) {
        csv_text(&csv, s->products[i].code);
        csv_text(&csv, s->products[i].name);
        csv_number(&csv, s->products[i].units);
        csv_number(&csv, s->products[i].revenue);
        csv_end_row(&csv);
    }
    return csv_done(&csv);
}

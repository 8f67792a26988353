#include "store/statistics.h"

#include <stdio.h>

enum { DAY_MS = 24 * 3600 * 1000, QUARTER_MS = 900 * 1000 };

/* --- days --- */

int64_t statistics_day_of(const struct clock_zone *zone, int64_t at_ms)
{
    struct clock_civil at = clock_to_civil(zone, at_ms);
    return clock_days(at.year, at.month, at.day);
}

int64_t statistics_day_begins(const struct clock_zone *zone, int64_t day)
{
    struct clock_civil date = clock_to_civil(NULL, day * DAY_MS);
    char text[40];
    int64_t at_ms = day * DAY_MS;
    snprintf(text, sizeof text, "%04d-%02d-%02d", date.year, date.month, date.day);
    return clock_parse_local(zone, text, false, &at_ms) ? at_ms : day * DAY_MS;
}

bool statistics_is_period(const struct clock_zone *zone, const struct statistics_period *period,
                          int64_t now_ms)
{
    /* Compared before anything is subtracted: both may come from a forged button. */
    return period->from_day >= 0 && period->to_day >= period->from_day &&
           period->to_day <= statistics_day_of(zone, now_ms) &&
           period->to_day - period->from_day < STATISTICS_MOST_DAYS;
}

int64_t statistics_share(int64_t part, int64_t whole)
{
    return whole > 0 ? (part * 1000 + whole / 2) / whole : -1;
}

int64_t statistics_average(const struct statistics *statistics)
{
    return statistics->all.paid ? statistics->all.revenue / statistics->all.paid : 0;
}

/* --- reading --- */

/* By quarters of an hour: every zone's days and hours begin with one, so that one grouping serves both, and
 * no zone's rules are PostgreSQL's business. */
#define QUARTER_OF(column) "floor(date_part('epoch', " column ") / 900)::bigint"
#define WITHIN(column)     column " >= $1 AND " column " < $2"

DB_TENANT_STATEMENT(statistics_made,
                    "SELECT " QUARTER_OF("created_at") ", count(*), count(paid_at) FROM orders"
                                                       " WHERE " WITHIN("created_at") " GROUP BY 1");
DB_TENANT_STATEMENT(statistics_paid,
                    "SELECT " QUARTER_OF("paid_at") ", count(*), sum(total)::bigint FROM orders"
                                                    " WHERE " WITHIN("paid_at") " GROUP BY 1");
DB_TENANT_STATEMENT(
    statistics_buyers,
    "SELECT count(*), count(*) FILTER (WHERE first >= $1) FROM (SELECT o.telegram_id, min(o.paid_at) AS first"
    " FROM orders o JOIN (SELECT DISTINCT telegram_id FROM orders WHERE " WITHIN(
        "paid_at") ") b"
                   " ON b.telegram_id = o.telegram_id GROUP BY 1) f");
DB_TENANT_STATEMENT(
    statistics_products,
    "SELECT p.code, p.name, sum(i.quantity)::bigint, sum(i.price * i.quantity)::bigint"
    " FROM orders o JOIN order_items i ON i.order_id = o.id JOIN products p ON p.id = i.product_id"
    " WHERE " WITHIN("o.paid_at") " GROUP BY p.id ORDER BY 3 DESC, 4 DESC, p.id");
DB_TENANT_STATEMENT(statistics_booked,
                    "SELECT count(*) FILTER (WHERE kind = 'refund'), coalesce(sum(amount) FILTER (WHERE kind "
                    "= 'refund'), 0)::bigint,"
                    " count(*) FILTER (WHERE kind = 'deposit'), coalesce(sum(amount) FILTER (WHERE kind = "
                    "'deposit'), 0)::bigint"
                    " FROM ledger WHERE kind IN ('deposit', 'refund') AND " WITHIN("created_at"));

struct reading {
    struct db_tx *tx;
    struct arena *arena;
    const struct clock_zone *zone;
    int64_t from_ms, to_ms;
    int64_t begun_ms, most_ms; /* clock_mono_ms */
    struct statistics *statistics;
};

static void add(struct statistics_figures *to, const struct statistics_figures *figures)
{
    to->made += figures->made;
    to->paid += figures->paid;
    to->revenue += figures->revenue;
}

static void add_quarter(struct reading *r, int64_t quarter, const struct statistics_figures *figures)
{
    struct statistics *s = r->statistics;
    int64_t at_ms = quarter * QUARTER_MS;
    struct clock_civil at = clock_to_civil(r->zone, at_ms < r->from_ms ? r->from_ms : at_ms);
    int64_t day = clock_days(at.year, at.month, at.day) - s->period.from_day;
    add(&s->all, figures);
    add(&s->hours[at.hour], figures);
    if (day >= 0 && (size_t)day < s->day_count)
        add(&s->days[day], figures);
}

static bool query(struct reading *r, const struct db_statement *statement, struct db_rows *rows_out,
                  struct error *err)
{
    if (clock_mono_ms() - r->begun_ms > r->most_ms)
        return error_set(err, ERR_RETRY, "took too long");
    return db_query(r->tx, statement, DB_PARAMS(P_TIME(r->from_ms), P_TIME(r->to_ms)), rows_out, err);
}

static bool read_orders(struct reading *r, struct error *err)
{
    struct db_rows rows;
    if (!query(r, &statistics_made, &rows, err))
        return false;
    for (int i = 0; i < rows.count; i++) {
        add_quarter(r, db_int(&rows, i, 0), &(struct statistics_figures){.made = db_int(&rows, i, 1)});
        r->statistics->made_and_paid += db_int(&rows, i, 2);
    }
    if (!query(r, &statistics_paid, &rows, err))
        return false;
    for (int i = 0; i < rows.count; i++)
        add_quarter(
            r, db_int(&rows, i, 0),
            &(struct statistics_figures){.paid = db_int(&rows, i, 1), .revenue = db_int(&rows, i, 2)});
    return true;
}

static bool read_people(struct reading *r, struct error *err)
{
    struct statistics *s = r->statistics;
    struct db_rows rows;
    if (!query(r, &statistics_buyers, &rows, err))
        return false;
    s->buyers = db_int(&rows, 0, 0);
    s->new_buyers = db_int(&rows, 0, 1);
    if (!query(r, &statistics_booked, &rows, err))
        return false;
    s->refund_count = db_int(&rows, 0, 0);
    s->refunds = db_int(&rows, 0, 1);
    s->deposit_count = db_int(&rows, 0, 2);
    s->deposits = db_int(&rows, 0, 3);
    return true;
}

static bool read_products(struct reading *r, struct error *err)
{
    struct db_rows rows;
    if (!query(r, &statistics_products, &rows, err))
        return false;
    struct statistics_product *products = ARENA_ARRAY(r->arena, struct statistics_product, rows.count);
    for (int i = 0; i < rows.count; i++)
        products[i] = (struct statistics_product){.code = db_text_copy(r->arena, &rows, i, 0),
                                                  .name = db_text_copy(r->arena, &rows, i, 1),
                                                  .units = db_int(&rows, i, 2),
                                                  .revenue = db_int(&rows, i, 3)};
    r->statistics->products = products;
    r->statistics->product_count = (size_t)rows.count;
    return true;
}

bool statistics_read(struct db *db, const struct db_scope *scope, const struct clock_zone *zone,
                     const struct statistics_period *period, int64_t most_ms, struct arena *arena,
                     struct statistics *statistics_out, struct error *err)
{
    struct statistics s = {.period = *period, .day_count = (size_t)(period->to_day - period->from_day + 1)};
    s.days = ARENA_ARRAY(arena, struct statistics_figures, s.day_count);
    auto_tx struct db_tx *tx = NULL;
    if (!db_begin_snapshot(db, scope, most_ms, &tx, err))
        return error_context(err, "statistics");
    struct reading reading = {.tx = tx,
                              .arena = arena,
                              .zone = zone,
                              .from_ms = statistics_day_begins(zone, period->from_day),
                              .to_ms = statistics_day_begins(zone, period->to_day + 1),
                              .begun_ms = clock_mono_ms(),
                              .most_ms = most_ms,
                              .statistics = &s};
    if (!read_orders(&reading, err) || !read_people(&reading, err) || !read_products(&reading, err))
        return error_context(err, "statistics");
    *statistics_out = s;
    return true;
}

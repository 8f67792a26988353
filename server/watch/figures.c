#include "watch/figures.h"

enum { FRESH_MS = 60 * 60 * 1000 };

#define COLUMNS                                                                                              \
    "store, checked_at, coalesce(day::text, ''), orders, revenue, people, parked, outbox_waiting, "          \
    "outbox_late_seconds, jobs_late_seconds, failed_in_row, webhook_pending, webhook_error, gateway_ok, "    \
    "backup_at, backup_error, orders_before, revenue_before"

DB_SERVER_STATEMENT(
    figures_upsert,
    "INSERT INTO store_figures (store, checked_at, day, orders, revenue, people, parked, outbox_waiting, "
    "outbox_late_seconds, jobs_late_seconds, failed_in_row, webhook_pending, webhook_error, gateway_ok, "
    "orders_before, revenue_before) "
    "VALUES ($1, $2, nullif($3, '')::date, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) "
    "ON CONFLICT (store) DO UPDATE SET checked_at = $2, day = nullif($3, '')::date, orders = $4, revenue = "
    "$5, orders_before = $15, revenue_before = $16, people = $6, parked = $7, outbox_waiting = $8, "
    "outbox_late_seconds = $9, jobs_late_seconds = $10, "
    "failed_in_row = $11, webhook_pending = $12, webhook_error = $13, gateway_ok = $14");
DB_SERVER_STATEMENT(figures_upsert_backup,
                    "INSERT INTO store_figures AS f (store, backup_at, backup_error) VALUES ($1, $2, $3) "
                    "ON CONFLICT (store) DO UPDATE SET backup_error = $3, "
                    "backup_at = coalesce(excluded.backup_at, f.backup_at)");
DB_SERVER_STATEMENT(figures_select, "SELECT " COLUMNS " FROM store_figures WHERE store = $1");
DB_SERVER_STATEMENT(figures_select_after,
                    "SELECT " COLUMNS " FROM store_figures WHERE store > $1 ORDER BY store LIMIT $2");

bool figures_write(struct work *work, const struct store_figures *f, struct error *err)
{
    return db_query(work->tx, &figures_upsert,
                    DB_PARAMS(P_TEXT(f->store), P_TIME(f->checked_ms), P_TEXT(f->day), P_INT(f->orders),
                              P_INT(f->revenue), P_INT(f->people), P_INT(f->parked), P_INT(f->outbox_waiting),
                              P_INT(f->outbox_late_seconds), P_INT(f->jobs_late_seconds),
                              P_INT(f->failed_in_row), P_INT(f->webhook_pending), P_TEXT(f->webhook_error),
                              f->gateway_known ? P_BOOL(f->gateway_ok) : P_NULL, P_INT(f->orders_before),
                              P_INT(f->revenue_before)),
                    NULL, err);
}

bool figures_write_backup(struct work *work, const char *store, int64_t at_ms, const char *problem,
                          struct error *err)
{
    return db_query(work->tx, &figures_upsert_backup,
                    DB_PARAMS(P_TEXT(store), P_TIME(at_ms), P_TEXT(problem)), NULL, err);
}

static struct store_figures read_row(struct arena *arena, const struct db_rows *rows, int i)
{
    return (struct store_figures){
        .store = db_text_copy(arena, rows, i, 0),
        .checked_ms = db_time(rows, i, 1),
        .day = db_text_copy(arena, rows, i, 2),
        .orders = db_int(rows, i, 3),
        .revenue = db_int(rows, i, 4),
        .people = db_int(rows, i, 5),
        .parked = db_int(rows, i, 6),
        .outbox_waiting = db_int(rows, i, 7),
        .outbox_late_seconds = db_int(rows, i, 8),
        .jobs_late_seconds = db_int(rows, i, 9),
        .failed_in_row = db_int(rows, i, 10),
        .webhook_pending = db_int(rows, i, 11),
        .webhook_error = db_text_copy(arena, rows, i, 12),
        .gateway_known = !db_is_null(rows, i, 13),
        .gateway_ok = db_bool(rows, i, 13),
        .backup_ms = db_time(rows, i, 14),
        .backup_error = db_text_copy(arena, rows, i, 15),
        .orders_before = db_int(rows, i, 16),
        .revenue_before = db_int(rows, i, 17),
    };
}

bool figures_get(struct work *work, const char *store, struct store_figures *figures_out, struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &figures_select, DB_PARAMS(P_TEXT(store)), &rows, err))
        return false;
    *figures_out = rows.count ? read_row(work->arena, &rows, 0)
                              : (struct store_figures){.store = arena_strdup(work->arena, store), .day = ""};
    return true;
}

bool figures_list(struct work *work, const char *after, int64_t limit, struct store_figures **figures_out,
                  size_t *count_out, struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &figures_select_after, DB_PARAMS(P_TEXT(after), P_INT(limit)), &rows, err))
        return false;
    struct store_figures *list = ARENA_ARRAY(work->arena, struct store_figures, rows.count);
    for (int i = 0; i < rows.count; i++)
        list[i] = read_row(work->arena, &rows, i);
    *figures_out = list;
    *count_out = (size_t)rows.count;
    return true;
}

/* A day ($1) of each store: what the last round saw of it then, or of the day before a later one. */
#define OF_DAY(what) "CASE day WHEN $1::date THEN " what " WHEN $1::date + 1 THEN " what "_before ELSE 0 END"

DB_SERVER_STATEMENT(figures_sum_day,
                    "SELECT coalesce(sum(" OF_DAY("orders") "), 0)::bigint, coalesce(sum(" OF_DAY(
                        "revenue") "), 0)::bigint FROM store_figures");
DB_SERVER_STATEMENT(
    figures_select_best,
    "SELECT store, " OF_DAY("orders") ", " OF_DAY("revenue") " FROM store_figures WHERE " OF_DAY(
        "orders") " > 0 ORDER BY 3 DESC, store LIMIT $2");

bool figures_day(struct work *work, const char *day, struct figures_day *day_out, struct error *err)
{
    struct db_rows sum, best;
    if (!db_send(work->tx, &figures_sum_day, DB_PARAMS(P_TEXT(day)), &sum, err) ||
        !db_query(work->tx, &figures_select_best, DB_PARAMS(P_TEXT(day), P_INT(FIGURES_BEST)), &best, err))
        return false;
    *day_out = (struct figures_day){
        .orders = db_int(&sum, 0, 0), .revenue = db_int(&sum, 0, 1), .best_count = (size_t)best.count};
    for (int i = 0; i < best.count; i++)
        day_out->best[i] = (struct figures_of_day){.store = db_text_copy(work->arena, &best, i, 0),
                                                   .orders = db_int(&best, i, 1),
                                                   .revenue = db_int(&best, i, 2)};
    return true;
}

/* Each store's today is a day of its own zone: what a round of the last hour calls so ($2), or who owns the
 * server ($1). */
DB_SERVER_STATEMENT(
    figures_sum_today,
    "SELECT coalesce(sum(orders) FILTER (WHERE today), 0)::bigint, "
    "coalesce(sum(revenue) FILTER (WHERE today), 0)::bigint, coalesce(sum(parked), 0)::bigint, "
    "coalesce(sum(outbox_waiting), 0)::bigint FROM "
    "(SELECT *, checked_at > $2 OR day >= $1::date AS today FROM store_figures) AS f");

bool figures_today(struct work *work, const char *day, struct figures_sum *sum_out, struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &figures_sum_today, DB_PARAMS(P_TEXT(day), P_TIME(work->now_ms - FRESH_MS)),
                  &rows, err))
        return false;
    *sum_out = (struct figures_sum){.orders = db_int(&rows, 0, 0),
                                    .revenue = db_int(&rows, 0, 1),
                                    .parked = db_int(&rows, 0, 2),
                                    .outbox_waiting = db_int(&rows, 0, 3)};
    return true;
}

DB_SERVER_STATEMENT(figures_select_missing,
                    "SELECT s.bot_store_name, count(*) OVER () FROM stores s "
                    "LEFT JOIN store_figures f ON f.store = s.bot_store_name "
                    "WHERE s.state <> 'removed' AND (f.backup_at IS NULL OR f.backup_at < $1) "
                    "ORDER BY 1 LIMIT $2");

bool figures_without_backup(struct work *work, int64_t since_ms, struct figures_missing *missing_out,
                            struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &figures_select_missing, DB_PARAMS(P_TIME(since_ms), P_INT(FIGURES_MISSING)),
                  &rows, err))
        return false;
    *missing_out =
        (struct figures_missing){.all = rows.count ? db_int(&rows, 0, 1) : 0, .count = (size_t)rows.count};
    for (int i = 0; i < rows.count; i++)
        missing_out->stores[i] = db_text_copy(work->arena, &rows, i, 0);
    return true;
}

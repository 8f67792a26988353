/* One round trip: it waits for nobody, and must stay cheap in a store with a million orders. */
#include <stdio.h>

#include "monitor/internal.h"
#include "store/counter.h"
#include "store/statistics.h"

enum { DAY_MS = 24 * 3600 * 1000, NEWEST = 100 };

/* Today's and yesterday's. */
DB_TENANT_STATEMENT(
    monitor_orders,
    "SELECT count(*) FILTER (WHERE paid_at >= $2), coalesce(sum(total) FILTER (WHERE paid_at >= $2), "
    "0)::bigint,"
    " count(*) FILTER (WHERE paid_at < $2), coalesce(sum(total) FILTER (WHERE paid_at < $2), 0)::bigint"
    " FROM orders WHERE paid_at >= $1 AND paid_at < $3");
DB_TENANT_STATEMENT(monitor_parked,
                    "SELECT (SELECT count(*) FROM jobs WHERE state = 'parked')"
                    " + (SELECT count(*) FROM updates_failed WHERE parked_at IS NOT NULL)"
                    " + (SELECT count(*) FROM payments WHERE problem IS NOT NULL AND resolution IS NULL)");
/* Of the newest payments asked of the gateway, those it made no invoice for, since the last it did. */
DB_TENANT_STATEMENT(
    monitor_failing,
    "WITH newest AS (SELECT id, state, txn_id, method, created_at FROM payments ORDER BY id DESC LIMIT $1)"
    " SELECT count(*) FROM newest WHERE method NOT IN ('balance', 'manual') AND txn_id IS NULL"
    " AND state IN ('failed', 'expired') AND created_at > $2"
    " AND id > coalesce((SELECT max(id) FROM newest WHERE txn_id IS NOT NULL), 0)");
/* A message that was tried in vain waits since it was written: each try moves its time. */
DB_COMMON_STATEMENT(monitor_outbox,
                    "SELECT count(*), min(CASE WHEN attempts > 0 THEN created_at ELSE due_at END)"
                    " FROM outbox WHERE state = 'pending' AND NOT bulk");
DB_COMMON_STATEMENT(monitor_jobs,
                    "SELECT min(CASE WHEN lease_until IS NULL THEN due_at ELSE lease_until END) FROM jobs"
                    " WHERE state = 'pending'");

int64_t reading_late(const struct db_rows *rows, int column, int64_t now_ms)
{
    int64_t since_ms = db_time(rows, 0, column);
    return since_ms > 0 && since_ms < now_ms ? (now_ms - since_ms) / 1000 : 0;
}

bool reading_server(struct db_tx *tx, struct db_rows *outbox_out, struct db_rows *jobs_out, struct error *err)
{
    return db_send(tx, &monitor_outbox, DB_NO_PARAMS, outbox_out, err) &&
           db_query(tx, &monitor_jobs, DB_NO_PARAMS, jobs_out, err);
}

static const char *day_text(struct arena *arena, int64_t day)
{
    struct clock_civil date = clock_to_civil(NULL, day * DAY_MS);
    return arena_printf(arena, "%04d-%02d-%02d", date.year, date.month, date.day);
}

bool reading_store(struct work *work, struct store_figures *figures_out, struct error *err)
{
    const struct clock_zone *zone = work->tenant->zone;
    int64_t day = statistics_day_of(zone, work->now_ms);
    struct db_rows orders, parked, failing, outbox, jobs, counters;
    if (!db_send(work->tx, &monitor_orders,
                 DB_PARAMS(P_TIME(statistics_day_begins(zone, day - 1)),
                           P_TIME(statistics_day_begins(zone, day)),
                           P_TIME(statistics_day_begins(zone, day + 1))),
                 &orders, err) ||
        !db_send(work->tx, &monitor_parked, DB_NO_PARAMS, &parked, err) ||
        !db_send(work->tx, &monitor_failing, DB_PARAMS(P_INT(NEWEST), P_TIME(work->now_ms - DAY_MS)),
                 &failing, err) ||
        !db_send(work->tx, &monitor_outbox, DB_NO_PARAMS, &outbox, err) ||
        !db_send(work->tx, &monitor_jobs, DB_NO_PARAMS, &jobs, err) || !counter_send(work, &counters, err) ||
        !db_flush(work->tx, err))
        return error_context(err, "figures");
    *figures_out = (struct store_figures){
        .store = arena_strdup(work->arena, work->tenant->name),
        .checked_ms = work->now_ms,
        .day = day_text(work->arena, day),
        .orders = db_int(&orders, 0, 0),
        .revenue = db_int(&orders, 0, 1),
        .orders_before = db_int(&orders, 0, 2),
        .revenue_before = db_int(&orders, 0, 3),
        .people = counter_read(&counters).users,
        .parked = db_int(&parked, 0, 0),
        .outbox_waiting = db_int(&outbox, 0, 0),
        .outbox_late_seconds = reading_late(&outbox, 1, work->now_ms),
        .jobs_late_seconds = reading_late(&jobs, 0, work->now_ms),
        .failed_in_row = db_int(&failing, 0, 0),
    };
    return true;
}

#include "store/counter.h"

#include <string.h>

#include "store/internal.h"

#define ACTIVE_WEEK  "active_week"
#define ACTIVE_MONTH "active_month"

DB_TENANT_STATEMENT(counter_add_one_completed,
                    "UPDATE counters SET value = value + 1 WHERE name = 'completed'");

bool counter_add_completed(struct work *work, struct error *err)
{
    return db_send(work->tx, &counter_add_one_completed, DB_NO_PARAMS, NULL, err);
}

DB_TENANT_STATEMENT(
    counter_put_active,
    "INSERT INTO counters (name, value, counted_at)"
    " VALUES ('" ACTIVE_MONTH "', $2, $3), ('" ACTIVE_WEEK "', $1, $3)"
    " ON CONFLICT (name) DO UPDATE SET value = excluded.value, counted_at = excluded.counted_at");

bool counter_set_active(struct work *work, int64_t week, int64_t month, struct error *err)
{
    return db_send(work->tx, &counter_put_active, DB_PARAMS(P_INT(week), P_INT(month), P_TIME(work->now_ms)),
                   NULL, err);
}

DB_TENANT_STATEMENT(counter_select, "SELECT name, value, counted_at FROM counters");

bool counter_send(struct work *work, struct db_rows *rows_out, struct error *err)
{
    return db_send(work->tx, &counter_select, DB_NO_PARAMS, rows_out, err);
}

struct counters counter_read(const struct db_rows *rows)
{
    struct counters counters = {0};
    const struct {
        const char *name;
        int64_t *value;
    } known[] = {
        {"users", &counters.users},
        {"unreachable", &counters.unreachable},
        {"completed", &counters.completed},
        {ACTIVE_WEEK, &counters.active_week},
        {ACTIVE_MONTH, &counters.active_month},
    };
    for (int row = 0; row < rows->count; row++)
        for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
            if (strcmp(db_text(rows, row, 0), known[i].name) == 0) {
                *known[i].value = db_int(rows, row, 1);
                if (!db_is_null(rows, row, 2))
                    counters.counted_ms = db_time(rows, row, 2);
            }
    return counters;
}

bool counter_get(struct work *work, struct counters *counters_out, struct error *err)
{
    bool own;
    struct db_rows rows;
    if (!store_read_begin(work, &own, err))
        return false;
    bool ok = counter_send(work, &rows, err) && db_flush(work->tx, err);
    if (ok)
        *counters_out = counter_read(&rows);
    store_read_end(work, own);
    return ok || error_context(err, "counters");
}

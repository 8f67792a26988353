/* Alerts as the owners see them: reading, acknowledging, muting. */
#include "base/clock.h"
#include "base/json.h"
#include "watch/internal.h"
#include "work/audit.h"

struct alert_row alert_row_read(struct arena *arena, const struct db_rows *rows, int row)
{
    return (struct alert_row){
        .id = db_int(rows, row, 0),
        .store = *db_text(rows, row, 1) ? db_text_copy(arena, rows, row, 1) : NULL,
        .kind = alert_kind_of(db_text(rows, row, 2)),
        .subject = db_text_copy(arena, rows, row, 3),
        .detail = db_text_copy(arena, rows, row, 4),
        .count = db_int(rows, row, 5),
        .first_ms = db_time(rows, row, 6),
        .last_ms = db_time(rows, row, 7),
        .told_ms = db_time(rows, row, 8),
        .told_count = db_int(rows, row, 9),
        .told_open = db_bool(rows, row, 10),
        .acked_ms = db_time(rows, row, 11),
        .acked_by = db_int(rows, row, 12),
        .muted_until_ms = db_time(rows, row, 13),
        .recovered_ms = db_time(rows, row, 14),
    };
}

static void read_rows(struct work *work, const struct db_rows *rows, struct alert_row **rows_out,
                      size_t *count_out)
{
    struct alert_row *list = ARENA_ARRAY(work->arena, struct alert_row, (size_t)rows->count);
    for (int i = 0; i < rows->count; i++)
        list[i] = alert_row_read(work->arena, rows, i);
    *rows_out = list;
    *count_out = (size_t)rows->count;
}

DB_SERVER_STATEMENT(alert_select_open, "SELECT " ALERT_COLUMNS " FROM alerts WHERE recovered_at IS NULL"
                                       " AND ($1::text IS NULL OR store = $1) AND id < $2"
                                       " ORDER BY id DESC LIMIT $3");

bool alert_list(struct work *work, const char *store, int64_t before_id, int64_t limit,
                struct alert_row **rows_out, size_t *count_out, struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &alert_select_open,
                  DB_PARAMS(P_TEXT(store), P_INT(before_id > 0 ? before_id : INT64_MAX), P_INT(limit)), &rows,
                  err))
        return error_context(err, "alerts");
    read_rows(work, &rows, rows_out, count_out);
    return true;
}

DB_SERVER_STATEMENT(alert_select, "SELECT " ALERT_COLUMNS " FROM alerts WHERE id = $1");

bool alert_get(struct work *work, int64_t id, struct alert_row *row_out, struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &alert_select, DB_PARAMS(P_INT(id)), &rows, err))
        return error_context(err, "alert %lld", (long long)id);
    if (!rows.count)
        return error_set(err, ERR_NOT_FOUND, "there is no alert %lld", (long long)id);
    *row_out = alert_row_read(work->arena, &rows, 0);
    return true;
}

DB_SERVER_STATEMENT(alert_select_errors, "SELECT " ALERT_COLUMNS " FROM alerts WHERE kind = $1"
                                         " AND ($2::text IS NULL OR store = $2) AND last_at >= $3"
                                         " AND (last_at, id) < (coalesce($4, 'infinity'::timestamptz), $5)"
                                         " ORDER BY last_at DESC, id DESC LIMIT $6");

bool alert_errors(struct work *work, const char *store, int64_t since_ms, int64_t before_ms,
                  int64_t before_id, int64_t limit, struct alert_row **rows_out, size_t *count_out,
                  struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &alert_select_errors,
                  DB_PARAMS(P_TEXT(alert_kind_name(ALERT_ERROR)), P_TEXT(store),
                            P_TIME(since_ms > 0 ? since_ms : 1), P_TIME(before_ms),
                            P_INT(before_ms ? before_id : INT64_MAX), P_INT(limit)),
                  &rows, err))
        return error_context(err, "alerts");
    read_rows(work, &rows, rows_out, count_out);
    return true;
}

DB_SERVER_STATEMENT(alert_count_open, "SELECT kind, count(*) FROM alerts WHERE recovered_at IS NULL"
                                      " AND ($1::text IS NULL OR store = $1) GROUP BY kind");

bool alert_open_counts(struct work *work, const char *store, int64_t counts_out[ALERT_SEVERITIES],
                       struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &alert_count_open, DB_PARAMS(P_TEXT(store)), &rows, err))
        return error_context(err, "alerts");
    for (int i = 0; i < ALERT_SEVERITIES; i++)
        counts_out[i] = 0;
    for (int i = 0; i < rows.count; i++)
        counts_out[alert_kind_severity(alert_kind_of(db_text(&rows, i, 0)))] += db_int(&rows, i, 1);
    return true;
}

/* --- acting --- */

DB_SERVER_STATEMENT(alert_lock, "SELECT " ALERT_COLUMNS " FROM alerts WHERE id = $1 FOR UPDATE");

static bool lock_open(struct work *work, int64_t id, struct alert_row *row_out, struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &alert_lock, DB_PARAMS(P_INT(id)), &rows, err))
        return error_context(err, "alert %lld", (long long)id);
    if (!rows.count || !db_is_null(&rows, 0, 14))
        return error_set(err, ERR_NOT_FOUND, "alert %lld is not open", (long long)id);
    *row_out = alert_row_read(work->arena, &rows, 0);
    return true;
}

/* `until_ms` 0: not a matter of time. */
static bool audit(struct work *work, const char *event, const struct alert_row *row, int64_t by,
                  int64_t until_ms, struct error *err)
{
    json_t *detail =
        json_pack("{s:I, s:s, s:s, s:s}", "alert", (json_int_t)row->id, "store", row->store ? row->store : "",
                  "kind", alert_kind_name(row->kind), "subject", row->subject);
    if (until_ms) {
        char stamp[25];
        clock_format_utc(until_ms, stamp);
        json_object_set_new(detail, "until", json_string(stamp));
    }
    const struct audit_entry entry = {.event = event,
                                      .actor = by ? arena_printf(work->arena, "telegram:%lld", (long long)by)
                                                  : "operator",
                                      .detail = detail};
    return audit_add(work, &entry, err);
}

DB_SERVER_STATEMENT(alert_set_acked, "UPDATE alerts SET acked_at = $2, acked_by = $3 WHERE id = $1");

bool alert_ack(struct work *work, int64_t id, int64_t by, struct error *err)
{
    struct alert_row row;
    if (!lock_open(work, id, &row, err))
        return false;
    if (row.acked_ms)
        return error_set(err, ERR_CONFLICT, "alert %lld is acknowledged already", (long long)id);
    return db_change(work->tx, &alert_set_acked, DB_PARAMS(P_INT(id), P_TIME(work->now_ms), P_INT(by)),
                     err) &&
           audit(work, "alert.acked", &row, by, 0, err);
}

/* Whatever the time decides is decided anew: at the mute's end, or now. */
DB_SERVER_STATEMENT(alert_set_muted, "UPDATE alerts SET muted_until = $2, due_at = $2 WHERE id = $1");

static bool mute(struct work *work, const char *event, const struct alert_row *row, int64_t until_ms,
                 int64_t by, struct error *err)
{
    return db_change(work->tx, &alert_set_muted, DB_PARAMS(P_INT(row->id), P_TIME(until_ms)), err) &&
           audit(work, event, row, by, until_ms, err);
}

bool alert_mute(struct work *work, int64_t id, int64_t until_ms, int64_t by, struct error *err)
{
    struct alert_row row;
    return lock_open(work, id, &row, err) && mute(work, "alert.muted", &row, until_ms, by, err);
}

bool alert_unmute(struct work *work, int64_t id, int64_t by, struct error *err)
{
    struct alert_row row;
    if (!lock_open(work, id, &row, err))
        return false;
    if (row.muted_until_ms <= work->now_ms)
        return error_set(err, ERR_CONFLICT, "alert %lld is not muted", (long long)id);
    return mute(work, "alert.unmuted", &row, work->now_ms, by, err);
}

/* From the notes to the rows, and from the rows to the owners. */
#include <stdlib.h>
#include <string.h>

#include "watch/internal.h"

/* --- writing down --- */

/* One that recovered a moment ago is open again. Acknowledged was the time before. */
DB_SERVER_STATEMENT(
    alert_reopen,
    "UPDATE alerts SET recovered_at = NULL, acked_at = NULL, acked_by = NULL"
    " WHERE id = (SELECT id FROM alerts WHERE store = $1 AND kind = $2 AND subject = $3 AND recovered_at > $4"
    " ORDER BY recovered_at DESC LIMIT 1)"
    " AND NOT EXISTS (SELECT FROM alerts WHERE store = $1 AND kind = $2 AND subject = $3"
    " AND recovered_at IS NULL)");

DB_SERVER_STATEMENT(
    alert_upsert,
    "INSERT INTO alerts (store, kind, subject, detail, count, first_at, last_at, due_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
    " ON CONFLICT (store, kind, subject) WHERE recovered_at IS NULL DO UPDATE SET detail = EXCLUDED.detail,"
    " count = alerts.count + EXCLUDED.count, last_at = greatest(alerts.last_at, EXCLUDED.last_at),"
    " due_at = least(alerts.due_at, EXCLUDED.due_at)");

DB_SERVER_STATEMENT(alert_recover, "UPDATE alerts SET recovered_at = $4, due_at = $5 WHERE store = $1"
                                   " AND kind = $2 AND subject = $3 AND recovered_at IS NULL");

DB_SERVER_STATEMENT(alert_recover_store,
                    "UPDATE alerts SET recovered_at = $2, due_at = NULL, told_open = false"
                    " WHERE store = $1 AND recovered_at IS NULL");

static bool write_note(struct work *work, const struct alert_note *note, struct error *err)
{
    if (note->whole_store)
        return db_send(work->tx, &alert_recover_store, DB_PARAMS(P_TEXT(note->store), P_TIME(work->now_ms)),
                       NULL, err);
    const struct db_param store = P_TEXT(note->store), kind = P_TEXT(alert_kind_name(note->kind)),
                          subject = P_TEXT(note->subject), now = P_TIME(work->now_ms);
    int64_t window = alert_window_ms(note->kind);
    int64_t flap_ms = note->first_ms - (window < ALERT_FLAP_MS ? window : ALERT_FLAP_MS);
    if (note->raised &&
        (!db_send(work->tx, &alert_reopen, DB_PARAMS(store, kind, subject, P_TIME(flap_ms)), NULL, err) ||
         !db_send(work->tx, &alert_upsert,
                  DB_PARAMS(store, kind, subject, P_TEXT(note->detail), P_INT(note->raised),
                            P_TIME(note->first_ms), P_TIME(note->last_ms), now),
                  NULL, err)))
        return false;
    return !note->cleared_ms ||
           db_send(work->tx, &alert_recover, DB_PARAMS(store, kind, subject, P_TIME(note->cleared_ms), now),
                   NULL, err);
}

bool alerts_write(struct work *work, struct alert_note *const *notes, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!write_note(work, notes[i], err))
            return error_context(err, "alerts");
    }
    return db_flush(work->tx, err) || error_context(err, "alerts");
}

/* --- deciding --- */

struct due {
    struct alert_row row;
    struct alert_decision decision;
};

static int worst_first(const void *a, const void *b)
{
    const struct due *one = a, *two = b;
    if (one->decision.tells != two->decision.tells)
        return one->decision.tells ? -1 : 1;
    int severity = (int)alert_kind_severity(two->row.kind) - (int)alert_kind_severity(one->row.kind);
    return severity ? severity : (one->row.id > two->row.id) - (one->row.id < two->row.id);
}

DB_SERVER_STATEMENT(alert_set_told, "UPDATE alerts SET told_at = $2, told_count = count, told_open = $3,"
                                    " recovered_at = $4, due_at = $5 WHERE id = $1");
DB_SERVER_STATEMENT(alert_set_decided,
                    "UPDATE alerts SET told_open = $2, recovered_at = $3, due_at = $4 WHERE id = $1");

static bool write_decided(struct work *work, const struct due *due, bool told, struct error *err)
{
    const struct alert_row *row = &due->row;
    const struct alert_decision *d = &due->decision;
    int64_t recovered_ms = d->ends ? work->now_ms : row->recovered_ms;
    bool told_open = d->tells && !told ? false : d->told_open;
    if (told)
        return db_send(work->tx, &alert_set_told,
                       DB_PARAMS(P_INT(row->id), P_TIME(work->now_ms), P_BOOL(told_open),
                                 P_TIME(recovered_ms), P_TIME(d->due_ms)),
                       NULL, err);
    return db_send(work->tx, &alert_set_decided,
                   DB_PARAMS(P_INT(row->id), P_BOOL(told_open), P_TIME(recovered_ms), P_TIME(d->due_ms)),
                   NULL, err);
}

DB_SERVER_STATEMENT(alert_put_off, "UPDATE alerts SET due_at = $2 WHERE id = $1");

static bool tell_digest(struct work *work, const struct alert_teller *teller, const struct due *list,
                        size_t count, struct error *err)
{
    struct alert_digest digest = {.alerts = (int64_t)count};
    const char **stores = ARENA_ARRAY(work->arena, const char *, count);
    for (size_t i = 0; i < count; i++) {
        const struct alert_row *row = &list[i].row;
        int64_t k = 0;
        while (k < digest.stores && !str_equal(stores[k], row->store))
            k++;
        if (k == digest.stores)
            stores[digest.stores++] = row->store;
        if (row->recovered_ms)
            digest.recovered++;
        else
            digest.by_kind[row->kind]++;
    }
    return teller->tell_digest(work, &digest, err);
}

/* The first `single` each by itself, then, where more are to be told, the others together, or later. */
static bool tell(struct work *work, const struct alert_teller *teller, struct alert_pace *pace,
                 const struct due *list, size_t count, struct error *err)
{
    if (work->now_ms >= pace->since_ms + ALERT_MINUTE_MS || work->now_ms < pace->since_ms)
        *pace = (struct alert_pace){.since_ms = work->now_ms};
    size_t room = (size_t)(ALERT_MOST_A_MINUTE - pace->told);
    size_t single = count <= room ? count : room ? room - 1 : 0;
    bool digest = single < count && room;
    for (size_t i = 0; i < single; i++) {
        if (!teller->tell(work, &list[i].row, list[i].decision.why, err))
            return false;
    }
    if (digest && !tell_digest(work, teller, list + single, count - single, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (i < single || digest
                ? !write_decided(work, &list[i], true, err)
                : !db_send(work->tx, &alert_put_off,
                           DB_PARAMS(P_INT(list[i].row.id), P_TIME(pace->since_ms + ALERT_MINUTE_MS)), NULL,
                           err))
            return false;
    }
    pace->told += (int)(single + digest);
    return true;
}

DB_SERVER_STATEMENT(alert_select_due, "SELECT " ALERT_COLUMNS " FROM alerts WHERE due_at <= $1"
                                      " ORDER BY due_at, id LIMIT $2 FOR UPDATE SKIP LOCKED");

bool alerts_decide(struct work *work, const struct alert_teller *teller, struct alert_pace *pace,
                   struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &alert_select_due, DB_PARAMS(P_TIME(work->now_ms), P_INT(ALERT_MOST_DUE)), &rows,
                  err))
        return error_context(err, "alerts due");
    struct due *list = ARENA_ARRAY(work->arena, struct due, (size_t)rows.count);
    size_t count = (size_t)rows.count, told = 0;
    for (size_t i = 0; i < count; i++) {
        list[i].row = alert_row_read(work->arena, &rows, (int)i);
        list[i].decision = alert_decide(&list[i].row, work->now_ms);
    }
    qsort(list, count, sizeof *list, worst_first);
    while (teller && told < count && list[told].decision.tells)
        told++;
    for (size_t i = told; i < count; i++) {
        if (!write_decided(work, &list[i], false, err))
            return error_context(err, "alerts due");
    }
    struct alert_pace after = *pace;
    if (told && !tell(work, teller, &after, list, told, err))
        return error_context(err, "alerts told");
    if (!db_flush(work->tx, err))
        return error_context(err, "alerts due");
    *pace = after;
    return true;
}

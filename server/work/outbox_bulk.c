/* Bulk messages: what is asked before one goes, how one ends, what is decided about all of a broadcast. */
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "work/internal.h"

static const struct outbox_bulk *kinds;
static size_t kind_count;

void outbox_set_bulk(const struct outbox_bulk *table, size_t count)
{
    kinds = table;
    kind_count = count;
}

static const struct outbox_bulk *find(const char *name)
{
    for (size_t i = 0; name && i < kind_count; i++) {
        if (!strcmp(kinds[i].name, name))
            return &kinds[i];
    }
    return NULL;
}

/* --- the end of one --- */

DB_COMMON_STATEMENT(outbox_bulk_remove, "DELETE FROM outbox WHERE id = $1 AND state = 'pending'");
DB_COMMON_STATEMENT(outbox_bulk_keep,
                    "UPDATE outbox SET state = $2, payload = CASE WHEN $2 = 'uncertain' THEN payload END, "
                    "lease_until = NULL, error = nullif($3, ''), ended_at = $4 "
                    "WHERE id = $1 AND state = 'pending'");

static bool end_row(struct work *work, int64_t id, enum outbox_bulk_outcome outcome, const char *why,
                    struct db_rows *rows, struct error *err)
{
    const char *state = outcome == OUTBOX_BULK_UNCERTAIN ? "uncertain"
                        : outcome == OUTBOX_BULK_REFUSED ? "failed"
                                                         : NULL;
    if (!state)
        return db_query(work->tx, &outbox_bulk_remove, DB_PARAMS(P_INT(id)), rows, err);
    return db_query(work->tx, &outbox_bulk_keep,
                    DB_PARAMS(P_INT(id), P_TEXT(state), P_TEXT(why), P_TIME(work->now_ms)), rows, err);
}

bool outbox_bulk_end(struct work *work, const struct outbox_message *message,
                     enum outbox_bulk_outcome outcome, const char *why, struct error *err)
{
    struct db_rows rows;
    if (!end_row(work, message->id, outcome, why, &rows, err))
        return error_context(err, "bulk message");
    if (!rows.affected || !message->effect)
        return true;
    const struct outbox_bulk *kind = find(message->effect);
    if (!kind) {
        log_error(lane_store_name(work->store), "outbox row %lld: unknown bulk effect %s",
                  (long long)message->id, message->effect);
        return true;
    }
    return kind->apply(work, message->effect_ref, message->chat_id, outcome, why, err) ||
           error_context(err, "bulk effect %s", message->effect);
}

/* --- before one goes --- */

struct outbox_wish_note {
    struct outbox_wish_note *next;
    const struct outbox_bulk *kind;
    int64_t ref;
    enum outbox_wish wish;
};

/* Of a kind that is not known (a newer server's, perhaps): they wait. */
static bool wish_of(struct work *work, const struct outbox_message *message, struct outbox_wishes *wishes,
                    enum outbox_wish *wish_out, struct error *err)
{
    const struct outbox_bulk *kind = find(message->effect);
    for (const struct outbox_wish_note *note = wishes->first; note; note = note->next) {
        if (note->kind == kind && note->ref == message->effect_ref) {
            *wish_out = note->wish;
            return true;
        }
    }
    struct outbox_wish_note *note = ARENA_NEW(work->arena, struct outbox_wish_note);
    *note = (struct outbox_wish_note){wishes->first, kind, message->effect_ref, OUTBOX_HOLD};
    if (kind && !kind->wish(work, message->effect_ref, &note->wish, err))
        return error_context(err, "bulk effect %s", kind->name);
    wishes->first = note;
    *wish_out = note->wish;
    return true;
}

DB_COMMON_STATEMENT(
    outbox_bulk_hold,
    "UPDATE outbox SET state = 'held', lease_until = NULL WHERE id = $1 AND state = 'pending'");

bool outbox_bulk_decide(struct work *work, const struct outbox_message *message, bool interrupted,
                        struct outbox_wishes *wishes, bool *go_out, struct error *err)
{
    enum outbox_wish wish;
    *go_out = false;
    if (interrupted) {
        log_warn(lane_store_name(work->store), "bulk message to %lld may have been sent or not: interrupted",
                 (long long)message->chat_id);
        return outbox_bulk_end(work, message, OUTBOX_BULK_UNCERTAIN, "interrupted", err);
    }
    if (!wish_of(work, message, wishes, &wish, err))
        return false;
    *go_out = wish == OUTBOX_GO;
    if (wish == OUTBOX_HOLD)
        return db_send(work->tx, &outbox_bulk_hold, DB_PARAMS(P_INT(message->id)), NULL, err);
    return wish != OUTBOX_DROP || outbox_bulk_end(work, message, OUTBOX_BULK_DROPPED, "", err);
}

/* --- all of one broadcast --- */

/* By the partial index: its condition is repeated in each, as a parameter would hide it. */
#define OF_REF "bulk AND effect = $1 AND effect_ref = $2"

DB_COMMON_STATEMENT(outbox_bulk_go_rows,
                    "WITH again AS (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM outbox "
                    "WHERE state = 'held' AND " OF_REF ") "
                    "UPDATE outbox o SET state = 'pending', "
                    "due_at = $3::timestamptz + again.place * $4::bigint * interval '1 microsecond' "
                    "FROM again WHERE o.id = again.id AND o.state = 'held'");
DB_COMMON_STATEMENT(
    outbox_bulk_drop_rows,
    "DELETE FROM outbox WHERE state IN ('pending', 'held') AND lease_until IS NULL AND " OF_REF);
DB_COMMON_STATEMENT(outbox_bulk_recall_rows,
                    "UPDATE outbox SET state = 'held', error = NULL, ended_at = NULL, attempts = 0 "
                    "WHERE state = 'uncertain' AND id = ANY (ARRAY(SELECT id FROM outbox "
                    "WHERE state = 'uncertain' AND " OF_REF " ORDER BY id LIMIT $3))");

static bool count_changed(bool ok, const struct db_rows *rows, int64_t *count_out, struct error *err)
{
    if (!ok)
        return error_context(err, "bulk messages");
    *count_out = rows->affected;
    return true;
}

bool outbox_bulk_go(struct work *work, const char *effect, int64_t ref, int64_t interval_us,
                    int64_t *count_out, struct error *err)
{
    struct db_rows rows;
    bool ok =
        db_query(work->tx, &outbox_bulk_go_rows,
                 DB_PARAMS(P_TEXT(effect), P_INT(ref), P_TIME(work->now_ms), P_INT(interval_us)), &rows, err);
    work_due(work, work->now_ms);
    return count_changed(ok, &rows, count_out, err);
}

bool outbox_bulk_drop(struct work *work, const char *effect, int64_t ref, int64_t *count_out,
                      struct error *err)
{
    struct db_rows rows;
    bool ok = db_query(work->tx, &outbox_bulk_drop_rows, DB_PARAMS(P_TEXT(effect), P_INT(ref)), &rows, err);
    return count_changed(ok, &rows, count_out, err);
}

bool outbox_bulk_recall(struct work *work, const char *effect, int64_t ref, int64_t most, int64_t *count_out,
                        struct error *err)
{
    struct db_rows rows;
    bool ok = db_query(work->tx, &outbox_bulk_recall_rows, DB_PARAMS(P_TEXT(effect), P_INT(ref), P_INT(most)),
                       &rows, err);
    return count_changed(ok, &rows, count_out, err);
}

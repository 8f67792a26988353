#include "store/broadcast.h"

#include <string.h>

#include "base/json.h"
#include "store/admin_log.h"
#include "store/internal.h"
#include "work/job.h"

static const char *const states[] = {
    [BROADCAST_SCHEDULED] = "scheduled", [BROADCAST_RUNNING] = "running",     [BROADCAST_PAUSED] = "paused",
    [BROADCAST_DONE] = "done",           [BROADCAST_CANCELLED] = "cancelled",
};
static const char *const segments[] = {
    [BROADCAST_ALL] = "all",         [BROADCAST_BUYERS] = "buyers", [BROADCAST_NEVER] = "never",
    [BROADCAST_PRODUCT] = "product", [BROADCAST_ACTIVE] = "active",
};
enum { STATES = sizeof states / sizeof *states, SEGMENTS = sizeof segments / sizeof *segments };

const char *broadcast_state_name(enum broadcast_state state)
{
    return states[state];
}

const char *broadcast_segment_name(enum broadcast_segment segment)
{
    return segments[segment];
}

int64_t broadcast_outstanding(const struct broadcast *b)
{
    return b->queued - b->sent - b->blocked - b->failed - b->uncertain;
}

/* --- reading --- */

#define COLUMNS                                                                                              \
    "id, state, actor_id, segment, segment_ref, starts_at, cursor, queued, sent, blocked, failed, "          \
    "uncertain, refused_in_row, problem, progress_message_id, told_at, reported, created_at, started_at, "   \
    "ended_at, expected"

static size_t place_of(const char *name, const char *const *names, size_t count)
{
    size_t i = 0;
    while (i < count && strcmp(name, names[i]) != 0)
        i++;
    return i;
}

static bool read_row(struct work *work, const struct db_rows *rows, int row, struct broadcast *broadcast_out,
                     struct error *err)
{
    size_t state = place_of(db_text(rows, row, 1), states, STATES);
    size_t segment = place_of(db_text(rows, row, 3), segments, SEGMENTS);
    if (state == STATES || segment == SEGMENTS)
        return error_set(err, ERR_INTERNAL, "broadcast %lld: unknown state or segment",
                         (long long)db_int(rows, row, 0));
    *broadcast_out = (struct broadcast){
        .id = db_int(rows, row, 0),
        .state = (enum broadcast_state)state,
        .actor_id = db_int(rows, row, 2),
        .segment = (enum broadcast_segment)segment,
        .segment_ref = db_int(rows, row, 4),
        .starts_ms = db_time(rows, row, 5),
        .cursor = db_int(rows, row, 6),
        .queued = db_int(rows, row, 7),
        .sent = db_int(rows, row, 8),
        .blocked = db_int(rows, row, 9),
        .failed = db_int(rows, row, 10),
        .uncertain = db_int(rows, row, 11),
        .refused_in_row = db_int(rows, row, 12),
        .problem = db_text_copy(work->arena, rows, row, 13),
        .progress_message_id = db_int(rows, row, 14),
        .told_ms = db_time(rows, row, 15),
        .reported = db_bool(rows, row, 16),
        .created_ms = db_time(rows, row, 17),
        .started_ms = db_time(rows, row, 18),
        .ended_ms = db_time(rows, row, 19),
        .expected = db_int(rows, row, 20),
    };
    return true;
}

static bool read_one(struct work *work, const struct db_rows *rows, int64_t id,
                     struct broadcast *broadcast_out, struct error *err)
{
    if (!rows->count)
        return error_set(err, ERR_NOT_FOUND, "broadcast %lld: not there", (long long)id);
    return read_row(work, rows, 0, broadcast_out, err);
}

DB_TENANT_STATEMENT(broadcast_select, "SELECT " COLUMNS " FROM broadcasts WHERE id = $1");
DB_TENANT_STATEMENT(broadcast_lock, "SELECT " COLUMNS " FROM broadcasts WHERE id = $1 FOR NO KEY UPDATE");

bool broadcast_get(struct work *work, int64_t id, struct broadcast *broadcast_out, struct error *err)
{
    bool own;
    struct db_rows rows;
    if (!store_read_begin(work, &own, err))
        return false;
    bool ok = db_query(work->tx, &broadcast_select, DB_PARAMS(P_INT(id)), &rows, err) &&
              read_one(work, &rows, id, broadcast_out, err);
    store_read_end(work, own);
    return ok;
}

static bool lock(struct work *work, int64_t id, struct broadcast *broadcast_out, struct error *err)
{
    struct db_rows rows;
    return db_query(work->tx, &broadcast_lock, DB_PARAMS(P_INT(id)), &rows, err) &&
           read_one(work, &rows, id, broadcast_out, err);
}

/* The limit + 1 that follow, and the n-th in front of them, which begins the page before. */
DB_TENANT_STATEMENT(broadcast_select_page,
                    "SELECT " COLUMNS " FROM broadcasts WHERE id < $1 ORDER BY id DESC LIMIT $2");
DB_TENANT_STATEMENT(broadcast_select_front,
                    "SELECT max(id), count(*) FROM (SELECT id FROM broadcasts WHERE id >= $1 ORDER BY id "
                    "LIMIT $2) front");

static bool read_page(struct work *work, int64_t before, struct broadcast_page *page, struct error *err)
{
    struct db_rows rows, front;
    int64_t below = before > 0 ? before : INT64_MAX;
    if (!db_send(work->tx, &broadcast_select_front, DB_PARAMS(P_INT(below), P_INT(BROADCAST_LIST_MOST)),
                 &front, err) ||
        !db_query(work->tx, &broadcast_select_page, DB_PARAMS(P_INT(below), P_INT(BROADCAST_LIST_MOST + 1)),
                  &rows, err))
        return false;
    bool has_older = rows.count > BROADCAST_LIST_MOST;
    page->count = has_older ? BROADCAST_LIST_MOST : (size_t)rows.count;
    for (size_t i = 0; i < page->count; i++)
        if (!read_row(work, &rows, (int)i, &page->items[i], err))
            return false;
    page->older = has_older ? page->items[page->count - 1].id : 0;
    page->has_newer = db_int(&front, 0, 1) > 0;
    page->newer = db_int(&front, 0, 1) < BROADCAST_LIST_MOST ? 0 : db_int(&front, 0, 0) + 1;
    return true;
}

bool broadcast_list(struct work *work, int64_t before, struct broadcast_page *page_out, struct error *err)
{
    bool own;
    struct broadcast_page page = {0};
    if (!store_read_begin(work, &own, err))
        return false;
    bool ok = read_page(work, before, &page, err);
    store_read_end(work, own);
    if (ok)
        *page_out = page;
    return ok;
}

/* --- the message --- */

static const char *identity(struct arena *arena, int64_t seal_id)
{
    return arena_printf(arena, "broadcast:%lld", (long long)seal_id);
}

DB_TENANT_STATEMENT(broadcast_select_content, "SELECT seal_id, content FROM broadcasts WHERE id = $1");

static bool open_message(struct work *work, const struct db_rows *rows, const char **method_out,
                         json_t **params_out, struct error *err)
{
    size_t sealed_length = 0, length;
    char *text;
    const char *method;
    json_t *params;
    auto_json json_t *content = NULL;
    void *sealed = db_bytes(work->arena, rows, 0, 1, &sealed_length);
    if (!vault_open(work->arena, work->vault, identity(work->arena, db_int(rows, 0, 0)), sealed,
                    sealed_length, &text, &length, err) ||
        !json_parse(text, length, &content, err))
        return false;
    if (!json_get_string(content, "method", &method) || !json_get_object(content, "params", &params))
        return error_set(err, ERR_INTERNAL, "malformed content");
    *method_out = arena_strdup(work->arena, method);
    *params_out = json_incref(params);
    return true;
}

bool broadcast_message(struct work *work, int64_t id, const char **method_out, json_t **params_out,
                       struct error *err)
{
    bool own;
    struct db_rows rows;
    if (!store_read_begin(work, &own, err))
        return false;
    bool ok = db_query(work->tx, &broadcast_select_content, DB_PARAMS(P_INT(id)), &rows, err);
    if (ok && !rows.count)
        ok = error_set(err, ERR_NOT_FOUND, "broadcast %lld: not there", (long long)id);
    else if (ok)
        ok = open_message(work, &rows, method_out, params_out, err) ||
             error_context(err, "broadcast %lld", (long long)id);
    store_read_end(work, own);
    return ok;
}

/* --- what an admin decides --- */

static bool note(struct work *work, const char *action, int64_t id, int64_t actor_id, json_t *before,
                 json_t *after, struct error *err)
{
    return admin_log_add(work,
                         &(struct admin_log){.actor_id = actor_id,
                                             .action = action,
                                             .subject = "broadcast",
                                             .subject_id = id,
                                             .before = before,
                                             .after = after},
                         err);
}

DB_TENANT_STATEMENT(broadcast_insert,
                    "INSERT INTO broadcasts (state, actor_id, seal_id, content, segment, segment_ref, "
                    "starts_at, created_at) VALUES ('scheduled', $1, $2, $3, $4, $5, $6, $7) RETURNING id");

bool broadcast_add(struct work *work, const struct broadcast_plan *plan, int64_t *id_out, struct error *err)
{
    struct arena *arena = work->arena;
    int64_t seal_id, starts_ms = plan->starts_ms > 0 ? plan->starts_ms : work->now_ms;
    crypto_random(&seal_id, sizeof seal_id);
    auto_json json_t *content = json_pack("{s:s, s:O}", "method", plan->method, "params", plan->params);
    if (!content)
        return error_set(err, ERR_INTERNAL, "broadcast: the message is not UTF-8");
    const char *text = json_text(arena, content);
    size_t length;
    void *sealed = vault_seal(arena, work->vault, identity(arena, seal_id), text, strlen(text), &length);
    struct db_rows rows;
    if (!db_query(work->tx, &broadcast_insert,
                  DB_PARAMS(P_INT(plan->actor_id), P_INT(seal_id), P_BYTES(sealed, length),
                            P_TEXT(segments[plan->segment]), P_ID(plan->segment_ref), P_TIME(starts_ms),
                            P_TIME(work->now_ms)),
                  &rows, err))
        return error_context(err, "broadcast");
    int64_t id = db_int(&rows, 0, 0);
    json_t *after =
        json_pack("{s:s, s:s, s:I, s:I}", "method", plan->method, "segment", segments[plan->segment],
                  "segment_ref", (json_int_t)plan->segment_ref, "starts_ms", (json_int_t)starts_ms);
    if (!note(work, "add", id, plan->actor_id, NULL, after, err) ||
        !job_add(work, BROADCAST_JOB, 0, starts_ms, err))
        return error_context(err, "broadcast");
    *id_out = id;
    return true;
}

static bool refuse(const struct broadcast *b, const char *what, struct error *err)
{
    return error_set(err, ERR_CONFLICT, "broadcast %lld is %s: can't %s it", (long long)b->id,
                     states[b->state], what);
}

static bool note_change(struct work *work, const char *action, const struct broadcast *before,
                        enum broadcast_state after, int64_t actor_id, struct error *err)
{
    return note(work, action, before->id, actor_id,
                json_pack("{s:s, s:I}", "state", states[before->state], "sent", (json_int_t)before->sent),
                json_pack("{s:s}", "state", states[after]), err);
}

DB_TENANT_STATEMENT(broadcast_set_paused,
                    "UPDATE broadcasts SET state = 'paused' WHERE id = $1 AND state = 'running'");

/* Its messages are held when their turn comes. */
bool broadcast_pause(struct work *work, int64_t id, int64_t actor_id, struct error *err)
{
    struct broadcast b;
    if (!lock(work, id, &b, err))
        return false;
    if (b.state != BROADCAST_RUNNING)
        return refuse(&b, "pause", err);
    return db_change(work->tx, &broadcast_set_paused, DB_PARAMS(P_INT(id)), err) &&
           note_change(work, "pause", &b, BROADCAST_PAUSED, actor_id, err);
}

DB_TENANT_STATEMENT(broadcast_set_all_paused,
                    "UPDATE broadcasts SET state = 'paused' WHERE NOT reported AND "
                    "(state = 'running' OR (state = 'scheduled' AND starts_at <= $1))");

bool broadcast_pause_all(struct db_tx *tx, int64_t now_ms, struct error *err)
{
    return db_query(tx, &broadcast_set_all_paused, DB_PARAMS(P_TIME(now_ms)), NULL, err);
}

bool broadcast_stall(struct work *work, int64_t id, struct error *err)
{
    return db_change(work->tx, &broadcast_set_paused, DB_PARAMS(P_INT(id)), err);
}

DB_TENANT_STATEMENT(broadcast_set_scheduled,
                    "UPDATE broadcasts SET state = 'scheduled', starts_at = $2, refused_in_row = 0, "
                    "reported = false, ended_at = NULL, uncertain = uncertain - $3::bigint "
                    "WHERE id = $1 AND state IN ('paused', 'done')");

/* It has its turn as soon as no other runs. */
static bool go_on(struct work *work, int64_t id, int64_t recalled, struct error *err)
{
    return db_change(work->tx, &broadcast_set_scheduled,
                     DB_PARAMS(P_INT(id), P_TIME(work->now_ms), P_INT(recalled)), err) &&
           job_add(work, BROADCAST_JOB, 0, work->now_ms, err);
}

bool broadcast_resume(struct work *work, int64_t id, int64_t actor_id, struct error *err)
{
    struct broadcast b;
    if (!lock(work, id, &b, err))
        return false;
    if (b.state != BROADCAST_PAUSED)
        return refuse(&b, "resume", err);
    return go_on(work, id, 0, err) && note_change(work, "resume", &b, BROADCAST_SCHEDULED, actor_id, err);
}

bool broadcast_resend(struct work *work, int64_t id, int64_t actor_id, int64_t *count_out, struct error *err)
{
    struct broadcast b;
    int64_t count;
    if (!lock(work, id, &b, err))
        return false;
    if (b.state != BROADCAST_DONE || !b.uncertain)
        return refuse(&b, "send again", err);
    if (!outbox_bulk_recall(work, BROADCAST_EFFECT, id, BROADCAST_MOST_RECALLED, &count, err) ||
        !go_on(work, id, count, err) ||
        !note(work, "resend", id, actor_id, NULL, json_pack("{s:I}", "people", (json_int_t)count), err))
        return error_context(err, "broadcast");
    *count_out = count;
    return true;
}

DB_TENANT_STATEMENT(broadcast_set_cancelled,
                    "UPDATE broadcasts SET state = 'cancelled', ended_at = $2, queued = queued - $3::bigint, "
                    "reported = started_at IS NULL WHERE id = $1 AND state NOT IN ('done', 'cancelled')");

bool broadcast_cancel(struct work *work, int64_t id, int64_t actor_id, struct error *err)
{
    struct broadcast b;
    int64_t dropped = 0;
    if (!lock(work, id, &b, err))
        return false;
    if (b.state == BROADCAST_DONE || b.state == BROADCAST_CANCELLED)
        return refuse(&b, "cancel", err);
    if (b.queued && !outbox_bulk_drop(work, BROADCAST_EFFECT, id, &dropped, err))
        return error_context(err, "broadcast");
    return db_change(work->tx, &broadcast_set_cancelled,
                     DB_PARAMS(P_INT(id), P_TIME(work->now_ms), P_INT(dropped)), err) &&
           note_change(work, "cancel", &b, BROADCAST_CANCELLED, actor_id, err) &&
           job_add(work, BROADCAST_JOB, 0, work->now_ms, err);
}

/* --- for the job --- */

DB_TENANT_STATEMENT(broadcast_select_next,
                    "SELECT " COLUMNS " FROM broadcasts WHERE NOT reported AND (state = 'running' "
                    "OR (state = 'scheduled' AND starts_at <= $1) OR (state = 'cancelled' "
                    "AND queued = sent + blocked + failed + uncertain)) "
                    "ORDER BY CASE state WHEN 'cancelled' THEN 0 WHEN 'running' THEN 1 ELSE 2 END, "
                    "starts_at, id LIMIT 1 FOR NO KEY UPDATE");
/* A cancelled one waits for the last of its messages. */
DB_TENANT_STATEMENT(broadcast_select_due, "SELECT min(CASE state WHEN 'scheduled' THEN starts_at "
                                          "WHEN 'cancelled' THEN $1::timestamptz + interval '1 second' END) "
                                          "FROM broadcasts WHERE NOT reported");

bool broadcast_next(struct work *work, bool *found_out, struct broadcast *broadcast_out, int64_t *due_ms_out,
                    struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &broadcast_select_next, DB_PARAMS(P_TIME(work->now_ms)), &rows, err))
        return error_context(err, "broadcast");
    *found_out = rows.count > 0;
    if (rows.count)
        return read_row(work, &rows, 0, broadcast_out, err);
    if (!db_query(work->tx, &broadcast_select_due, DB_PARAMS(P_TIME(work->now_ms)), &rows, err))
        return error_context(err, "broadcast");
    *due_ms_out = db_time(&rows, 0, 0);
    return true;
}

DB_TENANT_STATEMENT(broadcast_set_running,
                    "UPDATE broadcasts SET state = 'running', started_at = coalesce(started_at, $2) "
                    "WHERE id = $1 AND state = 'scheduled'");

bool broadcast_start(struct work *work, struct broadcast *b, int64_t interval_us, struct error *err)
{
    int64_t count;
    if (!db_change(work->tx, &broadcast_set_running, DB_PARAMS(P_INT(b->id), P_TIME(work->now_ms)), err) ||
        (b->queued && !outbox_bulk_go(work, BROADCAST_EFFECT, b->id, interval_us, &count, err)))
        return error_context(err, "broadcast");
    b->state = BROADCAST_RUNNING;
    if (!b->started_ms)
        b->started_ms = work->now_ms;
    return true;
}

DB_TENANT_STATEMENT(
    broadcast_update,
    "UPDATE broadcasts SET cursor = $2, queued = $3, told_at = $4, expected = $5 WHERE id = $1");

bool broadcast_save(struct work *work, const struct broadcast *b, struct error *err)
{
    return db_send(
        work->tx, &broadcast_update,
        DB_PARAMS(P_INT(b->id), P_INT(b->cursor), P_INT(b->queued), P_TIME(b->told_ms), P_INT(b->expected)),
        NULL, err);
}

DB_TENANT_STATEMENT(broadcast_set_ended,
                    "UPDATE broadcasts SET reported = true, ended_at = coalesce(ended_at, $2), "
                    "state = CASE state WHEN 'running' THEN 'done' ELSE state END "
                    "WHERE id = $1 AND state IN ('running', 'cancelled') AND NOT reported "
                    "AND queued = sent + blocked + failed + uncertain");

bool broadcast_end(struct work *work, struct broadcast *b, struct error *err)
{
    if (!db_change(work->tx, &broadcast_set_ended, DB_PARAMS(P_INT(b->id), P_TIME(work->now_ms)), err))
        return error_context(err, "broadcast");
    b->reported = true;
    b->ended_ms = b->ended_ms ? b->ended_ms : work->now_ms;
    b->state = b->state == BROADCAST_RUNNING ? BROADCAST_DONE : b->state;
    return true;
}

/* --- for the outbox --- */

DB_TENANT_STATEMENT(broadcast_select_state, "SELECT state FROM broadcasts WHERE id = $1");

bool broadcast_wish(struct work *work, int64_t id, enum outbox_wish *wish_out, struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &broadcast_select_state, DB_PARAMS(P_INT(id)), &rows, err))
        return error_context(err, "broadcast");
    const char *state = rows.count ? db_text(&rows, 0, 0) : states[BROADCAST_CANCELLED];
    *wish_out = strcmp(state, states[BROADCAST_RUNNING]) == 0     ? OUTBOX_GO
                : strcmp(state, states[BROADCAST_CANCELLED]) == 0 ? OUTBOX_DROP
                                                                  : OUTBOX_HOLD;
    return true;
}

/* Nothing a constraint could refuse: it is part of transactions that serve everybody. */
DB_TENANT_STATEMENT(broadcast_count,
                    "UPDATE broadcasts SET sent = sent + ($2 = 'sent')::int, "
                    "blocked = blocked + ($2 = 'blocked')::int, failed = failed + ($2 = 'refused')::int, "
                    "uncertain = uncertain + ($2 = 'uncertain')::int, "
                    "queued = queued - ($2 = 'dropped')::int, refused_in_row = CASE $2 WHEN 'sent' THEN 0 "
                    "WHEN 'refused' THEN refused_in_row + 1 ELSE refused_in_row END, "
                    "problem = CASE $2 WHEN 'refused' THEN $3 ELSE problem END "
                    "WHERE id = $1 AND sent + blocked + failed + uncertain < queued");

bool broadcast_note(struct work *work, int64_t id, enum outbox_bulk_outcome outcome, const char *why,
                    struct error *err)
{
    static const char *const outcomes[] = {
        [OUTBOX_BULK_SENT] = "sent",       [OUTBOX_BULK_REFUSED] = "refused",
        [OUTBOX_BULK_BLOCKED] = "blocked", [OUTBOX_BULK_UNCERTAIN] = "uncertain",
        [OUTBOX_BULK_DROPPED] = "dropped",
    };
    return db_send(work->tx, &broadcast_count, DB_PARAMS(P_INT(id), P_TEXT(outcomes[outcome]), P_TEXT(why)),
                   NULL, err);
}

DB_TENANT_STATEMENT(broadcast_update_message, "UPDATE broadcasts SET progress_message_id = $2 WHERE id = $1");

bool broadcast_set_progress_message(struct work *work, int64_t id, int64_t message_id, struct error *err)
{
    return db_send(work->tx, &broadcast_update_message, DB_PARAMS(P_INT(id), P_INT(message_id)), NULL, err);
}

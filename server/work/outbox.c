#include "work/outbox.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "work/internal.h"

enum { MOST_CLAIMED = 100 };

struct outbox_sink outbox_sink;

void outbox_set_sink(const struct outbox_sink *sink)
{
    outbox_sink = *sink;
}

/* --- payload: what is sealed in the row --- */

static const char *identity(struct arena *arena, int64_t seal_id, int64_t chat_id)
{
    return arena_printf(arena, "outbox:%lld:%lld", (long long)seal_id, (long long)chat_id);
}

static bool encode(struct arena *arena, const struct outbox_message *m, char **text_out, struct error *err)
{
    auto_json json_t *payload =
        json_pack("{s:s, s:O, s:i, s:s*, s:s*}", "method", m->method, "params", m->params, "attachment",
                  (int)m->attachment, "text", m->attachment_text, "name", m->attachment_name);
    if (!payload)
        return error_set(err, ERR_INTERNAL, "outbox: a part of the message is missing or not UTF-8");
    *text_out = json_text(arena, payload);
    return true;
}

/* The texts and params of `m` are borrowed from `payload_out`, which the caller owns. */
static bool parse_payload(const char *text, size_t length, struct outbox_message *m, json_t **payload_out,
                          struct error *err)
{
    auto_json json_t *payload = NULL;
    int64_t attachment;
    if (!json_parse(text, length, &payload, err))
        return false;
    if (!json_get_string(payload, "method", &m->method) || !json_get_object(payload, "params", &m->params) ||
        !json_get_int(payload, "attachment", &attachment) || attachment < ATTACH_NONE ||
        attachment > ATTACH_LAST)
        return error_set(err, ERR_INTERNAL, "malformed payload");
    m->attachment = (enum outbox_attachment)attachment;
    m->attachment_text = m->attachment_name = NULL;
    json_get_string(payload, "text", &m->attachment_text);
    json_get_string(payload, "name", &m->attachment_name);
    *payload_out = json_incref(payload);
    return true;
}

/* --- writing --- */

/* Leased to the sender at once ($8), but for one: an earlier message of the chat waits for a later try. A
 * bulk message waits for nobody here and nobody waits for it. */
DB_COMMON_STATEMENT(
    outbox_insert,
    "INSERT INTO outbox (chat_id, seal_id, payload, keep, effect, effect_ref, due_at, lease_until, "
    "created_at, bulk) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, CASE WHEN NOT EXISTS (SELECT FROM outbox e WHERE e.chat_id = $1 "
    "AND e.state = 'pending' AND NOT e.bulk AND (e.lease_until IS NULL OR e.lease_until < $9)) "
    "THEN $8::timestamptz END, $9, $10) "
    "RETURNING id, lease_until IS NOT NULL");

/* A message whose row this transaction leases to the sender; it is handed over after the commit. */
struct queued_message {
    struct outbox_message message; /* first: the list in struct work is of these */
    const char *payload;           /* text; parsed again at the hand-over, as the arena owns no JSON trees */
    struct db_rows inserted;       /* of a new row: the id, and whether it is ours */
};

static void queue(struct work *work, struct queued_message *q)
{
    *work->queued_tail = &q->message;
    work->queued_tail = &q->message.next;
}

static bool may_hand_over(struct work *work, const struct outbox_message *m)
{
    return !m->bulk && m->after_ms <= work->now_ms && outbox_sink.take &&
           !atomic_load(&work->store->hold_outbox) &&
           outbox_sink.accepts(outbox_sink.context, work->store, m->chat_id);
}

bool outbox_add(struct work *work, const struct outbox_message *message, struct error *err)
{
    auto_json json_t *params = message->params; /* ours from here on */
    assert(work->tx);
    struct arena *arena = work->arena;
    struct queued_message *q = ARENA_NEW(arena, struct queued_message);
    struct outbox_message *m = &q->message;
    *m = *message;
    m->next = NULL;
    m->attempts = 0;
    m->effect = message->effect ? arena_strdup(arena, message->effect) : NULL;
    int64_t seal_id;
    crypto_random(&seal_id, sizeof seal_id);
    char *text;
    if (!encode(arena, m, &text, err))
        return false;
    size_t sealed_length;
    void *sealed = vault_seal(arena, work->vault, identity(arena, seal_id, m->chat_id), text, strlen(text),
                              &sealed_length);
    bool leased = may_hand_over(work, m);
    int64_t due = m->after_ms > work->now_ms ? m->after_ms : work->now_ms;
    if (!db_send(work->tx, &outbox_insert,
                 DB_PARAMS(P_INT(m->chat_id), P_INT(seal_id), P_BYTES(sealed, sealed_length), P_BOOL(m->keep),
                           P_TEXT(m->effect), P_ID(m->effect_ref), P_TIME(due),
                           P_TIME(leased ? work->now_ms + OUTBOX_LEASE_MS : 0), P_TIME(work->now_ms),
                           P_BOOL(m->bulk)),
                 &q->inserted, err))
        return error_context(err, "outbox");
    q->payload = text;
    if (leased)
        queue(work, q);
    else
        work_due(work, due);
    return true;
}

static void hand_over(struct work *work, struct queued_message *q)
{
    struct outbox_message *m = &q->message;
    auto_json json_t *payload = NULL;
    struct error err;
    if (!parse_payload(q->payload, strlen(q->payload), m, &payload, &err)) { /* it parsed a moment ago */
        log_error(lane_store_name(work->store), "outbox row %lld: %s", (long long)m->id, err.text);
        return;
    }
    hands_add(&work->store->hands, &outbox_sink, m->id, m);
    outbox_sink.take(outbox_sink.context, work->store, m);
}

void outbox_hand_over(struct work *work)
{
    for (struct outbox_message *m = work->queued; m; m = m->next) {
        struct queued_message *q = (struct queued_message *)m;
        bool is_new = q->inserted.result;
        if (is_new)
            m->id = db_int(&q->inserted, 0, 0);
        if (!is_new || db_bool(&q->inserted, 0, 1))
            hand_over(work, q);
        else
            lane_store_due(work->store, work->now_ms);
    }
}

DB_COMMON_STATEMENT(outbox_release_held, "UPDATE outbox SET state = 'pending', due_at = $2, lease_until = "
                                         "NULL WHERE chat_id = $1 AND state = 'held' AND NOT bulk");

bool outbox_release(struct work *work, int64_t chat_id, struct error *err)
{
    work_due(work, work->now_ms);
    return db_send(work->tx, &outbox_release_held, DB_PARAMS(P_INT(chat_id), P_TIME(work->now_ms)), NULL,
                   err);
}

DB_COMMON_STATEMENT(outbox_select_waiting,
                    "SELECT EXISTS (SELECT FROM outbox WHERE chat_id = $1 AND state IN ('pending', 'held')"
                    " AND effect = $2 AND effect_ref = $3)");

bool outbox_waits(struct work *work, int64_t chat_id, const char *effect, int64_t effect_ref, bool *waits_out,
                  struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &outbox_select_waiting,
                  DB_PARAMS(P_INT(chat_id), P_TEXT(effect), P_INT(effect_ref)), &rows, err))
        return false;
    *waits_out = db_bool(&rows, 0, 0);
    return true;
}

/* --- the sweep --- */

/* Only messages with nothing before them in their chat that stays behind: not one that waits for its time or
 * is with a sender (`waiting`, so that those do not use up the limit), nor one that another server is
 * claiming at this moment (`mine`: a locked row is skipped). Bulk messages, at most $4, are an order of their
 * own. Begins with what is pending, by the partial index: the table keeps what was sent. */
DB_COMMON_STATEMENT(
    outbox_claim,
    "WITH waiting AS (SELECT id, chat_id, bulk, "
    "bool_and(due_at <= $1 AND (lease_until IS NULL OR lease_until < $1)) "
    "OVER (PARTITION BY chat_id, bulk ORDER BY id) AS free FROM outbox WHERE state = 'pending'), "
    "due AS ((SELECT id, chat_id, bulk FROM waiting WHERE free AND NOT bulk ORDER BY id LIMIT $3) "
    "UNION ALL (SELECT id, chat_id, bulk FROM waiting WHERE free AND bulk ORDER BY id LIMIT $4)), "
    "locked AS (SELECT id, lease_until IS NOT NULL AS interrupted FROM outbox "
    "WHERE id = ANY (ARRAY(SELECT id FROM due)) AND state = 'pending' "
    "AND due_at <= $1 AND (lease_until IS NULL OR lease_until < $1) FOR UPDATE SKIP LOCKED), "
    "mine AS (SELECT id FROM due d WHERE id IN (SELECT id FROM locked) AND NOT EXISTS (SELECT FROM due e "
    "WHERE e.chat_id = d.chat_id AND e.bulk = d.bulk AND e.id < d.id AND e.id NOT IN (SELECT id FROM "
    "locked))), "
    "claimed AS (UPDATE outbox SET lease_until = $2 WHERE id = ANY (ARRAY(SELECT id FROM mine)) "
    "RETURNING id, chat_id, seal_id, payload, keep, effect, effect_ref, attempts, bulk) "
    "SELECT claimed.*, locked.interrupted FROM claimed JOIN locked USING (id) ORDER BY id");
/* The first of a chat decides when something of the chat can be claimed. Bulk messages not before $1. */
DB_COMMON_STATEMENT(outbox_next,
                    "SELECT min(due) FROM (SELECT DISTINCT ON (chat_id, bulk) greatest(due_at, lease_until, "
                    "CASE WHEN bulk THEN $1::timestamptz END) AS due "
                    "FROM outbox WHERE state = 'pending' ORDER BY chat_id, bulk, id) AS first");
DB_COMMON_STATEMENT(
    outbox_set_aside,
    "UPDATE outbox SET state = 'failed', lease_until = NULL, error = $2, ended_at = $3 WHERE id = $1");
DB_COMMON_STATEMENT(outbox_put_back_row,
                    "UPDATE outbox SET due_at = $2, lease_until = NULL WHERE id = $1 AND state = 'pending'");

bool outbox_put_back(struct work *work, int64_t id, int64_t due_ms, struct error *err)
{
    return db_send(work->tx, &outbox_put_back_row, DB_PARAMS(P_INT(id), P_TIME(due_ms)), NULL, err);
}

/* What one sweep remembers. */
struct sweep {
    struct full_chat *full;
    struct outbox_wishes wishes;
};

/* Chats that the sender has no room for, during one sweep: what is behind such a message stays behind. */
struct full_chat {
    struct full_chat *next;
    int64_t chat_id;
};

static bool has_room(struct work *work, struct sweep *sweep, int64_t chat_id)
{
    for (const struct full_chat *chat = sweep->full; chat; chat = chat->next) {
        if (chat->chat_id == chat_id)
            return false;
    }
    if (outbox_sink.accepts(outbox_sink.context, work->store, chat_id))
        return true;
    struct full_chat *chat = ARENA_NEW(work->arena, struct full_chat);
    *chat = (struct full_chat){sweep->full, chat_id};
    sweep->full = chat;
    return false;
}

static void read_claimed(struct work *work, const struct db_rows *rows, int row, struct outbox_message *m)
{
    m->id = db_int(rows, row, 0);
    m->chat_id = db_int(rows, row, 1);
    m->keep = db_bool(rows, row, 4);
    m->effect = db_text_copy(work->arena, rows, row, 5);
    m->effect_ref = db_int(rows, row, 6);
    m->attempts = (int)db_int(rows, row, 7);
    m->bulk = db_bool(rows, row, 8);
}

static bool open_claimed(struct work *work, const struct db_rows *rows, int row, struct queued_message *q,
                         struct error *why)
{
    struct outbox_message *m = &q->message;
    size_t sealed_length = 0, length;
    void *sealed = db_bytes(work->arena, rows, row, 3, &sealed_length);
    auto_json json_t *payload = NULL;
    char *text;
    if (!vault_open(work->arena, work->vault, identity(work->arena, db_int(rows, row, 2), m->chat_id), sealed,
                    sealed_length, &text, &length, why) ||
        !parse_payload(text, length, m, &payload, why))
        return false;
    q->payload = text;
    return true;
}

static bool set_aside(struct work *work, const struct outbox_message *m, const struct error *why,
                      struct error *err)
{
    log_error(lane_store_name(work->store), "outbox row %lld set aside: %s", (long long)m->id, why->text);
    if (m->bulk)
        return outbox_bulk_end(work, m, OUTBOX_BULK_REFUSED, why->text, err);
    return db_send(work->tx, &outbox_set_aside,
                   DB_PARAMS(P_INT(m->id), P_TEXT(why->text), P_TIME(work->now_ms)), NULL, err);
}

/* One claimed row: queued for the hand-over, or put back where the sender has no room for the chat, or set
 * aside where it can't be read; a bulk one as those who wrote it wish. */
static bool take_claimed(struct work *work, const struct db_rows *rows, int row, struct sweep *sweep,
                         struct error *err)
{
    struct queued_message *q = ARENA_NEW(work->arena, struct queued_message);
    struct outbox_message *m = &q->message;
    struct error why;
    read_claimed(work, rows, row, m);
    if (hands_find(&work->store->hands, &outbox_sink, m->id))
        return true; /* the sender has it, or its report waits for the database: only the lease ran out */
    if (m->bulk) {
        bool go;
        if (!outbox_bulk_decide(work, m, db_bool(rows, row, 9), &sweep->wishes, &go, err))
            return false;
        if (!go)
            return true;
    }
    if (!open_claimed(work, rows, row, q, &why))
        return set_aside(work, m, &why, err);
    if (!m->bulk && !has_room(work, sweep, m->chat_id))
        return outbox_put_back(work, m->id, work->now_ms + OUTBOX_RETRY_MS, err);
    queue(work, q);
    return true;
}

bool outbox_sweep(struct work *work, struct db_rows *next, struct error *err)
{
    if (!outbox_sink.take || atomic_load(&work->store->hold_outbox))
        return true;
    if (!outbox_sink.accepts(outbox_sink.context, work->store,
                             0)) { /* no use in claiming rows to put them back */
        work_due(work, work->now_ms + OUTBOX_RETRY_MS);
        return true;
    }
    struct db_rows rows;
    struct sweep sweep = {0};
    size_t bulk = outbox_sink.bulk_room ? outbox_sink.bulk_room(outbox_sink.context, work->store) : 0;
    if (!db_query(work->tx, &outbox_claim,
                  DB_PARAMS(P_TIME(work->now_ms), P_TIME(work->now_ms + OUTBOX_LEASE_MS), P_INT(MOST_CLAIMED),
                            P_INT((int64_t)bulk)),
                  &rows, err))
        return false;
    for (int i = 0; i < rows.count; i++) {
        if (!take_claimed(work, &rows, i, &sweep, err))
            return false;
    }
    /* Where there was no room for bulk messages it is looked for again soon, but not all the time. */
    return db_send(work->tx, &outbox_next, DB_PARAMS(P_TIME(bulk ? 0 : work->now_ms + OUTBOX_RETRY_MS)), next,
                   err);
}

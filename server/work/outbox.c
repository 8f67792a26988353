#include "work/outbox.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "work/internal.h"

enum { MOST_CLAIMED = 100, RETRY_MS = 500, LONGEST_RETRY_MS = 24 * 3600 * 1000 };

static struct outbox_sink sink;
static const struct outbox_effect *effects;
static size_t effect_count;

void outbox_set_sink(const struct outbox_sink *new_sink)
{
    sink = *new_sink;
}

void outbox_set_effects(const struct outbox_effect *table, size_t count)
{
    effects = table;
    effect_count = count;
}

static const struct outbox_effect *find_effect(const char *name)
{
    for (size_t i = 0; i < effect_count; i++) {
        if (!strcmp(effects[i].name, name))
            return &effects[i];
    }
    return NULL;
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
        attachment > ATTACH_TEXT_FILE)
        return error_set(err, ERR_INTERNAL, "malformed payload");
    m->attachment = (enum outbox_attachment)attachment;
    m->attachment_text = m->attachment_name = NULL;
    json_get_string(payload, "text", &m->attachment_text);
    json_get_string(payload, "name", &m->attachment_name);
    *payload_out = json_incref(payload);
    return true;
}

/* --- writing --- */

/* Leased to the sender at once ($8), but for one: an earlier message of the chat waits for a later try. */
DB_TENANT_STATEMENT(
    outbox_insert,
    "INSERT INTO outbox (chat_id, seal_id, payload, keep, effect, effect_ref, due_at, lease_until, "
    "created_at) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, CASE WHEN NOT EXISTS (SELECT FROM outbox e WHERE e.chat_id = $1 "
    "AND e.state = 'pending' AND (e.lease_until IS NULL OR e.lease_until < $9)) THEN $8::timestamptz END, "
    "$9) "
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
    return m->after_ms <= work->now_ms && sink.take && !atomic_load(&work->store->hold_outbox) &&
           sink.accepts(sink.context, work->store, m->chat_id);
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
                           P_TIME(leased ? work->now_ms + OUTBOX_LEASE_MS : 0), P_TIME(work->now_ms)),
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
    hands_add(&work->store->hands, &sink, m->id, m);
    sink.take(sink.context, work->store, m);
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

DB_TENANT_STATEMENT(outbox_release_held, "UPDATE outbox SET state = 'pending', due_at = $2, lease_until = "
                                         "NULL WHERE chat_id = $1 AND state = 'held'");

bool outbox_release(struct work *work, int64_t chat_id, struct error *err)
{
    work_due(work, work->now_ms);
    return db_send(work->tx, &outbox_release_held, DB_PARAMS(P_INT(chat_id), P_TIME(work->now_ms)), NULL,
                   err);
}

DB_TENANT_STATEMENT(outbox_select_waiting,
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
 * claiming at this moment (`mine`: a locked row is skipped). Begins with what is pending, by the partial
 * index: the table keeps what was sent. */
DB_TENANT_STATEMENT(
    outbox_claim,
    "WITH waiting AS (SELECT id, chat_id, bool_and(due_at <= $1 AND (lease_until IS NULL OR lease_until < "
    "$1)) "
    "OVER (PARTITION BY chat_id ORDER BY id) AS free FROM outbox WHERE state = 'pending'), "
    "due AS (SELECT id, chat_id FROM waiting WHERE free ORDER BY id LIMIT $3), "
    "locked AS (SELECT id FROM outbox WHERE id = ANY (ARRAY(SELECT id FROM due)) AND state = 'pending' "
    "AND due_at <= $1 AND (lease_until IS NULL OR lease_until < $1) FOR UPDATE SKIP LOCKED), "
    "mine AS (SELECT id FROM due d WHERE id IN (SELECT id FROM locked) AND NOT EXISTS (SELECT FROM due e "
    "WHERE e.chat_id = d.chat_id AND e.id < d.id AND e.id NOT IN (SELECT id FROM locked))), "
    "claimed AS (UPDATE outbox SET lease_until = $2 WHERE id = ANY (ARRAY(SELECT id FROM mine)) "
    "RETURNING id, chat_id, seal_id, payload, keep, effect, effect_ref, attempts) "
    "SELECT * FROM claimed ORDER BY id");
/* The first of a chat decides when something of the chat can be claimed. */
DB_TENANT_STATEMENT(outbox_next,
                    "SELECT min(due) FROM (SELECT DISTINCT ON (chat_id) greatest(due_at, lease_until) AS due "
                    "FROM outbox WHERE state = 'pending' ORDER BY chat_id, id) AS first");
DB_TENANT_STATEMENT(
    outbox_set_aside,
    "UPDATE outbox SET state = 'failed', lease_until = NULL, error = $2, ended_at = $3 WHERE id = $1");
DB_TENANT_STATEMENT(outbox_put_back,
                    "UPDATE outbox SET due_at = $2, lease_until = NULL WHERE id = $1 AND state = 'pending'");

/* Chats that the sender has no room for, during one sweep: what is behind such a message stays behind. */
struct full_chat {
    struct full_chat *next;
    int64_t chat_id;
};

static bool has_room(struct work *work, struct full_chat **full, int64_t chat_id)
{
    for (const struct full_chat *chat = *full; chat; chat = chat->next) {
        if (chat->chat_id == chat_id)
            return false;
    }
    if (sink.accepts(sink.context, work->store, chat_id))
        return true;
    struct full_chat *chat = ARENA_NEW(work->arena, struct full_chat);
    *chat = (struct full_chat){*full, chat_id};
    *full = chat;
    return false;
}

static bool open_claimed(struct work *work, const struct db_rows *rows, int row, struct queued_message *q,
                         struct error *why)
{
    struct outbox_message *m = &q->message;
    m->id = db_int(rows, row, 0);
    m->chat_id = db_int(rows, row, 1);
    m->keep = db_bool(rows, row, 4);
    m->effect = db_text_copy(work->arena, rows, row, 5);
    m->effect_ref = db_int(rows, row, 6);
    m->attempts = (int)db_int(rows, row, 7);
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

/* One claimed row: queued for the hand-over, or put back where the sender has no room for the chat, or set
 * aside where it can't be read. */
static bool take_claimed(struct work *work, const struct db_rows *rows, int row, struct full_chat **full,
                         struct error *err)
{
    struct queued_message *q = ARENA_NEW(work->arena, struct queued_message);
    struct outbox_message *m = &q->message;
    struct error why;
    if (hands_find(&work->store->hands, &sink, db_int(rows, row, 0)))
        return true; /* the sender has it, or its report waits for the database: only the lease ran out */
    if (!open_claimed(work, rows, row, q, &why)) {
        log_error(lane_store_name(work->store), "outbox row %lld set aside: %s", (long long)m->id, why.text);
        return db_send(work->tx, &outbox_set_aside,
                       DB_PARAMS(P_INT(m->id), P_TEXT(why.text), P_TIME(work->now_ms)), NULL, err);
    }
    if (!has_room(work, full, m->chat_id))
        return db_send(work->tx, &outbox_put_back, DB_PARAMS(P_INT(m->id), P_TIME(work->now_ms + RETRY_MS)),
                       NULL, err);
    queue(work, q);
    return true;
}

bool outbox_sweep(struct work *work, struct db_rows *next, struct error *err)
{
    if (!sink.take || atomic_load(&work->store->hold_outbox))
        return true;
    if (!sink.accepts(sink.context, work->store, 0)) { /* no use in claiming rows to put them back */
        work_due(work, work->now_ms + RETRY_MS);
        return true;
    }
    struct db_rows rows;
    struct full_chat *full = NULL;
    if (!db_query(
            work->tx, &outbox_claim,
            DB_PARAMS(P_TIME(work->now_ms), P_TIME(work->now_ms + OUTBOX_LEASE_MS), P_INT(MOST_CLAIMED)),
            &rows, err))
        return false;
    for (int i = 0; i < rows.count; i++) {
        if (!take_claimed(work, &rows, i, &full, err))
            return false;
    }
    return db_send(work->tx, &outbox_next, DB_NO_PARAMS, next, err);
}

/* --- reports --- */

/* Whether messages of the chat wait for this one to end. */
#define WAITING_BEHIND                                                                                       \
    " RETURNING EXISTS (SELECT FROM outbox e WHERE e.chat_id = o.chat_id AND e.state = 'pending' "           \
    "AND e.id > o.id AND e.lease_until IS NULL)"
DB_TENANT_STATEMENT(outbox_mark_sent,
                    "UPDATE outbox o SET state = 'sent', payload = NULL, lease_until = NULL, "
                    "error = NULL, ended_at = $2 WHERE id = $1 AND state = 'pending'" WAITING_BEHIND);
DB_TENANT_STATEMENT(
    outbox_mark_failed,
    "UPDATE outbox o SET state = 'failed', payload = CASE WHEN keep THEN payload END, "
    "lease_until = NULL, error = $2, ended_at = $3 WHERE id = $1 AND state = 'pending'" WAITING_BEHIND);
DB_TENANT_STATEMENT(outbox_mark_held, "UPDATE outbox o SET state = 'held', lease_until = NULL, error = $2 "
                                      "WHERE id = $1 AND state = 'pending'" WAITING_BEHIND);
DB_TENANT_STATEMENT(outbox_postpone,
                    "UPDATE outbox SET due_at = $2, lease_until = NULL, attempts = attempts + 1, error = $3 "
                    "WHERE id = $1 AND state = 'pending'");

static bool apply_effect(struct work *work, const struct outbox_report *r, enum outbox_outcome outcome,
                         struct error *err)
{
    const struct outbox_effect *effect = r->effect ? find_effect(r->effect) : NULL;
    if (!effect)
        return !r->effect || error_set(err, ERR_INTERNAL, "outbox row %lld: unknown effect %s",
                                       (long long)r->id, r->effect);
    return effect->apply(work, r->effect_ref, outcome, r->result, err) ||
           error_context(err, "effect %s", r->effect);
}

/* The row's new state; *outcome_out and true in *ended_out where its effect is due. */
static bool write_verdict(struct work *work, const struct outbox_report *r, struct db_rows *rows,
                          enum outbox_outcome *outcome_out, bool *ended_out, struct error *err)
{
    const char *error = r->error[0] ? work_reason(work->arena, r->error) : NULL;
    *ended_out = true;
    switch (r->verdict) {
    case OUTBOX_VERDICT_SENT:
        *outcome_out = OUTBOX_SENT;
        return db_query(work->tx, &outbox_mark_sent, DB_PARAMS(P_INT(r->id), P_TIME(work->now_ms)), rows,
                        err);
    case OUTBOX_VERDICT_REFUSED:
        *outcome_out = OUTBOX_REFUSED;
        return db_query(work->tx, &outbox_mark_failed,
                        DB_PARAMS(P_INT(r->id), P_TEXT(error), P_TIME(work->now_ms)), rows, err);
    case OUTBOX_VERDICT_BLOCKED:
        *outcome_out = OUTBOX_BLOCKED;
        if (r->keep)
            return db_query(work->tx, &outbox_mark_held, DB_PARAMS(P_INT(r->id), P_TEXT(error)), rows, err);
        return db_query(work->tx, &outbox_mark_failed,
                        DB_PARAMS(P_INT(r->id), P_TEXT(error), P_TIME(work->now_ms)), rows, err);
    case OUTBOX_VERDICT_LATER:
        *ended_out = false;
        return db_query(work->tx, &outbox_postpone,
                        DB_PARAMS(P_INT(r->id), P_TIME(work->now_ms + r->retry_ms), P_TEXT(error)), rows,
                        err);
    case OUTBOX_VERDICT_RETURNED:
        break;
    }
    *ended_out = false;
    return db_query(work->tx, &outbox_put_back, DB_PARAMS(P_INT(r->id), P_TIME(work->now_ms)), rows, err);
}

static void count_verdict(struct work *work, const struct outbox_report *r)
{
    struct lanes *lanes = work->store->lane->lanes;
    switch (r->verdict) {
    case OUTBOX_VERDICT_SENT:
        atomic_fetch_add(&lanes->figures.outbox_sent, 1);
        break;
    case OUTBOX_VERDICT_REFUSED:
        atomic_fetch_add(&lanes->figures.outbox_failed, 1);
        log_error(lane_store_name(work->store), "outbox row %lld refused by Telegram: %s", (long long)r->id,
                  r->error);
        break;
    case OUTBOX_VERDICT_BLOCKED:
        log_info(lane_store_name(work->store), "outbox row %lld: chat %lld can't be reached%s",
                 (long long)r->id, (long long)r->chat_id, r->keep ? "; held until the person is back" : "");
        break;
    case OUTBOX_VERDICT_LATER:
        atomic_fetch_add(&lanes->figures.outbox_retried, 1);
        log_info(lane_store_name(work->store), "outbox row %lld again in %lld ms: %s", (long long)r->id,
                 (long long)r->retry_ms, r->error);
        break;
    case OUTBOX_VERDICT_RETURNED:
        break;
    }
}

static void report_free(void *argument)
{
    struct outbox_report *r = argument;
    json_decref(r->result);
    free((char *)r->effect);
    free(r);
}

static void end_report(struct work *work, struct outbox_report *r)
{
    hands_remove(&work->store->hands, &sink, r->id);
    report_free(r);
}

static void take_report(struct work *work, void *argument);

/* An effect of ours is broken; the message went out and must not go again and again. */
static void write_without_effect(struct work *work, struct outbox_report *r, const struct error *why)
{
    log_error(lane_store_name(work->store), "outbox row %lld: %s", (long long)r->id, why->text);
    if (r->effect) {
        free((char *)r->effect);
        r->effect = NULL;
        lane_submit_delayed(work->store, take_report, r, 0, report_free);
    } else if (r->verdict == OUTBOX_VERDICT_SENT) {
        report_free(r); /* it stays in our hands: not sent again before the next start */
    } else {
        end_report(work, r);
    }
}

static void take_report(struct work *work, void *argument)
{
    struct outbox_report *r = argument;
    struct error err;
    struct db_rows rows;
    enum outbox_outcome outcome = OUTBOX_SENT;
    bool ended = false;
    /* rows.affected 0: its lease ran out and somebody else has finished it. */
    bool ok = work_begin(work, &err) && write_verdict(work, r, &rows, &outcome, &ended, &err) &&
              (!ended || !rows.affected || apply_effect(work, r, outcome, &err)) && work_commit(work, &err);
    bool look = ok && (!ended || (rows.count && db_bool(&rows, 0, 0)));
    work_end(work);
    if (ok) {
        count_verdict(work, r);
        if (look)
            lane_store_due(work->store,
                           work->now_ms + (r->verdict == OUTBOX_VERDICT_LATER ? r->retry_ms : 0));
        end_report(work, r);
    } else if (err.code == ERR_RETRY || err.code == ERR_UNCERTAIN) {
        lane_submit_delayed(work->store, take_report, r, RETRY_MS, report_free);
    } else {
        write_without_effect(work, r, &err);
    }
}

void outbox_report(struct lane_store *store, const struct outbox_report *report)
{
    struct outbox_report *copy = xcalloc(1, sizeof *copy);
    *copy = *report;
    copy->effect = report->effect ? xstrdup(report->effect) : NULL;
    if (copy->retry_ms < 0)
        copy->retry_ms = 0;
    if (copy->retry_ms > LONGEST_RETRY_MS)
        copy->retry_ms = LONGEST_RETRY_MS;
    lane_submit_internal(store, take_report, copy);
}

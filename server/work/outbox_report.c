/* What the sender says became of a message, written down with its effect. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/log.h"
#include "work/internal.h"

enum { LONGEST_RETRY_MS = 24 * 3600 * 1000 };

static const struct outbox_effect *effects;
static size_t effect_count;

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

/* Whether messages of the chat wait for this one to end. */
#define WAITING_BEHIND                                                                                       \
    " RETURNING EXISTS (SELECT FROM outbox e WHERE e.chat_id = o.chat_id AND e.state = 'pending' "           \
    "AND e.id > o.id AND e.lease_until IS NULL)"
DB_COMMON_STATEMENT(outbox_mark_sent,
                    "UPDATE outbox o SET state = 'sent', payload = NULL, lease_until = NULL, "
                    "error = NULL, ended_at = $2 WHERE id = $1 AND state = 'pending'" WAITING_BEHIND);
DB_COMMON_STATEMENT(
    outbox_mark_failed,
    "UPDATE outbox o SET state = 'failed', payload = CASE WHEN keep THEN payload END, "
    "lease_until = NULL, error = $2, ended_at = $3 WHERE id = $1 AND state = 'pending'" WAITING_BEHIND);
DB_COMMON_STATEMENT(outbox_mark_held, "UPDATE outbox o SET state = 'held', lease_until = NULL, error = $2 "
                                      "WHERE id = $1 AND state = 'pending'" WAITING_BEHIND);
DB_COMMON_STATEMENT(outbox_postpone,
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
    case OUTBOX_VERDICT_UNCERTAIN: /* never, of a message that is not bulk */
        break;
    }
    *ended_out = false;
    return outbox_put_back(work, r->id, work->now_ms + (r->bulk ? OUTBOX_RETRY_MS : 0), err);
}

/* Of a bulk message, where this is its end. */
static bool bulk_outcome(const struct outbox_report *r, enum outbox_bulk_outcome *outcome_out)
{
    switch (r->verdict) {
    case OUTBOX_VERDICT_SENT:
        *outcome_out = OUTBOX_BULK_SENT;
        return true;
    case OUTBOX_VERDICT_REFUSED:
        *outcome_out = OUTBOX_BULK_REFUSED;
        return true;
    case OUTBOX_VERDICT_BLOCKED:
        *outcome_out = OUTBOX_BULK_BLOCKED;
        return true;
    case OUTBOX_VERDICT_UNCERTAIN:
        *outcome_out = OUTBOX_BULK_UNCERTAIN;
        return true;
    case OUTBOX_VERDICT_LATER:
    case OUTBOX_VERDICT_RETURNED:
        break;
    }
    return false;
}

/* Everything that follows from a report. `*look_out`: something else of the chat may go now, or this again.
 */
static bool write_report(struct work *work, const struct outbox_report *r, bool *look_out, struct error *err)
{
    enum outbox_bulk_outcome bulk;
    enum outbox_outcome outcome = OUTBOX_SENT;
    bool ended = false;
    struct db_rows rows = {0};
    if (r->bulk && bulk_outcome(r, &bulk)) {
        const struct outbox_message message = {
            .id = r->id, .chat_id = r->chat_id, .effect = r->effect, .effect_ref = r->effect_ref};
        *look_out = false;
        return outbox_bulk_end(work, &message, bulk, work_reason(work->arena, r->error), err);
    }
    /* rows.affected 0: its lease ran out and somebody else has finished it. */
    if (!write_verdict(work, r, &rows, &outcome, &ended, err) ||
        (ended && rows.affected && !apply_effect(work, r, outcome, err)))
        return false;
    *look_out = !ended || (rows.count && db_bool(&rows, 0, 0));
    return true;
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
        if (r->bulk) /* many, perhaps; whoever wrote them hears of it */
            log_info(lane_store_name(work->store), "bulk message to %lld refused by Telegram: %s",
                     (long long)r->chat_id, r->error);
        else
            log_error(lane_store_name(work->store), "outbox row %lld refused by Telegram: %s",
                      (long long)r->id, r->error);
        break;
    case OUTBOX_VERDICT_UNCERTAIN:
        atomic_fetch_add(&lanes->figures.outbox_failed, 1);
        log_warn(lane_store_name(work->store), "bulk message to %lld may have been sent or not: %s",
                 (long long)r->chat_id, r->error);
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
    hands_remove(&work->store->hands, &outbox_sink, r->id);
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
    bool look = false;
    bool ok = work_begin(work, &err) && write_report(work, r, &look, &err) && work_commit(work, &err);
    work_end(work);
    if (ok) {
        count_verdict(work, r);
        if (look)
            lane_store_due(work->store,
                           work->now_ms + (r->verdict == OUTBOX_VERDICT_LATER ? r->retry_ms : 0));
        end_report(work, r);
    } else if (err.code == ERR_RETRY || err.code == ERR_UNCERTAIN) {
        lane_submit_delayed(work->store, take_report, r, OUTBOX_RETRY_MS, report_free);
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

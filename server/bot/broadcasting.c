#include "bot/broadcasting.h"

#include "base/json.h"
#include "bot/admin/broadcast_card.h"
#include "bot/outgoing.h"
#include "bot/page.h"
#include "bot/say.h"
#include "store/broadcast.h"
#include "store/user.h"

enum {
    DEFAULT_RATE = 30,
    MOST_WAITING_S = 4, /* what is on its way is this much time's work */
    STEP_MS = 1000,     /* from slice to slice */
    FAST_STEP_MS = 200, /* where few of the people looked at are to get it */
    TELL_MS = 3000,     /* between two changes of the progress */
    MOST_REFUSED = 30,  /* in a row: something is wrong with the message */
    MICROSECONDS = 1000000,
};

static int64_t pace = DEFAULT_RATE * 4 / 5;

void broadcasting_set_rate(int calls_per_second)
{
    int64_t rate = (calls_per_second > 0 ? calls_per_second : DEFAULT_RATE) * (int64_t)4 / 5;
    pace = rate > 0 ? rate : 1;
}

int64_t broadcasting_pace(void)
{
    return pace;
}

/* --- what the admin is told --- */

static bool begin_progress(struct work *work, const struct broadcast *b, struct error *err)
{
    const struct outgoing outgoing = {.chat_id = b->actor_id,
                                      .html = broadcast_card_html(work, b),
                                      .keyboard = broadcast_card_live_keyboard(work, b),
                                      .effect = EFFECT_BROADCAST_PROGRESS,
                                      .ref = b->id};
    return outgoing_add(work, &outgoing, err);
}

/* For good: buttons of what is over must not stay. */
static bool end_progress(struct work *work, const struct broadcast *b, struct error *err)
{
    if (!b->progress_message_id)
        return true;
    json_t *params = page_message(work, broadcast_card_html(work, b), broadcast_card_live_keyboard(work, b));
    json_object_set_new(params, "message_id", json_integer(b->progress_message_id));
    const struct outbox_message message = {
        .chat_id = b->actor_id, .method = "editMessageText", .params = params};
    return outbox_add(work, &message, err);
}

static bool report(struct work *work, struct broadcast *b, struct error *err)
{
    if (!broadcast_end(work, b, err) || !end_progress(work, b, err))
        return false;
    const struct outgoing outgoing = {.chat_id = b->actor_id,
                                      .html = broadcast_card_report_html(work, b),
                                      .keyboard = broadcast_card_report_keyboard(work, b)};
    return outgoing_add(work, &outgoing, err);
}

static bool stall(struct work *work, struct broadcast *b, struct error *err)
{
    if (!broadcast_stall(work, b->id, err))
        return false;
    b->state = BROADCAST_PAUSED;
    const struct outgoing outgoing = {.chat_id = b->actor_id,
                                      .html = broadcast_card_stalled_html(work, b),
                                      .keyboard = broadcast_card_report_keyboard(work, b)};
    return end_progress(work, b, err) && outgoing_add(work, &outgoing, err);
}

/* --- the job --- */

/* Adds the next people's messages where there is room for some. *more_out: few of those looked at are to get
 * it, so that the next slice need not wait. */
static bool queue_more(struct work *work, struct broadcast *b, bool *more_out, struct error *err)
{
    int64_t on_their_way = broadcast_outstanding(b), room = pace * MOST_WAITING_S - on_their_way;
    const int64_t *people;
    size_t count;
    const char *method;
    auto_json json_t *params = NULL;
    *more_out = false;
    if (b->cursor == BROADCAST_END || room < (pace + 1) / 2)
        return true;
    if (!broadcast_message(work, b->id, &method, &params, err) ||
        !broadcast_take_people(work, b, room, &people, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        int64_t wait_ms = (on_their_way + (int64_t)i) * 1000 / pace;
        const struct outbox_message message = {.chat_id = people[i],
                                               .method = method,
                                               .params = json_incref(params),
                                               .effect = BROADCAST_EFFECT,
                                               .effect_ref = b->id,
                                               .after_ms = work->now_ms + wait_ms,
                                               .bulk = true};
        if (!outbox_add(work, &message, err))
            return error_context(err, "broadcast %lld", (long long)b->id);
    }
    b->queued += (int64_t)count;
    *more_out = b->cursor != BROADCAST_END && (int64_t)count < room;
    return true;
}

static bool start(struct work *work, struct broadcast *b, struct error *err)
{
    bool exact;
    if (!b->started_ms && !broadcast_estimate(work, b->segment, b->segment_ref, &b->expected, &exact, err))
        return false;
    if (!broadcast_start(work, b, MICROSECONDS / pace, err))
        return false;
    b->refused_in_row = 0;
    b->told_ms = work->now_ms;
    return b->progress_message_id || begin_progress(work, b, err);
}

static bool go_on(struct work *work, struct broadcast *b, struct job_step *step_out, struct error *err)
{
    bool more;
    if (b->state == BROADCAST_SCHEDULED && !start(work, b, err))
        return false;
    if (b->refused_in_row >= MOST_REFUSED)
        return stall(work, b, err);
    if (b->cursor == BROADCAST_END && !broadcast_outstanding(b))
        return report(work, b, err);
    if (!queue_more(work, b, &more, err))
        return false;
    if (b->progress_message_id && work->now_ms - b->told_ms >= TELL_MS) {
        b->told_ms = work->now_ms;
        broadcast_card_edit_live(work, b);
    }
    step_out->due_ms = work->now_ms + (more ? FAST_STEP_MS : STEP_MS);
    return broadcast_save(work, b, err);
}

static bool prepare(struct work *work, int64_t ref, struct job_step *step_out, struct error *err)
{
    struct broadcast b;
    bool found;
    int64_t due_ms;
    struct job_step step = {.kind = JOB_AGAIN, .due_ms = work->now_ms};
    if (!broadcast_next(work, &found, &b, &due_ms, err))
        return false;
    if (!found)
        step = (struct job_step){.kind = due_ms ? JOB_AGAIN : JOB_DONE, .due_ms = due_ms};
    else if (b.state == BROADCAST_CANCELLED ? !report(work, &b, err) : !go_on(work, &b, &step, err))
        return error_context(err, "broadcast %lld", (long long)b.id);
    *step_out = step;
    return true;
}

const struct job_kind broadcasting_job = {.name = BROADCAST_JOB, .prepare = prepare};

/* --- what becomes of the messages --- */

/* Locks in their order: the person's row, the broadcast's, the counter behind user_set_reachable(). */
bool broadcasting_apply(struct work *work, int64_t ref, int64_t chat_id, enum outbox_bulk_outcome outcome,
                        const char *why, struct error *err)
{
    bool blocked = outcome == OUTBOX_BULK_BLOCKED;
    if (blocked && !user_lock(work, chat_id, err))
        return false;
    return broadcast_note(work, ref, outcome, why, err) &&
           (!blocked || user_set_reachable(work, chat_id, false, err));
}

bool broadcasting_apply_progress(struct work *work, int64_t ref, enum outbox_outcome outcome,
                                 const json_t *result, struct error *err)
{
    int64_t message_id;
    if (outcome == OUTBOX_SENT && json_get_int(result, "message_id", &message_id))
        return broadcast_set_progress_message(work, ref, message_id, err);
    return true;
}

bool broadcasting_apply_preview(struct work *work, int64_t ref, enum outbox_outcome outcome,
                                const json_t *result, struct error *err)
{
    if (outcome != OUTBOX_REFUSED)
        return true;
    const struct outgoing outgoing = {.chat_id = ref,
                                      .html = say(work, TEXT_BROADCAST_PREVIEW_REFUSED, TEXT_NO_VALUES)};
    return outgoing_add(work, &outgoing, err);
}

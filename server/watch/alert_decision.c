/* What is told of an alert, and when: nothing but the row and the time decide. */
#include "watch/internal.h"

static int64_t earlier(int64_t a_ms, int64_t b_ms)
{
    return !a_ms || (b_ms && b_ms < a_ms) ? b_ms : a_ms;
}

/* What came and went while nobody could be told (the database was away, there were too many). */
static bool was_worth_telling(const struct alert_row *row)
{
    return !row->told_ms && !row->acked_ms && row->recovered_ms - row->first_ms >= ALERT_MINUTE_MS;
}

static struct alert_decision decide_recovered(const struct alert_row *row, bool muted)
{
    return (struct alert_decision){.tells = !muted && alert_kind_recovers(row->kind) &&
                                            (row->told_open || was_worth_telling(row)),
                                   .why = ALERT_TELL_RECOVERED};
}

/* One that is back after its end was told is news sooner than one that never went. */
static int64_t again_ms(const struct alert_row *row)
{
    int64_t window = alert_window_ms(row->kind);
    return row->told_ms + (row->told_open || window < ALERT_FLAP_MS ? window : ALERT_FLAP_MS);
}

static struct alert_decision decide_open(const struct alert_row *row, bool muted, int64_t now_ms)
{
    struct alert_decision decision = {.told_open = row->told_open};
    bool more = row->count > row->told_count;
    bool mute_over = row->muted_until_ms > row->told_ms && (more || alert_kind_recovers(row->kind));
    if (muted) {
        decision.due_ms = row->muted_until_ms;
    } else if (row->acked_ms) {
        decision.due_ms = 0;
    } else if (!row->told_ms) {
        decision.tells = true;
        decision.why = ALERT_TELL_NEW;
    } else if (mute_over || (more && again_ms(row) <= now_ms)) {
        decision.tells = true;
        decision.why = ALERT_TELL_AGAIN;
    } else if (more) {
        decision.due_ms = again_ms(row);
    }
    return decision;
}

struct alert_decision alert_decide(const struct alert_row *row, int64_t now_ms)
{
    bool muted = row->muted_until_ms > now_ms;
    if (row->recovered_ms)
        return decide_recovered(row, muted);
    struct alert_decision decision = decide_open(row, muted, now_ms);
    decision.told_open |= decision.tells;
    if (!alert_kind_recovers(row->kind)) {
        int64_t end_ms = row->last_ms + alert_window_ms(row->kind);
        decision.ends = end_ms <= now_ms;
        decision.told_open = decision.told_open && !decision.ends;
        decision.due_ms = decision.ends ? 0 : earlier(decision.due_ms, end_ms);
    }
    return decision;
}

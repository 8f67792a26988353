#include "watch/fraud.h"

#include <inttypes.h>

#include "watch/alerts.h"
#include "work/audit.h"

static const struct {
    const char *event, *subject, *words;
} signs[] = {
#define FRAUD_ROW(id, event, subject, words) {event, subject, words},
    FRAUD_SIGNS(FRAUD_ROW)
#undef FRAUD_ROW
};

void fraud_note(struct lane_store *store, enum fraud_sign sign, int64_t telegram_id, const char *what)
{
    audit_note_by(store, signs[sign].event, telegram_id, *what ? what : signs[sign].subject);
    if (telegram_id)
        alert_raise(lane_store_name(store), ALERT_FRAUD, signs[sign].subject, "%s (%s, %" PRId64 ")",
                    signs[sign].words, what, telegram_id);
    else
        alert_raise(lane_store_name(store), ALERT_FRAUD, signs[sign].subject, "%s%s%s", signs[sign].words,
                    *what ? ": " : "", what);
}

bool fraud_add(struct work *work, enum fraud_sign sign, json_t *detail, struct error *err)
{
    const struct audit_entry entry = {.event = signs[sign].event, .actor = "outside", .detail = detail};
    if (!audit_add(work, &entry, err))
        return false;
    alert_raise(lane_store_name(work->store), ALERT_FRAUD, signs[sign].subject, "%s", signs[sign].words);
    return true;
}

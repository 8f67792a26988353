#include <inttypes.h>

#include "base/str.h"
#include "monitor/internal.h"
#include "watch/alerts.h"

/* Of two rounds: what failed before that Telegram has tried again since. */
static bool is_fresh(int64_t at_ms, const struct watch_limits *limits, int64_t now_ms)
{
    return at_ms > now_ms - 2 * limits->every_seconds * 1000;
}

bool judge_webhook_lost(const struct round_answer *answer, bool disabled, const struct watch_limits *limits,
                        int64_t now_ms)
{
    if (answer->what == WEBHOOK_REFUSED)
        return !disabled; /* registration asks once more, and says so */
    if (answer->what != WEBHOOK_KNOWN)
        return false;
    const struct webhook_info *webhook = &answer->webhook;
    return disabled || !webhook->ours || (webhook->denied && is_fresh(webhook->error_ms, limits, now_ms));
}

static void judge_webhook(const char *store, const struct webhook_info *webhook,
                          const struct watch_limits *limits, int64_t now_ms)
{
    /* An error that nothing waits behind is over: Telegram got through since. */
    bool failing = webhook->error && webhook->pending > 0 && is_fresh(webhook->error_ms, limits, now_ms);
    if (!webhook->ours)
        alert_raise(store, ALERT_WEBHOOK, "", "→ %s", *webhook->elsewhere ? webhook->elsewhere : "-");
    else if (failing)
        alert_raise(store, ALERT_WEBHOOK, "", "%s (%" PRId64 ")", webhook->error, webhook->pending);
    else if (webhook->pending > limits->webhook_pending)
        alert_raise(store, ALERT_WEBHOOK, "", "%" PRId64, webhook->pending);
    else
        alert_clear(store, ALERT_WEBHOOK, "");
}

/* One that is away for everybody is the server's alert; calls of one project that fail are
 * payment/outage.c's. */
static void judge_gateway(const struct round_answer *answer)
{
    if (answer->gateway_ok)
        alert_clear(NULL, ALERT_GATEWAY, "Pakasir");
    else
        alert_raise(NULL, ALERT_GATEWAY, "Pakasir", "%s", answer->gateway_why);
}

static void judge(const char *store, enum alert_kind kind, int64_t value, int64_t limit, const char *unit)
{
    if (value > limit)
        alert_raise(store, kind, "", "%" PRId64 "%s", value, unit);
    else
        alert_clear(store, kind, "");
}

void judge_store(const struct store_figures *figures, const struct round_answer *answer, bool disabled,
                 const struct watch_limits *limits, int64_t now_ms)
{
    const char *store = figures->store;
    /* A dead token has an alert of its own; what follows from it is not told as well. */
    if (!disabled) {
        if (answer->what == WEBHOOK_KNOWN)
            judge_webhook(store, &answer->webhook, limits, now_ms);
        judge(store, ALERT_OUTBOX_LATE, figures->outbox_late_seconds, limits->outbox_late, " s");
    }
    judge_gateway(answer);
    judge(store, ALERT_JOBS_LATE, figures->jobs_late_seconds, limits->jobs_late, " s");
    judge(store, ALERT_PARKED, figures->parked, 0, "");
    judge(store, ALERT_PAYMENTS_FAILING, figures->failed_in_row, limits->failed_payments - 1, "");
}

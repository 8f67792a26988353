/* The round by a store: prepared in its lane, asks in the pool, is written down by the server's lane. */
#include "base/json.h"
#include "base/str.h"
#include "monitor/internal.h"
#include "payment/breaker.h"
#include "telegram/api.h"
#include "telegram/registration.h"

enum { BUSY_MS = 1000, LONGEST_CALL_MS = 25000 };

/* Telegram's own outage costs no threads: as for a gateway, but of no project's name. */
static const char breaker_name[] = "(getWebhookInfo)";

struct round_request {
    struct store_figures figures;
    int64_t now_ms;
};

/* Stores are spread over the interval by their names. */
static int64_t first_due(const struct tenant *tenant, int64_t now_ms)
{
    int64_t every_ms = monitor_options()->limits->every_seconds * 1000;
    return now_ms + (int64_t)str_hash(tenant->name) % every_ms;
}

static bool prepare(struct work *work, int64_t ref, struct job_step *step_out, struct error *err)
{
    struct round_request *request = ARENA_NEW(work->arena, struct round_request);
    int64_t due_ms;
    if (!pacing_take(work->tenant->name, work->now_ms, &due_ms)) {
        *step_out = (struct job_step){.kind = JOB_AGAIN, .due_ms = due_ms};
        return true;
    }
    request->now_ms = work->now_ms;
    if (!reading_store(work, &request->figures, err))
        return false;
    *step_out = (struct job_step){.kind = JOB_CALL, .request = request};
    return true;
}

static void ask_telegram(const struct tenant *tenant, struct arena *arena, int64_t now_ms,
                         struct round_answer *answer)
{
    auto_json json_t *result = NULL;
    struct error err;
    bool unauthorized = false;
    int64_t due_ms;
    const char *url = registration_webhook_url(arena, monitor_options()->public_url, tenant->name);
    answer->what = WEBHOOK_UNKNOWN;
    answer->why = "no answer";
    if (!breaker_take(breaker_name, now_ms, &due_ms))
        return;
    bool called =
        telegram_call(telegram_base(), tenant->token, "getWebhookInfo", NULL, &result, &unauthorized, &err);
    bool alive = called || err.code == ERR_REFUSED || err.retry_after > 0;
    breaker_note(breaker_name, alive ? NULL : &err, now_ms);
    if (called && webhook_info_read(arena, result, url, tenant->token, &answer->webhook, &err)) {
        answer->what = WEBHOOK_KNOWN;
        return;
    }
    answer->why = arena_strdup(arena, err.text);
    answer->pause_ms = (int64_t)err.retry_after * 1000;
    if (unauthorized || err.code == ERR_REFUSED) /* a token that never was one gets 404 */
        answer->what = WEBHOOK_REFUSED;
}

static void *call(const struct tenant *tenant, struct arena *arena, void *argument)
{
    const struct round_request *request = argument;
    struct round_answer *answer = ARENA_NEW(arena, struct round_answer);
    if (!pacing_enter()) {
        answer->what = WEBHOOK_LATER;
        return answer;
    }
    ask_telegram(tenant, arena, request->now_ms, answer);
    answer->gateway_ok = probe_gateway(tenant, arena, request->now_ms, &answer->gateway_why);
    answer->breaker_open = breaker_is_open(tenant->pakasir_project, request->now_ms);
    pacing_leave();
    return answer;
}

static void fill_in(struct store_figures *figures, const struct round_answer *answer)
{
    figures->gateway_known = true;
    figures->gateway_ok = answer->gateway_ok && !answer->breaker_open;
    figures->webhook_error = answer->why;
    if (answer->what == WEBHOOK_KNOWN) {
        figures->webhook_pending = answer->webhook.pending;
        figures->webhook_error = answer->webhook.error;
    }
}

static bool finish(struct work *work, int64_t ref, void *argument, void *result, struct job_step *step_out,
                   struct error *err)
{
    struct round_request *request = argument;
    const struct round_answer *answer = result;
    const struct monitor_options *options = monitor_options();
    int64_t every_ms = options->limits->every_seconds * 1000;
    *step_out = (struct job_step){.kind = JOB_AGAIN, .due_ms = work->now_ms + every_ms};
    if (answer->what == WEBHOOK_LATER) {
        step_out->due_ms = work->now_ms + BUSY_MS;
        return true;
    }
    if (answer->pause_ms > 0)
        pacing_pause(work->now_ms + answer->pause_ms);
    bool disabled = options->is_disabled(options->context, work->store);
    fill_in(&request->figures, answer);
    judge_store(&request->figures, answer, disabled, options->limits, work->now_ms);
    if (judge_webhook_lost(answer, disabled, options->limits, work->now_ms))
        monitor_register_again(work->store);
    monitor_submit(&request->figures);
    return true;
}

const struct job_kind monitor_round_job = {
    .name = "monitor_round",
    .prepare = prepare,
    .call = call,
    .finish = finish,
    .longest_call_ms = LONGEST_CALL_MS,
    .first_due = first_due,
};

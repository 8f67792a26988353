/* A gateway that is down, as a store's people are told of it: once for an outage, however many calls fail and
 * however many servers meet it, and once when it is over. The breaker in memory decides that it is down; the
 * job's row is what all servers know. */
#include "base/log.h"
#include "payment/breaker.h"
#include "payment/internal.h"
#include "watch/alerts.h"

enum { LOOK_AGAIN_MS = 15000 };

bool outage_note(struct work *work, const struct error *failure, struct error *err)
{
    bool added = false;
    if (breaker_note(work->tenant->pakasir_project, failure, work->now_ms) != BREAKER_OPENED)
        return true;
    alert_raise(work->tenant->name, ALERT_GATEWAY, "", "%s", failure->text);
    if (!job_add_new(work, JOB_GATEWAY_DOWN, 0, work->now_ms + LOOK_AGAIN_MS, &added, err))
        return error_context(err, "outage");
    return !added || checkout_notices()->gateway_down(work, failure->text, err);
}

struct reached {
    bool ok;
    struct error error;
};

bool outage_prepare(struct work *work, int64_t ref, struct job_step *step_out, struct error *err)
{
    *step_out = (struct job_step){.kind = JOB_CALL};
    return true;
}

void *outage_call(const struct tenant *tenant, struct arena *arena, void *job_request)
{
    struct reached *reached = ARENA_NEW(arena, struct reached);
    reached->ok = gateway_of(tenant)->reach(tenant, arena, &reached->error);
    return reached;
}

bool outage_finish(struct work *work, int64_t ref, void *job_request, void *job_result,
                   struct job_step *step_out, struct error *err)
{
    const struct reached *reached = job_result;
    if (!reached->ok || breaker_is_open(work->tenant->pakasir_project, work->now_ms)) {
        *step_out = (struct job_step){.kind = JOB_AGAIN, .due_ms = work->now_ms + LOOK_AGAIN_MS};
        return true;
    }
    *step_out = (struct job_step){.kind = JOB_DONE};
    log_info(work->tenant->name, "the payment gateway answers again");
    alert_clear(work->tenant->name, ALERT_GATEWAY, "");
    return checkout_notices()->gateway_up(work, err);
}

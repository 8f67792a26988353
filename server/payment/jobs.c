/*
 * The three jobs that talk to the gateway. Each decides in the lane what to ask, asks in the pool, and
 * decides in the lane again what the answer means, with the bill and the payment locked and read anew:
 * whatever happened meanwhile counts.
 */
#include <inttypes.h>

#include "base/log.h"
#include "base/str.h"
#include "payment/breaker.h"
#include "payment/internal.h"
#include "payment/pace.h"
#include "watch/fraud.h"

enum { LOADING_MS = 20000, LAST_LOOKS_MS = 30000 };

struct request {
    int64_t amount;
    const char *gateway_order_id;
    const char *method;
    const char *txn_id; /* NULL: find or create it */
};

struct result {
    bool ok;
    struct error error;
    struct payment_created created;
    struct gateway_state state;
};

static const struct error *failure_of(const struct result *result)
{
    return result->ok ? NULL : &result->error;
}

static void done(struct job_step *step_out)
{
    *step_out = (struct job_step){.kind = JOB_DONE};
}

static void again(struct job_step *step_out, int64_t due_ms)
{
    *step_out = (struct job_step){.kind = JOB_AGAIN, .due_ms = due_ms};
}

/* Asks, if the gateway's limits and its state let us now. */
static void call(struct work *work, const struct payment *payment, enum pace_kind kind, const char *key,
                 struct job_step *step_out)
{
    int64_t due_ms;
    if (!pace_take(kind, key, work->now_ms, &due_ms) ||
        !breaker_take(work->tenant->pakasir_project, work->now_ms, &due_ms)) {
        again(step_out, due_ms);
        return;
    }
    struct request *request = ARENA_NEW(work->arena, struct request);
    *request = (struct request){
        .amount = payment->amount,
        .gateway_order_id = arena_strdup(work->arena, payment->gateway_order_id),
        .method = arena_strdup(work->arena, payment->method),
        .txn_id = payment->txn_id ? arena_strdup(work->arena, payment->txn_id) : NULL,
    };
    *step_out = (struct job_step){.kind = JOB_CALL, .request = request};
}

/* Nobody above sees a call that failed: it is the answer's meaning that goes on. */
static void log_failure(const struct work *work, const struct payment *payment, const struct error *failure)
{
    log_warn(work->tenant->name, "payment %s: %s", payment->gateway_order_id, failure->text);
}

/* --- payment_create --- */

static bool create_prepare(struct work *work, int64_t ref, struct job_step *step_out, struct error *err)
{
    struct bill bill;
    struct payment payment;
    if (!lock_both(work, ref, &bill, &payment, err))
        return false;
    done(step_out);
    if (payment.state != PAYMENT_CREATING || !bill_is_open(&bill))
        return true;
    if (work->now_ms >= bill_expires_ms(&bill))
        return ending_no_invoice(work, &bill, &payment, "its time was over before there was an invoice", err);
    call(work, &payment, PACE_CREATE, work->tenant->pakasir_project, step_out);
    /* The gateway is known to be down: nobody is left looking at a loading line for long. */
    if (step_out->kind == JOB_AGAIN && step_out->due_ms > payment.created_ms + LOADING_MS &&
        breaker_is_open(work->tenant->pakasir_project, work->now_ms)) {
        done(step_out);
        return ending_no_invoice(work, &bill, &payment, "the gateway can't be reached", err);
    }
    return true;
}

static void *create_call(const struct tenant *tenant, struct arena *arena, void *job_request)
{
    const struct request *request = job_request;
    struct result *result = ARENA_NEW(arena, struct result);
    result->ok = gateway_of(tenant)->create(tenant, arena, request->gateway_order_id, request->method,
                                            request->amount, &result->created, &result->error);
    return result;
}

/* A transaction that nobody was shown: kept in mind, and voided. */
static bool take_unseen(struct work *work, int64_t payment_id, const struct payment_created *created,
                        struct error *err)
{
    return payment_fill_ended(work, payment_id, created, err) &&
           job_add(work, JOB_CANCEL, payment_id, work->now_ms, err);
}

static bool show_invoice(struct work *work, struct bill *bill, struct payment *payment,
                         const struct payment_created *created, struct error *err)
{
    bool gateway_ends = created->expires_ms != 0; /* a page of the gateway's says nothing of its end */
    if ((gateway_ends && created->expires_ms <= work->now_ms) || bill_expires_ms(bill) <= work->now_ms)
        return ending_no_invoice(work, bill, payment, "there was no time left to pay", err) &&
               take_unseen(work, payment->id, created, err);
    if (!payment_mark_waiting(work, payment->id, created, err))
        return false;
    if (gateway_ends && created->expires_ms < bill_expires_ms(bill) &&
        !bill_shorten_expiry(work, bill, created->expires_ms, err))
        return false;
    payment->state = PAYMENT_WAITING;
    payment->txn_id = created->txn_id;
    payment->fee = created->fee;
    payment->total = created->total;
    payment->qr_string = created->qr_string;
    payment->va_number = created->va_number;
    payment->pay_url = created->pay_url;
    payment->expires_ms = created->expires_ms;
    int64_t look_ms = work->now_ms + (payment->hinted_ms ? 0 : PACE_FIRST_LOOK_MS);
    if (look_ms > bill_expires_ms(bill))
        look_ms = bill_expires_ms(bill);
    return checkout_notices()->invoice_ready(work, bill, payment, err) &&
           job_add(work, JOB_CHECK, payment->id, look_ms, err);
}

static bool create_failed(struct work *work, struct bill *bill, struct payment *payment,
                          const struct error *failure, struct job_step *step_out, struct error *err)
{
    int64_t due_ms;
    bool passing = failure->code == ERR_RETRY || failure->code == ERR_UNCERTAIN;
    bool told_to_wait = failure->code == ERR_RETRY && failure->retry_after > 0;
    log_failure(work, payment, failure);
    if (!passing)
        return ending_no_invoice(work, bill, payment, failure->text, err);
    if (!pace_create_again(payment, failure, work->now_ms, &due_ms))
        return ending_no_invoice(work, bill, payment,
                                 failure->answered ? failure->text : "the gateway can't be reached", err);
    again(step_out, due_ms);
    return told_to_wait || payment_note_failure(work, payment->id, err);
}

/* The answer for a link does not say whose it is: a transaction that another payment has is not this one's.
 */
static bool doubt_foreign(struct work *work, const struct payment *payment, struct result *result,
                          struct error *err)
{
    bool is_free = true;
    if (result->ok && !payment_txn_is_free(work, payment->id, result->created.txn_id, &is_free, err))
        return false;
    if (!is_free) {
        result->ok = false;
        error_fill(&result->error, ERR_UNCERTAIN, "the gateway named another payment's transaction");
        result->error.answered = true;
    }
    return true;
}

static bool create_finish(struct work *work, int64_t ref, void *job_request, void *job_result,
                          struct job_step *step_out, struct error *err)
{
    struct result *result = job_result;
    struct bill bill;
    struct payment payment;
    if (!lock_both(work, ref, &bill, &payment, err) || !doubt_foreign(work, &payment, result, err) ||
        !outage_note(work, failure_of(result), err))
        return false;
    done(step_out);
    switch (payment.state) {
    case PAYMENT_CREATING:
        return result->ok ? show_invoice(work, &bill, &payment, &result->created, err)
                          : create_failed(work, &bill, &payment, &result->error, step_out, err);
    case PAYMENT_CANCELLED: /* ended while the call was on its way */
    case PAYMENT_EXPIRED:
    case PAYMENT_FAILED:
        return !result->ok || payment.txn_id || take_unseen(work, ref, &result->created, err);
    case PAYMENT_WAITING: /* the same call was made twice */
    case PAYMENT_COMPLETED:
        return true;
    }
    return error_set(err, ERR_INTERNAL, "payment in state %d", (int)payment.state);
}

/* --- payment_check --- */

static bool look_late(struct work *work, const struct payment *payment, struct job_step *step_out)
{
    int64_t due_ms;
    if (pace_late_look(payment, work->now_ms, &due_ms))
        again(step_out, due_ms);
    else
        done(step_out);
    return true;
}

/* The gateway is known to be down: a bill whose time is over does not wait for it, nor do its units. Money
 * that came all the same is found afterwards. */
static bool expire_unasked(struct work *work, int64_t ref, struct job_step *step_out, struct error *err)
{
    struct bill bill;
    struct payment payment;
    if (!lock_both(work, ref, &bill, &payment, err))
        return false;
    if (payment.state != PAYMENT_WAITING || payment.problem || !bill_is_open(&bill) ||
        work->now_ms < bill_expires_ms(&bill) + LAST_LOOKS_MS)
        return true;
    return ending_expire(work, &bill, &payment, err) && look_late(work, &payment, step_out);
}

static bool check_prepare(struct work *work, int64_t ref, struct job_step *step_out, struct error *err)
{
    struct payment payment;
    if (!payment_get(work, ref, false, &payment, err))
        return false;
    done(step_out);
    if (payment.state == PAYMENT_COMPLETED || payment.problem)
        return true;
    if (payment.state == PAYMENT_CREATING) /* payment_create adds this job again */
        return true;
    if (!payment.txn_id) {
        call(work, &payment, PACE_CREATE, work->tenant->pakasir_project, step_out);
        return true;
    }
    int64_t free_ms = payment.last_check_ms ? payment.last_check_ms + PACE_STATUS_GAP_MS : 0;
    if (work->now_ms < free_ms)
        again(step_out, free_ms);
    else
        call(work, &payment, PACE_STATUS, payment.txn_id, step_out);
    bool kept_out =
        step_out->kind == JOB_AGAIN && breaker_is_open(work->tenant->pakasir_project, work->now_ms);
    return !kept_out || expire_unasked(work, ref, step_out, err);
}

static void *check_call(const struct tenant *tenant, struct arena *arena, void *job_request)
{
    const struct request *request = job_request;
    if (!request->txn_id)
        return create_call(tenant, arena, job_request);
    struct result *result = ARENA_NEW(arena, struct result);
    result->ok = gateway_of(tenant)->status(tenant, arena, request->txn_id, &result->state, &result->error);
    return result;
}

/* A payment that ended unseen by us turned out to be known to the gateway: its state is asked next, and only
 * then is it voided. */
static bool check_found(struct work *work, const struct payment *payment, const struct result *result,
                        struct job_step *step_out, struct error *err)
{
    int64_t due_ms;
    again(step_out, work->now_ms);
    if (payment->txn_id || payment->state == PAYMENT_CREATING)
        return true;
    if (result->ok)
        return payment_fill_ended(work, payment->id, &result->created, err) &&
               job_add(work, JOB_CANCEL, payment->id, work->now_ms + PACE_VOID_FOUND_MS, err);
    log_failure(work, payment, &result->error);
    if (pace_late_unanswered(payment, &result->error, work->now_ms, &due_ms)) {
        again(step_out, due_ms);
        return true;
    }
    log_error(work->tenant->name,
              "payment %s: a webhook said that it was paid, and the gateway never told us its transaction",
              payment->gateway_order_id);
    done(step_out);
    return true;
}

static bool is_foreign(const struct work *work, const struct payment *payment, struct error *err)
{
    fraud_note(work->store, FRAUD_ANSWER, 0, payment->gateway_order_id);
    return error_set(err, ERR_UNCERTAIN, "transaction-status: about another transaction");
}

/* What the status call really tells: an answer about something else is as good as none. The amount of a
 * completed one is another matter. */
static bool verify(const struct work *work, const struct payment *payment, const struct result *result,
                   struct error *err)
{
    const struct gateway_state *state = &result->state;
    if (!result->ok) {
        *err = result->error;
        return false;
    }
    if (!str_equal(state->txn_id, payment->txn_id) || !str_equal(state->order_id, payment->gateway_order_id))
        return is_foreign(work, payment, err);
    if (state->is_sandbox != work->tenant->pakasir_sandbox)
        return error_set(err, ERR_UNCERTAIN, "transaction-status: %sin the sandbox",
                         state->is_sandbox ? "" : "not ");
    if (state->amount != payment->amount && state->status != GATEWAY_COMPLETED)
        return error_set(err, ERR_UNCERTAIN, "transaction-status: amount %" PRId64 " instead of %" PRId64,
                         state->amount, payment->amount);
    return true;
}

static bool check_completed(struct work *work, struct bill *bill, struct payment *payment,
                            const struct gateway_state *state, struct error *err)
{
    if (state->amount == payment->amount)
        return settle(work, bill, payment, 0, err);
    log_warn(work->tenant->name, "payment %s: paid with %" PRId64 " instead of %" PRId64 ", parked",
             payment->gateway_order_id, state->amount, payment->amount);
    json_t *detail = json_pack("{s:s, s:I, s:I}", "payment", payment->gateway_order_id, "asked",
                               (json_int_t)payment->amount, "paid", (json_int_t)state->amount);
    if (!fraud_add(work, FRAUD_AMOUNT, detail, err))
        return false;
    if (!payment_park(work, payment->id, "mismatch", state->amount, err))
        return false;
    payment->problem = "mismatch";
    payment->paid_amount = state->amount;
    return checkout_notices()->mismatch(work, bill, payment, state->amount, err);
}

static bool check_unanswered(struct work *work, struct bill *bill, struct payment *payment, bool open,
                             const struct error *failure, struct job_step *step_out, struct error *err)
{
    int64_t due_ms;
    log_failure(work, payment, failure);
    if (open && !pace_look_unanswered(payment, bill_expires_ms(bill), failure, work->now_ms, &due_ms))
        return ending_expire(work, bill, payment, err) && look_late(work, payment, step_out);
    if (open || pace_late_unanswered(payment, failure, work->now_ms, &due_ms))
        again(step_out, due_ms);
    return true;
}

/* A bill that ended by another way than its payment takes the payment along. */
static bool close_left_over(struct work *work, struct payment *payment, struct error *err)
{
    if (!payment_end(work, payment->id, PAYMENT_CANCELLED, err) ||
        !job_add(work, JOB_CANCEL, payment->id, work->now_ms, err))
        return false;
    payment->state = PAYMENT_CANCELLED;
    payment->ended_ms = work->now_ms;
    return true;
}

static bool check_answered(struct work *work, struct bill *bill, struct payment *payment, bool open,
                           const struct gateway_state *state, struct job_step *step_out, struct error *err)
{
    if (state->status == GATEWAY_COMPLETED)
        return check_completed(work, bill, payment, state, err);
    if (open && state->status == GATEWAY_CANCELED)
        return ending_by_gateway(work, bill, payment, err) && look_late(work, payment, step_out);
    if (open && work->now_ms < bill_expires_ms(bill)) {
        again(step_out, pace_look_pending(payment, bill_expires_ms(bill), work->now_ms));
        return true;
    }
    if (open && !ending_expire(work, bill, payment, err))
        return false;
    if (payment->state == PAYMENT_WAITING && !close_left_over(work, payment, err))
        return false;
    return look_late(work, payment, step_out);
}

static bool check_finish(struct work *work, int64_t ref, void *job_request, void *job_result,
                         struct job_step *step_out, struct error *err)
{
    const struct request *request = job_request;
    struct result *result = job_result;
    struct error failure;
    struct bill bill;
    struct payment payment;
    if (!lock_both(work, ref, &bill, &payment, err) ||
        (!request->txn_id && !doubt_foreign(work, &payment, result, err)) ||
        !outage_note(work, failure_of(result), err))
        return false;
    done(step_out);
    if (!request->txn_id)
        return check_found(work, &payment, result, step_out, err);
    bool answered = verify(work, &payment, result, &failure);
    if (!payment_note_check(work, ref, answered, err))
        return false;
    if (payment.state == PAYMENT_COMPLETED || payment.problem)
        return true;
    bool open = payment.state == PAYMENT_WAITING && bill_is_open(&bill);
    return answered ? check_answered(work, &bill, &payment, open, &result->state, step_out, err)
                    : check_unanswered(work, &bill, &payment, open, &failure, step_out, err);
}

/* --- payment_cancel --- */

static bool cancel_prepare(struct work *work, int64_t ref, struct job_step *step_out, struct error *err)
{
    struct payment payment;
    if (!payment_get(work, ref, false, &payment, err))
        return false;
    done(step_out);
    bool ended = payment.state == PAYMENT_CANCELLED || payment.state == PAYMENT_EXPIRED ||
                 payment.state == PAYMENT_FAILED;
    if (ended && payment.txn_id && !payment.problem)
        call(work, &payment, PACE_CANCEL, work->tenant->pakasir_project, step_out);
    return true;
}

static void *cancel_call(const struct tenant *tenant, struct arena *arena, void *job_request)
{
    const struct request *request = job_request;
    struct result *result = ARENA_NEW(arena, struct result);
    result->ok = gateway_of(tenant)->cancel(tenant, arena, request->txn_id, &result->error);
    return result;
}

static bool cancel_finish(struct work *work, int64_t ref, void *job_request, void *job_result,
                          struct job_step *step_out, struct error *err)
{
    const struct result *result = job_result;
    const struct error *failure = &result->error;
    struct bill bill;
    struct payment payment;
    int64_t due_ms;
    if (!lock_both(work, ref, &bill, &payment, err) || !outage_note(work, failure_of(result), err))
        return false;
    done(step_out);
    if (payment.state == PAYMENT_COMPLETED)
        return true;
    if (!result->ok)
        log_failure(work, &payment, failure);
    bool passing = !result->ok && (failure->code == ERR_RETRY || failure->code == ERR_UNCERTAIN);
    if (passing && pace_void_again(&payment, failure, work->now_ms, &due_ms)) {
        again(step_out, due_ms);
        return true;
    }
    /* Voided, or refused because it is not pending any more: it may be paid. */
    return job_add(work, JOB_CHECK, ref, work->now_ms + PACE_AFTER_VOID_MS, err);
}

/* --- deposit_expire: by hand, and no proof came --- */

static bool deposit_expire_prepare(struct work *work, int64_t ref, struct job_step *step_out,
                                   struct error *err)
{
    struct bill bill;
    if (!bill_lock(work, 0, ref, &bill, err))
        return false;
    done(step_out);
    if (!bill_is_open(&bill))
        return true;
    if (work->now_ms < bill_expires_ms(&bill)) {
        again(step_out, bill_expires_ms(&bill));
        return true;
    }
    return bill_end(work, &bill, true, "no proof", err) &&
           checkout_notices()->ended(work, &bill, NULL, ENDED_BY_BUYER, err);
}

const struct job_kind checkout_jobs[] = {
    {JOB_CREATE, create_prepare, create_call, .finish = create_finish},
    {JOB_CHECK, check_prepare, check_call, .finish = check_finish},
    {JOB_CANCEL, cancel_prepare, cancel_call, .finish = cancel_finish},
    {JOB_DEPOSIT_EXPIRE, .prepare = deposit_expire_prepare},
    {JOB_GATEWAY_DOWN, outage_prepare, outage_call, .finish = outage_finish},
};
const size_t checkout_job_count = sizeof checkout_jobs / sizeof checkout_jobs[0];

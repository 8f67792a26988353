/* What the gateway and the bank do, and the jobs that ask: any of them at any time, with answers that can't
 * be believed. */
#include "sequence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>
#include <inttypes.h>

static int lost_in_a_row;

/* With a bank app: whether it is open, cancelled or long over, and now and then with another amount. */
static void pay(void)
{
    struct model_payment *payment = any_payment(is_at_gateway);
    if (!payment || !payment->there || payment->status == GATEWAY_COMPLETED)
        return;
    payment->status = GATEWAY_COMPLETED;
    payment->status_amount = payment->bill->amount - one_in(5);
    note(" pay:%" PRId64 "%s", payment->id, payment->status_amount == payment->bill->amount ? "" : "!");
}

static void cancelled_at_gateway(void)
{
    struct model_payment *payment = any_payment(is_at_gateway);
    if (!payment || !payment->there || payment->status != GATEWAY_PENDING)
        return;
    note(" gone:%" PRId64, payment->id);
    payment->status = GATEWAY_CANCELED;
}

/* --- jobs: any of them at any time, with what the gateway says --- */

static void step_of(const char *kind, struct model_payment *payment)
{
    struct job_step step;
    struct error err = {0};
    in_call = payment;
    if (!house_job(kind, payment->id, model.now_ms, &step, &err))
        fail_with("%s %" PRId64 ": %s", kind, payment->id, err.text);
    in_call = NULL;
}

static void create_at_gateway(struct model_payment *payment)
{
    if (payment->there)
        return;
    payment->there = true;
    payment->status = GATEWAY_PENDING;
    payment->status_amount = payment->bill->amount;
    payment->expires_ms = model.now_ms + (one_in(6) ? 60000 : MODEL_INVOICE_MS);
}

static enum model_answer prepare_create(struct model_payment *payment, bool called)
{
    enum model_answer answer = one_in(10) ? ANSWER_REFUSED : one_in(6) ? ANSWER_LOST : ANSWER_TRUTH;
    /* so many in a row that everybody stops asking are another test's */
    if (answer == ANSWER_LOST && (lost_in_a_row > 0 || payment->there))
        answer = ANSWER_TRUTH;
    if (answer == ANSWER_REFUSED && payment->there)
        answer = ANSWER_TRUTH;
    if (!called)
        return answer;
    lost_in_a_row = answer == ANSWER_LOST ? lost_in_a_row + 1 : 0;
    if (answer != ANSWER_REFUSED)
        create_at_gateway(payment);
    fake_gateway.create_error = (struct error){0};
    if (answer != ANSWER_TRUTH)
        error_set(&fake_gateway.create_error, answer == ANSWER_LOST ? ERR_UNCERTAIN : ERR_REFUSED, "as told");
    fake_gateway.created =
        (struct payment_created){.txn_id = arena_printf(house.arena, "T-%" PRId64, payment->id),
                                 .fee = 300,
                                 .total = payment->bill->amount + 300,
                                 .qr_string = "000201",
                                 .expires_ms = payment->expires_ms};
    return answer;
}

static void job_create(void)
{
    struct model_payment *payment = any_payment(is_creating);
    if (!payment)
        return;
    bool calls = model_create_calls(payment, model.now_ms);
    enum model_answer answer = prepare_create(payment, calls);
    note(" create:%" PRId64 "%s", payment->id, calls ? (const char *[]){"", "!", "?", ""}[answer] : "-");
    if (!calls)
        model_create_not_called(&model, payment);
    step_of("payment_create", payment);
    if (calls)
        model_created(&model, payment, answer);
}

static void prepare_status(const struct model_payment *payment, enum model_answer answer)
{
    const char *reference =
        house_value("SELECT gateway_order_id FROM payments WHERE id = %" PRId64, payment->id);
    fake_gateway.state = (struct gateway_state){
        payment->status, payment->status_amount, reference,
        arena_printf(house.arena, "T-%" PRId64, payment->id + (answer == ANSWER_OF_OTHER)), false};
}

static void job_check(void)
{
    struct model_payment *payment = any_payment(is_at_gateway);
    if (!payment)
        return;
    bool known = payment->known;
    bool calls =
        payment->state != PAYMENT_COMPLETED && payment->state != PAYMENT_CREATING && !payment->has_problem;
    enum model_answer answer = ANSWER_TRUTH;
    if (calls && known)
        prepare_status(payment, answer = one_in(5) ? ANSWER_OF_OTHER : ANSWER_TRUTH);
    else if (calls)
        answer = prepare_create(payment, true);
    note(" check:%" PRId64 "%s", payment->id, !calls ? "-" : answer == ANSWER_TRUTH ? "" : "?");
    enum gateway_status status = payment->status;
    int64_t amount = payment->status_amount;
    step_of("payment_check", payment);
    if (calls)
        model_checked(&model, payment, answer, known, status, amount);
}

static void job_void(void)
{
    struct model_payment *payment = any_payment(has_ended);
    if (!payment)
        return;
    note(" void:%" PRId64, payment->id);
    bool ended = payment->state == PAYMENT_CANCELLED || payment->state == PAYMENT_EXPIRED ||
                 payment->state == PAYMENT_FAILED;
    fake_gateway.cancel_error = (struct error){0};
    if (payment->status != GATEWAY_PENDING)
        error_set(&fake_gateway.cancel_error, ERR_REFUSED, "not pending");
    else if (ended && payment->known && !payment->parked)
        payment->status = GATEWAY_CANCELED;
    step_of("payment_cancel", payment);
}

void look_at_last(struct model_payment *payment)
{
    prepare_status(payment, ANSWER_TRUTH);
    step_of("payment_check", payment);
    model_checked(&model, payment, ANSWER_TRUTH, true, payment->status, payment->status_amount);
}

const struct action gateways_actions[] = {
    {12, pay, true},         {1, cancelled_at_gateway, true},
    {14, job_create, false}, {18, job_check, false},
    {5, job_void, false},    {0},
};

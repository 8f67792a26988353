#include "payment/internal.h"

static bool end(struct work *work, struct bill *bill, bool expired, struct payment *payment,
                enum payment_state payment_end_state, const char *reason, struct error *err)
{
    if (!bill_end(work, bill, expired, reason, err) ||
        !payment_end(work, payment->id, payment_end_state, err))
        return error_context(err, "%s: end", bill_reference(bill));
    payment->state = payment_end_state;
    payment->ended_ms = work->now_ms;
    return true;
}

/* The transaction is voided at the gateway, and looked at again in case the money was on its way. While it is
 * still being created, the job that does so sees to both. */
static bool void_later(struct work *work, const struct payment *payment, struct error *err)
{
    return !payment->txn_id || job_add(work, JOB_CANCEL, payment->id, work->now_ms, err);
}

bool ending_expire(struct work *work, struct bill *bill, struct payment *payment, struct error *err)
{
    return end(work, bill, true, payment, PAYMENT_EXPIRED, "expired", err) &&
           checkout_notices()->ended(work, bill, payment, ENDED_BY_BUYER, err) &&
           void_later(work, payment, err);
}

bool ending_by_buyer(struct work *work, struct bill *bill, struct payment *payment, struct error *err)
{
    return end(work, bill, false, payment, PAYMENT_CANCELLED, "buyer", err) &&
           checkout_notices()->ended(work, bill, payment, ENDED_BY_BUYER, err) &&
           void_later(work, payment, err);
}

bool ending_by_admin(struct work *work, struct bill *bill, struct payment *payment, struct error *err)
{
    return end(work, bill, false, payment, PAYMENT_CANCELLED, "admin", err) &&
           checkout_notices()->ended(work, bill, payment, ENDED_BY_ADMIN, err) &&
           void_later(work, payment, err);
}

bool ending_by_gateway(struct work *work, struct bill *bill, struct payment *payment, struct error *err)
{
    return end(work, bill, false, payment, PAYMENT_CANCELLED, "gateway", err) &&
           checkout_notices()->ended(work, bill, payment, ENDED_BY_GATEWAY, err);
}

/* Where a webhook spoke of it all the same, that is looked into. */
bool ending_no_invoice(struct work *work, struct bill *bill, struct payment *payment, const char *why,
                       struct error *err)
{
    return end(work, bill, false, payment, PAYMENT_FAILED, "no invoice", err) &&
           checkout_notices()->invoice_failed(work, bill, payment, why, err) &&
           (!payment->hinted_ms || job_add(work, JOB_CHECK, payment->id, work->now_ms, err));
}

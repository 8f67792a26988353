/*
 * From cart to settled order: what happens with an order's payment, in the lane, always inside the open
 * transaction. The one place where a payment becomes completed is settle (payment/settle.c). Gateway calls
 * are jobs, never made here.
 *
 * Whoever talks to people (server/bot) is told by the notices below, inside the same transaction, and adds
 * its messages to it.
 */
#pragma once

#include "store/order.h"
#include "store/payment.h"
#include "work/job.h"

/* Told inside the transaction in which it happens; a false rolls it back. */
struct checkout_notices {
    bool (*invoice_ready)(struct work *work, const struct order *order, const struct payment *payment,
                          struct error *err);
    /* The gateway would not make it (refused, or a QR that does not check): the order was cancelled, units
     * are free again. */
    bool (*invoice_failed)(struct work *work, const struct order *order, const struct payment *payment,
                           const char *why, struct error *err);
    /* Paid (also late with units found again: `late`): units are sold; add the delivery. */
    bool (*paid)(struct work *work, const struct order *order, const struct payment *payment, bool late,
                 struct error *err);
    /* Ended unpaid: order->state says expired or cancelled; `by_gateway` when the gateway cancelled it. */
    bool (*ended)(struct work *work, const struct order *order, const struct payment *payment,
                  bool by_gateway, struct error *err);
    /* Paid after the end, no units left: `amount` was credited to the buyer's balance. */
    bool (*late_credited)(struct work *work, const struct order *order, const struct payment *payment,
                          int64_t balance, struct error *err);
    /* The gateway says completed with another amount or order than asked: parked. */
    bool (*mismatch)(struct work *work, const struct order *order, const struct payment *payment,
                     int64_t gateway_amount, struct error *err);
};
void checkout_set_notices(const struct checkout_notices *notices);

/* Job kinds payment_create, payment_check, payment_cancel (ref: payment id); hand them to job_set_kinds()
 * with the others. */
extern const struct job_kind checkout_jobs[];
extern const size_t checkout_job_count;

/* Makes the order from the cart with its payment and the job that asks the gateway. See order_place() for
 * obstacles. `method` is one of the tenant's methods; ERR_INVALID where the gateway can't take the amount
 * (qris: 500 to 10,000,000 rupiah) with *obstacle_out ORDER_OK. */
MUST_USE bool checkout_start(struct work *work, int64_t telegram_id, const char *method,
                             struct order *order_out, enum order_obstacle *obstacle_out,
                             int64_t *product_id_out, struct error *err);
/* The buyer gives up: pending -> cancelled, units freed, the transaction voided at the gateway by a job.
 * ERR_CONFLICT where the order is not pending any more (paid meanwhile, expired). Calls `ended`. */
MUST_USE bool checkout_cancel(struct work *work, int64_t order_id, int64_t telegram_id, struct error *err);

/* A gateway's webhook, already authenticated by its secret. It is only a hint: noted, and a status call
 * planned at once. */
struct checkout_hint {
    const char *txn_id;
    const char *order_id;
    int64_t amount;
    bool is_sandbox;
    const char *status;
};
enum checkout_hint_result { HINT_NOTED, HINT_ALREADY_SETTLED, HINT_UNKNOWN_ORDER, HINT_WRONG };
/* Begins and commits its own transaction. HINT_WRONG: amount, txn_id, flag or status are not ours; nothing
 * was noted. */
MUST_USE bool checkout_take_hint(struct work *work, const struct checkout_hint *hint,
                                 enum checkout_hint_result *result_out, struct error *err);

/*
 * From cart to settled order, and from a wish to a booked deposit: what happens with a bill's payment, in the
 * lane, always inside the open transaction. The one place where a payment becomes completed is settle
 * (payment/settle.c). Gateway calls are jobs, never made here.
 *
 * Whoever talks to people (server/bot) is told by the notices below, inside the same transaction, and adds
 * its messages to it.
 */
#pragma once

#include "payment/bill.h"
#include "work/job.h"

/* Who ended an open bill, where it is not its time that did. */
enum checkout_ended_by { ENDED_BY_BUYER, ENDED_BY_GATEWAY, ENDED_BY_ADMIN };

/* Told inside the transaction in which it happens; a false rolls it back. */
struct checkout_notices {
    bool (*invoice_ready)(struct work *work, const struct bill *bill, const struct payment *payment,
                          struct error *err);
    /* The gateway would not make it (refused, or a QR that does not check): the bill was cancelled, units
     * are free again. */
    bool (*invoice_failed)(struct work *work, const struct bill *bill, const struct payment *payment,
                           const char *why, struct error *err);
    /* Paid (also late with units found again: `late`): units are sold; add the delivery. */
    bool (*paid)(struct work *work, const struct order *order, const struct payment *payment, bool late,
                 struct error *err);
    /* A deposit was booked; `late` after it had ended. `balance` is the one afterwards, in rupiah. */
    bool (*deposited)(struct work *work, const struct deposit *deposit, const struct payment *payment,
                      int64_t balance, bool late, struct error *err);
    /* Ended unpaid: the bill's state says expired or cancelled, and `by` who cancelled it. The payment is
     * NULL for a deposit by hand. One with a resolution was parked and settled by an admin: late_credited or
     * given_back follows. */
    bool (*ended)(struct work *work, const struct bill *bill, const struct payment *payment,
                  enum checkout_ended_by by, struct error *err);
    /* Paid after the end, nothing to deliver any more (or parked, and an admin wants it so:
     * payment->problem): `amount` was credited to the buyer's balance. */
    bool (*late_credited)(struct work *work, const struct order *order, const struct payment *payment,
                          int64_t amount, int64_t balance, struct error *err);
    /* The gateway says completed with another amount or order than asked: parked. */
    bool (*mismatch)(struct work *work, const struct bill *bill, const struct payment *payment,
                     int64_t gateway_amount, struct error *err);
    /* The gateway can't be reached; once for an outage, whichever server met it first. And it can again. */
    bool (*gateway_down)(struct work *work, const char *why, struct error *err);
    bool (*gateway_up)(struct work *work, struct error *err);
    /* By an admin's decision: */
    /* What was parked was given back outside of Lapak. */
    bool (*given_back)(struct work *work, const struct bill *bill, const struct payment *payment,
                       struct error *err);
    bool (*resend)(struct work *work, const struct order *order, struct error *err);
    bool (*replaced)(struct work *work, const struct order *order, int64_t unit_id, struct error *err);
    /* A manual item was done; the order says so already. */
    bool (*fulfilled)(struct work *work, const struct order *order, const struct order_item *item,
                      struct error *err);
    bool (*refunded)(struct work *work, const struct order *order, int64_t amount, int64_t balance,
                     struct error *err);
    bool (*adjusted)(struct work *work, int64_t telegram_id, int64_t amount, int64_t balance,
                     const char *note, struct error *err);
    bool (*rejected)(struct work *work, const struct deposit *deposit, const char *note, struct error *err);
};
void checkout_set_notices(const struct checkout_notices *notices);

/* Job kinds payment_create, payment_check, payment_cancel (ref: payment id), deposit_expire (ref: deposit
 * id), gateway_down (ref 0: an outage is known, and looked at until it is over); hand them to job_set_kinds()
 * with the others. */
extern const struct job_kind checkout_jobs[];
extern const size_t checkout_job_count;

/* Makes the order from the cart with its payment and the job that asks the gateway; with the balance the
 * order is paid at once, in the same transaction. See order_place() for obstacles; here also
 * ORDER_GATEWAY_DOWN and ORDER_BALANCE_SHORT. `method` is one of the tenant's methods or the balance;
 * ERR_INVALID with *obstacle_out ORDER_OK where it can't take the amount. */
MUST_USE bool checkout_start(struct work *work, int64_t telegram_id, const char *method,
                             struct order *order_out, enum order_obstacle *obstacle_out,
                             int64_t *product_id_out, struct error *err);
/* A deposit with its payment and the job that asks the gateway. The amount is within the store's limits, else
 * ERR_INVALID. ERR_CONFLICT with ORDER_TOO_MANY_OPEN or ORDER_GATEWAY_DOWN in *obstacle_out. */
MUST_USE bool checkout_deposit(struct work *work, int64_t telegram_id, const char *method, int64_t amount,
                               struct deposit *deposit_out, enum order_obstacle *obstacle_out,
                               struct error *err);
/* The same by hand: no payment yet; it ends by itself after a day without a proof. */
MUST_USE bool checkout_deposit_by_hand(struct work *work, int64_t telegram_id, int64_t amount,
                                       struct deposit *deposit_out, enum order_obstacle *obstacle_out,
                                       struct error *err);
/* The buyer gives up: pending -> cancelled, units freed, the transaction voided at the gateway by a job.
 * ERR_CONFLICT where it is not pending any more (paid meanwhile, expired), ERR_NOT_FOUND where it is another
 * person's. Calls `ended`. */
MUST_USE bool checkout_cancel(struct work *work, int64_t order_id, int64_t telegram_id, struct error *err);
MUST_USE bool checkout_cancel_deposit(struct work *work, int64_t deposit_id, int64_t telegram_id,
                                      struct error *err);

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

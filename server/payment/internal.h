/*
 * What the files of payment/ share; nobody else includes it. All of it runs in the lane, inside the open
 * transaction.
 *
 * Locks are taken in one order everywhere: the person's row, the bill's row (order or deposit), its payment's
 * row, coupon, units, job rows.
 */
#pragma once

#include <jansson.h>

#include "payment/checkout.h"
#include "payment/correction.h"
#include "payment/gateway.h"

#define JOB_CREATE         "payment_create"
#define JOB_CHECK          "payment_check"
#define JOB_CANCEL         "payment_cancel"
#define JOB_DEPOSIT_EXPIRE "deposit_expire"
#define JOB_GATEWAY_DOWN   "gateway_down"

/* The notices given to checkout_set_notices(). */
const struct checkout_notices *checkout_notices(void);

/* --- bill.c --- */

/* Locks the person's row, locks and reads an order (with its items) or a deposit; the other id is 0. */
MUST_USE bool bill_lock(struct work *work, int64_t order_id, int64_t deposit_id, struct bill *bill_out,
                        struct error *err);
/* An open bill's end moves; changed as the row is. */
MUST_USE bool bill_shorten_expiry(struct work *work, struct bill *bill, int64_t expires_ms,
                                  struct error *err);
/* An open bill ends unpaid: expired, or cancelled. Changed as the row is. */
MUST_USE bool bill_end(struct work *work, struct bill *bill, bool expired, const char *reason,
                       struct error *err);

/* Locks the person, a bill and its payment, in that order; reads the last two. */
MUST_USE bool lock_both(struct work *work, int64_t payment_id, struct bill *bill_out,
                        struct payment *payment_out, struct error *err);

/* settle.c: the one place where a payment becomes completed, because the gateway's own status call said so
 * (and everything in it was compared), the balance was booked, or an admin decided. Both rows are locked and
 * fresh. An open order is paid; an ended one is paid late where its units can be had again; otherwise the
 * buyer's balance gets the amount. A deposit is booked, in whatever state it is, once. Nothing happens where
 * the payment is completed already. `actor_id` is the deciding admin, 0 for the gateway and the balance. Bill
 * and payment are changed as the rows are. */
MUST_USE bool settle(struct work *work, struct bill *bill, struct payment *payment, int64_t actor_id,
                     struct error *err);

/* The same for a parked payment whose resolution was written, when what it was for is not to be had: what is
 * open ends, and what was paid goes to the balance (an order's only) or was given back outside of Lapak. */
MUST_USE bool settle_apart(struct work *work, struct bill *bill, struct payment *payment, bool to_balance,
                           struct error *err);

/* --- correction.c, for correction_goods.c --- */

/* Checks the note, locks the person and the bill, and sees that the decision is a new one. */
MUST_USE bool correction_take_bill(struct work *work, const struct correction *by, int64_t order_id,
                                   int64_t deposit_id, struct bill *bill_out, struct error *err);
/* ERR_CONFLICT unless paid or completed. */
MUST_USE bool correction_check_paid(const struct order *order, struct error *err);
/* The admin_logs row; takes over `before` and `after` (each may be NULL). */
MUST_USE bool correction_write_log(struct work *work, const struct correction *by, const char *action,
                                   const char *subject, int64_t subject_id, json_t *before, json_t *after,
                                   struct error *err);

/* ending.c: ways an open bill ends unpaid. Both rows are locked and fresh, the bill open; both are
 * changed as the rows are. */
MUST_USE bool ending_expire(struct work *work, struct bill *bill, struct payment *payment, struct error *err);
MUST_USE bool ending_by_buyer(struct work *work, struct bill *bill, struct payment *payment,
                              struct error *err);
MUST_USE bool ending_by_admin(struct work *work, struct bill *bill, struct payment *payment,
                              struct error *err);
MUST_USE bool ending_by_gateway(struct work *work, struct bill *bill, struct payment *payment,
                                struct error *err);
/* There is no invoice: `why` is for people, without secrets. */
MUST_USE bool ending_no_invoice(struct work *work, struct bill *bill, struct payment *payment,
                                const char *why, struct error *err);

/* outage.c: takes note of what a call to the gateway came to; the first to see it down, or up again, tells.
 */
MUST_USE bool outage_note(struct work *work, const struct error *failure, struct error *err);
/* The job's steps; its row is the outage as all servers know it. */
MUST_USE bool outage_prepare(struct work *work, int64_t ref, struct job_step *step_out, struct error *err);
void *outage_call(const struct tenant *tenant, struct arena *arena, void *job_request);
MUST_USE bool outage_finish(struct work *work, int64_t ref, void *job_request, void *job_result,
                            struct job_step *step_out, struct error *err);

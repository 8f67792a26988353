/*
 * What the files of payment/ share; nobody else includes it. All of it runs in the lane, inside the open
 * transaction.
 *
 * Locks are taken in one order everywhere: the order's row, its payment's row, units, job rows.
 */
#pragma once

#include "payment/checkout.h"
#include "payment/gateway.h"

#define JOB_CREATE "payment_create"
#define JOB_CHECK  "payment_check"
#define JOB_CANCEL "payment_cancel"

/* The notices given to checkout_set_notices(). */
const struct checkout_notices *checkout_notices(void);

/* Locks and reads an order and its payment, in that order. */
MUST_USE bool lock_both(struct work *work, int64_t order_id, int64_t payment_id, struct order *order_out,
                        struct payment *payment_out, struct error *err);

/* settle.c: the one place where a payment becomes completed. The gateway's own status call said so, and
 * everything in it was compared. Both rows are locked and fresh. An open order is paid; an ended one is paid
 * late where its units can be had again; otherwise the buyer's balance gets the amount. Nothing happens where
 * the payment is completed already. Order and payment are changed as the rows are. */
MUST_USE bool settle(struct work *work, struct order *order, struct payment *payment, struct error *err);

/* ending.c: ways an open order ends unpaid. Both rows are locked and fresh, the order pending; both are
 * changed as the rows are. */
MUST_USE bool ending_expire(struct work *work, struct order *order, struct payment *payment,
                            struct error *err);
MUST_USE bool ending_by_buyer(struct work *work, struct order *order, struct payment *payment,
                              struct error *err);
MUST_USE bool ending_by_gateway(struct work *work, struct order *order, struct payment *payment,
                                struct error *err);
/* There is no invoice: `why` is for people, without secrets. */
MUST_USE bool ending_no_invoice(struct work *work, struct order *order, struct payment *payment,
                                const char *why, struct error *err);

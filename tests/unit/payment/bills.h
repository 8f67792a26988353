/*
 * For tests of what happens to a bill: an order or a deposit in any state, of a person, a product and a
 * transaction of its own, so that many may be made without emptying the store. Needs the house.
 */
#pragma once

#include "house.h"

enum { BILL_AMOUNT = 20000, BILL_PAID_OTHER = 19999, BILL_QUANTITY = 2 };

struct made_bill {
    int64_t id; /* of the order or deposit, its payment (if there is one), its person and its product: all the
                   same */
    const char *reference, *txn_id; /* valid until house_clean() */
    int64_t made_ms, ends_ms; /* each bill has days of its own, as the gateway's limits are remembered */
};

/* An order of two units, in that state, with a payment; further `spare` units are available. A payment state
 * with
 * "!" behind it is parked: another amount was paid. An ended order with a completed payment was credited, a
 * paid one was paid by it. One that is "creating" has no transaction yet. */
struct made_bill bills_order(const char *order_state, const char *payment_state, int spare);
/* The order is of a manual item instead, with the same id, done or not; there are no units. */
void bills_make_manual(const struct made_bill *made, bool fulfilled);
/* A deposit with a payment, by the gateway. A completed one was booked. */
struct made_bill bills_deposit(const char *deposit_state, const char *payment_state);
/* A deposit by hand; a completed one was confirmed and booked. */
struct made_bill bills_deposit_by_hand(const char *deposit_state);

/* What became of it: "paid cancelled+completed 2/0/0 5000 payment_cancel": the bill's state, its payments
 * (with
 * "!" where parked, "!credited" where that was settled), for an order its units (sold/reserved/available,
 * "+1" where one was replaced), the person's balance, "refunded:5000" for an order, the jobs that wait. Fails
 * where the balance is not the sum of the ledger, or an order does not have the units of its state. */
const char *bills_picture_of_order(const struct made_bill *made);
const char *bills_picture_of_deposit(const struct made_bill *made);
/* What is different in the second picture: "order paid, payment cancelled, payment by hand completed, units
 * +2/-2/+0, balance +5000, payment_cancel"; "" for nothing. */
const char *bills_changes(const char *before, const char *after);

/*
 * Payments: one row per transaction asked of the gateway, and one for what a balance or an admin's word paid.
 * Owns table `payments`.
 *
 * States: creating -> waiting -> completed | cancelled | expired | failed. A completed payment never leaves
 * that state; cancelled, expired and failed may still become completed (paid late). Changes from another
 * state are ERR_CONFLICT.
 */
#pragma once

#include "work/work.h"

enum payment_state {
    PAYMENT_CREATING,
    PAYMENT_WAITING,
    PAYMENT_COMPLETED,
    PAYMENT_CANCELLED,
    PAYMENT_EXPIRED,
    PAYMENT_FAILED
};

struct payment {
    int64_t id;
    int64_t order_id, deposit_id; /* what it is for; the other one is 0 */
    const char *gateway_order_id;
    const char *method;
    int64_t amount; /* rupiah, without fee */
    enum payment_state state;
    const char *txn_id;    /* NULL while creating */
    int64_t fee, total;    /* the gateway's own figures */
    const char *qr_string; /* this one and the next two: what the method shows, or NULL */
    const char *va_number; /* of a virtual account, as the gateway writes it */
    const char *pay_url;   /* the gateway's page for a payment link */
    int64_t expires_ms;    /* the gateway's; 0 unknown */
    int64_t created_ms, hinted_ms, ended_ms;
    int64_t checks;
    int64_t last_check_ms;  /* the last status call; 0: none */
    int64_t failures;       /* gateway calls in a row without a usable answer */
    const char *problem;    /* or NULL */
    int64_t paid_amount;    /* of one with a problem: what the gateway says was paid; 0: not known */
    const char *resolution; /* of the problem, by an admin; NULL: it is parked */
};

/* What an admin did about a parked payment. */
enum payment_resolution { PAYMENT_DELIVERED, PAYMENT_CREDITED, PAYMENT_REFUNDED };

/* Rupiah that came, or would: what was asked for, or what the gateway says of one with a problem. */
int64_t payment_received(const struct payment *payment);

/* The gateway's answer to create-transaction, already verified by payment/. */
struct payment_created {
    const char *txn_id;
    int64_t fee, total;    /* where the gateway does not say: 0 and the amount */
    const char *qr_string; /* one of these three, by the method; the others NULL */
    const char *va_number; /* digits, blanks and dashes */
    const char *pay_url;
    int64_t expires_ms; /* 0: the gateway does not say, so the bill's own end is the end */
};

/* State creating; for an order or a deposit, the other id is 0. ERR_CONFLICT where that has an open payment
 * or the gateway order id was used before; leaves only a rollback. */
MUST_USE bool payment_add(struct work *work, int64_t order_id, int64_t deposit_id,
                          const char *gateway_order_id, const char *method, int64_t amount,
                          int64_t *payment_id_out, struct error *err);
/* This one and the next two: texts in the arena; `lock` takes the row's lock until the end of the
 * transaction; ERR_NOT_FOUND. */
MUST_USE bool payment_get(struct work *work, int64_t payment_id, bool lock, struct payment *payment_out,
                          struct error *err);
MUST_USE bool payment_find(struct work *work, const char *gateway_order_id, bool lock,
                           struct payment *payment_out, struct error *err);
/* The newest payment of an order, and of a deposit. */
MUST_USE bool payment_of_order(struct work *work, int64_t order_id, bool lock, struct payment *payment_out,
                               struct error *err);
MUST_USE bool payment_of_deposit(struct work *work, int64_t deposit_id, bool lock,
                                 struct payment *payment_out, struct error *err);
/* The payment that says most about an order, for showing it: the one that paid it, else another completed
 * one (credited), else an open one, else the newest. Not locked; texts in the arena; ERR_NOT_FOUND. */
MUST_USE bool payment_to_show(struct work *work, int64_t order_id, struct payment *payment_out,
                              struct error *err);
/* All of an order's or a deposit's (the other id is 0), newest first, at most `limit`. */
MUST_USE bool payment_list(struct work *work, int64_t order_id, int64_t deposit_id, int64_t limit,
                           struct payment **payments_out, size_t *count_out, struct error *err);
/* Whether an admin has to look at it: another amount came than was asked for. */
bool payment_is_parked(const struct payment *payment);

/* Whether no other payment of this store has the gateway's transaction: to be asked before the next two,
 * which leave only a rollback where one has. */
MUST_USE bool payment_txn_is_free(struct work *work, int64_t payment_id, const char *txn_id, bool *free_out,
                                  struct error *err);
MUST_USE bool payment_mark_waiting(struct work *work, int64_t payment_id,
                                   const struct payment_created *created,
                                   struct error *err); /* creating -> waiting */
/* The answer came after the order had ended: fills in what the gateway said, keeps the state (cancelled,
 * expired, failed). ERR_CONFLICT where another transaction's answer was filled in before. */
MUST_USE bool payment_fill_ended(struct work *work, int64_t payment_id, const struct payment_created *created,
                                 struct error *err);
/* Any but completed -> completed. ERR_CONFLICT also where the gateway's transaction id is not known yet
 * (balance and manual have none). */
MUST_USE bool payment_mark_completed(struct work *work, int64_t payment_id, struct error *err);
MUST_USE bool payment_end(struct work *work, int64_t payment_id, enum payment_state end,
                          struct error *err); /* creating|waiting -> cancelled|expired|failed */
/* Notes the time of the latest webhook. Queued, like the next two. */
MUST_USE bool payment_note_hint(struct work *work, int64_t payment_id, struct error *err);
/* One more status call, now. `answered`: it brought a usable answer, so the failures in a row begin anew;
 * else one more. */
MUST_USE bool payment_note_check(struct work *work, int64_t payment_id, bool answered, struct error *err);
MUST_USE bool payment_note_failure(struct work *work, int64_t payment_id,
                                   struct error *err); /* another call failed: one more in a row */
/* Sets `problem`, once, with what was paid (rupiah); ERR_CONFLICT where it is set. */
MUST_USE bool payment_park(struct work *work, int64_t payment_id, const char *problem, int64_t paid_amount,
                           struct error *err);
/* A problem is settled, once. ERR_CONFLICT where there is none, or it was settled before. */
MUST_USE bool payment_resolve(struct work *work, int64_t payment_id, enum payment_resolution resolution,
                              struct error *err);
const char *payment_resolution_name(enum payment_resolution resolution); /* as in the database */

const char *payment_state_name(enum payment_state state); /* "creating", … as in the database */

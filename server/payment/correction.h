/*
 * What a person decides about money and stock. Each runs in the open transaction, writes its admin_logs row,
 * its ledger entries and the messages that follow from it, all or nothing. Who may is the caller's business
 * (roles are in the tables of bot/).
 */
#pragma once

#include "payment/checkout.h"

struct correction {
    int64_t actor_id; /* the admin's Telegram id; 0: whoever runs the server */
    const char *note; /* the reason, 1 to 500 characters; ERR_INVALID where it is blank */
    /* Of this decision, made before it is carried out (an update's id): the same one twice is ERR_CONFLICT.
     */
    const char *key;
};

/* Part or all of what was paid, to the buyer's balance; the purchase stays theirs. ERR_INVALID unless 1 to
 * what is left of the order's total; ERR_CONFLICT where the order is not paid. */
MUST_USE bool correction_refund(struct work *work, const struct correction *by, int64_t order_id,
                                int64_t amount, int64_t *balance_out, struct error *err);
/* The money came another way: settles the order as the gateway's word would; an ended one is revived or its
 * amount credited. ERR_CONFLICT where it is paid. */
MUST_USE bool correction_mark_paid(struct work *work, const struct correction *by, int64_t order_id,
                                   struct error *err);
/* The contents once more to the buyer. ERR_CONFLICT where the order is not paid. */
MUST_USE bool correction_resend(struct work *work, const struct correction *by, int64_t order_id,
                                struct error *err);
/* Another unit of the same product for one that was sold; the buyer is sent it. ERR_NOT_FOUND, ERR_CONFLICT
 * where it was not sold, was replaced before, or there is none. */
MUST_USE bool correction_replace_unit(struct work *work, const struct correction *by, int64_t unit_id,
                                      int64_t *new_unit_out, struct error *err);
/* Adds to a person's balance, or takes from it (negative). ERR_INVALID where it would fall below zero. */
MUST_USE bool correction_adjust_balance(struct work *work, const struct correction *by, int64_t telegram_id,
                                        int64_t amount, int64_t *balance_out, struct error *err);

/* A parked payment (another amount than asked for). */
enum correction_settlement {
    CORRECTION_DELIVER, /* as if it had been right */
    CORRECTION_CREDIT,  /* what was paid goes to the balance; the order ends, its units are free again */
    CORRECTION_REFUNDED /* given back outside of Lapak: noted; the order ends */
};
/* ERR_CONFLICT where the payment is not parked (any more). */
MUST_USE bool correction_settle_mismatch(struct work *work, const struct correction *by, int64_t payment_id,
                                         enum correction_settlement how, struct error *err);

/* A deposit by hand whose proof was looked at. ERR_CONFLICT where it is not in review (or, to confirm,
 * rejected). */
MUST_USE bool correction_confirm_deposit(struct work *work, const struct correction *by, int64_t deposit_id,
                                         struct error *err);
MUST_USE bool correction_reject_deposit(struct work *work, const struct correction *by, int64_t deposit_id,
                                        struct error *err);

/*
 * What a person decides about money and stock. Each runs in the open transaction, writes its admin_logs row,
 * its ledger entries and the messages that follow from it, all or nothing. Who may is the caller's business
 * (roles are in the tables of bot/).
 *
 * ERR_INVALID, ERR_NOT_FOUND and ERR_CONFLICT come before anything was written: the transaction can go on, to
 * say so. ERR_CONFLICT also for a decision that was carried out before. Two at once wait for each other (the
 * person's row is locked first) and the second sees what the first did.
 */
#pragma once

#include "payment/checkout.h"

struct correction {
    int64_t actor_id; /* the admin's Telegram id; 0: whoever runs the server */
    const char *note; /* the reason, 1 to 500 characters; ERR_INVALID where it is blank */
    /* Of this decision, made before it is carried out ("update:17"), not empty: the same one twice is
     * ERR_CONFLICT. */
    const char *key;
};

/* Part or all of what was paid, in rupiah, to the buyer's balance; the purchase stays theirs. ERR_INVALID
 * unless 1 to what is left of the order's total; ERR_CONFLICT where the order is not paid. */
MUST_USE bool correction_refund(struct work *work, const struct correction *by, int64_t order_id,
                                int64_t amount, int64_t *balance_out, struct error *err);
/* The money came another way: a payment by hand settles the order as the gateway's word would; an ended one
 * is revived or its amount credited. What the gateway was asked for is voided. ERR_CONFLICT where money for
 * it came already: it is paid, a payment of it was credited, or is parked (correction_settle_mismatch). */
MUST_USE bool correction_mark_paid(struct work *work, const struct correction *by, int64_t order_id,
                                   struct error *err);
/* The contents once more to the buyer. ERR_CONFLICT where the order is not paid. */
MUST_USE bool correction_resend(struct work *work, const struct correction *by, int64_t order_id,
                                struct error *err);
/* Another unit of the same product for one that was sold; the buyer is sent it. ERR_NOT_FOUND; ERR_CONFLICT
 * where it was not sold, was replaced before, or no other is available. */
MUST_USE bool correction_replace_unit(struct work *work, const struct correction *by, int64_t unit_id,
                                      int64_t *new_unit_out, struct error *err);
/* An open order is given up, as its buyer could: its units are free again, the gateway's transaction is
 * voided. ERR_CONFLICT where it is not open (any more), or money came for it that is parked. */
MUST_USE bool correction_cancel(struct work *work, const struct correction *by, int64_t order_id,
                                struct error *err);
/* A manual item was done: the buyer gets `text` (1 to 4096 characters), or the document with its name, or,
 * where all three are NULL, is told that it is done. The order is completed once all of it was sent.
 * ERR_NOT_FOUND; ERR_INVALID where both are given, or one is not like that; ERR_CONFLICT where it was done
 * before, is no manual item, or its order is not paid. What was given is written to no log. */
MUST_USE bool correction_fulfil(struct work *work, const struct correction *by, int64_t order_item_id,
                                const char *text, const char *file_id, const char *file_name,
                                struct error *err);
/* Adds rupiah to a person's balance, or takes from it (negative). ERR_INVALID where it would fall below zero,
 * or for 0 and more than LEDGER_MOST; ERR_NOT_FOUND where the person is not known. */
MUST_USE bool correction_adjust_balance(struct work *work, const struct correction *by, int64_t telegram_id,
                                        int64_t amount, int64_t *balance_out, struct error *err);

/* A parked payment (another amount than asked for). */
enum correction_settlement {
    /* As if it had been right. Where the order ended meanwhile and its units are gone, or another payment
     * paid for it, what was paid goes to the balance. A deposit is booked with what was paid. */
    CORRECTION_DELIVER,
    /* What was paid goes to the balance; an open order ends, its units are free again. A deposit is booked.
     */
    CORRECTION_CREDIT,
    CORRECTION_REFUNDED /* given back outside of Lapak: noted; what is open ends */
};
/* ERR_CONFLICT where the payment is not parked (any more); ERR_INVALID where it is not known what was paid,
 * and that is to go to the balance. */
MUST_USE bool correction_settle_mismatch(struct work *work, const struct correction *by, int64_t payment_id,
                                         enum correction_settlement how, struct error *err);

/* A deposit by hand whose proof was looked at: booked, or not. ERR_CONFLICT where it is not in review (or, to
 * confirm, rejected). */
MUST_USE bool correction_confirm_deposit(struct work *work, const struct correction *by, int64_t deposit_id,
                                         struct error *err);
MUST_USE bool correction_reject_deposit(struct work *work, const struct correction *by, int64_t deposit_id,
                                        struct error *err);

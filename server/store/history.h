/*
 * What happened to an order or a deposit, and who had a hand in it: reads only, from the tables of those who
 * own them, in the open transaction or one of its own. Contents, proofs and answers are not in it.
 */
#pragma once

#include "work/work.h"

#define HISTORY_MOST 300

/* In the order in which those of one moment are told. The numbers stand in the statements. */
enum event_kind {
    EVENT_MADE,           /* amount: what was to be paid */
    EVENT_PAYMENT_MADE,   /* what: the method; amount: what was asked for */
    EVENT_PAYMENT_HINTED, /* the gateway's webhook said that it was paid */
    EVENT_PROVED,         /* a deposit's proof came */
    EVENT_DECISION,       /* what: the action in admin_logs; by whom, and the note */
    EVENT_PAYMENT_ENDED,  /* what: the payment's state; amount: what was asked for, or came */
    EVENT_LEDGER,         /* what: the entry's kind; amount: signed */
    EVENT_PAID,           /* an order */
    EVENT_COMPLETED,      /* everything was delivered, or the deposit booked */
    EVENT_ENDED,          /* what: the reason, or "" */
    EVENT_KINDS
};

struct event {
    enum event_kind kind;
    int64_t at_ms;
    const char *what;       /* a word of the database's, or "" */
    int64_t amount;         /* rupiah; 0 where there is none */
    int64_t actor_id;       /* of a decision; 0: whoever runs the server */
    const char *actor_name; /* their first name; "" where not known */
    const char *note;       /* of a decision; "" */
};

/* The newest HISTORY_MOST, oldest first; in the arena. Nothing where there is no such order or deposit. */
MUST_USE bool history_of_order(struct work *work, int64_t order_id, const struct event **events_out,
                               size_t *count_out, struct error *err);
MUST_USE bool history_of_deposit(struct work *work, int64_t deposit_id, const struct event **events_out,
                                 size_t *count_out, struct error *err);

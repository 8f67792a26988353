/* Decisions of admins (payment/correction.h), each as a transaction of its own. */
#pragma once

#include "bills.h"
#include "payment/correction.h"

enum { ADMIN = 9001, OTHER_ADMIN = 9002 };

struct decision {
    bool (*run)(struct work *work, struct decision *decision, struct error *err);
    struct correction by; /* what is not given: ADMIN, "as the buyer asked", "update:1" */
    int64_t id, amount;
    enum correction_settlement how;
    int64_t result; /* a balance, or a unit */
    struct error err;
};

bool do_refund(struct work *work, struct decision *decision, struct error *err);
bool do_mark_paid(struct work *work, struct decision *decision, struct error *err);
bool do_resend(struct work *work, struct decision *decision, struct error *err);
bool do_replace(struct work *work, struct decision *decision, struct error *err);
bool do_adjust(struct work *work, struct decision *decision, struct error *err);
bool do_settle_mismatch(struct work *work, struct decision *decision, struct error *err);
bool do_cancel(struct work *work, struct decision *decision, struct error *err);
bool do_fulfil(struct work *work, struct decision *decision, struct error *err); /* with a text */
bool do_confirm(struct work *work, struct decision *decision, struct error *err);
bool do_reject(struct work *work, struct decision *decision, struct error *err);

/* Carries it out, at one of the two servers; false with `err` where it was refused. */
bool decide_at(struct lane_store *store, struct decision *decision);
bool decide(struct decision *decision);
/* The same; fails the test where it was, or was not, refused. */
void decide_well(struct decision decision);
void decide_badly(enum error_code code, struct decision decision);

/* The oldest unit of a bill's product in that state. */
int64_t decision_unit(const struct made_bill *made, const char *state);

/* Every kind of decision but a unit's, in a state in which it can be carried out. */
struct decision_kind {
    const char *name;
    bool (*run)(struct work *work, struct decision *decision, struct error *err);
    const char *order, *deposit, *by_hand, *payment; /* one of the first three, in that state */
    bool manual;                                     /* the order is of something done by hand */
    int64_t amount;
    enum correction_settlement how;
    const char *log; /* without the actor and the note */
};
extern const struct decision_kind decision_kinds[];
extern const size_t decision_kind_count;
/* An empty store with the bill it is about. */
struct decision decision_of(const struct decision_kind *kind);

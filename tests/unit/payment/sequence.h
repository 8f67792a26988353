/*
 * What the actions of a random sequence share: chance, which all comes from one seed, what was done so far,
 * the model that every action is also done to, and something to do it with.
 */
#pragma once

#include "house.h"
#include "model.h"

extern struct model model;
extern struct model_payment *in_call; /* whose call to the gateway is under way; or NULL */

/* Of $LAPAK_TEST_SEED, or of now. */
uint64_t sequence_seed(void);
/* Nothing was done so far. */
void sequence_begin(void);
int any(int count); /* 0 to count - 1 */
bool one_in(int count);
/* Adds to what was done, for the report of a failure. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void fail_with(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

typedef bool payment_filter(const struct model_payment *payment);
bool is_any(const struct model_payment *payment);
bool is_open(const struct model_payment *payment);
bool is_creating(const struct model_payment *payment);
bool is_at_gateway(const struct model_payment *payment);
bool has_ended(const struct model_payment *payment);
bool is_parked(const struct model_payment *payment);
/* One for which an action is meant, mostly; NULL where there is none. */
struct model_payment *any_payment(payment_filter *fits);
/* The same of orders, and of deposits by hand. */
struct model_bill *any_order(void);
struct model_bill *any_by_hand(void);

struct action {
    int weight;
    void (*run)(void);
    bool may_be_meanwhile; /* while another server's call to the gateway is under way */
};
extern const struct action buyers_actions[], admins_actions[],
    gateways_actions[]; /* end with a weight of 0 */

/* The row of a payment that was just made. */
int64_t newest_payment(void);
/* Asks for a payment's state, and gets a true answer. */
void look_at_last(struct model_payment *payment);

/*
 * A store as its contract describes it, in plain arrays: what every action must lead to, worked out without a
 * look at the product's code. property_test.c does each action to both and compares the pictures.
 */
#pragma once

#include "base/arena.h"
#include "payment/correction.h"
#include "payment/gateway.h"
#include "store/deposit.h"
#include "store/order.h"
#include "store/payment.h"

enum { MODEL_PEOPLE = 3, MODEL_PRODUCTS = 4, MODEL_COUPONS = 2, MODEL_MOST = 400, MODEL_MOST_OPEN = 3 };
/* The first products are sold as units; of the others there is no end. */
enum { MODEL_OF_UNITS = 2, MODEL_SHARED = 2, MODEL_MANUAL = 3 };
#define MODEL_FIRST_PERSON  INT64_C(1001) /* Telegram id of person 0 */
#define MODEL_INVOICE_MS    INT64_C(900000)
#define MODEL_DEPOSIT_LEAST 10000
#define MODEL_QRIS_LEAST    500

struct model_coupon {
    int percent; /* 0: it takes off `value` rupiah */
    int64_t value;
    int most_uses, most_uses_each, uses;
};

struct model_bill { /* an order, or a deposit */
    int64_t id;
    int person;
    int64_t amount;              /* rupiah, the discount taken off */
    struct model_coupon *coupon; /* or NULL */
    int64_t expires_ms;
    int quantity[MODEL_PRODUCTS]; /* none for a deposit */
    bool is_deposit, by_hand;
    int64_t refunded;
    bool fulfilled; /* what is to be done by hand was */
    int state;      /* enum order_state or enum deposit_state */
};

enum model_method { BY_GATEWAY, BY_BALANCE, BY_HAND };

struct model_payment {
    int64_t id;
    struct model_bill *bill;
    enum model_method method;
    enum payment_state state;
    bool parked;      /* until an admin decides */
    bool has_problem; /* for ever */
    int64_t paid;     /* rupiah, where it has a problem */
    bool known;       /* its transaction, to us */
    int failures;
    /* The gateway's side: */
    bool there;
    enum gateway_status status;
    int64_t status_amount;
    int64_t expires_ms;
};

struct model {
    int64_t now_ms;
    int64_t price[MODEL_PRODUCTS];
    int64_t balance[MODEL_PEOPLE];
    int available[MODEL_PRODUCTS], sold[MODEL_PRODUCTS], replaced[MODEL_PRODUCTS];
    /* What the gateway took, or somebody by hand, and the books don't have: given back outside, short of an
     * order that was delivered all the same; less what came onto balances from nowhere. */
    int64_t elsewhere;
    struct model_coupon coupons[MODEL_COUPONS];
    struct model_bill bills[MODEL_MOST];
    struct model_payment payments[MODEL_MOST];
    int bill_count, payment_count;
};

/* What stands in the way of an order of these quantities; its total in any case. */
enum order_obstacle model_obstacle(const struct model *model, int person, const int *quantity,
                                   const struct model_coupon *coupon, bool by_balance, int64_t *total_out);
bool model_may_deposit(const struct model *model, int person);
/* It was made, as the product says under that id. */
struct model_bill *model_add_order(struct model *model, int64_t id, int person, const int *quantity,
                                   struct model_coupon *coupon);
struct model_bill *model_add_deposit(struct model *model, int64_t id, int person, int64_t amount);
/* By balance or by hand it is settled at once. */
struct model_payment *model_add_payment(struct model *model, int64_t id, struct model_bill *bill,
                                        enum model_method method);

bool model_is_open(const struct model_bill *bill);
/* The buyer gives up; false where that must be refused. */
bool model_cancel(struct model *model, struct model_payment *payment);
/* The money is ours. */
void model_settle(struct model *model, struct model_payment *payment);

enum model_answer {
    ANSWER_TRUTH,
    ANSWER_REFUSED, /* create: an error of the gateway that will not pass */
    ANSWER_LOST,    /* create: it was made, and the answer did not arrive */
    ANSWER_OF_OTHER /* status: about another transaction */
};
/* What people decide; false where that must be refused. */
bool model_cancel_by_hand(struct model_bill *deposit);
bool model_may_mark_paid(const struct model *model, const struct model_bill *order);
void model_mark_paid(struct model *model, int64_t payment_id, struct model_bill *order);
bool model_refund(struct model *model, struct model_bill *order, int64_t amount);
bool model_adjust(struct model *model, int person, int64_t amount);
bool model_complete(struct model_bill *order);
bool model_fulfil(struct model_bill *order);
bool model_replace(struct model *model, const struct model_bill *order, int product);
bool model_resolve(struct model *model, struct model_payment *payment, enum correction_settlement how);

/* What a job does with the answer its call got. The gateway's side has changed already. */
bool model_create_calls(const struct model_payment *payment, int64_t now_ms);
void model_create_not_called(struct model *model, struct model_payment *payment);
void model_created(struct model *model, struct model_payment *payment, enum model_answer answer);
/* `status` and `status_amount` as they were when the gateway was asked; `known`: whether for the status. */
void model_checked(struct model *model, struct model_payment *payment, enum model_answer answer, bool known,
                   enum gateway_status status, int64_t status_amount);

/* Everything that the database should say, as one line; and the statement whose value says it. */
const char *model_picture(const struct model *model, struct arena *arena);
extern const char model_picture_sql[];
/* Orders that are paid and not delivered yet. */
int model_undelivered(const struct model *model);
/* What the gateway took, or somebody by hand, less what is parked; and where it is. They are to be equal. */
int64_t model_taken(const struct model *model);
int64_t model_booked(const struct model *model);

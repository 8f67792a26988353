/* What buyers and admins are told of what an admin decided: notices of payment/checkout.h, which say when
 * each is called. In the open transaction. */
#pragma once

#include "payment/checkout.h"

/* A parked payment went to the balance. */
MUST_USE bool corrections_credited(struct work *work, const struct order *order, int64_t amount,
                                   int64_t balance, struct error *err);
MUST_USE bool corrections_given_back(struct work *work, const struct bill *bill,
                                     const struct payment *payment, struct error *err);
MUST_USE bool corrections_resend(struct work *work, const struct order *order, struct error *err);
MUST_USE bool corrections_replaced(struct work *work, const struct order *order, int64_t unit_id,
                                   struct error *err);
MUST_USE bool corrections_fulfilled(struct work *work, const struct order *order,
                                    const struct order_item *item, struct error *err);
MUST_USE bool corrections_refunded(struct work *work, const struct order *order, int64_t amount,
                                   int64_t balance, struct error *err);
MUST_USE bool corrections_adjusted(struct work *work, int64_t telegram_id, int64_t amount, int64_t balance,
                                   const char *note, struct error *err);
MUST_USE bool corrections_rejected(struct work *work, const struct deposit *deposit, const char *note,
                                   struct error *err);

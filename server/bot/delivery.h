/* What was bought, to its buyer: contents and the terms that go with them. In the open transaction. */
#pragma once

#include "store/order.h"
#include "store/text.h"
#include "work/work.h"

/* The contents of a paid order under a heading (TEXT_PAID, TEXT_PAID_LATE, TEXT_PAID_AGAIN): one message, or
 * a .txt document where it is too long for one, and behind it each file. Says of what is done by hand whether
 * it was. Held for a person who blocked the bot; completes the order once all of it was sent, unless
 * something is still to be done. */
MUST_USE bool delivery_add(struct work *work, const struct order *order, enum text_key heading,
                           struct error *err);

/* The unit that took a bad one's place, in the same ways; completes nothing. ERR_NOT_FOUND where it is not
 * one of the order's. */
MUST_USE bool delivery_add_replacement(struct work *work, const struct order *order, int64_t unit_id,
                                       struct error *err);

/* A manual item that was done, in the same ways. */
MUST_USE bool delivery_add_fulfilment(struct work *work, const struct order *order,
                                      const struct order_item *item, struct error *err);

/* A message with EFFECT_DELIVERED or EFFECT_FULFILLED (which it is: `effect`) was sent, or Telegram refused
 * it: what that means for its order, which is locked and fresh. */
MUST_USE bool delivery_note(struct work *work, const struct order *order, const char *effect, bool sent,
                            struct error *err);

/* The terms of each item that has some, with the button to fulfil them. */
MUST_USE bool delivery_add_terms(struct work *work, const struct order *order, struct error *err);

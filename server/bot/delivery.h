/* What was bought, to its buyer: contents and the terms that go with them. In the open transaction. */
#pragma once

#include "store/order.h"
#include "store/text.h"
#include "work/work.h"

/* The contents of a paid order under a heading (TEXT_PAID, TEXT_PAID_LATE, TEXT_PAID_AGAIN): one message, or
 * a .txt document where it is too long for one. Held for a person who blocked the bot; completes the order
 * once it was sent. */
MUST_USE bool delivery_add(struct work *work, const struct order *order, enum text_key heading,
                           struct error *err);

/* The unit that took a bad one's place, in the same ways; completes nothing. ERR_NOT_FOUND where it is not
 * one of the order's. */
MUST_USE bool delivery_add_replacement(struct work *work, const struct order *order, int64_t unit_id,
                                       struct error *err);

/* The terms of each item that has some, with the button to fulfil them. */
MUST_USE bool delivery_add_terms(struct work *work, const struct order *order, struct error *err);

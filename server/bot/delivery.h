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

/* The terms of each item that has some, with the button to fulfil them. */
MUST_USE bool delivery_add_terms(struct work *work, const struct order *order, struct error *err);

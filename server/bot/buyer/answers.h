/* The questions of products that an admin does by hand ("User ID game"): asked before the cart is paid,
 * changed from its page, answered by the person's next message. Answers are personal: sealed, and never
 * logged. */
#pragma once

#include "bot/turn.h"

/* The question of a product in the cart, as a step of the checkout. In the open transaction, or the update's,
 * which is then open. */
MUST_USE bool answers_ask(struct turn *turn, const struct catalogue_product *product, struct error *err);

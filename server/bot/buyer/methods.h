/* The page on which a buyer chooses how to pay. */
#pragma once

#include "bot/buyer/basket.h"

/* For a cart that can be ordered as it is: each of the store's methods that takes the amount, with what it
 * will probably cost, and the person's balance. Where there is none, the page says why and what can be done.
 * Reads the balance, in the open transaction or in one of its own. */
MUST_USE bool methods_show(struct turn *turn, const struct basket *basket, struct error *err);

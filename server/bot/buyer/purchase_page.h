/* How one order looks to who made it: its page with what can be done now, and its receipt. */
#pragma once

#include "bot/turn.h"
#include "store/order_list.h"

/* What there is to an order for its buyer: its states, and one more. */
enum purchase_view {
    VIEW_PENDING,
    VIEW_CHECKED, /* not paid, but money came that an admin has to look at */
    VIEW_PAID,
    VIEW_UNFULFILLED, /* paid, and an admin is doing something by hand */
    VIEW_COMPLETED,
    VIEW_CANCELLED,
    VIEW_EXPIRED,
};
enum purchase_view purchase_view_of(const struct order_detail *detail);

/* The sign a state has in lists. */
const char *purchase_sign(enum order_state state);
/* What the pages of an order say, for buyers and admins: its state with the sign (plain), its items with
 * their prices, as many as fit `limit` units and at least one (HTML), and a payment's method (plain). */
const char *purchase_say_state(struct work *work, const struct order_detail *detail);
const char *purchase_say_items(struct work *work, const struct order *order, size_t limit);
const char *purchase_say_method(struct work *work, const char *name);

void purchase_page_show(struct turn *turn, const struct order_detail *detail);
/* As a message of its own. The order is paid. */
void purchase_page_receipt(struct turn *turn, const struct order_detail *detail);

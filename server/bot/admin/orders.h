/*
 * 📋 Kelola Order: what admins see of orders, and do about them. Callback verbs begin with "ao". The money is
 * moved by payment/correction.h, the figures come from store/order_search.h.
 */
#pragma once

#include "bot/turn.h"
#include "bot/wizard.h"
#include "store/order_search.h"

/* orders.c: the ways in, lists */
turn_handler orders_home, orders_list, orders_products;
/* Where a list of these is: callback data up to the page, "aol:6:1001"; in the arena. */
const char *orders_list_prefix(struct turn *turn, enum order_filter filter, int64_t ref);

/* orders_search.c: what is typed */
turn_handler orders_search_start;
extern const struct wizard_kind orders_search_wizard;

/* orders_page.c: one order. orders_detail is also where notices lead to ("aod:17"). */
turn_handler orders_detail, orders_detail_in_list, orders_history, orders_units;

/* What can be done with an order as it is now. */
enum order_action { ORDER_PAY, ORDER_CANCEL, ORDER_REFUND, ORDER_RESEND, ORDER_REPLACE, ORDER_ACTIONS };
bool orders_can(const struct order_record *record, enum order_action action);
/* Shows the order with `line` (HTML, NULL: none) above it; one that is not there is told by a popup. */
MUST_USE bool orders_show(struct turn *turn, int64_t order_id, const char *line, struct error *err);
/* The same with a popup that says that it has changed meanwhile. */
MUST_USE bool orders_show_changed(struct turn *turn, int64_t order_id, struct error *err);
/* "#17 · Budi · Rp 30.000", plain: what a wizard is about. */
const char *orders_name(struct work *work, const struct order_record *record);

/* orders_act.c: decisions */
turn_handler orders_pay, orders_cancel, orders_refund, orders_resend_ask, orders_resend, orders_replace;
extern const struct wizard_kind orders_pay_wizard, orders_cancel_wizard, orders_refund_wizard,
    orders_replace_wizard;

/* orders_manual.c: what is done by hand */
turn_handler orders_queue, orders_item, orders_fulfil;
extern const struct wizard_kind orders_fulfil_wizard;

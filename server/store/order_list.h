/*
 * Orders, looked at from a person, and what of them waits for an admin: reads only, in the open transaction
 * or one of its own; results in the arena. The tables are order.c's and payment.c's.
 */
#pragma once

#include "store/order.h"
#include "store/payment.h"
#include "work/work.h"

enum { ORDER_SUMMARY_ITEMS = 3, ORDER_LIST_MOST_OPEN = 20 };

/* An order as a line of a list. */
struct order_summary {
    int64_t id;
    enum order_state state;
    int64_t total; /* rupiah */
    int64_t created_ms, expires_ms;
    int64_t item_count; /* products in it */
    size_t shown_count; /* of them here: the first ones */
    struct {
        const char *name;
        int64_t quantity;
    } shown[ORDER_SUMMARY_ITEMS];
};

/* A page of a person's orders, newest first. Pages are named by an order's id: one made meanwhile makes
 * nobody miss any. */
struct order_page {
    size_t open_count; /* pending ones: on the newest page alone, at most ORDER_LIST_MOST_OPEN */
    const struct order_summary *open;
    size_t count; /* the others */
    const struct order_summary *orders;
    int64_t total_count; /* all of the person's orders */
    bool has_newer, has_older;
    int64_t newer, older; /* `before` of the pages beside this one */
};

/* Counted from the newest in pages of `limit`, the page on which the order just below id `before` stands; the
 * newest page for 0, and where there is none. */
MUST_USE bool order_list_page(struct work *work, int64_t telegram_id, int64_t before, int64_t limit,
                              struct order_page *page_out, struct error *err);

/* All there is to tell of an order. */
struct order_detail {
    struct order order;
    int64_t ended_ms;       /* cancelled or expired; 0 */
    const char *end_reason; /* the word that order_end() was given, or NULL */
    bool has_payment;
    struct payment payment; /* see payment_to_show() */
};
/* ERR_NOT_FOUND also where it is another person's. */
MUST_USE bool order_list_detail(struct work *work, int64_t order_id, int64_t telegram_id,
                                struct order_detail *detail_out, struct error *err);
/* Whosever it is. */
MUST_USE bool order_list_detail_any(struct work *work, int64_t order_id, struct order_detail *detail_out,
                                    struct error *err);

/* Whether a pending order of the person has this message as its loading line. */
MUST_USE bool order_list_is_loading_in(struct work *work, int64_t telegram_id, int64_t message_id,
                                       bool *found_out, struct error *err);

/* What an admin is to do by hand: a manual item of a paid order that is not fulfilled. What was given back
 * as a whole is not to be done any more. */
struct order_manual {
    int64_t item_id, order_id, product_id;
    const char *reference; /* the order's */
    int64_t telegram_id;   /* the buyer */
    const char *name;      /* the product's */
    int64_t quantity;
    const char *question, *answer; /* "" and NULL where nothing was asked. The answer is personal. */
    int64_t paid_ms;
};

/* A page of them, the oldest order first. Pages are named by the item they begin with, also where that is
 * done by now. */
struct order_manual_page {
    size_t count;
    const struct order_manual *items;
    int64_t total_count; /* on all pages */
    bool has_previous, has_next;
    int64_t previous, next; /* `from` of the pages beside this one */
};

/* The page that begins with an item; the first for 0, and where nothing is left from there on. */
MUST_USE bool order_list_manual(struct work *work, int64_t from, int64_t limit,
                                struct order_manual_page *page_out, struct error *err);

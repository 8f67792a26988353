/*
 * Orders as a store's admins look for them: reads only, in the open transaction or one of its own; results in
 * the arena. The tables are order.c's, payment.c's, user.c's and catalogue.c's. Each page is read by an
 * index, whatever the store has sold.
 */
#pragma once

#include "store/order_list.h"
#include "store/search.h"
#include "store/user.h"

/* Which orders. The numbers stand in callback data that people keep: new ones go to the end. */
enum order_filter {
    ORDERS_ALL,
    ORDERS_PENDING,
    ORDERS_PAID,
    ORDERS_COMPLETED,
    ORDERS_CANCELLED,
    ORDERS_EXPIRED,
    ORDERS_OF_PERSON,  /* ref: Telegram id */
    ORDERS_OF_PRODUCT, /* ref: product */
    ORDERS_PARKED,     /* money came that an admin has to look at */
    ORDER_FILTERS
};

/* An order as a line of a list. */
struct order_found {
    int64_t id;
    enum order_state state;
    int64_t total; /* rupiah */
    int64_t created_ms;
    int64_t telegram_id;
    const char *first_name, *last_name; /* of the buyer; last_name NULL where there is none */
    int64_t item_count;                 /* products in it */
    const char *item_name;              /* the first of them */
    int64_t item_quantity;
};
struct order_search_page {
    size_t count;
    const struct order_found *orders; /* newest first */
    struct search_ends ends;
};
/* SEARCH_ROWS orders that fit, newest first, beyond id `from` (0: from the newest). ERR_INVALID for a filter
 * that there is not. */
MUST_USE bool order_search(struct work *work, enum order_filter filter, int64_t ref, int64_t from,
                           struct order_search_page *page_out, struct error *err);

/* How many wait for something; counted up to SEARCH_MOST_COUNTED. */
struct order_counts {
    int64_t pending, paid, parked;
};
MUST_USE bool order_search_counts(struct work *work, struct order_counts *counts_out, struct error *err);

/* What an admin may mean by a few characters: an order by its number, reference or the gateway's transaction,
 * a deposit by its reference or transaction, a person by Telegram id or username (with or without @), a
 * product by its code. */
#define ORDER_MATCHES 12
enum order_match_kind { MATCH_ORDER, MATCH_DEPOSIT, MATCH_PERSON, MATCH_PRODUCT };
struct order_match {
    enum order_match_kind kind;
    int64_t id;
    const char *name; /* a reference, or the name of a person or product */
};
MUST_USE bool order_search_text(struct work *work, const char *text, struct order_match **matches_out,
                                size_t *count_out, struct error *err);

/* All an admin is told of one order. */
enum { ORDER_RECORD_PAYMENTS = 10 };
struct order_record {
    struct order_detail detail;
    struct person buyer;
    bool buyer_reachable;           /* false: blocked the bot */
    int64_t resends;                /* times an admin sent its contents again */
    size_t payment_count;           /* at most ORDER_RECORD_PAYMENTS */
    const struct payment *payments; /* newest first */
    const struct payment *parked;   /* the one among them that an admin has to look at, or NULL */
    int64_t units, units_replaced;  /* units that the buyer has, and such that were replaced */
    int64_t terms, terms_fulfilled;
};
/* ERR_NOT_FOUND. */
MUST_USE bool order_search_record(struct work *work, int64_t order_id, struct order_record *record_out,
                                  struct error *err);

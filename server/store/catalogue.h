/*
 * Categories and products. Owns tables `categories` and `products`, and the snapshot from which menus are
 * drawn without the database: immutable, one per store, on the lane's thread, rebuilt at the first reading
 * after a change (an own commit, or another process's, by NOTIFY). What is sold is decided by the database,
 * never by the snapshot.
 */
#pragma once

#include "work/work.h"

struct catalogue_category {
    int64_t id;
    const char *name;
    const char *emoji; /* "" where there is none */
    size_t product_count;
    const struct catalogue_product **products; /* visible ones, in the list's order */
};

struct catalogue_product {
    int64_t id;
    const struct catalogue_category *category;
    const char *code;
    const char *name;
    const char *description;
    const char *snk;
    int64_t price; /* rupiah */
    int64_t stock; /* units available when the snapshot was made */
    int64_t sold;
    size_t number; /* its number in "all products", from 1: what the number buttons mean */
};

struct catalogue {
    size_t category_count;
    const struct catalogue_category *categories; /* visible, with at least one visible product */
    size_t product_count;
    const struct catalogue_product *products; /* visible, in order of category and position */
    int64_t user_count;                       /* figures for the welcome page, at most a minute old */
    int64_t completed_order_count;
};

/* The store's snapshot; built when there is none (ERR_RETRY while the database is away and none was built
 * yet; an old one is served rather than none). Valid until the end of the task. Works with or without an open
 * transaction; between work_commit() and work_end() nothing can be asked of the database, so only what is
 * remembered is there (ERR_INTERNAL where nothing is): ask before the commit or after the end. At most a
 * minute old. */
MUST_USE bool catalogue_get(struct work *work, const struct catalogue **catalogue_out, struct error *err);
const struct catalogue_product *catalogue_product(const struct catalogue *catalogue,
                                                  int64_t product_id); /* or NULL */
const struct catalogue_category *catalogue_category(const struct catalogue *catalogue,
                                                    int64_t category_id); /* or NULL */
const struct catalogue_product *catalogue_by_number(const struct catalogue *catalogue,
                                                    int64_t number); /* or NULL */

/* The open transaction changed the catalogue or the stock: forget the snapshot here and, with the commit,
 * elsewhere (NOTIFY lapak_catalogue, the payload is the store's name). Queued. The functions of stock.h and
 * order.h call it. */
MUST_USE bool catalogue_changed(struct work *work, struct error *err);
/* Forgets the snapshot of this process (another process announced a change). */
void catalogue_forget(struct work *work);

/* Counts `quantity` more units of a product as sold. Queued. Only stock.c calls it, in the sale's
 * transaction. */
MUST_USE bool catalogue_count_sold(struct work *work, int64_t product_id, int64_t quantity,
                                   struct error *err);

/* Stock fell to `available`; `*crossed_out` says whether this is the crossing at which admins are to be told
 * (once until it rises above the limit again; units that are added or released are noticed without a call).
 * For several products, call in order of product id, so that two transactions can't wait for each other. */
MUST_USE bool catalogue_note_stock(struct work *work, int64_t product_id, int64_t available, int64_t limit,
                                   bool *crossed_out, struct error *err);

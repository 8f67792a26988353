/*
 * Categories and products. Owns tables `categories` and `products`, and the snapshot from which menus are
 * drawn without the database: immutable, one per store, on the lane's thread, rebuilt at the first reading
 * after a change (an own commit, or another process's, by NOTIFY), together with who is shut out (bar.h).
 * What is sold is decided by the database, never by the snapshot.
 */
#pragma once

#include "work/work.h"

/* What a product is; never changes. */
enum product_kind {
    PRODUCT_UNIT,   /* each unit of the stock is sold once */
    PRODUCT_SHARED, /* one text that every buyer gets */
    PRODUCT_FILE,   /* one document that every buyer gets */
    PRODUCT_MANUAL  /* an admin does it for each buyer, who may be asked something first */
};
const char *catalogue_kind_name(enum product_kind kind); /* "unit", … as in the database */
bool catalogue_kind_of(const char *name, enum product_kind *kind_out);

/* The `stock` of what is sold without limit, while it can be sold. */
#define CATALOGUE_UNLIMITED INT64_C(1000000000)

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
    enum product_kind kind;
    const char *question; /* to the buyer of a manual one; "" where there is none */
    const char *photo;    /* file_id; NULL: none */
    /* Units available when the snapshot was made. Of the other kinds CATALOGUE_UNLIMITED, but 0 where a
     * shared text or file is not there yet: it is sold out. */
    int64_t stock;
    int64_t sold;  /* of all kinds */
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

/* What all buyers of a shared product (a text of 1 to 4096 characters) or of a file (the document's file_id,
 * with its name of 1 to 200) get; both NULL take it away: sold out. Orders that were made keep what they had.
 * Queued; announces the change. ERR_INVALID where text or name are not like that. Of a product of another
 * kind, or where a text comes with a name or a file without one, the transaction fails with ERR_INVALID. */
MUST_USE bool catalogue_set_content(struct work *work, int64_t product_id, const char *content,
                                    const char *name, struct error *err);
/* The same as it is now, both in the arena; NULL where there is none. ERR_NOT_FOUND. */
MUST_USE bool catalogue_content(struct work *work, int64_t product_id, const char **content_out,
                                const char **name_out, struct error *err);

/* Stock of units fell to `available`; `*crossed_out` says whether this is the crossing at which admins are to
 * be told (once until it rises above the limit again; units that are added or released are noticed without a
 * call). For several products, call in order of product id, so that two transactions can't wait for each
 * other. */
MUST_USE bool catalogue_note_stock(struct work *work, int64_t product_id, int64_t available, int64_t limit,
                                   bool *crossed_out, struct error *err);

/*
 * Stock units. Owns table `stock_units` and its states: available -> reserved (by one order item) -> sold;
 * reserved -> available; available <-> removed, by admins (stock_edit.h). A sold unit may be replaced by
 * another one, once: it stays its buyer's, but is not shown to them again, nor counted on its product.
 * Contents are sealed with the store's vault; identity "stock:<product>:<digest hex>".
 */
#pragma once

#include "work/work.h"

/* Adds one unit; `*added_out` false where the same content is known already (in any state). ERR_INVALID
 * unless the content is 1 to 4096 characters of UTF-8. */
MUST_USE bool stock_add(struct work *work, int64_t product_id, const char *content, bool *added_out,
                        struct error *err);

/* Only items of kind PRODUCT_UNIT ask for units; of an order without any, these three change none. */

/* available -> reserved: the units all items of an order ask for, oldest first, with FOR UPDATE SKIP LOCKED;
 * nobody waits. All or nothing: where a product has too few, ERR_CONFLICT with the product in `*short_of_out`
 * (set for that failure only), nothing was written and the transaction can go on; until it ends other orders
 * pass over the units that were looked at. */
MUST_USE bool stock_reserve(struct work *work, int64_t order_id, int64_t *short_of_out, struct error *err);

/* reserved -> available for all units of an order. ERR_CONFLICT unless exactly as many were reserved as its
 * items ask for. */
MUST_USE bool stock_release(struct work *work, int64_t order_id, struct error *err);

/* reserved -> sold for all units of an order; counts what was sold on its products, of every kind.
 * ERR_CONFLICT unless exactly as many were reserved as the order's items ask for. */
MUST_USE bool stock_sell(struct work *work, int64_t order_id, struct error *err);

struct stock_unit {
    int64_t id, product_id;
    int64_t order_id, order_item_id; /* 0: available */
    bool is_sold;
    int64_t replaced_by; /* the unit that came in its place; 0: none */
};
/* ERR_NOT_FOUND. Takes no lock: the order's is what guards its units. */
MUST_USE bool stock_unit_get(struct work *work, int64_t unit_id, struct stock_unit *unit_out,
                             struct error *err);
/* The oldest available unit of the same product takes a sold one's place (available -> sold, to the same
 * item), with FOR UPDATE SKIP LOCKED. ERR_CONFLICT where the unit is not sold, was replaced before, or there
 * is none available; then nothing was written and the transaction can go on. */
MUST_USE bool stock_replace(struct work *work, int64_t unit_id, int64_t *new_unit_out, struct error *err);
/* Content of one unit, in any state; in the arena. ERR_NOT_FOUND. */
MUST_USE bool stock_content(struct work *work, int64_t unit_id, const char **content_out, struct error *err);

/* Contents of an item's sold units, in order of id, without those that were replaced. In the arena. Also used
 * to fetch a purchase again. */
MUST_USE bool stock_contents(struct work *work, int64_t order_item_id, const char ***contents_out,
                             size_t *count_out, struct error *err);

/* Contents of the available units of a product (export); in the arena. */
MUST_USE bool stock_available_contents(struct work *work, int64_t product_id, const char ***contents_out,
                                       size_t *count_out, struct error *err);

/* Number of available units now, by the database. */
MUST_USE bool stock_available(struct work *work, int64_t product_id, int64_t *count_out, struct error *err);
/* The contents of the units that an item has, also of replaced ones, are gone: each becomes `instead`. What
 * was known as a line of the product stays known. Queued. */
MUST_USE bool stock_forget_contents(struct work *work, int64_t order_item_id, const char *instead,
                                    struct error *err);

/* Carts. Owns table `cart_items`. Remembers the price the buyer saw; a cart of another price can't be checked
 * out. */
#pragma once

#include "store/catalogue.h"
#include "store/coupon.h"
#include "work/work.h"

enum { CART_MOST = 1000 /* units of one product */, CART_ANSWER = 500 };

struct cart_item {
    int64_t product_id;
    int64_t quantity;
    int64_t seen_price; /* rupiah, when it was put in */
    /* To the product's question, and the question as it was then (another one by now is not answered); NULL:
     * none. */
    const char *answer, *question;
};
struct cart {
    size_t count;
    const struct cart_item *items;       /* in the order they were put in */
    const struct coupon_in_cart *coupon; /* or NULL */
};

/* Changes the quantity by `delta` (may be negative), within 0..most (and CART_MOST); at 0 the item goes. Also
 * sets the price seen. One statement, queued, not waited for: `change_out` is filled by the next db_flush()
 * or work_commit() and must live until then; read it with cart_changed_quantity(). The person's row must be
 * locked (user_touch). ERR_INVALID where `delta` is beyond CART_MOST either way. */
struct cart_change {
    struct db_rows rows;
    int64_t product_id;
    int64_t telegram_id;
};
MUST_USE bool cart_change(struct work *work, int64_t telegram_id, int64_t product_id, int64_t delta,
                          int64_t most, int64_t price, struct cart_change *change_out, struct error *err);
/* The quantity after the change; 0 where the item is gone. Valid until work_end(). Called after the commit it
 * also remembers the quantity for reading. */
int64_t cart_changed_quantity(struct work *work, const struct cart_change *change);
/* Whether the transaction failed because the product is in the database no more, whatever the catalogue in
 * memory says. */
bool cart_product_is_gone(const struct work *work, const struct error *err);

/* The quantity of one product in a person's cart. From memory where this process read or wrote that cart
 * within the last 3 seconds (another server may have changed it meanwhile: it is a figure on a page), else
 * one statement, in the open transaction or one of its own. */
MUST_USE bool cart_quantity(struct work *work, int64_t telegram_id, int64_t product_id, int64_t *quantity_out,
                            struct error *err);

/* The whole cart from the database, in the open transaction or one of its own; in the arena. */
MUST_USE bool cart_get(struct work *work, int64_t telegram_id, struct cart *cart_out, struct error *err);
/* Both queued. A quantity of 0 takes the item out; ERR_INVALID where it is negative or above CART_MOST. An
 * emptied cart has no coupon either. */
MUST_USE bool cart_set(struct work *work, int64_t telegram_id, int64_t product_id, int64_t quantity,
                       int64_t price, struct error *err);
/* The person's answer to a product's question, 1 to CART_ANSWER characters: it goes into the order made of
 * the cart. ERR_NOT_FOUND where the product is not in the cart; ERR_INVALID where it is no such text. */
MUST_USE bool cart_set_answer(struct work *work, int64_t telegram_id, int64_t product_id,
                              const char *question, const char *answer, struct error *err);
MUST_USE bool cart_clear(struct work *work, int64_t telegram_id, struct error *err);

/* A cart seen against the catalogue: what it costs now, and what in it changed since it was filled. */
#pragma once

#include "bot/turn.h"
#include "store/coupon.h"

struct basket_item {
    const struct catalogue_product *product;
    int64_t quantity;
    const char *answer; /* to the product's question; NULL: none yet, or none is asked */
};
struct basket {
    size_t count;
    const struct basket_item *items;
    int64_t quantity; /* of all items */
    int64_t subtotal; /* rupiah, of all items */
    int64_t discount; /* rupiah, by the coupon; 0: none, or it does not hold */
    int64_t total;    /* rupiah to be paid: the subtotal without the discount */
    bool changed; /* prices, products or the coupon changed: the cart was brought up to date, the person is to
                     look at it */
    /* The first whose question is not answered, NULL: none; asked for before it is paid. */
    const struct catalogue_product *unanswered;
    bool is_short;                      /* more is asked for than there is */
    const char *notes;                  /* HTML lines on both; "" */
    const char *coupon_code;            /* of the coupon in the cart; NULL: none */
    enum coupon_refusal coupon_refusal; /* COUPON_OK where there is none */
    const char *coupon_note;            /* why it does not hold; HTML; NULL where it does */
    const char *headline;               /* put above its page; HTML; NULL: nothing */
};

/* Reads the cart. One that lags behind the catalogue is brought up to date: in the open transaction, or in
 * the update's, which is then open. */
MUST_USE bool basket_load(struct turn *turn, struct basket *basket_out, struct error *err);
/* Its page. */
void basket_show(struct turn *turn, const struct basket *basket);
/* Lines for the items, as many as fit into about 2,500 units, and one for the discount; HTML. */
const char *basket_lines(struct work *work, const struct basket *basket);

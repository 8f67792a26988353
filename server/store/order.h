/*
 * Orders. Owns tables `orders` and `order_items`.
 *
 * States: pending -> paid -> completed; pending -> cancelled | expired; and the late case, cancelled |
 * expired -> paid, by order_revive() alone. `paid` means the money is ours, `completed` that everything was
 * delivered, also what an admin does by hand (order_content.h). Every change names the states it comes from
 * and is ERR_CONFLICT where the order is in none of them.
 */
#pragma once

#include "store/cart.h"
#include "work/work.h"

enum order_state { ORDER_PENDING, ORDER_PAID, ORDER_COMPLETED, ORDER_CANCELLED, ORDER_EXPIRED };

struct order_item {
    int64_t id;
    int64_t product_id;
    const char *name;
    int64_t price; /* rupiah, fixed when the order was made */
    int64_t quantity;
    const char *snk; /* "" where there is none */
    enum product_kind kind;
    const char *question; /* to the buyer of a manual one; "" where there was none; see order_content.h */
    int64_t fulfilled_ms; /* a manual one was done; 0: not yet */
};

/* What became of the messages with what was bought. */
enum order_delivery {
    DELIVERY_OPEN /* on their way */,
    DELIVERY_SENT,
    DELIVERY_REFUSED /* one by Telegram */
};

struct order {
    int64_t id;
    const char *reference; /* "tg1001-k3v…", unique across stores: what the gateway sees */
    int64_t telegram_id;
    enum order_state state;
    int64_t subtotal, discount, total; /* rupiah */
    int64_t refunded;                  /* rupiah of it, to the balance, so far */
    int64_t coupon_id;                 /* 0: none */
    const char *coupon_code;           /* NULL: none */
    enum order_delivery delivery;
    int64_t loading_message_id, invoice_message_id; /* 0: none */
    int64_t created_ms, expires_ms, paid_ms, completed_ms;
    size_t item_count;
    const struct order_item *items;
};

/* The most an order may come to, in rupiah. */
#define ORDER_MOST INT64_C(1000000000000)

/* What stood in the way, for a friendly line. */
enum order_obstacle {
    ORDER_OK,
    ORDER_CART_EMPTY,
    ORDER_PRICE_CHANGED,
    ORDER_OUT_OF_STOCK,
    ORDER_GONE,
    ORDER_TOO_MANY_OPEN,
    ORDER_COUPON_REFUSED, /* the cart's coupon does not hold any more */
    ORDER_ANSWER_MISSING, /* to the product's question, as it is now */
    /* Of checkout_start() alone: */
    ORDER_BALANCE_SHORT,
    ORDER_GATEWAY_DOWN
};

/* Makes an order from the person's cart in the open transaction: prices and contents of what is sold without
 * limit from the database, answers from the cart, takes a use of the cart's coupon and fixes its discount,
 * reserves the units, empties the cart. The person's row must be locked
 * (user_touch), which makes the count of open orders right. `expires_ms` is when the invoice ends;
 * `most_open` how many unpaid orders a person may have. The order in the arena. Where that can't be,
 * ERR_CONFLICT with `*obstacle_out` and `*product_id_out` (0 where none) set, and the caller rolls back; they
 * are ORDER_OK and 0 for any other failure. ERR_INVALID above ORDER_MOST; ERR_RETRY where the catalogue
 * changed in the same moment. */
MUST_USE bool order_place(struct work *work, int64_t telegram_id, int64_t expires_ms, int64_t most_open,
                          struct order *order_out, enum order_obstacle *obstacle_out, int64_t *product_id_out,
                          struct error *err);

/* With its items; `lock` takes the row's lock until the end of the transaction. ERR_NOT_FOUND. */
MUST_USE bool order_get(struct work *work, int64_t order_id, bool lock, struct order *order_out,
                        struct error *err);
/* As order_get, for a person's own order only: another's is ERR_NOT_FOUND. */
MUST_USE bool order_get_own(struct work *work, int64_t order_id, int64_t telegram_id, bool lock,
                            struct order *order_out, struct error *err);

MUST_USE bool order_mark_paid(struct work *work, int64_t order_id,
                              struct error *err); /* pending -> paid; sells the units */
/* paid -> completed, and counts it; ERR_CONFLICT also while something is to be done by hand. */
MUST_USE bool order_mark_completed(struct work *work, int64_t order_id, struct error *err);
/* Of a paid order that is not completed (ERR_CONFLICT). Completing it says DELIVERY_SENT by itself. */
MUST_USE bool order_note_delivery(struct work *work, int64_t order_id, enum order_delivery delivery,
                                  struct error *err);
/* Whether something of it is still to be done by hand. */
bool order_is_unfulfilled(const struct order *order);
/* pending -> cancelled or expired; gives the coupon's use back and releases the units. `reason` is a word for
 * people reading the books. */
MUST_USE bool order_end(struct work *work, int64_t order_id, enum order_state end, const char *reason,
                        struct error *err);
/* Paid late: cancelled | expired -> paid, if the units and the coupon's use can be had again (its limits
 * count, not its dates or a stop); sells the units. ERR_CONFLICT where the order is in another state, there
 * are too few units or the coupon is used up: then nothing was written and the same transaction can go on (to
 * credit the buyer instead). With the order locked before by order_get(), its state tells the two apart. */
MUST_USE bool order_revive(struct work *work, int64_t order_id, struct error *err);

/* Notes that `amount` rupiah more of a paid or completed order were given back; the ledger entry is the
 * caller's. ERR_INVALID unless it is 1 to ORDER_MOST; ERR_CONFLICT unless paid or completed, or where more
 * than the total would be given back. */
MUST_USE bool order_refund(struct work *work, int64_t order_id, int64_t amount, struct error *err);

/* A pending order's end moves to `expires_ms` where that is earlier (the gateway's own time). ERR_CONFLICT
 * unless pending. */
MUST_USE bool order_shorten_expiry(struct work *work, int64_t order_id, int64_t expires_ms,
                                   struct error *err);

/* ERR_NOT_FOUND where there is no such order; a message id of 0 is none. */
MUST_USE bool order_set_loading_message(struct work *work, int64_t order_id, int64_t message_id,
                                        struct error *err);
MUST_USE bool order_set_invoice_message(struct work *work, int64_t order_id, int64_t message_id,
                                        struct error *err);

const char *order_state_name(enum order_state state); /* "pending", … as in the database */
/* False where no state has that name. */
MUST_USE bool order_state_of(const char *name, enum order_state *state_out);

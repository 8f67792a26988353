/*
 * Coupons. Owns table `coupons` and the column users.coupon_id (the coupon in a person's cart).
 *
 * A use is an order that holds the coupon: pending, paid or completed. `uses` is counted with the order, in
 * its transaction, and given back when the order ends unpaid; the limits hold under any concurrency: the
 * total by a CHECK of the database, the limit per person by the person's row lock (user_touch).
 */
#pragma once

#include "work/work.h"

enum coupon_kind { COUPON_PERCENT, COUPON_FLAT };

struct coupon_ids {
    size_t count; /* 0: everything */
    const int64_t *items;
};

struct coupon {
    int64_t id;
    const char *code; /* in capitals */
    enum coupon_kind kind;
    int64_t value;                          /* percent, or rupiah */
    int64_t maximum_discount;               /* rupiah; 0: none */
    int64_t minimum_total;                  /* rupiah, of the whole cart before the discount */
    struct coupon_ids products, categories; /* what it is for: any of either */
    int64_t most_uses, most_uses_each;      /* 0: no limit */
    int64_t uses;
    int64_t starts_ms, ends_ms; /* 0: no end */
    bool stopped;
};

/* Why a coupon can't be used, for a friendly line. */
enum coupon_refusal {
    COUPON_OK,
    COUPON_UNKNOWN, /* no such code */
    COUPON_STOPPED, /* by an admin */
    COUPON_NOT_YET,
    COUPON_ENDED,
    COUPON_USED_UP, /* by everybody together */
    COUPON_USED_BY_YOU,
    COUPON_TOTAL_TOO_SMALL,
    COUPON_NOT_FOR_THESE /* no product in the cart that it is for */
};

/* One line of what is to be discounted. */
struct coupon_line {
    int64_t product_id, category_id;
    int64_t amount; /* rupiah, price times quantity */
};

/* The discount in rupiah: 1 to the sum of the lines it is for; rounded down. COUPON_OK or why not; looks at
 * dates, minimum, products and the total limit, not at the limit per person. Pure. */
enum coupon_refusal coupon_discount(const struct coupon *coupon, const struct coupon_line *lines,
                                    size_t count, int64_t now_ms, int64_t *discount_out);

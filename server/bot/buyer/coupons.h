/* A coupon against what is in the cart. */
#pragma once

#include "bot/buyer/basket.h"
#include "store/coupon.h"

/* As coupon_discount(), of the basket's items at today's prices. */
enum coupon_refusal coupons_try(struct turn *turn, const struct basket *basket, const struct coupon *coupon,
                                int64_t own_uses, int64_t *discount_out);
/* What to say of a refusal, and what can be done about it; HTML. `code` is the coupon's, or as it was typed
 * where it is unknown (then `coupon` is NULL). */
const char *coupons_why_not(struct turn *turn, const struct basket *basket, const char *code,
                            const struct coupon *coupon, enum coupon_refusal refusal);
/* "🎟️ CODE: -Rp 5.000"; HTML. */
const char *coupons_line(struct work *work, const char *code, int64_t discount);

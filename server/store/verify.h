/*
 * The books against themselves: every balance recomputed from the ledger, every stock and coupon count from
 * its rows, every order from its items, payments, units and refunds, every deposit from its payment and
 * ledger entry. Reads only; one snapshot of the store (REPEATABLE READ), a page of rows at a time.
 */
#pragma once

#include "work/work.h"

struct verify_difference {
    const char *what; /* "balance", "sold", "coupon", "order", "payment", "unit", "deposit" */
    const char *who;  /* "user 1001", "product SUSU", "order tg1001-abc" … never contents */
    const char *says; /* one sentence with both figures */
};
struct verify_result {
    int64_t users, orders, payments, deposits, units, coupons; /* looked at */
    size_t difference_count;                                   /* all of them, also beyond those listed */
    size_t listed;                                             /* at most VERIFY_MOST_LISTED */
    const struct verify_difference *differences;               /* in the arena */
};
enum { VERIFY_MOST_LISTED = 1000 };

/* Begins and ends its own read-only transaction. A false is a failure to look, not a difference. */
MUST_USE bool verify_store(struct work *work, struct verify_result *result_out, struct error *err);

/*
 * What admins work out: a refund by the days of a period that are left, and a deposit with its fee, in both
 * directions. Whole rupiah and nothing else; each line of a sum can be worked out again by hand. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define CALCULATOR_MOST      INT64_C(1000000000000) /* rupiah that go in */
#define CALCULATOR_MOST_DAYS INT64_C(3650)

/* --- refunds --- */

struct calculator_refund {
    /* What goes in: */
    int64_t price;   /* rupiah, 1 to CALCULATOR_MOST */
    int64_t days;    /* of the period, 1 to CALCULATOR_MOST_DAYS */
    int64_t used;    /* days of them, 0 to `days` */
    int64_t percent; /* taken off, 0 to 100 */
    int64_t step;    /* rupiah, from 1: the result is a multiple of it */
    /* What comes out: */
    int64_t left;      /* days */
    int64_t worth;     /* of what is left, rounded down */
    int64_t deduction; /* the percent of that, rounded up */
    int64_t rest;      /* without the deduction */
    int64_t refund;    /* rounded down to the step */
};
/* False, and nothing comes out, where what goes in is not within its limits. */
bool calculator_refund(struct calculator_refund *sum);

/* --- fees --- */

struct calculator_fee {
    bool published;  /* the gateway's published formula for QRIS (payment/method.h); else: */
    int64_t percent; /* hundredths of a percent, 0 to 10,000 */
    int64_t flat;    /* rupiah, 0 to CALCULATOR_MOST */
};
/* What it costs to deposit that much (0 to CALCULATOR_MOST), rounded up; rupiah. */
int64_t calculator_fee(const struct calculator_fee *fee, int64_t amount);
/* The most that can be deposited by whoever pays `total` in all (to CALCULATOR_MOST); 0 where the fee takes
 * everything. */
int64_t calculator_amount(const struct calculator_fee *fee, int64_t total);

/* --- percents as people type them --- */

/* "0,7", "0.70%", "12 %", ".5": hundredths, 0 to 10,000. False where the text is anything else. */
bool calculator_percent(const char *text, int64_t *hundredths_out);

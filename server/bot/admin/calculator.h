/*
 * `🧮 Calculator`: refunds by the days that are left of a period, and deposits with their fee. What was
 * worked out is a row of admin_logs (action "calculate", subject "calculator") with what went in and what
 * came out: that is the history. What the files of it share; nobody else includes it.
 */
#pragma once

#include <jansson.h>

#include "bot/turn.h"
#include "bot/wizard.h"
#include "payment/calculator.h"

#define CALCULATOR_HOME    "ac"
#define CALCULATOR_FORMULA "acf"
#define CALCULATOR_ACTION  "calculate"
#define CALCULATOR_SUBJECT "calculator" /* its id is 0 */

enum calculator_kind { CALCULATOR_REFUND, CALCULATOR_DEPOSIT, CALCULATOR_TOTAL };

/* A sum; of one kind what the other needs is 0. */
struct calculator_sum {
    enum calculator_kind kind;
    struct calculator_refund refund;
    struct calculator_fee fee;
    int64_t amount; /* what is deposited */
    int64_t costs;  /* the fee */
    int64_t total;  /* what the buyer pays */
};

/* --- calculator.c --- */

extern const struct wizard_kind calculator_refund_wizard, calculator_deposit_wizard, calculator_total_wizard;
/* The formulas as the store has them now. */
struct calculator_fee calculator_fee_of(const struct work *work);

/* --- calculator_show.c --- */

/* "0,7%" of hundredths, "0,7% + Rp 310"; plain. */
const char *calculator_percent_text(struct work *work, int64_t hundredths);
const char *calculator_fee_text(struct work *work, const struct calculator_fee *fee);
/* The sum line by line, ready to be copied; HTML. */
const char *calculator_sum_html(struct work *work, const struct calculator_sum *sum);
/* On one line; plain. */
const char *calculator_sum_line(struct work *work, const struct calculator_sum *sum);
/* Callback data of the form that works out another one. */
const char *calculator_again(const struct calculator_sum *sum);
/* For the history, and back; false where the text is not of this version. */
json_t *calculator_sum_json(const struct calculator_sum *sum);
bool calculator_sum_read(const char *json, struct calculator_sum *sum_out);

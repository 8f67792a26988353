/* What a store's admins are told. Each adds its messages in the open transaction. */
#pragma once

#include "payment/bill.h"
#include "store/text.h"
#include "store/verify_daily.h"
#include "work/work.h"

/* Any text about a bill: `values`, at most five, beside order_id, pembeli and baris, which all of them may
 * use. */
MUST_USE bool notices_about(struct work *work, const struct bill *bill, enum text_key key,
                            const struct text_value *values, size_t count, struct error *err);

MUST_USE bool notices_new_order(struct work *work, const struct order *order, struct error *err);
MUST_USE bool notices_paid(struct work *work, const struct order *order, bool late, struct error *err);
MUST_USE bool notices_late_credited(struct work *work, const struct order *order, int64_t amount,
                                    int64_t balance, struct error *err);
MUST_USE bool notices_mismatch(struct work *work, const struct bill *bill, int64_t asked,
                               int64_t gateway_amount, struct error *err);
MUST_USE bool notices_invoice_failed(struct work *work, const struct bill *bill, const char *why,
                                     struct error *err);
MUST_USE bool notices_deposited(struct work *work, const struct bill *bill, int64_t amount, int64_t balance,
                                struct error *err);
MUST_USE bool notices_gateway_down(struct work *work, const char *why, struct error *err);
MUST_USE bool notices_gateway_up(struct work *work, struct error *err);
/* Telegram refused a message of this bill to its buyer for good. */
MUST_USE bool notices_undelivered(struct work *work, const struct bill *bill, struct error *err);

/* The daily check of the books found differences, or was not finished. */
MUST_USE bool notices_books_differ(struct work *work, const struct verify_result *result, struct error *err);
MUST_USE bool notices_books_unfinished(struct work *work, const struct verify_result *result,
                                       struct error *err);

/* Looks at the stock of the order's products after it changed; tells of those that crossed the store's limit.
 */
MUST_USE bool notices_stock(struct work *work, const struct order *order, struct error *err);

/*
 * What is sealed of an order's items, beside their units: contents, and what the buyer answered. Part of
 * order.h: an item has what its product had when the order was made, whatever becomes of the product.
 *
 * A manual item: open -> fulfilled, once, while its order is paid.
 */
#pragma once

#include "store/order.h"

/* A text, or a document; all NULL: nothing (a manual one may be done without). */
struct order_content {
    const char *text;
    const char *file_id, *file_name;
};

/* Of an item that is no unit; nothing before a manual one was done. In the arena. ERR_NOT_FOUND. */
MUST_USE bool order_content_get(struct work *work, int64_t item_id, struct order_content *content_out,
                                struct error *err);
/* What the buyer answered, in the arena; NULL where nothing was asked. ERR_NOT_FOUND. */
MUST_USE bool order_content_answer(struct work *work, int64_t item_id, const char **answer_out,
                                   struct error *err);
/* The order an item is of. ERR_NOT_FOUND. */
MUST_USE bool order_content_order(struct work *work, int64_t item_id, int64_t *order_id_out,
                                  struct error *err);
/* An admin did a manual item: open -> fulfilled. The order's row must be locked. ERR_INVALID unless the
 * content is nothing, a text of 1 to 4096 characters, or a file with its name; ERR_CONFLICT where it is done
 * already, no manual one, or its order is not paid. Writes no admin_logs row. */
MUST_USE bool order_content_fulfil(struct work *work, int64_t item_id, int64_t actor_id,
                                   const struct order_content *content, struct error *err);

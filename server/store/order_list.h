/* Orders, looked at from a person: reads only. The tables are order.c's. */
#pragma once

#include "store/order.h"
#include "work/work.h"

/* A person's newest orders that were paid (also completed), at most `limit`, newest first, with their items;
 * in the arena. In the open transaction, or one of its own. */
MUST_USE bool order_list_recent_paid(struct work *work, int64_t telegram_id, int64_t limit,
                                     struct order **orders_out, size_t *count_out, struct error *err);

/* Whether a pending order of the person has this message as its loading line. In the open transaction, or one
 * of its own. */
MUST_USE bool order_list_is_loading_in(struct work *work, int64_t telegram_id, int64_t message_id,
                                       bool *found_out, struct error *err);

/* Deposits, looked at from a person: reads only. The table is deposit.c's. */
#pragma once

#include "store/deposit.h"

/* What a person has begun and not ended (pending, review), newest first, at most `limit`; in the arena. In
 * the open transaction, or one of its own. */
MUST_USE bool deposit_list_open(struct work *work, int64_t telegram_id, int64_t limit,
                                struct deposit **deposits_out, size_t *count_out, struct error *err);

/* The unended deposit of the person that this message was turned into; 0 where there is none. In the open
 * transaction, or one of its own. */
MUST_USE bool deposit_list_loading_in(struct work *work, int64_t telegram_id, int64_t message_id,
                                      int64_t *deposit_id_out, struct error *err);

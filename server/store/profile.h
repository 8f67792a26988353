/* A person at a glance: what the store knows of them. Reads only; the tables are those of user.c, ledger.c
 * and order.c. */
#pragma once

#include "work/work.h"

struct profile {
    int64_t balance;   /* rupiah */
    int64_t since_ms;  /* the first time they wrote; 0: not known here */
    int64_t purchases; /* orders that were paid */
    int64_t spent;     /* rupiah for them, without what was refunded */
};
/* All zero for somebody who never wrote to the store. In the open transaction, or one of its own. */
MUST_USE bool profile_get(struct work *work, int64_t telegram_id, struct profile *profile_out,
                          struct error *err);

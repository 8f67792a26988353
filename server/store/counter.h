/*
 * Figures that would take a whole table to count. Owns table `counters`, a row for each.
 *
 * Those of people and orders are exact: whoever changes what they count changes them in the same transaction
 * (store/verify.c holds them against the truth). How many people were active is counted in the background
 * (store/active.h), and says when. A row that is not there counts as 0: no sale fails for a figure.
 *
 * Locks: a counter's row comes last. Who has it waits for nobody else until the commit, but for a person's
 * very first update, which is counted where the person is added.
 */
#pragma once

#include "work/work.h"

struct counters {
    int64_t users;                     /* people who ever wrote to the store */
    int64_t unreachable;               /* of them, who blocked the bot */
    int64_t completed;                 /* orders */
    int64_t active_week, active_month; /* people seen within 7 and 30 days, when they were counted */
    int64_t counted_ms;                /* when that was; 0: never yet */
};

/* The end of a statement that changes what a counter counts, behind "WITH rows AS (…)": one statement, so
 * that nobody waits once more for a figure. `amount` is an SQL expression; nothing is locked or written where
 * `condition`, which must not name a column of the table's, is not true. */
#define COUNTER_ADD_WHERE(name, amount, condition)                                                           \
    " UPDATE counters SET value = greatest(value + (" amount "), 0) WHERE name = '" name "' AND " condition

/* Queued: one more completed order. */
MUST_USE bool counter_add_completed(struct work *work, struct error *err);
/* What was counted in the background. Queued. */
MUST_USE bool counter_set_active(struct work *work, int64_t week, int64_t month, struct error *err);

/* All of them; in the open transaction, or one of its own. */
MUST_USE bool counter_get(struct work *work, struct counters *counters_out, struct error *err);
/* The same in two steps, for who reads other things with it: queued, and then read off the rows. */
MUST_USE bool counter_send(struct work *work, struct db_rows *rows_out, struct error *err);
struct counters counter_read(const struct db_rows *rows);

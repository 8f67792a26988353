/*
 * The books against themselves: every balance recomputed from the ledger, every stock and coupon count from
 * its rows, every order and deposit from its items, units, payments and ledger entries, and what has to
 * happen next from its jobs and messages. What a constraint of the schema says already is not looked at
 * again.
 *
 * Reads only, in one snapshot (db_begin_snapshot), so that a busy store shows no differences that are none.
 * Takes seconds for a million orders: whoever calls it brings a connection that nobody waits for, never a
 * lane's.
 */
#pragma once

#include "base/arena.h"
#include "db/db.h"

struct verify_difference {
    const char
        *what; /* "balance", "counter", "sold", "coupon", "order", "unit", "payment", "deposit", "ledger" */
    const char *who;  /* "user 1001", "product SUSU", "order tg1001-abc" … never contents */
    const char *says; /* one sentence, with both figures where there are two */
};
struct verify_result {
    int64_t users, orders, payments, deposits, units, coupons; /* looked at */
    int64_t difference_count;                                  /* all of them, also beyond those listed */
    size_t listed;                                             /* at most VERIFY_MOST_LISTED */
    const struct verify_difference *differences;               /* in the arena */
    const char *unfinished; /* NULL, or the check that took too long: it and those behind it tell nothing */
    int64_t took_ms;
};
enum { VERIFY_MOST_LISTED = 1000 };

/* The store whose schema and role `scope` has. `most_ms` bounds the whole, roughly (one statement more at
 * most). A false is a failure to look, not a difference: ERR_RETRY where the connection was lost or somebody
 * ended it (db_cancel). */
MUST_USE bool verify_store(struct db *db, const struct db_scope *scope, struct arena *arena, int64_t most_ms,
                           struct verify_result *result_out, struct error *err);

/* "12 people, 34 orders, …": what was looked at, for a line of a report. In the arena. */
const char *verify_looked_at(struct arena *arena, const struct verify_result *result);

/*
 * A store's figures over some days of its own calendar. Reads only, in one snapshot (db_begin_snapshot); a
 * year of a big store takes seconds: whoever calls it brings a connection that nobody waits for
 * (store/aside.h), never a lane's. What a day is decides the store's zone, daylight saving included.
 *
 * Revenue is the total of the orders that were paid in the period, whenever they were made; refunds to
 * balances stand beside it, by the day they were booked.
 */
#pragma once

#include "base/arena.h"
#include "base/clock.h"
#include "db/db.h"

/* Days since 1970-01-01 of the store's calendar, both within the period. */
struct statistics_period {
    int64_t from_day, to_day;
};
enum { STATISTICS_MOST_DAYS = 366, STATISTICS_HOURS = 24 };

struct statistics_figures {
    int64_t made;          /* orders made */
    int64_t paid, revenue; /* orders paid, and their totals in rupiah */
};
struct statistics_product {
    const char *code, *name; /* as they are now */
    int64_t units;
    int64_t revenue; /* rupiah; before what coupons took off the whole order */
};
struct statistics {
    struct statistics_period period;
    int64_t made_and_paid;           /* of the orders made: paid by now */
    int64_t buyers;                  /* people with an order paid in the period */
    int64_t new_buyers;              /* those of them who had none before */
    int64_t refund_count, refunds;   /* to balances, rupiah */
    int64_t deposit_count, deposits; /* booked, rupiah */
    struct statistics_figures all;
    struct statistics_figures hours[STATISTICS_HOURS]; /* of all days together, by the store's clock */
    size_t day_count;
    struct statistics_figures *days;
    size_t product_count;
    struct statistics_product *products; /* all that were sold, best sold first */
};

/* The day that the moment lies in. */
int64_t statistics_day_of(const struct clock_zone *zone, int64_t at_ms);
/* The day's first moment. */
int64_t statistics_day_begins(const struct clock_zone *zone, int64_t day);
/* At least a day, at most STATISTICS_MOST_DAYS, none of them after the one of `now_ms`. */
bool statistics_is_period(const struct clock_zone *zone, const struct statistics_period *period,
                          int64_t now_ms);

/* The store whose schema and role `scope` has. `most_ms` bounds the whole, roughly (one statement more at
 * most). ERR_RETRY where the connection was lost, somebody ended it (db_cancel), or it took too long. In the
 * arena. */
MUST_USE bool statistics_read(struct db *db, const struct db_scope *scope, const struct clock_zone *zone,
                              const struct statistics_period *period, int64_t most_ms, struct arena *arena,
                              struct statistics *statistics_out, struct error *err);

/* `part` of `whole` in tenths of a percent, rounded; -1 where there is no whole. */
int64_t statistics_share(int64_t part, int64_t whole);
/* What a paid order came to on the average, rupiah; 0 where there is none. */
int64_t statistics_average(const struct statistics *statistics);

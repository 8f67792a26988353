#include "backup/retention.h"

enum { DAY_MS = 24 * 3600 * 1000, THURSDAY = 3 /* 1970-01-01, days after a Monday */ };

static int64_t day_of(const struct clock_zone *zone, int64_t at_ms)
{
    struct clock_civil civil = clock_to_civil(zone, at_ms);
    return clock_days(civil.year, civil.month, civil.day);
}

static int64_t week_of(const struct clock_zone *zone, int64_t at_ms)
{
    int64_t days = day_of(zone, at_ms) + THURSDAY;
    return days >= 0 ? days / 7 : (days - 6) / 7;
}

static int64_t month_of(const struct clock_zone *zone, int64_t at_ms)
{
    struct clock_civil civil = clock_to_civil(zone, at_ms);
    return (int64_t)civil.year * 12 + civil.month;
}

/* A verified one before one that is not, then the newer. */
static bool is_better(const struct retention_item *a, const struct retention_item *b)
{
    return !b || (a->verified != b->verified ? a->verified : a->time_ms > b->time_ms);
}

/* The newest `most` periods that have any, before the one the last round found. */
static void keep_periods(struct retention_item *items, size_t count, const struct clock_zone *zone,
                         int64_t (*period_of)(const struct clock_zone *zone, int64_t at_ms), int64_t most)
{
    int64_t before = INT64_MAX;
    for (int64_t n = 0; n < most; n++) {
        int64_t newest = INT64_MIN;
        struct retention_item *best = NULL;
        for (size_t i = 0; i < count; i++) {
            int64_t period = period_of(zone, items[i].time_ms);
            if (period >= before || period < newest)
                continue;
            if (period > newest || is_better(&items[i], best))
                best = &items[i];
            newest = period;
        }
        if (!best)
            return;
        best->keep = true;
        before = newest;
    }
}

void retention_decide(struct retention_item *items, size_t count, const struct retention_rule *rule,
                      int64_t now_ms)
{
    struct retention_item *newest = NULL, *verified = NULL;
    for (size_t i = 0; i < count; i++) {
        struct retention_item *item = &items[i];
        item->keep = item->verified && item->time_ms > now_ms - DAY_MS;
        if (!newest || item->time_ms > newest->time_ms)
            newest = item;
        if (item->verified && (!verified || item->time_ms > verified->time_ms))
            verified = item;
    }
    if (newest)
        newest->keep = true;
    if (verified)
        verified->keep = true;
    keep_periods(items, count, rule->zone, day_of, rule->daily);
    keep_periods(items, count, rule->zone, week_of, rule->weekly);
    keep_periods(items, count, rule->zone, month_of, rule->monthly);
}

/*
 * Which backups of a store are kept: of each of the last days, weeks (from Monday) and months that have any,
 * the newest, where it can be one that was verified; all verified ones of the last 24 hours; the newest of
 * all; and the newest verified one. Days without a backup do not count, so that a server that was off loses
 * none; and what is tried in vain each hour does not fill the disk. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

struct retention_item {
    int64_t time_ms;
    bool verified;
    bool keep; /* filled in */
};

struct retention_rule {
    int64_t daily, weekly, monthly;
    const struct clock_zone *zone; /* whose days */
};

/* In any order. */
void retention_decide(struct retention_item *items, size_t count, const struct retention_rule *rule,
                      int64_t now_ms);

/* How long answers took: every one is kept, in µs, so that percentiles are exact. */
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct latency {
    uint32_t *us;
    size_t count, capacity;
};

void latency_add(struct latency *latency, int64_t us);
void latency_join(struct latency *latency, const struct latency *other);
/* {"p50", "p90", "p99", "max"} in µs, all 0 where nothing was added. Sorts. */
json_t *latency_json(struct latency *latency);
void latency_free(struct latency *latency);

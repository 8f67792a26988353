#include "latency.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

static void reserve(struct latency *latency, size_t count)
{
    if (count <= latency->capacity)
        return;
    size_t capacity = latency->capacity ? latency->capacity : 65536;
    while (capacity < count)
        capacity *= 2;
    latency->us = xrealloc(latency->us, capacity * sizeof *latency->us);
    latency->capacity = capacity;
}

void latency_add(struct latency *latency, int64_t us)
{
    reserve(latency, latency->count + 1);
    latency->us[latency->count++] = us < 0 ? 0 : us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
}

void latency_join(struct latency *latency, const struct latency *other)
{
    if (!other->count)
        return;
    reserve(latency, latency->count + other->count);
    memcpy(latency->us + latency->count, other->us, other->count * sizeof *other->us);
    latency->count += other->count;
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

/* The nearest rank. */
static json_t *percentile(const struct latency *latency, size_t percent)
{
    size_t rank = (latency->count * percent + 99) / 100;
    return json_integer(latency->count ? latency->us[rank ? rank - 1 : 0] : 0);
}

json_t *latency_json(struct latency *latency)
{
    if (latency->count)
        qsort(latency->us, latency->count, sizeof *latency->us, by_size);
    return json_pack("{s:o, s:o, s:o, s:o}", "p50", percentile(latency, 50), "p90", percentile(latency, 90),
                     "p99", percentile(latency, 99), "max", percentile(latency, 100));
}

void latency_free(struct latency *latency)
{
    free(latency->us);
    *latency = (struct latency){0};
}

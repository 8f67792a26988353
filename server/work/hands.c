/* What this process has begun and not ended: a hash by (kind, id). */
#include <stdlib.h>

#include "work/internal.h"

enum { FIRST_BUCKETS = 16 };

struct hand {
    struct hand *next;
    const void *kind;
    int64_t id;
    void *what;
};

static struct hand **bucket_of(const struct hands *hands, const void *kind, int64_t id)
{
    uint64_t h = ((uint64_t)id ^ (uint64_t)(uintptr_t)kind) * 0x9E3779B97F4A7C15u;
    return &hands->buckets[(size_t)(h >> 32) & (hands->bucket_count - 1)];
}

static struct hand **find(const struct hands *hands, const void *kind, int64_t id)
{
    struct hand **at = bucket_of(hands, kind, id);
    while (*at && ((*at)->kind != kind || (*at)->id != id))
        at = &(*at)->next;
    return at;
}

static void grow(struct hands *hands)
{
    struct hands old = *hands;
    hands->bucket_count = old.bucket_count ? old.bucket_count * 2 : FIRST_BUCKETS;
    hands->buckets = xcalloc(hands->bucket_count, sizeof *hands->buckets);
    for (size_t i = 0; i < old.bucket_count; i++) {
        for (struct hand *hand = old.buckets[i], *next; hand; hand = next) {
            next = hand->next;
            struct hand **bucket = bucket_of(hands, hand->kind, hand->id);
            hand->next = *bucket;
            *bucket = hand;
        }
    }
    free(old.buckets);
}

void *hands_find(const struct hands *hands, const void *kind, int64_t id)
{
    const struct hand *hand = hands->count ? *find(hands, kind, id) : NULL;
    return hand ? hand->what : NULL;
}

void hands_add(struct hands *hands, const void *kind, int64_t id, void *what)
{
    if (hands->count == hands->bucket_count)
        grow(hands);
    struct hand **bucket = bucket_of(hands, kind, id);
    struct hand *hand = xcalloc(1, sizeof *hand);
    *hand = (struct hand){*bucket, kind, id, what};
    *bucket = hand;
    hands->count++;
}

void hands_remove(struct hands *hands, const void *kind, int64_t id)
{
    struct hand **at = hands->count ? find(hands, kind, id) : NULL;
    if (!at || !*at)
        return;
    struct hand *hand = *at;
    *at = hand->next;
    free(hand);
    hands->count--;
}

void hands_free(struct hands *hands)
{
    for (size_t i = 0; i < hands->bucket_count; i++) {
        for (struct hand *hand = hands->buckets[i], *next; hand; hand = next) {
            next = hand->next;
            free(hand);
        }
    }
    free(hands->buckets);
    *hands = (struct hands){0};
}

/* Which statements this connection has prepared: a hash by (scope, statement), and an order of use. */
#include "db/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 1024 };

void prepared_init(struct prepared_cache *cache, int most)
{
    cache->bucket_count = BUCKETS;
    cache->buckets = xcalloc(BUCKETS, sizeof *cache->buckets);
    cache->most = most;
}

static size_t bucket_of(const struct prepared_cache *cache, uint32_t scope_id,
                        const struct db_statement *statement)
{
    uint64_t h =
        ((uint64_t)scope_id * 0x9E3779B97F4A7C15u) ^ ((uint64_t)(uintptr_t)statement * 0xC2B2AE3D27D4EB4Fu);
    return (size_t)(h >> 32) % cache->bucket_count;
}

static void unlink_use(struct prepared_cache *cache, struct prepared *p)
{
    *(p->newer ? &p->newer->older : &cache->newest) = p->older;
    *(p->older ? &p->older->newer : &cache->oldest) = p->newer;
    p->newer = p->older = NULL;
}

static void link_newest(struct prepared_cache *cache, struct prepared *p)
{
    p->older = cache->newest;
    p->newer = NULL;
    *(cache->newest ? &cache->newest->newer : &cache->oldest) = p;
    cache->newest = p;
}

struct prepared *prepared_find(struct prepared_cache *cache, uint32_t scope_id,
                               const struct db_statement *statement)
{
    struct prepared *p = cache->buckets[bucket_of(cache, scope_id, statement)];
    while (p && (p->scope_id != scope_id || p->statement != statement))
        p = p->hash_next;
    if (p && p != cache->newest) {
        unlink_use(cache, p);
        link_newest(cache, p);
    }
    return p;
}

struct prepared *prepared_add(struct prepared_cache *cache, const struct db_scope *scope,
                              const struct db_statement *statement)
{
    struct prepared *p = xcalloc(1, sizeof *p);
    p->scope_id = scope->id;
    p->statement = statement;
    snprintf(p->name, sizeof p->name, "%u_%s", scope->id, statement->name);
    size_t bucket = bucket_of(cache, scope->id, statement);
    p->hash_next = cache->buckets[bucket];
    cache->buckets[bucket] = p;
    link_newest(cache, p);
    cache->count++;
    return p;
}

void prepared_remove(struct prepared_cache *cache, struct prepared *prepared)
{
    struct prepared **at = &cache->buckets[bucket_of(cache, prepared->scope_id, prepared->statement)];
    while (*at != prepared)
        at = &(*at)->hash_next;
    *at = prepared->hash_next;
    unlink_use(cache, prepared);
    cache->count--;
    free(prepared);
}

struct prepared *prepared_excess(struct prepared_cache *cache)
{
    if (cache->count <= cache->most)
        return NULL;
    struct prepared *p = cache->oldest;
    while (p && !p->confirmed)
        p = p->newer;
    return p;
}

void prepared_clear(struct prepared_cache *cache)
{
    for (struct prepared *p = cache->newest, *older; p; p = older) {
        older = p->older;
        free(p);
    }
    memset(cache->buckets, 0, cache->bucket_count * sizeof *cache->buckets);
    cache->newest = cache->oldest = NULL;
    cache->count = 0;
}

/* One object per store for all that the domain remembers between tasks. */
#include <stdlib.h>

#include "store/internal.h"

enum { CART_MEMORY_MS = 3000, MEMBER_MEMORY_MS = 24 * 3600 * 1000 };

static void free_cache(void *data)
{
    struct store_cache *cache = data;
    snapshot_cache_clear(&cache->snapshots);
    recall_clear(&cache->carts);
    recall_clear(&cache->members);
    bar_memory_clear(&cache->bars);
    settings_cache_clear(&cache->settings);
    free(cache);
}

struct store_cache *store_cache_of(struct work *work)
{
    struct store_cache *cache = work_data(work);
    if (!cache) {
        cache = xcalloc(1, sizeof *cache);
        cache->carts.life_ms = CART_MEMORY_MS;
        cache->members.life_ms = MEMBER_MEMORY_MS;
        work_set_data(work, cache, free_cache);
    }
    return cache;
}

bool store_read_begin(struct work *work, bool *own_out, struct error *err)
{
    if (work->tx && db_committed(work->tx))
        return error_set(err, ERR_INTERNAL, "read between commit and end of a transaction");
    bool own = !work->tx;
    if (own && !work_begin(work, err)) {
        work_end(work);
        return false;
    }
    *own_out = own;
    return true;
}

void store_read_end(struct work *work, bool own)
{
    if (own)
        work_end(work);
}

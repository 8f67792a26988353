#include "http/directory.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

struct directory {
    struct hosted_store **buckets;
    size_t bucket_count; /* a power of two */
    struct hosted_store **all;
    size_t count, capacity;
    struct hosted_store *server;
};

static size_t bucket_of(const struct directory *directory, const char *name)
{
    uint64_t h = 14695981039346656037u; /* FNV-1a */
    for (; *name; name++)
        h = (h ^ (uint8_t)*name) * 1099511628211u;
    return (size_t)(h ^ h >> 32) & (directory->bucket_count - 1);
}

struct directory *directory_new(size_t expected)
{
    struct directory *directory = xcalloc(1, sizeof *directory);
    directory->bucket_count = 64;
    while (directory->bucket_count < expected * 2)
        directory->bucket_count *= 2;
    directory->buckets = xcalloc(directory->bucket_count, sizeof *directory->buckets);
    directory->capacity = expected ? expected : 1;
    directory->all = xcalloc(directory->capacity, sizeof *directory->all);
    return directory;
}

static struct hosted_store *store_new(const struct tenant *tenant, struct lane_store *lane,
                                      const char *webhook_secret)
{
    struct hosted_store *store = xcalloc(1, sizeof *store);
    store->tenant = tenant_ref(tenant);
    store->lane = lane;
    store->webhook_secret = xstrdup(webhook_secret);
    return store;
}

static void store_free(struct hosted_store *store)
{
    tenant_unref(&store->tenant);
    free((char *)store->webhook_secret);
    free(store);
}

void directory_free(struct directory **pointer)
{
    struct directory *directory = *pointer;
    if (!directory)
        return;
    for (size_t i = 0; i < directory->count; i++)
        store_free(directory->all[i]);
    if (directory->server)
        store_free(directory->server);
    free(directory->all);
    free(directory->buckets);
    free(directory);
    *pointer = NULL;
}

struct hosted_store *directory_add(struct directory *directory, const struct tenant *tenant,
                                   struct lane_store *lane, const char *webhook_secret)
{
    struct hosted_store *store = store_new(tenant, lane, webhook_secret);
    store->number = (uint32_t)directory->count + 1;
    struct hosted_store **bucket = &directory->buckets[bucket_of(directory, tenant->name)];
    store->next = *bucket;
    *bucket = store;
    if (directory->count == directory->capacity) {
        directory->capacity *= 2;
        directory->all = xrealloc(directory->all, directory->capacity * sizeof *directory->all);
    }
    directory->all[directory->count++] = store;
    return store;
}

struct hosted_store *directory_set_server(struct directory *directory, const struct tenant *tenant,
                                          struct lane_store *lane, const char *webhook_secret)
{
    directory->server = store_new(tenant, lane, webhook_secret);
    return directory->server;
}

struct hosted_store *directory_server(const struct directory *directory)
{
    return directory->server;
}

struct hosted_store *directory_find(const struct directory *directory, const char *name)
{
    struct hosted_store *store = directory->buckets[bucket_of(directory, name)];
    while (store && strcmp(store->tenant->name, name) != 0)
        store = store->next;
    return store;
}

struct hosted_store *directory_of_lane(const struct directory *directory, const struct lane_store *lane)
{
    return lane_store_is_server(lane) ? directory->server : directory_find(directory, lane_store_name(lane));
}

size_t directory_count(const struct directory *directory)
{
    return directory->count;
}

struct hosted_store *directory_at(const struct directory *directory, size_t index)
{
    return directory->all[index];
}

#include "http/directory.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"

struct directory {
    pthread_mutex_t mutex;
    struct hosted_store **buckets;
    size_t bucket_count; /* a power of two */
    struct hosted_store **all;
    struct hosted_store *server;
    size_t count, capacity; /* of `all`: with those that were removed */
    size_t hosted;
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
    pthread_mutex_init(&directory->mutex, NULL);
    directory->bucket_count = 64;
    while (directory->bucket_count < expected * 2)
        directory->bucket_count *= 2;
    directory->buckets = xcalloc(directory->bucket_count, sizeof *directory->buckets);
    directory->capacity = expected ? expected : 1;
    directory->all = xcalloc(directory->capacity, sizeof *directory->all);
    return directory;
}

static struct hosted_store *store_new(const char *name, struct lane_store *lane)
{
    struct hosted_store *store = xcalloc(1, sizeof *store);
    store->name = xstrdup(name);
    store->lane = lane;
    return store;
}

static void store_free(struct hosted_store *store)
{
    free(store->webhook_secret);
    free((char *)store->name);
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
    pthread_mutex_destroy(&directory->mutex);
    free(directory);
    *pointer = NULL;
}

/* With the mutex held; also those that were removed. */
static struct hosted_store *find(const struct directory *directory, const char *name)
{
    struct hosted_store *store = directory->buckets[bucket_of(directory, name)];
    while (store && strcmp(store->name, name) != 0)
        store = store->next;
    return store;
}

static struct hosted_store *enter(struct directory *directory, struct lane_store *lane)
{
    struct hosted_store *store = store_new(lane_store_name(lane), lane);
    store->number = (uint32_t)directory->count + 1;
    struct hosted_store **bucket = &directory->buckets[bucket_of(directory, store->name)];
    store->next = *bucket;
    *bucket = store;
    if (directory->count == directory->capacity) {
        directory->capacity *= 2;
        directory->all = xrealloc(directory->all, directory->capacity * sizeof *directory->all);
    }
    directory->all[directory->count++] = store;
    return store;
}

struct hosted_store *directory_set_server(struct directory *directory, struct lane_store *lane,
                                          const char *webhook_secret)
{
    directory->server = store_new(TENANT_SERVER_NAME, lane);
    directory->server->webhook_secret = xstrdup(webhook_secret);
    directory->server->is_hosted = true;
    return directory->server;
}

struct hosted_store *directory_server(const struct directory *directory)
{
    return directory->server;
}

struct hosted_store *directory_add(struct directory *directory, struct lane_store *lane,
                                   const char *webhook_secret)
{
    pthread_mutex_lock(&directory->mutex);
    struct hosted_store *store = find(directory, lane_store_name(lane));
    if (!store)
        store = enter(directory, lane);
    free(store->webhook_secret);
    store->webhook_secret = xstrdup(webhook_secret);
    directory->hosted += !store->is_hosted;
    store->is_hosted = true;
    atomic_store(&store->disabled, false);
    pthread_mutex_unlock(&directory->mutex);
    return store;
}

void directory_remove(struct directory *directory, struct hosted_store *store)
{
    pthread_mutex_lock(&directory->mutex);
    directory->hosted -= store->is_hosted;
    store->is_hosted = false;
    atomic_store(&store->live, false);
    pthread_mutex_unlock(&directory->mutex);
}

struct hosted_store *directory_find(struct directory *directory, const char *name)
{
    pthread_mutex_lock(&directory->mutex);
    struct hosted_store *store = find(directory, name);
    if (store && !store->is_hosted)
        store = NULL;
    pthread_mutex_unlock(&directory->mutex);
    return store;
}

struct hosted_store *directory_of_lane(struct directory *directory, const struct lane_store *lane)
{
    return lane_store_is_server(lane) ? directory->server : directory_find(directory, lane_store_name(lane));
}

bool directory_is_secret(struct directory *directory, const struct hosted_store *store, const char *secret)
{
    pthread_mutex_lock(&directory->mutex);
    bool same = crypto_equal(secret, strlen(secret), store->webhook_secret, strlen(store->webhook_secret));
    pthread_mutex_unlock(&directory->mutex);
    return same;
}

char *directory_secret(struct directory *directory, const struct hosted_store *store, struct arena *arena)
{
    pthread_mutex_lock(&directory->mutex);
    char *secret = arena_strdup(arena, store->webhook_secret);
    pthread_mutex_unlock(&directory->mutex);
    return secret;
}

size_t directory_count(struct directory *directory)
{
    pthread_mutex_lock(&directory->mutex);
    size_t count = directory->hosted;
    pthread_mutex_unlock(&directory->mutex);
    return count;
}

struct hosted_store **directory_list(struct directory *directory, struct arena *arena, size_t *count_out)
{
    size_t count = 0;
    pthread_mutex_lock(&directory->mutex);
    struct hosted_store **list = ARENA_ARRAY(arena, struct hosted_store *, directory->hosted);
    for (size_t i = 0; i < directory->count; i++)
        if (directory->all[i]->is_hosted)
            list[count++] = directory->all[i];
    pthread_mutex_unlock(&directory->mutex);
    *count_out = count;
    return list;
}

/* Who is served: stores come, change and go while the lanes run. A lane_store is freed when the lanes stop
 * and not before: there are no more of them than names that were ever added, and the sender, jobs and
 * requests under way may keep pointers without counting. A removed one is parked: it keeps no cache, and is
 * in nobody's way. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "work/internal.h"

void lane_store_free_data(struct lane_store *store)
{
    if (store->data && store->free_data)
        store->free_data(store->data);
    store->data = NULL;
}

static struct lane_store *store_new(struct lanes *lanes, struct lane *lane, const struct tenant *tenant)
{
    struct lane_store *store = xcalloc(1, sizeof *store);
    store->magic = LANE_STORE_MAGIC;
    store->lane = lane;
    store->name = xstrdup(tenant ? tenant->name : TENANT_SERVER_NAME);
    store->tenant = tenant ? tenant_ref(tenant) : NULL;
    store->scope = (struct db_scope){
        .id = atomic_fetch_add(&lanes->next_scope, 1),
        .schema = xstrdup(tenant ? tenant->schema : "lapak"),
        .role = xstrdup(tenant ? tenant->role : ""),
    };
    vault_init(&store->vault, lanes->master_key, store->name);
    pthread_mutex_init(&store->tenant_mutex, NULL);
    store->due_ms = INT64_MAX; /* until it joins its lane */
    store->parked = true;
    store->is_hosted = true;
    return store;
}

static void store_free(struct lane_store *store)
{
    lane_store_free_data(store);
    hands_free(&store->hands);
    audit_notes_free(store);
    tenant_unref(&store->tenant);
    pthread_mutex_destroy(&store->tenant_mutex);
    free((char *)store->name);
    free((char *)store->scope.schema);
    free((char *)store->scope.role);
    free(store);
}

/* --- on the lane's thread --- */

static void join_lane(struct work *work, void *argument)
{
    struct lane_store *store = work->store;
    store->all_next = store->lane->stores;
    store->lane->stores = store;
    store->parked = false;
    lane_store_due(store, work->now_ms);
}

/* Tasks of a store run in the order they were given: the last word on whether it is swept is the last one
 * said. */
static void park(struct work *work, void *argument)
{
    work->store->parked = true;
    work->store->due_ms = INT64_MAX;
    lane_store_free_data(work->store);
}

static void unpark(struct work *work, void *argument)
{
    work->store->parked = false;
    lane_store_due(work->store, work->now_ms);
}

static void sweep_soon(struct work *work, void *argument)
{
    lane_store_due(work->store, work->now_ms);
}

/* --- from any thread --- */

/* With stores_mutex held. */
static struct lane_store *find(struct lanes *lanes, const char *name)
{
    struct lane_store *store = lanes->stores;
    while (store && (store->is_server || strcmp(store->name, name) != 0))
        store = store->next_store;
    return store;
}

void lanes_add_server(struct lanes *lanes, const struct tenant *tenant)
{
    struct lane_store *store = store_new(lanes, &lanes->lanes[0], tenant);
    store->is_server = true;
    lanes->server_store = lanes->stores = store;
}

void lanes_serve_server(struct lanes *lanes)
{
    if (lanes->server_store->tenant)
        lane_submit_internal(lanes->server_store, join_lane, NULL);
}

struct lane_store *lanes_add_store(struct lanes *lanes, const struct tenant *tenant)
{
    pthread_mutex_lock(&lanes->stores_mutex);
    struct lane_store *store = find(lanes, tenant->name);
    bool is_new = !store;
    if (is_new) {
        struct lane *lane = &lanes->lanes[str_hash(tenant->name) % (uint32_t)lanes->count];
        store = store_new(lanes, lane, tenant);
        store->next_store = lanes->stores;
        lanes->stores = store;
    }
    store->is_hosted = true;
    pthread_mutex_unlock(&lanes->stores_mutex);
    if (!is_new) {
        lane_store_change(store, tenant);
        atomic_store(&store->removed, false);
    }
    lane_submit_internal(store, is_new ? join_lane : unpark, NULL);
    return store;
}

void lane_store_change(struct lane_store *store, const struct tenant *tenant)
{
    const struct tenant *before;
    pthread_mutex_lock(&store->tenant_mutex);
    before = store->tenant;
    store->tenant = tenant_ref(tenant);
    pthread_mutex_unlock(&store->tenant_mutex);
    tenant_unref(&before);
}

void lane_store_remove(struct lane_store *store)
{
    struct lanes *lanes = store->lane->lanes;
    pthread_mutex_lock(&lanes->stores_mutex);
    store->is_hosted = false;
    pthread_mutex_unlock(&lanes->stores_mutex);
    atomic_store(&store->removed, true);
    lane_submit_internal(store, park, NULL);
}

bool lane_store_is_removed(const struct lane_store *store)
{
    return atomic_load(&store->removed);
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(struct lane_store *const *)a)->name, (*(struct lane_store *const *)b)->name);
}

struct lane_store **lanes_stores(struct lanes *lanes, struct arena *arena, size_t *count_out)
{
    size_t count = 0;
    pthread_mutex_lock(&lanes->stores_mutex);
    for (struct lane_store *store = lanes->stores; store; store = store->next_store)
        count++;
    struct lane_store **list = ARENA_ARRAY(arena, struct lane_store *, count);
    count = 0;
    for (struct lane_store *store = lanes->stores; store; store = store->next_store)
        if (store->is_hosted && !store->is_server)
            list[count++] = store;
    pthread_mutex_unlock(&lanes->stores_mutex);
    qsort(list, count, sizeof(struct lane_store *), by_name);
    *count_out = count;
    return list;
}

struct lane_store *lanes_find_store(struct lanes *lanes, const char *name)
{
    pthread_mutex_lock(&lanes->stores_mutex);
    struct lane_store *store = find(lanes, name);
    if (store && !store->is_hosted)
        store = NULL;
    pthread_mutex_unlock(&lanes->stores_mutex);
    return store;
}

struct lane_store *lanes_server_store(struct lanes *lanes)
{
    return lanes->server_store;
}

const struct tenant *lane_store_tenant(struct lane_store *store)
{
    pthread_mutex_lock(&store->tenant_mutex);
    const struct tenant *tenant = store->tenant ? tenant_ref(store->tenant) : NULL;
    pthread_mutex_unlock(&store->tenant_mutex);
    return tenant;
}

struct lanes *lane_store_lanes(const struct lane_store *store)
{
    return store->lane->lanes;
}

bool lane_store_is_server(const struct lane_store *store)
{
    return store->is_server;
}

const char *lane_store_name(const struct lane_store *store)
{
    return store->is_server ? NULL : store->name;
}

void lane_store_hold_outbox(struct lane_store *store, bool hold)
{
    if (atomic_exchange(&store->hold_outbox, hold) && !hold)
        lane_submit_internal(store, sweep_soon, NULL); /* rows were left lying meanwhile */
}

void lane_store_suspend(struct lane_store *store, bool suspended)
{
    atomic_store(&store->suspended, suspended);
}

bool lane_store_is_suspended(const struct lane_store *store)
{
    return atomic_load(&store->suspended);
}

void lanes_free_stores(struct lanes *lanes)
{
    while (lanes->stores) {
        struct lane_store *store = lanes->stores;
        lanes->stores = store->next_store;
        store_free(store);
    }
}

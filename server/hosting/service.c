#include "hosting/service.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/str.h"
#include "hosting/suspending.h"
#include "watch/alerts.h"

struct service {
    struct lanes *lanes;
    struct directory *directory;
    pthread_mutex_t mutex; /* the registration: the sender and reloads use it, start and stop set it */
    struct registration *registration;
};

struct service *service_new(struct directory *directory)
{
    struct service *service = xcalloc(1, sizeof *service);
    service->directory = directory;
    pthread_mutex_init(&service->mutex, NULL);
    return service;
}

void service_use_lanes(struct service *service, struct lanes *lanes)
{
    service->lanes = lanes;
}

void service_free(struct service **pointer)
{
    if (!*pointer)
        return;
    pthread_mutex_destroy(&(*pointer)->mutex);
    free(*pointer);
    *pointer = NULL;
}

/* --- registration --- */

static void on_state(void *context, struct lane_store *lane, enum registration_state state,
                     const char *reason)
{
    struct service *service = context;
    struct hosted_store *store = directory_of_lane(service->directory, lane);
    const char *name = lane_store_name(lane);
    if (!store) /* removed meanwhile */
        return;
    atomic_store(&store->live, state == REGISTRATION_LIVE);
    atomic_store(&store->disabled, state == REGISTRATION_DISABLED);
    if (state != REGISTRATION_DISABLED)
        alert_clear(name, ALERT_BOT_DISABLED, "");
    if (state != REGISTRATION_UNREACHABLE)
        alert_clear(name, ALERT_BOT_UNREACHABLE, "");
    switch (state) {
    case REGISTRATION_STARTING:
    case REGISTRATION_REMOVED:
        break;
    case REGISTRATION_LIVE:
        log_info(name, "live: webhook and commands are set");
        break;
    case REGISTRATION_DISABLED:
        log_alerted(name, "disabled: %s; put the right token into the env file", reason);
        alert_raise(name, ALERT_BOT_DISABLED, "", "%s", reason);
        break;
    case REGISTRATION_UNREACHABLE:
        log_warn(name, "not registered with Telegram yet, trying again: %s", reason);
        alert_raise(name, ALERT_BOT_UNREACHABLE, "", "%s", reason);
        break;
    }
}

/* `secret` NULL: looked at again. */
static void register_store(struct service *service, struct lane_store *lane, const char *secret)
{
    pthread_mutex_lock(&service->mutex);
    if (service->registration)
        registration_add(service->registration, lane, secret);
    pthread_mutex_unlock(&service->mutex);
}

void service_register_again(void *context, struct lane_store *lane)
{
    register_store(context, lane, NULL);
}

bool service_is_disabled(void *context, struct lane_store *lane)
{
    struct service *service = context;
    const struct hosted_store *store = directory_of_lane(service->directory, lane);
    return store && atomic_load(&store->disabled);
}

void service_start_registration(struct service *service, const struct registration_options *given)
{
    auto_arena struct arena *arena = arena_new();
    struct registration_options options = *given;
    options.on_state = on_state;
    options.context = service;
    size_t count;
    struct hosted_store **list = directory_list(service->directory, arena, &count);
    pthread_mutex_lock(&service->mutex);
    service->registration = registration_start(&options);
    const struct hosted_store *owners = directory_server(service->directory);
    if (owners)
        registration_add(service->registration, owners->lane,
                         directory_secret(service->directory, owners, arena));
    for (size_t i = 0; i < count; i++)
        registration_add(service->registration, list[i]->lane,
                         directory_secret(service->directory, list[i], arena));
    pthread_mutex_unlock(&service->mutex);
}

void service_stop_registration(struct service *service)
{
    pthread_mutex_lock(&service->mutex);
    struct registration *registration = service->registration;
    service->registration = NULL;
    pthread_mutex_unlock(&service->mutex);
    registration_stop(&registration);
}

/* --- coming and going --- */

void service_look_at_suspensions(struct service *service)
{
    suspending_look(service->lanes);
}

void service_add(struct service *service, const struct enrolment *enrolment, bool suspended)
{
    struct lane_store *lane = lanes_add_store(service->lanes, enrolment->tenant);
    lane_store_suspend(lane, suspended);
    directory_add(service->directory, lane, enrolment->webhook_secret);
    register_store(service, lane, enrolment->webhook_secret);
}

/* Whether Telegram would be told something else than before. */
static bool is_public_change(const struct tenant *a, const struct tenant *b)
{
    return !str_equal(a->token, b->token) || !str_equal(a->language, b->language);
}

void service_change(struct service *service, const struct tenant *tenant)
{
    struct lane_store *lane = lanes_find_store(service->lanes, tenant->name);
    auto_tenant const struct tenant *before = lane_store_tenant(lane);
    lane_store_change(lane, tenant);
    if (is_public_change(before, tenant))
        register_store(service, lane, NULL);
}

void service_remove(struct service *service, const char *name)
{
    struct hosted_store *store = directory_find(service->directory, name);
    directory_remove(service->directory, store);
    lane_store_remove(store->lane);
    pthread_mutex_lock(&service->mutex);
    if (service->registration)
        registration_remove(service->registration, store->lane);
    pthread_mutex_unlock(&service->mutex);
    alert_clear_store(name);
}

const struct tenant *service_running(void *context, const char *name)
{
    struct service *service = context;
    struct lane_store *lane = lanes_find_store(service->lanes, name);
    return lane ? lane_store_tenant(lane) : NULL;
}

const struct tenant **service_all(struct service *service, struct arena *arena, size_t *count_out)
{
    size_t count;
    struct lane_store **lanes = lanes_stores(service->lanes, arena, &count);
    const struct tenant **list = ARENA_ARRAY(arena, const struct tenant *, count);
    for (size_t i = 0; i < count; i++)
        list[i] = lane_store_tenant(lanes[i]);
    *count_out = count;
    return list;
}

struct service_figures service_figures(struct service *service)
{
    auto_arena struct arena *arena = arena_new();
    struct service_figures figures = {0};
    struct hosted_store **list = directory_list(service->directory, arena, &figures.hosted);
    for (size_t i = 0; i < figures.hosted; i++) {
        figures.live += atomic_load(&list[i]->live);
        figures.disabled += atomic_load(&list[i]->disabled);
        figures.suspended += lane_store_is_suspended(list[i]->lane);
    }
    return figures;
}

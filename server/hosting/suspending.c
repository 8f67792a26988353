#include "hosting/suspending.h"

#include "base/log.h"
#include "tenants/suspension.h"

static void look_again(struct work *work, void *argument)
{
    suspending_follow(work);
}

void suspending_follow(struct work *work)
{
    struct error err;
    struct suspension *list;
    size_t suspended, count;
    bool ok = work_begin(work, &err) && suspension_list(work->arena, work->tx, &list, &suspended, &err);
    work_end(work);
    if (!ok) {
        if (err.code != ERR_RETRY)
            log_error(NULL, "suspended stores are not known: %s", err.text);
        return; /* the connection's return brings it here again */
    }
    struct lanes *lanes = lane_store_lanes(work->store);
    struct lane_store **stores = lanes_stores(lanes, work->arena, &count);
    for (size_t i = 0; i < count; i++) {
        const char *name = lane_store_name(stores[i]);
        bool is_suspended = suspension_of(list, suspended, name);
        if (is_suspended != lane_store_is_suspended(stores[i]))
            log_info(name, is_suspended ? "suspended: buyers are told, open payments settle" : "resumed");
        lane_store_suspend(stores[i], is_suspended);
    }
}

void suspending_look(struct lanes *lanes)
{
    lane_submit_internal(lanes_server_store(lanes), look_again, NULL);
}

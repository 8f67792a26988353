#include "bot/gate.h"

#include "bot/buyer/buyer.h"
#include "bot/membership.h"
#include "store/bar.h"
#include "store/settings.h"
#include "work/lane.h"

static bool is_shut_out(struct turn *turn, bool *stands_out, struct error *err)
{
    *stands_out = bar_is_out(turn->work, turn->update->from_id);
    return true;
}

static bool is_suspended(struct turn *turn, bool *stands_out, struct error *err)
{
    *stands_out = lane_store_is_suspended(turn->work->store);
    return true;
}

static bool is_closed(struct turn *turn, bool *stands_out, struct error *err)
{
    *stands_out = settings_of(turn->work)->maintenance;
    return true;
}

#define PAGE(handler_)                                                                                       \
    {                                                                                                        \
        .handler = (handler_), .role = ROLE_BUYER, .mode = READS                                             \
    }
static const struct barrier barriers[] = {
    {is_shut_out, PAGE(start_shut_out), NULL},
    {is_suspended, PAGE(suspended_page), NULL},
    {is_closed, PAGE(maintenance_page), NULL},
    {membership_stands, PAGE(membership_page), membership_press},
};

bool gate_look(struct turn *turn, struct error *err)
{
    turn->barrier = NULL;
    if (turn->role > ROLE_BUYER)
        return true;
    for (size_t i = 0; i < sizeof barriers / sizeof barriers[0]; i++) {
        bool stands = false;
        if (!barriers[i].stands(turn, &stands, err))
            return error_context(err, "gate");
        if (stands) {
            turn->barrier = &barriers[i];
            return true;
        }
    }
    return true;
}

const struct route *gate_pass(const struct turn *turn, const struct route *route)
{
    return turn->barrier && !route->theirs && route->handler != turn->barrier->way_out ? &turn->barrier->route
                                                                                       : route;
}

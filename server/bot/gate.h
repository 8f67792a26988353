/*
 * What may stand between a buyer and the store, as a table (gate.c): an admin shut them out, the owner of
 * the server suspended it, it is closed for maintenance, they are not in the store's channel. Admins and
 * owners pass everything, and so does whatever leads to what a person has already (`theirs` in routes.h).
 * What settles by itself (webhooks, jobs, deliveries) does not come this way.
 */
#pragma once

#include "bot/routes.h"

struct barrier {
    /* Asked before the update's transaction begins. */
    bool (*stands)(struct turn *turn, bool *stands_out, struct error *err);
    struct route route;    /* what they get instead of anything that is not theirs; needs no transaction */
    turn_handler *way_out; /* what leads through it, which they may do all the same; NULL: nothing */
};

/* Fills turn->barrier with the first one that stands. No transaction is open. */
MUST_USE bool gate_look(struct turn *turn, struct error *err);
/* `route`, or that of what stands in its way. */
const struct route *gate_pass(const struct turn *turn, const struct route *route);

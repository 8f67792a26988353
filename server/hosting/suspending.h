/* Tells the stores which of them are suspended (tenants/suspension.h), as often as somebody changes it, in
 * this process or another. */
#pragma once

#include "work/lane.h"

/* On the server's lane: reads all of it again. For lane_options. */
void suspending_follow(struct work *work);
/* The same soon; any thread. */
void suspending_look(struct lanes *lanes);

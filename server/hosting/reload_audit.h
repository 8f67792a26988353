/* What a reload changed, written into the server's audit trail ("config.reloaded"): which stores came,
 * changed and went. Not what changed in them: that may be a secret. */
#pragma once

#include "hosting/reload.h"

/* Nothing where the report names no store. Any thread; written by the server's lane, a failure is logged. */
void reload_audit(struct lane_store *server, const struct reload_report *report);

/*
 * Stores that the owner closed for buyers. Owns the columns suspended_at, suspended_by and suspended_reason
 * of lapak.stores. Buyers are told so, what they have stays open to them, open payments settle and deliver;
 * nothing of the store stops.
 *
 * A change is announced on SUSPENSION_CHANNEL, so that every server process learns it at once; it is not told
 * to the connection that made it: after the commit that one's process calls lane_store_suspend() itself.
 */
#pragma once

#include "db/db.h"

#define SUSPENSION_CHANNEL "lapak_stores"

struct suspension {
    const char *name; /* bot_store_name */
    int64_t at_ms;
    int64_t by;         /* a Telegram id; 0: whoever runs the server */
    const char *reason; /* for the owner, not for buyers; NULL */
};

/* In a transaction of the server's scope: suspends the store (again: with another reason), or resumes it.
 * `reason` may be NULL. *changed_out: whether it is another state now. ERR_NOT_FOUND where there is no such
 * store. Waits. */
MUST_USE bool suspension_set(struct db_tx *tx, const char *name, int64_t by, const char *reason,
                             int64_t now_ms, bool *changed_out, struct error *err);
MUST_USE bool suspension_end(struct db_tx *tx, const char *name, bool *changed_out, struct error *err);
/* All that are suspended, by name, in the arena. In a transaction of the server's scope. */
MUST_USE bool suspension_list(struct arena *arena, struct db_tx *tx, struct suspension **list_out,
                              size_t *count_out, struct error *err);
/* The same in a transaction of its own. */
MUST_USE bool suspension_read(struct arena *arena, struct db *db, struct suspension **list_out,
                              size_t *count_out, struct error *err);
/* The one of that store, or NULL. */
const struct suspension *suspension_of(const struct suspension *list, size_t count, const char *name);

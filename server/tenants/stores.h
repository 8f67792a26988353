/*
 * What is known of the stores of this database, for the owner's screens: rows of lapak.stores, read in an
 * open transaction of the server's. Writes nothing (enrolment.h says whose the columns are).
 */
#pragma once

#include "db/db.h"

struct store_row {
    const char *name;
    const char *state;        /* "starting", "live", "disabled", "unreachable", "removed" */
    const char *reason;       /* or NULL */
    const char *bot_username; /* or NULL */
    int64_t since_ms;
    int64_t suspended_ms;         /* 0: it is open */
    int64_t suspended_by;         /* 0: whoever runs the server */
    const char *suspended_reason; /* or NULL */
};

/* At most `limit` that are not removed, by name: those behind the name `from` ("": the first ones), or
 * with `backwards` the last ones before it. In the arena. */
MUST_USE bool stores_page(struct arena *arena, struct db_tx *tx, const char *from, bool backwards,
                          int64_t limit, struct store_row **rows_out, size_t *count_out, struct error *err);
/* ERR_NOT_FOUND where there is none of that name. */
MUST_USE bool stores_get(struct arena *arena, struct db_tx *tx, const char *name, struct store_row *row_out,
                         struct error *err);

/* Those whose state is neither live nor removed: at most `limit`, by name, and how many there are. */
MUST_USE bool stores_not_live(struct arena *arena, struct db_tx *tx, int64_t limit,
                              struct store_row **rows_out, size_t *count_out, int64_t *all_out,
                              struct error *err);

/* Whose bot it is: NULL where it is no store's (a removed one has none any more). In the arena. */
MUST_USE bool stores_of_bot(struct arena *arena, struct db_tx *tx, int64_t bot_id, const char **name_out,
                            struct error *err);

struct stores_count {
    int64_t all; /* but for the removed ones */
    int64_t live, starting, disabled, unreachable;
    int64_t suspended; /* of all */
};
MUST_USE bool stores_count(struct db_tx *tx, struct stores_count *count_out, struct error *err);

/* The owner's bot. */
struct owner_bot {
    const char *username; /* NULL: never registered */
    bool can_manage_bots; /* make bots for people who ask for it (getMe.can_manage_bots) */
};
/* Zeroed where there is none. In the arena. */
MUST_USE bool stores_owner_bot(struct arena *arena, struct db_tx *tx, struct owner_bot *bot_out,
                               struct error *err);

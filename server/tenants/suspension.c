#include "tenants/suspension.h"

#include <string.h>

static const struct db_scope server_scope = {.id = 1, .schema = "lapak", .role = ""};

DB_SERVER_STATEMENT(suspension_lock,
                    "SELECT suspended_at IS NOT NULL FROM stores WHERE bot_store_name = $1 FOR UPDATE");
DB_SERVER_STATEMENT(suspension_update,
                    "UPDATE stores SET suspended_at = $2, suspended_by = $3, suspended_reason = $4 "
                    "WHERE bot_store_name = $1");
DB_SERVER_STATEMENT(suspension_notify, "SELECT pg_notify('" SUSPENSION_CHANNEL "', $1)");
DB_SERVER_STATEMENT(suspension_select,
                    "SELECT bot_store_name, suspended_at, suspended_by, suspended_reason FROM stores "
                    "WHERE suspended_at IS NOT NULL ORDER BY bot_store_name COLLATE \"C\"");

/* `at_ms` 0: it is open. */
static bool set(struct db_tx *tx, const struct suspension *suspension, bool *changed_out, struct error *err)
{
    struct db_rows rows;
    const char *name = suspension->name;
    bool is_suspended = suspension->at_ms != 0;
    if (!db_query(tx, &suspension_lock, DB_PARAMS(P_TEXT(name)), &rows, err))
        return error_context(err, "suspension");
    if (!rows.count)
        return error_set(err, ERR_NOT_FOUND, "there is no store %.40s", name);
    bool was_suspended = db_bool(&rows, 0, 0);
    if (!db_query(tx, &suspension_update,
                  DB_PARAMS(P_TEXT(name), P_TIME(suspension->at_ms),
                            is_suspended ? P_INT(suspension->by) : P_NULL, P_TEXT(suspension->reason)),
                  NULL, err) ||
        !db_query(tx, &suspension_notify, DB_PARAMS(P_TEXT(name)), NULL, err))
        return error_context(err, "suspension");
    *changed_out = was_suspended != is_suspended;
    return true;
}

bool suspension_set(struct db_tx *tx, const char *name, int64_t by, const char *reason, int64_t now_ms,
                    bool *changed_out, struct error *err)
{
    const struct suspension suspension = {.name = name, .at_ms = now_ms, .by = by, .reason = reason};
    return set(tx, &suspension, changed_out, err);
}

bool suspension_end(struct db_tx *tx, const char *name, bool *changed_out, struct error *err)
{
    return set(tx, &(struct suspension){.name = name}, changed_out, err);
}

bool suspension_list(struct arena *arena, struct db_tx *tx, struct suspension **list_out, size_t *count_out,
                     struct error *err)
{
    struct db_rows rows;
    if (!db_query(tx, &suspension_select, DB_NO_PARAMS, &rows, err))
        return error_context(err, "suspended stores");
    struct suspension *list = ARENA_ARRAY(arena, struct suspension, rows.count);
    for (int i = 0; i < rows.count; i++)
        list[i] = (struct suspension){.name = db_text_copy(arena, &rows, i, 0),
                                      .at_ms = db_time(&rows, i, 1),
                                      .by = db_int(&rows, i, 2),
                                      .reason = db_text_copy(arena, &rows, i, 3)};
    *list_out = list;
    *count_out = (size_t)rows.count;
    return true;
}

bool suspension_read(struct arena *arena, struct db *db, struct suspension **list_out, size_t *count_out,
                     struct error *err)
{
    auto_tx struct db_tx *tx = NULL;
    return db_begin(db, &server_scope, &tx, err) && suspension_list(arena, tx, list_out, count_out, err);
}

const struct suspension *suspension_of(const struct suspension *list, size_t count, const char *name)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(name, list[middle].name);
        if (order == 0)
            return &list[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

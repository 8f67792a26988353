/* What Telegram was told, as registration.c wrote it down. */
#include "db/db.h"
#include "telegram/registration.h"

DB_SERVER_STATEMENT(registration_select, "SELECT bot_store_name, registered_digest FROM stores "
                                         "WHERE state = 'live' AND registered_digest IS NOT NULL "
                                         "ORDER BY bot_store_name COLLATE \"C\"");

bool registration_read(struct arena *arena, struct db *db, struct registered **list_out, size_t *count_out,
                       struct error *err)
{
    static const struct db_scope server_scope = {.id = 1, .schema = "lapak", .role = ""};
    auto_tx struct db_tx *tx = NULL;
    struct db_rows rows;
    if (!db_begin(db, &server_scope, &tx, err) ||
        !db_query(tx, &registration_select, DB_NO_PARAMS, &rows, err))
        return error_context(err, "what Telegram was told");
    struct registered *list = ARENA_ARRAY(arena, struct registered, rows.count);
    for (int i = 0; i < rows.count; i++) {
        size_t length;
        list[i].name = db_text_copy(arena, &rows, i, 0);
        list[i].digest = db_bytes(arena, &rows, i, 1, &length);
    }
    *list_out = list;
    *count_out = (size_t)rows.count;
    return true;
}

/* What Telegram was told, as registration.c wrote it down. */
#include "base/str.h"
#include "db/db.h"
#include "telegram/registration.h"

DB_SERVER_STATEMENT(registration_select, "SELECT bot_store_name, registered_digest FROM stores "
                                         "WHERE state = 'live' AND registered_digest IS NOT NULL "
                                         "ORDER BY bot_store_name COLLATE \"C\"");

DB_SERVER_STATEMENT(registration_update_gone,
                    "UPDATE stores SET state = 'removed', state_reason = NULL, state_since = $2, "
                    "registered_digest = NULL "
                    "WHERE state <> 'removed' AND bot_store_name <> ALL ($1::text::text[])");

static const struct db_scope server_scope = {.id = 1, .schema = "lapak", .role = ""};

bool registration_note_gone(struct arena *arena, struct db *db, const char *const *names, size_t count,
                            int64_t now_ms, struct error *err)
{
    struct str list = STR_INIT(arena);
    auto_tx struct db_tx *tx = NULL;
    str_add(&list, "{");
    for (size_t i = 0; i < count; i++) /* letters, digits and -: nothing to be quoted */
        str_addf(&list, "%s%s", i ? "," : "", names[i]);
    str_add(&list, "}");
    return (db_begin(db, &server_scope, &tx, err) &&
            db_query(tx, &registration_update_gone, DB_PARAMS(P_TEXT(str_done(&list)), P_TIME(now_ms)), NULL,
                     err) &&
            db_commit(tx, err)) ||
           error_context(err, "stores without a file");
}

bool registration_read(struct arena *arena, struct db *db, struct registered **list_out, size_t *count_out,
                       struct error *err)
{
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

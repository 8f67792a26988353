#include "store/admin_log.h"

#include "base/json.h"

DB_TENANT_STATEMENT(
    admin_log_insert,
    "INSERT INTO admin_logs (actor_id, action, subject, subject_id, before, after, note, key, created_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (key) DO NOTHING");

static const char *text_of(struct work *work, const json_t *json)
{
    return json ? json_text(work->arena, json) : NULL;
}

bool admin_log_add(struct work *work, const struct admin_log *entry, struct error *err)
{
    auto_json json_t *before = entry->before;
    auto_json json_t *after = entry->after;
    struct db_rows rows;
    if (!db_query(work->tx, &admin_log_insert,
                  DB_PARAMS(P_INT(entry->actor_id), P_TEXT(entry->action), P_TEXT(entry->subject),
                            P_INT(entry->subject_id), P_TEXT(text_of(work, before)),
                            P_TEXT(text_of(work, after)), P_TEXT(entry->note ? entry->note : ""),
                            P_TEXT(entry->key), P_TIME(work->now_ms)),
                  &rows, err))
        return error_context(err, "admin log");
    if (rows.affected != 1)
        return error_set(err, ERR_CONFLICT, "admin log: %s %s was carried out before", entry->action,
                         entry->key);
    return true;
}

DB_TENANT_STATEMENT(admin_log_count, "SELECT count(*) FROM admin_logs WHERE key = $1");

bool admin_log_has(struct work *work, const char *key, bool *found_out, struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &admin_log_count, DB_PARAMS(P_TEXT(key)), &rows, err))
        return error_context(err, "admin log");
    *found_out = db_int(&rows, 0, 0) > 0;
    return true;
}

#include "store/conversation.h"

#include <string.h>

DB_COMMON_STATEMENT(
    conversation_upsert,
    "INSERT INTO conversations (telegram_id, kind, ref, message_id, expires_at, data)"
    " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (telegram_id) DO UPDATE SET kind = excluded.kind,"
    " ref = excluded.ref, message_id = excluded.message_id, expires_at = excluded.expires_at,"
    " data = excluded.data");

bool conversation_set_about(struct work *work, int64_t telegram_id, const char *kind, int64_t ref,
                            int64_t message_id, int64_t expires_ms, struct error *err)
{
    return db_send(
        work->tx, &conversation_upsert,
        DB_PARAMS(P_INT(telegram_id), P_TEXT(kind), P_INT(ref), P_ID(message_id), P_TIME(expires_ms), P_NULL),
        NULL, err);
}

bool conversation_set(struct work *work, int64_t telegram_id, const char *kind, int64_t ref,
                      int64_t expires_ms, struct error *err)
{
    return conversation_set_about(work, telegram_id, kind, ref, 0, expires_ms, err);
}

static const char *identity_of(struct arena *arena, int64_t telegram_id)
{
    return arena_printf(arena, "conversation:%lld", (long long)telegram_id);
}

bool conversation_set_with(struct work *work, int64_t telegram_id, const char *kind, int64_t ref,
                           const char *data, int64_t expires_ms, struct error *err)
{
    size_t length;
    void *sealed = vault_seal(work->arena, work->vault, identity_of(work->arena, telegram_id), data,
                              strlen(data), &length);
    return db_send(work->tx, &conversation_upsert,
                   DB_PARAMS(P_INT(telegram_id), P_TEXT(kind), P_INT(ref), P_NULL, P_TIME(expires_ms),
                             P_BYTES(sealed, length)),
                   NULL, err);
}

DB_COMMON_STATEMENT(
    conversation_select_data,
    "SELECT ref, data FROM conversations WHERE telegram_id = $1 AND kind = $2 AND expires_at > $3");

bool conversation_data(struct work *work, int64_t telegram_id, const char *kind, int64_t *ref_out,
                       const char **data_out, struct error *err)
{
    struct db_rows rows;
    char *plain = NULL;
    size_t length, plain_length;
    if (!db_query(work->tx, &conversation_select_data,
                  DB_PARAMS(P_INT(telegram_id), P_TEXT(kind), P_TIME(work->now_ms)), &rows, err))
        return false;
    const void *sealed = rows.count ? db_bytes(work->arena, &rows, 0, 1, &length) : NULL;
    if (sealed && !vault_open(work->arena, work->vault, identity_of(work->arena, telegram_id), sealed, length,
                              &plain, &plain_length, err))
        return error_context(err, "conversation");
    *ref_out = rows.count ? db_int(&rows, 0, 0) : 0;
    *data_out = plain;
    return true;
}

DB_COMMON_STATEMENT(conversation_select,
                    "SELECT kind, ref FROM conversations WHERE telegram_id = $1 AND expires_at > $2");

bool conversation_get(struct work *work, int64_t telegram_id, const char **kind_out, int64_t *ref_out,
                      struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &conversation_select, DB_PARAMS(P_INT(telegram_id), P_TIME(work->now_ms)), &rows,
                  err))
        return false;
    *kind_out = rows.count ? db_text_copy(work->arena, &rows, 0, 0) : "";
    *ref_out = rows.count ? db_int(&rows, 0, 1) : 0;
    return true;
}

DB_COMMON_STATEMENT(conversation_select_message,
                    "SELECT message_id FROM conversations WHERE telegram_id = $1 AND expires_at > $2");

bool conversation_message(struct work *work, int64_t telegram_id, int64_t *message_id_out, struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &conversation_select_message, DB_PARAMS(P_INT(telegram_id), P_TIME(work->now_ms)),
                  &rows, err))
        return false;
    *message_id_out = rows.count ? db_int(&rows, 0, 0) : 0;
    return true;
}

DB_COMMON_STATEMENT(conversation_delete, "DELETE FROM conversations WHERE telegram_id = $1");

bool conversation_clear(struct work *work, int64_t telegram_id, struct error *err)
{
    return db_send(work->tx, &conversation_delete, DB_PARAMS(P_INT(telegram_id)), NULL, err);
}

#include "bot/inbox.h"

#include <inttypes.h>
#include <string.h>

#include "base/str.h"

enum { REASON_LIMIT = 490 };

/* No ON CONFLICT: the violation ends the whole pipeline, so a repeated update costs no extra round trip when
 * it is new. */
DB_COMMON_STATEMENT(inbox_insert_seen, "INSERT INTO updates_seen (update_id, seen_at) VALUES ($1, $2)");

bool inbox_note_seen(struct work *work, int64_t update_id, struct error *err)
{
    return db_send(work->tx, &inbox_insert_seen, DB_PARAMS(P_INT(update_id), P_TIME(work->now_ms)), NULL,
                   err);
}

bool inbox_is_repeat(const struct work *work, const struct error *err)
{
    return err->code == ERR_CONFLICT && strcmp(db_constraint(work->db), "updates_seen_pkey") == 0;
}

DB_COMMON_STATEMENT(
    inbox_upsert_failed,
    "INSERT INTO updates_failed AS f (update_id, attempts, error, body, first_at, last_at)"
    " VALUES ($1, 1, $2, $3, $4, $4) ON CONFLICT (update_id) DO UPDATE SET attempts = f.attempts + 1,"
    " error = excluded.error, last_at = excluded.last_at,"
    " parked_at = CASE WHEN f.attempts + 1 >= $5 THEN coalesce(f.parked_at, excluded.last_at) END"
    " RETURNING attempts, parked_at IS NOT NULL");
DB_COMMON_STATEMENT(inbox_insert_parked,
                    "INSERT INTO updates_seen (update_id, seen_at) VALUES ($1, $2) ON CONFLICT DO NOTHING");

bool inbox_note_failure(struct work *work, int64_t update_id, const char *body, size_t length,
                        const char *why, int64_t *attempts_out, bool *parked_out, struct error *err)
{
    const char *identity = arena_printf(work->arena, "update:%" PRId64, update_id);
    size_t sealed_length;
    const void *sealed = vault_seal(work->arena, work->vault, identity, body, length, &sealed_length);
    /* An error's text may have been cut inside a character. */
    const char *reason = str_utf8_cut(work->arena, why, REASON_LIMIT);
    if (!str_is_utf8(reason, strlen(reason)))
        reason = "unreadable error";
    struct db_rows rows;
    if (!db_query(work->tx, &inbox_upsert_failed,
                  DB_PARAMS(P_INT(update_id), P_TEXT(reason), P_BYTES(sealed, sealed_length),
                            P_TIME(work->now_ms), P_INT(INBOX_MOST_ATTEMPTS)),
                  &rows, err))
        return false;
    int64_t attempts = db_int(&rows, 0, 0);
    bool parked = db_bool(&rows, 0, 1);
    if (parked && !db_query(work->tx, &inbox_insert_parked, DB_PARAMS(P_INT(update_id), P_TIME(work->now_ms)),
                            NULL, err))
        return false;
    *attempts_out = attempts;
    *parked_out = parked;
    return true;
}

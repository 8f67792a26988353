#include "work/audit.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "work/audit_chain.h"
#include "work/internal.h"

/* A row that this transaction is to write. */
struct audit_added {
    struct audit_added *next;
    const char *event, *actor, *detail;
    uint8_t hash[AUDIT_HASH_BYTES];
    struct db_rows inserted;
};

bool audit_add(struct work *work, const struct audit_entry *entry, struct error *err)
{
    auto_json json_t *detail = entry->detail;
    assert(work->tx);
    struct audit_added *added = ARENA_NEW(work->arena, struct audit_added);
    *added = (struct audit_added){
        .event = arena_strdup(work->arena, entry->event),
        .actor = arena_strdup(work->arena, entry->actor),
        .detail = detail ? json_text(work->arena, detail) : "{}",
    };
    struct audit_added **at = &work->audits;
    while (*at)
        at = &(*at)->next;
    *at = added;
    return true;
}

const char *audit_person(struct arena *arena, int64_t telegram_id)
{
    return telegram_id ? arena_printf(arena, "telegram:%" PRId64, telegram_id) : "operator";
}

/* One lock for each schema; of two whose names fall together the one waits for the other, and that is all. */
DB_COMMON_STATEMENT(audit_lock, "SELECT pg_advisory_xact_lock(1096107092, hashtext(current_schema()))");
DB_COMMON_STATEMENT(audit_select_last, "SELECT id, hash FROM audit_logs ORDER BY id DESC LIMIT 1");
DB_COMMON_STATEMENT(audit_insert, "INSERT INTO audit_logs (event, actor, detail, created_at, previous, hash)"
                                  " VALUES ($1, $2, $3, $4, $5, $6) RETURNING id");

bool audit_read_head(struct arena *arena, const struct db_rows *rows, struct audit_head *head_out)
{
    struct audit_head head = {0};
    size_t length = 0;
    if (rows->count) {
        const void *hash = db_bytes(arena, rows, 0, 1, &length);
        if (length != AUDIT_HASH_BYTES)
            return false;
        head.id = db_int(rows, 0, 0);
        memcpy(head.hash, hash, AUDIT_HASH_BYTES);
    }
    *head_out = head;
    return true;
}

bool audit_write(struct work *work, struct error *err)
{
    struct db_rows last;
    struct audit_head head;
    if (!work->audits)
        return true;
    if (!db_send(work->tx, &audit_lock, DB_NO_PARAMS, NULL, err) ||
        !db_query(work->tx, &audit_select_last, DB_NO_PARAMS, &last, err))
        return error_context(err, "audit");
    if (!audit_read_head(work->arena, &last, &head))
        return error_set(err, ERR_INTERNAL, "audit: the last row has no hash");
    const uint8_t *previous = head.hash;
    for (struct audit_added *added = work->audits; added; added = added->next) {
        const struct audit_link link = {previous, added->event, added->actor, added->detail,
                                        work->now_ms * 1000};
        audit_link_hash(work->arena, work->vault, &link, added->hash);
        if (!db_send(work->tx, &audit_insert,
                     DB_PARAMS(P_TEXT(added->event), P_TEXT(added->actor), P_TEXT(added->detail),
                               P_TIME(work->now_ms), P_BYTES(previous, AUDIT_HASH_BYTES),
                               P_BYTES(added->hash, AUDIT_HASH_BYTES)),
                     &added->inserted, err))
            return error_context(err, "audit");
        previous = added->hash;
    }
    return true;
}

void audit_remember(struct work *work)
{
    const struct audit_added *added = work->audits;
    if (!added)
        return;
    while (added->next)
        added = added->next;
    struct audit_head head = {.id = db_int(&added->inserted, 0, 0)};
    memcpy(head.hash, added->hash, AUDIT_HASH_BYTES);
    const char *name = lane_store_name(work->store);
    audit_head_changed(work->store->lane->lanes, work->vault, name ? name : TENANT_SERVER_NAME, &head);
}

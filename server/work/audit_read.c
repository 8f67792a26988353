/* The trail's rows, and what a hash is made of. */
#include <string.h>

#include "base/str.h"
#include "work/audit_chain.h"

void audit_add_number(struct str *s, int64_t number)
{
    uint8_t bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)((uint64_t)number >> (56 - 8 * i));
    str_add_bytes(s, bytes, sizeof bytes);
}

void audit_add_part(struct str *s, const void *bytes, size_t length)
{
    audit_add_number(s, (int64_t)length);
    str_add_bytes(s, bytes, length);
}

static void add_text(struct str *s, const char *text)
{
    audit_add_part(s, text, strlen(text));
}

void audit_link_hash(struct arena *arena, const struct vault *vault, const struct audit_link *link,
                     uint8_t hash_out[static AUDIT_HASH_BYTES])
{
    struct str s = STR_INIT(arena);
    add_text(&s, "row");
    audit_add_part(&s, link->previous, AUDIT_HASH_BYTES);
    add_text(&s, link->event);
    add_text(&s, link->actor);
    add_text(&s, link->detail);
    audit_add_number(&s, link->created_us);
    vault_audit_mark(vault, s.text, s.length, hash_out);
}

/* --- reading --- */

static bool begin(struct work *work, bool *own_out, struct error *err)
{
    *own_out = !work->tx;
    return work->tx || work_begin(work, err);
}

static void end(struct work *work, bool own)
{
    if (own)
        work_end(work);
}

DB_COMMON_STATEMENT(audit_select_newest, "SELECT id, event, actor, detail, created_at FROM audit_logs"
                                         " WHERE id < $1 ORDER BY id DESC LIMIT $2");

bool audit_list(struct work *work, int64_t before, int64_t limit, struct audit_row **rows_out,
                size_t *count_out, struct error *err)
{
    struct db_rows rows;
    bool own;
    bool ok = begin(work, &own, err) &&
              db_query(work->tx, &audit_select_newest,
                       DB_PARAMS(P_INT(before > 0 ? before : INT64_MAX), P_INT(limit)), &rows, err);
    if (ok) {
        *rows_out = ARENA_ARRAY(work->arena, struct audit_row, rows.count);
        *count_out = (size_t)rows.count;
        for (int i = 0; i < rows.count; i++)
            (*rows_out)[i] = (struct audit_row){
                .id = db_int(&rows, i, 0),
                .event = db_text_copy(work->arena, &rows, i, 1),
                .actor = db_text_copy(work->arena, &rows, i, 2),
                .detail = db_text_copy(work->arena, &rows, i, 3),
                .created_ms = db_time(&rows, i, 4),
            };
    }
    end(work, own);
    return ok || error_context(err, "audit");
}

DB_COMMON_STATEMENT(audit_select_head, "SELECT id, hash FROM audit_logs ORDER BY id DESC LIMIT 1");

bool audit_head(struct work *work, struct audit_head *head_out, struct error *err)
{
    struct db_rows rows;
    bool own;
    bool ok = begin(work, &own, err) && db_query(work->tx, &audit_select_head, DB_NO_PARAMS, &rows, err) &&
              (audit_read_head(work->arena, &rows, head_out) ||
               error_set(err, ERR_INTERNAL, "the newest row has no hash"));
    end(work, own);
    return ok || error_context(err, "audit");
}

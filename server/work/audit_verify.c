/* The trail against its own hashes, in pieces. */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "work/audit_chain.h"

enum { PIECE = 1000 };

struct check {
    struct db *db;
    const struct db_scope *scope;
    const struct vault *vault;
    struct arena *arena; /* what is found; a piece has its own */
    const struct audit_range *range;
    int64_t most_ms;
    struct audit_result result;
    bool head_seen;
};

static void found(struct check *check, int64_t id, const char *says)
{
    check->result.good = false;
    check->result.bad_id = id;
    check->result.says = says;
}

DB_COMMON_STATEMENT(audit_select_hash, "SELECT id, hash FROM audit_logs WHERE id = $1");

/* The row from which it goes on has to be as it was. */
static bool check_after(struct check *check, struct arena *arena, struct error *err)
{
    const struct audit_head *after = &check->range->after;
    auto_tx struct db_tx *tx = NULL;
    struct db_rows rows;
    struct audit_head there;
    if (!after->id)
        return true;
    if (!db_begin_snapshot(check->db, check->scope, check->most_ms, &tx, err) ||
        !db_query(tx, &audit_select_hash, DB_PARAMS(P_INT(after->id)), &rows, err))
        return false;
    if (!rows.count)
        found(check, after->id, "is missing");
    else if (!audit_read_head(arena, &rows, &there) || memcmp(there.hash, after->hash, AUDIT_HASH_BYTES) != 0)
        found(check, after->id, "was changed");
    return true;
}

/* What its reader made of the columns; a hash of another length is none. */
static void check_row(struct check *check, struct arena *arena, const struct db_rows *rows, int row)
{
    const struct audit_head *head = &check->range->head;
    struct audit_result *result = &check->result;
    size_t previous_length, hash_length;
    const uint8_t *previous = db_bytes(arena, rows, row, 5, &previous_length);
    const uint8_t *hash = db_bytes(arena, rows, row, 6, &hash_length);
    int64_t id = db_int(rows, row, 0);
    uint8_t made[AUDIT_HASH_BYTES] = {0};
    bool whole = previous_length == AUDIT_HASH_BYTES && hash_length == AUDIT_HASH_BYTES;
    if (whole) {
        const struct audit_link link = {previous, db_text(rows, row, 1), db_text(rows, row, 2),
                                        db_text(rows, row, 3), db_int(rows, row, 4)};
        audit_link_hash(arena, check->vault, &link, made);
    }
    result->rows++;
    if (!whole || memcmp(made, hash, AUDIT_HASH_BYTES) != 0) {
        found(check, id, "was changed, or not written by lapakd");
    } else if (memcmp(previous, result->last.hash, AUDIT_HASH_BYTES) != 0) {
        found(check, id, "does not follow the row before it: one was taken out or put in");
    } else if (id == head->id && memcmp(hash, head->hash, AUDIT_HASH_BYTES) != 0) {
        found(check, id, "is another one than the server remembers");
    } else {
        check->head_seen = check->head_seen || id == head->id;
        result->last.id = id;
        memcpy(result->last.hash, hash, AUDIT_HASH_BYTES);
    }
}

DB_COMMON_STATEMENT(audit_select_piece,
                    "SELECT id, event, actor, detail, (extract(epoch FROM created_at) * 1000000)::bigint,"
                    " previous, hash FROM audit_logs WHERE id > $1 ORDER BY id LIMIT $2");

static bool check_piece(struct check *check, bool *more_out, struct error *err)
{
    auto_arena struct arena *arena = arena_new();
    auto_tx struct db_tx *tx = NULL;
    struct db_rows rows;
    if (!db_begin_snapshot(check->db, check->scope, check->most_ms, &tx, err) ||
        !db_query(tx, &audit_select_piece, DB_PARAMS(P_INT(check->result.last.id), P_INT(PIECE)), &rows, err))
        return false;
    for (int i = 0; i < rows.count && check->result.good; i++)
        check_row(check, arena, &rows, i);
    *more_out = check->result.good && rows.count == PIECE;
    return true;
}

static void check_head(struct check *check)
{
    const struct audit_head *head = &check->range->head;
    struct audit_result *result = &check->result;
    if (!result->good || !head->id || check->head_seen || head->id <= check->range->after.id)
        return;
    found(
        check, head->id,
        arena_printf(check->arena, "is missing: the trail was cut off behind row %" PRId64, result->last.id));
}

bool audit_verify(struct db *db, const struct db_scope *scope, const struct vault *vault, struct arena *arena,
                  const struct audit_range *range, int64_t most_ms, struct audit_result *result_out,
                  struct error *err)
{
    struct check check = {.db = db,
                          .scope = scope,
                          .vault = vault,
                          .arena = arena,
                          .range = range,
                          .most_ms = most_ms,
                          .result = {.good = true, .last = range->after}};
    int64_t end_ms = clock_mono_ms() + most_ms;
    if (!check_after(&check, arena, err))
        return error_context(err, "audit");
    for (bool more = check.result.good; more;) {
        if (!check_piece(&check, &more, err))
            return error_context(err, "audit");
        if (more && clock_mono_ms() > end_ms)
            return error_set(err, ERR_RETRY, "audit: %" PRId64 " rows looked at, it takes too long",
                             check.result.rows);
    }
    check_head(&check);
    *result_out = check.result;
    return true;
}

#include "store/term.h"

#include <string.h>

static const char *const state_names[] = {
    [TERM_OPEN] = "open", [TERM_AWAITING] = "awaiting", [TERM_FULFILLED] = "fulfilled"};
enum { STATES = sizeof state_names / sizeof *state_names };

static const char *const proof_kinds[] = {"text", "photo"};
enum { PROOF_KINDS = sizeof proof_kinds / sizeof *proof_kinds };

static bool read_term(const struct db_rows *rows, int row, struct term *term_out, struct error *err)
{
    const char *state = db_text(rows, row, 4);
    size_t i = 0;
    while (i < STATES && strcmp(state, state_names[i]) != 0)
        i++;
    if (i == STATES)
        return error_set(err, ERR_INTERNAL, "terms %lld: unknown state", (long long)db_int(rows, row, 0));
    *term_out = (struct term){.id = db_int(rows, row, 0),
                              .order_id = db_int(rows, row, 1),
                              .order_item_id = db_int(rows, row, 2),
                              .telegram_id = db_int(rows, row, 3),
                              .state = (enum term_state)i};
    return true;
}

#define TERM_COLUMNS "id, order_id, order_item_id, telegram_id, state"

DB_TENANT_STATEMENT(term_insert,
                    "INSERT INTO terms (order_id, order_item_id, telegram_id, state, created_at)"
                    " SELECT o.id, i.id, o.telegram_id, 'open', $2::timestamptz"
                    " FROM orders o JOIN order_items i ON i.order_id = o.id"
                    " WHERE o.id = $1 AND i.snk <> '' ORDER BY i.id ON CONFLICT (order_item_id) DO NOTHING");
DB_TENANT_STATEMENT(term_select_of_order,
                    "SELECT " TERM_COLUMNS " FROM terms WHERE order_id = $1 ORDER BY order_item_id");

bool term_open_for_order(struct work *work, int64_t order_id, struct term **terms_out, size_t *count_out,
                         struct error *err)
{
    struct db_rows rows;
    if (!db_send(work->tx, &term_insert, DB_PARAMS(P_INT(order_id), P_TIME(work->now_ms)), NULL, err) ||
        !db_query(work->tx, &term_select_of_order, DB_PARAMS(P_INT(order_id)), &rows, err))
        return false;
    struct term *terms = ARENA_ARRAY(work->arena, struct term, rows.count);
    for (int i = 0; i < rows.count; i++) {
        if (!read_term(&rows, i, &terms[i], err))
            return false;
    }
    *terms_out = terms;
    *count_out = (size_t)rows.count;
    return true;
}

DB_TENANT_STATEMENT(term_select_own, "SELECT " TERM_COLUMNS " FROM terms WHERE id = $1 AND telegram_id = $2"
                                     " FOR NO KEY UPDATE");

bool term_get_own(struct work *work, int64_t term_id, int64_t telegram_id, struct term *term_out,
                  struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &term_select_own, DB_PARAMS(P_INT(term_id), P_INT(telegram_id)), &rows, err))
        return false;
    if (!rows.count)
        return error_set(err, ERR_NOT_FOUND, "terms %lld: not there, or another person's",
                         (long long)term_id);
    return read_term(&rows, 0, term_out, err);
}

DB_TENANT_STATEMENT(term_set_awaiting,
                    "UPDATE terms SET state = 'awaiting' WHERE id = $1 AND state IN ('open', 'awaiting')");

bool term_mark_awaiting(struct work *work, int64_t term_id, struct error *err)
{
    return db_change(work->tx, &term_set_awaiting, DB_PARAMS(P_INT(term_id)), err) ||
           error_context(err, "terms %lld", (long long)term_id);
}

DB_TENANT_STATEMENT(term_set_fulfilled,
                    "UPDATE terms SET state = 'fulfilled', proof_kind = $2, proof = $3, fulfilled_at = $4"
                    " WHERE id = $1 AND state IN ('open', 'awaiting')");

bool term_fulfil(struct work *work, int64_t term_id, const char *kind, const char *proof, struct error *err)
{
    size_t known = 0;
    while (known < PROOF_KINDS && strcmp(kind, proof_kinds[known]) != 0)
        known++;
    if (known == PROOF_KINDS || !*proof)
        return error_set(err, ERR_INVALID, "terms %lld: a proof is a text or a photo", (long long)term_id);
    size_t length;
    void *sealed =
        vault_seal(work->arena, work->vault, arena_printf(work->arena, "proof:%lld", (long long)term_id),
                   proof, strlen(proof), &length);
    return db_change(work->tx, &term_set_fulfilled,
                     DB_PARAMS(P_INT(term_id), P_TEXT(kind), P_BYTES(sealed, length), P_TIME(work->now_ms)),
                     err) ||
           error_context(err, "terms %lld", (long long)term_id);
}

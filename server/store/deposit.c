#include "store/deposit.h"

#include <assert.h>
#include <string.h>

#include "base/crypto.h"
#include "store/internal.h"

enum { REFERENCE_LETTERS = 12, MOST_RUPIAH = 1000000000, MOST_FILE_ID = 512 };

static const char *const state_names[] = {
    [DEPOSIT_PENDING] = "pending",     [DEPOSIT_REVIEW] = "review",   [DEPOSIT_COMPLETED] = "completed",
    [DEPOSIT_CANCELLED] = "cancelled", [DEPOSIT_EXPIRED] = "expired", [DEPOSIT_REJECTED] = "rejected",
};
static const char *const kind_names[] = {[DEPOSIT_GATEWAY] = "gateway", [DEPOSIT_MANUAL] = "manual"};

const char *deposit_state_name(enum deposit_state state)
{
    return state_names[state];
}

/* Which of `names` it is; `count` where it is none. */
static size_t index_of(const char *const *names, size_t count, const char *name)
{
    size_t i = 0;
    while (i < count && strcmp(names[i], name) != 0)
        i++;
    return i;
}

bool deposit_state_of(const char *name, enum deposit_state *state_out)
{
    enum { STATES = sizeof state_names / sizeof *state_names };
    size_t state = index_of(state_names, STATES, name);
    if (state == STATES)
        return false;
    *state_out = (enum deposit_state)state;
    return true;
}

bool deposit_kind_of(const char *name, enum deposit_kind *kind_out)
{
    enum { KINDS = sizeof kind_names / sizeof *kind_names };
    size_t kind = index_of(kind_names, KINDS, name);
    if (kind == KINDS)
        return false;
    *kind_out = (enum deposit_kind)kind;
    return true;
}

/* --- reading --- */

#define DEPOSIT_COLUMNS                                                                                      \
    "id, reference, telegram_id, kind, amount, state, loading_message_id, invoice_message_id, decided_by,"   \
    " created_at, expires_at, proved_at, completed_at, ended_at"

static bool read_deposit(struct work *work, const struct db_rows *rows, int row, struct deposit *deposit_out,
                         struct error *err)
{
    enum deposit_kind kind;
    enum deposit_state state;
    if (!deposit_kind_of(db_text(rows, row, 3), &kind) || !deposit_state_of(db_text(rows, row, 5), &state))
        return error_set(err, ERR_INTERNAL, "deposit %lld: unknown kind or state",
                         (long long)db_int(rows, row, 0));
    *deposit_out = (struct deposit){
        .id = db_int(rows, row, 0),
        .reference = db_text_copy(work->arena, rows, row, 1),
        .telegram_id = db_int(rows, row, 2),
        .kind = kind,
        .amount = db_int(rows, row, 4),
        .state = state,
        .loading_message_id = db_int(rows, row, 6),
        .invoice_message_id = db_int(rows, row, 7),
        .decided_by = db_int(rows, row, 8),
        .created_ms = db_time(rows, row, 9),
        .expires_ms = db_time(rows, row, 10),
        .proved_ms = db_time(rows, row, 11),
        .completed_ms = db_time(rows, row, 12),
        .ended_ms = db_time(rows, row, 13),
    };
    return true;
}

/* $2 is NULL where anybody's deposit is meant. */
#define DEPOSIT_SELECT                                                                                       \
    "SELECT " DEPOSIT_COLUMNS " FROM deposits WHERE id = $1 AND ($2::bigint IS NULL OR telegram_id = $2)"
DB_TENANT_STATEMENT(deposit_select, DEPOSIT_SELECT);
DB_TENANT_STATEMENT(deposit_select_lock, DEPOSIT_SELECT " FOR NO KEY UPDATE");

static bool get(struct work *work, int64_t deposit_id, int64_t telegram_id, bool lock,
                struct deposit *deposit_out, struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, lock ? &deposit_select_lock : &deposit_select,
                  DB_PARAMS(P_INT(deposit_id), P_ID(telegram_id)), &rows, err))
        return false;
    if (!rows.count)
        return error_set(err, ERR_NOT_FOUND, "deposit %lld: not there, or another person's",
                         (long long)deposit_id);
    return read_deposit(work, &rows, 0, deposit_out, err);
}

bool deposit_get(struct work *work, int64_t deposit_id, bool lock, struct deposit *deposit_out,
                 struct error *err)
{
    return get(work, deposit_id, 0, lock, deposit_out, err);
}

bool deposit_get_own(struct work *work, int64_t deposit_id, int64_t telegram_id, bool lock,
                     struct deposit *deposit_out, struct error *err)
{
    if (!telegram_id) /* which get() takes for anybody */
        return error_set(err, ERR_NOT_FOUND, "deposit %lld: nobody's", (long long)deposit_id);
    return get(work, deposit_id, telegram_id, lock, deposit_out, err);
}

DB_TENANT_STATEMENT(deposit_select_list, "SELECT " DEPOSIT_COLUMNS " FROM deposits WHERE telegram_id = $1"
                                         " AND ($2::bigint IS NULL OR id < $2) ORDER BY id DESC LIMIT $3");

bool deposit_list(struct work *work, int64_t telegram_id, int64_t before, int64_t limit,
                  struct deposit **deposits_out, size_t *count_out, struct error *err)
{
    bool own;
    struct db_rows rows;
    if (!store_read_begin(work, &own, err))
        return false;
    bool ok = db_query(work->tx, &deposit_select_list,
                       DB_PARAMS(P_INT(telegram_id), P_ID(before), P_INT(limit)), &rows, err);
    struct deposit *deposits = ok ? ARENA_ARRAY(work->arena, struct deposit, rows.count) : NULL;
    for (int row = 0; ok && row < rows.count; row++)
        ok = read_deposit(work, &rows, row, &deposits[row], err);
    if (ok) {
        *deposits_out = deposits;
        *count_out = (size_t)rows.count;
    }
    store_read_end(work, own);
    return ok;
}

/* --- making --- */

DB_TENANT_STATEMENT(
    deposit_count_open,
    "SELECT count(*) FROM deposits WHERE telegram_id = $1 AND state IN ('pending', 'review')");
DB_TENANT_STATEMENT(
    deposit_insert,
    "INSERT INTO deposits (reference, telegram_id, kind, amount, state, created_at, expires_at)"
    " VALUES ($1, $2, $3, $4, 'pending', $5, $6) RETURNING " DEPOSIT_COLUMNS);

bool deposit_add(struct work *work, int64_t telegram_id, enum deposit_kind kind, int64_t amount,
                 int64_t expires_ms, int64_t most_open, struct deposit *deposit_out, struct error *err)
{
    struct db_rows open, rows;
    if (amount < 1 || amount > MOST_RUPIAH)
        return error_set(err, ERR_INVALID, "a deposit of %lld rupiah", (long long)amount);
    if (!db_query(work->tx, &deposit_count_open, DB_PARAMS(P_INT(telegram_id)), &open, err))
        return false;
    if (db_int(&open, 0, 0) >= most_open)
        return error_set(err, ERR_CONFLICT, "no deposit: too many are open");
    const char *reference = arena_printf(work->arena, "dp%lld-%s", (long long)telegram_id,
                                         crypto_random_word(work->arena, REFERENCE_LETTERS));
    if (!db_query(work->tx, &deposit_insert,
                  DB_PARAMS(P_TEXT(reference), P_INT(telegram_id), P_TEXT(kind_names[kind]), P_INT(amount),
                            P_TIME(work->now_ms), P_TIME(expires_ms)),
                  &rows, err)) {
        if (err->code == ERR_CONFLICT) /* the reference is taken: the next one will not be */
            err->code = ERR_RETRY;
        return error_context(err, "deposit %s", reference);
    }
    return read_deposit(work, &rows, 0, deposit_out, err);
}

/* --- states --- */

/* One deposit changes its state, or ERR_CONFLICT. */
static bool change(struct work *work, const struct db_statement *statement, const struct db_param *params,
                   size_t count, struct error *err)
{
    return db_change(work->tx, statement, params, count, err) ||
           error_context(err, "deposit %lld", (long long)params[0].number);
}

static const char *proof_identity(struct work *work, int64_t deposit_id)
{
    return arena_printf(work->arena, "deposit:%lld", (long long)deposit_id);
}

DB_TENANT_STATEMENT(deposit_set_proved, "UPDATE deposits SET state = 'review', proof = $2, proved_at = $3"
                                        " WHERE id = $1 AND kind = 'manual' AND state = 'pending'");

bool deposit_prove(struct work *work, int64_t deposit_id, const char *file_id, struct error *err)
{
    size_t length = strnlen(file_id, MOST_FILE_ID + 1), sealed_length;
    if (length == 0 || length > MOST_FILE_ID)
        return error_set(err, ERR_INVALID, "deposit %lld: not a file id", (long long)deposit_id);
    const void *sealed = vault_seal(work->arena, work->vault, proof_identity(work, deposit_id), file_id,
                                    length, &sealed_length);
    return change(work, &deposit_set_proved,
                  DB_PARAMS(P_INT(deposit_id), P_BYTES(sealed, sealed_length), P_TIME(work->now_ms)), err);
}

DB_TENANT_STATEMENT(deposit_select_proof, "SELECT proof FROM deposits WHERE id = $1");

bool deposit_proof(struct work *work, int64_t deposit_id, const char **file_id_out, struct error *err)
{
    struct db_rows rows;
    size_t sealed_length, length;
    char *file_id = NULL;
    if (!db_query(work->tx, &deposit_select_proof, DB_PARAMS(P_INT(deposit_id)), &rows, err))
        return false;
    if (!rows.count)
        return error_set(err, ERR_NOT_FOUND, "deposit %lld: not there", (long long)deposit_id);
    const void *sealed = db_bytes(work->arena, &rows, 0, 0, &sealed_length);
    if (sealed && !vault_open(work->arena, work->vault, proof_identity(work, deposit_id), sealed,
                              sealed_length, &file_id, &length, err))
        return error_context(err, "deposit %lld: proof", (long long)deposit_id);
    *file_id_out = file_id;
    return true;
}

DB_TENANT_STATEMENT(deposit_set_completed,
                    "UPDATE deposits SET state = 'completed', completed_at = $2,"
                    " decided_by = coalesce($3, decided_by) WHERE id = $1 AND state <> 'completed'");

bool deposit_mark_completed(struct work *work, int64_t deposit_id, int64_t decided_by, struct error *err)
{
    return change(work, &deposit_set_completed,
                  DB_PARAMS(P_INT(deposit_id), P_TIME(work->now_ms), P_ID(decided_by)), err);
}

DB_TENANT_STATEMENT(deposit_set_ended, "UPDATE deposits SET state = $2, ended_at = $3, end_reason = $4"
                                       " WHERE id = $1 AND state = 'pending'");

bool deposit_end(struct work *work, int64_t deposit_id, enum deposit_state end, const char *reason,
                 struct error *err)
{
    assert(end == DEPOSIT_CANCELLED || end == DEPOSIT_EXPIRED);
    return change(
        work, &deposit_set_ended,
        DB_PARAMS(P_INT(deposit_id), P_TEXT(state_names[end]), P_TIME(work->now_ms), P_TEXT(reason)), err);
}

DB_TENANT_STATEMENT(deposit_set_rejected,
                    "UPDATE deposits SET state = 'rejected', ended_at = $2, end_reason = 'rejected',"
                    " decided_by = $3 WHERE id = $1 AND state = 'review'");

bool deposit_reject(struct work *work, int64_t deposit_id, int64_t decided_by, struct error *err)
{
    return change(work, &deposit_set_rejected,
                  DB_PARAMS(P_INT(deposit_id), P_TIME(work->now_ms), P_INT(decided_by)), err);
}

DB_TENANT_STATEMENT(deposit_set_expiry, "UPDATE deposits SET expires_at = least(expires_at, $2::timestamptz)"
                                        " WHERE id = $1 AND state = 'pending'");

bool deposit_shorten_expiry(struct work *work, int64_t deposit_id, int64_t expires_ms, struct error *err)
{
    return change(work, &deposit_set_expiry, DB_PARAMS(P_INT(deposit_id), P_TIME(expires_ms)), err);
}

/* --- messages --- */

DB_TENANT_STATEMENT(deposit_set_loading, "UPDATE deposits SET loading_message_id = $2 WHERE id = $1");
DB_TENANT_STATEMENT(deposit_set_invoice, "UPDATE deposits SET invoice_message_id = $2 WHERE id = $1");

bool deposit_set_loading_message(struct work *work, int64_t deposit_id, int64_t message_id, struct error *err)
{
    return change(work, &deposit_set_loading, DB_PARAMS(P_INT(deposit_id), P_ID(message_id)), err);
}

bool deposit_set_invoice_message(struct work *work, int64_t deposit_id, int64_t message_id, struct error *err)
{
    return change(work, &deposit_set_invoice, DB_PARAMS(P_INT(deposit_id), P_ID(message_id)), err);
}

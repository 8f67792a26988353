/* Transactions as pipelines: statements are queued, their results read in order, when somebody needs them. */
#include "db/internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST_UNREAD = 96, VALUE_TEXT = 40 };

/* Both run before the store's search_path is set, always under the session's own: scope 0 of the cache. */
static const struct db_scope session_scope = {0, "", ""};
static const struct db_statement set_schema = {"set_schema", "SELECT set_config('search_path', $1, true)",
                                               DB_SERVER};
static const struct db_statement set_role_and_schema = {
    "set_role_and_schema", "SELECT set_config('role', $2, true), set_config('search_path', $1, true)",
    DB_SERVER};

static const struct db_statement set_statement_timeout = {
    "set_statement_timeout", "SELECT set_config('statement_timeout', $1, true)", DB_SERVER};

static void note_scope(struct db *db, uint32_t id)
{
    size_t byte = id / 8;
    if (byte >= db->scopes_size) {
        size_t size = byte + 64;
        db->scopes_seen = xrealloc(db->scopes_seen, size);
        memset(db->scopes_seen + db->scopes_size, 0, size - db->scopes_size);
        db->scopes_size = size;
    }
    uint8_t bit = (uint8_t)(1u << (id % 8));
    if (!(db->scopes_seen[byte] & bit)) {
        db->scopes_seen[byte] |= bit;
        db->scopes_touched++;
    }
}

static struct pending *enqueue(struct db_tx *tx, enum pending_kind kind, const char *label,
                               struct prepared *prepared, struct db_rows *rows_out)
{
    struct pending *p = ARENA_NEW(tx->arena, struct pending);
    p->kind = kind;
    p->label = label;
    p->prepared = prepared;
    p->rows_out = rows_out;
    *tx->tail = p;
    tx->tail = &p->next;
    tx->unread++;
    return p;
}

static bool fail(struct db_tx *tx, struct error *err)
{
    if (!tx->failed) {
        tx->failed = true;
        tx->error = *err;
    }
    return false;
}

static bool refuse_failed(struct db_tx *tx, struct error *err)
{
    if (tx->failed)
        *err = tx->error;
    return !tx->failed;
}

static bool send_plain(struct db_tx *tx, const char *sql, enum pending_kind kind, struct error *err)
{
    if (!PQsendQueryParams(tx->db->conn, sql, 0, NULL, NULL, NULL, NULL, 0)) {
        db_connection_error(tx->db, kind == PENDING_DEALLOCATE ? "deallocate" : sql, err);
        return fail(tx, err);
    }
    enqueue(tx, kind, kind == PENDING_DEALLOCATE ? "deallocate" : sql, NULL, NULL);
    return true;
}

/* --- parameters --- */

struct bound {
    const char *values[DB_MAX_PARAMS];
    int lengths[DB_MAX_PARAMS];
    int formats[DB_MAX_PARAMS];
    char texts[DB_MAX_PARAMS][VALUE_TEXT];
};

static void format_time(int64_t ms, char buffer[static VALUE_TEXT])
{
    static const int64_t first_ms = -62135596800000, last_ms = 253402300799999;
    ms = ms < first_ms ? first_ms : ms > last_ms ? last_ms : ms;
    time_t seconds = (time_t)(ms >= 0 ? ms / 1000 : -((-ms + 999) / 1000));
    struct tm tm;
    gmtime_r(&seconds, &tm);
    /* PostgreSQL takes a year of fewer than four digits for one of this century. */
    char rest[VALUE_TEXT / 2];
    strftime(rest, sizeof rest, "-%m-%d %H:%M:%S", &tm);
    snprintf(buffer, VALUE_TEXT, "%04d%s.%03d+00", tm.tm_year + 1900, rest,
             (int)(ms - (int64_t)seconds * 1000));
}

static void bind_params(struct bound *bound, const struct db_param *params, size_t count)
{
    assert(count <= DB_MAX_PARAMS);
    for (size_t i = 0; i < count; i++) {
        const struct db_param *p = &params[i];
        char *text = bound->texts[i];
        bound->lengths[i] = bound->formats[i] = 0;
        bound->values[i] = text;
        switch (p->kind) {
        case DB_PARAM_NULL:
            bound->values[i] = NULL;
            break;
        case DB_PARAM_INT:
            snprintf(text, VALUE_TEXT, "%lld", (long long)p->number);
            break;
        case DB_PARAM_BOOL:
            snprintf(text, VALUE_TEXT, "%s", p->number ? "t" : "f");
            break;
        case DB_PARAM_TIME:
            if (p->number)
                format_time(p->number, text);
            else
                bound->values[i] = NULL;
            break;
        case DB_PARAM_TEXT:
            bound->values[i] = p->bytes;
            break;
        case DB_PARAM_BYTES:
            bound->values[i] = p->bytes;
            bound->lengths[i] = (int)p->length;
            bound->formats[i] = 1;
            break;
        }
    }
}

static bool send_prepared(struct db_tx *tx, const struct db_scope *scope,
                          const struct db_statement *statement, const struct db_param *params, size_t count,
                          struct db_rows *rows_out, struct error *err)
{
    struct db *db = tx->db;
    struct prepared *p = prepared_find(&db->cache, scope->id, statement);
    if (!p) {
        p = prepared_add(&db->cache, scope, statement);
        if (!PQsendPrepare(db->conn, p->name, statement->sql, 0, NULL)) {
            prepared_remove(&db->cache, p);
            db_connection_error(db, statement->name, err);
            return fail(tx, err);
        }
        enqueue(tx, PENDING_PREPARE, statement->name, p, NULL);
    }
    struct bound bound;
    bind_params(&bound, params, count);
    if (!PQsendQueryPrepared(db->conn, p->name, (int)count, bound.values, bound.lengths, bound.formats, 0)) {
        db_connection_error(db, statement->name, err);
        return fail(tx, err);
    }
    enqueue(tx, PENDING_COMMAND, statement->name, NULL, rows_out);
    return true;
}

/* --- results --- */

static void keep_result(struct db_tx *tx, PGresult *result)
{
    struct held_result *held = ARENA_NEW(tx->arena, struct held_result);
    held->result = result;
    held->next = tx->results;
    tx->results = held;
}

/* Takes the result of the oldest unread entry. False where it failed (the first failure is kept in
 * tx->error). */
static bool read_one(struct db_tx *tx, bool draining, struct error *err)
{
    struct pending *p = tx->first;
    struct db *db = tx->db;
    tx->first = p->next;
    if (!tx->first)
        tx->tail = &tx->first;
    tx->unread--;
    PGresult *result = PQgetResult(db->conn);
    ExecStatusType status = PQresultStatus(result);
    bool ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (p->prepared) {
        if (ok)
            p->prepared->confirmed = true;
        else
            prepared_remove(&db->cache, p->prepared);
    }
    if (!ok && (status != PGRES_PIPELINE_ABORTED || !tx->failed)) {
        bool told = result && PQresultErrorField(result, PG_DIAG_SQLSTATE);
        if (told)
            db_error_from_result(db, result, p->label, err);
        else
            db_connection_error(db, p->label, err);
        tx->lost = tx->lost || !told;
        fail(tx, err);
    }
    if (!ok && p->kind == PENDING_DEALLOCATE)
        db->broken = true; /* the statement is still there under a name we have forgotten */
    if (ok && p->rows_out && !draining) {
        *p->rows_out = (struct db_rows){
            .count = PQntuples(result), .affected = atoll(PQcmdTuples(result)), .result = result};
        keep_result(tx, result);
    } else {
        PQclear(result);
    }
    while (result &&
           (result = PQgetResult(db->conn))) /* the end of this command; a dead connection ends it too */
        PQclear(result);
    return ok && !tx->failed;
}

bool db_flush(struct db_tx *tx, struct error *err)
{
    assert(tx->magic == TX_MAGIC && !tx->committed);
    if (!refuse_failed(tx, err))
        return false;
    if (tx->unread && !PQsendFlushRequest(tx->db->conn)) {
        db_connection_error(tx->db, "flush", err);
        return fail(tx, err);
    }
    while (tx->first) {
        if (!read_one(tx, false, err))
            return refuse_failed(tx, err);
    }
    return true;
}

/* --- the interface --- */

static void end_pipeline(struct db_tx *tx, bool sync_sent);

/* Before anything of the transaction can fail: an aborted pipeline would skip it. Queued, or, where nothing
 * may stand in front of the BEGIN, `apart`. */
static bool forget_excess(struct db_tx *tx, bool apart, struct error *err)
{
    struct db *db = tx->db;
    struct prepared *excess;
    bool ok = true;
    while (ok && (excess = prepared_excess(&db->cache))) {
        ok = send_plain(tx, arena_printf(tx->arena, "DEALLOCATE \"%s\"", excess->name), PENDING_DEALLOCATE,
                        err);
        prepared_remove(&db->cache, excess);
    }
    if (!ok || !apart || !tx->first)
        return ok;
    end_pipeline(tx, false);
    return refuse_failed(tx, err) && (!db->broken || db_connection_error(db, "deallocate", err));
}

static bool begin(struct db *db, const struct db_scope *scope, bool snapshot, struct db_tx **tx_out,
                  struct error *err)
{
    assert(db->magic == DB_MAGIC && !db->tx);
    if (!db_ensure_up(db, err))
        return false;
    struct arena *arena = arena_new();
    struct db_tx *tx = ARENA_NEW(arena, struct db_tx);
    tx->magic = TX_MAGIC;
    tx->db = db;
    tx->scope = scope;
    tx->arena = arena;
    tx->tail = &tx->first;
    db->tx = tx;
    db->constraint[0] = '\0';
    note_scope(db, scope->id);

    /* The level with BEGIN itself: the statement that sets role and search_path takes the snapshot already.
     */
    bool ok = forget_excess(tx, snapshot, err) &&
              send_plain(tx, snapshot ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" : "BEGIN",
                         PENDING_COMMAND, err);
    if (ok && scope->role && *scope->role)
        ok = send_prepared(tx, &session_scope, &set_role_and_schema,
                           DB_PARAMS(P_TEXT(scope->schema), P_TEXT(scope->role)), NULL, err);
    else if (ok)
        ok = send_prepared(tx, &session_scope, &set_schema, DB_PARAMS(P_TEXT(scope->schema)), NULL, err);
    if (!ok) {
        db_end(&tx);
        return false;
    }
    *tx_out = tx;
    return true;
}

bool db_begin(struct db *db, const struct db_scope *scope, struct db_tx **tx_out, struct error *err)
{
    return begin(db, scope, false, tx_out, err);
}

bool db_begin_snapshot(struct db *db, const struct db_scope *scope, int64_t most_ms, struct db_tx **tx_out,
                       struct error *err)
{
    char text[VALUE_TEXT];
    struct db_tx *tx;
    if (!begin(db, scope, true, &tx, err))
        return false;
    snprintf(text, sizeof text, "%lldms", (long long)most_ms);
    if (!send_prepared(tx, &session_scope, &set_statement_timeout, DB_PARAMS(P_TEXT(text)), NULL, err)) {
        db_end(&tx);
        return false;
    }
    *tx_out = tx;
    return true;
}

bool db_send(struct db_tx *tx, const struct db_statement *statement, const struct db_param *params,
             size_t param_count, struct db_rows *rows_out, struct error *err)
{
    assert(tx->magic == TX_MAGIC && !tx->committed);
    if (!refuse_failed(tx, err))
        return false;
    /* A blocking pipeline must not grow past what both sides' buffers hold. */
    if (tx->unread >= MOST_UNREAD && !db_flush(tx, err))
        return false;
    return send_prepared(tx, tx->scope, statement, params, param_count, rows_out, err);
}

bool db_query(struct db_tx *tx, const struct db_statement *statement, const struct db_param *params,
              size_t param_count, struct db_rows *rows_out, struct error *err)
{
    struct db_rows unused;
    return db_send(tx, statement, params, param_count, rows_out ? rows_out : &unused, err) &&
           db_flush(tx, err);
}

bool db_change(struct db_tx *tx, const struct db_statement *statement, const struct db_param *params,
               size_t param_count, struct error *err)
{
    struct db_rows rows;
    if (!db_query(tx, statement, params, param_count, &rows, err))
        return false;
    if (rows.affected != 1)
        return error_set(err, ERR_CONFLICT, "%s: not in the expected state", statement->name);
    return true;
}

/* Sends a Sync, where none is on its way, and reads up to and including it. */
static void end_pipeline(struct db_tx *tx, bool sync_sent)
{
    struct db *db = tx->db;
    struct error ignored;
    if (!sync_sent && !PQpipelineSync(db->conn))
        db->broken = true;
    while (tx->first)
        read_one(tx, true, &ignored);
    bool synced = false;
    PGresult *result;
    while (!synced && (result = PQgetResult(db->conn))) {
        synced = PQresultStatus(result) == PGRES_PIPELINE_SYNC;
        PQclear(result);
        if (PQstatus(db->conn) != CONNECTION_OK)
            break;
    }
    if (!synced)
        db->broken = true;
}

/* After a failure everything up to a Sync is skipped, a ROLLBACK too; and what was queued and never read may
 * fail only now. So: what PostgreSQL says behind the Sync decides whether a ROLLBACK has to follow. */
static void roll_back(struct db_tx *tx, bool sync_sent)
{
    struct db *db = tx->db;
    struct error ignored;
    tx->over = true;
    bool sent = sync_sent || tx->failed || send_plain(tx, "ROLLBACK", PENDING_COMMAND, &ignored);
    end_pipeline(tx, sync_sent);
    if (sent && !db->broken && PQtransactionStatus(db->conn) != PQTRANS_IDLE) {
        if (send_plain(tx, "ROLLBACK", PENDING_COMMAND, &ignored))
            end_pipeline(tx, false);
        if (PQtransactionStatus(db->conn) != PQTRANS_IDLE)
            db->broken = true;
    }
}

/* COMMIT is on its way, and something failed. Where PostgreSQL said what, before it came to the COMMIT, that
 * is what happened; where the connection ended without a word, or in the middle of the COMMIT, nobody knows.
 */
static bool commit_failed(struct db_tx *tx, bool at_commit, bool sync_sent, struct error *err)
{
    if (tx->lost || (at_commit && tx->db->broken))
        tx->error.code = ERR_UNCERTAIN;
    *err = tx->error;
    roll_back(tx, sync_sent);
    return false;
}

bool db_commit(struct db_tx *tx, struct error *err)
{
    assert(tx->magic == TX_MAGIC && !tx->committed);
    if (!refuse_failed(tx, err))
        return false;
    struct db *db = tx->db;
    if (!send_plain(tx, "COMMIT", PENDING_COMMAND, err))
        return false;
    if (!PQpipelineSync(db->conn)) {
        db_connection_error(db, "commit", err);
        fail(tx, err);
        return commit_failed(tx, true, false, err);
    }
    while (tx->first) {
        bool at_commit = !tx->first->next;
        if (!read_one(tx, false, err))
            return commit_failed(tx, at_commit, true, err);
    }
    tx->committed = tx->over = true;
    end_pipeline(tx, true);
    return true;
}

bool db_committed(const struct db_tx *tx)
{
    return tx->committed;
}

void db_end(struct db_tx **tx_pointer)
{
    struct db_tx *tx = *tx_pointer;
    if (!tx)
        return;
    assert(tx->magic == TX_MAGIC);
    if (!tx->over)
        roll_back(tx, false);
    for (struct held_result *held = tx->results; held; held = held->next)
        PQclear(held->result);
    tx->db->tx = NULL;
    tx->magic = 0;
    struct arena *arena = tx->arena;
    arena_free(&arena);
    *tx_pointer = NULL;
}

/* --- the list of statements --- */

extern const struct db_statement *const __start_db_statements[] __attribute__((weak));
extern const struct db_statement *const __stop_db_statements[] __attribute__((weak));

size_t db_statements(const struct db_statement *const **list_out)
{
    *list_out = __start_db_statements;
    return (size_t)(__stop_db_statements - __start_db_statements);
}

bool db_check_statement(struct db_tx *tx, const struct db_statement *statement, struct error *err)
{
    if (!refuse_failed(tx, err))
        return false;
    if (!PQsendPrepare(tx->db->conn, "", statement->sql, 0, NULL)) {
        db_connection_error(tx->db, statement->name, err);
        return fail(tx, err);
    }
    enqueue(tx, PENDING_COMMAND, statement->name, NULL, NULL);
    return db_flush(tx, err);
}

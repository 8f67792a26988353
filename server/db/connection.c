/* Connecting, replacing a lost connection, notifications, and what PostgreSQL's errors mean. */
#include "db/internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum { DEFAULT_PREPARED = 1000, RETRY_MS = 1000 };

/* Bounds what a lost peer or a stuck lock can cost; ISO dates, UTC and hex bytea are what rows.c reads. A
 * backend that waits for more of a pipeline counts as active, so of a machine that is gone only TCP can tell
 * it: else it would keep its locks for two hours. */
#define SESSION_OPTIONS                                                                                      \
    "-c statement_timeout=15000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=30000 "          \
    "-c tcp_keepalives_idle=15 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3 "                      \
    "-c tcp_user_timeout=30000 "                                                                             \
    "-c timezone=UTC -c datestyle=ISO -c bytea_output=hex -c standard_conforming_strings=on "                \
    "-c plan_cache_mode=force_generic_plan -c jit=off"

static void discard_notice(void *context, const char *message)
{
}

bool db_connection_error(struct db *db, const char *label, struct error *err)
{
    db->broken = true;
    return error_set(err, ERR_RETRY, "%s: the connection to the database was lost", label);
}

struct meaning {
    const char *state; /* SQLSTATE, or the beginning of several */
    enum error_code code;
    bool replace; /* only another connection helps */
};

static const struct meaning *meaning_of(const char *state)
{
    static const struct meaning meanings[] = {
        {"23505", ERR_CONFLICT, false},
        {"23", ERR_INVALID, false},
        {"40", ERR_RETRY, false}, /* serialisation, deadlock */
        {"55P03", ERR_RETRY, false},
        {"57014", ERR_RETRY, false}, /* statement_timeout */
        {"57P0", ERR_RETRY, true},
        {"53", ERR_RETRY, false}, /* out of disk, memory, connections */
        {"58", ERR_RETRY, false},
        {"08", ERR_RETRY, true},
        {"25006", ERR_RETRY, true}, /* this server became read-only: another one is the primary now */
        /* The server's prepared statements are not what we believe, or their tables were changed: */
        {"26000", ERR_RETRY, true},
        {"42P05", ERR_RETRY, true},
        {"0A000", ERR_INTERNAL, true},
    };
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++) {
        if (!strncmp(state, meanings[i].state, strlen(meanings[i].state)))
            return &meanings[i];
    }
    return NULL;
}

bool db_error_from_result(struct db *db, const PGresult *result, const char *label, struct error *err)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
    snprintf(db->constraint, sizeof db->constraint, "%s", constraint ? constraint : "");
    if (!state)
        return db_connection_error(db, label, err);
    const struct meaning *meaning = meaning_of(state);
    enum error_code code = meaning ? meaning->code : ERR_INTERNAL;
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    bool session_over = severity && (!strcmp(severity, "FATAL") || !strcmp(severity, "PANIC"));
    if (session_over)
        code = ERR_RETRY;
    if (session_over || (meaning && meaning->replace))
        db->broken = true;
    /* Messages of class 42 (syntax, unknown names, privileges) name our own SQL and schema only; others may
     * quote values. */
    const char *message = !strncmp(state, "42", 2) ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : "";
    return error_set(err, code, "%s: SQLSTATE %s%s%s%s%s", label, state,
                     db->constraint[0] ? ", constraint " : "", db->constraint, *message ? ": " : "", message);
}

static bool run_simple(struct db *db, const char *sql, struct error *err)
{
    PGresult *result = PQexec(db->conn, sql);
    ExecStatusType status = PQresultStatus(result);
    bool ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (!ok)
        db_error_from_result(db, result, "session set-up", err);
    PQclear(result);
    return ok;
}

static bool connect_now(struct db *db, struct error *err)
{
    db->last_try_ms = clock_mono_ms();
    prepared_clear(&db->cache);
    if (db->scopes_seen)
        memset(db->scopes_seen, 0, db->scopes_size);
    db->scopes_touched = 0;
    PQfinish(db->conn);
    static const char *const keys[] = {"dbname",
                                       "application_name",
                                       "connect_timeout",
                                       "keepalives_idle",
                                       "keepalives_interval",
                                       "tcp_user_timeout",
                                       "client_encoding",
                                       "options",
                                       NULL};
    const char *const values[] = {db->url, "lapak", "3", "30", "10", "20000", "UTF8", SESSION_OPTIONS, NULL};
    db->conn = PQconnectdbParams(keys, values, 1);
    if (PQstatus(db->conn) != CONNECTION_OK) {
        db->broken = true;
        /* libpq's text names host, port, user and database, never the password. */
        char reason[300];
        snprintf(reason, sizeof reason, "%s", PQerrorMessage(db->conn));
        reason[strcspn(reason, "\n")] = '\0';
        return error_set(err, ERR_RETRY, "database: %s", reason);
    }
    PQsetNoticeProcessor(db->conn, discard_notice, NULL);
    for (const char *const *channel = db->channels; channel && *channel; channel++) {
        char sql[80];
        snprintf(sql, sizeof sql, "LISTEN %s", *channel); /* channels are constants of the program */
        if (!run_simple(db, sql, err)) {
            db->broken = true;
            return error_context(err, "listen");
        }
    }
    if (!PQenterPipelineMode(db->conn)) {
        db->broken = true;
        return error_set(err, ERR_INTERNAL, "database: pipeline mode refused");
    }
    db->broken = false;
    return true;
}

bool db_open(const char *url, const char *const *channels, int most_prepared, struct db **db_out,
             struct error *err)
{
    struct db *db = xcalloc(1, sizeof *db);
    db->magic = DB_MAGIC;
    db->url = xstrdup(url);
    db->channels = channels;
    prepared_init(&db->cache, most_prepared ? most_prepared : DEFAULT_PREPARED);
    if (!connect_now(db, err)) {
        db_close(&db);
        return false;
    }
    *db_out = db;
    return true;
}

void db_close(struct db **db)
{
    if (!*db)
        return;
    assert((*db)->magic == DB_MAGIC && !(*db)->tx);
    PQfinish((*db)->conn);
    prepared_clear(&(*db)->cache);
    free((*db)->cache.buckets);
    free((*db)->scopes_seen);
    free((*db)->url);
    free(*db);
    *db = NULL;
}

bool db_ensure_up(struct db *db, struct error *err)
{
    if (!db->broken && PQstatus(db->conn) == CONNECTION_OK)
        return true;
    if (clock_mono_ms() - db->last_try_ms < RETRY_MS)
        return error_set(err, ERR_RETRY, "database: not reachable, trying again soon");
    if (!connect_now(db, err))
        return false;
    db->reconnects++;
    return true;
}

bool db_is_up(const struct db *db)
{
    return !db->broken && PQstatus(db->conn) == CONNECTION_OK;
}

uint64_t db_reconnects(const struct db *db)
{
    return db->reconnects;
}

int db_socket(const struct db *db)
{
    return db_is_up(db) ? PQsocket(db->conn) : -1;
}

void db_notifications(struct db *db, void (*fn)(void *context, const char *channel, const char *payload),
                      void *context)
{
    assert(!db->tx);
    if (!db_is_up(db))
        return;
    if (!PQconsumeInput(db->conn)) {
        db->broken = true;
        return;
    }
    PGnotify *notice;
    while ((notice = PQnotifies(db->conn))) {
        if (notice->be_pid != PQbackendPID(db->conn)) /* our own commit told us already */
            fn(context, notice->relname, notice->extra);
        PQfreemem(notice);
    }
}

void db_recycle(struct db *db)
{
    assert(!db->tx);
    db->broken = true;
    db->last_try_ms = 0;
}

struct db_canceller *db_canceller(const struct db *db)
{
    return (struct db_canceller *)PQgetCancel(db->conn);
}

void db_cancel(struct db_canceller *canceller)
{
    char reason[256]; /* libpq wants to tell; whoever waits for the statement sees what came of it */
    (void)PQcancel((PGcancel *)canceller, reason, sizeof reason);
}

void db_canceller_free(struct db_canceller **canceller)
{
    if (*canceller)
        PQfreeCancel((PGcancel *)*canceller);
    *canceller = NULL;
}

int db_scopes_touched(const struct db *db)
{
    return db->scopes_touched;
}

const char *db_constraint(const struct db *db)
{
    return db->constraint;
}

bool db_exec(struct db *db, const char *sql, struct db_rows *rows_out, struct error *err)
{
    assert(!db->tx);
    if (!db_ensure_up(db, err))
        return false;
    if (!PQexitPipelineMode(db->conn))
        return db_connection_error(db, "leaving pipeline mode", err);
    PGresult *result = PQexec(db->conn, sql);
    ExecStatusType status = PQresultStatus(result);
    bool ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (!ok && db_error_from_result(db, result, "statement", err) == false) {
        /* Only migrations, tools and tests come here, with SQL of our own: the whole message helps them. */
        const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
        if (message)
            error_set(err, err->code, "%s (SQLSTATE %s)", message,
                      PQresultErrorField(result, PG_DIAG_SQLSTATE));
    }
    if (!PQenterPipelineMode(db->conn))
        db->broken = true;
    if (ok && rows_out)
        *rows_out = (struct db_rows){
            .count = PQntuples(result), .affected = atoll(PQcmdTuples(result)), .result = result};
    else
        PQclear(result);
    return ok;
}

char *db_quote_identifier(struct arena *arena, struct db *db, const char *name)
{
    char *quoted = PQescapeIdentifier(db->conn, name, strlen(name));
    char *copy = arena_strdup(arena, quoted ? quoted : "\"\"");
    PQfreemem(quoted);
    return copy;
}

char *db_quote_literal(struct arena *arena, struct db *db, const char *text)
{
    char *quoted = PQescapeLiteral(db->conn, text, strlen(text));
    char *copy = arena_strdup(arena, quoted ? quoted : "''");
    PQfreemem(quoted);
    return copy;
}

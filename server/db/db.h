/*
 * One PostgreSQL connection, its prepared statements, and transactions in pipeline mode.
 *
 * A connection belongs to one thread. Statements are prepared per (scope, statement), lazily, and a bounded
 * number is kept (least recently used go first): a prepared statement that runs under the search_path it was
 * prepared under is not planned again, and each one costs PostgreSQL about 20 KB. A lost connection is
 * replaced at the next db_begin(), at most one try a second; until then ERR_RETRY.
 *
 * A transaction sees one schema only: db_begin() is the one place that sets role and search_path, both local
 * to the transaction. Statement texts are unqualified constants with $n, never built from input.
 *
 * Failure codes: ERR_RETRY (connection, session ended by the server, lock or serialisation), ERR_CONFLICT
 * (unique constraint; see db_constraint()), ERR_INVALID (another constraint), ERR_UNCERTAIN (the connection
 * broke while COMMIT was under way), ERR_INTERNAL (anything else). Error texts carry the statement's name,
 * SQLSTATE and constraint, never values.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

struct db;
struct db_tx;

/* Whose tables a transaction sees. `id` is unique in the process. The server's own scope has an empty role.
 */
struct db_scope {
    uint32_t id;
    const char *schema;
    const char *role;
};

enum db_where { DB_TENANT, DB_SERVER, DB_EVERYWHERE /* tables that stores and the server both have */ };

struct db_statement {
    const char *name;
    const char *sql;
    enum db_where where;
};

/* Defines a statement next to the function that uses it. All of them are listed in the section
 * "db_statements", so that a test can prepare each one against a migrated schema. */
#define DB_STATEMENT_(name_, where_, sql_)                                                                   \
    static const struct db_statement name_ = {#name_, sql_, where_};                                         \
    static const struct db_statement *const name_##_listed __attribute__((used, section("db_statements"))) = \
        &name_
#define DB_TENANT_STATEMENT(name, sql) DB_STATEMENT_(name, DB_TENANT, sql)
#define DB_SERVER_STATEMENT(name, sql) DB_STATEMENT_(name, DB_SERVER, sql)
#define DB_COMMON_STATEMENT(name, sql) DB_STATEMENT_(name, DB_EVERYWHERE, sql)

/* Parameters: DB_PARAMS(P_INT(id), P_TEXT(name), P_BYTES(p, n)). Texts and bytes are only read during the
 * call; a NULL text is SQL NULL. A text with bytes that are not UTF-8 is the caller's bug (ERR_INTERNAL). */
enum db_param_kind {
    DB_PARAM_NULL,
    DB_PARAM_INT,
    DB_PARAM_TEXT,
    DB_PARAM_BYTES,
    DB_PARAM_TIME,
    DB_PARAM_BOOL
};
struct db_param {
    enum db_param_kind kind;
    int64_t number;
    const void *bytes;
    size_t length;
};
#define P_NULL            ((struct db_param){.kind = DB_PARAM_NULL})
#define P_INT(value)      ((struct db_param){.kind = DB_PARAM_INT, .number = (value)})
#define P_TEXT(value)     ((struct db_param){.kind = DB_PARAM_TEXT, .bytes = (value)})
#define P_BYTES(value, n) ((struct db_param){.kind = DB_PARAM_BYTES, .bytes = (value), .length = (n)})
/* timestamptz; 0 is NULL; what lies outside of the years 1 to 9999 becomes their first or last millisecond */
#define P_TIME(ms)    ((struct db_param){.kind = DB_PARAM_TIME, .number = (ms)})
#define P_BOOL(value) ((struct db_param){.kind = DB_PARAM_BOOL, .number = (value)})
#define P_ID(value)   ((value) ? P_INT(value) : P_NULL) /* 0 is NULL */
#define DB_PARAMS(...)                                                                                       \
    (const struct db_param[]){__VA_ARGS__},                                                                  \
        sizeof((const struct db_param[]){__VA_ARGS__}) / sizeof(struct db_param)
#define DB_NO_PARAMS NULL, 0

enum { DB_MAX_PARAMS = 24 };

/* A statement's result; owned by its transaction, valid until db_end(). */
struct db_rows {
    int count;        /* rows returned; for a statement that returns none, 0 */
    int64_t affected; /* rows inserted, updated, deleted or selected */
    void *result;     /* PGresult; use the accessors */
};
bool db_is_null(const struct db_rows *rows, int row, int column);
int64_t db_int(const struct db_rows *rows, int row, int column);      /* 0 for NULL */
bool db_bool(const struct db_rows *rows, int row, int column);        /* false for NULL */
const char *db_text(const struct db_rows *rows, int row, int column); /* "" for NULL; valid until db_end() */
char *db_text_copy(struct arena *arena, const struct db_rows *rows, int row, int column); /* NULL for NULL */
void *db_bytes(struct arena *arena, const struct db_rows *rows, int row, int column,
               size_t *length_out); /* NULL for NULL */
/* A timestamptz selected as such, in ms since 1970; 0 for NULL, INT64_MAX for infinity, INT64_MIN for
 * -infinity. The session runs in UTC. */
int64_t db_time(const struct db_rows *rows, int row, int column);

/* Connects at once. `url` is a libpq URL or keyword string; never printed. `channels` (may be NULL) is a
 * NULL-terminated list of names to LISTEN on, again after each reconnection. `most_prepared`: 0 for the
 * default. */
MUST_USE bool db_open(const char *url, const char *const *channels, int most_prepared, struct db **db_out,
                      struct error *err);
void db_close(struct db **db);
#define auto_db __attribute__((cleanup(db_close)))

/* Replaces a lost connection now instead of at the next db_begin(); at most one try a second. */
MUST_USE bool db_ensure_up(struct db *db, struct error *err);
/* True while the connection is believed to be good. Like all of this, for the connection's own thread. */
bool db_is_up(const struct db *db);
/* Times the connection was replaced since db_open(). After a change notifications may have been missed. */
uint64_t db_reconnects(const struct db *db);
/* The socket to poll for notifications, or -1. */
int db_socket(const struct db *db);
/* Takes in what has arrived and calls `fn` for each notification that another connection sent. Outside of a
 * transaction only. */
void db_notifications(struct db *db, void (*fn)(void *context, const char *channel, const char *payload),
                      void *context);
/* Closes and reopens the connection at the next db_begin(): frees what PostgreSQL's backend has cached. */
void db_recycle(struct db *db);
/* Distinct scopes used on this connection since it was opened. */
int db_scopes_touched(const struct db *db);

/* Queues BEGIN, role and search_path; nothing is waited for. */
MUST_USE bool db_begin(struct db *db, const struct db_scope *scope, struct db_tx **tx_out, struct error *err);

/* The same for reading alone: read-only, and one view of the database for all its statements, however long it
 * takes and whatever is committed meanwhile (REPEATABLE READ). `most_ms` bounds each statement in place of
 * the session's 15 s. */
MUST_USE bool db_begin_snapshot(struct db *db, const struct db_scope *scope, int64_t most_ms,
                                struct db_tx **tx_out, struct error *err);

/* Queues a statement without waiting. `rows_out` (may be NULL) is filled by the next db_query(), db_flush()
 * or db_commit(); those also report this statement's failure. */
MUST_USE bool db_send(struct db_tx *tx, const struct db_statement *statement, const struct db_param *params,
                      size_t param_count, struct db_rows *rows_out, struct error *err);
/* Queues a statement and waits for it and all before it. `rows_out` may be NULL. */
MUST_USE bool db_query(struct db_tx *tx, const struct db_statement *statement, const struct db_param *params,
                       size_t param_count, struct db_rows *rows_out, struct error *err);
/* As db_query, but ERR_CONFLICT unless exactly one row was affected: the way to change a state. */
MUST_USE bool db_change(struct db_tx *tx, const struct db_statement *statement, const struct db_param *params,
                        size_t param_count, struct error *err);
/* Waits for everything queued so far. */
MUST_USE bool db_flush(struct db_tx *tx, struct error *err);
/* Queues COMMIT and waits for everything. After a failure nothing of the transaction stays, except that
 * ERR_UNCERTAIN leaves it open whether it does. The rows stay readable until db_end(). */
MUST_USE bool db_commit(struct db_tx *tx, struct error *err);
/* True from a successful db_commit(). */
bool db_committed(const struct db_tx *tx);
/* Rolls back what was not committed, frees all rows, sets the pointer to NULL. */
void db_end(struct db_tx **tx);
#define auto_tx __attribute__((cleanup(db_end)))

/* The constraint that made a statement of the last transaction fail, or "". */
const char *db_constraint(const struct db *db);

/* Savepoints are not offered: what may fail on its own is its own transaction. */

/* For migrations, tools and tests only: runs SQL text of our own outside of any transaction of ours, in the
 * plain way; several statements allowed. `rows_out` may be NULL; free with db_rows_free(). */
MUST_USE bool db_exec(struct db *db, const char *sql, struct db_rows *rows_out, struct error *err);
void db_rows_free(struct db_rows *rows);
char *db_quote_identifier(struct arena *arena, struct db *db, const char *name);
char *db_quote_literal(struct arena *arena, struct db *db, const char *text);

/* Ends from outside what a connection waits for: the statement then fails with ERR_RETRY, and its transaction
 * with it. Made by the connection's own thread, for the connection as it is now; the caller's. NULL where
 * there is no connection. */
struct db_canceller;
struct db_canceller *db_canceller(const struct db *db);
/* Any thread; nothing happens where nothing runs. Waits for the database server to take note. */
void db_cancel(struct db_canceller *canceller);
void db_canceller_free(struct db_canceller **canceller);

/* Every statement of the program; for the test that prepares them all. */
size_t db_statements(const struct db_statement *const **list_out);
/* Prepares one statement in the transaction, waits, and reports what PostgreSQL says. */
MUST_USE bool db_check_statement(struct db_tx *tx, const struct db_statement *statement, struct error *err);

/* What the files of db/ share; nobody else includes it. */
#pragma once

#include <libpq-fe.h>

#include "db/db.h"

enum { DB_MAGIC = 0x64620001, TX_MAGIC = 0x74780001, PREPARED_NAME = 96 };

/* A statement prepared (or being prepared) on this connection for one scope. */
struct prepared {
    struct prepared *hash_next;
    struct prepared *newer, *older; /* by last use */
    uint32_t scope_id;
    const struct db_statement *statement;
    bool confirmed; /* its result has come; until then an aborted pipeline takes it along */
    char name[PREPARED_NAME];
};

struct prepared_cache {
    struct prepared **buckets;
    size_t bucket_count;
    struct prepared *newest, *oldest;
    int count;
    int most;
};

struct db {
    uint32_t magic;
    PGconn *conn;
    char *url;
    const char *const *channels;
    struct prepared_cache cache;
    bool broken;         /* to be replaced at the next db_begin */
    int64_t last_try_ms; /* clock_mono_ms of the last connection attempt */
    uint64_t reconnects;
    struct db_tx *tx; /* the open one */
    char constraint[64];
    uint8_t *scopes_seen; /* bitmap by scope id */
    size_t scopes_size;
    int scopes_touched;
};

/* What the pipeline owes us, in order. */
enum pending_kind { PENDING_PREPARE, PENDING_DEALLOCATE, PENDING_COMMAND };
struct pending {
    struct pending *next;
    enum pending_kind kind;
    struct prepared *prepared;
    const char *label; /* for errors */
    struct db_rows *rows_out;
    bool done;
};

struct held_result {
    struct held_result *next;
    PGresult *result;
};

struct db_tx {
    uint32_t magic;
    struct db *db;
    const struct db_scope *scope;
    struct arena *arena; /* for pending entries and held results */
    struct pending *first, **tail;
    int unread; /* entries queued and not read */
    struct held_result *results;
    bool failed; /* a statement failed: only a rollback is left */
    bool lost;   /* it failed because the connection ended without a word: what was sent may have been done */
    bool committed;
    bool over;          /* committed or rolled back */
    struct error error; /* the first failure */
};

/* connection.c */
bool db_error_from_result(struct db *db, const PGresult *result, const char *label, struct error *err);
bool db_connection_error(struct db *db, const char *label, struct error *err);

/* prepared.c */
void prepared_init(struct prepared_cache *cache, int most);
void prepared_clear(struct prepared_cache *cache);
struct prepared *prepared_find(struct prepared_cache *cache, uint32_t scope_id,
                               const struct db_statement *statement);
struct prepared *prepared_add(struct prepared_cache *cache, const struct db_scope *scope,
                              const struct db_statement *statement);
/* Takes it out and frees it. */
void prepared_remove(struct prepared_cache *cache, struct prepared *prepared);
/* The least recently used confirmed one when the cache is over its bound, or NULL. */
struct prepared *prepared_excess(struct prepared_cache *cache);

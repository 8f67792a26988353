/*
 * A schema as a whole: taken out by PostgreSQL's own programs, loaded under another name, put in the place of
 * the one that serves. What backups and restores need, and nobody else.
 *
 * All of it runs outside of the transactions of db.h, on a connection that is its caller's alone for as long
 * as it takes (schema_session() makes it ready). Names are of our own making, never from outside.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "db/db.h"

/* Beside "store_NAME" and "lapak" a database may hold, of each of them, one that is looked at
 * ("verify_store_NAME"), one that is about to be put in its place ("restored_store_NAME") and the one that a
 * restore replaced ("before_20261122t190000z_store_NAME"). None of these can be a store's. */
#define SCHEMA_SCRATCH  "verify_"
#define SCHEMA_RESTORED "restored_"
#define SCHEMA_BEFORE   "before_"

/* What pg_dump and pg_restore need of the database's URL, as PG… variables, and of our own environment what
 * any program needs: "NAME=value", NULL-terminated, in the arena. Holds the password: for posix_spawn alone.
 */
MUST_USE bool schema_program_environment(struct arena *arena, const char *url, char ***environment_out,
                                         struct error *err);

/* No time limit for statements, 5 s for locks. Gone with the connection, as is the lock below: see
 * db_reconnects() before relying on them. */
MUST_USE bool schema_session(struct db *db, struct error *err);
/* Keeps others from the same schema's backup or restore until the connection ends; false in *locked_out where
 * somebody else is at it. */
MUST_USE bool schema_lock(struct db *db, const char *schema, bool *locked_out, struct error *err);

MUST_USE bool schema_exists(struct db *db, const char *schema, bool *exists_out, struct error *err);
/* With everything in it. Nothing happens where there is none. */
MUST_USE bool schema_drop(struct db *db, const char *schema, struct error *err);
/* The role of a store where it is missing, as a migration makes it. */
MUST_USE bool schema_role(struct db *db, const char *role, struct error *err);
/* What a restore of the schema replaced and was not confirmed, or NULL; in the arena. */
MUST_USE bool schema_before(struct arena *arena, struct db *db, const char *schema, const char **before_out,
                            struct error *err);

/* In one transaction: `schema`, where there is one, becomes `outgoing`, and `incoming` becomes `schema`.
 * Waits until no transaction is under way that has touched a table of `schema` (at most 5 s, then ERR_RETRY:
 * try again); those that come meanwhile wait, and then see what came in. Ids that were given out in `schema`
 * are not given again. Tells `channel` the payload (which may be NULL). ERR_UNCERTAIN where the connection
 * broke during the commit. */
struct schema_swap {
    const char *schema, *incoming, *outgoing;
    const char *channel, *payload;
};
MUST_USE bool schema_swap(struct db *db, const struct schema_swap *swap, struct error *err);

/* Other connections of Lapak's programs to this database. */
MUST_USE bool schema_other_sessions(struct db *db, int64_t *count_out, struct error *err);

/* COPY … FROM stdin, its rows as they come, and its end. Between begin and end nothing else. Errors name
 * SQLSTATE and constraint, never values. */
MUST_USE bool schema_copy_begin(struct db *db, const char *sql, struct error *err);
MUST_USE bool schema_copy_data(struct db *db, const void *bytes, size_t length, struct error *err);
MUST_USE bool schema_copy_end(struct db *db, struct error *err);

#include "db/schema.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "db/internal.h"

/* --- PostgreSQL's own programs --- */

static void add_own(struct arena *arena, char **environment, size_t *count)
{
    static const char *const names[] = {"PATH", "HOME", "TMPDIR"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);
        if (value)
            environment[(*count)++] = arena_printf(arena, "%s=%s", names[i], value);
    }
    environment[(*count)++] = arena_strdup(arena, "LC_ALL=C"); /* their complaints are read by us */
}

bool schema_program_environment(struct arena *arena, const char *url, char ***environment_out,
                                struct error *err)
{
    enum { MOST_OPTIONS = 128, OWN = 8 };
    char *why = NULL;
    PQconninfoOption *options = PQconninfoParse(url, &why);
    PQfreemem(why); /* it may quote the URL */
    if (!options)
        return error_set(err, ERR_INVALID, "the database's URL can't be read");
    /* What stands nowhere in the URL libpq takes from PG… variables of ours and from its defaults. */
    PQconninfoOption *defaults = PQconndefaults();
    char **environment = ARENA_ARRAY(arena, char *, 2 * MOST_OPTIONS + OWN + 1);
    size_t count = 0;
    add_own(arena, environment, &count);
    for (int pass = 0; pass < 2; pass++) {
        for (PQconninfoOption *o = pass ? defaults : options; o && o->keyword && count < 2 * MOST_OPTIONS;
             o++) {
            if (!o->envvar || !o->val || !*o->val)
                continue;
            const char *name = arena_printf(arena, "%s=", o->envvar);
            bool there = false;
            for (size_t i = 0; i < count; i++)
                there = there || str_starts_with(environment[i], name);
            if (!there)
                environment[count++] = arena_printf(arena, "%s%s", name, o->val);
        }
    }
    PQconninfoFree(options);
    PQconninfoFree(defaults);
    *environment_out = environment;
    return true;
}

/* --- the session --- */

bool schema_session(struct db *db, struct error *err)
{
    return db_exec(db,
                   "RESET ALL; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; "
                   "SET lock_timeout = '5s'",
                   NULL, err);
}

/* One answer of one row and column. */
static bool ask(struct db *db, const char *sql, struct db_rows *rows_out, struct error *err)
{
    if (!db_exec(db, sql, rows_out, err))
        return false;
    if (rows_out->count == 1)
        return true;
    db_rows_free(rows_out);
    return error_set(err, ERR_INTERNAL, "schema: an answer of another form");
}

static bool ask_bool(struct db *db, const char *sql, bool *value_out, struct error *err)
{
    struct db_rows rows;
    if (!ask(db, sql, &rows, err))
        return false;
    *value_out = db_bool(&rows, 0, 0);
    db_rows_free(&rows);
    return true;
}

bool schema_lock(struct db *db, const char *schema, bool *locked_out, struct error *err)
{
    auto_arena struct arena *arena = arena_new();
    return ask_bool(db,
                    arena_printf(arena, "SELECT pg_try_advisory_lock(hashtext('lapak backup'), hashtext(%s))",
                                 db_quote_literal(arena, db, schema)),
                    locked_out, err);
}

bool schema_exists(struct db *db, const char *schema, bool *exists_out, struct error *err)
{
    auto_arena struct arena *arena = arena_new();
    return ask_bool(
        db,
        arena_printf(arena, "SELECT to_regnamespace(%s) IS NOT NULL", db_quote_literal(arena, db, schema)),
        exists_out, err);
}

bool schema_drop(struct db *db, const char *schema, struct error *err)
{
    auto_arena struct arena *arena = arena_new();
    return db_exec(
        db, arena_printf(arena, "DROP SCHEMA IF EXISTS %s CASCADE", db_quote_identifier(arena, db, schema)),
        NULL, err);
}

bool schema_role(struct db *db, const char *role, struct error *err)
{
    auto_arena struct arena *arena = arena_new();
    /* A role belongs to the cluster, not to the database: it may be there from another one. */
    const char *name = db_quote_identifier(arena, db, role);
    return db_exec(db,
                   arena_printf(arena,
                                "DO $do$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = %s) "
                                "THEN CREATE ROLE %s NOLOGIN; END IF; END $do$; "
                                "GRANT %s TO CURRENT_USER",
                                db_quote_literal(arena, db, role), name, name),
                   NULL, err);
}

bool schema_before(struct arena *arena, struct db *db, const char *schema, const char **before_out,
                   struct error *err)
{
    struct db_rows rows;
    if (!db_exec(db,
                 "SELECT nspname FROM pg_namespace WHERE starts_with(nspname, '" SCHEMA_BEFORE
                 "') ORDER BY nspname DESC",
                 &rows, err))
        return false;
    *before_out = NULL;
    for (int i = 0; i < rows.count && !*before_out; i++) {
        const char *name = db_text(&rows, i, 0), *of = strchr(name + strlen(SCHEMA_BEFORE), '_');
        if (of && str_equal(of + 1, schema))
            *before_out = arena_strdup(arena, name);
    }
    db_rows_free(&rows);
    return true;
}

bool schema_other_sessions(struct db *db, int64_t *count_out, struct error *err)
{
    struct db_rows rows;
    if (!ask(db,
             "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
             "application_name = 'lapak' AND pid <> pg_backend_pid()",
             &rows, err))
        return false;
    *count_out = db_int(&rows, 0, 0);
    db_rows_free(&rows);
    return true;
}

/* --- changing places --- */

/* Whoever has touched a table holds a lock on it until the transaction's end. With all of them ours, nobody
 * is half way through; and who waits for one looks the name up again when it is free. */
static const char lock_tables[] =
    "DO $do$ DECLARE names text; BEGIN "
    "SELECT string_agg(format('%I.%I', n.nspname, c.relname), ', ' ORDER BY c.oid) INTO names "
    "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "WHERE n.nspname = current_setting('lapak.schema') AND c.relkind = 'r'; "
    "IF names IS NOT NULL THEN EXECUTE 'LOCK TABLE ' || names || ' IN ACCESS EXCLUSIVE MODE'; END IF; "
    "END $do$";

/* The outside world knows the ids that were given out since the backup. */
static const char keep_ids[] =
    "DO $do$ DECLARE s name; given bigint; mine bigint; BEGIN "
    "FOR s IN SELECT i.relname FROM pg_class i JOIN pg_class o ON o.relname = i.relname "
    "WHERE i.relnamespace = to_regnamespace(current_setting('lapak.incoming')) AND i.relkind = 'S' "
    "AND o.relnamespace = to_regnamespace(current_setting('lapak.schema')) AND o.relkind = 'S' LOOP "
    "EXECUTE format('SELECT CASE WHEN is_called THEN last_value END FROM %I.%I', "
    "current_setting('lapak.schema'), s) INTO given; "
    "EXECUTE format('SELECT CASE WHEN is_called THEN last_value END FROM %I.%I', "
    "current_setting('lapak.incoming'), s) INTO mine; "
    "IF given > coalesce(mine, 0) THEN "
    "PERFORM setval(format('%I.%I', current_setting('lapak.incoming'), s)::regclass, given); END IF; "
    "END LOOP; END $do$";

static bool name_both(struct arena *arena, struct db *db, const struct schema_swap *swap, struct error *err)
{
    struct db_rows rows;
    if (!ask(db,
             arena_printf(
                 arena, "SELECT set_config('lapak.schema', %s, true), set_config('lapak.incoming', %s, true)",
                 db_quote_literal(arena, db, swap->schema), db_quote_literal(arena, db, swap->incoming)),
             &rows, err))
        return false;
    db_rows_free(&rows);
    return true;
}

static bool rename_schema(struct arena *arena, struct db *db, const char *from, const char *to,
                          struct error *err)
{
    return db_exec(db,
                   arena_printf(arena, "ALTER SCHEMA %s RENAME TO %s", db_quote_identifier(arena, db, from),
                                db_quote_identifier(arena, db, to)),
                   NULL, err);
}

static bool tell(struct arena *arena, struct db *db, const struct schema_swap *swap, struct error *err)
{
    struct db_rows rows;
    if (!swap->payload)
        return true;
    if (!db_exec(db,
                 arena_printf(arena, "SELECT pg_notify(%s, %s)", db_quote_literal(arena, db, swap->channel),
                              db_quote_literal(arena, db, swap->payload)),
                 &rows, err))
        return false;
    db_rows_free(&rows);
    return true;
}

bool schema_swap(struct db *db, const struct schema_swap *swap, struct error *err)
{
    auto_arena struct arena *arena = arena_new();
    struct error ignored;
    bool there;
    if (!schema_exists(db, swap->schema, &there, err))
        return false;
    bool ok = db_exec(db, "BEGIN", NULL, err) &&
              (!there || (name_both(arena, db, swap, err) && db_exec(db, lock_tables, NULL, err) &&
                          db_exec(db, keep_ids, NULL, err) &&
                          rename_schema(arena, db, swap->schema, swap->outgoing, err))) &&
              rename_schema(arena, db, swap->incoming, swap->schema, err) && tell(arena, db, swap, err);
    if (!ok) {
        if (!db_exec(db, "ROLLBACK", NULL, &ignored))
            db_recycle(db);
        return false;
    }
    if (db_exec(db, "COMMIT", NULL, err))
        return true;
    if (!db_is_up(db))
        err->code = ERR_UNCERTAIN;
    return false;
}

/* --- rows --- */

bool schema_copy_begin(struct db *db, const char *sql, struct error *err)
{
    assert(!db->tx);
    if (!db_is_up(db) || !PQexitPipelineMode(db->conn))
        return db_connection_error(db, "copy", err);
    PGresult *result = PQexec(db->conn, sql);
    bool ok = PQresultStatus(result) == PGRES_COPY_IN;
    if (!ok)
        db_error_from_result(db, result, "copy", err);
    PQclear(result);
    if (!ok && !PQenterPipelineMode(db->conn))
        db->broken = true;
    return ok;
}

bool schema_copy_data(struct db *db, const void *bytes, size_t length, struct error *err)
{
    return PQputCopyData(db->conn, bytes, (int)length) == 1 || db_connection_error(db, "copy", err);
}

bool schema_copy_end(struct db *db, struct error *err)
{
    if (PQputCopyEnd(db->conn, NULL) != 1)
        return db_connection_error(db, "copy", err);
    bool ok = true;
    PGresult *result;
    while ((result = PQgetResult(db->conn))) {
        if (PQresultStatus(result) != PGRES_COMMAND_OK && ok)
            ok = db_error_from_result(db, result, "copy", err);
        PQclear(result);
    }
    if (!PQenterPipelineMode(db->conn))
        db->broken = true;
    return ok;
}

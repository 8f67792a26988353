#include "backup/snapshot.h"

#include "base/str.h"

enum { MOST_MS = 30 * 60 * 1000 };

/* It waits for pg_dump, which takes as long as it takes. */
DB_COMMON_STATEMENT(
    snapshot_export,
    "SELECT pg_export_snapshot(), set_config('idle_in_transaction_session_timeout', '0', true)");
/* A table's name is no parameter, so the count of each is asked by PostgreSQL itself. */
DB_COMMON_STATEMENT(
    snapshot_rows,
    "SELECT c.relname, (xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM %I.%I', "
    "n.nspname, c.relname), false, true, '')))[1]::text::bigint FROM pg_class c JOIN pg_namespace n "
    "ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind = 'r' ORDER BY c.relname COLLATE \"C\"");
DB_COMMON_STATEMENT(snapshot_version, "SELECT coalesce(substring(obj_description(to_regnamespace($1), "
                                      "'pg_namespace') from '^lapak version ([0-9]+)$'), '0')");
/* Read with everything else of this moment; the trail is work/audit's. */
DB_COMMON_STATEMENT(snapshot_audit,
                    "SELECT id, encode(hash, 'hex') FROM audit_logs ORDER BY id DESC LIMIT 1");

static void take_counts(struct arena *arena, const struct db_rows *rows,
                        const struct manifest_count **tables_out, size_t *count_out)
{
    struct manifest_count *tables = ARENA_ARRAY(arena, struct manifest_count, rows->count);
    for (int i = 0; i < rows->count; i++)
        tables[i] = (struct manifest_count){db_text_copy(arena, rows, i, 0), db_int(rows, i, 1)};
    *tables_out = tables;
    *count_out = (size_t)rows->count;
}

bool snapshot_open(struct db *db, struct arena *arena, const char *schema, struct snapshot *snapshot_out,
                   struct error *err)
{
    const struct db_scope scope = {.id = 1, .schema = schema, .role = ""};
    struct db_rows exported, rows, version, audit;
    struct snapshot snapshot = {.audit_hash = ""};
    if (!db_begin_snapshot(db, &scope, MOST_MS, &snapshot.tx, err))
        return false;
    if (!db_send(snapshot.tx, &snapshot_export, DB_NO_PARAMS, &exported, err) ||
        !db_send(snapshot.tx, &snapshot_version, DB_PARAMS(P_TEXT(schema)), &version, err) ||
        !db_send(snapshot.tx, &snapshot_audit, DB_NO_PARAMS, &audit, err) ||
        !db_query(snapshot.tx, &snapshot_rows, DB_PARAMS(P_TEXT(schema)), &rows, err)) {
        snapshot_close(&snapshot);
        return error_context(err, "snapshot of %s", schema);
    }
    snapshot.id = db_text_copy(arena, &exported, 0, 0);
    snapshot.schema_version = db_int(&version, 0, 0);
    if (audit.count) {
        snapshot.audit_id = db_int(&audit, 0, 0);
        snapshot.audit_hash = db_text_copy(arena, &audit, 0, 1);
    }
    take_counts(arena, &rows, &snapshot.tables, &snapshot.table_count);
    *snapshot_out = snapshot;
    return true;
}

void snapshot_close(struct snapshot *snapshot)
{
    db_end(&snapshot->tx);
}

bool snapshot_count(struct db *db, struct arena *arena, const char *schema,
                    const struct manifest_count **tables_out, size_t *count_out, struct error *err)
{
    const struct db_scope scope = {.id = 2, .schema = schema, .role = ""};
    auto_tx struct db_tx *tx = NULL;
    struct db_rows rows;
    if (!db_begin_snapshot(db, &scope, MOST_MS, &tx, err) ||
        !db_query(tx, &snapshot_rows, DB_PARAMS(P_TEXT(schema)), &rows, err))
        return error_context(err, "counting %s", schema);
    take_counts(arena, &rows, tables_out, count_out);
    return true;
}

/*
 * One state of a schema, which stays as it is for as long as the snapshot is open, however much is sold
 * meanwhile: what is counted here is what pg_dump finds when it joins.
 */
#pragma once

#include "backup/manifest.h"
#include "db/db.h"

struct snapshot {
    struct db_tx *tx;
    const char *id; /* for pg_dump --snapshot */
    int64_t schema_version;
    const struct manifest_count *tables; /* by name */
    size_t table_count;
    int64_t audit_id;
    const char *audit_hash; /* hex; "" */
};

/* On a connection without a transaction; the texts are in the arena. Ends with snapshot_close(). */
MUST_USE bool snapshot_open(struct db *db, struct arena *arena, const char *schema,
                            struct snapshot *snapshot_out, struct error *err);
void snapshot_close(struct snapshot *snapshot);

/* The rows of a schema's tables as they are now. In the arena; none where there is no such schema. */
MUST_USE bool snapshot_count(struct db *db, struct arena *arena, const char *schema,
                             const struct manifest_count **tables_out, size_t *count_out, struct error *err);

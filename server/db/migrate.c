#include "db/migrate.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "db/schema.h"

/* Any number will do; all lapakd of one database use the same. */
#define MIGRATION_LOCK "4701928465"

enum { MOST_FILES = 999 };

struct migration {
    int version;
    const char *path;
    char *sql;
};

struct migration_set {
    struct migration items[MOST_FILES];
    int count;
    int newest;
};

static int by_version(const void *a, const void *b)
{
    return ((const struct migration *)a)->version - ((const struct migration *)b)->version;
}

static bool read_file(struct arena *arena, const char *path, char **text_out, struct error *err)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return error_set(err, ERR_NOT_FOUND, "%s: %m", path);
    char *text = NULL;
    size_t capacity = 0;
    ssize_t length = getdelim(&text, &capacity, '\0', file);
    bool ok = length >= 0 && feof(file);
    if (ok)
        *text_out = arena_memdup(arena, text, (size_t)length);
    free(text);
    fclose(file);
    return ok || error_set(err, ERR_INVALID, "%s: empty or unreadable", path);
}

/* NNN_name.sql, versions 1, 2, 3 … without a gap. */
static bool read_set(struct arena *arena, const char *directory, struct migration_set *set, struct error *err)
{
    DIR *dir = opendir(directory);
    if (!dir)
        return error_set(err, ERR_NOT_FOUND, "%s: %m", directory);
    struct dirent *entry;
    bool ok = true;
    while (ok && (entry = readdir(dir))) {
        const char *name = entry->d_name;
        size_t length = strlen(name);
        if (length < 8 || strcmp(name + length - 4, ".sql") || name[3] != '_')
            continue;
        if (set->count == MOST_FILES) {
            ok = error_set(err, ERR_INVALID, "%s: too many migration files", directory);
            break;
        }
        struct migration *m = &set->items[set->count++];
        m->version = atoi(name);
        m->path = arena_printf(arena, "%s/%s", directory, name);
        ok = read_file(arena, m->path, &m->sql, err);
    }
    closedir(dir);
    if (!ok)
        return false;
    qsort(set->items, (size_t)set->count, sizeof *set->items, by_version);
    for (int i = 0; i < set->count; i++) {
        if (set->items[i].version != i + 1)
            return error_set(err, ERR_INVALID, "%s: expected version %03d here", set->items[i].path, i + 1);
    }
    set->newest = set->count;
    return set->count > 0 || error_set(err, ERR_NOT_FOUND, "%s: no migration files", directory);
}

struct version {
    const char *schema;
    int version;
    bool has_role;
};

static int by_schema(const void *a, const void *b)
{
    return strcmp(((const struct version *)a)->schema, ((const struct version *)b)->schema);
}

/* Versions of all schemas of the database, sorted by name. */
static bool read_versions(struct arena *arena, struct db *db, struct version **list_out, size_t *count_out,
                          struct error *err)
{
    struct db_rows rows;
    if (!db_exec(
            db,
            "SELECT n.nspname, coalesce(substring(obj_description(n.oid, 'pg_namespace') from '^lapak "
            "version ([0-9]+)$'), '0') "
            "FROM pg_namespace n WHERE n.nspname = 'lapak' OR n.nspname LIKE 'store\\_%' OR n.nspname LIKE "
            "'" SCHEMA_RESTORED "store\\_%'",
            &rows, err))
        return error_context(err, "reading schema versions");
    struct version *list = ARENA_ARRAY(arena, struct version, rows.count);
    for (int i = 0; i < rows.count; i++) {
        list[i].schema = db_text_copy(arena, &rows, i, 0);
        list[i].version = (int)db_int(&rows, i, 1);
    }
    qsort(list, (size_t)rows.count, sizeof *list, by_schema);
    *list_out = list;
    *count_out = (size_t)rows.count;
    db_rows_free(&rows);
    return true;
}

static int version_of(const struct version *list, size_t count, const char *schema)
{
    struct version key = {.schema = schema};
    const struct version *found = count ? bsearch(&key, list, count, sizeof *list, by_schema) : NULL;
    return found ? found->version : 0;
}

static bool create_schema(struct arena *arena, struct db *db, const char *schema, const char *role,
                          struct error *err)
{
    const char *quoted = db_quote_identifier(arena, db, schema);
    if (!role)
        return db_exec(db, arena_printf(arena, "CREATE SCHEMA IF NOT EXISTS %s", quoted), NULL, err);
    return schema_role(db, role, err) &&
           db_exec(db,
                   arena_printf(arena, "CREATE SCHEMA IF NOT EXISTS %s; GRANT USAGE ON SCHEMA %s TO %s",
                                quoted, quoted, db_quote_identifier(arena, db, role)),
                   NULL, err);
}

static bool run_migration(struct arena *arena, struct db *db, const char *schema, const char *role,
                          const struct migration *m, struct error *err)
{
    /* SQL of our own files under identifiers of our own making; no value from outside. */
    const char *quoted = db_quote_identifier(arena, db, schema);
    return db_exec(db,
                   arena_printf(arena,
                                "SET LOCAL search_path = %s; SET LOCAL lapak.role = %s; %s\n; COMMENT ON "
                                "SCHEMA %s IS 'lapak version %d'",
                                quoted, db_quote_literal(arena, db, role ? role : ""), m->sql, quoted,
                                m->version),
                   NULL, err) ||
           error_context(err, "%s", m->path);
}

static bool migrate_one(struct db *db, const struct migration_set *set, struct migrate_target *target,
                        struct error *err)
{
    target->to = target->from;
    if (target->from > set->newest)
        return error_set(err, ERR_INVALID,
                         "schema %s has version %d, this program knows %d: it was used by a newer lapakd; "
                         "upgrade this one",
                         target->schema, target->from, set->newest);
    auto_arena struct arena *arena = arena_new();
    for (int i = target->from; i < set->count; i++) {
        struct error ignored;
        bool ok = db_exec(db, "BEGIN", NULL, err) &&
                  (i > 0 || create_schema(arena, db, target->schema, target->role, err)) &&
                  run_migration(arena, db, target->schema, target->role, &set->items[i], err) &&
                  db_exec(db, "COMMIT", NULL, err);
        if (!ok) {
            if (!db_exec(db, "ROLLBACK", NULL, &ignored))
                db_recycle(db);
            return error_context(err, "schema %s", target->schema);
        }
        target->to = set->items[i].version;
    }
    return true;
}

struct loaded {
    struct arena *arena;
    struct migration_set *server, *tenant;
    struct version *versions;
    size_t version_count;
};

static bool load(struct arena *arena, struct db *db, const char *schema_dir, struct loaded *loaded,
                 struct error *err)
{
    loaded->server = ARENA_NEW(arena, struct migration_set);
    loaded->tenant = ARENA_NEW(arena, struct migration_set);
    return read_set(arena, arena_printf(arena, "%s/lapak", schema_dir), loaded->server, err) &&
           read_set(arena, arena_printf(arena, "%s/tenant", schema_dir), loaded->tenant, err) &&
           read_versions(arena, db, &loaded->versions, &loaded->version_count, err);
}

static bool migrate_locked(struct db *db, const char *schema_dir, struct migrate_target *targets,
                           size_t count, struct error *err)
{
    auto_arena struct arena *arena = arena_new();
    struct loaded loaded = {0};
    if (!load(arena, db, schema_dir, &loaded, err))
        return false;
    struct migrate_target server = {.schema = "lapak",
                                    .from = version_of(loaded.versions, loaded.version_count, "lapak")};
    if (!migrate_one(db, loaded.server, &server, err))
        return false;
    uint64_t connection = db_reconnects(db);
    for (size_t i = 0; i < count; i++) {
        targets[i].from = version_of(loaded.versions, loaded.version_count, targets[i].schema);
        targets[i].failed = !migrate_one(db, loaded.tenant, &targets[i], &targets[i].error);
        if (targets[i].failed && (!db_is_up(db) || db_reconnects(db) != connection)) {
            *err = targets[i].error; /* the lock went with the connection: another server may be at it now */
            return false;
        }
    }
    return true;
}

bool migrate_all(struct db *db, const char *schema_dir, struct migrate_target *targets, size_t count,
                 struct error *err)
{
    if (!db_exec(db,
                 "SET statement_timeout = 0; SET lock_timeout = 0; SELECT pg_advisory_lock(" MIGRATION_LOCK
                 ")",
                 NULL, err))
        return error_context(err, "migration lock");
    bool ok = migrate_locked(db, schema_dir, targets, count, err);
    /* The lock would go with the connection anyway; this connection's time-outs come back with a new one. */
    struct error ignored;
    if (!db_exec(db,
                 "SELECT pg_advisory_unlock(" MIGRATION_LOCK "); RESET statement_timeout; RESET lock_timeout",
                 NULL, &ignored))
        db_recycle(db);
    return ok;
}

bool migrate_versions(struct db *db, const char *schema_dir, struct migrate_target *targets, size_t count,
                      struct error *err)
{
    auto_arena struct arena *arena = arena_new();
    struct loaded loaded = {0};
    if (!load(arena, db, schema_dir, &loaded, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        targets[i].from = version_of(loaded.versions, loaded.version_count, targets[i].schema);
        targets[i].to = loaded.tenant->newest;
        targets[i].failed = false;
    }
    return true;
}

/*
 * Brings schemas up to date. Owns: the schemas' creation, the stores' roles, and the version, kept as the
 * schema's comment ("lapak version 3"), so that one query reads those of a thousand schemas and a dump of a
 * schema carries its own. Files are schema/lapak/NNN_name.sql and schema/tenant/NNN_name.sql; each runs once,
 * in order, in one transaction with the new version. A file may use current_setting('lapak.role').
 *
 * All of it happens under one advisory lock: two servers may start at once, the second finds the work done.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "db/db.h"

struct migrate_target {
    const char *schema;
    const char *role; /* NULL for the server's own schema: no role of its own */
    /* Filled in: */
    int from; /* version found; 0: the schema was not there */
    int to;   /* version now */
    bool failed;
    struct error error; /* why, where it failed; the others go on */
};

/* Reads the migration files, migrates schema `lapak`, then each target. False only where nothing could be
 * done for anybody (files unreadable, database away, `lapak` itself failed). */
MUST_USE bool migrate_all(struct db *db, const char *schema_dir, struct migrate_target *targets, size_t count,
                          struct error *err);

/* Versions without changing anything: fills from, and to = the newest the files know. */
MUST_USE bool migrate_versions(struct db *db, const char *schema_dir, struct migrate_target *targets,
                               size_t count, struct error *err);

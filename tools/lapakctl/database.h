/* lapakctl's way to the database: a connection for the server's tables, or a turn on one store's schema. */
#pragma once

#include "command.h"
#include "db/db.h"
#include "db/migrate.h"
#include "work/work.h"

MUST_USE bool database_open(const struct command_setup *setup, struct db **db_out, struct error *err);

/* Brings the schemas of all faultless stores up to date and makes the stores known, as lapakd does when it
 * starts. */
MUST_USE bool database_prepare(struct command_context *context, const struct command_setup *setup,
                               struct db *db, const struct tenant_list *list, struct migrate_target *targets,
                               size_t *target_count_out, struct error *err);

/* Runs `fn` with a unit of work of the store (or of the server: tenant_of_server(), or NULL where nothing
 * asks for its tenant), on a lane of its own, and waits for it. */
/* As below, on the server's own rows (schema lapak). */
MUST_USE bool database_with_server(const struct command_setup *setup,
                                   bool (*fn)(struct work *work, void *argument, struct error *err),
                                   void *argument, struct error *err);
/* Runs `fn` with a unit of work of the store, on a lane of its own, and waits for it. */
MUST_USE bool database_with_store(const struct command_setup *setup, const struct tenant *tenant,
                                  bool (*fn)(struct work *work, void *argument, struct error *err),
                                  void *argument, struct error *err);

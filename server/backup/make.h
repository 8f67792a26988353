/*
 * Making a backup: of one schema, in one snapshot, with its configuration and its last logs, into the
 * directory; tried out there (restored beside the store and counted); then copied to the second place, if
 * there is one, and read back from it; then what is older than has to be kept is removed, in each place that
 * holds the new one whole. Nothing is ever removed before.
 *
 * Takes minutes for a big store: for a thread that nobody waits for, on a connection of its own.
 */
#pragma once

#include "backup/manifest.h"
#include "backup/target.h"
#include "db/db.h"
#include "tenants/config.h"
#include "tenants/tenant.h"

struct backup_subject {
    const char *store; /* bot_store_name, or "server" */
    const char *schema, *role;
    const char *file;     /* its configuration */
    const char *own_file; /* its own settings and texts (store/own_file.h); NULL: none */
    const struct clock_zone *zone;
};
struct backup_subject backup_subject_of(const struct tenant *tenant, const char *own_file);

struct backup_context {
    const struct config *config;
    struct db *db; /* of this work alone, without a transaction; see backup_session() */
    /* Tells how far it is ("dumping", "checking"); NULL: nobody wants to know. */
    void (*progress)(void *context, const char *step);
    void *progress_context;
};

/* Makes the connection ready and keeps others from the same schema until it ends. ERR_CONFLICT where somebody
 * is at it; ERR_INVALID where there is no BACKUP_KEY. */
MUST_USE bool backup_session(const struct backup_context *context, const char *schema, struct error *err);

struct backup_outcome {
    struct manifest manifest; /* of what was made; its texts are in the arena */
    const char *key;          /* in the place */
    size_t removed;           /* older ones, in all places */
    struct error offsite;     /* ERR_NONE, or why the second place does not have it */
};
/* False: there is no new backup that was tried out, and every older one is as it was. */
MUST_USE bool backup_make(const struct backup_context *context, const struct backup_subject *subject,
                          struct arena *arena, struct backup_outcome *outcome_out, struct error *err);

/* Copies the newest good backup to the second place, where it is not there yet, and reads it back. */
MUST_USE bool backup_copy_offsite(const struct backup_context *context, const struct backup_subject *subject,
                                  struct error *err);
void backup_progress(const struct backup_context *context, const char *step);

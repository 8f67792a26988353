/*
 * Bringing a backup back into the running server, for one store: it is loaded into a schema beside the
 * store's and counted, brought to the present version, and then takes the place of the store's schema in one
 * transaction, while lapakd runs and sells in all others. What was there stays as another schema until
 * somebody confirms the restore, or takes it back.
 *
 * Of what happened since the backup nothing is left in the store: orders made since are gone (with what was
 * paid for them), messages and jobs that waited then wait again. Payments that were open are asked about and
 * settled. Broadcasts that were under way are paused, so that nobody gets one twice. Ids that were given out
 * since are not given again.
 *
 * The server's own schema likewise, while no lapakd runs.
 */
#pragma once

#include "backup/load.h"

/* What there is before, for whoever has to decide. */
struct restore_present {
    bool exists;
    const struct manifest_count *tables;
    size_t table_count;
    const char *unconfirmed; /* the schema that an earlier restore replaced; NULL */
};
MUST_USE bool restore_look(const struct backup_context *context, const struct backup_subject *subject,
                           struct arena *arena, struct restore_present *present_out, struct error *err);

/* Loads it beside the store; nobody notices. ERR_INVALID where the backup is at fault or was made under
 * another DATA_ENCRYPTION_KEY. */
MUST_USE bool restore_load(const struct backup_context *context, const struct backup_subject *subject,
                           const struct load_place *place, struct arena *arena,
                           struct load_result *result_out, struct error *err);
/* Puts what was loaded in the store's place, and tells every lapakd. ERR_RETRY where the store was too busy
 * for it: nothing happened. */
MUST_USE bool restore_swap(const struct backup_context *context, const struct backup_subject *subject,
                           int64_t now_ms, struct error *err);

/* Drops what the restore replaced. ERR_NOT_FOUND where there is nothing to confirm. */
MUST_USE bool restore_confirm(const struct backup_context *context, const struct backup_subject *subject,
                              struct error *err);
/* Puts it back; what came in is now what waits for a confirmation. ERR_NOT_FOUND as above. */
MUST_USE bool restore_undo(const struct backup_context *context, const struct backup_subject *subject,
                           int64_t now_ms, struct error *err);

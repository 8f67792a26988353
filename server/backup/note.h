/*
 * Writing down what came of a backup or a restore: rows of the audit trail, in the store's and in the
 * server's, and the owner's figures. Each in the open transaction of that schema.
 */
#pragma once

#include "backup/make.h"
#include "work/work.h"

/* An error's text as one for the database and for JSON: what of it is UTF-8, not too long. In the arena. */
const char *note_reason(struct arena *arena, const char *text);

/* backup.made; `actor` as in work/audit.h. */
MUST_USE bool note_made(struct work *work, const char *actor, const struct manifest *manifest,
                        struct error *err);
/* backup.failed, with why. */
MUST_USE bool note_failed(struct work *work, const char *actor, const char *why, struct error *err);
/* backup.restored, backup.undone, backup.confirmed; of which backup (NULL: not known). */
MUST_USE bool note_restored(struct work *work, const char *event, const char *actor, const char *store,
                            const struct manifest *manifest, struct error *err);

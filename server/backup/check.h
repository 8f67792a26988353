/*
 * Trying a backup out: it is read from where it lies, decrypted, restored into a scratch schema of the same
 * database, and counted; the scratch schema goes again in any case. A good one's manifest then says when.
 */
#pragma once

#include "backup/load.h"
#include "backup/shelf.h"

/* The item's container in the target; its manifest there is signed anew with the time. ERR_INVALID where the
 * backup is at fault, anything else where it could not be tried. */
MUST_USE bool check_item(const struct backup_context *context, const struct backup_subject *subject,
                         struct target *target, struct shelf_item *item, int64_t now_ms, struct error *err);
/* Those in the directory besides the one of that key, read again, the newest first, up to a gigabyte: the
 * first that is damaged, or that this BACKUP_KEY does not open, is the error (ERR_INVALID). */
MUST_USE bool check_older(const struct backup_context *context, const struct backup_subject *subject,
                          const char *newest, struct error *err);
/* Only read and decrypted to its end, and compared with what its manifest says of it. */
MUST_USE bool check_bytes(const struct backup_context *context, struct target *target,
                          const struct shelf_item *item, struct error *err);

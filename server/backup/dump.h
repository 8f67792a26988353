/* What goes into a backup: the bundle's entries, one after the other. */
#pragma once

#include "backup/bundle.h"
#include "backup/make.h"
#include "backup/snapshot.h"

/* All entries, the manifest first; the bundle is not finished by it. */
MUST_USE bool dump_write(const struct backup_context *context, const struct backup_subject *subject,
                         const struct snapshot *snapshot, const struct manifest *manifest,
                         struct bundle_writer *writer, struct error *err);

/*
 * Reading a backup back: through its container to the last byte, and, where a schema is named, into that
 * schema beside everything else. Only when all of it was read, and every table has as many rows as were
 * counted when it was made, is it good.
 */
#pragma once

#include "backup/make.h"

/* Where the container lies. */
struct load_place {
    struct target *target;
    const char *key;
    const char *path; /* a file anywhere; NULL: the target's */
};

struct load_result {
    struct manifest manifest; /* the one inside; its texts are in the arena */
    int64_t size;
    const char *sha256; /* hex; of the container as it was read */
};

/* `store`: whose it has to be. `schema` NULL: it is read and nothing else; else one that was there of that
 * name is dropped first, and what was loaded is left where it fails, too. `files` not NULL: configuration and
 * logs are written below that directory. ERR_INVALID where the backup is at fault. */
struct load_request {
    struct load_place place;
    const char *store;
    const char *schema;
    const char *files;
};
MUST_USE bool load_run(const struct backup_context *context, const struct load_request *request,
                       struct arena *arena, struct load_result *result_out, struct error *err);

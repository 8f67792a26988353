/* What the files of the audit trail share; nobody else includes it. */
#pragma once

#include "work/audit.h"

/* What a row's hash is made of. */
struct audit_link {
    const uint8_t *previous; /* AUDIT_HASH_BYTES */
    const char *event, *actor, *detail;
    int64_t created_us;
};
void audit_link_hash(struct arena *arena, const struct vault *vault, const struct audit_link *link,
                     uint8_t hash_out[static AUDIT_HASH_BYTES]);

/* Adds a part with its length before it, so that no two lists of parts read the same. */
struct str;
void audit_add_part(struct str *s, const void *bytes, size_t length);
void audit_add_number(struct str *s, int64_t number);

/* Of rows of (id, hash): the first, or none. False where the hash is not one. */
bool audit_read_head(struct arena *arena, const struct db_rows *rows, struct audit_head *head_out);

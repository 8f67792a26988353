/*
 * What is known of a backup without opening it: a small JSON file beside it (and inside it), signed with a
 * key derived from BACKUP_KEY, so that a changed one is found.
 */
#pragma once

#include "base/arena.h"
#include "base/crypto.h"
#include "base/error.h"

struct manifest_count {
    const char *table;
    int64_t rows;
};

struct manifest {
    const char *store; /* bot_store_name, or "server" */
    const char *schema;
    int64_t time_ms;
    const char *lapak_version;
    int64_t schema_version;
    /* A fingerprint of DATA_ENCRYPTION_KEY, without which the sold contents can't be read. */
    const char *data_key;
    size_t table_count;
    const struct manifest_count *tables; /* in the snapshot that was dumped; by name */
    int64_t audit_id;                    /* the newest row of the audit trail; 0: none */
    const char *audit_hash;              /* hex; "" */
    /* Of the container; 0 and "" in the manifest inside of it. */
    int64_t size;
    const char *sha256;  /* hex */
    int64_t verified_ms; /* when it was last restored beside the store and found to be whole; 0: never */
};

/* The JSON text, in the arena. */
char *manifest_text(struct arena *arena, const uint8_t key[static CRYPTO_KEY_BYTES],
                    const struct manifest *manifest);
/* ERR_INVALID where it is none, or was changed, or is of another BACKUP_KEY. In the arena. */
MUST_USE bool manifest_parse(struct arena *arena, const uint8_t key[static CRYPTO_KEY_BYTES],
                             const char *text, size_t length, struct manifest *manifest_out,
                             struct error *err);

/* The first difference between what was counted then and now, as a text for people ("orders: 12 rows, not
 * 13"), or NULL. In the arena. */
const char *manifest_difference(struct arena *arena, const struct manifest *manifest,
                                const struct manifest_count *tables, size_t table_count);
/* Rows of all tables, or of one (0 where there is none of that name). */
int64_t manifest_rows(const struct manifest *manifest, const char *table);
int64_t manifest_all_rows(const struct manifest *manifest);

char *manifest_data_key(struct arena *arena, const uint8_t data_key[static CRYPTO_KEY_BYTES]);

/*
 * A store's encryption: sold contents, stock, proofs and queued messages are sealed with AES-256-GCM under a
 * key of the store's own, derived from DATA_ENCRYPTION_KEY. The identity given (the row's) is authenticated
 * with it. The audit trail is marked with another one.
 */
#pragma once

#include "base/arena.h"
#include "base/crypto.h"
#include "base/error.h"

struct vault {
    uint8_t seal_key[CRYPTO_KEY_BYTES];
    uint8_t digest_key[CRYPTO_KEY_BYTES];
    uint8_t audit_key[CRYPTO_KEY_BYTES];
};

/* `owner` is the bot_store_name, or "server" for schema lapak. */
void vault_init(struct vault *vault, const uint8_t master_key[static CRYPTO_KEY_BYTES], const char *owner);

void *vault_seal(struct arena *arena, const struct vault *vault, const char *identity, const void *plain,
                 size_t length, size_t *sealed_length_out);
/* Plain bytes with a NUL behind; ERR_INTERNAL where the value does not open (another key, a moved or changed
 * row). */
MUST_USE bool vault_open(struct arena *arena, const struct vault *vault, const char *identity,
                         const void *sealed, size_t length, char **plain_out, size_t *length_out,
                         struct error *err);
/* A keyed digest, for finding equal contents without reading them. */
void vault_digest(const struct vault *vault, const void *plain, size_t length, uint8_t digest_out[static 32]);
/* A keyed mark for the audit trail: who has no key can't make one. */
void vault_audit_mark(const struct vault *vault, const void *plain, size_t length,
                      uint8_t mark_out[static 32]);

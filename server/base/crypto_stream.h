/*
 * Cryptography for what is too long to be held in memory: sealing a stream chunk by chunk, and a SHA-256 that
 * grows. Like base/crypto.h it keeps no key that the caller does not give, and an OpenSSL that fails ends the
 * process.
 *
 * Chunks are sealed with AES-256-GCM under a nonce made of their number and of whether they are the last one
 * (the STREAM construction): a chunk that was changed, moved, left out, cut off or added does not open. The
 * key must be of this one stream alone (derived with a salt), because every stream counts from zero.
 */
#pragma once

#include "base/crypto.h"

enum { CRYPTO_CHUNK_OVERHEAD = 16 };

struct crypto_stream;

/* `identity` (read during the call) is authenticated with every chunk. The caller frees it. */
struct crypto_stream *crypto_stream_new(const uint8_t key[static CRYPTO_KEY_BYTES], const void *identity,
                                        size_t identity_length);
/* The next chunk; `sealed_out` takes length + CRYPTO_CHUNK_OVERHEAD bytes. Nothing follows the last one. */
void crypto_stream_seal(struct crypto_stream *stream, const void *plain, size_t length, bool last,
                        uint8_t *sealed_out);
/* The next chunk the other way; `plain_out` takes length - CRYPTO_CHUNK_OVERHEAD bytes, which are wiped where
 * it is false: not this chunk, not under this key, or not the last one as was said. */
MUST_USE bool crypto_stream_open(struct crypto_stream *stream, const uint8_t *sealed, size_t length,
                                 bool last, uint8_t *plain_out);
void crypto_stream_free(struct crypto_stream **stream);

/* SHA-256 of what comes in pieces. */
struct crypto_digest;
struct crypto_digest *crypto_digest_new(void);
void crypto_digest_add(struct crypto_digest *digest, const void *data, size_t length);
/* The digest of what was added so far; more may follow. */
void crypto_digest_get(const struct crypto_digest *digest, uint8_t digest_out[static 32]);
void crypto_digest_free(struct crypto_digest **digest);

/*
 * The few pieces of cryptography the server uses, all on OpenSSL: random bytes, AES-256-GCM, HKDF, HMAC,
 * SHA-256, base64 and comparison in constant time. Nothing here keeps a key: callers own theirs.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

enum { CRYPTO_KEY_BYTES = 32, CRYPTO_SEAL_OVERHEAD = 1 + 12 + 16 };

/* Fills with random bytes; a system that has none ends the process. */
void crypto_random(void *bytes_out, size_t length);
/* A random word of `length` characters from a-z and 0-9 without the easily confused ones (0 1 i l o). */
char *crypto_random_word(struct arena *arena, size_t length);

bool crypto_equal(const void *a, size_t a_length, const void *b, size_t b_length); /* constant time */

/* HKDF-SHA256: a key of its own for a purpose ("store:kopi-digital"). */
void crypto_derive_key(const uint8_t key[static CRYPTO_KEY_BYTES], const char *purpose,
                       uint8_t derived_out[static CRYPTO_KEY_BYTES]);

/* AES-256-GCM with a random nonce: version byte 1, nonce (12), ciphertext, tag (16). `identity` is
 * authenticated with it (the row it belongs to), so a value moved to another row does not open. */
void *crypto_seal(struct arena *arena, const uint8_t key[static CRYPTO_KEY_BYTES], const char *identity,
                  const void *plain, size_t length, size_t *sealed_length_out);
/* The plain bytes with a NUL behind them. ERR_INVALID where the value was changed, moved or made with
 * another key; the error says nothing of the contents. */
MUST_USE bool crypto_open(struct arena *arena, const uint8_t key[static CRYPTO_KEY_BYTES],
                          const char *identity, const void *sealed, size_t length, char **plain_out,
                          size_t *plain_length_out, struct error *err);

void crypto_hmac_sha256(const void *key, size_t key_length, const void *data, size_t length,
                        uint8_t mac_out[static 32]);
void crypto_sha256(const void *data, size_t length, uint8_t digest_out[static 32]);

char *crypto_base64(struct arena *arena, const void *bytes, size_t length);
/* Standard alphabet, padded. False where the text is not base64. */
bool crypto_unbase64(struct arena *arena, const char *text, uint8_t **bytes_out, size_t *length_out);

#include "base/crypto.h"

#include <assert.h>
#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VERSION = 1, NONCE = 12, TAG = 16, HEAD = 1 + NONCE };

/* None of these calls fails for any input: when one does, OpenSSL or memory is broken. */
static void must(int ok, const char *what)
{
    if (ok == 1)
        return;
    fprintf(stderr, "OpenSSL failed: %s\n", what);
    abort();
}

void crypto_random(void *bytes_out, size_t length)
{
    assert(length <= INT_MAX);
    must(RAND_bytes(bytes_out, (int)length), "RAND_bytes");
}

char *crypto_random_word(struct arena *arena, size_t length)
{
    static const char alphabet[] = "abcdefghjkmnpqrstuvwxyz23456789";
    enum { LETTERS = sizeof alphabet - 1, FAIR = 256 / LETTERS * LETTERS };
    char *word = arena_alloc(arena, length + 1);
    for (size_t i = 0; i < length;) {
        uint8_t bytes[64];
        crypto_random(bytes, sizeof bytes);
        for (size_t b = 0; b < sizeof bytes && i < length; b++)
            if (bytes[b] < FAIR)
                word[i++] = alphabet[bytes[b] % LETTERS];
    }
    return word;
}

bool crypto_equal(const void *a, size_t a_length, const void *b, size_t b_length)
{
    return a_length == b_length && CRYPTO_memcmp(a, b, a_length) == 0;
}

void crypto_derive_key(const uint8_t key[static CRYPTO_KEY_BYTES], const char *purpose,
                       uint8_t derived_out[static CRYPTO_KEY_BYTES])
{
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    must(kdf != NULL, "EVP_KDF_fetch");
    EVP_KDF_CTX *context = EVP_KDF_CTX_new(kdf);
    must(context != NULL, "EVP_KDF_CTX_new");
    char digest[] = "SHA256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)key, CRYPTO_KEY_BYTES),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)purpose, strlen(purpose)),
        OSSL_PARAM_construct_end(),
    };
    must(EVP_KDF_derive(context, derived_out, CRYPTO_KEY_BYTES, params), "EVP_KDF_derive");
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(kdf);
}

static EVP_CIPHER_CTX *cipher_new(void)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    must(context != NULL, "EVP_CIPHER_CTX_new");
    return context;
}

void *crypto_seal(struct arena *arena, const uint8_t key[static CRYPTO_KEY_BYTES], const char *identity,
                  const void *plain, size_t length, size_t *sealed_length_out)
{
    assert(length <= INT_MAX - CRYPTO_SEAL_OVERHEAD);
    uint8_t *sealed = arena_alloc(arena, length + CRYPTO_SEAL_OVERHEAD);
    uint8_t *nonce = sealed + 1, *body = sealed + HEAD, *tag = body + length;
    sealed[0] = VERSION;
    crypto_random(nonce, NONCE);
    EVP_CIPHER_CTX *context = cipher_new();
    int n = 0;
    must(EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), NULL, key, nonce), "EVP_EncryptInit_ex");
    must(EVP_EncryptUpdate(context, NULL, &n, (const uint8_t *)identity, (int)strlen(identity)), "aad");
    if (length)
        must(EVP_EncryptUpdate(context, body, &n, plain, (int)length), "EVP_EncryptUpdate");
    must(EVP_EncryptFinal_ex(context, tag, &n), "EVP_EncryptFinal_ex");
    must(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, TAG, tag), "tag");
    EVP_CIPHER_CTX_free(context);
    *sealed_length_out = length + CRYPTO_SEAL_OVERHEAD;
    return sealed;
}

bool crypto_open(struct arena *arena, const uint8_t key[static CRYPTO_KEY_BYTES], const char *identity,
                 const void *sealed, size_t length, char **plain_out, size_t *plain_length_out,
                 struct error *err)
{
    const uint8_t *bytes = sealed;
    if (length < CRYPTO_SEAL_OVERHEAD || length > INT_MAX)
        return error_set(err, ERR_INVALID, "a sealed value has a wrong length");
    if (bytes[0] != VERSION)
        return error_set(err, ERR_INVALID, "a sealed value is of an unknown version");
    size_t plain_length = length - CRYPTO_SEAL_OVERHEAD;
    char *plain = arena_alloc(arena, plain_length + 1);
    EVP_CIPHER_CTX *context = cipher_new();
    int n = 0;
    must(EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), NULL, key, bytes + 1), "EVP_DecryptInit_ex");
    must(EVP_DecryptUpdate(context, NULL, &n, (const uint8_t *)identity, (int)strlen(identity)), "aad");
    if (plain_length)
        must(EVP_DecryptUpdate(context, (uint8_t *)plain, &n, bytes + HEAD, (int)plain_length), "decrypt");
    must(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, TAG, (void *)(bytes + HEAD + plain_length)),
         "tag");
    uint8_t rest[TAG];
    bool good = EVP_DecryptFinal_ex(context, rest, &n) == 1;
    EVP_CIPHER_CTX_free(context);
    if (!good) {
        OPENSSL_cleanse(plain, plain_length);
        return error_set(err, ERR_INVALID, "a sealed value was changed, moved or made with another key");
    }
    *plain_out = plain;
    *plain_length_out = plain_length;
    return true;
}

void crypto_hmac_sha256(const void *key, size_t key_length, const void *data, size_t length,
                        uint8_t mac_out[static 32])
{
    assert(key_length <= INT_MAX);
    unsigned int n = 0;
    must(HMAC(EVP_sha256(), key, (int)key_length, data, length, mac_out, &n) != NULL, "HMAC");
}

void crypto_sha256(const void *data, size_t length, uint8_t digest_out[static 32])
{
    SHA256(data, length, digest_out);
}

char *crypto_base64(struct arena *arena, const void *bytes, size_t length)
{
    assert(length <= INT_MAX / 2);
    char *text = arena_alloc(arena, (length + 2) / 3 * 4 + 1);
    EVP_EncodeBlock((unsigned char *)text, bytes, (int)length);
    return text;
}

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* OpenSSL's decoder skips blanks and keeps the padding's bytes, so this one is ours: one text per value. */
bool crypto_unbase64(struct arena *arena, const char *text, uint8_t **bytes_out, size_t *length_out)
{
    size_t length = strlen(text), pad = 0;
    if (length % 4)
        return false;
    while (pad < 2 && pad < length && text[length - 1 - pad] == '=')
        pad++;
    uint8_t *bytes = arena_alloc(arena, length / 4 * 3 + 1);
    size_t n = 0;
    uint32_t bits = 0;
    for (size_t i = 0; i < length; i++) {
        int digit = i >= length - pad ? 0 : base64_digit(text[i]);
        if (digit < 0)
            return false;
        bits = bits << 6 | (uint32_t)digit;
        if (i % 4 == 3) {
            bytes[n++] = (uint8_t)(bits >> 16);
            bytes[n++] = (uint8_t)(bits >> 8);
            bytes[n++] = (uint8_t)bits;
        }
    }
    for (size_t i = 0; i < pad; i++)
        if (bytes[--n] != 0)
            return false; /* bits behind the last byte */
    *bytes_out = bytes;
    *length_out = n;
    return true;
}

#include "base/crypto_stream.h"

#include <assert.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NONCE = 12, IDENTITY = 32 };

struct crypto_stream {
    uint8_t key[CRYPTO_KEY_BYTES];
    uint8_t identity[IDENTITY]; /* the digest of what was given */
    uint64_t count;
    bool ended;
    EVP_CIPHER_CTX *context;
};

struct crypto_digest {
    EVP_MD_CTX *context;
};

static void must(int ok, const char *what)
{
    if (ok == 1)
        return;
    fprintf(stderr, "OpenSSL failed: %s\n", what);
    abort();
}

struct crypto_stream *crypto_stream_new(const uint8_t key[static CRYPTO_KEY_BYTES], const void *identity,
                                        size_t identity_length)
{
    struct crypto_stream *stream = xcalloc(1, sizeof *stream);
    memcpy(stream->key, key, sizeof stream->key);
    crypto_sha256(identity, identity_length, stream->identity);
    stream->context = EVP_CIPHER_CTX_new();
    must(stream->context != NULL, "EVP_CIPHER_CTX_new");
    return stream;
}

/* Three zero bytes, the chunk's number, and whether it is the last. */
static void make_nonce(struct crypto_stream *stream, bool last, uint8_t nonce_out[static NONCE])
{
    assert(!stream->ended);
    memset(nonce_out, 0, NONCE);
    for (int i = 0; i < 8; i++)
        nonce_out[3 + i] = (uint8_t)(stream->count >> (56 - 8 * i));
    nonce_out[NONCE - 1] = last;
    stream->count++;
    stream->ended = last;
}

void crypto_stream_seal(struct crypto_stream *stream, const void *plain, size_t length, bool last,
                        uint8_t *sealed_out)
{
    assert(length <= INT_MAX - CRYPTO_CHUNK_OVERHEAD);
    uint8_t nonce[NONCE], *tag = sealed_out + length;
    int n = 0;
    make_nonce(stream, last, nonce);
    must(EVP_EncryptInit_ex(stream->context, EVP_aes_256_gcm(), NULL, stream->key, nonce), "encrypt init");
    must(EVP_EncryptUpdate(stream->context, NULL, &n, stream->identity, IDENTITY), "aad");
    if (length)
        must(EVP_EncryptUpdate(stream->context, sealed_out, &n, plain, (int)length), "encrypt");
    must(EVP_EncryptFinal_ex(stream->context, tag, &n), "encrypt final");
    must(EVP_CIPHER_CTX_ctrl(stream->context, EVP_CTRL_GCM_GET_TAG, CRYPTO_CHUNK_OVERHEAD, tag), "tag");
}

bool crypto_stream_open(struct crypto_stream *stream, const uint8_t *sealed, size_t length, bool last,
                        uint8_t *plain_out)
{
    uint8_t nonce[NONCE], rest[CRYPTO_CHUNK_OVERHEAD];
    int n = 0;
    if (length < CRYPTO_CHUNK_OVERHEAD || length > INT_MAX || stream->ended)
        return false;
    size_t plain_length = length - CRYPTO_CHUNK_OVERHEAD;
    make_nonce(stream, last, nonce);
    must(EVP_DecryptInit_ex(stream->context, EVP_aes_256_gcm(), NULL, stream->key, nonce), "decrypt init");
    must(EVP_DecryptUpdate(stream->context, NULL, &n, stream->identity, IDENTITY), "aad");
    if (plain_length)
        must(EVP_DecryptUpdate(stream->context, plain_out, &n, sealed, (int)plain_length), "decrypt");
    must(EVP_CIPHER_CTX_ctrl(stream->context, EVP_CTRL_GCM_SET_TAG, CRYPTO_CHUNK_OVERHEAD,
                             (void *)(sealed + plain_length)),
         "tag");
    bool good = EVP_DecryptFinal_ex(stream->context, rest, &n) == 1;
    if (!good)
        OPENSSL_cleanse(plain_out, plain_length);
    return good;
}

void crypto_stream_free(struct crypto_stream **stream)
{
    if (!*stream)
        return;
    EVP_CIPHER_CTX_free((*stream)->context);
    OPENSSL_cleanse((*stream)->key, sizeof(*stream)->key);
    free(*stream);
    *stream = NULL;
}

struct crypto_digest *crypto_digest_new(void)
{
    struct crypto_digest *digest = xcalloc(1, sizeof *digest);
    digest->context = EVP_MD_CTX_new();
    must(digest->context != NULL, "EVP_MD_CTX_new");
    must(EVP_DigestInit_ex(digest->context, EVP_sha256(), NULL), "digest init");
    return digest;
}

void crypto_digest_add(struct crypto_digest *digest, const void *data, size_t length)
{
    must(EVP_DigestUpdate(digest->context, data, length), "digest");
}

void crypto_digest_get(const struct crypto_digest *digest, uint8_t digest_out[static 32])
{
    EVP_MD_CTX *copy = EVP_MD_CTX_new();
    must(copy != NULL, "EVP_MD_CTX_new");
    must(EVP_MD_CTX_copy_ex(copy, digest->context), "digest copy");
    must(EVP_DigestFinal_ex(copy, digest_out, NULL), "digest final");
    EVP_MD_CTX_free(copy);
}

void crypto_digest_free(struct crypto_digest **digest)
{
    if (!*digest)
        return;
    EVP_MD_CTX_free((*digest)->context);
    free(*digest);
    *digest = NULL;
}

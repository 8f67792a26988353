#include "tenants/vault.h"

void vault_init(struct vault *vault, const uint8_t master_key[static CRYPTO_KEY_BYTES], const char *owner)
{
    auto_arena struct arena *arena = arena_new();
    crypto_derive_key(master_key, arena_printf(arena, "lapak/seal/%s", owner), vault->seal_key);
    crypto_derive_key(master_key, arena_printf(arena, "lapak/digest/%s", owner), vault->digest_key);
    crypto_derive_key(master_key, arena_printf(arena, "lapak/audit/%s", owner), vault->audit_key);
}

void *vault_seal(struct arena *arena, const struct vault *vault, const char *identity, const void *plain,
                 size_t length, size_t *sealed_length_out)
{
    return crypto_seal(arena, vault->seal_key, identity, plain, length, sealed_length_out);
}

bool vault_open(struct arena *arena, const struct vault *vault, const char *identity, const void *sealed,
                size_t length, char **plain_out, size_t *length_out, struct error *err)
{
    if (crypto_open(arena, vault->seal_key, identity, sealed, length, plain_out, length_out, err))
        return true;
    err->code = ERR_INTERNAL;
    return false;
}

void vault_digest(const struct vault *vault, const void *plain, size_t length, uint8_t digest_out[static 32])
{
    crypto_hmac_sha256(vault->digest_key, sizeof vault->digest_key, plain, length, digest_out);
}

void vault_audit_mark(const struct vault *vault, const void *plain, size_t length,
                      uint8_t mark_out[static 32])
{
    crypto_hmac_sha256(vault->audit_key, sizeof vault->audit_key, plain, length, mark_out);
}

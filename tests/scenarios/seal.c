/* Seals a value as the server does, for tests that put one into a store past everybody: the content of a file
 * product, say, which only an admin's chat can set.
 *
 *     seal MASTER_KEY_IN_BASE64 STORE IDENTITY VALUE     prints the sealed bytes in hex */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "tenants/vault.h"

int main(int argc, char **argv)
{
    auto_arena struct arena *arena = arena_new();
    struct vault vault;
    uint8_t *key;
    size_t length;
    if (argc != 5 || !crypto_unbase64(arena, argv[1], &key, &length) || length != CRYPTO_KEY_BYTES)
        return 2;
    vault_init(&vault, key, argv[2]);
    const void *sealed = vault_seal(arena, &vault, argv[3], argv[4], strlen(argv[4]), &length);
    puts(str_hex(arena, sealed, length));
    return 0;
}

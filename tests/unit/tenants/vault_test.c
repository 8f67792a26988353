#include "tenants/vault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "files.h"

static void a_store_opens_only_its_own(void **unused)
{
    static const uint8_t master[CRYPTO_KEY_BYTES] = {1, 2, 3}, other_master[CRYPTO_KEY_BYTES] = {9};
    struct vault kopi, buku, moved;
    vault_init(&kopi, master, "kopi-digital");
    vault_init(&buku, master, "buku");
    vault_init(&moved, other_master, "kopi-digital");
    size_t length = 0, plain_length = 0;
    char *plain = NULL;
    struct error err;
    void *sealed = vault_seal(arena, &kopi, "unit:1", "mail:pass", 9, &length);
    assert_true(vault_open(arena, &kopi, "unit:1", sealed, length, &plain, &plain_length, &err));
    assert_string_equal(plain, "mail:pass");
    assert_false(vault_open(arena, &kopi, "unit:2", sealed, length, &plain, &plain_length, &err));
    assert_false(vault_open(arena, &buku, "unit:1", sealed, length, &plain, &plain_length, &err));
    assert_false(vault_open(arena, &moved, "unit:1", sealed, length, &plain, &plain_length, &err));
    assert_int_equal(err.code, ERR_INTERNAL);
}

static void digests_are_alike_within_a_store_only(void **unused)
{
    static const uint8_t master[CRYPTO_KEY_BYTES] = {1, 2, 3};
    struct vault kopi, buku;
    uint8_t a[32], b[32], c[32];
    vault_init(&kopi, master, "kopi-digital");
    vault_init(&buku, master, "buku");
    vault_digest(&kopi, "mail:pass", 9, a);
    vault_digest(&kopi, "mail:pass", 9, b);
    vault_digest(&buku, "mail:pass", 9, c);
    assert_memory_equal(a, b, 32);
    assert_memory_not_equal(a, c, 32);
    assert_memory_not_equal(kopi.seal_key, kopi.digest_key, CRYPTO_KEY_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_store_opens_only_its_own, files_setup, files_teardown),
        cmocka_unit_test_setup_teardown(digests_are_alike_within_a_store_only, files_setup, files_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

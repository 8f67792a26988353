#include "base/crypto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

static struct arena *arena;
static const uint8_t key[CRYPTO_KEY_BYTES] = "0123456789abcdef0123456789abcde";

static int setup(void **unused)
{
    arena = arena_new();
    return 0;
}

static int teardown(void **unused)
{
    arena_free(&arena);
    return 0;
}

static bool opens(const uint8_t *with, const char *identity, const void *sealed, size_t length)
{
    char *plain = NULL;
    size_t plain_length = 0;
    struct error err = {0};
    bool good = crypto_open(arena, with, identity, sealed, length, &plain, &plain_length, &err);
    assert_int_equal(good, plain != NULL);
    assert_int_equal(err.code, good ? ERR_NONE : ERR_INVALID);
    return good;
}

static void a_sealed_value_opens_for_its_row_and_key_only(void **unused)
{
    size_t length = 0, plain_length = 0;
    char *plain = NULL;
    struct error err;
    uint8_t *sealed = crypto_seal(arena, key, "unit:7", "mail:pass\0x", 11, &length);
    assert_int_equal(length, 11 + CRYPTO_SEAL_OVERHEAD);
    assert_true(crypto_open(arena, key, "unit:7", sealed, length, &plain, &plain_length, &err));
    assert_int_equal(plain_length, 11);
    assert_memory_equal(plain, "mail:pass\0x", 12);
    uint8_t other[CRYPTO_KEY_BYTES] = {1};
    assert_false(opens(key, "unit:8", sealed, length));
    assert_false(opens(key, "", sealed, length));
    assert_false(opens(other, "unit:7", sealed, length));
}

static void any_changed_byte_is_noticed(void **unused)
{
    size_t length = 0;
    uint8_t *sealed = crypto_seal(arena, key, "id", "contents", 8, &length);
    for (size_t i = 0; i < length; i++) {
        sealed[i] ^= 1;
        assert_false(opens(key, "id", sealed, length));
        sealed[i] ^= 1;
    }
    for (size_t shorter = 0; shorter < length; shorter++)
        assert_false(opens(key, "id", sealed, shorter));
    assert_true(opens(key, "id", sealed, length));
}

static void an_empty_value_can_be_sealed_and_no_two_are_alike(void **unused)
{
    size_t a_length = 0, b_length = 0;
    uint8_t *a = crypto_seal(arena, key, "id", "", 0, &a_length);
    uint8_t *b = crypto_seal(arena, key, "id", "", 0, &b_length);
    assert_int_equal(a_length, CRYPTO_SEAL_OVERHEAD);
    assert_true(opens(key, "id", a, a_length));
    assert_memory_not_equal(a, b, a_length);
}

static void derived_keys_match_a_known_answer(void **unused)
{
    /* HKDF-SHA256, no salt, key 32 x 0x0b, info "store:kopi-digital"; computed with Python's hmac */
    uint8_t input[CRYPTO_KEY_BYTES], derived[CRYPTO_KEY_BYTES], other[CRYPTO_KEY_BYTES];
    memset(input, 0x0b, sizeof input);
    crypto_derive_key(input, "store:kopi-digital", derived);
    assert_string_equal(str_hex(arena, derived, sizeof derived),
                        "cbd86a194b96f3c3f808226c5997f3ca1e5f82193b3d51f0515addcaf87e2c19");
    crypto_derive_key(input, "store:other", other);
    assert_memory_not_equal(derived, other, sizeof derived);
}

static void mac_and_digest_match_known_answers(void **unused)
{
    uint8_t bytes[32];
    crypto_sha256("abc", 3, bytes);
    assert_string_equal(str_hex(arena, bytes, 32),
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    crypto_hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, bytes); /* RFC 4231, case 2 */
    assert_string_equal(str_hex(arena, bytes, 32),
                        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

static void base64_goes_both_ways(void **unused)
{
    static const char *const texts[] = {"", "Zg==", "Zm8=", "Zm9v", "+/+/"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        uint8_t *bytes;
        size_t length = 99;
        assert_true(crypto_unbase64(arena, texts[i], &bytes, &length));
        assert_string_equal(crypto_base64(arena, bytes, length), texts[i]);
    }
}

static void what_is_not_base64_is_refused(void **unused)
{
    static const char *const bad[] = {"Z",     "Zg",     "Zg=",  "Zh==", "Zm9=", "====", "Zg==Zg==",
                                      "Zm 9v", "Zm9v\n", "Zm9-", "=m9v", "Z===", "Zm=v"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint8_t *bytes = NULL;
        size_t length = 99;
        assert_false(crypto_unbase64(arena, bad[i], &bytes, &length));
        assert_null(bytes);
    }
}

static void words_use_their_alphabet(void **unused)
{
    char *word = crypto_random_word(arena, 5000);
    assert_int_equal(strlen(word), 5000);
    assert_int_equal(strspn(word, "abcdefghjkmnpqrstuvwxyz23456789"), 5000);
    for (const char *c = "abcdefghjkmnpqrstuvwxyz23456789"; *c; c++)
        assert_non_null(strchr(word, *c)); /* missing by chance: 31 * (30/31)^5000, about 1e-70 */
    assert_string_not_equal(crypto_random_word(arena, 20), crypto_random_word(arena, 20));
}

static void comparison_wants_the_same_length(void **unused)
{
    assert_true(crypto_equal("abc", 3, "abc", 3));
    assert_false(crypto_equal("abc", 3, "abd", 3));
    assert_false(crypto_equal("abc", 3, "abcd", 4));
    assert_true(crypto_equal("", 0, "", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_sealed_value_opens_for_its_row_and_key_only, setup, teardown),
        cmocka_unit_test_setup_teardown(any_changed_byte_is_noticed, setup, teardown),
        cmocka_unit_test_setup_teardown(an_empty_value_can_be_sealed_and_no_two_are_alike, setup, teardown),
        cmocka_unit_test_setup_teardown(derived_keys_match_a_known_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(mac_and_digest_match_known_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(base64_goes_both_ways, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_not_base64_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(words_use_their_alphabet, setup, teardown),
        cmocka_unit_test_setup_teardown(comparison_wants_the_same_length, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

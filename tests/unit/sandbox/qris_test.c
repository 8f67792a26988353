#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "qris.h"

/* A payload as a real gateway gave it. */
static const char REAL[] =
    "00020101021226610016ID.CO.SHOPEE.WWW01189360091800216005230208216005230303UME51440014ID.CO."
    "QRIS.WWW0215ID10243228429300303UME5204792953033605409100003.005802ID5907Pakasir6012KAB. "
    "KEBUMEN61055439262230519SP25RZRATEQI2HQ65Q46304A079";

static void crc_of_known_texts(void **state)
{
    assert_int_equal(qris_code_crc("123456789", 9), 0x29b1);
    assert_int_equal(qris_code_crc("", 0), 0xffff);
    assert_int_equal(qris_code_crc(REAL, sizeof REAL - 1 - 4), 0xa079);
}

/* The value of a tag; walks the whole payload, so a wrong length anywhere shows. */
static const char *value_of(struct arena *arena, const char *payload, const char *tag)
{
    const char *found = NULL;
    const char *at = payload;
    while (*at) {
        char name[3];
        unsigned length;
        assert_int_equal(sscanf(at, "%2[0-9]%2u", name, &length), 2);
        assert_true(strlen(at) >= 4 + length);
        if (strcmp(name, tag) == 0)
            found = arena_memdup(arena, at + 4, length);
        at += 4 + length;
    }
    return found;
}

static void makes_a_valid_payload(void **state)
{
    auto_arena struct arena *arena = arena_new();
    const char *payload = qris_code(arena, "kopi", "JAKARTA", "abc123", 20450, QRIS_GOOD);
    char crc[5];
    size_t length = strlen(payload);
    snprintf(crc, sizeof crc, "%04X", qris_code_crc(payload, length - 4));
    assert_string_equal(payload + length - 4, crc);
    assert_memory_equal(payload + length - 8, "6304", 4);
    assert_string_equal(value_of(arena, payload, "00"), "01");
    assert_string_equal(value_of(arena, payload, "01"), "12");
    assert_string_equal(value_of(arena, payload, "53"), "360");
    assert_string_equal(value_of(arena, payload, "54"), "20450.00");
    assert_string_equal(value_of(arena, payload, "58"), "ID");
    assert_string_equal(value_of(arena, payload, "59"), "kopi");
    assert_string_equal(value_of(arena, value_of(arena, payload, "62"), "05"), "abc123");
}

static void cuts_what_is_too_long(void **state)
{
    auto_arena struct arena *arena = arena_new();
    const char *payload =
        qris_code(arena, "a very long merchant name, longer than a tag takes", "é", "", 10000000, QRIS_GOOD);
    assert_int_equal(strlen(value_of(arena, payload, "59")), 25);
    assert_string_equal(value_of(arena, payload, "60"), "??");
    assert_string_equal(value_of(arena, payload, "54"), "10000000.00");
}

static void a_bad_crc_is_bad(void **state)
{
    auto_arena struct arena *arena = arena_new();
    const char *good = qris_code(arena, "kopi", "JAKARTA", "abc", 5000, QRIS_GOOD);
    const char *bad = qris_code(arena, "kopi", "JAKARTA", "abc", 5000, QRIS_BAD_CRC);
    assert_memory_equal(good, bad, strlen(good) - 4);
    assert_string_not_equal(good, bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crc_of_known_texts),
        cmocka_unit_test(makes_a_valid_payload),
        cmocka_unit_test(cuts_what_is_too_long),
        cmocka_unit_test(a_bad_crc_is_bad),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "payment/qris.h"

/* A real one, published by an integration. */
static const char known_good[] =
    "00020101021226610016ID.CO.SHOPEE.WWW01189360091800216005230208216005230303UME51440014ID.CO.QRIS.WWW"
    "0215ID10243228429300303UME5204792953033605409100003.005802ID5907Pakasir6012KAB. KEBUMEN6105543926223"
    "0519SP25RZRATEQI2HQ65Q46304A079";

static void test_crc(void **state)
{
    assert_int_equal(qris_crc("123456789", 9), 0x29B1);
    assert_int_equal(qris_crc("", 0), 0xFFFF);
    assert_int_equal(qris_crc(known_good, strlen(known_good) - 4), 0xA079);
}

static void test_known_good(void **state)
{
    struct error err;
    assert_true(qris_check(known_good, 100003, &err));
    assert_false(qris_check(known_good, 100004, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_false(qris_check(known_good, 10000300, &err));
}

/* Every single character changed to another breaks it: the checksum sees all of them. */
static void test_every_change_is_seen(void **state)
{
    struct error err;
    for (size_t i = 0; i < strlen(known_good); i++) {
        char changed[sizeof known_good];
        strcpy(changed, known_good);
        changed[i] = changed[i] == '7' ? '8' : '7';
        assert_false(qris_check(changed, 100003, &err));
        assert_int_equal(err.code, ERR_INVALID);
        changed[i] = '\0';
        assert_false(qris_check(changed, 100003, &err));
    }
}

/* Payloads with a right checksum, so that each fails for its own reason. */
static void test_fields(void **state)
{
    static const struct {
        const char *body;
        int64_t total;
        const char *problem; /* NULL: it is right */
    } rows[] = {
        {"00020101021253033605405300005802ID", 30000, NULL},
        {"000201010212530336054073000.005802ID", 3000, NULL},
        {"0002010102125303360540730000.05802ID", 30000, NULL},
        {"00020101021253033605406030000" /* a leading zero changes nothing */ "5802ID", 30000, NULL},
        {"00020101021253033605405300005802ID", 30001, "amount"},
        {"00020101021253033605405300005802ID", -30000, "amount"},
        {"0002010102125303360540630000.5802ID", 30000, "amount"},
        {"0002010102125303360540830000.015802ID", 30000, "amount"},
        {"0002010102125303360540930000.0005802ID", 30000, "amount"},
        {"0002010102125303360540630,0005802ID", 30000, "amount"},
        {"0002010102125303360540630 0005802ID", 30000, "amount"},
        {"00020101021253033605406-300005802ID", 30000, "amount"},
        {"00020101021253033605406+300005802ID", 30000, "amount"},
        {"000201010212530336054053e0045802ID", 30000, "amount"},
        {"0002010102125303360540200"
         "5802ID",
         30000, "amount"},
        {"000201010212530336054169999999999999999"
         "5802ID",
         30000, "amount"},
        {"0002010102125303360"
         "5802ID",
         30000, "amount"},
        {"00020101021253038405405300005802ID", 30000, "currency"},
        {"000201010212"
         "5405300005802ID",
         30000, "currency"},
        {"0002010102125302365405300005802ID", 30000, "currency"},
        {"00020101021253033605405300005802MY", 30000, "country"},
        {"00020101021253033605405300005802id", 30000, "country"},
        {"0002010102125303360540530000", 30000, "country"},
        {"00020201021253033605405300005802ID", 30000, "format"},
        {"01021253033605405300005802ID", 30000, "begin"},
        {"00020101021253033605405300005405300005802ID", 30000, "twice"},
        {"0002010102125303360540530000"
         "54045000"
         "5802ID",
         30000, "twice"},
        {"000201010x1253033605405300005802ID", 30000, "no field"},
        {"00020101005303360540530000"
         "5802ID",
         30000, "empty"},
        {"00020101021253033605405300005802ID5999x", 30000, "no field"},
        {"00020101021253033605405300005802ID59xx", 30000, "no field"},
        {"00020101021253033605405300005802IDx", 30000, "no field"},
        {"00020101021253033605405300005802ID5903a\xc3\xa9", 30000, "printable"},
        {"00020101021253033605405300005802ID5903a\nb", 30000, "printable"},
        {"00020101021253033605405300005802ID630400005903abc", 30000, "follows"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char payload[200];
        struct error err = {0};
        int n = snprintf(payload, sizeof payload, "%s6304", rows[i].body);
        snprintf(payload + n, sizeof payload - (size_t)n, "%04X", qris_crc(payload, (size_t)n));
        bool ok = qris_check(payload, rows[i].total, &err);
        if (ok != !rows[i].problem || (!ok && !strstr(err.text, rows[i].problem)))
            fail_msg("row %zu %s: %s", i, payload, ok ? "passed" : err.text);
        if (!ok)
            assert_int_equal(err.code, ERR_INVALID);
    }
}

static void test_checksum_form(void **state)
{
    static const char *const rows[] = {
        "00020101021253033605405300005802ID",        /* none */
        "00020101021253033605405300005802ID6304",    /* cut off */
        "00020101021253033605405300005802ID63030AB", /* short */
        "",
        "6304",
        "6304FFFF",
    };
    struct error err;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_false(qris_check(rows[i], 30000, &err));
    char lower[sizeof known_good];
    strcpy(lower, known_good);
    lower[strlen(lower) - 4] = 'a'; /* upper-case digits only */
    assert_false(qris_check(lower, 100003, &err));
    char longest[600];
    memset(longest, '0', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_false(qris_check(longest, 0, &err));
    assert_non_null(strstr(err.text, "longer"));
}

static void test_build(void **state)
{
    static const int64_t totals[] = {1, 500, 30520, 10000000, INT64_C(9999999999)};
    auto_arena struct arena *arena = arena_new();
    struct error err = {0};
    for (size_t i = 0; i < sizeof totals / sizeof totals[0]; i++) {
        char *payload = qris_build(arena, "Kopi Digital", "JAKARTA", "tg1001-abc", totals[i]);
        if (!qris_check(payload, totals[i], &err))
            fail_msg("%s: %s", payload, err.text);
        assert_false(qris_check(payload, totals[i] + 1, &err));
        assert_non_null(strstr(payload, "010212"));
    }
    /* Names of any length and alphabet */
    char *payload =
        qris_build(arena, "Kopi \xe2\x98\x95 dengan nama yang panjang sekali sampai tidak muat", "", "", 700);
    assert_true(qris_check(payload, 700, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crc),
        cmocka_unit_test(test_known_good),
        cmocka_unit_test(test_every_change_is_seen),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_checksum_form),
        cmocka_unit_test(test_build),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

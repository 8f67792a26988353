#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bot/amount.h"

static const struct {
    const char *text;
    int64_t rupiah; /* 0: refused */
} table[] = {
    {"10000", 10000},
    {"10.000", 10000},
    {"10,000", 10000},
    {"10 000", 10000},
    {"1", 1},
    {"999", 999},
    {"1.000", 1000},
    {"100.000", 100000},
    {"1.234.567", 1234567},
    {"1,234,567", 1234567},
    {"Rp10000", 10000},
    {"Rp 10.000", 10000},
    {"rp. 10.000", 10000},
    {"RP.10000", 10000},
    {"IDR 10,000", 10000},
    {"10.000 rupiah", 10000},
    {"Rp 10.000,-", 10000},
    {"10000,-", 10000},
    {"10.000,00", 10000},
    {"Rp 1,000,000.00", 1000000},
    {"10k", 10000},
    {"10K", 10000},
    {"10 k", 10000},
    {"2.5k", 2500},
    {"10rb", 10000},
    {"10 ribu", 10000},
    {"10 ribu rupiah", 10000},
    {"Rp 10rb", 10000},
    {"12,5rb", 12500},
    {"1jt", 1000000},
    {"1,5jt", 1500000},
    {"1.5jt", 1500000},
    {"1,25 juta", 1250000},
    {"0,5jt", 500000},
    {"1000000000000", AMOUNT_MOST},
    {"1.000.000.000.000", AMOUNT_MOST},
    {"1000000jt", AMOUNT_MOST},
    {"  10000 ", 10000},
    {"\n10000\t\r\n", 10000},
    {"Rp\u00A010.000", 10000},
    {"10\u202F000", 10000},
    {"\u3000１００００", 10000},
    /* other decimal digits */
    {"١٠٠٠٠", 10000},
    {"\u200F١٠٬٠٠٠", 10000},
    {"\u2067١٠٠٠٠\u2069", 10000},
    {"۱۰۰۰۰", 10000},
    {"१००००", 10000},
    {"๑๐.๐๐๐", 10000},
    {"１０，０００", 10000},
    {"Ｒｐ１０．０００", 10000},
    {"１０ｋ", 10000},
    {"𝟏𝟎𝟎𝟎𝟎", 10000},
    {"١٠", 10},
    /* refused */
    {"", 0},
    {"   ", 0},
    {"Rp", 0},
    {"rp.", 0},
    {"k", 0},
    {"jt", 0},
    {"0", 0},
    {"000", 0},
    {"Rp 0", 0},
    {"0k", 0},
    {"0,0jt", 0},
    {"0,00jt", 0},
    {"-5", 0},
    {"-10000", 0},
    {"−10000", 0},
    {"–10000", 0},
    {"－10000", 0},
    {"Rp -10.000", 0},
    {"+10000", 0},
    {"10000-", 0},
    {"1e9", 0},
    {"1E9", 0},
    {"0x10", 0},
    {"10.00", 0},
    {"10,00", 0},
    {"10,5", 0},
    {"10.5", 0},
    {"1.2.3", 0},
    {"1.00.000", 0},
    {"1000.000", 0},
    {"1.0000", 0},
    {"1,000.000", 0},
    {"10.000,50", 0},
    {"10.000 00", 0},
    {"1.000 000", 0},
    {".500", 0},
    {"10000.", 0},
    {"10..000", 0},
    {"10  000", 0},
    {"010000", 0},
    {"0.500", 0},
    {"08123456789", 0},
    {"01jt", 0},
    {"1.500k", 0},
    {"1.000rb", 0},
    {"1.2.3jt", 0},
    {"1 5jt", 0},
    {"10k,-", 0},
    {"10kk", 0},
    {"10m", 0},
    {"10 ribu aja", 0},
    {"10k 5", 0},
    {"1jt500rb", 0},
    {"Rp Rp 10000", 0},
    {"rupiah", 0},
    {"sepuluh ribu", 0},
    {"halo", 0},
    {"10000 ya", 0},
    {"10000; DROP TABLE users", 0},
    {"<b>10000</b>", 0},
    {"1000000000001", 0},
    {"1.000.000.000.001", 0},
    {"1000001jt", 0},
    {"1000000,01jt", 0},
    {"9223372036854775807", 0},
    {"9223372036854775808", 0},
    {"18446744073709551617", 0},
    {"99999999999999999999999999999999999999999999", 0},
    {"9999999999999jt", 0},
    {"1.000.000.000.000.000.000.000", 0},
    {"1٠٠٠٠", 0}, /* two scripts */
    {"１0000", 0},
    {"١٠٫٠٠٠", 0}, /* an Arabic decimal point */
    {"½", 0},
    {"²", 0},
    {"Ⅹ", 0},
    {"一万", 0},
    {"🔟", 0},
    {"1️⃣0️⃣", 0},
    {"10\xff"
     "000",
     0},
    {"\xc0\xb1"
     "0000",
     0},
};

static void test_the_table(void **state)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        int64_t rupiah = -7;
        bool ok = amount_read(table[i].text, &rupiah);
        if (ok != (table[i].rupiah != 0) || rupiah != (ok ? table[i].rupiah : -7))
            fail_msg("\"%s\": %s %lld", table[i].text, ok ? "read as" : "refused", (long long)rupiah);
    }
    int64_t rupiah = -7;
    assert_false(amount_read(NULL, &rupiah));
    assert_int_equal(rupiah, -7);
}

static void test_long_texts_are_refused(void **state)
{
    int64_t rupiah;
    char *text = malloc(100001);
    memset(text, ' ', 100000);
    text[100000] = '\0';
    assert_false(amount_read(text, &rupiah));
    memset(text, '1', 100000);
    assert_false(amount_read(text, &rupiah));
    for (size_t i = 0; i + 4 < 100000; i += 4)
        memcpy(text + i, "1.00", 4);
    assert_false(amount_read(text, &rupiah));
    free(text);
}

/* Every digit of every script, as its neighbours are none. */
static void test_digits_of_every_script(void **state)
{
    static const char *const nines[] = {"9",   "٩", "۹", "߉", "९", "৯", "੯", "૯", "୯", "௯", "౯", "೯",  "൯",
                                        "෯", "๙", "໙", "༩", "၉", "႙", "៩", "᠙", "᥏", "᧙", "꩙", "９", "𝟡"};
    for (size_t i = 0; i < sizeof nines / sizeof *nines; i++) {
        char text[32];
        int64_t rupiah = 0;
        snprintf(text, sizeof text, "%s%s%s%s", nines[i], nines[i], nines[i], nines[i]);
        if (!amount_read(text, &rupiah) || rupiah != 9999)
            fail_msg("\"%s\" is %lld", text, (long long)rupiah);
    }
}

/* What the server itself writes can be typed back. */
static void test_prices_as_shown(void **state)
{
    char text[64];
    unsigned seed = 1;
    for (int i = 0; i < 20000; i++) {
        int64_t wanted =
            1 + (int64_t)(((uint64_t)rand_r(&seed) << 20 ^ (uint64_t)rand_r(&seed)) % AMOUNT_MOST);
        if (i % 3 == 0)
            wanted = 1 + wanted % 1000000;
        char digits[24];
        int length = snprintf(digits, sizeof digits, "%lld", (long long)wanted), at = 0;
        at += snprintf(text, sizeof text, "Rp ");
        for (int k = 0; k < length; k++) {
            if (k && (length - k) % 3 == 0)
                text[at++] = '.';
            text[at++] = digits[k];
        }
        text[at] = '\0';
        int64_t rupiah = 0;
        if (!amount_read(text, &rupiah) || rupiah != wanted)
            fail_msg("\"%s\" is %lld", text, (long long)rupiah);
    }
}

/* Random texts of likely pieces and of random bytes: never a crash, never an amount out of range. */
static void test_random_texts(void **state)
{
    static const char *const pieces[] = {
        "0",  "1",      "9",    "000",      ".",    ",",      " ",      "-", "rp",  "Rp.",
        "k",  "jt",     "rb",   "e",        "٠",    "١",      "９",     "−", "٬",   ",-",
        "00", "\u00A0", "\xff", "\xe2\x80", "ribu", "rupiah", "\u200F", "5", "idr", "999999999"};
    unsigned seed = 20261122;
    int accepted = 0;
    for (int round = 0; round < 300000; round++) {
        char text[128] = "";
        size_t at = 0;
        int count = rand_r(&seed) % 9;
        for (int i = 0; i < count; i++) {
            char byte[2] = {(char)(1 + rand_r(&seed) % 255), '\0'};
            const char *piece =
                rand_r(&seed) % 8 ? pieces[(size_t)rand_r(&seed) % (sizeof pieces / sizeof *pieces)] : byte;
            at += (size_t)snprintf(text + at, sizeof text - at, "%s", piece);
        }
        int64_t rupiah = -7;
        bool ok = amount_read(text, &rupiah);
        accepted += ok;
        if (ok ? rupiah < 1 || rupiah > AMOUNT_MOST : rupiah != -7)
            fail_msg("\"%s\" gave %lld", text, (long long)rupiah);
        if (ok && strchr(text, '-') && !strstr(text, ",-") && !strstr(text, "٬-"))
            fail_msg("\"%s\" was taken", text);
    }
    assert_in_range(accepted, 1000, 200000); /* the test tests something */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_table),
        cmocka_unit_test(test_long_texts_are_refused),
        cmocka_unit_test(test_digits_of_every_script),
        cmocka_unit_test(test_prices_as_shown),
        cmocka_unit_test(test_random_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

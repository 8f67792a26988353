/*
 * Amounts of money as people type them: "10000", "10.000", "10,000", "Rp 10.000,-", "10k", "10rb", "1,5jt",
 * in any script's decimal digits. Pure; the text is hostile. What could mean two things ("10.00", "1.500k")
 * is not guessed at but refused.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The most an amount may be, in rupiah. */
#define AMOUNT_MOST INT64_C(1000000000000)

/* The amount in rupiah, 1 to AMOUNT_MOST. False where the text (NULL: none) does not plainly mean such a one.
 */
bool amount_read(const char *text, int64_t *rupiah_out);

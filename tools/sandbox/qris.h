/* Makes QRIS payloads (EMVCo merchant-presented TLV): what the sandbox's Pakasir gives as qr_string. Written
 * apart from server/payment/qris.c on purpose: a mistake that the maker and the checker shared would show in
 * no test. */
#pragma once

#include <stdint.h>

#include "base/arena.h"

/* CRC-16/CCITT-FALSE: polynomial 0x1021, start 0xFFFF, no reflection, no final xor. */
uint16_t qris_code_crc(const char *text, size_t length);

enum qris_flaw { QRIS_GOOD, QRIS_BAD_CRC };

/* A dynamic payload for `amount` rupiah in the arena; `reference` (at most 25 characters) goes into tag 62.
 */
char *qris_code(struct arena *arena, const char *merchant, const char *city, const char *reference,
                int64_t amount, enum qris_flaw flaw);

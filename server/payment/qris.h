/* QRIS payloads (EMV TLV): checking what a gateway gave us, and making them (the sandbox). Facts:
 * CRC-16/CCITT-FALSE over everything including "6304"; tag 53 = 360 (rupiah), 54 = amount as a decimal, 58 =
 * ID, 01 = 12 (dynamic). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

uint16_t qris_crc(const char *text, size_t length);
/* The payload is well-formed, its CRC right, currency rupiah, country ID, amount exactly `total` rupiah
 * ("30000", "30000.0" and "30000.00" are). ERR_INVALID says which check failed. Length at most 512. */
MUST_USE bool qris_check(const char *payload, int64_t total, struct error *err);
/* A dynamic payload for `total` rupiah; in the arena. */
char *qris_build(struct arena *arena, const char *merchant, const char *city, const char *invoice,
                 int64_t total);

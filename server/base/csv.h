/*
 * Tables as CSV (RFC 4180) for spreadsheets: UTF-8 with a byte order mark, commas, CRLF. What would be taken
 * for a formula when the file is opened gets a ' in front: names are people's.
 */
#pragma once

#include <stdint.h>

#include "base/str.h"

struct csv {
    struct str text;
    bool in_row;
};

/* Begins with the byte order mark. */
void csv_begin(struct csv *csv, struct arena *arena);
/* The row's next field. NULL counts as "". What is not UTF-8 becomes U+FFFD, control characters but line
 * breaks and tabs are left out. */
void csv_text(struct csv *csv, const char *text);
void csv_number(struct csv *csv, int64_t number);
void csv_end_row(struct csv *csv);
/* The whole, in the arena. */
const char *csv_done(struct csv *csv);

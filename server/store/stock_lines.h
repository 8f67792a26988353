/*
 * Stock as people bring it along: lines that were typed, or a .txt or .csv document, taken apart into the
 * contents of units. Pure; the bytes are hostile.
 *
 * Text: a unit a line, without the blanks around it. CSV: a unit a row as in RFC 4180 (quoted fields may hold
 * separators, line breaks and doubled quotes); its columns are joined by `|`, empty ones at its end are left
 * out. Columns are separated by commas, or by semicolons where the first row has no comma outside of quotes.
 * UTF-8 with or without a byte order mark; lines end in LF, CRLF or CR. Empty lines count as nothing.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum { STOCK_LINES_MOST = 10000, STOCK_LINES_MOST_BYTES = 5 << 20 };

struct stock_line {
    int64_t number; /* where it stands, from 1 */
    const char *content;
};
struct stock_lines {
    size_t count;
    const struct stock_line *lines;
    int64_t too_long; /* lines of more characters than a unit may have; they are not among the others */
};

enum stock_lines_fault {
    STOCK_LINES_OK,
    STOCK_LINES_NOT_TEXT, /* not UTF-8, or with NUL in it */
    STOCK_LINES_TOO_MANY,
    STOCK_LINES_QUOTES /* a quoted field that does not end, or goes on behind its end; `*at_out` is the line
                        */
};
/* `lines_out` in the arena, written where all is fine; `*at_out` for the fault that has a line. */
enum stock_lines_fault stock_lines_read(struct arena *arena, const char *bytes, size_t length, bool is_csv,
                                        struct stock_lines *lines_out, int64_t *at_out);

#include "store/stock_lines.h"

#include <string.h>

#include "base/str.h"
#include "store/internal.h"

#define BLANKS " \t"

struct reader {
    struct arena *arena;
    const char *p, *end;
    int64_t line;
    char separator;
    struct str row; /* the one that is read; used again for each */
    struct stock_line *lines;
    size_t count;
    int64_t too_long;
};

/* --- lines --- */

static bool at_line_end(const struct reader *r)
{
    return r->p == r->end || *r->p == '\n' || *r->p == '\r';
}

/* Steps over what ends a line: LF, CRLF or CR. */
static void next_line(struct reader *r)
{
    if (r->p < r->end && *r->p++ == '\r' && r->p < r->end && *r->p == '\n')
        r->p++;
    r->line++;
}

/* What is left of a stretch without the blanks around it. */
static size_t trim(const char **start, size_t length)
{
    while (length && strchr(BLANKS, **start)) {
        ++*start;
        length--;
    }
    while (length && strchr(BLANKS, (*start)[length - 1]))
        length--;
    return length;
}

/* False where there are too many by now. */
static bool take(struct reader *r, const char *start, size_t length, int64_t number)
{
    if (!length)
        return true;
    if (r->count + (size_t)r->too_long == STOCK_LINES_MOST)
        return false;
    const char *content = arena_memdup(r->arena, start, length);
    if (stock_is_line(content))
        r->lines[r->count++] = (struct stock_line){number, content};
    else
        r->too_long++;
    return true;
}

static enum stock_lines_fault read_text(struct reader *r)
{
    while (r->p < r->end) {
        const char *start = r->p;
        int64_t number = r->line;
        while (!at_line_end(r))
            r->p++;
        size_t length = trim(&start, (size_t)(r->p - start));
        if (!take(r, start, length, number))
            return STOCK_LINES_TOO_MANY;
        next_line(r);
    }
    return STOCK_LINES_OK;
}

/* --- rows --- */

static char separator_of(const struct reader *r)
{
    bool quoted = false, semicolon = false;
    for (const char *p = r->p; p < r->end && (quoted || (*p != '\n' && *p != '\r')); p++) {
        quoted = quoted != (*p == '"');
        if (*p == ',' && !quoted)
            return ',';
        semicolon = semicolon || (*p == ';' && !quoted);
    }
    return semicolon ? ';' : ',';
}

static bool at_field_end(const struct reader *r)
{
    return at_line_end(r) || *r->p == r->separator;
}

static bool read_quoted(struct reader *r)
{
    for (r->p++; r->p < r->end; r->p++) {
        if (*r->p == '"' && (r->p + 1 == r->end || r->p[1] != '"')) {
            r->p++;
            return at_field_end(r);
        }
        r->p += *r->p == '"';
        r->line += *r->p == '\n';
        str_add_bytes(&r->row, r->p, 1);
    }
    return false;
}

/* Blanks around a field that is not quoted are left out. */
static bool read_field(struct reader *r)
{
    if (r->p < r->end && *r->p == '"')
        return read_quoted(r);
    const char *start = r->p;
    while (!at_field_end(r))
        r->p++;
    size_t length = trim(&start, (size_t)(r->p - start));
    str_add_bytes(&r->row, start, length);
    return true;
}

/* A row's columns joined, in `row`; `*length_out` without the empty ones at its end. */
static bool read_row(struct reader *r, size_t *length_out)
{
    size_t kept = 0;
    r->row.length = 0;
    for (;;) {
        size_t before = r->row.length;
        if (!read_field(r))
            return false;
        if (r->row.length > before)
            kept = r->row.length;
        if (at_line_end(r))
            break;
        str_add(&r->row, "|");
        r->p++;
    }
    *length_out = kept;
    return true;
}

static enum stock_lines_fault read_csv(struct reader *r, int64_t *at_out)
{
    r->separator = separator_of(r);
    while (r->p < r->end) {
        int64_t number = r->line;
        size_t row;
        if (!read_row(r, &row)) {
            *at_out = number;
            return STOCK_LINES_QUOTES;
        }
        if (!take(r, r->row.text, row, number))
            return STOCK_LINES_TOO_MANY;
        next_line(r);
    }
    return STOCK_LINES_OK;
}

enum stock_lines_fault stock_lines_read(struct arena *arena, const char *bytes, size_t length, bool is_csv,
                                        struct stock_lines *lines_out, int64_t *at_out)
{
    static const char mark[] = "\xEF\xBB\xBF";
    if (!str_is_utf8(bytes, length) || memchr(bytes, '\0', length))
        return STOCK_LINES_NOT_TEXT;
    size_t skipped = length >= 3 && memcmp(bytes, mark, 3) == 0 ? 3 : 0;
    struct reader r = {.arena = arena,
                       .p = bytes + skipped,
                       .end = bytes + length,
                       .line = 1,
                       .row = STR_INIT(arena),
                       .lines = ARENA_ARRAY(arena, struct stock_line, STOCK_LINES_MOST)};
    enum stock_lines_fault fault = is_csv ? read_csv(&r, at_out) : read_text(&r);
    if (fault == STOCK_LINES_OK)
        *lines_out = (struct stock_lines){r.count, r.lines, r.too_long};
    return fault;
}

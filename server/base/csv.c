#include "base/csv.h"

#include <inttypes.h>
#include <string.h>

void csv_begin(struct csv *csv, struct arena *arena)
{
    *csv = (struct csv){.text = STR_INIT(arena)};
    str_add(&csv->text, "\uFEFF");
}

static void begin_field(struct csv *csv)
{
    if (csv->in_row)
        str_add(&csv->text, ",");
    csv->in_row = true;
}

/* Spreadsheets pass over blanks in front, and control characters are left out. */
static bool looks_like_formula(const char *text)
{
    while (*text == 0x7f || (*text > 0 && *text <= ' '))
        text++;
    return *text && strchr("=+-@", *text);
}

static void add_character(struct str *out, const char *at, size_t bytes)
{
    unsigned char first = (unsigned char)*at;
    if (!bytes)
        str_add(out, "\uFFFD");
    else if (first == '"')
        str_add(out, "\"\"");
    else if (bytes > 1 || (first >= ' ' && first != 0x7f) || strchr("\t\r\n", first))
        str_add_bytes(out, at, bytes);
}

void csv_text(struct csv *csv, const char *text)
{
    struct str *out = &csv->text;
    const char *at = text ? text : "", *end = at + strlen(at);
    begin_field(csv);
    str_add(out, looks_like_formula(at) ? "\"'" : "\"");
    while (at < end) {
        uint32_t point;
        size_t bytes = str_utf8_decode(at, (size_t)(end - at), &point);
        add_character(out, at, bytes);
        at += bytes ? bytes : 1;
    }
    str_add(out, "\"");
}

void csv_number(struct csv *csv, int64_t number)
{
    begin_field(csv);
    str_addf(&csv->text, "%" PRId64, number);
}

void csv_end_row(struct csv *csv)
{
    str_add(&csv->text, "\r\n");
    csv->in_row = false;
}

const char *csv_done(struct csv *csv)
{
    return str_done(&csv->text);
}

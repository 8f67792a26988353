/* Reading results: text format, as PostgreSQL sends it by default. */
#include "db/internal.h"

#include <stdlib.h>
#include <string.h>

static const PGresult *result_of(const struct db_rows *rows)
{
    return rows->result;
}

bool db_is_null(const struct db_rows *rows, int row, int column)
{
    return PQgetisnull(result_of(rows), row, column);
}

int64_t db_int(const struct db_rows *rows, int row, int column)
{
    return strtoll(PQgetvalue(result_of(rows), row, column), NULL, 10);
}

bool db_bool(const struct db_rows *rows, int row, int column)
{
    return PQgetvalue(result_of(rows), row, column)[0] == 't';
}

const char *db_text(const struct db_rows *rows, int row, int column)
{
    return PQgetvalue(result_of(rows), row, column);
}

char *db_text_copy(struct arena *arena, const struct db_rows *rows, int row, int column)
{
    return db_is_null(rows, row, column) ? NULL : arena_strdup(arena, db_text(rows, row, column));
}

static int hex_digit(char c)
{
    return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

void *db_bytes(struct arena *arena, const struct db_rows *rows, int row, int column, size_t *length_out)
{
    if (db_is_null(rows, row, column))
        return NULL;
    const char *text = db_text(rows, row, column); /* \x… : bytea_output is hex on our connections */
    size_t digits = (size_t)PQgetlength(result_of(rows), row, column);
    size_t length = digits >= 2 ? (digits - 2) / 2 : 0;
    uint8_t *bytes = arena_alloc(arena, length + 1);
    for (size_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)(hex_digit(text[2 + 2 * i]) << 4 | hex_digit(text[3 + 2 * i]));
    *length_out = length;
    return bytes;
}

/* Days since 1970-01-01 of a civil date (proleptic Gregorian; Howard Hinnant's algorithm). */
static int64_t civil_days(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

int64_t db_time(const struct db_rows *rows, int row, int column)
{
    if (db_is_null(rows, row, column))
        return 0;
    /* "2026-11-22 09:16:01.123456+00": DateStyle ISO, zone UTC on our connections. */
    const char *text = db_text(rows, row, column);
    if (!strcmp(text, "infinity"))
        return INT64_MAX;
    if (!strcmp(text, "-infinity"))
        return INT64_MIN;
    char *at = NULL;
    int64_t field[6] = {0};
    for (int i = 0; i < 6; i++) {
        field[i] = strtol(i ? at + 1 : text, &at, 10);
        if (i < 5 && !*at)
            return 0;
    }
    int64_t millis = 0;
    if (*at == '.') {
        int64_t scale = 100;
        for (at++; *at >= '0' && *at <= '9'; at++, scale /= 10)
            millis += (*at - '0') * scale;
    }
    return ((civil_days(field[0], field[1], field[2]) * 24 + field[3]) * 60 + field[4]) * 60000 +
           field[5] * 1000 + millis;
}

void db_rows_free(struct db_rows *rows)
{
    PQclear(rows->result);
    *rows = (struct db_rows){0};
}

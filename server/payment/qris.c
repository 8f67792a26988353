/* Reads and makes EMV TLV: two-digit tag, two-digit decimal length, value. */
#include "payment/qris.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

enum { MOST_LENGTH = 512, TAGS = 100, CRC_TAG = 63, CRC_LENGTH = 4, MOST_DIGITS = 13 };

uint16_t qris_crc(const char *text, size_t length)
{
    uint16_t crc = 0xFFFF;
    for (size_t i = 0; i < length; i++) {
        crc ^= (uint16_t)((unsigned char)text[i] << 8);
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t)(crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1);
    }
    return crc;
}

/* --- reading --- */

struct field {
    const char *value; /* NULL: not there; not NUL-terminated */
    size_t length;
};

static int two_digits(const char *text)
{
    if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
        return -1;
    return (text[0] - '0') * 10 + (text[1] - '0');
}

static bool read_fields(const char *payload, size_t length, struct field fields_out[static TAGS],
                        struct error *err)
{
    size_t at = 0;
    while (at < length) {
        int tag = length - at >= 4 ? two_digits(payload + at) : -1;
        int size = tag >= 0 ? two_digits(payload + at + 2) : -1;
        if (size < 0 || (size_t)size > length - at - 4)
            return error_set(err, ERR_INVALID, "qris: no field at byte %zu", at);
        if (size == 0)
            return error_set(err, ERR_INVALID, "qris: field %02d is empty", tag);
        if (fields_out[tag].value)
            return error_set(err, ERR_INVALID, "qris: field %02d is there twice", tag);
        if (at == 0 && tag != 0)
            return error_set(err, ERR_INVALID, "qris: does not begin with field 00");
        fields_out[tag] = (struct field){payload + at + 4, (size_t)size};
        at += 4 + (size_t)size;
        if (tag == CRC_TAG && at < length)
            return error_set(err, ERR_INVALID, "qris: something follows the checksum");
    }
    return true;
}

static bool field_is(const struct field *field, const char *value)
{
    size_t length = strlen(value);
    return field->value && field->length == length && memcmp(field->value, value, length) == 0;
}

/* Whole rupiah: digits, then at most a point and up to two zeros. */
static bool amount_is(const struct field *field, int64_t total)
{
    int64_t amount = 0;
    size_t i = 0;
    if (!field->value || field->length > MOST_DIGITS)
        return false;
    for (; i < field->length && field->value[i] >= '0' && field->value[i] <= '9'; i++)
        amount = amount * 10 + (field->value[i] - '0');
    if (i == 0 || amount != total)
        return false;
    if (i == field->length)
        return true;
    size_t decimals = field->length - i - 1;
    return field->value[i] == '.' && decimals >= 1 && decimals <= 2 &&
           strspn(field->value + i + 1, "0") >= decimals;
}

bool qris_check(const char *payload, int64_t total, struct error *err)
{
    size_t length = strnlen(payload, MOST_LENGTH + 1);
    struct field fields[TAGS] = {0};
    char crc[CRC_LENGTH + 1];
    if (length == 0 || length > MOST_LENGTH)
        return error_set(err, ERR_INVALID, "qris: empty or longer than %d bytes", MOST_LENGTH);
    for (size_t i = 0; i < length; i++)
        if (payload[i] < ' ' || payload[i] > '~')
            return error_set(err, ERR_INVALID, "qris: byte %zu is not printable ASCII", i);
    if (!read_fields(payload, length, fields, err))
        return false;
    const struct field *sum = &fields[CRC_TAG];
    if (!sum->value || sum->length != CRC_LENGTH)
        return error_set(err, ERR_INVALID, "qris: no checksum");
    snprintf(crc, sizeof crc, "%04X", qris_crc(payload, length - CRC_LENGTH));
    if (!field_is(sum, crc))
        return error_set(err, ERR_INVALID, "qris: wrong checksum");
    if (!field_is(&fields[0], "01"))
        return error_set(err, ERR_INVALID, "qris: not payload format 01");
    if (!field_is(&fields[53], "360"))
        return error_set(err, ERR_INVALID, "qris: the currency is not rupiah");
    if (!field_is(&fields[58], "ID"))
        return error_set(err, ERR_INVALID, "qris: the country is not ID");
    if (!amount_is(&fields[54], total))
        return error_set(err, ERR_INVALID, "qris: the amount is not %lld", (long long)total);
    return true;
}

/* --- making --- */

/* Adds a field, its value cut to `most` bytes (at most 99) and made printable ASCII; an empty one is left
 * out. */
static void add_field(struct str *s, const char *tag, size_t most, const char *value)
{
    size_t length = strnlen(value, most);
    if (length == 0)
        return;
    str_addf(s, "%s%02zu", tag, length);
    for (size_t i = 0; i < length; i++)
        str_add_bytes(s, value[i] >= ' ' && value[i] <= '~' ? &value[i] : "?", 1);
}

char *qris_build(struct arena *arena, const char *merchant, const char *city, const char *invoice,
                 int64_t total)
{
    struct str s = STR_INIT(arena), extra = STR_INIT(arena);
    char crc[CRC_LENGTH + 1];
    add_field(&extra, "05", 25, invoice);
    add_field(&s, "00", 2, "01");
    add_field(&s, "01", 2, "12");
    add_field(&s, "26", 99, "0016ID.CO.LAPAK.WWW0118936000000000000001");
    add_field(&s, "51", 99, "0014ID.CO.QRIS.WWW0215ID00000000000010303UME");
    add_field(&s, "52", 4, "4829");
    add_field(&s, "53", 3, "360");
    add_field(&s, "54", MOST_DIGITS, arena_printf(arena, "%lld.00", (long long)total));
    add_field(&s, "58", 2, "ID");
    add_field(&s, "59", 25, merchant);
    add_field(&s, "60", 15, city);
    add_field(&s, "61", 5, "10110");
    add_field(&s, "62", 99, str_done(&extra));
    str_add(&s, "6304");
    snprintf(crc, sizeof crc, "%04X", qris_crc(s.text, s.length));
    str_add(&s, crc);
    return s.text;
}

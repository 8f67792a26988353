#include "base/str.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { FIRST_CAPACITY = 128 };

static void reserve(struct str *s, size_t more)
{
    size_t need = s->length + more + 1;
    if (need <= s->capacity)
        return;
    size_t capacity = s->capacity ? s->capacity * 2 : FIRST_CAPACITY;
    if (capacity < need)
        capacity = need;
    char *text = arena_alloc(s->arena, capacity);
    if (s->length)
        memcpy(text, s->text, s->length);
    s->text = text;
    s->capacity = capacity;
}

void str_add_bytes(struct str *s, const void *bytes, size_t length)
{
    reserve(s, length);
    if (length)
        memcpy(s->text + s->length, bytes, length);
    s->length += length;
    s->text[s->length] = '\0';
}

void str_add(struct str *s, const char *text)
{
    str_add_bytes(s, text, strlen(text));
}

void str_addf(struct str *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n >= 0) {
        reserve(s, (size_t)n);
        vsnprintf(s->text + s->length, (size_t)n + 1, format, again);
        s->length += (size_t)n;
    }
    va_end(again);
}

size_t str_utf8_decode(const char *text, size_t length, uint32_t *point_out)
{
    static const struct {
        unsigned char mask, lead;
        uint32_t least;
    } forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
    if (length == 0)
        return 0;
    const unsigned char *p = (const unsigned char *)text;
    for (size_t form = 0; form < sizeof forms / sizeof forms[0]; form++) {
        if ((p[0] & forms[form].mask) != forms[form].lead)
            continue;
        if (form >= length)
            return 0;
        uint32_t point = p[0] & (unsigned char)~forms[form].mask;
        for (size_t i = 1; i <= form; i++) {
            if ((p[i] & 0xc0) != 0x80)
                return 0;
            point = point << 6 | (p[i] & 0x3f);
        }
        if (point < forms[form].least || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
            return 0;
        *point_out = point;
        return form + 1;
    }
    return 0;
}

static const char *html_entity(uint32_t point)
{
    switch (point) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    default:
        return NULL;
    }
}

static bool is_control(uint32_t point)
{
    return (point < 0x20 && point != '\n' && point != '\t') || (point >= 0x7f && point < 0xa0);
}

void str_add_html(struct str *s, const char *text)
{
    size_t left = strlen(text);
    reserve(s, left);
    s->text[s->length] = '\0';
    while (left > 0) {
        uint32_t point = 0;
        size_t n = str_utf8_decode(text, left, &point);
        const char *entity = n ? html_entity(point) : "\xef\xbf\xbd";
        if (entity)
            str_add(s, entity);
        else if (!is_control(point))
            str_add_bytes(s, text, n);
        text += n ? n : 1;
        left -= n ? n : 1;
    }
}

char *str_done(struct str *s)
{
    if (!s->text)
        str_add_bytes(s, "", 0);
    return s->text;
}

bool str_equal(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool str_starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

char *str_html(struct arena *arena, const char *text)
{
    struct str s = STR_INIT(arena);
    str_add_html(&s, text);
    return str_done(&s);
}

/* UTF-16 units of the character at `text` and its bytes; a byte that is not UTF-8 counts as U+FFFD. */
static size_t utf16_units(const char *text, size_t length, size_t *bytes_out)
{
    uint32_t point = 0;
    size_t n = str_utf8_decode(text, length, &point);
    *bytes_out = n ? n : 1;
    return n && point >= 0x10000 ? 2 : 1;
}

size_t str_utf16_length(const char *utf8)
{
    size_t left = strlen(utf8), units = 0;
    while (left > 0) {
        size_t n;
        units += utf16_units(utf8, left, &n);
        utf8 += n;
        left -= n;
    }
    return units;
}

char *str_utf8_cut(struct arena *arena, const char *utf8, size_t limit)
{
    size_t length = strlen(utf8), at = 0, units = 0, keep = 0;
    while (at < length) {
        size_t n;
        units += utf16_units(utf8 + at, length - at, &n);
        if (units > limit)
            return limit == 0 ? arena_strdup(arena, "") : arena_printf(arena, "%.*s…", (int)keep, utf8);
        at += n;
        if (units < limit)
            keep = at;
    }
    return arena_memdup(arena, utf8, length);
}

size_t str_utf8_length(const char *utf8)
{
    size_t count = 0;
    for (; *utf8; utf8++)
        count += (*utf8 & 0xC0) != 0x80;
    return count;
}

bool str_is_utf8(const char *text, size_t length)
{
    while (length > 0) {
        uint32_t point;
        size_t n = str_utf8_decode(text, length, &point);
        if (n == 0)
            return false;
        text += n;
        length -= n;
    }
    return true;
}

bool str_to_int64(const char *text, int64_t *value_out)
{
    bool negative = *text == '-';
    const char *p = text + (negative ? 1 : 0);
    if (!*p)
        return false;
    int64_t value = 0; /* kept negative: INT64_MIN has no positive twin */
    for (; *p; p++) {
        if (*p < '0' || *p > '9' || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, *p - '0', &value))
            return false;
    }
    if (!negative && __builtin_sub_overflow((int64_t)0, value, &value))
        return false;
    *value_out = value;
    return true;
}

char *str_rupiah(struct arena *arena, int64_t rupiah)
{
    char digits[24], grouped[40];
    uint64_t amount = rupiah < 0 ? 0 - (uint64_t)rupiah : (uint64_t)rupiah;
    int n = snprintf(digits, sizeof digits, "%" PRIu64, amount);
    size_t out = 0;
    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            grouped[out++] = '.';
        grouped[out++] = digits[i];
    }
    grouped[out] = '\0';
    return arena_printf(arena, "%sRp %s", rupiah < 0 ? "-" : "", grouped);
}

char *str_hex(struct arena *arena, const void *bytes, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *p = bytes;
    char *hex = arena_alloc(arena, length * 2 + 1);
    for (size_t i = 0; i < length; i++) {
        hex[2 * i] = digits[p[i] >> 4];
        hex[2 * i + 1] = digits[p[i] & 15];
    }
    return hex;
}

uint32_t str_hash(const char *text)
{
    uint32_t h = 2166136261u; /* FNV-1a */
    for (; *text; text++)
        h = (h ^ (uint8_t)*text) * 16777619u;
    return h ^ h >> 15;
}

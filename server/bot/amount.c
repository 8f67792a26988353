#include "bot/amount.h"

#include <stddef.h>
#include <string.h>

#include "base/str.h"

enum { MOST_BYTES = 256, MOST_CHARACTERS = 48, MOST_GROUPS = 6 };

/* --- to plain ASCII --- */

/* The zeros of Unicode's decimal digits (general category Nd, Unicode 14); nine follow each. */
static const uint32_t zeros[] = {
    0x30,    0x660,   0x6F0,   0x7C0,   0x966,   0x9E6,   0xA66,   0xAE6,   0xB66,   0xBE6,   0xC66,
    0xCE6,   0xD66,   0xDE6,   0xE50,   0xED0,   0xF20,   0x1040,  0x1090,  0x17E0,  0x1810,  0x1946,
    0x19D0,  0x1A80,  0x1A90,  0x1B50,  0x1BB0,  0x1C40,  0x1C50,  0xA620,  0xA8D0,  0xA900,  0xA9D0,
    0xA9F0,  0xAA50,  0xABF0,  0xFF10,  0x104A0, 0x10D30, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0,
    0x11450, 0x114D0, 0x11650, 0x116C0, 0x11730, 0x118E0, 0x11950, 0x11C50, 0x11D50, 0x11DA0, 0x16A60,
    0x16AC0, 0x16B50, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E950, 0x1FBF0,
};

/* The zero of the digit's script; 0 where it is no digit. */
static uint32_t zero_of(uint32_t point)
{
    for (size_t i = 0; i < sizeof zeros / sizeof *zeros; i++)
        if (point >= zeros[i] && point < zeros[i] + 10)
            return zeros[i];
    return 0;
}

static bool is_blank(uint32_t point)
{
    return point == ' ' || point == '\t' || point == '\n' || point == '\r' || point == 0xA0 ||
           (point >= 0x2000 && point <= 0x200A) || point == 0x202F || point == 0x205F || point == 0x3000;
}

/* Keyboards put these around digits of another direction. */
static bool is_invisible(uint32_t point)
{
    return (point >= 0x200B && point <= 0x200F) || (point >= 0x202A && point <= 0x202E) ||
           (point >= 0x2060 && point <= 0x2069) || point == 0xFEFF;
}

/* What a character that is no digit stands for; 0 where it has no place in an amount. */
static char plain_of(uint32_t point)
{
    if (is_blank(point))
        return ' ';
    if (point == 0x66C) /* Arabic thousands separator */
        return ',';
    if (point >= 0xFF01 && point <= 0xFF5E) /* fullwidth forms */
        point -= 0xFF01 - '!';
    if (point >= 'A' && point <= 'Z')
        return (char)(point - 'A' + 'a');
    return point > ' ' && point < 0x7F ? (char)point : 0;
}

/* Digits of two scripts in one amount are a trick rather than a number. */
static bool to_plain(const char *text, char plain_out[MOST_CHARACTERS + 1])
{
    uint32_t script = 0, point;
    size_t length = strnlen(text, MOST_BYTES + 1), count = 0;
    if (length > MOST_BYTES)
        return false;
    for (size_t i = 0, step; i < length; i += step) {
        step = str_utf8_decode(text + i, length - i, &point);
        if (!step)
            return false;
        if (is_invisible(point))
            continue;
        uint32_t zero = zero_of(point);
        char c = zero ? (char)('0' + (point - zero)) : plain_of(point);
        if (!c || count == MOST_CHARACTERS || (zero && script && zero != script))
            return false;
        script = zero ? zero : script;
        plain_out[count++] = c;
    }
    plain_out[count] = '\0';
    return true;
}

/* --- the number --- */

/* "10.000,00": runs of digits and what stands between them. */
struct number {
    const char *groups[MOST_GROUPS];
    size_t lengths[MOST_GROUPS];
    char separators[MOST_GROUPS]; /* [i] before group i */
    size_t count;
};

static size_t digits_at(const char *p)
{
    return strspn(p, "0123456789");
}

/* What follows the number, NULL where there is none. A separator counts where a digit follows. */
static const char *scan(const char *p, struct number *number_out)
{
    struct number number = {0};
    for (;;) {
        size_t length = digits_at(p);
        if (!length || number.count == MOST_GROUPS)
            return NULL;
        number.groups[number.count] = p;
        number.lengths[number.count++] = length;
        p += length;
        if (!*p || !strchr("., ", *p) || !digits_at(p + 1))
            break;
        if (number.count < MOST_GROUPS)
            number.separators[number.count] = *p;
        p++;
    }
    *number_out = number;
    return p;
}

/* The first `count` groups stand for thousands: "1.234.567". */
static bool is_grouped(const struct number *number, size_t count)
{
    if (number->lengths[0] > 3)
        return false;
    for (size_t i = 1; i < count; i++)
        if (number->lengths[i] != 3 || number->separators[i] != number->separators[1])
            return false;
    return true;
}

/* "10.000,00": cents, and there are none. */
static bool has_no_cents(const struct number *number)
{
    size_t last = number->count - 1;
    return number->count > 2 && number->separators[last] != number->separators[1] &&
           number->separators[last] != ' ' && number->lengths[last] == 2 &&
           strncmp(number->groups[last], "00", 2) == 0;
}

static bool add_digits(const char *digits, size_t length, int64_t *value)
{
    for (size_t i = 0; i < length; i++) {
        *value = *value * 10 + (digits[i] - '0');
        if (*value > AMOUNT_MOST)
            return false;
    }
    return true;
}

static bool whole_rupiah(const struct number *number, int64_t *value_out)
{
    size_t count = has_no_cents(number) ? number->count - 1 : number->count;
    int64_t value = 0;
    if (number->groups[0][0] == '0' || (count > 1 && !is_grouped(number, count)))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!add_digits(number->groups[i], number->lengths[i], &value))
            return false;
    *value_out = value;
    return true;
}

/* "1,5" of a unit; three digits behind the separator could be thousands. */
static bool of_unit(const struct number *number, int64_t unit, int64_t *value_out)
{
    int64_t whole = 0, hundredths = 0;
    bool has_fraction = number->count == 2;
    if (number->count > 2 || (has_fraction && (number->lengths[1] > 2 || number->separators[1] == ' ')))
        return false;
    if (number->groups[0][0] == '0' && (!has_fraction || number->lengths[0] > 1))
        return false;
    if (!add_digits(number->groups[0], number->lengths[0], &whole))
        return false;
    if (has_fraction && !add_digits(number->groups[1], number->lengths[1], &hundredths))
        return false;
    if (has_fraction && number->lengths[1] == 1)
        hundredths *= 10;
    if (whole > AMOUNT_MOST / unit)
        return false;
    *value_out = whole * unit + hundredths * (unit / 100);
    return true;
}

/* --- the words around it --- */

static const char *skip_blanks(const char *p)
{
    return p + strspn(p, " ");
}

/* Skips the word where the text begins with it. */
static bool skip(const char **p, const char *word)
{
    if (!str_starts_with(*p, word))
        return false;
    *p += strlen(word);
    return true;
}

static const char *skip_currency(const char *p)
{
    if (skip(&p, "rp"))
        skip(&p, ".");
    else
        skip(&p, "idr");
    return skip_blanks(p);
}

static int64_t skip_unit(const char **p)
{
    static const struct {
        const char *word;
        int64_t worth;
    } units[] = {{"ribu", 1000}, {"rb", 1000}, {"k", 1000}, {"juta", 1000000}, {"jt", 1000000}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (skip(p, units[i].word))
            return units[i].worth;
    return 1;
}

static bool ends(const char *p, bool has_unit)
{
    if (!has_unit)
        skip(&p, ",-"); /* "Rp 10.000,-" */
    p = skip_blanks(p);
    if (!skip(&p, "rupiah"))
        skip(&p, "idr");
    return *skip_blanks(p) == '\0';
}

bool amount_read(const char *text, int64_t *rupiah_out)
{
    char plain[MOST_CHARACTERS + 1];
    struct number number;
    int64_t value;
    if (!text || !to_plain(text, plain))
        return false;
    const char *rest = scan(skip_currency(skip_blanks(plain)), &number);
    if (!rest)
        return false;
    const char *behind = skip_blanks(rest);
    int64_t unit = skip_unit(&behind);
    if (!ends(unit > 1 ? behind : rest, unit > 1))
        return false;
    bool ok = unit > 1 ? of_unit(&number, unit, &value) : whole_rupiah(&number, &value);
    if (!ok || value < 1 || value > AMOUNT_MOST)
        return false;
    *rupiah_out = value;
    return true;
}

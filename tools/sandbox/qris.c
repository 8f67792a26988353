#include "qris.h"

#include <inttypes.h>
#include <string.h>

#include "base/str.h"

enum { MERCHANT_MOST = 25, CITY_MOST = 15, REFERENCE_MOST = 25 };

uint16_t qris_code_crc(const char *text, size_t length)
{
    unsigned crc = 0xffff;
    for (size_t i = 0; i < length; i++) {
        crc ^= (unsigned)(unsigned char)text[i] << 8;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1) & 0xffff;
    }
    return (uint16_t)crc;
}

static void add(struct str *s, const char *tag, const char *value)
{
    str_addf(s, "%s%02zu%s", tag, strlen(value), value);
}

/* Printable ASCII only, and not too long. */
static char *clean(struct arena *arena, const char *text, size_t most)
{
    char *out = arena_strdup(arena, *text ? text : "-");
    for (char *c = out; *c; c++)
        if ((unsigned char)*c < ' ' || (unsigned char)*c > '~')
            *c = '?';
    if (strlen(out) > most)
        out[most] = '\0';
    return out;
}

char *qris_code(struct arena *arena, const char *merchant, const char *city, const char *reference,
                int64_t amount, enum qris_flaw flaw)
{
    struct str s = STR_INIT(arena);
    struct str account = STR_INIT(arena), national = STR_INIT(arena), more = STR_INIT(arena);
    add(&account, "00", "ID.CO.PAKASIR.WWW");
    add(&account, "01", "936009180021600523");
    add(&account, "02", "0021600523");
    add(&account, "03", "UME");
    add(&national, "00", "ID.CO.QRIS.WWW");
    add(&national, "02", "ID1024322842930");
    add(&national, "03", "UME");
    add(&more, "05", clean(arena, reference, REFERENCE_MOST));

    add(&s, "00", "01");
    add(&s, "01", "12"); /* dynamic */
    add(&s, "26", str_done(&account));
    add(&s, "51", str_done(&national));
    add(&s, "52", "4793");
    add(&s, "53", "360"); /* rupiah */
    add(&s, "54", arena_printf(arena, "%" PRId64 ".00", amount));
    add(&s, "58", "ID");
    add(&s, "59", clean(arena, merchant, MERCHANT_MOST));
    add(&s, "60", clean(arena, city, CITY_MOST));
    add(&s, "61", "54392");
    add(&s, "62", str_done(&more));
    str_add(&s, "6304");
    unsigned crc = qris_code_crc(s.text, s.length);
    str_addf(&s, "%04X", flaw == QRIS_BAD_CRC ? crc ^ 0x5a5a : crc);
    return str_done(&s);
}

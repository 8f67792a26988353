#include "tenants/key_value.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/str.h"
#include "tenants/url.h"

enum { MOST_SECRET = 512, MOST_PATH = 1000 };

static bool refuse(struct key_scalar *scalar, const char *why)
{
    scalar->why = why;
    return false;
}

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strcasecmp(text, *words) == 0)
            return true;
    return false;
}

static bool is_bool_word(const char *text)
{
    static const char *const words[] = {"true", "false", "yes", "no", "on", "off", "y", "n", NULL};
    return is_one_of(text, words);
}

bool key_is_null(const char *text)
{
    static const char *const words[] = {"", "~", "null", NULL};
    return is_one_of(text, words);
}

static bool is_number(const char *text)
{
    const char *digits = text + strspn(text, "+-.");
    if (digits - text > 2 || *digits < '0' || *digits > '9')
        return false;
    char *end;
    strtod(text, &end);
    return *end == '\0';
}

/* A control character other than those in `allowed` (ASCII). */
static bool has_control(const char *text, const char *allowed)
{
    size_t left = strlen(text);
    while (left > 0) {
        uint32_t point = 0;
        size_t n = str_utf8_decode(text, left, &point);
        if (n == 0 || (point < 0x20 && !strchr(allowed, (int)point)) || (point >= 0x7f && point < 0xa0) ||
            point == 0x2028 || point == 0x2029)
            return true;
        text += n;
        left -= n;
    }
    return false;
}

static bool range(struct key_scalar *scalar, int64_t value, const char *what)
{
    const struct key *key = scalar->key;
    if (value >= key->least && value <= key->most)
        return true;
    return refuse(scalar, arena_printf(scalar->arena, "must be %" PRId64 " to %" PRId64 "%s", key->least,
                                       key->most, what));
}

static bool is_meant_as_text(struct key_scalar *scalar)
{
    if (scalar->bare && (is_bool_word(scalar->text) || is_number(scalar->text)))
        return refuse(scalar, "must be a text: put it in quotes");
    return true;
}

static bool parse_text(struct key_scalar *scalar, void *target)
{
    if (!is_meant_as_text(scalar))
        return false;
    if (has_control(scalar->text, ""))
        return refuse(scalar, "has a line break or another control character in it");
    if (!range(scalar, (int64_t)str_utf16_length(scalar->text), " characters long"))
        return false;
    *(const char **)target = scalar->text;
    return true;
}

/* A block of YAML ("|") ends in a line break that nobody meant. */
static bool parse_lines(struct key_scalar *scalar, void *target)
{
    static const char blanks[] = " \n";
    if (!is_meant_as_text(scalar))
        return false;
    if (has_control(scalar->text, "\n"))
        return refuse(scalar, "has a control character in it that is no line break");
    const char *start = scalar->text + strspn(scalar->text, "\n");
    size_t length = strlen(start);
    while (length > 0 && strchr(blanks, start[length - 1]))
        length--;
    const char *text = arena_memdup(scalar->arena, start, length);
    if (!range(scalar, (int64_t)str_utf16_length(text), " characters long"))
        return false;
    *(const char **)target = text;
    return true;
}

static bool parse_secret(struct key_scalar *scalar, void *target)
{
    size_t length = strlen(scalar->text);
    for (size_t i = 0; i < length; i++)
        if (scalar->text[i] <= 0x20 || scalar->text[i] >= 0x7f)
            return refuse(scalar, "the variable holds a blank or another character that no such secret has");
    if (length > MOST_SECRET || (int64_t)length < scalar->key->least)
        return refuse(scalar, arena_printf(scalar->arena,
                                           "the variable's value must be %" PRId64 " to %d characters long",
                                           scalar->key->least, MOST_SECRET));
    *(const char **)target = scalar->text;
    return true;
}

/* The number that the text is, written plainly. */
static bool whole_number(struct key_scalar *scalar, int64_t *value_out)
{
    const char *digits = scalar->text + (*scalar->text == '-');
    if (digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9')
        return refuse(scalar, "must be a number without leading zeros");
    if (!str_to_int64(scalar->text, value_out))
        return refuse(scalar, "must be a whole number, digits only");
    return true;
}

static bool parse_int(struct key_scalar *scalar, void *target)
{
    int64_t value = 0;
    if (!whole_number(scalar, &value) || !range(scalar, value, ""))
        return false;
    *(int64_t *)target = value;
    return true;
}

static bool parse_id(struct key_scalar *scalar, void *target)
{
    static const int64_t most = (INT64_C(1) << 52) - 1; /* Telegram: at most 52 significant bits */
    int64_t value = 0;
    if (!whole_number(scalar, &value))
        return false;
    if (value < 1 || value > most)
        return refuse(scalar, "must be the id of a person: a number from 1");
    *(int64_t *)target = value;
    return true;
}

static bool parse_bool(struct key_scalar *scalar, void *target)
{
    bool value = strcmp(scalar->text, "true") == 0;
    if (!value && strcmp(scalar->text, "false") != 0)
        return refuse(scalar, is_bool_word(scalar->text)
                                  ? "must be true or false, spelled so (not yes, no, on or off)"
                                  : "must be true or false");
    *(bool *)target = value;
    return true;
}

static bool parse_enum(struct key_scalar *scalar, void *target)
{
    struct str known = STR_INIT(scalar->arena);
    for (const char *const *name = scalar->key->names; *name; name++) {
        if (strcmp(scalar->text, *name) == 0) {
            *(const char **)target = *name;
            return true;
        }
        str_addf(&known, "%s%s", known.length ? ", " : "", *name);
    }
    return refuse(scalar, arena_printf(scalar->arena, "must be one of: %s", str_done(&known)));
}

static bool parse_zone(struct key_scalar *scalar, void *target)
{
    const struct clock_zone *zone = NULL;
    if (!clock_zone_load(scalar->text, &zone))
        return refuse(scalar,
                      "not a time zone this system knows (Asia/Jakarta, Asia/Makassar, UTC; package tzdata)");
    *(const struct clock_zone **)target = zone;
    return true;
}

static bool parse_path(struct key_scalar *scalar, void *target)
{
    size_t length = strlen(scalar->text);
    if (length == 0 || length > MOST_PATH || has_control(scalar->text, ""))
        return refuse(scalar, "must be a path");
    while (length > 1 && scalar->text[length - 1] == '/')
        length--;
    *(const char **)target = arena_memdup(scalar->arena, scalar->text, length);
    return true;
}

static bool parse_directory(struct key_scalar *scalar, void *target)
{
    struct stat info;
    const char *path = NULL;
    if (!parse_path(scalar, &path))
        return false;
    if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode))
        return refuse(scalar, "there is no such directory (a relative path begins at the working directory)");
    *(const char **)target = path;
    return true;
}

static bool parse_hostport(struct key_scalar *scalar, void *target)
{
    return url_parse_hostport(scalar->arena, scalar->text, target, &scalar->why);
}

static bool parse_url_public(struct key_scalar *scalar, void *target)
{
    return url_parse(scalar->arena, scalar->text, false, target, &scalar->why);
}

static bool parse_url_api(struct key_scalar *scalar, void *target)
{
    return url_parse(scalar->arena, scalar->text, true, target, &scalar->why);
}

static bool parse_address(struct key_scalar *scalar, void *target)
{
    return address_parse(scalar->text, target, &scalar->why);
}

static bool same_text(const void *a, const void *b)
{
    return str_equal(*(const char *const *)a, *(const char *const *)b);
}

static bool same_int(const void *a, const void *b)
{
    return *(const int64_t *)a == *(const int64_t *)b;
}

static bool same_bool(const void *a, const void *b)
{
    return *(const bool *)a == *(const bool *)b;
}

/* Loaded ones are shared. */
static bool same_zone(const void *a, const void *b)
{
    return *(const struct clock_zone *const *)a == *(const struct clock_zone *const *)b;
}

static bool same_hostport(const void *a, const void *b)
{
    const struct key_hostport *x = a, *y = b;
    return str_equal(x->host, y->host) && x->port == y->port;
}

static bool same_address(const void *a, const void *b)
{
    const struct address *x = a, *y = b;
    return x->bits == y->bits && x->prefix == y->prefix && memcmp(x->bytes, y->bytes, sizeof x->bytes) == 0;
}

const struct key_type *key_type(enum key_kind kind)
{
    static const struct key_type types[] = {
        [KEY_TEXT] = {false, sizeof(const char *), parse_text, same_text},
        [KEY_LINES] = {false, sizeof(const char *), parse_lines, same_text},
        [KEY_SECRET] = {false, sizeof(const char *), parse_secret, same_text},
        [KEY_INT] = {false, sizeof(int64_t), parse_int, same_int},
        [KEY_BOOL] = {false, sizeof(bool), parse_bool, same_bool},
        [KEY_ENUM] = {false, sizeof(const char *), parse_enum, same_text},
        [KEY_IDS] = {true, sizeof(int64_t), parse_id, same_int},
        [KEY_ENUMS] = {true, sizeof(const char *), parse_enum, same_text},
        [KEY_ZONE] = {false, sizeof(const struct clock_zone *), parse_zone, same_zone},
        [KEY_PATH] = {false, sizeof(const char *), parse_path, same_text},
        [KEY_DIRECTORY] = {false, sizeof(const char *), parse_directory, same_text},
        [KEY_HOSTPORT] = {false, sizeof(struct key_hostport), parse_hostport, same_hostport},
        [KEY_URL_PUBLIC] = {false, sizeof(const char *), parse_url_public, same_text},
        [KEY_URL_API] = {false, sizeof(const char *), parse_url_api, same_text},
        [KEY_ADDRESSES] = {true, sizeof(struct address), parse_address, same_address},
    };
    return &types[kind];
}

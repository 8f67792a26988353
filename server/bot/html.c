#include "bot/html.h"

#include <assert.h>
#include <string.h>

#include "base/str.h"

enum { MOST_OPEN = 16 };

/* One step through HTML: a tag (units 0), an entity or a character. Returns its bytes, 0 at the end. */
static size_t step(const char *p, size_t left, size_t *units_out)
{
    if (left == 0)
        return 0;
    const char *end = *p == '<' ? memchr(p, '>', left) : NULL;
    if (end) {
        *units_out = 0;
        return (size_t)(end - p) + 1;
    }
    *units_out = 1;
    if (*p == '&') {
        end = memchr(p, ';', left < 10 ? left : 10);
        return end ? (size_t)(end - p) + 1 : 1;
    }
    uint32_t point = 0;
    size_t n = str_utf8_decode(p, left, &point);
    *units_out = n && point >= 0x10000 ? 2 : 1;
    return n ? n : 1;
}

size_t html_length(const char *html)
{
    size_t left = strlen(html), total = 0, units, n;
    for (; (n = step(html, left, &units)) != 0; html += n, left -= n)
        total += units;
    return total;
}

/* The tags open at a place, innermost last. */
struct open_tags {
    const char *name[MOST_OPEN];
    size_t length[MOST_OPEN];
    size_t count;
};

static void note_tag(struct open_tags *open, const char *tag)
{
    if (tag[1] == '/') {
        if (open->count)
            open->count--;
        return;
    }
    assert(open->count < MOST_OPEN); /* templates are checked for this depth, values bring no tags but ours */
    open->name[open->count] = tag + 1;
    open->length[open->count++] = strcspn(tag + 1, " >");
}

const char *html_cut(struct arena *arena, const char *html, size_t limit)
{
    size_t left = strlen(html), total = 0, units, n;
    if (left <= limit || html_length(html) <= limit)
        return html;
    struct open_tags open = {.count = 0};
    struct str s = STR_INIT(arena);
    for (const char *p = html; (n = step(p, left, &units)) != 0; p += n, left -= n) {
        if (total + units > limit - 1)
            break;
        if (units == 0)
            note_tag(&open, p);
        str_add_bytes(&s, p, n);
        total += units;
    }
    str_add(&s, "…");
    while (open.count) {
        open.count--;
        str_add(&s, "</");
        str_add_bytes(&s, open.name[open.count], open.length[open.count]);
        str_add(&s, ">");
    }
    return str_done(&s);
}

/* Bytes of the next part: as many as fit, back to the last line or blank in its second half. */
static size_t part_length(const char *text, size_t left, size_t limit)
{
    size_t at = 0, units = 0, line = 0, blank = 0;
    while (at < left) {
        uint32_t point = 0;
        size_t n = str_utf8_decode(text + at, left - at, &point);
        size_t more = n && point >= 0x10000 ? 2 : 1;
        if (units + more > limit)
            return line ? line : blank ? blank : at;
        units += more;
        at += n ? n : 1;
        if (units > limit / 2 && point == '\n')
            line = at;
        if (units > limit / 2 && point == ' ')
            blank = at;
    }
    return at;
}

const char **html_split(struct arena *arena, const char *plain, size_t limit, size_t *count_out)
{
    assert(limit >= 2);
    size_t left = strlen(plain), count = 0;
    const char **parts = ARENA_ARRAY(arena, const char *, left / (limit / 2) + 2);
    do {
        size_t n = part_length(plain, left, limit);
        parts[count++] = arena_memdup(arena, plain, n);
        plain += n;
        left -= n;
    } while (left);
    *count_out = count;
    return parts;
}

#include "multipart.h"

#include <string.h>
#include <strings.h>

enum { BOUNDARY_MOST = 70 };

/* A parameter of a header's value: name="quoted \" text" or name=token; NULL where it is missing or broken.
 */
static const char *parameter(struct arena *arena, const char *value, const char *name)
{
    size_t name_length = strlen(name);
    for (const char *at = strchr(value, ';'); at; at = strchr(at, ';')) {
        at++;
        at += strspn(at, " \t");
        if (strncasecmp(at, name, name_length) == 0 && at[name_length] == '=') {
            at += name_length + 1;
            if (*at != '"')
                return arena_memdup(arena, at, strcspn(at, "; \t"));
            char *text = arena_alloc(arena, strlen(at));
            size_t length = 0;
            for (at++; *at && *at != '"'; at++) {
                if (*at == '\\' && (at[1] == '"' || at[1] == '\\'))
                    at++;
                text[length++] = *at;
            }
            return *at == '"' ? text : NULL;
        }
        /* A semicolon inside another parameter's quotes does not separate. */
        const char *quote = at + strcspn(at, ";\"");
        if (*quote == '"') {
            for (quote++; *quote && *quote != '"'; quote++)
                if (*quote == '\\' && quote[1])
                    quote++;
            at = quote;
        }
    }
    return NULL;
}

static const char *find(const char *at, const char *end, const char *text, size_t length)
{
    return memmem(at, (size_t)(end - at), text, length);
}

/* Reads the header lines from `at` to `end` (both ends exclusive of the empty line). */
static bool read_headers(struct arena *arena, const char *at, const char *end, struct multipart_part *part,
                         struct error *err)
{
    while (at < end) {
        const char *stop = find(at, end, "\r\n", 2);
        const char *line = arena_memdup(arena, at, (size_t)((stop ? stop : end) - at));
        const char *colon = strchr(line, ':');
        if (!colon)
            return error_set(err, ERR_INVALID, "multipart: a header line without a colon");
        size_t name_length = (size_t)(colon - line);
        const char *value = colon + 1 + strspn(colon + 1, " \t");
        if (name_length == strlen("content-disposition") &&
            strncasecmp(line, "content-disposition", name_length) == 0) {
            part->name = parameter(arena, value, "name");
            part->filename = parameter(arena, value, "filename");
        } else if (name_length == strlen("content-type") &&
                   strncasecmp(line, "content-type", name_length) == 0) {
            part->type = value;
        }
        at = stop ? stop + 2 : end;
    }
    return part->name ? true : error_set(err, ERR_INVALID, "multipart: a part without a name");
}

static bool read_part(struct arena *arena, const char *at, const char *end, struct multipart_part *part,
                      struct error *err)
{
    const char *empty = end - at >= 2 && memcmp(at, "\r\n", 2) == 0 ? at : find(at, end, "\r\n\r\n", 4);
    if (!empty)
        return error_set(err, ERR_INVALID, "multipart: a part without an end of its headers");
    part->bytes = empty == at ? at + 2 : empty + 4;
    part->length = (size_t)(end - part->bytes);
    return read_headers(arena, at, empty, part, err);
}

bool multipart_parse(struct arena *arena, const char *content_type, const char *body, size_t length,
                     struct multipart *multipart_out, struct error *err)
{
    const char *boundary = parameter(arena, content_type, "boundary");
    if (!boundary || !*boundary || strlen(boundary) > BOUNDARY_MOST)
        return error_set(err, ERR_INVALID, "multipart: no boundary of 1 to %d characters", BOUNDARY_MOST);
    const char *delimiter = arena_printf(arena, "\r\n--%s", boundary);
    size_t delimiter_length = strlen(delimiter), first_length = delimiter_length - 2;
    const char *end = body + length;

    /* The first delimiter may stand at the very beginning, without the line break. */
    const char *at = body;
    if (length < first_length || memcmp(body, delimiter + 2, first_length) != 0) {
        const char *found = find(body, end, delimiter, delimiter_length);
        if (!found)
            return error_set(err, ERR_INVALID, "multipart: the boundary is not in the body");
        at = found + 2;
    }
    at += first_length;

    struct multipart multipart = {.parts = ARENA_ARRAY(arena, struct multipart_part, MULTIPART_MOST_PARTS)};
    for (;;) {
        if (end - at >= 2 && memcmp(at, "--", 2) == 0)
            break;
        while (at < end && (*at == ' ' || *at == '\t'))
            at++;
        if (end - at < 2 || memcmp(at, "\r\n", 2) != 0)
            return error_set(err, ERR_INVALID, "multipart: no line break behind a boundary");
        at += 2;
        const char *stop = find(at, end, delimiter, delimiter_length);
        if (!stop)
            return error_set(err, ERR_INVALID, "multipart: the last boundary is missing");
        if (multipart.count == MULTIPART_MOST_PARTS)
            return error_set(err, ERR_INVALID, "multipart: more than %d parts", MULTIPART_MOST_PARTS);
        if (!read_part(arena, at, stop, &multipart.parts[multipart.count], err))
            return false;
        multipart.count++;
        at = stop + delimiter_length;
    }
    *multipart_out = multipart;
    return true;
}

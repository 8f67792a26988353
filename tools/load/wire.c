#include "wire.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MOST_HEAD = 16384, MOST_BODY = 16 * 1024 * 1024 };

/* The value of Content-Length within the head; -1 where there is none. */
static long content_length(const char *head, size_t length)
{
    static const char name[] = "content-length:";
    const char *end = head + length;
    for (const char *line = head; line < end;) {
        const char *next = memchr(line, '\n', (size_t)(end - line));
        if (!next)
            break;
        if ((size_t)(next - line) >= sizeof name && strncasecmp(line, name, sizeof name - 1) == 0)
            return strtol(line + sizeof name - 1, NULL, 10); /* the line's end stops it */
        line = next + 1;
    }
    return -1;
}

enum wire_state wire_read_answer(const char *bytes, size_t length, struct wire_answer *answer_out)
{
    const char *blank = memmem(bytes, length, "\r\n\r\n", 4);
    if (!blank)
        return length < MOST_HEAD ? WIRE_PARTIAL : WIRE_MALFORMED;
    size_t head = (size_t)(blank - bytes) + 4;
    if (head < 13 || memcmp(bytes, "HTTP/1.1 ", 9) != 0)
        return WIRE_MALFORMED;
    long body = content_length(bytes, head);
    if (body < 0 || body > MOST_BODY)
        return WIRE_MALFORMED;
    if (length - head < (size_t)body)
        return WIRE_PARTIAL;
    *answer_out = (struct wire_answer){.status = (int)strtol(bytes + 9, NULL, 10),
                                       .body = bytes + head,
                                       .body_length = (size_t)body,
                                       .length = head + (size_t)body};
    return WIRE_WHOLE;
}

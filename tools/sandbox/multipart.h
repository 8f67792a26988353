/* Reads multipart/form-data (RFC 7578). Parts point into the body; names are copies. */
#pragma once

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

enum { MULTIPART_MOST_PARTS = 100 };

struct multipart_part {
    const char *name;
    const char *filename; /* NULL for a plain field */
    const char *type;     /* Content-Type; NULL where none was given */
    const char *bytes;    /* not NUL-terminated */
    size_t length;
};

struct multipart {
    struct multipart_part *parts;
    size_t count;
};

/* `content_type` is the whole header's value. ERR_INVALID says what is wrong with the body. */
MUST_USE bool multipart_parse(struct arena *arena, const char *content_type, const char *body, size_t length,
                              struct multipart *multipart_out, struct error *err);

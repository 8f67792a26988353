/* HTTP/1.1 as far as the load generator reads it: answers with a Content-Length on a connection kept open. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct wire_answer {
    int status;
    const char *body; /* in the bytes given, not terminated */
    size_t body_length;
    size_t length; /* of the whole answer */
};

enum wire_state { WIRE_PARTIAL, WIRE_WHOLE, WIRE_MALFORMED };

/* Looks at what has come in so far; the output is set where the answer is whole. */
enum wire_state wire_read_answer(const char *bytes, size_t length, struct wire_answer *answer_out);

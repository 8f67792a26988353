/*
 * One HTTP call to a payment gateway, waited for: the pool's threads use it, each with a connection of its
 * own that is kept. Bounds: 5 s to connect, 10 s in all, 256 KiB of body, no redirect, http and https only.
 * Knows no gateway's protocol.
 */
#pragma once

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

struct call_request {
    const char *method; /* "GET" or "POST" */
    const char *url;
    const char *header;    /* "X-Api-Key: …", or NULL; secret: only sent, never in an error */
    const char *json_body; /* or NULL */
};
struct call_answer {
    int status;
    const char *body; /* NUL-terminated, in the arena */
    size_t length;
    int retry_after; /* seconds the other side asked to wait; 0: it did not say */
};

/* An answer of any status is a success. ERR_RETRY where nothing was sent (no name, no connection);
 * ERR_UNCERTAIN where it may have arrived (time-out, connection lost, body too long). Texts name neither URL
 * nor header. */
MUST_USE bool call_gateway(const struct call_request *request, struct arena *arena,
                           struct call_answer *answer_out, struct error *err);

/* Value for one path segment, percent-encoded; in the arena. */
char *call_escape(struct arena *arena, const char *text);

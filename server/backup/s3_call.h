/*
 * One signed call to an S3-compatible store, waited for, over libcurl; tried again by itself where that may
 * help (no answer, 429, 5xx), a few times. Knows HTTP and the store's way to say no, not what is done with
 * objects.
 */
#pragma once

#include <curl/curl.h>

#include "backup/sigv4.h"
#include "base/error.h"

struct s3 {
    CURL *handle;       /* keeps its connection between calls */
    const char *origin; /* "https://s3.example.com" */
    const char *host;   /* as signed */
    struct sigv4_key key;
    const char *place; /* for errors: "s3://bucket/prefix" */
    long patience;     /* seconds without an answer, or with hardly a byte, that end a try */
};

struct s3_request {
    const char *method;
    const char *path; /* from its slash on, not encoded */
    const struct sigv4_pair *query;
    size_t query_count;
    const char *range; /* "bytes=0-1023", or NULL */
    const char *match; /* the ETag the object must have, or NULL */
    const void *body;
    size_t length;
    size_t most; /* of the answer's body, in bytes */
};

struct s3_answer {
    char *body; /* NUL-terminated, in the arena */
    size_t length;
    const char *etag;   /* as it stands, with its quotes; "" */
    int64_t whole_size; /* of the object, where a range was asked for; -1 */
};

/* A success (2xx) fills the answer. ERR_REFUSED: credentials or rights (401, 403), or a request it does not
 * take; ERR_NOT_FOUND: 404; ERR_RETRY: no answer, 429, 5xx after the last try, or target_stop(). The text
 * quotes the store's error code, never a key. `scratch` holds the answer. */
MUST_USE bool s3_call(struct s3 *s3, struct arena *scratch, const struct s3_request *request,
                      struct s3_answer *answer_out, struct error *err);

/* The text of the first element of that name, as XML has it, in the arena; NULL where there is none or the
 * text is not XML. */
const char *s3_element(struct arena *arena, const char *xml, size_t length, const char *name);
/* Each <Contents> of a listing: its Key and Size. False where it is not XML. */
bool s3_contents(struct arena *arena, const char *xml, size_t length,
                 void (*found)(void *context, const char *key, int64_t size), void *context);

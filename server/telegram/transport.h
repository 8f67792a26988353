/*
 * How a call to the Bot API travels: the libcurl settings that the sender and the waiting call share, and the
 * answer's buffer. Private to telegram/.
 */
#pragma once

#include <curl/curl.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TRANSPORT_CONNECT_MS = 5000,
    TRANSPORT_TOTAL_MS = 10000,      /* the outbox's leases last 15 s */
    TRANSPORT_MOST_ANSWER = 1 << 20, /* bytes; more is an error */
    TRANSPORT_MOST_METHOD = 48,
    TRANSPORT_MOST_URL = 512,
};

/* Grows as an answer comes in, kept for the next one. */
struct transport_answer {
    char *bytes;
    size_t length;
    size_t capacity;
    size_t most; /* bytes; 0: TRANSPORT_MOST_ANSWER. What is longer breaks the call off. */
};
void transport_answer_free(struct transport_answer *answer);
/* The Bot API's answer as an object; NULL where it is anything else. The caller's. */
json_t *transport_answer_json(const struct transport_answer *answer);

/* A handle with everything set but URL and body: HTTP/1.1, no redirects, TLS verified, bounded in time and
 * size; what comes goes to `answer`. The caller's. */
CURL *transport_new(struct transport_answer *answer, long connect_ms, long total_ms);
/* A URL and a body (borrowed until the call is over) for the next call. */
void transport_aim(CURL *easy, const char *url, struct curl_slist *headers, const char *body, size_t length);

/* "{api_base}/bot{token}/"; false where it would be too long. */
bool transport_prefix(const char *api_base, const char *token, char prefix_out[static TRANSPORT_MOST_URL]);
/* Whether it is a word that can stand as a method in a URL. */
bool transport_is_method(const char *method);

/* Headers for a body of JSON, and for one of multipart/form-data; they live as long as the process. */
struct curl_slist *transport_json_headers(void);
struct curl_slist *transport_form_headers(void);
/* The boundary between parts: random, one for the process. */
const char *transport_boundary(void);

/* What the header Retry-After said, in ms; 0 where it said nothing. */
int64_t transport_retry_after_ms(CURL *easy);

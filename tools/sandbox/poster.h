/*
 * Posts webhooks: a thread of its own around a curl multi handle, as Telegram does it: HTTP/1.1, kept-alive
 * connections, no User-Agent, redirects not followed, 60 s for one post, a reply of 1 MiB at most.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "web/mailbox.h"

struct sandbox;
struct poster;

enum { POST_HEADERS = 2 };

struct post {
    struct mailbox_message link; /* the poster's own */
    char *url, *body;
    char *headers[POST_HEADERS]; /* "Name: value", or NULL */
    /* Called on the loop's thread with the outcome; the post is freed after it. */
    void (*done)(struct sandbox *sandbox, struct post *post);
    void (*dispose)(void *data); /* frees data, always, after done */
    void *data;
    /* The outcome. */
    long status;       /* 0 where there was no answer */
    const char *fault; /* why there was none */
    int retry_after;   /* seconds; 0 where the answer named none */
    char *reply;       /* NUL-terminated; may be NULL */
    size_t reply_length;
    int64_t started_ms, duration_ms;
};

MUST_USE bool poster_start(struct sandbox *sandbox, struct poster **poster_out, struct error *err);
/* Takes the post over; its url and body are malloc'ed. Loop thread. */
void poster_send(struct poster *poster, struct post *post);
/* Ends the thread; what is under way is given back as failed. The loop must still run. */
void poster_stop(struct poster *poster);
/* After the loop has ended. */
void poster_free(struct poster *poster);

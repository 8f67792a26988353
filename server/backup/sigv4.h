/*
 * AWS Signature Version 4 for S3, as every S3-compatible store checks it: who asks (an access key), and that
 * nobody changed what is asked. Reckons only; nothing is sent and nothing is kept.
 *
 * Source: AWS, "Authenticating Requests: Using the Authorization Header (AWS Signature Version 4)", whose
 * four examples are the unit test's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct sigv4_pair {
    const char *name, *value; /* neither is encoded */
};

struct sigv4_key {
    const char *id; /* the access key's */
    const char *secret;
    const char *region; /* "us-east-1" */
};

struct sigv4_request {
    const char *method; /* "PUT" */
    const char *host;   /* with a port that is not the scheme's own: "s3.example.com", "127.0.0.1:9000" */
    const char *path;   /* not encoded, from its slash on: "/bucket/kopi-digital/x.lapak" */
    const struct sigv4_pair *query;
    size_t query_count;
    /* Signed beside host, x-amz-content-sha256 and x-amz-date; names in lower case. */
    const struct sigv4_pair *headers;
    size_t header_count;
    const char *payload_sha256; /* hex; of the empty text where there is no body */
    int64_t at_ms;              /* the time it is signed for; the store allows 15 minutes */
};

/* SHA-256 of nothing, in hex: of a request without a body. */
#define SIGV4_NO_PAYLOAD "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* What has to be sent: header lines ("x-amz-date: …") and the target with its query, encoded. In the arena;
 * the authorization is a secret in so far as it allows this one request for 15 minutes. */
struct sigv4_signed {
    const char *target; /* "/bucket/key?uploads=" */
    const char *authorization, *date, *payload;
};
void sigv4_sign(struct arena *arena, const struct sigv4_key *key, const struct sigv4_request *request,
                struct sigv4_signed *signed_out);

/* Percent-encoding as the signature wants it: everything but A-Z a-z 0-9 - . _ ~, and the slash where
 * `keep_slash`. */
char *sigv4_encode(struct arena *arena, const char *text, bool keep_slash);

#include "backup/sigv4.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/crypto.h"
#include "base/str.h"

enum { MAC_BYTES = 32, DATE_BYTES = 17, DAY_LENGTH = 8 };

#define ALGORITHM "AWS4-HMAC-SHA256"

char *sigv4_encode(struct arena *arena, const char *text, bool keep_slash)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    struct str s = STR_INIT(arena);
    for (const char *p = text; *p; p++) {
        if (strchr(plain, *p) || (keep_slash && *p == '/'))
            str_add_bytes(&s, p, 1);
        else
            str_addf(&s, "%%%02X", (unsigned)(unsigned char)*p);
    }
    return str_done(&s);
}

static int by_name(const void *a, const void *b)
{
    const struct sigv4_pair *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : strcmp(x->value, y->value);
}

static struct sigv4_pair *sorted(struct arena *arena, const struct sigv4_pair *pairs, size_t count)
{
    struct sigv4_pair *copy = ARENA_ARRAY(arena, struct sigv4_pair, count + 1);
    for (size_t i = 0; i < count; i++)
        copy[i] = pairs[i];
    qsort(copy, count, sizeof *copy, by_name);
    return copy;
}

/* Sorted after encoding, as the rules have it. */
static const char *query_text(struct arena *arena, const struct sigv4_request *request)
{
    struct sigv4_pair *encoded = ARENA_ARRAY(arena, struct sigv4_pair, request->query_count + 1);
    for (size_t i = 0; i < request->query_count; i++)
        encoded[i] = (struct sigv4_pair){sigv4_encode(arena, request->query[i].name, false),
                                         sigv4_encode(arena, request->query[i].value, false)};
    encoded = sorted(arena, encoded, request->query_count);
    struct str s = STR_INIT(arena);
    for (size_t i = 0; i < request->query_count; i++)
        str_addf(&s, "%s%s=%s", i ? "&" : "", encoded[i].name, encoded[i].value);
    return str_done(&s);
}

static const char *trimmed(struct arena *arena, const char *value)
{
    value += strspn(value, " \t");
    size_t length = strlen(value);
    while (length > 0 && strchr(" \t", value[length - 1]))
        length--;
    return arena_memdup(arena, value, length);
}

/* "name:value\n" of each signed header, and their names. */
static void headers_text(struct arena *arena, const struct sigv4_request *request, const char *date,
                         const char **lines_out, const char **names_out)
{
    size_t count = request->header_count + 3;
    struct sigv4_pair *all = ARENA_ARRAY(arena, struct sigv4_pair, count);
    all[0] = (struct sigv4_pair){"host", request->host};
    all[1] = (struct sigv4_pair){"x-amz-content-sha256", request->payload_sha256};
    all[2] = (struct sigv4_pair){"x-amz-date", date};
    for (size_t i = 0; i < request->header_count; i++)
        all[3 + i] = request->headers[i];
    all = sorted(arena, all, count);
    struct str lines = STR_INIT(arena), names = STR_INIT(arena);
    for (size_t i = 0; i < count; i++) {
        str_addf(&lines, "%s:%s\n", all[i].name, trimmed(arena, all[i].value));
        str_addf(&names, "%s%s", i ? ";" : "", all[i].name);
    }
    *lines_out = str_done(&lines);
    *names_out = str_done(&names);
}

static const char *sha256_hex(struct arena *arena, const char *text)
{
    uint8_t digest[MAC_BYTES];
    crypto_sha256(text, strlen(text), digest);
    return str_hex(arena, digest, sizeof digest);
}

/* The key of that day, region and service. */
static const char *signature(struct arena *arena, const struct sigv4_key *key, const char *day,
                             const char *text)
{
    const char *const steps[] = {day, key->region, "s3", "aws4_request", text};
    const char *start = arena_printf(arena, "AWS4%s", key->secret);
    uint8_t mac[MAC_BYTES];
    crypto_hmac_sha256(start, strlen(start), steps[0], strlen(steps[0]), mac);
    for (size_t i = 1; i < sizeof steps / sizeof steps[0]; i++) {
        uint8_t next[MAC_BYTES];
        crypto_hmac_sha256(mac, sizeof mac, steps[i], strlen(steps[i]), next);
        memcpy(mac, next, sizeof mac);
    }
    return str_hex(arena, mac, sizeof mac);
}

void sigv4_sign(struct arena *arena, const struct sigv4_key *key, const struct sigv4_request *request,
                struct sigv4_signed *signed_out)
{
    char date[DATE_BYTES];
    struct tm utc;
    time_t seconds = (time_t)(request->at_ms / 1000);
    strftime(date, sizeof date, "%Y%m%dT%H%M%SZ", gmtime_r(&seconds, &utc));
    const char *day = arena_memdup(arena, date, DAY_LENGTH);

    const char *path = sigv4_encode(arena, request->path, true), *query = query_text(arena, request);
    const char *lines, *names;
    headers_text(arena, request, date, &lines, &names);
    const char *canonical = arena_printf(arena, "%s\n%s\n%s\n%s\n%s\n%s", request->method, path, query, lines,
                                         names, request->payload_sha256);
    const char *scope = arena_printf(arena, "%s/%s/s3/aws4_request", day, key->region);
    const char *to_sign =
        arena_printf(arena, ALGORITHM "\n%s\n%s\n%s", date, scope, sha256_hex(arena, canonical));
    *signed_out = (struct sigv4_signed){
        .target = arena_printf(arena, "%s%s%s", path, *query ? "?" : "", query),
        .authorization =
            arena_printf(arena, "Authorization: " ALGORITHM " Credential=%s/%s,SignedHeaders=%s,Signature=%s",
                         key->id, scope, names, signature(arena, key, day, to_sign)),
        .date = arena_printf(arena, "x-amz-date: %s", date),
        .payload = arena_printf(arena, "x-amz-content-sha256: %s", request->payload_sha256),
    };
}

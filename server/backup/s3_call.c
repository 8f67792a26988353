#include "backup/s3_call.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "backup/target.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/str.h"

enum {
    CONNECT_MS = 10000,
    TOTAL_MS = 300000,
    STALLED_BYTES = 1024, /* less than these a second is hardly a byte */
    TRIES = 4,
    FIRST_WAIT_MS = 500,
    WAIT_STEP_MS = 50,
};

/* One try's answer, as it comes in. */
struct coming {
    struct arena *arena;
    char *body;
    size_t length, most;
    bool too_long;
    const char *etag;
    int64_t whole_size;
};

static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
    struct coming *coming = context;
    size_t length = size * count;
    if (length > coming->most - coming->length) {
        coming->too_long = true;
        return 0;
    }
    memcpy(coming->body + coming->length, bytes, length);
    coming->length += length;
    return length;
}

static const char *header_value(struct arena *arena, const char *line, size_t length, const char *name)
{
    size_t n = strlen(name);
    if (length <= n || strncasecmp(line, name, n) != 0 || line[n] != ':')
        return NULL;
    const char *start = line + n + 1, *end = line + length;
    while (start < end && strchr(" \t", *start))
        start++;
    while (end > start && strchr(" \t\r\n", end[-1]))
        end--;
    return arena_memdup(arena, start, (size_t)(end - start));
}

static size_t take_header(char *line, size_t size, size_t count, void *context)
{
    struct coming *coming = context;
    const char *value = header_value(coming->arena, line, size * count, "etag");
    if (value)
        coming->etag = value;
    value = header_value(coming->arena, line, size * count, "content-range"); /* "bytes 0-9/1234" */
    const char *slash = value ? strchr(value, '/') : NULL;
    if (slash && !str_to_int64(slash + 1, &coming->whole_size))
        coming->whole_size = -1;
    return size * count;
}

static int look_up(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    return target_is_stopping();
}

static void free_list(struct curl_slist **list)
{
    curl_slist_free_all(*list);
}

static void add_header(struct curl_slist **headers, const char *header)
{
    struct curl_slist *longer = curl_slist_append(*headers, header);
    if (!longer)
        abort();
    *headers = longer;
}

static const char *payload_digest(struct arena *arena, const struct s3_request *request)
{
    uint8_t digest[32];
    crypto_sha256(request->length ? request->body : "", request->length, digest);
    return str_hex(arena, digest, sizeof digest);
}

static void set_up(struct s3 *s3, const struct s3_request *request, const char *url,
                   struct curl_slist *headers, struct coming *coming)
{
    CURL *handle = s3->handle;
    curl_easy_reset(handle); /* options only: the connection stays */
    curl_easy_setopt(handle, CURLOPT_URL, url);
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, (long)TOTAL_MS);
    curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, s3->patience);
    curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, (long)STALLED_BYTES);
    curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, look_up);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, coming);
    curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(handle, CURLOPT_HEADERDATA, coming);
    curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request->method);
    if (strcmp(request->method, "GET") != 0 && strcmp(request->method, "DELETE") != 0) {
        curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request->length ? request->body : "");
        curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->length);
    }
}

/* One try. The HTTP status; 0 with the error filled where there was no answer. */
static long try_call(struct s3 *s3, const struct s3_request *request, const char *digest,
                     struct coming *coming, struct error *err)
{
    struct arena *arena = coming->arena;
    struct sigv4_pair headers[2];
    size_t count = 0;
    if (request->range)
        headers[count++] = (struct sigv4_pair){"range", request->range};
    if (request->match)
        headers[count++] = (struct sigv4_pair){"if-match", request->match};
    struct sigv4_signed is;
    sigv4_sign(arena, &s3->key,
               &(struct sigv4_request){.method = request->method,
                                       .host = s3->host,
                                       .path = request->path,
                                       .query = request->query,
                                       .query_count = request->query_count,
                                       .headers = headers,
                                       .header_count = count,
                                       .payload_sha256 = digest,
                                       .at_ms = clock_now_ms()},
               &is);
    __attribute__((cleanup(free_list))) struct curl_slist *list = NULL;
    const char *const lines[] = {is.authorization, is.date, is.payload, "Content-Type:", "Expect:"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        add_header(&list, lines[i]);
    for (size_t i = 0; i < count; i++)
        add_header(&list, arena_printf(arena, "%s: %s", headers[i].name, headers[i].value));
    set_up(s3, request, arena_printf(arena, "%s%s", s3->origin, is.target), list, coming);
    CURLcode code = curl_easy_perform(s3->handle);
    long status = 0;
    curl_easy_getinfo(s3->handle, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_reset(s3->handle); /* what was set points into this call's memory */
    if (code == CURLE_OK)
        return status;
    if (coming->too_long)
        error_fill(err, ERR_INVALID, "%s: an answer longer than %zu bytes", s3->place, coming->most);
    else if (code == CURLE_ABORTED_BY_CALLBACK)
        error_fill(err, ERR_RETRY, "%s: broken off", s3->place);
    else
        error_fill(err, ERR_RETRY, "%s: no answer: %s", s3->place, curl_easy_strerror(code));
    return 0;
}

/* The store's own code ("AccessDenied"): letters only, because it goes into logs. */
static const char *code_in(struct arena *arena, const struct coming *coming)
{
    const char *code = s3_element(arena, coming->body, coming->length, "Code");
    size_t length = code ? strspn(code, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") : 0;
    return length > 0 && length < 60 && !code[length] ? code : "no reason";
}

static enum error_code code_of(long status)
{
    if (status == 404)
        return ERR_NOT_FOUND;
    return status == 429 || status == 408 || status >= 500 || status < 400 ? ERR_RETRY : ERR_REFUSED;
}

/* False where the server stops meanwhile. */
static bool wait_ms(long ms)
{
    for (; ms > 0 && !target_is_stopping(); ms -= WAIT_STEP_MS)
        nanosleep(&(struct timespec){.tv_nsec = WAIT_STEP_MS * 1000000L}, NULL);
    return !target_is_stopping();
}

bool s3_call(struct s3 *s3, struct arena *scratch, const struct s3_request *request,
             struct s3_answer *answer_out, struct error *err)
{
    const char *digest = payload_digest(scratch, request);
    struct coming coming = {.arena = scratch, .most = request->most};
    coming.body = arena_alloc(scratch, request->most + 1);
    for (int try = 1;; try++) {
        coming.length = 0;
        coming.too_long = false;
        coming.etag = "";
        coming.whole_size = -1;
        long status = try_call(s3, request, digest, &coming, err);
        coming.body[coming.length] = '\0';
        if (status >= 200 && status < 300) {
            *answer_out = (struct s3_answer){coming.body, coming.length, coming.etag, coming.whole_size};
            return true;
        }
        if (status > 0)
            error_fill(err, code_of(status), "%s: answered %ld: %s", s3->place, status,
                       code_in(scratch, &coming));
        if (err->code != ERR_RETRY || try == TRIES || !wait_ms((long)FIRST_WAIT_MS << (try - 1)))
            return false;
    }
}

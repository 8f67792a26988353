#include "telegram/transport.h"

#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/crypto.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct curl_slist *json_headers, *form_headers;
static char boundary[64];

static void must(bool fine)
{
    if (!fine)
        abort(); /* libcurl refuses these only when memory ran out */
}

static struct curl_slist *headers_of(const char *content_type)
{
    /* Without an empty Expect: libcurl waits for "100 Continue" before larger bodies. */
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    struct curl_slist *longer = list ? curl_slist_append(list, content_type) : NULL;
    must(longer);
    return longer;
}

static void prepare(void)
{
    must(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
    struct arena *arena = arena_new();
    snprintf(boundary, sizeof(boundary), "lapak-%s", crypto_random_word(arena, 32));
    json_headers = headers_of("Content-Type: application/json");
    form_headers =
        headers_of(arena_printf(arena, "Content-Type: multipart/form-data; boundary=%s", boundary));
    arena_free(&arena);
}

struct curl_slist *transport_json_headers(void)
{
    pthread_once(&once, prepare);
    return json_headers;
}

struct curl_slist *transport_form_headers(void)
{
    pthread_once(&once, prepare);
    return form_headers;
}

const char *transport_boundary(void)
{
    pthread_once(&once, prepare);
    return boundary;
}

static size_t take_bytes(char *bytes, size_t size, size_t count, void *context)
{
    struct transport_answer *answer = context;
    size_t length = size * count, most = answer->most ? answer->most : TRANSPORT_MOST_ANSWER;
    if (length > most - answer->length)
        return 0;
    if (answer->length + length > answer->capacity) {
        size_t capacity = answer->capacity ? answer->capacity : 2048;
        while (capacity < answer->length + length)
            capacity *= 2;
        answer->bytes = xrealloc(answer->bytes, capacity);
        answer->capacity = capacity;
    }
    memcpy(answer->bytes + answer->length, bytes, length);
    answer->length += length;
    return length;
}

void transport_answer_free(struct transport_answer *answer)
{
    free(answer->bytes);
    *answer = (struct transport_answer){0};
}

json_t *transport_answer_json(const struct transport_answer *answer)
{
    if (answer->length == 0)
        return NULL;
    json_t *json = json_loadb(answer->bytes, answer->length, 0, NULL);
    if (json_is_object(json))
        return json;
    json_decref(json);
    return NULL;
}

CURL *transport_new(struct transport_answer *answer, long connect_ms, long total_ms)
{
    pthread_once(&once, prepare);
    CURL *easy = curl_easy_init();
    must(easy);
    must(curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK);
    must(curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK);
    must(curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK);
    must(curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK);
    must(curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK);
    must(curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK);
    must(curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L) == CURLE_OK);
    must(curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, connect_ms) == CURLE_OK);
    must(curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, total_ms) == CURLE_OK);
    must(curl_easy_setopt(easy, CURLOPT_USERAGENT, "lapak/" LAPAK_VERSION) == CURLE_OK);
    must(curl_easy_setopt(easy, CURLOPT_POST, 1L) == CURLE_OK);
    must(curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_bytes) == CURLE_OK);
    must(curl_easy_setopt(easy, CURLOPT_WRITEDATA, answer) == CURLE_OK);
    return easy;
}

void transport_aim(CURL *easy, const char *url, struct curl_slist *headers, const char *body, size_t length)
{
    must(curl_easy_setopt(easy, CURLOPT_URL, url) == CURLE_OK);
    must(curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers) == CURLE_OK);
    must(curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)length) == CURLE_OK);
    must(curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body) == CURLE_OK);
}

bool transport_prefix(const char *api_base, const char *token, char prefix_out[static TRANSPORT_MOST_URL])
{
    size_t base = strlen(api_base);
    while (base > 0 && api_base[base - 1] == '/')
        base--;
    if (base + strlen(token) > TRANSPORT_MOST_URL - TRANSPORT_MOST_METHOD - 8)
        return false;
    snprintf(prefix_out, TRANSPORT_MOST_URL, "%.*s/bot%s/", (int)base, api_base, token);
    return true;
}

bool transport_is_method(const char *method)
{
    size_t length = 0;
    while (isalpha((unsigned char)method[length]))
        length++;
    return length > 0 && length <= TRANSPORT_MOST_METHOD && !method[length];
}

int64_t transport_retry_after_ms(CURL *easy)
{
    curl_off_t seconds = 0;
    if (curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &seconds) != CURLE_OK || seconds <= 0)
        return 0;
    return seconds > 86400 ? 86400 * 1000LL : (int64_t)seconds * 1000;
}

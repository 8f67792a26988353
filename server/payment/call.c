/* libcurl easy handles, one a thread, which keeps its connection between calls. */
#include "payment/call.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

enum { CONNECT_MS = 5000, TOTAL_MS = 10000, MOST_BODY = 256 * 1024, MOST_RETRY_AFTER = 3600 };

static pthread_key_t handle_key;
static pthread_once_t handle_once = PTHREAD_ONCE_INIT;

static void drop_handle(void *handle)
{
    curl_easy_cleanup(handle);
}

static void prepare_handles(void)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || pthread_key_create(&handle_key, drop_handle))
        abort();
}

static CURL *own_handle(void)
{
    pthread_once(&handle_once, prepare_handles);
    CURL *handle = pthread_getspecific(handle_key);
    if (handle) {
        curl_easy_reset(handle); /* options only: the connection stays */
        return handle;
    }
    handle = curl_easy_init();
    if (!handle || pthread_setspecific(handle_key, handle))
        abort();
    return handle;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *context)
{
    struct str *body = context;
    size_t length = size * count;
    if (length > MOST_BODY - body->length)
        return 0;
    str_add_bytes(body, bytes, length);
    return length;
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

static bool nothing_was_sent(CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
        return true;
    default:
        return false;
    }
}

bool call_gateway(const struct call_request *request, struct arena *arena, struct call_answer *answer_out,
                  struct error *err)
{
    CURL *handle = own_handle();
    struct str body = STR_INIT(arena);
    __attribute__((cleanup(free_list))) struct curl_slist *headers = NULL;
    add_header(&headers, "Accept: application/json");
    if (request->header)
        add_header(&headers, request->header);
    /* Without a body no type: libcurl would name one of its own. */
    add_header(&headers, request->json_body ? "Content-Type: application/json" : "Content-Type:");

    curl_easy_setopt(handle, CURLOPT_URL, request->url);
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, (long)TOTAL_MS);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &body);
    if (str_equal(request->method, "POST")) {
        const char *text = request->json_body ? request->json_body : "";
        curl_easy_setopt(handle, CURLOPT_POST, 1L);
        curl_easy_setopt(handle, CURLOPT_POSTFIELDS, text);
        curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE, (long)strlen(text));
    }

    CURLcode code = curl_easy_perform(handle);
    long status = 0;
    curl_off_t retry_after = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(handle, CURLINFO_RETRY_AFTER, &retry_after);
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, NULL); /* it points into this call's memory */
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, NULL);
    if (code == CURLE_WRITE_ERROR)
        return error_set(err, ERR_UNCERTAIN, "the answer is longer than %d bytes", MOST_BODY);
    if (code != CURLE_OK)
        return error_set(err, nothing_was_sent(code) ? ERR_RETRY : ERR_UNCERTAIN, "no answer: %s",
                         curl_easy_strerror(code));
    *answer_out = (struct call_answer){
        .status = (int)status,
        .body = str_done(&body),
        .length = body.length,
        .retry_after = retry_after < 0                  ? 0
                       : retry_after > MOST_RETRY_AFTER ? MOST_RETRY_AFTER
                                                        : (int)retry_after,
    };
    return true;
}

char *call_escape(struct arena *arena, const char *text)
{
    struct str s = STR_INIT(arena);
    for (; *text; text++) {
        bool plain = (*text >= '0' && *text <= '9') || (*text >= 'A' && *text <= 'Z') ||
                     (*text >= 'a' && *text <= 'z') || strchr("-_.~", *text);
        str_addf(&s, plain ? "%c" : "%%%02X", (unsigned char)*text);
    }
    return str_done(&s);
}

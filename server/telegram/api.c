#include "telegram/api.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "telegram/transport.h"

/* One handle a thread, kept: calls that follow each other use the same connection. */
struct caller {
    CURL *easy;
    struct transport_answer answer;
};

static pthread_key_t caller_key;
static pthread_once_t caller_once = PTHREAD_ONCE_INIT;

static void free_caller(void *pointer)
{
    struct caller *caller = pointer;
    curl_easy_cleanup(caller->easy);
    transport_answer_free(&caller->answer);
    free(caller);
}

static void make_key(void)
{
    if (pthread_key_create(&caller_key, free_caller) != 0)
        abort();
}

static struct caller *caller_of_thread(void)
{
    pthread_once(&caller_once, make_key);
    struct caller *caller = pthread_getspecific(caller_key);
    if (!caller) {
        caller = xcalloc(1, sizeof(*caller));
        caller->easy = transport_new(&caller->answer, TRANSPORT_CONNECT_MS, TRANSPORT_TOTAL_MS);
        pthread_setspecific(caller_key, caller);
    }
    return caller;
}

/* libcurl asks about once a second, and whenever something moves. */
static int should_stop(void *stop, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    return atomic_load((const atomic_bool *)stop);
}

static bool conclude(const json_t *body, const struct outbox_report *report, json_t **result_out,
                     bool *unauthorized_out, struct error *err)
{
    switch (report->verdict) {
    case OUTBOX_VERDICT_SENT: {
        json_t *result = json_object_get(body, "result");
        *result_out = result ? json_incref(result) : json_true();
        return true;
    }
    case OUTBOX_VERDICT_LATER:
        error_set(err, ERR_RETRY, "%s", report->error);
        err->retry_after = (int)(report->retry_ms / 1000);
        return false;
    case OUTBOX_VERDICT_RETURNED:
        if (unauthorized_out)
            *unauthorized_out = true;
        break;
    case OUTBOX_VERDICT_REFUSED:
    case OUTBOX_VERDICT_BLOCKED:
    case OUTBOX_VERDICT_UNCERTAIN:
        break;
    }
    return error_set(err, ERR_REFUSED, "%s", report->error);
}

bool telegram_call_until(const atomic_bool *stop, const char *api_base, const char *token, const char *method,
                         const json_t *params, json_t **result_out, bool *unauthorized_out, struct error *err)
{
    if (unauthorized_out)
        *unauthorized_out = false;
    char url[TRANSPORT_MOST_URL];
    if (!transport_is_method(method) || !transport_prefix(api_base, token, url))
        return error_set(err, ERR_INVALID, "not a method, or a token or address that is too long");
    size_t prefix = strlen(url);
    memcpy(url + prefix, method, strlen(method) + 1); /* transport_prefix() leaves room for any method */

    auto_arena struct arena *arena = arena_new();
    const char *text = params ? json_text(arena, params) : "{}";
    struct caller *caller = caller_of_thread();
    caller->answer.length = 0;
    transport_aim(caller->easy, url, transport_json_headers(), text, strlen(text));
    curl_easy_setopt(caller->easy, CURLOPT_NOPROGRESS, stop ? 0L : 1L);
    curl_easy_setopt(caller->easy, CURLOPT_XFERINFOFUNCTION, should_stop);
    curl_easy_setopt(caller->easy, CURLOPT_XFERINFODATA, (void *)stop);
    CURLcode code = curl_easy_perform(caller->easy);
    /* Neither the token nor the params stay behind in the handle. */
    transport_aim(caller->easy, api_base, transport_json_headers(), "", 0);
    if (code != CURLE_OK)
        return error_set(err, ERR_RETRY, "%s", curl_easy_strerror(code));

    long status = 0;
    curl_easy_getinfo(caller->easy, CURLINFO_RESPONSE_CODE, &status);
    auto_json json_t *body = transport_answer_json(&caller->answer);
    struct outbox_report report = {.retry_ms = transport_retry_after_ms(caller->easy)};
    telegram_judge(status, body, &report);
    if (status != 429) /* its own figure; else the caller's back-off */
        report.retry_ms = 0;
    int64_t said;
    /* Whoever waits for a call is told that there is no such bot. */
    if (report.verdict == OUTBOX_VERDICT_LATER && json_get_int(body, "error_code", &said) && said == 404)
        report.verdict = OUTBOX_VERDICT_REFUSED;
    return conclude(body, &report, result_out, unauthorized_out, err);
}

static const char *the_base = "";

void telegram_set_base(const char *api_base)
{
    the_base = api_base;
}

const char *telegram_base(void)
{
    return the_base;
}

bool telegram_call(const char *api_base, const char *token, const char *method, const json_t *params,
                   json_t **result_out, bool *unauthorized_out, struct error *err)
{
    return telegram_call_until(NULL, api_base, token, method, params, result_out, unauthorized_out, err);
}

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/str.h"
#include "monitor/internal.h"

enum { MOST_MS = 5000 };

static int should_stop(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    return machine_stopping();
}

static CURL *new_call(const char *url)
{
    CURL *call = curl_easy_init();
    if (!call)
        abort();
    curl_easy_setopt(call, CURLOPT_URL, url);
    curl_easy_setopt(call, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(call, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(call, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(call, CURLOPT_TIMEOUT_MS, (long)MOST_MS);
    curl_easy_setopt(call, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(call, CURLOPT_XFERINFOFUNCTION, should_stop);
    return call;
}

static bool read_expiry(CURL *call, int64_t *expires_ms_out)
{
    static const char label[] = "Expire date:";
    const struct curl_certinfo *info = NULL;
    if (curl_easy_getinfo(call, CURLINFO_CERTINFO, &info) != CURLE_OK || !info || info->num_of_certs < 1)
        return false;
    for (const struct curl_slist *line = info->certinfo[0]; line; line = line->next) {
        if (!str_starts_with(line->data, label))
            continue;
        time_t seconds = curl_getdate(line->data + strlen(label), NULL);
        if (seconds < 0)
            return false;
        *expires_ms_out = (int64_t)seconds * 1000;
        return true;
    }
    return false;
}

bool outside_certificate(const char *url, int64_t *expires_ms_out)
{
    CURL *call = new_call(url);
    /* Only looked at: one that is over, or of nobody known, has an end as well. */
    curl_easy_setopt(call, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(call, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(call, CURLOPT_CERTINFO, 1L);
    curl_easy_setopt(call, CURLOPT_CONNECT_ONLY, 1L);
    bool ok = curl_easy_perform(call) == CURLE_OK && read_expiry(call, expires_ms_out);
    curl_easy_cleanup(call);
    return ok;
}

bool outside_clock(const char *url, int64_t *ahead_ms_out)
{
    CURL *call = new_call(url);
    struct curl_header *date = NULL;
    int64_t before_ms = clock_now_ms();
    curl_easy_setopt(call, CURLOPT_NOBODY, 1L);
    bool ok = curl_easy_perform(call) == CURLE_OK &&
              curl_easy_header(call, "Date", 0, CURLH_HEADER, -1, &date) == CURLHE_OK;
    time_t seconds = ok ? curl_getdate(date->value, NULL) : -1;
    int64_t after_ms = clock_now_ms();
    curl_easy_cleanup(call);
    if (seconds < 0)
        return false;
    /* Theirs is cut to the second. */
    *ahead_ms_out = (int64_t)seconds * 1000 + 500 - (before_ms + (after_ms - before_ms) / 2);
    return true;
}

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "telegram/api.h"

enum { MOST_RETRY_S = 3600 };

int64_t telegram_backoff_ms(int attempt)
{
    int64_t seconds = attempt < 0 ? 1 : attempt >= 6 ? 60 : 1 << attempt;
    return seconds * 1000;
}

/* 400s that ask for what is so already, or that nothing can be done about. */
static bool is_done(const char *description)
{
    static const char *const starts[] = {
        "Bad Request: message is not modified",
        "Bad Request: query is too old and response timeout expired or query ID is invalid",
        "Bad Request: message to edit not found",
        "Bad Request: message to delete not found",
    };
    for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++)
        if (str_starts_with(description, starts[i]))
            return true;
    return false;
}

/* How many bytes a bot token at `text` takes ("123456:AA…"); 0 where there is none. */
static size_t token_length(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    if (digits < 6 || text[digits] != ':')
        return 0;
    size_t end = digits + 1;
    while (isalnum((unsigned char)text[end]) || text[end] == '_' || text[end] == '-')
        end++;
    return end - digits > 20 ? end : 0;
}

/* Copies a description without what stands in quotes (Telegram quotes the message's text) and without
 * anything like a token. */
static void describe(const char *description, size_t size, char *text_out)
{
    size_t at = 0;
    for (const char *p = description; *p;) {
        bool opens = *p == '"' || (*p == '\'' && (p == description || p[-1] == ' '));
        size_t token = token_length(p);
        const char *add = p;
        uint32_t point;
        size_t take = str_utf8_decode(p, strlen(p), &point), length = take;
        if (opens) {
            const char *end = strchr(p + 1, *p);
            take = end ? (size_t)(end + 1 - p) : strlen(p);
            add = "[…]";
            length = strlen(add);
        } else if (token) {
            take = token;
            add = "[token]";
            length = strlen(add);
        } else if (take == 0) {
            take = 1;
        }
        if (at + length >= size)
            break;
        memcpy(text_out + at, add, length);
        at += length;
        p += take;
    }
    text_out[at] = 0;
}

static int64_t retry_after_ms(const json_t *parameters, int64_t header_ms)
{
    int64_t seconds = 0;
    json_get_int(parameters, "retry_after", &seconds);
    if (seconds <= 0)
        seconds = header_ms / 1000;
    if (seconds <= 0)
        seconds = 1;
    return (seconds > MOST_RETRY_S ? MOST_RETRY_S : seconds) * 1000;
}

static enum outbox_verdict verdict_of(int64_t status, const char *description)
{
    static const struct {
        int64_t status;
        enum outbox_verdict verdict;
    } known[] = {
        {401, OUTBOX_VERDICT_RETURNED}, {403, OUTBOX_VERDICT_BLOCKED}, {404, OUTBOX_VERDICT_LATER},
        {407, OUTBOX_VERDICT_LATER},    {408, OUTBOX_VERDICT_LATER},   {425, OUTBOX_VERDICT_LATER},
        {429, OUTBOX_VERDICT_LATER},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
        if (known[i].status == status)
            return known[i].verdict;
    if (status < 400 || status > 499)
        return OUTBOX_VERDICT_LATER;
    return is_done(description) ? OUTBOX_VERDICT_SENT : OUTBOX_VERDICT_REFUSED;
}

void telegram_judge(long http_status, const json_t *body, struct outbox_report *report)
{
    bool ok = false;
    int64_t status = http_status, header_ms = report->retry_ms, moved_to;
    json_t *parameters = NULL;
    const char *text = "";
    report->retry_ms = 0;
    report->error[0] = 0;
    bool readable = json_get_bool(body, "ok", &ok);
    if (readable && ok && http_status >= 200 && http_status <= 299) {
        report->verdict = OUTBOX_VERDICT_SENT;
        return;
    }
    if (readable && http_status >= 200 && http_status <= 299) {
        status = 0;
        json_get_int(body, "error_code", &status);
    }
    json_get_object(body, "parameters", &parameters);
    json_get_string(body, "description", &text);

    report->verdict = readable || status == 429 ? verdict_of(status, text) : OUTBOX_VERDICT_LATER;
    /* Only a 429, and a 404 of the Bot API's own, say that nothing was done. */
    if (report->bulk && report->verdict == OUTBOX_VERDICT_LATER && status != 429 &&
        !(readable && status == 404))
        report->verdict = OUTBOX_VERDICT_UNCERTAIN;
    if (report->verdict == OUTBOX_VERDICT_LATER)
        report->retry_ms =
            status == 429 ? retry_after_ms(parameters, header_ms) : telegram_backoff_ms(report->attempts);
    if (report->verdict == OUTBOX_VERDICT_SENT)
        return;
    if (json_get_int(parameters, "migrate_to_chat_id", &moved_to))
        snprintf(report->error, sizeof(report->error), "the group moved to chat %lld", (long long)moved_to);
    else if (*text)
        describe(text, sizeof(report->error), report->error);
    else
        snprintf(report->error, sizeof(report->error), "answered with status %ld", http_status);
}

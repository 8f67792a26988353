#include "monitor/webhook_info.h"

#include <string.h>

#include "base/json.h"
#include "base/str.h"

enum { MOST_TEXT = 200, MOST_HOST = 100, MOST_PENDING = 1000000000 };

/* One line of an outsider's text. */
static char *clean(struct arena *arena, const char *text, const char *token, size_t most)
{
    if (*token && strstr(text, token))
        return arena_strdup(arena, "(…)");
    char *copy = str_utf8_cut(arena, text, most);
    for (char *p = copy; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            *p = ' ';
    return copy;
}

static const char *host_of(struct arena *arena, const char *url, const char *token)
{
    const char *authority = strstr(url, "://");
    authority = authority ? authority + strlen("://") : url;
    size_t length = strcspn(authority, "/?#");
    const char *at = memrchr(authority, '@', length);
    if (at) {
        length -= (size_t)(at + 1 - authority);
        authority = at + 1;
    }
    return clean(arena, arena_memdup(arena, authority, length), token, MOST_HOST);
}

bool webhook_info_read(struct arena *arena, const json_t *answer, const char *url, const char *token,
                       struct webhook_info *info_out, struct error *err)
{
    struct webhook_info info = {0};
    const char *set, *error;
    int64_t seconds = 0;
    if (!json_get_string(answer, "url", &set) || !json_get_int(answer, "pending_update_count", &info.pending))
        return error_set(err, ERR_UNCERTAIN, "getWebhookInfo: an answer without url or pending_update_count");
    if (info.pending < 0 || info.pending > MOST_PENDING)
        return error_set(err, ERR_UNCERTAIN, "getWebhookInfo: a pending_update_count that can't be");
    info.ours = str_equal(set, url);
    info.elsewhere = info.ours ? "" : host_of(arena, set, token);
    if (json_get_string(answer, "last_error_message", &error) && *error) {
        info.error = clean(arena, error, token, MOST_TEXT);
        info.denied = strstr(error, "401") || strstr(error, "403");
        if (json_get_int(answer, "last_error_date", &seconds) && seconds > 0 && seconds < (int64_t)1 << 40)
            info.error_ms = seconds * 1000;
    }
    *info_out = info;
    return true;
}

/* setWebhook, deleteWebhook, getWebhookInfo. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "sandbox.h"
#include "telegram.h"
#include "update.h"

enum { SECRET_MOST = 256, CONNECTIONS_MOST = 100, CONNECTIONS_USUAL = 40 };

static bool is_loopback(const char *host, size_t length)
{
    return (length == 9 && memcmp(host, "localhost", 9) == 0) ||
           (length >= 4 && memcmp(host, "127.", 4) == 0) || (length == 5 && memcmp(host, "[::1]", 5) == 0);
}

/* HTTPS on one of four ports; on this machine anything goes. */
static bool check_url(struct call *call, const char *url)
{
    bool https = str_starts_with(url, "https://");
    if (!https && !str_starts_with(url, "http://"))
        return call_bug(call, "bad webhook: An HTTPS URL must be provided for webhook");
    const char *host = strstr(url, "://") + 3;
    size_t length = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/?#");
    if (length == 0 || length > strlen(host) || strpbrk(url, " \t\r\n"))
        return call_bug(call, "bad webhook: URL host is empty");
    if (is_loopback(host, length))
        return true;
    if (!https)
        return call_bug(call, "bad webhook: An HTTPS URL must be provided for webhook");
    long port = host[length] == ':' ? strtol(host + length + 1, NULL, 10) : 443;
    if (port != 443 && port != 80 && port != 88 && port != 8443)
        return call_bug(call, "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443");
    return true;
}

static bool check_secret(struct call *call, const char *secret)
{
    size_t length = secret ? strlen(secret) : 0;
    if (length > SECRET_MOST)
        return call_bug(call, "secret token is too long");
    if (length > 0 &&
        strspn(secret, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") != length)
        return call_bug(call, "secret token contains unallowed characters");
    return true;
}

static void replace(char **text, const char *value)
{
    char *copy = value && *value ? xstrdup(value) : NULL;
    free(*text);
    *text = copy;
}

static void drop_webhook(struct call *call)
{
    replace(&call->bot->webhook_url, NULL);
    replace(&call->bot->webhook_secret, NULL);
    replace(&call->bot->last_error, NULL);
    journal_event(call->sandbox, "bot", call->bot->id, 0, 0);
}

static bool set_webhook(struct call *call, json_t **result_out)
{
    struct bot *bot = call->bot;
    const char *url = params_text(&call->params, "url");
    const char *secret = params_text(&call->params, "secret_token");
    int64_t connections = CONNECTIONS_USUAL;
    json_t *allowed;
    if (json_object_get(call->params.object, "max_connections") &&
        (!params_int(&call->params, "max_connections", &connections) || connections < 1 ||
         connections > CONNECTIONS_MOST))
        return call_bug(call, "max_connections must be from 1 to 100");
    if (!params_json(&call->params, "allowed_updates", JSON_ARRAY, &allowed))
        return call_bug(call, "can't parse allowed_updates");
    if (params_bool(&call->params, "drop_pending_updates"))
        update_drop_pending(call->sandbox, bot);
    if (!url || !*url) {
        drop_webhook(call);
        *result_out = json_true();
        return true;
    }
    if (!check_url(call, url) || !check_secret(call, secret))
        return false;
    bool same = str_equal(bot->webhook_url, url) &&
                str_equal(bot->webhook_secret ? bot->webhook_secret : "", secret ? secret : "") && !allowed;
    call->success_text = same ? "Webhook is already set" : "Webhook was set";
    replace(&bot->webhook_url, url);
    replace(&bot->webhook_secret, secret);
    bot->max_connections = (int)connections;
    if (allowed) { /* left out, the list before stays */
        json_decref(bot->allowed_updates);
        bot->allowed_updates = json_deep_copy(allowed);
    }
    replace(&bot->last_error, NULL);
    journal_event(call->sandbox, "bot", bot->id, 0, 0);
    update_webhook_changed(call->sandbox, bot);
    *result_out = json_true();
    return true;
}

static bool delete_webhook(struct call *call, json_t **result_out)
{
    if (params_bool(&call->params, "drop_pending_updates"))
        update_drop_pending(call->sandbox, call->bot);
    call->success_text = call->bot->webhook_url ? "Webhook was deleted" : "Webhook is already deleted";
    drop_webhook(call);
    *result_out = json_true();
    return true;
}

static bool get_webhook_info(struct call *call, json_t **result_out)
{
    const struct bot *bot = call->bot;
    json_t *info = json_pack("{s:s,s:b,s:I,s:i}", "url", bot->webhook_url ? bot->webhook_url : "",
                             "has_custom_certificate", 0, "pending_update_count", (json_int_t)bot->pending,
                             "max_connections", bot->max_connections);
    if (bot->last_error) {
        json_object_set_new(info, "last_error_date", json_integer(bot->last_error_ms / 1000));
        json_object_set_new(info, "last_error_message", json_string(bot->last_error));
    }
    if (json_array_size(bot->allowed_updates) > 0)
        json_object_set(info, "allowed_updates", bot->allowed_updates);
    *result_out = info;
    return true;
}

const struct method method_webhook_table[] = {
    {"setWebhook", set_webhook, true, false},
    {"deleteWebhook", delete_webhook, true, false},
    {"getWebhookInfo", get_webhook_info, true, false},
    {NULL, NULL, false, false},
};

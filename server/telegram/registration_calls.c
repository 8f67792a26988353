#include "telegram/registration_calls.h"

#include <string.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/str.h"
#include "telegram/api.h"

enum { WEBHOOK_CONNECTIONS = 40 };

struct visit {
    const struct registration_options *options;
    const atomic_bool *stopping;
};

static bool call(const struct visit *v, const struct tenant *tenant, const char *method, const json_t *params,
                 json_t **result_out, struct registration_outcome *outcome)
{
    bool unauthorized;
    if (telegram_call_until(v->stopping, v->options->api_base, tenant->token, method, params, result_out,
                            &unauthorized, &outcome->err))
        return true;
    if (unauthorized)
        outcome->state = REGISTRATION_DISABLED;
    return error_context(&outcome->err, "%s", method);
}

static bool check_bot(const struct visit *v, const struct tenant *tenant,
                      struct registration_outcome *outcome)
{
    auto_json json_t *me = NULL;
    if (!call(v, tenant, "getMe", NULL, &me, outcome)) {
        /* A token that never was one gets 404. */
        if (outcome->err.code == ERR_REFUSED)
            outcome->state = REGISTRATION_DISABLED;
        return false;
    }
    int64_t id;
    const char *username = "";
    if (!json_get_int(me, "id", &id))
        return error_set(&outcome->err, ERR_RETRY, "getMe: an answer without id");
    json_get_string(me, "username", &username);
    if (id != tenant->bot_id) {
        outcome->state = REGISTRATION_DISABLED;
        return error_set(&outcome->err, ERR_REFUSED, "getMe: the token is of bot %lld, not %lld",
                         (long long)id, (long long)tenant->bot_id);
    }
    outcome->bot_id = id;
    json_get_bool(me, "can_manage_bots", &outcome->can_manage_bots);
    if (strlen(username) < sizeof(outcome->bot_username))
        memcpy(outcome->bot_username, username, strlen(username) + 1);
    return true;
}

char *registration_webhook_url(struct arena *arena, const char *public_url, const char *name)
{
    size_t length = strlen(public_url);
    while (length > 0 && public_url[length - 1] == '/')
        length--;
    return arena_printf(arena, "%.*s/webhooks/telegram/%s", (int)length, public_url, name);
}

static json_t *allowed_updates(bool is_server)
{
    return is_server ? json_pack("[s,s,s]", "message", "callback_query", "managed_bot")
                     : json_pack("[s,s,s]", "message", "callback_query", "my_chat_member");
}

static json_t *webhook_params(const struct registration_options *options, const struct tenant *tenant,
                              bool is_server, const char *secret)
{
    auto_arena struct arena *arena = arena_new();
    return json_pack("{s:s, s:s, s:o, s:i, s:b}", "url",
                     registration_webhook_url(arena, options->public_url, tenant->name), "secret_token",
                     secret, "allowed_updates", allowed_updates(is_server), "max_connections",
                     WEBHOOK_CONNECTIONS, "drop_pending_updates", 0);
}

static const json_t *commands_of(const struct registration_options *options, const struct tenant *tenant,
                                 bool is_server)
{
    const json_t *(*list)(const char *language) = is_server ? options->owner_commands : options->commands;
    return list ? list(tenant->language) : NULL;
}

static bool set_webhook(const struct visit *v, const struct tenant *tenant, bool is_server,
                        const char *secret, struct registration_outcome *outcome)
{
    auto_json json_t *result = NULL;
    auto_json json_t *params = webhook_params(v->options, tenant, is_server, secret);
    return call(v, tenant, "setWebhook", params, &result, outcome);
}

static bool set_commands(const struct visit *v, const struct tenant *tenant, bool is_server,
                         struct registration_outcome *outcome)
{
    const json_t *commands = commands_of(v->options, tenant, is_server);
    if (!commands)
        return true;
    auto_json json_t *params = json_object();
    auto_json json_t *result = NULL;
    /* A copy: the array's reference count is not ours to touch on this thread. */
    json_object_set_new(params, "commands", json_deep_copy(commands));
    return call(v, tenant, "setMyCommands", params, &result, outcome);
}

void registration_digest(const struct registration_options *options, const struct tenant *tenant,
                         bool is_server, const char *secret, uint8_t digest_out[static 32])
{
    auto_arena struct arena *arena = arena_new();
    const json_t *commands = commands_of(options, tenant, is_server);
    auto_json json_t *webhook = webhook_params(options, tenant, is_server, secret);
    const char *text = arena_printf(arena, "%s\n%s\n%s", tenant->token, json_text(arena, webhook),
                                    commands ? json_text(arena, commands) : "");
    crypto_sha256(text, strlen(text), digest_out);
}

bool registration_is_ours(const struct registration_options *options, const atomic_bool *stopping,
                          const struct tenant *tenant)
{
    const struct visit v = {options, stopping};
    struct registration_outcome ignored;
    auto_arena struct arena *arena = arena_new();
    auto_json json_t *info = NULL;
    const char *url;
    return call(&v, tenant, "getWebhookInfo", NULL, &info, &ignored) && json_get_string(info, "url", &url) &&
           str_equal(url, registration_webhook_url(arena, options->public_url, tenant->name));
}

void registration_make_ours(const struct registration_options *options, const atomic_bool *stopping,
                            const struct tenant *tenant, bool is_server, const char *secret,
                            struct registration_outcome *outcome_out)
{
    const struct visit v = {options, stopping};
    *outcome_out = (struct registration_outcome){.state = REGISTRATION_UNREACHABLE};
    if (check_bot(&v, tenant, outcome_out) && set_webhook(&v, tenant, is_server, secret, outcome_out) &&
        set_commands(&v, tenant, is_server, outcome_out))
        outcome_out->state = REGISTRATION_LIVE;
}

/* A token that is refused, or a bot that is gone, has nothing to be taken off. */
static bool is_over(const struct registration_outcome *outcome)
{
    return outcome->state == REGISTRATION_DISABLED || outcome->err.code == ERR_REFUSED;
}

bool registration_leave(const struct registration_options *options, const atomic_bool *stopping,
                        const struct tenant *tenant, struct error *err)
{
    const struct visit v = {options, stopping};
    struct registration_outcome outcome = {.state = REGISTRATION_UNREACHABLE};
    auto_arena struct arena *arena = arena_new();
    auto_json json_t *info = NULL;
    auto_json json_t *result = NULL;
    const char *url = "";
    bool done = call(&v, tenant, "getWebhookInfo", NULL, &info, &outcome);
    if (done)
        json_get_string(info, "url", &url);
    if (done && str_equal(url, registration_webhook_url(arena, options->public_url, tenant->name))) {
        auto_json json_t *params = json_pack("{s:b}", "drop_pending_updates", 0);
        done = call(&v, tenant, "deleteWebhook", params, &result, &outcome);
    }
    if (done || is_over(&outcome))
        return true;
    *err = outcome.err;
    return false;
}

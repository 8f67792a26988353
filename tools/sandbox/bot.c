#include "bot.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "base/str.h"
#include "chat.h"
#include "sandbox.h"
#include "update.h"

enum { MAX_CONNECTIONS = 40 };

struct bot *bot_find(const struct sandbox *sandbox, int64_t id)
{
    return table_get_id(&sandbox->bots, id);
}

static bool parse_token(const char *token, int64_t *id_out)
{
    size_t digits = strspn(token, "0123456789");
    const char *secret = token + digits + 1;
    if (digits == 0 || digits > 15 || token[digits] != ':' || strlen(secret) != BOT_TOKEN_SECRET ||
        strspn(secret, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") !=
            BOT_TOKEN_SECRET)
        return false;
    *id_out = strtoll(token, NULL, 10);
    return *id_out > 0;
}

struct bot *bot_of_token(struct sandbox *sandbox, const char *token)
{
    int64_t id;
    if (!parse_token(token, &id))
        return NULL;
    struct bot *bot = bot_find(sandbox, id);
    if (!bot) {
        char name[48];
        uint32_t random;
        crypto_random(&random, sizeof random);
        bot = xcalloc(1, sizeof *bot);
        bot->id = id;
        snprintf(name, sizeof name, "sandbox_%" PRId64 "_bot", id);
        bot->username = xstrdup(name);
        snprintf(name, sizeof name, "Bot %" PRId64, id);
        bot->first_name = xstrdup(name);
        bot->commands = json_object();
        bot->max_connections = MAX_CONNECTIONS;
        bot->next_update_id = 100000000 + random % 700000000;
        bot->ready_end = &bot->ready;
        table_set_id(&sandbox->bots, id, bot);
        journal_event(sandbox, "bot", id, 0, 0);
    }
    if (!str_equal(bot->token, token)) {
        free(bot->token);
        bot->token = xstrdup(token);
    }
    return bot;
}

bool bot_token_is_revoked(const struct sandbox *sandbox, const char *token)
{
    return table_get(&sandbox->revoked, token) != NULL;
}

void bot_revoke(struct sandbox *sandbox, const char *token, bool revoked)
{
    static char mark;
    if (revoked)
        table_set(&sandbox->revoked, token, &mark);
    else
        table_remove(&sandbox->revoked, token);
}

void bot_name(struct sandbox *sandbox, struct bot *bot, const char *username, const char *first_name)
{
    if (username) {
        free(bot->username);
        bot->username = xstrdup(username);
    }
    if (first_name) {
        free(bot->first_name);
        bot->first_name = xstrdup(first_name);
    }
    journal_event(sandbox, "bot", bot->id, 0, 0);
}

json_t *bot_user_json(const struct bot *bot)
{
    return json_pack("{s:I,s:b,s:s,s:s}", "id", (json_int_t)bot->id, "is_bot", 1, "first_name",
                     bot->first_name, "username", bot->username);
}

json_t *bot_commands(const struct bot *bot)
{
    return json_object_get(bot->commands, "default|");
}

void bot_free(void *pointer)
{
    struct bot *bot = pointer;
    update_forget_all(bot);
    table_clear(&bot->chats, chat_free);
    rate_free(&bot->rate);
    json_decref(bot->allowed_updates);
    json_decref(bot->commands);
    free(bot->token);
    free(bot->username);
    free(bot->first_name);
    free(bot->webhook_url);
    free(bot->webhook_secret);
    free(bot->last_error);
    free(bot);
}

/* Bots that a person has made through a manager's link (t.me/newbot/…), and the manager's methods:
 * getManagedBotToken, replaceManagedBotToken. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/str.h"
#include "bot.h"
#include "control.h"
#include "person.h"
#include "sandbox.h"
#include "telegram.h"
#include "update.h"

enum { FIRST_MANAGED_ID = 2000000000, USERNAME_LEAST = 5, USERNAME_MOST = 32 };

static const char *new_token(struct arena *arena, int64_t id)
{
    return arena_printf(arena, "%" PRId64 ":%s", id, crypto_random_word(arena, BOT_TOKEN_SECRET));
}

static bool managed_bot(struct call *call, struct bot **bot_out)
{
    int64_t id;
    if (!call->bot->can_manage_bots)
        return call_bug(call, "BOT_CANT_MANAGE_BOTS");
    if (!params_int(&call->params, "user_id", &id))
        return call_bug(call, "user_id not specified");
    struct bot *bot = bot_find(call->sandbox, id);
    if (!bot || bot->manager != call->bot->id)
        return call_state(call, 400, "user not found");
    *bot_out = bot;
    return true;
}

static bool get_managed_bot_token(struct call *call, json_t **result_out)
{
    struct bot *bot;
    if (!managed_bot(call, &bot))
        return false;
    *result_out = json_string(bot->token);
    return true;
}

static bool replace_managed_bot_token(struct call *call, json_t **result_out)
{
    struct bot *bot;
    if (!managed_bot(call, &bot))
        return false;
    const char *token = new_token(call->arena, bot->id);
    bot_revoke(call->sandbox, bot->token, true);
    bot_of_token(call->sandbox, token);
    *result_out = json_string(token);
    return true;
}

const struct method method_managed_table[] = {
    {"getManagedBotToken", get_managed_bot_token, true, false},
    {"replaceManagedBotToken", replace_managed_bot_token, true, false},
    {NULL, NULL, false, false},
};

static bool is_bot_name(const char *name)
{
    size_t length = strlen(name);
    return length >= USERNAME_LEAST && length <= USERNAME_MOST &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == length &&
           strcasecmp(name + length - 3, "bot") == 0;
}

static const struct bot *bot_named(const struct sandbox *sandbox, const char *username)
{
    for (struct table_entry *e = sandbox->bots.first; e; e = e->next)
        if (strcasecmp(((struct bot *)e->value)->username, username) == 0)
            return e->value;
    return NULL;
}

/* The person confirms what t.me/newbot/{manager}/{username}?name={name} suggests; the bot is theirs, and the
 * manager is told. */
static bool make_bot(struct control *control, json_t **answer_out)
{
    struct sandbox *sandbox = control->sandbox;
    struct bot *manager;
    int64_t from, id = FIRST_MANAGED_ID;
    const char *username = NULL, *name = NULL;
    if (!control_bot(control, &manager) || !control_int(control, "from", &from) ||
        !control_may_text(control, "username", &username) || !control_may_text(control, "name", &name))
        return false;
    if (!manager->can_manage_bots)
        return error_set(&control->err, ERR_INVALID, "this bot may not manage bots");
    if (!username || !is_bot_name(username))
        return error_set(&control->err, ERR_INVALID,
                         "username must be 5 to 32 of a-z, 0-9 and _, and end in bot");
    if (bot_named(sandbox, username))
        return error_set(&control->err, ERR_INVALID, "the username is taken");
    while (bot_find(sandbox, id))
        id++;
    struct bot *bot = bot_of_token(sandbox, new_token(control->arena, id));
    bot_name(sandbox, bot, username, name);
    bot->manager = manager->id;
    struct person *person = person_get(sandbox, from);
    json_t *content = json_pack("{s:O, s:o}", "user", person->user, "bot", bot_user_json(bot));
    int64_t update_id = update_send(sandbox, manager, "managed_bot",
                                    arena_printf(control->arena, "m%" PRId64, from), from, content);
    *answer_out = json_pack("{s:I, s:s, s:I}", "id", (json_int_t)id, "token", bot->token, "update_id",
                            (json_int_t)update_id);
    return true;
}

const struct control_route control_managed_table[] = {
    {"POST", "newbot", make_bot},
    {NULL, NULL, NULL},
};

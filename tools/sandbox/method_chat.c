/* getChat, getChatMember. */
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "channel.h"
#include "person.h"
#include "sandbox.h"
#include "telegram.h"

/* A private one's, for who may invite. */
static void add_invitation(const struct call *call, const struct channel *channel, json_t *chat)
{
    if (!channel->username && strcmp(channel_status(channel, call->bot->id), "administrator") == 0)
        json_object_set_new(chat, "invite_link",
                            json_sprintf("https://t.me/+undangan%" PRId64, -channel->id));
}

static bool get_chat(struct call *call, json_t **result_out)
{
    struct chat *chat;
    const struct channel *channel = call_channel(call, "chat_id");
    if (channel) {
        if (!call_may_see(call, channel))
            return false;
        *result_out = channel_chat_json(channel);
        add_invitation(call, channel, *result_out);
        return true;
    }
    if (!call_chat_named(call, "chat_id", &chat))
        return false;
    *result_out = person_chat_json(chat->person);
    return true;
}

/* A User, or NULL where Telegram knows none of that id; the caller owns it. */
static json_t *user_of(const struct call *call, int64_t id)
{
    const struct bot *bot = bot_find(call->sandbox, id);
    const struct person *person = person_find(call->sandbox, id);
    return bot ? bot_user_json(bot) : person ? json_incref(person->user) : NULL;
}

static bool get_channel_member(struct call *call, const struct channel *channel, int64_t user,
                               json_t **result_out)
{
    const char *own = channel_status(channel, call->bot->id), *status = channel_status(channel, user);
    if (!call_may_see(call, channel))
        return false;
    /* Who is in a channel only its administrators see; in a group its members do. */
    bool admin = strcmp(own, "administrator") == 0;
    if (!admin && (strcmp(channel->type, "channel") == 0 || !channel_is_in(own)))
        return call_state(call, 400, "member list is inaccessible");
    json_t *who = user_of(call, user);
    if (!who)
        return call_state(call, 400, "user not found");
    json_t *member = json_pack("{s:s,s:o}", "status", status, "user", who);
    if (strcmp(status, "restricted") == 0)
        json_object_set_new(member, "is_member", json_true());
    if (strcmp(status, "kicked") == 0)
        json_object_set_new(member, "until_date", json_integer(0));
    *result_out = member;
    return true;
}

static bool get_chat_member(struct call *call, json_t **result_out)
{
    struct chat *chat;
    int64_t user;
    if (!params_int(&call->params, "user_id", &user))
        return call_bug(call, "invalid user_id specified");
    const struct channel *channel = call_channel(call, "chat_id");
    if (channel)
        return get_channel_member(call, channel, user, result_out);
    if (!call_chat_named(call, "chat_id", &chat))
        return false;
    if (user != chat->person->id && user != call->bot->id)
        return call_state(call, 400, "PARTICIPANT_ID_INVALID");
    json_t *who = user == call->bot->id ? bot_user_json(call->bot) : json_incref(chat->person->user);
    *result_out = json_pack("{s:s,s:o}", "status",
                            chat->blocked && user == call->bot->id ? "kicked" : "member", "user", who);
    return true;
}

const struct method method_chat_table[] = {
    {"getChat", get_chat, true, false},
    {"getChatMember", get_chat_member, true, false},
    {NULL, NULL, false, false},
};

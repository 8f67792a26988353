/* The control interface: channels and who is in them, crowds of people, and what reached them. */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "bot.h"
#include "channel.h"
#include "chat.h"
#include "control.h"
#include "params.h"
#include "person.h"
#include "sandbox.h"
#include "update.h"

enum { CROWD_MOST = 1000000 };

static bool set_channel(struct control *control, json_t **answer_out)
{
    int64_t id;
    struct channel *channel;
    const char *type = NULL, *title = NULL, *username = NULL;
    if (!control_int(control, "id", &id) || !control_may_text(control, "type", &type) ||
        !control_may_text(control, "title", &title) || !control_may_text(control, "username", &username) ||
        !channel_set(control->sandbox, id, type, title, username, &channel, &control->err))
        return false;
    *answer_out = channel_chat_json(channel);
    return true;
}

/* A bot is told what becomes of itself. */
static void tell_bot(struct control *control, struct bot *bot, const struct channel *channel,
                     const char *before, const char *after)
{
    json_t *user = bot_user_json(bot);
    json_t *from = json_pack("{s:i,s:b,s:s}", "id", 1, "is_bot", 0, "first_name", "Owner");
    json_t *content =
        json_pack("{s:o,s:o,s:I,s:{s:s,s:O},s:{s:s,s:O}}", "chat", channel_chat_json(channel), "from", from,
                  "date", (json_int_t)(clock_now_ms() / 1000), "old_chat_member", "status", before, "user",
                  user, "new_chat_member", "status", after, "user", user);
    json_decref(user);
    char *key = arena_printf(control->arena, "m%" PRId64, channel->id);
    update_send(control->sandbox, bot, "my_chat_member", key, channel->id, content);
}

static bool set_member(struct control *control, json_t **answer_out)
{
    int64_t id, user;
    const char *status = NULL;
    if (!control_int(control, "channel", &id) || !control_int(control, "user", &user) ||
        !control_may_text(control, "status", &status))
        return false;
    struct channel *channel = channel_find(control->sandbox, id);
    if (!channel)
        return error_set(&control->err, ERR_INVALID, "there is no channel %" PRId64, id);
    const char *before = channel_status(channel, user);
    if (!channel_set_member(channel, user, status))
        return error_set(&control->err, ERR_INVALID,
                         "status must be creator, administrator, member, restricted, left or kicked");
    journal_event(control->sandbox, "member", 0, 0, 0);
    struct bot *bot = bot_find(control->sandbox, user);
    if (bot && strcmp(before, status) != 0)
        tell_bot(control, bot, channel, before, status);
    *answer_out = json_pack("{s:s}", "before", before);
    return true;
}

static bool mark_blocked(struct control *control, const struct bot *bot)
{
    size_t i;
    json_t *id;
    json_array_foreach(json_object_get(control->body, "blocked"), i, id)
    {
        struct chat *chat = chat_find(bot, json_integer_value(id));
        if (!chat)
            return error_set(&control->err, ERR_INVALID, "blocked: number %zu has no chat with the bot", i);
        chat->blocked = true;
    }
    return true;
}

/* Many people at once who have written to the bot. */
static bool add_crowd(struct control *control, json_t **answer_out)
{
    struct bot *bot;
    int64_t first, count = 0;
    if (!control_bot(control, &bot) || !control_int(control, "first", &first) ||
        !control_may_int(control, "count", 0, CROWD_MOST, &count))
        return false;
    if (first <= 0 || first > ((int64_t)1 << 52) - CROWD_MOST)
        return error_set(&control->err, ERR_INVALID, "first must be from 1 to 2^52");
    for (int64_t id = first; id < first + count; id++)
        chat_get(bot, person_of_crowd(control->sandbox, id))->started = true;
    if (!mark_blocked(control, bot))
        return false;
    journal_event(control->sandbox, "person", 0, 0, 0);
    *answer_out = json_pack("{s:I}", "count", (json_int_t)count);
    return true;
}

/* How many messages that hold `text` each chat got from the bot; the deleted ones reached it too. */
static bool received(struct control *control, json_t **answer_out)
{
    const struct bot *bot = bot_find(control->sandbox, control_query_int(control, "bot", 0));
    const char *text = params_query(control->arena, control->query, "text");
    if (!bot)
        return error_set(&control->err, ERR_INVALID, "there is no such bot");
    json_t *chats = json_object();
    json_int_t total = 0;
    for (const struct table_entry *e = bot->chats.first; e; e = e->next) {
        const struct chat *chat = e->value;
        json_int_t count = 0;
        for (size_t i = 0; i < chat->count; i++) {
            const struct message *message = chat->messages[i];
            count += message->from_bot && (!text || (message->text && strstr(message->text, text)));
        }
        total += count;
        if (count > 0)
            json_object_set_new(chats, arena_printf(control->arena, "%" PRId64, chat->person->id),
                                json_integer(count));
    }
    *answer_out = json_pack("{s:I,s:o}", "total", total, "chats", chats);
    return true;
}

const struct control_route control_people_table[] = {
    {"POST", "channel", set_channel},
    {"POST", "member", set_member},
    {"POST", "people", add_crowd},
    {"GET", "received", received},
    {NULL, NULL, NULL},
};

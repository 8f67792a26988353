/* The control interface: what people do in their chats, and what they see there. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "bot.h"
#include "callback.h"
#include "chat.h"
#include "control.h"
#include "outgoing.h"
#include "person.h"
#include "sandbox.h"
#include "update.h"

enum { REPEAT_MOST = 1000, CALLBACK_DATA_MOST = 1024 };

static bool read_person(struct control *control, const char *name, struct person **person_out)
{
    int64_t id;
    if (!control_int(control, name, &id))
        return false;
    if (id <= 0 || id > (int64_t)1 << 52)
        return error_set(&control->err, ERR_INVALID, "%s must be from 1 to 2^52", name);
    *person_out = person_get(control->sandbox, id);
    return true;
}

static char *chat_key(struct control *control, const struct chat *chat)
{
    return arena_printf(control->arena, "m%" PRId64, chat->person->id);
}

static int64_t send_membership(struct control *control, struct chat *chat, bool blocked)
{
    chat->blocked = blocked;
    json_t *bot = bot_user_json(chat->bot);
    json_t *old_member = json_pack("{s:s,s:O}", "status", blocked ? "member" : "kicked", "user", bot);
    json_t *new_member = json_pack("{s:s,s:O}", "status", blocked ? "kicked" : "member", "user", bot);
    json_decref(bot);
    json_t *content = json_pack("{s:o,s:O,s:I,s:o,s:o}", "chat", person_chat_json(chat->person), "from",
                                chat->person->user, "date", (json_int_t)(clock_now_ms() / 1000),
                                "old_chat_member", old_member, "new_chat_member", new_member);
    journal_event(control->sandbox, "block", chat->bot->id, chat->person->id, 0);
    return update_send(control->sandbox, chat->bot, "my_chat_member", chat_key(control, chat),
                       chat->person->id, content);
}

/* A one-time keyboard is gone once one of its buttons was tapped. */
static void use_keyboard(struct chat *chat, const char *text)
{
    size_t i, j;
    json_t *row, *button;
    if (!chat->one_time || !text)
        return;
    bool used = false;
    json_array_foreach(chat->reply_keyboard, i, row)
    {
        json_array_foreach(row, j, button)
        {
            const char *label = json_is_string(button) ? json_string_value(button)
                                                       : json_string_value(json_object_get(button, "text"));
            used = used || str_equal(label, text);
        }
    }
    if (used) {
        json_decref(chat->reply_keyboard);
        chat->reply_keyboard = NULL;
        chat->one_time = false;
    }
}

static void add_message(struct control *control, struct chat *chat, const struct outgoing *out,
                        struct message **message_out)
{
    struct message *message = chat_add(chat, false, clock_now_ms());
    message->file = out->file;
    message->extra = json_incref(out->extra);
    message->forward_origin = json_incref(out->origin);
    message->reply_to = out->reply_to;
    message->media_group = out->album ? xstrdup(out->album) : NULL;
    if (out->text)
        message_set_text(message, out->text, NULL, out->entities);
    journal_event(control->sandbox, "message", chat->bot->id, chat->person->id, message->id);
    *message_out = message;
}

static bool send(struct control *control, json_t **answer_out)
{
    struct bot *bot;
    struct person *person;
    struct message *message;
    struct outgoing out = {0};
    if (!control_bot(control, &bot) || !read_person(control, "from", &person))
        return false;
    if (!outgoing_read(control, bot, person, &out)) {
        outgoing_free(&out);
        return false;
    }
    struct chat *chat = chat_get(bot, person);
    if (chat->blocked)
        send_membership(control, chat, false);
    chat->started = true;
    use_keyboard(chat, out.text);
    add_message(control, chat, &out, &message);
    outgoing_free(&out);
    int64_t update_id = update_send(control->sandbox, bot, "message", chat_key(control, chat), person->id,
                                    message_json(chat, message));
    *answer_out =
        json_pack("{s:I,s:I}", "update_id", (json_int_t)update_id, "message_id", (json_int_t)message->id);
    return true;
}

static bool has_button(const struct message *message, const char *data)
{
    size_t i, j;
    json_t *row, *button;
    json_array_foreach(message->inline_keyboard, i, row)
    {
        json_array_foreach(row, j, button)
        {
            if (str_equal(json_string_value(json_object_get(button, "callback_data")), data))
                return true;
        }
    }
    return false;
}

static bool press(struct control *control, json_t **answer_out)
{
    struct bot *bot;
    struct person *person;
    int64_t message_id;
    bool force = false;
    const char *data = NULL;
    if (!control_bot(control, &bot) || !read_person(control, "from", &person) ||
        !control_int(control, "message_id", &message_id) || !control_may_text(control, "data", &data) ||
        !control_may_bool(control, "force", &force))
        return false;
    if (!data || strlen(data) > CALLBACK_DATA_MOST)
        return error_set(&control->err, ERR_INVALID, "data must be a text");
    struct chat *chat = chat_find(bot, person->id);
    const struct message *message = chat ? chat_message(chat, message_id) : NULL;
    if (!force && (!message || message->deleted || !has_button(message, data)))
        return error_set(&control->err, ERR_INVALID, "the message has no such button now");
    struct callback *callback = callback_new(control->sandbox, bot, person->id, message_id, data);
    json_t *content =
        json_pack("{s:s,s:O,s:s,s:s}", "id", callback->id, "from", person->user, "chat_instance",
                  arena_printf(control->arena, "%" PRId64, bot->id * 31 + person->id), "data", data);
    if (message && !message->deleted)
        json_object_set_new(content, "message", message_json(chat, message));
    else /* an InaccessibleMessage */
        json_object_set_new(content, "message",
                            json_pack("{s:o,s:I,s:i}", "chat", person_chat_json(person), "message_id",
                                      (json_int_t)message_id, "date", 0));
    char *key = arena_printf(control->arena, "c%" PRId64, person->id);
    int64_t update_id = update_send(control->sandbox, bot, "callback_query", key, person->id, content);
    *answer_out =
        json_pack("{s:I,s:s}", "update_id", (json_int_t)update_id, "callback_query_id", callback->id);
    return true;
}

static bool raw_update(struct control *control, json_t **answer_out)
{
    struct bot *bot;
    json_t *update;
    if (!control_bot(control, &bot))
        return false;
    if (!json_get_object(control->body, "update", &update))
        return error_set(&control->err, ERR_INVALID, "update must be an object");
    *answer_out = json_pack("{s:I}", "update_id",
                            (json_int_t)update_send_raw(control->sandbox, bot, json_deep_copy(update)));
    return true;
}

static bool repeat(struct control *control, json_t **answer_out)
{
    struct bot *bot;
    int64_t update_id, times = 1;
    bool parallel = false;
    if (!control_bot(control, &bot) || !control_int(control, "update_id", &update_id) ||
        !control_may_int(control, "times", 1, REPEAT_MOST, &times) ||
        !control_may_bool(control, "parallel", &parallel) ||
        !update_repeat(control->sandbox, bot, update_id, (int)times, parallel, &control->err))
        return false;
    *answer_out = json_object();
    return true;
}

static bool block(struct control *control, json_t **answer_out)
{
    struct bot *bot;
    struct person *person;
    bool blocked = true;
    if (!control_bot(control, &bot) || !read_person(control, "person", &person) ||
        !control_may_bool(control, "blocked", &blocked))
        return false;
    struct chat *chat = chat_find(bot, person->id);
    if (!chat || !chat->started)
        return error_set(&control->err, ERR_INVALID, "this person has no chat with the bot");
    *answer_out = json_object();
    if (chat->blocked != blocked)
        json_object_set_new(*answer_out, "update_id", json_integer(send_membership(control, chat, blocked)));
    return true;
}

static bool chat(struct control *control, json_t **answer_out)
{
    struct bot *bot = bot_find(control->sandbox, control_query_int(control, "bot", 0));
    struct chat *found = bot ? chat_find(bot, control_query_int(control, "chat", 0)) : NULL;
    int64_t last = control_query_int(control, "last", 0);
    *answer_out = found ? chat_json(control->sandbox, found, last > 0 ? (size_t)last : 0)
                        : json_pack("{s:[],s:n,s:[],s:b,s:b,s:b}", "messages", "reply_keyboard", "answers",
                                    "typing", 0, "started", 0, "blocked", 0);
    return true;
}

/* Makes a message older: for what Telegram forbids after 48 hours. */
static bool age(struct control *control, json_t **answer_out)
{
    struct bot *bot;
    int64_t person, message_id, seconds = 0;
    if (!control_bot(control, &bot) || !control_int(control, "chat", &person) ||
        !control_int(control, "message_id", &message_id) ||
        !control_may_int(control, "seconds", 0, 365 * 86400, &seconds))
        return false;
    struct chat *found = chat_find(bot, person);
    struct message *message = found ? chat_message(found, message_id) : NULL;
    if (!message)
        return error_set(&control->err, ERR_INVALID, "there is no such message");
    message->date -= seconds;
    *answer_out = json_pack("{s:I}", "date", (json_int_t)message->date);
    return true;
}

const struct control_route control_chat_table[] = {
    {"POST", "send", send},     {"POST", "press", press}, {"POST", "update", raw_update},
    {"POST", "repeat", repeat}, {"POST", "block", block}, {"GET", "chat", chat},
    {"POST", "age", age},       {NULL, NULL, NULL},
};

/* getMe, getFile, answerCallbackQuery, setMyCommands, getMyCommands, deleteMyCommands. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/json.h"
#include "base/str.h"
#include "callback.h"
#include "person.h"
#include "sandbox.h"
#include "telegram.h"

enum {
    ANSWER_MOST = 200,
    COMMANDS_MOST = 100,
    COMMAND_MOST = 32,
    DESCRIPTION_MOST = 256,
    DOWNLOAD_MOST = 20 * 1024 * 1024,
};

struct callback *callback_new(struct sandbox *sandbox, struct bot *bot, int64_t person, int64_t message_id,
                              const char *data)
{
    struct callback *callback = xcalloc(1, sizeof *callback);
    uint64_t id;
    crypto_random(&id, sizeof id);
    auto_arena struct arena *arena = arena_new();
    *callback = (struct callback){.id = xstrdup(arena_printf(arena, "%" PRIu64, id)),
                                  .data = xstrdup(data),
                                  .bot = bot,
                                  .person = person,
                                  .message_id = message_id};
    table_set(&sandbox->callbacks, callback->id, callback);
    return callback;
}

void callback_free(void *pointer)
{
    struct callback *callback = pointer;
    free(callback->id);
    free(callback->data);
    free(callback);
}

static bool get_me(struct call *call, json_t **result_out)
{
    json_t *me = bot_user_json(call->bot);
    json_object_set_new(me, "can_join_groups", json_true());
    json_object_set_new(me, "can_read_all_group_messages", json_false());
    json_object_set_new(me, "supports_inline_queries", json_false());
    json_object_set_new(me, "can_manage_bots", json_boolean(call->bot->can_manage_bots));
    *result_out = me;
    return true;
}

static bool get_file(struct call *call, json_t **result_out)
{
    const char *id = params_text(&call->params, "file_id");
    if (!id || !*id)
        return call_bug(call, "file_id not specified");
    bool foreign;
    const struct file *file = file_find(call->sandbox, call->bot->id, id, &foreign);
    if (foreign)
        return call_state(call, 400, "wrong file_id or the file is temporarily unavailable");
    if (!file)
        return call_bug(call, "invalid file_id");
    if (file->size > DOWNLOAD_MOST)
        return call_state(call, 400, "file is too big");
    *result_out = json_pack("{s:s,s:s,s:I,s:s}", "file_id", file->id, "file_unique_id", file->unique_id,
                            "file_size", (json_int_t)file->size, "file_path", file->path);
    return true;
}

static bool answer_callback_query(struct call *call, json_t **result_out)
{
    const char *id = params_text(&call->params, "callback_query_id");
    const char *text = params_text(&call->params, "text");
    if (!id || !*id)
        return call_bug(call, "callback_query_id not specified");
    struct callback *callback = table_get(&call->sandbox->callbacks, id);
    if (callback && callback->bot == call->bot)
        call->chat = callback->person;
    if (text && str_utf16_length(text) > ANSWER_MOST)
        return call_bug(call, "MESSAGE_TOO_LONG");
    if (!callback || callback->bot != call->bot || callback->answered)
        return call_state(call, 400, "query is too old and response timeout expired or query ID is invalid");
    callback->answered = true;
    struct chat *chat = chat_find(call->bot, callback->person);
    if (chat) {
        json_t *answer = json_pack("{s:s,s:s,s:b,s:s,s:I}", "callback_query_id", callback->id, "text",
                                   text ? text : "", "show_alert", params_bool(&call->params, "show_alert"),
                                   "data", callback->data, "message_id", (json_int_t)callback->message_id);
        if (json_array_size(chat->answers) == ANSWERS_KEPT)
            json_array_remove(chat->answers, 0);
        json_array_append_new(chat->answers, answer);
    }
    journal_event(call->sandbox, "answer", call->bot->id, callback->person, callback->message_id);
    *result_out = json_true();
    return true;
}

/* "scope|language"; the scope of a chat carries the chat. */
static bool commands_key(struct call *call, const char **key_out)
{
    static const char *const types[] = {
        "default", "all_private_chats",   "all_group_chats", "all_chat_administrators",
        "chat",    "chat_administrators", "chat_member"};
    json_t *scope;
    const char *language = params_text(&call->params, "language_code");
    const char *type = "default";
    bool known = false;
    if (!params_json(&call->params, "scope", JSON_OBJECT, &scope) ||
        (scope && !json_get_string(scope, "type", &type)))
        return call_bug(call, "can't parse BotCommandScope");
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        known = known || strcmp(types[i], type) == 0;
    int64_t chat = 0;
    if (!known || (str_starts_with(type, "chat") && !json_get_int(scope, "chat_id", &chat)))
        return call_bug(call, "can't parse BotCommandScope");
    if (language && *language &&
        (strlen(language) != 2 || strspn(language, "abcdefghijklmnopqrstuvwxyz") != 2))
        return call_bug(call, "invalid language code specified");
    *key_out = chat ? arena_printf(call->arena, "%s:%" PRId64 "|%s", type, chat, language ? language : "")
                    : arena_printf(call->arena, "%s|%s", type, language ? language : "");
    return true;
}

static bool check_command(struct call *call, const json_t *command)
{
    const char *name, *description;
    if (!json_get_string(command, "command", &name) || !json_get_string(command, "description", &description))
        return call_bug(call, "can't parse BotCommand");
    if (*name == '/')
        name++;
    size_t length = strlen(name);
    if (length < 1 || length > COMMAND_MOST ||
        strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != length)
        return call_bug(call, "BOT_COMMAND_INVALID");
    if (*description == '\0' || str_utf16_length(description) > DESCRIPTION_MOST)
        return call_bug(call, "BOT_COMMAND_DESCRIPTION_INVALID");
    return true;
}

static bool set_my_commands(struct call *call, json_t **result_out)
{
    json_t *commands, *command;
    const char *key;
    size_t i;
    if (!params_json(&call->params, "commands", JSON_ARRAY, &commands) || !commands)
        return call_bug(call, "can't parse commands JSON array");
    if (json_array_size(commands) > COMMANDS_MOST)
        return call_bug(call, "BOT_COMMANDS_TOO_MUCH");
    json_array_foreach(commands, i, command)
    {
        if (!check_command(call, command))
            return false;
    }
    if (!commands_key(call, &key))
        return false;
    json_object_set_new(call->bot->commands, key, json_deep_copy(commands));
    journal_event(call->sandbox, "bot", call->bot->id, 0, 0);
    *result_out = json_true();
    return true;
}

static bool get_my_commands(struct call *call, json_t **result_out)
{
    const char *key;
    if (!commands_key(call, &key))
        return false;
    json_t *commands = json_object_get(call->bot->commands, key);
    *result_out = commands ? json_incref(commands) : json_array();
    return true;
}

static bool delete_my_commands(struct call *call, json_t **result_out)
{
    const char *key;
    if (!commands_key(call, &key))
        return false;
    json_object_del(call->bot->commands, key);
    journal_event(call->sandbox, "bot", call->bot->id, 0, 0);
    *result_out = json_true();
    return true;
}

const struct method method_info_table[] = {
    {"getMe", get_me, true, false},
    {"getFile", get_file, true, false},
    {"getMyCommands", get_my_commands, true, false},
    {"setMyCommands", set_my_commands, false, false},
    {"deleteMyCommands", delete_my_commands, false, false},
    {"answerCallbackQuery", answer_callback_query, false, false},
    {NULL, NULL, false, false},
};

/* What the methods of the Bot API have in common: reading and checking their parameters. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/str.h"
#include "channel.h"
#include "html.h"
#include "person.h"
#include "sandbox.h"
#include "telegram.h"

enum { TEXT_MOST = 4096, CAPTION_MOST = 1024, ENTITIES_MOST = 100 };

static bool refuse(struct call *call, int error_code, bool malformed, const char *format, va_list args)
{
    char *text = arena_vprintf(call->arena, format, args);
    if (!str_is_utf8(text, strlen(text))) /* a quoted name may have been cut inside a character */
        for (char *c = text; *c; c++)
            *c = (unsigned char)*c < 0x80 ? *c : '?';
    call->error_code = error_code;
    call->malformed = malformed;
    call->description =
        arena_printf(call->arena, "%s: %s", error_code == 403 ? "Forbidden" : "Bad Request", text);
    return false;
}

void call_refuse_bug(struct call *call, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    refuse(call, 400, true, format, args);
    va_end(args);
}

bool call_bug_error(struct call *call, const char *prefix, const struct error *err)
{
    return call_bug(call, "%s%s", prefix, err->text);
}

void call_refuse_state(struct call *call, int error_code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    refuse(call, error_code, false, format, args);
    va_end(args);
}

struct channel *call_channel(struct call *call, const char *name)
{
    int64_t id;
    const char *text = params_text(&call->params, name);
    if (text && text[0] == '@')
        return channel_find_name(call->sandbox, text);
    return text && str_to_int64(text, &id) ? channel_find(call->sandbox, id) : NULL;
}

bool call_may_see(struct call *call, const struct channel *channel)
{
    const char *own = channel_status(channel, call->bot->id);
    if (strcmp(own, "kicked") == 0)
        return call_state(call, 403, "bot was kicked from the %s chat", channel->type);
    if (!channel->username && !channel_is_in(own))
        return call_state(call, 403, "bot is not a member of the %s chat", channel->type);
    return true;
}

bool call_chat_named(struct call *call, const char *name, struct chat **chat_out)
{
    int64_t id;
    const char *text = params_text(&call->params, name);
    if (!text || !*text)
        return call_bug(call, "%s is empty", name);
    const struct channel *channel = call_channel(call, name);
    if (channel)
        return call_may_see(call, channel) && call_bug(call, "the sandbox keeps no messages of channels");
    if (text[0] == '@')
        return call_state(call, 400, "chat not found");
    if (!str_to_int64(text, &id) || id == 0)
        return call_bug(call, "chat not found");
    struct chat *chat = chat_find(call->bot, id);
    if (!chat || !chat->started) {
        if (person_find(call->sandbox, id))
            return call_state(call, 403, "bot can't initiate conversation with a user");
        return call_state(call, 400, "chat not found");
    }
    *chat_out = chat;
    return true;
}

bool call_chat(struct call *call, struct chat **chat_out)
{
    struct chat *chat;
    if (!call_chat_named(call, "chat_id", &chat))
        return false;
    if (chat->blocked)
        return call_state(call, 403, "bot was blocked by the user");
    *chat_out = chat;
    return true;
}

bool call_message(struct call *call, struct chat *chat, const char *missing, struct message **message_out)
{
    int64_t id;
    if (!params_int(&call->params, "message_id", &id) || id <= 0)
        return call_bug(call, "message identifier is not specified");
    struct message *message = chat_message(chat, id);
    if (!message || message->deleted)
        return call_state(call, 400, "%s", missing);
    *message_out = message;
    return true;
}

bool call_markup(struct call *call, bool inline_only, struct markup *markup_out)
{
    json_t *json;
    struct error err;
    if (!params_json(&call->params, "reply_markup", JSON_OBJECT, &json))
        return call_bug(call, "object expected as reply markup");
    return keyboard_check(json, inline_only, markup_out, &err) || call_bug_error(call, "", &err);
}

/* Entities given outright: their shape is checked, not what they point at. */
static bool given_entities(struct call *call, json_t *given, json_t **entities_out)
{
    size_t i;
    json_t *entity;
    int64_t offset, length;
    const char *type;
    if (json_array_size(given) > ENTITIES_MOST)
        return call_bug(call, "too many entities");
    json_array_foreach(given, i, entity)
    {
        if (!json_get_string(entity, "type", &type) || !json_get_int(entity, "offset", &offset) ||
            !json_get_int(entity, "length", &length) || offset < 0 || length < 1)
            return call_bug(call, "can't parse MessageEntity");
    }
    *entities_out = json_deep_copy(given);
    return true;
}

/* Entities of an object inside the params stand as JSON; of the params themselves maybe as a text. */
static bool read_entities(struct call *call, const json_t *object, const char *name, json_t **entities_out)
{
    json_t *given = NULL;
    if (object)
        given = json_object_get(object, name);
    else if (!params_json(&call->params, name, JSON_ARRAY, &given))
        return call_bug(call, "can't parse entities JSON object");
    if (given && !json_is_array(given))
        return call_bug(call, "can't parse entities JSON object");
    return given ? given_entities(call, given, entities_out) : true;
}

bool call_formatted(struct call *call, const json_t *object, const char *name, const char *entities_name,
                    struct formatted *formatted_out)
{
    struct error err;
    struct formatted f = {0};
    const char *raw =
        object ? json_string_value(json_object_get(object, name)) : params_text(&call->params, name);
    const char *mode = object ? json_string_value(json_object_get(object, "parse_mode"))
                              : params_text(&call->params, "parse_mode");
    if (!raw)
        raw = "";
    if (mode && strcasecmp(mode, "html") == 0) {
        if (!html_parse(call->arena, raw, &f.text, &f.entities, &err))
            return call_bug_error(call, "can't parse entities: ", &err);
        f.html = raw;
    } else if (mode && *mode && strcasecmp(mode, "none") != 0) {
        return call_bug(call, "unsupported parse_mode (this sandbox knows HTML and none)");
    } else {
        f.text = arena_strdup(call->arena, raw);
        if (!read_entities(call, object, entities_name, &f.entities))
            return false;
    }
    if (f.entities)
        json_array_append_new(call->params.parsed, f.entities);
    html_trim(f.text, f.entities);
    f.length = str_utf16_length(f.text);
    if (json_array_size(f.entities) == 0)
        f.entities = NULL;
    *formatted_out = f;
    return true;
}

bool call_text(struct call *call, struct formatted *formatted_out)
{
    struct formatted f;
    if (!call_formatted(call, NULL, "text", "entities", &f))
        return false;
    if (f.length == 0)
        return call_bug(call, "message text is empty");
    if (f.length > TEXT_MOST)
        return call_bug(call, "message is too long");
    *formatted_out = f;
    return true;
}

bool call_caption(struct call *call, const json_t *object, struct formatted *formatted_out)
{
    struct formatted f;
    if (!call_formatted(call, object, "caption", "caption_entities", &f))
        return false;
    if (f.length > CAPTION_MOST)
        return call_bug(call, "message caption is too long");
    if (f.length == 0)
        f = (struct formatted){0};
    *formatted_out = f;
    return true;
}

bool call_file(struct call *call, const char *name, const char *value, enum file_kind kind,
               struct file **file_out)
{
    struct error err;
    const struct multipart_part *part = NULL;
    if (!value)
        part = params_file(&call->params, name);
    else if (str_starts_with(value, "attach://"))
        part = params_file(&call->params, value + strlen("attach://"));
    if (part) {
        struct file_source source = {.kind = kind,
                                     .name = part->filename,
                                     .mime = part->type ? part->type : "application/octet-stream",
                                     .bytes = part->bytes,
                                     .length = part->length};
        if (!file_add(call->sandbox, call->bot->id, &source, file_out, &err))
            return call_bug_error(call, "", &err);
        return true;
    }
    if (!value || !*value)
        return call_bug(call, "there is no %s in the request", name);
    bool foreign;
    struct file *file = file_find(call->sandbox, call->bot->id, value, &foreign);
    if (foreign)
        return call_state(call, 400, "wrong file identifier/HTTP URL specified");
    if (!file)
        return call_bug(call, strstr(value, "://")
                                  ? "wrong file identifier/HTTP URL specified (the sandbox fetches none)"
                                  : "wrong remote file identifier specified: Wrong string length");
    if (file->kind != kind)
        return call_bug(call, "can't use file of type %s as %s", file_kind_type(file->kind),
                        file_kind_type(kind));
    *file_out = file;
    return true;
}

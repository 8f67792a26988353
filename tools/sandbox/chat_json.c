/* A chat's messages as JSON: as the Bot API gives them to bots, and as the control interface gives them. */
#include <string.h>

#include "base/clock.h"
#include "bot.h"
#include "chat.h"
#include "file.h"
#include "person.h"
#include "qr_image.h"
#include "sandbox.h"

static void put_new(json_t *object, const char *name, json_t *value)
{
    json_object_set_new(object, name, value);
}

static json_t *file_json(const struct file *file)
{
    /* Which members a kind has besides its ids and size. */
    enum { SIDES = 1, NAME = 2, MIME = 4, DURATION = 8, LENGTH = 16 };
    static const int members[FILE_KINDS] = {
        [FILE_PHOTO] = SIDES,
        [FILE_DOCUMENT] = NAME | MIME,
        [FILE_STICKER] = SIDES,
        [FILE_VIDEO] = SIDES | NAME | MIME | DURATION,
        [FILE_ANIMATION] = SIDES | NAME | MIME | DURATION,
        [FILE_AUDIO] = NAME | MIME | DURATION,
        [FILE_VOICE] = MIME | DURATION,
        [FILE_VIDEO_NOTE] = DURATION | LENGTH,
    };
    int has = members[file->kind];
    json_t *json = json_pack("{s:s,s:s,s:I}", "file_id", file->id, "file_unique_id", file->unique_id,
                             "file_size", (json_int_t)file->size);
    if (has & SIDES) {
        put_new(json, "width", json_integer(file->width));
        put_new(json, "height", json_integer(file->height));
    }
    if (has & MIME && file->mime)
        put_new(json, "mime_type", json_string(file->mime));
    if (has & NAME && file->name)
        put_new(json, "file_name", json_string(file->name));
    if (has & DURATION)
        put_new(json, "duration", json_integer(1));
    if (has & LENGTH)
        put_new(json, "length", json_integer(240));
    return json;
}

static void put_file(json_t *json, const struct file *file)
{
    json_t *part = file_json(file);
    if (file->kind == FILE_STICKER) {
        put_new(part, "type", json_string("regular"));
        put_new(part, "is_animated", json_false());
        put_new(part, "is_video", json_false());
    }
    if (file->kind == FILE_ANIMATION) /* Telegram gives an animation as a document too */
        put_new(json, "document", json_copy(part));
    put_new(json, file_kind_name(file->kind), file->kind == FILE_PHOTO ? json_pack("[o]", part) : part);
}

static json_t *message_json_flat(const struct chat *chat, const struct message *message)
{
    json_t *from = message->from_bot ? bot_user_json(chat->bot) : json_incref(chat->person->user);
    json_t *json = json_pack("{s:I,s:o,s:o,s:I}", "message_id", (json_int_t)message->id, "from", from, "chat",
                             person_chat_json(chat->person), "date", (json_int_t)message->date);
    bool caption = message->file != NULL;
    if (message->edit_date)
        put_new(json, "edit_date", json_integer(message->edit_date));
    if (message->forward_origin)
        put_new(json, "forward_origin", json_incref(message->forward_origin));
    if (message->file)
        put_file(json, message->file);
    if (message->extra)
        json_object_update(json, message->extra);
    if (message->media_group)
        put_new(json, "media_group_id", json_string(message->media_group));
    if (message->text)
        put_new(json, caption ? "caption" : "text", json_string(message->text));
    if (message->entities && json_array_size(message->entities) > 0)
        put_new(json, caption ? "caption_entities" : "entities", json_incref(message->entities));
    if (message->inline_keyboard)
        put_new(json, "reply_markup", json_pack("{s:O}", "inline_keyboard", message->inline_keyboard));
    if (message->protect_content)
        put_new(json, "has_protected_content", json_true());
    return json;
}

json_t *message_json(const struct chat *chat, const struct message *message)
{
    json_t *json = message_json_flat(chat, message);
    const struct message *replied = message->reply_to ? chat_message(chat, message->reply_to) : NULL;
    if (replied && !replied->deleted)
        put_new(json, "reply_to_message", message_json_flat(chat, replied));
    return json;
}

static void put_media(struct sandbox *sandbox, struct arena *arena, json_t *json, struct message *message)
{
    const struct file *file = message->file;
    json_t *media = json_pack("{s:s,s:s,s:I,s:b}", "file_id", file->id, "url", file_url(arena, sandbox, file),
                              "size", (json_int_t)file->size, "picture", file->is_picture);
    if (file->kind == FILE_PHOTO || file->kind == FILE_STICKER) {
        put_new(media, "width", json_integer(file->width));
        put_new(media, "height", json_integer(file->height));
    }
    if (file->kind == FILE_PHOTO) {
        const char *qr = qr_image_of(sandbox, message);
        put_new(media, "qr", qr ? json_string(qr) : json_null());
    } else {
        put_new(media, "file_name", json_string(file->name ? file->name : file_kind_name(file->kind)));
    }
    if (file->mime)
        put_new(media, "mime_type", json_string(file->mime));
    put_new(json, file_kind_name(file->kind), media);
}

static json_t *shown_message(struct sandbox *sandbox, struct arena *arena, struct message *message)
{
    json_t *json = json_pack("{s:I,s:s,s:I,s:i,s:b}", "message_id", (json_int_t)message->id, "from",
                             message->from_bot ? "bot" : "person", "date", (json_int_t)message->date,
                             "edited", message->edited, "deleted", message->deleted);
    if (message->text)
        put_new(json, "text", json_string(message->text));
    if (message->html)
        put_new(json, "html", json_string(message->html));
    if (message->entities && json_array_size(message->entities) > 0)
        put_new(json, "entities", json_incref(message->entities));
    if (message->file)
        put_media(sandbox, arena, json, message);
    if (message->extra)
        json_object_update(json, message->extra);
    if (message->inline_keyboard)
        put_new(json, "inline_keyboard", json_incref(message->inline_keyboard));
    if (message->reply_to)
        put_new(json, "reply_to", json_integer(message->reply_to));
    if (message->forward_origin)
        put_new(json, "forward_origin", json_incref(message->forward_origin));
    return json;
}

/* The index of the first of the last ones. */
static size_t first_of(size_t count, size_t last)
{
    return last == 0 || last > count ? 0 : count - last;
}

json_t *chat_json(struct sandbox *sandbox, struct chat *chat, size_t last)
{
    auto_arena struct arena *arena = arena_new();
    json_t *messages = json_array(), *answers = json_array();
    for (size_t i = first_of(chat->count, last); i < chat->count; i++)
        json_array_append_new(messages, shown_message(sandbox, arena, chat->messages[i]));
    for (size_t i = first_of(json_array_size(chat->answers), last); i < json_array_size(chat->answers); i++)
        json_array_append(answers, json_array_get(chat->answers, i));
    return json_pack("{s:o,s:O?,s:o,s:b,s:b,s:b}", "messages", messages, "reply_keyboard",
                     chat->reply_keyboard, "answers", answers, "typing",
                     chat->typing_until_ms > clock_mono_ms(), "started", chat->started, "blocked",
                     chat->blocked);
}

#include "telegram/update.h"

#include <string.h>

#include "base/json.h"
#include "base/str.h"

/* UTF-16 units; a bot gets at most 4096 of text, and 1024 of caption (more from people with Premium). */
enum { MOST_TEXT = 4096, MOST_CAPTION = 4096, MOST_NAME = 128 };
/* Bytes; a file_id and a callback's id have no documented bound. */
enum { MOST_FILE_ID = 512, MOST_CALLBACK_ID = 256, MOST_DATA = 64, MOST_USERNAME = 64, MOST_LANGUAGE = 35 };
enum { MOST_FILE_NAME = 255 };

struct decoder {
    struct arena *arena;
    struct update *update;
    struct error *err;
};

/* NULL where it is missing. */
static const char *get_text(const struct decoder *d, const json_t *object, const char *name, size_t most)
{
    const char *text;
    if (!json_get_string(object, name, &text))
        return NULL;
    return str_utf8_cut(d->arena, text, most);
}

/* An identifier is of no use when cut: NULL where it is missing, empty or too long. */
static const char *get_word(const struct decoder *d, const json_t *object, const char *name, size_t most)
{
    const char *text;
    if (!json_get_string(object, name, &text) || !*text || strlen(text) > most)
        return NULL;
    return arena_strdup(d->arena, text);
}

static bool decode_person(const struct decoder *d, const json_t *parent, const char *member)
{
    struct update *u = d->update;
    json_t *from;
    if (!json_get_object(parent, member, &from))
        return error_set(d->err, ERR_INVALID, "update without a person");
    int64_t id;
    if (!json_get_int(from, "id", &id) || id <= 0)
        return error_set(d->err, ERR_INVALID, "update with a person without id");
    u->from_id = id;
    json_get_bool(from, "is_bot", &u->from_is_bot);
    const char *first_name = get_text(d, from, "first_name", MOST_NAME);
    u->first_name = first_name ? first_name : "";
    u->last_name = get_text(d, from, "last_name", MOST_NAME);
    u->username = get_word(d, from, "username", MOST_USERNAME);
    u->language_code = get_word(d, from, "language_code", MOST_LANGUAGE);
    return true;
}

static bool decode_from(const struct decoder *d, const json_t *parent)
{
    return decode_person(d, parent, "from");
}

static bool decode_chat(const struct decoder *d, const json_t *parent)
{
    json_t *chat;
    int64_t id;
    const char *type;
    if (!json_get_object(parent, "chat", &chat) || !json_get_int(chat, "id", &id) || id == 0 ||
        !json_get_string(chat, "type", &type))
        return error_set(d->err, ERR_INVALID, "update without a chat");
    d->update->chat_id = id;
    d->update->chat_is_private = str_equal(type, "private");
    return true;
}

static bool has_photo(const json_t *message)
{
    json_t *sizes;
    return json_get_array(message, "photo", &sizes) && json_array_size(sizes) > 0;
}

static const char *largest_photo(const struct decoder *d, const json_t *message)
{
    json_t *sizes;
    if (!json_get_array(message, "photo", &sizes))
        return NULL;
    const char *best = NULL;
    double best_area = -1;
    for (size_t i = 0; i < json_array_size(sizes); i++) {
        const json_t *size = json_array_get(sizes, i);
        int64_t width = 0, height = 0;
        json_get_int(size, "width", &width);
        json_get_int(size, "height", &height);
        double area = (double)width * (double)height;
        const char *file_id = area > best_area ? get_word(d, size, "file_id", MOST_FILE_ID) : NULL;
        if (file_id) {
            best = file_id;
            best_area = area;
        }
    }
    return best;
}

static bool has_media(const json_t *message)
{
    static const char *const names[] = {
        "animation", "audio", "document", "sticker", "story", "video",    "video_note", "voice",
        "contact",   "dice",  "game",     "poll",    "venue", "location", "paid_media", "checklist",
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (json_is_object(json_object_get(message, names[i])))
            return true;
    return false;
}

/* Links, mentions and the like are made of the text again, whoever sends it. */
static bool is_formatted(const json_t *message)
{
    static const char *const plain[] = {"mention", "hashtag", "cashtag",      "bot_command",
                                        "url",     "email",   "phone_number", "bank_card_number"};
    json_t *entities;
    if (!json_get_array(message, "entities", &entities))
        return false;
    for (size_t i = 0; i < json_array_size(entities); i++) {
        const char *type = "";
        size_t k = 0;
        json_get_string(json_array_get(entities, i), "type", &type);
        while (k < sizeof(plain) / sizeof(*plain) && strcmp(type, plain[k]) != 0)
            k++;
        if (k == sizeof(plain) / sizeof(*plain))
            return true;
    }
    return false;
}

static void decode_document(const struct decoder *d, const json_t *message)
{
    struct update *u = d->update;
    json_t *document;
    if (json_object_get(message, "animation") || !json_get_object(message, "document", &document))
        return;
    u->document_file_id = get_word(d, document, "file_id", MOST_FILE_ID);
    const char *name = get_text(d, document, "file_name", MOST_FILE_NAME);
    u->document_name = name ? name : "";
    if (!json_get_int(document, "file_size", &u->document_size) || u->document_size < 0)
        u->document_size = 0;
}

static const char *sticker_of(const struct decoder *d, const json_t *message)
{
    json_t *sticker;
    return json_get_object(message, "sticker", &sticker) ? get_word(d, sticker, "file_id", MOST_FILE_ID)
                                                         : NULL;
}

static int64_t origin_of(const json_t *message)
{
    json_t *origin, *person;
    int64_t id = 0;
    bool is_bot = false;
    if (!json_get_object(message, "forward_origin", &origin) ||
        !json_get_object(origin, "sender_user", &person) || !json_get_int(person, "id", &id))
        return 0;
    json_get_bool(person, "is_bot", &is_bot);
    return is_bot || id < 0 ? 0 : id;
}

static bool decode_message(const struct decoder *d, const json_t *message)
{
    struct update *u = d->update;
    if (!decode_chat(d, message))
        return false;
    if (json_object_get(message, "from") && !decode_from(d, message))
        return false;
    if (!json_get_int(message, "message_id", &u->message_id) || u->message_id < 0)
        return error_set(d->err, ERR_INVALID, "message without id");
    u->text = get_text(d, message, "text", MOST_TEXT);
    u->text_is_formatted = is_formatted(message);
    u->caption = get_text(d, message, "caption", MOST_CAPTION);
    u->photo_file_id = largest_photo(d, message);
    u->has_media = has_media(message);
    decode_document(d, message);
    u->sticker_file_id = sticker_of(d, message);
    u->forwarded_from = origin_of(message);
    return true;
}

/* The message that carries the button: complete, or "inaccessible" with nothing but its chat and date 0. */
static bool decode_button_message(const struct decoder *d, const json_t *message)
{
    struct update *u = d->update;
    int64_t date = 0, message_id;
    if (!decode_chat(d, message))
        return false;
    json_get_int(message, "date", &date);
    if (date == 0)
        return true;
    if (!json_get_int(message, "message_id", &message_id) || message_id < 0)
        return error_set(d->err, ERR_INVALID, "callback from a message without id");
    u->message_id = message_id;
    u->message_has_photo = has_photo(message);
    u->message_has_media = has_media(message);
    return true;
}

static bool decode_callback(const struct decoder *d, const json_t *callback)
{
    struct update *u = d->update;
    u->callback_id = get_word(d, callback, "id", MOST_CALLBACK_ID);
    if (!u->callback_id)
        return error_set(d->err, ERR_INVALID, "callback without id");
    if (!decode_from(d, callback))
        return false;
    const char *data = get_word(d, callback, "data", MOST_DATA);
    u->data = data ? data : "";
    json_t *message;
    return !json_get_object(callback, "message", &message) || decode_button_message(d, message);
}

static bool decode_my_chat_member(const struct decoder *d, const json_t *change)
{
    json_t *now;
    const char *status;
    if (!decode_chat(d, change) || !decode_from(d, change))
        return false;
    if (!json_get_object(change, "new_chat_member", &now) || !json_get_string(now, "status", &status))
        return error_set(d->err, ERR_INVALID, "my_chat_member without a status");
    d->update->blocked = str_equal(status, "kicked") || str_equal(status, "left");
    return true;
}

static bool decode_managed_bot(const struct decoder *d, const json_t *change)
{
    struct update *u = d->update;
    json_t *bot;
    if (!decode_person(d, change, "user"))
        return false;
    if (!json_get_object(change, "bot", &bot) || !json_get_int(bot, "id", &u->managed_id) ||
        u->managed_id <= 0)
        return error_set(d->err, ERR_INVALID, "managed_bot without a bot");
    const char *username = get_word(d, bot, "username", MOST_USERNAME);
    const char *name = get_text(d, bot, "first_name", MOST_NAME);
    u->managed_username = username ? username : "";
    u->managed_name = name ? name : "";
    u->chat_id = u->from_id;
    u->chat_is_private = true;
    return true;
}

static const struct {
    const char *name;
    enum update_kind kind;
    bool (*decode)(const struct decoder *d, const json_t *body);
} kinds[] = {
    {"message", UPDATE_MESSAGE, decode_message},
    {"callback_query", UPDATE_CALLBACK, decode_callback},
    {"my_chat_member", UPDATE_MY_CHAT_MEMBER, decode_my_chat_member},
    {"managed_bot", UPDATE_MANAGED_BOT, decode_managed_bot},
};

bool update_decode(struct arena *arena, const char *text, size_t length, struct update *update_out,
                   struct error *err)
{
    auto_json json_t *json = NULL;
    if (!json_parse(text, length, &json, err))
        return false;
    struct update update = {
        .kind = UPDATE_OTHER, .first_name = "", .data = "", .managed_username = "", .managed_name = ""};
    if (!json_get_int(json, "update_id", &update.update_id) || update.update_id < 0)
        return error_set(err, ERR_INVALID, "not an update: no update_id");
    struct decoder decoder = {arena, &update, err};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        json_t *body = json_object_get(json, kinds[i].name);
        if (!body)
            continue;
        if (!json_is_object(body))
            return error_set(err, ERR_INVALID, "not an update: \"%s\" is not an object", kinds[i].name);
        update.kind = kinds[i].kind;
        if (!kinds[i].decode(&decoder, body))
            return false;
        break;
    }
    *update_out = update;
    return true;
}

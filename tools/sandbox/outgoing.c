#include "outgoing.h"

#include <string.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/str.h"
#include "bot.h"
#include "control.h"
#include "file.h"
#include "html.h"
#include "person.h"
#include "sandbox.h"

enum { TEXT_MOST = 4096, CAPTION_MOST = 1024 };

json_t *outgoing_command_entities(const char *text)
{
    static const char word[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    json_t *entities = json_array();
    size_t units = 0;
    for (const char *at = text; *at;) {
        size_t length = strspn(at + 1, word);
        bool begins = at == text || at[-1] == ' ' || at[-1] == '\n';
        if (*at == '/' && begins && length >= 1 && length <= 64) {
            length++;
            if (at[length] == '@')
                length += 1 + strspn(at + length + 1, word);
            json_array_append_new(entities, json_pack("{s:s,s:I,s:I}", "type", "bot_command", "offset",
                                                      (json_int_t)units, "length", (json_int_t)length));
            units += length;
            at += length;
            continue;
        }
        uint32_t point;
        size_t bytes = str_utf8_decode(at, strnlen(at, 4), &point);
        if (bytes == 0)
            break;
        units += point >= 0x10000 ? 2 : 1;
        at += bytes;
    }
    return entities;
}

static bool read_text(struct control *control, const char *name, size_t most, char **text_out)
{
    const char *text = NULL;
    if (!control_may_text(control, name, &text))
        return false;
    if (!text)
        return true;
    char *copy = arena_strdup(control->arena, text);
    html_trim(copy, NULL);
    if (*copy == '\0' || str_utf16_length(copy) > most)
        return error_set(&control->err, ERR_INVALID, "%s must be of 1 to %zu characters", name, most);
    *text_out = copy;
    return true;
}

/* Those given, else those of the commands in the text. */
static bool read_entities(struct control *control, struct outgoing *out)
{
    json_t *given = json_object_get(control->body, "entities"), *entity;
    size_t i;
    int64_t offset, length, units = out->text ? (int64_t)str_utf16_length(out->text) : 0;
    const char *type;
    if (!given || json_is_null(given)) {
        out->entities = out->text ? outgoing_command_entities(out->text) : NULL;
        return true;
    }
    if (!json_is_array(given))
        return error_set(&control->err, ERR_INVALID, "entities must be an array");
    json_array_foreach(given, i, entity)
    {
        if (!json_get_string(entity, "type", &type) || !json_get_int(entity, "offset", &offset) ||
            !json_get_int(entity, "length", &length) || offset < 0 || length < 1 || offset > units ||
            length > units - offset)
            return error_set(&control->err, ERR_INVALID, "entity %zu is none of this text", i);
    }
    out->entities = json_deep_copy(given);
    return true;
}

static void sample(struct arena *arena, enum file_kind kind, struct file_source *source)
{
    static const char bytes[] = "a file of the sandbox\n";
    if (kind == FILE_PHOTO || kind == FILE_STICKER) {
        source->bytes = file_sample_png(arena, &source->length);
        return;
    }
    source->bytes = bytes;
    source->length = sizeof bytes - 1;
}

static const char *const usual_mimes[FILE_KINDS] = {
    [FILE_PHOTO] = "image/png", [FILE_DOCUMENT] = "text/plain",  [FILE_STICKER] = "image/webp",
    [FILE_VIDEO] = "video/mp4", [FILE_ANIMATION] = "video/mp4",  [FILE_AUDIO] = "audio/mpeg",
    [FILE_VOICE] = "audio/ogg", [FILE_VIDEO_NOTE] = "video/mp4",
};

/* `true` (the sandbox has one), the bytes in base64, or an object: name, mime, size, and content (a text) or
 * base64. */
static bool read_source(struct control *control, const json_t *given, struct file_source *source)
{
    const char *name = file_kind_name(source->kind);
    const json_t *part = json_is_object(given) ? given : NULL;
    const json_t *base64 = part ? json_object_get(part, "base64") : given;
    const json_t *content = json_object_get(part, "content"), *mime = json_object_get(part, "mime");
    uint8_t *bytes;
    int64_t size = 0;
    source->mime = mime ? json_string_value(mime) : usual_mimes[source->kind];
    source->name = json_string_value(json_object_get(part, "name"));
    sample(control->arena, source->kind, source);
    if (json_is_string(content)) {
        source->bytes = json_string_value(content);
        source->length = json_string_length(content);
    } else if (json_is_string(base64)) {
        if (!crypto_unbase64(control->arena, json_string_value(base64), &bytes, &source->length))
            return error_set(&control->err, ERR_INVALID, "the %s is not base64", name);
        source->bytes = bytes;
    } else if (!part && !json_is_true(given)) {
        return error_set(&control->err, ERR_INVALID, "%s must be true, base64 or an object", name);
    }
    if (json_get_int(part, "size", &size) && size < 0)
        return error_set(&control->err, ERR_INVALID, "size must not be negative");
    source->size = (size_t)size;
    return true;
}

static json_t *extra_of(const char *name, const struct person *person)
{
    json_t *extra = NULL;
    if (strcmp(name, "contact") == 0)
        extra = json_pack("{s:s,s:O,s:I}", "phone_number", "+6281234567890", "first_name",
                          json_object_get(person->user, "first_name"), "user_id", (json_int_t)person->id);
    else if (strcmp(name, "location") == 0)
        extra = json_pack("{s:f,s:f}", "latitude", -6.2, "longitude", 106.8);
    else if (strcmp(name, "dice") == 0)
        extra = json_pack("{s:s,s:i}", "emoji", "🎲", "value", 4);
    else
        extra = json_pack("{s:s,s:s,s:[{s:s,s:i},{s:s,s:i}],s:i,s:b,s:b,s:s,s:b}", "id", "1", "question", "?",
                          "options", "text", "a", "voter_count", 0, "text", "b", "voter_count", 0,
                          "total_voter_count", 0, "is_closed", 0, "is_anonymous", 1, "type", "regular",
                          "allows_multiple_answers", 0);
    return json_pack("{s:o}", name, extra);
}

/* A file, something else, or nothing but a text. */
static bool read_content(struct control *control, struct bot *bot, const struct person *person,
                         struct outgoing *out)
{
    static const char *const extras[] = {"contact", "location", "dice", "poll"};
    for (int kind = 0; kind < FILE_KINDS; kind++) {
        const json_t *given = json_object_get(control->body, file_kind_name((enum file_kind)kind));
        struct file_source source = {.kind = (enum file_kind)kind};
        if (!given || json_is_false(given) || json_is_null(given))
            continue;
        return (!file_kind_has_caption(source.kind) ||
                read_text(control, "caption", CAPTION_MOST, &out->text)) &&
               read_source(control, given, &source) &&
               file_add(control->sandbox, bot->id, &source, &out->file, &control->err);
    }
    for (size_t i = 0; i < sizeof extras / sizeof *extras; i++) {
        if (json_is_true(json_object_get(control->body, extras[i]))) {
            out->extra = extra_of(extras[i], person);
            return true;
        }
    }
    if (!read_text(control, "text", TEXT_MOST, &out->text))
        return false;
    return out->text || error_set(&control->err, ERR_INVALID,
                                  "a text, a file of some kind, contact, location, dice or poll is needed");
}

/* forward_from: a person's id; forward_name: of somebody who hides their account. */
static bool read_origin(struct control *control, struct outgoing *out)
{
    int64_t from = 0;
    const char *name = NULL;
    if (!control_may_int(control, "forward_from", 1, (int64_t)1 << 52, &from) ||
        !control_may_text(control, "forward_name", &name))
        return false;
    json_int_t date = clock_now_ms() / 1000 - 60;
    if (from)
        out->origin = json_pack("{s:s,s:I,s:O}", "type", "user", "date", date, "sender_user",
                                person_get(control->sandbox, from)->user);
    else if (name)
        out->origin =
            json_pack("{s:s,s:I,s:s}", "type", "hidden_user", "date", date, "sender_user_name", name);
    return true;
}

bool outgoing_read(struct control *control, struct bot *bot, const struct person *person,
                   struct outgoing *out)
{
    return read_content(control, bot, person, out) && read_entities(control, out) &&
           read_origin(control, out) && control_may_int(control, "reply_to", 1, INT64_MAX, &out->reply_to) &&
           control_may_text(control, "media_group", &out->album);
}

void outgoing_free(struct outgoing *out)
{
    json_decref(out->entities);
    json_decref(out->extra);
    json_decref(out->origin);
    *out = (struct outgoing){0};
}

/* editMessageText, editMessageCaption, editMessageReplyMarkup, editMessageMedia, deleteMessage. */
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "message.h"
#include "sandbox.h"
#include "telegram.h"

enum { CHANGEABLE_S = 48 * 3600 };

static const char NOT_MODIFIED[] = "message is not modified: specified new message content and reply markup "
                                   "are exactly the same as a current content "
                                   "and reply markup of the message";

struct edit {
    struct chat *chat;
    struct message *message;
    struct markup markup;
};

static bool read_edit(struct call *call, struct edit *edit)
{
    if (!call_chat(call, &edit->chat) ||
        !call_message(call, edit->chat, "message to edit not found", &edit->message) ||
        !call_markup(call, true, &edit->markup))
        return false;
    if (!edit->message->from_bot || edit->message->fixed_keyboard ||
        call->now_ms / 1000 - edit->message->date > CHANGEABLE_S)
        return call_state(call, 400, "message can't be edited");
    return true;
}

static bool same_json(json_t *a, json_t *b)
{
    return a == b || (a && b && json_equal(a, b)); /* NULL is nothing */
}

static bool same_text(const struct message *message, const struct formatted *text)
{
    return str_equal(message->text, text->text) && same_json(message->entities, text->entities);
}

/* An edit without a markup takes the keyboard away. */
static bool same_keyboard(const struct edit *edit)
{
    return same_json(edit->message->inline_keyboard, edit->markup.inline_rows);
}

static void edited(struct call *call, const struct edit *edit, json_t **result_out)
{
    struct message *message = edit->message;
    message_set_keyboard(message, json_incref(edit->markup.inline_rows));
    message->edited++;
    message->edit_date = call->now_ms / 1000;
    journal_event(call->sandbox, "edit", call->bot->id, message_chat_id(edit->chat), message->id);
    *result_out = message_json(edit->chat, message);
}

static bool edit_text(struct call *call, json_t **result_out)
{
    struct formatted text;
    struct edit edit;
    if (!call_text(call, &text) || !read_edit(call, &edit))
        return false;
    if (edit.message->file || !edit.message->text)
        return call_bug(call, "there is no text in the message to edit");
    if (same_text(edit.message, &text) && same_keyboard(&edit))
        return call_state(call, 400, "%s", NOT_MODIFIED);
    message_set_text(edit.message, text.text, text.html, text.entities);
    edited(call, &edit, result_out);
    return true;
}

static bool edit_caption(struct call *call, json_t **result_out)
{
    struct formatted text;
    struct edit edit;
    if (!call_caption(call, NULL, &text) || !read_edit(call, &edit))
        return false;
    if (!edit.message->file || !file_kind_has_caption(edit.message->file->kind))
        return call_bug(call, "there is no caption in the message to edit");
    if (same_text(edit.message, &text) && same_keyboard(&edit))
        return call_state(call, 400, "%s", NOT_MODIFIED);
    message_set_text(edit.message, text.text, text.html, text.entities);
    edited(call, &edit, result_out);
    return true;
}

static bool edit_markup(struct call *call, json_t **result_out)
{
    struct edit edit;
    if (!read_edit(call, &edit))
        return false;
    if (same_keyboard(&edit))
        return call_state(call, 400, "%s", NOT_MODIFIED);
    edited(call, &edit, result_out);
    return true;
}

static bool media_kind(struct call *call, const json_t *media, enum file_kind *kind_out)
{
    const char *type = json_string_value(json_object_get(media, "type"));
    enum file_kind kind = FILE_PHOTO;
    if (!file_kind_find(type, &kind) || kind == FILE_VOICE || !file_kind_has_caption(kind))
        return call_bug(call, "can't parse InputMedia: type of the media is unknown");
    *kind_out = kind;
    return true;
}

/* A text may become media; a sticker, a voice message or a contact stays what it is. */
static bool takes_media(const struct message *message)
{
    if (!message->file)
        return !message->extra;
    return message->file->kind != FILE_VOICE && file_kind_has_caption(message->file->kind);
}

static bool edit_media(struct call *call, json_t **result_out)
{
    struct formatted text;
    struct edit edit;
    struct file *file;
    enum file_kind kind = FILE_PHOTO;
    json_t *media;
    if (!params_json(&call->params, "media", JSON_OBJECT, &media) || !media)
        return call_bug(call, "can't parse InputMedia");
    if (!media_kind(call, media, &kind) || !call_caption(call, media, &text) || !read_edit(call, &edit) ||
        !call_file(call, "media", json_string_value(json_object_get(media, "media")), kind, &file))
        return false;
    if (!takes_media(edit.message))
        return call_bug(call, "there is no media in the message to edit");
    if (edit.message->file == file && same_text(edit.message, &text) && same_keyboard(&edit))
        return call_state(call, 400, "%s", NOT_MODIFIED);
    edit.message->file = file;
    edit.message->qr_looked_at = 0;
    message_set_text(edit.message, text.text, text.html, text.entities);
    edited(call, &edit, result_out);
    return true;
}

static bool delete_message(struct call *call, json_t **result_out)
{
    struct chat *chat;
    struct message *message;
    if (!call_chat(call, &chat) || !call_message(call, chat, "message to delete not found", &message))
        return false;
    if (call->now_ms / 1000 - message->date > CHANGEABLE_S)
        return call_state(call, 400, "message can't be deleted for everyone");
    message->deleted = true;
    journal_event(call->sandbox, "delete", call->bot->id, message_chat_id(chat), message->id);
    *result_out = json_true();
    return true;
}

const struct method method_edit_table[] = {
    {"editMessageText", edit_text, false, false},          {"editMessageCaption", edit_caption, false, false},
    {"editMessageReplyMarkup", edit_markup, false, false}, {"editMessageMedia", edit_media, false, false},
    {"deleteMessage", delete_message, false, false},       {NULL, NULL, false, false},
};

/* sendMessage, those that send a file, sendChatAction. */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "message.h"
#include "person.h"
#include "sandbox.h"
#include "telegram.h"

enum { TYPING_MS = 5000 };

/* The message this one answers, of reply_parameters or reply_to_message_id; 0 where there is none. */
static bool read_reply(struct call *call, const struct chat *chat, int64_t *reply_to_out)
{
    json_t *parameters;
    int64_t id = 0;
    bool optional = params_bool(&call->params, "allow_sending_without_reply");
    if (!params_json(&call->params, "reply_parameters", JSON_OBJECT, &parameters))
        return call_bug(call, "can't parse ReplyParameters");
    if (parameters) {
        if (!json_get_int(parameters, "message_id", &id))
            return call_bug(call, "can't parse ReplyParameters");
        json_get_bool(parameters, "allow_sending_without_reply", &optional);
    } else {
        params_int(&call->params, "reply_to_message_id", &id);
    }
    const struct message *message = id ? chat_message(chat, id) : NULL;
    if (id && (!message || message->deleted)) {
        if (!optional)
            return call_state(call, 400, "message to be replied not found");
        id = 0;
    }
    *reply_to_out = id;
    return true;
}

int64_t message_chat_id(const struct chat *chat)
{
    return chat->person->id;
}

bool message_send(struct call *call, const struct draft *draft, struct message **message_out)
{
    struct markup markup;
    int64_t reply_to = 0;
    if (!call_markup(call, false, &markup) || !read_reply(call, draft->chat, &reply_to))
        return false;
    struct chat *chat = draft->chat;
    struct message *message = chat_add(chat, true, call->now_ms);
    message->file = draft->file;
    message->forward_origin = json_incref(draft->forward_origin);
    message->extra = json_incref(draft->extra);
    message->reply_to = reply_to;
    message->protect_content = params_bool(&call->params, "protect_content");
    message_set_text(message, draft->text.text, draft->text.html, draft->text.entities);
    message_set_keyboard(message, json_incref(markup.inline_rows));
    message->fixed_keyboard = markup.given && !markup.is_inline;
    if (markup.reply_rows || markup.remove_keyboard) {
        json_decref(chat->reply_keyboard);
        chat->reply_keyboard = json_incref(markup.reply_rows);
        chat->one_time = markup.one_time;
    }
    chat->typing_until_ms = 0;
    journal_event(call->sandbox, "message", call->bot->id, message_chat_id(chat), message->id);
    *message_out = message;
    return true;
}

static bool send_draft(struct call *call, const struct draft *draft, json_t **result_out)
{
    struct message *message;
    if (!message_send(call, draft, &message))
        return false;
    *result_out = message_json(draft->chat, message);
    return true;
}

static bool send_message(struct call *call, json_t **result_out)
{
    struct draft draft = {0};
    return call_text(call, &draft.text) && call_chat(call, &draft.chat) &&
           send_draft(call, &draft, result_out);
}

static bool send_file(struct call *call, enum file_kind kind, json_t **result_out)
{
    struct draft draft = {0};
    const char *field = file_kind_name(kind);
    return (!file_kind_has_caption(kind) || call_caption(call, NULL, &draft.text)) &&
           call_chat(call, &draft.chat) &&
           call_file(call, field, params_text(&call->params, field), kind, &draft.file) &&
           send_draft(call, &draft, result_out);
}

#define SEND_FILE(name, kind)                                                                                \
    static bool name(struct call *call, json_t **result_out)                                                 \
    {                                                                                                        \
        return send_file(call, (kind), result_out);                                                          \
    }
SEND_FILE(send_photo, FILE_PHOTO)
SEND_FILE(send_document, FILE_DOCUMENT)
SEND_FILE(send_sticker, FILE_STICKER)
SEND_FILE(send_video, FILE_VIDEO)
SEND_FILE(send_animation, FILE_ANIMATION)
SEND_FILE(send_audio, FILE_AUDIO)
SEND_FILE(send_voice, FILE_VOICE)
SEND_FILE(send_video_note, FILE_VIDEO_NOTE)

static bool send_chat_action(struct call *call, json_t **result_out)
{
    static const char *const actions[] = {
        "typing",        "upload_photo",      "record_video",      "upload_video",
        "record_voice",  "upload_voice",      "upload_document",   "choose_sticker",
        "find_location", "record_video_note", "upload_video_note",
    };
    struct chat *chat;
    const char *action = params_text(&call->params, "action");
    bool known = false;
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        known = known || str_equal(actions[i], action);
    if (!known)
        return call_bug(call, "wrong parameter action in request");
    if (!call_chat(call, &chat))
        return false;
    chat->typing_until_ms = clock_mono_ms() + TYPING_MS;
    journal_event(call->sandbox, "typing", call->bot->id, message_chat_id(chat), 0);
    *result_out = json_true();
    return true;
}

const struct method method_send_table[] = {
    {"sendMessage", send_message, false, true},
    {"sendPhoto", send_photo, false, true},
    {"sendDocument", send_document, false, true},
    {"sendVideo", send_video, false, true},
    {"sendAnimation", send_animation, false, true},
    {"sendAudio", send_audio, false, true},
    {"sendVoice", send_voice, false, true},
    {"sendVideoNote", send_video_note, false, true},
    {"sendSticker", send_sticker, false, true},
    {"sendChatAction", send_chat_action, false, false},
    {NULL, NULL, false, false},
};

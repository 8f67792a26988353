/* copyMessage, forwardMessage. */
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "message.h"
#include "person.h"
#include "sandbox.h"

/* The message of from_chat_id and message_id. */
static bool read_source(struct call *call, const char *missing, struct chat **chat_out,
                        struct message **message_out)
{
    if (!call_chat_named(call, "from_chat_id", chat_out) ||
        !call_message(call, *chat_out, missing, message_out))
        return false;
    if ((*message_out)->protect_content)
        return call_state(call, 400, "message can't be forwarded or copied: its content is protected");
    return true;
}

static struct draft draft_of(struct chat *to, const struct message *source)
{
    struct draft draft = {.chat = to, .file = source->file, .extra = source->extra};
    draft.text.text = source->text;
    draft.text.html = source->html;
    draft.text.entities = source->entities;
    return draft;
}

static bool copy_message(struct call *call, json_t **result_out)
{
    struct chat *to, *from;
    struct message *source, *copy;
    if (!call_chat(call, &to) || !read_source(call, "message to copy not found", &from, &source))
        return false;
    struct draft draft = draft_of(to, source);
    if (json_object_get(call->params.object, "caption") && source->file) {
        draft.text = (struct formatted){0};
        if (!call_caption(call, NULL, &draft.text))
            return false;
    }
    if (!message_send(call, &draft, &copy))
        return false;
    *result_out = json_pack("{s:I}", "message_id", (json_int_t)copy->id);
    return true;
}

static bool forward_message(struct call *call, json_t **result_out)
{
    struct chat *to, *from;
    struct message *source, *forwarded;
    if (!call_chat(call, &to) || !read_source(call, "message to forward not found", &from, &source))
        return false;
    struct draft draft = draft_of(to, source);
    json_t *sender = source->from_bot ? bot_user_json(call->bot) : json_incref(from->person->user);
    json_t *origin = source->forward_origin ? json_incref(source->forward_origin)
                                            : json_pack("{s:s,s:I,s:O}", "type", "user", "date",
                                                        (json_int_t)source->date, "sender_user", sender);
    json_decref(sender);
    draft.forward_origin = origin;
    bool sent = message_send(call, &draft, &forwarded);
    json_decref(origin);
    if (sent)
        *result_out = message_json(to, forwarded);
    return sent;
}

const struct method method_copy_table[] = {
    {"copyMessage", copy_message, false, true},
    {"forwardMessage", forward_message, false, true},
    {NULL, NULL, false, false},
};

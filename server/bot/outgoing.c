#include "bot/outgoing.h"

#include "base/json.h"
#include "bot/html.h"
#include "bot/page.h"

/* Telegram lets a bot delete its messages for 48 hours; the hour less is for what waits in between. */
enum { DELETABLE_MS = 47 * 3600 * 1000 };

static json_t *caption_params(struct work *work, const struct outgoing *outgoing)
{
    json_t *params = json_object();
    json_object_set_new(params, "caption",
                        json_string(html_cut(work->arena, outgoing->html, HTML_CAPTION_LIMIT)));
    json_object_set_new(params, "parse_mode", json_string("HTML"));
    if (outgoing->photo_file_id)
        json_object_set_new(params, "photo", json_string(outgoing->photo_file_id));
    if (outgoing->document_file_id)
        json_object_set_new(params, "document", json_string(outgoing->document_file_id));
    if (outgoing->keyboard)
        json_object_set_new(params, "reply_markup", outgoing->keyboard);
    return params;
}

bool outgoing_add(struct work *work, const struct outgoing *outgoing, struct error *err)
{
    bool is_photo = outgoing->qr_string || outgoing->chart || outgoing->photo_file_id;
    bool is_document = outgoing->file_text || outgoing->document_file_id;
    struct outbox_message message = {
        .chat_id = outgoing->chat_id,
        .method = is_photo      ? "sendPhoto"
                  : is_document ? "sendDocument"
                                : "sendMessage",
        .params = is_photo || is_document ? caption_params(work, outgoing)
                                          : page_message(work, outgoing->html, outgoing->keyboard),
        .attachment = outgoing->qr_string   ? ATTACH_QR_PNG
                      : outgoing->chart     ? ATTACH_CHART_PNG
                      : outgoing->file_text ? ATTACH_TEXT_FILE
                                            : ATTACH_NONE,
        .attachment_text = outgoing->qr_string ? outgoing->qr_string
                           : outgoing->chart   ? outgoing->chart
                                               : outgoing->file_text,
        .attachment_name = outgoing->file_name,
        .effect = outgoing->effect ? outgoing->effect : EFFECT_NOTICE,
        .effect_ref = outgoing->effect ? outgoing->ref : outgoing->chat_id,
        .keep = outgoing->keep,
    };
    return outbox_add(work, &message, err);
}

bool outgoing_can_delete(const struct work *work, int64_t sent_ms)
{
    return work->now_ms - sent_ms < DELETABLE_MS;
}

/* By `method` with `params` where it can't be deleted; takes them over. */
static bool remove_or(struct work *work, int64_t chat_id, int64_t message_id, int64_t sent_ms,
                      const char *method, json_t *params, struct error *err)
{
    if (outgoing_can_delete(work, sent_ms)) {
        json_decref(params);
        params = json_object();
        method = "deleteMessage";
    }
    json_object_set_new(params, "message_id", json_integer(message_id));
    const struct outbox_message message = {
        .chat_id = chat_id,
        .method = method,
        .params = params,
        .keep = true}; /* also when the person is away: a dead invoice must not stay */
    return outbox_add(work, &message, err);
}

bool outgoing_remove(struct work *work, int64_t chat_id, int64_t message_id, int64_t sent_ms,
                     const char *caption, struct error *err)
{
    if (!message_id)
        return true;
    const struct outgoing instead = {.html = caption};
    return remove_or(work, chat_id, message_id, sent_ms, "editMessageCaption", caption_params(work, &instead),
                     err);
}

bool outgoing_remove_text(struct work *work, int64_t chat_id, int64_t message_id, int64_t sent_ms,
                          const char *html, struct error *err)
{
    if (!message_id)
        return true;
    return remove_or(work, chat_id, message_id, sent_ms, "editMessageText", page_message(work, html, NULL),
                     err);
}

bool outgoing_to_admins(struct work *work, const char *html, struct error *err)
{
    return outgoing_to_admins_with(work, html, NULL, err);
}

bool outgoing_to_admins_with(struct work *work, const char *html, json_t *keyboard, struct error *err)
{
    auto_json json_t *owned = keyboard;
    for (size_t i = 0; i < work->tenant->admins.count; i++) {
        const struct outbox_message message = {.chat_id = work->tenant->admins.items[i],
                                               .method = "sendMessage",
                                               .params = page_message(work, html, json_incref(owned))};
        if (!outbox_add(work, &message, err))
            return error_context(err, "admins");
    }
    return true;
}

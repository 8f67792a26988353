#include "bot/page.h"

#include "base/json.h"
#include "base/str.h"
#include "bot/html.h"

enum { ANSWER_LIMIT = 200 };

static struct sender *the_sender;

void page_set_sender(struct sender *sender)
{
    the_sender = sender;
}

void page_show(struct work *work, struct page *page, const char *html, json_t *keyboard)
{
    json_decref(page->keyboard);
    page->html = html_cut(work->arena, html, HTML_TEXT_LIMIT);
    page->keyboard = keyboard;
}

void page_answer(struct work *work, struct page *page, const char *plain, bool pops_up)
{
    page->answer = str_utf8_cut(work->arena, plain, ANSWER_LIMIT);
    page->answer_pops_up = pops_up;
}

void page_forget(struct page *page)
{
    json_decref(page->keyboard);
    *page = (struct page){0};
}

bool page_can_edit(const struct update *update)
{
    return update->kind == UPDATE_CALLBACK && update->message_id != 0 && !update->message_has_photo;
}

json_t *page_message(struct work *work, const char *html, json_t *keyboard)
{
    json_t *params = json_object();
    json_object_set_new(params, "text", json_string(html_cut(work->arena, html, HTML_TEXT_LIMIT)));
    json_object_set_new(params, "parse_mode", json_string("HTML"));
    json_object_set_new(params, "link_preview_options", json_pack("{s:b}", "is_disabled", 1));
    if (keyboard)
        json_object_set_new(params, "reply_markup", keyboard);
    return params;
}

static void expendable(struct work *work, const char *method, json_t *params)
{
    if (the_sender)
        sender_call(the_sender, work->store, method, params);
    else
        json_decref(params);
}

void page_aside(struct work *work, int64_t chat_id, const char *html, json_t *keyboard)
{
    json_t *params = page_message(work, html, keyboard);
    json_object_set_new(params, "chat_id", json_integer(chat_id));
    expendable(work, "sendMessage", params);
}

void page_send(struct work *work, struct page *page, int64_t chat_id)
{
    page_aside(work, chat_id, page->html, page->keyboard);
    page->html = NULL;
    page->keyboard = NULL;
}

static json_t *answer_params(const struct update *update, const struct page *page)
{
    json_t *params = json_object();
    json_object_set_new(params, "callback_query_id", json_string(update->callback_id));
    if (page->answer)
        json_object_set_new(params, "text", json_string(page->answer));
    if (page->answer && page->answer_pops_up)
        json_object_set_new(params, "show_alert", json_true());
    return params;
}

static json_t *page_params(struct work *work, const struct update *update, struct page *page, bool edits)
{
    json_t *params = page_message(work, page->html, page->keyboard);
    page->keyboard = NULL;
    json_object_set_new(params, "chat_id", json_integer(update->chat_id));
    if (edits)
        json_object_set_new(params, "message_id", json_integer(update->message_id));
    return params;
}

const char *page_reply(struct work *work, const struct update *update, struct page *page)
{
    bool is_callback = update->kind == UPDATE_CALLBACK;
    const char *method = NULL;
    auto_json json_t *body = NULL;
    if (page->html) {
        bool edits = page_can_edit(update) && !page->as_new;
        method = edits ? "editMessageText" : "sendMessage";
        body = page_params(work, update, page, edits);
        if (is_callback)
            expendable(work, "answerCallbackQuery", answer_params(update, page));
    } else if (is_callback) {
        method = "answerCallbackQuery";
        body = answer_params(update, page);
    }
    page_forget(page);
    if (!body)
        return "";
    json_object_set_new(body, "method", json_string(method));
    return json_text(work->arena, body);
}

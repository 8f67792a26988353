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
    page->photo = NULL;
    page->keeps_photo = false;
}

void page_show_photo(struct work *work, struct page *page, const char *photo, const char *html,
                     json_t *keyboard)
{
    page_show(work, page, html_cut(work->arena, html, HTML_CAPTION_LIMIT), keyboard);
    page->photo = photo;
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
    return update->kind == UPDATE_CALLBACK && update->message_id != 0 && !update->message_has_photo &&
           !update->message_has_media;
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

void page_change(struct work *work, int64_t chat_id, int64_t message_id, const char *html, json_t *keyboard)
{
    json_t *params = page_message(work, html, keyboard);
    json_object_set_new(params, "chat_id", json_integer(chat_id));
    json_object_set_new(params, "message_id", json_integer(message_id));
    expendable(work, "editMessageText", params);
}

void page_file_aside(struct work *work, int64_t chat_id, const char *method, const char *kind,
                     const char *file_id)
{
    expendable(work, method, json_pack("{s:I, s:s}", "chat_id", (json_int_t)chat_id, kind, file_id));
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

/* How a page goes out. */
struct way {
    const char *method;
    bool edits;
    bool leaves; /* a page with a picture that this one can't become: it is deleted */
};

static struct way way_of(const struct page *page, const struct update *update)
{
    bool is_known = update->kind == UPDATE_CALLBACK && update->message_id != 0 && !page->as_new &&
                    !update->message_has_media;
    bool is_photo = is_known && update->message_has_photo;
    bool can_edit = is_known && (!is_photo || page->on_page);
    if (!page->photo)
        return is_photo || !can_edit ? (struct way){.method = "sendMessage", .leaves = is_photo && can_edit}
                                     : (struct way){.method = "editMessageText", .edits = true};
    if (!can_edit)
        return (struct way){.method = "sendPhoto"};
    return (struct way){.method = is_photo && page->keeps_photo ? "editMessageCaption" : "editMessageMedia",
                        .edits = true};
}

/* What a caption comes with, in the call or, to change a message's picture, in an object of its own. */
static json_t *photo_params(const struct page *page, const char *method)
{
    json_t *caption = json_pack("{s:s, s:s}", "caption", page->html, "parse_mode", "HTML");
    if (str_equal(method, "editMessageCaption"))
        return caption;
    if (str_equal(method, "sendPhoto")) {
        json_object_set_new(caption, "photo", json_string(page->photo));
        return caption;
    }
    json_object_set_new(caption, "type", json_string("photo"));
    json_object_set_new(caption, "media", json_string(page->photo));
    return json_pack("{s:o}", "media", caption);
}

/* Takes the page's keyboard. */
static json_t *page_params(struct work *work, struct page *page, const char *method, int64_t chat_id)
{
    json_t *params = page->photo ? photo_params(page, method) : page_message(work, page->html, NULL);
    if (page->keyboard)
        json_object_set_new(params, "reply_markup", page->keyboard);
    page->keyboard = NULL;
    json_object_set_new(params, "chat_id", json_integer(chat_id));
    return params;
}

void page_send(struct work *work, struct page *page, int64_t chat_id)
{
    const char *method = page->photo ? "sendPhoto" : "sendMessage";
    expendable(work, method, page_params(work, page, method, chat_id));
    page->html = NULL;
}

static void delete_old(struct work *work, const struct update *update)
{
    expendable(work, "deleteMessage",
               json_pack("{s:I, s:I}", "chat_id", (json_int_t)update->chat_id, "message_id",
                         (json_int_t)update->message_id));
}

const char *page_reply(struct work *work, const struct update *update, struct page *page)
{
    bool is_callback = update->kind == UPDATE_CALLBACK;
    const char *method = NULL;
    auto_json json_t *body = NULL;
    if (page->html) {
        struct way way = way_of(page, update);
        method = way.method;
        body = page_params(work, page, method, update->chat_id);
        if (way.edits)
            json_object_set_new(body, "message_id", json_integer(update->message_id));
        if (way.leaves)
            delete_old(work, update);
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

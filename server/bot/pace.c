/* People who are too fast, and updates that fail: what is said of them, beside the conversation. */
#include "base/json.h"
#include "base/str.h"
#include "bot/bot.h"
#include "bot/inbox.h"
#include "bot/outgoing.h"
#include "bot/say.h"

enum { REASON_LIMIT = 300 };

const char *bot_pace_reply(struct arena *arena, const struct tenant *tenant, const struct update *update,
                           enum bot_pace pace)
{
    bool is_callback = update->kind == UPDATE_CALLBACK;
    if ((!is_callback && update->kind != UPDATE_MESSAGE) || !update->chat_is_private || update->from_is_bot)
        return "";
    bool is_spam = pace == BOT_PACE_SPAM_WARNING;
    if (!is_spam && !is_callback) /* warned already: only a button must not be left spinning */
        return "";
    const char *text = text_get(say_texts(), tenant->language, is_spam ? TEXT_SPAM : TEXT_SLOW_DOWN);
    auto_json json_t *body = json_object();
    json_object_set_new(body, "method", json_string(is_callback ? "answerCallbackQuery" : "sendMessage"));
    json_object_set_new(body, "text", json_string(text));
    if (is_callback) {
        json_object_set_new(body, "callback_query_id", json_string(update->callback_id));
        json_object_set_new(body, "show_alert", json_boolean(is_spam));
    } else {
        json_object_set_new(body, "chat_id", json_integer(update->chat_id));
    }
    return json_text(arena, body);
}

static const char *sender_of(struct work *work, const struct update *update)
{
    if (!update->from_id)
        return "–";
    return say_person(work, update->from_id, update->first_name ? update->first_name : "", update->last_name,
                      update->username);
}

static bool report_spam(struct work *work, void *context, struct error *err)
{
    const char *html = say(work, TEXT_ADMIN_SPAM, TEXT_VALUES(TV_HTML("pembeli", sender_of(work, context))));
    return outgoing_to_admins(work, html, err);
}

bool bot_report_spam(struct work *work, const struct update *update, struct error *err)
{
    struct update copy = *update;
    return work_transaction(work, report_spam, &copy, err) || error_context(err, "spam report");
}

struct failure {
    const struct update *update;
    const char *body;
    size_t length;
    const struct error *why;
    bool parked;
};

static bool note_failure(struct work *work, void *context, struct error *err)
{
    struct failure *failure = context;
    int64_t attempts;
    if (!inbox_note_failure(work, failure->update->update_id, failure->body, failure->length,
                            failure->why->text, &attempts, &failure->parked, err))
        return false;
    if (attempts != INBOX_MOST_ATTEMPTS ||
        lane_store_is_server(work->store)) /* told once; to owners by alerts */
        return true;
    const char *html =
        say(work, TEXT_ADMIN_PARKED,
            TEXT_VALUES(TV("nomor", say_number(work, failure->update->update_id)),
                        TV_HTML("pembeli", sender_of(work, failure->update)),
                        TV("alasan", str_utf8_cut(work->arena, failure->why->text, REASON_LIMIT))));
    return outgoing_to_admins(work, html, err);
}

bool bot_note_failure(struct work *work, const struct update *update, const char *body, size_t length,
                      const struct error *why, bool *parked_out, struct error *err)
{
    struct failure failure = {.update = update, .body = body, .length = length, .why = why};
    if (!work_transaction(work, note_failure, &failure, err))
        return error_context(err, "failed update");
    *parked_out = failure.parked;
    return true;
}

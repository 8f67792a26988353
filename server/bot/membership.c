#include "bot/membership.h"

#include <inttypes.h>

#include "base/str.h"
#include "bot/buyer/buyer.h"
#include "bot/channel.h"
#include "bot/outgoing.h"
#include "store/membership.h"
#include "store/settings.h"
#include "store/user.h"

enum { BUSY_MS = 500 };

#define JOB "membership"

/* --- the barrier --- */

static bool ask_again(struct work *work, void *context, struct error *err)
{
    const struct turn *turn = context;
    return job_add(work, JOB, turn->update->from_id, work->now_ms, err);
}

bool membership_stands(struct turn *turn, bool *stands_out, struct error *err)
{
    struct work *work = turn->work;
    enum membership membership;
    if (!settings_of(work)->channel)
        return true;
    if (!membership_get(work, turn->update->from_id, &membership, err))
        return false;
    *stands_out = membership == MEMBERSHIP_NONE;
    return membership != MEMBERSHIP_OLD || !membership_may_ask(work, turn->update->from_id) ||
           work_transaction(work, ask_again, turn, err);
}

/* --- the page --- */

static json_t *ways(struct work *work)
{
    const char *url = channel_url(work);
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    if (url)
        keyboard_url(&keyboard, say_label(work, TEXT_BUTTON_JOIN_CHANNEL), url);
    keyboard_row(&keyboard);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_HAVE_JOINED), STYLE_SUCCESS, "j");
    keyboard_row(&keyboard);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_PURCHASES), STYLE_NONE, "o:0");
    say_contact_button(work, &keyboard);
    return keyboard_inline(&keyboard);
}

static const char *html_of(struct work *work, const char *more)
{
    return say(work, TEXT_CHANNEL_JOIN,
               TEXT_VALUES(TV("store_name", work->tenant->title), TV_HTML("alasan", more)));
}

bool membership_page(struct turn *turn, struct error *err)
{
    page_show(turn->work, &turn->page, html_of(turn->work, ""), ways(turn->work));
    return true;
}

bool membership_press(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    int64_t person = turn->update->from_id;
    const char *data;
    if (!turn->barrier) /* known by now, or no channel any more */
        return start_home(turn, err);
    if (!job_data(work, JOB, person, &data, err) &&
        (err->code != ERR_NOT_FOUND ||
         !job_add_with(work, JOB, person, say_number(work, turn->update->message_id), err)))
        return error_context(err, "membership");
    page_answer(work, &turn->page, say_label(work, TEXT_ALERT_CHECKING), false);
    return true;
}

/* --- the job --- */

struct request {
    const char *channel;
    int64_t person;
    bool pressed;
    int64_t message_id; /* 0: too old to be known */
};

static void *ask(const struct tenant *tenant, struct arena *arena, void *request_taken)
{
    const struct request *request = request_taken;
    struct channel_said *said = ARENA_NEW(arena, struct channel_said);
    *said = channel_ask(tenant, arena, request->channel, request->person);
    return said;
}

/* The page with the button, with another text; a new message where it is too old to be known. */
static bool change_page(struct work *work, const struct request *request, const char *html, json_t *keyboard,
                        struct error *err)
{
    json_t *params = page_message(work, html, keyboard);
    if (request->message_id)
        json_object_set_new(params, "message_id", json_integer(request->message_id));
    const struct outbox_message message = {.chat_id = request->person,
                                           .method = request->message_id ? "editMessageText" : "sendMessage",
                                           .params = params,
                                           .effect = EFFECT_NOTICE,
                                           .effect_ref = request->person};
    return outbox_add(work, &message, err);
}

static bool tell(struct work *work, const struct request *request, bool is_member, struct error *err)
{
    if (!request->pressed)
        return true;
    if (!is_member) {
        const char *why =
            say(work, TEXT_CHANNEL_NOT_YET, TEXT_VALUES(TV("tanggal", say_date(work, work->now_ms))));
        return change_page(work, request, html_of(work, why), ways(work), err);
    }
    const char *thanks = say(work, TEXT_CHANNEL_THANKS, TEXT_VALUES(TV("store_name", work->tenant->title)));
    return change_page(work, request, thanks, NULL, err) && welcome_add(work, request->person, err);
}

static bool prepare(struct work *work, int64_t ref, struct job_step *step_out, struct error *err)
{
    const char *channel = settings_of(work)->channel, *data;
    struct request *request = ARENA_NEW(work->arena, struct request);
    if (!job_data(work, JOB, ref, &data, err))
        return false;
    *request = (struct request){.person = ref, .pressed = *data != '\0'};
    if (request->pressed && !str_to_int64(data, &request->message_id))
        return error_set(err, ERR_INTERNAL, "membership: not a message");
    *step_out = (struct job_step){.kind = JOB_DONE};
    if (!channel) /* not any more */
        return tell(work, request, true, err);
    request->channel = arena_strdup(work->arena, channel);
    *step_out = (struct job_step){.kind = JOB_CALL, .request = request};
    return true;
}

/* Who was in it stays so while Telegram is away: they are asked for again the next time. */
static bool take(struct work *work, const struct request *request, const struct channel_said *said,
                 struct error *err)
{
    bool is_member = said->answer != CHANNEL_OUT;
    if (said->answer == CHANNEL_AWAY && !request->pressed)
        return true;
    return user_lock(work, request->person, err) && membership_put(work, request->person, is_member, err) &&
           (said->answer != CHANNEL_REFUSED || channel_note_down(work, said->why, err)) &&
           tell(work, request, is_member, err);
}

static bool finish(struct work *work, int64_t ref, void *request_taken, void *result,
                   struct job_step *step_out, struct error *err)
{
    const struct request *request = request_taken;
    const struct channel_said *said = result;
    bool is_set;
    if (!channel_is_set(work, request->channel, &is_set, err))
        return false;
    *step_out = (struct job_step){.kind = JOB_DONE};
    if (!is_set || said->answer == CHANNEL_BUSY) { /* another one was set meanwhile, or too many ask */
        *step_out = (struct job_step){.kind = JOB_AGAIN, .due_ms = work->now_ms + BUSY_MS};
        return true;
    }
    return take(work, request, said, err) || error_context(err, "membership");
}

const struct job_kind membership_job = {
    .name = JOB,
    .prepare = prepare,
    .call = ask,
    .finish = finish,
};

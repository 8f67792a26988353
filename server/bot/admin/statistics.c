/* Periods: the buttons and the form that ask for one. */
#include "bot/admin/statistics.h"

#include "bot/admin/admin.h"
#include "bot/admin/screen.h"
#include "bot/outgoing.h"

static const int64_t offered[] = {1, 7, 30};

static int64_t today(const struct work *work)
{
    return statistics_day_of(work->tenant->zone, work->now_ms);
}

bool statistics_open(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    page_show(work, &turn->page,
              say(work, TEXT_STATISTICS, TEXT_VALUES(TV("store_name", work->tenant->title))),
              statistics_keyboard(work, NULL, false));
    return true;
}

/* --- a press --- */

/* By the outbox, in one line with the result: a reply to the webhook might come after it. */
static bool show_loading(struct turn *turn, const struct statistics_request *request, struct error *err)
{
    struct work *work = turn->work;
    json_t *params =
        page_message(work, statistics_loading(work, request), statistics_keyboard(work, request, false));
    json_object_set_new(params, "message_id", json_integer(request->message_id));
    const struct outbox_message message = {
        .chat_id = turn->update->chat_id, .method = "editMessageText", .params = params};
    return outbox_add(work, &message, err);
}

static bool ask_for(struct turn *turn, struct statistics_request *request, struct error *err)
{
    struct work *work = turn->work;
    bool begun;
    if (!statistics_is_period(work->tenant->zone, &request->period, work->now_ms)) {
        page_answer(work, &turn->page, say_label(work, TEXT_ALERT_STATISTICS_PERIOD), true);
        return true;
    }
    request->message_id = page_can_edit(turn->update) ? turn->update->message_id : 0;
    if (!statistics_begin(turn, request, &begun, err))
        return false;
    if (!begun)
        page_answer(work, &turn->page, say_label(work, TEXT_ALERT_STATISTICS_BUSY), true);
    else if (request->csv)
        page_answer(work, &turn->page, say_label(work, TEXT_ALERT_STATISTICS_CSV), false);
    else if (request->message_id)
        return show_loading(turn, request, err);
    else
        screen_say(turn, statistics_loading(work, request), STATISTICS_HOME);
    return true;
}

bool statistics_of_days(struct turn *turn, struct error *err)
{
    int64_t days = turn->numbers[0];
    struct statistics_request request = {.days = days, .period = {.to_day = -1}};
    for (size_t i = 0; i < sizeof offered / sizeof offered[0]; i++)
        if (days == offered[i])
            request.period = (struct statistics_period){today(turn->work) - days + 1, today(turn->work)};
    return ask_for(turn, &request, err);
}

bool statistics_of_dates(struct turn *turn, struct error *err)
{
    struct statistics_request request = {.days = STATISTICS_CHOSEN,
                                         .period = {turn->numbers[0], turn->numbers[1]}};
    return ask_for(turn, &request, err);
}

bool statistics_files(struct turn *turn, struct error *err)
{
    struct statistics_request request = {
        .days = STATISTICS_CHOSEN, .period = {turn->numbers[0], turn->numbers[1]}, .csv = true};
    return ask_for(turn, &request, err);
}

/* --- from one date to another --- */

static int64_t day_of(const struct turn *turn, const struct wizard *wizard, const char *name)
{
    return statistics_day_of(turn->work->tenant->zone, wizard_number(wizard, name));
}

static bool check_from(struct turn *turn, struct wizard *wizard, const char **why_out, struct error *err)
{
    if (day_of(turn, wizard, "from") > today(turn->work))
        *why_out = say(turn->work, TEXT_STATISTICS_WHY_FUTURE, TEXT_NO_VALUES);
    else if (day_of(turn, wizard, "from") < 0)
        *why_out = say(turn->work, TEXT_WIZARD_WHY_TIME, TEXT_NO_VALUES);
    return true;
}

static const char *why_not(struct turn *turn, const struct statistics_period *period)
{
    struct work *work = turn->work;
    if (period->to_day > today(work))
        return say(work, TEXT_STATISTICS_WHY_FUTURE, TEXT_NO_VALUES);
    if (period->to_day < period->from_day)
        return say(work, TEXT_STATISTICS_WHY_ORDER, TEXT_NO_VALUES);
    if (!statistics_is_period(work->tenant->zone, period, work->now_ms))
        return say(work, TEXT_STATISTICS_WHY_LONG,
                   TEXT_VALUES(TV("jumlah", say_number(work, STATISTICS_MOST_DAYS))));
    return NULL;
}

static bool check_to(struct turn *turn, struct wizard *wizard, const char **why_out, struct error *err)
{
    const struct statistics_period period = {day_of(turn, wizard, "from"), day_of(turn, wizard, "to")};
    *why_out = why_not(turn, &period);
    return true;
}

static const char *show_from(struct turn *turn, const struct wizard *wizard)
{
    return statistics_date(turn->work, day_of(turn, wizard, "from"));
}

static const char *show_to(struct turn *turn, const struct wizard *wizard)
{
    return statistics_date(turn->work, day_of(turn, wizard, "to"));
}

/* What was typed has no message to change: the figures come as a new one. */
static bool finish(struct turn *turn, struct wizard *wizard, struct error *err)
{
    struct work *work = turn->work;
    const struct statistics_request request = {
        .days = STATISTICS_CHOSEN, .period = {day_of(turn, wizard, "from"), day_of(turn, wizard, "to")}};
    bool begun;
    if (!statistics_begin(turn, &request, &begun, err))
        return false;
    screen_say(turn,
               begun ? statistics_loading(work, &request) : say(work, TEXT_STATISTICS_BUSY, TEXT_NO_VALUES),
               STATISTICS_HOME);
    return true;
}

static const char *back(struct turn *turn, const struct wizard *wizard)
{
    return STATISTICS_HOME;
}

static const struct wizard_step steps[] = {
    {.name = "from",
     .label = TEXT_STATISTICS_FROM,
     .prompt = TEXT_STATISTICS_FROM_ASK,
     .takes = WIZARD_TIME,
     .check = check_from,
     .show = show_from},
    {.name = "to",
     .label = TEXT_STATISTICS_TO,
     .prompt = TEXT_STATISTICS_TO_ASK,
     .takes = WIZARD_TIME,
     .check = check_to,
     .show = show_to},
    {.name = NULL},
};

const struct wizard_kind statistics_wizard = {
    .name = "statistics",
    .title = TEXT_STATISTICS_WIZARD,
    .role = ROLE_ADMIN,
    .steps = steps,
    .finish = finish,
    .back = back,
};

bool statistics_choose(struct turn *turn, struct error *err)
{
    return wizard_open(turn, wizard_new(turn, &statistics_wizard), err);
}

/* Setting the channel that buyers have to be in: the form asks for it, a job asks Telegram about it, and only
 * where the bot can see who is in it it is set. The admin gets what came of it as a message. */
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "bot/admin/screen.h"
#include "bot/admin/store_settings.h"
#include "bot/channel.h"
#include "bot/outgoing.h"

enum { BUSY_MS = 500, TITLE_LIMIT = 128 };

#define JOB     "channel_check"
#define SETTING "channel"
#define LINK    "channel.link"
#define EDITION "edition"

/* --- the form --- */

/* "https://t.me/kopi_kabar" is "@kopi_kabar". */
static const char *channel_of(struct arena *arena, const char *typed)
{
    static const char *const prefixes[] = {"https://t.me/", "http://t.me/", "t.me/"};
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (str_starts_with(typed, prefixes[i]))
            return arena_printf(arena, "@%s", typed + strlen(prefixes[i]));
    return typed;
}

static bool check(struct turn *turn, struct wizard *wizard, const char **why_out, struct error *err)
{
    const char *channel = channel_of(turn->work->arena, wizard_text(wizard, SETTING));
    auto_json json_t *value = json_string(channel);
    if (!settings_is_valid(settings_definition(SETTING), value))
        *why_out = say(turn->work, TEXT_SETTING_WHY_FORM, TEXT_NO_VALUES);
    else
        wizard_put_text(wizard, SETTING, channel);
    return true;
}

/* One check an admin at a time: what they ask for meanwhile is not forgotten, but asked for again by them. */
bool channel_check(struct work *work, int64_t admin_id, const char *channel, int64_t edition,
                   const char **html_out, struct error *err)
{
    const char *data;
    auto_json json_t *json = json_pack("{s:s, s:I}", "channel", channel, "edition", (json_int_t)edition);
    bool busy = job_data(work, JOB, admin_id, &data, err);
    if (!busy && err->code != ERR_NOT_FOUND)
        return false;
    if (!busy && !job_add_with(work, JOB, admin_id, json_text(work->arena, json), err))
        return false;
    *html_out = busy ? say(work, TEXT_CHANNEL_CHECK_BUSY, TEXT_NO_VALUES)
                     : say(work, TEXT_CHANNEL_CHECKING, TEXT_VALUES(TV("channel", channel)));
    return true;
}

static bool finish_form(struct turn *turn, struct wizard *wizard, struct error *err)
{
    const char *html;
    if (!channel_check(turn->work, turn->update->from_id, wizard_text(wizard, SETTING),
                       wizard_number(wizard, EDITION), &html, err))
        return false;
    screen_say(turn, html, setting_page_data(turn, setting_screen(SETTING)));
    return true;
}

static const char *back(struct turn *turn, const struct wizard *wizard)
{
    return setting_page_data(turn, setting_screen(SETTING));
}

static const struct wizard_step steps[] = {
    {.name = SETTING,
     .label = TEXT_SETTING_CHANNEL,
     .prompt = TEXT_SETTING_CHANNEL_ASK,
     .takes = WIZARD_LINE,
     .most = 200,
     .check = check},
    {.name = NULL},
};
const struct wizard_kind channel_wizard = {
    .name = "channel",
    .title = TEXT_SETTING_WIZARD,
    .role = ROLE_ADMIN,
    .steps = steps,
    .finish = finish_form,
    .back = back,
};

bool channel_ask_admin(struct turn *turn, const struct setting *row, struct error *err)
{
    struct wizard *wizard = wizard_new(turn, &channel_wizard);
    wizard_put_number(wizard, EDITION, row->edition);
    return wizard_open(turn, wizard, err);
}

/* --- the check --- */

struct request {
    const char *channel;
    int64_t edition;
    bool has_link; /* an admin has given one */
};
struct result {
    struct channel_said said;
    bool is_there;            /* the bot can open it */
    const char *title, *link; /* NULL: none */
};

static bool prepare(struct work *work, int64_t ref, struct job_step *step_out, struct error *err)
{
    const char *data, *channel;
    auto_json json_t *json = NULL;
    struct request *request = ARENA_NEW(work->arena, struct request);
    if (!job_data(work, JOB, ref, &data, err) || !json_parse(data, strlen(data), &json, err))
        return false;
    if (!json_get_string(json, "channel", &channel) || !json_get_int(json, "edition", &request->edition))
        return error_set(err, ERR_INTERNAL, "channel: not a request");
    request->channel = arena_strdup(work->arena, channel);
    request->has_link = settings_of(work)->channel_link;
    *step_out = (struct job_step){.kind = JOB_CALL, .request = request};
    return true;
}

static void *ask(const struct tenant *tenant, struct arena *arena, void *request_taken)
{
    const struct request *request = request_taken;
    struct result *result = ARENA_NEW(arena, struct result);
    *result = (struct result){.title = ""};
    if (!channel_describe(tenant, arena, request->channel, &result->title, &result->link, &result->said))
        return result;
    result->is_there = true;
    result->said = channel_ask(tenant, arena, request->channel, tenant->bot_id);
    return result;
}

/* Why it can't be set; NULL: it can. HTML. */
static const char *why_not(struct work *work, const struct request *request, const struct result *result)
{
    switch (result->said.answer) {
    case CHANNEL_AWAY:
        return say(work, TEXT_CHANNEL_WHY_AWAY, TEXT_NO_VALUES);
    case CHANNEL_REFUSED:
        if (!result->is_there)
            return say(work, TEXT_CHANNEL_WHY_REFUSED, TEXT_VALUES(TV("alasan", result->said.why)));
        /* Telegram tells who is in it to its administrators alone. */
        return say(work, TEXT_CHANNEL_WHY_NO_ADMIN, TEXT_NO_VALUES);
    case CHANNEL_OUT:
        return say(work, TEXT_CHANNEL_WHY_NO_ADMIN, TEXT_NO_VALUES);
    case CHANNEL_IN:
    case CHANNEL_BUSY:
        break;
    }
    return result->link || request->has_link ? NULL : say(work, TEXT_CHANNEL_WHY_NO_LINK, TEXT_NO_VALUES);
}

/* The link of a channel without a name; one with a name needs none. */
static bool put_link(struct work *work, const struct request *request, const struct result *result,
                     int64_t actor_id, struct error *err)
{
    struct setting row;
    if (request->channel[0] == '@' || !result->link)
        return true;
    if (!settings_read(work, LINK, true, &row, err))
        return false;
    auto_json json_t *link = json_string(result->link);
    auto_json json_t *now = row.json ? json_loads(row.json, JSON_DECODE_ANY, NULL) : NULL;
    return json_equal(link, now) || !settings_is_valid(settings_definition(LINK), link) ||
           settings_put(work, LINK, json_incref(link), row.edition, actor_id, NULL, err);
}

static bool put(struct work *work, const struct request *request, const struct result *result,
                int64_t actor_id, const char **html_out, struct error *err)
{
    bool set =
        settings_put(work, SETTING, json_string(request->channel), request->edition, actor_id, NULL, err);
    if (!set && err->code != ERR_CONFLICT)
        return false;
    *html_out = set ? say(work, TEXT_CHANNEL_SET,
                          TEXT_VALUES(TV("channel", request->channel),
                                      TV("nama", str_utf8_cut(work->arena, result->title, TITLE_LIMIT))))
                    : say(work, TEXT_CHANGED_MEANWHILE, TEXT_NO_VALUES);
    return !set || put_link(work, request, result, actor_id, err);
}

static bool finish(struct work *work, int64_t ref, void *request_taken, void *result_taken,
                   struct job_step *step_out, struct error *err)
{
    const struct request *request = request_taken;
    const struct result *result = result_taken;
    if (result->said.answer == CHANNEL_BUSY) {
        *step_out = (struct job_step){.kind = JOB_AGAIN, .due_ms = work->now_ms + BUSY_MS};
        return true;
    }
    *step_out = (struct job_step){.kind = JOB_DONE};
    /* Who is no admin any more sets nothing. */
    if (!tenant_is_admin(work->tenant, ref) && !tenant_is_owner(work->tenant, ref))
        return true;
    const char *why = why_not(work, request, result), *html;
    if (why)
        html = say(work, TEXT_CHANNEL_NOT_SET,
                   TEXT_VALUES(TV("channel", request->channel), TV_HTML("alasan", why)));
    else if (!put(work, request, result, ref, &html, err))
        return error_context(err, "channel");
    struct turn turn = {.work = work};
    const struct outgoing outgoing = {
        .chat_id = ref,
        .html = html,
        .keyboard = screen_ways_on(work, setting_page_data(&turn, setting_screen(SETTING)))};
    return outgoing_add(work, &outgoing, err);
}

const struct job_kind channel_check_job = {
    .name = JOB,
    .prepare = prepare,
    .call = ask,
    .finish = finish,
    .longest_call_ms = 35000, /* three calls */
};

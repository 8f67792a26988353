#include "bot/channel.h"

#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "bot/bot.h"
#include "bot/outgoing.h"
#include "bot/say.h"
#include "store/settings.h"
#include "telegram/api.h"

enum {
    MOST_AT_ONCE = 3, /* of the pool's threads, which others need too */
    AWAY_MS = 10000,
    LOOK_AGAIN_MS = 60000,
    WHY_LIMIT = 200,
};

#define JOB_DOWN "channel_down"

/* --- asking --- */

static atomic_int asking;
static atomic_bool stopping;
static atomic_llong away_until_ms; /* by the clock that never jumps: nobody waits for Telegram meanwhile */

void bot_stop_asking(void)
{
    atomic_store(&stopping, true);
}

static json_t *chat_of(const char *channel)
{
    int64_t id;
    return str_to_int64(channel, &id) ? json_integer(id) : json_string(channel);
}

static struct channel_said failed(struct arena *arena, const struct error *err)
{
    /* Without a time to wait it was the network. */
    if (err->code == ERR_RETRY && !err->retry_after)
        atomic_store(&away_until_ms, clock_mono_ms() + AWAY_MS);
    return (struct channel_said){err->code == ERR_RETRY ? CHANNEL_AWAY : CHANNEL_REFUSED,
                                 str_utf8_cut(arena, err->text, WHY_LIMIT)};
}

static bool call(const struct tenant *tenant, struct arena *arena, const char *method, const json_t *params,
                 json_t **result_out, struct channel_said *said_out)
{
    struct error err;
    *said_out = (struct channel_said){CHANNEL_BUSY, ""};
    if (clock_mono_ms() < atomic_load(&away_until_ms)) {
        *said_out = (struct channel_said){CHANNEL_AWAY, "Telegram can't be reached"};
        return false;
    }
    bool mine = atomic_fetch_add(&asking, 1) < MOST_AT_ONCE, ok = false;
    if (mine)
        ok = telegram_call_until(&stopping, telegram_base(), tenant->token, method, params, result_out, NULL,
                                 &err);
    atomic_fetch_sub(&asking, 1);
    if (mine && !ok && !atomic_load(&stopping)) /* what was broken off is asked after the next start */
        *said_out = failed(arena, &err);
    return ok;
}

/* What Telegram refuses to say of somebody whom it does not know there. */
static bool is_unknown_person(const char *why)
{
    static const char *const parts[] = {"user not found", "member not found", "PARTICIPANT_ID_INVALID",
                                        "USER_ID_INVALID"};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (strstr(why, parts[i]))
            return true;
    return false;
}

static enum channel_answer answer_of(const json_t *member, bool of_bot)
{
    const char *status = "";
    bool is_member = false;
    json_get_string(member, "status", &status);
    json_get_bool(member, "is_member", &is_member);
    bool runs = strcmp(status, "creator") == 0 || strcmp(status, "administrator") == 0;
    bool in = strcmp(status, "member") == 0 || (strcmp(status, "restricted") == 0 && is_member);
    return runs || (in && !of_bot) ? CHANNEL_IN : CHANNEL_OUT;
}

struct channel_said channel_ask(const struct tenant *tenant, struct arena *arena, const char *channel,
                                int64_t person)
{
    auto_json json_t *params =
        json_pack("{s:o, s:I}", "chat_id", chat_of(channel), "user_id", (json_int_t)person);
    auto_json json_t *member = NULL;
    struct channel_said said;
    if (call(tenant, arena, "getChatMember", params, &member, &said))
        return (struct channel_said){answer_of(member, person == tenant->bot_id), ""};
    if (said.answer == CHANNEL_REFUSED && is_unknown_person(said.why))
        return (struct channel_said){CHANNEL_OUT, ""};
    return said;
}

/* A new one, where there is none yet. */
static const char *make_link(const struct tenant *tenant, struct arena *arena, const json_t *params)
{
    auto_json json_t *link = NULL;
    struct channel_said ignored;
    const char *url;
    return call(tenant, arena, "createChatInviteLink", params, &link, &ignored) &&
                   json_get_string(link, "invite_link", &url)
               ? arena_strdup(arena, url)
               : NULL;
}

bool channel_describe(const struct tenant *tenant, struct arena *arena, const char *channel,
                      const char **title_out, const char **link_out, struct channel_said *said_out)
{
    auto_json json_t *params = json_pack("{s:o}", "chat_id", chat_of(channel));
    auto_json json_t *chat = NULL;
    const char *title = "", *type = "", *text;
    if (!call(tenant, arena, "getChat", params, &chat, said_out))
        return false;
    json_get_string(chat, "title", &title);
    json_get_string(chat, "type", &type);
    if (strcmp(type, "channel") != 0 && strcmp(type, "supergroup") != 0) {
        *said_out = (struct channel_said){CHANNEL_REFUSED, "Bad Request: not a channel"};
        return false;
    }
    *title_out = arena_strdup(arena, title);
    *link_out = json_get_string(chat, "username", &text)      ? arena_printf(arena, "https://t.me/%s", text)
                : json_get_string(chat, "invite_link", &text) ? arena_strdup(arena, text)
                                                              : make_link(tenant, arena, params);
    return true;
}

/* --- the lane --- */

bool channel_is_set(struct work *work, const char *channel, bool *is_set_out, struct error *err)
{
    struct setting row;
    if (!settings_read(work, "channel", false, &row, err))
        return false;
    auto_json json_t *now = row.json ? json_loads(row.json, JSON_DECODE_ANY, NULL) : NULL;
    *is_set_out = now && str_equal(json_string_value(now), channel);
    return true;
}

const char *channel_url(struct work *work)
{
    const struct settings *settings = settings_of(work);
    if (settings->channel && settings->channel[0] == '@')
        return arena_printf(work->arena, "https://t.me/%s", settings->channel + 1);
    return settings->channel_link;
}

bool channel_note_down(struct work *work, const char *why, struct error *err)
{
    bool added = false;
    if (!job_add_new(work, JOB_DOWN, 0, work->now_ms + LOOK_AGAIN_MS, &added, err))
        return error_context(err, "channel");
    if (!added)
        return true;
    log_warn(work->tenant->name, "the channel can't be asked who is in it: %s", why);
    return outgoing_to_admins(work, say(work, TEXT_CHANNEL_DOWN, TEXT_VALUES(TV("alasan", why))), err);
}

static bool prepare_down(struct work *work, int64_t ref, struct job_step *step_out, struct error *err)
{
    const char *channel = settings_of(work)->channel;
    *step_out = channel ? (struct job_step){.kind = JOB_CALL, .request = arena_strdup(work->arena, channel)}
                        : (struct job_step){.kind = JOB_DONE};
    return true;
}

static void *call_down(const struct tenant *tenant, struct arena *arena, void *channel)
{
    struct channel_said *said = ARENA_NEW(arena, struct channel_said);
    *said = channel_ask(tenant, arena, channel, tenant->bot_id);
    return said;
}

static bool finish_down(struct work *work, int64_t ref, void *channel, void *result,
                        struct job_step *step_out, struct error *err)
{
    const struct channel_said *said = result;
    bool is_set;
    *step_out = (struct job_step){.kind = JOB_AGAIN, .due_ms = work->now_ms + LOOK_AGAIN_MS};
    if (said->answer != CHANNEL_IN)
        return true;
    if (!channel_is_set(work, channel, &is_set, err))
        return false;
    *step_out = (struct job_step){.kind = is_set ? JOB_DONE : JOB_AGAIN};
    return !is_set || outgoing_to_admins(work, say(work, TEXT_CHANNEL_UP, TEXT_NO_VALUES), err);
}

const struct job_kind channel_down_job = {
    .name = JOB_DOWN,
    .prepare = prepare_down,
    .call = call_down,
    .finish = finish_down,
};

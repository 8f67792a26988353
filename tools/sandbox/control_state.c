/* The control interface: state, bots, people, projects, failures, and the logs. */
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/json.h"
#include "base/str.h"
#include "bot.h"
#include "control.h"
#include "params.h"
#include "person.h"
#include "sandbox.h"
#include "transaction.h"

enum { WAIT_MOST_MS = 30000, RETRY_AFTER_MOST = 3600 };

static bool reset(struct control *control, json_t **answer_out)
{
    sandbox_reset(control->sandbox);
    *answer_out = json_object();
    return true;
}

static json_t *bot_json(const struct sandbox *sandbox, const struct bot *bot)
{
    json_t *commands = bot_commands(bot);
    return json_pack("{s:I,s:s,s:s,s:s?,s:I,s:o,s:b}", "id", (json_int_t)bot->id, "username", bot->username,
                     "first_name", bot->first_name, "webhook", bot->webhook_url, "pending",
                     (json_int_t)bot->pending, "commands", commands ? json_incref(commands) : json_array(),
                     "revoked", bot_token_is_revoked(sandbox, bot->token));
}

static bool state(struct control *control, json_t **answer_out)
{
    const struct sandbox *sandbox = control->sandbox;
    json_t *bots = json_array(), *people = json_array(), *projects = json_array();
    for (struct table_entry *e = sandbox->bots.first; e; e = e->next)
        json_array_append_new(bots, bot_json(sandbox, e->value));
    for (struct table_entry *e = sandbox->people.first; e; e = e->next) {
        const struct person *person = e->value;
        if (!person->in_crowd)
            json_array_append(people, person->user);
    }
    for (struct table_entry *e = sandbox->projects.first; e; e = e->next)
        json_array_append_new(projects, project_json(e->value));
    *answer_out = json_pack(
        "{s:I,s:I,s:I,s:I,s:I,s:o,s:o,s:o}", "seq", (json_int_t)sandbox->journal.seq, "updates_pending",
        (json_int_t)sandbox->updates_pending, "webhooks_pending", (json_int_t)sandbox->webhooks_pending,
        "malformed", (json_int_t)sandbox->journal.malformed_count, "calls",
        (json_int_t)sandbox->journal.call_count, "bots", bots, "people", people, "projects", projects);
    return true;
}

static bool set_bot(struct control *control, json_t **answer_out)
{
    const char *token = NULL, *username = NULL, *first_name = NULL;
    bool revoked = false;
    if (!control_may_text(control, "token", &token) || !control_may_text(control, "username", &username) ||
        !control_may_text(control, "first_name", &first_name))
        return false;
    bool was = token && bot_token_is_revoked(control->sandbox, token);
    revoked = was;
    if (!control_may_bool(control, "revoked", &revoked))
        return false;
    bool can_manage_bots = false;
    if (!control_may_bool(control, "can_manage_bots", &can_manage_bots))
        return false;
    struct bot *bot = token ? bot_of_token(control->sandbox, token) : NULL;
    if (!bot)
        return error_set(&control->err, ERR_INVALID, "token must be digits, a colon and %d characters",
                         BOT_TOKEN_SECRET);
    bot_revoke(control->sandbox, token, revoked);
    if (json_object_get(control->body, "can_manage_bots"))
        bot->can_manage_bots = can_manage_bots;
    bot_name(control->sandbox, bot, username, first_name);
    *answer_out = bot_json(control->sandbox, bot);
    return true;
}

static bool set_person(struct control *control, json_t **answer_out)
{
    int64_t id;
    const char *first_name = NULL, *last_name = NULL, *username = NULL, *language_code = NULL;
    if (!control_int(control, "id", &id) || !control_may_text(control, "first_name", &first_name) ||
        !control_may_text(control, "last_name", &last_name) ||
        !control_may_text(control, "username", &username) ||
        !control_may_text(control, "language_code", &language_code))
        return false;
    if (id <= 0 || id > (int64_t)1 << 52)
        return error_set(&control->err, ERR_INVALID, "id must be from 1 to 2^52");
    const struct person *person =
        person_set(control->sandbox, id, first_name, last_name, username, language_code);
    *answer_out = json_incref(person->user);
    return true;
}

static void replace(char **text, const char *value)
{
    char *copy = *value ? xstrdup(value) : NULL;
    free(*text);
    *text = copy;
}

static bool set_project(struct control *control, json_t **answer_out)
{
    const char *slug = NULL, *api_key = NULL, *url = NULL, *secret = NULL;
    bool is_sandbox = false, enforce_rates = false;
    int64_t expires_in = 900;
    if (!control_may_text(control, "slug", &slug) || !control_may_text(control, "api_key", &api_key) ||
        !control_may_text(control, "webhook_url", &url) ||
        !control_may_text(control, "webhook_secret", &secret))
        return false;
    if (!slug || !*slug || strchr(slug, '/'))
        return error_set(&control->err, ERR_INVALID, "slug must be a name");
    if (secret && strpbrk(secret, "\r\n"))
        return error_set(&control->err, ERR_INVALID, "webhook_secret must be one line");
    struct project *known = project_find(control->sandbox, slug);
    if (known) {
        is_sandbox = known->is_sandbox;
        enforce_rates = known->enforce_rates;
        expires_in = known->expires_in;
    }
    if (!control_may_bool(control, "is_sandbox", &is_sandbox) ||
        !control_may_bool(control, "enforce_rates", &enforce_rates) ||
        !control_may_int(control, "expires_in", -86400, 86400, &expires_in))
        return false;
    struct project *project = project_get(control->sandbox, slug);
    if (api_key) {
        free(project->api_key);
        project->api_key = xstrdup(api_key);
    }
    if (url)
        replace(&project->webhook_url, url);
    if (secret)
        replace(&project->webhook_secret, secret);
    project->is_sandbox = is_sandbox;
    project->enforce_rates = enforce_rates;
    project->expires_in = expires_in;
    journal_event(control->sandbox, "project", 0, 0, 0);
    *answer_out = project_json(project);
    return true;
}

static bool fail(struct control *control, json_t **answer_out)
{
    int64_t id;
    if (!failure_add(control->sandbox, control->body, &id, &control->err))
        return false;
    *answer_out = json_pack("{s:I}", "id", (json_int_t)id);
    return true;
}

static bool unfail(struct control *control, json_t **answer_out)
{
    int64_t id = 0;
    if (!control_may_int(control, "id", 1, INT64_MAX, &id))
        return false;
    if (id == 0) {
        failure_remove_all(control->sandbox);
        journal_event(control->sandbox, "fail", 0, 0, 0);
    } else if (!failure_remove(control->sandbox, id)) {
        return error_set(&control->err, ERR_INVALID, "there is no rule %lld (any more)", (long long)id);
    }
    *answer_out = json_object();
    return true;
}

static bool fails(struct control *control, json_t **answer_out)
{
    *answer_out = json_pack("{s:o}", "fails", failure_list(control->sandbox));
    return true;
}

static bool events(struct control *control, json_t **answer_out)
{
    int64_t since = control_query_int(control, "since", 0);
    int64_t wait_ms = control_query_int(control, "wait_ms", 0);
    journal_wait(control->sandbox, control->token, since, wait_ms > WAIT_MOST_MS ? WAIT_MOST_MS : wait_ms);
    control->token = NULL;
    return true;
}

/* Which entries of a log are asked for. */
struct filter {
    int64_t bot, chat, since;
    const char *method, *slug;
};

static struct filter read_filter(struct control *control)
{
    return (struct filter){.bot = control_query_int(control, "bot", 0),
                           .chat = control_query_int(control, "chat", 0),
                           .since = control_query_int(control, "since", 0),
                           .method = params_query(control->arena, control->query, "method"),
                           .slug = params_query(control->arena, control->query, "slug")};
}

static bool fits(const struct filter *filter, const json_t *entry)
{
    const char *method = json_string_value(json_object_get(entry, "method"));
    const char *slug = json_string_value(json_object_get(entry, "slug"));
    return (!filter->bot || json_integer_value(json_object_get(entry, "bot")) == filter->bot) &&
           (!filter->chat || json_integer_value(json_object_get(entry, "chat")) == filter->chat) &&
           (!filter->method || !*filter->method || (method && strcasecmp(method, filter->method) == 0)) &&
           (!filter->slug || !*filter->slug || str_equal(slug, filter->slug));
}

static json_t *entries(struct control *control, const struct journal_log *log)
{
    struct filter filter = read_filter(control);
    json_t *list = json_array();
    size_t first = log->count;
    while (first > 0 && json_integer_value(json_object_get(journal_at(log, first - 1), "seq")) > filter.since)
        first--;
    for (size_t i = first; i < log->count; i++)
        if (fits(&filter, journal_at(log, i)))
            json_array_append(list, journal_at(log, i));
    return list;
}

static bool calls(struct control *control, json_t **answer_out)
{
    *answer_out = json_pack("{s:o}", "calls", entries(control, &control->sandbox->journal.calls));
    return true;
}

static bool malformed(struct control *control, json_t **answer_out)
{
    *answer_out = json_pack("{s:o}", "malformed", entries(control, &control->sandbox->journal.malformed));
    return true;
}

static bool deliveries(struct control *control, json_t **answer_out)
{
    *answer_out = json_pack("{s:o}", "deliveries", entries(control, &control->sandbox->journal.deliveries));
    return true;
}

static bool gateway_calls(struct control *control, json_t **answer_out)
{
    *answer_out = json_pack("{s:o}", "calls", entries(control, &control->sandbox->journal.gateway_calls));
    return true;
}

static bool set_limits(struct control *control, json_t **answer_out)
{
    struct bot *bot;
    int64_t retry_after = 1;
    struct rate wanted = {0};
    if (!control_bot(control, &bot) ||
        !control_may_int(control, "per_second", 0, INT32_MAX, &wanted.per_second) ||
        !control_may_int(control, "per_chat", 0, INT32_MAX, &wanted.per_chat) ||
        !control_may_int(control, "retry_after", 1, RETRY_AFTER_MOST, &retry_after))
        return false;
    bot->rate.per_second = wanted.per_second;
    bot->rate.per_chat = wanted.per_chat;
    bot->rate.retry_after = (int)retry_after;
    *answer_out = json_object();
    return true;
}

static bool rates(struct control *control, json_t **answer_out)
{
    const struct bot *bot = bot_find(control->sandbox, control_query_int(control, "bot", 0));
    if (!bot)
        return error_set(&control->err, ERR_INVALID, "there is no such bot");
    int64_t since_ms = control_query_int(control, "since_ms", 0);
    int64_t window_ms = control_query_int(control, "window_ms", 1000);
    struct rate_peak all = rate_peak(&bot->rate, since_ms, window_ms);
    struct rate_peak one = rate_peak_of_a_chat(&bot->rate, since_ms, window_ms);
    *answer_out =
        json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "sent", (json_int_t)rate_count(&bot->rate, since_ms),
                  "most", (json_int_t)all.count, "most_at_ms", (json_int_t)all.at_ms, "most_in_a_chat",
                  (json_int_t)one.count, "chat", (json_int_t)one.chat, "refused",
                  (json_int_t)bot->rate.refused, "window_ms", (json_int_t)window_ms);
    return true;
}

const struct control_route control_state_table[] = {
    {"POST", "reset", reset},
    {"GET", "state", state},
    {"POST", "bot", set_bot},
    {"POST", "person", set_person},
    {"POST", "project", set_project},
    {"POST", "fail", fail},
    {"POST", "unfail", unfail},
    {"GET", "fails", fails},
    {"GET", "events", events},
    {"GET", "calls", calls},
    {"GET", "malformed", malformed},
    {"GET", "deliveries", deliveries},
    {"GET", "gateway_calls", gateway_calls},
    {"POST", "limits", set_limits},
    {"GET", "rates", rates},
    {NULL, NULL, NULL},
};

/* lapakctl tenant add: asks for what a store needs, tries the bot's token and the gateway's key, and writes
 * the store's file and its secrets. A running lapakd finds the file by itself. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "command.h"
#include "output.h"
#include "payment/method.h"
#include "payment/pakasir.h"
#include "telegram/api.h"
#include "tenants/writer.h"

enum { MOST_PEOPLE = 100, MOST_TRIES = 5 };

struct form {
    struct command_context *context;
    struct command_setup setup;
    struct tenant_draft draft;
    const char *bot_username, *bot_title; /* as getMe says */
};

/* A question: takes the answer into the draft, or says what is wrong with it. */
struct question {
    const char *text;
    bool is_secret;
    const char *(*fallback)(const struct form *form); /* NULL: there is none */
    /* False with the complaint. */
    bool (*take)(struct form *form, const char *answer, struct error *err);
};

static bool take_name(struct form *form, const char *answer, struct error *err)
{
    if (!tenant_is_name(answer))
        return error_set(err, ERR_INVALID,
                         "2 to 31 of a-z, 0-9 and -, beginning with a letter, and not \"server\"");
    form->draft.name = answer;
    return true;
}

static bool take_token(struct form *form, const char *answer, struct error *err)
{
    struct arena *arena = form->context->arena;
    auto_json json_t *me = NULL;
    int64_t bot_id, id;
    const char *username = "", *title = "";
    if (!tenant_parse_token(answer, &bot_id))
        return error_set(err, ERR_INVALID,
                         "a token is digits, a colon and 35 characters, as @BotFather gives it");
    fputs("asking Telegram …\n", stderr);
    if (!telegram_call(form->setup.config->telegram_api_base, answer, "getMe", NULL, &me, NULL, err))
        return error_context(err, "getMe");
    if (!json_get_int(me, "id", &id) || id != bot_id)
        return error_set(err, ERR_REFUSED, "Telegram says that this token is of another bot");
    json_get_string(me, "username", &username);
    json_get_string(me, "first_name", &title);
    form->bot_username = arena_strdup(arena, username);
    form->bot_title = arena_strdup(arena, title);
    form->draft.token = answer;
    fprintf(stderr, "this is @%s\n", username);
    return true;
}

static const char *title_fallback(const struct form *form)
{
    return form->bot_title && *form->bot_title ? form->bot_title : NULL;
}

static bool take_title(struct form *form, const char *answer, struct error *err)
{
    if (!*answer || str_utf16_length(answer) > 64)
        return error_set(err, ERR_INVALID, "1 to 64 characters");
    form->draft.title = answer;
    return true;
}

/* "1001, 1002" */
static bool take_ids(struct form *form, const char *answer, struct key_ids *ids_out, struct error *err)
{
    struct arena *arena = form->context->arena;
    int64_t *ids = ARENA_ARRAY(arena, int64_t, MOST_PEOPLE);
    size_t count = 0;
    for (char *rest = arena_strdup(arena, answer), *word; (word = strsep(&rest, ", "));) {
        int64_t id;
        if (!*word)
            continue;
        if (count == MOST_PEOPLE || !str_to_int64(word, &id) || id <= 0)
            return error_set(err, ERR_INVALID,
                             "%s is no Telegram id: numbers, separated by commas (@userinfobot tells them)",
                             word);
        ids[count++] = id;
    }
    *ids_out = (struct key_ids){count, ids};
    return true;
}

static bool take_admins(struct form *form, const char *answer, struct error *err)
{
    if (!take_ids(form, answer, &form->draft.admins, err))
        return false;
    return form->draft.admins.count || error_set(err, ERR_INVALID, "at least one");
}

static const char *nothing(const struct form *form)
{
    return "";
}

static bool take_owners(struct form *form, const char *answer, struct error *err)
{
    return take_ids(form, answer, &form->draft.owners, err);
}

static bool take_support(struct form *form, const char *answer, struct error *err)
{
    form->draft.support = *answer ? answer : NULL;
    return !*answer || answer[0] == '@' || error_set(err, ERR_INVALID, "a Telegram name with its @");
}

static const char *language_fallback(const struct form *form)
{
    return "id";
}

static bool take_language(struct form *form, const char *answer, struct error *err)
{
    for (size_t i = 0; tenant_languages[i]; i++)
        if (str_equal(tenant_languages[i], answer)) {
            form->draft.language = answer;
            return true;
        }
    return error_set(err, ERR_INVALID, "id or en");
}

static const char *zone_fallback(const struct form *form)
{
    return "Asia/Jakarta";
}

static bool take_zone(struct form *form, const char *answer, struct error *err)
{
    const struct clock_zone *zone;
    if (!clock_zone_load(answer, &zone))
        return error_set(err, ERR_INVALID,
                         "no such time zone; Asia/Jakarta, Asia/Makassar, Asia/Jayapura, …");
    form->draft.timezone = answer;
    return true;
}

static bool take_project(struct form *form, const char *answer, struct error *err)
{
    if (!*answer)
        return error_set(err, ERR_INVALID, "the project's slug, as in its address at Pakasir");
    form->draft.project = answer;
    return true;
}

/* A gateway that can't be asked now is no reason not to go on: lapakd will tell. */
static bool take_api_key(struct form *form, const char *answer, struct error *err)
{
    if (!*answer)
        return error_set(err, ERR_INVALID, "the API key from the project's page at Pakasir");
    fputs("asking Pakasir …\n", stderr);
    if (pakasir_check_key(form->context->arena, form->draft.project, answer, err))
        fputs("Pakasir takes the key\n", stderr);
    else if (err->code == ERR_REFUSED)
        return false;
    else
        fprintf(stderr, "not checked: %s\n", err->text);
    form->draft.api_key = answer;
    return true;
}

static bool take_webhook_secret(struct form *form, const char *answer, struct error *err)
{
    if (!*answer)
        return error_set(err, ERR_INVALID, "the webhook secret from the project's page at Pakasir");
    form->draft.webhook_secret = answer;
    return true;
}

static const char *no(const struct form *form)
{
    return "n";
}

static bool take_sandbox(struct form *form, const char *answer, struct error *err)
{
    form->draft.sandbox = answer[0] == 'y' || answer[0] == 'Y';
    return true;
}

static const char *methods_fallback(const struct form *form)
{
    return "qris";
}

static bool take_methods(struct form *form, const char *answer, struct error *err)
{
    struct arena *arena = form->context->arena;
    const char **names = ARENA_ARRAY(arena, const char *, method_count);
    size_t count = 0;
    for (char *rest = arena_strdup(arena, answer), *word; (word = strsep(&rest, ", "));) {
        const struct method *method = *word ? method_find(word) : NULL;
        if (!*word)
            continue;
        if (!method || method->kind == METHOD_BALANCE || count == method_count)
            return error_set(err, ERR_INVALID, "%s is no way to pay: qris, bri_va, bni_va, …, payment_link",
                             word);
        names[count++] = word;
    }
    form->draft.methods = (struct key_texts){count, names};
    return count || error_set(err, ERR_INVALID, "at least one");
}

static const struct question questions[] = {
    {"The store's name (bot_store_name), for ever", false, NULL, take_name},
    {"The bot's token, from @BotFather", true, NULL, take_token},
    {"The store's title, as buyers see it", false, title_fallback, take_title},
    {"Telegram ids of its admins", false, NULL, take_admins},
    {"Telegram ids of its owners (none: the admins)", false, nothing, take_owners},
    {"Where buyers find help: @name (none: leave it out)", false, nothing, take_support},
    {"Language: id or en", false, language_fallback, take_language},
    {"Time zone", false, zone_fallback, take_zone},
    {"The project's slug at Pakasir", false, NULL, take_project},
    {"Its API key", true, NULL, take_api_key},
    {"Its webhook secret", true, NULL, take_webhook_secret},
    {"Is the project in Pakasir's sandbox mode: y or n", false, no, take_sandbox},
    {"Ways to pay", false, methods_fallback, take_methods},
};
enum { QUESTIONS = sizeof questions / sizeof questions[0] };

/* A script's wrong answer ends it; a person may try again. */
static bool put(struct form *form, const struct question *question, struct error *err)
{
    for (int tries = 1;; tries++) {
        struct arena *arena = form->context->arena;
        const char *fallback = question->fallback ? question->fallback(form) : NULL;
        const char *answer =
            question->is_secret ? ask_secret(arena, question->text) : ask(arena, question->text, fallback);
        if (!answer)
            return error_set(err, ERR_INVALID, "%s: no answer", question->text);
        if (question->take(form, answer, err))
            return true;
        if (!ask_is_terminal() || tries == MOST_TRIES)
            return error_context(err, "%s", question->text);
        fprintf(stderr, "  %s\n", err->text);
    }
}

static bool fill(struct form *form, struct error *err)
{
    const struct command_context *context = form->context;
    size_t first = 0;
    if (context->operand_count > 0) {
        if (!questions[0].take(form, context->operands[0], err))
            return error_context(err, "%s", context->operands[0]);
        first = 1;
    }
    for (size_t i = first; i < QUESTIONS; i++)
        if (!put(form, &questions[i], err))
            return false;
    return true;
}

static bool confirm(const struct form *form)
{
    const struct tenant_draft *draft = &form->draft;
    fprintf(stderr, "\n%s: \"%s\", @%s, project %s%s, %zu admin(s)\n", draft->name, draft->title,
            form->bot_username, draft->project, draft->sandbox ? " (sandbox)" : "", draft->admins.count);
    return ask_yes(form->context->arena, "Write it");
}

static void report(const struct form *form, const char *path)
{
    struct command_context *context = form->context;
    const struct config *config = form->setup.config;
    const char *webhook =
        arena_printf(context->arena, "%s/webhooks/pakasir/%s", config->public_url, form->draft.name);
    if (context->json) {
        output_json(json_pack("{s:b, s:s, s:s, s:s, s:s}", "ok", 1, "bot_store_name", form->draft.name,
                              "file", path, "bot_username", form->bot_username, "pakasir_webhook_url",
                              webhook));
        return;
    }
    printf("%s is written, and its secrets to %s.\n"
           "A running lapakd takes the store in within seconds (lapakctl tenants shows it).\n\n"
           "Paste this into the project's webhook URL at Pakasir:\n\n    %s\n",
           path, context->env_path, webhook);
}

static bool add(struct form *form, const char **path_out, bool *refused_out, struct error *err)
{
    struct faults faults = FAULTS_INIT(form->context->arena);
    *refused_out = false;
    if (!fill(form, err))
        return false;
    *refused_out = !confirm(form);
    return *refused_out || tenant_write(form->context->arena, form->setup.config, form->context->env_path,
                                        &form->draft, path_out, &faults, err);
}

static int run(struct command_context *context)
{
    struct form form = {.context = context};
    if (!command_read_setup(context, &form.setup))
        return COMMAND_FAILED;
    pakasir_set_base(form.setup.config->pakasir_api_base);
    const char *path = NULL;
    bool refused;
    struct error err;
    if (!add(&form, &path, &refused, &err)) {
        output_error(context, &err);
        return COMMAND_FAILED;
    }
    if (refused) {
        fputs("nothing was written\n", stderr);
        return COMMAND_FAILED;
    }
    report(&form, path);
    return COMMAND_OK;
}

const struct command command_tenant_add = {
    "tenant add", "[NAME]", "ask for what a new store needs, try its keys, and write its file", -1, run,
};

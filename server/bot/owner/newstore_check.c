/* The form's jobs: whose bot it is that was named, and whether the gateway takes the key. What was given may
 * have been changed while they asked: their answer then counts for nothing. */
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "bot/owner/managed.h"
#include "bot/owner/newstore_internal.h"
#include "payment/pakasir.h"
#include "telegram/api.h"

enum { MOST_FAILURES = 5, LONGEST_CALL_MS = 45000 };

/* --- what both share --- */

struct asked {
    int64_t person, form;
    const char *given; /* the answer that is looked into; secret */
    int64_t managed;
    const char *project;
};

static bool is_passing(const struct error *err)
{
    return err->code == ERR_RETRY || err->code == ERR_UNCERTAIN;
}

/* The form where it waits for this; NULL where it does not (any more). */
static bool find_form(struct newstore_visit *visit, struct work *work, const char *job, int64_t ref,
                      const char *step, struct wizard **wizard_out, struct error *err)
{
    auto_json json_t *json = NULL;
    const char *data;
    int64_t person, form;
    if (!job_data(work, job, ref, &data, err) || !json_parse(data, strlen(data), &json, err))
        return false;
    if (!json_get_int(json, "person", &person) || !json_get_int(json, "form", &form))
        return error_set(err, ERR_INTERNAL, "the job's data is damaged");
    newstore_visit(visit, work, person, ref);
    /* who is no owner any more makes no store */
    if (!tenant_is_owner(work->tenant, person)) {
        *wizard_out = NULL;
        return true;
    }
    return wizard_at(&visit->turn, &newstore_wizard, form, step, wizard_out, err);
}

static bool prepare(struct work *work, const char *job, int64_t ref, const char *step, const char *answer,
                    struct job_step *step_out, struct error *err)
{
    struct newstore_visit visit;
    struct wizard *wizard;
    if (!find_form(&visit, work, job, ref, step, &wizard, err))
        return false;
    if (!wizard)
        return true;
    struct asked *asked = ARENA_NEW(work->arena, struct asked);
    *asked = (struct asked){.person = visit.update.from_id,
                            .form = wizard_id(wizard),
                            .given = wizard_text(wizard, answer),
                            .managed = wizard_number(wizard, ANSWER_MANAGED),
                            .project = wizard_text(wizard, "project")};
    *step_out = (struct job_step){.kind = JOB_CALL, .request = asked};
    return true;
}

/* Whether the form still waits for what was asked. */
static bool is_current(const struct wizard *wizard, const char *answer, const struct asked *asked)
{
    return wizard && str_equal(wizard_text(wizard, answer), asked->given) &&
           wizard_number(wizard, ANSWER_MANAGED) == asked->managed;
}

/* Nothing could be found out: again, for as long as the form waits. */
static bool again(struct work *work, struct job_step *step_out)
{
    *step_out = (struct job_step){.kind = JOB_AGAIN, .due_ms = work->now_ms + NEWSTORE_AGAIN_MS};
    return true;
}

static bool go_on(struct newstore_visit *visit, struct wizard *wizard, const char *step, struct error *err)
{
    wizard_put_text(wizard, step, "1");
    return wizard_open(&visit->turn, wizard, err) && owner_send_page(&visit->turn, err);
}

static bool ask_again(struct newstore_visit *visit, struct wizard *wizard, const char *step, const char *why,
                      struct error *err)
{
    return wizard_ask_again(&visit->turn, wizard, step, why, err) && owner_send_page(&visit->turn, err);
}

/* --- the bot --- */

struct bot_found {
    bool ok;
    struct error err;
    int64_t id;
    const char *username, *title;
};

static bool prepare_bot(struct work *work, int64_t ref, struct job_step *step_out, struct error *err)
{
    return prepare(work, JOB_BOT, ref, STEP_BOT_CHECKED, "bot", step_out, err);
}

static bool ask_telegram(const struct tenant *tenant, struct arena *arena, const struct asked *asked,
                         struct bot_found *found)
{
    const char *token = asked->given, *username = "", *title = "";
    auto_json json_t *me = NULL;
    int64_t id = 0;
    if (asked->managed && !managed_token(tenant, arena, asked->managed, &token, &found->err))
        return false;
    if (!telegram_call(telegram_base(), token, "getMe", NULL, &me, NULL, &found->err))
        return false;
    if (!tenant_parse_token(token, &id) || !json_get_int(me, "id", &found->id) || id != found->id)
        return error_set(&found->err, ERR_REFUSED, "getMe: it is of another bot");
    json_get_string(me, "username", &username);
    json_get_string(me, "first_name", &title);
    found->username = arena_strdup(arena, username);
    found->title = str_utf8_cut(arena, title, 64);
    return true;
}

static void *call_bot(const struct tenant *tenant, struct arena *arena, void *request)
{
    struct bot_found *found = ARENA_NEW(arena, struct bot_found);
    found->ok = ask_telegram(tenant, arena, request, found);
    return found;
}

/* What speaks against this bot; NULL: nothing. */
static bool why_not_bot(struct work *work, const struct asked *asked, const struct bot_found *found,
                        const char **why_out, struct error *err)
{
    const char *store = NULL;
    if (!found->ok) {
        *why_out = say(work, asked->managed ? TEXT_NEWSTORE_WHY_NOT_MANAGED : TEXT_NEWSTORE_WHY_REFUSED,
                       TEXT_NO_VALUES);
        return true;
    }
    if (!stores_of_bot(work->arena, work->tx, found->id, &store, err))
        return false;
    if (found->id == work->tenant->bot_id)
        *why_out = say(work, TEXT_NEWSTORE_WHY_OWN_BOT, TEXT_NO_VALUES);
    else if (store)
        *why_out =
            say(work, TEXT_NEWSTORE_WHY_BOT_USED, TEXT_VALUES(TV("bot", found->username), TV("toko", store)));
    return true;
}

static bool finish_bot(struct work *work, int64_t ref, void *request, void *result, struct job_step *step_out,
                       struct error *err)
{
    const struct asked *asked = request;
    const struct bot_found *found = result;
    struct newstore_visit visit;
    struct wizard *wizard;
    const char *why = NULL;
    if (!find_form(&visit, work, JOB_BOT, ref, STEP_BOT_CHECKED, &wizard, err))
        return false;
    if (!is_current(wizard, "bot", asked))
        return true;
    if (!found->ok && is_passing(&found->err))
        return again(work, step_out);
    if (!why_not_bot(work, asked, found, &why, err))
        return false;
    if (why)
        return ask_again(&visit, wizard, "bot", why, err);
    wizard_put_text(wizard, ANSWER_USERNAME, found->username);
    wizard_put_text(wizard, ANSWER_TITLE, found->title);
    return go_on(&visit, wizard, STEP_BOT_CHECKED, err);
}

const struct job_kind newstore_bot_job = {.name = JOB_BOT,
                                          .prepare = prepare_bot,
                                          .call = call_bot,
                                          .finish = finish_bot,
                                          .most_failures = MOST_FAILURES,
                                          .longest_call_ms = LONGEST_CALL_MS};

/* --- the key --- */

struct key_found {
    bool ok;
    struct error err;
};

static bool prepare_key(struct work *work, int64_t ref, struct job_step *step_out, struct error *err)
{
    return prepare(work, JOB_KEY, ref, STEP_KEY_CHECKED, "api_key", step_out, err);
}

static void *call_key(const struct tenant *tenant, struct arena *arena, void *request)
{
    const struct asked *asked = request;
    struct key_found *found = ARENA_NEW(arena, struct key_found);
    found->ok = pakasir_check_key(arena, asked->project, asked->given, &found->err);
    return found;
}

static bool finish_key(struct work *work, int64_t ref, void *request, void *result, struct job_step *step_out,
                       struct error *err)
{
    const struct asked *asked = request;
    const struct key_found *found = result;
    struct newstore_visit visit;
    struct wizard *wizard;
    if (!find_form(&visit, work, JOB_KEY, ref, STEP_KEY_CHECKED, &wizard, err))
        return false;
    if (!is_current(wizard, "api_key", asked) || !str_equal(wizard_text(wizard, "project"), asked->project))
        return true;
    if (!found->ok && !is_passing(&found->err))
        return ask_again(
            &visit, wizard, "api_key",
            say(work, TEXT_NEWSTORE_WHY_KEY, TEXT_VALUES(TV("proyek", wizard_text(wizard, "project")))), err);
    /* a gateway that can't be asked now is no reason to stop: the server tells when it takes no payments */
    if (!found->ok)
        wizard_put_number(wizard, ANSWER_UNSURE, 1);
    return go_on(&visit, wizard, STEP_KEY_CHECKED, err);
}

const struct job_kind newstore_key_job = {.name = JOB_KEY,
                                          .prepare = prepare_key,
                                          .call = call_key,
                                          .finish = finish_key,
                                          .most_failures = MOST_FAILURES,
                                          .longest_call_ms = LONGEST_CALL_MS};

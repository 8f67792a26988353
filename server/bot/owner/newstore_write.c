/* The jobs behind the form: its files are written; and somebody tells when the store is live. */
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "bot/owner/managed.h"
#include "bot/owner/newstore_internal.h"
#include "work/audit.h"
#include "work/outbox.h"

enum {
    MOST_FAILURES = 5,
    LOOK_MS = 1000,
    LONGEST_LOOK_MS = 120 * 1000,
};

static const char *const languages[] = {[NEWSTORE_ID] = "id", [NEWSTORE_EN] = "en"};
static const char *const zones[] = {
    [NEWSTORE_WIB] = "Asia/Jakarta", [NEWSTORE_WITA] = "Asia/Makassar", [NEWSTORE_WIT] = "Asia/Jayapura"};

/* --- writing --- */

struct request {
    int64_t person, form, managed;
    const char *answers, *username;
    struct tenant_draft draft;
};
struct result {
    bool ok;
    struct error err;
    const char *key; /* of the first fault; NULL: none is known */
};

static const char *one_of(const char *const *names, size_t count, int64_t i)
{
    return i >= 0 && (size_t)i < count ? names[i] : names[0];
}

static bool read_form(struct arena *arena, const struct wizard *wizard, struct request *request,
                      struct error *err)
{
    struct tenant_draft *draft = &request->draft;
    *draft = (struct tenant_draft){
        .name = wizard_text(wizard, "name"),
        .title = wizard_text(wizard, "title"),
        .language = one_of(languages, 2, wizard_number(wizard, "language")),
        .timezone = one_of(zones, 3, wizard_number(wizard, "zone")),
        .token = wizard_text(wizard, "bot"),
        .project = wizard_text(wizard, "project"),
        .api_key = wizard_text(wizard, "api_key"),
        .webhook_secret = wizard_text(wizard, "secret"),
        .sandbox = wizard_number(wizard, "sandbox"),
    };
    const char *admins = wizard_text(wizard, "admins"), *ways = wizard_text(wizard, ANSWER_WAYS);
    request->managed = wizard_number(wizard, ANSWER_MANAGED);
    request->username = wizard_text(wizard, ANSWER_USERNAME);
    if (!draft->name || !draft->title || !draft->token || !draft->project || !draft->api_key ||
        !draft->webhook_secret || !admins || !ways || !request->username ||
        !newstore_read_ids(arena, admins, 0, &draft->admins))
        return error_set(err, ERR_INTERNAL, "the form's answers are damaged");
    draft->methods = newstore_ways(arena, ways);
    return true;
}

static bool prepare(struct work *work, int64_t ref, struct job_step *step_out, struct error *err)
{
    auto_json json_t *json = NULL;
    const char *data, *answers;
    struct newstore_visit visit;
    struct request *request = ARENA_NEW(work->arena, struct request);
    if (!job_data(work, JOB_WRITE, ref, &data, err) || !json_parse(data, strlen(data), &json, err))
        return false;
    if (!json_get_int(json, "person", &request->person) || !json_get_int(json, "form", &request->form) ||
        !json_get_string(json, "answers", &answers))
        return error_set(err, ERR_INTERNAL, "the job's data is damaged");
    if (!tenant_is_owner(work->tenant, request->person))
        return true;
    request->answers = arena_strdup(work->arena, answers);
    newstore_visit(&visit, work, request->person, ref);
    struct wizard *wizard = wizard_unpack(&visit.turn, request->form, request->answers);
    if (!wizard)
        return error_set(err, ERR_INTERNAL, "the form is of another version");
    if (!read_form(work->arena, wizard, request, err))
        return false;
    *step_out = (struct job_step){.kind = JOB_CALL, .request = request};
    return true;
}

/* A file that says just this is there already: written by this job, before a crash. */
static bool is_written(struct arena *arena, const struct tenant_draft *draft)
{
    struct faults faults = FAULTS_INIT(arena);
    struct env *env = env_read(arena, newstore_env_path, &faults);
    const char *path = arena_printf(arena, "%s/%s.yaml", newstore_config->tenants_dir, draft->name);
    auto_tenant const struct tenant *tenant = tenant_read(path, env, &faults);
    return tenant && str_equal(tenant->token, draft->token) &&
           str_equal(tenant->pakasir_project, draft->project) &&
           str_equal(tenant->pakasir_api_key, draft->api_key) &&
           str_equal(tenant->pakasir_webhook_secret, draft->webhook_secret);
}

static void *call(const struct tenant *tenant, struct arena *arena, void *request_taken)
{
    const struct request *request = request_taken;
    struct result *result = ARENA_NEW(arena, struct result);
    struct faults faults = FAULTS_INIT(arena);
    struct tenant_draft draft = request->draft;
    const char *path;
    if (request->managed && !managed_token(tenant, arena, request->managed, &draft.token, &result->err)) {
        result->key = "telegram.token";
        return result;
    }
    result->ok =
        tenant_write(arena, newstore_config, newstore_env_path, &draft, &path, &faults, &result->err);
    if (!result->ok && result->err.code == ERR_CONFLICT) {
        result->ok = is_written(arena, &draft);
        result->key = "bot_store_name";
    }
    if (faults.count)
        result->key = faults.items[0].key;
    return result;
}

static bool add_live_job(struct work *work, int64_t ref, const struct request *request, struct error *err)
{
    auto_json json_t *data = json_pack("{s:I, s:s, s:s, s:s, s:I}", "person", (json_int_t)request->person,
                                       "store", request->draft.name, "title", request->draft.title,
                                       "username", request->username, "since", (json_int_t)work->now_ms);
    return job_add_with(work, JOB_LIVE, ref, json_text(work->arena, data), err);
}

static bool note_written(struct work *work, int64_t ref, const struct request *request, struct error *err)
{
    const struct audit_entry entry = {.event = "store.added",
                                      .actor = audit_person(work->arena, request->person),
                                      .detail = json_pack("{s:s}", "store", request->draft.name)};
    return audit_add(work, &entry, err) &&
           (!request->managed || managed_set_store(work, request->managed, request->draft.name, err)) &&
           add_live_job(work, ref, request, err);
}

/* Back to the question at fault, with all the other answers; to the summary where none is. */
static bool ask_again(struct work *work, int64_t ref, const struct request *request,
                      const struct result *result, struct error *err)
{
    static const struct {
        const char *key, *step;
        enum text_key why;
    } rows[] = {
        {"bot_store_name", "name", TEXT_NEWSTORE_WHY_TAKEN},
        {"telegram.token", "bot", TEXT_NEWSTORE_WHY_BOT_TAKEN},
        {"pakasir.project", "project", TEXT_NEWSTORE_WHY_PROJECT_TAKEN},
        {"title", "title", TEXT_NEWSTORE_WHY_FAULT},
        {"telegram.admins", "admins", TEXT_NEWSTORE_WHY_FAULT},
        {"pakasir.api_key", "api_key", TEXT_NEWSTORE_WHY_FAULT},
        {"pakasir.webhook_secret", "secret", TEXT_NEWSTORE_WHY_FAULT},
        {"pakasir.methods", "methods", TEXT_NEWSTORE_WHY_FAULT},
        {NULL, "", TEXT_NEWSTORE_WHY_FILES},
    };
    size_t i = 0;
    while (rows[i].key && !str_equal(rows[i].key, result->key))
        i++;
    struct newstore_visit visit;
    newstore_visit(&visit, work, request->person, ref);
    struct wizard *wizard = wizard_unpack(&visit.turn, request->form, request->answers);
    if (!wizard)
        return error_set(err, ERR_INTERNAL, "the form is of another version");
    const char *why = say(work, rows[i].why,
                          TEXT_VALUES(TV("toko", request->draft.name), TV("bot", request->username),
                                      TV("proyek", request->draft.project), TV("alasan", result->err.text)));
    return wizard_ask_again(&visit.turn, wizard, rows[i].step, why, err) && owner_send_page(&visit.turn, err);
}

static bool finish(struct work *work, int64_t ref, void *request_taken, void *result_taken,
                   struct job_step *step_out, struct error *err)
{
    const struct request *request = request_taken;
    const struct result *result = result_taken;
    if (result->ok)
        return note_written(work, ref, request, err);
    if (result->err.code == ERR_RETRY || result->err.code == ERR_UNCERTAIN) {
        *step_out = (struct job_step){.kind = JOB_AGAIN, .due_ms = work->now_ms + NEWSTORE_AGAIN_MS};
        return true;
    }
    return ask_again(work, ref, request, result, err);
}

const struct job_kind newstore_write_job = {
    .name = JOB_WRITE, .prepare = prepare, .call = call, .finish = finish, .most_failures = MOST_FAILURES};

/* --- is it live? --- */

struct live {
    int64_t person, since_ms;
    const char *store, *title, *username; /* borrowed from the job's data */
};

static const struct {
    const char *state;
    enum text_key text;
} endings[] = {
    {"live", TEXT_NEWSTORE_LIVE},
    {"disabled", TEXT_NEWSTORE_DISABLED},
    {"unreachable", TEXT_NEWSTORE_UNREACHABLE},
};

/* What there is to tell; NULL: not yet anything. */
static const char *ending(struct work *work, const struct live *live, const struct store_row *row)
{
    enum text_key text = TEXT_NEWSTORE_SLOW;
    bool ended = work->now_ms - live->since_ms > LONGEST_LOOK_MS;
    for (size_t i = 0; row && i < sizeof endings / sizeof endings[0]; i++)
        if (str_equal(endings[i].state, row->state)) {
            ended = true;
            text = endings[i].text;
        }
    if (!ended)
        return NULL;
    const char *webhook =
        arena_printf(work->arena, "%s/webhooks/pakasir/%s", newstore_config->public_url, live->store);
    return say(work, text,
               TEXT_VALUES(TV("toko", live->store), TV("judul", live->title), TV("bot", live->username),
                           TV("webhook", webhook), TV("alasan", row && row->reason ? row->reason : "–")));
}

static bool tell(struct work *work, int64_t ref, const struct live *live, const char *html, struct error *err)
{
    struct newstore_visit visit;
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    keyboard_url(&keyboard, arena_printf(work->arena, "@%s", live->username),
                 arena_printf(work->arena, "https://t.me/%s", live->username));
    newstore_visit(&visit, work, live->person, ref);
    screen_show(&visit.turn, html, &keyboard, "os");
    return owner_send_page(&visit.turn, err);
}

static bool look(struct work *work, int64_t ref, struct job_step *step_out, struct error *err)
{
    auto_json json_t *json = NULL;
    const char *data;
    struct live live;
    struct store_row row;
    if (!job_data(work, JOB_LIVE, ref, &data, err) || !json_parse(data, strlen(data), &json, err))
        return false;
    if (!json_get_int(json, "person", &live.person) || !json_get_int(json, "since", &live.since_ms) ||
        !json_get_string(json, "store", &live.store) || !json_get_string(json, "title", &live.title) ||
        !json_get_string(json, "username", &live.username))
        return error_set(err, ERR_INTERNAL, "the job's data is damaged");
    bool is_there = stores_get(work->arena, work->tx, live.store, &row, err);
    if (!is_there && err->code != ERR_NOT_FOUND)
        return false;
    const char *html = ending(work, &live, is_there ? &row : NULL);
    if (html)
        return tell(work, ref, &live, html, err);
    *step_out = (struct job_step){.kind = JOB_AGAIN, .due_ms = work->now_ms + LOOK_MS};
    return true;
}

const struct job_kind newstore_live_job = {.name = JOB_LIVE, .prepare = look, .most_failures = MOST_FAILURES};

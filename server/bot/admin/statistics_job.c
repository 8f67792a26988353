/* Reading the figures: a job for each admin who asked for some. */
#include "bot/admin/statistics.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "bot/bot.h"
#include "bot/outgoing.h"
#include "store/aside.h"

#define JOB "statistics" /* ref: the admin, and so their chat */

enum {
    AT_ONCE = 2,         /* in this process, of all stores: the pool has other things to do */
    MOST_MS = 30000,     /* a year of a million orders takes a few seconds */
    BUSY_MS = 500,       /* until a place is free */
    AGAIN_MS = 1000,     /* until the database is back */
    PATIENCE_MS = 60000, /* then the admin is told that it did not work */
    STALE_MS = 300000,   /* what was asked for so long ago comes to nothing any more */
};

static struct aside asides[AT_ONCE] = {ASIDE_INIT, ASIDE_INIT};

void bot_start_reading(const char *database_url)
{
    for (int i = 0; i < AT_ONCE; i++)
        aside_start(&asides[i], database_url);
}

void bot_stop_reading(void)
{
    for (int i = 0; i < AT_ONCE; i++)
        aside_stop(&asides[i]);
}

/* --- the row --- */

struct task {
    struct statistics_request request;
    int64_t asked_ms;
};

static bool read_task(const char *text, struct task *task)
{
    auto_json json_t *json = NULL;
    struct error ignored;
    struct statistics_request *request = &task->request;
    return json_parse(text, strlen(text), &json, &ignored) &&
           json_get_int(json, "from", &request->period.from_day) &&
           json_get_int(json, "to", &request->period.to_day) && json_get_int(json, "days", &request->days) &&
           json_get_int(json, "message", &request->message_id) && json_get_bool(json, "csv", &request->csv) &&
           json_get_int(json, "asked", &task->asked_ms);
}

/* Whether one is under way; what came to nothing (a fault of ours) is removed. */
static bool is_under_way(struct turn *turn, bool *under_way_out, struct error *err)
{
    struct work *work = turn->work;
    struct task task;
    const char *text;
    *under_way_out = false;
    if (!job_data(work, JOB, turn->update->from_id, &text, err))
        return err->code == ERR_NOT_FOUND;
    *under_way_out = read_task(text, &task) && work->now_ms - task.asked_ms < STALE_MS;
    return *under_way_out || job_remove(work, JOB, turn->update->from_id, err);
}

bool statistics_begin(struct turn *turn, const struct statistics_request *request, bool *begun_out,
                      struct error *err)
{
    struct work *work = turn->work;
    bool under_way;
    if (!is_under_way(turn, &under_way, err))
        return false;
    *begun_out = !under_way;
    if (under_way)
        return true;
    auto_json json_t *json = json_pack(
        "{s:I, s:I, s:I, s:I, s:b, s:I}", "from", (json_int_t)request->period.from_day, "to",
        (json_int_t)request->period.to_day, "days", (json_int_t)request->days, "message",
        (json_int_t)request->message_id, "csv", (int)request->csv, "asked", (json_int_t)work->now_ms);
    return job_add_with(work, JOB, turn->update->from_id, json_text(work->arena, json), err);
}

static bool prepare(struct work *work, int64_t ref, struct job_step *step_out, struct error *err)
{
    struct task *task = ARENA_NEW(work->arena, struct task);
    const char *text;
    if (!job_data(work, JOB, ref, &text, err))
        return false;
    /* Another version's, perhaps. */
    bool good = read_task(text, task) &&
                statistics_is_period(work->tenant->zone, &task->request.period, work->now_ms);
    *step_out = (struct job_step){.kind = good ? JOB_CALL : JOB_DONE, .request = task};
    return true;
}

/* --- in the pool --- */

struct outcome {
    enum { READ, FAILED, NOT_NOW } what;
    struct statistics statistics;
    struct error error;
    bool too_long; /* it failed for that */
};

static struct aside *take_place(void)
{
    for (int i = 0; i < AT_ONCE; i++)
        if (aside_take(&asides[i]))
            return &asides[i];
    return NULL;
}

static bool read_figures(struct aside *aside, const struct tenant *tenant,
                         const struct statistics_period *period, struct arena *arena, struct outcome *outcome)
{
    const struct db_scope scope = aside_scope(tenant);
    auto_db struct db *db = NULL;
    return aside_open(aside, &db, &outcome->error) &&
           statistics_read(db, &scope, tenant->zone, period, MOST_MS, arena, &outcome->statistics,
                           &outcome->error);
}

static void *call(const struct tenant *tenant, struct arena *arena, void *request)
{
    const struct task *task = request;
    struct outcome *outcome = ARENA_NEW(arena, struct outcome);
    struct aside *aside = take_place();
    int64_t begun_ms = clock_mono_ms();
    outcome->what = NOT_NOW;
    if (!aside)
        return outcome;
    outcome->what = read_figures(aside, tenant, &task->request.period, arena, outcome) ? READ : FAILED;
    aside_end(aside);
    outcome->too_long = outcome->what == FAILED && clock_mono_ms() - begun_ms >= MOST_MS;
    if (outcome->what == FAILED)
        log_warn(tenant->name, "statistics not read: %s", outcome->error.text);
    return outcome;
}

/* --- what came of it --- */

/* The page: the message that says that it is being read, or a new one. Takes over the keyboard. */
static bool send_page(struct work *work, int64_t chat_id, const struct statistics_request *request,
                      const char *html, struct error *err)
{
    json_t *params = page_message(work, html, statistics_keyboard(work, request, true));
    if (request->message_id)
        json_object_set_new(params, "message_id", json_integer(request->message_id));
    const struct outbox_message message = {.chat_id = chat_id,
                                           .method = request->message_id ? "editMessageText" : "sendMessage",
                                           .params = params};
    return outbox_add(work, &message, err);
}

static bool send_file(struct work *work, int64_t chat_id, const struct statistics_request *request,
                      enum text_key name, const char *csv, struct error *err)
{
    const struct outgoing file = {
        .chat_id = chat_id,
        .html = say(
            work, TEXT_STATISTICS_FILE,
            TEXT_VALUES(TV("nama", say_label(work, name)), TV("periode", statistics_name(work, request)))),
        .file_text = csv,
        .file_name = arena_printf(work->arena, "%s-%s-%s.csv", say_label(work, name),
                                  statistics_file_date(work, request->period.from_day),
                                  statistics_file_date(work, request->period.to_day)),
    };
    return outgoing_add(work, &file, err);
}

static bool send_result(struct work *work, int64_t chat_id, const struct statistics_request *request,
                        const struct statistics *statistics, struct error *err)
{
    if (request->csv)
        return send_file(work, chat_id, request, TEXT_STATISTICS_FILE_DAYS,
                         statistics_csv_days(work, statistics), err) &&
               send_file(work, chat_id, request, TEXT_STATISTICS_FILE_PRODUCTS,
                         statistics_csv_products(work, statistics), err);
    const struct outgoing chart = {.chat_id = chat_id,
                                   .html = statistics_caption(work, request, statistics),
                                   .chart = statistics_chart(work, request, statistics)};
    return outgoing_add(work, &chart, err) &&
           send_page(work, chat_id, request, statistics_html(work, request, statistics), err);
}

static bool send_failure(struct work *work, int64_t chat_id, const struct statistics_request *request,
                         struct error *err)
{
    struct statistics_request failed = *request;
    if (request->csv)
        failed.message_id = 0; /* the page stays as it is */
    return send_page(
        work, chat_id, &failed,
        say(work, TEXT_STATISTICS_FAILED, TEXT_VALUES(TV("periode", statistics_name(work, request)))), err);
}

/* A database that is away, or a server that stops, is waited for; not for ever, as somebody waits. */
static bool should_wait(const struct work *work, const struct task *task, const struct outcome *outcome)
{
    return outcome->what == NOT_NOW || (outcome->what == FAILED && outcome->error.code == ERR_RETRY &&
                                        !outcome->too_long && work->now_ms - task->asked_ms < PATIENCE_MS);
}

static bool finish(struct work *work, int64_t ref, void *request, void *result, struct job_step *step_out,
                   struct error *err)
{
    const struct task *task = request;
    const struct outcome *outcome = result;
    *step_out = (struct job_step){.kind = JOB_DONE};
    /* Who is no admin any more by now gets nothing. */
    if (!tenant_is_admin(work->tenant, ref) && !tenant_is_owner(work->tenant, ref))
        return true;
    if (should_wait(work, task, outcome)) {
        int64_t wait_ms = outcome->what == NOT_NOW ? BUSY_MS : AGAIN_MS;
        *step_out = (struct job_step){.kind = JOB_AGAIN, .due_ms = work->now_ms + wait_ms};
        return true;
    }
    return outcome->what == READ ? send_result(work, ref, &task->request, &outcome->statistics, err)
                                 : send_failure(work, ref, &task->request, err);
}

const struct job_kind statistics_job = {
    .name = JOB,
    .prepare = prepare,
    .call = call,
    .finish = finish,
    .most_failures = 5,
    .longest_call_ms = 2 * MOST_MS + 5000,
};

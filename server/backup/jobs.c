#include "backup/jobs.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backup/check.h"
#include "backup/note.h"
#include "backup/s3.h"
#include "base/log.h"
#include "base/str.h"
#include "store/aside.h"
#include "store/own_file.h"
#include "watch/alerts.h"
#include "watch/figures.h"
#include "work/audit.h"

enum {
    MINUTE_MS = 60 * 1000,
    HOUR_MS = 60 * MINUTE_MS,
    DAY_MS = 24 * HOUR_MS,
    SPREAD_SECONDS = 2 * 3600,
    LONGEST_MS = 5 * HOUR_MS,
    BUSY_MS = 2 * MINUTE_MS,
    ASKED_BUSY_MS = 5 * 1000,
    FAILED_MS = HOUR_MS,
    FRESH_MS = 6 * HOUR_MS, /* a retry for the second place's sake does not make another */
    MOST_TEXT = 500,
};

/* Of this process. */
static struct {
    const struct config *config;
    const struct backup_notices *notices;
    struct lanes *lanes;
    struct aside aside;
    atomic_ullong made, failed;
} backup = {.aside = ASIDE_INIT};

void backup_start(const struct config *config)
{
    backup.config = config;
    s3_configure(&config->backup.s3, 0);
    target_start();
    aside_start(&backup.aside, config->database_url);
    if (!config->backup.has_key)
        log_warn(NULL,
                 "no backups are made: BACKUP_KEY is not set; make one with: openssl rand -base64 32, put "
                 "it into the env file, and keep a copy elsewhere");
}

void backup_set_notices(const struct backup_notices *notices)
{
    backup.notices = notices;
}

void backup_set_lanes(struct lanes *lanes)
{
    backup.lanes = lanes;
}

void backup_stop(void)
{
    target_stop();
    aside_stop(&backup.aside);
}

bool backup_is_on(void)
{
    return backup.config && backup.config->backup.has_key;
}

void backup_get_figures(struct backup_figures *figures_out)
{
    *figures_out = (struct backup_figures){atomic_load(&backup.made), atomic_load(&backup.failed)};
}

/* --- when --- */

/* The day's time of `at` in the zone, and as much later as the name says. */
static int64_t next_time(const struct tenant *tenant, int64_t after_ms)
{
    auto_arena struct arena *arena = arena_new();
    const int64_t spread = (int64_t)(str_hash(tenant->name) % SPREAD_SECONDS) * 1000;
    for (int64_t day = after_ms - spread - DAY_MS;; day += DAY_MS) {
        struct clock_civil t = clock_to_civil(tenant->zone, day);
        int64_t at_ms;
        const char *text =
            arena_printf(arena, "%04d-%02d-%02d %s", t.year, t.month, t.day, backup.config->backup.at);
        if (clock_parse_local(tenant->zone, text, false, &at_ms) && at_ms + spread > after_ms)
            return at_ms + spread;
    }
}

static int64_t first_due(const struct tenant *tenant, int64_t now_ms)
{
    return next_time(tenant, now_ms);
}

/* One that was late is not followed by the next one within a few hours. */
static int64_t tomorrow(const struct tenant *tenant, int64_t now_ms)
{
    return next_time(tenant, now_ms + FRESH_MS);
}

/* --- making it --- */

struct request {
    bool daily;
    const char *own_file; /* NULL: the server has none */
};

struct outcome {
    enum { MADE, FRESH, FAILED, NOT_NOW } what;
    struct backup_outcome made;
    struct error error;   /* why it failed */
    struct error offsite; /* why the second place does not have it; ERR_NONE */
    struct error older;   /* what is wrong with older ones; ERR_NONE */
};

static bool prepare(struct work *work, bool daily, struct job_step *step_out)
{
    struct request *request = ARENA_NEW(work->arena, struct request);
    if (!backup_is_on()) {
        *step_out = (struct job_step){.kind = daily ? JOB_AGAIN : JOB_DONE,
                                      .due_ms = tomorrow(work->tenant, work->now_ms)};
        return true;
    }
    request->daily = daily;
    request->own_file = lane_store_is_server(work->store) ? NULL : own_file_export(work);
    *step_out = (struct job_step){.kind = JOB_CALL, .request = request};
    return true;
}

static bool prepare_daily(struct work *work, int64_t ref, struct job_step *step_out, struct error *err)
{
    return prepare(work, true, step_out);
}

static bool prepare_now(struct work *work, int64_t ref, struct job_step *step_out, struct error *err)
{
    return prepare(work, false, step_out);
}

/* When the newest one was made; 0 where that is too long ago, or it is not good. */
static int64_t fresh_time(const struct backup_subject *subject)
{
    auto_arena struct arena *arena = arena_new();
    auto_target struct target *target = NULL;
    struct shelf_item *items;
    size_t count;
    struct error ignored;
    const struct backup_config *config = &backup.config->backup;
    if (!target_open(config->directory, &target, &ignored) ||
        !shelf_list(target, arena, config->key, subject->store, &items, &count, &ignored))
        return 0;
    const struct shelf_item *newest = shelf_find(items, count, INT64_MAX);
    bool fresh = newest && shelf_is_good(newest) && newest->time_ms > clock_now_ms() - FRESH_MS;
    return fresh ? newest->time_ms : 0;
}

/* Returns what there is to say; the error of the session is the backup's. */
static void make(const struct backup_context *context, const struct backup_subject *subject, bool daily,
                 struct arena *arena, struct outcome *outcome)
{
    if (!backup_session(context, subject->schema, &outcome->error)) {
        outcome->what = outcome->error.code == ERR_CONFLICT ? NOT_NOW : FAILED;
        return;
    }
    int64_t fresh_ms = daily ? fresh_time(subject) : 0;
    if (fresh_ms) {
        outcome->what = FRESH;
        outcome->made.manifest.time_ms = fresh_ms;
        if (backup_copy_offsite(context, subject, &outcome->offsite))
            outcome->offsite = (struct error){0};
    } else if (backup_make(context, subject, arena, &outcome->made, &outcome->error)) {
        outcome->what = MADE;
        outcome->offsite = outcome->made.offsite;
    } else {
        outcome->what = FAILED;
    }
    if (daily && outcome->what == MADE && check_older(context, subject, outcome->made.key, &outcome->older))
        outcome->older = (struct error){0};
}

static void *call(const struct tenant *tenant, struct arena *arena, void *argument)
{
    const struct request *request = argument;
    struct outcome *outcome = ARENA_NEW(arena, struct outcome);
    const struct backup_subject subject = backup_subject_of(tenant, request->own_file);
    outcome->what = NOT_NOW;
    if (!aside_take(&backup.aside))
        return outcome;
    auto_db struct db *db = NULL;
    struct backup_context context = {.config = backup.config};
    if (aside_open(&backup.aside, &db, &outcome->error)) {
        context.db = db;
        make(&context, &subject, request->daily, arena, outcome);
    } else {
        outcome->what = FAILED;
    }
    aside_end(&backup.aside);
    if (outcome->what == FAILED && target_is_stopping())
        outcome->what = NOT_NOW; /* it was broken off */
    return outcome;
}

/* --- telling --- */

/* What the server's store writes down; on the heap, because it outlives the job. */
struct news {
    int64_t owner, at_ms; /* of the backup; 0: none was made */
    bool ok;
    char *store;
    char text[2 * MOST_TEXT];
    char problem[MOST_TEXT]; /* "": none */
};

static bool write_news(struct work *work, void *context, struct error *err)
{
    const struct news *news = context;
    const char *problem = *news->problem ? note_reason(work->arena, news->problem) : NULL;
    return figures_write_backup(work, news->store, news->at_ms, problem, err) &&
           (!news->owner || !backup.notices ||
            backup.notices->done(work, news->owner, news->store, news->ok, news->text, err));
}

static void tell_server(struct work *work, void *argument)
{
    struct news *news = argument;
    struct error err;
    if (!work_transaction(work, write_news, news, &err))
        log_warn(NULL, "backup of %s: not written down: %s", news->store, err.text);
    free(news->store);
    free(news);
}

static void say(struct news *news, const struct outcome *outcome)
{
    auto_arena struct arena *arena = arena_new();
    const struct manifest *m = &outcome->made.manifest;
    const struct error *problem = outcome->what == FAILED ? &outcome->error : &outcome->offsite;
    struct str text = STR_INIT(arena);
    if (outcome->what == MADE)
        str_addf(&text, "%s: %" PRId64 " rows, %" PRId64 " bytes, tried out and good",
                 shelf_time_text(arena, m->time_ms), manifest_all_rows(m), m->size);
    if (problem->code)
        str_addf(&text, "%s%s", text.length ? "; the second place does not have it: " : "", problem->text);
    snprintf(news->text, sizeof news->text, "%s", str_done(&text));
    snprintf(news->problem, sizeof news->problem, "%s", problem->code ? problem->text : "");
    news->at_ms = outcome->what == FAILED ? 0 : m->time_ms;
    news->ok = !problem->code;
}

static void report(struct work *work, int64_t owner, const struct outcome *outcome)
{
    struct news *news = xcalloc(1, sizeof *news);
    news->owner = owner;
    news->store = xstrdup(work->tenant->name);
    say(news, outcome);
    lane_submit_internal(lanes_server_store(backup.lanes), tell_server, news);
}

static void raise_or_clear(const char *store, const char *subject, const struct error *problem)
{
    if (problem->code)
        alert_raise(store, ALERT_BACKUP, subject, "%s", problem->text);
    else
        alert_clear(store, ALERT_BACKUP, subject);
}

static void raise_alerts(const char *store, bool daily, const struct outcome *outcome)
{
    static const struct error none = {0};
    const char *offsite = backup.config->backup.offsite;
    raise_or_clear(store, "", outcome->what == FAILED ? &outcome->error : &none);
    if (offsite && outcome->what != FAILED)
        raise_or_clear(store, offsite, &outcome->offsite);
    if (daily && outcome->what == MADE)
        raise_or_clear(store, "older", &outcome->older);
}

static void log_outcome(const char *name, const struct outcome *outcome)
{
    if (outcome->what == MADE)
        log_info(name, "backup %s: %" PRId64 " rows, %" PRId64 " bytes, tried out and good",
                 outcome->made.key, manifest_all_rows(&outcome->made.manifest), outcome->made.manifest.size);
    if (outcome->what == FAILED)
        log_warn(name, "no backup: %s", outcome->error.text);
    if (outcome->offsite.code)
        log_warn(name, "the second place does not have the backup: %s", outcome->offsite.text);
    if (outcome->older.code)
        log_warn(name, "an older backup is not good: %s", outcome->older.text);
}

/* Until the next try. One that was broken off is for the next start, or for another server. */
static int64_t patience(const struct work *work, bool daily)
{
    if (target_is_stopping())
        return 0;
    return daily ? BUSY_MS + (int64_t)(str_hash(work->tenant->name) % 60) * 1000 : ASKED_BUSY_MS;
}

static bool finish(struct work *work, bool daily, int64_t owner, const struct outcome *outcome,
                   struct job_step *step_out, struct error *err)
{
    const char *actor = daily ? "system" : audit_person(work->arena, owner);
    bool problem = outcome->what == FAILED || outcome->offsite.code;
    if (outcome->what == NOT_NOW) {
        *step_out = (struct job_step){.kind = JOB_AGAIN, .due_ms = work->now_ms + patience(work, daily)};
        return true;
    }
    if (outcome->what == MADE && !note_made(work, actor, &outcome->made.manifest, err))
        return false;
    if (problem &&
        !note_failed(work, actor, outcome->what == FAILED ? outcome->error.text : outcome->offsite.text, err))
        return false;
    *step_out = (struct job_step){.kind = daily ? JOB_AGAIN : JOB_DONE};
    if (daily)
        step_out->due_ms = problem ? work->now_ms + FAILED_MS : tomorrow(work->tenant, work->now_ms);
    atomic_fetch_add(outcome->what == FAILED ? &backup.failed : &backup.made, outcome->what != FRESH);
    log_outcome(lane_store_name(work->store), outcome);
    raise_alerts(lane_store_name(work->store), daily, outcome);
    report(work, daily ? 0 : owner, outcome);
    return true;
}

static bool finish_daily(struct work *work, int64_t ref, void *request, void *result,
                         struct job_step *step_out, struct error *err)
{
    return finish(work, true, 0, result, step_out, err);
}

static bool finish_now(struct work *work, int64_t ref, void *request, void *result, struct job_step *step_out,
                       struct error *err)
{
    return finish(work, false, ref, result, step_out, err);
}

const struct job_kind backup_jobs[] = {
    {.name = "backup_daily",
     .prepare = prepare_daily,
     .call = call,
     .finish = finish_daily,
     .longest_call_ms = LONGEST_MS,
     .first_due = first_due},
    {.name = "backup_server",
     .prepare = prepare_daily,
     .call = call,
     .finish = finish_daily,
     .longest_call_ms = LONGEST_MS,
     .first_due = first_due,
     .place = JOB_OF_SERVER},
    {.name = "backup_now",
     .prepare = prepare_now,
     .call = call,
     .finish = finish_now,
     .longest_call_ms = LONGEST_MS},
};
const size_t backup_job_count = sizeof backup_jobs / sizeof backup_jobs[0];

/* --- asking --- */

static bool add_job(struct work *work, void *context, struct error *err)
{
    return job_add(work, "backup_now", *(const int64_t *)context, work->now_ms, err);
}

static void ask_for_one(struct work *work, void *argument)
{
    struct error err;
    if (!work_transaction(work, add_job, argument, &err))
        log_warn(lane_store_name(work->store), "the backup an owner asked for is not made: %s", err.text);
    free(argument);
}

void backup_ask(struct lane_store *store, int64_t owner)
{
    int64_t *copy = xcalloc(1, sizeof *copy);
    *copy = owner;
    lane_submit_internal(store, ask_for_one, copy);
}

#include "store/verify_daily.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "store/aside.h"
#include "watch/alerts.h"

enum {
    HOUR_MS = 3600 * 1000,
    DAY_MS = 24 * HOUR_MS,
    MOST_MS = 120 * 1000, /* for one store; a million orders take some twenty seconds */
    BUSY_MS = 60 * 1000,
    FAILED_MS = 600 * 1000,
    LINES_LOGGED = 3,
};

/* Of this process. */
static struct {
    pthread_mutex_t mutex;
    struct aside aside;
    const struct verify_notices *notices;
    struct known *known;
    struct verify_figures figures;
} daily = {.mutex = PTHREAD_MUTEX_INITIALIZER, .aside = ASIDE_INIT};

struct known {
    struct known *next;
    int64_t differences;
    char name[];
};

void verify_daily_start(const char *database_url, const struct verify_notices *notices)
{
    aside_start(&daily.aside, database_url);
    daily.notices = notices;
}

void verify_daily_stop(void)
{
    aside_stop(&daily.aside);
}

void verify_daily_end(void)
{
    while (daily.known) {
        struct known *known = daily.known;
        daily.known = known->next;
        free(known);
    }
    daily.figures = (struct verify_figures){0};
}

/* --- when --- */

/* The store's time of day: stores are spread over it by their names. */
static int64_t next_time(const char *name, int64_t after_ms)
{
    int64_t at = after_ms - after_ms % DAY_MS + (int64_t)(str_hash(name) % (DAY_MS / 1000)) * 1000;
    return at > after_ms ? at : at + DAY_MS;
}

/* A store that is new has nothing to look at. */
static int64_t first_due(const struct tenant *tenant, int64_t now_ms)
{
    return next_time(tenant->name, now_ms + HOUR_MS);
}

/* One that was late (nobody served the store) is not followed by the next one within a few hours. */
static int64_t tomorrow(const struct tenant *tenant, int64_t now_ms)
{
    return next_time(tenant->name, now_ms + 6 * HOUR_MS);
}

/* --- figures --- */

static struct known *find_known(const char *name)
{
    struct known *known = daily.known;
    while (known && strcmp(known->name, name) != 0)
        known = known->next;
    return known;
}

static void note_result(const char *name, const struct verify_result *result)
{
    pthread_mutex_lock(&daily.mutex);
    struct known *known = find_known(name);
    if (!known) {
        size_t length = strlen(name);
        known = xcalloc(1, sizeof *known + length + 1);
        memcpy(known->name, name, length);
        known->next = daily.known;
        daily.known = known;
    }
    known->differences = result->difference_count;
    if (result->difference_count)
        daily.figures.differing++;
    else if (result->unfinished)
        daily.figures.failed++;
    else
        daily.figures.clean++;
    pthread_mutex_unlock(&daily.mutex);
}

static void note_failure(void)
{
    pthread_mutex_lock(&daily.mutex);
    daily.figures.failed++;
    pthread_mutex_unlock(&daily.mutex);
}

void verify_daily_figures(struct verify_figures *figures_out)
{
    pthread_mutex_lock(&daily.mutex);
    *figures_out = daily.figures;
    pthread_mutex_unlock(&daily.mutex);
}

bool verify_daily_differences(const char *store_name, int64_t *count_out)
{
    pthread_mutex_lock(&daily.mutex);
    const struct known *known = find_known(store_name);
    if (known)
        *count_out = known->differences;
    pthread_mutex_unlock(&daily.mutex);
    return known;
}

/* --- the job --- */

struct outcome {
    enum { CHECKED, FAILED, NOT_NOW } what;
    struct verify_result result;
};

static bool daily_prepare(struct work *work, int64_t ref, struct job_step *step_out, struct error *err)
{
    *step_out = (struct job_step){.kind = JOB_CALL};
    return true;
}

static void log_result(struct arena *arena, const char *name, const struct verify_result *result)
{
    if (result->unfinished)
        log_error(NULL, "books of %s: not checked to the end: %s took too long", name, result->unfinished);
    if (!result->difference_count && !result->unfinished)
        alert_clear(name, ALERT_BOOKS, "");
    if (!result->difference_count) {
        log_info(name, "books checked: no difference in %s (%" PRId64 " ms)", verify_looked_at(arena, result),
                 result->took_ms);
        return;
    }
    struct str lines = STR_INIT(arena);
    for (size_t i = 0; i < result->listed && i < LINES_LOGGED; i++) {
        const struct verify_difference *d = &result->differences[i];
        str_addf(&lines, "; %s: %s: %s", d->what, d->who, d->says);
    }
    log_alerted(NULL, "books of %s: %" PRId64 " differences, see lapakctl verify%s", name,
                result->difference_count, str_done(&lines));
    alert_raise(name, ALERT_BOOKS, "", "%" PRId64, result->difference_count);
}

static bool look(const struct tenant *tenant, struct arena *arena, struct verify_result *result_out,
                 struct error *err)
{
    const struct db_scope scope = aside_scope(tenant);
    auto_db struct db *db = NULL;
    return aside_open(&daily.aside, &db, err) && verify_store(db, &scope, arena, MOST_MS, result_out, err);
}

static void *daily_call(const struct tenant *tenant, struct arena *arena, void *request)
{
    struct outcome *outcome = ARENA_NEW(arena, struct outcome);
    struct error err;
    if (!aside_take(&daily.aside)) {
        outcome->what = NOT_NOW;
        return outcome;
    }
    outcome->what = look(tenant, arena, &outcome->result, &err) ? CHECKED : FAILED;
    aside_end(&daily.aside);
    if (outcome->what == CHECKED) {
        note_result(tenant->name, &outcome->result);
        log_result(arena, tenant->name, &outcome->result);
    } else {
        note_failure();
        log_warn(tenant->name, "books not checked, again in %d minutes: %s", FAILED_MS / 60000, err.text);
    }
    return outcome;
}

static bool daily_finish(struct work *work, int64_t ref, void *request, void *result,
                         struct job_step *step_out, struct error *err)
{
    const struct outcome *outcome = result;
    const struct verify_result *books = &outcome->result;
    *step_out = (struct job_step){.kind = JOB_AGAIN};
    switch (outcome->what) {
    case NOT_NOW:
        step_out->due_ms = work->now_ms + BUSY_MS;
        return true;
    case FAILED:
        step_out->due_ms = work->now_ms + FAILED_MS;
        return true;
    case CHECKED:
        step_out->due_ms = tomorrow(work->tenant, work->now_ms);
        return (!books->difference_count || daily.notices->differences(work, books, err)) &&
               (!books->unfinished || daily.notices->unfinished(work, books, err));
    }
    return error_set(err, ERR_INTERNAL, "books: outcome %d", (int)outcome->what);
}

const struct job_kind verify_daily_job = {
    .name = "verify_daily",
    .prepare = daily_prepare,
    .call = daily_call,
    .finish = daily_finish,
    .longest_call_ms = 2 * MOST_MS + 10000, /* one statement may begin in time and take as long again */
    .first_due = first_due,
};

#include "store/active.h"

#include "base/log.h"
#include "store/aside.h"
#include "store/counter.h"

enum { MOST_MS = 15000, BUSY_MS = 2000, DAY_MS = 24 * 3600 * 1000 };

static struct aside counting = ASIDE_INIT;

void active_start(const char *database_url)
{
    aside_start(&counting, database_url);
}

void active_stop(void)
{
    aside_stop(&counting);
}

bool active_ask(struct work *work, struct error *err)
{
    bool added;
    return job_add_new(work, active_job.name, 0, work->now_ms, &added, err);
}

DB_TENANT_STATEMENT(active_count,
                    "SELECT count(*) FILTER (WHERE seen_at > $1), count(*) FROM users WHERE seen_at > $2");

struct request {
    int64_t now_ms;
};
struct outcome {
    enum { COUNTED, FAILED, NOT_NOW } what;
    int64_t week, month;
};

static bool prepare(struct work *work, int64_t ref, struct job_step *step_out, struct error *err)
{
    struct request *request = ARENA_NEW(work->arena, struct request);
    request->now_ms = work->now_ms;
    *step_out = (struct job_step){.kind = JOB_CALL, .request = request};
    return true;
}

static bool count(const struct tenant *tenant, int64_t now_ms, struct outcome *outcome, struct error *err)
{
    const struct db_scope scope = aside_scope(tenant);
    auto_db struct db *db = NULL;
    struct db_tx *tx = NULL;
    struct db_rows rows;
    if (!aside_open(&counting, &db, err) || !db_begin_snapshot(db, &scope, MOST_MS, &tx, err))
        return false;
    bool ok = db_query(tx, &active_count,
                       DB_PARAMS(P_TIME(now_ms - 7 * (int64_t)DAY_MS), P_TIME(now_ms - 30 * (int64_t)DAY_MS)),
                       &rows, err);
    if (ok) {
        outcome->week = db_int(&rows, 0, 0);
        outcome->month = db_int(&rows, 0, 1);
    }
    db_end(&tx);
    return ok;
}

static void *call(const struct tenant *tenant, struct arena *arena, void *request)
{
    struct outcome *outcome = ARENA_NEW(arena, struct outcome);
    struct error err;
    *outcome = (struct outcome){.what = NOT_NOW};
    if (!aside_take(&counting))
        return outcome;
    outcome->what = count(tenant, ((struct request *)request)->now_ms, outcome, &err) ? COUNTED : FAILED;
    aside_end(&counting);
    if (outcome->what == FAILED)
        log_warn(tenant->name, "active people not counted: %s", err.text);
    return outcome;
}

/* What failed is tried when somebody wants to see it again. */
static bool finish(struct work *work, int64_t ref, void *request, void *result, struct job_step *step_out,
                   struct error *err)
{
    const struct outcome *outcome = result;
    *step_out = (struct job_step){.kind = JOB_DONE};
    if (outcome->what == NOT_NOW)
        *step_out = (struct job_step){.kind = JOB_AGAIN, .due_ms = work->now_ms + BUSY_MS};
    return outcome->what != COUNTED || counter_set_active(work, outcome->week, outcome->month, err);
}

const struct job_kind active_job = {
    .name = "count_people",
    .prepare = prepare,
    .call = call,
    .finish = finish,
    .longest_call_ms = 2 * MOST_MS,
};

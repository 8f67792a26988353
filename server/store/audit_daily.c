#include "store/audit_daily.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "store/aside.h"
#include "watch/alerts.h"
#include "work/audit.h"
#include "work/lane.h"

enum {
    HOUR_MS = 3600 * 1000,
    DAY_MS = 24 * HOUR_MS,
    MOST_MS = 120 * 1000,
    BUSY_MS = 2000,
    FAILED_MS = 600 * 1000,
};

static struct aside aside = ASIDE_INIT; /* of this process */

void audit_daily_start(const char *database_url)
{
    aside_start(&aside, database_url);
}

void audit_daily_stop(void)
{
    aside_stop(&aside);
}

/* Spread over the day by the names, and not when the books are looked at. */
static int64_t next_time(const char *name, int64_t after_ms)
{
    int64_t second = (str_hash(name) / 7 + 6 * 3600) % (DAY_MS / 1000);
    int64_t at = after_ms - after_ms % DAY_MS + second * 1000;
    return at > after_ms ? at : at + DAY_MS;
}

static int64_t first_due(const struct tenant *tenant, int64_t now_ms)
{
    return next_time(tenant->name, now_ms + HOUR_MS);
}

/* What the lane knows and the pool needs. */
struct look {
    const char *name;  /* in lapak.audit_heads */
    const char *store; /* for logs and alerts; NULL: the server */
    struct db_scope scope;
    const struct vault *vault;
    enum { CHECKED, FAILED, NOT_NOW } outcome;
};

static bool prepare(struct work *work, int64_t ref, struct job_step *step_out, struct error *err)
{
    struct look *look = ARENA_NEW(work->arena, struct look);
    const char *store = lane_store_name(work->store);
    *look = (struct look){.name = store ? store : TENANT_SERVER_NAME,
                          .store = store,
                          .scope = {.id = 1, .schema = work->scope->schema, .role = work->scope->role},
                          .vault = work->vault};
    *step_out = (struct job_step){.kind = JOB_CALL, .request = look};
    return true;
}

static void report(const struct look *look, const struct audit_result *result)
{
    if (result->good) {
        alert_clear(look->store, ALERT_AUDIT, "");
        return;
    }
    log_alerted(NULL, "audit trail of %s: row %" PRId64 " %s; see lapakctl audit --verify", look->name,
                result->bad_id, result->says);
    alert_raise(look->store, ALERT_AUDIT, "", "row %" PRId64 " %s", result->bad_id, result->says);
}

/* The end as it is remembered, by whoever could not have remembered it, is as bad as a row. */
static void report_forged(const struct look *look, const char *forged)
{
    report(look,
           &(struct audit_result){.says = "is remembered in lapak.audit_heads by somebody else than lapakd"});
    log_alerted(NULL, "audit trail of %s: lapak.audit_heads, %s", look->name, forged);
}

static bool look_at(const struct look *look, struct arena *arena, struct error *err)
{
    auto_db struct db *db = NULL;
    struct audit_known known;
    struct audit_result result;
    if (!aside_open(&aside, &db, err) || !audit_known_get(db, look->vault, look->name, &known, err))
        return false;
    const struct audit_range range = {.after = known.verified, .head = known.head};
    if (!audit_verify(db, &look->scope, look->vault, arena, &range, MOST_MS, &result, err))
        return false;
    if (known.forged) {
        report_forged(look, known.forged);
        return true;
    }
    report(look, &result);
    return !result.good || !result.last.id ||
           audit_known_put(db, look->vault, look->name, &result.last, clock_now_ms(), err);
}

static void *call(const struct tenant *tenant, struct arena *arena, void *request)
{
    struct look *look = request;
    struct error err;
    if (!aside_take(&aside)) {
        look->outcome = NOT_NOW;
        return NULL;
    }
    look->outcome = look_at(look, arena, &err) ? CHECKED : FAILED;
    aside_end(&aside);
    if (look->outcome == FAILED)
        log_warn(look->store, "audit trail not checked, again in %d minutes: %s", FAILED_MS / 60000,
                 err.text);
    return NULL;
}

static bool finish(struct work *work, int64_t ref, void *request, void *result, struct job_step *step_out,
                   struct error *err)
{
    const struct look *look = request;
    const int64_t due[] = {[CHECKED] = next_time(look->name, work->now_ms + 6 * HOUR_MS),
                           [FAILED] = work->now_ms + FAILED_MS,
                           [NOT_NOW] = work->now_ms + BUSY_MS};
    *step_out = (struct job_step){.kind = JOB_AGAIN, .due_ms = due[look->outcome]};
    return true;
}

#define AUDIT_DAILY(name_, place_)                                                                           \
    {                                                                                                        \
        .name = name_, .prepare = prepare, .call = call, .finish = finish, .longest_call_ms = 2 * MOST_MS,   \
        .first_due = first_due, .place = place_                                                              \
    }
const struct job_kind audit_daily_job = AUDIT_DAILY("audit_daily", JOB_OF_STORE);
const struct job_kind audit_daily_server_job = AUDIT_DAILY("audit_daily_server", JOB_OF_SERVER);

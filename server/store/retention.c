#include "store/retention.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/log_file.h"
#include "base/str.h"
#include "store/aside.h"
#include "work/lane.h"

enum {
    HOUR_MS = 3600 * 1000,
    DAY_MS = 24 * HOUR_MS,
    MOST_MS = 60 * 1000, /* for one store at a time; what is left comes a little later */
    LOCK_MS = 15000,
    SOON_MS = 10 * 60 * 1000,
    BUSY_MS = 2000,
};

static struct {
    struct aside aside;
    const char *log_dir;
    int64_t log_days;
} state = {.aside = ASIDE_INIT};

void retention_start(const char *database_url, const char *log_dir, int64_t log_days)
{
    aside_start(&state.aside, database_url);
    state.log_dir = log_dir;
    state.log_days = log_days;
}

void retention_stop(void)
{
    aside_stop(&state.aside);
}

/* --- the rules --- */

/* Each looks at a thousand rows behind key $1 and takes of these what is older than $2. It tells the last key
 * it looked at (NULL: there was none), how many rows it took, and how many were as old. The limit is a
 * constant, so that the plan for any parameters reckons with it. */
#define SLICE(table_, key_, where_, at_)                                                                     \
    "WITH slice AS MATERIALIZED (SELECT " key_ " AS key, " at_ " < $2::timestamptz AS old FROM " table_      \
    " WHERE " key_ " > $1::bigint" where_ " ORDER BY " key_ " LIMIT 1000),"                                  \
    " old AS MATERIALIZED (SELECT key FROM slice WHERE old), "
#define RESULT                                                                                               \
    " SELECT (SELECT max(key) FROM slice), (SELECT count(*) FROM taken), (SELECT count(*) FROM old)"
#define REMOVE(table_, key_, and_)                                                                           \
    "taken AS (DELETE FROM " table_ " WHERE " key_ " = ANY (ARRAY(SELECT key FROM old))" and_ " RETURNING "  \
    "1)"

/* The numbers begin anew somewhere after a quiet week, so the order is not that of time. */
DB_COMMON_STATEMENT(retention_updates_seen, SLICE("updates_seen", "update_id", "", "seen_at")
                                                REMOVE("updates_seen", "update_id", "") RESULT);
DB_COMMON_STATEMENT(retention_updates_failed,
                    SLICE("updates_failed", "update_id", "", "coalesce(parked_at, last_at)")
                        REMOVE("updates_failed", "update_id", "") RESULT);
/* What waits, or is kept for somebody who blocked the bot, stays. */
DB_COMMON_STATEMENT(retention_outbox, SLICE("outbox", "id", "", "created_at")
                                          REMOVE("outbox", "id", " AND state IN ('sent', 'failed')") RESULT);
DB_COMMON_STATEMENT(retention_conversations, SLICE("conversations", "telegram_id", "", "expires_at")
                                                 REMOVE("conversations", "telegram_id", "") RESULT);
/* That it was given stays, and when. */
DB_TENANT_STATEMENT(
    retention_proofs,
    SLICE(
        "terms", "id", " AND state = 'fulfilled'",
        "fulfilled_at") "taken AS (UPDATE terms SET proof = NULL WHERE id = ANY (ARRAY(SELECT key FROM old))"
                        " AND proof IS NOT NULL RETURNING 1)" RESULT);

static const struct rule {
    const char *what;
    const struct db_statement *statement;
    bool by_snk_days; /* else RETENTION_DAYS */
    bool in_order;    /* of time: behind a slice with nothing old there is nothing old */
} rules[] = {
    {"updates seen", &retention_updates_seen, false, false},
    {"updates that failed", &retention_updates_failed, false, false},
    {"sent messages", &retention_outbox, false, true},
    {"conversations", &retention_conversations, false, false},
    {"proofs of terms", &retention_proofs, true, false},
};
enum { RULES = sizeof rules / sizeof rules[0] };

/* --- applying them --- */

struct pass {
    struct db *db;
    const struct db_scope *scope;
    int64_t end_ms; /* clock_mono_ms */
    int64_t rows;
    bool unfinished;
};

static bool apply_slice(struct pass *pass, const struct rule *rule, int64_t before_ms, int64_t *key,
                        bool *more_out, struct error *err)
{
    auto_tx struct db_tx *tx = NULL;
    struct db_rows rows;
    if (!db_begin(pass->db, pass->scope, &tx, err) ||
        !db_query(tx, rule->statement, DB_PARAMS(P_INT(*key), P_TIME(before_ms)), &rows, err))
        return false;
    bool some = !db_is_null(&rows, 0, 0);
    int64_t last = db_int(&rows, 0, 0), taken = db_int(&rows, 0, 1), old = db_int(&rows, 0, 2);
    if (taken && !db_commit(tx, err))
        return false;
    pass->rows += taken;
    if (some)
        *key = last;
    *more_out = some && last < INT64_MAX && (old || !rule->in_order);
    return true;
}

static bool apply(struct pass *pass, const struct rule *rule, int64_t days, int64_t now_ms, struct error *err)
{
    int64_t key = INT64_MIN;
    for (bool more = true; more;) {
        if (clock_mono_ms() > pass->end_ms) {
            pass->unfinished = true;
            return true;
        }
        if (!apply_slice(pass, rule, now_ms - days * DAY_MS, &key, &more, err))
            return error_context(err, "%s", rule->what);
    }
    return true;
}

static bool apply_all(struct pass *pass, int64_t snk_days, bool is_server, int64_t now_ms, struct error *err)
{
    for (size_t i = 0; i < RULES; i++) {
        const struct rule *rule = &rules[i];
        if (is_server && rule->statement->where == DB_TENANT)
            continue;
        if (!apply(pass, rule, rule->by_snk_days ? snk_days : RETENTION_DAYS, now_ms, err))
            return false;
    }
    return true;
}

bool retention_run(struct db *db, const struct db_scope *scope, int64_t snk_days, bool is_server,
                   int64_t now_ms, int64_t *rows_out, struct error *err)
{
    struct pass pass = {.db = db, .scope = scope, .end_ms = INT64_MAX};
    if (!apply_all(&pass, snk_days, is_server, now_ms, err))
        return false;
    *rows_out = pass.rows;
    return true;
}

/* --- the jobs --- */

/* At night, spread by the names. */
static int64_t next_time(const struct tenant *tenant, int64_t after_ms)
{
    int64_t local = after_ms + (int64_t)clock_zone_offset(tenant->zone, after_ms) * 1000;
    int64_t at = after_ms - local % DAY_MS + HOUR_MS + (int64_t)(str_hash(tenant->name) / 11 % 7200) * 1000;
    return at > after_ms ? at : at + DAY_MS;
}

static int64_t first_due(const struct tenant *tenant, int64_t now_ms)
{
    return next_time(tenant, now_ms);
}

struct errand {
    struct db_scope scope;
    const char *store; /* NULL: the server */
    int64_t wait_ms;   /* until it is to be tried again; 0: done for today */
};

static bool prepare(struct work *work, int64_t ref, struct job_step *step_out, struct error *err)
{
    struct errand *errand = ARENA_NEW(work->arena, struct errand);
    *errand = (struct errand){
        .scope = {.id = 1, .schema = work->scope->schema, .role = work->scope->role},
        .store = lane_store_name(work->store),
    };
    *step_out = (struct job_step){.kind = JOB_CALL, .request = errand};
    return true;
}

static void remove_logs(int64_t now_ms)
{
    struct error err;
    size_t removed = 0;
    if (!log_file_remove_old(state.log_dir, now_ms - state.log_days * DAY_MS, &removed, &err))
        log_error(NULL, "old logs: %s", err.text);
    else if (removed)
        log_info(NULL, "%zu log files of more than %" PRId64 " days ago were removed", removed,
                 state.log_days);
}

static bool run(const struct tenant *tenant, const struct errand *errand, struct pass *pass,
                struct error *err)
{
    auto_db struct db *db = NULL;
    pass->scope = &errand->scope;
    pass->end_ms = clock_mono_ms() + MOST_MS;
    if (!aside_open(&state.aside, &db, err))
        return false;
    pass->db = db;
    return apply_all(pass, tenant->snk_retention_days, !errand->store, clock_now_ms(), err);
}

static void *call(const struct tenant *tenant, struct arena *arena, void *request)
{
    struct errand *errand = request;
    struct pass pass = {0};
    struct error err;
    if (!aside_take(&state.aside)) {
        errand->wait_ms = BUSY_MS;
        return NULL;
    }
    bool ok = run(tenant, errand, &pass, &err);
    aside_end(&state.aside);
    if (!errand->store)
        remove_logs(clock_now_ms());
    if (!ok)
        log_warn(errand->store, "what is old was not removed, again in %d minutes: %s", SOON_MS / 60000,
                 err.text);
    if (pass.rows)
        log_info(errand->store, "%" PRId64 " old rows were removed", pass.rows);
    errand->wait_ms = ok && !pass.unfinished ? 0 : SOON_MS;
    return NULL;
}

static bool finish(struct work *work, int64_t ref, void *request, void *result, struct job_step *step_out,
                   struct error *err)
{
    const struct errand *errand = request;
    *step_out =
        (struct job_step){.kind = JOB_AGAIN,
                          .due_ms = errand->wait_ms ? work->now_ms + errand->wait_ms
                                                    : next_time(work->tenant, work->now_ms + HOUR_MS)};
    return true;
}

#define RETENTION(name_, place_)                                                                             \
    {                                                                                                        \
        .name = name_, .prepare = prepare, .call = call, .finish = finish,                                   \
        .longest_call_ms = MOST_MS + 2 * LOCK_MS, .first_due = first_due, .place = place_                    \
    }
const struct job_kind retention_job = RETENTION("retention", JOB_OF_STORE);
const struct job_kind retention_server_job = RETENTION("retention_server", JOB_OF_SERVER);

#include "work/job.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "work/internal.h"

enum {
    MOST_CLAIMED = 50,
    MOST_WAITING = 256, /* calls waiting in the pool: beyond that due jobs stay rows */
    BUSY_MS = 500,
    WRITE_RETRY_MS = 500,
    MOST_WRITE_RETRIES = 40,
    LONGEST_DELAY_MS = 300000,
    UNKNOWN_MS = 60000,
};

static const struct job_kind *kinds;
static size_t kind_count;

void job_set_kinds(const struct job_kind *table, size_t count)
{
    kinds = table;
    kind_count = count;
}

static const struct job_kind *find_kind(const char *name)
{
    for (size_t i = 0; i < kind_count; i++) {
        if (!strcmp(kinds[i].name, name))
            return &kinds[i];
    }
    return NULL;
}

/* A job in this process's hands: its row is leased. due_at is 'infinity' meanwhile, so that whoever adds it
 * again leaves a trace: an earlier due_at. Whoever leases it anew, as its lease ran out, wipes that trace;
 * `again` remembers it. */
struct job_run {
    const struct job_kind *kind;
    int64_t ref;
    int attempts;
    struct lane_store *store;
    const struct tenant *tenant; /* from prepare on: what it put into the request may be the tenant's */
    struct arena *arena;         /* the request and the result; goes with the run through the pool */
    struct job_step step;
    void *result;
    int write_retries;
    bool again;
};

/* --- adding --- */

/* A row nobody holds is leased to us at once ($4); one that is held only gets an earlier due_at. */
DB_COMMON_STATEMENT(
    job_insert,
    "INSERT INTO jobs AS j (kind, ref, due_at, lease_until, created_at) "
    "VALUES ($1, $2, CASE WHEN $4::timestamptz IS NULL THEN $3::timestamptz ELSE 'infinity' END, $4, $5) "
    "ON CONFLICT (kind, ref) DO UPDATE SET state = 'pending', "
    "due_at = CASE WHEN $4 IS NOT NULL AND coalesce(j.lease_until < $5, true) THEN 'infinity' "
    "ELSE least(j.due_at, $3) END, "
    "lease_until = CASE WHEN $4 IS NOT NULL AND coalesce(j.lease_until < $5, true) THEN $4 "
    "ELSE j.lease_until END "
    "RETURNING coalesce(lease_until = $4 AND due_at = 'infinity', false), attempts");
DB_COMMON_STATEMENT(job_delete, "DELETE FROM jobs WHERE kind = $1 AND ref = $2");

/* A job whose row this transaction leases to us; it starts after the commit. */
struct job_added {
    struct job_added *next;
    const struct job_kind *kind;
    int64_t ref;
    struct db_rows inserted; /* by job_add: is it ours, its failures so far */
    int attempts;
    bool again; /* it was added while somebody held it */
};

/* Adding twice in one transaction is adding once. */
static bool is_queued(const struct work *work, const struct job_kind *kind, int64_t ref)
{
    const struct job_added *added = work->added_jobs;
    while (added && (added->kind != kind || added->ref != ref))
        added = added->next;
    return added;
}

static void queue(struct work *work, struct job_added *added)
{
    struct job_added **at = &work->added_jobs;
    while (*at)
        at = &(*at)->next;
    *at = added;
}

bool job_add(struct work *work, const char *kind_name, int64_t ref, int64_t due_ms, struct error *err)
{
    const struct job_kind *kind = find_kind(kind_name);
    if (!kind)
        return error_set(err, ERR_INTERNAL, "job %s: no such kind", kind_name);
    if (due_ms <= work->now_ms && is_queued(work, kind, ref))
        return true;
    /* While it runs here only a trace is left, even where its lease ran out. */
    bool start = due_ms <= work->now_ms && !hands_find(&work->store->hands, kind, ref);
    struct job_added *added = ARENA_NEW(work->arena, struct job_added);
    added->kind = kind;
    added->ref = ref;
    if (!db_send(work->tx, &job_insert,
                 DB_PARAMS(P_TEXT(kind->name), P_INT(ref), P_TIME(due_ms),
                           P_TIME(start ? work->now_ms + JOB_LEASE_MS : 0), P_TIME(work->now_ms)),
                 &added->inserted, err))
        return error_context(err, "job %s", kind->name);
    if (start)
        queue(work, added);
    else
        work_due(work, due_ms);
    return true;
}

DB_COMMON_STATEMENT(job_insert_new, "INSERT INTO jobs (kind, ref, due_at, created_at) VALUES ($1, $2, $3, $4)"
                                    " ON CONFLICT (kind, ref) DO NOTHING");

bool job_add_new(struct work *work, const char *kind_name, int64_t ref, int64_t due_ms, bool *added_out,
                 struct error *err)
{
    const struct job_kind *kind = find_kind(kind_name);
    struct db_rows rows;
    if (!kind)
        return error_set(err, ERR_INTERNAL, "job %s: no such kind", kind_name);
    if (!db_query(work->tx, &job_insert_new,
                  DB_PARAMS(P_TEXT(kind->name), P_INT(ref), P_TIME(due_ms), P_TIME(work->now_ms)), &rows,
                  err))
        return error_context(err, "job %s", kind->name);
    *added_out = rows.affected == 1;
    work_due(work, due_ms);
    return true;
}

DB_COMMON_STATEMENT(job_insert_with, "INSERT INTO jobs (kind, ref, due_at, created_at, data)"
                                     " VALUES ($1, $2, $3, $3, $4)");

static const char *data_identity(struct arena *arena, const char *kind, int64_t ref)
{
    return arena_printf(arena, "job:%s:%lld", kind, (long long)ref);
}

bool job_add_with(struct work *work, const char *kind_name, int64_t ref, const char *data, struct error *err)
{
    const struct job_kind *kind = find_kind(kind_name);
    size_t length;
    if (!kind)
        return error_set(err, ERR_INTERNAL, "job %s: no such kind", kind_name);
    void *sealed = vault_seal(work->arena, work->vault, data_identity(work->arena, kind->name, ref), data,
                              strlen(data), &length);
    if (!db_query(work->tx, &job_insert_with,
                  DB_PARAMS(P_TEXT(kind->name), P_INT(ref), P_TIME(work->now_ms), P_BYTES(sealed, length)),
                  NULL, err))
        return error_context(err, "job %s", kind->name);
    work_due(work, work->now_ms);
    return true;
}

DB_COMMON_STATEMENT(job_select_data, "SELECT data FROM jobs WHERE kind = $1 AND ref = $2");

bool job_data(struct work *work, const char *kind, int64_t ref, const char **data_out, struct error *err)
{
    struct db_rows rows;
    char *plain = "";
    size_t length, plain_length;
    if (!db_query(work->tx, &job_select_data, DB_PARAMS(P_TEXT(kind), P_INT(ref)), &rows, err))
        return error_context(err, "job %s", kind);
    if (!rows.count)
        return error_set(err, ERR_NOT_FOUND, "job %s %lld: not there", kind, (long long)ref);
    const void *sealed = db_bytes(work->arena, &rows, 0, 0, &length);
    if (sealed && !vault_open(work->arena, work->vault, data_identity(work->arena, kind, ref), sealed, length,
                              &plain, &plain_length, err))
        return error_context(err, "job %s %lld", kind, (long long)ref);
    *data_out = plain;
    return true;
}

bool job_remove(struct work *work, const char *kind, int64_t ref, struct error *err)
{
    return db_send(work->tx, &job_delete, DB_PARAMS(P_TEXT(kind), P_INT(ref)), NULL, err);
}

/* --- running --- */

DB_COMMON_STATEMENT(job_finish_delete,
                    "DELETE FROM jobs WHERE kind = $1 AND ref = $2 AND due_at = 'infinity'");
/* What was added while it ran makes it due earlier, and is not parked with it. */
DB_COMMON_STATEMENT(
    job_finish_again,
    "UPDATE jobs SET due_at = least(due_at, $3), lease_until = NULL, attempts = 0, error = NULL "
    "WHERE kind = $1 AND ref = $2");
DB_COMMON_STATEMENT(
    job_fail,
    "UPDATE jobs SET due_at = least(due_at, $3), lease_until = NULL, attempts = attempts + 1, error = $4, "
    "state = CASE WHEN $5 AND due_at = 'infinity' THEN 'parked' ELSE state END WHERE kind = $1 AND ref = $2 "
    "RETURNING state = 'parked', due_at");

DB_COMMON_STATEMENT(job_extend_lease, "UPDATE jobs SET lease_until = $3 WHERE kind = $1 AND ref = $2");

DB_COMMON_STATEMENT(job_put_back, "UPDATE jobs SET due_at = least(due_at, $3), lease_until = NULL "
                                  "WHERE kind = $1 AND ref = $2");

static void run_free(void *argument)
{
    struct job_run *run = argument;
    hands_remove(&run->store->hands, run->kind, run->ref);
    tenant_unref(&run->tenant);
    arena_free(&run->arena);
    free(run);
}

static bool write_step(struct work *work, const struct job_run *run, const struct job_step *step,
                       struct error *err)
{
    assert(step->kind != JOB_CALL);
    int64_t due = 0; /* least() takes no notice of NULL: due when it was added for */
    if (step->kind == JOB_AGAIN)
        due = step->due_ms > 0 ? step->due_ms : work->now_ms;
    if (run->again && (!due || due > work->now_ms))
        due = work->now_ms;
    if (!due) {
        struct db_rows rows;
        if (!db_query(work->tx, &job_finish_delete, DB_PARAMS(P_TEXT(run->kind->name), P_INT(run->ref)),
                      &rows, err))
            return false;
        if (rows.affected)
            return true;
    }
    work_due(work, due ? due : work->now_ms);
    return db_send(work->tx, &job_finish_again,
                   DB_PARAMS(P_TEXT(run->kind->name), P_INT(run->ref), P_TIME(due)), NULL, err);
}

/* A call that may take longer than others is not taken up by another server meanwhile. */
static bool extend_lease(struct work *work, const struct job_run *run, struct error *err)
{
    int64_t longest = run->kind->longest_call_ms;
    return longest <= JOB_CALL_MS ||
           db_send(work->tx, &job_extend_lease,
                   DB_PARAMS(P_TEXT(run->kind->name), P_INT(run->ref),
                             P_TIME(work->now_ms + longest + JOB_LEASE_MS - JOB_CALL_MS)),
                   NULL, err);
}

static int64_t delay_after(int attempts, int retry_after)
{
    int64_t delay = retry_after > 0 ? (int64_t)retry_after * 1000 : 2000;
    for (int i = 0; i < attempts && delay < LONGEST_DELAY_MS; i++)
        delay *= 2;
    return delay < LONGEST_DELAY_MS ? delay : LONGEST_DELAY_MS;
}

static void note_failure(struct work *work, const struct job_run *run, const struct error *why)
{
    struct lanes *lanes = work->store->lane->lanes;
    struct error err;
    struct db_rows rows;
    int64_t delay = delay_after(run->attempts, why->retry_after);
    bool passing = why->code == ERR_RETRY || why->code == ERR_UNCERTAIN;
    bool enough = !passing && run->kind->most_failures && run->attempts + 1 >= run->kind->most_failures;
    bool ok = work_begin(work, &err) &&
              db_query(work->tx, &job_fail,
                       DB_PARAMS(P_TEXT(run->kind->name), P_INT(run->ref), P_TIME(work->now_ms + delay),
                                 P_TEXT(work_reason(work->arena, why->text)), P_BOOL(enough)),
                       &rows, &err) &&
              work_commit(work, &err);
    bool parked = ok && rows.count && db_bool(&rows, 0, 0);
    int64_t due = ok && rows.count ? db_time(&rows, 0, 1) : work->now_ms + delay;
    int64_t wait = due > work->now_ms ? due - work->now_ms : 0;
    work_end(work);
    lane_store_due(work->store, due);
    atomic_fetch_add(parked ? &lanes->figures.jobs_parked : &lanes->figures.jobs_failed, 1);
    if (parked)
        log_error(lane_store_name(work->store), "job %s %lld parked: %s", run->kind->name,
                  (long long)run->ref, why->text);
    else
        log_warn(lane_store_name(work->store), "job %s %lld failed, again in %lld ms: %s%s", run->kind->name,
                 (long long)run->ref, (long long)wait, why->text, ok ? "" : " (when its lease is over)");
}

/* The lanes wind down, or the store was removed: for the next start, or another server. Where this fails the
 * lease runs out. */
static void put_back(struct work *work, void *argument)
{
    struct job_run *run = argument;
    struct error err;
    if (work_begin(work, &err) &&
        db_send(work->tx, &job_put_back,
                DB_PARAMS(P_TEXT(run->kind->name), P_INT(run->ref), P_TIME(work->now_ms)), NULL, &err))
        (void)!work_commit(work, &err);
    work_end(work);
    run_free(run);
}

static void finish_run(struct work *work, void *argument)
{
    struct job_run *run = argument;
    struct error err;
    struct job_step step = {.kind = JOB_DONE};
    bool ok = work_begin(work, &err) &&
              run->kind->finish(work, run->ref, run->step.request, run->result, &step, &err) &&
              write_step(work, run, &step, &err) && work_commit(work, &err);
    work_end(work);
    if (!ok && (err.code == ERR_RETRY || err.code == ERR_UNCERTAIN) &&
        run->write_retries++ < MOST_WRITE_RETRIES) {
        lane_submit_delayed(work->store, finish_run, run, WRITE_RETRY_MS,
                            run_free); /* what the outside world said is not asked twice */
        return;
    }
    if (ok)
        atomic_fetch_add(&work->store->lane->lanes->figures.jobs_done, 1);
    else
        note_failure(work, run, &err);
    run_free(run);
}

static bool is_ending(const struct lane_store *store)
{
    return atomic_load(&store->lane->lanes->winding_down) || atomic_load(&store->removed);
}

static void call_in_pool(void *argument)
{
    struct job_run *run = argument;
    if (is_ending(run->store)) {
        lane_submit_internal(run->store, put_back, run);
        return;
    }
    run->result = run->kind->call(run->tenant, run->arena, run->step.request);
    lane_submit_internal(run->store, finish_run, run);
}

static void prepare_run(struct work *work, void *argument)
{
    struct job_run *run = argument;
    struct lanes *lanes = work->store->lane->lanes;
    if (is_ending(run->store)) {
        put_back(work, run);
        return;
    }
    struct error err;
    struct arena *task_arena = work->arena;
    work->arena = run->arena;
    run->tenant = tenant_ref(work->file);
    bool ok = work_begin(work, &err) && run->kind->prepare(work, run->ref, &run->step, &err);
    ok = ok && (run->step.kind == JOB_CALL ? extend_lease(work, run, &err)
                                           : write_step(work, run, &run->step, &err));
    ok = ok && work_commit(work, &err);
    work_end(work);
    work->arena = task_arena;
    if (ok && run->step.kind == JOB_CALL) {
        if (!lanes_call(lanes, call_in_pool, run))
            put_back(work, run);
        return;
    }
    if (ok)
        atomic_fetch_add(&lanes->figures.jobs_done, 1);
    else
        note_failure(work, run, &err);
    run_free(run);
}

static void start_run(struct lane_store *store, const struct job_added *added, int attempts)
{
    struct job_run *run = xcalloc(1, sizeof *run);
    run->kind = added->kind;
    run->ref = added->ref;
    run->attempts = attempts;
    run->store = store;
    run->arena = arena_new();
    hands_add(&store->hands, run->kind, run->ref, run);
    lane_submit_internal(store, prepare_run, run);
}

void job_start_added(struct work *work)
{
    for (struct job_added *added = work->added_jobs; added; added = added->next) {
        bool is_new = added->inserted.result;
        if (is_new && !db_bool(&added->inserted, 0, 0))
            continue; /* somebody holds it, and will find the trace */
        struct job_run *run = hands_find(&work->store->hands, added->kind, added->ref);
        if (run)
            run->again = run->again || added->again;
        else
            start_run(work->store, added, is_new ? (int)db_int(&added->inserted, 0, 1) : added->attempts);
    }
}

/* --- the sweep --- */

DB_COMMON_STATEMENT(
    job_claim,
    "WITH due AS (SELECT kind, ref, due_at FROM jobs WHERE state = 'pending' AND "
    "CASE WHEN lease_until IS NULL THEN due_at ELSE lease_until END <= $1 ORDER BY due_at LIMIT $3 "
    "FOR UPDATE SKIP LOCKED) "
    "UPDATE jobs j SET due_at = 'infinity', lease_until = $2 FROM due WHERE j.kind = due.kind AND j.ref = "
    "due.ref "
    "RETURNING j.kind, j.ref, j.attempts, due.due_at < 'infinity'");
DB_COMMON_STATEMENT(job_next,
                    "SELECT min(CASE WHEN lease_until IS NULL THEN due_at ELSE lease_until END) FROM jobs "
                    "WHERE state = 'pending'");

/* A newer server's, perhaps. */
static bool leave_alone(struct work *work, const char *kind, int64_t ref, struct error *err)
{
    log_error(lane_store_name(work->store), "job %s: no such kind; left alone for a while", kind);
    return db_send(work->tx, &job_put_back,
                   DB_PARAMS(P_TEXT(kind), P_INT(ref), P_TIME(work->now_ms + UNKNOWN_MS)), NULL, err);
}

DB_COMMON_STATEMENT(job_insert_standing, "INSERT INTO jobs (kind, ref, due_at, created_at)"
                                         " VALUES ($1, 0, $2, $3) ON CONFLICT (kind, ref) DO NOTHING");

static bool add_standing(struct work *work, struct error *err)
{
    for (size_t i = 0; i < kind_count; i++) {
        const struct job_kind *kind = &kinds[i];
        if (kind->first_due && (kind->place == JOB_OF_SERVER) == lane_store_is_server(work->store) &&
            !db_send(work->tx, &job_insert_standing,
                     DB_PARAMS(P_TEXT(kind->name), P_TIME(kind->first_due(work->tenant, work->now_ms)),
                               P_TIME(work->now_ms)),
                     NULL, err))
            return error_context(err, "standing job %s", kind->name);
    }
    return true;
}

bool job_sweep(struct work *work, struct db_rows *next, struct error *err)
{
    if (!kind_count) /* a tool: it has no hands for jobs */
        return true;
    if (!work->store->has_standing && !add_standing(work, err))
        return false;
    if (lanes_calls_waiting(work->store->lane->lanes) > MOST_WAITING) {
        work_due(work, work->now_ms + BUSY_MS);
        return true;
    }
    struct db_rows rows;
    if (!db_query(work->tx, &job_claim,
                  DB_PARAMS(P_TIME(work->now_ms), P_TIME(work->now_ms + JOB_LEASE_MS), P_INT(MOST_CLAIMED)),
                  &rows, err))
        return false;
    for (int i = 0; i < rows.count; i++) {
        const struct job_kind *kind = find_kind(db_text(&rows, i, 0));
        if (!kind) {
            if (!leave_alone(work, db_text(&rows, i, 0), db_int(&rows, i, 1), err))
                return false;
            continue;
        }
        struct job_added *claimed = ARENA_NEW(work->arena, struct job_added);
        claimed->kind = kind;
        claimed->ref = db_int(&rows, i, 1);
        claimed->attempts = (int)db_int(&rows, i, 2);
        claimed->again = db_bool(&rows, i, 3);
        queue(work, claimed);
    }
    return db_send(work->tx, &job_next, DB_NO_PARAMS, next, err);
}

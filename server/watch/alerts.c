/* The engine: a thread that has the server's lane write down what was raised, about once a second. */
#include "watch/alerts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "watch/internal.h"
#include "watch/metrics.h"

enum {
    ROUND_MS = 1000,
    A_TRANSACTION = 500, /* notes */
    A_ROUND = 4,         /* transactions */
    COUNT_MS = 15000,
    AWAY_MS = 60000,
    AWAY_AGAIN_MS = 3600 * 1000,
    DIRECT_RETRY_MS = 30000,
    LAST_WRITE_MS = 1500,
};

static struct alert_map map = ALERT_MAP_INIT;
static const struct alert_teller *teller;
static int64_t away_ms = AWAY_MS;

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t changed; /* on the clock that never jumps */
    pthread_t thread;
    struct lanes *lanes;
    bool running, stopping;
    bool writing;    /* the lane has a round, or will */
    int64_t good_ms; /* clock_mono_ms: when the database took a round last */
} engine = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/* The server's lane alone. */
static struct {
    struct alert_pace pace;
    int64_t counted_ms; /* clock_mono_ms */
    bool one_by_one;    /* a note was refused: which? */
} rounds;

static atomic_ullong told_total;
static atomic_llong open_counts[ALERT_SEVERITIES];

/* --- raising --- */

void alert_raise(const char *store, enum alert_kind kind, const char *subject, const char *detail, ...)
{
    char text[ALERT_DETAIL + 8];
    va_list values;
    va_start(values, detail);
    int length = vsnprintf(text, sizeof text, detail, values);
    va_end(values);
    if (length < 0)
        text[0] = '\0';
    alert_map_raise(&map, store, kind, subject, text, clock_now_ms());
}

void alert_clear(const char *store, enum alert_kind kind, const char *subject)
{
    alert_map_clear(&map, store, kind, subject, clock_now_ms());
}

void alert_clear_store(const char *store)
{
    alert_map_clear_store(&map, store, clock_now_ms());
}

static void on_error_line(const char *store, const char *message)
{
    char subject[ALERT_SUBJECT + 1];
    alert_subject(message, subject);
    alert_map_raise(&map, store, ALERT_ERROR, subject, message, clock_now_ms());
}

/* --- writing, on the server's lane --- */

/* What fails here is a warning in the log: an error line would be the next alert. */
struct batch {
    struct alert_note *notes[A_TRANSACTION];
    size_t count;
};

static bool write_batch(struct work *work, void *context, struct error *err)
{
    const struct batch *batch = context;
    return alerts_write(work, batch->notes, batch->count, err);
}

/* False where there is nothing more to be done now. */
static bool write_some(struct work *work)
{
    struct batch *batch = ARENA_NEW(work->arena, struct batch);
    struct error err;
    batch->count = alert_map_take(&map, rounds.one_by_one ? 1 : A_TRANSACTION, batch->notes);
    if (!batch->count) {
        rounds.one_by_one = false;
        return false;
    }
    bool ok = work_transaction(work, write_batch, batch, &err);
    bool passing = !ok && (err.code == ERR_RETRY || err.code == ERR_UNCERTAIN || err.code == ERR_CONFLICT);
    if (!ok && !passing && batch->count == 1) {
        log_warn(NULL, "an alert of kind %s can't be written down and is dropped: %s",
                 batch->notes[0]->whole_store ? "any" : alert_kind_name(batch->notes[0]->kind), err.text);
        atomic_fetch_add(&map.dropped, 1);
    } else if (!ok) {
        rounds.one_by_one = rounds.one_by_one || !passing;
        alert_map_put_back(&map, batch->notes, batch->count);
        return !passing;
    }
    for (size_t i = 0; i < batch->count; i++)
        alert_note_free(batch->notes[i]);
    return true;
}

struct deciding {
    struct alert_pace pace;
    bool counts;
    int64_t open[ALERT_SEVERITIES];
};

static bool decide(struct work *work, void *context, struct error *err)
{
    struct deciding *deciding = context;
    return alerts_decide(work, teller && teller->tell ? teller : NULL, &deciding->pace, err) &&
           (!deciding->counts || alert_open_counts(work, NULL, deciding->open, err));
}

static bool decide_due(struct work *work, bool wrote)
{
    int64_t now = clock_mono_ms();
    struct deciding deciding = {.pace = rounds.pace,
                                .counts = wrote || !rounds.counted_ms || now - rounds.counted_ms >= COUNT_MS};
    struct error err;
    if (!work_transaction(work, decide, &deciding, &err)) {
        if (err.code != ERR_RETRY)
            log_warn(NULL, "%s", err.text);
        return false;
    }
    bool same_minute = deciding.pace.since_ms == rounds.pace.since_ms;
    atomic_fetch_add(&told_total,
                     (unsigned long long)(deciding.pace.told - (same_minute ? rounds.pace.told : 0)));
    rounds.pace = deciding.pace;
    if (deciding.counts) {
        rounds.counted_ms = now;
        for (int i = 0; i < ALERT_SEVERITIES; i++)
            atomic_store(&open_counts[i], deciding.open[i]);
    }
    return true;
}

static void write_round(struct work *work, void *argument)
{
    int transactions = 0, most = rounds.one_by_one ? A_TRANSACTION : A_ROUND;
    while (transactions < most && write_some(work))
        transactions++;
    bool good = decide_due(work, transactions > 0);
    pthread_mutex_lock(&engine.mutex);
    engine.writing = false;
    if (good)
        engine.good_ms = clock_mono_ms();
    pthread_cond_broadcast(&engine.changed);
    pthread_mutex_unlock(&engine.mutex);
}

/* --- the thread --- */

/* What the owners were told of the database, directly. */
struct away {
    bool told;
    int64_t since_ms, told_ms, tried_ms; /* clock_mono_ms */
};

static bool tell_directly(struct away *away, enum alert_telling why, int64_t now_ms)
{
    if (away->tried_ms && now_ms - away->tried_ms < DIRECT_RETRY_MS)
        return false;
    bool ok = teller->tell_directly(why, now_ms - away->since_ms);
    away->tried_ms = ok ? 0 : clock_mono_ms();
    atomic_fetch_add(&told_total, ok);
    return ok;
}

/* Without the mutex. */
static void watch_database(struct away *away, int64_t good_ms)
{
    int64_t now = clock_mono_ms();
    if (!teller || !teller->tell_directly)
        return;
    if (now - good_ms >= away_ms) {
        away->since_ms = good_ms;
        if (away->told && now - away->told_ms < AWAY_AGAIN_MS)
            return;
        if (tell_directly(away, away->told ? ALERT_TELL_AGAIN : ALERT_TELL_NEW, now)) {
            away->told = true;
            away->told_ms = now;
        }
    } else if (away->told) {
        if (tell_directly(away, ALERT_TELL_RECOVERED, now))
            *away = (struct away){0};
    } else {
        away->tried_ms = 0;
    }
}

/* Under the mutex. */
static void begin_round(void)
{
    engine.writing = true;
    lane_submit_internal(lanes_server_store(engine.lanes), write_round, NULL);
}

/* Under the mutex; false where the time is over. */
static bool wait_until(int64_t at_ms)
{
    struct timespec until = {.tv_sec = at_ms / 1000, .tv_nsec = at_ms % 1000 * 1000000};
    return pthread_cond_timedwait(&engine.changed, &engine.mutex, &until) == 0;
}

static void *engine_main(void *unused)
{
    struct away away = {0};
    pthread_mutex_lock(&engine.mutex);
    while (!engine.stopping) {
        if (!engine.writing)
            begin_round();
        int64_t end = clock_mono_ms() + ROUND_MS;
        while (!engine.stopping && wait_until(end))
            ;
        int64_t good_ms = engine.good_ms;
        bool stopping = engine.stopping;
        pthread_mutex_unlock(&engine.mutex);
        if (!stopping)
            watch_database(&away, good_ms);
        pthread_mutex_lock(&engine.mutex);
    }
    pthread_mutex_unlock(&engine.mutex);
    return NULL;
}

void alerts_set_teller(const struct alert_teller *table)
{
    teller = table;
}

void alerts_set_away(int64_t ms)
{
    away_ms = ms;
}

void alerts_start(struct lanes *lanes)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&engine.changed, &attributes);
    pthread_condattr_destroy(&attributes);
    engine.lanes = lanes;
    engine.stopping = engine.writing = false;
    engine.good_ms = clock_mono_ms();
    rounds.pace = (struct alert_pace){0};
    rounds.counted_ms = 0;
    if (pthread_create(&engine.thread, NULL, engine_main, NULL))
        abort();
    engine.running = true;
    log_on_error(on_error_line);
}

void alerts_stop(void)
{
    if (!engine.running)
        return;
    log_on_error(NULL);
    pthread_mutex_lock(&engine.mutex);
    engine.stopping = true;
    pthread_cond_broadcast(&engine.changed);
    pthread_mutex_unlock(&engine.mutex);
    pthread_join(engine.thread, NULL);
    int64_t end = clock_mono_ms() + LAST_WRITE_MS;
    bool in_time = true;
    pthread_mutex_lock(&engine.mutex);
    for (int last = 0; last < 2 && in_time; last++) { /* the one under way may have begun too early */
        while (engine.writing && in_time)
            in_time = wait_until(end);
        if (last == 0 && in_time)
            begin_round();
    }
    pthread_mutex_unlock(&engine.mutex);
    engine.running = false;
}

/* --- figures --- */

void alerts_render(struct str *page)
{
    for (int i = 0; i < ALERT_SEVERITIES; i++) {
        const char *labels =
            arena_printf(page->arena, "severity=\"%s\"", alert_severity_name((enum alert_severity)i));
        int64_t count = atomic_load(&open_counts[i]);
        if (i == 0)
            metrics_figure(page, "lapak_alerts_open", "gauge", "Open alerts by severity.", labels, count);
        else
            metrics_row(page, "lapak_alerts_open", labels, count);
    }
    metrics_figure(page, "lapak_alerts_raised_total", "counter",
                   "Alerts raised, each time counted, error lines among them.", "",
                   (int64_t)atomic_load(&map.raised_total));
    metrics_figure(page, "lapak_alerts_told_total", "counter",
                   "Messages about alerts for the owners; a digest is one.", "",
                   (int64_t)atomic_load(&told_total));
    metrics_figure(page, "lapak_alerts_dropped_total", "counter",
                   "Alerts that were lost: more at once than memory is set aside for.", "",
                   (int64_t)atomic_load(&map.dropped));
}

/* --- the old ones --- */

enum { TIDY_MS = 3600 * 1000, KEEP_DAYS = 90, A_TIDY = 500, MORE_MS = 1000 };

/* What recovered so long ago was raised still earlier: so the index on last_at finds it. */
DB_SERVER_STATEMENT(alert_delete_old,
                    "DELETE FROM alerts WHERE id IN (SELECT id FROM alerts WHERE last_at < $1"
                    " AND recovered_at < $1 ORDER BY last_at LIMIT $2)");

static bool tidy_prepare(struct work *work, int64_t ref, struct job_step *step_out, struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &alert_delete_old,
                  DB_PARAMS(P_TIME(work->now_ms - (int64_t)KEEP_DAYS * 24 * TIDY_MS), P_INT(A_TIDY)), &rows,
                  err))
        return error_context(err, "old alerts");
    *step_out = (struct job_step){.kind = JOB_AGAIN,
                                  .due_ms = work->now_ms + (rows.affected == A_TIDY ? MORE_MS : TIDY_MS)};
    return true;
}

static int64_t tidy_first(const struct tenant *tenant, int64_t now_ms)
{
    return now_ms + TIDY_MS / 60;
}

const struct job_kind alerts_tidy_job = {
    .name = "alerts_tidy",
    .prepare = tidy_prepare,
    .first_due = tidy_first,
    .place = JOB_OF_SERVER,
};

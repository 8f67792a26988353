#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "db/migrate.h"

struct rig rig;

static struct db *admin;
static pthread_mutex_t admin_mutex = PTHREAD_MUTEX_INITIALIZER; /* tasks ask too */
static const uint8_t master_key[32] = {7, 7, 7};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t noticed = PTHREAD_COND_INITIALIZER;
static struct taken taken[1000];
static size_t taken_count;
static bool closed;
static int64_t closed_chat;
static size_t bulk_limit;

static struct timespec after_ms(int64_t ms)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    return until;
}

/* --- waiting --- */

void rig_notice(void)
{
    pthread_mutex_lock(&mutex);
    pthread_cond_broadcast(&noticed);
    pthread_mutex_unlock(&mutex);
}

void rig_wait(bool (*fn)(void *context), void *context, const char *what)
{
    int64_t end = clock_mono_ms() + RIG_DEADLINE_MS;
    while (!fn(context)) {
        if (clock_mono_ms() > end)
            fail_msg("waited for in vain: %s", what);
        struct timespec until = after_ms(5); /* some conditions are nobody's to announce: rows, figures */
        pthread_mutex_lock(&mutex);
        pthread_cond_timedwait(&noticed, &mutex, &until);
        pthread_mutex_unlock(&mutex);
    }
}

void gate_pass(struct gate *gate)
{
    pthread_mutex_lock(&gate->mutex);
    gate->waiting++;
    pthread_cond_broadcast(&gate->changed);
    while (!gate->open)
        pthread_cond_wait(&gate->changed, &gate->mutex);
    gate->waiting--;
    pthread_mutex_unlock(&gate->mutex);
}

void gate_wait_for(struct gate *gate, int waiting)
{
    struct timespec until = after_ms(RIG_DEADLINE_MS);
    int rc = 0;
    pthread_mutex_lock(&gate->mutex);
    while (gate->waiting < waiting && rc == 0)
        rc = pthread_cond_timedwait(&gate->changed, &gate->mutex, &until);
    pthread_mutex_unlock(&gate->mutex);
    if (rc)
        fail_msg("nobody came to the gate");
}

static void gate_set(struct gate *gate, bool open)
{
    pthread_mutex_lock(&gate->mutex);
    gate->open = open;
    pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->mutex);
}

void gate_open(struct gate *gate)
{
    gate_set(gate, true);
}

void gate_shut(struct gate *gate)
{
    gate_set(gate, false);
}

/* --- the sender --- */

static bool accepts(void *context, struct lane_store *store, int64_t chat_id)
{
    pthread_mutex_lock(&mutex);
    bool fine = !closed || (closed_chat && closed_chat != chat_id);
    pthread_mutex_unlock(&mutex);
    return fine;
}

static size_t bulk_room(void *context, struct lane_store *store)
{
    pthread_mutex_lock(&mutex);
    size_t room = bulk_limit;
    pthread_mutex_unlock(&mutex);
    return room;
}

void rig_bulk_room(size_t room)
{
    pthread_mutex_lock(&mutex);
    bulk_limit = room;
    pthread_mutex_unlock(&mutex);
}

static char *copy(const char *text)
{
    return text ? xstrdup(text) : NULL;
}

static void take(void *context, struct lane_store *store, const struct outbox_message *m)
{
    const char *text = "";
    json_get_string(m->params, "text", &text);
    pthread_mutex_lock(&mutex);
    assert_true(taken_count < sizeof taken / sizeof *taken);
    taken[taken_count++] = (struct taken){
        .store = store,
        .id = m->id,
        .chat_id = m->chat_id,
        .effect_ref = m->effect_ref,
        .method = copy(m->method),
        .text = copy(text),
        .effect = copy(m->effect),
        .attachment_text = copy(m->attachment_text),
        .attachment_name = copy(m->attachment_name),
        .attachment = m->attachment,
        .keep = m->keep,
        .bulk = m->bulk,
        .attempts = m->attempts,
    };
    pthread_cond_broadcast(&noticed);
    pthread_mutex_unlock(&mutex);
}

static void forget_taken(void)
{
    for (size_t i = 0; i < taken_count; i++) {
        struct taken *t = &taken[i];
        free(t->method);
        free(t->text);
        free(t->effect);
        free(t->attachment_text);
        free(t->attachment_name);
    }
    taken_count = 0;
}

size_t rig_taken_count(void)
{
    pthread_mutex_lock(&mutex);
    size_t count = taken_count;
    pthread_mutex_unlock(&mutex);
    return count;
}

const struct taken *rig_taken(size_t i)
{
    assert_true(i < rig_taken_count());
    return &taken[i];
}

static bool enough_taken(void *context)
{
    return rig_taken_count() >= *(size_t *)context;
}

void rig_wait_taken(size_t count)
{
    rig_wait(enough_taken, &count, "messages for the sender");
    assert_int_equal(rig_taken_count(), count);
}

const char *rig_said(void)
{
    static char said[4096];
    size_t length = 0;
    said[0] = '\0';
    pthread_mutex_lock(&mutex);
    for (size_t i = 0; i < taken_count && length < sizeof said; i++)
        length += (size_t)snprintf(said + length, sizeof said - length, "%s%s", i ? " " : "", taken[i].text);
    pthread_mutex_unlock(&mutex);
    return said;
}

static void set_closed(bool is_closed, int64_t chat_id)
{
    pthread_mutex_lock(&mutex);
    closed = is_closed;
    closed_chat = chat_id;
    pthread_mutex_unlock(&mutex);
}

void rig_close(int64_t chat_id)
{
    set_closed(true, chat_id);
}

void rig_open(void)
{
    set_closed(false, 0);
}

void rig_report(const struct taken *t, enum outbox_verdict verdict, int64_t retry_ms, const char *error)
{
    struct outbox_report report = {
        .id = t->id,
        .chat_id = t->chat_id,
        .effect = t->effect,
        .effect_ref = t->effect_ref,
        .keep = t->keep,
        .bulk = t->bulk,
        .attempts = t->attempts,
        .verdict = verdict,
        .result = verdict == OUTBOX_VERDICT_SENT ? json_pack("{s:i}", "message_id", 77) : NULL,
        .retry_ms = retry_ms,
    };
    snprintf(report.error, sizeof report.error, "%s", error ? error : "");
    outbox_report(t->store, &report);
}

/* --- tasks --- */

struct errand {
    void (*fn)(struct work *work, void *context);
    void *context;
    bool done;
};

static void run_errand(struct work *work, void *argument)
{
    struct errand *errand = argument;
    errand->fn(work, errand->context);
    work_end(work);
    pthread_mutex_lock(&mutex);
    errand->done = true;
    pthread_cond_broadcast(&noticed);
    pthread_mutex_unlock(&mutex);
}

static bool errand_is_done(void *context)
{
    pthread_mutex_lock(&mutex);
    bool done = ((struct errand *)context)->done;
    pthread_mutex_unlock(&mutex);
    return done;
}

void rig_do(struct lane_store *store, void (*fn)(struct work *work, void *context), void *context)
{
    struct errand errand = {fn, context, false};
    assert_true(lane_submit(store, run_errand, &errand));
    rig_wait(errand_is_done, &errand, "a task");
}

static void nothing(struct work *work, void *context)
{
}

void rig_settle(struct lane_store *store)
{
    rig_do(store, nothing, NULL);
}

static void sweep(struct work *work, void *context)
{
    struct db_rows outbox_next = {0}, job_next = {0};
    MUST(work_begin(work, &err) && outbox_sweep(work, &outbox_next, &err) &&
         job_sweep(work, &job_next, &err) && work_commit(work, &err));
}

void rig_sweep(struct lane_store *store)
{
    rig_do(store, sweep, NULL);
}

struct saying {
    const char *text;
    struct outbox_message message;
};

static void say(struct work *work, void *context)
{
    const struct saying *saying = context;
    struct outbox_message message = saying->message;
    message.params = json_pack("{s:s}", "text", saying->text);
    MUST(work_begin(work, &err) && outbox_add(work, &message, &err) && work_commit(work, &err));
}

void rig_message(struct lane_store *store, const char *text, const struct outbox_message *message)
{
    struct saying saying = {text, *message};
    if (!saying.message.method)
        saying.message.method = "sendMessage";
    rig_do(store, say, &saying);
}

void rig_say(struct lane_store *store, int64_t chat_id, const char *text)
{
    rig_message(store, text, &(struct outbox_message){.chat_id = chat_id});
}

/* --- SQL --- */

static const char *sql(const char *format, va_list args)
{
    static _Thread_local char value[4096];
    auto_arena struct arena *arena = arena_new();
    const char *text = arena_vprintf(arena, format, args);
    struct db_rows rows;
    struct error err;
    pthread_mutex_lock(&admin_mutex);
    bool ok = db_exec(admin, text, &rows, &err);
    if (ok)
        snprintf(value, sizeof value, "%s", rows.count ? db_text(&rows, 0, 0) : "");
    if (ok)
        db_rows_free(&rows);
    pthread_mutex_unlock(&admin_mutex);
    if (!ok)
        fail_msg("%s: %s", text, err.text);
    return value;
}

const char *rig_text(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *value = sql(format, args);
    va_end(args);
    return value;
}

int64_t rig_sql(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *value = sql(format, args);
    va_end(args);
    return strtoll(value, NULL, 10);
}

struct expectation {
    const char *sql;
    int64_t value;
};

static bool is_met(void *context)
{
    const struct expectation *expectation = context;
    return rig_sql("%s", expectation->sql) == expectation->value;
}

void rig_wait_sql(int64_t value, const char *format, ...)
{
    auto_arena struct arena *arena = arena_new();
    va_list args;
    va_start(args, format);
    struct expectation expectation = {arena_vprintf(arena, format, args), value};
    va_end(args);
    rig_wait(is_met, &expectation, expectation.sql);
}

DB_TENANT_STATEMENT(rig_own_pid, "SELECT pg_backend_pid()");

static void tell_pid(struct work *work, void *context)
{
    struct db_rows rows;
    MUST(work_begin(work, &err) && db_query(work->tx, &rig_own_pid, DB_NO_PARAMS, &rows, &err));
    *(int64_t *)context = db_int(&rows, 0, 0);
}

void rig_cut(struct lane_store *store)
{
    int64_t pid = 0;
    rig_do(store, tell_pid, &pid);
    rig_sql("SELECT pg_terminate_backend(%lld, 5000)::int", (long long)pid);
}

/* --- fixtures --- */

static const struct tenant *read_tenant(const char *directory, int number)
{
    auto_arena struct arena *arena = arena_new();
    struct faults faults = FAULTS_INIT(arena);
    const char *name = arena_printf(arena, "unit-" TEST_NAME "-%d", number);
    const char *path = arena_printf(arena, "%s/%s.yaml", directory, name);
    setenv("RIG_TOKEN", arena_printf(arena, "%d:abcdefghijklmnopqrstuvwxyzABCDEFGHI", 1234567 + number), 1);
    setenv("RIG_SECRET", "rig-secret", 1);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file,
            "bot_store_name: %s\ntitle: Rig\ntelegram: {token: \"${RIG_TOKEN}\", admins: [1]}\n"
            "pakasir: {project: rig, api_key: \"${RIG_SECRET}\", webhook_secret: \"${RIG_SECRET}\", methods: "
            "[qris]}\n",
            name);
    fclose(file);
    const struct tenant *tenant = tenant_read(path, env_read(arena, NULL, &faults), &faults);
    unlink(path);
    if (!tenant)
        fail_msg("%s", fault_text(arena, &faults.items[0]));
    return tenant;
}

int rig_set_up(void **state)
{
    const char *url = getenv("LAPAK_TEST_DATABASE_URL");
    if (!url)
        return 0;
    outbox_set_sink(&(struct outbox_sink){.accepts = accepts, .take = take, .bulk_room = bulk_room});
    char directory[] = "/tmp/lapak-rig-XXXXXX";
    assert_non_null(mkdtemp(directory));
    MUST(db_open(url, NULL, 0, &admin, &err));
    struct migrate_target targets[RIG_STORES];
    for (int i = 0; i < RIG_STORES; i++) {
        rig.tenants[i] = read_tenant(directory, i);
        rig_sql("DROP SCHEMA IF EXISTS %s CASCADE", rig.tenants[i]->schema);
        targets[i] = (struct migrate_target){.schema = rig.tenants[i]->schema, .role = rig.tenants[i]->role};
    }
    rmdir(directory);
    MUST(migrate_all(admin, SCHEMA_DIR, targets, RIG_STORES, &err));
    for (int i = 0; i < RIG_STORES; i++) {
        if (targets[i].failed)
            fail_msg("%s", targets[i].error.text);
    }
    rig_sql("SET search_path = %s", rig.tenants[0]->schema);
    return 0;
}

int rig_tear_down(void **state)
{
    if (!admin)
        return 0;
    for (int i = 0; i < RIG_STORES; i++) {
        rig_sql("DROP SCHEMA %s CASCADE", rig.tenants[i]->schema);
        rig_sql("DROP OWNED BY %s; DROP ROLE %s", rig.tenants[i]->role, rig.tenants[i]->role);
        tenant_unref(&rig.tenants[i]);
    }
    db_close(&admin);
    return 0;
}

void rig_start(void)
{
    rig.pool = pool_start(3);
    const struct lane_options options = {.count = 1,
                                         .database_url = getenv("LAPAK_TEST_DATABASE_URL"),
                                         .pool = rig.pool,
                                         .most_queued = rig.most_queued,
                                         .master_key = master_key};
    MUST(lanes_start(&options, &rig.lanes, &err));
    for (int i = 0; i < RIG_STORES; i++)
        rig.stores[i] = lanes_add_store(rig.lanes, rig.tenants[i]);
    rig.store = rig.stores[0];
}

void rig_stop(void)
{
    if (rig.lanes)
        lanes_wind_down(rig.lanes);
    pool_stop(&rig.pool);
    lanes_stop(&rig.lanes);
}

void rig_restart(void)
{
    rig_stop();
    rig_start();
}

int rig_begin(void **state)
{
    if (!admin)
        return 0;
    for (int i = 0; i < RIG_STORES; i++)
        rig_sql("TRUNCATE %s.outbox, %s.jobs, %s.updates_seen RESTART IDENTITY", rig.tenants[i]->schema,
                rig.tenants[i]->schema, rig.tenants[i]->schema);
    rig_open();
    rig_bulk_room(100);
    rig_start();
    return 0;
}

int rig_end(void **state)
{
    rig_stop();
    forget_taken();
    rig.most_queued = 0;
    return 0;
}

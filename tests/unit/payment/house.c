#include "house.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/str.h"
#include "db/migrate.h"
#include "work/pool.h"

struct house house;
struct fake_gateway fake_gateway;

static struct db *owner;
static bool is_during; /* a call to the gateway: the first server's lane waits for it */
static const uint8_t master_key[32] = {1, 2, 3};
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t noticed = PTHREAD_COND_INITIALIZER;
static char notices[4096];
static bool refusing;

static void must(bool ok, const struct error *err)
{
    if (!ok)
        fail_msg("%s", err->text);
}

/* --- the gateway --- */

static bool answer(const struct error *error, int *calls, struct error *err)
{
    if (fake_gateway.meanwhile)
        house_sql("%s", fake_gateway.meanwhile);
    if (fake_gateway.during) {
        is_during = true;
        fake_gateway.during();
        is_during = false;
    }
    pthread_mutex_lock(&mutex);
    ++*calls;
    pthread_mutex_unlock(&mutex);
    if (error->code != ERR_NONE)
        *err = *error;
    return error->code == ERR_NONE;
}

static bool fake_create(const struct tenant *tenant, struct arena *arena, const char *order_id,
                        const char *method, int64_t amount, struct payment_created *created_out,
                        struct error *err)
{
    if (!answer(&fake_gateway.create_error, &fake_gateway.creates, err))
        return false;
    *created_out = fake_gateway.created;
    return true;
}

static bool fake_status(const struct tenant *tenant, struct arena *arena, const char *txn_id,
                        struct gateway_state *state_out, struct error *err)
{
    if (!answer(&fake_gateway.status_error, &fake_gateway.statuses, err))
        return false;
    *state_out = fake_gateway.state;
    return true;
}

static bool fake_cancel(const struct tenant *tenant, struct arena *arena, const char *txn_id,
                        struct error *err)
{
    return answer(&fake_gateway.cancel_error, &fake_gateway.cancels, err);
}

static bool fake_reach(const struct tenant *tenant, struct arena *arena, struct error *err)
{
    return answer(&fake_gateway.reach_error, &fake_gateway.reaches, err);
}

const struct gateway *gateway_of(const struct tenant *tenant)
{
    static const struct gateway fake = {"fake", fake_create, fake_status, fake_cancel, fake_reach};
    return &fake;
}

/* --- notices --- */

static bool note(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool note(struct error *err, const char *format, ...)
{
    va_list args;
    if (refusing)
        return error_set(err, ERR_INTERNAL, "told to refuse");
    va_start(args, format);
    pthread_mutex_lock(&mutex);
    size_t length = strlen(notices);
    if (length && length < sizeof notices - 1)
        strcpy(notices + length++, " ");
    vsnprintf(notices + length, sizeof notices - length, format, args);
    pthread_cond_broadcast(&noticed);
    pthread_mutex_unlock(&mutex);
    va_end(args);
    return true;
}

static bool on_invoice_ready(struct work *work, const struct bill *bill, const struct payment *payment,
                             struct error *err)
{
    return note(err, "invoice_ready:%lld", (long long)payment->total);
}

static bool on_invoice_failed(struct work *work, const struct bill *bill, const struct payment *payment,
                              const char *why, struct error *err)
{
    return note(err, "invoice_failed");
}

static bool on_paid(struct work *work, const struct order *order, const struct payment *payment, bool late,
                    struct error *err)
{
    assert_int_equal(order->state, ORDER_PAID);
    assert_int_equal(payment->state, PAYMENT_COMPLETED);
    return note(err, late ? "paid_late" : "paid");
}

static bool on_ended(struct work *work, const struct bill *bill, const struct payment *payment,
                     enum checkout_ended_by by, struct error *err)
{
    static const char *const who[] = {
        [ENDED_BY_BUYER] = "", [ENDED_BY_GATEWAY] = ":gateway", [ENDED_BY_ADMIN] = ":admin"};
    return note(err, "ended:%s%s", bill_is_expired(bill) ? "expired" : "cancelled", who[by]);
}

static bool on_deposited(struct work *work, const struct deposit *deposit, const struct payment *payment,
                         int64_t balance, bool late, struct error *err)
{
    assert_int_equal(deposit->state, DEPOSIT_COMPLETED);
    assert_int_equal(payment->state, PAYMENT_COMPLETED);
    return note(err, "deposited%s:%lld", late ? "_late" : "", (long long)balance);
}

static bool on_late_credited(struct work *work, const struct order *order, const struct payment *payment,
                             int64_t amount, int64_t balance, struct error *err)
{
    return note(err, "credited:%lld", (long long)balance);
}

static bool on_mismatch(struct work *work, const struct bill *bill, const struct payment *payment,
                        int64_t gateway_amount, struct error *err)
{
    return note(err, "mismatch:%lld", (long long)gateway_amount);
}

static bool on_given_back(struct work *work, const struct bill *bill, const struct payment *payment,
                          struct error *err)
{
    assert_string_equal(payment->resolution, "refunded");
    return note(err, "given_back:%lld", (long long)payment_received(payment));
}

static bool on_resend(struct work *work, const struct order *order, struct error *err)
{
    return note(err, "resend");
}

static bool on_replaced(struct work *work, const struct order *order, int64_t unit_id, struct error *err)
{
    return note(err, "replaced");
}

static bool on_fulfilled(struct work *work, const struct order *order, const struct order_item *item,
                         struct error *err)
{
    assert_true(item->fulfilled_ms > 0);
    return note(err, "fulfilled");
}

static bool on_refunded(struct work *work, const struct order *order, int64_t amount, int64_t balance,
                        struct error *err)
{
    return note(err, "refunded:%lld", (long long)amount);
}

static bool on_adjusted(struct work *work, int64_t telegram_id, int64_t amount, int64_t balance,
                        const char *reason, struct error *err)
{
    return note(err, "adjusted:%lld", (long long)amount);
}

static bool on_rejected(struct work *work, const struct deposit *deposit, const char *reason,
                        struct error *err)
{
    assert_int_equal(deposit->state, DEPOSIT_REJECTED);
    return note(err, "rejected");
}

static bool on_gateway_down(struct work *work, const char *why, struct error *err)
{
    return note(err, "gateway_down");
}

static bool on_gateway_up(struct work *work, struct error *err)
{
    return note(err, "gateway_up");
}

void house_forget_notices(void)
{
    notices[0] = '\0';
}

void house_refuse_notices(bool refuse)
{
    refusing = refuse;
}

const char *house_notices(void)
{
    return notices;
}

int house_count_notices(const char *name)
{
    int count = 0;
    for (const char *p = notices; (p = strstr(p, name)); p += strlen(name))
        count++;
    return count;
}

/* --- setting up --- */

#ifndef HOUSE_MORE
#define HOUSE_MORE ""
#endif

static const char tenant_file[] =
    "bot_store_name: " HOUSE_NAME "\n"
    "title: House\n"
    "language: id\n"
    "timezone: Asia/Jakarta\n"
    "telegram: {token: \"${HOUSE_TOKEN}\", admins: [1]}\n"
    "pakasir: {project: house, api_key: \"${HOUSE_KEY}\", webhook_secret: \"${HOUSE_SECRET}\","
    " sandbox: false, methods: [qris]}\n"
    "invoice_minutes: 15\n" HOUSE_MORE "\n";

static const struct tenant *read_tenant(void)
{
    char directory[] = "/tmp/payment-house-XXXXXX";
    auto_arena struct arena *arena = arena_new();
    struct faults faults = FAULTS_INIT(arena);
    setenv("HOUSE_TOKEN", "1234567:abcdefghijklmnopqrstuvwxyzABCDEFGHI", 1);
    setenv("HOUSE_KEY", "house-key", 1);
    setenv("HOUSE_SECRET", "house-secret", 1);
    assert_non_null(mkdtemp(directory));
    char *path = arena_printf(arena, "%s/" HOUSE_NAME ".yaml", directory);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(tenant_file, file);
    fclose(file);
    const struct tenant *tenant = tenant_read(path, env_read(arena, NULL, &faults), &faults);
    unlink(path);
    rmdir(directory);
    if (!tenant)
        fail_msg("%s", fault_text(arena, &faults.items[0]));
    return tenant;
}

int house_setup(void **state)
{
    const char *url = getenv("LAPAK_TEST_DATABASE_URL");
    struct error err = {0};
    if (!url)
        return 0;
    house.arena = arena_new();
    house.tenant = read_tenant();
    must(db_open(url, NULL, 0, &owner, &err), &err);
    house_sql("DROP SCHEMA IF EXISTS %s CASCADE", house.tenant->schema);
    struct migrate_target target = {.schema = house.tenant->schema, .role = house.tenant->role};
    must(migrate_all(owner, LAPAK_SCHEMA_DIR, &target, 1, &err), &err);
    if (target.failed)
        fail_msg("%s", target.error.text);

    static const struct checkout_notices table = {
        .invoice_ready = on_invoice_ready,
        .invoice_failed = on_invoice_failed,
        .paid = on_paid,
        .deposited = on_deposited,
        .ended = on_ended,
        .late_credited = on_late_credited,
        .mismatch = on_mismatch,
        .gateway_down = on_gateway_down,
        .gateway_up = on_gateway_up,
        .given_back = on_given_back,
        .resend = on_resend,
        .replaced = on_replaced,
        .fulfilled = on_fulfilled,
        .refunded = on_refunded,
        .adjusted = on_adjusted,
        .rejected = on_rejected,
    };
    checkout_set_notices(&table);
    job_set_kinds(checkout_jobs, checkout_job_count);
    house.pool = pool_start(4);
    struct lane_options options = {
        .count = 1, .database_url = url, .pool = house.pool, .master_key = master_key};
    must(lanes_start(&options, &house.lanes, &err), &err);
    must(lanes_start(&options, &house.other_lanes, &err), &err);
    house.other_store = lanes_add_store(house.other_lanes, house.tenant);
    house.store = lanes_add_store(house.lanes, house.tenant);
    return 0;
}

int house_teardown(void **state)
{
    if (!house.lanes)
        return 0;
    lanes_drain(house.lanes, 5000);
    lanes_drain(house.other_lanes, 5000);
    pool_drain(house.pool, 5000);
    lanes_stop(&house.lanes);
    lanes_stop(&house.other_lanes);
    pool_stop(&house.pool);
    tenant_unref(&house.tenant);
    arena_free(&house.arena);
    db_close(&owner);
    return 0;
}

void house_clean(void)
{
    house_sql(
        "TRUNCATE orders, order_items, stock_units, payments, ledger, jobs, cart_items, products, categories,"
        " coupons, deposits, admin_logs,"
        " users RESTART IDENTITY CASCADE; UPDATE counters SET value = 0");
    house_sql("INSERT INTO categories (name, position) VALUES ('C', 1);"
              "INSERT INTO products (category_id, code, name, price, position, created_at, updated_at)"
              " VALUES (1, 'P1', 'Product', 10000, 1, '2026-01-01', '2026-01-01');"
              "INSERT INTO users (telegram_id, first_name, created_at, seen_at)"
              " VALUES (1001, 'Ani', '2026-01-01', '2026-01-01');"
              "UPDATE counters SET value = 1 WHERE name = 'users'");
    notices[0] = '\0';
    fake_gateway = (struct fake_gateway){0};
    arena_reset(house.arena);
}

static void exec(const char *text, struct db_rows *rows_out)
{
    struct error err;
    auto_arena struct arena *arena = arena_new();
    must(db_exec(owner, arena_printf(arena, "SET search_path TO %s", house.tenant->schema), NULL, &err),
         &err);
    must(db_exec(owner, text, rows_out, &err), &err);
}

void house_sql(const char *format, ...)
{
    auto_arena struct arena *arena = arena_new();
    va_list args;
    va_start(args, format);
    exec(arena_vprintf(arena, format, args), NULL);
    va_end(args);
}

const char *house_value(const char *format, ...)
{
    struct db_rows rows;
    va_list args;
    va_start(args, format);
    exec(arena_vprintf(house.arena, format, args), &rows);
    va_end(args);
    char *value =
        rows.count ? arena_strdup(house.arena, db_text(&rows, 0, 0)) : arena_strdup(house.arena, "");
    db_rows_free(&rows);
    return value;
}

void house_verify(struct verify_result *result_out)
{
    struct error err;
    const struct db_scope scope = {1, house.tenant->schema, house.tenant->role};
    must(verify_store(owner, &scope, house.arena, 60000, result_out, &err), &err);
}

int64_t house_number(const char *format, ...)
{
    struct db_rows rows;
    auto_arena struct arena *arena = arena_new();
    va_list args;
    va_start(args, format);
    exec(arena_vprintf(arena, format, args), &rows);
    va_end(args);
    int64_t number = rows.count ? db_int(&rows, 0, 0) : 0;
    db_rows_free(&rows);
    return number;
}

/* --- running --- */

struct errand {
    void (*fn)(struct work *work, void *context);
    void *context;
    bool done;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
};

static void run_errand(struct work *work, void *argument)
{
    struct errand *errand = argument;
    errand->fn(work, errand->context);
    work_end(work);
    pthread_mutex_lock(&errand->mutex);
    errand->done = true;
    pthread_cond_signal(&errand->wake);
    pthread_mutex_unlock(&errand->mutex);
}

static void errand_run(struct lane_store *store, void (*fn)(struct work *work, void *context), void *context)
{
    struct errand errand = {fn, context, false, PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER};
    assert_true(lane_submit(store, run_errand, &errand));
    pthread_mutex_lock(&errand.mutex);
    while (!errand.done)
        pthread_cond_wait(&errand.wake, &errand.mutex);
    pthread_mutex_unlock(&errand.mutex);
}

/* Whose lane is free. */
static struct lane_store *store_now(void)
{
    return is_during ? house.other_store : house.store;
}

void house_do(void (*fn)(struct work *work, void *context), void *context)
{
    errand_run(store_now(), fn, context);
}

static void nothing(struct work *work, void *context)
{
}

void house_wait_notice(const char *name)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 10;
    pthread_mutex_lock(&mutex);
    int rc = 0;
    while (!strstr(notices, name) && rc == 0)
        rc = pthread_cond_timedwait(&noticed, &mutex, &until);
    pthread_mutex_unlock(&mutex);
    if (rc)
        fail_msg("no notice \"%s\", only \"%s\"", name, notices);
    errand_run(house.store, nothing, NULL); /* behind the task that gave the notice: it is committed */
    errand_run(house.other_store, nothing, NULL);
}

struct transaction {
    int64_t now_ms;
    bool (*fn)(struct work *work, void *context, struct error *err);
    void *context;
    struct error *err;
    bool ok;
};

/* db_commit(), not work_commit(): jobs that were added stay rows. */
static void run_transaction(struct work *work, void *argument)
{
    struct transaction *t = argument;
    work->now_ms = t->now_ms;
    t->ok = work_begin(work, t->err) && t->fn(work, t->context, t->err) && db_commit(work->tx, t->err);
}

bool house_transaction_at(struct lane_store *store, int64_t now_ms,
                          bool (*fn)(struct work *work, void *context, struct error *err), void *context,
                          struct error *err)
{
    struct transaction t = {now_ms, fn, context, err, false};
    errand_run(store, run_transaction, &t);
    return t.ok;
}

bool house_transaction(int64_t now_ms, bool (*fn)(struct work *work, void *context, struct error *err),
                       void *context, struct error *err)
{
    return house_transaction_at(store_now(), now_ms, fn, context, err);
}

struct job_round {
    const struct job_kind *kind;
    int64_t ref;
    int64_t now_ms;
    struct job_step step;
    bool ok;
    struct error *err;
};

static void run_job(struct work *work, void *argument)
{
    struct job_round *round = argument;
    work->now_ms = round->now_ms;
    round->ok = work_begin(work, round->err) &&
                round->kind->prepare(work, round->ref, &round->step, round->err) &&
                db_commit(work->tx, round->err);
    work_end(work);
    if (!round->ok || round->step.kind != JOB_CALL)
        return;
    void *request = round->step.request;
    void *result = round->kind->call(work->tenant, work->arena, request);
    round->ok = work_begin(work, round->err) &&
                round->kind->finish(work, round->ref, request, result, &round->step, round->err) &&
                db_commit(work->tx, round->err);
    work_end(work);
}

bool house_job(const char *kind, int64_t ref, int64_t now_ms, struct job_step *step_out, struct error *err)
{
    struct job_round round = {.ref = ref, .now_ms = now_ms, .err = err};
    for (size_t i = 0; i < checkout_job_count; i++)
        if (strcmp(checkout_jobs[i].name, kind) == 0)
            round.kind = &checkout_jobs[i];
    assert_non_null(round.kind);
    house_do(run_job, &round);
    *step_out = round.step;
    return round.ok;
}

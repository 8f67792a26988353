#include "doubles.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "db/db.h"

struct lane_store {
    struct tenant tenant;
    char name[32], token[64];
    bool held;
    struct double_note note;
};

struct kept {
    struct kept *next;
    struct double_report report;
};

static struct lane_store stores[DOUBLES_STORES], server_store;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct kept *first, **last = &first;
static size_t kept_count;
static int failing_writes;
static bool reports_blocked;

struct lane_store *double_store(int n)
{
    struct lane_store *store = &stores[n];
    pthread_mutex_lock(&lock);
    if (!store->name[0]) {
        snprintf(store->name, sizeof(store->name), "store-%d", n);
        snprintf(store->token, sizeof(store->token), "%d:secret-token-of-a-bot", 1000 + n);
        store->tenant.name = store->name;
        store->tenant.token = store->token;
        store->tenant.language = "id";
        store->tenant.bot_id = 1000 + n;
    }
    pthread_mutex_unlock(&lock);
    return store;
}

int double_index(const struct lane_store *store)
{
    return (int)(store - stores);
}

static void wait_a_little(void)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 5000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_cond_timedwait(&changed, &lock, &until);
}

static void must_not_last(time_t begun)
{
    if (time(NULL) - begun > 20) {
        fprintf(stderr, "what the test waits for does not happen\n");
        abort();
    }
}

void double_wait(bool (*done)(void *context), void *context)
{
    time_t begun = time(NULL);
    while (!done(context)) {
        must_not_last(begun);
        pthread_mutex_lock(&lock);
        wait_a_little();
        pthread_mutex_unlock(&lock);
    }
}

struct double_report double_next_report(void)
{
    time_t begun = time(NULL);
    pthread_mutex_lock(&lock);
    while (!first) {
        must_not_last(begun);
        wait_a_little();
    }
    struct kept *kept = first;
    first = kept->next;
    if (!first)
        last = &first;
    kept_count--;
    pthread_mutex_unlock(&lock);
    struct double_report report = kept->report;
    free(kept);
    return report;
}

void double_free(struct double_report *report)
{
    free((char *)report->report.effect);
    json_decref(report->report.result);
}

size_t double_reports_waiting(void)
{
    pthread_mutex_lock(&lock);
    size_t count = kept_count;
    pthread_mutex_unlock(&lock);
    return count;
}

bool double_is_held(int n)
{
    pthread_mutex_lock(&lock);
    bool held = stores[n].held;
    pthread_mutex_unlock(&lock);
    return held;
}

struct double_note double_note_of(int n)
{
    pthread_mutex_lock(&lock);
    struct double_note note = stores[n].note;
    pthread_mutex_unlock(&lock);
    return note;
}

void double_block_reports(bool block)
{
    pthread_mutex_lock(&lock);
    reports_blocked = block;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

void double_fail_writes(int count)
{
    pthread_mutex_lock(&lock);
    failing_writes = count;
    pthread_mutex_unlock(&lock);
}

void double_reset(void)
{
    while (kept_count > 0) {
        struct double_report report = double_next_report();
        double_free(&report);
    }
    for (int i = 0; i < DOUBLES_STORES; i++) {
        stores[i].held = false;
        stores[i].note = (struct double_note){0};
    }
    failing_writes = 0;
}

/* --- work/ --- */

void outbox_report(struct lane_store *store, const struct outbox_report *report)
{
    struct kept *kept = calloc(1, sizeof(*kept));
    kept->report.store = double_index(store);
    kept->report.report = *report;
    kept->report.report.effect = report->effect ? strdup(report->effect) : NULL;
    pthread_mutex_lock(&lock);
    while (reports_blocked)
        pthread_cond_wait(&changed, &lock);
    *last = kept;
    last = &kept->next;
    kept_count++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

const struct tenant *lane_store_tenant(struct lane_store *store)
{
    return &store->tenant;
}

const char *lane_store_name(const struct lane_store *store)
{
    return store == &server_store ? NULL : store->name;
}

bool lane_store_is_removed(const struct lane_store *store)
{
    return false;
}

void lane_store_hold_outbox(struct lane_store *store, bool hold)
{
    pthread_mutex_lock(&lock);
    store->held = hold;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

const struct tenant *tenant_ref(const struct tenant *tenant)
{
    return tenant;
}

void tenant_unref(const struct tenant **tenant)
{
    *tenant = NULL;
}

struct lane_store *lanes_server_store(struct lanes *lanes)
{
    return &server_store;
}

bool lane_store_is_server(const struct lane_store *store)
{
    return store == &server_store;
}

struct lane_store *double_server(void)
{
    pthread_mutex_lock(&lock);
    server_store.tenant = (struct tenant){
        .name = TENANT_SERVER_NAME, .token = "6000:secret-token-of-a-bot", .language = "id", .bot_id = 6000};
    pthread_mutex_unlock(&lock);
    return &server_store;
}

struct double_note double_note_of_server(void)
{
    pthread_mutex_lock(&lock);
    struct double_note note = server_store.note;
    pthread_mutex_unlock(&lock);
    return note;
}

struct start {
    lane_task *run;
    struct work work;
    void *argument;
};

static void *run_task(void *pointer)
{
    struct start *start = pointer;
    start->run(&start->work, start->argument);
    free(start);
    return NULL;
}

/* On a thread of its own, as a lane is: the task may take locks that the caller holds. */
void lane_submit_internal(struct lane_store *store, lane_task *run, void *argument)
{
    struct start *start = calloc(1, sizeof(*start));
    *start = (struct start){.run = run, .work = {.store = store, .now_ms = 1}, .argument = argument};
    pthread_t thread;
    if (pthread_create(&thread, NULL, run_task, start) != 0)
        abort();
    pthread_detach(thread);
}

bool work_begin(struct work *work, struct error *err)
{
    pthread_mutex_lock(&lock);
    bool fails = failing_writes > 0;
    if (fails)
        failing_writes--;
    pthread_mutex_unlock(&lock);
    return !fails || error_set(err, ERR_RETRY, "the database is away");
}

bool work_commit(struct work *work, struct error *err)
{
    return true;
}

void work_end(struct work *work)
{
}

static void keep_text(char *text_out, size_t size, const struct db_param *param)
{
    snprintf(text_out, size, "%s",
             param->kind == DB_PARAM_TEXT && param->bytes ? (const char *)param->bytes : "");
}

/* `params` begin with the state. */
static void keep_note(struct double_note *note, const struct db_param *params)
{
    pthread_mutex_lock(&lock);
    note->count++;
    keep_text(note->state, sizeof(note->state), &params[0]);
    keep_text(note->reason, sizeof(note->reason), &params[1]);
    note->bot_id = params[2].kind == DB_PARAM_INT ? params[2].number : 0;
    keep_text(note->username, sizeof(note->username), &params[3]);
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

bool db_send(struct db_tx *tx, const struct db_statement *statement, const struct db_param *params,
             size_t count, struct db_rows *rows_out, struct error *err)
{
    bool is_owner = strcmp(statement->name, "registration_write_owner") == 0;
    if (is_owner) {
        server_store.note.flag = params[5].number;
        keep_note(&server_store.note, params);
    }
    for (int i = 0; i < DOUBLES_STORES && count == 7 && !is_owner; i++)
        if (strcmp(stores[i].name, params[0].bytes) == 0) {
            pthread_mutex_lock(&lock);
            stores[i].note.has_digest = params[6].bytes;
            if (params[6].bytes)
                memcpy(stores[i].note.digest, params[6].bytes, sizeof(stores[i].note.digest));
            pthread_mutex_unlock(&lock);
            keep_note(&stores[i].note, &params[1]);
        }
    return true;
}

/*
 * Lanes for tests: one lane with two stores over schemas of their own in a real PostgreSQL
 * (LAPAK_TEST_DATABASE_URL), a worker pool, and a sender that only writes down what it was given. All of it
 * is started anew for each test, so that nothing is remembered; rig_restart() does it within a test, as a
 * crash and a new start would. Without the environment variable tests skip.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>
#include <string.h>

#include "base/clock.h"
#include "work/internal.h"

enum { RIG_STORES = 2, RIG_DEADLINE_MS = 10000 };

/* What the sender was handed. */
struct taken {
    struct lane_store *store;
    int64_t id, chat_id, effect_ref;
    char *method, *text, *effect, *attachment_text, *attachment_name;
    enum outbox_attachment attachment;
    bool keep, bulk;
    int attempts;
};

struct rig {
    struct pool *pool;
    struct lanes *lanes;
    struct lane_store *store; /* == stores[0] */
    struct lane_store *stores[RIG_STORES];
    const struct tenant *tenants[RIG_STORES];
    size_t most_queued; /* for the next start; 0: the default */
};
extern struct rig rig;

/* Group and test fixtures. */
int rig_set_up(void **state);
int rig_tear_down(void **state);
int rig_begin(void **state);
int rig_end(void **state);
#define RIG_TEST(test) cmocka_unit_test_setup_teardown(test, rig_begin, rig_end)
#define NEEDS_RIG()                                                                                          \
    do {                                                                                                     \
        if (!rig.lanes)                                                                                      \
            skip();                                                                                          \
    } while (0)

void rig_start(void);
void rig_stop(void);
void rig_restart(void);

/* Runs fn on the store's lane, as a task from outside, and waits for it. What was submitted from inside
 * before is done then. */
void rig_do(struct lane_store *store, void (*fn)(struct work *work, void *context), void *context);
/* Waits until everything queued so far is done. */
void rig_settle(struct lane_store *store);
/* One sweep, now. */
void rig_sweep(struct lane_store *store);

/* Adds sendMessage with the text to the chat and commits. */
void rig_say(struct lane_store *store, int64_t chat_id, const char *text);
/* The same with everything the message names (params are made of `text`). */
void rig_message(struct lane_store *store, const char *text, const struct outbox_message *message);

/* The sender. */
size_t rig_taken_count(void);
const struct taken *rig_taken(size_t i);
void rig_wait_taken(size_t count);
/* The texts of all that was taken, in order: "a b c". In static memory. */
const char *rig_said(void);
/* No room for the chat (0: for anybody) until rig_open(). */
void rig_close(int64_t chat_id);
void rig_open(void);
/* How many bulk messages there is room for at each sweep; 100 when a test begins. */
void rig_bulk_room(size_t room);
void rig_report(const struct taken *taken, enum outbox_verdict verdict, int64_t retry_ms, const char *error);

/* SQL in the first store's schema, by the owner; the first column of the first row as a number. */
int64_t rig_sql(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same as text, in the thread's memory until it asks again. Any thread. */
const char *rig_text(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Asks until the number is `value`. */
void rig_wait_sql(int64_t value, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Waits until fn says yes; woken by rig_notice(). Fails after RIG_DEADLINE_MS. */
void rig_wait(bool (*fn)(void *context), void *context, const char *what);
void rig_notice(void);
/* Ends the database connection of a store's lane, from outside. */
void rig_cut(struct lane_store *store);

/* A gate: whoever walks up to it waits until it is opened. */
struct gate {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool open;
    int waiting;
};
#define GATE_INIT                                                                                            \
    {                                                                                                        \
        PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, 0                                        \
    }
void gate_pass(struct gate *gate);
void gate_wait_for(struct gate *gate, int waiting);
void gate_open(struct gate *gate);
void gate_shut(struct gate *gate);

#define MUST(call)                                                                                           \
    do {                                                                                                     \
        struct error err = {0};                                                                              \
        if (!(call))                                                                                         \
            fail_msg("%s: %s: %s", #call, error_code_name(err.code), err.text);                              \
    } while (0)

#include "payment/fee.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"
#include "payment/breaker.h"
#include "payment/pakasir.h"
#include "work/pool.h"

enum {
    MOST_AMOUNTS = 256,
    MOST_METHODS = 16,
    MOST_ASKED = 4,
    KEPT_MS = 30 * 60 * 1000,
    AFTER_FAILURE_MS = 60 * 1000,
};
/* The call belongs to no project; no slug looks like this. */
static const char breaker_name[] = "(payment-fee)";

struct entry {
    int64_t amount;
    int64_t noted_ms; /* 0: the place is free; else since when it is known, or known to have failed */
    bool failed;
    bool asking;
    int64_t fees[MOST_METHODS]; /* by the method's place in its table; -1: not known */
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct pool *the_pool;
static struct entry entries[MOST_AMOUNTS];
static int asked;

void fee_set_pool(struct pool *pool)
{
    assert(method_count <= MOST_METHODS);
    pthread_mutex_lock(&mutex);
    the_pool = pool;
    pthread_mutex_unlock(&mutex);
}

/* Also not where the clock was set back. */
static bool is_fresh(const struct entry *entry, int64_t now_ms)
{
    int64_t age = now_ms - entry->noted_ms;
    return entry->noted_ms && age >= 0 && age < (entry->failed ? AFTER_FAILURE_MS : KEPT_MS);
}

static struct entry *find(int64_t amount)
{
    for (size_t i = 0; i < MOST_AMOUNTS; i++)
        if (entries[i].noted_ms && entries[i].amount == amount)
            return &entries[i];
    return NULL;
}

/* A free place, or the one that was noted longest ago; not one that is being asked. */
static struct entry *oldest(void)
{
    struct entry *found = NULL;
    for (size_t i = 0; i < MOST_AMOUNTS; i++)
        if (!entries[i].asking && (!found || entries[i].noted_ms < found->noted_ms))
            found = &entries[i];
    return found;
}

int64_t fee_preview(const struct method *method, int64_t amount, int64_t now_ms)
{
    int64_t fee = -1;
    pthread_mutex_lock(&mutex);
    const struct entry *entry = find(amount);
    if (entry && !entry->failed && is_fresh(entry, now_ms))
        fee = entry->fees[method - methods];
    pthread_mutex_unlock(&mutex);
    return fee >= 0 ? fee : method->fee(amount);
}

/* --- asking --- */

struct question {
    struct entry *entry; /* nobody else takes its place meanwhile */
    int64_t amount, now_ms;
};

static void ask(void *argument)
{
    struct question *question = argument;
    auto_arena struct arena *arena = arena_new();
    struct error failure;
    int64_t fees[MOST_METHODS];
    bool ok = pakasir_fees(arena, question->amount, fees, &failure);
    breaker_note(breaker_name, ok ? NULL : &failure, question->now_ms);
    pthread_mutex_lock(&mutex);
    struct entry *entry = question->entry;
    entry->asking = false;
    entry->failed = !ok;
    entry->noted_ms = question->now_ms;
    for (size_t i = 0; ok && i < method_count; i++)
        entry->fees[i] = fees[i];
    asked--;
    pthread_mutex_unlock(&mutex);
    free(question);
}

void fee_wish(int64_t amount, int64_t now_ms)
{
    int64_t due_ms;
    pthread_mutex_lock(&mutex);
    struct entry *entry = find(amount);
    bool wanted = the_pool && asked < MOST_ASKED && (!entry || (!entry->asking && !is_fresh(entry, now_ms)));
    if (wanted && breaker_take(breaker_name, now_ms, &due_ms)) {
        struct question *question = xcalloc(1, sizeof *question);
        if (!entry) {
            entry = oldest();
            *entry = (struct entry){.amount = amount, .noted_ms = now_ms, .failed = true};
        }
        entry->asking = true;
        asked++;
        *question = (struct question){entry, amount, now_ms};
        pool_submit(the_pool, ask, question);
    }
    pthread_mutex_unlock(&mutex);
}

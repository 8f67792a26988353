#include "payment/pace.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"

#define SECONDS(n) ((int64_t)(n)*1000)
#define MINUTES(n) ((int64_t)(n)*60000)
#define HOURS(n)   ((int64_t)(n)*3600000)

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* The other side's own wish, within reason: it may not stop us from looking at a payment. */
static int64_t wish(const struct error *failure)
{
    return least(SECONDS(failure->retry_after), SECONDS(60));
}

/* --- creating --- */

bool pace_create_again(const struct payment *payment, const struct error *failure, int64_t now_ms,
                       int64_t *due_ms_out)
{
    enum { MOST_TRIES = 3 };
    bool told_to_wait = failure->code == ERR_RETRY && failure->retry_after > 0;
    int64_t delay = most(SECONDS(1) << least(payment->failures, 3), wish(failure));
    if (told_to_wait ? now_ms + delay > payment->created_ms + MINUTES(2)
                     : payment->failures + 1 >= MOST_TRIES)
        return false;
    *due_ms_out = now_ms + delay;
    return true;
}

/* --- looking --- */

/* Right after a webhook the status call may still lag behind it. Other than that: the age of the payment
 * decides. */
static int64_t gap_of(const struct payment *payment, int64_t now_ms)
{
    static const struct {
        int64_t until, gap;
    } hinted[] = {{SECONDS(12), SECONDS(4)}, {SECONDS(60), SECONDS(8)}},
      unhinted[] = {{SECONDS(10), SECONDS(10)},
                    {SECONDS(25), SECONDS(15)},
                    {SECONDS(45), SECONDS(20)},
                    {SECONDS(75), SECONDS(30)},
                    {SECONDS(120), SECONDS(45)}};
    if (payment->hinted_ms)
        for (size_t i = 0; i < sizeof hinted / sizeof hinted[0]; i++)
            if (now_ms - payment->hinted_ms < hinted[i].until)
                return hinted[i].gap;
    for (size_t i = 0; i < sizeof unhinted / sizeof unhinted[0]; i++)
        if (now_ms - payment->created_ms < unhinted[i].until)
            return unhinted[i].gap;
    return SECONDS(60);
}

int64_t pace_look_pending(const struct payment *payment, int64_t expires_ms, int64_t now_ms)
{
    return most(least(now_ms + gap_of(payment, now_ms), expires_ms), now_ms + PACE_STATUS_GAP_MS);
}

bool pace_look_unanswered(const struct payment *payment, int64_t expires_ms, const struct error *failure,
                          int64_t now_ms, int64_t *due_ms_out)
{
    enum { LAST_LOOKS = 3 };
    if (now_ms >= expires_ms) {
        if (payment->failures >= LAST_LOOKS && now_ms >= expires_ms + SECONDS(30))
            return false;
        *due_ms_out = now_ms + most(SECONDS(10), wish(failure));
        return true;
    }
    int64_t delay = least(SECONDS(4) << least(payment->failures, 4), SECONDS(60));
    *due_ms_out = most(least(now_ms + delay, expires_ms), now_ms + most(PACE_STATUS_GAP_MS, wish(failure)));
    return true;
}

/* --- after the end --- */

static int64_t ended_for(const struct payment *payment, int64_t now_ms)
{
    return payment->ended_ms ? most(now_ms - payment->ended_ms, 0) : 0;
}

bool pace_late_look(const struct payment *payment, int64_t now_ms, int64_t *due_ms_out)
{
    static const int64_t looks[] = {MINUTES(1), MINUTES(5), MINUTES(15), MINUTES(60), HOURS(6), HOURS(24)};
    int64_t age = ended_for(payment, now_ms);
    if (payment->hinted_ms && now_ms - payment->hinted_ms < MINUTES(1)) {
        *due_ms_out = now_ms + gap_of(payment, now_ms);
        return true;
    }
    for (size_t i = 0; i < sizeof looks / sizeof looks[0]; i++) {
        if (looks[i] > age) {
            *due_ms_out = most(now_ms - age + looks[i], now_ms + PACE_STATUS_GAP_MS);
            return true;
        }
    }
    return false;
}

bool pace_late_unanswered(const struct payment *payment, const struct error *failure, int64_t now_ms,
                          int64_t *due_ms_out)
{
    int64_t age = ended_for(payment, now_ms);
    int64_t since_hint = payment->hinted_ms ? now_ms - payment->hinted_ms : age;
    if (least(age, since_hint) >= HOURS(48))
        return false;
    int64_t delay = least(most(least(age, since_hint) / 2, SECONDS(10)), HOURS(1));
    *due_ms_out = now_ms + most(delay, wish(failure));
    return true;
}

bool pace_void_again(const struct payment *payment, const struct error *failure, int64_t now_ms,
                     int64_t *due_ms_out)
{
    int64_t age = ended_for(payment, now_ms);
    if (age >= MINUTES(10))
        return false;
    *due_ms_out = now_ms + most(least(most(age, SECONDS(2)), MINUTES(2)), wish(failure));
    return true;
}

/* --- the gateway's limits --- */

enum { BUCKETS = 256, SLACK_MS = 100 };

/* Who was given a time comes up to SLACK_MS later, as due jobs are looked for so often; three calls still
 * span a second. */
static const struct {
    int64_t interval_ms;
    bool spread; /* many wait for one key, each gets a time of its own; of a transaction there is one job */
} limits[] = {
    [PACE_CREATE] = {560, true},
    [PACE_CANCEL] = {560, true},
    [PACE_STATUS] = {PACE_STATUS_GAP_MS + 100, false},
};

struct slot {
    struct slot *next;
    enum pace_kind kind;
    int64_t free_ms;     /* the next call may go then */
    int64_t promised_ms; /* up to here, times were given to those who had to come back */
    char key[];
};

static pthread_mutex_t slots_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct slot *slots[BUCKETS];

static size_t bucket_of(enum pace_kind kind, const char *key)
{
    uint32_t hash = 2166136261u ^ (uint32_t)kind; /* FNV-1a */
    for (; *key; key++)
        hash = (hash ^ (unsigned char)*key) * 16777619u;
    return hash % BUCKETS;
}

/* A slot nobody has to wait for any more, or of a clock that was set back by hours since. */
static bool is_stale(const struct slot *slot, int64_t now_ms)
{
    int64_t until = most(slot->free_ms, slot->promised_ms);
    return until + SLACK_MS < now_ms || slot->free_ms > now_ms + HOURS(1);
}

static struct slot *find_slot(enum pace_kind kind, const char *key, int64_t now_ms)
{
    struct slot **at = &slots[bucket_of(kind, key)], *found = NULL;
    while (*at) {
        struct slot *slot = *at;
        if (is_stale(slot, now_ms)) {
            *at = slot->next;
            free(slot);
            continue;
        }
        if (slot->kind == kind && str_equal(slot->key, key))
            found = slot;
        at = &slot->next;
    }
    if (!found) {
        found = xcalloc(1, sizeof *found + strlen(key) + 1);
        found->kind = kind;
        found->free_ms = now_ms;
        memcpy(found->key, key, strlen(key) + 1);
        *at = found;
    }
    return found;
}

bool pace_take(enum pace_kind kind, const char *key, int64_t now_ms, int64_t *due_ms_out)
{
    pthread_mutex_lock(&slots_mutex);
    struct slot *slot = find_slot(kind, key, now_ms);
    bool taken = now_ms >= slot->free_ms;
    if (taken) {
        /* Who comes a moment late for a time given does not move the times of those behind. */
        slot->free_ms =
            (now_ms - slot->free_ms <= SLACK_MS ? slot->free_ms : now_ms) + limits[kind].interval_ms;
        slot->promised_ms = most(slot->promised_ms, slot->free_ms);
    } else {
        *due_ms_out = slot->promised_ms;
        if (limits[kind].spread)
            slot->promised_ms += limits[kind].interval_ms;
    }
    pthread_mutex_unlock(&slots_mutex);
    return taken;
}

#include "http/guard.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

enum {
    SLOTS = 1 << 16, /* people remembered at once; the longest unseen of a neighbourhood makes room */
    NEIGHBOURHOOD = 8,
    ACTION_MS = 1000,
    BURST_MS = 8 * ACTION_MS,
    MOST_AHEAD_MS = 3000,
    MOST_WAITS = 15,
    SLACK_MS = 100,
    FIRST_PAUSE_MS = 10000,
    LONGEST_PAUSE_MS = 600000,
    FORGET_MS = 600000,
};

struct slot {
    uint64_t store;
    int64_t person; /* 0: free */
    int64_t seen_ms;
    int64_t paused_until_ms;
    int32_t credit_ms; /* what they may still spend; below 0 they are ahead of their pace */
    uint16_t waits;    /* in a row */
    uint16_t pauses;
};

struct guard {
    struct slot slots[SLOTS];
};

struct guard *guard_new(void)
{
    return xcalloc(1, sizeof(struct guard));
}

void guard_free(struct guard **guard)
{
    free(*guard);
    *guard = NULL;
}

static struct slot *find(struct guard *guard, uint64_t store, int64_t person, int64_t now_ms)
{
    uint64_t hash = (store * 0x9E3779B97F4A7C15u) ^ ((uint64_t)person * 0xC2B2AE3D27D4EB4Fu);
    hash ^= hash >> 29;
    struct slot *oldest = NULL;
    for (uint64_t i = 0; i < NEIGHBOURHOOD; i++) {
        struct slot *s = &guard->slots[(hash + i) % SLOTS];
        if (s->person == person && s->store == store)
            return s;
        if (!oldest || (s->person ? s->seen_ms : INT64_MIN) < (oldest->person ? oldest->seen_ms : INT64_MIN))
            oldest = s;
    }
    *oldest = (struct slot){.store = store, .person = person, .seen_ms = now_ms, .credit_ms = BURST_MS};
    return oldest;
}

static enum guard_verdict pause_person(struct slot *s, int64_t now_ms)
{
    int64_t pause = FIRST_PAUSE_MS;
    for (int i = 0; i < s->pauses && pause < LONGEST_PAUSE_MS; i++)
        pause *= 2;
    s->paused_until_ms = now_ms + (pause < LONGEST_PAUSE_MS ? pause : LONGEST_PAUSE_MS);
    s->pauses++;
    s->waits = 0;
    s->credit_ms = 0;
    return GUARD_WARN;
}

enum guard_verdict guard_ask(struct guard *guard, uint64_t store, int64_t person, int64_t now_ms,
                             int64_t *wait_ms_out)
{
    struct slot *s = find(guard, store, person, now_ms);
    int64_t quiet = now_ms - s->seen_ms;
    s->seen_ms = now_ms;
    if (now_ms < s->paused_until_ms)
        return GUARD_DROP;
    if (quiet > FORGET_MS)
        s->pauses = 0;
    int64_t credit = s->credit_ms + quiet;
    s->credit_ms = (int32_t)(credit < BURST_MS ? credit : BURST_MS) - ACTION_MS;
    if (s->credit_ms >= 0) {
        s->waits = 0;
        return GUARD_GO;
    }
    int64_t ahead = -s->credit_ms;
    /* Telegram delivers a chat's next update when the last one is answered: somebody with a queue of them
     * there comes back the moment the wait is over, and is a whole action ahead each time. Shorter waits are
     * a quick hand. */
    if (ahead > MOST_AHEAD_MS || (ahead >= ACTION_MS - SLACK_MS && ++s->waits > MOST_WAITS))
        return pause_person(s, now_ms);
    *wait_ms_out = ahead;
    return GUARD_WAIT;
}

#include <pthread.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "monitor/internal.h"

enum { KEPT_MS = 60000 };

/* Somebody's turn to come. Who does not take it for long has lost it. */
struct turn {
    uint32_t who;
    int64_t at_ms;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct turn *turns;
static size_t count, room;
static int64_t next_ms, pause_ms;
static int inside;

static struct turn *find(uint32_t who)
{
    for (size_t i = 0; i < count; i++)
        if (turns[i].who == who)
            return &turns[i];
    return NULL;
}

static void drop(struct turn *turn)
{
    *turn = turns[--count];
}

static void drop_lost(int64_t now_ms)
{
    for (size_t i = count; i-- > 0;)
        if (now_ms - turns[i].at_ms > KEPT_MS)
            drop(&turns[i]);
}

static int64_t next_turn(int64_t now_ms)
{
    int64_t at_ms = next_ms > now_ms ? next_ms : now_ms;
    if (at_ms < pause_ms)
        at_ms = pause_ms;
    next_ms = at_ms + PACING_SLOT_MS;
    return at_ms;
}

static void keep(uint32_t who, int64_t at_ms)
{
    if (count == room) {
        room = room ? room * 2 : 64;
        turns = xrealloc(turns, room * sizeof *turns);
    }
    turns[count++] = (struct turn){who, at_ms};
}

/* A clock that was set back must not keep anybody out. */
static void set_right(int64_t now_ms)
{
    const int64_t most_ms = 3600 * 1000;
    if (next_ms > now_ms + most_ms || pause_ms > now_ms + most_ms) {
        next_ms = pause_ms = 0;
        count = 0;
    }
}

bool pacing_take(const char *who, int64_t now_ms, int64_t *due_ms_out)
{
    uint32_t hash = str_hash(who);
    pthread_mutex_lock(&mutex);
    set_right(now_ms);
    drop_lost(now_ms);
    struct turn *turn = find(hash);
    int64_t at_ms = turn ? turn->at_ms : next_turn(now_ms);
    if (turn && at_ms < pause_ms) /* given before the pause */
        turn->at_ms = at_ms = next_turn(now_ms);
    bool taken = at_ms <= now_ms;
    if (taken && turn)
        drop(turn);
    else if (!taken && !turn)
        keep(hash, at_ms);
    if (!taken)
        *due_ms_out = at_ms;
    pthread_mutex_unlock(&mutex);
    return taken;
}

void pacing_pause(int64_t until_ms)
{
    pthread_mutex_lock(&mutex);
    if (until_ms > pause_ms)
        pause_ms = until_ms;
    pthread_mutex_unlock(&mutex);
}

bool pacing_enter(void)
{
    pthread_mutex_lock(&mutex);
    bool entered = inside < PACING_AT_ONCE;
    inside += entered;
    pthread_mutex_unlock(&mutex);
    return entered;
}

void pacing_leave(void)
{
    pthread_mutex_lock(&mutex);
    inside--;
    pthread_mutex_unlock(&mutex);
}

void pacing_forget(void)
{
    pthread_mutex_lock(&mutex);
    free(turns);
    turns = NULL;
    count = room = 0;
    next_ms = pause_ms = 0;
    inside = 0;
    pthread_mutex_unlock(&mutex);
}

#include "payment/breaker.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"

enum {
    FAILURES = 5, /* in a row until it opens */
    SHORTEST_MS = 10000,
    LONGEST_MS = 60000,
    PROBE_MS = 10000, /* so long a call may take that decides */
    LOOK_MS = 1000,   /* who waits for it looks again */
};

/* Only of projects in trouble: one that is well has none. */
struct breaker {
    struct breaker *next;
    int failures;
    int64_t period_ms;     /* 0: closed */
    int64_t until_ms;      /* where open: nobody calls before */
    int64_t probe_ends_ms; /* where somebody was let through: nobody else before; else 0 */
    char project[];
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct breaker *breakers;

static struct breaker **find(const char *project)
{
    struct breaker **at = &breakers;
    while (*at && !str_equal((*at)->project, project))
        at = &(*at)->next;
    return at;
}

static void close_breaker(struct breaker **at)
{
    struct breaker *closed = *at;
    *at = closed->next;
    free(closed);
}

/* A clock that was set back must not keep anybody out for longer than was meant. */
static int64_t within(int64_t at_ms, int64_t now_ms, int64_t most_ms)
{
    return at_ms > now_ms + most_ms ? now_ms + most_ms : at_ms;
}

static void set_right(struct breaker *breaker, int64_t now_ms)
{
    breaker->until_ms = within(breaker->until_ms, now_ms, breaker->period_ms);
    breaker->probe_ends_ms = within(breaker->probe_ends_ms, now_ms, PROBE_MS);
}

/* Until when nobody may call; 0: somebody may. */
static int64_t shut_until(const struct breaker *breaker, int64_t now_ms)
{
    if (!breaker->period_ms)
        return 0;
    if (now_ms < breaker->until_ms)
        return breaker->until_ms;
    return now_ms < breaker->probe_ends_ms ? breaker->probe_ends_ms : 0;
}

bool breaker_take(const char *project, int64_t now_ms, int64_t *due_ms_out)
{
    bool taken = true;
    pthread_mutex_lock(&mutex);
    struct breaker *breaker = *find(project);
    if (breaker && breaker->period_ms) {
        set_right(breaker, now_ms);
        int64_t shut_ms = shut_until(breaker, now_ms);
        taken = !shut_ms;
        if (taken)
            breaker->probe_ends_ms = now_ms + PROBE_MS;
        else if (now_ms < breaker->until_ms || shut_ms < now_ms + LOOK_MS)
            *due_ms_out = shut_ms;
        else
            *due_ms_out = now_ms + LOOK_MS;
    }
    pthread_mutex_unlock(&mutex);
    return taken;
}

static bool shows_it_alive(const struct error *failure)
{
    return !failure || failure->answered || failure->code == ERR_REFUSED || failure->code == ERR_INVALID;
}

static struct breaker *new_breaker(struct breaker **at, const char *project)
{
    struct breaker *breaker = xcalloc(1, sizeof *breaker + strlen(project) + 1);
    memcpy(breaker->project, project, strlen(project) + 1);
    *at = breaker;
    return breaker;
}

static enum breaker_change note_failure(struct breaker *breaker, int64_t now_ms)
{
    if (!breaker->period_ms) {
        if (++breaker->failures < FAILURES)
            return BREAKER_SAME;
        breaker->period_ms = SHORTEST_MS;
        breaker->until_ms = now_ms + SHORTEST_MS;
        return BREAKER_OPENED;
    }
    set_right(breaker, now_ms);
    if (!breaker->probe_ends_ms) /* of a call that was under way when it opened */
        return BREAKER_SAME;
    breaker->period_ms = breaker->period_ms * 2 < LONGEST_MS ? breaker->period_ms * 2 : LONGEST_MS;
    breaker->until_ms = now_ms + breaker->period_ms;
    breaker->probe_ends_ms = 0;
    return BREAKER_OPENED;
}

enum breaker_change breaker_note(const char *project, const struct error *failure, int64_t now_ms)
{
    enum breaker_change change = BREAKER_SAME;
    pthread_mutex_lock(&mutex);
    struct breaker **at = find(project);
    if (!shows_it_alive(failure)) {
        change = note_failure(*at ? *at : new_breaker(at, project), now_ms);
    } else if (*at) {
        change = (*at)->period_ms ? BREAKER_CLOSED : BREAKER_SAME;
        close_breaker(at);
    }
    pthread_mutex_unlock(&mutex);
    return change;
}

bool breaker_is_open(const char *project, int64_t now_ms)
{
    pthread_mutex_lock(&mutex);
    struct breaker *breaker = *find(project);
    if (breaker)
        set_right(breaker, now_ms);
    bool open = breaker && shut_until(breaker, now_ms);
    pthread_mutex_unlock(&mutex);
    return open;
}

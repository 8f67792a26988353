/* Pakasir answers everybody the same: a thousand stores need not ask it a thousand times. */
#include <pthread.h>
#include <stdio.h>

#include "monitor/internal.h"
#include "payment/gateway.h"

enum { FRESH_MS = 60 * 1000, FRESH_FAILURE_MS = 15 * 1000 };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct {
    int64_t asked_ms; /* 0: never */
    bool asking, ok;
    char why[sizeof((struct error *)0)->text];
} last = {.ok = true};

static bool is_fresh(int64_t now_ms)
{
    int64_t age = now_ms - last.asked_ms;
    return last.asked_ms && age >= 0 && age < (last.ok ? FRESH_MS : FRESH_FAILURE_MS);
}

bool probe_gateway(const struct tenant *tenant, struct arena *arena, int64_t now_ms, const char **why_out)
{
    struct error err;
    pthread_mutex_lock(&mutex);
    bool ask = !last.asking && !is_fresh(now_ms);
    last.asking = last.asking || ask;
    pthread_mutex_unlock(&mutex);
    bool ok = !ask || gateway_of(tenant)->reach(tenant, arena, &err);
    pthread_mutex_lock(&mutex);
    if (ask) {
        last.asking = false;
        last.asked_ms = now_ms;
        last.ok = ok || err.answered;
        snprintf(last.why, sizeof last.why, "%s", last.ok ? "" : err.text);
    }
    ok = last.ok;
    *why_out = arena_strdup(arena, last.why);
    pthread_mutex_unlock(&mutex);
    return ok;
}

void probe_forget(void)
{
    pthread_mutex_lock(&mutex);
    last.asked_ms = 0;
    last.ok = true;
    pthread_mutex_unlock(&mutex);
}

#include "telegram/limits.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/arena.h"

enum { SECOND_US = 1000000, BREAKER_FAILURES = 16, BREAKER_TRIES = 4 };

const struct rate LIMITS_CHAT = {SECOND_US, 5};
/* 3 at once and one each 3.5 s: 20 in any minute. */
const struct rate LIMITS_GROUP = {3500000, 3};

struct rate limits_bot(int calls_per_second)
{
    int burst = calls_per_second / 3;
    return (struct rate){SECOND_US / calls_per_second, burst > 0 ? burst : 1};
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

int64_t limits_ready_us(const struct limits_pace *pace, const struct rate *rate, int64_t now_us)
{
    return later(now_us, pace->full_us - (rate->burst - 1) * rate->interval_us);
}

int64_t limits_wait_us(const struct limits_pace *pace, const struct rate *rate, size_t queued, int64_t now_us)
{
    int64_t full = later(now_us, pace->full_us) + (int64_t)queued * rate->interval_us;
    return later(0, full - (rate->burst - 1) * rate->interval_us - now_us);
}

void limits_take(struct limits_pace *pace, const struct rate *rate, int64_t now_us)
{
    pace->full_us = later(now_us, pace->full_us) + rate->interval_us;
}

int limits_left(const struct limits_pace *pace, const struct rate *rate, int64_t now_us)
{
    int64_t behind_us = later(now_us, pace->full_us) - now_us;
    int64_t taken = (behind_us + rate->interval_us - 1) / rate->interval_us;
    return taken < rate->burst ? rate->burst - (int)taken : 0;
}

void limits_window_take(struct limits_window *window, int size, int64_t now_us)
{
    if (!window->at_us) {
        *window =
            (struct limits_window){.at_us = xcalloc((size_t)size, sizeof(*window->at_us)), .size = size};
        for (int i = 0; i < size; i++)
            window->at_us[i] = INT64_MIN;
    }
    window->at_us[window->next] = now_us;
    window->next = (window->next + 1) % window->size;
}

void limits_window_free(struct limits_window *window)
{
    free(window->at_us);
    *window = (struct limits_window){0};
}

/* The time of the call before which there were `back` - 1 later ones. */
static int64_t call_before(const struct limits_window *window, int back)
{
    return window->at_us[(window->next - back + window->size) % window->size];
}

int64_t limits_window_ready_us(const struct limits_window *window, int most, int64_t now_us)
{
    if (!window->at_us)
        return now_us;
    int64_t at_us = call_before(window, most);
    return at_us == INT64_MIN ? now_us : later(now_us, at_us + SECOND_US);
}

int limits_window_left(const struct limits_window *window, int most, int64_t now_us)
{
    int used = 0;
    while (window->at_us && used < most && call_before(window, used + 1) > now_us - SECOND_US)
        used++;
    return most - used;
}

bool limits_note_refusal(struct refusals *refusals, int64_t chat_id, int64_t now_us)
{
    size_t count = sizeof(refusals->last) / sizeof(*refusals->last), oldest = 0;
    for (size_t i = 0; i < count; i++) {
        if (refusals->last[i].chat_id == chat_id) {
            oldest = i;
            break;
        }
        if (refusals->last[i].at_us < refusals->last[oldest].at_us)
            oldest = i;
    }
    refusals->last[oldest].chat_id = chat_id;
    refusals->last[oldest].at_us = now_us;
    for (size_t i = 0; i < count; i++)
        if (refusals->last[i].at_us == 0 || refusals->last[i].at_us < now_us - 10 * SECOND_US)
            return false;
    return true;
}

void limits_breaker_note(struct breaker *breaker, bool answered, int64_t now_us)
{
    if (answered) {
        *breaker = (struct breaker){0};
        return;
    }
    if (breaker->failures < BREAKER_FAILURES)
        breaker->failures++;
    /* Failures of calls that began before the pause don't make it longer. */
    if (breaker->failures < BREAKER_FAILURES || limits_breaker_is_open(breaker, now_us))
        return;
    breaker->pause_us = breaker->pause_us == 0 ? SECOND_US : breaker->pause_us * 2;
    if (breaker->pause_us > 8 * SECOND_US)
        breaker->pause_us = 8 * SECOND_US;
    breaker->until_us = now_us + breaker->pause_us;
}

bool limits_breaker_is_open(const struct breaker *breaker, int64_t now_us)
{
    return now_us < breaker->until_us;
}

int limits_breaker_most(const struct breaker *breaker, int most)
{
    return breaker->failures >= BREAKER_FAILURES && most > BREAKER_TRIES ? BREAKER_TRIES : most;
}

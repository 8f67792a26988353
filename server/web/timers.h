/* Calls put off to a later moment: a binary heap, for one thread. h2o's own timers want one list for each
 * length of delay; here any delay will do. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct timer {
    int64_t due_ms; /* clock_mono_ms() */
    uint64_t sequence;
    void (*fn)(void *context, void *data);
    void *data;
};

struct timers {
    struct timer *heap;
    size_t count;
    size_t capacity;
    uint64_t next_sequence;
};

void timers_add(struct timers *timers, int64_t due_ms, void (*fn)(void *context, void *data), void *data);
/* Milliseconds until the first is due, at least 0 and at most `most`. */
int32_t timers_wait_ms(const struct timers *timers, int64_t now_ms, int32_t most);
/* Runs what is due, in order of time and then of adding; true where there was something. */
bool timers_run(struct timers *timers, int64_t now_ms, void *context);
void timers_free(struct timers *timers);

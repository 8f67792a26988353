#include "web/timers.h"

#include <stdlib.h>

#include "base/arena.h"

static bool earlier(const struct timer *a, const struct timer *b)
{
    return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->sequence < b->sequence;
}

void timers_add(struct timers *timers, int64_t due_ms, void (*fn)(void *context, void *data), void *data)
{
    if (timers->count == timers->capacity) {
        timers->capacity = timers->capacity ? timers->capacity * 2 : 16;
        timers->heap = xrealloc(timers->heap, timers->capacity * sizeof *timers->heap);
    }
    struct timer added = {.due_ms = due_ms, .sequence = timers->next_sequence++, .fn = fn, .data = data};
    size_t at = timers->count++;
    for (; at > 0 && earlier(&added, &timers->heap[(at - 1) / 2]); at = (at - 1) / 2)
        timers->heap[at] = timers->heap[(at - 1) / 2];
    timers->heap[at] = added;
}

static struct timer take_first(struct timers *timers)
{
    struct timer first = timers->heap[0];
    struct timer moved = timers->heap[--timers->count];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= timers->count)
            break;
        if (child + 1 < timers->count && earlier(&timers->heap[child + 1], &timers->heap[child]))
            child++;
        if (!earlier(&timers->heap[child], &moved))
            break;
        timers->heap[at] = timers->heap[child];
        at = child;
    }
    timers->heap[at] = moved;
    return first;
}

int32_t timers_wait_ms(const struct timers *timers, int64_t now_ms, int32_t most)
{
    if (timers->count == 0 || timers->heap[0].due_ms - now_ms > most)
        return most;
    int64_t wait = timers->heap[0].due_ms - now_ms;
    return wait > 0 ? (int32_t)wait : 0;
}

bool timers_run(struct timers *timers, int64_t now_ms, void *context)
{
    bool ran = false;
    while (timers->count > 0 && timers->heap[0].due_ms <= now_ms) {
        struct timer due = take_first(timers);
        due.fn(context, due.data);
        ran = true;
    }
    return ran;
}

void timers_free(struct timers *timers)
{
    free(timers->heap);
    *timers = (struct timers){0};
}

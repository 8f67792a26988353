/* A heap of times at which something waits to be looked at again. Private to telegram/. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Embedded in what waits. Zeroed: not waiting. */
struct wake {
    int64_t due_us;
    size_t place; /* in the heap, from 1; 0: not in it */
    bool is_bot;  /* what it is embedded in */
};

struct wake_heap {
    struct wake **wakes;
    size_t count, capacity;
};

/* Waits until then; moves it where it waits already. */
void wake_set(struct wake_heap *heap, struct wake *wake, int64_t due_us);
void wake_cancel(struct wake_heap *heap, struct wake *wake);
/* Takes out the earliest that is due; NULL where none is. */
struct wake *wake_take_due(struct wake_heap *heap, int64_t now_us);
/* When the earliest is due; INT64_MAX where nothing waits. */
int64_t wake_next_us(const struct wake_heap *heap);
void wake_heap_free(struct wake_heap *heap);

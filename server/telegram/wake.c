#include "telegram/wake.h"

#include <stdlib.h>

#include "base/arena.h"

static void put(struct wake_heap *heap, size_t place, struct wake *wake)
{
    heap->wakes[place - 1] = wake;
    wake->place = place;
}

static void rise(struct wake_heap *heap, struct wake *wake)
{
    size_t place = wake->place;
    while (place > 1 && heap->wakes[place / 2 - 1]->due_us > wake->due_us) {
        put(heap, place, heap->wakes[place / 2 - 1]);
        place /= 2;
    }
    put(heap, place, wake);
}

static void sink(struct wake_heap *heap, struct wake *wake)
{
    size_t place = wake->place;
    for (;;) {
        size_t child = place * 2;
        if (child > heap->count)
            break;
        if (child < heap->count && heap->wakes[child]->due_us < heap->wakes[child - 1]->due_us)
            child++;
        if (heap->wakes[child - 1]->due_us >= wake->due_us)
            break;
        put(heap, place, heap->wakes[child - 1]);
        place = child;
    }
    put(heap, place, wake);
}

void wake_set(struct wake_heap *heap, struct wake *wake, int64_t due_us)
{
    wake->due_us = due_us;
    if (wake->place == 0) {
        if (heap->count == heap->capacity) {
            heap->capacity = heap->capacity ? heap->capacity * 2 : 64;
            heap->wakes = xrealloc(heap->wakes, heap->capacity * sizeof(*heap->wakes));
        }
        heap->count++;
        put(heap, heap->count, wake);
    }
    rise(heap, wake);
    sink(heap, wake);
}

void wake_cancel(struct wake_heap *heap, struct wake *wake)
{
    if (wake->place == 0)
        return;
    struct wake *last = heap->wakes[heap->count - 1];
    heap->count--;
    if (last != wake) {
        put(heap, wake->place, last);
        rise(heap, last);
        sink(heap, last);
    }
    wake->place = 0;
}

struct wake *wake_take_due(struct wake_heap *heap, int64_t now_us)
{
    if (heap->count == 0 || heap->wakes[0]->due_us > now_us)
        return NULL;
    struct wake *wake = heap->wakes[0];
    wake_cancel(heap, wake);
    return wake;
}

int64_t wake_next_us(const struct wake_heap *heap)
{
    return heap->count > 0 ? heap->wakes[0]->due_us : INT64_MAX;
}

void wake_heap_free(struct wake_heap *heap)
{
    free(heap->wakes);
    *heap = (struct wake_heap){0};
}

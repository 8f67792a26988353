/*
 * What a store's lane remembers for a while instead of asking the database: figures of (person, thing). A
 * table of bounded size, in which each has one place; the newer one stays. For the files of this room.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct recall {
    struct recall_slot *slots; /* a power of two, or none */
    size_t size;
    int64_t life_ms; /* how long something is known; set before the first use */
};

void recall_clear(struct recall *recall);
/* False where it is not known (any more). `*at_ms_out` is when it was put there. */
bool recall_get(const struct recall *recall, int64_t person, int64_t thing, int64_t now_ms,
                int64_t *figure_out, int64_t *at_ms_out);
/* `person` is not 0. */
void recall_put(struct recall *recall, int64_t person, int64_t thing, int64_t figure, int64_t now_ms);
void recall_forget(struct recall *recall, int64_t person, int64_t thing);
void recall_forget_person(struct recall *recall, int64_t person);

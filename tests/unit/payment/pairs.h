/*
 * A table of what comes of every state and every event, checked pair by pair. A pair that no row names, or
 * two, fails the test, and so does a name that is not known; then the table as it really is is printed, in
 * the form of its rows.
 */
#pragma once

#include <stddef.h>

#include "base/arena.h"

/* Any of these states, met by any of these events. Names are separated by ", ". */
struct pairs_row {
    const char *states, *events, *outcome;
};

struct pairs {
    const char *name;
    const char *const *states;
    size_t state_count;
    const char *const *events;
    size_t event_count;
    const struct pairs_row *rows;
    size_t row_count;
    /* Makes the pair and says what came of it; in the arena. */
    const char *(*outcome)(const struct pairs *pairs, size_t state, size_t event);
    const void *context;
};

void pairs_check(struct arena *arena, const struct pairs *pairs);

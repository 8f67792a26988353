#include "pairs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

enum { MOST_LISTED = 40 };

/* Whether `list`, its names separated by ", ", has the name. */
static bool lists(const char *list, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = list; (at = strstr(at, name)); at += length) {
        bool begins = at == list || (at - list >= 2 && strncmp(at - 2, ", ", 2) == 0);
        if (begins && (at[length] == '\0' || strncmp(at + length, ", ", 2) == 0))
            return true;
    }
    return false;
}

static size_t length_of(const char *list)
{
    size_t count = 1;
    while ((list = strstr(list, ", "))) {
        count++;
        list += 2;
    }
    return count;
}

/* Every name in a row is known, and named once. */
static void check_names(const struct pairs *pairs)
{
    for (size_t r = 0; r < pairs->row_count; r++) {
        const struct pairs_row *row = &pairs->rows[r];
        size_t states = 0, events = 0;
        for (size_t s = 0; s < pairs->state_count; s++)
            states += lists(row->states, pairs->states[s]);
        for (size_t e = 0; e < pairs->event_count; e++)
            events += lists(row->events, pairs->events[e]);
        if (states != length_of(row->states) || events != length_of(row->events))
            fail_msg("%s: a name is unknown or there twice: {%s} {%s}", pairs->name, row->states,
                     row->events);
    }
}

static const char *expected_of(const struct pairs *pairs, const char *state, const char *event)
{
    const char *expected = NULL;
    for (size_t r = 0; r < pairs->row_count; r++) {
        const struct pairs_row *row = &pairs->rows[r];
        if (!lists(row->states, state) || !lists(row->events, event))
            continue;
        if (expected)
            fail_msg("%s: \"%s\" and \"%s\" are in two rows", pairs->name, state, event);
        expected = row->outcome;
    }
    return expected ? expected : "(in no row)";
}

/* The table as it turned out to be, in the form of its rows. */
static void print_rows(struct arena *arena, const struct pairs *pairs, const char *const *outcomes)
{
    size_t count = pairs->state_count * pairs->event_count;
    bool *done = ARENA_ARRAY(arena, bool, count);
    memset(done, 0, count * sizeof *done);
    for (size_t i = 0; i < count; i++) {
        if (done[i])
            continue;
        size_t state = i / pairs->event_count;
        struct str states = STR_INIT(arena), events = STR_INIT(arena);
        bool *in_row = ARENA_ARRAY(arena, bool, pairs->event_count);
        for (size_t e = 0; e < pairs->event_count; e++) {
            in_row[e] = str_equal(outcomes[state * pairs->event_count + e], outcomes[i]);
            if (in_row[e])
                str_addf(&events, "%s%s", events.length ? ", " : "", pairs->events[e]);
        }
        for (size_t s = 0; s < pairs->state_count; s++) {
            bool fits = true;
            for (size_t e = 0; fits && e < pairs->event_count; e++)
                fits = str_equal(outcomes[s * pairs->event_count + e], outcomes[i]) == in_row[e];
            for (size_t e = 0; fits && e < pairs->event_count; e++)
                done[s * pairs->event_count + e] |= in_row[e];
            if (fits)
                str_addf(&states, "%s%s", states.length ? ", " : "", pairs->states[s]);
        }
        fprintf(stderr, "    {\"%s\",\n     \"%s\",\n     \"%s\"},\n", str_done(&states), str_done(&events),
                outcomes[i]);
    }
}

void pairs_check(struct arena *arena, const struct pairs *pairs)
{
    size_t wrong = 0, count = pairs->state_count * pairs->event_count;
    check_names(pairs);
    const char **outcomes = ARENA_ARRAY(arena, const char *, count);
    for (size_t i = 0; i < count; i++) {
        size_t state = i / pairs->event_count, event = i % pairs->event_count;
        const char *expected = expected_of(pairs, pairs->states[state], pairs->events[event]);
        outcomes[i] = pairs->outcome(pairs, state, event);
        if (!str_equal(outcomes[i], expected) && wrong++ < MOST_LISTED)
            fprintf(stderr, "%s, %s, %s:\n  expected %s\n  got      %s\n", pairs->name, pairs->states[state],
                    pairs->events[event], expected, outcomes[i]);
    }
    if (wrong) {
        fprintf(stderr, "The table as it is:\n");
        print_rows(arena, pairs, outcomes);
        fail_msg("%s: %zu of %zu pairs are not as the table says", pairs->name, wrong, count);
    }
}

/*
 * The spam guard: how fast one person may act in one store, kept in memory and asked before any database
 * work. Everybody has a burst of 8 actions and then 1 a second. Who is a little too fast is slowed down:
 * their update waits, nothing is lost. Who keeps pushing (15 waits of about a second or more in a row, or
 * more than 3 s ahead) is warned, reported to the store's admins once, and paused: 10 s, then twice as long
 * each time, at most 10 minutes; 10 quiet minutes forget it. Whom to ask for is the caller's: admins and
 * owners whom the store's file names are not asked for. Used on the loop's thread only.
 */
#pragma once

#include <stdint.h>

enum guard_verdict {
    GUARD_GO,
    GUARD_WAIT, /* handle it after *wait_ms_out */
    GUARD_WARN, /* the first one too many: warn the person, report them */
    GUARD_DROP, /* paused: acknowledge, do nothing */
};

struct guard;

struct guard *guard_new(void);
void guard_free(struct guard **guard);

/* `store` is any number that tells stores apart; `now_ms` a clock that never jumps. */
enum guard_verdict guard_ask(struct guard *guard, uint64_t store, int64_t person, int64_t now_ms,
                             int64_t *wait_ms_out);

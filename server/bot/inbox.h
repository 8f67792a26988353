/* Updates that came. Owns tables `updates_seen` and `updates_failed`: what was handled is not handled again,
 * what fails again and again is set aside. */
#pragma once

#include "work/work.h"

enum { INBOX_MOST_ATTEMPTS = 5 };

/* Queues the row that says the update was handled. An update seen before makes the transaction fail: see
 * inbox_is_repeat(). */
MUST_USE bool inbox_note_seen(struct work *work, int64_t update_id, struct error *err);
/* Whether `err`, from the statement that made the transaction fail, means that the update was seen before.
 * Before work_end(). */
bool inbox_is_repeat(const struct work *work, const struct error *err);

/* Counts a failure in the open transaction; `*attempts_out` with this one, `*parked_out` when it is given up
 * (now or before): then it is marked seen too. `body` is sealed. */
MUST_USE bool inbox_note_failure(struct work *work, int64_t update_id, const char *body, size_t length,
                                 const char *why, int64_t *attempts_out, bool *parked_out, struct error *err);

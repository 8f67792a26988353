/* What people decided: who, what, before and after. Owns table `admin_logs`, append-only. Each row is written
 * in the transaction of the change it tells of. */
#pragma once

#include <jansson.h>

#include "work/work.h"

struct admin_log {
    int64_t actor_id;    /* Telegram id; 0: whoever runs the server */
    const char *action;  /* a word: "refund", "mark_paid", "adjust_balance", … */
    const char *subject; /* "order", "deposit", "user", "unit", … */
    int64_t subject_id;
    json_t *before, *after; /* taken over; either may be NULL. Never contents, proofs or keys. */
    const char *note;       /* "" or what the person wrote */
};

/* Queued. The JSON is taken over in any case. */
MUST_USE bool admin_log_add(struct work *work, const struct admin_log *entry, struct error *err);

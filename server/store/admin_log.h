/* What people decided: who, what, before and after. Owns table `admin_logs`, append-only also for the store's
 * role. Each row is written in the transaction of the change it tells of. */
#pragma once

#include <jansson.h>

#include "work/work.h"

struct admin_log {
    int64_t actor_id;    /* Telegram id; 0: whoever runs the server */
    const char *action;  /* a word: "refund", "mark_paid", "adjust_balance", … */
    const char *subject; /* "order", "deposit", "user", "unit", … */
    int64_t subject_id;
    json_t *before, *after; /* taken over; either may be NULL. Never contents, proofs or keys. */
    const char *note;       /* NULL, or what the person wrote */
    const char *key;        /* of this decision, unique for ever; NULL where nothing could repeat it */
};

/* Waits. ERR_CONFLICT where the key was used before, and then nothing was written and the transaction can go
 * on. The JSON is taken over in any case. */
MUST_USE bool admin_log_add(struct work *work, const struct admin_log *entry, struct error *err);
/* Whether a decision with this key was carried out; another transaction's counts once it is committed. */
MUST_USE bool admin_log_has(struct work *work, const char *key, bool *found_out, struct error *err);

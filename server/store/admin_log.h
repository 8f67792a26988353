/* What people decided: who, what, before and after. Owns table `admin_logs`, append-only also for the store's
 * role. Each row is written in the transaction of the change it tells of; those of settings, roles and money
 * also go into the audit trail (admin_audit.c). */
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

/* --- reading; texts in the arena, in the open transaction or one of its own --- */

struct admin_log_entry {
    int64_t id;
    int64_t actor_id; /* 0: whoever runs the server */
    const char *action, *subject;
    int64_t subject_id;
    const char *before, *after; /* JSON; NULL: none */
    const char *note;           /* "" where there is none */
    int64_t created_ms;
};
/* Which ones: of an actor, or of a subject, or (zeroed) all of the store. */
struct admin_log_filter {
    bool by_actor;
    int64_t actor_id;
    const char *subject; /* with its id; NULL: any */
    int64_t subject_id;
};
/* The newest `limit` of those with an id below `before` (0: from the newest), newest first. */
MUST_USE bool admin_log_list(struct work *work, const struct admin_log_filter *filter, int64_t before,
                             int64_t limit, struct admin_log_entry **entries_out, size_t *count_out,
                             struct error *err);
/* A page of them, newest first. `cursor` as in a page's `newer` and `older`; 0: the newest. Where nothing is
 * there any more, the newest. */
struct admin_log_page {
    struct admin_log_entry *entries;
    size_t count;
    int64_t newer, older; /* 0: there is no such page */
};
MUST_USE bool admin_log_page(struct work *work, const struct admin_log_filter *filter, int64_t cursor,
                             int most, struct admin_log_page *page_out, struct error *err);
/* The one with this key. ERR_NOT_FOUND. */
MUST_USE bool admin_log_find(struct work *work, const char *key, struct admin_log_entry *entry_out,
                             struct error *err);
/* ERR_NOT_FOUND. */
MUST_USE bool admin_log_get(struct work *work, int64_t id, struct admin_log_entry *entry_out,
                            struct error *err);

/*
 * The audit trail of a store, or of the server: configuration changes, roles, money corrections, backups and
 * restores, logins of owners, signs of fraud. Owns table audit_logs (in every schema), append-only also for
 * the store's role, and lapak.audit_heads.
 *
 * A row's hash is keyed (with a key that only this store has) and covers the row and the hash of the row
 * before it, which the row carries too: a row that was changed or that somebody else wrote does not have its
 * hash, and where one was taken out or put in its neighbours do not fit. The ids do not matter but for their
 * order: rolled back transactions leave gaps. What is missing at the end is found by the head: the newest row
 * as the server remembers it in lapak.audit_heads, and as each backup's manifest has it.
 *
 * Locks: writers of one store's trail wait for each other until the commit, by an advisory lock. It is the
 * last that a transaction takes, whenever it called audit_add(): the rows are written by work_commit().
 */
#pragma once

#include <jansson.h>

#include "work/work.h"

struct audit_entry {
    const char
        *event; /* "config.changed", "role.granted", "money.corrected", "backup.made", "fraud.secret" */
    const char *actor; /* "telegram:1001", "operator", "system", "outside" */
    json_t *detail;    /* an object; taken over; NULL: {}. Never contents, proofs or keys. */
};

/* In the open transaction: the row is written at its end, by work_commit(), which then waits for it. Copies
 * what it needs. */
MUST_USE bool audit_add(struct work *work, const struct audit_entry *entry, struct error *err);

/* "telegram:1001"; "operator" for 0, who runs the server. In the arena. */
const char *audit_person(struct arena *arena, int64_t telegram_id);

/* The same from any thread and without a transaction, for what others do to us (a forged webhook): written by
 * the store's lane; of one event and subject at most one row in ten minutes, with their count. Never waits,
 * never fails. `event` is a literal; `subject`: "" or what of it, at most 64 bytes. Of a flood of subjects
 * the first are told apart, the others counted together as subject "…". */
void audit_note(struct lane_store *store, const char *event, const char *subject);
/* The same by somebody we know, who is part of what is told apart. */
void audit_note_by(struct lane_store *store, const char *event, int64_t telegram_id, const char *subject);

/* --- reading --- */

struct audit_row {
    int64_t id;
    const char *event, *actor;
    const char *detail; /* JSON, an object */
    int64_t created_ms;
};
/* The newest `limit` with an id below `before` (0: from the newest), newest first; in the arena. In the open
 * transaction or one of its own. */
MUST_USE bool audit_list(struct work *work, int64_t before, int64_t limit, struct audit_row **rows_out,
                         size_t *count_out, struct error *err);

enum { AUDIT_HASH_BYTES = 32 };
/* One row's place in the chain. */
struct audit_head {
    int64_t id; /* 0: no row */
    uint8_t hash[AUDIT_HASH_BYTES];
};
/* The newest row. In the open transaction or one of its own. */
MUST_USE bool audit_head(struct work *work, struct audit_head *head_out, struct error *err);

/* --- verifying --- */

/* What is remembered of a trail in lapak.audit_heads; zeroed where nothing is. */
struct audit_known {
    struct audit_head head;     /* the newest row */
    struct audit_head verified; /* the row up to which it was found to be good */
    const char *forged;         /* NULL, or which of them somebody else wrote; it is then zeroed */
};
/* Of store `name` ("server": the server's) whose vault it is. On a connection that nobody waits for. */
MUST_USE bool audit_known_get(struct db *db, const struct vault *vault, const char *name,
                              struct audit_known *known_out, struct error *err);
/* The trail is good up to `verified`, its newest row: remembered as that, and as the head. */
MUST_USE bool audit_known_put(struct db *db, const struct vault *vault, const char *name,
                              const struct audit_head *verified, int64_t now_ms, struct error *err);
/* Forgets both, of a trail that was replaced (restored): remembered anew from its next row on. NULL: of all
 * trails. */
MUST_USE bool audit_known_forget(struct db *db, const char *name, struct error *err);

struct audit_result {
    bool good;
    int64_t bad_id;   /* the first bad row, or that which is missing at the end; 0 where it is no row's */
    const char *says; /* what is wrong with it, one sentence; in the arena */
    int64_t rows;     /* looked at */
    struct audit_head last; /* the last good one */
};
/* Where to begin and what has to be there. */
struct audit_range {
    struct audit_head after; /* a row known to be good: looks at what follows; zeroed: at everything */
    struct audit_head head;  /* has to be there; zeroed: nothing is known of the end */
};
/* Reads the trail in pieces, each a transaction of its own (what is written meanwhile does not matter).
 * A false is a failure to look: ERR_RETRY where the connection was lost, or somebody ended it, or it took
 * longer than `most_ms`. */
MUST_USE bool audit_verify(struct db *db, const struct db_scope *scope, const struct vault *vault,
                           struct arena *arena, const struct audit_range *range, int64_t most_ms,
                           struct audit_result *result_out, struct error *err);

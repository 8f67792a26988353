/*
 * A unit of work: what a task gets when its store has its turn on a lane. It holds the store's own tenant,
 * scope, vault and transaction and nothing of any other store, so a handler cannot name one.
 *
 * Inside a transaction a task may queue messages (outbox) and jobs; they become visible with the commit, and
 * work_commit() then hands the messages to the sender at once. The wake-up is a hint: rows nobody was woken
 * for are found by the lane's sweep.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "db/db.h"
#include "tenants/tenant.h"
#include "tenants/vault.h"

struct lane_store;
struct outbox_message;
struct job_added;
struct audit_added;

struct work {
    struct lane_store *store;
    const struct tenant *tenant; /* with what its admins set */
    const struct tenant *file;   /* as its file says; both stay the same for as long as the task */
    const struct vault *vault;
    const struct db_scope *scope;
    struct arena *arena; /* lives as long as the task */
    int64_t now_ms;      /* the task's time; the same for everything it writes */
    struct db *db;
    struct db_tx *tx; /* the open transaction, or NULL */

    /* private to work/ */
    struct outbox_message *queued;
    struct outbox_message **queued_tail;
    struct job_added *added_jobs;
    struct audit_added *audits;
    int64_t earliest_due_ms;
};

/* Opens the store's transaction; an assertion guards against a second one. */
MUST_USE bool work_begin(struct work *work, struct error *err);
/* Commits, hands queued messages to the sender, plans the next sweep. The rows stay readable until
 * work_end(). */
MUST_USE bool work_commit(struct work *work, struct error *err);
/* Ends the transaction (rolls back what was not committed) and forgets what was queued and not committed. */
void work_end(struct work *work);

/* Begins, runs fn, commits; ends in any case. */
MUST_USE bool work_transaction(struct work *work,
                               bool (*fn)(struct work *work, void *context, struct error *err), void *context,
                               struct error *err);

/* The domain's cache of this store (catalogue snapshot, counters): one pointer per store, used on the lane's
 * thread only, freed by `free_data` when the store goes idle for long or away. */
void *work_data(const struct work *work);
void work_set_data(struct work *work, void *data, void (*free_data)(void *data));

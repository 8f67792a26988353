/*
 * Jobs: what must still happen, as rows. Owns table `jobs`, one row per (kind, ref): adding a job that is
 * there already only makes it due earlier. A job is prepared in the lane (in a transaction), may then wait
 * for the outside world in the worker pool (no database, no transaction), and is finished in the lane (in a
 * transaction).
 *
 * States: pending -> (row deleted when done) | parked (gave up after the kind's number of failures;
 * reported). lease_until guards a job in work; a lease that ran out (a crash) makes it due again.
 */
#pragma once

#include "work/work.h"

enum job_step_kind {
    JOB_DONE,  /* finished: the row goes */
    JOB_AGAIN, /* keep the row, due at due_ms; the failures are forgotten */
    JOB_CALL,  /* prepare only: run `call` in the pool with `request`, then `finish` */
};
struct job_step {
    enum job_step_kind kind;
    int64_t due_ms;
    void *request; /* from the task's arena, which goes with the job through the pool */
};

struct job_kind {
    const char *name;
    /* Lane, in the job's transaction. On false the transaction is rolled back and the job tried again later
     * (2, 4, 8 … s, at most 5 min), parked after `most_failures` (0: never). */
    bool (*prepare)(struct work *work, int64_t ref, struct job_step *step_out, struct error *err);
    /* Pool thread. Must end within 20 s, or longest_call_ms. Its own failure is part of the result, not a
     * failure of the job. */
    void *(*call)(const struct tenant *tenant, struct arena *arena, void *request);
    /* Lane, in a new transaction. */
    bool (*finish)(struct work *work, int64_t ref, void *request, void *result, struct job_step *step_out,
                   struct error *err);
    int most_failures;
    /* How long `call` may take, in ms; 0: 20 s. Its lease is longer still: after a crash nobody takes the job
     * up before. */
    int64_t longest_call_ms;
    /* A standing job: there is one (ref 0) for every store, from its first sweep on, at first due at what
     * this says. NULL: whoever needs the job adds it. */
    int64_t (*first_due)(const struct tenant *tenant, int64_t now_ms);
    /* Whose a standing job is: each store's, or the server's own (lanes_server_store). */
    enum job_place { JOB_OF_STORE, JOB_OF_SERVER } place;
};

/* Registers every kind; once, before lanes start. */
void job_set_kinds(const struct job_kind *kinds, size_t count);

/* Adds a job in the open transaction, or makes it due earlier. */
MUST_USE bool job_add(struct work *work, const char *kind, int64_t ref, int64_t due_ms, struct error *err);
/* The same where there is none yet; `*added_out` says whether. What is there stays as it is. Waits. */
MUST_USE bool job_add_new(struct work *work, const char *kind, int64_t ref, int64_t due_ms, bool *added_out,
                          struct error *err);
/* A job that needs more than a number: `data` (a text, sealed in the row) is read by job_data(). There must
 * be none of this kind and ref yet: ERR_CONFLICT, and the transaction has failed. Due now. */
MUST_USE bool job_add_with(struct work *work, const char *kind, int64_t ref, const char *data,
                           struct error *err);
/* That text, in the arena; "" where it was added without. ERR_NOT_FOUND where there is no such job. In the
 * job's own transaction (prepare, finish). */
MUST_USE bool job_data(struct work *work, const char *kind, int64_t ref, const char **data_out,
                       struct error *err);
/* Removes a job in the open transaction; nothing happens where there is none. */
MUST_USE bool job_remove(struct work *work, const char *kind, int64_t ref, struct error *err);

/* What the files of work/ share; nobody else includes it. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "work/audit.h"
#include "work/job.h"
#include "work/lane.h"
#include "work/outbox.h"
#include "work/pool.h"

enum {
    LANE_STORE_MAGIC = 0x6c730001,
    OUTBOX_LEASE_MS = 15000, /* longer than the sender's time-out for one call */
    OUTBOX_RETRY_MS = 500,
    JOB_CALL_MS = 20000,  /* what a job's call may take, where its kind does not say */
    JOB_LEASE_MS = 30000, /* longer than that */
};

struct task {
    struct task *next;
    lane_task *run;
    void *argument;
    struct lane_store *store;
    int64_t not_before;           /* clock_mono_ms; of delayed ones */
    void (*drop)(void *argument); /* of delayed ones: frees the argument of a task that never runs */
};

struct task_list {
    struct task *first, *last;
    size_t count;
};

struct lane {
    struct lanes *lanes;
    pthread_t thread;
    bool started;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    pthread_cond_t idle;
    /* under the mutex */
    bool waiting; /* the thread sleeps on `wake` */
    bool busy;    /* a task or a sweep is running */
    bool stopping;
    struct lane_store *ready_first, *ready_last; /* stores with tasks, served in turn */
    size_t queued;                               /* tasks of all stores of this lane */
    struct task *delayed;

    /* what other threads may know of the connection */
    atomic_bool up;
    atomic_ullong reconnects;

    /* the thread's own */
    struct db *db;
    struct lane_store *stores; /* all of this lane, by all_next */
    uint64_t seen_reconnects;
    int64_t next_due_ms; /* the earliest due_ms of the stores */
    int64_t looked_ms;   /* clock_mono_ms of the last look around */
    int tasks_since_sweep;
};

/* What this process has begun and not ended: outbox rows with the sender, jobs under way. A lease can run out
 * meanwhile (the database was away, the pool is behind); the sweep then finds the row again, and must neither
 * hand it over nor run it a second time. Lane thread only. */
struct hands {
    struct hand **buckets; /* NULL until something is added */
    size_t bucket_count;   /* a power of two */
    size_t count;
};
/* NULL where it is not there. `kind` is any address that tells kinds apart. */
void *hands_find(const struct hands *hands, const void *kind, int64_t id);
/* `what` is not NULL; what is there already must not be added again. */
void hands_add(struct hands *hands, const void *kind, int64_t id, void *what);
void hands_remove(struct hands *hands, const void *kind, int64_t id);
void hands_free(struct hands *hands);

struct lane_store {
    uint32_t magic;
    struct lane *lane;
    struct lane_store *all_next; /* of its lane; the lane's thread only */
    bool is_server;
    const char *name; /* these three never change, whatever becomes of the tenant */
    struct db_scope scope;
    struct vault vault;

    pthread_mutex_t tenant_mutex;
    const struct tenant *tenant; /* under it */

    /* under lanes->stores_mutex */
    struct lane_store *next_store;
    bool is_hosted; /* added, and not removed since */

    /* under the lane's mutex */
    struct task_list outside, internal;
    bool is_ready;
    struct lane_store *ready_next;

    atomic_bool hold_outbox;
    atomic_bool removed; /* as !is_hosted, for everybody's look */
    atomic_bool suspended;

    /* the lane's thread only */
    bool parked;    /* nothing is swept */
    int64_t due_ms; /* clock_mono_ms of the next sweep */
    int64_t used_ms;
    bool has_standing; /* its standing jobs are there */
    void *data;
    void (*free_data)(void *data);
    struct hands hands;

    struct audit_notes *audit_notes; /* under the lanes' audit_mutex; NULL until the first */
};

struct lanes {
    struct lane *lanes;
    int count;
    size_t most_queued;
    const uint8_t *master_key;
    atomic_uint next_scope;
    struct lane_store *server_store;
    pthread_mutex_t stores_mutex;
    struct lane_store *stores; /* all that were ever added, by next_store; freed when the lanes stop */
    atomic_bool draining;
    pthread_mutex_t pool_mutex; /* held while a lane uses the pool: after lanes_wind_down() none does */
    struct pool *pool;
    atomic_bool winding_down; /* set under pool_mutex */
    void (*on_catalogue_change)(struct work *work);
    void (*on_task)(struct work *work);
    pthread_mutex_t audit_mutex;         /* innermost */
    struct audit_head_note *audit_heads; /* to be written down by the server's lane; under audit_mutex */
    void (*on_stores_change)(struct work *work);
    struct {
        atomic_ullong tasks, refused, outbox_sent, outbox_failed, outbox_retried, jobs_done, jobs_failed,
            jobs_parked;
    } figures;
};

/* lane_task.c: queues. */
/* Internal, but not before `delay_ms` from now. A task that is still waiting when the lanes stop gets a last
 * chance at once; one that is put off again then is dropped. */
void lane_submit_delayed(struct lane_store *store, lane_task *run, void *argument, int64_t delay_ms,
                         void (*drop)(void *argument));
/* As lane_submit_internal; false, with nothing done, where the lane's thread is about to end. */
bool lane_submit_unless_stopping(struct lane_store *store, lane_task *run, void *argument);
struct task *task_list_pop(struct task_list *list);
void lane_wake_delayed(struct lane *lane);
void lane_drop_delayed(struct lane *lane);

/* lane_store.c: who is served. */
void lanes_add_server(struct lanes *lanes, const struct tenant *tenant); /* before the lanes start */
void lanes_serve_server(struct lanes *lanes);                            /* after that */
void lanes_free_stores(struct lanes *lanes);
void lane_store_free_data(struct lane_store *store);

/* lane.c */
/* Makes the store's next sweep happen at `due_ms` (clock_now_ms) or earlier. Lane thread only. */
void lane_store_due(struct lane_store *store, int64_t due_ms);
/* As pool_submit; false, with nothing done, where the lanes are winding down. */
bool lanes_call(struct lanes *lanes, void (*fn)(void *argument), void *argument);
/* As pool_waiting; SIZE_MAX where the lanes are winding down. */
size_t lanes_calls_waiting(struct lanes *lanes);

/* work.c */
/* The tenant is the caller's reference, for as long as the task. */
void work_init(struct work *work, struct lane_store *store, const struct tenant *tenant, struct arena *arena,
               int64_t now_ms);
/* With the commit the store's next sweep happens at `due_ms` or earlier. */
void work_due(struct work *work, int64_t due_ms);
/* An error's text as a text for the database: what of it is UTF-8 (it may have been cut inside a character).
 */
char *work_reason(struct arena *arena, const char *text);

/* Each sweep takes what is due and queues a query for when it has to look again: the first column of the
 * first row of `next`, which is left alone where that is not known by time. */

/* outbox.c */
/* Where messages go. Its address is the kind of rows that are in hands. */
extern struct outbox_sink outbox_sink;
/* Queued: the row is pending again, nobody's. */
MUST_USE bool outbox_put_back(struct work *work, int64_t id, int64_t due_ms, struct error *err);
MUST_USE bool outbox_sweep(struct work *work, struct db_rows *next, struct error *err);
void outbox_hand_over(struct work *work);

/* outbox_bulk.c */
/* What those who wrote them wish, asked once a sweep. Zeroed: nobody was asked yet. */
struct outbox_wishes {
    struct outbox_wish_note *first;
};
/* A claimed bulk message: whether it goes to the sender. `interrupted`: somebody had it when they ended, and
 * so it is uncertain. Where it does not go its row is written. */
MUST_USE bool outbox_bulk_decide(struct work *work, const struct outbox_message *message, bool interrupted,
                                 struct outbox_wishes *wishes, bool *go_out, struct error *err);
/* The end of a bulk message, where its row is pending (else nothing happens): the row, and what follows. Part
 * of sweeps that serve everybody: it fails with the database alone. */
MUST_USE bool outbox_bulk_end(struct work *work, const struct outbox_message *message,
                              enum outbox_bulk_outcome outcome, const char *why, struct error *err);

/* job.c */
MUST_USE bool job_sweep(struct work *work, struct db_rows *next, struct error *err);
void job_start_added(struct work *work);

/* audit.c */
/* The rows that the transaction asked for, at its end. */
MUST_USE bool audit_write(struct work *work, struct error *err);
/* Committed: the trail's new head is to be remembered by the server. */
void audit_remember(struct work *work);

/* audit_note.c */
/* Writes the notes that are due, or with `all` every one. Without a transaction; lane thread only. */
void audit_notes_write(struct work *work, bool all);
void audit_notes_free(struct lane_store *store);

/* audit_head.c */
/* A head for the server's lane to write down; any thread. */
void audit_head_changed(struct lanes *lanes, const struct vault *vault, const char *store,
                        const struct audit_head *head);
/* Writes down what was not yet. A unit of work of the server's store, without a transaction. */
void audit_heads_write(struct work *work);
void audit_heads_free(struct lanes *lanes);

/* What the files of monitor/ share; nobody else includes it. */
#pragma once

#include "monitor/monitor.h"
#include "monitor/webhook_info.h"
#include "watch/figures.h"
#include "watch/machine.h"

/* --- monitor.c --- */

const struct monitor_options *monitor_options(void);
/* Hands what was seen of a store to the server's lane, which writes it down. Copied. */
void monitor_submit(const struct store_figures *figures);
/* Has the server's lane read what other servers saw, and what became of backups. */
void monitor_refresh(void);
/* Asks registration, unless the server stops. */
void monitor_register_again(struct lane_store *store);

/* --- pacing.c: a bounded rate over all stores, in this process's memory --- */

enum { PACING_SLOT_MS = 100, PACING_AT_ONCE = 3 };
/* Whether it is `who`'s turn; else when to come back: that place is kept for a while. */
bool pacing_take(const char *who, int64_t now_ms, int64_t *due_ms_out);
/* Nobody before that time: Telegram said 429. */
void pacing_pause(int64_t until_ms);
/* Whether one more may wait for the outside world on a thread of the pool; pacing_leave() follows a true. */
bool pacing_enter(void);
void pacing_leave(void);
void pacing_forget(void); /* tests */

/* --- reading.c --- */

/* What the database says of the store, in its open transaction; in the arena. */
MUST_USE bool reading_store(struct work *work, struct store_figures *figures_out, struct error *err);

/* What waits among the server's own rows: for reading_late(). */
MUST_USE bool reading_server(struct db_tx *tx, struct db_rows *outbox_out, struct db_rows *jobs_out,
                             struct error *err);
/* Seconds since the time in the first row's column. */
int64_t reading_late(const struct db_rows *rows, int column, int64_t now_ms);

/* --- probe.c --- */

/* Whether the tenant's gateway answers at all, asked at most once a while for all stores. Pool's threads;
 * waits at most 10 s. `*why_out` is for people, in the arena. */
bool probe_gateway(const struct tenant *tenant, struct arena *arena, int64_t now_ms, const char **why_out);
void probe_forget(void); /* tests */

/* --- machine.c --- */

void machine_start(void);
void machine_stop(void);
/* Whether the thread is to end: asked by what takes long. */
bool machine_stopping(void);

/* --- space.c --- */

/* The disk a directory is on. False where it can't be asked. */
bool space_of(const char *directory, struct machine_disk *disk_out);
/* Bytes of all files below a directory; -1 where it can't be read, or the thread is to end. */
int64_t space_below(const char *directory);

/* --- machine_database.c: on a connection of its own --- */

void machine_database_start(const char *database_url);
void machine_database_stop(void);
/* Size, connections, clock and disk; what of the server's own rows is late. */
struct machine_database {
    int64_t outbox_late, jobs_late; /* seconds */
    const char *directory;          /* of a database on this machine, where it may be known; in the arena */
};
MUST_USE bool machine_database_look(struct arena *arena, struct machine_figures *figures,
                                    struct machine_database *database_out, struct error *err);

/* --- outside.c: waits 5 s at most --- */

/* When the certificate of an https address ends, in ms; false where nobody answers, or it is none. */
bool outside_certificate(const char *url, int64_t *expires_ms_out);
/* How far ahead of ours the clock of a web server is, in ms (its Date, to the second). */
bool outside_clock(const char *url, int64_t *ahead_ms_out);

/* --- machine_judge.c --- */

/* Each raises and clears alerts, of what is known. */
void judge_machine(const struct machine_figures *figures, const struct watch_limits *limits);
void judge_database(const struct machine_figures *figures, const struct machine_database *database,
                    const struct error *failure, const struct monitor_options *options);
/* One certificate: `subject` is its file, or the address. 0: not known. */
void judge_certificate(const char *subject, int64_t expires_ms, const struct watch_limits *limits,
                       int64_t now_ms);
void judge_clocks(const struct machine_figures *figures, const struct watch_limits *limits);

/* --- judge.c --- */

/* What a round found out of the outside world. */
struct round_answer {
    enum round_webhook {
        WEBHOOK_KNOWN,   /* `webhook` says how it is */
        WEBHOOK_REFUSED, /* the token is */
        WEBHOOK_UNKNOWN, /* no usable answer; `why` */
        WEBHOOK_LATER,   /* not asked: too many ask */
    } what;
    struct webhook_info webhook;
    const char *why;
    int64_t pause_ms; /* Telegram wants to be left alone for so long */
    bool gateway_ok;  /* it answers, whoever asks */
    const char *gateway_why;
    bool breaker_open; /* calls for this store's project fail */
};
/* Raises and clears the store's alerts. */
void judge_store(const struct store_figures *figures, const struct round_answer *answer, bool disabled,
                 const struct watch_limits *limits, int64_t now_ms);
/* Whether registration is to set the webhook (again). */
bool judge_webhook_lost(const struct round_answer *answer, bool disabled, const struct watch_limits *limits,
                        int64_t now_ms);

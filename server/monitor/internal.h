/* What the files of monitor/ share; nobody else includes it. */
#pragma once

#include "monitor/monitor.h"
#include "monitor/webhook_info.h"
#include "watch/figures.h"

/* --- monitor.c --- */

const struct monitor_options *monitor_options(void);
/* Hands what was seen of a store to the server's lane, which writes it down. Copied. */
void monitor_submit(const struct store_figures *figures);
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

/* --- probe.c --- */

/* Whether the tenant's gateway answers at all, asked at most once a while for all stores. Pool's threads;
 * waits at most 10 s. `*why_out` is for people, in the arena. */
bool probe_gateway(const struct tenant *tenant, struct arena *arena, int64_t now_ms, const char **why_out);
void probe_forget(void); /* tests */

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

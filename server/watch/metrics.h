/*
 * Counters for /metrics, and their text in Prometheus' format. One list feeds the counters, their help and
 * the page. A counter may be raised from any thread. Figures that live elsewhere (lanes, sender) are added by
 * whoever makes the page.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "base/str.h"

/* COUNTER(ID, "name", "labels", "help"): rows of one name stand together, the first one's help counts. */
#define METRICS_COUNTERS(COUNTER)                                                                            \
    COUNTER(UPDATES_HANDLED, "lapak_updates_total", "outcome=\"handled\"",                                   \
            "Updates from Telegram by outcome.")                                                             \
    COUNTER(UPDATES_RETRIED, "lapak_updates_total", "outcome=\"asked_again\"", "")                           \
    COUNTER(UPDATES_FAILED, "lapak_updates_total", "outcome=\"failed\"", "")                                 \
    COUNTER(UPDATES_PARKED, "lapak_updates_total", "outcome=\"parked\"", "")                                 \
    COUNTER(UPDATES_DELAYED, "lapak_updates_total", "outcome=\"slowed_down\"", "")                           \
    COUNTER(UPDATES_DROPPED, "lapak_updates_total", "outcome=\"dropped_spam\"", "")                          \
    COUNTER(SPAM_REPORTED, "lapak_spam_reports_total", "", "People reported to a store's admins for spam.")  \
    COUNTER(TELEGRAM_WRONG_SECRET, "lapak_webhook_refused_total", "from=\"telegram\",reason=\"secret\"",     \
            "Webhook requests refused, by reason.")                                                          \
    COUNTER(TELEGRAM_ELSEWHERE, "lapak_webhook_refused_total", "from=\"telegram\",reason=\"address\"", "")   \
    COUNTER(TELEGRAM_MALFORMED, "lapak_webhook_refused_total", "from=\"telegram\",reason=\"malformed\"", "") \
    COUNTER(TELEGRAM_BUSY, "lapak_webhook_refused_total", "from=\"telegram\",reason=\"busy\"", "")           \
    COUNTER(TELEGRAM_DISABLED, "lapak_webhook_refused_total", "from=\"telegram\",reason=\"disabled\"", "")   \
    COUNTER(PAKASIR_WRONG_SECRET, "lapak_webhook_refused_total", "from=\"pakasir\",reason=\"secret\"", "")   \
    COUNTER(PAKASIR_MALFORMED, "lapak_webhook_refused_total", "from=\"pakasir\",reason=\"malformed\"", "")   \
    COUNTER(PAKASIR_BUSY, "lapak_webhook_refused_total", "from=\"pakasir\",reason=\"busy\"", "")             \
    COUNTER(UNKNOWN_STORE, "lapak_webhook_refused_total", "from=\"any\",reason=\"unknown_store\"", "")       \
    COUNTER(HINTS_NOTED, "lapak_payment_hints_total", "result=\"noted\"", "Payment webhooks by result.")     \
    COUNTER(HINTS_SETTLED, "lapak_payment_hints_total", "result=\"already_settled\"", "")                    \
    COUNTER(HINTS_UNKNOWN, "lapak_payment_hints_total", "result=\"unknown_order\"", "")                      \
    COUNTER(HINTS_WRONG, "lapak_payment_hints_total", "result=\"wrong\"", "")                                \
    COUNTER(OWNER_OUTSIDERS, "lapak_owner_outsiders_total", "",                                              \
            "Updates to the owner's bot from people who are no owners.")

enum metric {
#define METRICS_ID(id, name, labels, help) METRIC_##id,
    METRICS_COUNTERS(METRICS_ID)
#undef METRICS_ID
        METRIC_COUNT
};

void metrics_count(enum metric metric);
uint64_t metrics_value(enum metric metric);

/* HISTOGRAM(ID, "name", "help"): how long something takes, in buckets that are the same for all. */
#define METRICS_HISTOGRAMS(HISTOGRAM)                                                                        \
    HISTOGRAM(UPDATE_WAIT, "lapak_update_wait_seconds",                                                      \
              "From when an update was let in until its store's lane took it.")                              \
    HISTOGRAM(UPDATE_HANDLING, "lapak_update_handling_seconds",                                              \
              "Handling an update in its lane, to the commit (of those that share one: of all).")            \
    HISTOGRAM(UPDATE_ALL, "lapak_update_seconds", "From when an update was let in to its commit.")           \
    HISTOGRAM(DELIVERY, "lapak_delivery_seconds",                                                            \
              "From when an order was paid until Telegram took all of what was bought.")

enum metric_time {
#define METRICS_TIME_ID(id, name, help) METRIC_##id,
    METRICS_HISTOGRAMS(METRICS_TIME_ID)
#undef METRICS_TIME_ID
        METRIC_TIME_COUNT
};

/* One took so many microseconds. Any thread. */
void metrics_time(enum metric_time time, int64_t us);

/* All counters and histograms, as text. */
void metrics_render(struct str *page);
/* HELP and TYPE of a name, whose rows follow; there may be none. `type` is "gauge" or "counter". */
void metrics_introduce(struct str *page, const char *name, const char *type, const char *help);
/* One figure with its own help; `labels` may be "". `type` is "gauge" or "counter". */
void metrics_figure(struct str *page, const char *name, const char *type, const char *help,
                    const char *labels, int64_t value);
/* Another row of a name that was introduced. */
void metrics_row(struct str *page, const char *name, const char *labels, int64_t value);
void metrics_row_real(struct str *page, const char *name, const char *labels, double value);

/* This process: memory in bytes, open files, uptime in seconds. */
void metrics_process(struct str *page);

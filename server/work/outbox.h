/*
 * The outbox: messages to Telegram that matter (invoice, delivery, notices), written in the transaction that
 * is their reason and sent after it, in order per chat. Owns table `outbox`.
 *
 * States: pending -> sent | failed (Telegram refused it for good) | held (the person blocked the bot and the
 * message is to be kept) ; held -> pending when the person writes again. A row in somebody's hands has
 * lease_until in the future; a lease that ran out (a crash) makes the row due again: rather sent twice than
 * never.
 *
 * A bulk message (one of a broadcast) goes after everybody else's, holds none of them up, and is rather not
 * sent at all than sent twice: pending -> (row deleted once sent, or where the person blocked the bot) |
 * failed | held (it is to wait) -> pending | uncertain (its lease ran out, or Telegram did not answer: it may
 * have been sent) -> held, by somebody's decision.
 *
 * Payloads may hold sold contents: they are sealed at rest and removed once sent.
 */
#pragma once

#include "work/work.h"

/* What to do when the message could be sent: rows of a table given to outbox_set_effects(). Runs in the
 * transaction that marks the row sent. `result` is the API call's result (a Message object, usually), NULL
 * where it was refused. */
enum outbox_outcome { OUTBOX_SENT, OUTBOX_REFUSED, OUTBOX_BLOCKED };
struct outbox_effect {
    const char *name; /* stored in the row */
    bool (*apply)(struct work *work, int64_t ref, enum outbox_outcome outcome, const json_t *result,
                  struct error *err);
};

/* The same for bulk messages, which are many to one `ref`: rows of a table given to outbox_set_bulk(). */
enum outbox_bulk_outcome {
    OUTBOX_BULK_SENT,
    OUTBOX_BULK_REFUSED,
    OUTBOX_BULK_BLOCKED,
    OUTBOX_BULK_UNCERTAIN,
    OUTBOX_BULK_DROPPED, /* as `wish` said */
};
enum outbox_wish { OUTBOX_GO, OUTBOX_HOLD, OUTBOX_DROP };
struct outbox_bulk {
    const char *name; /* the messages' `effect` */
    /* Asked in the transaction that takes messages of `ref` for the sender. */
    bool (*wish)(struct work *work, int64_t ref, enum outbox_wish *wish_out, struct error *err);
    /* What became of one, in the transaction that writes it down: it must fail with the database alone. `why`
     * is Telegram's reason where it was refused, else "". */
    bool (*apply)(struct work *work, int64_t ref, int64_t chat_id, enum outbox_bulk_outcome outcome,
                  const char *why, struct error *err);
};

/* A file made from text at the moment of sending, so that the row stays small. */
enum outbox_attachment {
    ATTACH_NONE,
    ATTACH_QR_PNG /* field "photo" */,
    ATTACH_TEXT_FILE /* field "document" */,
    ATTACH_CHART_PNG /* field "photo" */,
    ATTACH_LAST = ATTACH_CHART_PNG
};

struct outbox_message {
    struct outbox_message *next;
    /* Given by the writer: */
    int64_t chat_id;
    const char *method; /* "sendMessage", … */
    json_t *params;     /* without chat_id, which is added; the reference is taken over (stolen) */
    enum outbox_attachment attachment;
    const char *attachment_text; /* the QR string, the file's text, or the chart's description */
    const char *attachment_name; /* file name for ATTACH_TEXT_FILE */
    const char *effect;          /* name in the effects table, or NULL */
    int64_t effect_ref;
    bool keep;        /* hold it for a person who blocked the bot (deliveries), instead of dropping it */
    int64_t after_ms; /* not before this time, and what is added to the chat after it not before it; 0: now */
    bool bulk;        /* `effect` is a name in the table of bulk messages; not kept */
    /* Filled by work/: */
    int64_t id;
    int attempts;
};

/* Queues a message in the open transaction. Copies what it needs. */
MUST_USE bool outbox_add(struct work *work, const struct outbox_message *message, struct error *err);

/* Makes held messages of a chat due again (the person is back). */
MUST_USE bool outbox_release(struct work *work, int64_t chat_id, struct error *err);

/* Whether a message of the chat with this effect is still to be sent, or held. */
MUST_USE bool outbox_waits(struct work *work, int64_t chat_id, const char *effect, int64_t effect_ref,
                           bool *waits_out, struct error *err);
/* What is decided about all bulk messages of (effect, ref) that no sender holds. Each waits, and tells how
 * many there were. */
/* The held ones are pending again, the first now and the others `interval_us` apart. */
MUST_USE bool outbox_bulk_go(struct work *work, const char *effect, int64_t ref, int64_t interval_us,
                             int64_t *count_out, struct error *err);
/* The pending and the held ones are removed; `apply` is not told. */
MUST_USE bool outbox_bulk_drop(struct work *work, const char *effect, int64_t ref, int64_t *count_out,
                               struct error *err);
/* The uncertain ones, at most `most`, are held: to be sent after all. */
MUST_USE bool outbox_bulk_recall(struct work *work, const char *effect, int64_t ref, int64_t most,
                                 int64_t *count_out, struct error *err);

/* --- wiring --- */

/* Where messages go. `take` runs on the lane's thread; the sender copies what it needs, sends, and reports by
 * outbox_report() from any thread, exactly once for each message (until then it is not offered again).
 * `accepts` tells whether the sender has room for this chat now (0: for any chat of the store); where it has
 * not, the row stays due and is offered again by the sweep. */
struct outbox_sink {
    void *context;
    bool (*accepts)(void *context, struct lane_store *store, int64_t chat_id);
    void (*take)(void *context, struct lane_store *store, const struct outbox_message *message);
    /* How many bulk messages of the store could be started at once now: one that would have to wait stays a
     * row. NULL: none ever. */
    size_t (*bulk_room)(void *context, struct lane_store *store);
};
/* Before the lanes start; copied. */
void outbox_set_sink(const struct outbox_sink *sink);
void outbox_set_effects(const struct outbox_effect *effects, size_t count);
void outbox_set_bulk(const struct outbox_bulk *table, size_t count);

enum outbox_verdict {
    OUTBOX_VERDICT_SENT,     /* result may be NULL */
    OUTBOX_VERDICT_REFUSED,  /* 400 and the like: for good; error says why */
    OUTBOX_VERDICT_BLOCKED,  /* 403: the person blocked the bot, or is gone */
    OUTBOX_VERDICT_LATER,    /* 429, 5xx, network: again after retry_ms */
    OUTBOX_VERDICT_RETURNED, /* not tried (shutting down, store disabled): due as before */
    OUTBOX_VERDICT_UNCERTAIN /* bulk only: it was on its way, and there was no answer to rely on */
};
struct outbox_report {
    int64_t id;
    int64_t chat_id;
    const char *effect; /* as in the message */
    int64_t effect_ref;
    bool keep, bulk;
    int attempts;
    enum outbox_verdict verdict;
    json_t *result; /* reference taken over; may be NULL */
    int64_t retry_ms;
    char error[200];
};
/* Hands the verdict to the store's lane, which writes it down and runs the effect. Any thread. */
void outbox_report(struct lane_store *store, const struct outbox_report *report);

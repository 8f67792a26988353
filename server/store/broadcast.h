/*
 * Broadcasts: one message to many people. Owns table `broadcasts`. Its messages are bulk rows of the outbox
 * (effect BROADCAST_EFFECT, ref the broadcast's id), added slice by slice by the job BROADCAST_JOB (ref 0,
 * one for the store, so that one broadcast runs at a time).
 *
 * States: scheduled -> running -> done; running -> paused -> scheduled (it goes on when its turn comes); done
 * -> scheduled, for those of whom nobody knows whether they got it; all but done -> cancelled. `cursor` and
 * the rows that follow from it are written in one transaction: a crash neither repeats nor skips anybody.
 *
 * What an admin decides is written to admin_logs here. ERR_CONFLICT where the state does not allow it (any
 * more), ERR_NOT_FOUND where there is no such broadcast; the transaction can go on.
 */
#pragma once

#include <jansson.h>

#include "work/outbox.h"
#include "work/work.h"

#define BROADCAST_JOB    "broadcast"
#define BROADCAST_EFFECT "broadcast"

enum broadcast_state {
    BROADCAST_SCHEDULED,
    BROADCAST_RUNNING,
    BROADCAST_PAUSED,
    BROADCAST_DONE,
    BROADCAST_CANCELLED,
};
/* Never those who are barred, or who blocked the bot. */
enum broadcast_segment {
    BROADCAST_ALL,
    BROADCAST_BUYERS,  /* who paid for something once */
    BROADCAST_NEVER,   /* who did not */
    BROADCAST_PRODUCT, /* who paid for the product */
    BROADCAST_ACTIVE,  /* who was seen within the days */
};
enum {
    BROADCAST_MOST_DAYS = 3650,
    BROADCAST_SAMPLE = 1000,      /* people looked at for an estimate */
    BROADCAST_MOST_RECALLED = 500 /* uncertain ones sent again at once */
};
#define BROADCAST_END INT64_MAX /* the cursor, once everybody was looked at */

struct broadcast {
    int64_t id;
    enum broadcast_state state;
    int64_t actor_id; /* who made it, and is told */
    enum broadcast_segment segment;
    int64_t segment_ref; /* the product, or the days */
    int64_t starts_ms;
    int64_t cursor;   /* everybody up to this Telegram id was queued or passed over */
    int64_t expected; /* people, when it began; about */
    int64_t queued, sent, blocked, failed, uncertain;
    int64_t refused_in_row; /* since one was sent */
    const char *problem;    /* why Telegram refused the last one; NULL */
    int64_t progress_message_id;
    int64_t told_ms; /* when the progress was told last; 0 */
    bool reported;   /* it is over, and the actor knows how it ended */
    int64_t created_ms, started_ms, ended_ms;
};
const char *broadcast_state_name(enum broadcast_state state);
const char *broadcast_segment_name(enum broadcast_segment segment);
/* Messages on their way: queued, and not ended in any way. */
int64_t broadcast_outstanding(const struct broadcast *broadcast);

/* --- by an admin; in the open transaction, each waits --- */

struct broadcast_plan {
    int64_t actor_id;
    const char *method;   /* "sendMessage", "copyMessage", … */
    const json_t *params; /* without chat_id; borrowed */
    enum broadcast_segment segment;
    int64_t segment_ref;
    int64_t starts_ms; /* 0: now */
};
MUST_USE bool broadcast_add(struct work *work, const struct broadcast_plan *plan, int64_t *id_out,
                            struct error *err);
MUST_USE bool broadcast_pause(struct work *work, int64_t id, int64_t actor_id, struct error *err);
MUST_USE bool broadcast_resume(struct work *work, int64_t id, int64_t actor_id, struct error *err);
/* What is with the sender at this moment is still sent. */
MUST_USE bool broadcast_cancel(struct work *work, int64_t id, int64_t actor_id, struct error *err);
/* Sends to those of whom nobody knows whether they got it, at most BROADCAST_MOST_RECALLED. ERR_CONFLICT
 * where there is nobody, or it is not done. */
MUST_USE bool broadcast_resend(struct work *work, int64_t id, int64_t actor_id, int64_t *count_out,
                               struct error *err);

/* --- looking; in the open transaction or one of its own --- */

MUST_USE bool broadcast_get(struct work *work, int64_t id, struct broadcast *broadcast_out,
                            struct error *err);
/* The message: the method in the arena, the params the caller's. */
MUST_USE bool broadcast_message(struct work *work, int64_t id, const char **method_out, json_t **params_out,
                                struct error *err);

/* A page of them, newest first: those below id `before` (0: the newest). */
enum { BROADCAST_LIST_MOST = 8 };
struct broadcast_page {
    size_t count;
    struct broadcast items[BROADCAST_LIST_MOST];
    int64_t older;  /* `before` of the next page; 0: there is none */
    bool has_newer; /* then `newer` is that of the page before */
    int64_t newer;
};
MUST_USE bool broadcast_list(struct work *work, int64_t before, struct broadcast_page *page_out,
                             struct error *err);

/* How many people it would go to; looks at BROADCAST_SAMPLE people at most. Not `*exact_out`: told from those
 * and from how many there are. */
MUST_USE bool broadcast_estimate(struct work *work, enum broadcast_segment segment, int64_t segment_ref,
                                 int64_t *count_out, bool *exact_out, struct error *err);

/* --- for the job; in the open transaction --- */

/* The one to work on, locked: a cancelled one whose last messages have ended, the running one, or the
 * scheduled one whose turn it is. Where there is none *found_out is false, and *due_ms_out says when to look
 * again (0: when somebody adds the job). */
MUST_USE bool broadcast_next(struct work *work, bool *found_out, struct broadcast *broadcast_out,
                             int64_t *due_ms_out, struct error *err);
/* Of a locked, scheduled one: it runs from now on. Messages that waited for that follow each other by
 * `interval_us`. */
MUST_USE bool broadcast_start(struct work *work, struct broadcast *broadcast, int64_t interval_us,
                              struct error *err);
/* How many people a step looks at: some milliseconds' worth. */
int64_t broadcast_slice(enum broadcast_segment segment);
/* The next people of a locked broadcast, at most `most`, from the next broadcast_slice(); in the arena. Moves
 * its cursor (here, not in the database) behind them, or to BROADCAST_END. */
MUST_USE bool broadcast_take_people(struct work *work, struct broadcast *broadcast, int64_t most,
                                    const int64_t **people_out, size_t *count_out, struct error *err);
/* Queued: cursor, expected, queued and told_ms as they are in `broadcast`. */
MUST_USE bool broadcast_save(struct work *work, const struct broadcast *broadcast, struct error *err);
/* By the server itself, as Telegram refuses too many. Of a locked, running one. */
MUST_USE bool broadcast_stall(struct work *work, int64_t id, struct error *err);
/* All that run or should have begun, in a schema that was brought back from a backup: what went out since
 * then must not go out again by itself. */
MUST_USE bool broadcast_pause_all(struct db_tx *tx, int64_t now_ms, struct error *err);
/* Of a locked one without messages on their way: done, or cancelled before; the report is being written. */
MUST_USE bool broadcast_end(struct work *work, struct broadcast *broadcast, struct error *err);

/* --- for the outbox --- */

MUST_USE bool broadcast_wish(struct work *work, int64_t id, enum outbox_wish *wish_out, struct error *err);
/* Counts one message's end. Queued. `why` as for outbox_bulk.apply. */
MUST_USE bool broadcast_note(struct work *work, int64_t id, enum outbox_bulk_outcome outcome, const char *why,
                             struct error *err);
/* Queued. */
MUST_USE bool broadcast_set_progress_message(struct work *work, int64_t id, int64_t message_id,
                                             struct error *err);

/*
 * What waits to be sent: per bot, per chat, and which call may go next. Plain data with the time given; the
 * sender guards it with its lock. Private to telegram/.
 *
 * - A chat's calls go in order, one in flight; bots take turns, and so do the chats of a bot.
 * - An outbox row is held for 4 s at most: its lease lasts 15 s and a call up to 10 s, so a row that can't
 * start by then is given back (RETURNED), and all rows behind it, rather than being sent by two.
 * - When a row must be tried again later, the rows behind it are given back too, and for a moment later rows
 * of that chat are given back at once: the lane may have handed them over before it heard.
 * - Bulk rows go where nothing else of the bot may, into chats where nothing goes on, and only with what
 * connections and calls a second leave to others; one that has to wait is given back within 1 s.
 * - Expendable calls wait 20 s at most, and only so many of them.
 *
 * Calls that are over without having been sent are in `over`, in the order in which they must be reported.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "telegram/call.h"
#include "telegram/limits.h"
#include "telegram/wake.h"

enum {
    QUEUE_HOLD_US = 4000000,
    QUEUE_ACCEPT_US = 3000000, /* a row that would wait longer is not accepted */
    QUEUE_BULK_HOLD_US = 1000000,
    QUEUE_DROP_US = 20000000,
    QUEUE_MOST_EXPENDABLE = 4000, /* waiting, of all bots */
    QUEUE_MOST_ROWS = 4000,
    QUEUE_SWEEP_US = 1000000,
    QUEUE_REFUSED_US = 5000000, /* after a 401: until the lane knows that the store is on hold */
};

struct chat {
    struct chat *hash_next;
    struct bot *bot;
    int64_t id;
    struct call_list calls;
    bool in_flight, ready, busy;
    struct limits_pace pace;
    int64_t pause_us; /* until then nothing is sent */
    int64_t guard_us; /* until then rows after guard_id are given back */
    int64_t guard_id;
    struct wake wake;
    struct chat *ready_next;
    struct chat *busy_next, **busy_link; /* chats with calls waiting */
};

struct bot {
    struct bot *hash_next;
    struct lane_store *store;
    char *token;            /* the one `prefix` was made of */
    char *prefix;           /* of every URL; "" where none can be made */
    struct call_list loose; /* in no chat's order */
    struct call_list bulk;
    struct chat *ready, **ready_tail;
    bool in_ring;
    struct bot *ring_next;
    struct limits_pace pace;
    struct limits_window window;
    struct refusals refusals;
    size_t rows; /* but for bulk ones */
    int64_t pause_us, bulk_pause_us;
    int bulk_failures;  /* without an answer to rely on, in a row */
    int64_t refused_us; /* until then everything is given back (401) */
    struct wake wake;
};

struct queue {
    const char *api_base;
    int bot_per_second;
    struct rate bot_rate;
    int64_t bulk_from_us; /* no bulk call is taken before */
    struct bot **bots;
    size_t bot_count, bot_capacity;
    struct chat **chats;
    size_t chat_count, chat_capacity;
    struct chat *busy;
    struct bot *ring, **ring_tail; /* bots with a call that may go */
    struct wake_heap wakes;
    struct breaker breaker;
    struct call_list over;
    size_t rows, expendable, in_flight;
    uint64_t dropped;
    int64_t swept_us;
    bool closed; /* everything is given back */
};

void queue_init(struct queue *queue, const char *api_base, int bot_per_second);
void queue_free(struct queue *queue);

/* Whether a row for this chat would be sent soon. */
bool queue_accepts(struct queue *queue, struct lane_store *store, int64_t chat_id, int64_t now_us);
/* How many bulk rows of the store would be started at once; `most` as for queue_next(). */
size_t queue_bulk_room(const struct queue *queue, const struct lane_store *store, int most, int64_t now_us);
/* Takes the call over. */
void queue_add(struct queue *queue, struct call *call, const char *token, int64_t now_us);
/* The next call that may go, now in flight; NULL where none may. `most`: in flight at once. */
struct call *queue_next(struct queue *queue, int most, int64_t now_us);
/* A call in flight came to its end (report filled); `answered`: with any HTTP answer, status 429 or another.
 * Does not take the call. True where this is the first 401 of the bot for a while. */
bool queue_done(struct queue *queue, struct call *call, bool answered, long status, int64_t now_us);
/* Gives back or drops what waited too long; once a second at most. */
void queue_sweep(struct queue *queue, int64_t now_us);
/* From now on everything is given back. */
void queue_close(struct queue *queue, int64_t now_us);
/* When to look again though nothing happened; INT64_MAX where there is no reason to. */
int64_t queue_wake_us(const struct queue *queue, int64_t now_us);

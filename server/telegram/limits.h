/*
 * Telegram's limits as plain figures, with the time given: paces (a chat, a group, a bot), 429s that come for
 * several chats of a bot, and a pause for everything while Telegram can't be reached. Times in µs of the
 * clock that never jumps. Private to telegram/.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One call each interval in the long run, `burst` at once after a rest. */
struct rate {
    int64_t interval_us;
    int burst;
};
extern const struct rate LIMITS_CHAT;  /* 1 a second, short bursts */
extern const struct rate LIMITS_GROUP; /* never more than 20 in a minute */
struct rate limits_bot(int calls_per_second);

/* A bucket as one figure: when it will be full again. Zeroed: full. */
struct limits_pace {
    int64_t full_us;
};
/* The earliest time of the next call. */
int64_t limits_ready_us(const struct limits_pace *pace, const struct rate *rate, int64_t now_us);
/* How long a call would wait behind `queued` others. */
int64_t limits_wait_us(const struct limits_pace *pace, const struct rate *rate, size_t queued,
                       int64_t now_us);
void limits_take(struct limits_pace *pace, const struct rate *rate, int64_t now_us);
/* How many calls may go at once now. */
int limits_left(const struct limits_pace *pace, const struct rate *rate, int64_t now_us);

/* The times of the last calls: so that no second, wherever it begins, holds more than a given number. */
struct limits_window {
    int64_t *at_us; /* a ring; NULL until a call is noted */
    int size, next;
};
/* `size` calls are remembered; the same at every call. */
void limits_window_take(struct limits_window *window, int size, int64_t now_us);
void limits_window_free(struct limits_window *window);
/* The earliest time of the next call where a second may hold `most`, at most `size`. */
int64_t limits_window_ready_us(const struct limits_window *window, int most, int64_t now_us);
/* How many calls may go at once now. */
int limits_window_left(const struct limits_window *window, int most, int64_t now_us);

/* The last 429s of a bot, by chat. */
struct refusals {
    struct {
        int64_t chat_id;
        int64_t at_us;
    } last[3];
};
/* Notes a 429; true where different chats got one shortly after each other: it is the bot that is too fast.
 */
bool limits_note_refusal(struct refusals *refusals, int64_t chat_id, int64_t now_us);

/* Opens after many calls in a row had no answer at all; then a few calls try, and the pause grows (1 … 8 s)
 * until one is answered. */
struct breaker {
    int failures;
    int64_t pause_us;
    int64_t until_us;
};
void limits_breaker_note(struct breaker *breaker, bool answered, int64_t now_us);
bool limits_breaker_is_open(const struct breaker *breaker, int64_t now_us);
/* How many calls may be in flight. */
int limits_breaker_most(const struct breaker *breaker, int most);

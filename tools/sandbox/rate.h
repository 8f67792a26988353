/*
 * How fast a bot sends: the times of its sending calls, the most of them in any window, and the limits that
 * Telegram has (about 30 a second for a bot, one a second for a chat) where a test wants them kept.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rate_mark {
    int64_t at_ms, chat;
};

struct rate {
    struct rate_mark *marks; /* ascending in time */
    size_t count, capacity;
    int64_t per_second, per_chat; /* in any second; 0: no limit */
    int retry_after;              /* seconds, told to who is too fast */
    int64_t refused;
};

/* The most calls that began within one window. */
struct rate_peak {
    int64_t count;
    int64_t at_ms; /* of the first of them */
    int64_t chat;  /* 0: of all chats */
};

/* Notes a call; the seconds to wait, with nothing noted, where it is one too many, else 0. */
int rate_take(struct rate *rate, int64_t chat, int64_t now_ms);
/* Over the calls since then: all of them, the peak of the bot, and that of the busiest chat. */
int64_t rate_count(const struct rate *rate, int64_t since_ms);
struct rate_peak rate_peak(const struct rate *rate, int64_t since_ms, int64_t window_ms);
struct rate_peak rate_peak_of_a_chat(const struct rate *rate, int64_t since_ms, int64_t window_ms);
void rate_free(struct rate *rate);

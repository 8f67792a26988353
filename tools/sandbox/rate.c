#include "rate.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

enum { SECOND_MS = 1000 };

int rate_take(struct rate *rate, int64_t chat, int64_t now_ms)
{
    int64_t all = 0, own = 0;
    for (size_t i = rate->count; i > 0 && now_ms - rate->marks[i - 1].at_ms < SECOND_MS; i--) {
        all++;
        own += rate->marks[i - 1].chat == chat;
    }
    if ((rate->per_second && all >= rate->per_second) || (rate->per_chat && own >= rate->per_chat)) {
        rate->refused++;
        return rate->retry_after > 0 ? rate->retry_after : 1;
    }
    if (rate->count == rate->capacity) {
        rate->capacity = rate->capacity ? rate->capacity * 2 : 64;
        rate->marks = xrealloc(rate->marks, rate->capacity * sizeof *rate->marks);
    }
    rate->marks[rate->count++] = (struct rate_mark){now_ms, chat};
    return 0;
}

static size_t first_since(const struct rate *rate, int64_t since_ms)
{
    size_t first = rate->count;
    while (first > 0 && rate->marks[first - 1].at_ms >= since_ms)
        first--;
    return first;
}

int64_t rate_count(const struct rate *rate, int64_t since_ms)
{
    return (int64_t)(rate->count - first_since(rate, since_ms));
}

/* Of marks that ascend in time. */
static struct rate_peak peak_of(const struct rate_mark *marks, size_t count, int64_t window_ms)
{
    struct rate_peak peak = {0};
    size_t begin = 0;
    for (size_t end = 0; end < count; end++) {
        while (marks[end].at_ms - marks[begin].at_ms >= window_ms)
            begin++;
        if ((int64_t)(end - begin + 1) > peak.count)
            peak = (struct rate_peak){.count = (int64_t)(end - begin + 1), .at_ms = marks[begin].at_ms};
    }
    return peak;
}

struct rate_peak rate_peak(const struct rate *rate, int64_t since_ms, int64_t window_ms)
{
    size_t first = first_since(rate, since_ms);
    if (first == rate->count)
        return (struct rate_peak){0};
    return peak_of(rate->marks + first, rate->count - first, window_ms);
}

static int by_chat_and_time(const void *a_pointer, const void *b_pointer)
{
    const struct rate_mark *a = a_pointer, *b = b_pointer;
    if (a->chat != b->chat)
        return a->chat < b->chat ? -1 : 1;
    return (a->at_ms > b->at_ms) - (a->at_ms < b->at_ms);
}

struct rate_peak rate_peak_of_a_chat(const struct rate *rate, int64_t since_ms, int64_t window_ms)
{
    struct rate_peak most = {0};
    size_t first = first_since(rate, since_ms), count = rate->count - first;
    if (count == 0)
        return most;
    struct rate_mark *sorted = xcalloc(count, sizeof *sorted);
    memcpy(sorted, rate->marks + first, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_chat_and_time);
    for (size_t begin = 0, end; begin < count; begin = end) {
        for (end = begin; end < count && sorted[end].chat == sorted[begin].chat; end++)
            ;
        struct rate_peak peak = peak_of(sorted + begin, end - begin, window_ms);
        peak.chat = sorted[begin].chat;
        if (peak.count > most.count)
            most = peak;
    }
    free(sorted);
    return most;
}

void rate_free(struct rate *rate)
{
    free(rate->marks);
    *rate = (struct rate){0};
}

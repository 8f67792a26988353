#include "telegram/queue.h"

#include "telegram/api.h"
#include "telegram/queue_names.h"

#include <stddef.h>

#define OWNER(pointer, type, member) ((type *)((char *)(pointer)-offsetof(type, member)))

static const int64_t GUARD_US = 2000000; /* longer than a lane takes to note a report */

/* --- whose turn it is --- */

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int fewer(int a, int b)
{
    return a < b ? a : b;
}

static const struct rate *rate_of(int64_t chat_id)
{
    return chat_id < 0 ? &LIMITS_GROUP : &LIMITS_CHAT;
}

static int64_t bot_ready_us(const struct queue *queue, const struct bot *bot, int64_t now_us)
{
    return later(limits_ready_us(&bot->pace, &queue->bot_rate, now_us),
                 limits_window_ready_us(&bot->window, queue->bot_per_second, now_us));
}

static void note_start(struct queue *queue, struct bot *bot, int64_t now_us)
{
    limits_window_take(&bot->window, queue->bot_per_second, now_us);
}

/* Bulk calls leave a fifth of what a second may hold to everybody else. */
static int bulk_per_second(const struct queue *queue)
{
    int most = queue->bot_per_second * 4 / 5;
    return most > 0 ? most : 1;
}

static int64_t bulk_ready_us(const struct queue *queue, const struct bot *bot, int64_t now_us)
{
    int64_t rested_us = limits_window_ready_us(&bot->window, bulk_per_second(queue), now_us);
    return later(later(bot->bulk_pause_us, rested_us), bot_ready_us(queue, bot, now_us));
}

/* Puts the bot where it belongs: into the ring, to a later time, or nowhere. */
static void settle_bot(struct queue *queue, struct bot *bot, int64_t now_us)
{
    if (bot->in_ring)
        return;
    wake_cancel(&queue->wakes, &bot->wake);
    if (!bot->loose.head && !bot->ready && !bot->bulk.head)
        return;
    int64_t start_us = later(now_us, bot->pause_us);
    if (!bot->loose.head)
        start_us = later(start_us,
                         bot->ready ? bot_ready_us(queue, bot, now_us) : bulk_ready_us(queue, bot, now_us));
    if (start_us > now_us) {
        wake_set(&queue->wakes, &bot->wake, start_us);
        return;
    }
    bot->in_ring = true;
    bot->ring_next = NULL;
    *queue->ring_tail = bot;
    queue->ring_tail = &bot->ring_next;
}

static void set_busy(struct queue *queue, struct chat *chat, bool busy)
{
    if (chat->busy == busy)
        return;
    chat->busy = busy;
    if (busy) {
        chat->busy_next = queue->busy;
        chat->busy_link = &queue->busy;
        if (queue->busy)
            queue->busy->busy_link = &chat->busy_next;
        queue->busy = chat;
    } else {
        *chat->busy_link = chat->busy_next;
        if (chat->busy_next)
            chat->busy_next->busy_link = chat->busy_link;
    }
}

/* Puts the chat where it belongs: among its bot's ready ones, to a later time, or away (it is freed then). */
static void settle_chat(struct queue *queue, struct chat *chat, int64_t now_us)
{
    set_busy(queue, chat, chat->calls.head != NULL);
    if (chat->in_flight || chat->ready)
        return;
    if (!chat->calls.head) {
        int64_t rest_us = later(chat->pace.full_us, later(chat->pause_us, chat->guard_us));
        if (rest_us > now_us)
            wake_set(&queue->wakes, &chat->wake, rest_us);
        else
            queue_free_chat(queue, chat);
        return;
    }
    int64_t start_us = later(chat->pause_us, limits_ready_us(&chat->pace, rate_of(chat->id), now_us));
    if (start_us > now_us) {
        wake_set(&queue->wakes, &chat->wake, start_us);
        return;
    }
    wake_cancel(&queue->wakes, &chat->wake);
    chat->ready = true;
    chat->ready_next = NULL;
    *chat->bot->ready_tail = chat;
    chat->bot->ready_tail = &chat->ready_next;
    settle_bot(queue, chat->bot, now_us);
}

static struct chat *take_ready(struct bot *bot)
{
    struct chat *chat = bot->ready;
    bot->ready = chat->ready_next;
    if (!bot->ready)
        bot->ready_tail = &bot->ready;
    chat->ready = false;
    return chat;
}

/* --- the end of a call that was not sent --- */

static void count_out(struct queue *queue, const struct call *call)
{
    if (call_is_row(call)) {
        queue->rows--;
        call->bot->rows -= !call->report.bulk;
    } else {
        queue->expendable--;
    }
}

/* A row goes back, an expendable call is dropped; the call is no longer waiting anywhere. */
static void put_over(struct queue *queue, struct call *call)
{
    if (call_is_row(call))
        call->report.verdict = OUTBOX_VERDICT_RETURNED;
    else
        queue->dropped++;
    call_list_add(&queue->over, call);
}

/* Takes waiting calls out of a chat: its rows where `rows`, its expendable calls from before `before_us`.
 * Rows that come in before the lane knows of it go back as well. The caller settles the chat. */
static void clear_chat(struct queue *queue, struct chat *chat, bool rows, int64_t before_us, int64_t now_us)
{
    struct call_list keep;
    call_list_init(&keep);
    for (struct call *call; (call = call_list_take(&chat->calls)) != NULL;) {
        bool row = call_is_row(call);
        if (row ? !rows : call->queued_us >= before_us) {
            call_list_add(&keep, call);
            continue;
        }
        if (row && chat->guard_us <= now_us) {
            chat->guard_id = call->report.id;
            chat->guard_us = now_us + GUARD_US;
        }
        count_out(queue, call);
        put_over(queue, call);
    }
    call_list_init(&chat->calls);
    for (struct call *call; (call = call_list_take(&keep)) != NULL;)
        call_list_add(&chat->calls, call);
}

static bool is_overdue(const struct chat *chat, int64_t now_us)
{
    for (const struct call *call = chat->calls.head; call; call = call->next)
        if (call_is_row(call))
            return call->queued_us < now_us - QUEUE_HOLD_US;
    return false;
}

static void clear_overdue(struct queue *queue, struct chat *chat, int64_t now_us)
{
    clear_chat(queue, chat, is_overdue(chat, now_us), now_us - QUEUE_DROP_US, now_us);
}

/* Those from before `before_us`: all that wait in no chat's order. */
static void clear_list(struct queue *queue, struct call_list *list, int64_t before_us)
{
    while (list->head && list->head->queued_us < before_us) {
        struct call *call = call_list_take(list);
        count_out(queue, call);
        put_over(queue, call);
    }
}

static void clear_late(struct queue *queue, struct bot *bot, int64_t now_us)
{
    clear_list(queue, &bot->loose, now_us - QUEUE_DROP_US);
    clear_list(queue, &bot->bulk, now_us - QUEUE_BULK_HOLD_US);
}

static void clear_bot(struct queue *queue, struct bot *only, int64_t now_us)
{
    for (struct chat *chat = queue->busy, *next; chat; chat = next) {
        next = chat->busy_next;
        if (only && chat->bot != only)
            continue;
        clear_chat(queue, chat, true, INT64_MAX, now_us);
        settle_chat(queue, chat, now_us);
    }
    for (size_t i = 0; i < queue->bot_capacity; i++)
        for (struct bot *bot = queue->bots[i]; bot; bot = bot->hash_next)
            if (!only || bot == only) {
                clear_list(queue, &bot->loose, INT64_MAX);
                clear_list(queue, &bot->bulk, INT64_MAX);
            }
}

void queue_sweep(struct queue *queue, int64_t now_us)
{
    if (now_us < queue->swept_us + QUEUE_SWEEP_US || queue->rows + queue->expendable == 0)
        return;
    queue->swept_us = now_us;
    for (struct chat *chat = queue->busy, *next; chat; chat = next) {
        next = chat->busy_next;
        clear_overdue(queue, chat, now_us);
        settle_chat(queue, chat, now_us);
    }
    for (size_t i = 0; i < queue->bot_capacity; i++)
        for (struct bot *bot = queue->bots[i]; bot; bot = bot->hash_next)
            clear_late(queue, bot, now_us);
}

void queue_close(struct queue *queue, int64_t now_us)
{
    queue->closed = true;
    clear_bot(queue, NULL, now_us);
}

/* --- in and out --- */

bool queue_accepts(struct queue *queue, struct lane_store *store, int64_t chat_id, int64_t now_us)
{
    if (queue->closed || queue->rows >= QUEUE_MOST_ROWS || limits_breaker_is_open(&queue->breaker, now_us))
        return false;
    const struct bot *bot = queue_find_bot(queue, store);
    if (!bot)
        return true;
    if (bot->refused_us > now_us || bot->pause_us > now_us ||
        limits_wait_us(&bot->pace, &queue->bot_rate, bot->rows, now_us) > QUEUE_ACCEPT_US)
        return false;
    const struct chat *chat = queue_find_chat(queue, bot, chat_id);
    return !chat ||
           (chat->pause_us <= now_us &&
            limits_wait_us(&chat->pace, rate_of(chat_id), chat->calls.count, now_us) <= QUEUE_ACCEPT_US);
}

/* Whether anything at all of the bot waits for its turn, or to be let on. */
static bool is_bulk_turn(const struct bot *bot)
{
    return !bot->loose.head && !bot->ready;
}

/* The rest of the connections is for everybody else. */
static int bulk_connections(int most)
{
    return (most + 1) / 2;
}

size_t queue_bulk_room(const struct queue *queue, const struct lane_store *store, int most, int64_t now_us)
{
    const struct bot *bot = queue_find_bot(queue, store);
    int left = bulk_connections(limits_breaker_most(&queue->breaker, most)) - (int)queue->in_flight;
    if (queue->closed || now_us < queue->bulk_from_us || limits_breaker_is_open(&queue->breaker, now_us) ||
        left <= 0)
        return 0;
    if (bot) {
        if (bot->refused_us > now_us || bot->pause_us > now_us || bot->bulk_pause_us > now_us ||
            !is_bulk_turn(bot))
            return 0;
        left = fewer(left, limits_left(&bot->pace, &queue->bot_rate, now_us));
        left = fewer(left, limits_window_left(&bot->window, bulk_per_second(queue), now_us));
        left -= (int)bot->bulk.count;
    } else {
        left = fewer(left, queue->bot_rate.burst);
    }
    return left > 0 ? (size_t)left : 0;
}

static void add_bulk(struct queue *queue, struct call *call, int64_t now_us)
{
    queue->rows++;
    call_list_add(&call->bot->bulk, call);
    settle_bot(queue, call->bot, now_us);
}

static void add_row(struct queue *queue, struct call *call, int64_t now_us)
{
    struct chat *chat = queue_need_chat(queue, call->bot, call->report.chat_id);
    if (chat->guard_us > now_us && call->report.id > chat->guard_id) {
        put_over(queue, call);
        return;
    }
    chat->guard_us = 0;
    call->chat = chat;
    call->bot->rows++;
    queue->rows++;
    call_list_add(&chat->calls, call);
    settle_chat(queue, chat, now_us);
}

static void add_expendable(struct queue *queue, struct call *call, int64_t now_us)
{
    if (queue->expendable >= QUEUE_MOST_EXPENDABLE) {
        put_over(queue, call);
        return;
    }
    queue->expendable++;
    if (call->report.chat_id == 0) {
        call_list_add(&call->bot->loose, call);
        settle_bot(queue, call->bot, now_us);
        return;
    }
    call->chat = queue_need_chat(queue, call->bot, call->report.chat_id);
    call_list_add(&call->chat->calls, call);
    settle_chat(queue, call->chat, now_us);
}

void queue_add(struct queue *queue, struct call *call, const char *token, int64_t now_us)
{
    call->queued_us = now_us;
    if (!call->body) {
        call_list_add(&queue->over, call);
        return;
    }
    call->bot = queue_need_bot(queue, call->store, token);
    if (queue->closed || call->bot->refused_us > now_us || !*call->bot->prefix)
        put_over(queue, call);
    else if (call->report.bulk)
        add_bulk(queue, call, now_us);
    else if (call_is_row(call))
        add_row(queue, call, now_us);
    else
        add_expendable(queue, call, now_us);
}

static struct call *start(struct queue *queue, struct chat *chat, struct call *call, int64_t now_us)
{
    chat->in_flight = true;
    limits_take(&chat->pace, rate_of(chat->id), now_us);
    limits_take(&chat->bot->pace, &queue->bot_rate, now_us);
    note_start(queue, chat->bot, now_us);
    return call;
}

static struct call *next_of_chats(struct queue *queue, struct bot *bot, int64_t now_us)
{
    while (bot->ready && bot_ready_us(queue, bot, now_us) <= now_us) {
        struct chat *chat = take_ready(bot);
        clear_overdue(queue, chat, now_us);
        /* Something may have paused it since it became ready. */
        if (!chat->calls.head || chat->pause_us > now_us) {
            settle_chat(queue, chat, now_us);
            continue;
        }
        struct call *call = start(queue, chat, call_list_take(&chat->calls), now_us);
        settle_chat(queue, chat, now_us);
        return call;
    }
    return NULL;
}

/* Nothing goes on in the chat, nothing is to go on there, and it has rested: a bulk call may. */
static bool is_idle(const struct chat *chat, int64_t now_us)
{
    return !chat->in_flight && !chat->calls.head && chat->pause_us <= now_us &&
           limits_ready_us(&chat->pace, rate_of(chat->id), now_us) <= now_us;
}

/* A bulk call whose chat is busy goes back, and so do all where connections grow scarce. */
static struct call *next_bulk(struct queue *queue, struct bot *bot, int most, int64_t now_us)
{
    if (queue->in_flight >= (size_t)bulk_connections(most))
        clear_list(queue, &bot->bulk, INT64_MAX);
    while (bot->bulk.head && is_bulk_turn(bot) && bulk_ready_us(queue, bot, now_us) <= now_us) {
        struct call *call = call_list_take(&bot->bulk);
        struct chat *chat = queue_need_chat(queue, bot, call->report.chat_id);
        if (is_idle(chat, now_us)) {
            call->chat = chat;
            return start(queue, chat, call, now_us);
        }
        count_out(queue, call);
        put_over(queue, call);
    }
    return NULL;
}

/* The bot's next call; NULL where none may go now. */
static struct call *next_of_bot(struct queue *queue, struct bot *bot, int most, int64_t now_us)
{
    if (bot->pause_us > now_us)
        return NULL;
    clear_late(queue, bot, now_us);
    if (bot->loose.head) {
        note_start(queue, bot, now_us);
        return call_list_take(&bot->loose);
    }
    struct call *call = next_of_chats(queue, bot, now_us);
    return call ? call : next_bulk(queue, bot, most, now_us);
}

struct call *queue_next(struct queue *queue, int most, int64_t now_us)
{
    for (struct wake *wake; (wake = wake_take_due(&queue->wakes, now_us)) != NULL;) {
        if (wake->is_bot)
            settle_bot(queue, OWNER(wake, struct bot, wake), now_us);
        else
            settle_chat(queue, OWNER(wake, struct chat, wake), now_us);
    }
    most = limits_breaker_most(&queue->breaker, most);
    if (limits_breaker_is_open(&queue->breaker, now_us) || queue->in_flight >= (size_t)most)
        return NULL;
    while (queue->ring) {
        struct bot *bot = queue->ring;
        queue->ring = bot->ring_next;
        if (!queue->ring)
            queue->ring_tail = &queue->ring;
        bot->in_ring = false;
        struct call *call = next_of_bot(queue, bot, most, now_us);
        settle_bot(queue, bot, now_us);
        if (call) {
            count_out(queue, call);
            queue->in_flight++;
            return call;
        }
    }
    return NULL;
}

/* A 429: the chat waits as long as it says; where several chats of the bot got one, the bot does. */
static void slow_down(struct queue *queue, struct call *call, int64_t until_us, int64_t now_us)
{
    bool bot_is_too_fast = limits_note_refusal(&call->bot->refusals, call->report.chat_id, now_us);
    if (call->chat)
        call->chat->pause_us = later(call->chat->pause_us, until_us);
    if (!call->chat || bot_is_too_fast)
        call->bot->pause_us = later(call->bot->pause_us, until_us);
}

/* Telegram is not well, or does not want so much: bulk calls of the bot wait, the longer the more of them in
 * a row came to nothing, so that an outage costs few of them. */
static void pause_bulk(struct bot *bot, const struct call *call, long status, int64_t until_us,
                       int64_t now_us)
{
    bool answered =
        call->report.verdict != OUTBOX_VERDICT_LATER && call->report.verdict != OUTBOX_VERDICT_UNCERTAIN;
    if (answered) {
        bot->bulk_failures = 0;
        return;
    }
    if (status != 429)
        until_us = now_us + telegram_backoff_ms(bot->bulk_failures++) * 1000;
    bot->bulk_pause_us = later(bot->bulk_pause_us, until_us);
}

bool queue_done(struct queue *queue, struct call *call, bool answered, long status, int64_t now_us)
{
    struct bot *bot = call->bot;
    struct chat *chat = call->chat;
    int64_t until_us = now_us + call->report.retry_ms * 1000;
    bool first_refusal = false;
    queue->in_flight--;
    limits_breaker_note(&queue->breaker, answered, now_us);
    if (status == 429)
        slow_down(queue, call, until_us, now_us);
    if (call->report.verdict == OUTBOX_VERDICT_RETURNED && !queue->closed) {
        first_refusal = bot->refused_us <= now_us;
        bot->refused_us = now_us + QUEUE_REFUSED_US;
        clear_bot(queue, bot, now_us); /* frees empty chats, but none with a call in flight */
    } else if (call->report.bulk) {
        pause_bulk(bot, call, status, until_us, now_us);
    } else if (call->report.verdict == OUTBOX_VERDICT_LATER && chat && call_is_row(call)) {
        chat->pause_us = later(chat->pause_us, until_us);
        chat->guard_id = call->report.id;
        chat->guard_us = until_us + GUARD_US;
        clear_chat(queue, chat, true, INT64_MIN, now_us);
    }
    if (chat) {
        chat->in_flight = false;
        settle_chat(queue, chat, now_us);
    }
    settle_bot(queue, bot, now_us);
    return first_refusal;
}

int64_t queue_wake_us(const struct queue *queue, int64_t now_us)
{
    int64_t wake_us = wake_next_us(&queue->wakes);
    if (queue->rows + queue->expendable > 0 && wake_us > queue->swept_us + QUEUE_SWEEP_US)
        wake_us = queue->swept_us + QUEUE_SWEEP_US;
    if (queue->ring && limits_breaker_is_open(&queue->breaker, now_us) && wake_us > queue->breaker.until_us)
        wake_us = queue->breaker.until_us;
    return wake_us;
}

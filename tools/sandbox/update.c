#include "update.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "bot.h"
#include "poster.h"
#include "sandbox.h"
#include "telegram.h"

enum {
    CALLBACK_LIFE_MS = 150 * 1000,
    MESSAGE_LIFE_MS = 24 * 3600 * 1000,
    SLOW_TRIES_MS = 60 * 1000,
    BACKOFF_STEPS = 6, /* 0, 2, 4, 8, 16, 32 s */
    REORDER_WAIT_MS = 5000,
};

struct update {
    int references;
    int64_t id;
    int64_t chat;
    int64_t created_ms; /* clock_mono_ms() */
    char *kind, *key;
    json_t *json;
    int attempts;
    bool twice; /* once delivered, deliver it again */
    struct update *next;
};

struct queue {
    struct bot *bot;
    struct update *head, **end;
    bool in_flight, is_ready;
    int refusals;
    struct later *retry;
    struct queue *next_ready;
};

/* A post of an update under way. */
struct delivery {
    uint64_t generation;
    struct bot *bot;
    struct queue *queue; /* NULL: past the queues */
    struct update *update;
    int times_left; /* past the queues, one after the other */
};

static void update_unref(struct update *update)
{
    if (--update->references > 0)
        return;
    json_decref(update->json);
    free(update->kind);
    free(update->key);
    free(update);
}

static void count(struct sandbox *sandbox, struct bot *bot, int change)
{
    bot->pending += change;
    sandbox->updates_pending += change;
}

/* The bot remembers its last updates for update_repeat(). */
static void remember(struct bot *bot, struct update *update)
{
    update->references++;
    if (!bot->history)
        bot->history = xcalloc(UPDATES_KEPT, sizeof *bot->history);
    if (bot->history_count < UPDATES_KEPT) {
        bot->history[bot->history_count++] = update;
        return;
    }
    update_unref(bot->history[bot->history_start]);
    bot->history[bot->history_start] = update;
    bot->history_start = (bot->history_start + 1) % UPDATES_KEPT;
}

static struct queue *queue_get(struct bot *bot, const char *key)
{
    struct queue *queue = table_get(&bot->queues, key);
    if (!queue) {
        queue = xcalloc(1, sizeof *queue);
        queue->bot = bot;
        queue->end = &queue->head;
        table_set(&bot->queues, key, queue);
    }
    return queue;
}

static void queue_pop(struct sandbox *sandbox, struct queue *queue)
{
    struct update *update = queue->head;
    queue->head = update->next;
    if (!queue->head)
        queue->end = &queue->head;
    update->next = NULL;
    queue->refusals = 0;
    count(sandbox, queue->bot, -1);
    update_unref(update);
}

static void queue_go_on(struct sandbox *sandbox, struct queue *queue);
static void on_delivered(struct sandbox *sandbox, struct post *post);

static void delivery_free(void *data)
{
    struct delivery *delivery = data;
    update_unref(delivery->update);
    free(delivery);
}

static void post_update(struct sandbox *sandbox, struct bot *bot, struct queue *queue, struct update *update,
                        int times_left)
{
    struct delivery *delivery = xcalloc(1, sizeof *delivery);
    struct post *post = xcalloc(1, sizeof *post);
    *delivery = (struct delivery){.generation = sandbox->generation,
                                  .bot = bot,
                                  .queue = queue,
                                  .update = update,
                                  .times_left = times_left};
    update->references++;
    update->attempts++;
    post->url = xstrdup(bot->webhook_url);
    post->body = json_dumps(update->json, JSON_COMPACT | JSON_ENSURE_ASCII);
    if (bot->webhook_secret) {
        auto_arena struct arena *arena = arena_new();
        post->headers[0] =
            xstrdup(arena_printf(arena, "X-Telegram-Bot-Api-Secret-Token: %s", bot->webhook_secret));
    }
    post->done = on_delivered;
    post->dispose = delivery_free;
    post->data = delivery;
    bot->in_flight++;
    poster_send(sandbox->poster, post);
}

static bool is_too_old(const struct update *update)
{
    int64_t life = strcmp(update->kind, "callback_query") == 0 ? CALLBACK_LIFE_MS : MESSAGE_LIFE_MS;
    return clock_mono_ms() - update->created_ms > life;
}

static void queue_go_on(struct sandbox *sandbox, struct queue *queue)
{
    struct bot *bot = queue->bot;
    if (queue->in_flight || queue->retry || queue->is_ready || !bot->webhook_url)
        return;
    while (queue->head && is_too_old(queue->head))
        queue_pop(sandbox, queue);
    if (!queue->head)
        return;
    if (bot->in_flight >= bot->max_connections) {
        queue->is_ready = true;
        queue->next_ready = NULL;
        *bot->ready_end = queue;
        bot->ready_end = &queue->next_ready;
        return;
    }
    queue->in_flight = true;
    post_update(sandbox, bot, queue, queue->head, 0);
}

static void ready_go_on(struct sandbox *sandbox, struct bot *bot)
{
    while (bot->ready && bot->in_flight < bot->max_connections) {
        struct queue *queue = bot->ready;
        bot->ready = queue->next_ready;
        if (!bot->ready)
            bot->ready_end = &bot->ready;
        queue->is_ready = false;
        queue_go_on(sandbox, queue);
    }
}

static void retry(struct sandbox *sandbox, void *data)
{
    struct queue *queue = data;
    queue->retry = NULL;
    queue_go_on(sandbox, queue);
}

static void put_off(struct sandbox *sandbox, struct queue *queue, int retry_after)
{
    int64_t wait = 0;
    if (retry_after > 0) {
        wait = (int64_t)retry_after * 1000;
    } else {
        int step = queue->refusals++;
        wait = step == 0 ? 0 : step < BACKOFF_STEPS ? 1000 << step : SLOW_TRIES_MS;
    }
    queue->retry = later_call(sandbox, sandbox_wait_ms(sandbox, wait), retry, queue, NULL);
}

static void note_delivery(struct sandbox *sandbox, const struct delivery *delivery, const struct post *post)
{
    json_t *json =
        json_pack("{s:s,s:I,s:I,s:s,s:i,s:I,s:I,s:i}", "service", "telegram", "bot",
                  (json_int_t)delivery->bot->id, "update_id", (json_int_t)delivery->update->id, "kind",
                  delivery->update->kind, "status", (int)post->status, "at_ms", (json_int_t)post->started_ms,
                  "duration_ms", (json_int_t)post->duration_ms, "attempt", delivery->update->attempts);
    if (post->fault)
        json_object_set_new(json, "error", json_string(post->fault));
    journal_delivery(sandbox, json);
    journal_event(sandbox, "webhook", delivery->bot->id, delivery->update->chat, 0);
}

static void note_error(struct bot *bot, const struct post *post)
{
    char text[64];
    snprintf(text, sizeof text, "Wrong response from the webhook: %ld", post->status);
    free(bot->last_error);
    bot->last_error = xstrdup(post->fault ? post->fault : text);
    bot->last_error_ms = clock_now_ms();
}

/* A JSON object with "method" in the answer is a call. */
static void run_reply(struct sandbox *sandbox, struct bot *bot, const struct post *post)
{
    if (post->reply_length == 0)
        return;
    struct error err;
    auto_json json_t *call = NULL;
    const char *method;
    if (json_parse(post->reply, post->reply_length, &call, &err) && json_get_string(call, "method", &method))
        telegram_run_reply(sandbox, bot, method, call);
}

static void on_repeated(struct sandbox *sandbox, struct delivery *delivery)
{
    count(sandbox, delivery->bot, -1);
    if (delivery->times_left > 1 && delivery->bot->webhook_url) {
        count(sandbox, delivery->bot, 1);
        post_update(sandbox, delivery->bot, NULL, delivery->update, delivery->times_left - 1);
    }
}

static void on_delivered(struct sandbox *sandbox, struct post *post)
{
    struct delivery *delivery = post->data;
    if (delivery->generation != sandbox->generation)
        return; /* its bot is gone */
    struct bot *bot = delivery->bot;
    struct queue *queue = delivery->queue;
    bool good = post->status >= 200 && post->status < 300;
    bot->in_flight--;
    note_delivery(sandbox, delivery, post);
    if (good)
        run_reply(sandbox, bot, post);
    else
        note_error(bot, post);
    if (!queue) {
        on_repeated(sandbox, delivery);
        ready_go_on(sandbox, bot);
        return;
    }
    queue->in_flight = false;
    bool still_there = queue->head == delivery->update; /* not when all that was pending was dropped */
    if (good && still_there) {
        if (delivery->update->twice && bot->webhook_url) {
            delivery->update->twice = false;
            count(sandbox, bot, 1);
            post_update(sandbox, bot, NULL, delivery->update, 1);
        }
        queue_pop(sandbox, queue);
    } else if (!good && still_there) {
        put_off(sandbox, queue, post->retry_after);
    }
    ready_go_on(sandbox, bot);
    queue_go_on(sandbox, queue);
}

static void enqueue(struct sandbox *sandbox, struct bot *bot, struct update *update, const char *key)
{
    struct queue *queue = queue_get(bot, key);
    *queue->end = update;
    queue->end = &update->next;
    queue_go_on(sandbox, queue);
}

/* The held update goes behind the one that came after it, in the same queue. */
static void release_held(struct sandbox *sandbox, struct bot *bot, const char *key)
{
    struct update *held = bot->held;
    bot->held = NULL;
    if (held)
        enqueue(sandbox, bot, held, key ? key : held->key);
}

struct put_off_update {
    struct bot *bot;
    struct update *update;
};

static void put_off_free(void *data)
{
    struct put_off_update *slow = data;
    update_unref(slow->update);
    free(slow);
}

static void slow_is_over(struct sandbox *sandbox, void *data)
{
    struct put_off_update *slow = data;
    enqueue(sandbox, slow->bot, slow->update, slow->update->key);
    free(slow);
}

static void held_is_over(struct sandbox *sandbox, void *data)
{
    struct put_off_update *slow = data;
    if (slow->bot->held == slow->update)
        release_held(sandbox, slow->bot, NULL);
    put_off_free(slow);
}

static void put_off_update(struct sandbox *sandbox, struct bot *bot, struct update *update, int64_t delay_ms,
                           void (*fn)(struct sandbox *sandbox, void *data))
{
    struct put_off_update *slow = xcalloc(1, sizeof *slow);
    *slow = (struct put_off_update){bot, update};
    later_call(sandbox, delay_ms, fn, slow, put_off_free);
}

/* Takes over the caller's reference. */
static void admit(struct sandbox *sandbox, struct bot *bot, struct update *update)
{
    remember(bot, update);
    struct failure_hit hit =
        failure_take(sandbox, FAIL_TELEGRAM_WEBHOOK, bot->id, NULL, update->kind, update->chat);
    if (hit.mode == FAIL_NEVER) {
        update_unref(update);
        return;
    }
    count(sandbox, bot, 1);
    if (hit.mode == FAIL_REORDER && !bot->held) {
        bot->held = update;
        update->references++;
        put_off_update(sandbox, bot, update, sandbox_wait_ms(sandbox, REORDER_WAIT_MS), held_is_over);
        return;
    }
    if (hit.mode == FAIL_SLOW) {
        put_off_update(sandbox, bot, update, hit.delay_ms, slow_is_over);
        return;
    }
    update->twice = hit.mode == FAIL_TWICE;
    enqueue(sandbox, bot, update, update->key);
    release_held(sandbox, bot, update->key);
}

static struct update *update_new(const char *kind, const char *key, int64_t chat, int64_t id, json_t *json)
{
    struct update *update = xcalloc(1, sizeof *update);
    *update = (struct update){.references = 1,
                              .id = id,
                              .chat = chat,
                              .created_ms = clock_mono_ms(),
                              .kind = xstrdup(kind),
                              .key = xstrdup(key),
                              .json = json};
    return update;
}

static bool is_allowed(const struct bot *bot, const char *kind)
{
    if (!bot->allowed_updates || json_array_size(bot->allowed_updates) == 0)
        return true;
    size_t i;
    json_t *allowed;
    json_array_foreach(bot->allowed_updates, i, allowed)
    {
        if (str_equal(json_string_value(allowed), kind))
            return true;
    }
    return false;
}

int64_t update_send(struct sandbox *sandbox, struct bot *bot, const char *kind, const char *key, int64_t chat,
                    json_t *content)
{
    int64_t id = bot->next_update_id++;
    json_t *json = json_pack("{s:I,s:o}", "update_id", (json_int_t)id, kind, content);
    if (is_allowed(bot, kind))
        admit(sandbox, bot, update_new(kind, key, chat, id, json));
    else
        json_decref(json);
    return id;
}

int64_t update_send_raw(struct sandbox *sandbox, struct bot *bot, json_t *json)
{
    int64_t id;
    if (!json_get_int(json, "update_id", &id)) {
        id = bot->next_update_id;
        json_object_set_new(json, "update_id", json_integer(id));
    }
    if (id >= bot->next_update_id)
        bot->next_update_id = id + 1;
    const char *kind = "unknown", *name;
    json_t *value, *who;
    json_object_foreach(json, name, value)
    {
        if (strcmp(name, "update_id") != 0)
            kind = name;
    }
    bool callback = strcmp(kind, "callback_query") == 0;
    json_t *content = json_object_get(json, kind);
    int64_t from = 0;
    if (json_get_object(content, callback ? "from" : "chat", &who))
        json_get_int(who, "id", &from);
    char key[32];
    snprintf(key, sizeof key, "%c%" PRId64, callback ? 'c' : 'm', from);
    admit(sandbox, bot, update_new(kind, key, from, id, json));
    return id;
}

bool update_repeat(struct sandbox *sandbox, struct bot *bot, int64_t update_id, int times, bool parallel,
                   struct error *err)
{
    struct update *update = NULL;
    for (size_t i = 0; i < bot->history_count && !update; i++)
        if (bot->history[i]->id == update_id)
            update = bot->history[i];
    if (!update)
        return error_set(err, ERR_INVALID, "this bot has no update %" PRId64, update_id);
    if (!bot->webhook_url)
        return error_set(err, ERR_INVALID, "this bot has no webhook");
    for (int i = 0; i < (parallel ? times : 1); i++) {
        count(sandbox, bot, 1);
        post_update(sandbox, bot, NULL, update, parallel ? 1 : times);
    }
    return true;
}

void update_webhook_changed(struct sandbox *sandbox, struct bot *bot)
{
    for (struct table_entry *e = bot->queues.first; e; e = e->next) {
        struct queue *queue = e->value;
        later_cancel(&queue->retry);
        queue->refusals = 0;
        queue_go_on(sandbox, queue);
    }
}

void update_drop_pending(struct sandbox *sandbox, struct bot *bot)
{
    for (struct table_entry *e = bot->queues.first; e; e = e->next) {
        struct queue *queue = e->value;
        later_cancel(&queue->retry);
        while (queue->head)
            queue_pop(sandbox, queue);
    }
    if (bot->held) {
        count(sandbox, bot, -1);
        update_unref(bot->held);
        bot->held = NULL;
    }
}

static void queue_free(void *pointer)
{
    struct queue *queue = pointer;
    while (queue->head) {
        struct update *update = queue->head;
        queue->head = update->next;
        update_unref(update);
    }
    free(queue);
}

void update_forget_all(struct bot *bot)
{
    table_clear(&bot->queues, queue_free);
    if (bot->held)
        update_unref(bot->held);
    for (size_t i = 0; i < bot->history_count; i++)
        update_unref(bot->history[i]);
    free(bot->history);
}

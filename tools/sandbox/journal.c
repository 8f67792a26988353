#include "journal.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"
#include "later.h"
#include "sandbox.h"

enum { EVENTS_KEPT = 20000, CALLS_KEPT = 200000, MALFORMED_KEPT = 2000, DELIVERIES_KEPT = 100000 };

/* Somebody who asked for events and waits. */
struct waiter {
    struct waiter *next;
    struct web_token *token;
    int64_t since;
    struct later *timeout;
};

static void log_add(struct journal_log *log, size_t kept, json_t *item)
{
    if (log->count == kept) {
        json_decref(log->items[log->start]);
        log->items[log->start] = item;
        log->start = (log->start + 1) % log->capacity;
        return;
    }
    if (log->count == log->capacity) {
        /* Nothing was overwritten yet, so the ring starts at 0 and can simply be made longer. */
        log->capacity = log->capacity ? log->capacity * 2 : 256;
        if (log->capacity > kept)
            log->capacity = kept;
        log->items = xrealloc(log->items, log->capacity * sizeof *log->items);
    }
    log->items[log->count++] = item;
}

json_t *journal_at(const struct journal_log *log, size_t index)
{
    return log->items[(log->start + index) % log->capacity];
}

static void log_clear(struct journal_log *log)
{
    for (size_t i = 0; i < log->count; i++)
        json_decref(journal_at(log, i));
    free(log->items);
    *log = (struct journal_log){0};
}

static int64_t seq_of(const json_t *item)
{
    return json_integer_value(json_object_get(item, "seq"));
}

static void answer(struct sandbox *sandbox, struct web_token *token, int64_t since)
{
    const struct journal_log *events = &sandbox->journal.events;
    auto_arena struct arena *arena = arena_new();
    auto_json json_t *list = json_array();
    size_t first = events->count;
    while (first > 0 && seq_of(journal_at(events, first - 1)) > since)
        first--;
    for (size_t i = first; i < events->count; i++)
        json_array_append(list, journal_at(events, i));
    auto_json json_t *body = json_pack("{s:I,s:O}", "seq", (json_int_t)sandbox->journal.seq, "events", list);
    const char *text = json_text(arena, body);
    web_respond(token, &(struct web_response){.status = 200,
                                              .content_type = "application/json",
                                              .body = text,
                                              .body_length = strlen(text),
                                              .extra_name = "cache-control",
                                              .extra_value = "no-store"});
}

static void waiter_answer(struct sandbox *sandbox, struct waiter *waiter)
{
    answer(sandbox, waiter->token, waiter->since);
    free(waiter);
}

/* Events of one burst go out in one answer. */
static void wake(struct sandbox *sandbox, void *data)
{
    struct waiter *waiters = sandbox->journal.waiters;
    sandbox->journal.waiters = NULL;
    sandbox->journal.waking = false;
    while (waiters) {
        struct waiter *waiter = waiters;
        waiters = waiter->next;
        later_cancel(&waiter->timeout);
        waiter_answer(sandbox, waiter);
    }
}

static void waiter_timeout(struct sandbox *sandbox, void *data)
{
    for (struct waiter **at = &sandbox->journal.waiters; *at; at = &(*at)->next) {
        if (*at == data) {
            *at = (*at)->next;
            break;
        }
    }
    waiter_answer(sandbox, data);
}

void journal_event(struct sandbox *sandbox, const char *kind, int64_t bot, int64_t chat, int64_t message_id)
{
    struct journal *journal = &sandbox->journal;
    json_t *event = json_pack("{s:I,s:s}", "seq", (json_int_t)++journal->seq, "kind", kind);
    if (bot)
        json_object_set_new(event, "bot", json_integer(bot));
    if (chat)
        json_object_set_new(event, "chat", json_integer(chat));
    if (message_id)
        json_object_set_new(event, "message_id", json_integer(message_id));
    log_add(&journal->events, EVENTS_KEPT, event);
    if (journal->waiters && !journal->waking) {
        journal->waking = true;
        later_call(sandbox, 1, wake, NULL, NULL);
    }
}

void journal_call(struct sandbox *sandbox, json_t *call, bool malformed)
{
    struct journal *journal = &sandbox->journal;
    journal->call_count++;
    json_object_set_new(call, "seq", json_integer(++journal->seq));
    json_object_set_new(call, "at_ms", json_integer(clock_now_ms()));
    if (malformed) {
        journal->malformed_count++;
        json_object_set_new(call, "malformed", json_true());
        log_add(&journal->malformed, MALFORMED_KEPT, json_incref(call));
    }
    log_add(&journal->calls, CALLS_KEPT, call);
}

void journal_delivery(struct sandbox *sandbox, json_t *delivery)
{
    json_object_set_new(delivery, "seq", json_integer(++sandbox->journal.seq));
    log_add(&sandbox->journal.deliveries, DELIVERIES_KEPT, delivery);
}

void journal_gateway_call(struct sandbox *sandbox, json_t *call)
{
    json_object_set_new(call, "seq", json_integer(++sandbox->journal.seq));
    log_add(&sandbox->journal.gateway_calls, CALLS_KEPT, call);
}

void journal_wait(struct sandbox *sandbox, struct web_token *token, int64_t since, int64_t wait_ms)
{
    struct journal *journal = &sandbox->journal;
    size_t count = journal->events.count;
    bool newer = count > 0 && seq_of(journal_at(&journal->events, count - 1)) > since;
    if (newer || wait_ms <= 0 || since > journal->seq) {
        answer(sandbox, token, since);
        return;
    }
    struct waiter *waiter = xcalloc(1, sizeof *waiter);
    *waiter = (struct waiter){.next = journal->waiters, .token = token, .since = since};
    journal->waiters = waiter;
    waiter->timeout = later_call(sandbox, wait_ms, waiter_timeout, waiter, NULL);
}

static void clear(struct journal *journal)
{
    log_clear(&journal->events);
    log_clear(&journal->calls);
    log_clear(&journal->malformed);
    log_clear(&journal->deliveries);
    log_clear(&journal->gateway_calls);
    journal->call_count = journal->malformed_count = 0;
}

void journal_reset(struct sandbox *sandbox)
{
    clear(&sandbox->journal);
    journal_event(sandbox, "reset", 0, 0, 0);
    wake(sandbox, NULL);
}

void journal_free(struct sandbox *sandbox)
{
    clear(&sandbox->journal);
    while (sandbox->journal.waiters) {
        struct waiter *waiter = sandbox->journal.waiters;
        sandbox->journal.waiters = waiter->next;
        web_respond_text(waiter->token, 503, NULL);
        free(waiter);
    }
}

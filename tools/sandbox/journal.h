/*
 * What happened: events (for the page's long poll), calls to Telegram, malformed calls, webhook posts, calls
 * to Pakasir. Each log keeps the last entries only; sequence numbers never start again, not even after a
 * reset.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct sandbox;
struct web_token;
struct waiter;

struct journal_log {
    json_t **items; /* a ring */
    size_t capacity, start, count;
};

struct journal {
    int64_t seq; /* of the last event, call or delivery */
    struct journal_log events, calls, malformed, deliveries, gateway_calls;
    int64_t call_count, malformed_count; /* since the reset, also those no longer kept */
    struct waiter *waiters;
    bool waking;
};

/* {"seq", "kind"} and bot, chat, message_id where they are not 0. */
void journal_event(struct sandbox *sandbox, const char *kind, int64_t bot, int64_t chat, int64_t message_id);
/* Takes the objects over and gives each its "seq". */
void journal_call(struct sandbox *sandbox, json_t *call, bool malformed);
void journal_delivery(struct sandbox *sandbox, json_t *delivery);
void journal_gateway_call(struct sandbox *sandbox, json_t *call);

/* Answers {"seq", "events"} now or, where there is nothing newer than `since`, later. */
void journal_wait(struct sandbox *sandbox, struct web_token *token, int64_t since, int64_t wait_ms);

/* Walks a log from its oldest entry. */
json_t *journal_at(const struct journal_log *log, size_t index);

/* Forgets the entries; whoever waits is answered. */
void journal_reset(struct sandbox *sandbox);
/* Frees everything without answering; after the loop has ended. */
void journal_free(struct sandbox *sandbox);

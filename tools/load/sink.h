/*
 * lapak-sink: Telegram and Pakasir for the benchmark. Says yes to everything as fast as it can and checks
 * nothing (tools/sandbox does); keeps what tools/bench asks for afterwards. All of it belongs to the
 * listener's loop thread.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "web/listener.h"

enum { SINK_WORD = 300 };

struct sink_bot {
    int64_t id;
    char url[SINK_WORD];
    char secret[SINK_WORD];
    int registrations; /* setMyCommands, the last call of one */
};

/* A call whose body held the marker. */
struct sink_arrival {
    int64_t bot, chat, at_us; /* of clock_mono_us() */
};

struct sink_transaction {
    char slug[SINK_WORD], order_id[SINK_WORD], txn_id[40];
    int64_t amount;
    bool completed;
};

enum { SINK_METHODS = 16 };

struct sink {
    const char *marker;
    int64_t next_message;
    int64_t calls[SINK_METHODS]; /* by their place in sink_telegram.c's table */
    int64_t other_calls;
    struct sink_bot *bots;
    size_t bot_count;
    struct sink_arrival *arrivals;
    size_t arrival_count;
    struct sink_transaction *transactions;
    size_t transaction_count;
};

void sink_telegram(struct web_request *request, void *context);
/* {"sendMessage": 12, …} */
json_t *sink_telegram_calls(const struct sink *sink);

void sink_create(struct web_request *request, void *context);
void sink_status(struct web_request *request, void *context);
void sink_cancel(struct web_request *request, void *context);

/* Answers and lets go of the JSON. */
void sink_respond(struct web_request *request, int status, json_t *json);

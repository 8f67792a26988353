#include "sink.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/str.h"

enum { EXIT_USAGE = 2, MOST_BODY = 16 * 1024 * 1024 };

void sink_respond(struct web_request *request, int status, json_t *json)
{
    auto_arena struct arena *arena = arena_new();
    web_respond_json(request->token, status, json_text(arena, json));
    json_decref(json);
}

/* --- what tools/bench asks --- */

static void show_bots(struct web_request *request, void *context)
{
    const struct sink *sink = context;
    json_t *list = json_array();
    for (size_t i = 0; i < sink->bot_count; i++) {
        const struct sink_bot *bot = &sink->bots[i];
        json_array_append_new(list,
                              json_pack("{s:I, s:s, s:s, s:i}", "id", (json_int_t)bot->id, "url", bot->url,
                                        "secret", bot->secret, "registrations", bot->registrations));
    }
    sink_respond(request, 200, list);
}

static void show_arrivals(struct web_request *request, void *context)
{
    const struct sink *sink = context;
    json_t *list = json_array();
    for (size_t i = 0; i < sink->arrival_count; i++) {
        const struct sink_arrival *arrival = &sink->arrivals[i];
        json_array_append_new(list,
                              json_pack("{s:I, s:I, s:I}", "bot", (json_int_t)arrival->bot, "chat",
                                        (json_int_t)arrival->chat, "at_us", (json_int_t)arrival->at_us));
    }
    sink_respond(request, 200, list);
}

static void show_transactions(struct web_request *request, void *context)
{
    const struct sink *sink = context;
    json_t *list = json_array();
    for (size_t i = 0; i < sink->transaction_count; i++) {
        const struct sink_transaction *t = &sink->transactions[i];
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:I, s:b}", "slug", t->slug, "order_id",
                                              t->order_id, "txn_id", t->txn_id, "amount",
                                              (json_int_t)t->amount, "completed", t->completed));
    }
    sink_respond(request, 200, list);
}

static void show_calls(struct web_request *request, void *context)
{
    sink_respond(request, 200, sink_telegram_calls(context));
}

/* The payment is made: a status call says so from now on. */
static void pay(struct web_request *request, void *context)
{
    struct sink *sink = context;
    for (size_t i = 0; i < sink->transaction_count; i++) {
        if (!str_equal(sink->transactions[i].txn_id, request->rest))
            continue;
        sink->transactions[i].completed = true;
        web_respond_text(request->token, 200, NULL);
        return;
    }
    web_respond_text(request->token, 404, NULL);
}

static const struct web_route routes[] = {
    {NULL, "/bot", true, sink_telegram},
    {"POST", "/api/v2/create-transaction/", true, sink_create},
    {"GET", "/api/v2/transaction-status/", true, sink_status},
    {"POST", "/api/v2/cancel-transaction/", true, sink_cancel},
    {"GET", "/sink/bots", false, show_bots},
    {"GET", "/sink/arrivals", false, show_arrivals},
    {"GET", "/sink/transactions", false, show_transactions},
    {"GET", "/sink/calls", false, show_calls},
    {"POST", "/sink/pay/", true, pay},
};

int main(int argc, char **argv)
{
    int64_t port;
    if (argc != 3 || !str_to_int64(argv[1], &port) || port < 1 || port > 65535 || !*argv[2]) {
        fputs("usage: lapak-sink PORT MARKER\n"
              "Telegram and Pakasir for tools/bench, on 127.0.0.1. Notes when calls whose body holds MARKER "
              "come "
              "in.\n",
              stderr);
        return EXIT_USAGE;
    }
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    struct sink sink = {.marker = argv[2], .next_message = 1};
    const struct listener_options options = {
        .host = "127.0.0.1",
        .port = (uint16_t)port,
        .max_body = MOST_BODY,
        .routes = routes,
        .route_count = sizeof routes / sizeof routes[0],
        .context = &sink,
    };
    struct listener *listener;
    struct error err;
    if (!listener_start(&options, &listener, &err)) {
        fprintf(stderr, "lapak-sink: %s\n", err.text);
        return EXIT_FAILURE;
    }
    int signal;
    sigwait(&signals, &signal);
    listener_drain(listener);
    listener_stop(&listener);
    free(sink.bots);
    free(sink.arrivals);
    free(sink.transactions);
    return EXIT_SUCCESS;
}

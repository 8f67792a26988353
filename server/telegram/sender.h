/*
 * The sender: one thread with a curl multi handle that makes every Bot API call of every store, within
 * Telegram's limits: in order per chat with one call in flight, about 1 message a second per chat (short
 * bursts allowed; 20 a minute in a group), 30 a second per bot, and a pause as long as a 429 says. Outbox
 * rows (the sink) are reported back; expendable calls (a callback's answer, a menu page) are not, and are
 * dropped rather than queued for long.
 *
 * Never blocks the caller. Knows each store's token and bot state only by the lane_store handed to it. Bodies
 * (and QR codes) are made on the caller's thread.
 *
 * A row that can't be sent within 4 s is given back (RETURNED) with those of its chat behind it, so that its
 * lease never runs out while it waits here. After a network failure, a 5xx or a 429 the row is reported LATER
 * and those behind it RETURNED. A call that timed out after Telegram acted is sent again: rather twice than
 * never.
 */
#pragma once

#include <jansson.h>

#include "base/error.h"
#include "work/lane.h"
#include "work/outbox.h"

struct sender;

struct sender_options {
    const char *api_base; /* "https://api.telegram.org" */
    int most_connections; /* 0: 64 */
    int bot_per_second;   /* calls of one bot, in the long run; 0: 30, as Telegram allows */
    long connect_ms;      /* 0: 5 s */
    long total_ms;        /* of a call; 0: 10 s; must stay below the outbox's lease less 4 s */
    /* A store's token was refused (401); called once per refusal, on the sender's thread, after
     * lane_store_hold_outbox(store, true). Its rows are given back; none is taken for the next 5 s. */
    void (*on_unauthorized)(void *context, struct lane_store *store);
    void *context;
};
/* ERR_INVALID where api_base can't be one, ERR_RETRY where the system has no thread or sockets left. */
MUST_USE bool sender_start(const struct sender_options *options, struct sender **sender_out,
                           struct error *err);
/* The outbox's way out; give it to outbox_set_sink(). */
struct outbox_sink sender_sink(struct sender *sender);
/* An expendable call; steals the reference of `params` (complete, with chat_id as a number). Those with a
 * chat_id keep that chat's order and limits; those without (answerCallbackQuery) go first. Any thread. */
void sender_call(struct sender *sender, struct lane_store *store, const char *method, json_t *params);

struct sender_figures {
    uint64_t calls;             /* that came to an end, with an answer or without */
    uint64_t failed;            /* of these: refused, 5xx or without an answer */
    uint64_t too_many_requests; /* of these: 429 */
    uint64_t dropped;           /* expendable calls never sent */
    size_t waiting, in_flight;
};
void sender_figures(struct sender *sender, struct sender_figures *figures_out);

/* Gives back what waits (OUTBOX_VERDICT_RETURNED) and all that comes later, finishes what is in flight; at
 * most wait_ms. The lanes must still take reports: drain the sender before the lanes. */
void sender_drain(struct sender *sender, long wait_ms);
/* Ends the thread; what is still in flight is broken off and reported LATER. Lanes may go on asking: nothing
 * is accepted any more. */
void sender_end(struct sender *sender);
/* sender_end(), where it was not called, and frees everything. Nobody may ask any more. */
void sender_stop(struct sender **sender);

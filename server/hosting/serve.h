/*
 * The main thread from the start's end to the stop's beginning: signals, the handover to a successor, and
 * what systemd is told.
 *
 *   SIGTERM, SIGINT  it returns
 *   SIGHUP           reload() is called, and a changed certificate is taken
 *   SIGUSR2          a successor is started (hosting/handover.h); once it serves, no connection is accepted
 * any more, those that are open are answered for as long as their clients keep them (75 s at most), and it
 *                    returns
 */
#pragma once

#include <signal.h>

#include "hosting/handover.h"
#include "http/server.h"

struct serve_options {
    struct server *server;
    struct handover *handover;
    const sigset_t *signals; /* of serve_signals(), blocked in every thread */
    void (*reload)(void *context);
    void *context;
};

void serve_signals(sigset_t *signals_out);
void serve(const struct serve_options *options);

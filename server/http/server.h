/*
 * The server's HTTP side: webhooks in, health and metrics out. Routes are the table in server.c. A webhook is
 * answered only after its change is committed.
 */
#pragma once

#include "http/directory.h"
#include "telegram/sender.h"
#include "tenants/config.h"
#include "work/lane.h"
#include "work/pool.h"

struct server_options {
    const struct config *config;
    struct directory *directory; /* borrowed */
    struct lanes *lanes;
    struct sender *sender;
    struct pool *pool;
};
struct server;

MUST_USE bool server_start(const struct server_options *options, struct server **server_out,
                           struct error *err);
/* A certificate that was changed is used from now on (see http/certificate.h); it is found by itself, too, a
 * little later. */
void server_reload_certificate(struct server *server);
/* Refuses new work (503, Retry-After) and waits until what was taken is answered; false where wait_ms ran
 * out. */
bool server_drain(struct server *server, long wait_ms);
/* After the pool has ended. */
void server_stop(struct server **server);

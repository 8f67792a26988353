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
    int socket_fd; /* a socket that listens already, which the server takes; 0: `listen` of the configuration
                    */
};
struct server;

MUST_USE bool server_start(const struct server_options *options, struct server **server_out,
                           struct error *err);
/* A certificate that was changed is used from now on (see http/certificate.h); it is found by itself, too, a
 * little later. */
void server_reload_certificate(struct server *server);
/* What /readyz answers: the lanes have their database. */
bool server_ready(struct server *server);
/* Runs `fn` on the loop's thread again and again, for as long as the loop turns. Once. */
void server_beat(struct server *server, int64_t every_ms, void (*fn)(void));

/* For a successor on the same socket: see listener_share_socket(), listener_leave(), listener_connections().
 */
int server_share_socket(const struct server *server);
void server_leave(struct server *server);
size_t server_connections(const struct server *server);

/* Refuses new work (503, Retry-After) and waits until what was taken is answered; false where wait_ms ran
 * out. */
bool server_drain(struct server *server, long wait_ms);
/* After the pool has ended. */
void server_stop(struct server **server);

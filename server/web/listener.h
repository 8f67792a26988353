/*
 * An HTTP/1.1 listener on libh2o's event loop: one thread, a table of routes, answers that may come from any
 * thread. Knows nothing of stores; the server's routes (server/http) and the sandbox stand on it.
 *
 * Facts it is built on (libh2o 2.2.5): requests belong to the loop's thread, so an answer from another thread
 * travels by a mailbox; a request may die while somebody works on it (client gone), then its answer is
 * dropped. HTTP/2 is off. Keep-alive idles 75 s, longer than Telegram's 60 s timer; the same timer covers
 * the reading of one request; a TLS handshake has 10 s from the first packet to its end. "Expect:
 * 100-continue" is answered by h2o. HEAD goes to the routes of GET.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "web/tls.h"

struct listener;

/* What a handler may read while it runs (on the loop's thread); none of it outlives the handler. */
struct web_request {
    const char *method; /* "GET", "POST" */
    const char *path;   /* decoded and normalised, without the query; NUL-terminated, holds no other NUL */
    const char *query;  /* what follows "?", undecoded, NUL-terminated; "" where there is none */
    const char *rest;   /* what follows the route's prefix, e.g. the store's name; "" for exact routes */
    const char *body;   /* NUL-terminated for convenience; may hold NUL itself; never NULL */
    size_t body_length;
    struct web_token *token; /* the way to answer */
    void *connection;        /* the listener's own */
};

/* A request header's value, or NULL. `name` in lower case. Borrowed until the handler returns; valid on the
 * loop's thread only. */
const char *web_header(struct web_request *request, const char *name);
/* Where the request comes from: the peer; or, where that is a proxy (see listener_options), the last address
 * in X-Forwarded-For that is none. A proxy that says nothing is the origin itself. Until the handler returns,
 * on the loop's thread. */
bool web_peer_is_loopback(struct web_request *request); /* 127.0.0.0/8 or ::1 */
/* As text ("203.0.113.9", "::1"; an IPv4 one that came in over "::" as IPv4); "unknown" where a proxy
 * forwarded what is no address. */
void web_peer_address(struct web_request *request, char buffer[static 64]);

struct web_response {
    int status;
    const char *content_type; /* NULL with an empty body */
    const char *body;         /* may be NULL with length 0 */
    size_t body_length;
    int retry_after;        /* seconds; sent as Retry-After when > 0 */
    const char *extra_name; /* one more header, in lower case, or NULL (e.g. "cache-control") */
    const char *extra_value;
    bool
        drop_connection; /* answer nothing at all, close the connection (the sandbox plays outages with it) */
};

/* Answers, from any thread, exactly once for each token; copies everything it needs; frees the token. On the
 * loop's thread the answer goes straight out. */
void web_respond(struct web_token *token, const struct web_response *response);
/* Shorthand: a status with a plain text (may be NULL for an empty body). */
void web_respond_text(struct web_token *token, int status, const char *text);
/* Takes a JSON text. */
void web_respond_json(struct web_token *token, int status, const char *json);

/* Runs on the loop's thread, must not block; answers by the token now or later. */
typedef void web_handler(struct web_request *request, void *context);

struct web_route {
    const char *method; /* NULL: any */
    const char *path;   /* "/healthz", or a prefix where `is_prefix` */
    bool is_prefix;
    web_handler *handler;
};

struct listener_options {
    const char *host; /* "127.0.0.1", "0.0.0.0", "::" */
    uint16_t port;    /* 0: the system chooses; see listener_port() */
    int socket_fd;   /* a socket that listens already, and is the listener's once it started; 0: host and port
                      */
    size_t max_body; /* larger bodies get 413 */
    const struct web_route *routes; /* the first that fits wins; borrowed until listener_stop() */
    size_t route_count;
    /* Whether what this address says in X-Forwarded-For is to be believed; NULL: nobody's is. Loop thread. */
    bool (*is_proxy)(void *context, const char *address);
    void *context;           /* handed to every handler */
    const char *server_name; /* the Server header */
    const struct tls *tls;   /* NULL: plain HTTP; borrowed until listener_start() is back */
    uint64_t handshake_ms;   /* how long a TLS handshake may take; 0: 10 s */
};

/* Binds and listens at once (so that a taken port is an error here, ERR_CONFLICT, naming host and port), then
 * serves on a thread of its own. Unknown path: 404; known path, other method: 405. The output is set before
 * the first handler runs. */
MUST_USE bool listener_start(const struct listener_options *options, struct listener **listener_out,
                             struct error *err);
uint16_t listener_port(const struct listener *listener);

/* Connections from now on are spoken to with another certificate; those that are open go on with theirs. Only
 * for a listener that was started with one. Any thread. */
void listener_set_tls(struct listener *listener, const struct tls *tls);

/* Whether the socket listens at that address: nothing is gained by binding it anew. */
bool listener_socket_fits(int fd, const char *host, uint16_t port);
/* A descriptor of the same socket, to be handed to another process; the caller's to close. -1 where it does
 * not listen any more, or there are too many descriptors. On the thread that drains. */
int listener_share_socket(const struct listener *listener);
/* The first step of handing over to another process that listens on the same socket: stops accepting, and
 * goes on with the connections that are open; each gets `Connection: close` with its next answer. None is
 * cut: whoever keeps one open and asks again is answered. An idle one ends after its 75 s. Not from the
 * loop's thread. */
void listener_leave(struct listener *listener);
/* How many are open. Any thread. */
size_t listener_connections(const struct listener *listener);

/* Stops accepting connections and closes idle ones; requests under way go on and their answers close the
 * connection; new requests on open connections get 503 with Retry-After: 5 and `Connection: close`. When it
 * returns, listener_pending() can only fall. Any thread. */
void listener_drain(struct listener *listener);
/* Requests that were handed to a handler and not answered yet. Any thread. */
size_t listener_pending(const struct listener *listener);
/* Ends the thread and frees everything; answers being written get a second to leave. Call after
 * listener_drain(), when nobody answers any more (tokens still open are answered into the void safely, also
 * after this). Not from the loop's thread. What was posted before is run; what was put off with
 * listener_after() and is not due is forgotten, its data stays the caller's. Sets the pointer to NULL. */
void listener_stop(struct listener **listener);

/* Runs `fn(context, data)` on the loop's thread soon, in the order of posting. Any thread. */
void listener_post(struct listener *listener, void (*fn)(void *context, void *data), void *data);
/* Runs `fn(context, data)` on the loop's thread after a delay. Loop thread only. */
void listener_after(struct listener *listener, int64_t delay_ms, void (*fn)(void *context, void *data),
                    void *data);

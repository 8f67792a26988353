/* What listener.c, request.c and answer.c share; nobody else includes it. */
#pragma once

#include <h2o.h>
#include <openssl/ssl.h>
#include <stdatomic.h>
#include <stdint.h>

#include "web/listener.h"
#include "web/mailbox.h"
#include "web/timers.h"

/* A message in the listener's mailbox; `run` owns it from then on. */
struct loop_message {
    struct mailbox_message link; /* first */
    void (*run)(struct loop_message *message, struct listener *listener);
};

struct listener {
    uint32_t magic;
    struct listener_options options; /* its strings are the listener's own, the routes are borrowed */
    char *host;
    char *server_name;
    uint16_t port;
    int socket_fd; /* -1 once the loop has it */
    int shared_fd; /* the same number, for listener_share_socket(); -1 once it is closed */

    struct mailbox *mailbox;
    pthread_t thread;
    atomic_bool draining; /* new requests are refused, */
    atomic_bool leaving;  /* and answers close the connection, or only that */
    atomic_size_t open;   /* connections */
    atomic_size_t pending;

    /* The loop thread's own from here on. */
    h2o_loop_t *loop;
    h2o_globalconf_t config;
    h2o_context_t context;
    h2o_accept_ctx_t accept;
    h2o_socket_t *accept_socket;
    h2o_socket_t *wake_socket;
    struct timers timers;
    struct connection *connections; /* all that are open */
    struct web_token *tokens;       /* all that are not answered */
    bool stopping;
};

/* A socket that listens, non-blocking and closed on exec. ERR_CONFLICT where the port is taken. */
MUST_USE bool socket_bind(const struct listener_options *options, int *fd_out, uint16_t *port_out,
                          struct error *err);
/* Makes one that was handed over such a socket. */
MUST_USE bool socket_adopt(int fd, uint16_t *port_out, struct error *err);

/* A reference of the caller's own. */
SSL_CTX *tls_context(const struct tls *tls);

/* The listener whose loop the running thread is, or NULL. */
extern _Thread_local struct listener *listener_of_thread;

/* The token of a request that goes to a handler. Loop thread. */
struct web_token *token_new(struct listener *listener, h2o_req_t *req);
/* Answers every open token's request with 503 and cuts the tokens loose from them. Loop thread, while
 * stopping. */
void tokens_abandon(struct listener *listener);
/* Answers at once, without a token. Loop thread. */
void answer_now(h2o_req_t *req, const struct web_response *response, bool keep_alive);

/* h2o's handler for every request. */
int request_handle(h2o_handler_t *handler, h2o_req_t *req);
struct request_handler {
    h2o_handler_t super; /* first */
    struct listener *listener;
};

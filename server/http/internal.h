/* What the routes share; nobody outside http/ includes it. */
#pragma once

#include "http/certificate.h"
#include "http/guard.h"
#include "http/server.h"
#include "watch/metrics.h"
#include "web/listener.h"

struct server {
    struct server_options options;
    struct listener *listener;
    struct guard *guard;
    struct certificate *certificate; /* NULL: plain HTTP */
    atomic_bool draining;
    void (*beat)(void);
    int64_t beat_ms;
};

enum { MAX_BODY = 1024 * 1024, BUSY_RETRY_SECONDS = 2, DISABLED_RETRY_SECONDS = 60 };

/* The store named behind the route's prefix; answers 404 and is NULL where there is none. */
struct hosted_store *server_find_store(struct server *server, struct web_request *request);
/* An answer with Retry-After: the other side keeps what it has and comes again. */
void server_respond_later(struct web_token *token, int seconds);

void telegram_webhook(struct web_request *request, void *context);
void pakasir_webhook(struct web_request *request, void *context);
void status_healthz(struct web_request *request, void *context);
void status_readyz(struct web_request *request, void *context);
void status_metrics(struct web_request *request, void *context);
/* What /metrics says of the stores. */
void status_stores(struct str *page, struct server *server);

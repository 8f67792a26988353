#include "http/server.h"

#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "http/internal.h"

static const struct web_route routes[] = {
    {"POST", "/webhooks/telegram/", true, telegram_webhook},
    {"POST", "/webhooks/pakasir/", true, pakasir_webhook},
    {"GET", "/healthz", false, status_healthz},
    {"GET", "/readyz", false, status_readyz},
    {"GET", "/metrics", false, status_metrics},
};

struct hosted_store *server_find_store(struct server *server, struct web_request *request)
{
    struct hosted_store *store = directory_find(server->options.directory, request->rest);
    if (!store) {
        metrics_count(METRIC_UNKNOWN_STORE);
        web_respond_text(request->token, 404, "no such store\n");
    }
    return store;
}

void server_respond_later(struct web_token *token, int seconds)
{
    web_respond(token, &(struct web_response){.status = 503, .retry_after = seconds});
}

static bool is_proxy(void *context, const char *address)
{
    const struct server *server = context;
    return config_trusts_proxy(server->options.config, address);
}

bool server_start(const struct server_options *options, struct server **server_out, struct error *err)
{
    struct server *server = xcalloc(1, sizeof *server);
    server->options = *options;
    if (!certificate_open(options->config, &server->certificate, err)) {
        free(server);
        return false;
    }
    server->guard = guard_new();
    const struct listener_options listener = {
        .host = options->config->listen.host,
        .port = options->config->listen.port,
        .socket_fd = options->socket_fd,
        .max_body = MAX_BODY,
        .routes = routes,
        .route_count = sizeof routes / sizeof *routes,
        .is_proxy = options->config->trusted_proxies.count ? is_proxy : NULL,
        .context = server,
        .server_name = "lapakd",
        .tls = certificate_tls(server->certificate),
    };
    if (!listener_start(&listener, &server->listener, err)) {
        certificate_close(&server->certificate);
        guard_free(&server->guard);
        free(server);
        return false;
    }
    certificate_watch(server->certificate, server->listener, options->pool);
    *server_out = server;
    return true;
}

void server_reload_certificate(struct server *server)
{
    certificate_reload(server->certificate);
}

static void beat(void *context, void *data)
{
    struct server *server = context;
    server->beat();
    listener_after(server->listener, server->beat_ms, beat, NULL);
}

void server_beat(struct server *server, int64_t every_ms, void (*fn)(void))
{
    server->beat = fn;
    server->beat_ms = every_ms;
    listener_post(server->listener, beat, NULL);
}

int server_share_socket(const struct server *server)
{
    return listener_share_socket(server->listener);
}

void server_leave(struct server *server)
{
    listener_leave(server->listener);
}

size_t server_connections(const struct server *server)
{
    return listener_connections(server->listener);
}

bool server_drain(struct server *server, long wait_ms)
{
    atomic_store(&server->draining, true);
    listener_drain(server->listener);
    int64_t end = clock_mono_ms() + wait_ms;
    while (listener_pending(server->listener)) {
        if (clock_mono_ms() >= end)
            return false;
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
    return true;
}

void server_stop(struct server **pointer)
{
    struct server *server = *pointer;
    if (!server)
        return;
    listener_stop(&server->listener);
    certificate_close(&server->certificate);
    guard_free(&server->guard);
    free(server);
    *pointer = NULL;
}

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "web/internal.h"

static const char *pool_copy(h2o_req_t *req, h2o_iovec_t text)
{
    return h2o_strdup(&req->pool, text.base, text.len).base;
}

const char *web_header(struct web_request *request, const char *name)
{
    h2o_req_t *req = request->connection;
    size_t length = strlen(name);
    if (strcmp(name, "host") == 0) /* h2o takes it out of the list */
        return pool_copy(req, req->input.authority);
    const h2o_token_t *token = h2o_lookup_token(name, length);
    ssize_t at = token ? h2o_find_header(&req->headers, token, -1)
                       : h2o_find_header_by_str(&req->headers, name, length, -1);
    return at < 0 ? NULL : pool_copy(req, req->headers.entries[at].value);
}

/* The peer's address with IPv4 taken out of its IPv6 wrapping; AF_UNSPEC where there is none. */
static int peer(struct web_request *request, struct in_addr *v4_out, struct in6_addr *v6_out)
{
    h2o_req_t *req = request->connection;
    struct sockaddr_storage address = {0};
    if (req->conn->callbacks->get_peername(req->conn, (struct sockaddr *)&address) == 0)
        return AF_UNSPEC;
    if (address.ss_family == AF_INET) {
        *v4_out = ((struct sockaddr_in *)&address)->sin_addr;
        return AF_INET;
    }
    if (address.ss_family != AF_INET6)
        return AF_UNSPEC;
    *v6_out = ((struct sockaddr_in6 *)&address)->sin6_addr;
    if (!IN6_IS_ADDR_V4MAPPED(v6_out))
        return AF_INET6;
    memcpy(v4_out, &v6_out->s6_addr[12], sizeof *v4_out);
    return AF_INET;
}

bool web_peer_is_loopback(struct web_request *request)
{
    struct in_addr v4;
    struct in6_addr v6;
    switch (peer(request, &v4, &v6)) {
    case AF_INET:
        return ntohl(v4.s_addr) >> 24 == 127;
    case AF_INET6:
        return IN6_IS_ADDR_LOOPBACK(&v6);
    default:
        return false;
    }
}

void web_peer_address(struct web_request *request, char buffer[static 64])
{
    struct in_addr v4;
    struct in6_addr v6;
    int family = peer(request, &v4, &v6);
    const void *address = family == AF_INET ? (const void *)&v4 : (const void *)&v6;
    if (family == AF_UNSPEC || !inet_ntop(family, address, buffer, 64))
        snprintf(buffer, 64, "unknown");
}

static bool route_fits(const struct web_route *route, const char *path)
{
    if (route->is_prefix)
        return strncmp(path, route->path, strlen(route->path)) == 0;
    return strcmp(path, route->path) == 0;
}

static bool method_fits(const struct web_route *route, const char *method)
{
    return !route->method || strcmp(route->method, method) == 0 ||
           (strcmp(method, "HEAD") == 0 && strcmp(route->method, "GET") == 0);
}

static void refuse(struct listener *listener, h2o_req_t *req, int status, const char *text)
{
    bool draining = status == 503;
    struct web_response response = {.status = status,
                                    .content_type = "text/plain; charset=utf-8",
                                    .body = text,
                                    .body_length = strlen(text),
                                    .retry_after = draining ? 5 : 0};
    answer_now(req, &response, !draining);
}

int request_handle(h2o_handler_t *handler, h2o_req_t *req)
{
    struct listener *listener = ((struct request_handler *)handler)->listener;
    const struct listener_options *options = &listener->options;

    if (atomic_load_explicit(&listener->draining, memory_order_relaxed)) {
        refuse(listener, req, 503, "stopping\n");
        return 0;
    }
    if (req->entity.len > options->max_body) {
        refuse(listener, req, 413, "the body is too large\n");
        return 0;
    }
    if (memchr(req->path_normalized.base, '\0', req->path_normalized.len)) {
        refuse(listener, req, 400, "NUL in the path\n");
        return 0;
    }
    struct web_request request = {.method = pool_copy(req, req->input.method),
                                  .path = pool_copy(req, req->path_normalized),
                                  .query = "",
                                  .rest = "",
                                  .connection = req};
    bool known = false;
    const struct web_route *route = NULL;
    for (size_t i = 0; i < options->route_count && !route; i++) {
        if (!route_fits(&options->routes[i], request.path))
            continue;
        known = true;
        if (method_fits(&options->routes[i], request.method))
            route = &options->routes[i];
    }
    if (!route) {
        refuse(listener, req, known ? 405 : 404, known ? "method not allowed\n" : "not found\n");
        return 0;
    }
    if (route->is_prefix)
        request.rest = request.path + strlen(route->path);
    if (req->query_at != SIZE_MAX)
        request.query = pool_copy(
            req, h2o_iovec_init(req->path.base + req->query_at + 1, req->path.len - req->query_at - 1));
    /* h2o's buffer goes on with the next request, so there is no room behind the body for the NUL. */
    request.body = req->entity.len > 0 ? pool_copy(req, req->entity) : "";
    request.body_length = req->entity.len;
    request.token = token_new(listener, req);
    route->handler(&request, options->context);
    return 0;
}

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

struct origin {
    int family; /* AF_UNSPEC: nobody knows */
    struct in_addr v4;
    struct in6_addr v6;
};

/* IPv4 is taken out of its IPv6 wrapping. */
static struct origin origin_of_v6(const struct in6_addr *v6)
{
    struct origin origin = {.family = AF_INET6, .v6 = *v6};
    if (IN6_IS_ADDR_V4MAPPED(v6)) {
        origin.family = AF_INET;
        memcpy(&origin.v4, &v6->s6_addr[12], sizeof origin.v4);
    }
    return origin;
}

static struct origin peer(h2o_req_t *req)
{
    struct origin nobody = {.family = AF_UNSPEC};
    struct sockaddr_storage address = {0};
    if (req->conn->callbacks->get_peername(req->conn, (struct sockaddr *)&address) == 0)
        return nobody;
    if (address.ss_family == AF_INET)
        return (struct origin){.family = AF_INET, .v4 = ((struct sockaddr_in *)&address)->sin_addr};
    return address.ss_family == AF_INET6 ? origin_of_v6(&((struct sockaddr_in6 *)&address)->sin6_addr)
                                         : nobody;
}

/* One address as proxies write it: "203.0.113.9", "203.0.113.9:4711", "2001:db8::1", "[2001:db8::1]:4711". */
static struct origin origin_parse(const char *text, size_t length)
{
    struct origin origin = {.family = AF_UNSPEC};
    char copy[64], *start = copy, *end;
    if (length >= sizeof copy)
        return origin;
    memcpy(copy, text, length);
    copy[length] = '\0';
    if (*copy == '[' && (end = strchr(copy, ']'))) {
        start = copy + 1;
        *end = '\0';
    } else if ((end = strchr(copy, ':')) && !strchr(end + 1, ':')) {
        *end = '\0';
    }
    struct in6_addr v6;
    if (inet_pton(AF_INET, start, &origin.v4) == 1)
        origin.family = AF_INET;
    else if (inet_pton(AF_INET6, start, &v6) == 1)
        origin = origin_of_v6(&v6);
    return origin;
}

static void origin_text(const struct origin *origin, char buffer[static 64])
{
    const void *address = origin->family == AF_INET ? (const void *)&origin->v4 : (const void *)&origin->v6;
    if (origin->family == AF_UNSPEC || !inet_ntop(origin->family, address, buffer, 64))
        snprintf(buffer, 64, "unknown");
}

static bool is_proxy(const struct origin *origin)
{
    const struct listener_options *options = &listener_of_thread->options;
    char text[64];
    if (origin->family == AF_UNSPEC)
        return false;
    origin_text(origin, text);
    return options->is_proxy(options->context, text);
}

/* Goes through one header from its end for as long as what stands there are proxies; true where it is done.
 */
static bool walk_back(h2o_iovec_t header, struct origin *origin)
{
    const char *end = header.base + header.len;
    for (;;) {
        const char *comma = memrchr(header.base, ',', (size_t)(end - header.base));
        const char *start = comma ? comma + 1 : header.base;
        size_t length = (size_t)(end - start);
        while (length > 0 && (*start == ' ' || *start == '\t'))
            start++, length--;
        while (length > 0 && (start[length - 1] == ' ' || start[length - 1] == '\t'))
            length--;
        *origin = origin_parse(start, length);
        if (!is_proxy(origin))
            return true;
        if (!comma)
            return false;
        end = comma;
    }
}

/* Each proxy adds at the end whom it heard the request from. What stands before the first that is none of
 * ours may be invented. */
static struct origin client(struct web_request *request)
{
    h2o_req_t *req = request->connection;
    struct origin origin = peer(req);
    if (!listener_of_thread->options.is_proxy || !is_proxy(&origin))
        return origin;
    for (size_t i = req->headers.size; i > 0; i--) {
        const h2o_header_t *header = &req->headers.entries[i - 1];
        if (header->name == &H2O_TOKEN_X_FORWARDED_FOR->buf && walk_back(header->value, &origin))
            break;
    }
    return origin;
}

bool web_peer_is_loopback(struct web_request *request)
{
    struct origin origin = client(request);
    switch (origin.family) {
    case AF_INET:
        return ntohl(origin.v4.s_addr) >> 24 == 127;
    case AF_INET6:
        return IN6_IS_ADDR_LOOPBACK(&origin.v6);
    default:
        return false;
    }
}

void web_peer_address(struct web_request *request, char buffer[static 64])
{
    struct origin origin = client(request);
    origin_text(&origin, buffer);
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
    bool draining = status == 503, leaving = atomic_load_explicit(&listener->leaving, memory_order_relaxed);
    struct web_response response = {.status = status,
                                    .content_type = "text/plain; charset=utf-8",
                                    .body = text,
                                    .body_length = strlen(text),
                                    .retry_after = draining ? 5 : 0};
    answer_now(req, &response, !leaving);
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

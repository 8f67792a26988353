/* The socket a listener accepts from: one of its own, or one that was handed over. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "web/internal.h"

enum { BACKLOG = 1024 };

static bool find_address(const char *host, uint16_t port, struct addrinfo **found_out, struct error *err)
{
    struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    char service[8];
    snprintf(service, sizeof service, "%u", port);
    int rc = getaddrinfo(host, service, &hints, found_out);
    if (rc != 0)
        return error_set(err, ERR_INVALID, "listen on %s:%u: %s", host, port, gai_strerror(rc));
    return true;
}

union place {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static bool place_of(int fd, union place *place_out)
{
    *place_out = (union place){.v6 = {0}};
    socklen_t length = sizeof *place_out;
    return getsockname(fd, &place_out->any, &length) == 0 &&
           (place_out->any.sa_family == AF_INET || place_out->any.sa_family == AF_INET6);
}

static uint16_t port_of(const union place *place)
{
    return ntohs(place->any.sa_family == AF_INET6 ? place->v6.sin6_port : place->v4.sin_port);
}

bool socket_bind(const struct listener_options *options, int *fd_out, uint16_t *port_out, struct error *err)
{
    struct addrinfo *found = NULL;
    if (!find_address(options->host, options->port, &found, err))
        return false;
    int on = 1, off = 0;
    union place bound;
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool done =
        fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        (found->ai_family != AF_INET6 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == 0) &&
        bind(fd, found->ai_addr, found->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0 && place_of(fd, &bound);
    int problem = errno;
    freeaddrinfo(found);
    if (!done) {
        if (fd >= 0)
            close(fd);
        return error_set(err, problem == EADDRINUSE ? ERR_CONFLICT : ERR_INVALID, "listen on %s:%u: %s",
                         options->host, options->port, strerror(problem));
    }
    *port_out = port_of(&bound);
    *fd_out = fd;
    return true;
}

bool socket_adopt(int fd, uint16_t *port_out, struct error *err)
{
    union place place;
    int listening = 0;
    socklen_t length = sizeof listening;
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) != 0 || !listening ||
        !place_of(fd, &place))
        return error_set(err, ERR_INVALID,
                         "the socket that was handed over (descriptor %d) is not one that listens "
                         "for TCP connections",
                         fd);
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
        return error_set(err, ERR_INTERNAL, "the socket that was handed over: %s", strerror(errno));
    *port_out = port_of(&place);
    return true;
}

bool listener_socket_fits(int fd, const char *host, uint16_t port)
{
    struct error err;
    union place place, wanted = {.v6 = {0}};
    struct addrinfo *found = NULL;
    if (!place_of(fd, &place) || !find_address(host, port, &found, &err))
        return false;
    memcpy(&wanted, found->ai_addr, found->ai_addrlen < sizeof wanted ? found->ai_addrlen : sizeof wanted);
    freeaddrinfo(found);
    if (wanted.any.sa_family != place.any.sa_family || port_of(&wanted) != port_of(&place))
        return false;
    return place.any.sa_family == AF_INET
               ? wanted.v4.sin_addr.s_addr == place.v4.sin_addr.s_addr
               : memcmp(&wanted.v6.sin6_addr, &place.v6.sin6_addr, sizeof place.v6.sin6_addr) == 0;
}

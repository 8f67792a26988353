#include "tenants/url.h"

#include <string.h>

#include "base/str.h"

enum { MOST_HOST = 253 };

#define LETTERS_DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* Labels of letters, digits and -, with single dots between them; an IPv4 address is one, too. */
static bool is_host_name(const char *host)
{
    size_t length = strlen(host);
    if (length == 0 || length > MOST_HOST || strspn(host, LETTERS_DIGITS ".-") != length)
        return false;
    return host[0] != '.' && host[0] != '-' && host[length - 1] != '.' && host[length - 1] != '-' &&
           !strstr(host, "..");
}

static bool is_port(const char *text, int *port_out)
{
    int64_t port = 0;
    if (strlen(text) > 5 || !str_to_int64(text, &port) || port < 1 || port > 65535)
        return false;
    *port_out = (int)port;
    return true;
}

/* Splits "host", "host:port" or "[v6]:port"; *port_out stays where there is none. */
static bool split_host(struct arena *arena, const char *text, size_t length, const char **host_out,
                       int *port_out)
{
    struct address address;
    const char *why;
    char *host = arena_memdup(arena, text, length), *rest = strchr(host, ':');
    if (*host == '[') {
        char *close = strchr(host, ']');
        if (!close)
            return false;
        *close = '\0';
        rest = close[1] ? close + 1 : NULL;
        host++;
        if (!strchr(host, ':') || strchr(host, '/') || !address_parse(host, &address, &why))
            return false;
    }
    if (rest) {
        if (*rest != ':' || !is_port(rest + 1, port_out))
            return false;
        *rest = '\0';
    }
    *host_out = host;
    return strchr(host, ':') || is_host_name(host);
}

bool url_parse_hostport(struct arena *arena, const char *text, struct key_hostport *hostport_out,
                        const char **why_out)
{
    struct key_hostport hostport = {0};
    if (!split_host(arena, text, strlen(text), &hostport.host, &hostport.port) || hostport.port == 0) {
        *why_out = "must be host:port (127.0.0.1:8080, [::1]:8080)";
        return false;
    }
    *hostport_out = hostport;
    return true;
}

static bool may_be_plain(const char *host, bool private_too)
{
    struct address address;
    const char *why;
    if (str_equal(host, "localhost"))
        return true;
    if (!strchr(host, '/') && address_parse(host, &address, &why))
        return private_too ? address_is_private(&address) : address_is_loopback(&address);
    return private_too && !strchr(host, '.');
}

bool url_parse(struct arena *arena, const char *text, bool private_too, const char **url_out,
               const char **why_out)
{
    bool plain = str_starts_with(text, "http://");
    *why_out = "must be a URL (https://shop.example.com), without a user, ? or #";
    if (!plain && !str_starts_with(text, "https://"))
        return false;
    const char *authority = strstr(text, "://") + strlen("://"), *host = NULL;
    size_t width = strcspn(authority, "/");
    const char *path = authority + width;
    int port = 0;
    if (!split_host(arena, authority, width, &host, &port) ||
        strspn(path, LETTERS_DIGITS "/._~%-") != strlen(path))
        return false;
    if (plain && !may_be_plain(host, private_too)) {
        *why_out = "must begin with https:// (http is for this machine alone)";
        if (private_too)
            *why_out = "must begin with https:// (http is for this machine and private networks)";
        return false;
    }
    size_t length = strlen(text);
    while (text[length - 1] == '/')
        length--;
    *url_out = arena_memdup(arena, text, length);
    return true;
}

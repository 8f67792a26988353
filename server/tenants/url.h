/* The addresses of services: host:port and http(s) URLs, as a configuration names them. */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "tenants/key.h"

/* "127.0.0.1:8080", "[::1]:8080", "localhost:8080"; port 1 to 65535. False with the complaint. */
bool url_parse_hostport(struct arena *arena, const char *text, struct key_hostport *hostport_out,
                        const char **why_out);

/* An http(s) URL of host, optional port and optional path; no user, query or fragment. https is demanded
 * unless the host is loopback or, where `private_too`, private or a name without a dot. *url_out has no
 * trailing slash. */
bool url_parse(struct arena *arena, const char *text, bool private_too, const char **url_out,
               const char **why_out);

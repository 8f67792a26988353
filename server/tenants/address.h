/* Internet addresses and networks: "203.0.113.9", "10.0.0.0/8", "2001:db8::/32". IPv4 inside IPv6 counts as
 * IPv4. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct address {
    int bits; /* 32 or 128 */
    int prefix;
    uint8_t bytes[16];
};

/* An address, or a network with its prefix length. False where the text is neither, or has bits behind the
 * prefix; *why_out then says so. */
bool address_parse(const char *text, struct address *address_out, const char **why_out);
/* Whether the network (or address) holds the address. */
bool address_holds(const struct address *network, const struct address *address);
/* 127.0.0.0/8 and ::1. */
bool address_is_loopback(const struct address *address);
/* Loopback, or a network that is never routed to the internet (RFC 1918, RFC 4193, link-local). */
bool address_is_private(const struct address *address);

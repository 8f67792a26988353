#include "tenants/address.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>

#include "base/str.h"

/* Bits of `bytes` from `from` up to `to` that are not zero? */
static bool has_bits(const uint8_t *bytes, int from, int to)
{
    for (int bit = from; bit < to; bit++)
        if (bytes[bit / 8] & (0x80 >> bit % 8))
            return true;
    return false;
}

static bool read_host(const char *text, struct address *address)
{
    *address = (struct address){0};
    if (inet_pton(AF_INET, text, address->bytes) == 1)
        address->bits = 32;
    else if (inet_pton(AF_INET6, text, address->bytes) == 1)
        address->bits = 128;
    address->prefix = address->bits;
    return address->bits != 0;
}

/* ::ffff:a.b.c.d, as a socket that takes both kinds shows an IPv4 peer. */
static void unmap(struct address *address)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (address->bits != 128 || address->prefix < 96 || memcmp(address->bytes, mapped, sizeof mapped) != 0)
        return;
    memmove(address->bytes, address->bytes + 12, 4);
    memset(address->bytes + 4, 0, 12);
    address->bits = 32;
    address->prefix -= 96;
}

bool address_parse(const char *text, struct address *address_out, const char **why_out)
{
    struct address address;
    char host[INET6_ADDRSTRLEN];
    const char *slash = strchr(text, '/');
    size_t length = slash ? (size_t)(slash - text) : strlen(text);
    int64_t prefix = 0;
    *why_out = "must be an address or a network (203.0.113.9, 10.0.0.0/8, 2001:db8::/32)";
    if (length >= sizeof host)
        return false;
    memcpy(host, text, length);
    host[length] = '\0';
    if (!read_host(host, &address))
        return false;
    if (slash) {
        if (strlen(slash + 1) > 3 || !str_to_int64(slash + 1, &prefix) || prefix < 0 || prefix > address.bits)
            return false;
        address.prefix = (int)prefix;
    }
    if (has_bits(address.bytes, address.prefix, address.bits)) {
        *why_out = "has bits behind its prefix length: write the network's first address";
        return false;
    }
    unmap(&address);
    *address_out = address;
    return true;
}

bool address_holds(const struct address *network, const struct address *address)
{
    if (network->bits != address->bits)
        return false;
    struct address difference = {0};
    for (size_t i = 0; i < sizeof difference.bytes; i++)
        difference.bytes[i] = network->bytes[i] ^ address->bytes[i];
    return !has_bits(difference.bytes, 0, network->prefix);
}

static bool in_any(const struct address *address, const struct address *networks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (address_holds(&networks[i], address))
            return true;
    return false;
}

bool address_is_loopback(const struct address *address)
{
    static const struct address networks[] = {{32, 8, {127}}, {128, 128, {[15] = 1}}};
    return in_any(address, networks, sizeof networks / sizeof networks[0]);
}

bool address_is_private(const struct address *address)
{
    static const struct address networks[] = {{32, 8, {10}},        {32, 12, {172, 16}},
                                              {32, 16, {192, 168}}, {32, 16, {169, 254}},
                                              {128, 7, {0xfc}},     {128, 10, {0xfe, 0x80}}};
    return address_is_loopback(address) || in_any(address, networks, sizeof networks / sizeof networks[0]);
}

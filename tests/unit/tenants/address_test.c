#include "tenants/address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct address parse(const char *text)
{
    struct address address;
    const char *why;
    if (!address_parse(text, &address, &why))
        fail_msg("%s: %s", text, why);
    return address;
}

static bool holds(const char *network, const char *text)
{
    struct address n = parse(network), a = parse(text);
    return address_holds(&n, &a);
}

static void a_network_holds_its_addresses(void **unused)
{
    assert_true(holds("203.0.113.9", "203.0.113.9"));
    assert_false(holds("203.0.113.9", "203.0.113.8"));
    assert_true(holds("10.0.0.0/8", "10.255.255.255"));
    assert_false(holds("10.0.0.0/8", "11.0.0.0"));
    assert_true(holds("192.168.1.128/25", "192.168.1.128"));
    assert_false(holds("192.168.1.128/25", "192.168.1.127"));
    assert_true(holds("0.0.0.0/0", "8.8.8.8"));
    assert_false(holds("0.0.0.0/0", "::1"));
    assert_true(holds("2001:db8::/33", "2001:db8:7fff::1"));
    assert_false(holds("2001:db8::/33", "2001:db8:8000::1"));
    assert_true(holds("::/0", "2001:db8::1"));
}

static void ipv4_inside_ipv6_is_ipv4(void **unused)
{
    assert_true(holds("10.0.0.0/8", "::ffff:10.1.2.3"));
    assert_true(holds("::ffff:10.0.0.0/104", "10.1.2.3"));
    assert_false(holds("10.0.0.0/8", "::ffff:11.1.2.3"));
    struct address address = parse("::ffff:127.0.0.1");
    assert_true(address_is_loopback(&address));
}

static void other_texts_are_refused(void **unused)
{
    static const char *const bad[] = {
        "",           "x",
        "1.2.3",      "1.2.3.4.5",
        "1.2.3.256",  "01.2.3.4",
        "1.2.3.4/33", "1.2.3.4/-1",
        "1.2.3.4/",   "1.2.3.4/8x",
        "/8",         "1.2.3.4/0008",
        "10.0.0.1/8", "2001:db8::1/32",
        "::1/129",    "1.2.3.4 ",
        " ::1",       "fe80::1%eth0",
        "localhost",  "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct address address;
        const char *why = NULL;
        if (address_parse(bad[i], &address, &why))
            fail_msg("taken: %s", bad[i]);
        assert_non_null(why);
    }
    struct address address;
    const char *why = NULL;
    assert_false(address_parse("10.0.0.1/8", &address, &why));
    assert_non_null(strstr(why, "behind its prefix"));
}

static void loopback_and_private_networks_are_known(void **unused)
{
    static const struct {
        const char *text;
        bool loopback, private;
    } cases[] = {{"127.0.0.1", true, true},     {"127.9.9.9", true, true},    {"::1", true, true},
                 {"::2", false, false},         {"10.1.1.1", false, true},    {"172.15.0.1", false, false},
                 {"172.31.255.1", false, true}, {"192.168.0.1", false, true}, {"192.169.0.1", false, false},
                 {"fd00::1", false, true},      {"fe80::1", false, true},     {"2001:db8::1", false, false},
                 {"8.8.8.8", false, false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct address address = parse(cases[i].text);
        assert_int_equal(address_is_loopback(&address), cases[i].loopback);
        assert_int_equal(address_is_private(&address), cases[i].private);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_network_holds_its_addresses),
        cmocka_unit_test(ipv4_inside_ipv6_is_ipv4),
        cmocka_unit_test(other_texts_are_refused),
        cmocka_unit_test(loopback_and_private_networks_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "tenants/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "files.h"

static const char *url(const char *text, bool private_too)
{
    const char *url = NULL, *why = NULL;
    bool good = url_parse(arena, text, private_too, &url, &why);
    assert_int_equal(good, url != NULL);
    assert_true(good || why);
    return url;
}

static void a_url_loses_its_trailing_slash(void **unused)
{
    assert_string_equal(url("https://lapak.example.com/", false), "https://lapak.example.com");
    assert_string_equal(url("https://lapak.example.com", false), "https://lapak.example.com");
    assert_string_equal(url("https://lapak.example.com:8443/a/b//", false),
                        "https://lapak.example.com:8443/a/b");
    assert_string_equal(url("https://[2001:db8::1]:8443", false), "https://[2001:db8::1]:8443");
}

static void plain_http_is_for_this_machine(void **unused)
{
    static const char *const own[] = {"http://localhost:8080", "http://127.0.0.1", "http://127.1.2.3:1",
                                      "http://[::1]:8080"};
    static const char *const near[] = {"http://10.0.0.1:8081", "http://telegram-bot-api:8081",
                                       "http://[fd00::1]"};
    static const char *const far[] = {"http://lapak.example.com", "http://8.8.8.8",
                                      "http://localhost.example.com", "http://127.0.0.1.example.com",
                                      "http://[2001:db8::1]"};
    for (size_t i = 0; i < 4; i++)
        assert_non_null(url(own[i], false));
    for (size_t i = 0; i < 3; i++) {
        assert_null(url(near[i], false));
        assert_non_null(url(near[i], true));
    }
    for (size_t i = 0; i < 5; i++)
        assert_null(url(far[i], true));
}

static void what_is_no_url_is_refused(void **unused)
{
    static const char *const bad[] = {"",
                                      "https://",
                                      "https:///x",
                                      "lapak.example.com",
                                      "ftp://a.b",
                                      "HTTPS://a.b",
                                      "https://a b.c",
                                      "https://user@a.b",
                                      "https://user:pw@a.b",
                                      "https://a.b/?x=1",
                                      "https://a.b/#x",
                                      "https://a.b:0",
                                      "https://a.b:65536",
                                      "https://a.b:",
                                      "https://a.b:80x",
                                      "https://a..b",
                                      "https://.a",
                                      "https://-a.b",
                                      "https://[::1",
                                      "https://[::1]x",
                                      "https://[1.2.3.4]",
                                      "https://[::/0]",
                                      "https://a.b/\n",
                                      "https://a.b/\"",
                                      "https://tok\xc3\xb6.id",
                                      "https://a.b\\c"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (url(bad[i], true))
            fail_msg("taken: %s", bad[i]);
}

static void a_listener_is_host_and_port(void **unused)
{
    struct key_hostport hostport = {0};
    const char *why;
    assert_true(url_parse_hostport(arena, "127.0.0.1:8080", &hostport, &why));
    assert_string_equal(hostport.host, "127.0.0.1");
    assert_int_equal(hostport.port, 8080);
    assert_true(url_parse_hostport(arena, "[::1]:65535", &hostport, &why));
    assert_string_equal(hostport.host, "::1");
    assert_int_equal(hostport.port, 65535);
    static const char *const bad[] = {"",
                                      ":",
                                      ":8080",
                                      "127.0.0.1",
                                      "127.0.0.1:",
                                      "127.0.0.1:0",
                                      "127.0.0.1:65536",
                                      "127.0.0.1:080800",
                                      "::1:8080",
                                      "[::1]",
                                      "[::1]8080",
                                      "a:b:1",
                                      "a/b:1",
                                      "127.0.0.1:-1",
                                      "127.0.0.1:80 ",
                                      "*:80"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (url_parse_hostport(arena, bad[i], &hostport, &why))
            fail_msg("taken: %s", bad[i]);
    assert_int_equal(hostport.port, 65535);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_url_loses_its_trailing_slash, files_setup, files_teardown),
        cmocka_unit_test_setup_teardown(plain_http_is_for_this_machine, files_setup, files_teardown),
        cmocka_unit_test_setup_teardown(what_is_no_url_is_refused, files_setup, files_teardown),
        cmocka_unit_test_setup_teardown(a_listener_is_host_and_port, files_setup, files_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

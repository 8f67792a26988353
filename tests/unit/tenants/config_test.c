#include "tenants/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "files.h"

static int setup(void **unused)
{
    setenv("DATABASE_URL", "postgresql://lapak:pw@127.0.0.1/lapak", 1);
    setenv("DATA_ENCRYPTION_KEY", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", 1);
    setenv("OWNER_BOT_TOKEN", "7000001:AAAAAAAAAABBBBBBBBBBCCCCCCCCCCDDDDD", 1);
    /* the defaults are relative paths, which begin at the working directory */
    if (chdir(SOURCE_DIR) != 0)
        return -1;
    return files_setup(NULL);
}

static struct config *read_text(const char *text)
{
    faults = FAULTS_INIT(arena);
    struct env *env = env_read(arena, NULL, &faults);
    struct config *config = config_read(arena, files_write("lapak.yaml", text), env, &faults);
    assert_int_equal(config != NULL, faults.count == 0);
    return config;
}

static const char minimal[] =
    "listen: 127.0.0.1:8080\npublic_url: https://lapak.example.com/\ndatabase_url: ${DATABASE_URL}\n";

static struct config *with(const char *more)
{
    return read_text(arena_printf(arena, "%s%s\n", minimal, more));
}

static void defaults_are_those_documented(void **unused)
{
    struct config *config = read_text(minimal);
    files_expect(&faults, "");
    assert_string_equal(config->listen.host, "127.0.0.1");
    assert_int_equal(config->listen.port, 8080);
    assert_string_equal(config->public_url, "https://lapak.example.com");
    assert_string_equal(config->database_url, "postgresql://lapak:pw@127.0.0.1/lapak");
    assert_string_equal(config->tenants_dir, "tenants");
    assert_string_equal(config->log_dir, "logs");
    assert_string_equal(config->texts_dir, "conf/texts");
    assert_string_equal(config->schema_dir, "schema");
    assert_string_equal(config->telegram_api_base, "https://api.telegram.org");
    assert_string_equal(config->pakasir_api_base, "https://app.pakasir.com/api/v2");
    assert_int_equal(config->lanes, 4);
    assert_int_equal(config->telegram_rate, 30);
    assert_null(config->owner_token);
    assert_memory_equal(config->data_encryption_key, "0123456789abcdef0123456789abcdef", 32);
}

static void the_shipped_file_is_good(void **unused)
{
    struct env *env = env_read(arena, NULL, &faults);
    struct config *config = config_read(arena, "conf/lapak.yaml", env, &faults);
    files_expect(&faults, "");
    assert_string_equal(config->listen.host, "127.0.0.1");
}

static void the_owner_is_whole_or_absent(void **unused)
{
    struct config *config = with("owner: {token: '${OWNER_BOT_TOKEN}', ids: [5, 6]}");
    assert_int_equal(config->owner_ids.count, 2);
    assert_string_equal(config->owner_token, getenv("OWNER_BOT_TOKEN"));
    assert_null(with("owner: {token: '${OWNER_BOT_TOKEN}'}"));
    files_expect(&faults, "lapak.yaml:4: owner: needs both token and ids, or neither\n");
    assert_null(with("owner: {ids: [5]}"));
    setenv("OWNER_BOT_TOKEN", "7000001:short", 1);
    assert_null(with("owner: {token: '${OWNER_BOT_TOKEN}', ids: [5]}"));
    files_expect(
        &faults,
        "lapak.yaml:4: owner.token: the variable does not hold a bot token (digits, a colon, 35 characters, "
        "as @BotFather gives it)\n");
}

static void tls_is_a_pair_or_absent(void **unused)
{
    struct config *config = with("tls: {certificate: /etc/lapak/cert.pem, key: /etc/lapak/key.pem}");
    assert_string_equal(config->tls_certificate, "/etc/lapak/cert.pem");
    assert_string_equal(config->tls_key, "/etc/lapak/key.pem");
    assert_null(with("tls: {key: /etc/lapak/key.pem}"));
    files_expect(&faults, "lapak.yaml:4: tls: needs both certificate and key, or neither\n");
    assert_null(read_text(minimal)->tls_certificate);
}

static void a_password_in_the_file_is_refused(void **unused)
{
    static const char *const good[] = {"postgresql:///lapak",
                                       "postgresql://lapak@db/lapak",
                                       "'postgresql://lapak:${DATA_ENCRYPTION_KEY}@db/lapak'",
                                       "'host=/run/postgresql dbname=lapak'",
                                       "'host=db password=${OWNER_BOT_TOKEN} user=x'",
                                       "'postgresql://db:5432/lapak'",
                                       "'postgresql://lapak:@db/x'"};
    static const char *const bad[] = {"postgresql://lapak:s3cret@db/lapak",
                                      "'postgres://lapak:s3cret${OWNER_BOT_TOKEN}@db/lapak'",
                                      "'host=db password=s3cret'",
                                      "'host=db password = s3cret'",
                                      "\"password='s3cret'\"",
                                      "'postgresql://db/lapak?password=s3cret'",
                                      "'postgresql://lapak:s3:cret@a@db/lapak'",
                                      "'sslpassword=s3cret'",
                                      "'postgresql://u:${OWNER_BOT_TOKEN}x${OWNER_BOT_TOKEN}@db/x'"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        if (!read_text(arena_printf(
                arena, "listen: 127.0.0.1:1\npublic_url: http://127.0.0.1\ndatabase_url: %s\n", good[i])))
            fail_msg("%s: %s", good[i], files_faults(&faults));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (read_text(arena_printf(
                arena, "listen: 127.0.0.1:1\npublic_url: http://127.0.0.1\ndatabase_url: %s\n", bad[i])))
            fail_msg("taken: %s", bad[i]);
        files_expect(&faults, "lapak.yaml:3: database_url: a password must not be written here; put the "
                              "whole URL in .env and write "
                              "${DATABASE_URL}\n");
    }
}

static void the_key_is_explained(void **unused)
{
    static const char *const bad[] = {"short", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZQ==",
                                      "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        setenv("DATA_ENCRYPTION_KEY", bad[i], 1);
        assert_null(read_text(minimal));
        files_expect(&faults, "environment: DATA_ENCRYPTION_KEY: must be 32 bytes in base64; make one with: "
                              "openssl rand -base64 32\n");
    }
    unsetenv("DATA_ENCRYPTION_KEY");
    assert_null(read_text(minimal));
    files_expect(&faults, "environment: DATA_ENCRYPTION_KEY: is not set in the environment (no env file is "
                          "read); make one with: "
                          "openssl rand -base64 32\n");
}

static void everything_wrong_is_listed_by_line(void **unused)
{
    setenv("DATA_ENCRYPTION_KEY", "", 1);
    assert_null(read_text("public_url: http://lapak.example.com\nlisten: 8080\nlanes: 65\nmetrics_allow: "
                          "[10.0.0.1/8, x, '::1']\n"
                          "tenants_dir: /none\ntelegram_api_base: "
                          "http://api.telegram.org\ndata_encryption_key: ${DATA_ENCRYPTION_KEY}\n"));
    files_expect(
        &faults,
        "lapak.yaml:1: public_url: must begin with https:// (http is for this machine alone)\n"
        "lapak.yaml:1: database_url: is missing\n"
        "lapak.yaml:2: listen: must be host:port (127.0.0.1:8080, [::1]:8080)\n"
        "lapak.yaml:3: lanes: must be 1 to 64\n"
        "lapak.yaml:4: metrics_allow: has bits behind its prefix length: write the network's first address\n"
        "lapak.yaml:4: metrics_allow: must be an address or a network (203.0.113.9, 10.0.0.0/8, "
        "2001:db8::/32)\n"
        "lapak.yaml:5: tenants_dir: there is no such directory (a relative path begins at the working "
        "directory)\n"
        "lapak.yaml:6: telegram_api_base: must begin with https:// (http is for this machine and private "
        "networks)\n"
        "lapak.yaml:7: data_encryption_key: unknown key; known here: listen, public_url, database_url, "
        "tenants_dir, "
        "log_dir, log_days, texts_dir, schema_dir, control_socket, telegram_api_base, pakasir_api_base, "
        "telegram_rate, "
        "owner, lanes, "
        "tls, "
        "trusted_proxies, telegram_only_from, "
        "metrics_allow, watch, backup\n"
        "environment: DATA_ENCRYPTION_KEY: is not set in the environment (no env file is read); make one "
        "with: openssl rand "
        "-base64 32\n");
}

static void a_missing_or_broken_file_is_a_fault(void **unused)
{
    struct env *env = env_read(arena, NULL, &faults);
    assert_null(config_read(arena, arena_printf(arena, "%s/none.yaml", directory), env, &faults));
    files_expect(&faults, "none.yaml: No such file or directory\n");
    assert_null(read_text("a: 1\na: 2\n"));
    files_expect(&faults, "lapak.yaml:2: a: the key is already on line 1\n");
    assert_null(read_text(""));
    files_expect(&faults, "lapak.yaml:1: the file is empty\n");
}

static void proxies_and_telegram_are_known_by_address(void **unused)
{
    struct config *config = with("trusted_proxies: [127.0.0.1, '2001:db8::/32']");
    assert_true(config_trusts_proxy(config, "127.0.0.1"));
    assert_true(config_trusts_proxy(config, "::ffff:127.0.0.1"));
    assert_true(config_trusts_proxy(config, "2001:db8::7"));
    assert_false(config_trusts_proxy(config, "127.0.0.2"));
    assert_false(config_trusts_proxy(config, "unknown"));
    assert_true(config_allows_telegram(config, "203.0.113.9"));
    assert_true(config_allows_telegram(config, "unknown"));

    config = with("telegram_only_from: [149.154.160.0/20, 91.108.4.0/22]");
    assert_false(config_trusts_proxy(config, "127.0.0.1"));
    assert_true(config_allows_telegram(config, "149.154.167.220"));
    assert_true(config_allows_telegram(config, "91.108.7.255"));
    assert_false(config_allows_telegram(config, "91.108.8.0"));
    assert_false(config_allows_telegram(config, "127.0.0.1"));
    assert_false(config_allows_telegram(config, "unknown"));
}

static void metrics_are_for_those_allowed(void **unused)
{
    struct config *config = with("metrics_allow: [203.0.113.9, 10.0.0.0/8, '2001:db8::/32']");
    assert_non_null(config);
    static const char *const allowed[] = {"127.0.0.1",          "::1",      "::ffff:127.0.0.1", "203.0.113.9",
                                          "::ffff:203.0.113.9", "10.9.9.9", "2001:db8::5"};
    static const char *const refused[] = {"203.0.113.10", "11.0.0.1", "2001:db9::1", "", "x", "10.0.0.0/8",
                                          "0.0.0.0/0",    "::",       "fe80::1%eth0"};
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
        assert_true(config_allows_metrics(config, allowed[i]));
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        assert_false(config_allows_metrics(config, refused[i]));
    assert_false(config_allows_metrics(read_text(minimal), "203.0.113.9"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(defaults_are_those_documented, setup, files_teardown),
        cmocka_unit_test_setup_teardown(the_shipped_file_is_good, setup, files_teardown),
        cmocka_unit_test_setup_teardown(the_owner_is_whole_or_absent, setup, files_teardown),
        cmocka_unit_test_setup_teardown(tls_is_a_pair_or_absent, setup, files_teardown),
        cmocka_unit_test_setup_teardown(a_password_in_the_file_is_refused, setup, files_teardown),
        cmocka_unit_test_setup_teardown(the_key_is_explained, setup, files_teardown),
        cmocka_unit_test_setup_teardown(everything_wrong_is_listed_by_line, setup, files_teardown),
        cmocka_unit_test_setup_teardown(a_missing_or_broken_file_is_a_fault, setup, files_teardown),
        cmocka_unit_test_setup_teardown(proxies_and_telegram_are_known_by_address, setup, files_teardown),
        cmocka_unit_test_setup_teardown(metrics_are_for_those_allowed, setup, files_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

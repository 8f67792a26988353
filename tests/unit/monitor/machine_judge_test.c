/* What of the machine is an alert. The alerts are this test's own, by kind and subject. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "monitor/internal.h"
#include "watch/alerts.h"

static char told[4000];

static void tell(const char *sign, enum alert_kind kind, const char *subject, const char *detail)
{
    static const char *const names[] = {[ALERT_CPU] = "cpu",
                                        [ALERT_MEMORY] = "memory",
                                        [ALERT_DISK] = "disk",
                                        [ALERT_LOGS] = "logs",
                                        [ALERT_DATABASE] = "database",
                                        [ALERT_CONNECTIONS] = "connections",
                                        [ALERT_CERTIFICATE] = "certificate",
                                        [ALERT_CLOCK] = "clock",
                                        [ALERT_OUTBOX_LATE] = "outbox",
                                        [ALERT_JOBS_LATE] = "jobs"};
    size_t length = strlen(told);
    snprintf(told + length, sizeof told - length, "%s%s%s%s%s%s\n", sign, names[kind], *subject ? "/" : "",
             subject, *detail ? " " : "", detail);
}

void alert_raise(const char *store, enum alert_kind kind, const char *subject, const char *detail, ...)
{
    char text[400];
    va_list values;
    assert_null(store);
    va_start(values, detail);
    vsnprintf(text, sizeof text, detail, values);
    va_end(values);
    tell("+", kind, subject, text);
}

void alert_clear(const char *store, enum alert_kind kind, const char *subject)
{
    assert_null(store);
    tell("-", kind, subject, "");
}

static const struct watch_limits limits = {.outbox_late = 120,
                                           .jobs_late = 120,
                                           .cpu = 80,
                                           .memory = 80,
                                           .disk = 85,
                                           .connections = 80,
                                           .logs_mb = 512,
                                           .certificate_days = 14,
                                           .clock_seconds = 5};
static struct monitor_options options = {.limits = &limits, .has_owner_bot = true};
static const int64_t now_ms = 1763800000000, day_ms = 86400000;

static int nothing(void **state)
{
    *told = '\0';
    return 0;
}

static void what_is_not_known_is_neither(void **state)
{
    struct machine_figures figures = {.cpu_percent = -1, .memory_percent = -1, .log_bytes = -1};
    judge_machine(&figures, &limits);
    judge_clocks(&figures, &limits);
    judge_certificate("file.pem", 0, &limits, now_ms);
    assert_string_equal(told, "");
}

static void limits_are_exceeded_not_reached(void **state)
{
    struct machine_figures figures = {.cpu_percent = 80,
                                      .memory_percent = 81,
                                      .disks = {{true, 85, 0}, {true, 86, 0}, {false, 99, 0}},
                                      .log_bytes = (int64_t)512 << 20};
    judge_machine(&figures, &limits);
    assert_string_equal(told, "-cpu\n+memory 81 %\n-disk/logs\n+disk/backups 86 %\n-logs\n");
    *told = '\0';
    figures.log_bytes++;
    figures.cpu_percent = 100;
    judge_machine(&figures, &(struct watch_limits){.cpu = 100, .memory = 100, .disk = 100, .logs_mb = 512});
    assert_string_equal(told, "-cpu\n-memory\n-disk/logs\n-disk/backups\n+logs 512 MB\n");
}

static void the_database(void **state)
{
    struct machine_figures figures = {.connections = 80, .most_connections = 100};
    struct machine_database database = {.outbox_late = 121, .jobs_late = 120};
    judge_database(&figures, &database, NULL, &options);
    assert_string_equal(told, "-database\n-connections\n+outbox 121 s\n-jobs\n");
    *told = '\0';
    options.has_owner_bot = false;
    figures.connections = 97;
    judge_database(&figures, &database, NULL, &options);
    assert_string_equal(told, "-database\n+connections 97 %\n-jobs\n");
    *told = '\0';
    struct error err;
    (void)error_set(&err, ERR_RETRY, "no connection");
    judge_database(&figures, &database, &err, &options);
    assert_string_equal(told, "+database no connection\n");
    options.has_owner_bot = true;
}

static void certificates(void **state)
{
    judge_certificate("a", now_ms + 14 * day_ms, &limits, now_ms);
    judge_certificate("b", now_ms + 14 * day_ms - 1, &limits, now_ms);
    judge_certificate("c", now_ms - 2 * day_ms, &limits, now_ms);
    assert_string_equal(told,
                        "-certificate/a\n+certificate/b 2025-12-06 (13)\n+certificate/c 2025-11-20 (-2)\n");
}

static void clocks(void **state)
{
    struct machine_figures figures = {.clock_known = {true, true, true}, .clock_ms = {5000, -5001, 7250}};
    judge_clocks(&figures, &limits);
    assert_string_equal(told, "-clock/PostgreSQL\n+clock/Telegram -5.0 s\n+clock/Pakasir +7.2 s\n");
}

int main(void)
{
#define JUDGE_TEST(test) cmocka_unit_test_setup(test, nothing)
    const struct CMUnitTest tests[] = {
        JUDGE_TEST(what_is_not_known_is_neither),
        JUDGE_TEST(limits_are_exceeded_not_reached),
        JUDGE_TEST(the_database),
        JUDGE_TEST(certificates),
        JUDGE_TEST(clocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The page of /metrics, read as Prometheus reads it. */
#include "watch/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>
#include <fcntl.h>
#include <pthread.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct arena *arena;

static int set_up(void **state)
{
    arena = arena_new();
    return 0;
}

static int tear_down(void **state)
{
    arena_free(&arena);
    return 0;
}

static bool fits(const char *line, const char *pattern)
{
    regex_t regex;
    assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    bool fit = regexec(&regex, line, 0, NULL, 0) == 0;
    regfree(&regex);
    return fit;
}

#define NAME "[a-z_][a-z0-9_]*"

static bool already_seen(const char *seen, const char *item)
{
    return strstr(seen, arena_printf(arena, "\n%s\n", item));
}

/* Text format 0.0.4: every line of a known form; HELP, TYPE and then all rows of a name, once each. */
static void check_page(const char *page)
{
    struct str names = STR_INIT(arena), rows = STR_INIT(arena);
    str_add(&names, "\n");
    str_add(&rows, "\n");
    const char *name = "";
    char *rest = NULL, *text = arena_strdup(arena, page);
    assert_true(*page && page[strlen(page) - 1] == '\n');
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        if (fits(line, "^# HELP " NAME " .+$")) {
            name = arena_memdup(arena, line + 7, strcspn(line + 7, " "));
            if (already_seen(names.text, name))
                fail_msg("%s comes twice", name);
            str_addf(&names, "%s\n", name);
        } else if (fits(line, "^# TYPE " NAME " (counter|gauge|histogram)$")) {
            assert_true(strncmp(line + 7, name, strlen(name)) == 0 && line[7 + strlen(name)] == ' ');
            bool is_total = fits(name, "_total$"), is_counter = fits(line, " counter$");
            assert_int_equal(is_total, is_counter);
        } else if (fits(line, "^" NAME "(\\{" NAME "=\"[^\"\\]*\"(," NAME
                              "=\"[^\"\\]*\")*\\})? -?[0-9]+(\\.[0-9]+)?$")) {
            char *row = arena_memdup(arena, line, (size_t)(strrchr(line, ' ') - line));
            const char *rest_of_name = line + strlen(name);
            assert_memory_equal(line, name, strlen(name));
            assert_true(*rest_of_name == ' ' || *rest_of_name == '{' ||
                        fits(rest_of_name, "^_(bucket\\{le=\"[^\"]+\"\\}|sum|count) "));
            if (already_seen(rows.text, row))
                fail_msg("%s comes twice", row);
            str_addf(&rows, "%s\n", row);
        } else {
            fail_msg("not of the format: %s", line);
        }
    }
}

/* The number behind `row`, or -1. */
static int64_t value_of(const char *page, const char *row)
{
    const char *at = strstr(page, arena_printf(arena, "\n%s ", row));
    return at ? strtoll(at + strlen(row) + 2, NULL, 10) : -1;
}

static void every_counter_is_on_the_page(void **state)
{
    struct str page = STR_INIT(arena);
    metrics_render(&page);
    check_page(str_done(&page));
    size_t rows = 0;
    for (const char *p = page.text; *p; p++)
        rows += *p == '\n' && p[1] && p[1] != '#';
    assert_int_equal(rows, METRIC_COUNT + METRIC_TIME_COUNT * 17);
}

static void times_fall_into_buckets(void **state)
{
    static const struct {
        int64_t us;
        const char *first; /* the bucket it is in first */
    } cases[] = {{0, "0.005"},       {-7, "0.005"},       {5000, "0.005"},
                 {5001, "0.01"},     {1000000, "1"},      {1000001, "2.5"},
                 {300000000, "300"}, {300000001, "+Inf"}, {INT64_C(5) << 40, "+Inf"}};
    static const char name[] = "lapak_delivery_seconds";
    struct str before = STR_INIT(arena), page = STR_INIT(arena);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *row = arena_printf(arena, "%s_bucket{le=\"%s\"}", name, cases[i].first);
        before = page = STR_INIT(arena);
        metrics_render(&before);
        metrics_time(METRIC_DELIVERY, cases[i].us);
        metrics_render(&page);
        assert_int_equal(value_of(str_done(&page), row), value_of(str_done(&before), row) + 1);
        row = arena_printf(arena, "%s_bucket{le=\"0.005\"}", name);
        assert_int_equal(value_of(page.text, row) - value_of(before.text, row),
                         !strcmp(cases[i].first, "0.005"));
        row = arena_printf(arena, "%s_count", name);
        assert_int_equal(value_of(page.text, row), value_of(before.text, row) + 1);
    }
    check_page(page.text);
}

static void counting_moves_one_row(void **state)
{
    uint64_t before = metrics_value(METRIC_HINTS_NOTED), other = metrics_value(METRIC_HINTS_WRONG);
    for (int i = 0; i < 3; i++)
        metrics_count(METRIC_HINTS_NOTED);
    assert_int_equal(metrics_value(METRIC_HINTS_NOTED), before + 3);
    assert_int_equal(metrics_value(METRIC_HINTS_WRONG), other);
    struct str page = STR_INIT(arena);
    metrics_render(&page);
    assert_int_equal(value_of(str_done(&page), "lapak_payment_hints_total{result=\"noted\"}"), before + 3);
    assert_int_equal(value_of(page.text, "lapak_payment_hints_total{result=\"wrong\"}"), other);
}

enum { THREADS = 4, ROUNDS = 20000 };

static void *count_much(void *argument)
{
    for (int i = 0; i < ROUNDS; i++)
        metrics_count(METRIC_UPDATES_HANDLED);
    return NULL;
}

static void counting_from_many_threads_loses_nothing(void **state)
{
    uint64_t before = metrics_value(METRIC_UPDATES_HANDLED);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_much, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(metrics_value(METRIC_UPDATES_HANDLED), before + THREADS * ROUNDS);
}

static void figures_with_and_without_labels(void **state)
{
    struct str page = STR_INIT(arena);
    metrics_figure(&page, "lapak_a", "gauge", "What it is.", "", -5);
    metrics_figure(&page, "lapak_b_total", "counter", "Another.", "store=\"kopi\"", INT64_MAX);
    metrics_row(&page, "lapak_b_total", "store=\"teh\"", 0);
    assert_string_equal(str_done(&page), "# HELP lapak_a What it is.\n"
                                         "# TYPE lapak_a gauge\n"
                                         "lapak_a -5\n"
                                         "# HELP lapak_b_total Another.\n"
                                         "# TYPE lapak_b_total counter\n"
                                         "lapak_b_total{store=\"kopi\"} 9223372036854775807\n"
                                         "lapak_b_total{store=\"teh\"} 0\n");
    check_page(page.text);
}

static void the_process_is_described(void **state)
{
    struct str page = STR_INIT(arena), after = STR_INIT(arena);
    str_add(&page, "\n");
    metrics_process(&page);
    check_page(page.text + 1);
    int64_t files = value_of(page.text, "process_open_fds");
    assert_in_range(value_of(page.text, "process_resident_memory_bytes"), 1 << 20, (int64_t)1 << 40);
    assert_in_range(value_of(page.text, "lapak_uptime_seconds"), 0, 600);
    assert_true(files >= 3);
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    str_add(&after, "\n");
    metrics_process(&after);
    assert_int_equal(value_of(after.text, "process_open_fds"), files + 2);
    close(fds[0]);
    close(fds[1]);
}

int main(void)
{
#define METRICS_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        METRICS_TEST(every_counter_is_on_the_page),    METRICS_TEST(counting_moves_one_row),
        METRICS_TEST(times_fall_into_buckets),         METRICS_TEST(counting_from_many_threads_loses_nothing),
        METRICS_TEST(figures_with_and_without_labels), METRICS_TEST(the_process_is_described),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

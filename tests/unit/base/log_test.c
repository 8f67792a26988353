#include "base/log.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log_file.h"
#include "base/str.h"

static struct arena *arena;
static char directory[64];

static int setup(void **unused)
{
    arena = arena_new();
    strcpy(directory, "/tmp/log_test.XXXXXX");
    return mkdtemp(directory) ? 0 : -1;
}

static int teardown(void **unused)
{
    assert_int_equal(system(arena_printf(arena, "rm -r %s", directory)), 0);
    arena_free(&arena);
    return 0;
}

static void start(void)
{
    struct error err;
    assert_true(log_start(arena_printf(arena, "%s/a/b", directory), LOG_INFO, false, &err));
}

/* Everything in the folder's files, day by day (a test may run across midnight). */
static char *contents(const char *folder)
{
    struct str text = STR_INIT(arena);
    struct dirent **names;
    char *path = arena_printf(arena, "%s/a/b/%s", directory, folder);
    int count = scandir(path, &names, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        FILE *file = names[i]->d_name[0] == '.'
                         ? NULL
                         : fopen(arena_printf(arena, "%s/%s", path, names[i]->d_name), "r");
        char part[4096];
        for (size_t n; file && (n = fread(part, 1, sizeof part, file)) > 0;)
            str_add_bytes(&text, part, n);
        if (file)
            fclose(file);
        free(names[i]);
    }
    if (count >= 0)
        free(names);
    return str_done(&text);
}

static size_t count_lines(const char *text)
{
    size_t lines = 0;
    for (; *text; text++)
        lines += *text == '\n';
    return lines;
}

static void lines_go_to_the_file_of_their_store(void **unused)
{
    int64_t before = clock_now_ms(), at_ms = 0;
    start();
    log_info("kopi-digital", "order %d", 7);
    log_warn(NULL, "server %s", "line");
    log_debug("kopi-digital", "not shown");
    log_stop();
    char *store = contents("kopi-digital"), *server = contents("server");
    assert_int_equal(count_lines(store), 1);
    assert_string_equal(store + 26, " [info] order 7\n");
    assert_string_equal(server + 26, " [warn] server line\n");
    char stamp[25];
    snprintf(stamp, sizeof stamp, "%.24s", store + 1);
    assert_true(store[0] == '[' && store[25] == ']' && clock_parse_rfc3339(stamp, &at_ms));
    assert_true(at_ms >= before && at_ms <= clock_now_ms());
}

static void one_message_is_one_line(void **unused)
{
    start();
    log_info(NULL, "a\nb\rc\x1b[31m\td\x7f \xff \xc2\x85 \xe2\x80\xa8 \xf0\x9f\x98\x80 é");
    log_stop();
    assert_string_equal(contents("server") + 26,
                        " [info] a\\nb\\x0dc\\x1b[31m\\x09d\\x7f \\xff \\x85 \\u2028 \xf0\x9f\x98\x80 é\n");
}

static void tokens_are_blanked(void **unused)
{
    start();
    log_info(NULL, "GET /bot1234567890:AAE-abcdefghijklmnopqrstuvwxyz_0123/getMe");
    log_info(NULL, "123456:abcdefghijklmnopqrstuvwxyz0123 and 99123456:abcdefghijklmnopqrstuvwxyz0123");
    log_info(NULL, "12345:abcdefghijklmnopqrstuvwxyz0123 123456:abcdefghijklmnopqrstuvwxyz012 9:16:01");
    log_stop();
    char *text = contents("server");
    assert_non_null(strstr(text, "GET /bot[token]/getMe\n"));
    assert_non_null(strstr(text, "[info] [token] and [token]\n"));
    assert_non_null(
        strstr(text, "12345:abcdefghijklmnopqrstuvwxyz0123 123456:abcdefghijklmnopqrstuvwxyz012 9:16:01\n"));
}

static void a_long_message_is_cut(void **unused)
{
    char *message = arena_alloc(arena, 100001);
    memset(message, 'x', 100000);
    start();
    log_info(NULL, "%s", message);
    log_stop();
    char *text = contents("server");
    assert_true(strlen(text) > 8000 && strlen(text) < 8300);
    assert_non_null(strstr(text, "xxx...\n"));
}

static void a_store_name_is_no_path(void **unused)
{
    start();
    log_error("../../evil", "outside");
    log_error("", "empty");
    log_error("a/b", "slash");
    log_stop();
    assert_int_equal(count_lines(contents("server")), 3);
    assert_non_null(strstr(contents("server"), "(store \"../../evil\") outside"));
    assert_int_equal(access(arena_printf(arena, "%s/evil", directory), F_OK), -1);
}

static void more_stores_than_open_files_lose_nothing(void **unused)
{
    start();
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < 150; i++)
            log_info(arena_printf(arena, "store-%d", i), "round %d", round);
    log_stop();
    for (int i = 0; i < 150; i++) {
        char *text = contents(arena_printf(arena, "store-%d", i));
        assert_int_equal(count_lines(text), 3);
        assert_non_null(strstr(text, "round 0\n"));
        assert_true(strstr(text, "round 2\n") > strstr(text, "round 1\n"));
    }
}

static void *write_many(void *name)
{
    for (int i = 0; i < 5000; i++)
        log_info(name, "line %d", i);
    return NULL;
}

static void threads_lose_nothing_below_the_bound(void **unused)
{
    static char *const names[] = {"one", "two", "three", "one"};
    uint64_t dropped = log_dropped();
    pthread_t threads[4];
    start();
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, names[i]), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    log_stop();
    assert_int_equal(log_dropped(), dropped);
    assert_int_equal(count_lines(contents("one")), 10000);
    assert_int_equal(count_lines(contents("two")), 5000);
}

static void *drain(void *path)
{
    static char part[65536];
    int fd = open(path, O_RDONLY);
    while (read(fd, part, sizeof part) > 0)
        ;
    close(fd);
    return NULL;
}

/* A FIFO in the place of the day's file holds the writer up until somebody reads it; meanwhile the queue
 * takes 16 MiB, and what the writer had taken before it got stuck is at most as much. */
static void a_full_queue_drops_and_counts(void **unused)
{
    enum { LINES = 6000, SIZE = 7000 };
    char stamp[25];
    clock_format_utc(clock_now_ms(), stamp);
    uint64_t dropped = log_dropped();
    start();
    char *folder = arena_printf(arena, "%s/a/b/stuck", directory);
    char *fifo = arena_printf(arena, "%s/%.10s.log", folder, stamp);
    char *message = arena_alloc(arena, SIZE + 1);
    memset(message, 'x', SIZE);
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    log_info("stuck", "first");
    for (int i = 0; i < LINES; i++)
        log_info(NULL, "%s", message);
    uint64_t lost = log_dropped() - dropped;
    assert_true(lost >= LINES - 2 * 16 * 1024 * 1024 / SIZE && lost < LINES);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, drain, fifo), 0);
    log_stop();
    pthread_join(thread, NULL);
    assert_int_equal(log_dropped() - dropped, lost);
    size_t reports = 0;
    uint64_t reported = 0;
    char *text = contents("server");
    for (char *at = text; (at = strstr(at, "[warn] log: ")); reports++) {
        at += strlen("[warn] log: ");
        reported += strtoull(at, NULL, 10);
    }
    assert_int_equal(reported, lost);
    assert_int_equal(count_lines(text), LINES - lost + reports);
}

static void a_new_day_is_a_new_file(void **unused)
{
    struct error err;
    assert_true(log_file_open(arena_printf(arena, "%s/a/b", directory), &err));
    assert_true(log_file_add("shop", INT64_C(1795391999999), "before\n", 7)); /* 2026-11-22T23:59:59.999Z */
    assert_true(log_file_add("shop", INT64_C(1795392000000), "after\n", 6));
    assert_true(log_file_flush());
    log_file_close();
    struct stat info;
    assert_int_equal(stat(arena_printf(arena, "%s/a/b/shop/2026-11-22.log", directory), &info), 0);
    assert_int_equal(info.st_size, 7);
    assert_int_equal(info.st_mode & 0777, 0640);
    assert_int_equal(stat(arena_printf(arena, "%s/a/b/shop/2026-11-23.log", directory), &info), 0);
    assert_int_equal(info.st_size, 6);
}

static void a_directory_that_is_none_is_refused(void **unused)
{
    struct error err = {0};
    assert_false(log_start("/dev/null/logs", LOG_INFO, false, &err));
    assert_non_null(strstr(err.text, "/dev/null"));
    assert_false(log_start("", LOG_INFO, false, &err));
}

static void errors_are_counted(void **unused)
{
    uint64_t before = log_errors();
    start();
    log_error("shop", "x");
    log_warn("shop", "y");
    log_stop();
    assert_int_equal(log_errors(), before + 1);
}

static struct {
    int calls;
    char store[65], message[200];
} reported;

static void note_error(const char *store, const char *message)
{
    reported.calls++;
    snprintf(reported.store, sizeof reported.store, "%s", store ? store : "-");
    snprintf(reported.message, sizeof reported.message, "%s", message);
    log_error(NULL, "whoever listens has a fault too");
}

static void error_lines_are_reported_and_their_listeners_are_not(void **unused)
{
    uint64_t before = log_errors();
    start();
    log_on_error(note_error);
    log_warn("kopi", "a warning");
    log_alerted("kopi", "an alert of its own");
    assert_int_equal(reported.calls, 0);
    log_error("kopi", "two\nlines of 1234567:abcdefghijklmnopqrstuvwxyzABCDEFGHI");
    assert_int_equal(reported.calls, 1);
    assert_string_equal(reported.store, "kopi");
    assert_string_equal(reported.message, "two\\nlines of [token]");
    log_error("../etc", "no store's name");
    assert_string_equal(reported.store, "-");
    log_on_error(NULL);
    log_error(NULL, "nobody listens");
    log_stop();
    assert_int_equal(reported.calls, 2);
    assert_int_equal(log_errors() - before, 6);
    assert_non_null(strstr(contents("kopi"), "] [error] an alert of its own\n"));
}

static void put_file(const char *name)
{
    FILE *file = fopen(arena_printf(arena, "%s/shop/%s", directory, name), "w");
    assert_non_null(file);
    fclose(file);
}

static void old_files_are_removed(void **unused)
{
    static const char *const names[] = {"2026-01-01.log", "2026-02-28.log", "2026-03-01.log",
                                        "2026-1-1.log",   "notes.txt",      "2026-01-01.log.gz"};
    static const char *const kept[] = {"2026-03-01.log", "2026-1-1.log", "notes.txt", "2026-01-01.log.gz"};
    size_t removed = 0;
    struct error err;
    assert_int_equal(mkdir(arena_printf(arena, "%s/shop", directory), 0700), 0);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        put_file(names[i]);
    assert_int_equal(
        symlink(arena_printf(arena, "%s/shop", directory), arena_printf(arena, "%s/elsewhere", directory)),
        0);
    /* 2026-03-01 12:00: that day is not over */
    assert_true(log_file_remove_old(directory, 1772366400000, &removed, &err));
    assert_int_equal(removed, 2);
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        assert_int_equal(access(arena_printf(arena, "%s/shop/%s", directory, kept[i]), F_OK), 0);
    assert_false(log_file_remove_old("/nowhere/at/all", 0, &removed, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lines_go_to_the_file_of_their_store, setup, teardown),
        cmocka_unit_test_setup_teardown(one_message_is_one_line, setup, teardown),
        cmocka_unit_test_setup_teardown(tokens_are_blanked, setup, teardown),
        cmocka_unit_test_setup_teardown(a_long_message_is_cut, setup, teardown),
        cmocka_unit_test_setup_teardown(a_store_name_is_no_path, setup, teardown),
        cmocka_unit_test_setup_teardown(more_stores_than_open_files_lose_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(threads_lose_nothing_below_the_bound, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_queue_drops_and_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(a_new_day_is_a_new_file, setup, teardown),
        cmocka_unit_test_setup_teardown(a_directory_that_is_none_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(errors_are_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(error_lines_are_reported_and_their_listeners_are_not, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(old_files_are_removed, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

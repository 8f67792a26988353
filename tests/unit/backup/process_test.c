#include "backup/process.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backup/target.h"
#include "base/clock.h"
#include "base/str.h"

static struct arena *arena;
static struct str said;
static size_t fed;

static char path[] = "PATH=/usr/bin:/bin";
static char *const environment[] = {path, NULL};

static int setup(void **unused)
{
    arena = arena_new();
    said = STR_INIT(arena);
    fed = 0;
    signal(SIGPIPE, SIG_IGN);
    return 0;
}

static int teardown(void **unused)
{
    target_start();
    arena_free(&arena);
    return 0;
}

static bool take(void *context, const void *bytes, size_t length, struct error *err)
{
    if (context)
        return error_set(err, ERR_RETRY, "no more");
    str_add_bytes(&said, bytes, length);
    return true;
}

/* A megabyte, in pieces. */
static bool feed(void *context, const void **bytes_out, size_t *length_out, struct error *err)
{
    static const char piece[1000];
    *bytes_out = piece;
    *length_out = fed < 1000000 ? sizeof piece : 0;
    fed += *length_out;
    return true;
}

static bool run(const char *script, struct process process, struct error *err)
{
    const char *const arguments[] = {"sh", "-c", script, NULL};
    process.arguments = arguments;
    process.environment = environment;
    process.most_ms = process.most_ms ? process.most_ms : 20000;
    process.take = take;
    return process_run(&process, err);
}

static void what_it_reads_and_writes_goes_through(void **unused)
{
    struct error err;
    assert_true(run("wc -c", (struct process){.feed = feed}, &err));
    assert_int_equal(atoi(str_done(&said)), 1000000);
    said = STR_INIT(arena);
    fed = 0;
    /* both ways at once, past what pipes hold */
    assert_true(run("cat", (struct process){.feed = feed}, &err));
    assert_int_equal(said.length, 1000000);
}

static void it_gets_nothing_of_ours(void **unused)
{
    struct error err;
    setenv("BACKUP_KEY", "a secret", 1);
    assert_true(run("env; ls /proc/self/fd | wc -l; cat", (struct process){0}, &err));
    assert_null(strstr(str_done(&said), "secret"));
    assert_non_null(strstr(str_done(&said), "\n4\n")); /* 0, 1, 2, and ls's own */
}

static void its_complaint_is_the_error(void **unused)
{
    struct error err;
    assert_false(run("echo 'x: error: it is so' >&2; echo more >&2; exit 3", (struct process){0}, &err));
    assert_string_equal(err.text, "sh: it is so");
    assert_int_equal(err.code, ERR_INTERNAL);
    assert_false(run("exit 3", (struct process){0}, &err));
    assert_string_equal(err.text, "sh: it ended without saying why");
    assert_false(run("kill -9 $$", (struct process){0}, &err));
    assert_false(run("exit 3", (struct process){.feed = feed}, &err)); /* it does not read what it is given */
    assert_string_equal(err.text, "sh: it ended without saying why");
    /* more complaints than anybody reads */
    assert_false(run("yes complaint | head -c 1000000 >&2; exit 1", (struct process){0}, &err));
    assert_string_equal(err.text, "sh: complaint");
}

static void one_that_is_not_there_is_named(void **unused)
{
    static const char *const arguments[] = {"pg_dump_of_nobody", NULL};
    const struct process process = {
        .arguments = arguments, .environment = environment, .most_ms = 1000, .take = take};
    struct error err;
    assert_false(process_run(&process, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "pg_dump_of_nobody is not installed"));
}

static void it_ends_with_its_time_and_with_ours(void **unused)
{
    struct error err;
    int64_t began = clock_mono_ms();
    assert_false(run("exec sleep 60", (struct process){.most_ms = 300}, &err));
    assert_int_equal(err.code, ERR_RETRY);
    assert_false(run("yes", (struct process){.context = &err}, &err)); /* nobody takes what it writes */
    assert_string_equal(err.text, "no more");
    target_stop();
    assert_false(run("exec sleep 60", (struct process){0}, &err));
    assert_int_equal(err.code, ERR_RETRY);
    assert_true(clock_mono_ms() - began < 30000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_it_reads_and_writes_goes_through, setup, teardown),
        cmocka_unit_test_setup_teardown(it_gets_nothing_of_ours, setup, teardown),
        cmocka_unit_test_setup_teardown(its_complaint_is_the_error, setup, teardown),
        cmocka_unit_test_setup_teardown(one_that_is_not_there_is_named, setup, teardown),
        cmocka_unit_test_setup_teardown(it_ends_with_its_time_and_with_ours, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

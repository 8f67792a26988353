#include "backup/target.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

#include <cmocka.h>

#include "base/str.h"

static struct arena *arena;
static struct target *target;
static char place[] = "/tmp/lapak-target-XXXXXX";

static int setup(void **unused)
{
    struct error err;
    arena = arena_new();
    assert_non_null(mkdtemp(place));
    assert_true(target_open(arena_printf(arena, "%s/backups", place), &target, &err));
    return 0;
}

static int teardown(void **unused)
{
    target_close(&target);
    int ended = system(arena_printf(arena, "rm -rf %s", place)); /* of our own making */
    memcpy(place + strlen(place) - 6, "XXXXXX", 6);
    arena_free(&arena);
    return ended;
}

static const char *text_of(const char *key)
{
    struct error err;
    char *bytes;
    size_t length;
    return target_get_whole(target, arena, key, 100, &bytes, &length, &err) ? bytes : err.text;
}

static void put(const char *key, const char *text)
{
    struct error err;
    assert_true(target_put_whole(target, key, text, strlen(text), &err));
}

static size_t count_of(const char *prefix)
{
    struct error err;
    struct target_object *objects;
    size_t count;
    assert_true(target->kind->list(target, arena, prefix, &objects, &count, &err));
    return count;
}

static void objects_are_kept_and_listed(void **unused)
{
    struct error err;
    struct target_object *objects;
    size_t count;
    struct stat st;
    put("kopi/20261122T190000Z.lapak", "one");
    put("kopi/20261122T190000Z.json", "{}");
    put("teh/20261122T190000Z.lapak", "two");
    assert_string_equal(text_of("kopi/20261122T190000Z.lapak"), "one");
    assert_int_equal(count_of(""), 3);
    assert_int_equal(count_of("kopi/"), 2);
    assert_int_equal(count_of("kop"), 2);
    assert_int_equal(count_of("nobody/"), 0);
    assert_true(target->kind->list(target, arena, "teh/", &objects, &count, &err));
    assert_string_equal(objects[0].key, "teh/20261122T190000Z.lapak");
    assert_int_equal(objects[0].size, 3);
    assert_int_equal(stat(arena_printf(arena, "%s/backups/%s", place, objects[0].key), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_true(target->kind->remove(target, "teh/20261122T190000Z.lapak", &err));
    assert_true(target->kind->remove(target, "teh/20261122T190000Z.lapak", &err));
    assert_int_equal(count_of(""), 2);
}

static void what_is_not_ended_is_not_there(void **unused)
{
    struct error err;
    struct target_put *writing;
    put("kopi/a.lapak", "old");
    assert_true(target->kind->put_begin(target, "kopi/a.lapak", &writing, &err));
    assert_true(target->kind->put_write(writing, "new", 3, &err));
    assert_string_equal(text_of("kopi/a.lapak"), "old");
    assert_int_equal(count_of("kopi/"), 1);
    target->kind->put_abort(writing);
    assert_string_equal(text_of("kopi/a.lapak"), "old");
    put("kopi/a.lapak", "new");
    assert_string_equal(text_of("kopi/a.lapak"), "new");
}

static void what_a_crash_left_is_cleared_away(void **unused)
{
    char *left = arena_printf(arena, "%s/backups/kopi/a.lapak.77.part", place);
    put("kopi/a.lapak", "one");
    FILE *file = fopen(left, "we");
    assert_non_null(file);
    fclose(file);
    put("kopi/b.lapak", "two");
    assert_int_equal(access(left, F_OK), 0); /* somebody may be writing it */
    assert_int_equal(utime(left, &(struct utimbuf){1, 1}), 0);
    put("kopi/c.lapak", "three");
    assert_int_not_equal(access(left, F_OK), 0);
}

static void faults_are_told_apart(void **unused)
{
    struct error err;
    struct target_get *get;
    struct target_put *writing;
    char *bytes;
    size_t length;
    assert_false(target->kind->get_begin(target, "kopi/none.lapak", &get, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_false(target->kind->put_begin(target, "../../etc/passwd", &writing, &err));
    put("kopi/a.lapak", "more than five");
    assert_false(target_get_whole(target, arena, "kopi/a.lapak", 5, &bytes, &length, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_true(target->kind->put_begin(target, "kopi/b.lapak", &writing, &err));
    target_stop();
    assert_false(target->kind->put_write(writing, "x", 1, &err));
    assert_int_equal(err.code, ERR_RETRY);
    target->kind->put_abort(writing);
    target_start();
    assert_int_equal(count_of(""), 1);
}

static void keys_are_names_and_no_paths(void **unused)
{
    assert_true(target_is_key("kopi-digital/20261122T190000Z.lapak"));
    static const char *const bad[] = {"",      "kopi",    "/kopi",   "kopi/",    "../kopi",  "kopi/../a",
                                      "a/b/c", ".kopi/a", "kopi/.a", "kopi/a b", "kopi/a\n", "ko pi/a"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(target_is_key(bad[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(objects_are_kept_and_listed, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_not_ended_is_not_there, setup, teardown),
        cmocka_unit_test_setup_teardown(what_a_crash_left_is_cleared_away, setup, teardown),
        cmocka_unit_test_setup_teardown(faults_are_told_apart, setup, teardown),
        cmocka_unit_test(keys_are_names_and_no_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

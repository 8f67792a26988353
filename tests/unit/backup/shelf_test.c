#include "backup/shelf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/str.h"

enum { DAY = 24 * 3600 * 1000 };

static const uint8_t key[CRYPTO_KEY_BYTES] = {7};
static const int64_t now = 1795374000000;
static char place[] = "/tmp/lapak-shelf-XXXXXX";
static struct target *target;
static struct arena *arena;

static int setup(void **unused)
{
    struct error err;
    arena = arena_new();
    return mkdtemp(place) && target_open(place, &target, &err) ? 0 : -1;
}

static int teardown(void **unused)
{
    struct target_object *objects;
    size_t count;
    struct error err;
    if (!target->kind->list(target, arena, "", &objects, &count, &err))
        return -1;
    for (size_t i = 0; i < count; i++)
        (void)!target->kind->remove(target, objects[i].key, &err);
    rmdir(arena_printf(arena, "%s/kopi", place));
    target_close(&target);
    arena_free(&arena);
    return rmdir(place);
}

static void must(bool ok, const struct error *err)
{
    if (!ok)
        fail_msg("%s", err->text);
}

/* A container of three bytes; `verified_ms` -1: without a manifest. */
static void put(int64_t time_ms, int64_t verified_ms, const uint8_t *signed_with)
{
    struct error err;
    const struct manifest manifest = {.store = "kopi",
                                      .schema = "store_kopi",
                                      .time_ms = time_ms,
                                      .lapak_version = "1",
                                      .data_key = "k",
                                      .audit_hash = "",
                                      .size = 3,
                                      .sha256 = "",
                                      .verified_ms = verified_ms};
    must(target_put_whole(target, shelf_container_key(arena, "kopi", time_ms), "abc", 3, &err), &err);
    if (verified_ms < 0)
        return;
    const char *text = manifest_text(arena, signed_with, &manifest);
    must(target_put_whole(target, shelf_manifest_key(arena, "kopi", time_ms), text, strlen(text), &err),
         &err);
}

static bool is_there(int64_t time_ms)
{
    struct error err;
    char *bytes;
    size_t length;
    return target_get_whole(target, arena, shelf_container_key(arena, "kopi", time_ms), 3, &bytes, &length,
                            &err);
}

static size_t prune(void)
{
    struct error err;
    size_t removed = 0;
    const struct retention_rule rule = {7, 4, 6, NULL};
    must(shelf_prune(target, key, "kopi", &rule, now, &removed, &err), &err);
    return removed;
}

static void what_a_crash_left_goes_once_there_is_a_newer_good_one(void **unused)
{
    static const uint8_t another[CRYPTO_KEY_BYTES] = {8};
    put(now - 3 * (int64_t)DAY, -1, NULL);
    put(now - 4 * (int64_t)DAY, 1, another);
    put(now - 5 * (int64_t)DAY, 1, key);
    put(now - DAY / 2, -1, NULL);
    assert_int_equal(prune(), 0); /* it may be the newest there is */
    put(now - 2 * (int64_t)DAY, 0, key);
    assert_int_equal(prune(), 0);
    put(now - DAY / 4, 1, key);
    assert_int_equal(prune(), 1);
    assert_false(is_there(now - 3 * (int64_t)DAY));
    assert_true(is_there(now - 4 * (int64_t)DAY)); /* another key's */
    assert_true(is_there(now - DAY / 2));          /* one may be at work on it */
    assert_true(is_there(now - 5 * (int64_t)DAY) && is_there(now - DAY / 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_crash_left_goes_once_there_is_a_newer_good_one),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

/* A target against a real S3-compatible store, whose address is in LAPAK_TEST_S3 ("http://127.0.0.1:4568";
 * bucket lapak-test, key S3RVER, secret S3RVER); skipped without it. What such a store may do wrong is the
 * scenarios' matter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "backup/s3.h"
#include "backup/target.h"

enum { PART = 5 * 1024 * 1024 };

static struct s3_config settings = {
    .region = "us-east-1", .access_key = "S3RVER", .secret_key = "S3RVER", .patience = 30};

static struct target *open_or_skip(const char *place)
{
    settings.endpoint = getenv("LAPAK_TEST_S3");
    if (!settings.endpoint)
        skip();
    s3_configure(&settings, PART);
    struct target *target = NULL;
    struct error err;
    if (!target_open(place, &target, &err))
        fail_msg("%s", err.text);
    return target;
}

static void must(bool ok, const struct error *err)
{
    if (!ok)
        fail_msg("%s", err->text);
}

static char *made_up(size_t length)
{
    char *bytes = malloc(length + 1);
    for (size_t i = 0; i < length; i++)
        bytes[i] = (char)(i * 2654435761u >> 13);
    return bytes;
}

static void there_and_back(struct target *target, const char *key, size_t length)
{
    auto_arena struct arena *arena = arena_new();
    struct error err;
    char *bytes = made_up(length), *back = NULL;
    size_t back_length = 0;
    must(target_put_whole(target, key, bytes, length, &err), &err);
    must(target_get_whole(target, arena, key, length, &back, &back_length, &err), &err);
    assert_int_equal(back_length, length);
    assert_memory_equal(back, bytes, length);
    free(bytes);
}

static void test_small_and_large_objects(void **state)
{
    auto_target struct target *target = open_or_skip("s3://lapak-test/cadangan");
    there_and_back(target, "kopi/1.lapak", 100);
    there_and_back(target, "kopi/2.lapak", PART);
    there_and_back(target, "kopi/3.lapak", PART + 1);
    there_and_back(target, "kopi/4.lapak", 2 * PART + 12345);
}

static void test_listing_and_removing(void **state)
{
    auto_target struct target *target = open_or_skip("s3://lapak-test/daftar");
    auto_arena struct arena *arena = arena_new();
    struct target_object *objects;
    struct error err;
    size_t count;
    enum { MANY = 1001 }; /* more than a page */
    for (int i = 0; i < MANY; i++)
        must(target_put_whole(target, arena_printf(arena, "teh/%04d.json", i), "{}", 2, &err), &err);
    must(target_put_whole(target, "tehmanis/1.json", "{}", 2, &err), &err);
    must(target->kind->list(target, arena, "teh/", &objects, &count, &err), &err);
    assert_int_equal(count, MANY);
    assert_int_equal(objects[0].size, 2);
    assert_true(strncmp(objects[0].key, "teh/", 4) == 0);
    must(target->kind->remove(target, "teh/0000.json", &err), &err);
    must(target->kind->remove(target, "teh/0000.json", &err), &err);
    must(target->kind->list(target, arena, "teh/", &objects, &count, &err), &err);
    assert_int_equal(count, MANY - 1);
}

static void test_what_is_not_there(void **state)
{
    auto_target struct target *target = open_or_skip("s3://lapak-test");
    auto_arena struct arena *arena = arena_new();
    struct error err;
    char *bytes;
    size_t length;
    assert_false(target_get_whole(target, arena, "kopi/tiada.lapak", 10, &bytes, &length, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    auto_target struct target *nowhere = open_or_skip("s3://ember-tiada");
    assert_false(target_put_whole(nowhere, "kopi/1.lapak", "x", 1, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "NoSuchBucket"));
}

static void test_an_aborted_upload_leaves_nothing(void **state)
{
    auto_target struct target *target = open_or_skip("s3://lapak-test/batal");
    auto_arena struct arena *arena = arena_new();
    struct target_put *put;
    struct target_object *objects;
    struct error err;
    size_t count;
    char *bytes = made_up(PART + 1);
    must(target->kind->put_begin(target, "kopi/1.lapak", &put, &err), &err);
    must(target->kind->put_write(put, bytes, PART + 1, &err), &err);
    target->kind->put_abort(put);
    must(target->kind->list(target, arena, "", &objects, &count, &err), &err);
    assert_int_equal(count, 0);
    free(bytes);
}

static void test_places(void **state)
{
    static const char *const wrong[] = {"s3://", "s3://Ember", "s3://ab", "s3://ember/pre fix",
                                        "s3://ember/ä"};
    struct s3_config complete = {"http://127.0.0.1:1", "us-east-1", "a", "b", 30};
    struct target *target = NULL;
    struct error err;
    s3_configure(&complete, 0);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(target_open(wrong[i], &target, &err));
        assert_int_equal(err.code, ERR_INVALID);
    }
    s3_configure(NULL, 0);
    assert_false(target_open("s3://ember", &target, &err));
    complete.endpoint = "https://s3.example.com/pfad";
    s3_configure(&complete, 0);
    assert_false(target_open("s3://ember", &target, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_and_large_objects),
        cmocka_unit_test(test_listing_and_removing),
        cmocka_unit_test(test_what_is_not_there),
        cmocka_unit_test(test_an_aborted_upload_leaves_nothing),
        cmocka_unit_test(test_places),
    };
    curl_global_init(CURL_GLOBAL_DEFAULT);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    curl_global_cleanup();
    return failed;
}

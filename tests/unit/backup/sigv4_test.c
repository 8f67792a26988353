/* The examples of AWS's own documentation (S3 API reference, "Examples: Signature Calculations"). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>
#include <string.h>

#include "backup/sigv4.h"

static const struct sigv4_key key = {"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                                     "us-east-1"};

static void expect(const struct sigv4_request *request, const char *target, const char *names,
                   const char *wanted)
{
    auto_arena struct arena *arena = arena_new();
    struct sigv4_signed is;
    sigv4_sign(arena, &key, request, &is);
    assert_string_equal(is.target, target);
    assert_string_equal(
        is.authorization,
        arena_printf(arena,
                     "Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/"
                     "us-east-1/s3/aws4_request,SignedHeaders=%s,Signature=%s",
                     names, wanted));
    assert_string_equal(is.date, "x-amz-date: 20130524T000000Z");
}

#define REQUEST(...)                                                                                         \
    &(const struct sigv4_request)                                                                            \
    {                                                                                                        \
        .host = "examplebucket.s3.amazonaws.com", .at_ms = 1369353600000, __VA_ARGS__                        \
    }

static void test_get_with_a_range(void **state)
{
    const struct sigv4_pair range[] = {{"range", "bytes=0-9"}};
    expect(REQUEST(.method = "GET", .path = "/test.txt", .headers = range, .header_count = 1,
                   .payload_sha256 = SIGV4_NO_PAYLOAD),
           "/test.txt", "host;range;x-amz-content-sha256;x-amz-date",
           "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

static void test_put_with_a_dollar_in_its_name(void **state)
{
    const struct sigv4_pair headers[] = {{"date", "Fri, 24 May 2013 00:00:00 GMT"},
                                         {"x-amz-storage-class", "REDUCED_REDUNDANCY"}};
    expect(REQUEST(.method = "PUT", .path = "/test$file.text", .headers = headers, .header_count = 2,
                   .payload_sha256 = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"),
           "/test%24file.text", "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
           "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

static void test_query_without_a_value(void **state)
{
    const struct sigv4_pair query[] = {{"lifecycle", ""}};
    expect(REQUEST(.method = "GET", .path = "/", .query = query, .query_count = 1,
                   .payload_sha256 = SIGV4_NO_PAYLOAD),
           "/?lifecycle=", "host;x-amz-content-sha256;x-amz-date",
           "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
}

static void test_queries_are_sorted(void **state)
{
    const struct sigv4_pair query[] = {{"prefix", "J"}, {"max-keys", "2"}};
    expect(REQUEST(.method = "GET", .path = "/", .query = query, .query_count = 2,
                   .payload_sha256 = SIGV4_NO_PAYLOAD),
           "/?max-keys=2&prefix=J", "host;x-amz-content-sha256;x-amz-date",
           "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

static void test_encoding(void **state)
{
    auto_arena struct arena *arena = arena_new();
    assert_string_equal(sigv4_encode(arena, "a b/ü+~", true), "a%20b/%C3%BC%2B~");
    assert_string_equal(sigv4_encode(arena, "a/b", false), "a%2Fb");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_get_with_a_range),
        cmocka_unit_test(test_put_with_a_dollar_in_its_name),
        cmocka_unit_test(test_query_without_a_value),
        cmocka_unit_test(test_queries_are_sorted),
        cmocka_unit_test(test_encoding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

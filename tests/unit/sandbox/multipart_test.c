#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "multipart.h"

static const char TYPE[] = "multipart/form-data; boundary=\"b;1\"";

static bool parse(struct arena *arena, const char *type, const char *body, struct multipart *out)
{
    struct error err;
    return multipart_parse(arena, type, body, strlen(body), out, &err);
}

static void part_is(const struct multipart_part *part, const char *name, const char *filename,
                    const char *bytes)
{
    assert_string_equal(part->name, name);
    if (filename)
        assert_string_equal(part->filename, filename);
    else
        assert_null(part->filename);
    assert_int_equal(part->length, strlen(bytes));
    assert_memory_equal(part->bytes, bytes, part->length);
}

static void reads_fields_and_files(void **state)
{
    auto_arena struct arena *arena = arena_new();
    struct multipart m;
    assert_true(parse(
        arena, TYPE,
        "preamble\r\n--b;1\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n1001\r\n"
        "--b;1 \r\ncontent-type: image/png\r\nCONTENT-DISPOSITION: form-data; filename=\"a;\\\"q\\\".png\"; "
        "name=photo\r\n\r\n\r\n--b;\r\n--x\r\n--b;1--\r\nepilogue",
        &m));
    assert_int_equal(m.count, 2);
    part_is(&m.parts[0], "chat_id", NULL, "1001");
    part_is(&m.parts[1], "photo", "a;\"q\".png", "\r\n--b;\r\n--x");
    assert_string_equal(m.parts[1].type, "image/png");
    assert_null(m.parts[0].type);
}

static void reads_empty_ones(void **state)
{
    auto_arena struct arena *arena = arena_new();
    struct multipart m;
    assert_true(parse(arena, "multipart/form-data; boundary=x", "--x--", &m));
    assert_int_equal(m.count, 0);
    assert_true(parse(arena, "multipart/form-data; boundary=x",
                      "--x\r\nContent-Disposition: form-data; name=\"\"\r\n\r\n\r\n--x--", &m));
    part_is(&m.parts[0], "", NULL, "");
}

static void holds_any_bytes(void **state)
{
    auto_arena struct arena *arena = arena_new();
    struct multipart m;
    struct error err;
    static const char body[] =
        "--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"\"\r\n\r\na\0\r\n-\xff\r\n--x--\r\n";
    assert_true(multipart_parse(arena, "multipart/form-data; boundary=x", body, sizeof body - 1, &m, &err));
    assert_int_equal(m.parts[0].length, 6);
    assert_memory_equal(m.parts[0].bytes, "a\0\r\n-\xff", 6);
}

static void refuses_broken_ones(void **state)
{
    auto_arena struct arena *arena = arena_new();
    struct multipart m;
    static const char *const bodies[] = {
        "",
        "--",
        "--x",
        "--x\r\n",
        "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb",
        "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n--x--",
        "--x\r\nContent-Disposition: form-data\r\n\r\nb\r\n--x--",
        "--x\r\nContent-Disposition: form-data; name=\"a\r\n\r\nb\r\n--x--",
        "--x\r\nno colon\r\n\r\nb\r\n--x--",
        "--x\r\n\r\nno headers\r\n--x--",
        "--xContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--x--",
        "--y\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--y--",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        assert_false(parse(arena, "multipart/form-data; boundary=x", bodies[i], &m));
    assert_false(parse(arena, "multipart/form-data", "--x--", &m));
    assert_false(parse(arena, "multipart/form-data; boundary=", "----", &m));
}

static void limits_the_number_of_parts(void **state)
{
    auto_arena struct arena *arena = arena_new();
    static const char part[] = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n";
    size_t size = sizeof part - 1;
    char *body = arena_alloc(arena, size * (MULTIPART_MOST_PARTS + 1) + 6);
    struct multipart m;
    for (size_t i = 0; i < MULTIPART_MOST_PARTS; i++)
        memcpy(body + i * size, part, size);
    memcpy(body + MULTIPART_MOST_PARTS * size, "--x--", 6);
    assert_true(parse(arena, "multipart/form-data; boundary=x", body, &m));
    assert_int_equal(m.count, MULTIPART_MOST_PARTS);
    memcpy(body + MULTIPART_MOST_PARTS * size, part, size);
    memcpy(body + (MULTIPART_MOST_PARTS + 1) * size, "--x--", 6);
    assert_false(parse(arena, "multipart/form-data; boundary=x", body, &m));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_fields_and_files),
        cmocka_unit_test(reads_empty_ones),
        cmocka_unit_test(holds_any_bytes),
        cmocka_unit_test(refuses_broken_ones),
        cmocka_unit_test(limits_the_number_of_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

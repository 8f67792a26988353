#include "base/yaml.h"

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

#include "base/str.h"

static struct arena *arena;
static struct error err;

static int setup(void **unused)
{
    arena = arena_new();
    err = (struct error){0};
    return 0;
}

static int teardown(void **unused)
{
    arena_free(&arena);
    return 0;
}

static struct yaml_node *parse_bytes(const char *text, size_t length)
{
    struct yaml_node *root = NULL;
    bool good = yaml_read_text(arena, "f.yaml", text, length, &root, &err);
    assert_int_equal(good, root != NULL);
    assert_int_equal(err.code, good ? ERR_NONE : ERR_INVALID);
    return root;
}

static struct yaml_node *parse(const char *text)
{
    return parse_bytes(text, strlen(text));
}

static void a_tree_knows_its_lines(void **unused)
{
    struct yaml_node *root = parse("# first\na: 1\nb:\n  - x\n  - 'true'\n  - {k: \"v\"}\nc:\n");
    assert_non_null(root);
    assert_int_equal(root->kind, YAML_MAPPING);
    assert_int_equal(root->count, 3);
    assert_int_equal(root->items[0].line, 2);
    assert_string_equal(yaml_get(root, "a")->text, "1");
    assert_true(yaml_get(root, "a")->plain);
    struct yaml_node *b = yaml_get(root, "b");
    assert_int_equal(b->kind, YAML_SEQUENCE);
    assert_int_equal(b->count, 3);
    assert_int_equal(b->items[1].value->line, 5);
    assert_false(b->items[1].value->plain);
    assert_string_equal(yaml_get(b->items[2].value, "k")->text, "v");
    assert_string_equal(yaml_get(root, "c")->text, "");
    assert_true(yaml_get(root, "c")->plain);
    assert_null(yaml_get(root, "d"));
    assert_null(yaml_get(b, "k"));
}

static void complaints_name_file_and_line(void **unused)
{
    static const struct {
        const char *text, *where, *what;
    } bad[] = {
        {"", "f.yaml:1:", "empty"},
        {"# only this\n", "f.yaml:2:", "empty"},
        {"a: 1\na: 2\n", "f.yaml:2:", "a: the key is already on line 1"},
        {"b:\n  x: 1\n  y: 2\n  x: 3\n", "f.yaml:4:", "already on line 2"},
        {"a: &x 1\nb: *x\n", "f.yaml:1:", "anchors"},
        {"a: 1\nb: *x\n", "f.yaml:2:", "aliases"},
        {"a: !!str 1\n", "f.yaml:1:", "tags"},
        {"a: 1\n---\nb: 2\n", "f.yaml:2:", "second document"},
        {"a: 1\n\tb: 2\n", "f.yaml:2:", ""},
        {"a: [1, 2\n", "f.yaml:2:", ""},
        {"? [a]\n: 1\n", "f.yaml:1:", "key"},
        {"? {a: 1}\n: 1\n", "f.yaml:1:", "key"},
        {"a: \"x\\0y\"\n", "f.yaml:1:", "NUL"},
        {"a: 1\nb: \"\xff\"\n", "f.yaml:", "UTF-8"},
        {"a: \"unfinished\n", "f.yaml:", ""},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        err = (struct error){0};
        assert_null(parse(bad[i].text));
        if (!str_starts_with(err.text, bad[i].where) || !strstr(err.text, bad[i].what))
            fail_msg("%zu: %s", i, err.text);
    }
}

static void a_raw_nul_or_utf16_is_refused(void **unused)
{
    assert_null(parse_bytes("a: x\0y\n", 7));
    err = (struct error){0};
    assert_null(parse_bytes("\xff\xfe"
                            "a\0:\0 \0"
                            "1\0",
                            10));
}

static char *repeat(const char *part, size_t times, const char *end)
{
    struct str s = STR_INIT(arena);
    for (size_t i = 0; i < times; i++)
        str_add(&s, part);
    str_add(&s, end);
    return str_done(&s);
}

static void depth_and_size_are_bounded(void **unused)
{
    assert_non_null(parse(repeat("[", 32, repeat("]", 32, ""))));
    assert_null(parse(repeat("[", 33, repeat("]", 33, ""))));
    assert_non_null(strstr(err.text, "deep"));
    err = (struct error){0};
    assert_null(parse(repeat("[", 100000, "")));
    err = (struct error){0};
    assert_null(parse(repeat("- aaaaaaaaaaaaa\n", 16 * 1024 * 1024 / 16 + 1, "")));
    assert_non_null(strstr(err.text, "16 MiB"));
}

static void many_keys_are_checked_quickly(void **unused)
{
    struct str s = STR_INIT(arena);
    for (int i = 0; i < 100000; i++)
        str_addf(&s, "k%d: 1\n", i);
    assert_non_null(parse(str_done(&s)));
    str_add(&s, "k5: 2\n");
    assert_null(parse(str_done(&s)));
    assert_string_equal(err.text, "f.yaml:100001: k5: the key is already on line 6");
}

static void files_that_are_none_are_not_found(void **unused)
{
    char directory[] = "/tmp/yaml_test.XXXXXX";
    assert_non_null(mkdtemp(directory));
    char *fifo = arena_printf(arena, "%s/fifo", directory),
         *file = arena_printf(arena, "%s/a.yaml", directory);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    const char *const none[] = {arena_printf(arena, "%s/none.yaml", directory), directory, fifo};
    struct yaml_node *root = NULL;
    for (size_t i = 0; i < 3; i++) {
        assert_false(yaml_read_file(arena, none[i], &root, &err));
        assert_int_equal(err.code, ERR_NOT_FOUND);
        assert_non_null(strstr(err.text, none[i]));
    }
    FILE *out = fopen(file, "w");
    fputs("a: 1\nb: [\n", out);
    fclose(out);
    assert_false(yaml_read_file(arena, file, &root, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_true(str_starts_with(err.text, file));
    assert_null(root);
    unlink(file);
    unlink(fifo);
    rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_tree_knows_its_lines, setup, teardown),
        cmocka_unit_test_setup_teardown(complaints_name_file_and_line, setup, teardown),
        cmocka_unit_test_setup_teardown(a_raw_nul_or_utf16_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(depth_and_size_are_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(many_keys_are_checked_quickly, setup, teardown),
        cmocka_unit_test_setup_teardown(files_that_are_none_are_not_found, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

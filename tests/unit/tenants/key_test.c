#include "tenants/key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/str.h"
#include "files.h"

struct values {
    const char *text, *lines, *secret, *word, *path, *folder;
    int64_t number;
    bool flag;
    struct key_ids ids;
    struct key_texts words;
    const struct clock_zone *zone;
};

static bool check_path(const char *written, const char *value, const char **why_out)
{
    *why_out = "must not be forbidden";
    return strcmp(value, "forbidden") != 0;
}

static const char *const words[] = {"red", "green", NULL};
static const char *const forbidden[] = {"LT_SERVERS", NULL};
#define AT(member) offsetof(struct values, member)
static const struct key keys[] = {
    {"text", KEY_TEXT, .fallback = "none", .offset = AT(text), .least = 1, .most = 5},
    {"lines", KEY_LINES, .offset = AT(lines), .least = 1, .most = 9},
    {"part.secret", KEY_SECRET, .offset = AT(secret), .least = 3},
    {"part.deep.word", KEY_ENUM, .offset = AT(word), .names = words},
    {"path", KEY_PATH, .offset = AT(path), .check = check_path},
    {"folder", KEY_DIRECTORY, .offset = AT(folder)},
    {"number", KEY_INT, .required = true, .offset = AT(number), .least = -5, .most = 1440},
    {"flag", KEY_BOOL, .fallback = "true", .offset = AT(flag)},
    {"ids", KEY_IDS, .offset = AT(ids), .least = 0, .most = 3},
    {"words", KEY_ENUMS, .offset = AT(words), .least = 1, .most = 2, .names = words},
    {"zone", KEY_ZONE, .fallback = "Asia/Jakarta", .offset = AT(zone)},
};
static const struct key_table table = {keys, sizeof keys / sizeof keys[0], forbidden};

static struct values values;

static bool read_yaml(const char *text)
{
    struct yaml_node *root = NULL;
    struct error err;
    values = (struct values){0};
    faults = FAULTS_INIT(arena);
    if (!yaml_read_text(arena, "f.yaml", text, strlen(text), &root, &err))
        fail_msg("%s", err.text);
    bool good = key_read(arena, &table, "f.yaml", root, env_read(arena, NULL, &faults), &values, &faults);
    assert_int_equal(good, faults.count == 0);
    faults_sort(&faults);
    return good;
}

/* `text` beside what is required gives these faults. */
static void expect(const char *text, const char *lines)
{
    read_yaml(arena_printf(arena, "%s\nnumber: 1\n", text));
    files_expect(&faults, lines);
}

static void all_types_are_read(void **unused)
{
    setenv("LT_SECRET", "abc-123", 1);
    setenv("LT_NUMBER", "12", 1);
    assert_true(read_yaml(
        "text: 'yes'\npart: {secret: \"${LT_SECRET}\", deep: {word: green}}\npath: a/b//\nfolder: /tmp/\n"
        "number: 1${LT_NUMBER}\nflag: false\nids: [1001, 4503599627370495]\nwords: [green, red]\nzone: "
        "Asia/Makassar\n"));
    assert_string_equal(values.text, "yes");
    assert_string_equal(values.secret, "abc-123");
    assert_string_equal(values.word, "green");
    assert_string_equal(values.path, "a/b");
    assert_string_equal(values.folder, "/tmp");
    assert_int_equal(values.number, 112);
    assert_false(values.flag);
    assert_int_equal(values.ids.count, 2);
    assert_true(values.ids.items[1] == INT64_C(4503599627370495));
    assert_int_equal(values.words.count, 2);
    assert_string_equal(values.words.items[0], "green");
    assert_string_equal(clock_zone_name(values.zone), "Asia/Makassar");
}

static void what_is_left_out_gets_its_default(void **unused)
{
    assert_true(read_yaml("number: -5"));
    assert_string_equal(values.text, "none");
    assert_true(values.flag);
    assert_null(values.secret);
    assert_null(values.path);
    assert_int_equal(values.ids.count, 0);
    assert_string_equal(clock_zone_name(values.zone), "Asia/Jakarta");
}

static void all_faults_are_collected(void **unused)
{
    setenv("LT_SECRET", "abc", 1);
    assert_false(read_yaml("# c\ntext: toolong\npart:\n  secret: literal-secret\n  deep: {word: blue, x: "
                           "1}\n  more: 1\nflag: yes\nids: [0, 5, 5]\nzon: UTC\n"));
    files_expect(
        &faults,
        "f.yaml:2: text: must be 1 to 5 characters long\n"
        "f.yaml:2: number: is missing\n"
        "f.yaml:4: part.secret: a secret must not be written here; put it in .env and write ${NAME}\n"
        "f.yaml:5: part.deep.word: must be one of: red, green\n"
        "f.yaml:5: part.deep.x: unknown key; known here: word\n"
        "f.yaml:6: part.more: unknown key; known here: secret, deep\n"
        "f.yaml:7: flag: must be true or false, spelled so (not yes, no, on or off)\n"
        "f.yaml:8: ids: must be the id of a person: a number from 1\n"
        "f.yaml:8: ids: the same element stands twice\n"
        "f.yaml:9: zon: unknown key; known here: text, lines, part, path, folder, number, flag, ids, words, "
        "zone\n");
}

static void types_are_strict(void **unused)
{
    static const struct {
        const char *text, *fault;
    } cases[] = {
        {"text: 12", "text: must be a text: put it in quotes"},
        {"text: 1e3", "text: must be a text: put it in quotes"},
        {"text: true", "text: must be a text: put it in quotes"},
        {"text: No", "text: must be a text: put it in quotes"},
        {"text: ~", "text: has no value"},
        {"text:", "text: has no value"},
        {"text: [a]", "text: must be a single value"},
        {"text: ''", "text: must be 1 to 5 characters long"},
        {"text: \"a\\nb\"", "text: has a line break or another control character in it"},
        {"text: \"a\\x85\"", "text: has a line break or another control character in it"},
        {"lines: 12", "lines: must be a text: put it in quotes"},
        {"lines: \"a\\nb\"", NULL},
        {"lines: \"\\n\\n123456789 \\n \\n\"", NULL},
        {"lines: \"1234567890\\n\"", "lines: must be 1 to 9 characters long"},
        {"lines: \" \\n \"", "lines: must be 1 to 9 characters long"},
        {"lines: \"a\\rb\"", "lines: has a control character in it that is no line break"},
        {"lines: \"a\\Lb\"", "lines: has a control character in it that is no line break"},
        {"flag: 1", "flag: must be true or false"},
        {"flag: True", "flag: must be true or false, spelled so (not yes, no, on or off)"},
        {"flag: 'true'", "flag: must stand without quotes"},
        {"ids: 5", "ids: must be a list: [a, b], or [] for none"},
        {"ids:", "ids: must be a list: [a, b], or [] for none"},
        {"ids: [1, 2, 3, 4]", "ids: must have 0 to 3 elements"},
        {"ids: ['5']", "ids: must stand without quotes"},
        {"ids: [-5]", "ids: must be the id of a person: a number from 1"},
        {"ids: [4503599627370496]", "ids: must be the id of a person: a number from 1"},
        {"ids: [0x10]", "ids: must be a whole number, digits only"},
        {"ids: [[1]]", "ids: an element must be a single value"},
        {"ids: [~]", "ids: has no value"},
        {"words: []", "words: must have 1 to 2 elements"},
        {"words: [red, red]", "words: the same element stands twice"},
        {"words: {a: red}", "words: must be a list: [a, b], or [] for none"},
        {"part: x", "part: must be a section of: secret, deep"},
        {"part: [a]", "part: must be a section of: secret, deep"},
        {"path: forbidden", "path: must not be forbidden"},
        {"folder: /tmp/none/such",
         "folder: there is no such directory (a relative path begins at the working directory)"},
        {"folder: /etc/passwd",
         "folder: there is no such directory (a relative path begins at the working directory)"},
        {"zone: ../UTC",
         "zone: not a time zone this system knows (Asia/Jakarta, Asia/Makassar, UTC; package tzdata)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect(cases[i].text, cases[i].fault ? arena_printf(arena, "f.yaml:1: %s\n", cases[i].fault) : "");
}

static void numbers_are_decimal(void **unused)
{
    static const struct {
        const char *text, *fault;
    } cases[] = {
        {"010", "must be a number without leading zeros"},
        {"00", "must be a number without leading zeros"},
        {"0o17", "must be a whole number, digits only"},
        {"0x1f", "must be a whole number, digits only"},
        {"1_000", "must be a whole number, digits only"},
        {"1.0", "must be a whole number, digits only"},
        {"+1", "must be a whole number, digits only"},
        {"1:30", "must be a whole number, digits only"},
        {"99999999999999999999", "must be a whole number, digits only"},
        {"1441", "must be -5 to 1440"},
        {"-6", "must be -5 to 1440"},
        {"'1'", "must stand without quotes"},
        {"null", "has no value"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_false(read_yaml(arena_printf(arena, "number: %s", cases[i].text)));
        files_expect(&faults, arena_printf(arena, "f.yaml:1: number: %s\n", cases[i].fault));
    }
}

static void variables_are_filled_in_once(void **unused)
{
    setenv("LT_A", "${LT_B}", 1);
    setenv("LT_EMPTY", "", 1);
    setenv("LT_LATIN", "\xe9", 1);
    setenv("LT_SERVERS", "x", 1);
    unsetenv("LT_UNSET");
    assert_true(read_yaml("number: 1\npath: a/${LT_A}/$x$"));
    assert_string_equal(values.path, "a/${LT_B}/$x$");
    expect("path: ${LT_UNSET}",
           "f.yaml:1: path: ${LT_UNSET} is not set in the environment (no env file is read)\n");
    expect("path: ${LT_EMPTY}", "f.yaml:1: path: ${LT_EMPTY} is set, but empty\n");
    expect("path: ${LT_LATIN}", "f.yaml:1: path: ${LT_LATIN} is not UTF-8\n");
    expect("path: a${LT_SERVERS}",
           "f.yaml:1: path: ${LT_SERVERS} is the server's own and may not stand here\n");
    expect("path: ${", "f.yaml:1: path: ${ must be followed by the name of a variable and }\n");
    expect("path: ${LT A}", "f.yaml:1: path: ${ must be followed by the name of a variable and }\n");
    expect("path: ${}", "f.yaml:1: path: ${ must be followed by the name of a variable and }\n");
}

static void a_secret_is_one_variable_and_is_never_shown(void **unused)
{
    static const char refused[] =
        "f.yaml:1: part.secret: a secret must not be written here; put it in .env and write ${NAME}\n";
    setenv("LT_SECRET", "s3cret value", 1);
    setenv("LT_SHORT", "s3", 1);
    expect("part: {secret: s3cret}", refused);
    expect("part: {secret: 's3cret-${LT_SECRET}'}", refused);
    expect("part: {secret: '${LT_SECRET}${LT_SECRET}'}", refused);
    expect("part: {secret: '${LT_SECRET} '}", refused);
    expect("part: {secret: ''}", refused);
    expect("part: {secret: 123456}", refused);
    expect(
        "part: {secret: '${LT_SECRET}'}",
        "f.yaml:1: part.secret: the variable holds a blank or another character that no such secret has\n");
    expect("part: {secret: '${LT_SHORT}'}",
           "f.yaml:1: part.secret: the variable's value must be 3 to 512 characters long\n");
    setenv("LT_SECRET", "a\r\nX-Header: 1", 1);
    expect(
        "part: {secret: '${LT_SECRET}'}",
        "f.yaml:1: part.secret: the variable holds a blank or another character that no such secret has\n");
}

static void odd_trees_are_refused(void **unused)
{
    assert_false(read_yaml("[a]"));
    assert_false(read_yaml("just text"));
    assert_int_equal(faults.count, 1);
    /* a dotted key is not the key of a section */
    expect("part.secret: ${LT_SECRET}",
           "f.yaml:1: part.secret: unknown key; known here: text, lines, part, path, "
           "folder, number, flag, ids, words, zone\n");
    expect("'': 1", "f.yaml:1: unknown key; known here: text, lines, part, path, folder, number, flag, ids, "
                    "words, zone\n");
    expect("<<: {number: 2}", "f.yaml:1: <<: unknown key; known here: text, lines, part, path, folder, "
                              "number, flag, ids, words, zone\n");
    struct str many = STR_INIT(arena);
    for (int i = 0; i < 20000; i++)
        str_addf(&many, "k%d: 1\n", i);
    assert_false(read_yaml(str_done(&many)));
    assert_int_equal(faults.count, 101);
}

static void lines_of_keys_are_found(void **unused)
{
    static const char text[] = "a: 1\nb:\n  c: 2\n  d: {e: 3}\n";
    struct yaml_node *root = NULL;
    struct error err;
    assert_true(yaml_read_text(arena, "f", text, strlen(text), &root, &err));
    assert_int_equal(key_line(root, "b.c"), 3);
    assert_int_equal(key_line(root, "b.d.e"), 4);
    assert_int_equal(key_line(root, "b.x"), 2);
    assert_int_equal(key_line(root, "bb"), 1);
    assert_int_equal(key_line(root, "a.x"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_types_are_read, files_setup, files_teardown),
        cmocka_unit_test_setup_teardown(what_is_left_out_gets_its_default, files_setup, files_teardown),
        cmocka_unit_test_setup_teardown(all_faults_are_collected, files_setup, files_teardown),
        cmocka_unit_test_setup_teardown(types_are_strict, files_setup, files_teardown),
        cmocka_unit_test_setup_teardown(numbers_are_decimal, files_setup, files_teardown),
        cmocka_unit_test_setup_teardown(variables_are_filled_in_once, files_setup, files_teardown),
        cmocka_unit_test_setup_teardown(a_secret_is_one_variable_and_is_never_shown, files_setup,
                                        files_teardown),
        cmocka_unit_test_setup_teardown(odd_trees_are_refused, files_setup, files_teardown),
        cmocka_unit_test_setup_teardown(lines_of_keys_are_found, files_setup, files_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "tenants/fault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "files.h"

static void a_fault_names_file_line_and_key(void **unused)
{
    fault_add(&faults, "a.yaml", 3, "telegram.token", "is %s", "missing");
    fault_add(&faults, "b.yaml", 0, "", "No such file");
    fault_add(&faults, "c.yaml", 9, "evil\x1b[31m\n", "unknown key");
    files_expect(&faults, "a.yaml:3: telegram.token: is missing\n"
                          "b.yaml: No such file\n"
                          "c.yaml:9: evil?[31m?: unknown key\n");
}

static void a_yaml_complaint_becomes_a_fault(void **unused)
{
    static const struct {
        const char *text;
        int line;
        const char *rest;
    } cases[] = {{"d/a.yaml:12: the file is empty", 12, "the file is empty"},
                 {"d/a.yaml: No such file", 0, "No such file"},
                 {"d/a.yaml: 7 lives", 0, "7 lives"},
                 {"d/a.yamlx:1: y", 0, "d/a.yamlx:1: y"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error err;
        error_set(&err, ERR_INVALID, "%s", cases[i].text);
        fault_add_yaml(&faults, "d/a.yaml", &err);
        assert_int_equal(faults.items[i].line, cases[i].line);
        assert_string_equal(faults.items[i].text, cases[i].rest);
        assert_string_equal(faults.items[i].file, "d/a.yaml");
    }
}

static void the_list_is_bounded(void **unused)
{
    for (int i = 0; i < 100000; i++)
        fault_add(&faults, "a", i, "k", "x");
    assert_int_equal(faults.count, 101);
    assert_true(faults_full(&faults));
    assert_non_null(strstr(faults.items[100].text, "first 100"));
}

static void sorting_keeps_the_order_within_a_line(void **unused)
{
    static const int lines[] = {5, 2, 5, 9, 2, 0};
    for (int i = 0; i < 6; i++)
        fault_add(&faults, "f", lines[i], "", "%d", i);
    faults_sort(&faults);
    files_expect(&faults, "f: 5\nf:2: 1\nf:2: 4\nf:5: 0\nf:5: 2\nf:9: 3\n");
}

static void texts_are_copied(void **unused)
{
    char file[] = "a", key[] = "k";
    fault_add(&faults, file, 1, key, "x");
    file[0] = key[0] = '!';
    struct faults copy = FAULTS_INIT(arena);
    faults_append(&copy, &faults);
    files_expect(&copy, "a:1: k: x\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_fault_names_file_line_and_key, files_setup, files_teardown),
        cmocka_unit_test_setup_teardown(a_yaml_complaint_becomes_a_fault, files_setup, files_teardown),
        cmocka_unit_test_setup_teardown(the_list_is_bounded, files_setup, files_teardown),
        cmocka_unit_test_setup_teardown(sorting_keeps_the_order_within_a_line, files_setup, files_teardown),
        cmocka_unit_test_setup_teardown(texts_are_copied, files_setup, files_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

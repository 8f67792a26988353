#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void context_is_put_in_front_and_the_code_stays(void **unused)
{
    struct error err = {0};
    assert_false(error_set(&err, ERR_RETRY, "no answer after %d ms", 30));
    err.retry_after = 7;
    assert_false(error_context(&err, "order %s", "tg1-ab"));
    assert_string_equal(err.text, "order tg1-ab: no answer after 30 ms");
    assert_int_equal(err.code, ERR_RETRY);
    assert_int_equal(err.retry_after, 7);
}

static void long_texts_are_cut(void **unused)
{
    struct error err = {0};
    char text[2000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    error_set(&err, ERR_INVALID, "%s", text);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    error_context(&err, "here");
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
    assert_memory_equal(err.text, "here: xxx", 9);
    error_context(&err, "%s", text);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
}

static void every_code_has_a_name(void **unused)
{
    for (enum error_code code = ERR_NONE; code <= ERR_INTERNAL; code++)
        assert_true(strlen(error_code_name(code)) > 0);
    assert_string_equal(error_code_name(ERR_UNCERTAIN), "uncertain");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(context_is_put_in_front_and_the_code_stays),
        cmocka_unit_test(long_texts_are_cut),
        cmocka_unit_test(every_code_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

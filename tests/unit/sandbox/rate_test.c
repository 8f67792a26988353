#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rate.h"

static void finds_the_busiest_window(void **state)
{
    struct rate rate = {0};
    assert_int_equal(rate_peak(&rate, 0, 1000).count, 0);
    static const int64_t times[] = {0, 500, 999, 1000, 1499, 1500, 3000};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        assert_int_equal(rate_take(&rate, 1 + (int64_t)i % 2, times[i]), 0);
    assert_int_equal(rate_count(&rate, 0), 7);
    assert_int_equal(rate_count(&rate, 1000), 4);
    struct rate_peak peak = rate_peak(&rate, 0, 1000);
    assert_int_equal(peak.count, 4); /* 500, 999, 1000, 1499: a window has its begin, not its end */
    assert_int_equal(peak.at_ms, 500);
    peak = rate_peak_of_a_chat(&rate, 0, 1000);
    assert_int_equal(peak.count, 2);
    assert_int_equal(rate_peak_of_a_chat(&rate, 0, 501).count, 2);
    assert_int_equal(rate_peak_of_a_chat(&rate, 1500, 60000).chat, 1);
    assert_int_equal(rate_peak(&rate, 2000, 60000).count, 1);
    assert_int_equal(rate_peak(&rate, 4000, 60000).count, 0);
    rate_free(&rate);
}

static void keeps_the_limits_where_asked(void **state)
{
    struct rate rate = {.per_second = 3, .per_chat = 2, .retry_after = 7};
    assert_int_equal(rate_take(&rate, 1, 10), 0);
    assert_int_equal(rate_take(&rate, 1, 20), 0);
    assert_int_equal(rate_take(&rate, 1, 30), 7); /* one chat */
    assert_int_equal(rate_take(&rate, 2, 40), 0);
    assert_int_equal(rate_take(&rate, 3, 50), 7); /* all of them */
    assert_int_equal(rate.refused, 2);
    assert_int_equal(rate_count(&rate, 0), 3); /* what was refused was not sent */
    assert_int_equal(rate_take(&rate, 1, 1009), 7);
    assert_int_equal(rate_take(&rate, 1, 1010), 0); /* the first one is a second ago */
    rate_free(&rate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_busiest_window),
        cmocka_unit_test(keeps_the_limits_where_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

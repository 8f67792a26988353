#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>

#include "payment/calculator.h"
#include "payment/method.h"

static void test_refunds(void **state)
{
    static const struct calculator_refund rows[] = {
        /* price, days, used, percent, step; left, worth, deduction, rest, refund */
        {30000, 30, 10, 0, 1, 20, 20000, 0, 20000, 20000},
        {30000, 30, 10, 10, 100, 20, 20000, 2000, 18000, 18000},
        {35000, 30, 12, 10, 100, 18, 21000, 2100, 18900, 18900},
        {35000, 31, 12, 10, 100, 19, 21451, 2146, 19305, 19300},
        {35000, 31, 12, 10, 500, 19, 21451, 2146, 19305, 19000},
        {10000, 3, 1, 0, 1, 2, 6666, 0, 6666, 6666},
        {10000, 7, 7, 5, 100, 0, 0, 0, 0, 0},
        {10000, 7, 0, 0, 100, 7, 10000, 0, 10000, 10000},
        {10000, 7, 0, 100, 1, 7, 10000, 10000, 0, 0},
        {1, 1, 0, 1, 1, 1, 1, 1, 0, 0},
        {99, 1, 0, 0, 100, 1, 99, 0, 99, 0},
        {CALCULATOR_MOST, CALCULATOR_MOST_DAYS, 1, 33, 1, 3649, 999726027397, 329909589042, 669816438355,
         669816438355},
        {CALCULATOR_MOST, 1, 0, 0, INT64_MAX, 1, CALCULATOR_MOST, 0, CALCULATOR_MOST, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct calculator_refund *row = &rows[i];
        struct calculator_refund sum = {row->price, row->days, row->used, row->percent, row->step, 0, 0,
                                        0,          0,         0};
        assert_true(calculator_refund(&sum));
        if (sum.left != row->left || sum.worth != row->worth || sum.deduction != row->deduction ||
            sum.rest != row->rest || sum.refund != row->refund)
            fail_msg("row %zu: %lld worth, %lld off, %lld", i, (long long)sum.worth, (long long)sum.deduction,
                     (long long)sum.refund);
    }
}

static void test_refunds_of_nonsense(void **state)
{
    static const struct calculator_refund rows[] = {
        {.price = 0, .days = 1, .step = 1},
        {.price = CALCULATOR_MOST + 1, .days = 1, .step = 1},
        {.price = INT64_MAX, .days = 1, .step = 1},
        {.price = 1, .days = 0, .step = 1},
        {.price = 1, .days = CALCULATOR_MOST_DAYS + 1, .step = 1},
        {.price = 1, .days = 5, .used = 6, .step = 1},
        {.price = 1, .days = 5, .used = -1, .step = 1},
        {.price = 1, .days = 5, .percent = 101, .step = 1},
        {.price = 1, .days = 5, .percent = -1, .step = 1},
        {.price = 1, .days = 5, .step = 0},
        {.price = INT64_MIN, .days = INT64_MIN, .used = INT64_MIN, .percent = INT64_MIN, .step = INT64_MIN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct calculator_refund sum = rows[i];
        if (calculator_refund(&sum) || sum.refund)
            fail_msg("row %zu went through", i);
    }
}

static void test_fees(void **state)
{
    static const struct {
        struct calculator_fee fee;
        int64_t amount, costs;
    } rows[] = {
        {{.percent = 70, .flat = 310}, 10000, 380},
        {{.percent = 70, .flat = 310}, 10001, 381},
        {{.percent = 70, .flat = 310}, 0, 310},
        {{.percent = 0, .flat = 0}, 50000, 0},
        {{.percent = 250, .flat = 0}, 50000, 1250},
        {{.percent = 1, .flat = 0}, 1, 1},
        {{.percent = 10000, .flat = 1}, 50000, 50001},
        {{.percent = 5000, .flat = 1000000}, CALCULATOR_MOST, 500001000000},
        {{.published = true, .percent = 999, .flat = 999}, 10000, 380},
        {{.published = true}, 105000, 1045},
        {{.published = true}, 105001, 1051},
        {{.published = true}, 1000000, 10000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (calculator_fee(&rows[i].fee, rows[i].amount) != rows[i].costs)
            fail_msg("row %zu: %lld", i, (long long)calculator_fee(&rows[i].fee, rows[i].amount));
    for (int64_t amount = 500; amount < 200000; amount += 37) /* as the payment pages reckon */
        assert_int_equal(calculator_fee(&(struct calculator_fee){.published = true}, amount),
                         method_find("qris")->fee(amount));
}

static void check_amount(const struct calculator_fee *fee, int64_t total)
{
    int64_t amount = calculator_amount(fee, total);
    assert_in_range(amount, 0, total);
    if (amount)
        assert_true(amount + calculator_fee(fee, amount) <= total);
    if (amount < total)
        assert_true(amount + 1 + calculator_fee(fee, amount + 1) > total);
}

/* Paying what comes out gives back what went in; and not a rupiah more can be had for the same. */
static void test_there_and_back(void **state)
{
    static const struct calculator_fee fees[] = {
        {.published = true},           {.percent = 70, .flat = 310}, {.percent = 0, .flat = 0},
        {.percent = 10000, .flat = 5}, {.percent = 1, .flat = 2500}, {.percent = 333, .flat = 0},
    };
    for (size_t f = 0; f < sizeof fees / sizeof fees[0]; f++) {
        for (int64_t amount = 1; amount < 300000; amount += 611) {
            int64_t total = amount + calculator_fee(&fees[f], amount);
            assert_int_equal(calculator_amount(&fees[f], total), amount);
            check_amount(&fees[f], total + 3);
        }
        for (int64_t total = 0; total < 3000; total += 7)
            check_amount(&fees[f], total);
        for (int64_t total = 106000; total < 106100; total++) /* where the published formula has its step */
            check_amount(&fees[f], total);
        check_amount(&fees[f], CALCULATOR_MOST);
    }
    assert_int_equal(calculator_amount(&(struct calculator_fee){.flat = 310}, 310), 0);
    assert_int_equal(calculator_amount(&(struct calculator_fee){.flat = 310}, 100), 0);
    assert_int_equal(calculator_amount(&(struct calculator_fee){.flat = 310}, 311), 1);
}

static void test_percents(void **state)
{
    static const struct {
        const char *text;
        int64_t hundredths; /* -1: none */
    } rows[] = {
        {"0,7", 70},
        {"0.70", 70},
        {"0,07", 7},
        {"1", 100},
        {"12%", 1200},
        {" 2,5 % ", 250},
        {".5", 50},
        {"0", 0},
        {"100", 10000},
        {"100,00%", 10000},
        {"100,01", -1},
        {"101", -1},
        {"0,705", -1},
        {"", -1},
        {"%", -1},
        {",", -1},
        {"1,", -1},
        {"-1", -1},
        {"1,2,3", -1},
        {"1 000", -1},
        {"tujuh", -1},
        {"1%%", -1},
        {"0x10", -1},
        {"9999999999999999999999", -1},
        {"0,0000000000000000000001", -1},
        {"1e2", -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t hundredths = -1;
        bool is = calculator_percent(rows[i].text, &hundredths);
        if (hundredths != rows[i].hundredths || is != (rows[i].hundredths >= 0))
            fail_msg("%s: %lld", rows[i].text, (long long)hundredths);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refunds),  cmocka_unit_test(test_refunds_of_nonsense),
        cmocka_unit_test(test_fees),     cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_percents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

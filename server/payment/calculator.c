#include "payment/calculator.h"

#include <string.h>

#include "payment/method.h"

bool calculator_refund(struct calculator_refund *sum)
{
    if (sum->price < 1 || sum->price > CALCULATOR_MOST || sum->days < 1 || sum->days > CALCULATOR_MOST_DAYS ||
        sum->used < 0 || sum->used > sum->days || sum->percent < 0 || sum->percent > 100 || sum->step < 1)
        return false;
    sum->left = sum->days - sum->used;
    sum->worth = sum->price * sum->left / sum->days;
    sum->deduction = (sum->worth * sum->percent + 99) / 100;
    sum->rest = sum->worth - sum->deduction;
    sum->refund = sum->rest - sum->rest % sum->step;
    return true;
}

int64_t calculator_fee(const struct calculator_fee *fee, int64_t amount)
{
    if (fee->published)
        return method_find("qris")->fee(amount);
    return (amount * fee->percent + 9999) / 10000 + fee->flat;
}

/* A greater amount never costs less, so that what it comes to always grows. */
int64_t calculator_amount(const struct calculator_fee *fee, int64_t total)
{
    int64_t low = 0, high = total; /* low can be paid; above high nothing can */
    while (low < high) {
        int64_t middle = low + (high - low + 1) / 2;
        if (middle + calculator_fee(fee, middle) <= total)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

static bool take_digits(const char **at, int most, int64_t *number_out, int *count_out)
{
    int count = 0;
    int64_t number = 0;
    for (; **at >= '0' && **at <= '9'; (*at)++, count++)
        if (count < most)
            number = number * 10 + (**at - '0');
    *number_out = number;
    *count_out = count;
    return count <= most;
}

bool calculator_percent(const char *text, int64_t *hundredths_out)
{
    int64_t whole, fraction = 0;
    int digits, places = 0;
    text += strspn(text, " ");
    if (!take_digits(&text, 3, &whole, &digits))
        return false;
    if (*text == ',' || *text == '.') {
        text++;
        if (!take_digits(&text, 2, &fraction, &places) || !places)
            return false;
    }
    text += strspn(text, " ");
    text += *text == '%';
    text += strspn(text, " ");
    int64_t hundredths = whole * 100 + (places == 1 ? fraction * 10 : fraction);
    if (*text || (!digits && !places) || hundredths > 10000)
        return false;
    *hundredths_out = hundredths;
    return true;
}

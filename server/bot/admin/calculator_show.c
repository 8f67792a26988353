/* How sums read, on a page and in the history. */
#include "bot/admin/calculator.h"

#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"

const char *calculator_percent_text(struct work *work, int64_t hundredths)
{
    int64_t whole = hundredths / 100, rest = hundredths % 100;
    const char *sign = say_label(work, TEXT_DECIMAL_SIGN);
    if (!rest)
        return arena_printf(work->arena, "%" PRId64 "%%", whole);
    if (rest % 10 == 0)
        return arena_printf(work->arena, "%" PRId64 "%s%" PRId64 "%%", whole, sign, rest / 10);
    return arena_printf(work->arena, "%" PRId64 "%s%02" PRId64 "%%", whole, sign, rest);
}

const char *calculator_fee_text(struct work *work, const struct calculator_fee *fee)
{
    if (fee->published)
        return say_label(work, TEXT_CALCULATOR_PUBLISHED);
    const char *percent = calculator_percent_text(work, fee->percent);
    return fee->flat ? arena_printf(work->arena, "%s + %s", percent, say_price(work, fee->flat)) : percent;
}

/* --- sums --- */

static const char *refund_html(struct work *work, const struct calculator_refund *r)
{
    return say(
        work, TEXT_CALCULATOR_REFUND_SUM,
        TEXT_VALUES(TV("harga", say_price(work, r->price)), TV("jumlah", say_number(work, r->days)),
                    TV("terpakai", say_number(work, r->used)), TV("sisa", say_number(work, r->left)),
                    TV("nilai", say_price(work, r->worth)), TV("potongan", say_number(work, r->percent)),
                    TV("dipotong", say_price(work, r->deduction)), TV("bersih", say_price(work, r->rest)),
                    TV("kelipatan", say_price(work, r->step)), TV("refund", say_price(work, r->refund))));
}

static const char *fee_html(struct work *work, const struct calculator_sum *sum)
{
    bool is_deposit = sum->kind == CALCULATOR_DEPOSIT;
    int64_t over = sum->total - sum->amount - sum->costs;
    const char *more =
        over ? say(work, TEXT_CALCULATOR_OVER, TEXT_VALUES(TV("sisa", say_price(work, over)))) : "";
    return say(work, is_deposit ? TEXT_CALCULATOR_DEPOSIT_SUM : TEXT_CALCULATOR_TOTAL_SUM,
               TEXT_VALUES(TV("jumlah", say_price(work, sum->amount)),
                           TV("rumus", calculator_fee_text(work, &sum->fee)),
                           TV("biaya", say_price(work, sum->costs)), TV("total", say_price(work, sum->total)),
                           TV_HTML("tambahan", more)));
}

const char *calculator_sum_html(struct work *work, const struct calculator_sum *sum)
{
    return sum->kind == CALCULATOR_REFUND ? refund_html(work, &sum->refund) : fee_html(work, sum);
}

const char *calculator_sum_line(struct work *work, const struct calculator_sum *sum)
{
    const struct calculator_refund *r = &sum->refund;
    switch (sum->kind) {
    case CALCULATOR_REFUND:
        return say(
            work, TEXT_CALCULATOR_REFUND_LINE,
            TEXT_VALUES(TV("harga", say_price(work, r->price)), TV("terpakai", say_number(work, r->used)),
                        TV("jumlah", say_number(work, r->days)), TV("refund", say_price(work, r->refund))));
    case CALCULATOR_DEPOSIT:
        return say(work, TEXT_CALCULATOR_DEPOSIT_LINE,
                   TEXT_VALUES(TV("jumlah", say_price(work, sum->amount)),
                               TV("total", say_price(work, sum->total))));
    case CALCULATOR_TOTAL:
        break;
    }
    return say(
        work, TEXT_CALCULATOR_TOTAL_LINE,
        TEXT_VALUES(TV("total", say_price(work, sum->total)), TV("jumlah", say_price(work, sum->amount))));
}

const char *calculator_again(const struct calculator_sum *sum)
{
    switch (sum->kind) {
    case CALCULATOR_REFUND:
        return "acr";
    case CALCULATOR_DEPOSIT:
        return "acd";
    case CALCULATOR_TOTAL:
        break;
    }
    return "act";
}

/* --- as JSON --- */

static const char *const kinds[] = {
    [CALCULATOR_REFUND] = "refund",
    [CALCULATOR_DEPOSIT] = "deposit",
    [CALCULATOR_TOTAL] = "total",
};

json_t *calculator_sum_json(const struct calculator_sum *sum)
{
    const struct calculator_refund *r = &sum->refund;
    if (sum->kind == CALCULATOR_REFUND)
        return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "kind", kinds[sum->kind], "price",
                         (json_int_t)r->price, "days", (json_int_t)r->days, "used", (json_int_t)r->used,
                         "percent", (json_int_t)r->percent, "step", (json_int_t)r->step, "refund",
                         (json_int_t)r->refund);
    return json_pack("{s:s, s:b, s:I, s:I, s:I, s:I, s:I}", "kind", kinds[sum->kind], "published",
                     (int)sum->fee.published, "percent", (json_int_t)sum->fee.percent, "flat",
                     (json_int_t)sum->fee.flat, "amount", (json_int_t)sum->amount, "fee",
                     (json_int_t)sum->costs, "total", (json_int_t)sum->total);
}

/* What came out is worked out again. */
static bool read_refund(const json_t *json, struct calculator_refund *r)
{
    return json_get_int(json, "price", &r->price) && json_get_int(json, "days", &r->days) &&
           json_get_int(json, "used", &r->used) && json_get_int(json, "percent", &r->percent) &&
           json_get_int(json, "step", &r->step) && calculator_refund(r);
}

bool calculator_sum_read(const char *text, struct calculator_sum *sum_out)
{
    auto_json json_t *json = NULL;
    struct error ignored;
    struct calculator_sum sum = {.kind = CALCULATOR_REFUND};
    const char *kind;
    if (!text || !json_parse(text, strlen(text), &json, &ignored) || !json_get_string(json, "kind", &kind))
        return false;
    while (sum.kind < CALCULATOR_TOTAL && !str_equal(kinds[sum.kind], kind))
        sum.kind++;
    if (!str_equal(kinds[sum.kind], kind))
        return false;
    bool good = sum.kind == CALCULATOR_REFUND
                    ? read_refund(json, &sum.refund)
                    : json_get_bool(json, "published", &sum.fee.published) &&
                          json_get_int(json, "percent", &sum.fee.percent) &&
                          json_get_int(json, "flat", &sum.fee.flat) &&
                          json_get_int(json, "amount", &sum.amount) &&
                          json_get_int(json, "fee", &sum.costs) && json_get_int(json, "total", &sum.total);
    if (good)
        *sum_out = sum;
    return good;
}

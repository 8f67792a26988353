/* What admins decide. */
#include "decisions.h"
#include "sequence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>
#include <inttypes.h>
#include <stdlib.h>

static bool run(struct work *work, void *context, struct error *err)
{
    struct decision *decision = context;
    return decision->run(work, decision, err);
}

/* Carries it out, and it must come to what the model says. */
static void expect_decided(struct decision decision, bool possible)
{
    static int64_t number;
    decision.by = (struct correction){ADMIN, "because", arena_printf(house.arena, "step:%" PRId64, ++number)};
    bool ok = house_transaction(model.now_ms, run, &decision, &decision.err);
    if (ok != possible || (!ok && decision.err.code != ERR_CONFLICT && decision.err.code != ERR_INVALID))
        fail_with("a decision was %s: %s", ok ? "carried out" : "refused", decision.err.text);
}

static void refund(void)
{
    struct model_bill *order = any_order();
    if (!order)
        return;
    int64_t amount = one_in(3) ? order->amount : 1 + any(9000);
    note(" refund:%" PRId64 ",%" PRId64, order->id, amount);
    expect_decided((struct decision){.run = do_refund, .id = order->id, .amount = amount},
                   model_refund(&model, order, amount));
}

static void adjust(void)
{
    int person = any(MODEL_PEOPLE);
    int64_t amount = any(3) * 5000 - any(4) * 5000;
    note(" adjust:%d,%" PRId64, person, amount);
    expect_decided((struct decision){.run = do_adjust, .id = MODEL_FIRST_PERSON + person, .amount = amount},
                   model_adjust(&model, person, amount));
}

static void mark_paid(void)
{
    struct model_payment *payment = any_payment(one_in(3) ? is_parked : is_open);
    if (!payment || payment->bill->is_deposit)
        return;
    struct model_bill *order = payment->bill;
    note(" mark paid:%" PRId64, order->id);
    bool possible = model_may_mark_paid(&model, order);
    expect_decided((struct decision){.run = do_mark_paid, .id = order->id}, possible);
    if (possible)
        model_mark_paid(&model, newest_payment(), order);
}

static void replace_unit(void)
{
    struct model_bill *order = any_order();
    int product = any(MODEL_PRODUCTS);
    if (!order)
        return;
    const char *unit =
        house_value("SELECT min(u.id) FROM stock_units u JOIN order_items i ON i.id = u.order_item_id"
                    " WHERE i.order_id = %" PRId64 " AND u.product_id = %d AND u.state = 'sold'"
                    " AND u.replaced_by IS NULL",
                    order->id, product + 1);
    if (!*unit)
        return;
    note(" replace:%" PRId64 ",%d", order->id, product);
    expect_decided((struct decision){.run = do_replace, .id = strtoll(unit, NULL, 10)},
                   model_replace(&model, order, product));
}

static void fulfil(void)
{
    struct model_bill *order = any_order();
    if (!order)
        return;
    const char *item =
        house_value("SELECT id FROM order_items WHERE order_id = %" PRId64 " AND product_id = %d", order->id,
                    MODEL_MANUAL + 1);
    if (!*item)
        return;
    note(" fulfil:%" PRId64, order->id);
    expect_decided((struct decision){.run = do_fulfil, .id = strtoll(item, NULL, 10)}, model_fulfil(order));
}

static void give_up(void)
{
    struct model_payment *payment = any_payment(is_open);
    if (!payment || payment->bill->is_deposit)
        return;
    note(" give up:%" PRId64, payment->bill->id);
    expect_decided((struct decision){.run = do_cancel, .id = payment->bill->id},
                   model_cancel(&model, payment));
}

static void resolve(void)
{
    struct model_payment *payment = any_payment(is_parked);
    enum correction_settlement how = (enum correction_settlement)any(3);
    if (!payment)
        return;
    note(" resolve:%" PRId64 ",%d", payment->id, (int)how);
    expect_decided((struct decision){.run = do_settle_mismatch, .id = payment->id, .how = how},
                   model_resolve(&model, payment, how));
}

static void confirm(void)
{
    struct model_bill *deposit = any_by_hand();
    if (!deposit)
        return;
    note(" confirm:%" PRId64, deposit->id);
    bool possible = deposit->state == DEPOSIT_REVIEW || deposit->state == DEPOSIT_REJECTED;
    expect_decided((struct decision){.run = do_confirm, .id = deposit->id}, possible);
    if (possible)
        model_add_payment(&model, newest_payment(), deposit, BY_HAND);
}

static void reject(void)
{
    struct model_bill *deposit = any_by_hand();
    if (!deposit)
        return;
    note(" reject:%" PRId64, deposit->id);
    bool possible = deposit->state == DEPOSIT_REVIEW;
    expect_decided((struct decision){.run = do_reject, .id = deposit->id}, possible);
    if (possible)
        deposit->state = DEPOSIT_REJECTED;
}

const struct action admins_actions[] = {
    {2, refund, true},  {2, adjust, true}, {2, mark_paid, true}, {2, replace_unit, true}, {6, resolve, true},
    {2, confirm, true}, {1, reject, true}, {4, fulfil, true},    {2, give_up, true},      {0},
};

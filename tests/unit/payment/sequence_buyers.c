/* What buyers do: order, deposit, cancel; and what follows from it by itself. */
#include "sequence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka needs the four above first */
#include <cmocka.h>
#include <inttypes.h>
#include <stdlib.h>

#include "store/user.h"

/* --- actions of people --- */

struct purchase {
    int person;
    int quantity[MODEL_PRODUCTS];
    struct model_coupon *coupon;
    const char *method;
    int64_t amount; /* of a deposit; 0: it is an order */
    int64_t id;
    enum order_obstacle obstacle;
};

static bool touch(struct work *work, int who, struct error *err)
{
    const struct person person = {MODEL_FIRST_PERSON + who, "Ani", NULL, NULL, NULL};
    return user_touch(work, &person, err);
}

static bool start_order(struct work *work, void *context, struct error *err)
{
    struct purchase *p = context;
    struct order order;
    int64_t product;
    if (!touch(work, p->person, err) ||
        !checkout_start(work, MODEL_FIRST_PERSON + p->person, p->method, &order, &p->obstacle, &product, err))
        return false;
    p->id = order.id;
    return true;
}

int64_t newest_payment(void)
{
    return strtoll(house_value("SELECT max(id) FROM payments"), NULL, 10);
}

static void fill_cart(const struct purchase *p)
{
    house_sql("DELETE FROM cart_items; UPDATE users SET coupon_id = %s, coupon_edition = 1",
              !p->coupon                       ? "NULL"
              : p->coupon == &model.coupons[0] ? "1"
                                               : "2");
    for (int i = 0; i < MODEL_PRODUCTS; i++)
        if (p->quantity[i])
            house_sql("INSERT INTO cart_items VALUES (%" PRId64 ", %d, %d, %" PRId64 ", '2026-01-01')",
                      MODEL_FIRST_PERSON + p->person, i + 1, p->quantity[i], model.price[i]);
}

static int richest(void)
{
    int found = 0;
    for (int i = 1; i < MODEL_PEOPLE; i++)
        if (model.balance[i] > model.balance[found])
            found = i;
    return found;
}

static void place(bool by_balance)
{
    struct purchase p = {.person = by_balance && !one_in(3) ? richest() : any(MODEL_PEOPLE),
                         .method = by_balance ? "balance" : "qris"};
    struct error err = {0};
    int64_t total;
    for (int i = 0; i < MODEL_PRODUCTS; i++)
        p.quantity[i] = one_in(2) || (i >= MODEL_OF_UNITS && one_in(2)) ? 0 : 1 + any(2);
    if (one_in(2))
        p.coupon = &model.coupons[any(MODEL_COUPONS)];
    note(" %s:%d,%d,%d,%d,%d%s", p.method, p.person, p.quantity[0], p.quantity[1], p.quantity[2],
         p.quantity[3],
         !p.coupon                       ? ""
         : p.coupon == &model.coupons[0] ? ",c1"
                                         : ",c2");
    fill_cart(&p);
    enum order_obstacle expected = model_obstacle(&model, p.person, p.quantity, p.coupon, by_balance, &total);
    bool ok = house_transaction(model.now_ms, start_order, &p, &err);
    bool possible = expected == ORDER_OK && (by_balance || total >= MODEL_QRIS_LEAST);
    if (p.obstacle != expected || ok != possible)
        fail_with("obstacle %d instead of %d: %s", p.obstacle, expected, ok ? "placed" : err.text);
    if (ok)
        model_add_payment(&model, newest_payment(),
                          model_add_order(&model, p.id, p.person, p.quantity, p.coupon),
                          by_balance ? BY_BALANCE : BY_GATEWAY);
}

static void order_by_gateway(void)
{
    place(false);
}

static void order_by_balance(void)
{
    place(true);
}

static bool start_deposit(struct work *work, void *context, struct error *err)
{
    struct purchase *p = context;
    struct deposit deposit;
    if (!touch(work, p->person, err) || !checkout_deposit(work, MODEL_FIRST_PERSON + p->person, "qris",
                                                          p->amount, &deposit, &p->obstacle, err))
        return false;
    p->id = deposit.id;
    return true;
}

static void deposit(void)
{
    struct purchase p = {.person = any(MODEL_PEOPLE),
                         .amount = one_in(8) ? MODEL_DEPOSIT_LEAST - 1 : MODEL_DEPOSIT_LEAST * (1 + any(5))};
    struct error err = {0};
    note(" deposit:%d,%" PRId64, p.person, p.amount);
    bool possible = p.amount >= MODEL_DEPOSIT_LEAST && model_may_deposit(&model, p.person);
    if (house_transaction(model.now_ms, start_deposit, &p, &err) != possible)
        fail_with("a deposit of %" PRId64 " was %s: %s", p.amount, possible ? "refused" : "made", err.text);
    if (possible)
        model_add_payment(&model, newest_payment(), model_add_deposit(&model, p.id, p.person, p.amount),
                          BY_GATEWAY);
}

static bool give_up(struct work *work, void *context, struct error *err)
{
    const struct model_bill *bill = context;
    int64_t person = MODEL_FIRST_PERSON + bill->person;
    return touch(work, bill->person, err) &&
           (bill->is_deposit ? checkout_cancel_deposit(work, bill->id, person, err)
                             : checkout_cancel(work, bill->id, person, err));
}

static void expect_given_up(struct model_bill *bill, bool possible)
{
    struct error err = {0};
    bool ok = house_transaction(model.now_ms, give_up, bill, &err);
    if (ok != possible || (!ok && err.code != ERR_CONFLICT))
        fail_with("cancelling was %s: %s", ok ? "done" : "refused", err.text);
}

static void cancel(void)
{
    struct model_payment *payment = any_payment(is_open);
    if (!payment)
        return;
    note(" cancel:%" PRId64, payment->id);
    expect_given_up(payment->bill, model_cancel(&model, payment));
}

static bool mark_completed(struct work *work, void *context, struct error *err)
{
    return order_mark_completed(work, ((struct model_bill *)context)->id, err);
}

static void delivered(void)
{
    struct model_bill *order = any_order();
    struct error err = {0};
    if (!order)
        return;
    note(" delivered:%" PRId64, order->id);
    bool possible = model_complete(order);
    if (house_transaction(model.now_ms, mark_completed, order, &err) != possible)
        fail_with("an order was %s: %s", possible ? "not completed" : "completed", err.text);
}

/* --- deposits by hand --- */

static bool start_transfer(struct work *work, void *context, struct error *err)
{
    struct purchase *p = context;
    struct deposit deposit;
    if (!touch(work, p->person, err) || !checkout_deposit_by_hand(work, MODEL_FIRST_PERSON + p->person,
                                                                  p->amount, &deposit, &p->obstacle, err))
        return false;
    p->id = deposit.id;
    return true;
}

static void transfer(void)
{
    struct purchase p = {.person = any(MODEL_PEOPLE), .amount = MODEL_DEPOSIT_LEAST * (1 + any(3))};
    struct error err = {0};
    note(" transfer:%d,%" PRId64, p.person, p.amount);
    bool possible = model_may_deposit(&model, p.person);
    if (house_transaction(model.now_ms, start_transfer, &p, &err) != possible)
        fail_with("a transfer was %s: %s", possible ? "refused" : "begun", err.text);
    if (possible)
        model_add_deposit(&model, p.id, p.person, p.amount)->by_hand = true;
}

static bool prove(struct work *work, void *context, struct error *err)
{
    return deposit_prove(work, ((struct model_bill *)context)->id, "photo", err);
}

static void give_proof(void)
{
    struct model_bill *deposit = any_by_hand();
    struct error err = {0};
    if (!deposit)
        return;
    note(" proof:%" PRId64, deposit->id);
    bool possible = deposit->state == DEPOSIT_PENDING;
    if (house_transaction(model.now_ms, prove, deposit, &err) != possible)
        fail_with("a proof was %s: %s", possible ? "refused" : "taken", err.text);
    if (possible)
        deposit->state = DEPOSIT_REVIEW;
}

static void cancel_transfer(void)
{
    struct model_bill *deposit = any_by_hand();
    if (!deposit)
        return;
    note(" cancel transfer:%" PRId64, deposit->id);
    expect_given_up(deposit, model_cancel_by_hand(deposit));
}

/* A day later. */
static void expire_transfer(void)
{
    struct model_bill *deposit = any_by_hand();
    struct job_step step;
    struct error err = {0};
    if (!deposit)
        return;
    bool late = one_in(2);
    note(" expire transfer:%" PRId64 "%s", deposit->id, late ? "" : "-");
    if (!house_job("deposit_expire", deposit->id, model.now_ms + (late ? 86400000 : 0), &step, &err))
        fail_with("deposit_expire %" PRId64 ": %s", deposit->id, err.text);
    if (late && deposit->state == DEPOSIT_PENDING)
        deposit->state = DEPOSIT_EXPIRED;
}

static void restock(void)
{
    int product = any(MODEL_OF_UNITS);
    note(" restock:%d", product);
    house_sql("INSERT INTO stock_units (product_id, content, digest, created_at)"
              " VALUES (%d, 'x', random()::text::bytea, '2026-01-01')",
              product + 1);
    model.available[product]++;
}

const struct action buyers_actions[] = {
    {14, order_by_gateway, true},
    {5, order_by_balance, true},
    {6, deposit, true},
    {4, cancel, true},
    {2, delivered, true},
    {2, transfer, true},
    {3, give_proof, true},
    {1, cancel_transfer, true},
    {1, expire_transfer, false},
    {1, restock, true},
    {0},
};

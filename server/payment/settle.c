#include <assert.h>

#include "payment/internal.h"
#include "store/ledger.h"

static bool mark_completed(struct work *work, struct payment *payment, struct error *err)
{
    if (!payment_mark_completed(work, payment->id, err))
        return false;
    payment->state = PAYMENT_COMPLETED;
    payment->ended_ms = work->now_ms;
    return true;
}

static bool tell_paid(struct work *work, struct order *order, struct payment *payment, bool late,
                      struct error *err)
{
    order->state = ORDER_PAID;
    order->paid_ms = work->now_ms;
    return checkout_notices()->paid(work, order, payment, late, err);
}

/* The amount asked for, or what really came of a parked one; not what the gateway took on top. */
static bool credit(struct work *work, struct order *order, struct payment *payment, struct error *err)
{
    int64_t balance;
    const char *key = arena_printf(work->arena, "late:payment:%lld", (long long)payment->id);
    int64_t amount = payment_received(payment);
    return ledger_book(work, order->telegram_id, LEDGER_LATE_PAYMENT, amount, key, order->reference, &balance,
                       err) &&
           checkout_notices()->late_credited(work, order, payment, amount, balance, err);
}

static bool pay_late(struct work *work, struct order *order, struct payment *payment, struct error *err)
{
    struct error obstacle;
    if (order_revive(work, order->id, &obstacle))
        return tell_paid(work, order, payment, true, err);
    if (obstacle.code != ERR_CONFLICT) {
        *err = obstacle;
        return false;
    }
    struct order now;
    if (!order_get(work, order->id, false, &now, err))
        return false;
    if (now.state != order->state) /* never both the units and the money */
        return error_set(err, ERR_INTERNAL, "revived by half: %s", obstacle.text);
    return credit(work, order, payment, err);
}

static bool settle_order(struct work *work, struct order *order, struct payment *payment, struct error *err)
{
    switch (order->state) {
    case ORDER_PENDING:
        return order_mark_paid(work, order->id, err) && tell_paid(work, order, payment, false, err);
    case ORDER_CANCELLED:
    case ORDER_EXPIRED:
        return pay_late(work, order, payment, err);
    case ORDER_PAID: /* by another payment: this one is too much */
    case ORDER_COMPLETED:
        return credit(work, order, payment, err);
    }
    return error_set(err, ERR_INTERNAL, "order in state %d", (int)order->state);
}

/* A deposit has nothing that could be gone: late is as good as in time. One that was booked already
 * (confirmed by an admin, and then the gateway's money came as well) has more coming. */
static bool settle_deposit(struct work *work, struct deposit *deposit, struct payment *payment,
                           int64_t actor_id, struct error *err)
{
    int64_t balance;
    bool again = deposit->state == DEPOSIT_COMPLETED;
    bool late = deposit->state == DEPOSIT_CANCELLED || deposit->state == DEPOSIT_EXPIRED || again;
    const char *key = again ? arena_printf(work->arena, "late:payment:%lld", (long long)payment->id)
                            : arena_printf(work->arena, "deposit:%lld", (long long)deposit->id);
    if (!again && !deposit_mark_completed(work, deposit->id, actor_id, err))
        return false;
    if (!ledger_book(work, deposit->telegram_id, again ? LEDGER_LATE_PAYMENT : LEDGER_DEPOSIT,
                     payment_received(payment), key, deposit->reference, &balance, err))
        return false;
    deposit->state = DEPOSIT_COMPLETED;
    deposit->completed_ms = work->now_ms;
    return checkout_notices()->deposited(work, deposit, payment, balance, late, err);
}

bool settle(struct work *work, struct bill *bill, struct payment *payment, int64_t actor_id,
            struct error *err)
{
    assert(bill->order ? payment->order_id == bill->order->id : payment->deposit_id == bill->deposit->id);
    if (payment->state == PAYMENT_COMPLETED)
        return true;
    if (!mark_completed(work, payment, err) ||
        !(bill->order ? settle_order(work, bill->order, payment, err)
                      : settle_deposit(work, bill->deposit, payment, actor_id, err)))
        return error_context(err, "%s: settle", bill_reference(bill));
    return true;
}

static bool end_apart(struct work *work, struct bill *bill, struct payment *payment, struct error *err)
{
    return bill_end(work, bill, false, payment->problem, err) &&
           checkout_notices()->ended(work, bill, payment, ENDED_BY_ADMIN, err);
}

bool settle_apart(struct work *work, struct bill *bill, struct payment *payment, bool to_balance,
                  struct error *err)
{
    assert(payment->resolution && (bill->order || !to_balance));
    if (!mark_completed(work, payment, err) || (bill_is_open(bill) && !end_apart(work, bill, payment, err)) ||
        !(to_balance ? credit(work, bill->order, payment, err)
                     : checkout_notices()->given_back(work, bill, payment, err)))
        return error_context(err, "%s: settle", bill_reference(bill));
    return true;
}

#include "payment/checkout.h"

#include <assert.h>
#include <string.h>

#include "base/str.h"
#include "payment/breaker.h"
#include "payment/internal.h"
#include "payment/method.h"
#include "payment/pace.h"
#include "store/ledger.h"

enum { MOST_REFERENCE = 64, PROOF_MS = 24 * 3600 * 1000 };

static const struct checkout_notices *notices;

void checkout_set_notices(const struct checkout_notices *table)
{
    notices = table;
}

const struct checkout_notices *checkout_notices(void)
{
    assert(notices);
    return notices;
}

bool lock_both(struct work *work, int64_t payment_id, struct bill *bill_out, struct payment *payment_out,
               struct error *err)
{
    struct payment payment;
    /* What a payment is for never changes, so it may be read before the locks are taken in their order. */
    return payment_get(work, payment_id, false, &payment, err) &&
           bill_lock(work, payment.order_id, payment.deposit_id, bill_out, err) &&
           payment_get(work, payment_id, true, payment_out, err);
}

/* --- start --- */

static int64_t invoice_end(const struct work *work)
{
    return work->now_ms + work->tenant->invoice_minutes * 60000;
}

static bool refuse(enum order_obstacle obstacle, const char *why, enum order_obstacle *obstacle_out,
                   struct error *err)
{
    *obstacle_out = obstacle;
    return error_set(err, ERR_CONFLICT, "checkout: %s", why);
}

/* The gateway's side of a bill: its payment, and the job that asks. */
static bool ask_gateway(struct work *work, const struct bill *bill, const char *method, int64_t amount,
                        struct error *err)
{
    int64_t payment_id;
    return payment_add(work, bill->order ? bill->order->id : 0, bill->deposit ? bill->deposit->id : 0,
                       bill_reference(bill), method, amount, &payment_id, err) &&
           job_add(work, JOB_CREATE, payment_id, work->now_ms, err);
}

static bool pay_by_balance(struct work *work, struct order *order, enum order_obstacle *obstacle_out,
                           struct error *err)
{
    int64_t balance, payment_id;
    struct payment payment;
    struct bill bill = bill_of_order(order);
    /* The person's row is locked: what is read here stays. */
    if (!ledger_balance(work, order->telegram_id, &balance, err))
        return false;
    if (balance < order->total)
        return refuse(ORDER_BALANCE_SHORT, "the balance is short", obstacle_out, err);
    const char *key = arena_printf(work->arena, "purchase:order:%lld", (long long)order->id);
    return payment_add(work, order->id, 0, order->reference, METHOD_NAME_BALANCE, order->total, &payment_id,
                       err) &&
           payment_get(work, payment_id, true, &payment, err) &&
           (order->total == 0 || ledger_book(work, order->telegram_id, LEDGER_PURCHASE, -order->total, key,
                                             order->reference, &balance, err)) &&
           settle(work, &bill, &payment, 0, err);
}

bool checkout_start(struct work *work, int64_t telegram_id, const char *method_name, struct order *order_out,
                    enum order_obstacle *obstacle_out, int64_t *product_id_out, struct error *err)
{
    const struct method *method = method_find(method_name);
    struct order *order = ARENA_NEW(work->arena, struct order);
    const struct bill bill = bill_of_order(order);
    *obstacle_out = ORDER_OK;
    *product_id_out = 0;
    bool by_balance = method && method->kind == METHOD_BALANCE;
    if (!method || (!by_balance && !method_is_listed(work->tenant, method)))
        return error_set(err, ERR_INVALID, "checkout: not a payment method of this store");
    if (!by_balance && breaker_is_open(work->tenant->pakasir_project, work->now_ms))
        return refuse(ORDER_GATEWAY_DOWN, "the gateway is down", obstacle_out, err);
    /* What is paid at once stays open for nobody. */
    int64_t most_open = by_balance ? INT64_MAX : work->tenant->most_open;
    if (!order_place(work, telegram_id, invoice_end(work), most_open, order, obstacle_out, product_id_out,
                     err))
        return error_context(err, "checkout");
    if (!method_takes(method, order->total))
        return error_set(err, ERR_INVALID, "checkout: %s takes %lld to %lld rupiah, not %lld", method->name,
                         (long long)method->least, (long long)method->most, (long long)order->total);
    if (!(by_balance ? pay_by_balance(work, order, obstacle_out, err)
                     : ask_gateway(work, &bill, method->name, order->total, err)))
        return error_context(err, "checkout");
    *order_out = *order;
    return true;
}

/* --- deposits --- */

static bool add_deposit(struct work *work, int64_t telegram_id, enum deposit_kind kind, int64_t amount,
                        int64_t expires_ms, struct deposit *deposit_out, enum order_obstacle *obstacle_out,
                        struct error *err)
{
    *obstacle_out = ORDER_OK;
    if (amount < work->tenant->deposit_least || amount > work->tenant->deposit_most)
        return error_set(err, ERR_INVALID, "deposit: this store takes %lld to %lld rupiah, not %lld",
                         (long long)work->tenant->deposit_least, (long long)work->tenant->deposit_most,
                         (long long)amount);
    if (deposit_add(work, telegram_id, kind, amount, expires_ms, work->tenant->most_open, deposit_out, err))
        return true;
    if (err->code == ERR_CONFLICT)
        *obstacle_out = ORDER_TOO_MANY_OPEN;
    return false;
}

bool checkout_deposit(struct work *work, int64_t telegram_id, const char *method_name, int64_t amount,
                      struct deposit *deposit_out, enum order_obstacle *obstacle_out, struct error *err)
{
    const struct method *method = method_find(method_name);
    struct deposit *deposit = ARENA_NEW(work->arena, struct deposit);
    const struct bill bill = bill_of_deposit(deposit);
    *obstacle_out = ORDER_OK;
    if (!method || method->kind == METHOD_BALANCE || !method_is_listed(work->tenant, method) ||
        !method_takes(method, amount))
        return error_set(err, ERR_INVALID, "deposit: not by this payment method");
    if (breaker_is_open(work->tenant->pakasir_project, work->now_ms))
        return refuse(ORDER_GATEWAY_DOWN, "the gateway is down", obstacle_out, err);
    if (!add_deposit(work, telegram_id, DEPOSIT_GATEWAY, amount, invoice_end(work), deposit, obstacle_out,
                     err) ||
        !ask_gateway(work, &bill, method->name, amount, err))
        return error_context(err, "deposit");
    *deposit_out = *deposit;
    return true;
}

bool checkout_deposit_by_hand(struct work *work, int64_t telegram_id, int64_t amount,
                              struct deposit *deposit_out, enum order_obstacle *obstacle_out,
                              struct error *err)
{
    struct deposit deposit;
    *obstacle_out = ORDER_OK;
    if (!work->tenant->deposit_by_hand)
        return error_set(err, ERR_INVALID, "deposit: this store takes no transfers by hand");
    if (!add_deposit(work, telegram_id, DEPOSIT_MANUAL, amount, work->now_ms + PROOF_MS, &deposit,
                     obstacle_out, err) ||
        !job_add(work, JOB_DEPOSIT_EXPIRE, deposit.id, deposit.expires_ms, err))
        return error_context(err, "deposit by hand");
    *deposit_out = deposit;
    return true;
}

/* --- cancel --- */

/* Both rows are locked, the bill the person's own. */
static bool cancel(struct work *work, struct bill *bill, struct payment *payment, struct error *err)
{
    if (payment->problem) /* money came, though not as asked: an admin decides */
        return error_set(err, ERR_CONFLICT, "cancel: the payment of %s is parked", bill_reference(bill));
    return ending_by_buyer(work, bill, payment, err) || error_context(err, "cancel");
}

bool checkout_cancel(struct work *work, int64_t order_id, int64_t telegram_id, struct error *err)
{
    struct order order;
    struct payment payment;
    struct bill bill = bill_of_order(&order);
    if (!order_get_own(work, order_id, telegram_id, true, &order, err))
        return error_context(err, "cancel");
    if (order.state != ORDER_PENDING)
        return error_set(err, ERR_CONFLICT, "cancel: order %s is %s", order.reference,
                         order_state_name(order.state));
    if (!payment_of_order(work, order_id, true, &payment, err))
        return error_context(err, "cancel");
    return cancel(work, &bill, &payment, err);
}

bool checkout_cancel_deposit(struct work *work, int64_t deposit_id, int64_t telegram_id, struct error *err)
{
    struct deposit deposit;
    struct payment payment;
    struct bill bill = bill_of_deposit(&deposit);
    if (!deposit_get_own(work, deposit_id, telegram_id, true, &deposit, err))
        return error_context(err, "cancel");
    if (deposit.state != DEPOSIT_PENDING)
        return error_set(err, ERR_CONFLICT, "cancel: deposit %s is %s", deposit.reference,
                         deposit_state_name(deposit.state));
    if (deposit.kind == DEPOSIT_MANUAL)
        return bill_end(work, &bill, false, "buyer", err) &&
               notices->ended(work, &bill, NULL, ENDED_BY_BUYER, err);
    if (!payment_of_deposit(work, deposit_id, true, &payment, err))
        return error_context(err, "cancel");
    return cancel(work, &bill, &payment, err);
}

/* --- hint --- */

static bool is_ours(const struct work *work, const struct payment *payment, const struct checkout_hint *hint)
{
    return str_equal(hint->status, "completed") && hint->amount == payment->amount &&
           hint->is_sandbox == work->tenant->pakasir_sandbox &&
           (!payment->txn_id || str_equal(hint->txn_id, payment->txn_id));
}

struct hint_task {
    const struct checkout_hint *hint;
    enum checkout_hint_result result;
};

static bool take_hint(struct work *work, void *context, struct error *err)
{
    struct hint_task *task = context;
    struct payment payment;
    if (!payment_find(work, task->hint->order_id, true, &payment, err)) {
        task->result = HINT_UNKNOWN_ORDER;
        return err->code == ERR_NOT_FOUND;
    }
    task->result = !is_ours(work, &payment, task->hint) ? HINT_WRONG
                   : payment.state == PAYMENT_COMPLETED ? HINT_ALREADY_SETTLED
                                                        : HINT_NOTED;
    if (task->result != HINT_NOTED)
        return true;
    int64_t due_ms = work->now_ms;
    if (payment.last_check_ms && payment.last_check_ms + PACE_STATUS_GAP_MS > due_ms)
        due_ms = payment.last_check_ms + PACE_STATUS_GAP_MS;
    return payment_note_hint(work, payment.id, err) && job_add(work, JOB_CHECK, payment.id, due_ms, err);
}

bool checkout_take_hint(struct work *work, const struct checkout_hint *hint,
                        enum checkout_hint_result *result_out, struct error *err)
{
    struct hint_task task = {.hint = hint};
    if (strnlen(hint->order_id, MOST_REFERENCE + 1) > MOST_REFERENCE) {
        *result_out = HINT_UNKNOWN_ORDER;
        return true;
    }
    if (!work_transaction(work, take_hint, &task, err))
        return error_context(err, "webhook");
    *result_out = task.result;
    return true;
}

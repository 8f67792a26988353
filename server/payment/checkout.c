#include "payment/checkout.h"

#include <assert.h>
#include <string.h>

#include "base/str.h"
#include "payment/internal.h"
#include "payment/pace.h"

enum { MOST_OPEN_ORDERS = 3, MOST_REFERENCE = 64 };

/* What the gateway can take, in rupiah; source: Pakasir's documented limits. */
static const struct method {
    const char *name;
    int64_t least, most;
} methods[] = {
    {"qris", 500, 10000000},
};

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

bool lock_both(struct work *work, int64_t order_id, int64_t payment_id, struct order *order_out,
               struct payment *payment_out, struct error *err)
{
    struct order order;
    if (!order_get(work, order_id, true, &order, err) ||
        !payment_get(work, payment_id, true, payment_out, err))
        return false;
    *order_out = order;
    return true;
}

/* --- start --- */

static const struct method *find_method(const struct tenant *tenant, const char *name)
{
    bool offered = false;
    for (size_t i = 0; i < tenant->methods.count; i++)
        offered = offered || str_equal(tenant->methods.items[i], name);
    for (size_t i = 0; offered && i < sizeof methods / sizeof methods[0]; i++)
        if (str_equal(methods[i].name, name))
            return &methods[i];
    return NULL;
}

bool checkout_start(struct work *work, int64_t telegram_id, const char *method_name, struct order *order_out,
                    enum order_obstacle *obstacle_out, int64_t *product_id_out, struct error *err)
{
    const struct method *method = find_method(work->tenant, method_name);
    int64_t expires_ms = work->now_ms + work->tenant->invoice_minutes * 60000;
    struct order order;
    int64_t payment_id;
    *obstacle_out = ORDER_OK;
    *product_id_out = 0;
    if (!method)
        return error_set(err, ERR_INVALID, "checkout: not a payment method of this store");
    if (!order_place(work, telegram_id, expires_ms, MOST_OPEN_ORDERS, &order, obstacle_out, product_id_out,
                     err))
        return error_context(err, "checkout");
    if (order.total < method->least || order.total > method->most) {
        *obstacle_out = ORDER_OK;
        return error_set(err, ERR_INVALID, "checkout: %s takes %lld to %lld rupiah, not %lld", method->name,
                         (long long)method->least, (long long)method->most, (long long)order.total);
    }
    if (!payment_add(work, order.id, order.reference, method->name, order.total, &payment_id, err) ||
        !job_add(work, JOB_CREATE, payment_id, work->now_ms, err))
        return error_context(err, "checkout");
    *order_out = order;
    return true;
}

/* --- cancel --- */

bool checkout_cancel(struct work *work, int64_t order_id, int64_t telegram_id, struct error *err)
{
    struct order order;
    struct payment payment;
    if (!order_get_own(work, order_id, telegram_id, true, &order, err))
        return error_context(err, "cancel");
    if (order.state != ORDER_PENDING)
        return error_set(err, ERR_CONFLICT, "cancel: order %s is %s", order.reference,
                         order_state_name(order.state));
    if (!payment_of_order(work, order_id, true, &payment, err))
        return error_context(err, "cancel");
    if (payment.problem) /* money came, though not as asked: an admin decides */
        return error_set(err, ERR_CONFLICT, "cancel: the payment of order %s is parked", order.reference);
    return ending_by_buyer(work, &order, &payment, err) || error_context(err, "cancel");
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

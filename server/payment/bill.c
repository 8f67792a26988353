#include "payment/bill.h"

#include <assert.h>

#include "payment/internal.h"
#include "store/user.h"

struct bill bill_of_order(struct order *order)
{
    return (struct bill){.order = order};
}

struct bill bill_of_deposit(struct deposit *deposit)
{
    return (struct bill){.deposit = deposit};
}

int64_t bill_id(const struct bill *bill)
{
    return bill->order ? bill->order->id : bill->deposit->id;
}

const char *bill_reference(const struct bill *bill)
{
    return bill->order ? bill->order->reference : bill->deposit->reference;
}

int64_t bill_person(const struct bill *bill)
{
    return bill->order ? bill->order->telegram_id : bill->deposit->telegram_id;
}

int64_t bill_created_ms(const struct bill *bill)
{
    return bill->order ? bill->order->created_ms : bill->deposit->created_ms;
}

int64_t bill_expires_ms(const struct bill *bill)
{
    return bill->order ? bill->order->expires_ms : bill->deposit->expires_ms;
}

int64_t bill_loading_message(const struct bill *bill)
{
    return bill->order ? bill->order->loading_message_id : bill->deposit->loading_message_id;
}

int64_t bill_invoice_message(const struct bill *bill)
{
    return bill->order ? bill->order->invoice_message_id : bill->deposit->invoice_message_id;
}

bool bill_is_open(const struct bill *bill)
{
    return bill->order ? bill->order->state == ORDER_PENDING : bill->deposit->state == DEPOSIT_PENDING;
}

bool bill_is_expired(const struct bill *bill)
{
    return bill->order ? bill->order->state == ORDER_EXPIRED : bill->deposit->state == DEPOSIT_EXPIRED;
}

/* --- for the files of payment/ --- */

bool bill_lock(struct work *work, int64_t order_id, int64_t deposit_id, struct bill *bill_out,
               struct error *err)
{
    struct bill bill = {0};
    assert(!order_id != !deposit_id);
    if (!user_lock_of_bill(work, order_id, deposit_id, err))
        return false;
    if (order_id) {
        bill.order = ARENA_NEW(work->arena, struct order);
        if (!order_get(work, order_id, true, bill.order, err))
            return false;
    } else {
        bill.deposit = ARENA_NEW(work->arena, struct deposit);
        if (!deposit_get(work, deposit_id, true, bill.deposit, err))
            return false;
    }
    *bill_out = bill;
    return true;
}

bool bill_shorten_expiry(struct work *work, struct bill *bill, int64_t expires_ms, struct error *err)
{
    bool ok = bill->order ? order_shorten_expiry(work, bill->order->id, expires_ms, err)
                          : deposit_shorten_expiry(work, bill->deposit->id, expires_ms, err);
    if (!ok)
        return false;
    if (bill->order)
        bill->order->expires_ms = expires_ms;
    else
        bill->deposit->expires_ms = expires_ms;
    return true;
}

bool bill_end(struct work *work, struct bill *bill, bool expired, const char *reason, struct error *err)
{
    enum order_state order_state = expired ? ORDER_EXPIRED : ORDER_CANCELLED;
    enum deposit_state deposit_state = expired ? DEPOSIT_EXPIRED : DEPOSIT_CANCELLED;
    bool ok = bill->order ? order_end(work, bill->order->id, order_state, reason, err)
                          : deposit_end(work, bill->deposit->id, deposit_state, reason, err);
    if (!ok)
        return error_context(err, "%s: end", bill_reference(bill));
    if (bill->order)
        bill->order->state = order_state;
    else
        bill->deposit->state = deposit_state;
    return true;
}

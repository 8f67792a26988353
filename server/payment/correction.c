#include "payment/correction.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "payment/internal.h"
#include "payment/method.h"
#include "store/admin_log.h"
#include "store/ledger.h"
#include "store/user.h"

enum { NOTE_CHARACTERS = 500 };

/* --- what all have in common --- */

static bool check_note(const struct correction *by, struct error *err)
{
    assert(by->key && *by->key);
    const char *note = by->note ? by->note : "";
    if (note[strspn(note, " \t\r\n")] == '\0' || !str_is_utf8(note, strlen(note)) ||
        str_utf8_length(note) > NOTE_CHARACTERS)
        return error_set(err, ERR_INVALID, "a reason is 1 to %d characters", NOTE_CHARACTERS);
    return true;
}

/* Asked with the subject's locks held: the same decision at another server was committed, or waits for us. */
static bool check_new(struct work *work, const struct correction *by, struct error *err)
{
    bool found;
    if (!admin_log_has(work, by->key, &found, err))
        return false;
    return !found || error_set(err, ERR_CONFLICT, "decision %s was carried out before", by->key);
}

bool correction_take_bill(struct work *work, const struct correction *by, int64_t order_id,
                          int64_t deposit_id, struct bill *bill_out, struct error *err)
{
    return check_note(by, err) && bill_lock(work, order_id, deposit_id, bill_out, err) &&
           check_new(work, by, err);
}

bool correction_write_log(struct work *work, const struct correction *by, const char *action,
                          const char *subject, int64_t subject_id, json_t *before, json_t *after,
                          struct error *err)
{
    const struct admin_log entry = {
        .actor_id = by->actor_id,
        .action = action,
        .subject = subject,
        .subject_id = subject_id,
        .before = before,
        .after = after,
        .note = by->note,
        .key = by->key,
    };
    return admin_log_add(work, &entry, err);
}

static bool is_paid(const struct order *order)
{
    return order->state == ORDER_PAID || order->state == ORDER_COMPLETED;
}

bool correction_check_paid(const struct order *order, struct error *err)
{
    return is_paid(order) ||
           error_set(err, ERR_CONFLICT, "order %s is %s", order->reference, order_state_name(order->state));
}

static const char *bill_state(const struct bill *bill)
{
    return bill->order ? order_state_name(bill->order->state) : deposit_state_name(bill->deposit->state);
}

/* --- refund --- */

static json_t *refund_picture(const struct order *order, int64_t refunded, int64_t balance)
{
    return json_pack("{s:s, s:I, s:I, s:I}", "state", order_state_name(order->state), "total",
                     (json_int_t)order->total, "refunded", (json_int_t)refunded, "balance",
                     (json_int_t)balance);
}

bool correction_refund(struct work *work, const struct correction *by, int64_t order_id, int64_t amount,
                       int64_t *balance_out, struct error *err)
{
    struct bill bill;
    int64_t balance;
    if (!correction_take_bill(work, by, order_id, 0, &bill, err) || !correction_check_paid(bill.order, err))
        return error_context(err, "refund");
    struct order *order = bill.order;
    int64_t before = order->refunded;
    if (amount < 1 || amount > order->total - before)
        return error_set(err, ERR_INVALID,
                         "refund: %" PRId64 " rupiah of order %s, of which %" PRId64 " are left", amount,
                         order->reference, order->total - before);
    const char *key = arena_printf(work->arena, "refund:order:%" PRId64 ":%s", order->id, by->key);
    if (!order_refund(work, order->id, amount, err) ||
        !ledger_book(work, order->telegram_id, LEDGER_REFUND, amount, key, order->reference, &balance, err))
        return error_context(err, "refund");
    order->refunded = before + amount;
    if (!correction_write_log(work, by, "refund", "order", order->id,
                              refund_picture(order, before, balance - amount),
                              refund_picture(order, order->refunded, balance), err) ||
        !checkout_notices()->refunded(work, order, amount, balance, err))
        return error_context(err, "refund");
    *balance_out = balance;
    return true;
}

/* --- paid another way --- */

/* Somebody's word is a payment of its own: what the gateway was asked for stays what it is. */
static bool settle_by_hand(struct work *work, const struct correction *by, struct bill *bill, int64_t amount,
                           struct error *err)
{
    int64_t payment_id;
    struct payment payment;
    const char *reference = arena_printf(work->arena, "manual-%s", bill_reference(bill));
    return payment_add(work, bill->order ? bill->order->id : 0, bill->deposit ? bill->deposit->id : 0,
                       reference, METHOD_NAME_MANUAL, amount, &payment_id, err) &&
           payment_get(work, payment_id, true, &payment, err) &&
           settle(work, bill, &payment, by->actor_id, err);
}

static bool check_unpaid(const struct order *order, const struct payment *payment, struct error *err)
{
    if (is_paid(order))
        return error_set(err, ERR_CONFLICT, "order %s is %s", order->reference,
                         order_state_name(order->state));
    if (payment->state == PAYMENT_COMPLETED)
        return error_set(err, ERR_CONFLICT, "a payment of order %s was completed", order->reference);
    if (payment->problem)
        return error_set(err, ERR_CONFLICT, "the payment of order %s is parked", order->reference);
    return true;
}

static json_t *paid_picture(enum order_state order, enum payment_state payment)
{
    return json_pack("{s:s, s:s}", "state", order_state_name(order), "payment", payment_state_name(payment));
}

bool correction_mark_paid(struct work *work, const struct correction *by, int64_t order_id, struct error *err)
{
    struct bill bill;
    struct payment asked; /* the newest is the gateway's, unless there is one by hand */
    if (!correction_take_bill(work, by, order_id, 0, &bill, err) ||
        !payment_of_order(work, order_id, true, &asked, err) || !check_unpaid(bill.order, &asked, err))
        return error_context(err, "mark paid");
    enum order_state order_before = bill.order->state;
    enum payment_state before = asked.state;
    bool open = before == PAYMENT_CREATING || before == PAYMENT_WAITING;
    if (open && !payment_end(work, asked.id, PAYMENT_CANCELLED, err))
        return error_context(err, "mark paid");
    if (asked.txn_id) /* the loading line went when the invoice came */
        bill.order->loading_message_id = 0;
    if (!settle_by_hand(work, by, &bill, bill.order->total, err) ||
        (open && asked.txn_id && !job_add(work, JOB_CANCEL, asked.id, work->now_ms, err)) ||
        !correction_write_log(work, by, "mark_paid", "order", order_id, paid_picture(order_before, before),
                              paid_picture(bill.order->state, open ? PAYMENT_CANCELLED : before), err))
        return error_context(err, "mark paid");
    return true;
}

/* --- a balance --- */

static json_t *balance_picture(int64_t balance)
{
    return json_pack("{s:I}", "balance", (json_int_t)balance);
}

bool correction_adjust_balance(struct work *work, const struct correction *by, int64_t telegram_id,
                               int64_t amount, int64_t *balance_out, struct error *err)
{
    int64_t before, balance;
    if (!check_note(by, err) || !user_lock(work, telegram_id, err) || !check_new(work, by, err) ||
        !ledger_balance(work, telegram_id, &before, err))
        return error_context(err, "adjust");
    if (amount < 0 && amount >= -LEDGER_MOST && before < -amount)
        return error_set(err, ERR_INVALID,
                         "adjust: %" PRId64 " rupiah can't be taken from a balance of %" PRId64, -amount,
                         before);
    const char *key = arena_printf(work->arena, "adjust:%s", by->key);
    if (!ledger_book(work, telegram_id, LEDGER_ADJUSTMENT, amount, key, by->note, &balance, err) ||
        !correction_write_log(work, by, "adjust_balance", "user", telegram_id, balance_picture(before),
                              balance_picture(balance), err) ||
        !checkout_notices()->adjusted(work, telegram_id, amount, balance, by->note, err))
        return error_context(err, "adjust");
    *balance_out = balance;
    return true;
}

/* --- given up --- */

static json_t *open_picture(const struct order *order, const struct payment *payment)
{
    return json_pack("{s:s, s:s}", "state", order_state_name(order->state), "payment",
                     payment_state_name(payment->state));
}

bool correction_cancel(struct work *work, const struct correction *by, int64_t order_id, struct error *err)
{
    struct bill bill;
    struct payment payment;
    if (!correction_take_bill(work, by, order_id, 0, &bill, err))
        return error_context(err, "cancel");
    if (bill.order->state != ORDER_PENDING)
        return error_set(err, ERR_CONFLICT, "cancel: order %s is %s", bill.order->reference,
                         order_state_name(bill.order->state));
    if (!payment_of_order(work, order_id, true, &payment, err))
        return error_context(err, "cancel");
    if (payment.problem) /* correction_settle_mismatch() is for that */
        return error_set(err, ERR_CONFLICT, "cancel: the payment of order %s is parked",
                         bill.order->reference);
    auto_json json_t *before = open_picture(bill.order, &payment);
    if (!ending_by_admin(work, &bill, &payment, err) ||
        !correction_write_log(work, by, "cancel", "order", order_id, json_incref(before),
                              open_picture(bill.order, &payment), err))
        return error_context(err, "cancel");
    return true;
}

/* --- another amount than asked for --- */

static json_t *mismatch_picture(const char *bill_state, const struct payment *payment,
                                enum payment_state payment_state, const char *resolution)
{
    return json_pack("{s:s, s:s, s:I, s:I, s:s?}", "state", bill_state, "payment",
                     payment_state_name(payment_state), "asked", (json_int_t)payment->amount, "paid",
                     (json_int_t)payment->paid_amount, "resolution", resolution);
}

static bool is_settled(const struct bill *bill)
{
    return bill->order ? is_paid(bill->order) : bill->deposit->state == DEPOSIT_COMPLETED;
}

/* Whether it was delivered, or a deposit booked, depends on the bill: where that was settled before, or its
 * units are gone, the money is one more entry of the balance's own. */
static bool deliver(struct work *work, const struct correction *by, struct bill *bill,
                    struct payment *payment, struct error *err)
{
    bool before = is_settled(bill);
    if (!settle(work, bill, payment, by->actor_id, err))
        return false;
    enum payment_resolution resolution = !before && is_settled(bill) ? PAYMENT_DELIVERED : PAYMENT_CREDITED;
    payment->resolution = payment_resolution_name(resolution);
    return payment_resolve(work, payment->id, resolution, err);
}

static bool settle_mismatch(struct work *work, const struct correction *by, struct bill *bill,
                            struct payment *payment, enum correction_settlement how, struct error *err)
{
    bool to_balance = how == CORRECTION_CREDIT;
    enum payment_resolution resolution = to_balance ? PAYMENT_CREDITED : PAYMENT_REFUNDED;
    if (how == CORRECTION_DELIVER || (to_balance && bill->deposit)) /* a deposit is booked either way */
        return deliver(work, by, bill, payment, err);
    payment->resolution = payment_resolution_name(resolution);
    return payment_resolve(work, payment->id, resolution, err) &&
           settle_apart(work, bill, payment, to_balance, err);
}

bool correction_settle_mismatch(struct work *work, const struct correction *by, int64_t payment_id,
                                enum correction_settlement how, struct error *err)
{
    struct bill bill;
    struct payment payment;
    if (!check_note(by, err) || !lock_both(work, payment_id, &bill, &payment, err) ||
        !check_new(work, by, err))
        return error_context(err, "mismatch");
    if (!payment.problem || payment.resolution || payment.state == PAYMENT_COMPLETED)
        return error_set(err, ERR_CONFLICT, "mismatch: the payment of %s is not parked",
                         bill_reference(&bill));
    bool books = how == CORRECTION_CREDIT ||
                 (how == CORRECTION_DELIVER && (bill.deposit || bill.order->state != ORDER_PENDING));
    if (books && payment.paid_amount < 1)
        return error_set(err, ERR_INVALID, "mismatch: what was paid for %s is not known",
                         bill_reference(&bill));
    const char *state_before = bill_state(&bill);
    enum payment_state before = payment.state;
    if (!settle_mismatch(work, by, &bill, &payment, how, err) ||
        !correction_write_log(
            work, by, "settle_mismatch", "payment", payment_id,
            mismatch_picture(state_before, &payment, before, NULL),
            mismatch_picture(bill_state(&bill), &payment, payment.state, payment.resolution), err))
        return error_context(err, "mismatch");
    return true;
}

/* --- deposits by hand --- */

static bool take_deposit(struct work *work, const struct correction *by, int64_t deposit_id,
                         bool also_rejected, struct bill *bill_out, struct error *err)
{
    struct bill bill;
    if (!correction_take_bill(work, by, 0, deposit_id, &bill, err))
        return false;
    const struct deposit *deposit = bill.deposit;
    if (deposit->state != DEPOSIT_REVIEW && !(also_rejected && deposit->state == DEPOSIT_REJECTED))
        return error_set(err, ERR_CONFLICT, "deposit %s is %s", deposit->reference,
                         deposit_state_name(deposit->state));
    *bill_out = bill;
    return true;
}

static json_t *deposit_picture(enum deposit_state state, const struct deposit *deposit)
{
    return json_pack("{s:s, s:I}", "state", deposit_state_name(state), "amount", (json_int_t)deposit->amount);
}

bool correction_confirm_deposit(struct work *work, const struct correction *by, int64_t deposit_id,
                                struct error *err)
{
    struct bill bill;
    if (!take_deposit(work, by, deposit_id, true, &bill, err))
        return error_context(err, "confirm");
    enum deposit_state before = bill.deposit->state;
    if (!settle_by_hand(work, by, &bill, bill.deposit->amount, err) ||
        !correction_write_log(work, by, "confirm_deposit", "deposit", deposit_id,
                              deposit_picture(before, bill.deposit),
                              deposit_picture(bill.deposit->state, bill.deposit), err))
        return error_context(err, "confirm");
    return true;
}

bool correction_reject_deposit(struct work *work, const struct correction *by, int64_t deposit_id,
                               struct error *err)
{
    struct bill bill;
    if (!take_deposit(work, by, deposit_id, false, &bill, err) ||
        !deposit_reject(work, deposit_id, by->actor_id, err))
        return error_context(err, "reject");
    bill.deposit->state = DEPOSIT_REJECTED;
    bill.deposit->decided_by = by->actor_id;
    if (!correction_write_log(work, by, "reject_deposit", "deposit", deposit_id,
                              deposit_picture(DEPOSIT_REVIEW, bill.deposit),
                              deposit_picture(DEPOSIT_REJECTED, bill.deposit), err) ||
        !checkout_notices()->rejected(work, bill.deposit, by->note, err))
        return error_context(err, "reject");
    return true;
}

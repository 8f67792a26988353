/* What happens when a message of the outbox was sent, or could not be. Each runs in the transaction that
 * writes the outcome down. */
#include "base/json.h"
#include "bot/bot.h"
#include "bot/broadcasting.h"
#include "bot/buyer/buyer.h"
#include "bot/delivery.h"
#include "bot/invoice.h"
#include "bot/notices.h"
#include "bot/outgoing.h"
#include "bot/say.h"
#include "store/admin_log.h"
#include "store/broadcast.h"
#include "store/user.h"
#include "work/outbox.h"

static bool note_blocked(struct work *work, int64_t telegram_id, enum outbox_outcome outcome,
                         struct error *err)
{
    return outcome != OUTBOX_BLOCKED || user_set_reachable(work, telegram_id, false, err);
}

static bool apply_notice(struct work *work, int64_t ref, enum outbox_outcome outcome, const json_t *result,
                         struct error *err)
{
    return note_blocked(work, ref, outcome, err);
}

static bool apply_welcome(struct work *work, int64_t ref, enum outbox_outcome outcome, const json_t *result,
                          struct error *err)
{
    return outcome == OUTBOX_REFUSED ? welcome_without_photo(work, ref, err)
                                     : note_blocked(work, ref, outcome, err);
}

static bool apply_welcome_sticker(struct work *work, int64_t ref, enum outbox_outcome outcome,
                                  const json_t *result, struct error *err)
{
    return outcome == OUTBOX_REFUSED ? welcome_sticker_refused(work, err)
                                     : note_blocked(work, ref, outcome, err);
}

static bool keep_or_remove(struct work *work, struct bill *bill, int64_t message_id, struct error *err)
{
    if (bill_is_open(bill)) {
        /* asked for again while one was on its way: the later one stays */
        if (bill_invoice_message(bill) != message_id && !invoice_remove(work, bill, err))
            return false;
        return bill->order ? order_set_invoice_message(work, bill->order->id, message_id, err)
                           : deposit_set_invoice_message(work, bill->deposit->id, message_id, err);
    }
    if (bill->order)
        bill->order->invoice_message_id = message_id;
    else
        bill->deposit->invoice_message_id = message_id;
    return invoice_remove(work, bill, err);
}

static bool apply_to_bill(struct work *work, struct bill *bill, enum outbox_outcome outcome,
                          const json_t *result, struct error *err)
{
    int64_t message_id;
    if (outcome == OUTBOX_REFUSED)
        return notices_undelivered(work, bill, err);
    if (outcome == OUTBOX_SENT && json_get_int(result, "message_id", &message_id))
        return keep_or_remove(work, bill, message_id, err) || error_context(err, "invoice sent");
    return note_blocked(work, bill_person(bill), outcome, err);
}

static bool apply_invoice(struct work *work, int64_t ref, enum outbox_outcome outcome, const json_t *result,
                          struct error *err)
{
    struct order order;
    struct bill bill = bill_of_order(&order);
    /* The person's lock first, as everywhere: they may have blocked the bot. */
    if (!user_lock_of_bill(work, ref, 0, err) || !order_get(work, ref, true, &order, err))
        return error_context(err, "invoice sent");
    return apply_to_bill(work, &bill, outcome, result, err);
}

static bool apply_deposit_invoice(struct work *work, int64_t ref, enum outbox_outcome outcome,
                                  const json_t *result, struct error *err)
{
    struct deposit deposit;
    struct bill bill = bill_of_deposit(&deposit);
    if (!user_lock_of_bill(work, 0, ref, err) || !deposit_get(work, ref, true, &deposit, err))
        return error_context(err, "invoice sent");
    return apply_to_bill(work, &bill, outcome, result, err);
}

/* `effect` is NULL where it completes nothing. */
static bool apply_to_delivery(struct work *work, int64_t order_id, const char *effect,
                              enum outbox_outcome outcome, struct error *err)
{
    struct order order;
    if (!user_lock_of_bill(work, order_id, 0, err) || !order_get(work, order_id, true, &order, err))
        return error_context(err, "delivered");
    const struct bill bill = bill_of_order(&order);
    if (outcome != OUTBOX_BLOCKED && effect &&
        !delivery_note(work, &order, effect, outcome == OUTBOX_SENT, err))
        return error_context(err, "delivered");
    if (outcome == OUTBOX_REFUSED)
        return notices_undelivered(work, &bill, err);
    return note_blocked(work, order.telegram_id, outcome, err);
}

static bool apply_delivered(struct work *work, int64_t ref, enum outbox_outcome outcome, const json_t *result,
                            struct error *err)
{
    return apply_to_delivery(work, ref, EFFECT_DELIVERED, outcome, err);
}

static bool apply_fulfilled(struct work *work, int64_t ref, enum outbox_outcome outcome, const json_t *result,
                            struct error *err)
{
    return apply_to_delivery(work, ref, EFFECT_FULFILLED, outcome, err);
}

static bool apply_replaced(struct work *work, int64_t ref, enum outbox_outcome outcome, const json_t *result,
                           struct error *err)
{
    return apply_to_delivery(work, ref, NULL, outcome, err);
}

/* The row of the log knows who wrote it, and to whom. */
static bool apply_admin_message(struct work *work, int64_t ref, enum outbox_outcome outcome,
                                const json_t *result, struct error *err)
{
    struct admin_log_entry entry;
    const char *person;
    const char *key = arena_printf(work->arena, EFFECT_ADMIN_MESSAGE ":%lld", (long long)ref);
    if (outcome == OUTBOX_SENT)
        return true;
    if (!admin_log_find(work, key, &entry, err) || !note_blocked(work, entry.subject_id, outcome, err) ||
        !say_known_person(work, entry.subject_id, &person, err))
        return error_context(err, "message");
    const struct outgoing outgoing = {
        .chat_id = entry.actor_id,
        .html = say(work, outcome == OUTBOX_BLOCKED ? TEXT_MESSAGE_BLOCKED : TEXT_MESSAGE_REFUSED,
                    TEXT_VALUES(TV_HTML("pembeli", person))),
    };
    return outgoing_add(work, &outgoing, err) || error_context(err, "message");
}

const struct outbox_effect bot_outbox_effects[] = {
    {EFFECT_NOTICE, apply_notice},
    {EFFECT_WELCOME, apply_welcome},
    {EFFECT_WELCOME_STICKER, apply_welcome_sticker},
    {EFFECT_INVOICE, apply_invoice},
    {EFFECT_DEPOSIT_INVOICE, apply_deposit_invoice},
    {EFFECT_DELIVERED, apply_delivered},
    {EFFECT_FULFILLED, apply_fulfilled},
    {EFFECT_REPLACED, apply_replaced},
    {EFFECT_BROADCAST_PROGRESS, broadcasting_apply_progress},
    {EFFECT_BROADCAST_PREVIEW, broadcasting_apply_preview},
    {EFFECT_ADMIN_MESSAGE, apply_admin_message},
};
const size_t bot_outbox_effect_count = sizeof bot_outbox_effects / sizeof bot_outbox_effects[0];

const struct outbox_bulk bot_outbox_bulk[] = {
    {BROADCAST_EFFECT, broadcast_wish, broadcasting_apply},
};
const size_t bot_outbox_bulk_count = sizeof bot_outbox_bulk / sizeof bot_outbox_bulk[0];

/* What happens when a message of the outbox was sent, or could not be. Each runs in the transaction that
 * writes the outcome down. */
#include "base/json.h"
#include "bot/bot.h"
#include "bot/notices.h"
#include "bot/outgoing.h"
#include "bot/say.h"
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

static bool keep_or_remove(struct work *work, const struct order *order, int64_t message_id,
                           struct error *err)
{
    if (order->state == ORDER_PENDING)
        return order_set_invoice_message(work, order->id, message_id, err);
    const char *caption = say(work, TEXT_INVOICE_ENDED, TEXT_VALUES(TV("order_id", order->reference)));
    return outgoing_remove(work, order->telegram_id, message_id, work->now_ms, caption, err);
}

static bool apply_invoice(struct work *work, int64_t ref, enum outbox_outcome outcome, const json_t *result,
                          struct error *err)
{
    struct order order;
    int64_t message_id;
    if (!order_get(work, ref, true, &order, err))
        return error_context(err, "invoice sent");
    if (outcome == OUTBOX_REFUSED)
        return notices_undelivered(work, &order, err);
    if (outcome == OUTBOX_SENT && json_get_int(result, "message_id", &message_id))
        return keep_or_remove(work, &order, message_id, err) || error_context(err, "invoice sent");
    return note_blocked(work, order.telegram_id, outcome, err);
}

static bool apply_delivered(struct work *work, int64_t ref, enum outbox_outcome outcome, const json_t *result,
                            struct error *err)
{
    struct order order;
    if (!order_get(work, ref, true, &order, err))
        return error_context(err, "delivered");
    if (outcome == OUTBOX_REFUSED)
        return notices_undelivered(work, &order, err);
    if (outcome == OUTBOX_SENT &&
        order.state == ORDER_PAID) /* a purchase fetched again is completed already */
        return order_mark_completed(work, order.id, err);
    return note_blocked(work, order.telegram_id, outcome, err);
}

const struct outbox_effect bot_outbox_effects[] = {
    {EFFECT_NOTICE, apply_notice},
    {EFFECT_INVOICE, apply_invoice},
    {EFFECT_DELIVERED, apply_delivered},
};
const size_t bot_outbox_effect_count = sizeof bot_outbox_effects / sizeof bot_outbox_effects[0];

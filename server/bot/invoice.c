/* What buyers and admins are told while an order is being paid: the notices of payment/checkout.h. */
#include <inttypes.h>

#include "base/str.h"
#include "bot/bot.h"
#include "bot/delivery.h"
#include "bot/notices.h"
#include "bot/outgoing.h"
#include "bot/say.h"
#include "payment/gateway.h"

enum { ITEMS_LIMIT = 500 };

static const char *order_text(struct work *work, const struct order *order, enum text_key key)
{
    return say(work, key,
               TEXT_VALUES(TV("order_id", order->reference), TV_HTML("kontak", say_contact(work))));
}

/* The earlier of ours and the gateway's. */
static int64_t end_of(const struct order *order, const struct payment *payment)
{
    bool gateways = payment->expires_ms && payment->expires_ms < order->expires_ms;
    return gateways ? payment->expires_ms : order->expires_ms;
}

static json_t *invoice_keyboard(struct work *work, const struct order *order, const struct payment *payment)
{
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    keyboard_url(&keyboard, say_label(work, TEXT_BUTTON_PAY_PAGE),
                 gateway_pay_page(work->arena, payment->txn_id));
    keyboard_row(&keyboard);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_CANCEL_PURCHASE), STYLE_DANGER, "x:%" PRId64,
                  order->id);
    return keyboard_inline(&keyboard);
}

static bool remove_loading(struct work *work, const struct order *order, struct error *err)
{
    return outgoing_remove(work, order->telegram_id, order->loading_message_id, order->created_ms, "", err);
}

static bool invoice_ready(struct work *work, const struct order *order, const struct payment *payment,
                          struct error *err)
{
    const struct text_value values[] = {
        TV("order_id", order->reference),
        TV_HTML("baris", say_items(work, order, ITEMS_LIMIT)),
        TV("harga", say_price(work, order->total)),
        TV("biaya", say_price(work, payment->fee)),
        TV("total", say_price(work, payment->total)),
        TV("tanggal", say_date(work, end_of(order, payment))),
    };
    const struct outgoing outgoing = {
        .chat_id = order->telegram_id,
        .html = say(work, payment->qr_string ? TEXT_INVOICE : TEXT_INVOICE_LINK, values,
                    sizeof values / sizeof values[0]),
        .keyboard = invoice_keyboard(work, order, payment),
        .qr_string = payment->qr_string,
        .effect = EFFECT_INVOICE,
        .ref = order->id,
    };
    return outgoing_add(work, &outgoing, err) && remove_loading(work, order, err);
}

/* A line with the way to order again. */
static bool tell(struct work *work, const struct order *order, enum text_key key, struct error *err)
{
    const struct outgoing outgoing = {
        .chat_id = order->telegram_id,
        .html = order_text(work, order, key),
        .keyboard = say_button(work, TEXT_BUTTON_ORDER_AGAIN, "a:0"),
    };
    return outgoing_add(work, &outgoing, err);
}

static bool invoice_failed(struct work *work, const struct order *order, const struct payment *payment,
                           const char *why, struct error *err)
{
    return remove_loading(work, order, err) && tell(work, order, TEXT_INVOICE_FAILED, err) &&
           notices_invoice_failed(work, order, why, err);
}

/* The invoice's message goes, also the loading line where the invoice never came. An invoice on its way at
 * this moment is removed by its own effect. */
static bool remove_messages(struct work *work, const struct order *order, const struct payment *payment,
                            struct error *err)
{
    if (!payment->txn_id && !remove_loading(work, order, err))
        return false;
    return outgoing_remove(work, order->telegram_id, order->invoice_message_id, order->created_ms,
                           order_text(work, order, TEXT_INVOICE_ENDED), err);
}

static bool paid(struct work *work, const struct order *order, const struct payment *payment, bool late,
                 struct error *err)
{
    /* A chat's messages go out one after the other: what was bought goes first. */
    return delivery_add(work, order, late ? TEXT_PAID_LATE : TEXT_PAID, err) &&
           (late || remove_messages(work, order, payment, err)) && delivery_add_terms(work, order, err) &&
           notices_paid(work, order, late, err) && (!late || notices_stock(work, order, err));
}

static bool ended(struct work *work, const struct order *order, const struct payment *payment,
                  bool by_gateway, struct error *err)
{
    enum text_key key = order->state == ORDER_EXPIRED ? TEXT_EXPIRED
                        : by_gateway                  ? TEXT_CANCELLED_BY_GATEWAY
                                                      : TEXT_CANCELLED;
    return remove_messages(work, order, payment, err) && tell(work, order, key, err);
}

static bool late_credited(struct work *work, const struct order *order, const struct payment *payment,
                          int64_t balance, struct error *err)
{
    const struct outgoing outgoing = {
        .chat_id = order->telegram_id,
        .html =
            say(work, TEXT_LATE_CREDITED,
                TEXT_VALUES(TV("order_id", order->reference), TV("harga", say_price(work, payment->amount)),
                            TV("saldo", say_price(work, balance)), TV_HTML("kontak", say_contact(work)))),
        .keep = true,
    };
    return outgoing_add(work, &outgoing, err) &&
           notices_late_credited(work, order, payment->amount, balance, err);
}

static bool mismatch(struct work *work, const struct order *order, const struct payment *payment,
                     int64_t gateway_amount, struct error *err)
{
    const struct outgoing outgoing = {
        .chat_id = order->telegram_id, .html = order_text(work, order, TEXT_MISMATCH), .keep = true};
    return outgoing_add(work, &outgoing, err) &&
           notices_mismatch(work, order, payment->amount, gateway_amount, err);
}

const struct checkout_notices bot_checkout_notices = {
    .invoice_ready = invoice_ready,
    .invoice_failed = invoice_failed,
    .paid = paid,
    .ended = ended,
    .late_credited = late_credited,
    .mismatch = mismatch,
};

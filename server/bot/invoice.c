/* What buyers and admins are told while a bill is being paid: the notices of payment/checkout.h. */
#include "bot/invoice.h"

#include <inttypes.h>

#include "base/str.h"
#include "bot/bot.h"
#include "bot/corrections.h"
#include "bot/delivery.h"
#include "bot/notices.h"
#include "bot/outgoing.h"
#include "bot/say.h"
#include "payment/gateway.h"
#include "payment/method.h"

enum { ITEMS_LIMIT = 500 };

/* The words for the two kinds of bill. */
static const struct words {
    enum text_key invoice, invoice_va, invoice_link, invoice_ended, failed, expired, mismatch;
    enum text_key cancelled[3]; /* by enum checkout_ended_by */
    enum text_key cancel_label;
    const char *cancel_data; /* with the bill's id */
    enum text_key again_label;
    const char *again_data;
    const char *effect;
} words_of_order =
    {
        .invoice = TEXT_INVOICE,
        .invoice_va = TEXT_INVOICE_VA,
        .invoice_link = TEXT_INVOICE_LINK,
        .invoice_ended = TEXT_INVOICE_ENDED,
        .failed = TEXT_INVOICE_FAILED,
        .expired = TEXT_EXPIRED,
        .cancelled = {[ENDED_BY_BUYER] = TEXT_CANCELLED,
                      [ENDED_BY_GATEWAY] = TEXT_CANCELLED_BY_GATEWAY,
                      [ENDED_BY_ADMIN] = TEXT_CANCELLED_BY_ADMIN},
        .mismatch = TEXT_MISMATCH,
        .cancel_label = TEXT_BUTTON_CANCEL_PURCHASE,
        .cancel_data = "x",
        .again_label = TEXT_BUTTON_ORDER_AGAIN,
        .again_data = "a:0",
        .effect = EFFECT_INVOICE,
},
  words_of_deposit = {
      .invoice = TEXT_DEPOSIT_INVOICE,
      .invoice_va = TEXT_DEPOSIT_INVOICE_VA,
      .invoice_link = TEXT_DEPOSIT_INVOICE_LINK,
      .invoice_ended = TEXT_INVOICE_ENDED,
      .failed = TEXT_DEPOSIT_FAILED,
      .expired = TEXT_DEPOSIT_EXPIRED,
      .cancelled = {[ENDED_BY_BUYER] = TEXT_DEPOSIT_CANCELLED,
                    [ENDED_BY_GATEWAY] = TEXT_DEPOSIT_CANCELLED_BY_GATEWAY,
                    [ENDED_BY_ADMIN] = TEXT_DEPOSIT_CANCELLED},
      .mismatch = TEXT_MISMATCH,
      .cancel_label = TEXT_BUTTON_CANCEL_DEPOSIT,
      .cancel_data = "dx",
      .again_label = TEXT_BUTTON_DEPOSIT_AGAIN,
      .again_data = "dp",
      .effect = EFFECT_DEPOSIT_INVOICE,
};

static const struct words *words_of(const struct bill *bill)
{
    return bill->order ? &words_of_order : &words_of_deposit;
}

static const char *bill_text(struct work *work, const struct bill *bill, enum text_key key)
{
    return say(work, key,
               TEXT_VALUES(TV("order_id", bill_reference(bill)), TV_HTML("kontak", say_contact(work))));
}

/* --- the invoice --- */

/* The earlier of ours and the gateway's. */
static int64_t end_of(const struct bill *bill, const struct payment *payment)
{
    bool gateways = payment->expires_ms && payment->expires_ms < bill_expires_ms(bill);
    return gateways ? payment->expires_ms : bill_expires_ms(bill);
}

/* A number as a bank's app takes it. */
static const char *digits_of(struct work *work, const char *number)
{
    struct str digits = STR_INIT(work->arena);
    for (; *number; number++)
        if (*number >= '0' && *number <= '9')
            str_add_bytes(&digits, number, 1);
    return str_done(&digits);
}

static enum text_key invoice_text(const struct words *words, const struct payment *payment)
{
    return payment->qr_string ? words->invoice : payment->va_number ? words->invoice_va : words->invoice_link;
}

static json_t *invoice_keyboard(struct work *work, const struct bill *bill, const struct payment *payment)
{
    const struct words *words = words_of(bill);
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    if (payment->va_number)
        keyboard_copy(&keyboard, say_label(work, TEXT_BUTTON_COPY_VA), digits_of(work, payment->va_number));
    keyboard_row(&keyboard);
    keyboard_url(&keyboard, say_label(work, TEXT_BUTTON_PAY_PAGE),
                 payment->pay_url ? payment->pay_url : gateway_pay_page(work->arena, payment->txn_id));
    keyboard_row(&keyboard);
    keyboard_data(&keyboard, say_label(work, words->cancel_label), STYLE_DANGER, "%s:%" PRId64,
                  words->cancel_data, bill_id(bill));
    return keyboard_inline(&keyboard);
}

bool invoice_show(struct work *work, const struct bill *bill, const struct payment *payment,
                  struct error *err)
{
    const struct words *words = words_of(bill);
    const struct method *method = method_find(payment->method);
    const struct text_value values[] = {
        TV("order_id", bill_reference(bill)),
        TV_HTML("baris", bill->order ? say_items(work, bill->order, ITEMS_LIMIT) : ""),
        TV("harga", say_price(work, payment->amount)),
        TV("biaya", say_price(work, payment->fee)),
        TV("total", say_price(work, payment->total)),
        TV("tanggal", say_date(work, end_of(bill, payment))),
        TV("bank", method ? say_label(work, method->label) : payment->method),
        TV("nomor", payment->va_number ? payment->va_number : ""),
    };
    const struct outgoing outgoing = {
        .chat_id = bill_person(bill),
        .html = say(work, invoice_text(words, payment), values, sizeof values / sizeof values[0]),
        .keyboard = invoice_keyboard(work, bill, payment),
        .qr_string = payment->qr_string,
        .effect = words->effect,
        .ref = bill_id(bill),
    };
    return outgoing_add(work, &outgoing, err);
}

/* What the invoice's message is; a bill without a payment has none with a photo. */
static bool has_photo(struct work *work, const struct bill *bill, bool *photo_out, struct error *err)
{
    struct payment payment;
    bool found = bill->order ? payment_of_order(work, bill->order->id, false, &payment, err)
                             : payment_of_deposit(work, bill->deposit->id, false, &payment, err);
    if (!found && err->code != ERR_NOT_FOUND)
        return false;
    *photo_out = found && payment.qr_string;
    return true;
}

bool invoice_remove(struct work *work, const struct bill *bill, struct error *err)
{
    int64_t message_id = bill_invoice_message(bill), sent_ms = bill_created_ms(bill);
    const char *ended = bill_text(work, bill, words_of(bill)->invoice_ended);
    bool photo = true;
    if (!message_id)
        return true;
    /* How a message is removed that can still be deleted does not depend on what it is. */
    if (!outgoing_can_delete(work, sent_ms) && !has_photo(work, bill, &photo, err))
        return false;
    return photo ? outgoing_remove(work, bill_person(bill), message_id, sent_ms, ended, err)
                 : outgoing_remove_text(work, bill_person(bill), message_id, sent_ms, ended, err);
}

static bool remove_loading(struct work *work, const struct bill *bill, struct error *err)
{
    return outgoing_remove_text(work, bill_person(bill), bill_loading_message(bill), bill_created_ms(bill),
                                bill_text(work, bill, words_of(bill)->invoice_ended), err);
}

static bool invoice_ready(struct work *work, const struct bill *bill, const struct payment *payment,
                          struct error *err)
{
    return invoice_show(work, bill, payment, err) && remove_loading(work, bill, err);
}

/* --- its end --- */

/* A line with the way to do it again. */
static bool tell(struct work *work, const struct bill *bill, enum text_key key, struct error *err)
{
    const struct words *words = words_of(bill);
    const struct outgoing outgoing = {
        .chat_id = bill_person(bill),
        .html = bill_text(work, bill, key),
        .keyboard = say_button(work, words->again_label, words->again_data),
    };
    return outgoing_add(work, &outgoing, err);
}

static bool invoice_failed(struct work *work, const struct bill *bill, const struct payment *payment,
                           const char *why, struct error *err)
{
    return remove_loading(work, bill, err) && tell(work, bill, words_of(bill)->failed, err) &&
           notices_invoice_failed(work, bill, why, err);
}

/* The invoice's message goes, also the loading line where the invoice never came. An invoice on its way at
 * this moment is removed by its own effect. */
static bool remove_messages(struct work *work, const struct bill *bill, const struct payment *payment,
                            struct error *err)
{
    if (!(payment && payment->txn_id) && !remove_loading(work, bill, err))
        return false;
    return invoice_remove(work, bill, err);
}

static bool ended(struct work *work, const struct bill *bill, const struct payment *payment,
                  enum checkout_ended_by by, struct error *err)
{
    const struct words *words = words_of(bill);
    enum text_key key = bill_is_expired(bill) ? words->expired : words->cancelled[by];
    bool more_follows = payment && payment->resolution;
    return remove_messages(work, bill, payment, err) && (more_follows || tell(work, bill, key, err));
}

static bool mismatch(struct work *work, const struct bill *bill, const struct payment *payment,
                     int64_t gateway_amount, struct error *err)
{
    const struct outgoing outgoing = {
        .chat_id = bill_person(bill), .html = bill_text(work, bill, words_of(bill)->mismatch), .keep = true};
    return outgoing_add(work, &outgoing, err) &&
           notices_mismatch(work, bill, payment->amount, gateway_amount, err);
}

/* --- money came --- */

static bool paid(struct work *work, const struct order *order, const struct payment *payment, bool late,
                 struct error *err)
{
    struct order copy = *order;
    const struct bill bill = bill_of_order(&copy);
    /* A chat's messages go out one after the other: what was bought goes first. */
    return delivery_add(work, order, late ? TEXT_PAID_LATE : TEXT_PAID, err) &&
           (late || remove_messages(work, &bill, payment, err)) && delivery_add_terms(work, order, err) &&
           notices_paid(work, order, late, err) && (!late || notices_stock(work, order, err));
}

static bool deposited(struct work *work, const struct deposit *deposit, const struct payment *payment,
                      int64_t balance, bool late, struct error *err)
{
    struct deposit copy = *deposit;
    const struct bill bill = bill_of_deposit(&copy);
    const struct outgoing outgoing = {
        .chat_id = deposit->telegram_id,
        .html = say(work, late ? TEXT_DEPOSITED_LATE : TEXT_DEPOSITED,
                    TEXT_VALUES(TV("order_id", deposit->reference),
                                TV("harga", say_price(work, payment_received(payment))),
                                TV("saldo", say_price(work, balance)),
                                TV("tanggal", say_date(work, work->now_ms)))),
        .keyboard = say_button(work, TEXT_BUTTON_ALL_PRODUCTS, "a:0"),
        .keep = true,
    };
    return outgoing_add(work, &outgoing, err) && (late || remove_messages(work, &bill, payment, err)) &&
           notices_deposited(work, &bill, payment_received(payment), balance, err);
}

static bool late_credited(struct work *work, const struct order *order, const struct payment *payment,
                          int64_t amount, int64_t balance, struct error *err)
{
    if (payment->problem)
        return corrections_credited(work, order, amount, balance, err);
    const struct outgoing outgoing = {
        .chat_id = order->telegram_id,
        .html = say(work, TEXT_LATE_CREDITED,
                    TEXT_VALUES(TV("order_id", order->reference), TV("harga", say_price(work, amount)),
                                TV("saldo", say_price(work, balance)), TV_HTML("kontak", say_contact(work)))),
        .keep = true,
    };
    return outgoing_add(work, &outgoing, err) && notices_late_credited(work, order, amount, balance, err);
}

const struct checkout_notices bot_checkout_notices = {
    .invoice_ready = invoice_ready,
    .invoice_failed = invoice_failed,
    .paid = paid,
    .deposited = deposited,
    .ended = ended,
    .late_credited = late_credited,
    .mismatch = mismatch,
    .gateway_down = notices_gateway_down,
    .gateway_up = notices_gateway_up,
    .given_back = corrections_given_back,
    .resend = corrections_resend,
    .replaced = corrections_replaced,
    .fulfilled = corrections_fulfilled,
    .refunded = corrections_refunded,
    .adjusted = corrections_adjusted,
    .rejected = corrections_rejected,
};

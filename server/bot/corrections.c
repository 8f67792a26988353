#include "bot/corrections.h"

#include "base/str.h"
#include "bot/delivery.h"
#include "bot/notices.h"
#include "bot/outgoing.h"
#include "bot/say.h"

enum { NAME_LIMIT = 200 };

/* To a buyer who may be away: it is about their money. */
static bool tell(struct work *work, int64_t telegram_id, json_t *keyboard, const char *html,
                 struct error *err)
{
    const struct outgoing outgoing = {
        .chat_id = telegram_id, .html = html, .keyboard = keyboard, .keep = true};
    return outgoing_add(work, &outgoing, err);
}

/* Buyer and admins read the same figures of an order. */
static bool tell_both(struct work *work, const struct order *order, enum text_key buyers,
                      enum text_key admins, int64_t amount, int64_t balance, struct error *err)
{
    struct order copy = *order;
    const struct bill bill = bill_of_order(&copy);
    const struct text_value harga = TV("harga", say_price(work, amount));
    const struct text_value saldo = TV("saldo", say_price(work, balance));
    return tell(work, order->telegram_id, NULL,
                say(work, buyers,
                    TEXT_VALUES(TV("order_id", order->reference), harga, saldo,
                                TV_HTML("kontak", say_contact(work)))),
                err) &&
           notices_about(work, &bill, admins, TEXT_VALUES(harga, saldo), err);
}

bool corrections_refunded(struct work *work, const struct order *order, int64_t amount, int64_t balance,
                          struct error *err)
{
    return tell_both(work, order, TEXT_REFUNDED, TEXT_ADMIN_REFUNDED, amount, balance, err) ||
           error_context(err, "refunded");
}

bool corrections_credited(struct work *work, const struct order *order, int64_t amount, int64_t balance,
                          struct error *err)
{
    return tell_both(work, order, TEXT_MISMATCH_CREDITED, TEXT_ADMIN_MISMATCH_CREDITED, amount, balance,
                     err) ||
           error_context(err, "credited");
}

bool corrections_given_back(struct work *work, const struct bill *bill, const struct payment *payment,
                            struct error *err)
{
    const char *html =
        say(work, TEXT_MISMATCH_RETURNED,
            TEXT_VALUES(TV("order_id", bill_reference(bill)), TV_HTML("kontak", say_contact(work))));
    if (!tell(work, bill_person(bill), NULL, html, err) ||
        !notices_about(work, bill, TEXT_ADMIN_MISMATCH_RETURNED,
                       TEXT_VALUES(TV("harga", say_price(work, payment_received(payment)))), err))
        return error_context(err, "given back");
    return true;
}

bool corrections_adjusted(struct work *work, int64_t telegram_id, int64_t amount, int64_t balance,
                          const char *note, struct error *err)
{
    const char *person;
    bool added = amount > 0;
    const struct text_value values[] = {
        TV("harga", say_price(work, added ? amount : -amount)),
        TV("saldo", say_price(work, balance)),
        TV("alasan", note),
        TV_HTML("kontak", say_contact(work)),
    };
    if (!tell(work, telegram_id, NULL, say(work, added ? TEXT_BALANCE_ADDED : TEXT_BALANCE_TAKEN, values, 4),
              err) ||
        !say_known_person(work, telegram_id, &person, err))
        return error_context(err, "adjusted");
    return outgoing_to_admins(work,
                              say(work, added ? TEXT_ADMIN_BALANCE_ADDED : TEXT_ADMIN_BALANCE_TAKEN,
                                  TEXT_VALUES(TV_HTML("pembeli", person), values[0], values[1], values[2])),
                              err) ||
           error_context(err, "adjusted");
}

bool corrections_rejected(struct work *work, const struct deposit *deposit, const char *note,
                          struct error *err)
{
    struct deposit copy = *deposit;
    const struct bill bill = bill_of_deposit(&copy);
    const struct text_value harga = TV("harga", say_price(work, deposit->amount)),
                            alasan = TV("alasan", note);
    const char *html = say(
        work, TEXT_DEPOSIT_REJECTED,
        TEXT_VALUES(TV("order_id", deposit->reference), harga, alasan, TV_HTML("kontak", say_contact(work))));
    if (!tell(work, deposit->telegram_id, say_button(work, TEXT_BUTTON_DEPOSIT_AGAIN, "dp"), html, err) ||
        !notices_about(work, &bill, TEXT_ADMIN_DEPOSIT_REJECTED, TEXT_VALUES(harga, alasan), err))
        return error_context(err, "rejected");
    return true;
}

bool corrections_resend(struct work *work, const struct order *order, struct error *err)
{
    return delivery_add(work, order, TEXT_PAID_AGAIN, err) || error_context(err, "resend");
}

bool corrections_replaced(struct work *work, const struct order *order, int64_t unit_id, struct error *err)
{
    struct order copy = *order;
    const struct bill bill = bill_of_order(&copy);
    if (!delivery_add_replacement(work, order, unit_id, err) ||
        !notices_about(work, &bill, TEXT_ADMIN_REPLACED, TEXT_VALUES(TV("nomor", say_number(work, unit_id))),
                       err) ||
        !notices_stock(work, order, err))
        return error_context(err, "replaced");
    return true;
}

bool corrections_fulfilled(struct work *work, const struct order *order, const struct order_item *item,
                           struct error *err)
{
    struct order copy = *order;
    const struct bill bill = bill_of_order(&copy);
    if (!delivery_add_fulfilment(work, order, item, err) ||
        !notices_about(work, &bill, TEXT_ADMIN_FULFILLED,
                       TEXT_VALUES(TV("produk", str_utf8_cut(work->arena, item->name, NAME_LIMIT)),
                                   TV("jumlah", say_number(work, item->quantity))),
                       err))
        return error_context(err, "fulfilled");
    return true;
}

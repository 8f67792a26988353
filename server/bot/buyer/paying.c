/* From the cart to an invoice being made, and giving it up. */
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "bot/buyer/answers.h"
#include "bot/buyer/basket.h"
#include "bot/buyer/buyer.h"
#include "bot/buyer/methods.h"
#include "bot/notices.h"
#include "payment/checkout.h"
#include "payment/method.h"
#include "store/ledger.h"
#include "store/order_list.h"

/* A cart that can't be paid as it is is shown instead, with what is the matter; false where it can. */
static bool show_what_is_wrong(struct turn *turn, const struct basket *basket)
{
    struct work *work = turn->work;
    bool refused = basket->coupon_refusal != COUPON_OK;
    if (!basket->count || basket->changed || basket->is_short || refused) {
        enum text_key alert = !basket->count ? TEXT_ALERT_CART_EMPTY
                              : refused      ? TEXT_ALERT_COUPON_REFUSED
                                             : TEXT_ALERT_CART_CHANGED;
        page_answer(work, &turn->page, say_label(work, alert), true);
        basket_show(turn, basket);
        return true;
    }
    return false;
}

bool paying_methods(struct turn *turn, struct error *err)
{
    struct basket basket;
    if (!basket_load(turn, &basket, err))
        return false;
    if (show_what_is_wrong(turn, &basket))
        return true;
    return basket.unanswered ? answers_ask(turn, basket.unanswered, err) : methods_show(turn, &basket, err);
}

bool paying_drop(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_CART), STYLE_NONE, "k");
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_ALL_PRODUCTS), STYLE_NONE, "a:0");
    page_show(work, &turn->page, say(work, TEXT_PURCHASE_DROPPED, TEXT_NO_VALUES),
              keyboard_inline(&keyboard));
    return true;
}

/* --- the invoice is asked for --- */

static const struct {
    enum order_obstacle obstacle;
    enum text_key alert;
} obstacle_alerts[] = {
    {ORDER_CART_EMPTY, TEXT_ALERT_CART_EMPTY},         {ORDER_PRICE_CHANGED, TEXT_ALERT_CART_CHANGED},
    {ORDER_OUT_OF_STOCK, TEXT_ALERT_STOCK_SHORT},      {ORDER_GONE, TEXT_ALERT_CART_CHANGED},
    {ORDER_TOO_MANY_OPEN, TEXT_ALERT_TOO_MANY_OPEN},   {ORDER_COUPON_REFUSED, TEXT_ALERT_COUPON_REFUSED},
    {ORDER_BALANCE_SHORT, TEXT_ALERT_BALANCE_SHORT},   {ORDER_GATEWAY_DOWN, TEXT_ALERT_GATEWAY_DOWN},
    {ORDER_ANSWER_MISSING, TEXT_ALERT_ANSWER_MISSING},
};

/* The button was pressed twice: the first press emptied the cart, and its order is loading in this very
 * message. */
static bool is_loading_here(struct turn *turn, bool *loading_out, struct error *err)
{
    if (!page_can_edit(turn->update)) {
        *loading_out = false;
        return true;
    }
    return order_list_is_loading_in(turn->work, turn->update->from_id, turn->update->message_id, loading_out,
                                    err);
}

/* The way on leads over the open orders, where they can be paid or cancelled. */
static void show_open_orders(struct turn *turn)
{
    struct work *work = turn->work;
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_PURCHASES), STYLE_PRIMARY, "o:0");
    keyboard_row(&keyboard);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_CART), STYLE_NONE, "k");
    page_show(work, &turn->page, say(work, TEXT_TOO_MANY_OPEN, TEXT_NO_VALUES), keyboard_inline(&keyboard));
}

/* The order could not be placed: nothing of it stays, and the person sees why and the cart as it is now. */
static bool refuse(struct turn *turn, const struct method *method, enum order_obstacle obstacle,
                   struct error *err)
{
    struct work *work = turn->work;
    struct basket basket;
    bool loading = false, by_balance = method->kind == METHOD_BALANCE;
    turn_abandon(turn);
    for (size_t i = 0; i < sizeof obstacle_alerts / sizeof obstacle_alerts[0]; i++)
        if (obstacle_alerts[i].obstacle == obstacle)
            page_answer(work, &turn->page, say_label(work, obstacle_alerts[i].alert), true);
    if (obstacle == ORDER_CART_EMPTY && by_balance)
        return true; /* pressed twice: the page says already that it is paid */
    if (obstacle == ORDER_CART_EMPTY && !is_loading_here(turn, &loading, err))
        return false;
    if (loading) {
        page_answer(work, &turn->page, say_label(work, TEXT_ALERT_LOADING), false);
        return true;
    }
    if (obstacle == ORDER_TOO_MANY_OPEN) {
        show_open_orders(turn);
        return true;
    }
    if (!turn_refresh_catalogue(turn, err))
        return false;
    if (obstacle == ORDER_BALANCE_SHORT || obstacle == ORDER_GATEWAY_DOWN || obstacle == ORDER_ANSWER_MISSING)
        return paying_methods(turn, err);
    if (!basket_load(turn, &basket, err))
        return false;
    basket_show(turn, &basket);
    return true;
}

/* The method does not take the amount: no page that offered it is up to date. `err` stays what it is where
 * the amount is not what was refused. */
static bool refuse_amount(struct turn *turn, const struct method *method, struct error *err)
{
    struct error refusal = *err;
    struct basket basket;
    turn_abandon(turn);
    if (!turn_refresh_catalogue(turn, err) || !basket_load(turn, &basket, err))
        return false;
    if (method_takes(method, basket.total)) {
        *err = refusal;
        return false;
    }
    page_answer(turn->work, &turn->page, say_label(turn->work, TEXT_ALERT_METHOD_REFUSED), true);
    return show_what_is_wrong(turn, &basket) || methods_show(turn, &basket, err);
}

/* The pressed message becomes the loading line; one that can't be edited stays, and a passing line says it.
 */
static bool show_loading(struct turn *turn, const struct order *order, struct error *err)
{
    struct work *work = turn->work;
    if (!page_can_edit(turn->update)) {
        page_answer(work, &turn->page, say_label(work, TEXT_ALERT_LOADING), false);
        return true;
    }
    if (!order_set_loading_message(work, order->id, turn->update->message_id, err))
        return false;
    const char *data = arena_printf(work->arena, "x:%" PRId64, order->id);
    page_show(work, &turn->page, say(work, TEXT_LOADING, TEXT_NO_VALUES),
              say_button(work, TEXT_BUTTON_CANCEL_PURCHASE, data));
    return true;
}

/* Paid already, in this very transaction: what was bought comes as a message of its own. */
static bool show_paid(struct turn *turn, const struct order *order, struct error *err)
{
    struct work *work = turn->work;
    int64_t balance;
    if (!ledger_balance(work, order->telegram_id, &balance, err))
        return false;
    const char *html =
        say(work, order->total ? TEXT_PAID_BY_BALANCE : TEXT_TAKEN_FREE,
            TEXT_VALUES(TV("order_id", order->reference), TV("harga", say_price(work, order->total)),
                        TV("saldo", say_price(work, balance))));
    page_show(work, &turn->page, html, say_button(work, TEXT_BUTTON_ALL_PRODUCTS, "a:0"));
    return true;
}

bool paying_start(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    const struct method *method = method_find(turn->word);
    bool by_balance = method && method->kind == METHOD_BALANCE;
    struct order order;
    enum order_obstacle obstacle = ORDER_OK;
    int64_t product_id = 0;
    if (!method || (!by_balance && !method_is_listed(work->tenant, method))) {
        turn_abandon(turn);
        turn_old_button(turn);
        return paying_methods(turn, err);
    }
    if (!checkout_start(work, turn->update->from_id, method->name, &order, &obstacle, &product_id, err)) {
        if (err->code == ERR_CONFLICT && obstacle != ORDER_OK)
            return refuse(turn, method, obstacle, err);
        return err->code == ERR_INVALID && obstacle == ORDER_OK ? refuse_amount(turn, method, err) : false;
    }
    if (by_balance)
        return show_paid(turn, &order, err) && notices_stock(work, &order, err);
    return show_loading(turn, &order, err) && notices_new_order(work, &order, err) &&
           notices_stock(work, &order, err);
}

/* --- and given up --- */

/* Why an order can't be cancelled (any more). */
static bool explain(struct turn *turn, int64_t order_id, struct error *err)
{
    struct work *work = turn->work;
    struct order order;
    if (!turn_restart(turn, err) || !order_get_own(work, order_id, turn->update->from_id, false, &order, err))
        return false;
    bool ended = order.state == ORDER_CANCELLED || order.state == ORDER_EXPIRED;
    page_answer(work, &turn->page,
                say_label(work, ended ? TEXT_ALERT_ALREADY_ENDED : TEXT_ALERT_ALREADY_PAID), true);
    return true;
}

bool paying_cancel(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    if (checkout_cancel(work, turn->numbers[0], turn->update->from_id, err)) {
        page_answer(work, &turn->page, say_label(work, TEXT_ALERT_CANCELLED), false);
        return true;
    }
    if (err->code == ERR_CONFLICT)
        return explain(turn, turn->numbers[0], err);
    if (err->code != ERR_NOT_FOUND)
        return false;
    page_answer(work, &turn->page, say_label(work, TEXT_ALERT_NOT_FOUND), true);
    return true;
}

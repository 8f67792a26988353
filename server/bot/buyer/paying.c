/* From the cart to an invoice being made, and giving it up. */
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "bot/buyer/basket.h"
#include "bot/buyer/buyer.h"
#include "bot/notices.h"
#include "payment/checkout.h"
#include "payment/method.h"
#include "store/order_list.h"

/* The first one that is offered: its fee is the one previewed. */
static const struct method *first_method(const struct tenant *tenant)
{
    for (size_t i = 0; i < method_count; i++)
        if (method_is_listed(tenant, &methods[i]))
            return &methods[i];
    return NULL;
}

static json_t *methods_keyboard(struct work *work)
{
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    for (size_t i = 0; i < method_count; i++) {
        if (!method_is_listed(work->tenant, &methods[i]))
            continue;
        keyboard_data(&keyboard, say_label(work, methods[i].label), STYLE_SUCCESS, "y:%s", methods[i].name);
        keyboard_row(&keyboard);
    }
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_CANCEL_PURCHASE), STYLE_DANGER, "v");
    return keyboard_inline(&keyboard);
}

static void show_amount_refused(struct turn *turn, const struct method *method, int64_t total)
{
    struct work *work = turn->work;
    const char *html =
        say(work, TEXT_AMOUNT_REFUSED,
            TEXT_VALUES(TV("total", say_price(work, total)), TV("minimum", say_price(work, method->least)),
                        TV("maksimum", say_price(work, method->most))));
    page_show(work, &turn->page, html, say_button(work, TEXT_BUTTON_CART, "k"));
}

/* A cart that can't be paid as it is is shown instead, with what is the matter; false where it can. */
static bool show_what_is_wrong(struct turn *turn, const struct basket *basket, const struct method *method)
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
    if (!method) {
        page_show(work, &turn->page,
                  say(work, TEXT_METHOD_NONE, TEXT_VALUES(TV_HTML("kontak", say_contact(work)))),
                  say_button(work, TEXT_BUTTON_CART, "k"));
        return true;
    }
    if (basket->total < method->least || basket->total > method->most) {
        show_amount_refused(turn, method, basket->total);
        return true;
    }
    return false;
}

bool paying_methods(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    const struct method *method = first_method(work->tenant);
    struct basket basket;
    if (!basket_load(turn, &basket, err))
        return false;
    if (show_what_is_wrong(turn, &basket, method))
        return true;
    int64_t fee = method->fee(basket.total);
    const char *html =
        say(work, TEXT_METHOD,
            TEXT_VALUES(TV_HTML("baris", basket_lines(work, &basket)),
                        TV("subtotal", say_price(work, basket.total)), TV("biaya", say_price(work, fee)),
                        TV("total", say_price(work, basket.total + fee))));
    page_show(work, &turn->page, html, methods_keyboard(work));
    return true;
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
    {ORDER_CART_EMPTY, TEXT_ALERT_CART_EMPTY},       {ORDER_PRICE_CHANGED, TEXT_ALERT_CART_CHANGED},
    {ORDER_OUT_OF_STOCK, TEXT_ALERT_STOCK_SHORT},    {ORDER_GONE, TEXT_ALERT_CART_CHANGED},
    {ORDER_TOO_MANY_OPEN, TEXT_ALERT_TOO_MANY_OPEN}, {ORDER_COUPON_REFUSED, TEXT_ALERT_COUPON_REFUSED},
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

/* The order could not be placed: nothing of it stays, and the person sees why and the cart as it is now. */
static bool refuse(struct turn *turn, enum order_obstacle obstacle, struct error *err)
{
    struct work *work = turn->work;
    struct basket basket;
    bool loading = false;
    turn_abandon(turn);
    if (obstacle == ORDER_CART_EMPTY && !is_loading_here(turn, &loading, err))
        return false;
    if (loading) {
        page_answer(work, &turn->page, say_label(work, TEXT_ALERT_LOADING), false);
        return true;
    }
    for (size_t i = 0; i < sizeof obstacle_alerts / sizeof obstacle_alerts[0]; i++)
        if (obstacle_alerts[i].obstacle == obstacle)
            page_answer(work, &turn->page, say_label(work, obstacle_alerts[i].alert), true);
    if (obstacle == ORDER_TOO_MANY_OPEN) {
        page_show(work, &turn->page, say(work, TEXT_TOO_MANY_OPEN, TEXT_NO_VALUES),
                  say_button(work, TEXT_BUTTON_CART, "k"));
        return true;
    }
    if (!turn_refresh_catalogue(turn, err) || !basket_load(turn, &basket, err))
        return false;
    basket_show(turn, &basket);
    return true;
}

/* `err` stays what it is where the amount is not what was refused. */
static bool refuse_amount(struct turn *turn, const struct method *method, struct error *err)
{
    struct error refusal = *err;
    struct basket basket;
    turn_abandon(turn);
    if (!turn_refresh_catalogue(turn, err) || !basket_load(turn, &basket, err))
        return false;
    if (basket.total >= method->least && basket.total <= method->most) {
        *err = refusal;
        return false;
    }
    show_amount_refused(turn, method, basket.total);
    return true;
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

bool paying_start(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    const struct method *method = method_find(turn->word);
    struct order order;
    enum order_obstacle obstacle = ORDER_OK;
    int64_t product_id = 0;
    if (!method || !method_is_listed(work->tenant, method)) {
        turn_abandon(turn);
        turn_old_button(turn);
        return paying_methods(turn, err);
    }
    if (!checkout_start(work, turn->update->from_id, method->name, &order, &obstacle, &product_id, err)) {
        if (err->code == ERR_CONFLICT && obstacle != ORDER_OK)
            return refuse(turn, obstacle, err);
        return err->code == ERR_INVALID && obstacle == ORDER_OK ? refuse_amount(turn, method, err) : false;
    }
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

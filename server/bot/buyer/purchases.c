/* A person's orders: the list, one of them, and what can be done with it. */
#include <inttypes.h>

#include "base/str.h"
#include "bot/buyer/basket.h"
#include "bot/buyer/buyer.h"
#include "bot/buyer/purchase_page.h"
#include "bot/delivery.h"
#include "bot/invoice.h"
#include "store/order_list.h"

enum invoice_obstacle { INVOICE_OPEN, INVOICE_LOADING, INVOICE_CHECKED, INVOICE_PAID, INVOICE_ENDED };
enum { ON_A_PAGE = 8, BUTTONS_IN_A_ROW = 4, NAMES_LIMIT = 80, NAMES_TOGETHER = 1200 };

/* --- the list --- */

static const char *names_of(struct work *work, const struct order_summary *order, size_t limit)
{
    struct str names = STR_INIT(work->arena);
    for (size_t i = 0; i < order->shown_count; i++)
        str_addf(&names, "%s%s × %" PRId64, i ? ", " : "", order->shown[i].name, order->shown[i].quantity);
    if (order->item_count > (int64_t)order->shown_count)
        str_addf(&names, ", +%" PRId64, order->item_count - (int64_t)order->shown_count);
    return str_utf8_cut(work->arena, str_done(&names), limit);
}

/* Lines and number buttons, those that wait for their payment first. */
static const char *list_orders(struct work *work, struct keyboard *keyboard, const struct order_page *page)
{
    struct str lines = STR_INIT(work->arena);
    size_t count = page->open_count + page->count;
    size_t limit = NAMES_TOGETHER / count < NAMES_LIMIT ? NAMES_TOGETHER / count : NAMES_LIMIT;
    for (size_t i = 0; i < count; i++) {
        bool open = i < page->open_count;
        const struct order_summary *order = open ? &page->open[i] : &page->orders[i - page->open_count];
        const char *date = say_date(work, open ? order->expires_ms : order->created_ms);
        str_add(&lines, say(work, open ? TEXT_PURCHASE_LINE_OPEN : TEXT_PURCHASE_LINE,
                            TEXT_VALUES(TV("nomor", say_number(work, (int64_t)i + 1)),
                                        TV("status", purchase_sign(order->state)),
                                        TV("produk", names_of(work, order, limit)),
                                        TV("harga", say_price(work, order->total)), TV("tanggal", date))));
        str_add(&lines, "\n");
        if (i % BUTTONS_IN_A_ROW == 0)
            keyboard_row(keyboard);
        keyboard_data(keyboard, say_keycap(work, (int64_t)i + 1), open ? STYLE_PRIMARY : STYLE_NONE,
                      "od:%" PRId64, order->id);
    }
    return str_done(&lines);
}

/* Numbers: the id that the page's orders are below, 0 for the newest. */
bool purchases_open(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct order_page page;
    struct keyboard keyboard;
    if (!order_list_page(work, turn->update->from_id, turn->numbers[0], ON_A_PAGE, &page, err))
        return error_context(err, "orders");
    if (!page.open_count && !page.count) {
        page_show(work, &turn->page, say(work, TEXT_PURCHASES_EMPTY, TEXT_NO_VALUES),
                  say_button(work, TEXT_BUTTON_ALL_PRODUCTS, "a:0"));
        return true;
    }
    keyboard_begin(&keyboard);
    const char *lines = list_orders(work, &keyboard, &page);
    keyboard_row(&keyboard);
    if (page.has_newer)
        keyboard_data(&keyboard, "⬅️", STYLE_NONE, "o:%" PRId64, page.newer);
    if (page.has_older)
        keyboard_data(&keyboard, "➡️", STYLE_NONE, "o:%" PRId64, page.older);
    keyboard_row(&keyboard);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_HOME), STYLE_NONE, "w");
    page_show(work, &turn->page,
              say(work, TEXT_PURCHASES,
                  TEXT_VALUES(TV("jumlah", say_number(work, page.total_count)), TV_HTML("baris", lines))),
              keyboard_inline(&keyboard));
    return true;
}

/* --- one of them --- */

/* An order could not be read: whose it is not is told that there is none. */
static bool not_found(struct turn *turn, struct error *err)
{
    if (err->code != ERR_NOT_FOUND)
        return error_context(err, "order");
    page_answer(turn->work, &turn->page, say_label(turn->work, TEXT_ALERT_NOT_FOUND), true);
    return true;
}

bool purchases_detail(struct turn *turn, struct error *err)
{
    struct order_detail detail;
    if (!order_list_detail(turn->work, turn->numbers[0], turn->update->from_id, &detail, err))
        return not_found(turn, err);
    purchase_page_show(turn, &detail);
    return true;
}

static bool is_bought(const struct order *order)
{
    return order->state == ORDER_PAID || order->state == ORDER_COMPLETED;
}

bool purchases_receipt(struct turn *turn, struct error *err)
{
    struct order_detail detail;
    if (!order_list_detail(turn->work, turn->numbers[0], turn->update->from_id, &detail, err))
        return not_found(turn, err);
    if (is_bought(&detail.order))
        purchase_page_receipt(turn, &detail);
    else
        page_answer(turn->work, &turn->page, say_label(turn->work, TEXT_ALERT_NOT_FOUND), true);
    return true;
}

bool purchases_fetch(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct order order;
    if (!order_get_own(work, turn->numbers[0], turn->update->from_id, false, &order, err))
        return not_found(turn, err);
    if (!is_bought(&order)) {
        page_answer(work, &turn->page, say_label(work, TEXT_ALERT_NOT_FOUND), true);
        return true;
    }
    page_answer(work, &turn->page, say_label(work, TEXT_ALERT_SENT_AGAIN), false);
    return delivery_add(work, &order, TEXT_PAID_AGAIN, err);
}

/* --- an open one --- */

/* What stands in the way of showing an invoice again. */
static const struct {
    enum text_key alert;
    bool shows_page; /* the order is not any more what the person saw */
} obstacles[] = {
    [INVOICE_LOADING] = {TEXT_ALERT_LOADING, false},
    [INVOICE_CHECKED] = {TEXT_ALERT_PAYMENT_CHECKED, true},
    [INVOICE_PAID] = {TEXT_ALERT_ORDER_PAID, true},
    [INVOICE_ENDED] = {TEXT_ALERT_ALREADY_ENDED, true},
};

static enum invoice_obstacle obstacle_of(const struct order *order, const struct payment *payment,
                                         int64_t now_ms)
{
    if (is_bought(order))
        return INVOICE_PAID;
    if (order->state != ORDER_PENDING)
        return INVOICE_ENDED;
    if (payment->problem)
        return INVOICE_CHECKED;
    if (payment->state == PAYMENT_CREATING)
        return INVOICE_LOADING;
    return order->expires_ms > now_ms ? INVOICE_OPEN : INVOICE_ENDED;
}

/* The old message goes first: no second QR stays on the screen. One on its way is replaced when it arrives.
 */
static bool send_again(struct work *work, struct order *order, const struct payment *payment,
                       struct error *err)
{
    struct bill bill = bill_of_order(order);
    return invoice_remove(work, &bill, err) && order_set_invoice_message(work, order->id, 0, err) &&
           invoice_show(work, &bill, payment, err);
}

bool purchases_reopen(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct order order;
    struct payment payment;
    if (!order_get_own(work, turn->numbers[0], turn->update->from_id, true, &order, err))
        return not_found(turn, err);
    if (!payment_of_order(work, order.id, true, &payment, err))
        return error_context(err, "invoice");
    enum invoice_obstacle obstacle = obstacle_of(&order, &payment, work->now_ms);
    if (obstacle == INVOICE_OPEN) {
        page_answer(work, &turn->page, say_label(work, TEXT_ALERT_INVOICE_SENT), false);
        return send_again(work, &order, &payment, err) || error_context(err, "invoice");
    }
    page_answer(work, &turn->page, say_label(work, obstacles[obstacle].alert), true);
    return !obstacles[obstacle].shows_page || purchases_detail(turn, err);
}

/* Its page shows what became of it. */
bool purchases_cancel(struct turn *turn, struct error *err)
{
    return paying_cancel(turn, err) && purchases_detail(turn, err);
}

/* What a person bought, to be fetched again at any time. */
#include <inttypes.h>

#include "base/str.h"
#include "bot/buyer/buyer.h"
#include "bot/delivery.h"
#include "store/order_list.h"

enum { MOST_SHOWN = 10, BUTTONS_IN_A_ROW = 2, NAMES_LIMIT = 150 };

static const char *names_of(struct work *work, const struct order *order)
{
    struct str names = STR_INIT(work->arena);
    for (size_t i = 0; i < order->item_count && names.length < NAMES_LIMIT * 4; i++)
        str_addf(&names, "%s%s × %" PRId64, i ? ", " : "", order->items[i].name, order->items[i].quantity);
    return str_utf8_cut(work->arena, str_done(&names), NAMES_LIMIT);
}

bool purchases_open(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct order *orders;
    size_t count;
    if (!order_list_recent_paid(work, turn->update->from_id, MOST_SHOWN, &orders, &count, err))
        return error_context(err, "purchases");
    if (!count) {
        page_show(work, &turn->page, say(work, TEXT_PURCHASES_EMPTY, TEXT_NO_VALUES),
                  say_button(work, TEXT_BUTTON_ALL_PRODUCTS, "a:0"));
        return true;
    }
    struct str lines = STR_INIT(work->arena);
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    for (size_t i = 0; i < count; i++) {
        const struct order *order = &orders[i];
        str_add(&lines, say(work, TEXT_PURCHASE_LINE,
                            TEXT_VALUES(TV("nomor", say_number(work, (int64_t)i + 1)),
                                        TV("order_id", order->reference),
                                        TV("tanggal", say_date(work, order->paid_ms)),
                                        TV("harga", say_price(work, order->total)),
                                        TV("produk", names_of(work, order)))));
        str_add(&lines, "\n");
        if (i % BUTTONS_IN_A_ROW == 0)
            keyboard_row(&keyboard);
        const char *label =
            say(work, TEXT_BUTTON_FETCH_AGAIN, TEXT_VALUES(TV("nomor", say_keycap(work, (int64_t)i + 1))));
        keyboard_data(&keyboard, label, STYLE_NONE, "g:%" PRId64, order->id);
    }
    keyboard_row(&keyboard);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_HOME), STYLE_NONE, "w");
    page_show(work, &turn->page, say(work, TEXT_PURCHASES, TEXT_VALUES(TV_HTML("baris", str_done(&lines)))),
              keyboard_inline(&keyboard));
    return true;
}

bool purchases_fetch(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct order order;
    bool found = order_get_own(work, turn->numbers[0], turn->update->from_id, false, &order, err);
    if (!found && err->code != ERR_NOT_FOUND)
        return error_context(err, "purchase");
    if (!found || (order.state != ORDER_PAID && order.state != ORDER_COMPLETED)) {
        page_answer(work, &turn->page, say_label(work, TEXT_ALERT_NOT_FOUND), true);
        return true;
    }
    page_answer(work, &turn->page, say_label(work, TEXT_ALERT_SENT_AGAIN), false);
    return delivery_add(work, &order, TEXT_PAID_AGAIN, err);
}

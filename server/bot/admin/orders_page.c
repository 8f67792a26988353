/* One order: what there is to know, what can be done now, what happened, and its units. */
#include <inttypes.h>

#include "bot/admin/orders.h"
#include "bot/admin/screen.h"
#include "bot/admin/settling.h"
#include "bot/admin/story.h"
#include "bot/buyer/purchase_page.h"
#include "store/stock_list.h"

enum { ITEMS_LIMIT = 1000, NAME_LIMIT = 40, PRODUCT_LIMIT = 60, NUMBERS_IN_A_ROW = 5, ITEM_BUTTONS = 8 };

/* --- what can be done --- */

static bool is_bought(const struct order *order)
{
    return order->state == ORDER_PAID || order->state == ORDER_COMPLETED;
}

bool orders_can(const struct order_record *record, enum order_action action)
{
    const struct order *order = &record->detail.order;
    const struct payment *newest = record->payment_count ? &record->payments[0] : NULL;
    switch (action) {
    case ORDER_PAY:
        return !is_bought(order) && newest && newest->state != PAYMENT_COMPLETED && !newest->problem;
    case ORDER_CANCEL:
        return order->state == ORDER_PENDING && !record->parked;
    case ORDER_REFUND:
        return is_bought(order) && order->refunded < order->total;
    case ORDER_RESEND:
        return is_bought(order);
    case ORDER_REPLACE:
        return is_bought(order) && record->units > 0;
    case ORDER_ACTIONS:
        break;
    }
    return false;
}

static const struct {
    enum text_key label;
    enum button_style style;
    const char *verb, *rest; /* in front of and behind the order's id */
    bool joins;              /* the row of the one before it */
} actions[ORDER_ACTIONS] = {
    [ORDER_PAY] = {TEXT_BUTTON_ORDER_PAY, STYLE_SUCCESS, "aom", "", false},
    [ORDER_CANCEL] = {TEXT_BUTTON_ORDER_CANCEL, STYLE_DANGER, "aoc", "", true},
    [ORDER_RESEND] = {TEXT_BUTTON_ORDER_RESEND, STYLE_NONE, "aon", "", false},
    [ORDER_REPLACE] = {TEXT_BUTTON_ORDER_REPLACE, STYLE_NONE, "aou", ":0", true},
    [ORDER_REFUND] = {TEXT_BUTTON_ORDER_REFUND, STYLE_NONE, "aor", "", false},
};

/* As in the queue: what was given back as a whole is not to be done any more. */
static bool is_to_do(const struct order *order, const struct order_item *item)
{
    return order->state == ORDER_PAID && item->kind == PRODUCT_MANUAL && !item->fulfilled_ms &&
           (order->refunded < order->total || order->total == 0);
}

static void add_buttons(struct turn *turn, struct keyboard *keyboard, const struct order_record *record)
{
    struct work *work = turn->work;
    const struct order *order = &record->detail.order;
    if (record->parked)
        settling_buttons(turn, keyboard, record->parked);
    size_t shown = 0;
    for (size_t i = 0; i < order->item_count && shown < ITEM_BUTTONS; i++) {
        const char *name = str_utf8_cut(work->arena, order->items[i].name, NAME_LIMIT);
        if (!is_to_do(order, &order->items[i]))
            continue;
        keyboard_row(keyboard);
        keyboard_data(keyboard, say(work, TEXT_BUTTON_ORDER_FULFIL, TEXT_VALUES(TV("produk", name))),
                      STYLE_PRIMARY, "aoi:%" PRId64, order->items[i].id);
        shown++;
    }
    for (size_t i = 0; i < ORDER_ACTIONS; i++) {
        if (!orders_can(record, (enum order_action)i))
            continue;
        if (!actions[i].joins)
            keyboard_row(keyboard);
        keyboard_data(keyboard, say_label(work, actions[i].label), actions[i].style, "%s:%" PRId64 "%s",
                      actions[i].verb, order->id, actions[i].rest);
    }
    keyboard_row(keyboard);
    screen_button(turn, keyboard, TEXT_BUTTON_STORY, "aoh:%" PRId64 ":0", order->id);
    screen_button(turn, keyboard, TEXT_BUTTON_BUYER, "aud:%" PRId64, order->telegram_id);
    keyboard_row(keyboard);
    screen_button(turn, keyboard, TEXT_BUTTON_REFRESH, "aod:%" PRId64, order->id);
}

/* --- what there is to know --- */

static void add_line(struct str *s, bool shown, const char *html)
{
    if (shown)
        str_addf(s, "%s\n", html);
}

static const char *say_amounts(struct work *work, const struct order *order)
{
    struct str s = STR_INIT(work->arena);
    add_line(&s, order->discount > 0,
             say(work, TEXT_PURCHASE_SUBTOTAL, TEXT_VALUES(TV("harga", say_price(work, order->subtotal)))));
    add_line(
        &s, order->discount > 0,
        say(work, TEXT_PURCHASE_DISCOUNT,
            TEXT_VALUES(TV("kode", order->coupon_code), TV("potongan", say_price(work, order->discount)))));
    add_line(&s, true,
             say(work, TEXT_PURCHASE_PRICE, TEXT_VALUES(TV("harga", say_price(work, order->total)))));
    add_line(&s, order->refunded > 0,
             say(work, TEXT_PURCHASE_REFUNDED, TEXT_VALUES(TV("harga", say_price(work, order->refunded)))));
    return str_done(&s);
}

/* What became of the goods. */
static const char *say_goods(struct work *work, const struct order_record *record)
{
    struct str s = STR_INIT(work->arena);
    const struct order *order = &record->detail.order;
    int64_t to_do = 0;
    for (size_t i = 0; i < order->item_count; i++)
        to_do += is_to_do(order, &order->items[i]);
    add_line(&s, record->units > 0,
             say(work, TEXT_ORDER_UNITS, TEXT_VALUES(TV("jumlah", say_number(work, record->units)))));
    add_line(
        &s, record->units_replaced > 0,
        say(work, TEXT_ORDER_REPLACED, TEXT_VALUES(TV("jumlah", say_number(work, record->units_replaced)))));
    add_line(&s, to_do > 0, say(work, TEXT_ORDER_TO_DO, TEXT_VALUES(TV("jumlah", say_number(work, to_do)))));
    add_line(&s, record->terms > 0,
             say(work, TEXT_ORDER_TERMS,
                 TEXT_VALUES(TV("selesai", say_number(work, record->terms_fulfilled)),
                             TV("jumlah", say_number(work, record->terms)))));
    add_line(&s, order->state == ORDER_PAID && order->delivery == DELIVERY_REFUSED,
             say(work, TEXT_ORDER_REFUSED, TEXT_NO_VALUES));
    add_line(&s, !record->buyer_reachable, say(work, TEXT_ORDER_UNREACHABLE, TEXT_NO_VALUES));
    if (s.length)
        str_add(&s, "\n");
    return str_done(&s);
}

static const char *say_dates(struct work *work, const struct order_record *record)
{
    struct str s = STR_INIT(work->arena);
    const struct order *order = &record->detail.order;
    bool ended = order->state == ORDER_CANCELLED || order->state == ORDER_EXPIRED;
    story_add_date(work, &s, TEXT_PURCHASE_MADE, order->created_ms, "");
    story_add_date(work, &s, TEXT_PURCHASE_PAY_BEFORE, order->state == ORDER_PENDING ? order->expires_ms : 0,
                   "");
    story_add_date(work, &s, TEXT_PURCHASE_PAID_AT, order->paid_ms, "");
    story_add_date(work, &s, TEXT_PURCHASE_SENT_AT, order->completed_ms, "");
    story_add_date(work, &s, TEXT_PURCHASE_ENDED_AT, ended ? record->detail.ended_ms : 0,
                   story_reason(work, record->detail.end_reason));
    return str_done(&s);
}

const char *orders_name(struct work *work, const struct order_record *record)
{
    const struct person *buyer = &record->buyer;
    const char *name = say_name(work, buyer->first_name, buyer->last_name);
    return arena_printf(work->arena, "#%" PRId64 " · %s · %s", record->detail.order.id,
                        str_utf8_cut(work->arena, name, NAME_LIMIT),
                        say_price(work, record->detail.order.total));
}

static const char *page_html(struct work *work, const struct order_record *record, const char *line)
{
    const struct order *order = &record->detail.order;
    const struct person *buyer = &record->buyer;
    const char *html =
        say(work, TEXT_ORDER,
            TEXT_VALUES(TV("nomor", say_number(work, order->id)), TV("order_id", order->reference),
                        TV("status", purchase_say_state(work, &record->detail)),
                        TV_HTML("pembeli", say_person(work, buyer->telegram_id, buyer->first_name,
                                                      buyer->last_name, buyer->username)),
                        TV_HTML("baris", purchase_say_items(work, order, ITEMS_LIMIT)),
                        TV_HTML("rincian", say_amounts(work, order)),
                        TV_HTML("pembayaran", story_payments(work, record->payments, record->payment_count)),
                        TV_HTML("keadaan", say_goods(work, record)),
                        TV_HTML("tanggal", say_dates(work, record))));
    return line ? arena_printf(work->arena, "%s\n\n%s", line, html) : html;
}

static void show(struct turn *turn, const struct order_record *record, enum order_filter filter, int64_t ref,
                 const char *line)
{
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    add_buttons(turn, &keyboard, record);
    /* to the list's page that begins with this order */
    const char *back = arena_printf(turn->work->arena, "%s:%" PRId64, orders_list_prefix(turn, filter, ref),
                                    record->detail.order.id + 1);
    screen_show(turn, page_html(turn->work, record, line), &keyboard, back);
}

static bool open_order(struct turn *turn, int64_t order_id, enum order_filter filter, int64_t ref,
                       const char *line, struct error *err)
{
    struct order_record record;
    if (!order_search_record(turn->work, order_id, &record, err))
        return screen_explain(turn, err) || error_context(err, "order");
    show(turn, &record, filter, ref, line);
    return true;
}

bool orders_show(struct turn *turn, int64_t order_id, const char *line, struct error *err)
{
    return open_order(turn, order_id, ORDERS_ALL, 0, line, err);
}

bool orders_show_changed(struct turn *turn, int64_t order_id, struct error *err)
{
    page_answer(turn->work, &turn->page, say_label(turn->work, TEXT_ALERT_CHANGED_MEANWHILE), true);
    return orders_show(turn, order_id, NULL, err);
}

bool orders_detail(struct turn *turn, struct error *err)
{
    return orders_show(turn, turn->numbers[0], NULL, err);
}

/* Numbers: the order, and the list it was chosen from. */
bool orders_detail_in_list(struct turn *turn, struct error *err)
{
    int64_t filter = turn->numbers[1];
    bool known = filter >= 0 && filter < ORDER_FILTERS;
    return open_order(turn, turn->numbers[0], known ? (enum order_filter)filter : ORDERS_ALL,
                      known ? turn->numbers[2] : 0, NULL, err);
}

/* --- what happened --- */

bool orders_history(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    int64_t id = turn->numbers[0];
    struct story story = {.verb = "aoh", .id = id, .back = arena_printf(work->arena, "aod:%" PRId64, id)};
    if (!history_of_order(work, id, &story.events, &story.count, err))
        return error_context(err, "order");
    if (!story.count) {
        page_answer(work, &turn->page, say_label(work, TEXT_ALERT_NOT_FOUND), true);
        return true;
    }
    story.title = say(work, TEXT_ORDER_STORY, TEXT_VALUES(TV("nomor", say_number(work, id))));
    story_show(turn, &story, turn->numbers[1]);
    return true;
}

/* --- its units --- */

static const char *product_of(struct work *work, const struct order *order, int64_t product_id)
{
    for (size_t i = 0; i < order->item_count; i++)
        if (order->items[i].product_id == product_id)
            return str_utf8_cut(work->arena, order->items[i].name, PRODUCT_LIMIT);
    return "";
}

static const char *list_units(struct turn *turn, struct keyboard *keyboard, const struct order *order,
                              const struct stock_list_order *units)
{
    struct work *work = turn->work;
    struct str lines = STR_INIT(work->arena);
    size_t buttons = 0;
    for (size_t i = 0; i < units->count; i++) {
        const struct stock_list_unit *unit = &units->items[i];
        str_add(&lines, say(work, unit->was_replaced ? TEXT_UNIT_LINE_REPLACED : TEXT_UNIT_LINE,
                            TEXT_VALUES(TV("nomor", say_number(work, unit->id)),
                                        TV("produk", product_of(work, order, unit->product_id)),
                                        TV("isi", unit->masked))));
        str_add(&lines, "\n");
        if (unit->was_replaced)
            continue;
        if (buttons++ % NUMBERS_IN_A_ROW == 0)
            keyboard_row(keyboard);
        keyboard_data(keyboard, arena_printf(work->arena, "🔁 %" PRId64, unit->id), STYLE_NONE,
                      "aog:%" PRId64 ":%" PRId64, order->id, unit->id);
    }
    return units->count ? str_done(&lines) : say_label(work, TEXT_LIST_EMPTY);
}

/* Numbers: the order, the page. */
bool orders_units(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    int64_t id = turn->numbers[0], page = turn->numbers[1] > 0 ? turn->numbers[1] : 0;
    struct order_record record;
    struct stock_list_order units;
    struct keyboard keyboard;
    if (!order_search_record(work, id, &record, err))
        return screen_explain(turn, err) || error_context(err, "order");
    if (!stock_list_order(work, id, page, &units, err))
        return error_context(err, "units");
    keyboard_begin(&keyboard);
    const char *lines = list_units(turn, &keyboard, &record.detail.order, &units);
    keyboard_row(&keyboard);
    if (page > 0)
        keyboard_data(&keyboard, "⬅️", STYLE_NONE, "aou:%" PRId64 ":%" PRId64, id, page - 1);
    if (units.has_more)
        keyboard_data(&keyboard, "➡️", STYLE_NONE, "aou:%" PRId64 ":%" PRId64, id, page + 1);
    screen_show(turn,
                say(work, TEXT_ORDER_CHOOSE_UNIT,
                    TEXT_VALUES(TV("nomor", say_number(work, id)), TV_HTML("baris", lines))),
                &keyboard, arena_printf(work->arena, "aod:%" PRId64, id));
    return true;
}

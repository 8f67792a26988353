#include "bot/buyer/purchase_page.h"

#include <inttypes.h>

#include "base/str.h"
#include "bot/buyer/buyer.h"
#include "payment/method.h"

enum { NAME_LIMIT = 100, ITEMS_LIMIT = 2500, MOST_VALUES = 2 };

/* --- states --- */

static const struct {
    const char *sign;
    enum text_key words;
} views[] = {
    [VIEW_PENDING] = {"⏳", TEXT_STATE_PENDING},     [VIEW_CHECKED] = {"🔎", TEXT_STATE_CHECKED},
    [VIEW_PAID] = {"📦", TEXT_STATE_PAID},           [VIEW_UNFULFILLED] = {"🛠", TEXT_STATE_UNFULFILLED},
    [VIEW_COMPLETED] = {"✅", TEXT_STATE_COMPLETED}, [VIEW_CANCELLED] = {"❌", TEXT_STATE_CANCELLED},
    [VIEW_EXPIRED] = {"⏰", TEXT_STATE_EXPIRED},
};

static const enum purchase_view view_of_state[] = {
    [ORDER_PENDING] = VIEW_PENDING,     [ORDER_PAID] = VIEW_PAID,       [ORDER_COMPLETED] = VIEW_COMPLETED,
    [ORDER_CANCELLED] = VIEW_CANCELLED, [ORDER_EXPIRED] = VIEW_EXPIRED,
};

const char *purchase_sign(enum order_state state)
{
    return views[view_of_state[state]].sign;
}

enum purchase_view purchase_view_of(const struct order_detail *detail)
{
    const struct order *order = &detail->order;
    bool is_paid = order->state == ORDER_PAID || order->state == ORDER_COMPLETED;
    bool parked = detail->has_payment && detail->payment.problem && !detail->payment.resolution;
    if (order->state == ORDER_PAID && order_is_unfulfilled(order))
        return VIEW_UNFULFILLED;
    return parked && !is_paid ? VIEW_CHECKED : view_of_state[order->state];
}

#define AT(view)    (1u << (view))
#define BOUGHT      (AT(VIEW_PAID) | AT(VIEW_UNFULFILLED) | AT(VIEW_COMPLETED))
#define ENDED       (AT(VIEW_CANCELLED) | AT(VIEW_EXPIRED))
#define IS_AT(mask) (((mask)&AT(view)) != 0)

/* What can be done with an order, by how it looks. */
static const struct {
    unsigned at;
    enum text_key label;
    enum button_style style;
    const char *verb;
    bool joins; /* the row of the one before it */
} actions[] = {
    {BOUGHT, TEXT_BUTTON_FETCH_AGAIN, STYLE_PRIMARY, "g", false},
    {BOUGHT, TEXT_BUTTON_RECEIPT, STYLE_NONE, "os", true},
    {AT(VIEW_PENDING), TEXT_BUTTON_OPEN_INVOICE, STYLE_SUCCESS, "oi", false},
    {AT(VIEW_PENDING), TEXT_BUTTON_CANCEL_PURCHASE, STYLE_DANGER, "ox", false},
    {BOUGHT | ENDED, TEXT_BUTTON_BUY_AGAIN, STYLE_NONE, "ob", false},
};

static json_t *keyboard_of(struct work *work, enum purchase_view view, int64_t order_id)
{
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        if (!IS_AT(actions[i].at))
            continue;
        if (!actions[i].joins)
            keyboard_row(&keyboard);
        keyboard_data(&keyboard, say_label(work, actions[i].label), actions[i].style, "%s:%" PRId64,
                      actions[i].verb, order_id);
    }
    keyboard_row(&keyboard);
    /* to the list's page that begins with this order */
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_PURCHASES), STYLE_NONE, "o:%" PRId64, order_id + 1);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_HOME), STYLE_NONE, "w");
    return keyboard_inline(&keyboard);
}

/* --- lines --- */

/* A line that is there under a condition. */
struct row {
    bool shown;
    enum text_key key;
    struct text_value values[MOST_VALUES];
};

static const char *say_rows(struct work *work, const struct row *rows, size_t count)
{
    struct str s = STR_INIT(work->arena);
    for (size_t i = 0; i < count; i++) {
        size_t values = 0;
        while (values < MOST_VALUES && rows[i].values[values].name)
            values++;
        if (!rows[i].shown)
            continue;
        str_add(&s, s.length ? "\n" : "");
        str_add(&s, say(work, rows[i].key, rows[i].values, values));
    }
    return str_done(&s);
}

/* As many as fit; at least one. */
const char *purchase_say_items(struct work *work, const struct order *order, size_t limit)
{
    struct str s = STR_INIT(work->arena);
    size_t units = 0;
    for (size_t i = 0; i < order->item_count; i++) {
        const struct order_item *item = &order->items[i];
        const char *line = say(work, TEXT_CART_LINE,
                               TEXT_VALUES(TV("produk", str_utf8_cut(work->arena, item->name, NAME_LIMIT)),
                                           TV("jumlah", say_number(work, item->quantity)),
                                           TV("harga", say_price(work, item->price)),
                                           TV("total", say_price(work, item->price * item->quantity))));
        units += html_length(line) + 1;
        if (i && units > limit) {
            int64_t left = (int64_t)(order->item_count - i);
            str_add(&s, say(work, TEXT_CART_MORE, TEXT_VALUES(TV("jumlah", say_number(work, left)))));
            str_add(&s, "\n");
            break;
        }
        str_add(&s, line);
        str_add(&s, "\n");
    }
    return str_done(&s);
}

const char *purchase_say_method(struct work *work, const char *name)
{
    const struct method *method = method_find(name);
    return say_label(work, method ? method->label : TEXT_METHOD_BY_HAND);
}

/* Prices and what was, or is to be, paid for them. */
static const char *say_amounts(struct work *work, const struct order_detail *detail, bool with_reference)
{
    const struct order *order = &detail->order;
    const struct payment *payment = &detail->payment;
    enum purchase_view view = purchase_view_of(detail);
    /* the figures of an order that came to nothing are nobody's business any more */
    bool is_completed = detail->has_payment && payment->state == PAYMENT_COMPLETED;
    bool known = detail->has_payment && (payment->txn_id || is_completed) && !IS_AT(ENDED);
    /* of an amount that was not asked for the fee is not known */
    bool as_asked = !payment->paid_amount;
    bool credited = is_completed && IS_AT(ENDED) &&
                    !str_equal(payment->resolution, payment_resolution_name(PAYMENT_REFUNDED));
    int64_t total = as_asked ? payment->total : payment->paid_amount;
    const char *paid = say_price(work, total ? total : payment->amount);
    const struct row rows[] = {
        {order->discount > 0, TEXT_PURCHASE_SUBTOTAL, {TV("harga", say_price(work, order->subtotal))}},
        {order->discount > 0,
         TEXT_PURCHASE_DISCOUNT,
         {TV("kode", order->coupon_code), TV("potongan", say_price(work, order->discount))}},
        {true, TEXT_PURCHASE_PRICE, {TV("harga", say_price(work, order->total))}},
        {detail->has_payment,
         TEXT_PURCHASE_METHOD,
         {TV("metode", detail->has_payment ? purchase_say_method(work, payment->method) : "")}},
        {known && as_asked && payment->fee > 0,
         TEXT_PURCHASE_FEE,
         {TV("biaya", say_price(work, payment->fee))}},
        {known && IS_AT(AT(VIEW_PENDING)), TEXT_PURCHASE_TO_PAY, {TV("total", paid)}},
        {known && IS_AT(BOUGHT), TEXT_PURCHASE_PAID, {TV("total", paid)}},
        {order->refunded > 0, TEXT_PURCHASE_REFUNDED, {TV("harga", say_price(work, order->refunded))}},
        {credited, TEXT_PURCHASE_CREDITED, {{0}}},
        {with_reference && known && payment->txn_id, TEXT_PURCHASE_REFERENCE, {TV("nomor", payment->txn_id)}},
    };
    return say_rows(work, rows, sizeof rows / sizeof rows[0]);
}

/* Why it ended, by the word in the books. */
static const char *say_reason(struct work *work, const char *reason)
{
    static const struct {
        const char *word;
        enum text_key key;
    } reasons[] = {
        {"expired", TEXT_END_BY_TIME},    {"buyer", TEXT_END_BY_BUYER},
        {"gateway", TEXT_END_BY_GATEWAY}, {"no invoice", TEXT_END_NO_INVOICE},
        {"mismatch", TEXT_END_MISMATCH},  {"admin", TEXT_END_BY_ADMIN},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (str_equal(reasons[i].word, reason))
            return say_label(work, reasons[i].key);
    return "";
}

static const char *say_dates(struct work *work, const struct order_detail *detail)
{
    const struct order *order = &detail->order;
    enum purchase_view view = purchase_view_of(detail);
    const struct row rows[] = {
        {true, TEXT_PURCHASE_MADE, {TV("tanggal", say_date(work, order->created_ms))}},
        {IS_AT(AT(VIEW_PENDING)),
         TEXT_PURCHASE_PAY_BEFORE,
         {TV("tanggal", say_date(work, order->expires_ms))}},
        {order->paid_ms != 0, TEXT_PURCHASE_PAID_AT, {TV("tanggal", say_date(work, order->paid_ms))}},
        {order->completed_ms != 0,
         TEXT_PURCHASE_SENT_AT,
         {TV("tanggal", say_date(work, order->completed_ms))}},
        {IS_AT(ENDED),
         TEXT_PURCHASE_ENDED_AT,
         {TV("tanggal", say_date(work, detail->ended_ms)),
          TV("alasan", say_reason(work, detail->end_reason))}},
    };
    return say_rows(work, rows, sizeof rows / sizeof rows[0]);
}

/* --- pages --- */

const char *purchase_say_state(struct work *work, const struct order_detail *detail)
{
    enum purchase_view view = purchase_view_of(detail);
    return arena_printf(work->arena, "%s %s", views[view].sign, say_label(work, views[view].words));
}

void purchase_page_show(struct turn *turn, const struct order_detail *detail)
{
    struct work *work = turn->work;
    enum purchase_view view = purchase_view_of(detail);
    const char *html = say(
        work, TEXT_PURCHASE,
        TEXT_VALUES(TV("order_id", detail->order.reference), TV("status", purchase_say_state(work, detail)),
                    TV_HTML("baris", purchase_say_items(work, &detail->order, ITEMS_LIMIT)),
                    TV_HTML("rincian", say_amounts(work, detail, false)),
                    TV_HTML("tanggal", say_dates(work, detail))));
    page_show(work, &turn->page, html, keyboard_of(work, view, detail->order.id));
}

void purchase_page_receipt(struct turn *turn, const struct order_detail *detail)
{
    struct work *work = turn->work;
    const char *html =
        say(work, TEXT_RECEIPT,
            TEXT_VALUES(TV("store_name", work->tenant->title), TV("order_id", detail->order.reference),
                        TV("tanggal", say_date(work, detail->order.paid_ms)),
                        TV_HTML("baris", purchase_say_items(work, &detail->order, ITEMS_LIMIT)),
                        TV_HTML("rincian", say_amounts(work, detail, true))));
    page_show(work, &turn->page, html, NULL);
    turn->page.as_new = true;
}

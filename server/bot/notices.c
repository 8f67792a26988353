#include "bot/notices.h"

#include <inttypes.h>

#include "base/str.h"
#include "bot/html.h"
#include "bot/outgoing.h"
#include "bot/say.h"
#include "store/catalogue.h"
#include "store/order_content.h"
#include "store/stock.h"

enum {
    ITEMS_LIMIT = 1500,
    BY_HAND_LIMIT = 1500,
    NAME_LIMIT = 100,
    REASON_LIMIT = 300,
    DIFFERENCES_LISTED = 5,
    DIFFERENCE_LIMIT = 200
};

static bool describe(struct work *work, const struct bill *bill, enum text_key key,
                     const struct text_value *values, size_t count, const char **html_out, struct error *err)
{
    const char *person;
    struct text_value all[8];
    if (!say_known_person(work, bill_person(bill), &person, err))
        return error_context(err, "notice");
    all[0] = TV("order_id", bill_reference(bill));
    all[1] = TV_HTML("pembeli", person);
    all[2] =
        TV_HTML("baris", bill->order ? say_items(work, bill->order, ITEMS_LIMIT)
                                     : say(work, TEXT_DEPOSIT_LINE,
                                           TEXT_VALUES(TV("harga", say_price(work, bill->deposit->amount)))));
    for (size_t i = 0; i < count; i++)
        all[3 + i] = values[i];
    *html_out = say(work, key, all, 3 + count);
    return true;
}

/* To where something can be done about it. */
static json_t *way_to(struct work *work, const struct bill *bill)
{
    return say_button(work, bill->order ? TEXT_BUTTON_OPEN_ORDER : TEXT_BUTTON_TO_DEPOSIT,
                      arena_printf(work->arena, "%s:%" PRId64, bill->order ? "aod" : "agd", bill_id(bill)));
}

bool notices_about(struct work *work, const struct bill *bill, enum text_key key,
                   const struct text_value *values, size_t count, struct error *err)
{
    const char *html;
    return describe(work, bill, key, values, count, &html, err) &&
           outgoing_to_admins_with(work, html, way_to(work, bill), err);
}

static bool about_order(struct work *work, const struct order *order, enum text_key key,
                        const struct text_value *values, size_t count, struct error *err)
{
    struct order copy = *order;
    const struct bill bill = bill_of_order(&copy);
    return notices_about(work, &bill, key, values, count, err);
}

bool notices_new_order(struct work *work, const struct order *order, struct error *err)
{
    return about_order(work, order, TEXT_ADMIN_NEW_ORDER,
                       TEXT_VALUES(TV("total", say_price(work, order->total))), err);
}

/* What somebody has to do by hand, with what the buyer answered; as many as fit, at least one. */
static bool list_by_hand(struct work *work, const struct order *order, const char **html_out,
                         struct error *err)
{
    struct str lines = STR_INIT(work->arena);
    size_t units = 0;
    int64_t more = 0;
    for (size_t i = 0; i < order->item_count; i++) {
        const struct order_item *item = &order->items[i];
        const char *answer;
        if (item->kind != PRODUCT_MANUAL)
            continue;
        if (!order_content_answer(work, item->id, &answer, err))
            return false;
        const char *line = say(work, TEXT_ADMIN_TO_FULFIL_LINE,
                               TEXT_VALUES(TV("produk", str_utf8_cut(work->arena, item->name, NAME_LIMIT)),
                                           TV("jumlah", say_number(work, item->quantity))));
        if (answer)
            line = arena_printf(work->arena, "%s\n%s", line,
                                say(work, TEXT_PAID_ITEM_ANSWER,
                                    TEXT_VALUES(TV("pertanyaan", item->question), TV("jawaban", answer))));
        units += html_length(line) + 1;
        if (lines.length && units > BY_HAND_LIMIT)
            more++;
        else
            str_addf(&lines, "%s%s", lines.length ? "\n" : "", line);
    }
    if (more)
        str_addf(&lines, "\n%s",
                 say(work, TEXT_CART_MORE, TEXT_VALUES(TV("jumlah", say_number(work, more)))));
    *html_out = say(work, TEXT_ADMIN_TO_FULFIL, TEXT_VALUES(TV_HTML("baris", str_done(&lines))));
    return true;
}

bool notices_paid(struct work *work, const struct order *order, bool late, struct error *err)
{
    struct order copy = *order;
    const struct bill bill = bill_of_order(&copy);
    const char *html, *by_hand;
    if (!describe(work, &bill, late ? TEXT_ADMIN_PAID_LATE : TEXT_ADMIN_PAID,
                  TEXT_VALUES(TV("total", say_price(work, order->total)),
                              TV("tanggal", say_date(work, work->now_ms))),
                  &html, err))
        return false;
    if (order_is_unfulfilled(order)) {
        if (!list_by_hand(work, order, &by_hand, err))
            return error_context(err, "notice");
        html = arena_printf(work->arena, "%s\n\n%s", html, by_hand);
    }
    return outgoing_to_admins_with(work, html, way_to(work, &bill), err);
}

bool notices_late_credited(struct work *work, const struct order *order, int64_t amount, int64_t balance,
                           struct error *err)
{
    return about_order(
        work, order, TEXT_ADMIN_LATE_CREDITED,
        TEXT_VALUES(TV("harga", say_price(work, amount)), TV("saldo", say_price(work, balance))), err);
}

bool notices_mismatch(struct work *work, const struct bill *bill, int64_t asked, int64_t gateway_amount,
                      struct error *err)
{
    return notices_about(
        work, bill, TEXT_ADMIN_MISMATCH,
        TEXT_VALUES(TV("harga", say_price(work, asked)), TV("total", say_price(work, gateway_amount))), err);
}

bool notices_invoice_failed(struct work *work, const struct bill *bill, const char *why, struct error *err)
{
    const char *reason = str_utf8_cut(work->arena, why, REASON_LIMIT);
    return notices_about(work, bill, TEXT_ADMIN_INVOICE_FAILED, TEXT_VALUES(TV("alasan", reason)), err);
}

bool notices_deposited(struct work *work, const struct bill *bill, int64_t amount, int64_t balance,
                       struct error *err)
{
    return notices_about(
        work, bill, TEXT_ADMIN_DEPOSITED,
        TEXT_VALUES(TV("harga", say_price(work, amount)), TV("saldo", say_price(work, balance))), err);
}

bool notices_gateway_down(struct work *work, const char *why, struct error *err)
{
    const char *reason = str_utf8_cut(work->arena, why, REASON_LIMIT);
    return outgoing_to_admins(work, say(work, TEXT_ADMIN_GATEWAY_DOWN, TEXT_VALUES(TV("alasan", reason))),
                              err);
}

bool notices_gateway_up(struct work *work, struct error *err)
{
    return outgoing_to_admins(work, say(work, TEXT_ADMIN_GATEWAY_UP, TEXT_NO_VALUES), err);
}

bool notices_undelivered(struct work *work, const struct bill *bill, struct error *err)
{
    return notices_about(work, bill, TEXT_ADMIN_UNDELIVERED, TEXT_NO_VALUES, err);
}

bool notices_books_differ(struct work *work, const struct verify_result *result, struct error *err)
{
    struct str lines = STR_INIT(work->arena);
    for (size_t i = 0; i < result->listed && i < DIFFERENCES_LISTED; i++) {
        const struct verify_difference *d = &result->differences[i];
        const char *line = arena_printf(work->arena, "%s: %s", d->who, d->says);
        str_add(&lines, i ? "\n• " : "• ");
        str_add_html(&lines, str_utf8_cut(work->arena, line, DIFFERENCE_LIMIT));
    }
    const char *html = say(work, TEXT_ADMIN_BOOKS_DIFFER,
                           TEXT_VALUES(TV("store_name", work->tenant->name),
                                       TV("jumlah", say_number(work, result->difference_count)),
                                       TV_HTML("baris", str_done(&lines))));
    return outgoing_to_admins(work, html, err);
}

bool notices_books_unfinished(struct work *work, const struct verify_result *result, struct error *err)
{
    return outgoing_to_admins(
        work, say(work, TEXT_ADMIN_BOOKS_UNFINISHED, TEXT_VALUES(TV("store_name", work->tenant->name))), err);
}

const struct verify_notices bot_verify_notices = {
    .differences = notices_books_differ,
    .unfinished = notices_books_unfinished,
};

static bool look_at(struct work *work, const struct order_item *item, struct error *err)
{
    int64_t available;
    bool crossed;
    if (!stock_available(work, item->product_id, &available, err) ||
        !catalogue_note_stock(work, item->product_id, available, work->tenant->low_stock, &crossed, err))
        return error_context(err, "stock of product %lld", (long long)item->product_id);
    if (!crossed)
        return true;
    const char *html = say(work, available > 0 ? TEXT_ADMIN_LOW_STOCK : TEXT_ADMIN_SOLD_OUT,
                           TEXT_VALUES(TV("produk", str_utf8_cut(work->arena, item->name, NAME_LIMIT)),
                                       TV("stok", say_number(work, available))));
    return outgoing_to_admins(work, html, err);
}

/* The item of units with the smallest product id above `after`; NULL where there is none. */
static const struct order_item *next_item(const struct order *order, int64_t after)
{
    const struct order_item *next = NULL;
    for (size_t i = 0; i < order->item_count; i++) {
        const struct order_item *item = &order->items[i];
        if (item->kind == PRODUCT_UNIT && item->product_id > after &&
            (!next || item->product_id < next->product_id))
            next = item;
    }
    return next;
}

/* Products are locked in one order, so that two orders never wait for each other. */
bool notices_stock(struct work *work, const struct order *order, struct error *err)
{
    for (const struct order_item *item = next_item(order, 0); item; item = next_item(order, item->product_id))
        if (!look_at(work, item, err))
            return false;
    return true;
}

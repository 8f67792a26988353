#include "bot/buyer/basket.h"

#include <inttypes.h>

#include "base/str.h"
#include "bot/buyer/buyer.h"
#include "bot/buyer/coupons.h"
#include "payment/breaker.h"
#include "payment/fee.h"
#include "store/cart.h"

enum {
    NAME_LIMIT = 100,
    LINES_LIMIT = 2500,
    NOTES_LIMIT = 900,
    QUESTION_LIMIT = 100,
    MOST_ANSWERS = 5, /* buttons for them */
    LABEL_LIMIT = 30
};

/* --- the cart against the catalogue --- */

struct differences {
    size_t gone, repriced;
    bool coupon;
};

static bool is_any(const struct differences *found)
{
    return found->gone || found->repriced || found->coupon;
}

static struct differences compare(const struct catalogue *catalogue, const struct cart *cart)
{
    struct differences found = {.coupon = cart->coupon && cart->coupon->changed};
    for (size_t i = 0; i < cart->count; i++) {
        const struct catalogue_product *product = catalogue_product(catalogue, cart->items[i].product_id);
        found.gone += !product;
        found.repriced += product && product->price != cart->items[i].seen_price;
    }
    return found;
}

/* Under the person's lock: the cart as it is now becomes one of today's prices, products and coupon. */
static bool bring_up_to_date(struct turn *turn, const struct cart *cart, struct error *err)
{
    for (size_t i = 0; i < cart->count; i++) {
        const struct cart_item *item = &cart->items[i];
        const struct catalogue_product *product = catalogue_product(turn->catalogue, item->product_id);
        if (product && product->price == item->seen_price)
            continue;
        int64_t quantity = product ? item->quantity : 0, price = product ? product->price : item->seen_price;
        if (!cart_set(turn->work, turn->update->from_id, item->product_id, quantity, price, err))
            return false;
    }
    return !cart->coupon || !cart->coupon->changed ||
           coupon_cart_set(turn->work, turn->update->from_id, &cart->coupon->coupon, err);
}

static void add_note(struct str *notes, const char *line)
{
    if (notes->length + html_length(line) > NOTES_LIMIT)
        return;
    if (notes->length)
        str_add(notes, "\n");
    str_add(notes, line);
}

static const char *name_of(struct work *work, const struct catalogue_product *product)
{
    return str_utf8_cut(work->arena, product->name, NAME_LIMIT);
}

/* What the coupon in the cart takes off, or why it does not. */
static void add_coupon(struct turn *turn, const struct coupon_in_cart *chosen, struct basket *basket,
                       struct str *notes)
{
    struct work *work = turn->work;
    const struct coupon *coupon = &chosen->coupon;
    int64_t discount;
    basket->coupon_code = coupon->code;
    basket->coupon_refusal = coupons_try(turn, basket, coupon, chosen->own_uses, &discount);
    if (basket->coupon_refusal != COUPON_OK) {
        basket->coupon_note = coupons_why_not(turn, basket, coupon->code, coupon, basket->coupon_refusal);
        return;
    }
    basket->discount = discount;
    basket->total = basket->subtotal - discount;
    if (chosen->changed)
        add_note(notes, say(work, TEXT_CART_COUPON_CHANGED,
                            TEXT_VALUES(TV("kode", coupon->code), TV("diskon", say_price(work, discount)))));
}

static void sum_up(struct turn *turn, const struct cart *cart, struct basket *basket_out)
{
    struct work *work = turn->work;
    struct str notes = STR_INIT(work->arena);
    struct basket_item *items = ARENA_ARRAY(work->arena, struct basket_item, cart->count);
    struct differences found = compare(turn->catalogue, cart);
    struct basket basket = {.items = items, .changed = is_any(&found)};
    if (found.gone)
        add_note(&notes,
                 say(work, TEXT_CART_GONE, TEXT_VALUES(TV("jumlah", say_number(work, (int64_t)found.gone)))));
    for (size_t i = 0; i < cart->count; i++) {
        const struct cart_item *item = &cart->items[i];
        const struct catalogue_product *product = catalogue_product(turn->catalogue, item->product_id);
        if (!product)
            continue;
        bool answered = *product->question && str_equal(item->question, product->question);
        items[basket.count++] = (struct basket_item){
            .product = product, .quantity = item->quantity, .answer = answered ? item->answer : NULL};
        if (*product->question && !answered && !basket.unanswered)
            basket.unanswered = product;
        basket.quantity += item->quantity;
        basket.subtotal += item->quantity * product->price;
        if (product->price != item->seen_price)
            add_note(&notes, say(work, TEXT_CART_PRICE_CHANGED,
                                 TEXT_VALUES(TV("produk", name_of(work, product)),
                                             TV("harga_lama", say_price(work, item->seen_price)),
                                             TV("harga", say_price(work, product->price)))));
        if (product->stock >= item->quantity)
            continue;
        basket.is_short = true;
        add_note(&notes, say(work, TEXT_CART_SHORT,
                             TEXT_VALUES(TV("produk", name_of(work, product)),
                                         TV("stok", say_stock(work, product)))));
    }
    basket.total = basket.subtotal;
    if (basket.count && cart->coupon)
        add_coupon(turn, cart->coupon, &basket, &notes);
    basket.notes = str_done(&notes);
    *basket_out = basket;
}

bool basket_load(struct turn *turn, struct basket *basket_out, struct error *err)
{
    struct cart cart;
    int64_t person = turn->update->from_id;
    if (!cart_get(turn->work, person, &cart, err))
        return error_context(err, "cart");
    struct differences found = compare(turn->catalogue, &cart);
    if (is_any(&found)) {
        bool locked = turn->work->tx != NULL;
        if (!locked && (!turn_restart(turn, err) || !cart_get(turn->work, person, &cart, err)))
            return error_context(err, "cart");
        if (!bring_up_to_date(turn, &cart, err))
            return error_context(err, "cart");
    }
    sum_up(turn, &cart, basket_out);
    return true;
}

/* --- its page --- */

/* The product's question, below its line. */
static const char *question_line(struct work *work, const struct basket_item *item)
{
    const struct text_value values[] = {
        TV("pertanyaan", str_utf8_cut(work->arena, item->product->question, QUESTION_LIMIT)),
        TV("jawaban", item->answer ? str_utf8_cut(work->arena, item->answer, QUESTION_LIMIT) : NULL)};
    if (!*item->product->question)
        return "";
    return arena_printf(work->arena, "\n%s",
                        say(work, item->answer ? TEXT_CART_ANSWER : TEXT_CART_UNANSWERED, values, 2));
}

static const char *item_lines(struct work *work, const struct basket *basket)
{
    struct str lines = STR_INIT(work->arena);
    size_t units = 0;
    for (size_t i = 0; i < basket->count; i++) {
        const struct basket_item *item = &basket->items[i];
        const char *line =
            say(work, TEXT_CART_LINE,
                TEXT_VALUES(TV("produk", name_of(work, item->product)),
                            TV("jumlah", say_number(work, item->quantity)),
                            TV("harga", say_price(work, item->product->price)),
                            TV("total", say_price(work, item->product->price * item->quantity))));
        line = arena_printf(work->arena, "%s%s", line, question_line(work, item));
        units += html_length(line) + 1;
        if (units > LINES_LIMIT) {
            int64_t left = (int64_t)(basket->count - i);
            str_add(&lines, say(work, TEXT_CART_MORE, TEXT_VALUES(TV("jumlah", say_number(work, left)))));
            str_add(&lines, "\n");
            break;
        }
        str_add(&lines, line);
        str_add(&lines, "\n");
    }
    return str_done(&lines);
}

const char *basket_lines(struct work *work, const struct basket *basket)
{
    const char *lines = item_lines(work, basket);
    if (!basket->discount)
        return lines;
    return arena_printf(work->arena, "%s%s\n", lines,
                        coupons_line(work, basket->coupon_code, basket->discount));
}

static void add_answers(struct work *work, struct keyboard *keyboard, const struct basket *basket)
{
    int shown = 0;
    for (size_t i = 0; i < basket->count && shown < MOST_ANSWERS; i++) {
        const struct catalogue_product *product = basket->items[i].product;
        if (!basket->items[i].answer)
            continue;
        const char *name = str_utf8_cut(work->arena, product->name, LABEL_LIMIT);
        keyboard_row(keyboard);
        keyboard_data(keyboard, say(work, TEXT_BUTTON_ANSWER, TEXT_VALUES(TV("produk", name))), STYLE_NONE,
                      "kq:%" PRId64, product->id);
        shown++;
    }
}

static json_t *filled_keyboard(struct work *work, const struct basket *basket)
{
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_TO_PAYMENT), STYLE_SUCCESS, "m");
    keyboard_row(&keyboard);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_COUPON), STYLE_NONE, "ku");
    if (basket->coupon_code)
        keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_COUPON_REMOVE), STYLE_NONE, "kx");
    add_answers(work, &keyboard, basket);
    keyboard_row(&keyboard);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_ALL_PRODUCTS), STYLE_NONE, "a:0");
    keyboard_row(&keyboard);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_CANCEL), STYLE_DANGER, "e");
    return keyboard_inline(&keyboard);
}

static json_t *empty_keyboard(struct work *work)
{
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_ALL_PRODUCTS), STYLE_PRIMARY, "a:0");
    keyboard_row(&keyboard);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_HOME), STYLE_NONE, "w");
    return keyboard_inline(&keyboard);
}

static void add_paragraph(struct str *html, const char *paragraph)
{
    if (paragraph && *paragraph)
        str_addf(html, "%s%s", html->length ? "\n\n" : "", paragraph);
}

static const char *filled_page(struct work *work, const struct basket *basket)
{
    return say(work, basket->discount ? TEXT_CART_WITH_COUPON : TEXT_CART,
               TEXT_VALUES(TV_HTML("baris", item_lines(work, basket)),
                           TV("jumlah", say_number(work, basket->quantity)),
                           TV("subtotal", say_price(work, basket->subtotal)), TV("kode", basket->coupon_code),
                           TV("diskon", say_price(work, basket->discount)),
                           TV("total", say_price(work, basket->total))));
}

void basket_show(struct turn *turn, const struct basket *basket)
{
    struct work *work = turn->work;
    struct str html = STR_INIT(work->arena);
    add_paragraph(&html, basket->headline);
    if (*basket->notes)
        add_paragraph(&html, say(work, TEXT_CART_CHANGED, TEXT_VALUES(TV_HTML("baris", basket->notes))));
    add_paragraph(&html,
                  basket->count ? filled_page(work, basket) : say(work, TEXT_CART_EMPTY, TEXT_NO_VALUES));
    add_paragraph(&html, basket->coupon_note);
    if (basket->count && basket->total && !breaker_is_open(work->tenant->pakasir_project, work->now_ms))
        fee_wish(basket->total, work->now_ms); /* the next page says what it costs to pay it */
    page_show(work, &turn->page, str_done(&html),
              basket->count ? filled_keyboard(work, basket) : empty_keyboard(work));
}

bool basket_open(struct turn *turn, struct error *err)
{
    struct basket basket;
    if (!basket_load(turn, &basket, err))
        return false;
    if (basket.changed)
        page_answer(turn->work, &turn->page, say_label(turn->work, TEXT_ALERT_CART_CHANGED), true);
    basket_show(turn, &basket);
    return true;
}

bool basket_drop(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    if (!cart_clear(work, turn->update->from_id, err))
        return error_context(err, "cart");
    page_show(work, &turn->page, say(work, TEXT_CART_CLEARED, TEXT_NO_VALUES), empty_keyboard(work));
    return true;
}

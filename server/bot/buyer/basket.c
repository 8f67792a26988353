#include "bot/buyer/basket.h"

#include "base/str.h"
#include "bot/buyer/buyer.h"
#include "store/cart.h"

enum { NAME_LIMIT = 100, LINES_LIMIT = 2500, NOTES_LIMIT = 900 };

/* --- the cart against the catalogue --- */

struct differences {
    size_t gone, repriced;
};

static struct differences compare(const struct catalogue *catalogue, const struct cart *cart)
{
    struct differences found = {0};
    for (size_t i = 0; i < cart->count; i++) {
        const struct catalogue_product *product = catalogue_product(catalogue, cart->items[i].product_id);
        found.gone += !product;
        found.repriced += product && product->price != cart->items[i].seen_price;
    }
    return found;
}

/* Under the person's lock: the cart as it is now becomes one of today's prices and products. */
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
    return true;
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

static void sum_up(struct turn *turn, const struct cart *cart, struct basket *basket_out)
{
    struct work *work = turn->work;
    struct str notes = STR_INIT(work->arena);
    struct basket_item *items = ARENA_ARRAY(work->arena, struct basket_item, cart->count);
    struct differences found = compare(turn->catalogue, cart);
    struct basket basket = {.items = items, .changed = found.gone || found.repriced};
    if (found.gone)
        add_note(&notes,
                 say(work, TEXT_CART_GONE, TEXT_VALUES(TV("jumlah", say_number(work, (int64_t)found.gone)))));
    for (size_t i = 0; i < cart->count; i++) {
        const struct cart_item *item = &cart->items[i];
        const struct catalogue_product *product = catalogue_product(turn->catalogue, item->product_id);
        if (!product)
            continue;
        items[basket.count++] = (struct basket_item){.product = product, .quantity = item->quantity};
        basket.quantity += item->quantity;
        basket.total += item->quantity * product->price;
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
                                         TV("stok", say_number(work, product->stock)))));
    }
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
    if (found.gone || found.repriced) {
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

const char *basket_lines(struct work *work, const struct basket *basket)
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

static json_t *filled_keyboard(struct work *work)
{
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_TO_PAYMENT), STYLE_SUCCESS, "m");
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

void basket_show(struct turn *turn, const struct basket *basket)
{
    struct work *work = turn->work;
    struct str html = STR_INIT(work->arena);
    if (*basket->notes) {
        str_add(&html, say(work, TEXT_CART_CHANGED, TEXT_VALUES(TV_HTML("baris", basket->notes))));
        str_add(&html, "\n\n");
    }
    if (basket->count)
        str_add(&html, say(work, TEXT_CART,
                           TEXT_VALUES(TV_HTML("baris", basket_lines(work, basket)),
                                       TV("jumlah", say_number(work, basket->quantity)),
                                       TV("total", say_price(work, basket->total)))));
    else
        str_add(&html, say(work, TEXT_CART_EMPTY, TEXT_NO_VALUES));
    page_show(work, &turn->page, str_done(&html),
              basket->count ? filled_keyboard(work) : empty_keyboard(work));
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

/* A product's page, and how many of it are in the cart. */
#include <inttypes.h>

#include "base/str.h"
#include "bot/buyer/buyer.h"
#include "store/cart.h"

enum { NAME_LIMIT = 200, DESCRIPTION_LIMIT = 3000 };

static const char *price_of(struct work *work, const struct catalogue_product *product, int64_t quantity)
{
    return say_price(work, product->price * quantity);
}

static void add_change(struct keyboard *keyboard, const char *label, const struct catalogue_product *product,
                       int delta)
{
    keyboard_data(keyboard, label, STYLE_NONE, "q:%" PRId64 ":%d:%" PRId64, product->id, delta,
                  product->price);
}

static json_t *keyboard_of(struct work *work, const struct catalogue_product *product, int64_t quantity)
{
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    if (quantity > 0 || product->stock > 0)
        add_change(&keyboard, "➖", product, -1);
    if (product->stock > 0) {
        add_change(&keyboard, "➕", product, 1);
        keyboard_row(&keyboard);
        add_change(&keyboard, "✌️ x2", product, 2);
        add_change(&keyboard, "🖐️ x5", product, 5);
        add_change(&keyboard, "🔟 x10", product, 10);
    }
    keyboard_row(&keyboard);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_TO_CART), STYLE_PRIMARY, "k");
    keyboard_row(&keyboard);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_CANCEL), STYLE_NONE, "a:%" PRId64,
                  browse_page_of((int64_t)product->number));
    return keyboard_inline(&keyboard);
}

static const char *text_of(struct work *work, const struct catalogue_product *product, int64_t quantity,
                           size_t description_limit)
{
    const char *description = "";
    if (*product->description && description_limit)
        description = say(
            work, TEXT_PRODUCT_DESCRIPTION,
            TEXT_VALUES(TV("deskripsi", str_utf8_cut(work->arena, product->description, description_limit))));
    return say(work, product->stock > 0 ? TEXT_PRODUCT : TEXT_PRODUCT_SOLD_OUT,
               TEXT_VALUES(TV("nomor", say_number(work, (int64_t)product->number)),
                           TV("produk", str_utf8_cut(work->arena, product->name, NAME_LIMIT)),
                           TV("kategori", product->category->name),
                           TV("harga", say_price(work, product->price)), TV("stok", say_stock(work, product)),
                           TV("terjual", say_number(work, product->sold)), TV_HTML("deskripsi", description),
                           TV("jumlah", say_number(work, quantity)),
                           TV("total", price_of(work, product, quantity))));
}

/* Below a picture there is less room: the description gives way, never what is behind it. */
static const char *text_below_picture(struct work *work, const struct catalogue_product *product,
                                      int64_t quantity)
{
    size_t limit = str_utf16_length(product->description), length;
    const char *html = text_of(work, product, quantity, limit);
    while (limit && (length = html_length(html)) > HTML_CAPTION_LIMIT) {
        size_t excess = length - HTML_CAPTION_LIMIT;
        limit = limit > excess ? limit - excess : 0;
        html = text_of(work, product, quantity, limit);
    }
    return html;
}

static void show(struct turn *turn, const struct catalogue_product *product, int64_t quantity)
{
    struct work *work = turn->work;
    json_t *keyboard = keyboard_of(work, product, quantity);
    if (product->photo)
        page_show_photo(work, &turn->page, product->photo, text_below_picture(work, product, quantity),
                        keyboard);
    else
        page_show(work, &turn->page, text_of(work, product, quantity, DESCRIPTION_LIMIT), keyboard);
}

static bool show_gone(struct turn *turn, struct error *err)
{
    page_answer(turn->work, &turn->page, say_label(turn->work, TEXT_ALERT_PRODUCT_GONE), true);
    turn->numbers[0] = 0;
    return browse_all(turn, err);
}

static bool show_current(struct turn *turn, const struct catalogue_product *product, struct error *err)
{
    int64_t quantity;
    if (!cart_quantity(turn->work, turn->update->from_id, product->id, &quantity, err))
        return error_context(err, "product");
    show(turn, product, quantity);
    return true;
}

bool product_open(struct turn *turn, struct error *err)
{
    const struct catalogue_product *product = catalogue_product(turn->catalogue, turn->numbers[0]);
    return product ? show_current(turn, product, err) : show_gone(turn, err);
}

bool product_open_number(struct turn *turn, struct error *err)
{
    const struct catalogue_product *product = catalogue_by_number(turn->catalogue, turn->numbers[0]);
    if (product)
        return show_current(turn, product, err);
    turn->numbers[0] = 0;
    return browse_all(turn, err);
}

static bool is_offered(int64_t delta)
{
    static const int64_t offered[] = {-1, 1, 2, 5, 10};
    for (size_t i = 0; i < sizeof offered / sizeof offered[0]; i++)
        if (offered[i] == delta)
            return true;
    return false;
}

/* The product, where the change is one of those offered and at the price that the buyer saw. */
static const struct catalogue_product *changeable(struct turn *turn)
{
    const struct catalogue_product *product = catalogue_product(turn->catalogue, turn->numbers[0]);
    int64_t delta = turn->numbers[1], price = turn->numbers[2];
    bool good = product && is_offered(delta) && price == product->price && (product->stock > 0 || delta < 0);
    return good ? product : NULL;
}

/* Why there was nothing to change, and the page as it is now. */
static bool explain(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    const struct catalogue_product *product = catalogue_product(turn->catalogue, turn->numbers[0]);
    if (!product)
        return show_gone(turn, err);
    if (!is_offered(turn->numbers[1]))
        turn_old_button(turn);
    else if (turn->numbers[2] != product->price)
        page_answer(
            work, &turn->page,
            say(work, TEXT_ALERT_PRICE_CHANGED, TEXT_VALUES(TV("harga", say_price(work, product->price)))),
            true);
    else
        page_answer(work, &turn->page, say_label(work, TEXT_ALERT_SOLD_OUT), true);
    return show_current(turn, product, err);
}

/* Numbers: product, change, the price the buyer saw. One round trip: the change goes with the commit, the
 * page comes from its result. */
bool product_change(struct turn *turn, struct error *err)
{
    const struct catalogue_product *product = changeable(turn);
    turn->is_changing = product;
    return !product || cart_change(turn->work, turn->update->from_id, product->id, turn->numbers[1],
                                   product->stock, product->price, &turn->change, err);
}

bool product_changed(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    if (!turn->is_changing)
        return explain(turn, err);
    const struct catalogue_product *product = catalogue_product(turn->catalogue, turn->numbers[0]);
    int64_t quantity = cart_changed_quantity(work, &turn->change);
    if (turn->numbers[1] > 0 && (quantity >= product->stock || quantity == CART_MOST))
        page_answer(work, &turn->page,
                    say(work, TEXT_ALERT_AT_MOST, TEXT_VALUES(TV("jumlah", say_number(work, quantity)))),
                    false);
    else if (turn->numbers[1] < 0 && quantity == 0)
        page_answer(work, &turn->page, say_label(work, TEXT_ALERT_NONE_IN_CART), false);
    show(turn, product, quantity);
    turn->page.keeps_photo = true; /* it is the product's own page */
    return true;
}

/* Deleted by another process, of which the catalogue in memory does not know yet. */
bool product_change_failed(struct turn *turn, struct error *err)
{
    if (!cart_product_is_gone(turn->work, err))
        return false;
    turn_abandon(turn);
    return turn_refresh_catalogue(turn, err) && show_gone(turn, err);
}

/* What an order had goes into the cart once more, at today's prices and as far as there is any. */
#include "base/str.h"
#include "bot/buyer/basket.h"
#include "bot/buyer/buyer.h"
#include "store/cart.h"

enum { NAME_LIMIT = 100, NOTES_LIMIT = 400 };

static int64_t quantity_in(const struct cart *cart, int64_t product_id)
{
    for (size_t i = 0; i < cart->count; i++)
        if (cart->items[i].product_id == product_id)
            return cart->items[i].quantity;
    return 0;
}

/* The line for an item that can't be had as it was; NULL where it can. */
static const char *obstacle_of(struct work *work, const struct order_item *item,
                               const struct catalogue_product *product)
{
    if (product && product->stock >= item->quantity)
        return NULL;
    enum text_key key = !product              ? TEXT_BUY_AGAIN_GONE
                        : product->stock <= 0 ? TEXT_BUY_AGAIN_SOLD_OUT
                                              : TEXT_BUY_AGAIN_SHORT;
    const char *name = product ? product->name : item->name;
    return say(work, key,
               TEXT_VALUES(TV("produk", str_utf8_cut(work->arena, name, NAME_LIMIT)),
                           TV("stok", say_number(work, product ? product->stock : 0))));
}

/* What is in the cart already counts: pressed twice it is the same. */
static bool put(struct turn *turn, const struct cart *cart, const struct order_item *item,
                const struct catalogue_product *product, struct error *err)
{
    int64_t quantity = item->quantity < product->stock ? item->quantity : product->stock;
    quantity = quantity < CART_MOST ? quantity : CART_MOST;
    return quantity <= quantity_in(cart, product->id) ||
           cart_set(turn->work, turn->update->from_id, product->id, quantity, product->price, err);
}

/* `notes_out`: lines on what is left out, HTML; "". */
static bool put_all(struct turn *turn, const struct order *order, const char **notes_out, struct error *err)
{
    struct work *work = turn->work;
    struct str notes = STR_INIT(work->arena);
    struct cart cart;
    if (!cart_get(work, turn->update->from_id, &cart, err))
        return false;
    for (size_t i = 0; i < order->item_count; i++) {
        const struct order_item *item = &order->items[i];
        const struct catalogue_product *product = catalogue_product(turn->catalogue, item->product_id);
        const char *obstacle = obstacle_of(work, item, product);
        if (obstacle && html_length(str_done(&notes)) + html_length(obstacle) < NOTES_LIMIT) {
            str_add(&notes, notes.length ? "\n" : "");
            str_add(&notes, obstacle);
        }
        if (product && !put(turn, &cart, item, product, err))
            return false;
    }
    *notes_out = str_done(&notes);
    return true;
}

/* The cart's page with the lines above it. */
static bool show_cart(struct turn *turn, const char *notes, struct error *err)
{
    struct work *work = turn->work;
    struct basket basket;
    if (!basket_load(turn, &basket, err))
        return false;
    if (*notes)
        basket.headline = say(work, TEXT_BUY_AGAIN_LEFT_OUT, TEXT_VALUES(TV_HTML("baris", notes)));
    page_answer(work, &turn->page, say_label(work, *notes ? TEXT_ALERT_LEFT_OUT : TEXT_ALERT_IN_CART_AGAIN),
                *notes);
    basket_show(turn, &basket);
    return true;
}

bool purchases_buy_again(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct order order;
    const char *notes;
    if (!order_get_own(work, turn->numbers[0], turn->update->from_id, false, &order, err)) {
        if (err->code != ERR_NOT_FOUND)
            return error_context(err, "order");
        page_answer(work, &turn->page, say_label(work, TEXT_ALERT_NOT_FOUND), true);
        return true;
    }
    return (put_all(turn, &order, &notes, err) || error_context(err, "buy again")) &&
           show_cart(turn, notes, err);
}

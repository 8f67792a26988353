/* How an order comes to be: the cart is checked against the catalogue, written down, and its units reserved.
 */
#include "base/crypto.h"
#include "store/order.h"
#include "store/stock.h"

enum { REFERENCE_LETTERS = 12 };

DB_TENANT_STATEMENT(order_count_open,
                    "SELECT count(*) FROM orders WHERE telegram_id = $1 AND state = 'pending'");
DB_TENANT_STATEMENT(
    order_select_cart,
    "SELECT i.product_id, i.quantity, i.price, p.price, p.hidden OR c.hidden FROM cart_items i"
    " JOIN products p ON p.id = i.product_id JOIN categories c ON c.id = p.category_id"
    " WHERE i.telegram_id = $1 ORDER BY i.added_at, i.product_id");

struct obstacle {
    enum order_obstacle what;
    int64_t product_id;
};

/* The cart's sum, in rupiah, or what stands in its way. */
static struct obstacle check_cart(const struct db_rows *cart, int64_t *subtotal_out)
{
    int64_t subtotal = 0;
    for (int i = 0; i < cart->count; i++) {
        int64_t product_id = db_int(cart, i, 0), seen = db_int(cart, i, 2), price = db_int(cart, i, 3);
        if (db_bool(cart, i, 4))
            return (struct obstacle){ORDER_GONE, product_id};
        if (seen != price)
            return (struct obstacle){ORDER_PRICE_CHANGED, product_id};
        subtotal += price * db_int(cart, i, 1); /* at most 10^9 x 1000 for each of some thousand products */
    }
    *subtotal_out = subtotal;
    return (struct obstacle){cart->count ? ORDER_OK : ORDER_CART_EMPTY, 0};
}

static const char *const obstacle_names[] = {
    [ORDER_OK] = "no obstacle",
    [ORDER_CART_EMPTY] = "the cart is empty",
    [ORDER_PRICE_CHANGED] = "a price has changed",
    [ORDER_OUT_OF_STOCK] = "too few units",
    [ORDER_GONE] = "a product is not sold any more",
    [ORDER_TOO_MANY_OPEN] = "too many unpaid orders",
};

/* The items are read from the cart again: what changed since it was checked leaves fewer of them. */
DB_TENANT_STATEMENT(
    order_insert,
    "WITH made AS (INSERT INTO orders (reference, telegram_id, state, subtotal, total, created_at, "
    "expires_at)"
    " VALUES ($1, $2, 'pending', $3, $3, $4, $5) RETURNING id)"
    " INSERT INTO order_items (order_id, product_id, name, price, quantity, snk)"
    " SELECT made.id, i.product_id, p.name, p.price, i.quantity, p.snk FROM made, cart_items i"
    " JOIN products p ON p.id = i.product_id WHERE i.telegram_id = $2 AND p.price = i.price AND NOT p.hidden"
    " ORDER BY i.added_at, i.product_id RETURNING id, product_id, name, price, quantity, snk, order_id");

/* Writes the order and its items; it is filled in as far as the database says. */
static bool insert_order(struct work *work, struct order *order, int expected, struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &order_insert,
                  DB_PARAMS(P_TEXT(order->reference), P_INT(order->telegram_id), P_INT(order->total),
                            P_TIME(order->created_ms), P_TIME(order->expires_ms)),
                  &rows, err)) {
        if (err->code == ERR_CONFLICT) /* the reference is taken: the next one will not be */
            err->code = ERR_RETRY;
        return error_context(err, "order %s", order->reference);
    }
    struct order_item *items = ARENA_ARRAY(work->arena, struct order_item, rows.count);
    int64_t sum = 0;
    for (int i = 0; i < rows.count; i++) {
        items[i] = (struct order_item){
            .id = db_int(&rows, i, 0),
            .product_id = db_int(&rows, i, 1),
            .name = db_text_copy(work->arena, &rows, i, 2),
            .price = db_int(&rows, i, 3),
            .quantity = db_int(&rows, i, 4),
            .snk = db_text_copy(work->arena, &rows, i, 5),
        };
        sum += items[i].price * items[i].quantity;
    }
    if (rows.count != expected || sum != order->subtotal)
        return error_set(err, ERR_RETRY, "order %s: the catalogue changed meanwhile", order->reference);
    order->id = db_int(&rows, 0, 6);
    order->items = items;
    order->item_count = (size_t)rows.count;
    return true;
}

bool order_place(struct work *work, int64_t telegram_id, int64_t expires_ms, int64_t most_open,
                 struct order *order_out, enum order_obstacle *obstacle_out, int64_t *product_id_out,
                 struct error *err)
{
    *obstacle_out = ORDER_OK;
    *product_id_out = 0;
    struct db_rows open, cart;
    if (!db_send(work->tx, &order_count_open, DB_PARAMS(P_INT(telegram_id)), &open, err) ||
        !db_query(work->tx, &order_select_cart, DB_PARAMS(P_INT(telegram_id)), &cart, err))
        return false;
    int64_t subtotal = 0;
    struct obstacle obstacle = check_cart(&cart, &subtotal);
    if (cart.count && db_int(&open, 0, 0) >= most_open)
        obstacle = (struct obstacle){ORDER_TOO_MANY_OPEN, 0};
    if (obstacle.what == ORDER_OK && subtotal > ORDER_MOST)
        return error_set(err, ERR_INVALID, "an order of more than %lld rupiah", (long long)ORDER_MOST);

    struct order order = {.telegram_id = telegram_id,
                          .state = ORDER_PENDING,
                          .subtotal = subtotal,
                          .total = subtotal,
                          .created_ms = work->now_ms,
                          .expires_ms = expires_ms};
    if (obstacle.what == ORDER_OK) {
        order.reference = arena_printf(work->arena, "tg%lld-%s", (long long)telegram_id,
                                       crypto_random_word(work->arena, REFERENCE_LETTERS));
        int64_t short_of = 0;
        if (!insert_order(work, &order, cart.count, err))
            return false;
        if (!stock_reserve(work, order.id, &short_of, err)) {
            if (!short_of)
                return error_context(err, "order %s", order.reference);
            obstacle = (struct obstacle){ORDER_OUT_OF_STOCK, short_of};
        }
    }
    if (obstacle.what != ORDER_OK) {
        *obstacle_out = obstacle.what;
        *product_id_out = obstacle.product_id;
        return error_set(err, ERR_CONFLICT, "no order: %s", obstacle_names[obstacle.what]);
    }
    if (!cart_clear(work, telegram_id, err))
        return false;
    *order_out = order;
    return true;
}

/* How an order comes to be: the cart is checked against the catalogue, its coupon taken, all of it written
 * down, and its units reserved. */
#include "base/crypto.h"
#include "base/str.h"
#include "store/coupon.h"
#include "store/internal.h"
#include "store/order.h"

enum { REFERENCE_LETTERS = 12 };

DB_TENANT_STATEMENT(order_count_open,
                    "SELECT count(*) FROM orders WHERE telegram_id = $1 AND state = 'pending'");
DB_TENANT_STATEMENT(order_select_cart,
                    "SELECT i.product_id, i.quantity, i.price, p.price, p.hidden OR c.hidden, p.category_id,"
                    " p.kind, p.question, i.answer, p.content, p.content_name"
                    " FROM cart_items i"
                    " JOIN products p ON p.id = i.product_id JOIN categories c ON c.id = p.category_id"
                    " WHERE i.telegram_id = $1 ORDER BY i.added_at, i.product_id");

enum { CART_KIND = 6, CART_QUESTION, CART_ANSWERED, CART_CONTENT, CART_CONTENT_NAME };

static enum product_kind kind_of(const struct db_rows *rows, int row)
{
    enum product_kind kind = PRODUCT_UNIT;
    catalogue_kind_of(db_text(rows, row, CART_KIND), &kind);
    return kind;
}

struct obstacle {
    enum order_obstacle what;
    int64_t product_id;          /* 0: none */
    enum coupon_refusal refusal; /* of the coupon, where that is it */
};

/* The cart's sum, in rupiah, or what stands in its way. */
static struct obstacle check_cart(const struct db_rows *cart, int64_t *subtotal_out)
{
    int64_t subtotal = 0;
    for (int i = 0; i < cart->count; i++) {
        int64_t product_id = db_int(cart, i, 0), seen = db_int(cart, i, 2), price = db_int(cart, i, 3);
        if (db_bool(cart, i, 4))
            return (struct obstacle){ORDER_GONE, product_id, COUPON_OK};
        if (seen != price)
            return (struct obstacle){ORDER_PRICE_CHANGED, product_id, COUPON_OK};
        subtotal += price * db_int(cart, i, 1); /* at most 10^9 x 1000 for each of some thousand products */
    }
    *subtotal_out = subtotal;
    for (int i = 0; i < cart->count; i++) {
        enum product_kind kind = kind_of(cart, i);
        if ((kind == PRODUCT_SHARED || kind == PRODUCT_FILE) && db_is_null(cart, i, CART_CONTENT))
            return (struct obstacle){ORDER_OUT_OF_STOCK, db_int(cart, i, 0), COUPON_OK};
    }
    return (struct obstacle){.what = cart->count ? ORDER_OK : ORDER_CART_EMPTY};
}

static const char *const obstacle_names[] = {
    [ORDER_OK] = "no obstacle",
    [ORDER_CART_EMPTY] = "the cart is empty",
    [ORDER_PRICE_CHANGED] = "a price has changed",
    [ORDER_OUT_OF_STOCK] = "too few units",
    [ORDER_GONE] = "a product is not sold any more",
    [ORDER_TOO_MANY_OPEN] = "too many unpaid orders",
    [ORDER_COUPON_REFUSED] = "the coupon does not hold",
    [ORDER_ANSWER_MISSING] = "a question is not answered",
};

static const char *name_of(struct work *work, const struct obstacle *obstacle)
{
    const char *name = obstacle_names[obstacle->what];
    if (obstacle->what == ORDER_COUPON_REFUSED)
        name = arena_printf(work->arena, "%s: %s", name, coupon_refusal_name(obstacle->refusal));
    return name;
}

/* The items are read from the cart again: what changed since it was checked leaves fewer of them. */
DB_TENANT_STATEMENT(
    order_insert,
    "WITH made AS (INSERT INTO orders (reference, telegram_id, state, subtotal, discount, total, coupon_id,"
    " coupon_code, created_at, expires_at)"
    " VALUES ($1, $2, 'pending', $3, $6, $3::bigint - $6::bigint, $7, $8, $4, $5) RETURNING id)"
    " INSERT INTO order_items (order_id, product_id, name, price, quantity, snk, kind, question)"
    " SELECT made.id, i.product_id, p.name, p.price, i.quantity, p.snk, p.kind, p.question FROM made,"
    " cart_items i"
    " JOIN products p ON p.id = i.product_id WHERE i.telegram_id = $2 AND p.price = i.price AND NOT p.hidden"
    " ORDER BY i.added_at, i.product_id RETURNING id, product_id, name, price, quantity, snk, kind, question,"
    " order_id");

/* Writes the order and its items; it is filled in as far as the database says. */
static bool insert_order(struct work *work, struct order *order, int expected, struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &order_insert,
                  DB_PARAMS(P_TEXT(order->reference), P_INT(order->telegram_id), P_INT(order->subtotal),
                            P_TIME(order->created_ms), P_TIME(order->expires_ms), P_INT(order->discount),
                            P_ID(order->coupon_id), P_TEXT(order->coupon_code)),
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
            .kind = kind_of(&rows, i),
            .question = db_text_copy(work->arena, &rows, i, CART_QUESTION),
        };
        sum += items[i].price * items[i].quantity;
    }
    if (rows.count != expected || sum != order->subtotal)
        return error_set(err, ERR_RETRY, "order %s: the catalogue changed meanwhile", order->reference);
    order->id = db_int(&rows, 0, 8);
    order->items = items;
    order->item_count = (size_t)rows.count;
    return true;
}

/* --- contents and answers --- */

/* What the cart's lines bring into the order beside units; of a line that brings nothing all are NULL. */
struct brought {
    const char *content, *content_name, *answer;
};

/* The line that lacks an answer is in `obstacle_out`. */
static bool open_cart(struct work *work, int64_t telegram_id, const struct db_rows *cart,
                      struct brought *brought, struct obstacle *obstacle_out, struct error *err)
{
    for (int i = 0; i < cart->count; i++) {
        int64_t product_id = db_int(cart, i, 0);
        const char *question = db_text(cart, i, CART_QUESTION), *answered, *answer;
        if (!content_open(work, content_identity(work, "product", product_id), cart, i, CART_CONTENT,
                          &brought[i].content, NULL, err) ||
            !cart_open_answer(work, telegram_id, product_id, cart, i, CART_ANSWERED, &answered, &answer, err))
            return false;
        brought[i].content_name = db_text_copy(work->arena, cart, i, CART_CONTENT_NAME);
        if (!*question)
            continue;
        if (!str_equal(answered, question)) {
            *obstacle_out = (struct obstacle){ORDER_ANSWER_MISSING, product_id, COUPON_OK};
            return true;
        }
        brought[i].answer = answer;
    }
    return true;
}

static int line_of(const struct db_rows *cart, int64_t product_id)
{
    int row = 0;
    while (row + 1 < cart->count && db_int(cart, row, 0) != product_id)
        row++;
    return row;
}

/* The items have the ids by now with which what they bring is sealed. */
static bool put_in(struct work *work, const struct order *order, const struct db_rows *cart,
                   const struct brought *brought, struct error *err)
{
    for (size_t i = 0; i < order->item_count; i++) {
        const struct order_item *item = &order->items[i];
        int row = line_of(cart, item->product_id);
        const struct brought *b = &brought[row];
        if (!str_equal(item->question, db_text(cart, row, CART_QUESTION)))
            return error_set(err, ERR_RETRY, "order %s: a question changed meanwhile", order->reference);
        if ((b->content || b->answer) &&
            !order_content_put(work, item->id, b->content, b->content_name, b->answer, err))
            return error_context(err, "order %s", order->reference);
    }
    return true;
}

/* --- the coupon --- */

static enum coupon_refusal discount_of(struct work *work, const struct db_rows *cart,
                                       const struct coupon_in_cart *chosen, int64_t *discount_out)
{
    if (chosen->changed)
        return COUPON_CHANGED;
    struct coupon_line *lines = ARENA_ARRAY(work->arena, struct coupon_line, cart->count);
    for (int i = 0; i < cart->count; i++)
        lines[i] = (struct coupon_line){.product_id = db_int(cart, i, 0),
                                        .category_id = db_int(cart, i, 5),
                                        .amount = db_int(cart, i, 3) * db_int(cart, i, 1)};
    return coupon_discount(&chosen->coupon, chosen->own_uses, lines, (size_t)cart->count, work->now_ms,
                           discount_out);
}

/* Takes a use of the cart's coupon, whose row is locked, and fills the order's discount in; or says why that
 * can't be, and then nothing was written. */
static bool take_coupon(struct work *work, const struct db_rows *cart, const struct coupon_in_cart *chosen,
                        struct order *order, enum coupon_refusal *refusal_out, struct error *err)
{
    int64_t discount = 0;
    *refusal_out = discount_of(work, cart, chosen, &discount);
    if (*refusal_out != COUPON_OK)
        return true;
    if (!coupon_take(work, chosen->coupon.id, order->telegram_id, err)) {
        *refusal_out = COUPON_USED_UP;
        return err->code == ERR_CONFLICT;
    }
    order->coupon_id = chosen->coupon.id;
    order->coupon_code = chosen->coupon.code;
    order->discount = discount;
    order->total = order->subtotal - discount;
    return true;
}

/* --- all of it --- */

/* The coupon, then the order, then its units; or what stands in the way after all. */
static bool write_down(struct work *work, const struct db_rows *cart, const struct coupon_in_cart *chosen,
                       struct order *order, struct obstacle *obstacle_out, struct error *err)
{
    int64_t short_of = 0;
    enum coupon_refusal refusal = COUPON_OK;
    struct brought *brought = ARENA_ARRAY(work->arena, struct brought, cart->count);
    if (!open_cart(work, order->telegram_id, cart, brought, obstacle_out, err))
        return false;
    if (obstacle_out->what != ORDER_OK)
        return true;
    order->reference = arena_printf(work->arena, "tg%lld-%s", (long long)order->telegram_id,
                                    crypto_random_word(work->arena, REFERENCE_LETTERS));
    if (chosen && !take_coupon(work, cart, chosen, order, &refusal, err))
        return error_context(err, "order %s", order->reference);
    if (refusal != COUPON_OK) {
        *obstacle_out = (struct obstacle){.what = ORDER_COUPON_REFUSED, .refusal = refusal};
        return true;
    }
    if (!insert_order(work, order, cart->count, err) || !put_in(work, order, cart, brought, err))
        return false;
    if (stock_reserve(work, order->id, &short_of, err))
        return true;
    if (!short_of)
        return error_context(err, "order %s", order->reference);
    *obstacle_out = (struct obstacle){ORDER_OUT_OF_STOCK, short_of, COUPON_OK};
    return true;
}

bool order_place(struct work *work, int64_t telegram_id, int64_t expires_ms, int64_t most_open,
                 struct order *order_out, enum order_obstacle *obstacle_out, int64_t *product_id_out,
                 struct error *err)
{
    *obstacle_out = ORDER_OK;
    *product_id_out = 0;
    struct db_rows open, cart;
    const struct coupon_in_cart *coupon;
    if (!db_send(work->tx, &order_count_open, DB_PARAMS(P_INT(telegram_id)), &open, err) ||
        !db_send(work->tx, &order_select_cart, DB_PARAMS(P_INT(telegram_id)), &cart, err) ||
        !coupon_cart_get(work, telegram_id, true, &coupon, err))
        return false;
    int64_t subtotal = 0;
    struct obstacle obstacle = check_cart(&cart, &subtotal);
    if (cart.count && db_int(&open, 0, 0) >= most_open)
        obstacle = (struct obstacle){.what = ORDER_TOO_MANY_OPEN};
    if (obstacle.what == ORDER_OK && subtotal > ORDER_MOST)
        return error_set(err, ERR_INVALID, "an order of more than %lld rupiah", (long long)ORDER_MOST);

    struct order order = {.telegram_id = telegram_id,
                          .state = ORDER_PENDING,
                          .subtotal = subtotal,
                          .total = subtotal,
                          .created_ms = work->now_ms,
                          .expires_ms = expires_ms};
    if (obstacle.what == ORDER_OK && !write_down(work, &cart, coupon, &order, &obstacle, err))
        return false;
    if (obstacle.what != ORDER_OK) {
        *obstacle_out = obstacle.what;
        *product_id_out = obstacle.product_id;
        return error_set(err, ERR_CONFLICT, "no order: %s", name_of(work, &obstacle));
    }
    if (!cart_clear(work, telegram_id, err))
        return false;
    *order_out = order;
    return true;
}

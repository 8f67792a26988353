#include "store/order.h"

#include <assert.h>
#include <string.h>

#include "store/counter.h"
#include "store/coupon.h"
#include "store/stock.h"

static const char *const state_names[] = {
    [ORDER_PENDING] = "pending",     [ORDER_PAID] = "paid",       [ORDER_COMPLETED] = "completed",
    [ORDER_CANCELLED] = "cancelled", [ORDER_EXPIRED] = "expired",
};
enum { STATES = sizeof state_names / sizeof *state_names };

const char *order_state_name(enum order_state state)
{
    return state_names[state];
}

bool order_state_of(const char *name, enum order_state *state_out)
{
    size_t state = 0;
    while (state < STATES && strcmp(name, state_names[state]) != 0)
        state++;
    if (state == STATES)
        return false;
    *state_out = (enum order_state)state;
    return true;
}

/* --- reading --- */

/* $2 is NULL where anybody's order is meant. */
#define ORDER_SELECT                                                                                         \
    "SELECT id, reference, telegram_id, state, subtotal, discount, total, loading_message_id,"               \
    " invoice_message_id, created_at, expires_at, paid_at, completed_at, refunded, coupon_id, coupon_code,"  \
    " delivery"                                                                                              \
    " FROM orders WHERE id = $1 AND ($2::bigint IS NULL OR telegram_id = $2)"
DB_TENANT_STATEMENT(order_select, ORDER_SELECT);
/* Rows that refer to the order may still be added by others while it is locked. */
DB_TENANT_STATEMENT(order_select_lock, ORDER_SELECT " FOR NO KEY UPDATE");
DB_TENANT_STATEMENT(order_select_items, "SELECT id, product_id, name, price, quantity, snk, kind, question,"
                                        " fulfilled_at FROM order_items WHERE order_id = $1 ORDER BY id");

static const struct order_item *read_items(struct work *work, const struct db_rows *rows)
{
    struct order_item *items = ARENA_ARRAY(work->arena, struct order_item, rows->count);
    for (int i = 0; i < rows->count; i++) {
        items[i] = (struct order_item){
            .id = db_int(rows, i, 0),
            .product_id = db_int(rows, i, 1),
            .name = db_text_copy(work->arena, rows, i, 2),
            .price = db_int(rows, i, 3),
            .quantity = db_int(rows, i, 4),
            .snk = db_text_copy(work->arena, rows, i, 5),
            .question = db_text_copy(work->arena, rows, i, 7),
            .fulfilled_ms = db_time(rows, i, 8),
        };
        catalogue_kind_of(db_text(rows, i, 6), &items[i].kind);
    }
    return items;
}

static const char *const delivery_names[] = {
    [DELIVERY_OPEN] = NULL, [DELIVERY_SENT] = "sent", [DELIVERY_REFUSED] = "refused"};

/* "" for NULL. */
static enum order_delivery delivery_of(const char *name)
{
    return !strcmp(name, "sent")      ? DELIVERY_SENT
           : !strcmp(name, "refused") ? DELIVERY_REFUSED
                                      : DELIVERY_OPEN;
}

static bool read_order(struct work *work, int64_t order_id, int64_t telegram_id, bool lock,
                       struct order *order_out, struct error *err)
{
    struct db_rows rows, items;
    if (!db_send(work->tx, lock ? &order_select_lock : &order_select,
                 DB_PARAMS(P_INT(order_id), P_ID(telegram_id)), &rows, err) ||
        !db_query(work->tx, &order_select_items, DB_PARAMS(P_INT(order_id)), &items, err))
        return false;
    if (!rows.count)
        return error_set(err, ERR_NOT_FOUND, "order %lld: not there, or another person's",
                         (long long)order_id);
    enum order_state state;
    if (!order_state_of(db_text(&rows, 0, 3), &state))
        return error_set(err, ERR_INTERNAL, "order %lld: unknown state", (long long)order_id);
    *order_out = (struct order){
        .id = db_int(&rows, 0, 0),
        .reference = db_text_copy(work->arena, &rows, 0, 1),
        .telegram_id = db_int(&rows, 0, 2),
        .state = state,
        .subtotal = db_int(&rows, 0, 4),
        .discount = db_int(&rows, 0, 5),
        .total = db_int(&rows, 0, 6),
        .loading_message_id = db_int(&rows, 0, 7),
        .invoice_message_id = db_int(&rows, 0, 8),
        .created_ms = db_time(&rows, 0, 9),
        .expires_ms = db_time(&rows, 0, 10),
        .paid_ms = db_time(&rows, 0, 11),
        .completed_ms = db_time(&rows, 0, 12),
        .refunded = db_int(&rows, 0, 13),
        .coupon_id = db_int(&rows, 0, 14),
        .coupon_code = db_text_copy(work->arena, &rows, 0, 15),
        .delivery = delivery_of(db_text(&rows, 0, 16)),
        .item_count = (size_t)items.count,
        .items = read_items(work, &items),
    };
    return true;
}

bool order_get(struct work *work, int64_t order_id, bool lock, struct order *order_out, struct error *err)
{
    return read_order(work, order_id, 0, lock, order_out, err);
}

bool order_get_own(struct work *work, int64_t order_id, int64_t telegram_id, bool lock,
                   struct order *order_out, struct error *err)
{
    if (!telegram_id) /* which read_order() takes for anybody */
        return error_set(err, ERR_NOT_FOUND, "order %lld: nobody's", (long long)order_id);
    return read_order(work, order_id, telegram_id, lock, order_out, err);
}

/* --- states --- */

/* One order changes its state, or ERR_CONFLICT. */
static bool change(struct work *work, const struct db_statement *statement, const struct db_param *params,
                   size_t count, struct error *err)
{
    return db_change(work->tx, statement, params, count, err) ||
           error_context(err, "order %lld", (long long)params[0].number);
}

DB_TENANT_STATEMENT(order_set_paid,
                    "UPDATE orders SET state = 'paid', paid_at = $2 WHERE id = $1 AND state = 'pending'");

bool order_mark_paid(struct work *work, int64_t order_id, struct error *err)
{
    if (!change(work, &order_set_paid, DB_PARAMS(P_INT(order_id), P_TIME(work->now_ms)), err))
        return false;
    return stock_sell(work, order_id, err) || error_context(err, "order %lld: sell", (long long)order_id);
}

DB_TENANT_STATEMENT(
    order_set_completed,
    "UPDATE orders SET state = 'completed', completed_at = $2, delivery = 'sent' WHERE id = $1"
    " AND state = 'paid' AND NOT EXISTS (SELECT FROM order_items WHERE order_id = $1 AND kind = 'manual'"
    " AND fulfilled_at IS NULL)");

bool order_mark_completed(struct work *work, int64_t order_id, struct error *err)
{
    return change(work, &order_set_completed, DB_PARAMS(P_INT(order_id), P_TIME(work->now_ms)), err) &&
           counter_add_completed(work, err);
}

DB_TENANT_STATEMENT(order_set_delivery, "UPDATE orders SET delivery = $2 WHERE id = $1 AND state = 'paid'");

bool order_note_delivery(struct work *work, int64_t order_id, enum order_delivery delivery, struct error *err)
{
    return change(work, &order_set_delivery, DB_PARAMS(P_INT(order_id), P_TEXT(delivery_names[delivery])),
                  err);
}

bool order_is_unfulfilled(const struct order *order)
{
    for (size_t i = 0; i < order->item_count; i++)
        if (order->items[i].kind == PRODUCT_MANUAL && !order->items[i].fulfilled_ms)
            return true;
    return false;
}

DB_TENANT_STATEMENT(order_set_ended, "UPDATE orders SET state = $2, ended_at = $3, end_reason = $4"
                                     " WHERE id = $1 AND state = 'pending' RETURNING coupon_id");

bool order_end(struct work *work, int64_t order_id, enum order_state end, const char *reason,
               struct error *err)
{
    assert(end == ORDER_CANCELLED || end == ORDER_EXPIRED);
    struct db_rows rows;
    if (!db_query(work->tx, &order_set_ended,
                  DB_PARAMS(P_INT(order_id), P_TEXT(state_names[end]), P_TIME(work->now_ms), P_TEXT(reason)),
                  &rows, err))
        return false;
    if (!rows.count)
        return error_set(err, ERR_CONFLICT, "order %lld: not pending", (long long)order_id);
    int64_t coupon_id = db_int(&rows, 0, 0);
    return ((!coupon_id || coupon_give_back(work, coupon_id, err)) && stock_release(work, order_id, err)) ||
           error_context(err, "order %lld: release", (long long)order_id);
}

DB_TENANT_STATEMENT(order_lock_ended,
                    "SELECT telegram_id, coupon_id FROM orders"
                    " WHERE id = $1 AND state IN ('cancelled', 'expired') FOR NO KEY UPDATE");
DB_TENANT_STATEMENT(order_set_revived, "UPDATE orders SET state = 'paid', paid_at = $2"
                                       " WHERE id = $1 AND state IN ('cancelled', 'expired')");

/* The use was to be had when it was looked at, and the coupon has been locked since. */
static bool take_coupon_again(struct work *work, int64_t coupon_id, int64_t telegram_id, struct error *err)
{
    if (!coupon_id || coupon_take(work, coupon_id, telegram_id, err))
        return true;
    if (err->code == ERR_CONFLICT)
        err->code = ERR_INTERNAL;
    return false;
}

bool order_revive(struct work *work, int64_t order_id, struct error *err)
{
    /* The locks, then the units, then the rest: whatever says no does so before anything is written. */
    int64_t short_of;
    struct db_rows rows;
    if (!db_query(work->tx, &order_lock_ended, DB_PARAMS(P_INT(order_id)), &rows, err))
        return false;
    if (!rows.count)
        return error_set(err, ERR_CONFLICT, "order %lld: has not ended", (long long)order_id);
    int64_t telegram_id = db_int(&rows, 0, 0), coupon_id = db_int(&rows, 0, 1);
    if ((coupon_id && !coupon_check_limits(work, coupon_id, telegram_id, err)) ||
        !stock_reserve(work, order_id, &short_of, err))
        return error_context(err, "order %lld: reserve again", (long long)order_id);
    if (!take_coupon_again(work, coupon_id, telegram_id, err) ||
        !change(work, &order_set_revived, DB_PARAMS(P_INT(order_id), P_TIME(work->now_ms)), err))
        return false;
    return stock_sell(work, order_id, err) || error_context(err, "order %lld: sell", (long long)order_id);
}

DB_TENANT_STATEMENT(order_add_refund, "UPDATE orders SET refunded = refunded + $2 WHERE id = $1 AND state IN"
                                      " ('paid', 'completed') AND refunded <= total - $2");

bool order_refund(struct work *work, int64_t order_id, int64_t amount, struct error *err)
{
    if (amount < 1 || amount > ORDER_MOST)
        return error_set(err, ERR_INVALID, "order %lld: a refund of %lld rupiah", (long long)order_id,
                         (long long)amount);
    return change(work, &order_add_refund, DB_PARAMS(P_INT(order_id), P_INT(amount)), err);
}

DB_TENANT_STATEMENT(order_set_expiry, "UPDATE orders SET expires_at = least(expires_at, $2::timestamptz)"
                                      " WHERE id = $1 AND state = 'pending'");

bool order_shorten_expiry(struct work *work, int64_t order_id, int64_t expires_ms, struct error *err)
{
    return change(work, &order_set_expiry, DB_PARAMS(P_INT(order_id), P_TIME(expires_ms)), err);
}

/* --- messages --- */

DB_TENANT_STATEMENT(order_set_loading, "UPDATE orders SET loading_message_id = $2 WHERE id = $1");
DB_TENANT_STATEMENT(order_set_invoice, "UPDATE orders SET invoice_message_id = $2 WHERE id = $1");

static bool set_message(struct work *work, const struct db_statement *statement, int64_t order_id,
                        int64_t message_id, struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, statement, DB_PARAMS(P_INT(order_id), P_ID(message_id)), &rows, err))
        return false;
    if (rows.affected != 1)
        return error_set(err, ERR_NOT_FOUND, "order %lld: not there", (long long)order_id);
    return true;
}

bool order_set_loading_message(struct work *work, int64_t order_id, int64_t message_id, struct error *err)
{
    return set_message(work, &order_set_loading, order_id, message_id, err);
}

bool order_set_invoice_message(struct work *work, int64_t order_id, int64_t message_id, struct error *err)
{
    return set_message(work, &order_set_invoice, order_id, message_id, err);
}

#include "store/order_list.h"

#include <string.h>

#include "store/internal.h"

DB_TENANT_STATEMENT(
    order_list_select_paid,
    "SELECT o.id, o.reference, o.state, o.subtotal, o.discount, o.total, o.created_at, o.paid_at, "
    "o.completed_at, o.refunded, o.coupon_id, o.coupon_code,"
    " i.id, i.product_id, i.name, i.price, i.quantity, i.snk"
    " FROM (SELECT * FROM orders WHERE telegram_id = $1 AND state IN ('paid', 'completed')"
    " ORDER BY id DESC LIMIT $2) o JOIN order_items i ON i.order_id = o.id ORDER BY o.id DESC, i.id");

static struct order read_order(struct work *work, int64_t telegram_id, const struct db_rows *rows, int row)
{
    bool completed = strcmp(db_text(rows, row, 2), order_state_name(ORDER_COMPLETED)) == 0;
    return (struct order){
        .id = db_int(rows, row, 0),
        .reference = db_text_copy(work->arena, rows, row, 1),
        .telegram_id = telegram_id,
        .state = completed ? ORDER_COMPLETED : ORDER_PAID,
        .subtotal = db_int(rows, row, 3),
        .discount = db_int(rows, row, 4),
        .total = db_int(rows, row, 5),
        .created_ms = db_time(rows, row, 6),
        .paid_ms = db_time(rows, row, 7),
        .completed_ms = db_time(rows, row, 8),
        .refunded = db_int(rows, row, 9),
        .coupon_id = db_int(rows, row, 10),
        .coupon_code = db_text_copy(work->arena, rows, row, 11),
    };
}

static struct order_item read_item(struct work *work, const struct db_rows *rows, int row)
{
    return (struct order_item){
        .id = db_int(rows, row, 12),
        .product_id = db_int(rows, row, 13),
        .name = db_text_copy(work->arena, rows, row, 14),
        .price = db_int(rows, row, 15),
        .quantity = db_int(rows, row, 16),
        .snk = db_text_copy(work->arena, rows, row, 17),
    };
}

bool order_list_recent_paid(struct work *work, int64_t telegram_id, int64_t limit, struct order **orders_out,
                            size_t *count_out, struct error *err)
{
    bool own;
    struct db_rows rows;
    if (!store_read_begin(work, &own, err))
        return false;
    bool ok =
        db_query(work->tx, &order_list_select_paid, DB_PARAMS(P_INT(telegram_id), P_INT(limit)), &rows, err);
    if (ok) {
        struct order *orders = ARENA_ARRAY(work->arena, struct order, rows.count);
        struct order_item *items = ARENA_ARRAY(work->arena, struct order_item, rows.count);
        size_t count = 0;
        for (int row = 0; row < rows.count; row++) {
            if (!count || orders[count - 1].id != db_int(&rows, row, 0)) {
                orders[count] = read_order(work, telegram_id, &rows, row);
                orders[count++].items = &items[row];
            }
            items[row] = read_item(work, &rows, row);
            orders[count - 1].item_count++;
        }
        *orders_out = orders;
        *count_out = count;
    }
    store_read_end(work, own);
    return ok;
}

DB_TENANT_STATEMENT(order_list_select_loading,
                    "SELECT id FROM orders WHERE telegram_id = $1 AND loading_message_id = $2"
                    " AND state = 'pending' LIMIT 1");

bool order_list_is_loading_in(struct work *work, int64_t telegram_id, int64_t message_id, bool *found_out,
                              struct error *err)
{
    bool own;
    struct db_rows rows;
    if (!store_read_begin(work, &own, err))
        return false;
    bool ok = db_query(work->tx, &order_list_select_loading, DB_PARAMS(P_INT(telegram_id), P_INT(message_id)),
                       &rows, err);
    if (ok)
        *found_out = rows.count > 0;
    store_read_end(work, own);
    return ok;
}

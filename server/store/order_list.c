#include "store/order_list.h"

#include "store/internal.h"

/* --- pages --- */

/* $2: pending ones or the others; $3: NULL for the newest. */
DB_TENANT_STATEMENT(
    order_list_select,
    "SELECT o.id, o.state, o.total, o.created_at, o.expires_at,"
    " (SELECT count(*) FROM order_items c WHERE c.order_id = o.id), i.name, i.quantity"
    " FROM (SELECT * FROM orders WHERE telegram_id = $1 AND (state = 'pending') = $2::boolean"
    " AND ($3::bigint IS NULL OR id < $3) ORDER BY id DESC LIMIT $4) o"
    " JOIN LATERAL (SELECT id, name, quantity FROM order_items WHERE order_id = o.id ORDER BY id LIMIT $5) i"
    " ON true ORDER BY o.id DESC, i.id");
/* What is in front of $2, in pages of $3: how many, the first order of the page that $2 is in (NULL where it
 * is at a page's start), and that of the page before. */
DB_TENANT_STATEMENT(order_list_front,
                    "WITH front AS (SELECT id, row_number() OVER (ORDER BY id) AS place FROM orders"
                    " WHERE telegram_id = $1 AND state <> 'pending' AND id >= $2),"
                    " size AS (SELECT count(*) AS n FROM front)"
                    " SELECT min(n), max(id) FILTER (WHERE place = n % $3),"
                    " max(id) FILTER (WHERE place = n % $3 + $3) FROM size LEFT JOIN front ON true");
DB_TENANT_STATEMENT(order_list_count, "SELECT count(*) FROM orders WHERE telegram_id = $1");

/* A row for each of an order's first items. */
static bool read_summaries(struct work *work, const struct db_rows *rows, struct order_summary **orders_out,
                           size_t *count_out, struct error *err)
{
    struct order_summary *orders = ARENA_ARRAY(work->arena, struct order_summary, rows->count);
    size_t count = 0;
    for (int row = 0; row < rows->count; row++) {
        if (!count || orders[count - 1].id != db_int(rows, row, 0)) {
            struct order_summary *order = &orders[count++];
            *order = (struct order_summary){
                .id = db_int(rows, row, 0),
                .total = db_int(rows, row, 2),
                .created_ms = db_time(rows, row, 3),
                .expires_ms = db_time(rows, row, 4),
                .item_count = db_int(rows, row, 5),
            };
            if (!order_state_of(db_text(rows, row, 1), &order->state))
                return error_set(err, ERR_INTERNAL, "an order of unknown state");
        }
        struct order_summary *order = &orders[count - 1];
        order->shown[order->shown_count].name = db_text_copy(work->arena, rows, row, 6);
        order->shown[order->shown_count++].quantity = db_int(rows, row, 7);
    }
    *orders_out = orders;
    *count_out = count;
    return true;
}

static bool send_select(struct work *work, int64_t telegram_id, bool open, int64_t before, int64_t limit,
                        struct db_rows *rows_out, struct error *err)
{
    return db_send(
        work->tx, &order_list_select,
        DB_PARAMS(P_INT(telegram_id), P_BOOL(open), P_ID(before), P_INT(limit), P_INT(ORDER_SUMMARY_ITEMS)),
        rows_out, err);
}

/* The orders of a page; one more than its limit tells that there are older ones. */
static bool read_rest(struct work *work, const struct db_rows *rows, int64_t limit, struct order_page *page,
                      struct error *err)
{
    struct order_summary *orders;
    size_t count;
    if (!read_summaries(work, rows, &orders, &count, err))
        return false;
    page->has_older = count > (size_t)limit;
    page->count = page->has_older ? (size_t)limit : count;
    page->orders = orders;
    page->older = page->has_older ? orders[limit - 1].id : 0;
    return true;
}

static bool read_newest(struct work *work, int64_t telegram_id, int64_t limit, struct order_page *page_out,
                        struct error *err)
{
    struct db_rows open, rest, count;
    struct order_page page = {0};
    struct order_summary *orders;
    if (!send_select(work, telegram_id, true, 0, ORDER_LIST_MOST_OPEN, &open, err) ||
        !send_select(work, telegram_id, false, 0, limit + 1, &rest, err) ||
        !db_query(work->tx, &order_list_count, DB_PARAMS(P_INT(telegram_id)), &count, err) ||
        !read_summaries(work, &open, &orders, &page.open_count, err) ||
        !read_rest(work, &rest, limit, &page, err))
        return false;
    page.open = orders;
    page.total_count = db_int(&count, 0, 0);
    *page_out = page;
    return true;
}

static bool read_page(struct work *work, int64_t telegram_id, int64_t before, int64_t limit,
                      struct order_page *page_out, struct error *err)
{
    struct db_rows front, rest, count;
    struct order_page page = {0};
    if (before <= 0)
        return read_newest(work, telegram_id, limit, page_out, err);
    if (!db_query(work->tx, &order_list_front, DB_PARAMS(P_INT(telegram_id), P_INT(before), P_INT(limit)),
                  &front, err))
        return false;
    if (db_int(&front, 0, 0) < limit)
        return read_newest(work, telegram_id, limit, page_out, err);
    if (!db_is_null(&front, 0, 1))
        before = db_int(&front, 0, 1) + 1;
    if (!send_select(work, telegram_id, false, before, limit + 1, &rest, err) ||
        !db_query(work->tx, &order_list_count, DB_PARAMS(P_INT(telegram_id)), &count, err) ||
        !read_rest(work, &rest, limit, &page, err))
        return false;
    if (!page.count)
        return read_newest(work, telegram_id, limit, page_out, err);
    page.has_newer = true;
    page.newer = db_int(&front, 0, 2) + 1;
    page.total_count = db_int(&count, 0, 0);
    *page_out = page;
    return true;
}

bool order_list_page(struct work *work, int64_t telegram_id, int64_t before, int64_t limit,
                     struct order_page *page_out, struct error *err)
{
    bool own;
    if (!store_read_begin(work, &own, err))
        return false;
    bool ok = read_page(work, telegram_id, before, limit, page_out, err);
    store_read_end(work, own);
    return ok;
}

/* --- one --- */

DB_TENANT_STATEMENT(order_list_select_end, "SELECT ended_at, end_reason FROM orders WHERE id = $1");

/* `owner` NULL: anybody's. */
static bool read_detail(struct work *work, int64_t order_id, const int64_t *owner,
                        struct order_detail *detail_out, struct error *err)
{
    struct db_rows end;
    struct order_detail detail = {0};
    bool found = owner ? order_get_own(work, order_id, *owner, false, &detail.order, err)
                       : order_get(work, order_id, false, &detail.order, err);
    if (!found || !db_send(work->tx, &order_list_select_end, DB_PARAMS(P_INT(order_id)), &end, err))
        return false;
    detail.has_payment = payment_to_show(work, order_id, &detail.payment, err);
    if (!detail.has_payment && err->code != ERR_NOT_FOUND)
        return false;
    detail.ended_ms = db_time(&end, 0, 0);
    detail.end_reason = db_text_copy(work->arena, &end, 0, 1);
    *detail_out = detail;
    return true;
}

static bool detail(struct work *work, int64_t order_id, const int64_t *owner, struct order_detail *detail_out,
                   struct error *err)
{
    bool own;
    if (!store_read_begin(work, &own, err))
        return false;
    bool ok = read_detail(work, order_id, owner, detail_out, err);
    store_read_end(work, own);
    return ok;
}

bool order_list_detail(struct work *work, int64_t order_id, int64_t telegram_id,
                       struct order_detail *detail_out, struct error *err)
{
    return detail(work, order_id, &telegram_id, detail_out, err);
}

bool order_list_detail_any(struct work *work, int64_t order_id, struct order_detail *detail_out,
                           struct error *err)
{
    return detail(work, order_id, NULL, detail_out, err);
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

/* --- to be done by hand --- */

/* Paid orders are few: those that wait for this, or for their buyer. $1: the item the page begins with. */
#define ORDER_MANUAL                                                                                         \
    " FROM orders o JOIN order_items i ON i.order_id = o.id AND i.kind = 'manual' AND i.fulfilled_at IS "    \
    "NULL"                                                                                                   \
    " WHERE o.state = 'paid' AND (o.refunded < o.total OR o.total = 0)"
#define ORDER_MANUAL_START "(SELECT order_id, id FROM order_items WHERE id = $1)"
DB_TENANT_STATEMENT(order_list_select_manual,
                    "SELECT i.id, o.id, i.product_id, o.reference, o.telegram_id, i.name, i.quantity,"
                    " i.question, i.answer, o.paid_at" ORDER_MANUAL
                    " AND ($1::bigint = 0 OR (o.id, i.id) >= " ORDER_MANUAL_START
                    ") ORDER BY o.id, i.id LIMIT $2");
/* The page before: its first item stands so many places ahead, or is the first of all. */
DB_TENANT_STATEMENT(order_list_front_manual,
                    "SELECT id FROM (SELECT o.id AS order_id, i.id" ORDER_MANUAL
                    " AND (o.id, i.id) < " ORDER_MANUAL_START
                    " ORDER BY o.id DESC, i.id DESC LIMIT $2) front ORDER BY order_id, id LIMIT 1");
DB_TENANT_STATEMENT(order_list_count_manual, "SELECT count(*)" ORDER_MANUAL);

static bool read_manual(struct work *work, const struct db_rows *rows, struct order_manual **items_out,
                        struct error *err)
{
    struct order_manual *items = ARENA_ARRAY(work->arena, struct order_manual, rows->count);
    for (int row = 0; row < rows->count; row++) {
        struct order_manual *item = &items[row];
        *item = (struct order_manual){
            .item_id = db_int(rows, row, 0),
            .order_id = db_int(rows, row, 1),
            .product_id = db_int(rows, row, 2),
            .reference = db_text_copy(work->arena, rows, row, 3),
            .telegram_id = db_int(rows, row, 4),
            .name = db_text_copy(work->arena, rows, row, 5),
            .quantity = db_int(rows, row, 6),
            .question = db_text_copy(work->arena, rows, row, 7),
            .paid_ms = db_time(rows, row, 9),
        };
        if (!order_content_open_answer(work, item->item_id, rows, row, 8, &item->answer, err))
            return false;
    }
    *items_out = items;
    return true;
}

static bool read_manual_page(struct work *work, int64_t from, int64_t limit,
                             struct order_manual_page *page_out, struct error *err)
{
    struct db_rows rows, front, count;
    struct order_manual *items;
    if (!db_send(work->tx, &order_list_select_manual, DB_PARAMS(P_INT(from), P_INT(limit + 1)), &rows, err) ||
        !db_send(work->tx, &order_list_front_manual, DB_PARAMS(P_INT(from), P_INT(limit)), &front, err) ||
        !db_query(work->tx, &order_list_count_manual, DB_NO_PARAMS, &count, err))
        return false;
    if (!rows.count && from)
        return read_manual_page(work, 0, limit, page_out, err);
    if (!read_manual(work, &rows, &items, err))
        return false;
    bool more = rows.count > limit;
    *page_out = (struct order_manual_page){
        .count = more ? (size_t)limit : (size_t)rows.count,
        .items = items,
        .total_count = db_int(&count, 0, 0),
        .has_previous = front.count > 0,
        .previous = front.count ? db_int(&front, 0, 0) : 0,
        .has_next = more,
        .next = more ? items[limit].item_id : 0,
    };
    return true;
}

bool order_list_manual(struct work *work, int64_t from, int64_t limit, struct order_manual_page *page_out,
                       struct error *err)
{
    bool own;
    if (!store_read_begin(work, &own, err))
        return false;
    bool ok = read_manual_page(work, from > 0 ? from : 0, limit, page_out, err);
    store_read_end(work, own);
    return ok;
}

#include "store/order_search.h"

#include <string.h>

#include "base/str.h"
#include "store/internal.h"

enum { MOST_TEXT = 400 };

/* --- pages --- */

/* The page's ids are settled inside, by one index each and at most as many as asked for; what is said of them
 * is looked up outside. */
#define FOUND                                                                                                \
    "SELECT o.id, o.state, o.total, o.created_at, o.telegram_id, u.first_name, u.last_name,"                 \
    " (SELECT count(*) FROM order_items c WHERE c.order_id = o.id), i.name, i.quantity FROM ("
#define FOUND_END                                                                                            \
    ") f JOIN orders o ON o.id = f.id JOIN users u ON u.telegram_id = o.telegram_id"                         \
    " LEFT JOIN LATERAL (SELECT name, quantity FROM order_items WHERE order_id = o.id ORDER BY id LIMIT 1)"  \
    " i ON true ORDER BY o.id DESC"

#define ALL        "SELECT id FROM orders WHERE id"
#define IN_STATE   "SELECT id FROM orders WHERE state = $2 AND id"
#define OF_PERSON  "SELECT id FROM orders WHERE telegram_id = $2 AND id"
#define OF_PRODUCT "SELECT order_id AS id FROM order_items WHERE product_id = $2 AND order_id"
#define PARKED                                                                                               \
    "SELECT DISTINCT order_id AS id FROM payments"                                                           \
    " WHERE problem IS NOT NULL AND resolution IS NULL AND order_id"

DB_TENANT_STATEMENT(order_search_all, FOUND ALL SEARCH_BELOW FOUND_END);
DB_TENANT_STATEMENT(order_search_all_newer, ALL SEARCH_UP);
DB_TENANT_STATEMENT(order_search_state, FOUND IN_STATE SEARCH_BELOW FOUND_END);
DB_TENANT_STATEMENT(order_search_state_newer, IN_STATE SEARCH_UP);
DB_TENANT_STATEMENT(order_search_person, FOUND OF_PERSON SEARCH_BELOW FOUND_END);
DB_TENANT_STATEMENT(order_search_person_newer, OF_PERSON SEARCH_UP);
DB_TENANT_STATEMENT(order_search_product, FOUND OF_PRODUCT SEARCH_BELOW FOUND_END);
DB_TENANT_STATEMENT(order_search_product_newer, OF_PRODUCT SEARCH_UP);
DB_TENANT_STATEMENT(order_search_parked, FOUND PARKED SEARCH_BELOW FOUND_END);
DB_TENANT_STATEMENT(order_search_parked_newer, PARKED SEARCH_UP);

static const struct search searches[ORDER_FILTERS] = {
    [ORDERS_ALL] = {.page = &order_search_all, .in_front = &order_search_all_newer},
    [ORDERS_PENDING] = {.page = &order_search_state,
                        .in_front = &order_search_state_newer,
                        .word = "pending"},
    [ORDERS_PAID] = {.page = &order_search_state, .in_front = &order_search_state_newer, .word = "paid"},
    [ORDERS_COMPLETED] = {.page = &order_search_state,
                          .in_front = &order_search_state_newer,
                          .word = "completed"},
    [ORDERS_CANCELLED] = {.page = &order_search_state,
                          .in_front = &order_search_state_newer,
                          .word = "cancelled"},
    [ORDERS_EXPIRED] = {.page = &order_search_state,
                        .in_front = &order_search_state_newer,
                        .word = "expired"},
    [ORDERS_OF_PERSON] = {.page = &order_search_person,
                          .in_front = &order_search_person_newer,
                          .by_ref = true},
    [ORDERS_OF_PRODUCT] = {.page = &order_search_product,
                           .in_front = &order_search_product_newer,
                           .by_ref = true},
    [ORDERS_PARKED] = {.page = &order_search_parked, .in_front = &order_search_parked_newer},
};

static bool read_found(struct work *work, const struct db_rows *rows, int row, struct order_found *order_out,
                       struct error *err)
{
    struct order_found order = {
        .id = db_int(rows, row, 0),
        .total = db_int(rows, row, 2),
        .created_ms = db_time(rows, row, 3),
        .telegram_id = db_int(rows, row, 4),
        .first_name = db_text_copy(work->arena, rows, row, 5),
        .last_name = db_text_copy(work->arena, rows, row, 6),
        .item_count = db_int(rows, row, 7),
        .item_name = arena_strdup(work->arena, db_text(rows, row, 8)),
        .item_quantity = db_int(rows, row, 9),
    };
    if (!order_state_of(db_text(rows, row, 1), &order.state))
        return error_set(err, ERR_INTERNAL, "order %lld: unknown state", (long long)order.id);
    *order_out = order;
    return true;
}

static bool read_page(struct work *work, const struct search *search, int64_t ref, int64_t from,
                      struct order_search_page *page_out, struct error *err)
{
    struct db_rows rows;
    struct order_search_page page;
    if (!search_page(work, search, ref, from, &rows, &page.count, &page.ends, err))
        return false;
    struct order_found *orders = ARENA_ARRAY(work->arena, struct order_found, page.count);
    for (size_t i = 0; i < page.count; i++)
        if (!read_found(work, &rows, (int)i, &orders[i], err))
            return false;
    page.orders = orders;
    *page_out = page;
    return true;
}

bool order_search(struct work *work, enum order_filter filter, int64_t ref, int64_t from,
                  struct order_search_page *page_out, struct error *err)
{
    bool own;
    if ((unsigned)filter >= ORDER_FILTERS)
        return error_set(err, ERR_INVALID, "orders: no filter %d", (int)filter);
    if (!store_read_begin(work, &own, err))
        return false;
    bool ok = read_page(work, &searches[filter], ref, from, page_out, err);
    store_read_end(work, own);
    return ok || error_context(err, "orders");
}

/* --- counts --- */

DB_TENANT_STATEMENT(
    order_search_count,
    "SELECT " SEARCH_COUNT("orders WHERE state = 'pending'") ", " SEARCH_COUNT(
        "orders WHERE state = 'paid'") ", " SEARCH_COUNT("payments WHERE problem IS NOT NULL AND resolution "
                                                         "IS NULL AND order_id IS NOT NULL"));

bool order_search_counts(struct work *work, struct order_counts *counts_out, struct error *err)
{
    bool own;
    struct db_rows rows;
    if (!store_read_begin(work, &own, err))
        return false;
    bool ok = db_query(work->tx, &order_search_count, DB_NO_PARAMS, &rows, err);
    if (ok)
        *counts_out = (struct order_counts){db_int(&rows, 0, 0), db_int(&rows, 0, 1), db_int(&rows, 0, 2)};
    store_read_end(work, own);
    return ok || error_context(err, "orders");
}

/* --- what is typed --- */

/* $1 the text, $2 the number it is (or NULL), $3 the username it may be (not unique: a store's memory is
 * older than Telegram's); 0 to 3 are enum order_match_kind. */
DB_TENANT_STATEMENT(
    order_search_typed,
    "SELECT 0, id, reference FROM orders WHERE reference = $1"
    " UNION SELECT 0, id, reference FROM orders WHERE id = $2"
    " UNION SELECT 0, o.id, o.reference FROM payments p JOIN orders o ON o.id = p.order_id WHERE p.txn_id = "
    "$1"
    " UNION SELECT 1, id, reference FROM deposits WHERE reference = $1"
    " UNION SELECT 1, d.id, d.reference FROM payments p JOIN deposits d ON d.id = p.deposit_id"
    " WHERE p.txn_id = $1"
    " UNION SELECT 2, telegram_id, concat_ws(' ', first_name, last_name) FROM users WHERE telegram_id = $2"
    " UNION (SELECT 2, telegram_id, concat_ws(' ', first_name, last_name) FROM users"
    " WHERE username IS NOT NULL AND " STORE_USERNAME_KEY " = $3 LIMIT 5)"
    " UNION SELECT 3, id, name FROM products WHERE code = $1 ORDER BY 1, 2 LIMIT " STORE_TEXT_OF(
        ORDER_MATCHES));

static const char *lower_case(struct arena *arena, const char *text)
{
    char *copy = arena_strdup(arena, text);
    for (char *p = copy; *p; p++)
        if (*p >= 'A' && *p <= 'Z')
            *p = (char)(*p - 'A' + 'a');
    return copy;
}

static bool read_matches(struct work *work, const char *text, struct order_match **matches_out,
                         size_t *count_out, struct error *err)
{
    struct db_rows rows;
    int64_t number = 0;
    bool is_number = str_to_int64(text + (*text == '#'), &number);
    if (!db_query(work->tx, &order_search_typed,
                  DB_PARAMS(P_TEXT(text), is_number ? P_INT(number) : P_NULL,
                            P_TEXT(lower_case(work->arena, text + (*text == '@')))),
                  &rows, err))
        return false;
    struct order_match *matches = ARENA_ARRAY(work->arena, struct order_match, rows.count);
    for (int row = 0; row < rows.count; row++)
        matches[row] = (struct order_match){
            .kind = (enum order_match_kind)db_int(&rows, row, 0),
            .id = db_int(&rows, row, 1),
            .name = arena_strdup(work->arena, db_text(&rows, row, 2)),
        };
    *matches_out = matches;
    *count_out = (size_t)rows.count;
    return true;
}

bool order_search_text(struct work *work, const char *text, struct order_match **matches_out,
                       size_t *count_out, struct error *err)
{
    bool own;
    if (strlen(text) > MOST_TEXT || !store_read_begin(work, &own, err))
        return strlen(text) > MOST_TEXT ? error_set(err, ERR_INVALID, "search: too long") : false;
    bool ok = read_matches(work, text, matches_out, count_out, err);
    store_read_end(work, own);
    return ok || error_context(err, "search");
}

/* --- one --- */

DB_TENANT_STATEMENT(order_search_figures,
                    "SELECT u.first_name, u.last_name, u.username, u.reachable, s.units, s.replaced, t.terms,"
                    " t.fulfilled, (SELECT count(*) FROM admin_logs WHERE subject = 'order'"
                    " AND subject_id = o.id AND action = 'resend')"
                    " FROM orders o JOIN users u ON u.telegram_id = o.telegram_id,"
                    " LATERAL (SELECT count(*) FILTER (WHERE replaced_by IS NULL) AS units,"
                    " count(replaced_by) AS replaced FROM order_items i JOIN stock_units n"
                    " ON n.order_item_id = i.id WHERE i.order_id = o.id AND n.state = 'sold') s,"
                    " LATERAL (SELECT count(*) AS terms, count(*) FILTER (WHERE state = 'fulfilled') AS"
                    " fulfilled FROM terms WHERE order_id = o.id) t WHERE o.id = $1");

static void read_figures(struct work *work, const struct db_rows *rows, struct order_record *record)
{
    record->buyer = (struct person){
        .telegram_id = record->detail.order.telegram_id,
        .first_name = db_text_copy(work->arena, rows, 0, 0),
        .last_name = db_text_copy(work->arena, rows, 0, 1),
        .username = db_text_copy(work->arena, rows, 0, 2),
    };
    record->buyer_reachable = db_bool(rows, 0, 3);
    record->units = db_int(rows, 0, 4);
    record->units_replaced = db_int(rows, 0, 5);
    record->terms = db_int(rows, 0, 6);
    record->terms_fulfilled = db_int(rows, 0, 7);
    record->resends = db_int(rows, 0, 8);
}

static bool read_record(struct work *work, int64_t order_id, struct order_record *record_out,
                        struct error *err)
{
    struct order_record record = {0};
    struct payment *payments;
    struct db_rows figures;
    if (!order_list_detail_any(work, order_id, &record.detail, err) ||
        !db_send(work->tx, &order_search_figures, DB_PARAMS(P_INT(order_id)), &figures, err) ||
        !payment_list(work, order_id, 0, ORDER_RECORD_PAYMENTS, &payments, &record.payment_count, err))
        return false;
    record.payments = payments;
    for (size_t i = 0; i < record.payment_count && !record.parked; i++)
        record.parked = payment_is_parked(&payments[i]) ? &payments[i] : NULL;
    read_figures(work, &figures, &record);
    *record_out = record;
    return true;
}

bool order_search_record(struct work *work, int64_t order_id, struct order_record *record_out,
                         struct error *err)
{
    bool own;
    if (!store_read_begin(work, &own, err))
        return false;
    bool ok = read_record(work, order_id, record_out, err);
    store_read_end(work, own);
    return ok;
}

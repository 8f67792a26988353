#include "store/stock_list.h"

#include <limits.h>
#include <string.h>

#include "base/str.h"
#include "store/internal.h"
#include "store/window.h"

enum { COLUMN_STATE = 4 };
#define LIMIT " LIMIT 11"

/* --- masks --- */

/* What turns the text around it about is left out, as are control characters. */
static bool is_shown(uint32_t point)
{
    return point >= ' ' && !(point >= 0x7F && point < 0xA0) && !(point >= 0x200B && point <= 0x200F) &&
           !(point >= 0x202A && point <= 0x202E) && !(point >= 0x2060 && point <= 0x206F);
}

static void add_characters(struct str *s, const char *text, size_t count)
{
    size_t left = strlen(text);
    while (count && left) {
        uint32_t point;
        size_t n = str_utf8_decode(text, left, &point);
        if (!n)
            return;
        if (is_shown(point))
            str_add_bytes(s, text, n);
        text += n;
        left -= n;
        count--;
    }
}

const char *stock_mask(struct arena *arena, const char *content)
{
    size_t length = str_utf8_length(content);
    struct str s = STR_INIT(arena);
    add_characters(&s, content, length >= 8 ? 2 : length >= 4 ? 1 : 0);
    str_add(&s, "••••••");
    const char *at = strchr(content, '@');
    if (length >= 8 && at && at > content + 2 && at[1] && str_utf8_length(at) >= 4) {
        str_add(&s, "@");
        add_characters(&s, at + 1, 1);
        str_add(&s, "…");
    }
    return str_done(&s);
}

/* --- rows --- */

static const char *const state_names[] = {
    [STOCK_AVAILABLE] = "available",
    [STOCK_RESERVED] = "reserved",
    [STOCK_SOLD] = "sold",
    [STOCK_REMOVED] = "removed",
};

#define COLUMNS "u.id, u.product_id, u.digest, u.content, u.state, u.created_at, u.replaced_by IS NOT NULL, "

static bool read_unit(struct work *work, const struct db_rows *rows, int row,
                      struct stock_list_unit *unit_out, struct error *err)
{
    const char *content, *state = db_text(rows, row, COLUMN_STATE);
    size_t i = 0;
    while (i < sizeof state_names / sizeof *state_names && !str_equal(state, state_names[i]))
        i++;
    if (i == sizeof state_names / sizeof *state_names)
        return error_set(err, ERR_INTERNAL, "unit %lld: unknown state", (long long)db_int(rows, row, 0));
    if (!stock_open(work, rows, row, 0, &content, err))
        return false;
    *unit_out = (struct stock_list_unit){
        .id = db_int(rows, row, 0),
        .product_id = db_int(rows, row, 1),
        .state = (enum stock_state)i,
        .masked = stock_mask(work->arena, content),
        .created_ms = db_time(rows, row, COLUMN_STATE + 1),
        .was_replaced = db_bool(rows, row, COLUMN_STATE + 2),
        .reference = db_text_copy(work->arena, rows, row, COLUMN_STATE + 3),
    };
    return true;
}

/* --- pages --- */

#define LOOSE(state)                                                                                         \
    "SELECT " COLUMNS "NULL FROM stock_units u WHERE u.product_id = $1 AND u.state = '" state "'"
#define REFERENCE "(SELECT o.reference FROM orders o WHERE o.id = i.order_id)"
#define ORDERED                                                                                              \
    "SELECT " COLUMNS REFERENCE " FROM order_items i JOIN stock_units u ON u.order_item_id = i.id"           \
    " WHERE i.product_id = $1"
/* The order alone a second time: by that the index is entered. */
#define THIS_ORDER                                                                                           \
    "(SELECT a.order_id FROM stock_units b JOIN order_items a ON a.id = b.order_item_id WHERE b.id = $2)"
#define FROM_THIS   " AND i.order_id <= " THIS_ORDER " AND (i.order_id < " THIS_ORDER " OR u.id <= $2)"
#define BEFORE_THIS " AND i.order_id >= " THIS_ORDER " AND (i.order_id > " THIS_ORDER " OR u.id > $2)"
#define NEWEST      " ORDER BY u.id DESC" LIMIT
#define OLDEST      " ORDER BY u.id" LIMIT
DB_TENANT_STATEMENT(stock_list_available, LOOSE("available") NEWEST);
DB_TENANT_STATEMENT(stock_list_available_from, LOOSE("available") " AND u.id <= $2" NEWEST);
DB_TENANT_STATEMENT(stock_list_available_before, LOOSE("available") " AND u.id > $2" OLDEST);
DB_TENANT_STATEMENT(stock_list_removed, LOOSE("removed") NEWEST);
DB_TENANT_STATEMENT(stock_list_removed_from, LOOSE("removed") " AND u.id <= $2" NEWEST);
DB_TENANT_STATEMENT(stock_list_removed_before, LOOSE("removed") " AND u.id > $2" OLDEST);
DB_TENANT_STATEMENT(stock_list_ordered, ORDERED " ORDER BY i.order_id DESC, u.id DESC" LIMIT);
DB_TENANT_STATEMENT(stock_list_ordered_from, ORDERED FROM_THIS " ORDER BY i.order_id DESC, u.id DESC" LIMIT);
DB_TENANT_STATEMENT(stock_list_ordered_before, ORDERED BEFORE_THIS " ORDER BY i.order_id, u.id" LIMIT);

static const struct list views[STOCK_VIEWS] = {
    [STOCK_VIEW_AVAILABLE] = {&stock_list_available, &stock_list_available_from,
                              &stock_list_available_before},
    [STOCK_VIEW_REMOVED] = {&stock_list_removed, &stock_list_removed_from, &stock_list_removed_before},
    [STOCK_VIEW_ORDERED] = {&stock_list_ordered, &stock_list_ordered_from, &stock_list_ordered_before},
};

bool stock_list_page(struct work *work, int64_t product_id, enum stock_view view, int64_t cursor,
                     struct stock_list_page *page_out, struct error *err)
{
    bool own = false;
    struct window w;
    struct stock_list_page page;
    bool ok = store_read_begin(work, &own, err) &&
              window_read(work, &views[view], product_id, cursor, STOCK_LIST_PAGE, &w, err);
    if (ok)
        page = (struct stock_list_page){.count = (size_t)w.count, .before = w.before, .after = w.after};
    for (int i = 0; ok && i < w.count; i++)
        ok = read_unit(work, &w.rows, window_row(&w, i), &page.items[i], err);
    store_read_end(work, own);
    if (ok)
        *page_out = page;
    return ok;
}

/* As many as one order can have: read as a whole, opened as far as they are shown. */
DB_TENANT_STATEMENT(stock_list_of_order,
                    "SELECT " COLUMNS "NULL FROM order_items i JOIN stock_units u ON u.order_item_id = i.id"
                    " WHERE i.order_id = $1 AND u.state = 'sold' ORDER BY i.id, u.id");

bool stock_list_order(struct work *work, int64_t order_id, int64_t page, struct stock_list_order *units_out,
                      struct error *err)
{
    bool own = false;
    struct db_rows rows;
    struct stock_list_order units = {0};
    bool ok = store_read_begin(work, &own, err) &&
              db_query(work->tx, &stock_list_of_order, DB_PARAMS(P_INT(order_id)), &rows, err);
    int64_t first = page >= 0 && page <= INT_MAX / STOCK_LIST_PAGE ? page * STOCK_LIST_PAGE : INT_MAX;
    for (int64_t row = first; ok && row < rows.count && units.count < STOCK_LIST_PAGE; row++)
        ok = read_unit(work, &rows, (int)row, &units.items[units.count++], err);
    if (ok) {
        units.has_more = first + STOCK_LIST_PAGE < rows.count;
        *units_out = units;
    }
    store_read_end(work, own);
    return ok;
}

DB_TENANT_STATEMENT(stock_list_one, "SELECT " COLUMNS REFERENCE " FROM stock_units u LEFT JOIN order_items i"
                                    " ON i.id = u.order_item_id WHERE u.id = $1");

bool stock_list_unit(struct work *work, int64_t unit_id, struct stock_list_unit *unit_out, struct error *err)
{
    bool own = false;
    struct db_rows rows;
    bool ok = store_read_begin(work, &own, err) &&
              db_query(work->tx, &stock_list_one, DB_PARAMS(P_INT(unit_id)), &rows, err);
    if (ok && !rows.count)
        ok = error_set(err, ERR_NOT_FOUND, "unit %lld: not there", (long long)unit_id);
    ok = ok && read_unit(work, &rows, 0, unit_out, err);
    store_read_end(work, own);
    return ok;
}

#include "store/catalogue_list.h"

#include "store/internal.h"
#include "store/window.h"

/* One row more than the page shows tells that there is another. */
enum { MOST_PAGES = 10000 };
#define LIMIT " LIMIT 9"

/* --- categories --- */

#define SHELVES                                                                                              \
    "SELECT c.id, c.name, c.emoji, c.hidden, c.edition, (SELECT count(*) FROM (SELECT FROM products p"       \
    " WHERE p.category_id = c.id AND p.deleted_at IS NULL LIMIT 10000) n) FROM categories c"                 \
    " WHERE c.deleted_at IS NULL AND "
#define THIS_SHELF "(SELECT position, id FROM categories WHERE id = $2)"
DB_TENANT_STATEMENT(catalogue_list_shelves, SHELVES "$1::bigint = 0 ORDER BY c.position, c.id" LIMIT);
DB_TENANT_STATEMENT(catalogue_list_shelves_from,
                    SHELVES "$1::bigint = 0 AND (c.position, c.id) >= " THIS_SHELF
                            " ORDER BY c.position, c.id" LIMIT);
DB_TENANT_STATEMENT(catalogue_list_shelves_before,
                    SHELVES "$1::bigint = 0 AND (c.position, c.id) < " THIS_SHELF
                            " ORDER BY c.position DESC, c.id DESC" LIMIT);
DB_TENANT_STATEMENT(catalogue_list_shelf, SHELVES "c.id = $1");

static struct catalogue_list_category read_category(struct arena *arena, const struct db_rows *rows, int row)
{
    return (struct catalogue_list_category){
        .id = db_int(rows, row, 0),
        .name = db_text_copy(arena, rows, row, 1),
        .emoji = db_text_copy(arena, rows, row, 2),
        .hidden = db_bool(rows, row, 3),
        .edition = db_int(rows, row, 4),
        .product_count = db_int(rows, row, 5),
    };
}

bool catalogue_list_categories(struct work *work, int64_t cursor, struct catalogue_list_categories *page_out,
                               struct error *err)
{
    static const struct list list = {&catalogue_list_shelves, &catalogue_list_shelves_from,
                                     &catalogue_list_shelves_before};
    bool own = false;
    struct window w;
    bool ok = store_read_begin(work, &own, err) &&
              window_read(work, &list, 0, cursor, CATALOGUE_LIST_PAGE, &w, err);
    if (ok) {
        *page_out = (struct catalogue_list_categories){
            .count = (size_t)w.count, .before = w.before, .after = w.after};
        for (int i = 0; i < w.count; i++)
            page_out->items[i] = read_category(work->arena, &w.rows, window_row(&w, i));
    }
    store_read_end(work, own);
    return ok;
}

bool catalogue_list_category(struct work *work, int64_t category_id,
                             struct catalogue_list_category *category_out, struct error *err)
{
    bool own = false;
    struct db_rows rows;
    bool ok = store_read_begin(work, &own, err) &&
              db_query(work->tx, &catalogue_list_shelf, DB_PARAMS(P_INT(category_id)), &rows, err);
    if (ok && !rows.count)
        ok = error_set(err, ERR_NOT_FOUND, "category %lld: not there", (long long)category_id);
    if (ok)
        *category_out = read_category(work->arena, &rows, 0);
    store_read_end(work, own);
    return ok;
}

/* --- products --- */

#define LINES_WITH(stock)                                                                                    \
    "SELECT p.id, p.code, p.name, p.kind, p.price, p.hidden OR c.hidden, " stock                             \
    " FROM products p JOIN categories c ON c.id = p.category_id WHERE p.deleted_at IS NULL AND "
#define LINES                                                                                                \
    LINES_WITH("CASE p.kind WHEN 'unit' THEN (SELECT count(*) FROM (SELECT FROM stock_units u"               \
               " WHERE u.product_id = p.id AND u.state = 'available' LIMIT 10000) n)"                        \
               " ELSE (p.kind = 'manual' OR p.content IS NOT NULL)::int * 1000000000 END")
#define THIS_PRODUCT "(SELECT position, id FROM products WHERE id = $2)"
DB_TENANT_STATEMENT(catalogue_list_lines, LINES "p.category_id = $1 ORDER BY p.position, p.id" LIMIT);
DB_TENANT_STATEMENT(catalogue_list_lines_from,
                    LINES "p.category_id = $1 AND (p.position, p.id) >= " THIS_PRODUCT
                          " ORDER BY p.position, p.id" LIMIT);
DB_TENANT_STATEMENT(catalogue_list_lines_before,
                    LINES "p.category_id = $1 AND (p.position, p.id) < " THIS_PRODUCT
                          " ORDER BY p.position DESC, p.id DESC" LIMIT);
DB_TENANT_STATEMENT(catalogue_list_terms, LINES "p.snk <> '' AND $1::bigint = 0 ORDER BY p.id DESC" LIMIT);
DB_TENANT_STATEMENT(catalogue_list_terms_from,
                    LINES "p.snk <> '' AND $1::bigint = 0 AND p.id <= $2 ORDER BY p.id DESC" LIMIT);
DB_TENANT_STATEMENT(catalogue_list_terms_before,
                    LINES "p.snk <> '' AND $1::bigint = 0 AND p.id > $2 ORDER BY p.id" LIMIT);
DB_TENANT_STATEMENT(catalogue_list_find,
                    LINES_WITH("0") "(position(lower($1) IN lower(p.name)) > 0"
                                    " OR starts_with(lower(p.code), lower($1))) ORDER BY p.name, p.id" LIMIT
                                    " OFFSET $2");

static enum product_kind kind_of(const char *name)
{
    enum product_kind kind = PRODUCT_UNIT;
    catalogue_kind_of(name, &kind);
    return kind;
}

static struct catalogue_list_line read_line(struct arena *arena, const struct db_rows *rows, int row)
{
    return (struct catalogue_list_line){
        .id = db_int(rows, row, 0),
        .code = db_text_copy(arena, rows, row, 1),
        .name = db_text_copy(arena, rows, row, 2),
        .kind = kind_of(db_text(rows, row, 3)),
        .price = db_int(rows, row, 4),
        .hidden = db_bool(rows, row, 5),
        .stock = db_int(rows, row, 6),
    };
}

static bool read_lines(struct work *work, const struct list *list, int64_t of, int64_t cursor,
                       struct catalogue_list_lines *page_out, struct error *err)
{
    bool own = false;
    struct window w;
    bool ok = store_read_begin(work, &own, err) &&
              window_read(work, list, of, cursor, CATALOGUE_LIST_PAGE, &w, err);
    if (ok) {
        *page_out =
            (struct catalogue_list_lines){.count = (size_t)w.count, .before = w.before, .after = w.after};
        for (int i = 0; i < w.count; i++)
            page_out->items[i] = read_line(work->arena, &w.rows, window_row(&w, i));
    }
    store_read_end(work, own);
    return ok;
}

bool catalogue_list_products(struct work *work, int64_t category_id, int64_t cursor,
                             struct catalogue_list_lines *page_out, struct error *err)
{
    static const struct list list = {&catalogue_list_lines, &catalogue_list_lines_from,
                                     &catalogue_list_lines_before};
    return read_lines(work, &list, category_id, cursor, page_out, err);
}

bool catalogue_list_with_terms(struct work *work, int64_t cursor, struct catalogue_list_lines *page_out,
                               struct error *err)
{
    static const struct list list = {&catalogue_list_terms, &catalogue_list_terms_from,
                                     &catalogue_list_terms_before};
    return read_lines(work, &list, 0, cursor, page_out, err);
}

bool catalogue_list_search(struct work *work, const char *part, int64_t page,
                           struct catalogue_list_lines *page_out, bool *more_out, struct error *err)
{
    bool own = false;
    struct db_rows rows;
    page = page < 0 ? 0 : page > MOST_PAGES ? MOST_PAGES : page;
    bool ok = store_read_begin(work, &own, err) &&
              db_query(work->tx, &catalogue_list_find,
                       DB_PARAMS(P_TEXT(part), P_INT(page * CATALOGUE_LIST_PAGE)), &rows, err);
    if (ok) {
        struct window w = window_of(&rows, 0, CATALOGUE_LIST_PAGE);
        *page_out = (struct catalogue_list_lines){.count = (size_t)w.count};
        for (int i = 0; i < w.count; i++)
            page_out->items[i] = read_line(work->arena, &rows, i);
        *more_out = w.after != 0;
    }
    store_read_end(work, own);
    return ok;
}

/* Reserved units are those that pending orders ask for. */
DB_TENANT_STATEMENT(
    catalogue_list_one,
    "SELECT p.id, p.edition, p.category_id, c.name, c.emoji, c.hidden, p.code, p.name, p.description, p.snk,"
    " p.question, p.photo, p.content_name, p.content IS NOT NULL, p.kind, p.price, p.hidden, p.sold,"
    " (SELECT count(*) FROM stock_units u WHERE u.product_id = p.id AND u.state = 'available'),"
    " CASE p.kind WHEN 'unit' THEN (SELECT coalesce(sum(i.quantity), 0) FROM orders o JOIN order_items i"
    " ON i.order_id = o.id WHERE o.state = 'pending' AND i.product_id = p.id) ELSE 0 END"
    " FROM products p JOIN categories c ON c.id = p.category_id WHERE p.id = $1 AND p.deleted_at IS NULL");

static struct catalogue_list_product read_product(struct arena *arena, const struct db_rows *rows)
{
    return (struct catalogue_list_product){
        .id = db_int(rows, 0, 0),
        .edition = db_int(rows, 0, 1),
        .category_id = db_int(rows, 0, 2),
        .category = db_text_copy(arena, rows, 0, 3),
        .emoji = db_text_copy(arena, rows, 0, 4),
        .category_hidden = db_bool(rows, 0, 5),
        .code = db_text_copy(arena, rows, 0, 6),
        .name = db_text_copy(arena, rows, 0, 7),
        .description = db_text_copy(arena, rows, 0, 8),
        .snk = db_text_copy(arena, rows, 0, 9),
        .question = db_text_copy(arena, rows, 0, 10),
        .photo = db_text_copy(arena, rows, 0, 11),
        .content_name = db_text_copy(arena, rows, 0, 12),
        .has_content = db_bool(rows, 0, 13),
        .kind = kind_of(db_text(rows, 0, 14)),
        .price = db_int(rows, 0, 15),
        .hidden = db_bool(rows, 0, 16),
        .sold = db_int(rows, 0, 17),
        .available = db_int(rows, 0, 18),
        .reserved = db_int(rows, 0, 19),
    };
}

bool catalogue_list_product(struct work *work, int64_t product_id, struct catalogue_list_product *product_out,
                            struct error *err)
{
    bool own = false;
    struct db_rows rows;
    bool ok = store_read_begin(work, &own, err) &&
              db_query(work->tx, &catalogue_list_one, DB_PARAMS(P_INT(product_id)), &rows, err);
    if (ok && !rows.count)
        ok = error_set(err, ERR_NOT_FOUND, "product %lld: not there", (long long)product_id);
    if (ok)
        *product_out = read_product(work->arena, &rows);
    store_read_end(work, own);
    return ok;
}

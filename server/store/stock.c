#include "store/stock.h"

#include <assert.h>
#include <string.h>

#include "base/str.h"
#include "store/internal.h"

enum { DIGEST_BYTES = 32 };

/* What a content is sealed with: it opens in its own row only. */
static char *identity(struct arena *arena, int64_t product_id, const void *digest)
{
    return arena_printf(arena, "stock:%lld:%s", (long long)product_id, str_hex(arena, digest, DIGEST_BYTES));
}

/* --- adding --- */

/* Contents come as texts of hex digits: arrays of bytes would have to be quoted. Ids follow the order of the
 * lines. */
DB_TENANT_STATEMENT(stock_insert,
                    "INSERT INTO stock_units (product_id, content, digest, created_at)"
                    " SELECT $1, decode(u.content, 'hex'), decode(u.digest, 'hex'), $4::timestamptz"
                    " FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS u (content, digest, position)"
                    " ORDER BY u.position ON CONFLICT (product_id, digest) DO NOTHING");

struct stock_sealed stock_seal(struct work *work, struct arena *arena, int64_t product_id,
                               const char *const *contents, size_t count)
{
    struct str sealed_list = STR_INIT(arena), digest_list = STR_INIT(arena);
    for (size_t i = 0; i < count; i++) {
        uint8_t digest[DIGEST_BYTES];
        size_t length = strlen(contents[i]), sealed_length;
        vault_digest(work->vault, contents[i], length, digest);
        void *sealed = vault_seal(arena, work->vault, identity(arena, product_id, digest), contents[i],
                                  length, &sealed_length);
        str_addf(&sealed_list, "%c%s", i ? ',' : '{', str_hex(arena, sealed, sealed_length));
        str_addf(&digest_list, "%c%s", i ? ',' : '{', str_hex(arena, digest, sizeof digest));
    }
    str_add(&sealed_list, count ? "}" : "{}");
    str_add(&digest_list, count ? "}" : "{}");
    return (struct stock_sealed){str_done(&sealed_list), str_done(&digest_list)};
}

bool stock_add_batch(struct work *work, int64_t product_id, const char *const *contents, size_t count,
                     int64_t *added_out, struct error *err)
{
    assert(count <= STOCK_BATCH);
    auto_arena struct arena *arena = arena_new();
    const struct stock_sealed sealed = stock_seal(work, arena, product_id, contents, count);
    struct db_rows rows;
    if (!db_query(work->tx, &stock_insert,
                  DB_PARAMS(P_INT(product_id), P_TEXT(sealed.contents), P_TEXT(sealed.digests),
                            P_TIME(work->now_ms)),
                  &rows, err))
        return false;
    *added_out = rows.affected;
    return true;
}

bool stock_is_line(const char *content)
{
    return *content && str_is_utf8(content, strlen(content)) &&
           str_utf8_length(content) <= STOCK_LINE_CHARACTERS;
}

bool stock_add(struct work *work, int64_t product_id, const char *content, bool *added_out, struct error *err)
{
    if (!stock_is_line(content))
        return error_set(err, ERR_INVALID, "product %lld: a stock line is 1 to %d characters of UTF-8",
                         (long long)product_id, STOCK_LINE_CHARACTERS);
    int64_t added;
    if (!stock_add_batch(work, product_id, &content, 1, &added, err))
        return error_context(err, "product %lld", (long long)product_id);
    if (added && (!catalogue_stock_rose(work, err) || !catalogue_changed(work, err)))
        return false;
    *added_out = added == 1;
    return true;
}

/* --- changing states --- */

/* All or nothing in one statement: units are locked and counted, and only where no product is short of any
 * are they taken. Nobody waits: units in other transactions' hands are passed over. */
DB_TENANT_STATEMENT(
    stock_reserve_order,
    "WITH wanted AS MATERIALIZED (SELECT id, product_id, quantity FROM order_items WHERE order_id = $1"
    " AND kind = 'unit'),"
    " units AS MATERIALIZED (SELECT w.id AS item_id, u.id FROM (SELECT * FROM wanted ORDER BY product_id) w"
    " CROSS JOIN LATERAL (SELECT s.id FROM stock_units s WHERE s.product_id = w.product_id"
    " AND s.state = 'available' ORDER BY s.id LIMIT w.quantity FOR UPDATE SKIP LOCKED) u),"
    " short AS MATERIALIZED (SELECT min(w.product_id) AS product_id FROM wanted w"
    " WHERE w.quantity > (SELECT count(*) FROM units WHERE units.item_id = w.id)),"
    " taken AS (UPDATE stock_units s SET state = 'reserved', order_item_id = units.item_id, reserved_at = $2"
    " FROM units WHERE s.id = units.id AND s.state = 'available'"
    " AND (SELECT product_id FROM short) IS NULL RETURNING s.id)"
    " SELECT (SELECT product_id FROM short), (SELECT count(*) FROM taken),"
    " (SELECT sum(quantity) FROM wanted), EXISTS (SELECT FROM order_items WHERE order_id = $1)");

bool stock_reserve(struct work *work, int64_t order_id, int64_t *short_of_out, struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &stock_reserve_order, DB_PARAMS(P_INT(order_id), P_TIME(work->now_ms)), &rows,
                  err))
        return false;
    if (!db_is_null(&rows, 0, 0)) {
        *short_of_out = db_int(&rows, 0, 0);
        return error_set(err, ERR_CONFLICT, "product %lld: too few units", (long long)*short_of_out);
    }
    int64_t taken = db_int(&rows, 0, 1), wanted = db_int(&rows, 0, 2);
    if (taken != wanted || !db_bool(&rows, 0, 3))
        return error_set(err, ERR_INTERNAL, "%lld of %lld units were reserved", (long long)taken,
                         (long long)wanted);
    return wanted == 0 || catalogue_changed(work, err);
}

DB_TENANT_STATEMENT(
    stock_release_order,
    "WITH wanted AS MATERIALIZED (SELECT id, quantity, kind FROM order_items WHERE order_id = $1),"
    " released AS (UPDATE stock_units s SET state = 'available', order_item_id = NULL, reserved_at = NULL"
    " FROM wanted w WHERE s.order_item_id = w.id AND s.state = 'reserved' RETURNING s.id)"
    " SELECT (SELECT count(*) FROM released), (SELECT sum(quantity) FROM wanted WHERE kind = 'unit'),"
    " EXISTS (SELECT FROM wanted)");

bool stock_release(struct work *work, int64_t order_id, struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &stock_release_order, DB_PARAMS(P_INT(order_id)), &rows, err))
        return false;
    int64_t released = db_int(&rows, 0, 0), wanted = db_int(&rows, 0, 1);
    if (released != wanted || !db_bool(&rows, 0, 2))
        return error_set(err, ERR_CONFLICT, "%lld units were reserved, not %lld", (long long)released,
                         (long long)wanted);
    if (wanted == 0)
        return true;
    return catalogue_stock_rose(work, err) && catalogue_changed(work, err);
}

DB_TENANT_STATEMENT(
    stock_sell_order,
    "WITH wanted AS MATERIALIZED (SELECT id, product_id, quantity, kind FROM order_items"
    " WHERE order_id = $1),"
    " sold AS (UPDATE stock_units s SET state = 'sold', sold_at = $2 FROM wanted w"
    " WHERE s.order_item_id = w.id AND s.state = 'reserved' RETURNING s.order_item_id)"
    " SELECT w.product_id, w.quantity, (SELECT count(*) FROM sold WHERE sold.order_item_id = w.id),"
    " CASE kind WHEN 'unit' THEN quantity ELSE 0 END"
    " FROM wanted w ORDER BY w.product_id");

bool stock_sell(struct work *work, int64_t order_id, struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &stock_sell_order, DB_PARAMS(P_INT(order_id), P_TIME(work->now_ms)), &rows, err))
        return false;
    for (int i = 0; i < rows.count; i++) {
        int64_t product_id = db_int(&rows, i, 0), quantity = db_int(&rows, i, 1);
        int64_t sold = db_int(&rows, i, 2), wanted = db_int(&rows, i, 3);
        if (sold != wanted)
            return error_set(err, ERR_CONFLICT, "product %lld: %lld units were reserved, not %lld",
                             (long long)product_id, (long long)sold, (long long)wanted);
        /* In order of product: two sales of the same products can't wait for each other. */
        if (!catalogue_count_sold(work, product_id, quantity, err))
            return false;
    }
    if (!rows.count)
        return error_set(err, ERR_NOT_FOUND, "there is no such order");
    return catalogue_changed(work, err);
}

/* --- replacing --- */

DB_TENANT_STATEMENT(stock_select_unit, "SELECT u.id, u.product_id, i.order_id, u.order_item_id,"
                                       " u.state = 'sold', u.replaced_by FROM stock_units u"
                                       " LEFT JOIN order_items i ON i.id = u.order_item_id WHERE u.id = $1");

bool stock_unit_get(struct work *work, int64_t unit_id, struct stock_unit *unit_out, struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &stock_select_unit, DB_PARAMS(P_INT(unit_id)), &rows, err))
        return false;
    if (!rows.count)
        return error_set(err, ERR_NOT_FOUND, "unit %lld: not there", (long long)unit_id);
    *unit_out = (struct stock_unit){
        .id = db_int(&rows, 0, 0),
        .product_id = db_int(&rows, 0, 1),
        .order_id = db_int(&rows, 0, 2),
        .order_item_id = db_int(&rows, 0, 3),
        .is_sold = db_bool(&rows, 0, 4),
        .replaced_by = db_int(&rows, 0, 5),
    };
    return true;
}

/* One statement: either both units change or neither. The product's count of sold units stays. */
DB_TENANT_STATEMENT(
    stock_replace_unit,
    "WITH bad AS MATERIALIZED (SELECT id, product_id, order_item_id FROM stock_units WHERE id = $1"
    " AND state = 'sold' AND replaced_by IS NULL FOR NO KEY UPDATE),"
    " fresh AS MATERIALIZED (SELECT s.id FROM bad CROSS JOIN LATERAL (SELECT u.id FROM stock_units u"
    " WHERE u.product_id = bad.product_id AND u.state = 'available' ORDER BY u.id LIMIT 1"
    " FOR UPDATE SKIP LOCKED) s),"
    " taken AS (UPDATE stock_units s SET state = 'sold', order_item_id = bad.order_item_id,"
    " reserved_at = $2, sold_at = $2 FROM bad, fresh WHERE s.id = fresh.id AND s.state = 'available'"
    " RETURNING s.id),"
    " marked AS (UPDATE stock_units s SET replaced_by = taken.id FROM bad, taken WHERE s.id = bad.id"
    " RETURNING s.id)"
    " SELECT (SELECT count(*) FROM bad), (SELECT id FROM taken), (SELECT count(*) FROM marked)");

bool stock_replace(struct work *work, int64_t unit_id, int64_t *new_unit_out, struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &stock_replace_unit, DB_PARAMS(P_INT(unit_id), P_TIME(work->now_ms)), &rows, err))
        return false;
    if (!db_int(&rows, 0, 0))
        return error_set(err, ERR_CONFLICT, "unit %lld: not sold, or replaced before", (long long)unit_id);
    if (db_is_null(&rows, 0, 1))
        return error_set(err, ERR_CONFLICT, "unit %lld: no other one is available", (long long)unit_id);
    if (db_int(&rows, 0, 2) != 1)
        return error_set(err, ERR_INTERNAL, "unit %lld: replaced by half", (long long)unit_id);
    int64_t new_unit = db_int(&rows, 0, 1);
    if (!catalogue_changed(work, err))
        return false;
    *new_unit_out = new_unit;
    return true;
}

/* --- forgetting --- */

DB_TENANT_STATEMENT(stock_select_of_item,
                    "SELECT id, product_id, digest FROM stock_units WHERE order_item_id = $1 ORDER BY id");
DB_TENANT_STATEMENT(stock_set_content, "UPDATE stock_units SET content = $2 WHERE id = $1");

bool stock_forget_contents(struct work *work, int64_t order_item_id, const char *instead, struct error *err)
{
    struct db_rows rows;
    size_t digest_length, length;
    if (!db_query(work->tx, &stock_select_of_item, DB_PARAMS(P_INT(order_item_id)), &rows, err))
        return false;
    for (int i = 0; i < rows.count; i++) {
        const void *digest = db_bytes(work->arena, &rows, i, 2, &digest_length);
        if (digest_length != DIGEST_BYTES)
            return error_set(err, ERR_INTERNAL, "unit %lld: damaged", (long long)db_int(&rows, i, 0));
        const void *sealed =
            vault_seal(work->arena, work->vault, identity(work->arena, db_int(&rows, i, 1), digest), instead,
                       strlen(instead), &length);
        if (!db_send(work->tx, &stock_set_content,
                     DB_PARAMS(P_INT(db_int(&rows, i, 0)), P_BYTES(sealed, length)), NULL, err))
            return false;
    }
    return true;
}

/* --- reading --- */

bool stock_open(struct work *work, const struct db_rows *rows, int row, int column, const char **content_out,
                struct error *err)
{
    size_t digest_length, sealed_length, plain_length;
    int64_t id = db_int(rows, row, column), product_id = db_int(rows, row, column + 1);
    const void *digest = db_bytes(work->arena, rows, row, column + 2, &digest_length);
    const void *sealed = db_bytes(work->arena, rows, row, column + 3, &sealed_length);
    char *plain;
    if (digest_length != DIGEST_BYTES)
        return error_set(err, ERR_INTERNAL, "unit %lld: damaged", (long long)id);
    if (!vault_open(work->arena, work->vault, identity(work->arena, product_id, digest), sealed,
                    sealed_length, &plain, &plain_length, err))
        return error_context(err, "unit %lld", (long long)id);
    *content_out = plain;
    return true;
}

static bool read_contents(struct work *work, const struct db_rows *rows, const char ***contents_out,
                          size_t *count_out, struct error *err)
{
    const char **contents = ARENA_ARRAY(work->arena, const char *, rows->count);
    for (int i = 0; i < rows->count; i++) {
        if (!stock_open(work, rows, i, 0, &contents[i], err))
            return false;
    }
    *contents_out = contents;
    *count_out = (size_t)rows->count;
    return true;
}

DB_TENANT_STATEMENT(stock_select_sold, "SELECT id, product_id, digest, content FROM stock_units"
                                       " WHERE order_item_id = $1 AND state = 'sold'"
                                       " AND replaced_by IS NULL ORDER BY id");

bool stock_contents(struct work *work, int64_t order_item_id, const char ***contents_out, size_t *count_out,
                    struct error *err)
{
    struct db_rows rows;
    return db_query(work->tx, &stock_select_sold, DB_PARAMS(P_INT(order_item_id)), &rows, err) &&
           read_contents(work, &rows, contents_out, count_out, err);
}

DB_TENANT_STATEMENT(stock_select_content,
                    "SELECT id, product_id, digest, content FROM stock_units WHERE id = $1");

bool stock_content(struct work *work, int64_t unit_id, const char **content_out, struct error *err)
{
    struct db_rows rows;
    const char **contents;
    size_t count;
    if (!db_query(work->tx, &stock_select_content, DB_PARAMS(P_INT(unit_id)), &rows, err))
        return false;
    if (!rows.count)
        return error_set(err, ERR_NOT_FOUND, "unit %lld: not there", (long long)unit_id);
    if (!read_contents(work, &rows, &contents, &count, err))
        return false;
    *content_out = contents[0];
    return true;
}

DB_TENANT_STATEMENT(stock_select_available, "SELECT id, product_id, digest, content FROM stock_units"
                                            " WHERE product_id = $1 AND state = 'available' ORDER BY id");

bool stock_available_contents(struct work *work, int64_t product_id, const char ***contents_out,
                              size_t *count_out, struct error *err)
{
    struct db_rows rows;
    return db_query(work->tx, &stock_select_available, DB_PARAMS(P_INT(product_id)), &rows, err) &&
           read_contents(work, &rows, contents_out, count_out, err);
}

DB_TENANT_STATEMENT(stock_count,
                    "SELECT count(*) FROM stock_units WHERE product_id = $1 AND state = 'available'");

bool stock_available(struct work *work, int64_t product_id, int64_t *count_out, struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &stock_count, DB_PARAMS(P_INT(product_id)), &rows, err))
        return false;
    *count_out = db_int(&rows, 0, 0);
    return true;
}

DB_TENANT_STATEMENT(stock_count_all, "SELECT product_id, count(*) FROM stock_units WHERE state = 'available'"
                                     " GROUP BY product_id ORDER BY product_id");

bool stock_counts(struct work *work, struct db_rows *rows_out, struct error *err)
{
    return db_send(work->tx, &stock_count_all, DB_NO_PARAMS, rows_out, err);
}

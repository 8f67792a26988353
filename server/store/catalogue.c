/* What changes categories and products. Reading is snapshot.c. */
#include "store/catalogue.h"

#include <string.h>

#include "store/internal.h"

/* --- kinds --- */

static const char *const kind_names[] = {
    [PRODUCT_UNIT] = "unit",
    [PRODUCT_SHARED] = "shared",
    [PRODUCT_FILE] = "file",
    [PRODUCT_MANUAL] = "manual",
};

const char *catalogue_kind_name(enum product_kind kind)
{
    return kind_names[kind];
}

bool catalogue_kind_of(const char *name, enum product_kind *kind_out)
{
    for (size_t i = 0; i < sizeof kind_names / sizeof *kind_names; i++)
        if (strcmp(kind_names[i], name) == 0) {
            *kind_out = (enum product_kind)i;
            return true;
        }
    return false;
}

/* --- what is sold without limit --- */

/* Of another kind it fails on the table's constraints. */
DB_TENANT_STATEMENT(
    catalogue_update_content,
    "UPDATE products SET content = $2, content_name = $3, updated_at = $4, edition = edition + 1"
    " WHERE id = $1");

bool catalogue_set_content(struct work *work, int64_t product_id, const char *content, const char *name,
                           struct error *err)
{
    if (content ? !content_is_good(content, name) : name != NULL)
        return error_set(err, ERR_INVALID, "product %lld: no such content", (long long)product_id);
    struct db_param sealed = P_NULL;
    if (content)
        sealed = content_seal(work, content_identity(work, "product", product_id), content, strlen(content));
    return db_send(work->tx, &catalogue_update_content,
                   DB_PARAMS(P_INT(product_id), sealed, P_TEXT(name), P_TIME(work->now_ms)), NULL, err) &&
           catalogue_changed(work, err);
}

DB_TENANT_STATEMENT(catalogue_select_content, "SELECT content, content_name FROM products WHERE id = $1");

bool catalogue_content(struct work *work, int64_t product_id, const char **content_out, const char **name_out,
                       struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &catalogue_select_content, DB_PARAMS(P_INT(product_id)), &rows, err))
        return false;
    if (!rows.count)
        return error_set(err, ERR_NOT_FOUND, "product %lld: not there", (long long)product_id);
    if (!content_open(work, content_identity(work, "product", product_id), &rows, 0, 0, content_out, NULL,
                      err))
        return error_context(err, "product %lld", (long long)product_id);
    *name_out = db_text_copy(work->arena, &rows, 0, 1);
    return true;
}

/* --- stock --- */

DB_TENANT_STATEMENT(catalogue_add_sold, "UPDATE products SET sold = sold + $2 WHERE id = $1");

bool catalogue_count_sold(struct work *work, int64_t product_id, int64_t quantity, struct error *err)
{
    return db_send(work->tx, &catalogue_add_sold, DB_PARAMS(P_INT(product_id), P_INT(quantity)), NULL, err);
}

DB_TENANT_STATEMENT(catalogue_set_low, "UPDATE products SET low_told = $2 WHERE id = $1 AND low_told <> $2");

bool catalogue_note_stock(struct work *work, int64_t product_id, int64_t available, int64_t limit,
                          bool *crossed_out, struct error *err)
{
    bool low = available <= limit;
    struct db_rows rows;
    if (!db_query(work->tx, &catalogue_set_low, DB_PARAMS(P_INT(product_id), P_BOOL(low)), &rows, err))
        return false;
    *crossed_out = low && rows.affected == 1;
    return true;
}

/* Only the few products that are marked are counted; locked in order of id, so that two of these can't wait
 * for each other. */
DB_TENANT_STATEMENT(catalogue_clear_low,
                    "WITH risen AS (SELECT p.id FROM products p WHERE p.low_told AND (SELECT count(*) FROM"
                    " stock_units u WHERE u.product_id = p.id AND u.state = 'available') > $1"
                    " ORDER BY p.id FOR NO KEY UPDATE)"
                    " UPDATE products SET low_told = false FROM risen WHERE products.id = risen.id");

bool catalogue_limit_changed(struct work *work, int64_t limit, struct error *err)
{
    return db_send(work->tx, &catalogue_clear_low, DB_PARAMS(P_INT(limit)), NULL, err);
}

bool catalogue_stock_rose(struct work *work, struct error *err)
{
    return catalogue_limit_changed(work, work->tenant->low_stock, err);
}

/* xmax is 0 in a row that this statement inserted. */
DB_TENANT_STATEMENT(catalogue_upsert_category,
                    "INSERT INTO categories (name, emoji, position) VALUES ($1, $2, $3)"
                    " ON CONFLICT (name) DO UPDATE SET emoji = excluded.emoji, position = excluded.position,"
                    " edition = categories.edition + ((categories.emoji, categories.position)"
                    " IS DISTINCT FROM (excluded.emoji, excluded.position))::integer"
                    " RETURNING id, xmax = 0");

bool catalogue_put_category(struct work *work, const char *name, const char *emoji, int64_t position,
                            struct db_rows *rows_out, struct error *err)
{
    return db_send(work->tx, &catalogue_upsert_category,
                   DB_PARAMS(P_TEXT(name), P_TEXT(emoji), P_INT(position)), rows_out, err);
}

DB_TENANT_STATEMENT(
    catalogue_upsert_product,
    "INSERT INTO products (category_id, code, name, description, price, snk, position, created_at, "
    "updated_at, kind, question)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10)"
    " ON CONFLICT (code) DO UPDATE SET category_id = excluded.category_id, name = excluded.name,"
    " description = excluded.description, price = excluded.price, snk = excluded.snk,"
    " position = excluded.position, question = excluded.question, updated_at = excluded.updated_at,"
    " edition = products.edition + 1"
    " WHERE (products.category_id, products.name, products.description, products.price, products.snk,"
    " products.position, products.question) IS DISTINCT FROM (excluded.category_id, excluded.name,"
    " excluded.description, excluded.price, excluded.snk, excluded.position, excluded.question)"
    " RETURNING id, xmax = 0");

bool catalogue_put_product(struct work *work, const struct catalogue_entry *entry, struct db_rows *rows_out,
                           struct error *err)
{
    return db_send(work->tx, &catalogue_upsert_product,
                   DB_PARAMS(P_INT(entry->category_id), P_TEXT(entry->code), P_TEXT(entry->name),
                             P_TEXT(entry->description), P_INT(entry->price), P_TEXT(entry->snk),
                             P_INT(entry->position), P_TIME(work->now_ms),
                             P_TEXT(catalogue_kind_name(entry->kind)), P_TEXT(entry->question)),
                   rows_out, err);
}

DB_TENANT_STATEMENT(catalogue_select_codes,
                    "SELECT code, id, kind FROM products ORDER BY code COLLATE \"C\"");

bool catalogue_codes(struct work *work, struct db_rows *rows_out, struct error *err)
{
    return db_query(work->tx, &catalogue_select_codes, DB_NO_PARAMS, rows_out, err);
}

DB_TENANT_STATEMENT(catalogue_select_names, "SELECT name, id FROM categories ORDER BY name COLLATE \"C\"");

bool catalogue_names(struct work *work, struct db_rows *rows_out, struct error *err)
{
    return db_query(work->tx, &catalogue_select_names, DB_NO_PARAMS, rows_out, err);
}

int catalogue_row_of(const struct db_rows *rows, const char *text)
{
    int low = 0, high = rows->count;
    while (low < high) {
        int middle = low + (high - low) / 2;
        if (strcmp(db_text(rows, middle, 0), text) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < rows->count && strcmp(db_text(rows, low, 0), text) == 0 ? low : -1;
}

int64_t catalogue_id_of(const struct db_rows *rows, const char *text)
{
    int row = catalogue_row_of(rows, text);
    return row < 0 ? 0 : db_int(rows, row, 1);
}

#include "store/cart.h"

#include <string.h>

#include "base/str.h"
#include "store/internal.h"

static struct recall *memory_of(struct work *work)
{
    return &store_cache_of(work)->carts;
}

/* --- changing --- */

/* The parts of a WITH all see the cart as it was before: one row is either deleted or written, never both.
 * What makes the sum right is the person's row, locked since user_touch(). */
DB_TENANT_STATEMENT(
    cart_change_item,
    "WITH wanted AS (SELECT greatest(0, least(1000, $4::bigint, $3::bigint + coalesce((SELECT quantity FROM"
    " cart_items WHERE telegram_id = $1 AND product_id = $2), 0)))::integer AS quantity),"
    " gone AS (DELETE FROM cart_items USING wanted WHERE telegram_id = $1 AND product_id = $2"
    " AND wanted.quantity = 0),"
    " kept AS (INSERT INTO cart_items (telegram_id, product_id, quantity, price, added_at)"
    " SELECT $1, $2, wanted.quantity, $5::bigint, $6::timestamptz FROM wanted WHERE wanted.quantity > 0"
    " ON CONFLICT (telegram_id, product_id) DO UPDATE SET quantity = excluded.quantity, price = "
    "excluded.price)"
    " SELECT quantity FROM wanted");

bool cart_change(struct work *work, int64_t telegram_id, int64_t product_id, int64_t delta, int64_t most,
                 int64_t price, struct cart_change *change_out, struct error *err)
{
    if (delta > CART_MOST || delta < -CART_MOST)
        return error_set(err, ERR_INVALID, "cart: a change by %lld", (long long)delta);
    change_out->telegram_id = telegram_id;
    change_out->product_id = product_id;
    recall_forget(memory_of(work), telegram_id, product_id);
    return db_send(work->tx, &cart_change_item,
                   DB_PARAMS(P_INT(telegram_id), P_INT(product_id), P_INT(delta), P_INT(most), P_INT(price),
                             P_TIME(work->now_ms)),
                   &change_out->rows, err);
}

int64_t cart_changed_quantity(struct work *work, const struct cart_change *change)
{
    int64_t quantity = db_int(&change->rows, 0, 0);
    if (work->tx && db_committed(work->tx)) /* what may be rolled back is not remembered */
        recall_put(memory_of(work), change->telegram_id, change->product_id, quantity, work->now_ms);
    return quantity;
}

bool cart_product_is_gone(const struct work *work, const struct error *err)
{
    return err->code == ERR_INVALID && strcmp(db_constraint(work->db), "cart_items_product_id_fkey") == 0;
}

DB_TENANT_STATEMENT(cart_upsert_item,
                    "INSERT INTO cart_items (telegram_id, product_id, quantity, price, added_at)"
                    " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (telegram_id, product_id) DO UPDATE"
                    " SET quantity = excluded.quantity, price = excluded.price");
DB_TENANT_STATEMENT(cart_delete_item, "DELETE FROM cart_items WHERE telegram_id = $1 AND product_id = $2");

bool cart_set(struct work *work, int64_t telegram_id, int64_t product_id, int64_t quantity, int64_t price,
              struct error *err)
{
    if (quantity < 0 || quantity > CART_MOST)
        return error_set(err, ERR_INVALID, "cart: a quantity of %lld", (long long)quantity);
    recall_forget(memory_of(work), telegram_id, product_id);
    if (quantity == 0)
        return db_send(work->tx, &cart_delete_item, DB_PARAMS(P_INT(telegram_id), P_INT(product_id)), NULL,
                       err);
    return db_send(
        work->tx, &cart_upsert_item,
        DB_PARAMS(P_INT(telegram_id), P_INT(product_id), P_INT(quantity), P_INT(price), P_TIME(work->now_ms)),
        NULL, err);
}

/* --- answers --- */

static const char *answer_identity(struct work *work, int64_t telegram_id, int64_t product_id)
{
    return arena_printf(work->arena, "cart:%lld:%lld", (long long)telegram_id, (long long)product_id);
}

DB_TENANT_STATEMENT(cart_update_answer,
                    "UPDATE cart_items SET answer = $3 WHERE telegram_id = $1 AND product_id = $2");

/* The question stands in front of the answer, with a NUL between them. */
bool cart_set_answer(struct work *work, int64_t telegram_id, int64_t product_id, const char *question,
                     const char *answer, struct error *err)
{
    struct db_rows rows;
    if (!*answer || !str_is_utf8(answer, strlen(answer)) || str_utf8_length(answer) > CART_ANSWER)
        return error_set(err, ERR_INVALID, "an answer is 1 to %d characters", CART_ANSWER);
    struct str both = STR_INIT(work->arena);
    str_add_bytes(&both, question, strlen(question) + 1);
    str_add(&both, answer);
    const char *identity = answer_identity(work, telegram_id, product_id);
    if (!db_query(work->tx, &cart_update_answer,
                  DB_PARAMS(P_INT(telegram_id), P_INT(product_id),
                            content_seal(work, identity, both.text, both.length)),
                  &rows, err))
        return false;
    return rows.affected ||
           error_set(err, ERR_NOT_FOUND, "product %lld is not in the cart", (long long)product_id);
}

bool cart_open_answer(struct work *work, int64_t telegram_id, int64_t product_id, const struct db_rows *rows,
                      int row, int column, const char **question_out, const char **answer_out,
                      struct error *err)
{
    const char *both;
    size_t length;
    if (!content_open(work, answer_identity(work, telegram_id, product_id), rows, row, column, &both, &length,
                      err))
        return false;
    if (both && strlen(both) >= length)
        return error_set(err, ERR_INTERNAL, "the answer for product %lld is damaged", (long long)product_id);
    *question_out = both;
    *answer_out = both ? both + strlen(both) + 1 : NULL;
    return true;
}

DB_TENANT_STATEMENT(cart_delete_all, "DELETE FROM cart_items WHERE telegram_id = $1");

bool cart_clear(struct work *work, int64_t telegram_id, struct error *err)
{
    recall_forget_person(memory_of(work), telegram_id);
    return db_send(work->tx, &cart_delete_all, DB_PARAMS(P_INT(telegram_id)), NULL, err) &&
           coupon_cart_clear(work, telegram_id, err);
}

DB_TENANT_STATEMENT(cart_delete_product, "DELETE FROM cart_items WHERE product_id = $1");

bool cart_drop_product(struct work *work, int64_t product_id, struct error *err)
{
    return db_send(work->tx, &cart_delete_product, DB_PARAMS(P_INT(product_id)), NULL, err);
}

/* --- reading --- */

/* added_at is set when the item is put in and stays: a change of quantity does not move a line in the cart.
 */
DB_TENANT_STATEMENT(cart_select,
                    "SELECT product_id, quantity, price, answer FROM cart_items WHERE telegram_id = $1"
                    " ORDER BY added_at, product_id");

static bool read_items(struct work *work, int64_t telegram_id, const struct db_rows *rows,
                       const struct cart_item **items_out, struct error *err)
{
    struct cart_item *items = ARENA_ARRAY(work->arena, struct cart_item, rows->count);
    for (int i = 0; i < rows->count; i++) {
        struct cart_item *item = &items[i];
        *item = (struct cart_item){.product_id = db_int(rows, i, 0),
                                   .quantity = db_int(rows, i, 1),
                                   .seen_price = db_int(rows, i, 2)};
        if (!cart_open_answer(work, telegram_id, item->product_id, rows, i, 3, &item->question, &item->answer,
                              err))
            return false;
    }
    *items_out = items;
    return true;
}

bool cart_get(struct work *work, int64_t telegram_id, struct cart *cart_out, struct error *err)
{
    bool own = false;
    if (!store_read_begin(work, &own, err))
        return false;
    struct db_rows rows;
    const struct coupon_in_cart *coupon;
    bool ok = db_send(work->tx, &cart_select, DB_PARAMS(P_INT(telegram_id)), &rows, err) &&
              coupon_cart_get(work, telegram_id, false, &coupon, err);
    const struct cart_item *items;
    ok = ok && read_items(work, telegram_id, &rows, &items, err);
    if (ok)
        *cart_out = (struct cart){.count = (size_t)rows.count, .items = items, .coupon = coupon};
    store_read_end(work, own);
    return ok;
}

DB_TENANT_STATEMENT(cart_select_quantity,
                    "SELECT quantity FROM cart_items WHERE telegram_id = $1 AND product_id = $2");

bool cart_quantity(struct work *work, int64_t telegram_id, int64_t product_id, int64_t *quantity_out,
                   struct error *err)
{
    int64_t quantity, at_ms;
    if (recall_get(memory_of(work), telegram_id, product_id, work->now_ms, &quantity, &at_ms)) {
        *quantity_out = quantity;
        return true;
    }
    bool own = false;
    if (!store_read_begin(work, &own, err))
        return false;
    struct db_rows rows;
    bool ok = db_query(work->tx, &cart_select_quantity, DB_PARAMS(P_INT(telegram_id), P_INT(product_id)),
                       &rows, err);
    if (ok) {
        *quantity_out = rows.count ? db_int(&rows, 0, 0) : 0;
        if (own) /* an open transaction sees its own changes, which may be rolled back */
            recall_put(memory_of(work), telegram_id, product_id, *quantity_out, work->now_ms);
    }
    store_read_end(work, own);
    return ok;
}

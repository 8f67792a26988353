#include "store/order_content.h"

#include <string.h>

#include "store/internal.h"

static struct db_param seal(struct work *work, const char *what, int64_t item_id, const char *plain)
{
    if (!plain)
        return P_NULL;
    return content_seal(work, content_identity(work, what, item_id), plain, strlen(plain));
}

/* --- writing --- */

DB_TENANT_STATEMENT(order_update_content,
                    "UPDATE order_items SET content = $2, content_name = $3, answer = $4 WHERE id = $1");

bool order_content_put(struct work *work, int64_t item_id, const char *content, const char *content_name,
                       const char *answer, struct error *err)
{
    return db_send(work->tx, &order_update_content,
                   DB_PARAMS(P_INT(item_id), seal(work, "item", item_id, content), P_TEXT(content_name),
                             seal(work, "answer", item_id, answer)),
                   NULL, err);
}

DB_TENANT_STATEMENT(
    order_fulfil_item,
    "UPDATE order_items i SET content = $2, content_name = $3, fulfilled_at = $4, fulfilled_by = $5"
    " WHERE id = $1 AND kind = 'manual' AND fulfilled_at IS NULL"
    " AND EXISTS (SELECT FROM orders o WHERE o.id = i.order_id AND o.state = 'paid')");

static bool is_good(const struct order_content *content)
{
    if (content->text)
        return !content->file_id && !content->file_name && content_is_good(content->text, NULL);
    if (content->file_id)
        return content->file_name && content_is_good(content->file_id, content->file_name);
    return !content->file_name;
}

bool order_content_fulfil(struct work *work, int64_t item_id, int64_t actor_id,
                          const struct order_content *content, struct error *err)
{
    if (!is_good(content))
        return error_set(err, ERR_INVALID, "item %lld: no such content", (long long)item_id);
    const char *plain = content->text ? content->text : content->file_id;
    return db_change(work->tx, &order_fulfil_item,
                     DB_PARAMS(P_INT(item_id), seal(work, "item", item_id, plain), P_TEXT(content->file_name),
                               P_TIME(work->now_ms), P_INT(actor_id)),
                     err) ||
           error_context(err, "item %lld", (long long)item_id);
}

/* --- reading --- */

DB_TENANT_STATEMENT(order_select_content,
                    "SELECT content, content_name, answer, order_id FROM order_items WHERE id = $1");

static bool read_item(struct work *work, int64_t item_id, struct db_rows *rows_out, struct error *err)
{
    if (!db_query(work->tx, &order_select_content, DB_PARAMS(P_INT(item_id)), rows_out, err))
        return false;
    return rows_out->count || error_set(err, ERR_NOT_FOUND, "item %lld: not there", (long long)item_id);
}

bool order_content_get(struct work *work, int64_t item_id, struct order_content *content_out,
                       struct error *err)
{
    struct db_rows rows;
    const char *plain;
    if (!read_item(work, item_id, &rows, err) ||
        !content_open(work, content_identity(work, "item", item_id), &rows, 0, 0, &plain, NULL, err))
        return false;
    const char *name = db_text_copy(work->arena, &rows, 0, 1);
    *content_out = name ? (struct order_content){.file_id = plain, .file_name = name}
                        : (struct order_content){.text = plain};
    return true;
}

bool order_content_open_answer(struct work *work, int64_t item_id, const struct db_rows *rows, int row,
                               int column, const char **answer_out, struct error *err)
{
    return content_open(work, content_identity(work, "answer", item_id), rows, row, column, answer_out, NULL,
                        err);
}

bool order_content_answer(struct work *work, int64_t item_id, const char **answer_out, struct error *err)
{
    struct db_rows rows;
    return read_item(work, item_id, &rows, err) &&
           order_content_open_answer(work, item_id, &rows, 0, 2, answer_out, err);
}

bool order_content_order(struct work *work, int64_t item_id, int64_t *order_id_out, struct error *err)
{
    struct db_rows rows;
    if (!read_item(work, item_id, &rows, err))
        return false;
    *order_id_out = db_int(&rows, 0, 3);
    return true;
}

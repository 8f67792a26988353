#include "store/stock_edit.h"

#include <string.h>

#include "base/str.h"
#include "store/admin_log.h"
#include "store/internal.h"
#include "store/stock_list.h"

/* An export is a file that Telegram takes and a row that the outbox can hold. */
enum { EXPORT_BYTES = 4 << 20 };

static bool write_log(struct work *work, int64_t actor_id, const char *action, const char *subject,
                      int64_t subject_id, json_t *after, struct error *err)
{
    const struct admin_log entry = {
        .actor_id = actor_id, .action = action, .subject = subject, .subject_id = subject_id, .after = after};
    return admin_log_add(work, &entry, err);
}

DB_TENANT_STATEMENT(stock_edit_select_product,
                    "SELECT kind = 'unit' FROM products WHERE id = $1 AND deleted_at IS NULL FOR KEY SHARE");

bool stock_check_product(struct work *work, int64_t product_id, struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &stock_edit_select_product, DB_PARAMS(P_INT(product_id)), &rows, err))
        return false;
    if (!rows.count)
        return error_set(err, ERR_NOT_FOUND, "product %lld: not there", (long long)product_id);
    return db_bool(&rows, 0, 0) ||
           error_set(err, ERR_INVALID, "product %lld: has no units", (long long)product_id);
}

/* --- one unit --- */

DB_TENANT_STATEMENT(stock_edit_take_out, "UPDATE stock_units SET state = 'removed' WHERE id = $1"
                                         " AND state = 'available' RETURNING product_id");
DB_TENANT_STATEMENT(stock_edit_bring_in, "UPDATE stock_units SET state = 'available' WHERE id = $1"
                                         " AND state = 'removed' RETURNING product_id");

static bool change(struct work *work, const struct db_statement *statement, const char *action,
                   int64_t actor_id, int64_t unit_id, struct error *err)
{
    struct stock_unit unit;
    struct db_rows rows;
    if (!stock_unit_get(work, unit_id, &unit, err) ||
        !db_query(work->tx, statement, DB_PARAMS(P_INT(unit_id)), &rows, err))
        return false;
    if (!rows.count)
        return error_set(err, ERR_CONFLICT, "unit %lld: is in another state", (long long)unit_id);
    return stock_check_product(work, unit.product_id, err) &&
           write_log(work, actor_id, action, "unit", unit_id,
                     json_pack("{s:I}", "product_id", (json_int_t)unit.product_id), err) &&
           catalogue_stock_rose(work, err) && catalogue_changed(work, err);
}

bool stock_edit_remove(struct work *work, int64_t actor_id, int64_t unit_id, struct error *err)
{
    return change(work, &stock_edit_take_out, "stock_remove", actor_id, unit_id, err);
}

bool stock_edit_put_back(struct work *work, int64_t actor_id, int64_t unit_id, struct error *err)
{
    return change(work, &stock_edit_bring_in, "stock_restore", actor_id, unit_id, err);
}

bool stock_edit_show(struct work *work, int64_t actor_id, int64_t unit_id, const char **content_out,
                     struct error *err)
{
    return stock_content(work, unit_id, content_out, err) &&
           write_log(work, actor_id, "stock_view", "unit", unit_id, NULL, err);
}

/* --- many --- */

DB_TENANT_STATEMENT(
    stock_edit_take_newest,
    "WITH units AS MATERIALIZED (SELECT id FROM stock_units WHERE product_id = $1 AND state = 'available'"
    " ORDER BY id DESC LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED)"
    " UPDATE stock_units s SET state = 'removed' FROM units WHERE s.id = units.id AND s.state = 'available'");
DB_TENANT_STATEMENT(stock_edit_take_all, "UPDATE stock_units SET state = 'removed' WHERE product_id = $1"
                                         " AND state = 'available'");

bool stock_remove_available(struct work *work, int64_t product_id, int64_t most, int64_t *removed_out,
                            struct error *err)
{
    const struct db_param params[] = {P_INT(product_id), P_INT(most)};
    struct db_rows rows;
    if (!db_query(work->tx, most ? &stock_edit_take_newest : &stock_edit_take_all, params, most ? 2 : 1,
                  &rows, err))
        return false;
    *removed_out = rows.affected;
    return true;
}

bool stock_edit_remove_newest(struct work *work, int64_t actor_id, int64_t product_id, int64_t most,
                              int64_t *removed_out, struct error *err)
{
    int64_t removed;
    if (most < 0)
        return error_set(err, ERR_INVALID, "%lld units", (long long)most);
    if (!stock_remove_available(work, product_id, most, &removed, err) ||
        !stock_check_product(work, product_id, err) ||
        !write_log(work, actor_id, "stock_remove_many", "product", product_id,
                   json_pack("{s:I}", "units", (json_int_t)removed), err) ||
        !catalogue_changed(work, err))
        return false;
    *removed_out = removed;
    return true;
}

/* The first one always: a file that has it is not larger than Telegram's limit either. */
DB_TENANT_STATEMENT(stock_edit_select_export,
                    "SELECT id, product_id, digest, content FROM (SELECT id, product_id, digest, content,"
                    " sum(octet_length(content)) OVER (ORDER BY id) AS bytes FROM (SELECT * FROM stock_units"
                    " WHERE product_id = $1 AND state = 'available' AND id > $2 ORDER BY id LIMIT 10000) u) u"
                    " WHERE bytes <= $3 ORDER BY id");
DB_TENANT_STATEMENT(stock_edit_select_rest,
                    "SELECT FROM stock_units WHERE product_id = $1 AND state = 'available' AND id > $2"
                    " LIMIT 1");

bool stock_edit_export(struct work *work, int64_t actor_id, int64_t product_id, int64_t after,
                       struct stock_export *export_out, struct error *err)
{
    struct db_rows rows, rest;
    struct str text = STR_INIT(work->arena);
    if (!stock_check_product(work, product_id, err) ||
        !db_query(work->tx, &stock_edit_select_export,
                  DB_PARAMS(P_INT(product_id), P_INT(after), P_INT(EXPORT_BYTES)), &rows, err))
        return false;
    for (int i = 0; i < rows.count; i++) {
        const char *content;
        if (!stock_open(work, &rows, i, 0, &content, err))
            return false;
        str_add(&text, content);
        str_add(&text, "\n");
    }
    int64_t last = rows.count ? db_int(&rows, rows.count - 1, 0) : after;
    if (!db_query(work->tx, &stock_edit_select_rest, DB_PARAMS(P_INT(product_id), P_INT(last)), &rest, err) ||
        !write_log(work, actor_id, "stock_export", "product", product_id,
                   json_pack("{s:i}", "units", rows.count), err))
        return false;
    *export_out = (struct stock_export){str_done(&text), rows.count, last, rest.count > 0};
    return true;
}

/* What admins change in categories. */
#include "base/str.h"
#include "store/catalogue_edit.h"
#include "store/internal.h"

bool catalogue_edit_category_name_is_good(const char *name)
{
    return catalogue_is_text(name, 1, CATALOGUE_CATEGORY_NAME, false) && !catalogue_is_kept_back(name);
}

static bool is_emoji(const char *emoji)
{
    return catalogue_is_text(emoji, 0, CATALOGUE_EMOJI, false);
}

DB_TENANT_STATEMENT(catalogue_edit_select_name, "SELECT FROM categories WHERE name = $1 AND id <> $2");

bool catalogue_edit_category_is_taken(struct work *work, const char *name, int64_t category_id,
                                      bool *taken_out, struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &catalogue_edit_select_name, DB_PARAMS(P_TEXT(name), P_INT(category_id)), &rows,
                  err))
        return false;
    *taken_out = rows.count > 0;
    return true;
}

DB_TENANT_STATEMENT(catalogue_edit_insert_shelf,
                    "INSERT INTO categories (name, emoji, position) SELECT $1, $2,"
                    " coalesce(max(position), 0) + 1 FROM categories WHERE deleted_at IS NULL"
                    " ON CONFLICT (name) DO NOTHING RETURNING id");

bool catalogue_edit_add_category(struct work *work, int64_t actor_id, const char *name, const char *emoji,
                                 int64_t *category_id_out, struct error *err)
{
    struct db_rows rows;
    if (!catalogue_edit_category_name_is_good(name) || !is_emoji(emoji))
        return error_set(err, ERR_INVALID, "a new category can't be that");
    if (!db_query(work->tx, &catalogue_edit_insert_shelf, DB_PARAMS(P_TEXT(name), P_TEXT(emoji)), &rows, err))
        return false;
    if (!rows.count)
        return error_set(err, ERR_CONFLICT, "the category's name is taken");
    int64_t id = db_int(&rows, 0, 0);
    if (!catalogue_log(work, "category", "add", actor_id, id, NULL,
                       json_pack("{s:s, s:s}", "name", name, "emoji", emoji), err))
        return false;
    *category_id_out = id;
    return true;
}

/* --- one field --- */

DB_TENANT_STATEMENT(catalogue_edit_lock_shelf, "SELECT edition, name, emoji, hidden"
                                               " FROM categories WHERE id = $1 AND deleted_at IS NULL"
                                               " FOR NO KEY UPDATE");

static bool lock(struct work *work, const struct catalogue_change *change, struct db_rows *rows_out,
                 struct error *err)
{
    if (!db_query(work->tx, &catalogue_edit_lock_shelf, DB_PARAMS(P_INT(change->id)), rows_out, err))
        return false;
    if (!rows_out->count)
        return error_set(err, ERR_NOT_FOUND, "category %lld: not there", (long long)change->id);
    if (db_int(rows_out, 0, 0) != change->edition)
        return error_set(err, ERR_CONFLICT, "category %lld: changed meanwhile", (long long)change->id);
    return true;
}

#define SET(column) "UPDATE categories SET " column ", edition = edition + 1 WHERE id = $1"
DB_TENANT_STATEMENT(catalogue_edit_shelf_name, SET("name = $2"));
DB_TENANT_STATEMENT(catalogue_edit_shelf_emoji, SET("emoji = $2"));
DB_TENANT_STATEMENT(catalogue_edit_shelf_hidden, SET("hidden = $2::bigint <> 0"));

static bool set_text(struct work *work, const struct catalogue_change *change, bool is_name, const char *text,
                     struct error *err)
{
    const char *key = is_name ? "name" : "emoji";
    struct db_rows rows;
    if (!text || !(is_name ? catalogue_edit_category_name_is_good(text) : is_emoji(text)))
        return error_set(err, ERR_INVALID, "category %lld: %s can't be that", (long long)change->id, key);
    if (!lock(work, change, &rows, err))
        return false;
    const char *before = db_text(&rows, 0, is_name ? 1 : 2);
    if (str_equal(before, text))
        return true;
    return db_query(work->tx, is_name ? &catalogue_edit_shelf_name : &catalogue_edit_shelf_emoji,
                    DB_PARAMS(P_INT(change->id), P_TEXT(text)), NULL, err) &&
           catalogue_log(work, "category", "edit", change->actor_id, change->id,
                         json_pack("{s:s}", key, before), json_pack("{s:s}", key, text), err);
}

static bool set_hidden(struct work *work, const struct catalogue_change *change, bool hidden,
                       struct error *err)
{
    struct db_rows rows;
    if (!lock(work, change, &rows, err))
        return false;
    if (db_bool(&rows, 0, 3) == hidden)
        return true;
    return db_query(work->tx, &catalogue_edit_shelf_hidden, DB_PARAMS(P_INT(change->id), P_INT(hidden)), NULL,
                    err) &&
           catalogue_log(work, "category", "edit", change->actor_id, change->id,
                         json_pack("{s:b}", "hidden", !hidden), json_pack("{s:b}", "hidden", hidden), err);
}

bool catalogue_edit_category(struct work *work, const struct catalogue_change *change,
                             enum catalogue_field field, const struct catalogue_value *value,
                             struct error *err)
{
    if (field == EDIT_HIDDEN)
        return set_hidden(work, change, value->number != 0, err);
    if (field == EDIT_NAME || field == EDIT_EMOJI)
        return set_text(work, change, field == EDIT_NAME, value->text, err);
    return error_set(err, ERR_INVALID, "category %lld: has no field %d", (long long)change->id, (int)field);
}

/* --- moving --- */

/* They are few: all are locked, so that their list stays as it is. */
DB_TENANT_STATEMENT(catalogue_edit_lock_shelves,
                    "SELECT FROM categories WHERE deleted_at IS NULL ORDER BY id FOR NO KEY UPDATE");
/* As products are moved. */
DB_TENANT_STATEMENT(
    catalogue_edit_move_shelf,
    "WITH listed AS MATERIALIZED (SELECT id, position, row_number() OVER (ORDER BY position, id) AS place"
    " FROM categories WHERE deleted_at IS NULL),"
    " me AS (SELECT place, position FROM listed WHERE id = $1), other AS (SELECT l.id, l.place"
    " FROM listed l, me WHERE l.place = me.place + $2), wanted AS (SELECT l.id, l.position AS old,"
    " CASE l.id WHEN $1 THEN other.place WHEN other.id THEN me.place ELSE l.place END AS place"
    " FROM listed l, me, other), moved AS (UPDATE categories c SET position = w.place,"
    " edition = edition + (c.id = $1)::integer FROM wanted w WHERE c.id = w.id AND (w.place <> w.old"
    " OR c.id = $1)) SELECT old, place FROM wanted WHERE id = $1");

bool catalogue_edit_move_category(struct work *work, const struct catalogue_change *change, int up,
                                  struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &catalogue_edit_lock_shelves, DB_NO_PARAMS, NULL, err) ||
        !lock(work, change, &rows, err) ||
        !db_query(work->tx, &catalogue_edit_move_shelf, DB_PARAMS(P_INT(change->id), P_INT(up < 0 ? -1 : 1)),
                  &rows, err))
        return false;
    return !rows.count || catalogue_log(work, "category", "move", change->actor_id, change->id,
                                        json_pack("{s:I}", "position", (json_int_t)db_int(&rows, 0, 0)),
                                        json_pack("{s:I}", "position", (json_int_t)db_int(&rows, 0, 1)), err);
}

/* --- deleting --- */

DB_TENANT_STATEMENT(catalogue_edit_select_content,
                    "SELECT FROM products WHERE category_id = $1 AND deleted_at IS NULL LIMIT 1");
DB_TENANT_STATEMENT(catalogue_edit_delete_shelf,
                    "UPDATE categories SET hidden = true, deleted_at = $2, name = 'deleted-' || id,"
                    " edition = edition + 1 WHERE id = $1");

bool catalogue_edit_delete_category(struct work *work, const struct catalogue_change *change,
                                    struct error *err)
{
    struct db_rows rows, products;
    /* Whoever puts a product in holds the row, too. */
    if (!lock(work, change, &rows, err) ||
        !db_query(work->tx, &catalogue_edit_select_content, DB_PARAMS(P_INT(change->id)), &products, err))
        return false;
    if (products.count)
        return error_set(err, ERR_INVALID, "category %lld: has products", (long long)change->id);
    return db_send(work->tx, &catalogue_edit_delete_shelf, DB_PARAMS(P_INT(change->id), P_TIME(work->now_ms)),
                   NULL, err) &&
           catalogue_log(work, "category", "delete", change->actor_id, change->id,
                         json_pack("{s:s}", "name", db_text(&rows, 0, 1)), NULL, err);
}

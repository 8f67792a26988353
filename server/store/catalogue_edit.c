#include "store/catalogue_edit.h"

#include <ctype.h>
#include <string.h>

#include "base/crypto.h"
#include "base/str.h"
#include "store/admin_log.h"
#include "store/internal.h"

enum { MOST_PHOTO = 256, MADE_CODE = 20, MADE_LETTERS = 4, MOST_TRIES = 5 };

/* --- what all changes share --- */

bool catalogue_is_kept_back(const char *text)
{
    return str_starts_with(text, "deleted-");
}

bool catalogue_is_text(const char *text, size_t least, size_t most, bool lines)
{
    for (const char *p = text; *p; p++) {
        unsigned char c = (unsigned char)*p;
        if (c == 0x7F || (c < ' ' && !(lines && (c == '\n' || c == '\t'))))
            return false;
    }
    size_t length = str_is_utf8(text, strlen(text)) ? str_utf8_length(text) : 0;
    return length >= least && length <= most && (!*text || length);
}

bool catalogue_log(struct work *work, const char *subject, const char *action, int64_t actor_id, int64_t id,
                   json_t *before, json_t *after, struct error *err)
{
    const struct admin_log entry = {.actor_id = actor_id,
                                    .action = action,
                                    .subject = subject,
                                    .subject_id = id,
                                    .before = before,
                                    .after = after};
    return admin_log_add(work, &entry, err) && catalogue_changed(work, err);
}

/* --- the row --- */

DB_TENANT_STATEMENT(catalogue_edit_lock,
                    "SELECT edition, kind, name, hidden::integer, code, price, description, snk, question,"
                    " photo, category_id FROM products WHERE id = $1 AND deleted_at IS NULL"
                    " FOR NO KEY UPDATE");
enum { COLUMN_EDITION, COLUMN_KIND, COLUMN_FIRST_FIELD }; /* the fields in their order */

static bool check_row(const struct catalogue_change *change, const struct db_rows *rows, struct error *err)
{
    if (!rows->count)
        return error_set(err, ERR_NOT_FOUND, "product %lld: not there", (long long)change->id);
    if (db_int(rows, 0, COLUMN_EDITION) != change->edition)
        return error_set(err, ERR_CONFLICT, "product %lld: changed meanwhile", (long long)change->id);
    return true;
}

static bool lock(struct work *work, const struct catalogue_change *change, struct db_rows *rows_out,
                 struct error *err)
{
    return db_query(work->tx, &catalogue_edit_lock, DB_PARAMS(P_INT(change->id)), rows_out, err) &&
           check_row(change, rows_out, err);
}

/* Also keeps its list as it is. */
DB_TENANT_STATEMENT(catalogue_edit_lock_category,
                    "SELECT FROM categories WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE");

static bool lock_category(struct work *work, int64_t category_id, struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &catalogue_edit_lock_category, DB_PARAMS(P_INT(category_id)), &rows, err))
        return false;
    return rows.count || error_set(err, ERR_NOT_FOUND, "category %lld: not there", (long long)category_id);
}

/* --- one field --- */

/* $2 is the new value. */
#define SET(column) "UPDATE products SET " column ", edition = edition + 1, updated_at = $3 WHERE id = $1"
#define LAST_PLACE(category)                                                                                 \
    "(SELECT coalesce(max(position), 0) + 1 FROM products WHERE category_id = " category                     \
    " AND deleted_at IS NULL)"
DB_TENANT_STATEMENT(catalogue_edit_name, SET("name = $2"));
DB_TENANT_STATEMENT(catalogue_edit_hidden, SET("hidden = $2::bigint <> 0"));
DB_TENANT_STATEMENT(catalogue_edit_code, SET("code = $2"));
DB_TENANT_STATEMENT(catalogue_edit_price, SET("price = $2"));
DB_TENANT_STATEMENT(catalogue_edit_description, SET("description = $2"));
DB_TENANT_STATEMENT(catalogue_edit_snk, SET("snk = $2"));
DB_TENANT_STATEMENT(catalogue_edit_question, SET("question = $2"));
DB_TENANT_STATEMENT(catalogue_edit_photo, SET("photo = $2"));
DB_TENANT_STATEMENT(catalogue_edit_shelve, SET("category_id = $2, position = " LAST_PLACE("$2")));

static const struct field {
    const char *name; /* in admin_logs */
    const struct db_statement *set;
    bool is_number;
    int64_t least, most; /* of the number, or of the text's characters */
    bool lines;          /* of a text: may have several */
} fields[EDIT_FIELDS] = {
    [EDIT_NAME] = {"name", &catalogue_edit_name, false, 1, CATALOGUE_NAME, false},
    [EDIT_HIDDEN] = {"hidden", &catalogue_edit_hidden, true, 0, 1, false},
    [EDIT_CODE] = {"code", &catalogue_edit_code, false, 1, CATALOGUE_CODE, false},
    [EDIT_PRICE] = {"price", &catalogue_edit_price, true, 1, CATALOGUE_PRICE, false},
    [EDIT_DESCRIPTION] = {"description", &catalogue_edit_description, false, 0, CATALOGUE_DESCRIPTION, true},
    [EDIT_SNK] = {"snk", &catalogue_edit_snk, false, 0, CATALOGUE_SNK, true},
    [EDIT_QUESTION] = {"question", &catalogue_edit_question, false, 0, CATALOGUE_QUESTION, true},
    [EDIT_PHOTO] = {"photo", &catalogue_edit_photo, false, 1, MOST_PHOTO, false},
    [EDIT_CATEGORY] = {"category_id", &catalogue_edit_shelve, true, 1, INT64_MAX, false},
};

bool catalogue_edit_code_is_good(const char *code)
{
    size_t length = strspn(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");
    return !code[length] && length >= 1 && length <= CATALOGUE_CODE && !catalogue_is_kept_back(code);
}

static bool is_allowed(enum catalogue_field field, const struct catalogue_value *value)
{
    const struct field *f = &fields[field];
    if (f->is_number)
        return value->number >= f->least && value->number <= f->most;
    if (!value->text)
        return field == EDIT_PHOTO;
    return catalogue_is_text(value->text, (size_t)f->least, (size_t)f->most, f->lines) &&
           (field != EDIT_CODE || catalogue_edit_code_is_good(value->text));
}

static bool check_value(const struct catalogue_change *change, enum catalogue_field field,
                        const struct catalogue_value *value, struct error *err)
{
    return (field < EDIT_FIELDS && fields[field].set && is_allowed(field, value)) ||
           error_set(err, ERR_INVALID, "product %lld: field %d can't be that", (long long)change->id,
                     (int)field);
}

static bool is_same(const struct db_rows *rows, enum catalogue_field field,
                    const struct catalogue_value *value)
{
    int column = COLUMN_FIRST_FIELD + (int)field;
    if (fields[field].is_number)
        return db_int(rows, 0, column) == value->number;
    return value->text ? !db_is_null(rows, 0, column) && str_equal(db_text(rows, 0, column), value->text)
                       : db_is_null(rows, 0, column);
}

/* A picture's file_id says nothing to anybody. */
static json_t *value_json(enum catalogue_field field, const char *text, int64_t number)
{
    json_t *value = field == EDIT_PHOTO        ? json_boolean(text != NULL)
                    : field == EDIT_HIDDEN     ? json_boolean(number != 0)
                    : !fields[field].is_number ? json_string(text)
                                               : json_integer(number);
    json_t *json = json_object();
    json_object_set_new(json, fields[field].name, value);
    return json;
}

static json_t *before_json(const struct db_rows *rows, enum catalogue_field field)
{
    int column = COLUMN_FIRST_FIELD + (int)field;
    if (fields[field].is_number)
        return value_json(field, NULL, db_int(rows, 0, column));
    return value_json(field, db_is_null(rows, 0, column) ? NULL : db_text(rows, 0, column), 0);
}

bool catalogue_edit_product(struct work *work, const struct catalogue_change *change,
                            enum catalogue_field field, const struct catalogue_value *value,
                            struct error *err)
{
    struct db_rows rows;
    if (!check_value(change, field, value, err) ||
        (field == EDIT_CATEGORY && !lock_category(work, value->number, err)) ||
        !lock(work, change, &rows, err))
        return false;
    if (is_same(&rows, field, value))
        return true;
    if (field == EDIT_QUESTION && !str_equal(db_text(&rows, 0, COLUMN_KIND), "manual"))
        return error_set(err, ERR_INVALID, "product %lld: asks nothing", (long long)change->id);
    return db_query(work->tx, fields[field].set,
                    DB_PARAMS(P_INT(change->id),
                              fields[field].is_number ? P_INT(value->number) : P_TEXT(value->text),
                              P_TIME(work->now_ms)),
                    NULL, err) &&
           catalogue_log(work, "product", "edit", change->actor_id, change->id, before_json(&rows, field),
                         value_json(field, value->text, value->number), err);
}

DB_TENANT_STATEMENT(catalogue_edit_count, "UPDATE products SET edition = edition + 1 WHERE id = $1");

bool catalogue_edit_content(struct work *work, const struct catalogue_change *change, const char *content,
                            const char *name, struct error *err)
{
    struct db_rows rows;
    if (!lock(work, change, &rows, err))
        return false;
    const char *kind = db_text(&rows, 0, COLUMN_KIND);
    if (!str_equal(kind, content && name ? "file" : "shared") && (content || !str_equal(kind, "file")))
        return error_set(err, ERR_INVALID, "product %lld: has no such content", (long long)change->id);
    return catalogue_set_content(work, change->id, content, name, err) &&
           db_send(work->tx, &catalogue_edit_count, DB_PARAMS(P_INT(change->id)), NULL, err) &&
           catalogue_log(work, "product", "edit_content", change->actor_id, change->id, NULL,
                         json_pack("{s:b}", "content", content != NULL), err);
}

/* --- adding --- */

DB_TENANT_STATEMENT(catalogue_edit_select_code, "SELECT FROM products WHERE code = $1 AND id <> $2");

bool catalogue_edit_code_is_taken(struct work *work, const char *code, int64_t product_id, bool *taken_out,
                                  struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &catalogue_edit_select_code, DB_PARAMS(P_TEXT(code), P_INT(product_id)), &rows,
                  err))
        return false;
    *taken_out = rows.count > 0;
    return true;
}

/* "Netflix 1 Bulan" is NETFLIX-1-BULAN. */
static const char *code_of_name(struct arena *arena, const char *name)
{
    struct str code = STR_INIT(arena);
    bool gap = false;
    for (const char *p = name; *p && code.length < MADE_CODE; p++) {
        unsigned char c = (unsigned char)*p;
        if (c < 0x80 && isalnum(c)) {
            str_addf(&code, "%s%c", gap && code.length ? "-" : "", toupper(c));
            gap = false;
        } else {
            gap = true;
        }
    }
    return code.length ? str_done(&code) : "PRODUK";
}

DB_TENANT_STATEMENT(catalogue_edit_insert,
                    "INSERT INTO products (category_id, kind, code, name, description, snk, price, question,"
                    " photo, position, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9,"
                    " " LAST_PLACE("$1") ", $10, $10) ON CONFLICT (code) DO NOTHING RETURNING id");

/* 0 where the code is taken. */
static bool insert(struct work *work, const struct catalogue_new_product *p, const char *code,
                   int64_t *product_id_out, struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &catalogue_edit_insert,
                  DB_PARAMS(P_INT(p->category_id), P_TEXT(catalogue_kind_name(p->kind)), P_TEXT(code),
                            P_TEXT(p->name), P_TEXT(p->description), P_TEXT(p->snk), P_INT(p->price),
                            P_TEXT(p->question), P_TEXT(p->photo), P_TIME(work->now_ms)),
                  &rows, err))
        return false;
    *product_id_out = rows.count ? db_int(&rows, 0, 0) : 0;
    return true;
}

static bool insert_with_code(struct work *work, const struct catalogue_new_product *p,
                             int64_t *product_id_out, const char **code_out, struct error *err)
{
    const char *base = p->code ? p->code : code_of_name(work->arena, p->name), *code = base;
    int64_t id = 0;
    for (int i = 0; i < MOST_TRIES && !id; i++) {
        if (i > 0)
            code = arena_printf(work->arena, "%s-%s", base, crypto_random_word(work->arena, MADE_LETTERS));
        if (!insert(work, p, code, &id, err))
            return false;
        if (p->code)
            break;
    }
    if (!id)
        return error_set(err, ERR_CONFLICT, "the code is taken");
    *product_id_out = id;
    *code_out = code;
    return true;
}

static bool check_new(const struct catalogue_new_product *p, struct error *err)
{
    const struct catalogue_value values[EDIT_FIELDS] = {
        [EDIT_NAME] = {.text = p->name},     [EDIT_CODE] = {.text = p->code ? p->code : "P"},
        [EDIT_PRICE] = {.number = p->price}, [EDIT_DESCRIPTION] = {.text = p->description},
        [EDIT_SNK] = {.text = p->snk},       [EDIT_QUESTION] = {.text = p->question},
        [EDIT_PHOTO] = {.text = p->photo},   [EDIT_CATEGORY] = {.number = p->category_id},
    };
    for (int field = 0; field < EDIT_EMOJI; field++)
        if (!is_allowed((enum catalogue_field)field, &values[field]))
            return error_set(err, ERR_INVALID, "a new product: field %d can't be that", field);
    bool takes_content = p->kind == PRODUCT_SHARED || p->kind == PRODUCT_FILE;
    if ((p->content && !takes_content) || (*p->question && p->kind != PRODUCT_MANUAL))
        return error_set(err, ERR_INVALID, "a new product: not of its kind");
    return true;
}

bool catalogue_edit_add_product(struct work *work, int64_t actor_id, const struct catalogue_new_product *p,
                                int64_t *product_id_out, struct error *err)
{
    int64_t id;
    const char *code;
    if (!check_new(p, err) || !lock_category(work, p->category_id, err) ||
        !insert_with_code(work, p, &id, &code, err))
        return false;
    json_t *after = json_pack("{s:s, s:s, s:s, s:I, s:I}", "name", p->name, "code", code, "kind",
                              catalogue_kind_name(p->kind), "price", (json_int_t)p->price, "category_id",
                              (json_int_t)p->category_id);
    if (!catalogue_log(work, "product", "add", actor_id, id, NULL, after, err) ||
        (p->content && !catalogue_set_content(work, id, p->content, p->content_name, err)))
        return false;
    *product_id_out = id;
    return true;
}

/* --- moving --- */

DB_TENANT_STATEMENT(catalogue_edit_select_place,
                    "SELECT edition, category_id FROM products WHERE id = $1 AND deleted_at IS NULL");
/* Its list is numbered anew, with the two in each other's place: so it comes out right where numbers are
 * equal, too. Two rows change, as a rule. */
DB_TENANT_STATEMENT(
    catalogue_edit_move,
    "WITH listed AS MATERIALIZED (SELECT id, position, row_number() OVER (ORDER BY position, id) AS place"
    " FROM products WHERE category_id = $2 AND deleted_at IS NULL),"
    " me AS (SELECT place FROM listed WHERE id = $1), other AS (SELECT l.id, l.place FROM listed l, me"
    " WHERE l.place = me.place + $3), wanted AS (SELECT l.id, l.position AS old, CASE l.id WHEN $1"
    " THEN other.place WHEN other.id THEN me.place ELSE l.place END AS place FROM listed l, me, other),"
    " locked AS MATERIALIZED (SELECT p.id, w.place, w.old FROM products p JOIN wanted w ON w.id = p.id"
    " WHERE w.place <> w.old OR w.id = $1 ORDER BY p.id FOR NO KEY UPDATE OF p),"
    " moved AS (UPDATE products p SET position = locked.place FROM locked WHERE p.id = locked.id)"
    " SELECT old, place FROM locked WHERE id = $1");
DB_TENANT_STATEMENT(catalogue_edit_count_from, "UPDATE products SET edition = edition + 1 WHERE id = $1"
                                               " AND edition = $2 AND category_id = $3"
                                               " AND deleted_at IS NULL");

bool catalogue_edit_move_product(struct work *work, const struct catalogue_change *change, int up,
                                 struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &catalogue_edit_select_place, DB_PARAMS(P_INT(change->id)), &rows, err) ||
        !check_row(change, &rows, err))
        return false;
    int64_t category_id = db_int(&rows, 0, 1);
    if (!lock_category(work, category_id, err) ||
        !db_query(work->tx, &catalogue_edit_move,
                  DB_PARAMS(P_INT(change->id), P_INT(category_id), P_INT(up < 0 ? -1 : 1)), &rows, err))
        return error_context(err, "product %lld", (long long)change->id);
    if (!rows.count)
        return true;
    return (db_change(work->tx, &catalogue_edit_count_from,
                      DB_PARAMS(P_INT(change->id), P_INT(change->edition), P_INT(category_id)), err) ||
            error_context(err, "product %lld", (long long)change->id)) &&
           catalogue_log(work, "product", "move", change->actor_id, change->id,
                         json_pack("{s:I}", "position", (json_int_t)db_int(&rows, 0, 0)),
                         json_pack("{s:I}", "position", (json_int_t)db_int(&rows, 0, 1)), err);
}

/* --- deleting --- */

DB_TENANT_STATEMENT(catalogue_edit_select_orders, "SELECT FROM order_items WHERE product_id = $1 LIMIT 1");

static bool has_orders(struct work *work, int64_t product_id, bool *found_out, struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &catalogue_edit_select_orders, DB_PARAMS(P_INT(product_id)), &rows, err))
        return false;
    *found_out = rows.count > 0;
    return true;
}

/* Waits for orders that are being made, and keeps new ones out. */
DB_TENANT_STATEMENT(catalogue_edit_lock_whole,
                    "SELECT edition, kind, name, code FROM products WHERE id = $1 AND deleted_at IS NULL"
                    " FOR UPDATE");
DB_TENANT_STATEMENT(catalogue_edit_delete,
                    "UPDATE products SET hidden = true, deleted_at = $2, code = 'deleted-' || id,"
                    " edition = edition + 1, updated_at = $2 WHERE id = $1");

static bool delete_unsold(struct work *work, const struct catalogue_change *change, struct error *err)
{
    int64_t units;
    struct db_rows rows;
    bool ordered;
    /* Units before products, as everywhere. */
    if (!stock_remove_available(work, change->id, 0, &units, err) ||
        !db_query(work->tx, &catalogue_edit_lock_whole, DB_PARAMS(P_INT(change->id)), &rows, err) ||
        !check_row(change, &rows, err) || !has_orders(work, change->id, &ordered, err))
        return error_context(err, "product %lld", (long long)change->id);
    if (ordered)
        return error_set(err, ERR_CONFLICT, "product %lld: ordered meanwhile", (long long)change->id);
    json_t *before = json_pack("{s:s, s:s}", "name", db_text(&rows, 0, 2), "code", db_text(&rows, 0, 3));
    return catalogue_log(work, "product", "delete", change->actor_id, change->id, before,
                         json_pack("{s:I}", "units", (json_int_t)units), err) &&
           db_send(work->tx, &catalogue_edit_delete, DB_PARAMS(P_INT(change->id), P_TIME(work->now_ms)), NULL,
                   err) &&
           cart_drop_product(work, change->id, err);
}

bool catalogue_edit_delete_product(struct work *work, const struct catalogue_change *change, bool *hidden_out,
                                   struct error *err)
{
    bool ordered;
    if (!has_orders(work, change->id, &ordered, err) ||
        !(ordered
              ? catalogue_edit_product(work, change, EDIT_HIDDEN, &(struct catalogue_value){.number = 1}, err)
              : delete_unsold(work, change, err)))
        return false;
    *hidden_out = ordered;
    return true;
}

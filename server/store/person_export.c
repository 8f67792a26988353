#include "store/person_export.h"

#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "store/conversation.h"
#include "store/deposit.h"
#include "store/internal.h"
#include "store/order_content.h"

/* Each gives an id and the row as JSON without what is sealed, which is opened by `more`. */
DB_TENANT_STATEMENT(person_export_user,
                    "SELECT telegram_id, to_jsonb(u)::text FROM users u WHERE telegram_id = $1");
DB_TENANT_STATEMENT(person_export_orders,
                    "SELECT id, to_jsonb(o)::text FROM orders o WHERE telegram_id = $1 ORDER BY id");
DB_TENANT_STATEMENT(person_export_items,
                    "SELECT id, (to_jsonb(i) - 'content' - 'answer')::text FROM order_items i"
                    " WHERE order_id = $1 ORDER BY id");
DB_TENANT_STATEMENT(person_export_payments,
                    "SELECT id, to_jsonb(p)::text FROM payments p WHERE order_id = $1 ORDER BY id");
DB_TENANT_STATEMENT(
    person_export_terms,
    "SELECT id, (to_jsonb(t) - 'proof')::text, proof FROM terms t WHERE order_id = $1 ORDER BY id");
DB_TENANT_STATEMENT(person_export_deposits,
                    "SELECT id, (to_jsonb(d) - 'proof')::text, proof IS NOT NULL FROM deposits d"
                    " WHERE telegram_id = $1 ORDER BY id");
DB_TENANT_STATEMENT(person_export_deposit_payments,
                    "SELECT id, to_jsonb(p)::text FROM payments p WHERE order_id IS NULL AND deposit_id = $1"
                    " ORDER BY id");
DB_TENANT_STATEMENT(person_export_ledger,
                    "SELECT id, to_jsonb(l)::text FROM ledger l WHERE telegram_id = $1 ORDER BY id");
DB_TENANT_STATEMENT(
    person_export_cart,
    "SELECT product_id, (to_jsonb(c) - 'answer')::text FROM cart_items c WHERE telegram_id = $1"
    " ORDER BY product_id");
DB_TENANT_STATEMENT(person_export_conversation,
                    "SELECT telegram_id, (to_jsonb(c) - 'data')::text, kind FROM conversations c"
                    " WHERE telegram_id = $1");
DB_TENANT_STATEMENT(person_export_logs,
                    "SELECT id, (to_jsonb(l) - 'key')::text FROM admin_logs l WHERE subject = 'user'"
                    " AND subject_id = $1 ORDER BY id");

struct part {
    const struct db_statement *statement;
    /* Adds to a row's object what it does not have by itself; NULL: nothing. */
    bool (*more)(struct work *work, int64_t id, const struct db_rows *rows, int row, json_t *object,
                 struct error *err);
};

static bool read_part(struct work *work, const struct part *part, int64_t of, json_t **list_out,
                      struct error *err)
{
    auto_json json_t *list = json_array();
    struct db_rows rows;
    if (!db_query(work->tx, part->statement, DB_PARAMS(P_INT(of)), &rows, err))
        return false;
    for (int i = 0; i < rows.count; i++) {
        const char *text = db_text(&rows, i, 1);
        json_t *object = NULL;
        if (!json_parse(text, strlen(text), &object, err))
            return false;
        json_array_append_new(list, object);
        if (part->more && !part->more(work, db_int(&rows, i, 0), &rows, i, object, err))
            return false;
    }
    *list_out = json_incref(list);
    return true;
}

static bool add_part(struct work *work, const char *name, const struct part *part, int64_t of, json_t *object,
                     struct error *err)
{
    json_t *list;
    if (!read_part(work, part, of, &list, err))
        return error_context(err, "%s", name);
    json_object_set_new(object, name, list);
    return true;
}

/* --- what is sealed --- */

static bool open_item(struct work *work, int64_t id, const struct db_rows *rows, int row, json_t *object,
                      struct error *err)
{
    struct order_content content;
    const char *answer, **units;
    size_t count;
    if (!order_content_get(work, id, &content, err) || !order_content_answer(work, id, &answer, err) ||
        !stock_contents(work, id, &units, &count, err))
        return false;
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, json_string(units[i]));
    if (content.text || content.file_id)
        json_array_append_new(list, json_string(content.text ? content.text : content.file_id));
    json_object_set_new(object, "contents", list);
    json_object_set_new(object, "answer", answer ? json_string(answer) : json_null());
    return true;
}

static bool open_term(struct work *work, int64_t id, const struct db_rows *rows, int row, json_t *object,
                      struct error *err)
{
    const char *proof;
    if (!content_open(work, content_identity(work, "proof", id), rows, row, 2, &proof, NULL, err))
        return false;
    json_object_set_new(object, "proof", proof ? json_string(proof) : json_null());
    return true;
}

static bool open_order(struct work *work, int64_t id, const struct db_rows *rows, int row, json_t *object,
                       struct error *err)
{
    static const struct part items = {&person_export_items, open_item},
                             payments = {&person_export_payments, NULL},
                             terms = {&person_export_terms, open_term};
    return add_part(work, "items", &items, id, object, err) &&
           add_part(work, "payments", &payments, id, object, err) &&
           add_part(work, "terms", &terms, id, object, err);
}

static bool open_deposit(struct work *work, int64_t id, const struct db_rows *rows, int row, json_t *object,
                         struct error *err)
{
    static const struct part payments = {&person_export_deposit_payments, NULL};
    const char *proof = NULL;
    if (db_bool(rows, row, 2) && !deposit_proof(work, id, &proof, err))
        return false;
    json_object_set_new(object, "proof", proof ? json_string(proof) : json_null());
    return add_part(work, "payments", &payments, id, object, err);
}

static bool open_conversation(struct work *work, int64_t id, const struct db_rows *rows, int row,
                              json_t *object, struct error *err)
{
    const char *data;
    int64_t ref;
    if (!conversation_data(work, id, db_text(rows, row, 2), &ref, &data, err))
        return false;
    json_object_set_new(object, "data", data ? json_string(data) : json_null());
    return true;
}

/* --- all of it --- */

static const struct {
    const char *name;
    struct part part;
} parts[] = {
    {"person", {&person_export_user, NULL}},
    {"orders", {&person_export_orders, open_order}},
    {"deposits", {&person_export_deposits, open_deposit}},
    {"ledger", {&person_export_ledger, NULL}},
    {"cart", {&person_export_cart, NULL}},
    {"conversations", {&person_export_conversation, open_conversation}},
    {"decisions", {&person_export_logs, NULL}},
};

static bool export_all(struct work *work, int64_t telegram_id, json_t *object, struct error *err)
{
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (!add_part(work, parts[i].name, &parts[i].part, telegram_id, object, err))
            return false;
    return json_array_size(json_object_get(object, "person")) ||
           error_set(err, ERR_NOT_FOUND, "not known here");
}

bool person_export(struct work *work, int64_t telegram_id, json_t **json_out, struct error *err)
{
    auto_json json_t *object = json_object();
    bool own = false;
    bool ok = store_read_begin(work, &own, err) && export_all(work, telegram_id, object, err);
    store_read_end(work, own);
    if (!ok)
        return error_context(err, "person %" PRId64, telegram_id);
    *json_out = json_incref(object);
    return true;
}

#include "store/person_erase.h"

#include <inttypes.h>

#include "base/str.h"
#include "store/internal.h"
#include "work/audit.h"

/* Stands where something was: sealed values can't be empty. */
static const char NOTHING[] = "—";

struct erasure {
    int64_t id;
    bool force;
    struct person_erased result;
};

/* --- whether --- */

DB_TENANT_STATEMENT(person_erase_lock,
                    "SELECT balance, barred_at IS NOT NULL FROM users WHERE telegram_id = $1"
                    " FOR UPDATE");
DB_TENANT_STATEMENT(
    person_erase_open,
    "SELECT (SELECT count(*) FROM orders WHERE telegram_id = $1 AND state IN ('pending', 'paid')),"
    " (SELECT count(*) FROM deposits WHERE telegram_id = $1 AND state IN ('pending', 'review')),"
    " (SELECT count(*) FROM (SELECT id FROM orders WHERE telegram_id = $1) o JOIN payments p"
    " ON p.order_id = o.id AND p.problem IS NOT NULL AND p.resolution IS NULL)"
    " + (SELECT count(*) FROM (SELECT id FROM deposits WHERE telegram_id = $1) d JOIN payments p"
    " ON p.order_id IS NULL AND p.deposit_id = d.id AND p.problem IS NOT NULL AND p.resolution IS NULL)");

static bool check_nothing_open(struct work *work, const struct erasure *erasure, struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &person_erase_open, DB_PARAMS(P_INT(erasure->id)), &rows, err))
        return false;
    int64_t orders = db_int(&rows, 0, 0), deposits = db_int(&rows, 0, 1), parked = db_int(&rows, 0, 2);
    return !(orders || deposits || parked) ||
           error_set(err, ERR_CONFLICT,
                     "still open: %" PRId64 " orders, %" PRId64 " deposits, %" PRId64
                     " payments that wait for an admin",
                     orders, deposits, parked);
}

static bool check(struct work *work, struct erasure *erasure, struct error *err)
{
    struct db_rows rows;
    if (tenant_is_admin(work->tenant, erasure->id))
        return error_set(err, ERR_CONFLICT, "an admin of the store: remove them from the admins first");
    if (!db_query(work->tx, &person_erase_lock, DB_PARAMS(P_INT(erasure->id)), &rows, err))
        return false;
    if (erasure->id <= 0 || !rows.count)
        return error_set(err, ERR_NOT_FOUND, "not known here");
    erasure->result.balance = db_int(&rows, 0, 0);
    if (!check_nothing_open(work, erasure, err))
        return false;
    if (erasure->result.balance && !erasure->force)
        return error_set(err, ERR_CONFLICT, "a balance of %s is left",
                         str_rupiah(work->arena, erasure->result.balance));
    return erasure->force || !db_bool(&rows, 0, 1) ||
           error_set(err, ERR_CONFLICT, "shut out: once forgotten they may come in again");
}

/* --- what was delivered and answered --- */

DB_TENANT_STATEMENT(person_erase_items,
                    "SELECT i.id, i.content IS NOT NULL, i.content_name IS NOT NULL, i.answer IS NOT NULL"
                    " FROM orders o JOIN order_items i ON i.order_id = o.id WHERE o.telegram_id = $1");

static bool forget_contents(struct work *work, int64_t id, struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &person_erase_items, DB_PARAMS(P_INT(id)), &rows, err))
        return false;
    for (int i = 0; i < rows.count; i++) {
        int64_t item = db_int(&rows, i, 0);
        bool has_content = db_bool(&rows, i, 1), has_name = db_bool(&rows, i, 2),
             has_answer = db_bool(&rows, i, 3);
        if ((has_content || has_answer) &&
            !order_content_put(work, item, has_content ? NOTHING : NULL, has_name ? NOTHING : NULL,
                               has_answer ? NOTHING : NULL, err))
            return false;
        if (!stock_forget_contents(work, item, NOTHING, err))
            return false;
    }
    return true;
}

/* --- the rows --- */

DB_TENANT_STATEMENT(person_erase_new_id,
                    "SELECT least(min(telegram_id), -1000000000000000000) - 1 FROM users");
DB_TENANT_STATEMENT(person_erase_insert,
                    "INSERT INTO users (telegram_id, first_name, balance, reachable, created_at, seen_at)"
                    " SELECT $2, $3, balance, false, created_at, seen_at FROM users WHERE telegram_id = $1");
DB_TENANT_STATEMENT(person_erase_orders, "UPDATE orders SET telegram_id = $2 WHERE telegram_id = $1");
DB_TENANT_STATEMENT(person_erase_deposits,
                    "UPDATE deposits SET telegram_id = $2, proof = NULL WHERE telegram_id = $1");
DB_TENANT_STATEMENT(
    person_erase_ledger,
    "UPDATE ledger SET telegram_id = $2, note = CASE kind WHEN 'adjustment' THEN '' ELSE note END"
    " WHERE telegram_id = $1");
/* By their orders, which have moved already: there is no index by person. */
DB_TENANT_STATEMENT(
    person_erase_terms,
    "UPDATE terms SET telegram_id = $2, proof = NULL WHERE telegram_id = $1 AND order_id = ANY"
    " (ARRAY(SELECT id FROM orders WHERE telegram_id = $2))");
DB_TENANT_STATEMENT(person_erase_cart, "DELETE FROM cart_items WHERE telegram_id = $1");
DB_TENANT_STATEMENT(person_erase_conversation, "DELETE FROM conversations WHERE telegram_id = $1");
/* A broadcast's messages that are on their way are counted by it, and hold nothing of the person. */
DB_TENANT_STATEMENT(person_erase_messages,
                    "DELETE FROM outbox WHERE chat_id = $1 AND (NOT bulk OR state IN ('sent', 'failed'))");
/* What admins wrote to or about them. */
DB_TENANT_STATEMENT(person_erase_logs, "UPDATE admin_logs SET subject_id = $2, note = '',"
                                       " before = CASE action WHEN 'message' THEN NULL ELSE before END,"
                                       " after = CASE action WHEN 'message' THEN NULL ELSE after END"
                                       " WHERE subject = 'user' AND subject_id = $1");
DB_TENANT_STATEMENT(
    person_erase_notes,
    "UPDATE admin_logs SET note = '' WHERE note <> '' AND ((subject = 'order' AND subject_id = ANY"
    " (ARRAY(SELECT id FROM orders WHERE telegram_id = $1))) OR (subject = 'deposit' AND"
    " subject_id = ANY (ARRAY(SELECT id FROM deposits WHERE telegram_id = $1))) OR (subject = 'payment' AND"
    " subject_id = ANY (ARRAY(SELECT p.id FROM (SELECT id FROM orders WHERE telegram_id = $1) o"
    " JOIN payments p ON p.order_id = o.id UNION ALL SELECT p.id FROM"
    " (SELECT id FROM deposits WHERE telegram_id = $1) d"
    " JOIN payments p ON p.order_id IS NULL AND p.deposit_id = d.id))) OR (subject = 'unit' AND"
    " subject_id = ANY (ARRAY(SELECT u.id FROM (SELECT id FROM orders WHERE telegram_id = $1) o"
    " JOIN order_items i ON i.order_id = o.id JOIN stock_units u ON u.order_item_id = i.id))))");
DB_TENANT_STATEMENT(
    person_erase_delete,
    "WITH gone AS (DELETE FROM users WHERE telegram_id = $1 RETURNING reachable)"
    " UPDATE counters SET value = value + 1 WHERE name = 'unreachable' AND (SELECT reachable FROM gone)");

static bool move_rows(struct work *work, struct erasure *erasure, struct error *err)
{
    static const struct db_statement *const statements[] = {
        &person_erase_orders, &person_erase_deposits, &person_erase_ledger,
        &person_erase_terms,  &person_erase_logs,
    };
    int64_t old = erasure->id, new_id = erasure->result.pseudonym;
    int64_t *const counts[] = {&erasure->result.orders, &erasure->result.deposits, &erasure->result.entries};
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
        struct db_rows rows;
        if (!db_query(work->tx, statements[i], DB_PARAMS(P_INT(old), P_INT(new_id)), &rows, err))
            return false;
        if (i < sizeof counts / sizeof counts[0])
            *counts[i] = rows.affected;
    }
    return db_query(work->tx, &person_erase_notes, DB_PARAMS(P_INT(new_id)), NULL, err);
}

static bool remove_rows(struct work *work, int64_t id, struct error *err)
{
    static const struct db_statement *const statements[] = {&person_erase_cart, &person_erase_conversation,
                                                            &person_erase_messages, &person_erase_delete};
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++)
        if (!db_query(work->tx, statements[i], DB_PARAMS(P_INT(id)), NULL, err))
            return false;
    return true;
}

static bool note_audit(struct work *work, const struct person_erased *erased, struct error *err)
{
    const struct audit_entry entry = {
        .event = "person.erased",
        .actor = audit_person(work->arena, 0),
        .detail = json_pack("{s:I, s:I, s:I, s:I}", "pseudonym", (json_int_t)erased->pseudonym, "orders",
                            (json_int_t)erased->orders, "deposits", (json_int_t)erased->deposits, "balance",
                            (json_int_t)erased->balance),
    };
    return audit_add(work, &entry, err);
}

static bool erase(struct work *work, void *context, struct error *err)
{
    struct erasure *erasure = context;
    struct db_rows rows;
    if (!check(work, erasure, err) || !forget_contents(work, erasure->id, err) ||
        !db_query(work->tx, &person_erase_new_id, DB_NO_PARAMS, &rows, err))
        return false;
    erasure->result.pseudonym = db_int(&rows, 0, 0);
    return db_query(work->tx, &person_erase_insert,
                    DB_PARAMS(P_INT(erasure->id), P_INT(erasure->result.pseudonym), P_TEXT(NOTHING)), NULL,
                    err) &&
           move_rows(work, erasure, err) && remove_rows(work, erasure->id, err) &&
           note_audit(work, &erasure->result, err) &&
           catalogue_changed(work, err); /* servers forget whom they know to be shut out */
}

bool person_erase(struct work *work, int64_t telegram_id, bool force, struct person_erased *erased_out,
                  struct error *err)
{
    struct erasure erasure = {.id = telegram_id, .force = force};
    const struct db_scope *own = work->scope;
    struct db_scope owner = {.id = own->id, .schema = own->schema, .role = ""};
    work->scope = &owner;
    bool ok = work_transaction(work, erase, &erasure, err);
    work->scope = own;
    if (!ok)
        return error_context(err, "person %" PRId64, telegram_id);
    *erased_out = erasure.result;
    return true;
}

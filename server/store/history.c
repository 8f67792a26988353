#include "store/history.h"

#include "store/internal.h"

/* Pieces of: when, kind of event, word, amount, actor, note. */
#define HAPPENED "SELECT h.at, h.kind, h.what, h.amount, h.actor, u.first_name, h.note FROM (SELECT * FROM ("
#define HAPPENED_END                                                                                         \
    ") e (at, kind, what, amount, actor, note) WHERE at IS NOT NULL"                                         \
    " ORDER BY at DESC, kind DESC LIMIT " STORE_TEXT_OF(                                                     \
        HISTORY_MOST) ") h LEFT JOIN users u ON u.telegram_id = h.actor ORDER BY h.at, h.kind"

/* What both have: the payments (`paid`), what was decided about them, and the ledger's entries by their keys.
 */
#define OF_PAYMENTS                                                                                          \
    " UNION ALL SELECT created_at, 1, method, amount, NULL, '' FROM paid"                                    \
    " UNION ALL SELECT hinted_at, 2, '', 0, NULL, '' FROM paid"                                              \
    " UNION ALL SELECT ended_at, 5, state, coalesce(paid_amount, amount), NULL, '' FROM paid"                \
    " UNION ALL SELECT l.created_at, 4, l.action, 0, l.actor_id, l.note FROM paid"                           \
    " JOIN admin_logs l ON l.subject = 'payment' AND l.subject_id = paid.id"                                 \
    " UNION ALL SELECT g.created_at, 6, g.kind, g.amount, NULL, '' FROM keys"                                \
    " JOIN ledger g ON g.reason_key = keys.key"

/* Of an order's units only those that were replaced were decided about. */
DB_TENANT_STATEMENT(
    history_order,
    "WITH paid AS (SELECT * FROM payments WHERE order_id = $1 AND deposit_id IS NULL),"
    " keys AS (SELECT 'purchase:order:' || $1::bigint AS key"
    " UNION ALL SELECT 'late:payment:' || id FROM paid"
    " UNION ALL SELECT 'refund:order:' || $1::bigint || ':' || key FROM admin_logs"
    " WHERE subject = 'order' AND subject_id = $1 AND action = 'refund') " HAPPENED
    "SELECT created_at, 0, '', total, NULL::bigint, '' FROM orders WHERE id = $1"
    " UNION ALL SELECT paid_at, 7, '', 0, NULL, '' FROM orders WHERE id = $1"
    " UNION ALL SELECT completed_at, 8, '', 0, NULL, '' FROM orders WHERE id = $1"
    " UNION ALL SELECT ended_at, 9, end_reason, 0, NULL, '' FROM orders WHERE id = $1"
    " UNION ALL SELECT created_at, 4, action, 0, actor_id, note FROM admin_logs"
    " WHERE subject = 'order' AND subject_id = $1"
    " UNION ALL SELECT l.created_at, 4, l.action, 0, l.actor_id, l.note FROM order_items i"
    " JOIN stock_units n ON n.order_item_id = i.id AND n.replaced_by IS NOT NULL"
    " JOIN admin_logs l ON l.subject = 'unit' AND l.subject_id = n.id WHERE i.order_id = $1" OF_PAYMENTS
        HAPPENED_END);

DB_TENANT_STATEMENT(history_deposit,
                    "WITH paid AS (SELECT * FROM payments WHERE order_id IS NULL AND deposit_id = $1),"
                    " keys AS (SELECT 'deposit:' || $1::bigint AS key"
                    " UNION ALL SELECT 'late:payment:' || id FROM paid) " HAPPENED
                    "SELECT created_at, 0, '', amount, NULL::bigint, '' FROM deposits WHERE id = $1"
                    " UNION ALL SELECT proved_at, 3, '', 0, NULL, '' FROM deposits WHERE id = $1"
                    " UNION ALL SELECT completed_at, 8, '', 0, NULL, '' FROM deposits WHERE id = $1"
                    " UNION ALL SELECT ended_at, 9, end_reason, 0, NULL, '' FROM deposits WHERE id = $1"
                    " UNION ALL SELECT created_at, 4, action, 0, actor_id, note FROM admin_logs"
                    " WHERE subject = 'deposit' AND subject_id = $1" OF_PAYMENTS HAPPENED_END);

static bool read_events(struct work *work, const struct db_statement *statement, int64_t id,
                        const struct event **events_out, size_t *count_out, struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, statement, DB_PARAMS(P_INT(id)), &rows, err))
        return false;
    struct event *events = ARENA_ARRAY(work->arena, struct event, rows.count);
    for (int row = 0; row < rows.count; row++)
        events[row] = (struct event){
            .at_ms = db_time(&rows, row, 0),
            .kind = (enum event_kind)db_int(&rows, row, 1),
            .what = arena_strdup(work->arena, db_text(&rows, row, 2)),
            .amount = db_int(&rows, row, 3),
            .actor_id = db_int(&rows, row, 4),
            .actor_name = arena_strdup(work->arena, db_text(&rows, row, 5)),
            .note = arena_strdup(work->arena, db_text(&rows, row, 6)),
        };
    *events_out = events;
    *count_out = (size_t)rows.count;
    return true;
}

static bool history(struct work *work, const struct db_statement *statement, int64_t id,
                    const struct event **events_out, size_t *count_out, struct error *err)
{
    bool own;
    if (!store_read_begin(work, &own, err))
        return false;
    bool ok = read_events(work, statement, id, events_out, count_out, err);
    store_read_end(work, own);
    return ok || error_context(err, "history");
}

bool history_of_order(struct work *work, int64_t order_id, const struct event **events_out, size_t *count_out,
                      struct error *err)
{
    return history(work, &history_order, order_id, events_out, count_out, err);
}

bool history_of_deposit(struct work *work, int64_t deposit_id, const struct event **events_out,
                        size_t *count_out, struct error *err)
{
    return history(work, &history_deposit, deposit_id, events_out, count_out, err);
}

#include "store/payment.h"

#include <assert.h>
#include <string.h>

static const char *const state_names[] = {
    [PAYMENT_CREATING] = "creating",   [PAYMENT_WAITING] = "waiting", [PAYMENT_COMPLETED] = "completed",
    [PAYMENT_CANCELLED] = "cancelled", [PAYMENT_EXPIRED] = "expired", [PAYMENT_FAILED] = "failed",
};
enum { STATES = sizeof state_names / sizeof *state_names };

const char *payment_state_name(enum payment_state state)
{
    return state_names[state];
}

int64_t payment_received(const struct payment *payment)
{
    return payment->problem ? payment->paid_amount : payment->amount;
}

bool payment_is_parked(const struct payment *payment)
{
    return payment->problem && !payment->resolution && payment->state != PAYMENT_COMPLETED;
}

/* --- reading --- */

#define PAYMENT_SELECT                                                                                       \
    "SELECT id, order_id, gateway_order_id, method, amount, state, txn_id, fee, total, qr_string, "          \
    "expires_at,"                                                                                            \
    " created_at, hinted_at, ended_at, checks, problem, checked_at, failures, deposit_id, va_number,"        \
    " pay_url, paid_amount, resolution FROM payments"
#define LOCKED       " FOR NO KEY UPDATE"
#define BY_ID        PAYMENT_SELECT " WHERE id = $1"
#define BY_REFERENCE PAYMENT_SELECT " WHERE gateway_order_id = $1"
#define OF_ORDER     PAYMENT_SELECT " WHERE order_id = $1 ORDER BY id DESC LIMIT 1"
#define OF_DEPOSIT   PAYMENT_SELECT " WHERE order_id IS NULL AND deposit_id = $1 ORDER BY id DESC LIMIT 1"
DB_TENANT_STATEMENT(payment_select, BY_ID);
DB_TENANT_STATEMENT(payment_select_lock, BY_ID LOCKED);
DB_TENANT_STATEMENT(payment_select_reference, BY_REFERENCE);
DB_TENANT_STATEMENT(payment_select_reference_lock, BY_REFERENCE LOCKED);
DB_TENANT_STATEMENT(payment_select_order, OF_ORDER);
DB_TENANT_STATEMENT(payment_select_order_lock, OF_ORDER LOCKED);
DB_TENANT_STATEMENT(payment_select_deposit, OF_DEPOSIT);
DB_TENANT_STATEMENT(payment_select_deposit_lock, OF_DEPOSIT LOCKED);
/* A payment that pays an order ends in the same transaction, at the same time. */
DB_TENANT_STATEMENT(payment_select_shown,
                    PAYMENT_SELECT " WHERE order_id = $1 ORDER BY state = 'completed' DESC, ended_at IS NOT"
                                   " DISTINCT FROM (SELECT paid_at FROM orders WHERE orders.id = $1) DESC,"
                                   " id DESC LIMIT 1");

static bool read_row(struct work *work, const struct db_rows *rows, int row, struct payment *payment_out,
                     struct error *err)
{
    size_t state = 0;
    while (state < STATES && strcmp(db_text(rows, row, 5), state_names[state]) != 0)
        state++;
    if (state == STATES)
        return error_set(err, ERR_INTERNAL, "payment %lld: unknown state", (long long)db_int(rows, row, 0));
    *payment_out = (struct payment){
        .id = db_int(rows, row, 0),
        .order_id = db_int(rows, row, 1),
        .gateway_order_id = db_text_copy(work->arena, rows, row, 2),
        .method = db_text_copy(work->arena, rows, row, 3),
        .amount = db_int(rows, row, 4),
        .state = (enum payment_state)state,
        .txn_id = db_text_copy(work->arena, rows, row, 6),
        .fee = db_int(rows, row, 7),
        .total = db_int(rows, row, 8),
        .qr_string = db_text_copy(work->arena, rows, row, 9),
        .expires_ms = db_time(rows, row, 10),
        .created_ms = db_time(rows, row, 11),
        .hinted_ms = db_time(rows, row, 12),
        .ended_ms = db_time(rows, row, 13),
        .checks = db_int(rows, row, 14),
        .problem = db_text_copy(work->arena, rows, row, 15),
        .last_check_ms = db_time(rows, row, 16),
        .failures = db_int(rows, row, 17),
        .deposit_id = db_int(rows, row, 18),
        .va_number = db_text_copy(work->arena, rows, row, 19),
        .pay_url = db_text_copy(work->arena, rows, row, 20),
        .paid_amount = db_int(rows, row, 21),
        .resolution = db_text_copy(work->arena, rows, row, 22),
    };
    return true;
}

static bool read_payment(struct work *work, const struct db_statement *statement, struct db_param key,
                         struct payment *payment_out, struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, statement, &key, 1, &rows, err))
        return false;
    if (!rows.count)
        return error_set(err, ERR_NOT_FOUND, "there is no such payment");
    return read_row(work, &rows, 0, payment_out, err);
}

bool payment_get(struct work *work, int64_t payment_id, bool lock, struct payment *payment_out,
                 struct error *err)
{
    return read_payment(work, lock ? &payment_select_lock : &payment_select, P_INT(payment_id), payment_out,
                        err) ||
           error_context(err, "payment %lld", (long long)payment_id);
}

bool payment_find(struct work *work, const char *gateway_order_id, bool lock, struct payment *payment_out,
                  struct error *err)
{
    return read_payment(work, lock ? &payment_select_reference_lock : &payment_select_reference,
                        P_TEXT(gateway_order_id), payment_out, err);
}

bool payment_of_order(struct work *work, int64_t order_id, bool lock, struct payment *payment_out,
                      struct error *err)
{
    return read_payment(work, lock ? &payment_select_order_lock : &payment_select_order, P_INT(order_id),
                        payment_out, err) ||
           error_context(err, "order %lld", (long long)order_id);
}

bool payment_of_deposit(struct work *work, int64_t deposit_id, bool lock, struct payment *payment_out,
                        struct error *err)
{
    return read_payment(work, lock ? &payment_select_deposit_lock : &payment_select_deposit,
                        P_INT(deposit_id), payment_out, err) ||
           error_context(err, "deposit %lld", (long long)deposit_id);
}

bool payment_to_show(struct work *work, int64_t order_id, struct payment *payment_out, struct error *err)
{
    return read_payment(work, &payment_select_shown, P_INT(order_id), payment_out, err) ||
           error_context(err, "order %lld", (long long)order_id);
}

/* By the index of both: the one that is not meant is NULL. */
DB_TENANT_STATEMENT(payment_select_all,
                    PAYMENT_SELECT " WHERE order_id = $1 AND deposit_id IS NULL ORDER BY id DESC LIMIT $2");
DB_TENANT_STATEMENT(payment_select_all_deposit,
                    PAYMENT_SELECT " WHERE order_id IS NULL AND deposit_id = $1 ORDER BY id DESC LIMIT $2");

bool payment_list(struct work *work, int64_t order_id, int64_t deposit_id, int64_t limit,
                  struct payment **payments_out, size_t *count_out, struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, order_id ? &payment_select_all : &payment_select_all_deposit,
                  DB_PARAMS(P_INT(order_id ? order_id : deposit_id), P_INT(limit)), &rows, err))
        return false;
    struct payment *payments = ARENA_ARRAY(work->arena, struct payment, rows.count);
    for (int row = 0; row < rows.count; row++)
        if (!read_row(work, &rows, row, &payments[row], err))
            return false;
    *payments_out = payments;
    *count_out = (size_t)rows.count;
    return true;
}

/* --- changing --- */

DB_TENANT_STATEMENT(
    payment_insert,
    "INSERT INTO payments (order_id, deposit_id, gateway_order_id, method, amount, state, created_at)"
    " VALUES ($1, $2, $3, $4, $5, 'creating', $6) RETURNING id");

bool payment_add(struct work *work, int64_t order_id, int64_t deposit_id, const char *gateway_order_id,
                 const char *method, int64_t amount, int64_t *payment_id_out, struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &payment_insert,
                  DB_PARAMS(P_ID(order_id), P_ID(deposit_id), P_TEXT(gateway_order_id), P_TEXT(method),
                            P_INT(amount), P_TIME(work->now_ms)),
                  &rows, err))
        return error_context(err, "payment %s", gateway_order_id);
    *payment_id_out = db_int(&rows, 0, 0);
    return true;
}

/* One payment changes its state, or ERR_CONFLICT. */
static bool change(struct work *work, const struct db_statement *statement, const struct db_param *params,
                   size_t count, struct error *err)
{
    return db_change(work->tx, statement, params, count, err) ||
           error_context(err, "payment %lld", (long long)params[0].number);
}

DB_TENANT_STATEMENT(payment_select_other_txn, "SELECT 1 FROM payments WHERE txn_id = $2 AND id <> $1");

bool payment_txn_is_free(struct work *work, int64_t payment_id, const char *txn_id, bool *free_out,
                         struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &payment_select_other_txn, DB_PARAMS(P_INT(payment_id), P_TEXT(txn_id)), &rows,
                  err))
        return error_context(err, "payment %lld", (long long)payment_id);
    *free_out = rows.count == 0;
    return true;
}

DB_TENANT_STATEMENT(
    payment_set_waiting,
    "UPDATE payments SET state = 'waiting', txn_id = $2, fee = $3, total = $4, qr_string = $5,"
    " expires_at = $6, va_number = $7, pay_url = $8, failures = 0 WHERE id = $1 AND state = 'creating'");

bool payment_mark_waiting(struct work *work, int64_t payment_id, const struct payment_created *created,
                          struct error *err)
{
    return change(work, &payment_set_waiting,
                  DB_PARAMS(P_INT(payment_id), P_TEXT(created->txn_id), P_INT(created->fee),
                            P_INT(created->total), P_TEXT(created->qr_string), P_TIME(created->expires_ms),
                            P_TEXT(created->va_number), P_TEXT(created->pay_url)),
                  err);
}

DB_TENANT_STATEMENT(payment_set_answer,
                    "UPDATE payments SET txn_id = $2, fee = $3, total = $4, qr_string = $5, expires_at = $6,"
                    " va_number = $7, pay_url = $8, failures = 0 WHERE id = $1 AND state IN ('cancelled', "
                    "'expired', 'failed')"
                    " AND (txn_id IS NULL OR txn_id = $2)");

bool payment_fill_ended(struct work *work, int64_t payment_id, const struct payment_created *created,
                        struct error *err)
{
    return change(work, &payment_set_answer,
                  DB_PARAMS(P_INT(payment_id), P_TEXT(created->txn_id), P_INT(created->fee),
                            P_INT(created->total), P_TEXT(created->qr_string), P_TIME(created->expires_ms),
                            P_TEXT(created->va_number), P_TEXT(created->pay_url)),
                  err);
}

DB_TENANT_STATEMENT(payment_set_completed,
                    "UPDATE payments SET state = 'completed', ended_at = $2"
                    " WHERE id = $1 AND (txn_id IS NOT NULL OR method IN ('balance', 'manual')) AND state IN"
                    " ('creating', 'waiting', 'cancelled', 'expired', 'failed')");

bool payment_mark_completed(struct work *work, int64_t payment_id, struct error *err)
{
    return change(work, &payment_set_completed, DB_PARAMS(P_INT(payment_id), P_TIME(work->now_ms)), err);
}

DB_TENANT_STATEMENT(payment_set_ended, "UPDATE payments SET state = $2, ended_at = $3"
                                       " WHERE id = $1 AND state IN ('creating', 'waiting')");

bool payment_end(struct work *work, int64_t payment_id, enum payment_state end, struct error *err)
{
    assert(end == PAYMENT_CANCELLED || end == PAYMENT_EXPIRED || end == PAYMENT_FAILED);
    return change(work, &payment_set_ended,
                  DB_PARAMS(P_INT(payment_id), P_TEXT(state_names[end]), P_TIME(work->now_ms)), err);
}

DB_TENANT_STATEMENT(payment_set_hinted, "UPDATE payments SET hinted_at = $2 WHERE id = $1");

bool payment_note_hint(struct work *work, int64_t payment_id, struct error *err)
{
    return db_send(work->tx, &payment_set_hinted, DB_PARAMS(P_INT(payment_id), P_TIME(work->now_ms)), NULL,
                   err);
}

DB_TENANT_STATEMENT(payment_count_check, "UPDATE payments SET checks = checks + 1, checked_at = $2,"
                                         " failures = CASE WHEN $3::boolean THEN 0 ELSE failures + 1 END"
                                         " WHERE id = $1");

bool payment_note_check(struct work *work, int64_t payment_id, bool answered, struct error *err)
{
    return db_send(work->tx, &payment_count_check,
                   DB_PARAMS(P_INT(payment_id), P_TIME(work->now_ms), P_BOOL(answered)), NULL, err);
}

DB_TENANT_STATEMENT(payment_count_failure, "UPDATE payments SET failures = failures + 1 WHERE id = $1");

bool payment_note_failure(struct work *work, int64_t payment_id, struct error *err)
{
    return db_send(work->tx, &payment_count_failure, DB_PARAMS(P_INT(payment_id)), NULL, err);
}

DB_TENANT_STATEMENT(payment_set_problem, "UPDATE payments SET problem = $2, paid_amount = $3"
                                         " WHERE id = $1 AND problem IS NULL");

bool payment_park(struct work *work, int64_t payment_id, const char *problem, int64_t paid_amount,
                  struct error *err)
{
    return change(work, &payment_set_problem,
                  DB_PARAMS(P_INT(payment_id), P_TEXT(problem), P_INT(paid_amount)), err);
}

static const char *const resolution_names[] = {
    [PAYMENT_DELIVERED] = "delivered",
    [PAYMENT_CREDITED] = "credited",
    [PAYMENT_REFUNDED] = "refunded",
};

const char *payment_resolution_name(enum payment_resolution resolution)
{
    return resolution_names[resolution];
}

DB_TENANT_STATEMENT(payment_set_resolution, "UPDATE payments SET resolution = $2"
                                            " WHERE id = $1 AND problem IS NOT NULL AND resolution IS NULL");

bool payment_resolve(struct work *work, int64_t payment_id, enum payment_resolution resolution,
                     struct error *err)
{
    return change(work, &payment_set_resolution,
                  DB_PARAMS(P_INT(payment_id), P_TEXT(resolution_names[resolution])), err);
}

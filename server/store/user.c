#include "store/user.h"

#include "store/counter.h"
#include "work/outbox.h"

/* Where nothing is to be written the conflicting row is locked all the same. xmax is 0 in a row that this
 * statement inserted: such a one is counted. */
DB_TENANT_STATEMENT(
    user_touch_row,
    "WITH touched AS ("
    "INSERT INTO users (telegram_id, first_name, last_name, username, language_code, created_at, seen_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $6)"
    " ON CONFLICT (telegram_id) DO UPDATE SET first_name = excluded.first_name,"
    " last_name = excluded.last_name, username = excluded.username,"
    " language_code = excluded.language_code, seen_at = greatest(users.seen_at, excluded.seen_at)"
    " WHERE users.seen_at <= excluded.seen_at - interval '1 minute'"
    " OR (users.first_name, users.last_name, users.username, users.language_code) IS DISTINCT FROM"
    " (excluded.first_name, excluded.last_name, excluded.username, excluded.language_code)"
    " RETURNING xmax = 0 AS is_new)" COUNTER_ADD_WHERE("users", "1", "(SELECT is_new FROM touched)"));

bool user_touch(struct work *work, const struct person *person, struct error *err)
{
    return db_send(work->tx, &user_touch_row,
                   DB_PARAMS(P_INT(person->telegram_id), P_TEXT(person->first_name ? person->first_name : ""),
                             P_TEXT(person->last_name), P_TEXT(person->username),
                             P_TEXT(person->language_code), P_TIME(work->now_ms)),
                   NULL, err);
}

DB_TENANT_STATEMENT(user_set_reach,
                    "WITH changed AS (UPDATE users SET reachable = $2"
                    " WHERE telegram_id = $1 AND reachable <> $2 RETURNING true AS is_so)" COUNTER_ADD_WHERE(
                        "unreachable", "CASE WHEN $2 THEN -1 ELSE 1 END", "(SELECT is_so FROM changed)"));

bool user_set_reachable(struct work *work, int64_t telegram_id, bool reachable, struct error *err)
{
    if (!db_send(work->tx, &user_set_reach, DB_PARAMS(P_INT(telegram_id), P_BOOL(reachable)), NULL, err))
        return false;
    /* In a private chat the chat's id is the person's. */
    return !reachable || outbox_release(work, telegram_id, err);
}

DB_TENANT_STATEMENT(
    user_select, "SELECT first_name, last_name, username, language_code FROM users WHERE telegram_id = $1");

bool user_get(struct work *work, int64_t telegram_id, struct person *person_out, struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &user_select, DB_PARAMS(P_INT(telegram_id)), &rows, err))
        return false;
    if (!rows.count)
        return error_set(err, ERR_NOT_FOUND, "person %lld is not known here", (long long)telegram_id);
    *person_out = (struct person){
        .telegram_id = telegram_id,
        .first_name = db_text_copy(work->arena, &rows, 0, 0),
        .last_name = db_text_copy(work->arena, &rows, 0, 1),
        .username = db_text_copy(work->arena, &rows, 0, 2),
        .language_code = db_text_copy(work->arena, &rows, 0, 3),
    };
    return true;
}

DB_TENANT_STATEMENT(user_lock_row, "SELECT FROM users WHERE telegram_id = $1 FOR NO KEY UPDATE");

bool user_lock(struct work *work, int64_t telegram_id, struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &user_lock_row, DB_PARAMS(P_INT(telegram_id)), &rows, err))
        return false;
    return rows.affected == 1 ||
           error_set(err, ERR_NOT_FOUND, "person %lld is not known here", (long long)telegram_id);
}

DB_TENANT_STATEMENT(user_lock_of_order,
                    "SELECT FROM users WHERE telegram_id = (SELECT telegram_id FROM orders WHERE id = $1)"
                    " FOR NO KEY UPDATE");
DB_TENANT_STATEMENT(user_lock_of_deposit,
                    "SELECT FROM users WHERE telegram_id = (SELECT telegram_id FROM deposits WHERE id = $1)"
                    " FOR NO KEY UPDATE");

bool user_lock_of_bill(struct work *work, int64_t order_id, int64_t deposit_id, struct error *err)
{
    return db_send(work->tx, order_id ? &user_lock_of_order : &user_lock_of_deposit,
                   DB_PARAMS(P_INT(order_id ? order_id : deposit_id)), NULL, err);
}

#include "store/ledger.h"

static const char *const kind_names[] = {
    [LEDGER_DEPOSIT] = "deposit",   [LEDGER_PURCHASE] = "purchase",
    [LEDGER_REFUND] = "refund",     [LEDGER_ADJUSTMENT] = "adjustment",
    [LEDGER_TRANSFER] = "transfer", [LEDGER_LATE_PAYMENT] = "late_payment",
};

/* The entry and the balance in one statement. No row comes back where the reason was booked before; a balance
 * below zero breaks the CHECK of users. */
DB_TENANT_STATEMENT(
    ledger_book_entry,
    "WITH entry AS (INSERT INTO ledger (telegram_id, kind, amount, reason_key, note, created_at)"
    " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (reason_key) DO NOTHING"
    " RETURNING telegram_id, amount)"
    " UPDATE users SET balance = users.balance + entry.amount FROM entry"
    " WHERE users.telegram_id = entry.telegram_id RETURNING users.balance");

bool ledger_book(struct work *work, int64_t telegram_id, enum ledger_kind kind, int64_t amount,
                 const char *reason_key, const char *note, int64_t *balance_out, struct error *err)
{
    if (amount == 0 || amount > LEDGER_MOST || amount < -LEDGER_MOST)
        return error_set(err, ERR_INVALID, "ledger %s: an amount of %lld can't be booked", reason_key,
                         (long long)amount);
    struct db_rows rows;
    if (!db_query(work->tx, &ledger_book_entry,
                  DB_PARAMS(P_INT(telegram_id), P_TEXT(kind_names[kind]), P_INT(amount), P_TEXT(reason_key),
                            P_TEXT(note ? note : ""), P_TIME(work->now_ms)),
                  &rows, err))
        return error_context(err, "ledger %s", reason_key);
    if (!rows.count)
        return error_set(err, ERR_CONFLICT, "ledger %s: booked already", reason_key);
    *balance_out = db_int(&rows, 0, 0);
    return true;
}

DB_TENANT_STATEMENT(ledger_select_balance, "SELECT balance FROM users WHERE telegram_id = $1");

bool ledger_balance(struct work *work, int64_t telegram_id, int64_t *balance_out, struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &ledger_select_balance, DB_PARAMS(P_INT(telegram_id)), &rows, err))
        return false;
    if (!rows.count)
        return error_set(err, ERR_NOT_FOUND, "person %lld is not known here", (long long)telegram_id);
    *balance_out = db_int(&rows, 0, 0);
    return true;
}

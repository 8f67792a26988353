#include "store/ledger.h"

#include <string.h>

#include "store/internal.h"

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

/* --- a person's history --- */

DB_TENANT_STATEMENT(ledger_select_entries, "SELECT id, kind, amount, note, created_at FROM ledger"
                                           " WHERE telegram_id = $1 AND id < $2"
                                           " ORDER BY id DESC LIMIT $3");
DB_TENANT_STATEMENT(ledger_select_newer,
                    "SELECT id FROM ledger WHERE telegram_id = $1 AND id >= $2 ORDER BY id LIMIT $3");

static enum ledger_kind kind_of(const char *name)
{
    size_t kind = 0;
    while (kind + 1 < sizeof kind_names / sizeof kind_names[0] && strcmp(kind_names[kind], name) != 0)
        kind++;
    return (enum ledger_kind)kind;
}

static const struct ledger_entry *read_entries(struct work *work, const struct db_rows *rows, size_t count)
{
    struct ledger_entry *entries = ARENA_ARRAY(work->arena, struct ledger_entry, count);
    for (size_t i = 0; i < count; i++)
        entries[i] = (struct ledger_entry){
            .id = db_int(rows, (int)i, 0),
            .kind = kind_of(db_text(rows, (int)i, 1)),
            .amount = db_int(rows, (int)i, 2),
            .note = db_text_copy(work->arena, rows, (int)i, 3),
            .created_ms = db_time(rows, (int)i, 4),
        };
    return entries;
}

/* One row more than asked for tells whether there is another page. */
static bool read_page(struct work *work, int64_t telegram_id, int64_t before, int64_t limit,
                      struct ledger_page *page_out, struct error *err)
{
    struct db_rows rows, newer = {0};
    if (before && !db_send(work->tx, &ledger_select_newer,
                           DB_PARAMS(P_INT(telegram_id), P_INT(before), P_INT(limit + 1)), &newer, err))
        return false;
    if (!db_query(work->tx, &ledger_select_entries,
                  DB_PARAMS(P_INT(telegram_id), P_INT(before ? before : INT64_MAX), P_INT(limit + 1)), &rows,
                  err))
        return false;
    bool has_older = rows.count > limit;
    size_t count = (size_t)(has_older ? limit : rows.count);
    const struct ledger_entry *entries = read_entries(work, &rows, count);
    *page_out = (struct ledger_page){
        .entries = entries,
        .count = count,
        .has_older = has_older,
        .older = has_older ? entries[count - 1].id : 0,
        .has_newer = newer.count > 0,
        .newer = newer.count > limit ? db_int(&newer, (int)limit, 0) : 0,
    };
    return true;
}

bool ledger_list(struct work *work, int64_t telegram_id, int64_t before, int64_t limit,
                 struct ledger_page *page_out, struct error *err)
{
    bool own;
    if (!store_read_begin(work, &own, err))
        return false;
    bool ok = read_page(work, telegram_id, before, limit, page_out, err);
    store_read_end(work, own);
    return ok || error_context(err, "ledger of person %lld", (long long)telegram_id);
}

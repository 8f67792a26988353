#include "store/deposit_list.h"

#include <string.h>

#include "store/internal.h"

DB_TENANT_STATEMENT(
    deposit_list_select_open,
    "SELECT id, reference, kind, amount, state, created_at, expires_at, proved_at FROM deposits"
    " WHERE telegram_id = $1 AND state IN ('pending', 'review') ORDER BY id DESC LIMIT $2");

static struct deposit read_deposit(struct work *work, int64_t telegram_id, const struct db_rows *rows,
                                   int row)
{
    return (struct deposit){
        .id = db_int(rows, row, 0),
        .reference = db_text_copy(work->arena, rows, row, 1),
        .telegram_id = telegram_id,
        .kind = strcmp(db_text(rows, row, 2), "manual") == 0 ? DEPOSIT_MANUAL : DEPOSIT_GATEWAY,
        .amount = db_int(rows, row, 3),
        .state = strcmp(db_text(rows, row, 4), "review") == 0 ? DEPOSIT_REVIEW : DEPOSIT_PENDING,
        .created_ms = db_time(rows, row, 5),
        .expires_ms = db_time(rows, row, 6),
        .proved_ms = db_time(rows, row, 7),
    };
}

bool deposit_list_open(struct work *work, int64_t telegram_id, int64_t limit, struct deposit **deposits_out,
                       size_t *count_out, struct error *err)
{
    bool own;
    struct db_rows rows;
    if (!store_read_begin(work, &own, err))
        return false;
    bool ok = db_query(work->tx, &deposit_list_select_open, DB_PARAMS(P_INT(telegram_id), P_INT(limit)),
                       &rows, err);
    if (ok) {
        struct deposit *deposits = ARENA_ARRAY(work->arena, struct deposit, rows.count);
        for (int row = 0; row < rows.count; row++)
            deposits[row] = read_deposit(work, telegram_id, &rows, row);
        *deposits_out = deposits;
        *count_out = (size_t)rows.count;
    }
    store_read_end(work, own);
    return ok;
}

DB_TENANT_STATEMENT(deposit_list_select_loading,
                    "SELECT id FROM deposits WHERE telegram_id = $1 AND loading_message_id = $2"
                    " AND state IN ('pending', 'review') ORDER BY id DESC LIMIT 1");

bool deposit_list_loading_in(struct work *work, int64_t telegram_id, int64_t message_id,
                             int64_t *deposit_id_out, struct error *err)
{
    bool own;
    struct db_rows rows;
    if (!store_read_begin(work, &own, err))
        return false;
    bool ok = db_query(work->tx, &deposit_list_select_loading,
                       DB_PARAMS(P_INT(telegram_id), P_INT(message_id)), &rows, err);
    if (ok)
        *deposit_id_out = rows.count ? db_int(&rows, 0, 0) : 0;
    store_read_end(work, own);
    return ok;
}

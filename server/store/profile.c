#include "store/profile.h"

#include "store/internal.h"

DB_TENANT_STATEMENT(
    profile_select,
    "SELECT u.balance, u.created_at, count(o.id), coalesce(sum(o.total - o.refunded), 0)::bigint"
    " FROM users u LEFT JOIN orders o"
    " ON o.telegram_id = u.telegram_id AND o.state IN ('paid', 'completed')"
    " WHERE u.telegram_id = $1 GROUP BY u.telegram_id");

bool profile_get(struct work *work, int64_t telegram_id, struct profile *profile_out, struct error *err)
{
    bool own;
    struct db_rows rows;
    if (!store_read_begin(work, &own, err))
        return false;
    bool ok = db_query(work->tx, &profile_select, DB_PARAMS(P_INT(telegram_id)), &rows, err);
    if (ok && rows.count)
        *profile_out = (struct profile){
            .balance = db_int(&rows, 0, 0),
            .since_ms = db_time(&rows, 0, 1),
            .purchases = db_int(&rows, 0, 2),
            .spent = db_int(&rows, 0, 3),
        };
    else if (ok)
        *profile_out = (struct profile){0};
    store_read_end(work, own);
    return ok || error_context(err, "profile of person %lld", (long long)telegram_id);
}

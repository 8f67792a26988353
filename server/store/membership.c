#include "store/membership.h"

#include "store/internal.h"
#include "store/settings.h"

enum { NOT_KNOWN_MS = 3000, ASK_MS = 60000 };
/* What is remembered of a person. */
enum { UNTIL, ASKED };

static struct recall *memory_of(struct work *work)
{
    return &store_cache_of(work)->members;
}

/* When the channel was set; INT64_MAX where none is. */
static int64_t channel_since(const struct work *work)
{
    const struct setting *row = settings_row(work, "channel");
    return row && settings_of(work)->channel ? row->updated_ms : INT64_MAX;
}

/* What a person was asked before it was set, or as it was set, was about another channel. */
static enum membership membership_of(const struct work *work, int64_t until_ms)
{
    if (!until_ms || until_ms - MEMBERSHIP_MS <= channel_since(work))
        return MEMBERSHIP_NONE;
    return until_ms > work->now_ms ? MEMBERSHIP_GOOD : MEMBERSHIP_OLD;
}

DB_TENANT_STATEMENT(membership_select, "SELECT member_until FROM users WHERE telegram_id = $1");

static bool read_until(struct work *work, int64_t telegram_id, int64_t *until_out, struct error *err)
{
    struct db_rows rows;
    bool own = false;
    bool ok = store_read_begin(work, &own, err) &&
              db_query(work->tx, &membership_select, DB_PARAMS(P_INT(telegram_id)), &rows, err);
    if (ok)
        *until_out = rows.count ? db_time(&rows, 0, 0) : 0;
    if (ok && own) /* an open transaction sees its own changes, which may be rolled back */
        recall_put(memory_of(work), telegram_id, UNTIL, *until_out, work->now_ms);
    store_read_end(work, own);
    return ok || error_context(err, "membership");
}

bool membership_get(struct work *work, int64_t telegram_id, enum membership *membership_out,
                    struct error *err)
{
    int64_t until, at_ms;
    if (!settings_of(work)->channel) {
        *membership_out = MEMBERSHIP_GOOD;
        return true;
    }
    bool known = recall_get(memory_of(work), telegram_id, UNTIL, work->now_ms, &until, &at_ms);
    bool fresh = known && work->now_ms - at_ms < NOT_KNOWN_MS;
    if (!known || (!fresh && membership_of(work, until) != MEMBERSHIP_GOOD)) {
        if (!read_until(work, telegram_id, &until, err))
            return false;
    }
    *membership_out = membership_of(work, until);
    return true;
}

bool membership_may_ask(struct work *work, int64_t telegram_id)
{
    int64_t ignored, at_ms;
    if (recall_get(memory_of(work), telegram_id, ASKED, work->now_ms, &ignored, &at_ms) &&
        work->now_ms - at_ms < ASK_MS)
        return false;
    recall_put(memory_of(work), telegram_id, ASKED, 1, work->now_ms);
    return true;
}

DB_TENANT_STATEMENT(membership_update, "UPDATE users SET member_until = $2 WHERE telegram_id = $1");

bool membership_put(struct work *work, int64_t telegram_id, bool is_member, struct error *err)
{
    recall_forget(memory_of(work), telegram_id, UNTIL);
    return db_send(work->tx, &membership_update,
                   DB_PARAMS(P_INT(telegram_id), P_TIME(is_member ? work->now_ms + MEMBERSHIP_MS : 0)), NULL,
                   err);
}

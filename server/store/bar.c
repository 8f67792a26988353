#include "store/bar.h"

#include <stdlib.h>

#include "store/admin_log.h"
#include "store/internal.h"
#include "store/user.h"

enum { TELL_MS = 10 * 60 * 1000 };

struct bar {
    int64_t telegram_id;
    int64_t told_ms; /* 0: not yet */
};

/* --- who is remembered --- */

static int by_id(const void *a, const void *b)
{
    const struct bar *x = a, *y = b;
    return (x->telegram_id > y->telegram_id) - (x->telegram_id < y->telegram_id);
}

static struct bar *find(const struct bar_memory *memory, int64_t telegram_id)
{
    const struct bar key = {.telegram_id = telegram_id};
    return memory->count ? bsearch(&key, memory->bars, memory->count, sizeof key, by_id) : NULL;
}

void bar_memory_clear(struct bar_memory *memory)
{
    free(memory->bars);
    *memory = (struct bar_memory){0};
}

DB_TENANT_STATEMENT(bar_select,
                    "SELECT telegram_id FROM users WHERE barred_at IS NOT NULL ORDER BY telegram_id");

bool bar_send(struct work *work, struct db_rows *rows_out, struct error *err)
{
    return db_send(work->tx, &bar_select, DB_NO_PARAMS, rows_out, err);
}

void bar_remember(struct work *work, const struct db_rows *rows)
{
    struct bar_memory *memory = &store_cache_of(work)->bars, old = *memory;
    *memory = (struct bar_memory){.count = (size_t)rows->count};
    if (rows->count)
        memory->bars = xcalloc((size_t)rows->count, sizeof *memory->bars);
    for (int i = 0; i < rows->count; i++) {
        int64_t telegram_id = db_int(rows, i, 0);
        const struct bar *known = find(&old, telegram_id);
        memory->bars[i] = (struct bar){telegram_id, known ? known->told_ms : 0};
    }
    bar_memory_clear(&old);
}

bool bar_is_out(struct work *work, int64_t telegram_id)
{
    return find(&store_cache_of(work)->bars, telegram_id);
}

size_t bar_count(struct work *work)
{
    return store_cache_of(work)->bars.count;
}

bool bar_may_tell(struct work *work, int64_t telegram_id)
{
    struct bar *bar = find(&store_cache_of(work)->bars, telegram_id);
    int64_t since_ms = bar ? work->now_ms - bar->told_ms : 0;
    if (!bar || (bar->told_ms && since_ms >= 0 && since_ms < TELL_MS))
        return false;
    bar->told_ms = work->now_ms;
    return true;
}

/* --- changing it --- */

DB_TENANT_STATEMENT(bar_set, "UPDATE users SET barred_at = $2 WHERE telegram_id = $1"
                             " AND (barred_at IS NULL) = ($2::timestamptz IS NOT NULL)");

static json_t *picture(bool out)
{
    return json_pack("{s:b}", "shut_out", out);
}

bool bar_put(struct work *work, int64_t actor_id, int64_t telegram_id, bool out, struct error *err)
{
    struct db_rows rows;
    if (out && (tenant_is_admin(work->tenant, telegram_id) || tenant_is_owner(work->tenant, telegram_id)))
        return error_set(err, ERR_INVALID, "person %lld runs this store", (long long)telegram_id);
    if (!user_lock(work, telegram_id, err) ||
        !db_query(work->tx, &bar_set, DB_PARAMS(P_INT(telegram_id), P_TIME(out ? work->now_ms : 0)), &rows,
                  err))
        return error_context(err, "shut out");
    if (rows.affected != 1)
        return error_set(err, ERR_CONFLICT, "person %lld is %s already", (long long)telegram_id,
                         out ? "shut out" : "let in");
    const struct admin_log entry = {
        .actor_id = actor_id,
        .action = out ? "shut_out" : "let_in",
        .subject = "user",
        .subject_id = telegram_id,
        .before = picture(!out),
        .after = picture(out),
    };
    return (admin_log_add(work, &entry, err) && catalogue_changed(work, err)) ||
           error_context(err, "shut out");
}

#include "work/internal.h"

#include <assert.h>
#include <string.h>

#include "base/str.h"

void work_init(struct work *work, struct lane_store *store, const struct tenant *tenant, struct arena *arena,
               int64_t now_ms)
{
    *work = (struct work){
        .store = store,
        .tenant = tenant,
        .file = tenant,
        .vault = &store->vault,
        .scope = &store->scope,
        .arena = arena,
        .now_ms = now_ms,
        .db = store->lane->db,
        .earliest_due_ms = INT64_MAX,
    };
    work->queued_tail = &work->queued;
}

static void forget_queued(struct work *work)
{
    work->queued = NULL;
    work->queued_tail = &work->queued;
    work->added_jobs = NULL;
    work->audits = NULL;
    work->earliest_due_ms = INT64_MAX;
}

bool work_begin(struct work *work, struct error *err)
{
    assert(!work->tx);
    forget_queued(work);
    return db_begin(work->db, work->scope, &work->tx, err);
}

bool work_commit(struct work *work, struct error *err)
{
    assert(work->tx);
    if (!audit_write(work, err) || !db_commit(work->tx, err))
        return false;
    audit_remember(work);
    outbox_hand_over(work);
    job_start_added(work);
    if (work->earliest_due_ms != INT64_MAX)
        lane_store_due(work->store, work->earliest_due_ms);
    forget_queued(work);
    return true;
}

void work_due(struct work *work, int64_t due_ms)
{
    if (due_ms < work->earliest_due_ms)
        work->earliest_due_ms = due_ms;
}

void work_end(struct work *work)
{
    db_end(&work->tx);
    forget_queued(work);
}

bool work_transaction(struct work *work, bool (*fn)(struct work *work, void *context, struct error *err),
                      void *context, struct error *err)
{
    bool ok = work_begin(work, err) && fn(work, context, err) && work_commit(work, err);
    work_end(work);
    return ok;
}

void *work_data(const struct work *work)
{
    return work->store->data;
}

void work_set_data(struct work *work, void *data, void (*free_data)(void *data))
{
    work->store->data = data;
    work->store->free_data = free_data;
}

char *work_reason(struct arena *arena, const char *text)
{
    size_t length = strlen(text), end = 0, step;
    uint32_t point;
    while (end < length && (step = str_utf8_decode(text + end, length - end, &point)))
        end += step;
    return arena_memdup(arena, text, end);
}

/* Who a broadcast goes to. Reads `users` by its key, a bounded slice at a time, and looks for each person's
 * orders by index: never a whole table. */
#include "store/broadcast.h"
#include "store/counter.h"
#include "store/internal.h"

/* Each a scalar subquery, which PostgreSQL looks up person by person: of an EXISTS it might make a hash of
 * all orders there are. */
#define BOUGHT                                                                                               \
    "(SELECT true FROM orders o WHERE o.telegram_id = u.telegram_id AND o.state IN ('paid', 'completed') "   \
    "LIMIT 1)"
#define BOUGHT_PRODUCT                                                                                       \
    "(SELECT true FROM orders o JOIN order_items i ON i.order_id = o.id WHERE o.telegram_id = "              \
    "u.telegram_id AND o.state IN ('paid', 'completed') AND i.product_id = $4 LIMIT 1)"
/* $2 how many are looked at, $3 the segment, $4 its product or days, $5 now. */
#define SLICE                                                                                                \
    "WITH slice AS MATERIALIZED (SELECT telegram_id, reachable, barred_at, seen_at FROM users "              \
    "WHERE telegram_id > $1 ORDER BY telegram_id LIMIT $2), "                                                \
    "fit AS (SELECT telegram_id FROM slice u WHERE reachable AND barred_at IS NULL AND CASE $3::text "       \
    "WHEN 'all' THEN true WHEN 'buyers' THEN " BOUGHT " IS TRUE WHEN 'never' THEN " BOUGHT " IS NOT TRUE "   \
    "WHEN 'product' THEN " BOUGHT_PRODUCT " IS TRUE "                                                        \
    "WHEN 'active' THEN seen_at >= $5::timestamptz - $4::bigint * interval '1 day' ELSE false END "

DB_TENANT_STATEMENT(broadcast_select_people, SLICE
                    "ORDER BY telegram_id LIMIT $6) "
                    "SELECT s.count, s.last, fit.telegram_id FROM (SELECT count(*), max(telegram_id) AS last "
                    "FROM slice) s LEFT JOIN fit ON true ORDER BY fit.telegram_id");

#define SLICE_PARAMS(cursor, looked_at, segment, ref)                                                        \
    P_INT(cursor), P_INT(looked_at), P_TEXT(broadcast_segment_name(segment)), P_INT(ref), P_TIME(work->now_ms)

/* A product takes a look into each of a person's orders. */
int64_t broadcast_slice(enum broadcast_segment segment)
{
    static const int64_t slices[] = {
        [BROADCAST_ALL] = 2000,    [BROADCAST_BUYERS] = 1000, [BROADCAST_NEVER] = 1000,
        [BROADCAST_PRODUCT] = 300, [BROADCAST_ACTIVE] = 2000,
    };
    return slices[segment];
}

bool broadcast_take_people(struct work *work, struct broadcast *b, int64_t most, const int64_t **people_out,
                           size_t *count_out, struct error *err)
{
    struct db_rows rows;
    int64_t slice = broadcast_slice(b->segment);
    if (most < 1) {
        *people_out = NULL;
        *count_out = 0;
        return true;
    }
    if (!db_query(work->tx, &broadcast_select_people,
                  DB_PARAMS(SLICE_PARAMS(b->cursor, slice, b->segment, b->segment_ref), P_INT(most)), &rows,
                  err))
        return error_context(err, "broadcast %lld", (long long)b->id);
    size_t count = db_is_null(&rows, 0, 2) ? 0 : (size_t)rows.count;
    int64_t *people = ARENA_ARRAY(work->arena, int64_t, count);
    for (size_t i = 0; i < count; i++)
        people[i] = db_int(&rows, (int)i, 2);
    if (count == (size_t)most)
        b->cursor = people[count - 1]; /* the rest of the slice is looked at again */
    else
        b->cursor = db_int(&rows, 0, 0) < slice ? BROADCAST_END : db_int(&rows, 0, 1);
    *people_out = people;
    *count_out = count;
    return true;
}

/* The first people there are stand for all of them. */
DB_TENANT_STATEMENT(broadcast_estimate_people,
                    SLICE ") SELECT (SELECT count(*) FROM slice), (SELECT count(*) FROM fit)");

static bool estimate(struct work *work, enum broadcast_segment segment, int64_t segment_ref,
                     int64_t *count_out, bool *exact_out, struct error *err)
{
    struct db_rows rows;
    struct counters all;
    if (!db_query(work->tx, &broadcast_estimate_people,
                  DB_PARAMS(SLICE_PARAMS(0, BROADCAST_SAMPLE, segment, segment_ref)), &rows, err) ||
        !counter_get(work, &all, err))
        return error_context(err, "broadcast");
    int64_t seen = db_int(&rows, 0, 0), fit = db_int(&rows, 0, 1);
    *exact_out = seen < BROADCAST_SAMPLE;
    *count_out = *exact_out || all.users <= seen ? fit : fit * all.users / seen;
    return true;
}

bool broadcast_estimate(struct work *work, enum broadcast_segment segment, int64_t segment_ref,
                        int64_t *count_out, bool *exact_out, struct error *err)
{
    bool own;
    if (!store_read_begin(work, &own, err))
        return false;
    bool ok = estimate(work, segment, segment_ref, count_out, exact_out, err);
    store_read_end(work, own);
    return ok;
}

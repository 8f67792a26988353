/* Stock coming in by the line. */
#include <string.h>

#include "base/str.h"
#include "store/admin_log.h"
#include "store/internal.h"
#include "store/stock_edit.h"
#include "store/stock_list.h"

/* --- what is in the upload twice --- */

/* Contents that were seen, each with its line: a table with one place for each. */
struct seen {
    const struct stock_line **slots;
    size_t size; /* a power of two, at least twice as many as there are lines */
};

static struct seen seen_new(struct arena *arena, size_t count)
{
    size_t size = 16;
    while (size < 2 * count)
        size *= 2;
    return (struct seen){ARENA_ARRAY(arena, const struct stock_line *, size), size};
}

/* The earlier line with the same content; NULL where this is the first one, which is remembered. */
static const struct stock_line *seen_before(struct seen *seen, const struct stock_line *line)
{
    size_t at = str_hash(line->content) & (seen->size - 1);
    for (; seen->slots[at]; at = (at + 1) & (seen->size - 1))
        if (str_equal(seen->slots[at]->content, line->content))
            return seen->slots[at];
    seen->slots[at] = line;
    return NULL;
}

static void name(struct work *work, struct stock_added *added, const struct stock_line *line, int64_t earlier,
                 enum stock_duplicate why)
{
    added->duplicates++;
    if (added->named_count < STOCK_MOST_NAMED)
        added->named[added->named_count++] =
            (struct stock_named){.line = line->number,
                                 .earlier = earlier,
                                 .masked = stock_mask(work->arena, line->content),
                                 .why = why};
}

/* --- a batch --- */

/* For each line: the state its unit was in before (NULL: not known), and whether it is available by this. */
DB_TENANT_STATEMENT(
    stock_edit_insert,
    "WITH given AS MATERIALIZED (SELECT decode(u.content, 'hex') AS content, decode(u.digest, 'hex') AS "
    "digest,"
    " u.position FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS u (content, digest, position)),"
    " known AS MATERIALIZED (SELECT g.position, s.state FROM given g JOIN stock_units s"
    " ON s.product_id = $1 AND s.digest = g.digest),"
    " taken AS (INSERT INTO stock_units (product_id, content, digest, created_at)"
    " SELECT $1, content, digest, $4::timestamptz FROM given ORDER BY position"
    " ON CONFLICT (product_id, digest) DO UPDATE SET state = 'available'"
    " WHERE stock_units.state = 'removed' RETURNING digest)"
    " SELECT k.state, t.digest IS NOT NULL FROM given g LEFT JOIN known k ON k.position = g.position"
    " LEFT JOIN taken t ON t.digest = g.digest ORDER BY g.position");

struct batch {
    size_t count;
    const struct stock_line *lines[STOCK_BATCH];
};

static bool add_batch(struct work *work, int64_t product_id, struct batch *batch, struct stock_added *added,
                      struct error *err)
{
    auto_arena struct arena *arena = arena_new();
    const char *contents[STOCK_BATCH];
    struct db_rows rows;
    for (size_t i = 0; i < batch->count; i++)
        contents[i] = batch->lines[i]->content;
    const struct stock_sealed sealed = stock_seal(work, arena, product_id, contents, batch->count);
    if (!db_query(work->tx, &stock_edit_insert,
                  DB_PARAMS(P_INT(product_id), P_TEXT(sealed.contents), P_TEXT(sealed.digests),
                            P_TIME(work->now_ms)),
                  &rows, err))
        return false;
    if (rows.count != (int)batch->count)
        return error_set(err, ERR_INTERNAL, "%d of %zu lines came back", rows.count, batch->count);
    for (int i = 0; i < (int)batch->count; i++) {
        const char *before = db_text(&rows, i, 0);
        bool taken = db_bool(&rows, i, 1);
        added->added += taken;
        added->returned += taken && *before;
        if (!taken)
            name(work, added, batch->lines[i], 0,
                 str_equal(before, "sold") ? STOCK_WAS_SOLD : STOCK_IS_THERE);
    }
    batch->count = 0;
    return true;
}

/* --- all of it --- */

static bool add_lines(struct work *work, int64_t product_id, const struct stock_lines *lines,
                      struct stock_added *added, struct error *err)
{
    struct seen seen = seen_new(work->arena, lines->count);
    struct batch batch = {0};
    for (size_t i = 0; i < lines->count; i++) {
        const struct stock_line *line = &lines->lines[i], *earlier = seen_before(&seen, line);
        if (earlier)
            name(work, added, line, earlier->number, STOCK_REPEATED);
        else
            batch.lines[batch.count++] = line;
        if (batch.count == STOCK_BATCH && !add_batch(work, product_id, &batch, added, err))
            return false;
    }
    return !batch.count || add_batch(work, product_id, &batch, added, err);
}

bool stock_edit_add(struct work *work, int64_t actor_id, int64_t product_id, const struct stock_lines *lines,
                    struct stock_added *added_out, struct error *err)
{
    struct stock_added *added = ARENA_NEW(work->arena, struct stock_added);
    if (!stock_check_product(work, product_id, err) || !add_lines(work, product_id, lines, added, err))
        return error_context(err, "stock");
    if (added->added) {
        const struct admin_log entry = {
            .actor_id = actor_id,
            .action = "stock_add",
            .subject = "product",
            .subject_id = product_id,
            .after = json_pack("{s:I, s:I, s:I}", "units", (json_int_t)added->added, "returned",
                               (json_int_t)added->returned, "duplicates", (json_int_t)added->duplicates)};
        if (!admin_log_add(work, &entry, err) || !catalogue_stock_rose(work, err) ||
            !catalogue_changed(work, err))
            return error_context(err, "stock");
    }
    *added_out = *added;
    return true;
}

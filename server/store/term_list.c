#include "store/term_list.h"

#include "base/str.h"
#include "store/internal.h"
#include "store/window.h"

#define PROOFS                                                                                               \
    "SELECT t.id, t.order_id, t.telegram_id, u.first_name, u.last_name, u.username, i.name, o.reference,"    \
    " t.fulfilled_at, t.proof_kind, t.proof FROM terms t JOIN order_items i ON i.id = t.order_item_id"       \
    " JOIN orders o ON o.id = t.order_id JOIN users u ON u.telegram_id = t.telegram_id"                      \
    " WHERE t.state = 'fulfilled' AND "
DB_TENANT_STATEMENT(term_list_newest, PROOFS "$1::bigint = 0 ORDER BY t.id DESC LIMIT 9");
DB_TENANT_STATEMENT(term_list_from, PROOFS "$1::bigint = 0 AND t.id <= $2 ORDER BY t.id DESC LIMIT 9");
DB_TENANT_STATEMENT(term_list_before, PROOFS "$1::bigint = 0 AND t.id > $2 ORDER BY t.id LIMIT 9");
DB_TENANT_STATEMENT(term_list_one, PROOFS "t.id = $1");

static struct term_proof read_proof(struct arena *arena, const struct db_rows *rows, int row)
{
    return (struct term_proof){
        .id = db_int(rows, row, 0),
        .order_id = db_int(rows, row, 1),
        .telegram_id = db_int(rows, row, 2),
        .first_name = db_text_copy(arena, rows, row, 3),
        .last_name = db_text_copy(arena, rows, row, 4),
        .username = db_text_copy(arena, rows, row, 5),
        .product = db_text_copy(arena, rows, row, 6),
        .reference = db_text_copy(arena, rows, row, 7),
        .fulfilled_ms = db_time(rows, row, 8),
        .is_photo = str_equal(db_text(rows, row, 9), "photo"),
    };
}

bool term_list_proofs(struct work *work, int64_t cursor, struct term_proofs *page_out, struct error *err)
{
    static const struct list list = {&term_list_newest, &term_list_from, &term_list_before};
    bool own = false;
    struct window w;
    bool ok =
        store_read_begin(work, &own, err) && window_read(work, &list, 0, cursor, TERM_LIST_PAGE, &w, err);
    if (ok) {
        *page_out = (struct term_proofs){.count = (size_t)w.count, .before = w.before, .after = w.after};
        for (int i = 0; i < w.count; i++)
            page_out->items[i] = read_proof(work->arena, &w.rows, window_row(&w, i));
    }
    store_read_end(work, own);
    return ok;
}

bool term_list_proof(struct work *work, int64_t term_id, struct term_proof *proof_out,
                     const char **content_out, struct error *err)
{
    bool own = false;
    struct db_rows rows;
    bool ok = store_read_begin(work, &own, err) &&
              db_query(work->tx, &term_list_one, DB_PARAMS(P_INT(term_id)), &rows, err);
    if (ok && !rows.count)
        ok = error_set(err, ERR_NOT_FOUND, "terms %lld: no proof", (long long)term_id);
    ok = ok &&
         content_open(work, content_identity(work, "proof", term_id), &rows, 0, 10, content_out, NULL, err);
    if (ok)
        *proof_out = read_proof(work->arena, &rows, 0);
    store_read_end(work, own);
    return ok;
}

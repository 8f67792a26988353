#include "store/search.h"

#include "store/internal.h"

static bool send(struct work *work, const struct search *search, const struct db_statement *statement,
                 int64_t ref, int64_t from, struct db_rows *rows_out, struct error *err)
{
    const struct db_param params[] = {P_INT(from), search->word ? P_TEXT(search->word) : P_INT(ref)};
    return db_send(work->tx, statement, params, search->word || search->by_ref ? 2 : 1, rows_out, err);
}

bool search_page(struct work *work, const struct search *search, int64_t ref, int64_t from,
                 struct db_rows *rows_out, size_t *count_out, struct search_ends *ends_out, struct error *err)
{
    struct db_rows rows, in_front = {0};
    int64_t beginning = search->oldest_first ? 0 : INT64_MAX;
    if ((from > 0 && !send(work, search, search->in_front, ref, from, &in_front, err)) ||
        !send(work, search, search->page, ref, from > 0 ? from : beginning, &rows, err) ||
        !db_flush(work->tx, err))
        return false;
    bool has_next = rows.count > SEARCH_ROWS;
    *ends_out = (struct search_ends){
        .has_back = in_front.count > 0,
        .back = in_front.count > SEARCH_ROWS ? db_int(&in_front, SEARCH_ROWS, 0) : 0,
        .has_next = has_next,
        .next = has_next ? db_int(&rows, SEARCH_ROWS - 1, 0) : 0,
    };
    *count_out = (size_t)(has_next ? SEARCH_ROWS : rows.count);
    *rows_out = rows;
    return true;
}

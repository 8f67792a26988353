#include "store/window.h"

int window_row(const struct window *window, int i)
{
    return window->top + i * window->step;
}

struct window window_of(const struct db_rows *rows, int64_t cursor, int most)
{
    bool backwards = cursor<0, more = rows->count> most;
    int count = more ? most : rows->count;
    struct window w = {
        .rows = *rows, .top = backwards ? count - 1 : 0, .step = backwards ? -1 : 1, .count = count};
    if (count && (cursor > 0 || (backwards && more)))
        w.before = -db_int(rows, w.top, 0);
    w.after = backwards ? -cursor : more ? db_int(rows, most, 0) : 0;
    return w;
}

bool window_read(struct work *work, const struct list *list, int64_t of, int64_t cursor, int most,
                 struct window *window_out, struct error *err)
{
    struct db_rows rows = {0};
    if (cursor == INT64_MIN)
        cursor = 0;
    if (cursor && !db_query(work->tx, cursor > 0 ? list->from : list->before,
                            DB_PARAMS(P_INT(of), P_INT(cursor > 0 ? cursor : -cursor)), &rows, err))
        return false;
    if (!rows.count) {
        cursor = 0;
        if (!db_query(work->tx, list->first, DB_PARAMS(P_INT(of)), &rows, err))
            return false;
    }
    *window_out = window_of(&rows, cursor, most);
    return true;
}

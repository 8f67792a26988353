/*
 * Lists that are read a page at a time, forwards and backwards, without counting what is in front. A page is
 * named by a cursor: 0 is the first one, n the one that begins with item n, -n the one in front of item n.
 * For the files of this room; nobody else includes it.
 */
#pragma once

#include "work/work.h"

/* Each statement gets what the list is of as $1 and the item's id as $2 (not `first`), returns rows that
 * begin with an id, and one more than a page has at most. `from` begins with the item, `before` goes
 * backwards from in front of it. */
struct list {
    const struct db_statement *first, *from, *before;
};

struct window {
    struct db_rows rows;
    int top, step, count;  /* of the page's rows: window_row() */
    int64_t before, after; /* cursors of the pages beside it; 0: none */
};

/* The page at the cursor, or the first one where nothing is there. In the open transaction. */
MUST_USE bool window_read(struct work *work, const struct list *list, int64_t of, int64_t cursor, int most,
                          struct window *window_out, struct error *err);
/* Of rows that were read for a cursor. */
struct window window_of(const struct db_rows *rows, int64_t cursor, int most);
/* The row of the page's item `i`, in the list's order. */
int window_row(const struct window *window, int i);

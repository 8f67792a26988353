/*
 * What admins do with stock: units added by the line, taken out, put back; in the open transaction. The table
 * is stock.c's. Each has its row in admin_logs (never a content) and is announced, so that what was sold out
 * can be bought at once. A unit that was taken out stays known (removed), and comes back when its line is
 * added again or an admin puts it back.
 *
 * ERR_NOT_FOUND where the product or unit is not there, ERR_INVALID where the product is of another kind than
 * units, ERR_CONFLICT where the unit's state is another one by now. After a failure the transaction must not
 * be committed.
 */
#pragma once

#include "store/stock.h"
#include "store/stock_lines.h"

enum { STOCK_MOST_NAMED = 20 };

/* Why a line was not taken. */
enum stock_duplicate {
    STOCK_REPEATED, /* an earlier line of the same upload */
    STOCK_IS_THERE, /* available, or reserved for an order */
    STOCK_WAS_SOLD
};
struct stock_named {
    int64_t line, earlier; /* `earlier`: the line that it repeats */
    const char *masked;
    enum stock_duplicate why;
};
struct stock_added {
    int64_t added;    /* new ones, and those that came back */
    int64_t returned; /* of these the latter */
    int64_t duplicates;
    size_t named_count; /* the first ones */
    struct stock_named named[STOCK_MOST_NAMED];
};
/* Results in the arena. Twice the same lines at once (two admins): the later one finds duplicates. */
MUST_USE bool stock_edit_add(struct work *work, int64_t actor_id, int64_t product_id,
                             const struct stock_lines *lines, struct stock_added *added_out,
                             struct error *err);

/* available -> removed */
MUST_USE bool stock_edit_remove(struct work *work, int64_t actor_id, int64_t unit_id, struct error *err);
/* removed -> available */
MUST_USE bool stock_edit_put_back(struct work *work, int64_t actor_id, int64_t unit_id, struct error *err);
/* available -> removed for the newest `most` units (0: all) that no order is about to take. */
MUST_USE bool stock_edit_remove_newest(struct work *work, int64_t actor_id, int64_t product_id, int64_t most,
                                       int64_t *removed_out, struct error *err);

/* A unit's content for an admin to see; in the arena. */
MUST_USE bool stock_edit_show(struct work *work, int64_t actor_id, int64_t unit_id, const char **content_out,
                              struct error *err);

/* Available units as a text, a line each, oldest first: those behind unit `after` (0: from the first on), as
 * many as make a file of some megabytes. */
struct stock_export {
    const char *text; /* in the arena; "" where there are none */
    int64_t count, last_id;
    bool has_more;
};
MUST_USE bool stock_edit_export(struct work *work, int64_t actor_id, int64_t product_id, int64_t after,
                                struct stock_export *export_out, struct error *err);

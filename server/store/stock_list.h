/* Stock as admins look at it, a page at a time, contents masked. Reads only, in the open transaction or one
 * of its own; results in the arena. The table is stock.c's. */
#pragma once

#include "work/work.h"

enum { STOCK_LIST_PAGE = 10 };

enum stock_view {
    STOCK_VIEW_AVAILABLE,
    STOCK_VIEW_REMOVED,
    STOCK_VIEW_ORDERED, /* reserved and sold ones */
    STOCK_VIEWS
};
enum stock_state { STOCK_AVAILABLE, STOCK_RESERVED, STOCK_SOLD, STOCK_REMOVED };

struct stock_list_unit {
    int64_t id, product_id;
    enum stock_state state;
    const char *masked;
    const char *reference; /* the order's; NULL: none */
    int64_t created_ms;
    bool was_replaced; /* a sold one that turned out bad */
};
/* The newest first; of ordered ones the newest order's. Cursors as in catalogue_list.h. */
struct stock_list_page {
    size_t count;
    struct stock_list_unit items[STOCK_LIST_PAGE];
    int64_t before, after;
};
MUST_USE bool stock_list_page(struct work *work, int64_t product_id, enum stock_view view, int64_t cursor,
                              struct stock_list_page *page_out, struct error *err);
/* The units that were sold with an order, replaced ones too, in the order in which the buyer has them; page
 * `page` (from 0). */
struct stock_list_order {
    size_t count;
    struct stock_list_unit items[STOCK_LIST_PAGE];
    bool has_more; /* another page follows */
};
MUST_USE bool stock_list_order(struct work *work, int64_t order_id, int64_t page,
                               struct stock_list_order *units_out, struct error *err);
/* ERR_NOT_FOUND. */
MUST_USE bool stock_list_unit(struct work *work, int64_t unit_id, struct stock_list_unit *unit_out,
                              struct error *err);

/* "ma••••••@x…": enough to know a unit by, not to use it. In the arena. */
const char *stock_mask(struct arena *arena, const char *content);

/* What coupon.c (reading, carts, uses) and coupon_edit.c (changing) share; nobody else includes it. */
#pragma once

#include "store/coupon.h"

#define COUPON_COLUMNS                                                                                       \
    "c.id, c.code, c.kind, c.value, c.maximum_discount, c.minimum_total, c.product_ids, c.category_ids,"     \
    " c.most_uses, c.most_uses_each, c.uses, c.starts_at, c.ends_at, c.stopped, c.edition, c.revision"
enum { COUPON_COLUMN_COUNT = 16 };
#define COUPON_HOLDING "state IN ('pending', 'paid', 'completed')"

extern const char *const coupon_kind_names[];

/* Of these columns; in the arena. */
struct coupon coupon_read_row(struct arena *arena, const struct db_rows *rows, int row);
bool coupon_is_code(const char *text);

#include "store/coupon.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "store/coupon_internal.h"
#include "store/internal.h"
#include "store/window.h"

const char *const coupon_kind_names[] = {[COUPON_PERCENT] = "percent", [COUPON_FLAT] = "flat"};

static const char *const refusal_names[] = {
    [COUPON_OK] = "good",
    [COUPON_UNKNOWN] = "unknown",
    [COUPON_STOPPED] = "stopped",
    [COUPON_NOT_YET] = "not yet begun",
    [COUPON_ENDED] = "ended",
    [COUPON_USED_UP] = "used up",
    [COUPON_USED_BY_YOU] = "used up by this person",
    [COUPON_NOT_FOR_THESE] = "not for these products",
    [COUPON_TOTAL_TOO_SMALL] = "not for so small a total",
    [COUPON_CHANGED] = "changed",
};

const char *coupon_refusal_name(enum coupon_refusal refusal)
{
    return refusal_names[refusal];
}

/* --- what it takes off --- */

static bool has(const struct coupon_ids *ids, int64_t id)
{
    for (size_t i = 0; i < ids->count; i++)
        if (ids->items[i] == id)
            return true;
    return false;
}

static bool is_for(const struct coupon *coupon, const struct coupon_line *line)
{
    return (!coupon->products.count && !coupon->categories.count) ||
           has(&coupon->products, line->product_id) || has(&coupon->categories, line->category_id);
}

static enum coupon_refusal check_limits(const struct coupon *coupon, int64_t own_uses)
{
    if (coupon->most_uses_each && own_uses >= coupon->most_uses_each)
        return COUPON_USED_BY_YOU;
    return coupon->most_uses && coupon->uses >= coupon->most_uses ? COUPON_USED_UP : COUPON_OK;
}

static enum coupon_refusal check_state(const struct coupon *coupon, int64_t own_uses, int64_t now_ms)
{
    if (coupon->stopped)
        return COUPON_STOPPED;
    if (now_ms < coupon->starts_ms)
        return COUPON_NOT_YET;
    if (coupon->ends_ms && now_ms >= coupon->ends_ms)
        return COUPON_ENDED;
    return check_limits(coupon, own_uses);
}

enum coupon_refusal coupon_state(const struct coupon *coupon, int64_t now_ms)
{
    return check_state(coupon, 0, now_ms);
}

static int64_t least_of(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

enum coupon_refusal coupon_discount(const struct coupon *coupon, int64_t own_uses,
                                    const struct coupon_line *lines, size_t count, int64_t now_ms,
                                    int64_t *discount_out)
{
    enum coupon_refusal refusal = check_state(coupon, own_uses, now_ms);
    int64_t total = 0, reach = 0; /* of all lines, and of those it is for */
    if (refusal != COUPON_OK)
        return refusal;
    for (size_t i = 0; i < count; i++) {
        total += lines[i].amount;
        reach += is_for(coupon, &lines[i]) ? lines[i].amount : 0;
    }
    if (reach == 0)
        return COUPON_NOT_FOR_THESE;
    if (total < coupon->minimum_total)
        return COUPON_TOTAL_TOO_SMALL;
    int64_t discount = coupon->kind == COUPON_PERCENT ? reach * coupon->value / 100 : coupon->value;
    if (coupon->maximum_discount)
        discount = least_of(discount, coupon->maximum_discount);
    discount = least_of(discount, reach);
    *discount_out = discount ? discount : 1;
    return COUPON_OK;
}

/* --- reading --- */

/* "{1,22,333}" */
static struct coupon_ids read_ids(struct arena *arena, const char *text)
{
    size_t most = 1;
    for (const char *p = text; *p; p++)
        most += *p == ',';
    int64_t *ids = ARENA_ARRAY(arena, int64_t, most);
    size_t count = 0;
    for (const char *p = text + 1; *p && *p != '}';) {
        char *end;
        ids[count++] = strtoll(p, &end, 10);
        p = end + (*end == ',');
    }
    return (struct coupon_ids){count, ids};
}

struct coupon coupon_read_row(struct arena *arena, const struct db_rows *rows, int row)
{
    bool flat = strcmp(db_text(rows, row, 2), coupon_kind_names[COUPON_FLAT]) == 0;
    return (struct coupon){
        .id = db_int(rows, row, 0),
        .code = db_text_copy(arena, rows, row, 1),
        .kind = flat ? COUPON_FLAT : COUPON_PERCENT,
        .value = db_int(rows, row, 3),
        .maximum_discount = db_int(rows, row, 4),
        .minimum_total = db_int(rows, row, 5),
        .products = read_ids(arena, db_text(rows, row, 6)),
        .categories = read_ids(arena, db_text(rows, row, 7)),
        .most_uses = db_int(rows, row, 8),
        .most_uses_each = db_int(rows, row, 9),
        .uses = db_int(rows, row, 10),
        .starts_ms = db_time(rows, row, 11),
        .ends_ms = db_time(rows, row, 12),
        .stopped = db_bool(rows, row, 13),
        .edition = db_int(rows, row, 14),
        .revision = db_int(rows, row, 15),
    };
}

bool coupon_is_code(const char *text)
{
    size_t length = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
    return !text[length] && length >= COUPON_CODE_LEAST && length <= COUPON_CODE_MOST;
}

/* False where it can't be a code. */
static bool read_code(const char *typed, char code_out[COUPON_CODE_MOST + 1])
{
    static const char blanks[] = " \t\r\n";
    const char *p = typed + strspn(typed, blanks);
    size_t length = strcspn(p, blanks);
    if (length > COUPON_CODE_MOST || p[length + strspn(p + length, blanks)])
        return false;
    for (size_t i = 0; i < length; i++)
        code_out[i] = (char)(p[i] >= 'a' && p[i] <= 'z' ? p[i] - 'a' + 'A' : p[i]);
    code_out[length] = '\0';
    return coupon_is_code(code_out);
}

DB_TENANT_STATEMENT(coupon_select_code, "SELECT " COUPON_COLUMNS " FROM coupons c WHERE c.code = $1");

bool coupon_find(struct work *work, const char *typed, struct coupon *coupon_out, struct error *err)
{
    char code[COUPON_CODE_MOST + 1];
    struct db_rows rows;
    if (!read_code(typed, code))
        return error_set(err, ERR_NOT_FOUND, "coupon: that can't be a code");
    if (!db_query(work->tx, &coupon_select_code, DB_PARAMS(P_TEXT(code)), &rows, err))
        return false;
    if (!rows.count)
        return error_set(err, ERR_NOT_FOUND, "coupon %s: not there", code);
    *coupon_out = coupon_read_row(work->arena, &rows, 0);
    return true;
}

#define COUPON_SELECT "SELECT " COUPON_COLUMNS " FROM coupons c WHERE c.id = $1"
DB_TENANT_STATEMENT(coupon_select, COUPON_SELECT);
DB_TENANT_STATEMENT(coupon_select_lock, COUPON_SELECT " FOR NO KEY UPDATE");

bool coupon_get(struct work *work, int64_t coupon_id, bool lock, struct coupon *coupon_out, struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, lock ? &coupon_select_lock : &coupon_select, DB_PARAMS(P_INT(coupon_id)), &rows,
                  err))
        return false;
    if (!rows.count)
        return error_set(err, ERR_NOT_FOUND, "coupon %" PRId64 ": not there", coupon_id);
    *coupon_out = coupon_read_row(work->arena, &rows, 0);
    return true;
}

DB_TENANT_STATEMENT(
    coupon_count_uses,
    "SELECT count(*) FROM orders WHERE coupon_id = $1 AND telegram_id = $2 AND " COUPON_HOLDING);

bool coupon_uses_by(struct work *work, int64_t coupon_id, int64_t telegram_id, int64_t *uses_out,
                    struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &coupon_count_uses, DB_PARAMS(P_INT(coupon_id), P_INT(telegram_id)), &rows, err))
        return false;
    *uses_out = db_int(&rows, 0, 0);
    return true;
}

DB_TENANT_STATEMENT(coupon_select_list, "SELECT " COUPON_COLUMNS " FROM coupons c"
                                        " WHERE c.code > $1 ORDER BY c.code"
                                        " LIMIT $2");

bool coupon_list(struct work *work, const char *after, int64_t limit, struct coupon **coupons_out,
                 size_t *count_out, struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &coupon_select_list, DB_PARAMS(P_TEXT(after), P_INT(limit)), &rows, err))
        return false;
    struct coupon *coupons = ARENA_ARRAY(work->arena, struct coupon, rows.count);
    for (int i = 0; i < rows.count; i++)
        coupons[i] = coupon_read_row(work->arena, &rows, i);
    *coupons_out = coupons;
    *count_out = (size_t)rows.count;
    return true;
}

#define COUPON_PAGE "SELECT " COUPON_COLUMNS " FROM coupons c WHERE $1::bigint = 0"
#define THIS_ONE    "(SELECT code FROM coupons WHERE id = $2)"
/* One row more than the page has tells that there is another. */
DB_TENANT_STATEMENT(coupon_page_first, COUPON_PAGE " ORDER BY c.code LIMIT 9");
DB_TENANT_STATEMENT(coupon_page_from, COUPON_PAGE " AND c.code >= " THIS_ONE " ORDER BY c.code LIMIT 9");
DB_TENANT_STATEMENT(coupon_page_before,
                    COUPON_PAGE " AND c.code < " THIS_ONE " ORDER BY c.code DESC LIMIT 9");

bool coupon_page(struct work *work, int64_t cursor, struct coupon_page *page_out, struct error *err)
{
    static const struct list list = {&coupon_page_first, &coupon_page_from, &coupon_page_before};
    bool own;
    struct window w;
    if (!store_read_begin(work, &own, err))
        return false;
    bool ok = window_read(work, &list, 0, cursor, COUPONS_ON_A_PAGE, &w, err);
    if (ok) {
        *page_out = (struct coupon_page){.count = (size_t)w.count, .before = w.before, .after = w.after};
        for (int i = 0; i < w.count; i++)
            page_out->coupons[i] = coupon_read_row(work->arena, &w.rows, window_row(&w, i));
    }
    store_read_end(work, own);
    return ok || error_context(err, "coupons");
}

/* --- in a cart --- */

#define COUPON_SELECT_CART                                                                                   \
    "SELECT " COUPON_COLUMNS ", u.coupon_edition FROM users u JOIN coupons c ON c.id = u.coupon_id"          \
    " WHERE u.telegram_id = $1"
DB_TENANT_STATEMENT(coupon_select_cart, COUPON_SELECT_CART);
DB_TENANT_STATEMENT(coupon_select_cart_lock, COUPON_SELECT_CART " FOR NO KEY UPDATE OF c");
/* A statement of its own: its snapshot is taken once the lock is there. */
DB_TENANT_STATEMENT(coupon_count_uses_cart,
                    "SELECT count(*) FROM orders WHERE telegram_id = $1 AND " COUPON_HOLDING
                    " AND coupon_id = (SELECT u.coupon_id FROM users u WHERE u.telegram_id = $1)");

/* Most carts have none: then neither coupons nor orders are touched, which a backend would keep in memory for
 * each store. */
DB_TENANT_STATEMENT(coupon_select_chosen, "SELECT coupon_id FROM users WHERE telegram_id = $1");

/* Deleted since: whoever saw its discount is not to pay more without being told. */
static const struct coupon_in_cart *gone(struct arena *arena, int64_t coupon_id)
{
    struct coupon_in_cart *chosen = arena_alloc(arena, sizeof *chosen);
    *chosen = (struct coupon_in_cart){.coupon = {.id = coupon_id, .code = "–", .value = 1, .stopped = true}};
    return chosen;
}

bool coupon_cart_get(struct work *work, int64_t telegram_id, bool lock,
                     const struct coupon_in_cart **chosen_out, struct error *err)
{
    struct db_rows chosen_id, rows, uses;
    if (!db_query(work->tx, &coupon_select_chosen, DB_PARAMS(P_INT(telegram_id)), &chosen_id, err))
        return false;
    if (!chosen_id.count || db_is_null(&chosen_id, 0, 0)) {
        *chosen_out = NULL;
        return true;
    }
    if (!db_send(work->tx, lock ? &coupon_select_cart_lock : &coupon_select_cart,
                 DB_PARAMS(P_INT(telegram_id)), &rows, err) ||
        !db_query(work->tx, &coupon_count_uses_cart, DB_PARAMS(P_INT(telegram_id)), &uses, err))
        return false;
    if (!rows.count) {
        *chosen_out = gone(work->arena, db_int(&chosen_id, 0, 0));
        return true;
    }
    struct coupon_in_cart *chosen = arena_alloc(work->arena, sizeof *chosen);
    *chosen = (struct coupon_in_cart){.coupon = coupon_read_row(work->arena, &rows, 0),
                                      .own_uses = db_int(&uses, 0, 0)};
    chosen->changed = chosen->coupon.edition != db_int(&rows, 0, COUPON_COLUMN_COUNT);
    *chosen_out = chosen;
    return true;
}

DB_TENANT_STATEMENT(coupon_set_cart,
                    "UPDATE users SET coupon_id = $2, coupon_edition = $3 WHERE telegram_id = $1");

bool coupon_cart_set(struct work *work, int64_t telegram_id, const struct coupon *coupon, struct error *err)
{
    return db_send(work->tx, &coupon_set_cart,
                   DB_PARAMS(P_INT(telegram_id), P_INT(coupon->id), P_INT(coupon->edition)), NULL, err);
}

DB_TENANT_STATEMENT(coupon_clear_cart, "UPDATE users SET coupon_id = NULL, coupon_edition = NULL"
                                       " WHERE telegram_id = $1 AND coupon_id IS NOT NULL");

bool coupon_cart_clear(struct work *work, int64_t telegram_id, struct error *err)
{
    return db_send(work->tx, &coupon_clear_cart, DB_PARAMS(P_INT(telegram_id)), NULL, err);
}

/* --- uses --- */

bool coupon_check_limits(struct work *work, int64_t coupon_id, int64_t telegram_id, struct error *err)
{
    struct coupon coupon;
    int64_t own_uses;
    if (!coupon_get(work, coupon_id, true, &coupon, err) ||
        !coupon_uses_by(work, coupon_id, telegram_id, &own_uses, err))
        return false;
    enum coupon_refusal refusal = check_limits(&coupon, own_uses);
    return refusal == COUPON_OK ||
           error_set(err, ERR_CONFLICT, "coupon %s: %s", coupon.code, coupon_refusal_name(refusal));
}

DB_TENANT_STATEMENT(
    coupon_add_use,
    "UPDATE coupons SET uses = uses + 1 WHERE id = $1"
    " AND (most_uses IS NULL OR uses < most_uses)"
    " AND (most_uses_each IS NULL OR most_uses_each >"
    " (SELECT count(*) FROM orders WHERE coupon_id = $1 AND telegram_id = $2 AND " COUPON_HOLDING "))");

bool coupon_take(struct work *work, int64_t coupon_id, int64_t telegram_id, struct error *err)
{
    return db_change(work->tx, &coupon_add_use, DB_PARAMS(P_INT(coupon_id), P_INT(telegram_id)), err) ||
           error_context(err, "coupon %" PRId64, coupon_id);
}

DB_TENANT_STATEMENT(coupon_remove_use, "UPDATE coupons SET uses = uses - 1 WHERE id = $1 AND uses > 0");

bool coupon_give_back(struct work *work, int64_t coupon_id, struct error *err)
{
    if (db_change(work->tx, &coupon_remove_use, DB_PARAMS(P_INT(coupon_id)), err))
        return true;
    if (err->code == ERR_CONFLICT) /* counted with every order: nobody else was first, the books are wrong */
        err->code = ERR_INTERNAL;
    return error_context(err, "coupon %" PRId64 ": give back", coupon_id);
}

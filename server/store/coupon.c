#include "store/coupon.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

static const char *const kind_names[] = {[COUPON_PERCENT] = "percent", [COUPON_FLAT] = "flat"};

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

#define COUPON_COLUMNS                                                                                       \
    "c.id, c.code, c.kind, c.value, c.maximum_discount, c.minimum_total, c.product_ids, c.category_ids,"     \
    " c.most_uses, c.most_uses_each, c.uses, c.starts_at, c.ends_at, c.stopped, c.edition"
enum { COLUMNS = 15 };

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

static struct coupon read_coupon(struct arena *arena, const struct db_rows *rows, int row)
{
    bool flat = strcmp(db_text(rows, row, 2), kind_names[COUPON_FLAT]) == 0;
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
    };
}

static bool is_code(const char *text)
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
    return is_code(code_out);
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
    *coupon_out = read_coupon(work->arena, &rows, 0);
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
    *coupon_out = read_coupon(work->arena, &rows, 0);
    return true;
}

#define HOLDING "state IN ('pending', 'paid', 'completed')"
DB_TENANT_STATEMENT(coupon_count_uses,
                    "SELECT count(*) FROM orders WHERE coupon_id = $1 AND telegram_id = $2 AND " HOLDING);

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
                                        " WHERE c.code COLLATE \"C\" > $1 ORDER BY c.code COLLATE \"C\""
                                        " LIMIT $2");

bool coupon_list(struct work *work, const char *after, int64_t limit, struct coupon **coupons_out,
                 size_t *count_out, struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &coupon_select_list, DB_PARAMS(P_TEXT(after), P_INT(limit)), &rows, err))
        return false;
    struct coupon *coupons = ARENA_ARRAY(work->arena, struct coupon, rows.count);
    for (int i = 0; i < rows.count; i++)
        coupons[i] = read_coupon(work->arena, &rows, i);
    *coupons_out = coupons;
    *count_out = (size_t)rows.count;
    return true;
}

/* --- in a cart --- */

#define COUPON_SELECT_CART                                                                                   \
    "SELECT " COUPON_COLUMNS ", u.coupon_edition FROM users u JOIN coupons c ON c.id = u.coupon_id"          \
    " WHERE u.telegram_id = $1"
DB_TENANT_STATEMENT(coupon_select_cart, COUPON_SELECT_CART);
DB_TENANT_STATEMENT(coupon_select_cart_lock, COUPON_SELECT_CART " FOR NO KEY UPDATE OF c");
/* A statement of its own: its snapshot is taken once the lock is there. */
DB_TENANT_STATEMENT(coupon_count_uses_cart,
                    "SELECT count(*) FROM orders WHERE telegram_id = $1 AND " HOLDING
                    " AND coupon_id = (SELECT u.coupon_id FROM users u WHERE u.telegram_id = $1)");

/* Most carts have none: then neither coupons nor orders are touched, which a backend would keep in memory for
 * each store. */
DB_TENANT_STATEMENT(coupon_select_chosen, "SELECT coupon_id FROM users WHERE telegram_id = $1");

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
        *chosen_out = NULL;
        return true;
    }
    struct coupon_in_cart *chosen = arena_alloc(work->arena, sizeof *chosen);
    *chosen = (struct coupon_in_cart){.coupon = read_coupon(work->arena, &rows, 0),
                                      .own_uses = db_int(&uses, 0, 0)};
    chosen->changed = chosen->coupon.edition != db_int(&rows, 0, COLUMNS);
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

DB_TENANT_STATEMENT(coupon_add_use,
                    "UPDATE coupons SET uses = uses + 1 WHERE id = $1"
                    " AND (most_uses IS NULL OR uses < most_uses)"
                    " AND (most_uses_each IS NULL OR most_uses_each >"
                    " (SELECT count(*) FROM orders WHERE coupon_id = $1 AND telegram_id = $2 AND " HOLDING
                    "))");

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

/* --- what admins do --- */

static bool check(const struct coupon *coupon, int64_t starts_ms, struct error *err)
{
    int64_t most_value = coupon->kind == COUPON_PERCENT ? 100 : COUPON_MOST;
    const struct {
        bool good;
        const char *what;
    } rules[] = {
        {is_code(coupon->code), "a code has 2 to 32 letters, digits, _ and -"},
        {coupon->value >= 1 && coupon->value <= most_value,
         coupon->kind == COUPON_PERCENT ? "it takes off 1 to 100 percent" : "it takes off 1 rupiah or more"},
        {coupon->maximum_discount >= 0 && coupon->maximum_discount <= COUPON_MOST, "that maximum can't be"},
        {coupon->minimum_total >= 0 && coupon->minimum_total <= COUPON_MOST, "that minimum can't be"},
        {coupon->most_uses >= 0 && coupon->most_uses <= COUPON_MOST, "that limit can't be"},
        {coupon->most_uses_each >= 0 && coupon->most_uses_each <= COUPON_MOST,
         "that limit for each person can't be"},
        {!coupon->ends_ms || coupon->ends_ms > starts_ms, "it ends before it starts"},
    };
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        if (!rules[i].good)
            return error_set(err, ERR_INVALID, "%s", rules[i].what);
    return true;
}

static int by_number(const void *a, const void *b)
{
    int64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

/* Sorted and each once, so that equal sets are equal. */
static const char *write_ids(struct arena *arena, const struct coupon_ids *ids)
{
    int64_t *sorted = ARENA_ARRAY(arena, int64_t, ids->count);
    if (ids->count) {
        memcpy(sorted, ids->items, ids->count * sizeof *sorted);
        qsort(sorted, ids->count, sizeof *sorted, by_number);
    }
    struct str text = STR_INIT(arena);
    str_add(&text, "{");
    for (size_t i = 0; i < ids->count; i++)
        if (!i || sorted[i] != sorted[i - 1])
            str_addf(&text, "%s%" PRId64, i ? "," : "", sorted[i]);
    str_add(&text, "}");
    return str_done(&text);
}

#define TERMS(of)                                                                                            \
    of ".kind, " of ".value, " of ".maximum_discount, " of ".minimum_total, " of ".product_ids, " of         \
       ".category_ids"
#define CONDITIONS(of)                                                                                       \
    of ".most_uses, " of ".most_uses_each, " of ".starts_at, " of ".ends_at, " of ".stopped"
/* xmax is 0 in a row that this statement inserted. */
DB_TENANT_STATEMENT(
    coupon_upsert,
    "INSERT INTO coupons AS c (code, kind, value, maximum_discount, minimum_total, product_ids, category_ids,"
    " most_uses, most_uses_each, starts_at, ends_at, stopped, created_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
    " ON CONFLICT (code) DO UPDATE SET (kind, value, maximum_discount, minimum_total, product_ids,"
    " category_ids, most_uses, most_uses_each, starts_at, ends_at, stopped) ="
    " ROW(" TERMS("excluded") ", " CONDITIONS(
        "excluded") "),"
                    " edition = c.edition + ((" TERMS("c") ") IS DISTINCT FROM (" TERMS(
                        "excluded") "))::integer"
                                    " WHERE (" TERMS("c") ", " CONDITIONS(
                                        "c") ")"
                                             " IS DISTINCT FROM (" TERMS("excluded") ", " CONDITIONS(
                                                 "excluded") ")"
                                                             " RETURNING xmax = 0");
DB_TENANT_STATEMENT(coupon_select_code_lock, "SELECT " COUPON_COLUMNS " FROM coupons c WHERE c.code = $1"
                                             " FOR NO KEY UPDATE");

DB_TENANT_STATEMENT(coupon_count_most, "SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM orders"
                                       " WHERE coupon_id = $1 AND " HOLDING " GROUP BY telegram_id) each");

/* Limits that the orders there are would break: the books hold to them. The row is locked. */
static bool check_held(struct work *work, const struct coupon *coupon, const struct coupon *known,
                       struct error *err)
{
    struct db_rows rows;
    if (coupon->most_uses && known->uses > coupon->most_uses)
        return error_set(err, ERR_CONFLICT, "%" PRId64 " orders hold it already", known->uses);
    if (!coupon->most_uses_each || !known->uses)
        return true;
    if (!db_query(work->tx, &coupon_count_most, DB_PARAMS(P_INT(known->id)), &rows, err))
        return false;
    return db_int(&rows, 0, 0) <= coupon->most_uses_each ||
           error_set(err, ERR_CONFLICT, "%" PRId64 " orders of one person hold it already",
                     db_int(&rows, 0, 0));
}

/* The row of that code, locked, is looked at before anything is written: what is refused leaves the
 * transaction as it was. */
static bool put(struct work *work, const struct coupon *coupon, bool only_new, enum coupon_change *change_out,
                struct error *err)
{
    struct db_rows found, put;
    if (!db_query(work->tx, &coupon_select_code_lock, DB_PARAMS(P_TEXT(coupon->code)), &found, err))
        return false;
    struct coupon known = {.starts_ms = work->now_ms};
    if (found.count)
        known = read_coupon(work->arena, &found, 0);
    int64_t starts_ms = coupon->starts_ms ? coupon->starts_ms : known.starts_ms;
    if (!check(coupon, starts_ms, err))
        return false;
    if (found.count && only_new)
        return error_set(err, ERR_CONFLICT, "there is a coupon %s already", coupon->code);
    if (!check_held(work, coupon, &known, err) ||
        !db_query(work->tx, &coupon_upsert,
                  DB_PARAMS(P_TEXT(coupon->code), P_TEXT(kind_names[coupon->kind]), P_INT(coupon->value),
                            P_ID(coupon->maximum_discount), P_INT(coupon->minimum_total),
                            P_TEXT(write_ids(work->arena, &coupon->products)),
                            P_TEXT(write_ids(work->arena, &coupon->categories)), P_ID(coupon->most_uses),
                            P_ID(coupon->most_uses_each), P_TIME(starts_ms), P_TIME(coupon->ends_ms),
                            P_BOOL(coupon->stopped), P_TIME(work->now_ms)),
                  &put, err))
        return false;
    bool added = put.count && db_bool(&put, 0, 0);
    if (only_new && !added)
        return error_set(err, ERR_RETRY, "coupon %s was made by somebody else just now", coupon->code);
    *change_out = !put.count ? COUPON_SAME : added ? COUPON_ADDED : COUPON_ALTERED;
    return true;
}

bool coupon_put(struct work *work, const struct coupon *coupon, enum coupon_change *change_out,
                struct error *err)
{
    return put(work, coupon, false, change_out, err);
}

bool coupon_add(struct work *work, const struct coupon *coupon, struct error *err)
{
    enum coupon_change change;
    return put(work, coupon, true, &change, err);
}

DB_TENANT_STATEMENT(coupon_lock_listed, "SELECT FROM coupons WHERE code = ANY ($1::text[]) ORDER BY id"
                                        " FOR NO KEY UPDATE");

bool coupon_lock_codes(struct work *work, const char *const *codes, size_t count, struct error *err)
{
    struct str list = STR_INIT(work->arena);
    str_add(&list, "{");
    for (size_t i = 0; i < count; i++)
        if (is_code(codes[i])) /* no other needs quoting, or is there */
            str_addf(&list, "%s%s", list.length > 1 ? "," : "", codes[i]);
    str_add(&list, "}");
    return db_query(work->tx, &coupon_lock_listed, DB_PARAMS(P_TEXT(str_done(&list))), NULL, err);
}

DB_TENANT_STATEMENT(coupon_set_stopped, "UPDATE coupons SET stopped = $2 WHERE id = $1");

bool coupon_stop(struct work *work, int64_t coupon_id, bool stopped, struct error *err)
{
    if (db_change(work->tx, &coupon_set_stopped, DB_PARAMS(P_INT(coupon_id), P_BOOL(stopped)), err))
        return true;
    if (err->code == ERR_CONFLICT)
        err->code = ERR_NOT_FOUND;
    return error_context(err, "coupon %" PRId64, coupon_id);
}

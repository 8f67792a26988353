/* What makes, changes, stops and deletes coupons. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/str.h"
#include "store/admin_log.h"
#include "store/coupon_internal.h"

/* --- what can be --- */

static bool check(const struct coupon *coupon, int64_t starts_ms, struct error *err)
{
    int64_t most_value = coupon->kind == COUPON_PERCENT ? 100 : COUPON_MOST;
    const struct {
        bool good;
        const char *what;
    } rules[] = {
        {coupon_is_code(coupon->code), "a code has 2 to 32 letters, digits, _ and -"},
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
                    " revision = c.revision + 1,"
                    " edition = c.edition + ((" TERMS("c") ") IS DISTINCT FROM (" TERMS(
                        "excluded") "))::integer"
                                    " WHERE (" TERMS("c") ", " CONDITIONS(
                                        "c") ")"
                                             " IS DISTINCT FROM (" TERMS("excluded") ", " CONDITIONS(
                                                 "excluded") ")"
                                                             " RETURNING xmax = 0");
DB_TENANT_STATEMENT(coupon_select_code_lock, "SELECT " COUPON_COLUMNS " FROM coupons c WHERE c.code = $1"
                                             " FOR NO KEY UPDATE");

DB_TENANT_STATEMENT(coupon_count_most,
                    "SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM orders"
                    " WHERE coupon_id = $1 AND " COUPON_HOLDING " GROUP BY telegram_id) each");

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
        known = coupon_read_row(work->arena, &found, 0);
    int64_t starts_ms = coupon->starts_ms ? coupon->starts_ms : known.starts_ms;
    if (!check(coupon, starts_ms, err))
        return false;
    if (found.count && only_new)
        return error_set(err, ERR_CONFLICT, "there is a coupon %s already", coupon->code);
    if (!check_held(work, coupon, &known, err) ||
        !db_query(work->tx, &coupon_upsert,
                  DB_PARAMS(P_TEXT(coupon->code), P_TEXT(coupon_kind_names[coupon->kind]),
                            P_INT(coupon->value), P_ID(coupon->maximum_discount),
                            P_INT(coupon->minimum_total), P_TEXT(write_ids(work->arena, &coupon->products)),
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

DB_TENANT_STATEMENT(coupon_lock_listed, "SELECT FROM coupons WHERE code = ANY ($1::text[]) ORDER BY id"
                                        " FOR NO KEY UPDATE");

bool coupon_lock_codes(struct work *work, const char *const *codes, size_t count, struct error *err)
{
    struct str list = STR_INIT(work->arena);
    str_add(&list, "{");
    for (size_t i = 0; i < count; i++)
        if (coupon_is_code(codes[i])) /* no other needs quoting, or is there */
            str_addf(&list, "%s%s", list.length > 1 ? "," : "", codes[i]);
    str_add(&list, "}");
    return db_query(work->tx, &coupon_lock_listed, DB_PARAMS(P_TEXT(str_done(&list))), NULL, err);
}

/* --- what is written of it --- */

static json_t *number_or_none(int64_t number)
{
    return number ? json_integer(number) : json_null();
}

/* In the store's own time, as people read it. */
static json_t *time_or_none(const struct work *work, int64_t at_ms)
{
    char buffer[17];
    if (!at_ms)
        return json_null();
    clock_format(work->tenant->zone, at_ms, buffer);
    return json_string(buffer);
}

static json_t *ids_of(const struct coupon_ids *ids)
{
    json_t *list = json_array();
    for (size_t i = 0; i < ids->count; i++)
        json_array_append_new(list, json_integer(ids->items[i]));
    return list;
}

static json_t *picture(const struct work *work, const struct coupon *coupon)
{
    return json_pack("{s:s, s:s, s:I, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "code", coupon->code,
                     "kind", coupon_kind_names[coupon->kind], "value", (json_int_t)coupon->value,
                     "maximum_discount", number_or_none(coupon->maximum_discount), "minimum_total",
                     (json_int_t)coupon->minimum_total, "products", ids_of(&coupon->products), "categories",
                     ids_of(&coupon->categories), "most_uses", number_or_none(coupon->most_uses),
                     "most_uses_each", number_or_none(coupon->most_uses_each), "starts",
                     time_or_none(work, coupon->starts_ms), "ends", time_or_none(work, coupon->ends_ms),
                     "stopped", coupon->stopped);
}

/* Both lose what is the same in them. */
static void keep_differences(json_t *before, json_t *after)
{
    void *next;
    const char *name;
    json_t *value;
    json_object_foreach_safe(after, next, name, value)
    {
        if (json_equal(value, json_object_get(before, name))) {
            json_object_del(before, name);
            json_object_del(after, name);
        }
    }
}

/* Either may be NULL. Nothing is written where both say the same. */
static bool write_log(struct work *work, int64_t actor_id, const char *action, const struct coupon *before,
                      const struct coupon *after, struct error *err)
{
    json_t *was = before ? picture(work, before) : NULL, *is = after ? picture(work, after) : NULL;
    if (was && is)
        keep_differences(was, is);
    const struct admin_log entry = {
        .actor_id = actor_id,
        .action = action,
        .subject = "coupon",
        .subject_id = before ? before->id : after->id,
        .before = was,
        .after = is,
        .note = before ? before->code : after->code,
    };
    return admin_log_add(work, &entry, err);
}

/* --- one, by an admin --- */

bool coupon_add(struct work *work, int64_t actor_id, const struct coupon *coupon, int64_t *id_out,
                struct error *err)
{
    enum coupon_change change;
    struct coupon added;
    if (!put(work, coupon, true, &change, err) || !coupon_find(work, coupon->code, &added, err) ||
        !write_log(work, actor_id, "add", NULL, &added, err))
        return false;
    *id_out = added.id;
    return true;
}

/* Locked, and as the admin saw it. */
static bool take(struct work *work, int64_t coupon_id, int64_t revision, struct coupon *coupon_out,
                 struct error *err)
{
    struct coupon coupon;
    if (!coupon_get(work, coupon_id, true, &coupon, err))
        return false;
    if (coupon.revision != revision)
        return error_set(err, ERR_CONFLICT, "coupon %s was changed meanwhile", coupon.code);
    *coupon_out = coupon;
    return true;
}

bool coupon_most_by_one(struct work *work, int64_t coupon_id, int64_t *most_out, struct error *err)
{
    struct db_rows rows;
    if (!db_query(work->tx, &coupon_count_most, DB_PARAMS(P_INT(coupon_id)), &rows, err))
        return false;
    *most_out = db_int(&rows, 0, 0);
    return true;
}

#define GIVEN_TERMS "$3::text, $4::bigint, $5::bigint, $6::bigint, $7::bigint[], $8::bigint[]"
DB_TENANT_STATEMENT(
    coupon_update,
    "UPDATE coupons c SET code = $2, (kind, value, maximum_discount, minimum_total, product_ids,"
    " category_ids) = ROW(" GIVEN_TERMS "), most_uses = $9, most_uses_each = $10, starts_at = $11,"
    " ends_at = $12, revision = c.revision + 1,"
    " edition = c.edition + ((" TERMS("c") ") IS DISTINCT FROM (" GIVEN_TERMS "))::integer WHERE id = $1");

bool coupon_edit(struct work *work, int64_t actor_id, const struct coupon *coupon, struct error *err)
{
    struct coupon known, now = *coupon;
    if (!take(work, coupon->id, coupon->revision, &known, err))
        return error_context(err, "coupon");
    now.stopped = known.stopped;
    if (!now.starts_ms)
        now.starts_ms = known.starts_ms;
    if (!check(&now, now.starts_ms, err) || !check_held(work, &now, &known, err))
        return error_context(err, "coupon");
    if (!db_change(work->tx, &coupon_update,
                   DB_PARAMS(P_INT(coupon->id), P_TEXT(coupon->code), P_TEXT(coupon_kind_names[coupon->kind]),
                             P_INT(coupon->value), P_ID(coupon->maximum_discount),
                             P_INT(coupon->minimum_total), P_TEXT(write_ids(work->arena, &coupon->products)),
                             P_TEXT(write_ids(work->arena, &coupon->categories)), P_ID(coupon->most_uses),
                             P_ID(coupon->most_uses_each), P_TIME(now.starts_ms), P_TIME(coupon->ends_ms)),
                   err) ||
        !write_log(work, actor_id, "edit", &known, &now, err))
        return error_context(err, "coupon %" PRId64, coupon->id);
    return true;
}

DB_TENANT_STATEMENT(coupon_set_stopped,
                    "UPDATE coupons SET stopped = $2, revision = revision + 1 WHERE id = $1");

bool coupon_stop(struct work *work, int64_t actor_id, int64_t coupon_id, bool stopped, struct error *err)
{
    struct coupon known;
    if (!coupon_get(work, coupon_id, true, &known, err))
        return false;
    if (known.stopped == stopped)
        return error_set(err, ERR_CONFLICT, "coupon %s is %s already", known.code,
                         stopped ? "stopped" : "going");
    struct coupon now = known;
    now.stopped = stopped;
    return (db_change(work->tx, &coupon_set_stopped, DB_PARAMS(P_INT(coupon_id), P_BOOL(stopped)), err) &&
            write_log(work, actor_id, stopped ? "stop" : "resume", &known, &now, err)) ||
           error_context(err, "coupon %" PRId64, coupon_id);
}

/* Nobody may come to hold it while it is looked at: an order takes the row's lock before it is made. */
DB_TENANT_STATEMENT(coupon_select_held,
                    "SELECT EXISTS (SELECT FROM orders WHERE coupon_id = $1) FROM coupons WHERE id = $1");
DB_TENANT_STATEMENT(coupon_remove, "DELETE FROM coupons WHERE id = $1");

bool coupon_delete(struct work *work, int64_t actor_id, int64_t coupon_id, int64_t revision,
                   bool *deleted_out, struct error *err)
{
    struct coupon known;
    struct db_rows held;
    if (!take(work, coupon_id, revision, &known, err) ||
        !db_query(work->tx, &coupon_select_held, DB_PARAMS(P_INT(coupon_id)), &held, err))
        return error_context(err, "coupon");
    *deleted_out = !db_bool(&held, 0, 0);
    if (!*deleted_out)
        return known.stopped || coupon_stop(work, actor_id, coupon_id, true, err);
    return (db_change(work->tx, &coupon_remove, DB_PARAMS(P_INT(coupon_id)), err) &&
            write_log(work, actor_id, "delete", &known, NULL, err)) ||
           error_context(err, "coupon %" PRId64, coupon_id);
}

#include "store/catalogue_coupons.h"

#include "store/coupon.h"
#include "store/internal.h"

enum { MOST_COUPONS = 1000, MOST_NAMED = 1000 };

struct file_coupon {
    const char *code;
    int64_t percent, flat;
    int64_t maximum_discount, minimum_total, most_uses, most_uses_each;
    int64_t starts_ms, ends_ms;
    bool stopped;
    int line;
    const struct yaml_node *products, *categories; /* lists of codes and names; or NULL */
};

static const struct field coupon_fields[] = {
    {"code", FIELD_CODE, COUPON_CODE_LEAST, COUPON_CODE_MOST, true, offsetof(struct file_coupon, code)},
    {"percent", FIELD_NUMBER, 1, 100, false, offsetof(struct file_coupon, percent)},
    {"flat", FIELD_PRICE, 1, COUPON_MOST, false, offsetof(struct file_coupon, flat)},
    {"maximum_discount", FIELD_PRICE, 1, COUPON_MOST, false, offsetof(struct file_coupon, maximum_discount)},
    {"minimum_total", FIELD_PRICE, 0, COUPON_MOST, false, offsetof(struct file_coupon, minimum_total)},
    {"starts", FIELD_START, 0, 0, false, offsetof(struct file_coupon, starts_ms)},
    {"ends", FIELD_END, 0, 0, false, offsetof(struct file_coupon, ends_ms)},
    {"most_uses", FIELD_NUMBER, 1, COUPON_MOST, false, offsetof(struct file_coupon, most_uses)},
    {"most_uses_each", FIELD_NUMBER, 1, COUPON_MOST, false, offsetof(struct file_coupon, most_uses_each)},
    {"products", FIELD_LIST, 0, 0, false, 0},
    {"categories", FIELD_LIST, 0, 0, false, 0},
    {"stopped", FIELD_FLAG, 0, 0, false, offsetof(struct file_coupon, stopped)},
};

/* --- reading --- */

static const char *in_capitals(struct arena *arena, const char *code)
{
    char *copy = arena_strdup(arena, code);
    for (char *p = copy; *p; p++)
        if (*p >= 'a' && *p <= 'z')
            *p = (char)(*p - 'a' + 'A');
    return copy;
}

/* A list that is there and empty would mean everything: hardly what was meant by it. */
static bool check_names(const struct fields_source *source, const char *key, const struct yaml_node *list)
{
    if (!list)
        return true;
    if (!list->count || list->count > MOST_NAMED)
        return fields_fault(source, list->line, key, "must name 1 to 1,000, or be left out");
    for (size_t i = 0; i < list->count; i++)
        if (!fields_is_text(list->items[i].value))
            return fields_fault(source, list->items[i].value->line, key, "each must be a text");
    return true;
}

static bool read_coupon(const struct fields_source *source, const struct yaml_node *node,
                        struct file_coupon *coupon)
{
    *coupon = (struct file_coupon){.line = node->line};
    if (!fields_take(source, "coupons", node, coupon_fields, sizeof coupon_fields / sizeof *coupon_fields,
                     coupon))
        return false;
    coupon->code = in_capitals(source->arena, coupon->code);
    coupon->products = yaml_get(node, "products");
    coupon->categories = yaml_get(node, "categories");
    if (!coupon->percent == !coupon->flat)
        return fields_fault(source, node->line, "percent", "either percent or flat must be given");
    if (coupon->starts_ms && coupon->ends_ms && coupon->ends_ms <= coupon->starts_ms)
        return fields_fault(source, node->line, "ends", "is before it starts");
    return check_names(source, "products", coupon->products) &&
           check_names(source, "categories", coupon->categories);
}

bool catalogue_coupons_read(const struct fields_source *source, const struct yaml_node *list,
                            struct catalogue_coupons *coupons_out)
{
    if (list->count > MOST_COUPONS)
        return fields_fault(source, list->line, "coupons", "more than 1,000 in the file");
    struct file_coupon *items = ARENA_ARRAY(source->arena, struct file_coupon, list->count);
    struct fields_unique *codes = ARENA_ARRAY(source->arena, struct fields_unique, list->count);
    for (size_t i = 0; i < list->count; i++) {
        if (!read_coupon(source, list->items[i].value, &items[i]))
            return false;
        codes[i] = (struct fields_unique){items[i].code, items[i].line};
    }
    if (!fields_check_unique(source, "code", codes, list->count))
        return false;
    *coupons_out = (struct catalogue_coupons){list->count, items};
    return true;
}

/* --- writing --- */

bool catalogue_coupons_lock(struct work *work, const struct catalogue_coupons *coupons, struct error *err)
{
    const char **codes = ARENA_ARRAY(work->arena, const char *, coupons->count);
    for (size_t i = 0; i < coupons->count; i++)
        codes[i] = coupons->items[i].code;
    return !coupons->count || coupon_lock_codes(work, codes, coupons->count, err);
}

static bool find_ids(const struct fields_source *source, const char *key, const struct yaml_node *list,
                     const struct db_rows *known, struct coupon_ids *ids_out)
{
    size_t count = list ? list->count : 0;
    int64_t *ids = ARENA_ARRAY(source->arena, int64_t, count);
    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *node = list->items[i].value;
        ids[i] = catalogue_id_of(known, node->text);
        if (!ids[i])
            return fields_fault(
                source, node->line, key,
                arena_printf(source->arena, "\"%s\" is neither in the file nor in the store", node->text));
    }
    *ids_out = (struct coupon_ids){count, ids};
    return true;
}

struct known {
    struct db_rows codes, names;
};

static bool write_coupon(struct work *work, const struct fields_source *source,
                         const struct file_coupon *item, const struct known *known,
                         struct catalogue_import *counts, struct error *err)
{
    enum coupon_change change;
    struct coupon coupon = {
        .code = item->code,
        .kind = item->percent ? COUPON_PERCENT : COUPON_FLAT,
        .value = item->percent ? item->percent : item->flat,
        .maximum_discount = item->maximum_discount,
        .minimum_total = item->minimum_total,
        .most_uses = item->most_uses,
        .most_uses_each = item->most_uses_each,
        .starts_ms = item->starts_ms,
        .ends_ms = item->ends_ms,
        .stopped = item->stopped,
    };
    if (!find_ids(source, "products", item->products, &known->codes, &coupon.products) ||
        !find_ids(source, "categories", item->categories, &known->names, &coupon.categories))
        return false;
    if (!coupon_put(work, &coupon, &change, err))
        return error_context(err, "%s:%d: coupons: %s", source->path, item->line, item->code);
    counts->coupons_added += change == COUPON_ADDED;
    counts->coupons_changed += change == COUPON_ALTERED;
    return true;
}

bool catalogue_coupons_write(struct work *work, const struct fields_source *source,
                             const struct catalogue_coupons *coupons, struct catalogue_import *counts,
                             struct error *err)
{
    struct known known;
    if (!coupons->count)
        return true;
    if (!catalogue_codes(work, &known.codes, err) || !catalogue_names(work, &known.names, err))
        return false;
    for (size_t i = 0; i < coupons->count; i++)
        if (!write_coupon(work, source, &coupons->items[i], &known, counts, err))
            return false;
    return true;
}

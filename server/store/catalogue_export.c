/* Catalogue files going out. Texts are always in double quotes, also those of several lines; a price is
 * plain. */
#include "base/clock.h"
#include "base/yaml_writer.h"
#include "store/catalogue_file.h"
#include "store/coupon.h"
#include "store/internal.h"

static void put_text(struct yaml_writer *w, const char *key, const char *text)
{
    yaml_writer_key(w, key);
    yaml_writer_quoted(w, text);
}

static void put_number(struct yaml_writer *w, const char *key, int64_t number)
{
    yaml_writer_key(w, key);
    yaml_writer_number(w, number);
}

static void begin_list(struct yaml_writer *w, const char *key)
{
    yaml_writer_key(w, key);
    yaml_writer_open_list(w);
}

/* A file belongs to the bot it was sent to: elsewhere its id is worth nothing. */
static bool put_contents(struct work *work, struct yaml_writer *w, const struct catalogue_product *product,
                         struct error *err)
{
    const char **contents, *content, *name;
    size_t count;
    if (product->kind == PRODUCT_SHARED) {
        if (!catalogue_content(work, product->id, &content, &name, err))
            return false;
        if (content)
            put_text(w, "content", content);
    }
    if (product->kind != PRODUCT_UNIT)
        return true;
    if (!stock_available_contents(work, product->id, &contents, &count, err))
        return false;
    begin_list(w, "stock");
    for (size_t i = 0; i < count; i++)
        yaml_writer_quoted(w, contents[i]);
    yaml_writer_close_list(w);
    return true;
}

static bool put_product(struct work *work, struct yaml_writer *w, const struct catalogue_product *product,
                        bool with_stock, struct error *err)
{
    yaml_writer_open_mapping(w);
    put_text(w, "code", product->code);
    put_text(w, "name", product->name);
    put_number(w, "price", product->price);
    if (*product->description)
        put_text(w, "description", product->description);
    if (*product->snk)
        put_text(w, "snk", product->snk);
    if (product->kind != PRODUCT_UNIT)
        put_text(w, "kind", catalogue_kind_name(product->kind));
    if (*product->question)
        put_text(w, "question", product->question);
    if (with_stock && !put_contents(work, w, product, err))
        return error_context(err, "stock of %s", product->code);
    yaml_writer_close_mapping(w);
    return true;
}

/* --- coupons --- */

static void put_time(struct yaml_writer *w, const char *key, int64_t at_ms)
{
    char text[25];
    clock_format_utc(at_ms, text);
    put_text(w, key, text);
}

/* What the ids stand for. `known` has (text, id): a few at a time are looked for in some thousand. */
static bool put_names(struct yaml_writer *w, const char *key, const struct coupon_ids *ids,
                      const struct db_rows *known, struct error *err)
{
    if (!ids->count)
        return true;
    begin_list(w, key);
    for (size_t i = 0; i < ids->count; i++) {
        int row = 0;
        while (row < known->count && db_int(known, row, 1) != ids->items[i])
            row++;
        if (row == known->count) /* left out, the coupon would be for more than it is */
            return error_set(err, ERR_INTERNAL, "%s: %lld is not there", key, (long long)ids->items[i]);
        yaml_writer_quoted(w, db_text(known, row, 0));
    }
    yaml_writer_close_list(w);
    return true;
}

static bool put_coupon(struct yaml_writer *w, const struct coupon *coupon, const struct db_rows *codes,
                       const struct db_rows *names, struct error *err)
{
    const struct {
        const char *key;
        int64_t number;
    } numbers[] = {
        {coupon->kind == COUPON_PERCENT ? "percent" : "flat", coupon->value},
        {"maximum_discount", coupon->maximum_discount},
        {"minimum_total", coupon->minimum_total},
        {"most_uses", coupon->most_uses},
        {"most_uses_each", coupon->most_uses_each},
    };
    yaml_writer_open_mapping(w);
    put_text(w, "code", coupon->code);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (numbers[i].number)
            put_number(w, numbers[i].key, numbers[i].number);
    put_time(w, "starts", coupon->starts_ms);
    if (coupon->ends_ms)
        put_time(w, "ends", coupon->ends_ms);
    if (!put_names(w, "products", &coupon->products, codes, err) ||
        !put_names(w, "categories", &coupon->categories, names, err))
        return error_context(err, "coupon %s", coupon->code);
    if (coupon->stopped) {
        yaml_writer_key(w, "stopped");
        yaml_writer_flag(w, true);
    }
    yaml_writer_close_mapping(w);
    return true;
}

static bool put_coupons(struct work *work, struct yaml_writer *w, struct error *err)
{
    enum { PAGE = 200 };
    struct db_rows codes, names;
    struct coupon *coupons;
    const char *after = "";
    size_t count = 0;
    if (!catalogue_codes(work, &codes, err) || !catalogue_names(work, &names, err))
        return false;
    do {
        if (!coupon_list(work, after, PAGE, &coupons, &count, err))
            return error_context(err, "coupons");
        if (count && !*after)
            begin_list(w, "coupons");
        for (size_t i = 0; i < count; i++)
            if (!put_coupon(w, &coupons[i], &codes, &names, err))
                return false;
        if (count)
            after = coupons[count - 1].code;
    } while (count == PAGE);
    if (*after)
        yaml_writer_close_list(w);
    return true;
}

/* --- all of it --- */

static bool put_catalogue(struct work *work, struct yaml_writer *w, const struct catalogue *catalogue,
                          bool with_stock, struct error *err)
{
    yaml_writer_open_mapping(w);
    begin_list(w, "categories");
    for (size_t i = 0; i < catalogue->category_count; i++) {
        const struct catalogue_category *category = &catalogue->categories[i];
        yaml_writer_open_mapping(w);
        put_text(w, "name", category->name);
        if (*category->emoji)
            put_text(w, "emoji", category->emoji);
        begin_list(w, "products");
        for (size_t k = 0; k < category->product_count; k++) {
            if (!put_product(work, w, category->products[k], with_stock, err))
                return false;
        }
        yaml_writer_close_list(w);
        yaml_writer_close_mapping(w);
    }
    yaml_writer_close_list(w);
    if (!put_coupons(work, w, err))
        return false;
    yaml_writer_close_mapping(w);
    return true;
}

bool catalogue_export(struct work *work, bool with_stock, char **yaml_out, struct error *err)
{
    const struct catalogue *catalogue;
    bool ok = work_begin(work, err) && snapshot_refresh(work, &catalogue, err);
    if (ok) {
        struct yaml_writer *w = yaml_writer_new(work->arena);
        ok = put_catalogue(work, w, catalogue, with_stock, err);
        if (ok)
            *yaml_out = yaml_writer_done(w);
        else
            yaml_writer_drop(w);
    }
    work_end(work);
    return ok;
}

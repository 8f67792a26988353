/* Catalogue files going out, by libyaml's emitter. Texts are always in double quotes, so that none of them is
 * taken for a number, a null or a list; a price is plain. */
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/clock.h"
#include "base/str.h"
#include "store/catalogue_file.h"
#include "store/coupon.h"
#include "store/internal.h"

struct writer {
    yaml_emitter_t emitter;
    struct str text;
};

static int take_output(void *data, unsigned char *bytes, size_t length)
{
    str_add_bytes(data, bytes, length);
    return 1;
}

/* An emitter that fails was called in a wrong order (a bug) or has no memory left. */
static void emit(struct writer *w, int made, yaml_event_t *event)
{
    if (!made || !yaml_emitter_emit(&w->emitter, event))
        abort();
}

static void put_scalar(struct writer *w, const char *text, bool quoted)
{
    yaml_event_t event;
    emit(w,
         yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text, (int)strlen(text),
                                      !quoted, quoted,
                                      quoted ? YAML_DOUBLE_QUOTED_SCALAR_STYLE : YAML_PLAIN_SCALAR_STYLE),
         &event);
}

static void put_key(struct writer *w, const char *key)
{
    put_scalar(w, key, false);
}

static void put_text(struct writer *w, const char *key, const char *text)
{
    put_key(w, key);
    put_scalar(w, text, true);
}

static void put_number(struct writer *w, const char *key, int64_t number)
{
    put_key(w, key);
    put_scalar(w, arena_printf(w->text.arena, "%lld", (long long)number), false);
}

static void begin_mapping(struct writer *w)
{
    yaml_event_t event;
    emit(w, yaml_mapping_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE), &event);
}

static void end_mapping(struct writer *w)
{
    yaml_event_t event;
    emit(w, yaml_mapping_end_event_initialize(&event), &event);
}

static void begin_list(struct writer *w, const char *key)
{
    yaml_event_t event;
    put_key(w, key);
    emit(w, yaml_sequence_start_event_initialize(&event, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE), &event);
}

static void end_list(struct writer *w)
{
    yaml_event_t event;
    emit(w, yaml_sequence_end_event_initialize(&event), &event);
}

static void open_writer(struct writer *w, struct arena *arena)
{
    yaml_event_t event;
    w->text = STR_INIT(arena);
    if (!yaml_emitter_initialize(&w->emitter))
        abort();
    yaml_emitter_set_output(&w->emitter, take_output, &w->text);
    yaml_emitter_set_unicode(&w->emitter, 1);
    yaml_emitter_set_width(&w->emitter, -1); /* no folding */
    emit(w, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING), &event);
    emit(w, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1), &event);
}

static void finish_document(struct writer *w)
{
    yaml_event_t event;
    emit(w, yaml_document_end_event_initialize(&event, 1), &event);
    emit(w, yaml_stream_end_event_initialize(&event), &event);
}

/* A file belongs to the bot it was sent to: elsewhere its id is worth nothing. */
static bool put_contents(struct work *work, struct writer *w, const struct catalogue_product *product,
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
        put_scalar(w, contents[i], true);
    end_list(w);
    return true;
}

static bool put_product(struct work *work, struct writer *w, const struct catalogue_product *product,
                        bool with_stock, struct error *err)
{
    begin_mapping(w);
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
    end_mapping(w);
    return true;
}

/* --- coupons --- */

static void put_time(struct writer *w, const char *key, int64_t at_ms)
{
    char text[25];
    clock_format_utc(at_ms, text);
    put_text(w, key, text);
}

/* What the ids stand for. `known` has (text, id): a few at a time are looked for in some thousand. */
static bool put_names(struct writer *w, const char *key, const struct coupon_ids *ids,
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
        put_scalar(w, db_text(known, row, 0), true);
    }
    end_list(w);
    return true;
}

static bool put_coupon(struct writer *w, const struct coupon *coupon, const struct db_rows *codes,
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
    begin_mapping(w);
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
        put_key(w, "stopped");
        put_scalar(w, "true", false);
    }
    end_mapping(w);
    return true;
}

static bool put_coupons(struct work *work, struct writer *w, struct error *err)
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
        end_list(w);
    return true;
}

/* --- all of it --- */

static bool put_catalogue(struct work *work, struct writer *w, const struct catalogue *catalogue,
                          bool with_stock, struct error *err)
{
    begin_mapping(w);
    begin_list(w, "categories");
    for (size_t i = 0; i < catalogue->category_count; i++) {
        const struct catalogue_category *category = &catalogue->categories[i];
        begin_mapping(w);
        put_text(w, "name", category->name);
        if (*category->emoji)
            put_text(w, "emoji", category->emoji);
        begin_list(w, "products");
        for (size_t k = 0; k < category->product_count; k++) {
            if (!put_product(work, w, category->products[k], with_stock, err))
                return false;
        }
        end_list(w);
        end_mapping(w);
    }
    end_list(w);
    if (!put_coupons(work, w, err))
        return false;
    end_mapping(w);
    finish_document(w);
    return true;
}

bool catalogue_export(struct work *work, bool with_stock, char **yaml_out, struct error *err)
{
    const struct catalogue *catalogue;
    struct writer w;
    bool ok = work_begin(work, err) && snapshot_refresh(work, &catalogue, err);
    if (ok) {
        open_writer(&w, work->arena);
        ok = put_catalogue(work, &w, catalogue, with_stock, err);
        yaml_emitter_delete(&w.emitter);
    }
    work_end(work);
    if (ok)
        *yaml_out = str_done(&w.text);
    return ok;
}

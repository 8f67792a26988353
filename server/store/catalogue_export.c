/* Catalogue files going out, by libyaml's emitter. Texts are always in double quotes, so that none of them is
 * taken for a number, a null or a list; a price is plain. */
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/str.h"
#include "store/catalogue_file.h"
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

static bool put_product(struct work *work, struct writer *w, const struct catalogue_product *product,
                        bool with_stock, struct error *err)
{
    begin_mapping(w);
    put_text(w, "code", product->code);
    put_text(w, "name", product->name);
    put_key(w, "price");
    put_scalar(w, arena_printf(work->arena, "%lld", (long long)product->price), false);
    if (*product->description)
        put_text(w, "description", product->description);
    if (*product->snk)
        put_text(w, "snk", product->snk);
    if (with_stock) {
        const char **contents;
        size_t count;
        if (!stock_available_contents(work, product->id, &contents, &count, err))
            return error_context(err, "stock of %s", product->code);
        begin_list(w, "stock");
        for (size_t i = 0; i < count; i++)
            put_scalar(w, contents[i], true);
        end_list(w);
    }
    end_mapping(w);
    return true;
}

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

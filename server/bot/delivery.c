#include "bot/delivery.h"

#include <inttypes.h>

#include "base/str.h"
#include "bot/html.h"
#include "bot/outgoing.h"
#include "bot/say.h"
#include "store/stock.h"
#include "store/term.h"

/* Terms have up to 3,000 characters, which may count double: a part leaves room for its heading. */
enum { TERMS_PART_LIMIT = 3500, NAME_LIMIT = 200 };

/* The units of an item, one a line. */
static bool contents_of(struct work *work, const struct order_item *item, const char **text_out,
                        struct error *err)
{
    const char **contents;
    size_t count;
    if (!stock_contents(work, item->id, &contents, &count, err))
        return error_context(err, "contents");
    struct str s = STR_INIT(work->arena);
    for (size_t i = 0; i < count; i++) {
        str_add(&s, i ? "\n" : "");
        str_add(&s, contents[i]);
    }
    *text_out = str_done(&s);
    return true;
}

static const char *message_of(struct work *work, const struct order *order, enum text_key heading,
                              const char *contents_html)
{
    return say(work, heading,
               TEXT_VALUES(TV("order_id", order->reference), TV("tanggal", say_date(work, order->paid_ms)),
                           TV("harga", say_price(work, order->total)), TV_HTML("isi", contents_html)));
}

/* What goes to a buyer: a message, or one that comes with a file where it is too long. */
struct package {
    const char *html, *html_with_file;
    const char *plain; /* the file's text */
    const char *effect;
};

static bool add_package(struct work *work, const struct order *order, const struct package *package,
                        struct error *err)
{
    bool fits = html_length(package->html) <= HTML_TEXT_LIMIT;
    const struct outgoing outgoing = {
        .chat_id = order->telegram_id,
        .html = fits ? package->html : package->html_with_file,
        .file_text = fits ? NULL : package->plain,
        .file_name = fits ? NULL : arena_printf(work->arena, "%s.txt", order->reference),
        .effect = package->effect,
        .ref = order->id,
        .keep = true,
    };
    return outgoing_add(work, &outgoing, err);
}

bool delivery_add(struct work *work, const struct order *order, enum text_key heading, struct error *err)
{
    struct str html = STR_INIT(work->arena), plain = STR_INIT(work->arena);
    str_addf(&plain, "%s\n", order->reference);
    for (size_t i = 0; i < order->item_count; i++) {
        const struct order_item *item = &order->items[i];
        const char *contents;
        if (!contents_of(work, item, &contents, err))
            return false;
        const struct text_value values[] = {
            TV("produk", item->name), TV("jumlah", say_number(work, item->quantity)), TV("isi", contents)};
        str_add(&html, say(work, TEXT_PAID_ITEM, values, 3));
        str_add(&html, "\n");
        str_addf(&plain, "\n%s\n%s\n", say(work, TEXT_FILE_ITEM, values, 2), contents);
    }
    const struct package package = {
        .html = message_of(work, order, heading, str_done(&html)),
        .html_with_file = message_of(work, order, heading, say(work, TEXT_PAID_FILE, TEXT_NO_VALUES)),
        .plain = str_done(&plain),
        .effect = EFFECT_DELIVERED,
    };
    return add_package(work, order, &package, err) || error_context(err, "delivery");
}

static const struct order_item *item_of(const struct order *order, int64_t item_id)
{
    for (size_t i = 0; i < order->item_count; i++)
        if (order->items[i].id == item_id)
            return &order->items[i];
    return NULL;
}

static const char *replacement_of(struct work *work, const struct order *order, const char *contents_html)
{
    return say(work, TEXT_REPLACED,
               TEXT_VALUES(TV("order_id", order->reference), TV_HTML("isi", contents_html)));
}

bool delivery_add_replacement(struct work *work, const struct order *order, int64_t unit_id,
                              struct error *err)
{
    struct stock_unit unit;
    const char *content;
    if (!stock_unit_get(work, unit_id, &unit, err) || !stock_content(work, unit_id, &content, err))
        return error_context(err, "replacement");
    const struct order_item *item = item_of(order, unit.order_item_id);
    if (!item)
        return error_set(err, ERR_NOT_FOUND, "replacement: unit %" PRId64 " is another order's", unit_id);
    const struct text_value values[] = {TV("produk", item->name), TV("jumlah", "1"), TV("isi", content)};
    const struct package package = {
        .html = replacement_of(work, order, say(work, TEXT_PAID_ITEM, values, 3)),
        .html_with_file = replacement_of(work, order, say(work, TEXT_PAID_FILE, TEXT_NO_VALUES)),
        .plain = arena_printf(work->arena, "%s\n\n%s\n%s\n", order->reference,
                              say(work, TEXT_FILE_ITEM, values, 2), content),
        .effect = EFFECT_REPLACED,
    };
    return add_package(work, order, &package, err) || error_context(err, "replacement");
}

static bool add_terms(struct work *work, const struct order *order, const struct term *term,
                      const struct order_item *item, struct error *err)
{
    size_t count;
    const char **parts = html_split(work->arena, item->snk, TERMS_PART_LIMIT, &count);
    for (size_t i = 0; i < count; i++) {
        bool is_last = i + 1 == count;
        enum text_key key = i == 0    ? (is_last ? TEXT_TERMS : TEXT_TERMS_FIRST)
                            : is_last ? TEXT_TERMS_LAST
                                      : TEXT_TERMS_MORE;
        const char *data = arena_printf(work->arena, "t:%" PRId64, term->id);
        const struct outgoing outgoing = {
            .chat_id = order->telegram_id,
            .html = say(work, key,
                        TEXT_VALUES(TV("order_id", order->reference),
                                    TV("produk", str_utf8_cut(work->arena, item->name, NAME_LIMIT)),
                                    TV("snk", parts[i]))),
            .keyboard = is_last ? say_button(work, TEXT_BUTTON_FULFIL_TERMS, data) : NULL,
            .keep = true,
        };
        if (!outgoing_add(work, &outgoing, err))
            return false;
    }
    return true;
}

bool delivery_add_terms(struct work *work, const struct order *order, struct error *err)
{
    struct term *terms;
    size_t count;
    if (!term_open_for_order(work, order->id, &terms, &count, err))
        return error_context(err, "terms");
    for (size_t i = 0; i < count; i++) {
        const struct order_item *item = item_of(order, terms[i].order_item_id);
        if (item && !add_terms(work, order, &terms[i], item, err))
            return error_context(err, "terms");
    }
    return true;
}

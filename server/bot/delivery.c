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
    const char *message = message_of(work, order, heading, str_done(&html));
    struct outgoing outgoing = {.chat_id = order->telegram_id,
                                .html = message,
                                .effect = EFFECT_DELIVERED,
                                .ref = order->id,
                                .keep = true};
    if (html_length(message) > HTML_TEXT_LIMIT) {
        outgoing.html = message_of(work, order, heading, say(work, TEXT_PAID_FILE, TEXT_NO_VALUES));
        outgoing.file_text = str_done(&plain);
        outgoing.file_name = arena_printf(work->arena, "%s.txt", order->reference);
    }
    return outgoing_add(work, &outgoing, err) || error_context(err, "delivery");
}

static const struct order_item *item_of(const struct order *order, const struct term *term)
{
    for (size_t i = 0; i < order->item_count; i++)
        if (order->items[i].id == term->order_item_id)
            return &order->items[i];
    return NULL;
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
        const struct order_item *item = item_of(order, &terms[i]);
        if (item && !add_terms(work, order, &terms[i], item, err))
            return error_context(err, "terms");
    }
    return true;
}

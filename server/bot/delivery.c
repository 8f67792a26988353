#include "bot/delivery.h"

#include <inttypes.h>

#include "base/str.h"
#include "bot/html.h"
#include "bot/outgoing.h"
#include "bot/say.h"
#include "store/order_content.h"
#include "store/stock.h"
#include "store/term.h"
#include "watch/metrics.h"
#include "work/outbox.h"

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

/* --- an item, as its kind has it --- */

struct parcel {
    struct str html, plain;
    struct order_content *documents; /* of the items with one, in order */
    const struct order_item **document_items;
    size_t document_count;
};

static struct parcel parcel_of(struct work *work, size_t item_count)
{
    return (struct parcel){
        .html = STR_INIT(work->arena),
        .plain = STR_INIT(work->arena),
        .documents = ARENA_ARRAY(work->arena, struct order_content, item_count),
        .document_items = ARENA_ARRAY(work->arena, const struct order_item *, item_count),
    };
}

/* `note` is for the file, where the item has no contents to stand in it. */
static void add_lines(struct work *work, struct parcel *parcel, const struct order_item *item,
                      enum text_key key, const char *contents, const char *file_name, const char *note)
{
    const struct text_value values[] = {TV("produk", item->name),
                                        TV("jumlah", say_number(work, item->quantity)), TV("isi", contents),
                                        TV("berkas", file_name)};
    str_add(&parcel->html, say(work, key, values, sizeof values / sizeof values[0]));
    str_add(&parcel->html, "\n");
    str_addf(&parcel->plain, "\n%s\n%s\n", say(work, TEXT_FILE_ITEM, values, 2), contents ? contents : note);
}

static bool add_waiting(struct work *work, struct parcel *parcel, const struct order_item *item,
                        struct error *err)
{
    const char *answer;
    if (!order_content_answer(work, item->id, &answer, err))
        return false;
    add_lines(work, parcel, item, TEXT_PAID_ITEM_WAITS, NULL, NULL, say_label(work, TEXT_FILE_ITEM_WAITS));
    if (!answer)
        return true;
    str_add(&parcel->html, say(work, TEXT_PAID_ITEM_ANSWER,
                               TEXT_VALUES(TV("pertanyaan", item->question), TV("jawaban", answer))));
    str_add(&parcel->html, "\n");
    str_addf(&parcel->plain, "%s\n%s\n", item->question, answer);
    return true;
}

static bool add_item(struct work *work, struct parcel *parcel, const struct order_item *item,
                     struct error *err)
{
    struct order_content content = {0};
    bool by_hand = item->kind == PRODUCT_MANUAL;
    if (by_hand && !item->fulfilled_ms)
        return add_waiting(work, parcel, item, err);
    if (!(item->kind == PRODUCT_UNIT ? contents_of(work, item, &content.text, err)
                                     : order_content_get(work, item->id, &content, err)))
        return false;
    if (content.file_id) {
        parcel->documents[parcel->document_count] = content;
        parcel->document_items[parcel->document_count++] = item;
        add_lines(work, parcel, item, TEXT_PAID_ITEM_FILE, NULL, content.file_name,
                  say(work, TEXT_FILE_ITEM_FILE, TEXT_VALUES(TV("berkas", content.file_name))));
    } else {
        add_lines(work, parcel, item, by_hand && !content.text ? TEXT_PAID_ITEM_DONE : TEXT_PAID_ITEM,
                  content.text, NULL, say_label(work, TEXT_FILE_ITEM_DONE));
    }
    return true;
}

static bool add_document(struct work *work, const struct order *order, const struct order_content *content,
                         const char *caption, const char *effect, struct error *err)
{
    const struct outgoing outgoing = {
        .chat_id = order->telegram_id,
        .html = caption,
        .document_file_id = content->file_id,
        .effect = effect,
        .ref = order->id,
        .keep = true,
    };
    return outgoing_add(work, &outgoing, err);
}

static bool add_documents(struct work *work, const struct order *order, const struct parcel *parcel,
                          struct error *err)
{
    for (size_t i = 0; i < parcel->document_count; i++) {
        const char *name = str_utf8_cut(work->arena, parcel->document_items[i]->name, NAME_LIMIT);
        const char *caption =
            say(work, TEXT_PAID_DOCUMENT, TEXT_VALUES(TV("produk", name), TV("order_id", order->reference)));
        if (!add_document(work, order, &parcel->documents[i], caption, EFFECT_DELIVERED, err))
            return false;
    }
    return true;
}

bool delivery_add(struct work *work, const struct order *order, enum text_key heading, struct error *err)
{
    struct parcel parcel = parcel_of(work, order->item_count);
    str_addf(&parcel.plain, "%s\n", order->reference);
    for (size_t i = 0; i < order->item_count; i++)
        if (!add_item(work, &parcel, &order->items[i], err))
            return error_context(err, "delivery");
    const struct package package = {
        .html = message_of(work, order, heading, str_done(&parcel.html)),
        .html_with_file = message_of(work, order, heading, say(work, TEXT_PAID_FILE, TEXT_NO_VALUES)),
        .plain = str_done(&parcel.plain),
        .effect = EFFECT_DELIVERED,
    };
    /* all of it once more makes good for what was refused */
    bool again = order->state == ORDER_PAID && order->delivery != DELIVERY_OPEN;
    if ((again && !order_note_delivery(work, order->id, DELIVERY_OPEN, err)) ||
        !add_package(work, order, &package, err) || !add_documents(work, order, &parcel, err))
        return error_context(err, "delivery");
    return true;
}

static const char *fulfilment_of(struct work *work, const struct order *order, const char *contents_html)
{
    return say(work, TEXT_FULFILLED,
               TEXT_VALUES(TV("order_id", order->reference), TV_HTML("isi", contents_html)));
}

bool delivery_add_fulfilment(struct work *work, const struct order *order, const struct order_item *item,
                             struct error *err)
{
    struct parcel parcel = parcel_of(work, 1);
    str_addf(&parcel.plain, "%s\n", order->reference);
    if (!add_item(work, &parcel, item, err))
        return error_context(err, "fulfilment");
    const struct package package = {
        .html = fulfilment_of(work, order, str_done(&parcel.html)),
        .html_with_file = fulfilment_of(work, order, say(work, TEXT_PAID_FILE, TEXT_NO_VALUES)),
        .plain = str_done(&parcel.plain),
        .effect = EFFECT_FULFILLED,
    };
    bool ok = parcel.document_count
                  ? add_document(work, order, &parcel.documents[0], package.html, EFFECT_FULFILLED, err)
                  : add_package(work, order, &package, err);
    return ok || error_context(err, "fulfilment");
}

/* --- what became of it --- */

/* Whether it goes out as more than the one message whose report came. */
static bool has_parts(const struct order *order)
{
    for (size_t i = 0; i < order->item_count; i++)
        if (order->items[i].kind == PRODUCT_FILE || order->items[i].kind == PRODUCT_MANUAL)
            return true;
    return false;
}

bool delivery_note(struct work *work, const struct order *order, const char *effect, bool sent,
                   struct error *err)
{
    bool parts = has_parts(order), more = false, more_by_hand = false;
    bool is_whole = str_equal(effect, EFFECT_DELIVERED);
    if (order->state != ORDER_PAID) /* fetched again, it is completed already */
        return true;
    if (!sent)
        return order_note_delivery(work, order->id, DELIVERY_REFUSED, err);
    if (order->delivery == DELIVERY_REFUSED)
        return true;
    if (parts && (!outbox_waits(work, order->telegram_id, EFFECT_DELIVERED, order->id, &more, err) ||
                  !outbox_waits(work, order->telegram_id, EFFECT_FULFILLED, order->id, &more_by_hand, err)))
        return false;
    if (more || (!is_whole && order->delivery != DELIVERY_SENT))
        return true;
    if (is_whole)
        metrics_time(METRIC_DELIVERY, (work->now_ms - order->paid_ms) * 1000);
    if (!more_by_hand && !order_is_unfulfilled(order))
        return order_mark_completed(work, order->id, err);
    return order->delivery == DELIVERY_SENT || order_note_delivery(work, order->id, DELIVERY_SENT, err);
}

/* --- another unit --- */

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

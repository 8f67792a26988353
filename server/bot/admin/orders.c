/* Ways to orders: what waits, lists, products to choose from. */
#include "bot/admin/orders.h"

#include <inttypes.h>

#include "base/str.h"
#include "bot/admin/screen.h"
#include "bot/admin/story.h"
#include "bot/buyer/purchase_page.h"

enum { NUMBERS_IN_A_ROW = 4, NAME_LIMIT = 40, PRODUCT_LIMIT = 60, PRODUCTS_ON_PAGE = 8 };

static const enum text_key titles[ORDER_FILTERS] = {
    [ORDERS_ALL] = TEXT_ORDERS_ALL,
    [ORDERS_PENDING] = TEXT_ORDERS_PENDING,
    [ORDERS_PAID] = TEXT_ORDERS_PAID,
    [ORDERS_COMPLETED] = TEXT_ORDERS_COMPLETED,
    [ORDERS_CANCELLED] = TEXT_ORDERS_CANCELLED,
    [ORDERS_EXPIRED] = TEXT_ORDERS_EXPIRED,
    [ORDERS_OF_PERSON] = TEXT_ORDERS_OF_PERSON,
    [ORDERS_OF_PRODUCT] = TEXT_ORDERS_OF_PRODUCT,
    [ORDERS_PARKED] = TEXT_ORDERS_PARKED,
};

const char *orders_list_prefix(struct turn *turn, enum order_filter filter, int64_t ref)
{
    return arena_printf(turn->work->arena, "aol:%d:%" PRId64, (int)filter, ref);
}

/* --- home --- */

static void filter_button(struct turn *turn, struct keyboard *keyboard, enum order_filter filter)
{
    keyboard_data(keyboard, say_label(turn->work, titles[filter]), STYLE_NONE, "aol:%d:0:0", (int)filter);
}

bool orders_home(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct order_counts counts;
    struct order_manual_page manual;
    struct keyboard keyboard;
    if (!order_search_counts(work, &counts, err) || !order_list_manual(work, 0, 1, &manual, err))
        return error_context(err, "orders");
    keyboard_begin(&keyboard);
    screen_button(turn, &keyboard, TEXT_BUTTON_SEARCH, "aos");
    filter_button(turn, &keyboard, ORDERS_ALL);
    keyboard_row(&keyboard);
    filter_button(turn, &keyboard, ORDERS_PENDING);
    filter_button(turn, &keyboard, ORDERS_PAID);
    keyboard_row(&keyboard);
    filter_button(turn, &keyboard, ORDERS_COMPLETED);
    filter_button(turn, &keyboard, ORDERS_CANCELLED);
    filter_button(turn, &keyboard, ORDERS_EXPIRED);
    keyboard_row(&keyboard);
    screen_button(turn, &keyboard, TEXT_BUTTON_ORDERS_BY_PRODUCT, "aop:0");
    keyboard_row(&keyboard);
    keyboard_data(&keyboard, say_label(work, titles[ORDERS_PARKED]),
                  counts.parked ? STYLE_DANGER : STYLE_NONE, "aol:%d:0:0", (int)ORDERS_PARKED);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_ORDERS_QUEUE),
                  manual.total_count ? STYLE_PRIMARY : STYLE_NONE, "aoq:0");
    const char *html = say(work, TEXT_ORDERS,
                           TEXT_VALUES(TV("menunggu", story_count(work, counts.pending)),
                                       TV("dibayar", story_count(work, counts.paid)),
                                       TV("parkir", story_count(work, counts.parked)),
                                       TV("manual", story_count(work, manual.total_count))));
    screen_show(turn, html, &keyboard, NULL);
    return true;
}

/* --- lists --- */

static const char *say_goods(struct work *work, const struct order_found *order)
{
    const char *name = arena_printf(work->arena, "%s × %" PRId64, order->item_name, order->item_quantity);
    const char *cut = str_utf8_cut(work->arena, name, PRODUCT_LIMIT);
    return order->item_count > 1 ? arena_printf(work->arena, "%s, +%" PRId64, cut, order->item_count - 1)
                                 : cut;
}

/* A line and a number button for each. */
static const char *list_orders(struct turn *turn, struct keyboard *keyboard,
                               const struct order_search_page *page, enum order_filter filter, int64_t ref)
{
    struct work *work = turn->work;
    struct str lines = STR_INIT(work->arena);
    for (size_t i = 0; i < page->count; i++) {
        const struct order_found *order = &page->orders[i];
        const char *name = say_name(work, order->first_name, order->last_name);
        str_add(&lines, say(work, TEXT_ORDERS_LINE,
                            TEXT_VALUES(TV("nomor", say_number(work, (int64_t)i + 1)),
                                        TV("status", purchase_sign(order->state)),
                                        TV("order_id", say_number(work, order->id)),
                                        TV("harga", say_price(work, order->total)),
                                        TV("tanggal", say_date(work, order->created_ms)),
                                        TV("nama", str_utf8_cut(work->arena, name, NAME_LIMIT)),
                                        TV("produk", say_goods(work, order)))));
        str_add(&lines, "\n");
        if (i % NUMBERS_IN_A_ROW == 0)
            keyboard_row(keyboard);
        keyboard_data(keyboard, say_keycap(work, (int64_t)i + 1), STYLE_NONE, "aov:%" PRId64 ":%d:%" PRId64,
                      order->id, (int)filter, ref);
    }
    return page->count ? str_done(&lines) : say_label(work, TEXT_LIST_EMPTY);
}

/* Of which person or product, as far as the page knows. */
static const char *say_title(struct turn *turn, enum order_filter filter, int64_t ref,
                             const struct order_search_page *page)
{
    struct work *work = turn->work;
    const char *of = say_number(work, ref);
    if (filter == ORDERS_OF_PERSON && page->count)
        of = say_name(work, page->orders[0].first_name, page->orders[0].last_name);
    if (filter == ORDERS_OF_PRODUCT) {
        const struct catalogue_product *product = catalogue_product(turn->catalogue, ref);
        of = product ? product->name : of;
    }
    const char *title = say_label(work, titles[filter]);
    return filter == ORDERS_OF_PERSON || filter == ORDERS_OF_PRODUCT
               ? arena_printf(work->arena, "%s: %s", title, str_utf8_cut(work->arena, of, PRODUCT_LIMIT))
               : title;
}

/* Numbers: the filter, whose (person or product), the order that the page's ones are older than. */
bool orders_list(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    int64_t filter = turn->numbers[0], ref = turn->numbers[1];
    struct order_search_page page;
    struct keyboard keyboard;
    if (filter < 0 || filter >= ORDER_FILTERS)
        return orders_home(turn, err);
    if (!order_search(work, (enum order_filter)filter, ref, turn->numbers[2], &page, err))
        return error_context(err, "orders");
    keyboard_begin(&keyboard);
    const char *lines = list_orders(turn, &keyboard, &page, (enum order_filter)filter, ref);
    story_arrows(&keyboard, orders_list_prefix(turn, (enum order_filter)filter, ref), &page.ends);
    const char *title = say_title(turn, (enum order_filter)filter, ref, &page);
    screen_show(turn, say(work, TEXT_LIST, TEXT_VALUES(TV("judul", title), TV_HTML("baris", lines))),
                &keyboard, "ao");
    return true;
}

/* --- by product --- */

/* Those that are shown to buyers: the others are found by their code. Number: the page. */
bool orders_products(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    const struct catalogue *catalogue = turn->catalogue;
    struct keyboard keyboard;
    size_t pages = (catalogue->product_count + PRODUCTS_ON_PAGE - 1) / PRODUCTS_ON_PAGE;
    size_t at = turn->numbers[0] > 0 && (uint64_t)turn->numbers[0] < pages ? (size_t)turn->numbers[0] : 0;
    keyboard_begin(&keyboard);
    for (size_t i = at * PRODUCTS_ON_PAGE; i < catalogue->product_count && i < (at + 1) * PRODUCTS_ON_PAGE;
         i++) {
        keyboard_row(&keyboard);
        keyboard_data(&keyboard, str_utf8_cut(work->arena, catalogue->products[i].name, PRODUCT_LIMIT),
                      STYLE_NONE, "aol:%d:%" PRId64 ":0", (int)ORDERS_OF_PRODUCT, catalogue->products[i].id);
    }
    keyboard_row(&keyboard);
    if (at > 0)
        keyboard_data(&keyboard, "⬅️", STYLE_NONE, "aop:%zu", at - 1);
    if (at + 1 < pages)
        keyboard_data(&keyboard, "➡️", STYLE_NONE, "aop:%zu", at + 1);
    screen_show(turn, say(work, TEXT_ORDERS_BY_PRODUCT, TEXT_NO_VALUES), &keyboard, "ao");
    return true;
}

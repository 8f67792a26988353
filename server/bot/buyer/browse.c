/* Lists: all products, categories, one category, stock. Drawn from the snapshot alone. */
#include <stdio.h>

#include "base/clock.h"
#include "base/str.h"
#include "bot/buyer/buyer.h"

enum {
    ON_A_PAGE = 8,
    STOCK_ON_A_PAGE = 30,
    CATEGORIES_ON_A_PAGE = 20,
    BUTTONS_IN_A_ROW = 4,
    NAME_LIMIT = 100,
    LABEL_LIMIT = 60
};

/* A stretch of a longer list. */
struct stretch {
    size_t first, count; /* of the items */
    int64_t page, pages; /* from 0 */
};

/* A page that does not exist (any more) becomes the nearest one. */
static struct stretch stretch_of(size_t total, size_t on_a_page, int64_t page)
{
    int64_t pages = total ? (int64_t)((total + on_a_page - 1) / on_a_page) : 1;
    page = page < 0 ? 0 : page >= pages ? pages - 1 : page;
    size_t first = (size_t)page * on_a_page;
    size_t count = total - first < on_a_page ? total - first : on_a_page;
    return (struct stretch){.first = first, .count = count, .page = page, .pages = pages};
}

static const char *page_number(struct work *work, const struct stretch *stretch)
{
    return arena_printf(work->arena, "%lld/%lld", (long long)stretch->page + 1, (long long)stretch->pages);
}

/* `data` is the page's callback data up to its number: "a:", "c:5:". */
static void add_arrows(struct work *work, struct keyboard *keyboard, const struct stretch *stretch,
                       const char *data)
{
    keyboard_row(keyboard);
    if (stretch->pages == 1)
        return;
    if (stretch->page > 0)
        keyboard_data(keyboard, "⬅️", STYLE_NONE, "%s%lld", data, (long long)stretch->page - 1);
    keyboard_data(keyboard, page_number(work, stretch), STYLE_NONE, "n");
    if (stretch->page + 1 < stretch->pages)
        keyboard_data(keyboard, "➡️", STYLE_NONE, "%s%lld", data, (long long)stretch->page + 1);
    keyboard_row(keyboard);
}

static void add_way_out(struct work *work, struct keyboard *keyboard)
{
    keyboard_row(keyboard);
    keyboard_data(keyboard, say_label(work, TEXT_BUTTON_CART), STYLE_NONE, "k");
    keyboard_data(keyboard, say_label(work, TEXT_BUTTON_HOME), STYLE_NONE, "w");
}

static const char *list_line(struct work *work, const struct catalogue_product *product)
{
    return say(work, TEXT_LIST_LINE,
               TEXT_VALUES(TV("nomor", say_number(work, (int64_t)product->number)),
                           TV("produk", str_utf8_cut(work->arena, product->name, NAME_LIMIT)),
                           TV("harga", say_price(work, product->price)), TV("stok", say_stock(work, product)),
                           TV("terjual", say_number(work, product->sold))));
}

/* Lines and number buttons for a stretch of products. */
static const char *list_products(struct work *work, struct keyboard *keyboard,
                                 const struct catalogue_product *const *products, size_t count)
{
    struct str lines = STR_INIT(work->arena);
    for (size_t i = 0; i < count; i++) {
        str_add(&lines, list_line(work, products[i]));
        str_add(&lines, "\n");
        if (i % BUTTONS_IN_A_ROW == 0)
            keyboard_row(keyboard);
        keyboard_data(keyboard, say_keycap(work, (int64_t)products[i]->number), STYLE_NONE, "p:%lld",
                      (long long)products[i]->id);
    }
    return str_done(&lines);
}

static bool show_empty(struct turn *turn)
{
    turn_show(turn, TEXT_PRODUCTS_EMPTY, say(turn->work, TEXT_PRODUCTS_EMPTY, TEXT_NO_VALUES),
              say_button(turn->work, TEXT_BUTTON_HOME, "w"));
    return true;
}

int64_t browse_page_of(int64_t number)
{
    return (number - 1) / ON_A_PAGE;
}

bool browse_all(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    const struct catalogue *catalogue = turn->catalogue;
    struct stretch stretch = stretch_of(catalogue->product_count, ON_A_PAGE, turn->numbers[0]);
    const struct catalogue_product *products[ON_A_PAGE];
    struct keyboard keyboard;
    if (!catalogue->product_count)
        return show_empty(turn);
    for (size_t i = 0; i < stretch.count; i++)
        products[i] = &catalogue->products[stretch.first + i];
    keyboard_begin(&keyboard);
    const char *lines = list_products(work, &keyboard, products, stretch.count);
    add_arrows(work, &keyboard, &stretch, "a:");
    add_way_out(work, &keyboard);
    const char *html = say(work, TEXT_PRODUCTS,
                           TEXT_VALUES(TV_HTML("baris", lines), TV("halaman", page_number(work, &stretch)),
                                       TV("jumlah", say_number(work, (int64_t)catalogue->product_count))));
    page_show(work, &turn->page, html, keyboard_inline(&keyboard));
    return true;
}

static const char *category_label(struct work *work, const struct catalogue_category *category)
{
    const char *label =
        arena_printf(work->arena, "%s%s%s", category->emoji, *category->emoji ? " " : "", category->name);
    return str_utf8_cut(work->arena, label, LABEL_LIMIT);
}

bool browse_categories(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct stretch stretch =
        stretch_of(turn->catalogue->category_count, CATEGORIES_ON_A_PAGE, turn->numbers[0]);
    struct keyboard keyboard;
    if (!turn->catalogue->category_count)
        return show_empty(turn);
    keyboard_begin(&keyboard);
    for (size_t i = 0; i < stretch.count; i++) {
        const struct catalogue_category *category = &turn->catalogue->categories[stretch.first + i];
        if (i % 2 == 0)
            keyboard_row(&keyboard);
        keyboard_data(&keyboard, category_label(work, category), STYLE_NONE, "c:%lld:0",
                      (long long)category->id);
    }
    add_arrows(work, &keyboard, &stretch, "l:");
    add_way_out(work, &keyboard);
    const char *html = say(work, TEXT_CATEGORIES, TEXT_VALUES(TV("halaman", page_number(work, &stretch))));
    page_show(work, &turn->page, html, keyboard_inline(&keyboard));
    return true;
}

bool browse_category(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    const struct catalogue_category *category = catalogue_category(turn->catalogue, turn->numbers[0]);
    if (!category) {
        turn_old_button(turn);
        turn->numbers[0] = 0;
        return browse_all(turn, err);
    }
    struct stretch stretch = stretch_of(category->product_count, ON_A_PAGE, turn->numbers[1]);
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    const char *lines = list_products(work, &keyboard, category->products + stretch.first, stretch.count);
    add_arrows(work, &keyboard, &stretch, arena_printf(work->arena, "c:%lld:", (long long)category->id));
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_ALL_PRODUCTS), STYLE_NONE, "a:0");
    add_way_out(work, &keyboard);
    const char *html = say(work, TEXT_CATEGORY,
                           TEXT_VALUES(TV("kategori", category_label(work, category)),
                                       TV_HTML("baris", lines), TV("halaman", page_number(work, &stretch))));
    page_show(work, &turn->page, html, keyboard_inline(&keyboard));
    return true;
}

/* To the second, so that a refresh is seen to have happened. */
static const char *time_of_day(struct work *work)
{
    struct clock_civil at = clock_to_civil(work->tenant->zone, work->now_ms);
    return arena_printf(work->arena, "%s:%02d", say_date(work, work->now_ms), at.second);
}

bool browse_stock(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct stretch stretch = stretch_of(turn->catalogue->product_count, STOCK_ON_A_PAGE, turn->numbers[0]);
    struct keyboard keyboard;
    struct str lines = STR_INIT(work->arena);
    if (!turn->catalogue->product_count)
        return show_empty(turn);
    for (size_t i = 0; i < stretch.count; i++) {
        const struct catalogue_product *product = &turn->catalogue->products[stretch.first + i];
        str_add(&lines, say(work, product->stock > 0 ? TEXT_STOCK_LINE : TEXT_STOCK_LINE_EMPTY,
                            TEXT_VALUES(TV("nomor", say_number(work, (int64_t)product->number)),
                                        TV("produk", str_utf8_cut(work->arena, product->name, NAME_LIMIT)),
                                        TV("stok", say_stock(work, product)))));
        str_add(&lines, "\n");
    }
    keyboard_begin(&keyboard);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_REFRESH), STYLE_NONE, "s:%lld",
                  (long long)stretch.page);
    add_arrows(work, &keyboard, &stretch, "s:");
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_ALL_PRODUCTS), STYLE_NONE, "a:0");
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_HOME), STYLE_NONE, "w");
    const char *html =
        say(work, TEXT_STOCK,
            TEXT_VALUES(TV_HTML("baris", str_done(&lines)), TV("halaman", page_number(work, &stretch)),
                        TV("tanggal", time_of_day(work))));
    page_show(work, &turn->page, html, keyboard_inline(&keyboard));
    return true;
}

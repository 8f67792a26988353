#include "bot/admin/admin.h"

#include "base/str.h"

enum { MOST_LOW_LINES = 20, NAME_LIMIT = 80 };

static const char *low_lines(struct turn *turn)
{
    struct work *work = turn->work;
    struct str lines = STR_INIT(work->arena);
    int64_t shown = 0, more = 0;
    for (size_t i = 0; i < turn->catalogue->product_count; i++) {
        const struct catalogue_product *product = &turn->catalogue->products[i];
        if (product->stock > work->tenant->low_stock)
            continue;
        if (shown == MOST_LOW_LINES) {
            more++;
            continue;
        }
        str_add(&lines, shown++ ? "\n" : "");
        str_add(&lines, say(work, TEXT_ADMIN_LOW_LINE,
                            TEXT_VALUES(TV("produk", str_utf8_cut(work->arena, product->name, NAME_LIMIT)),
                                        TV("stok", say_number(work, product->stock)))));
    }
    if (more) {
        str_add(&lines, "\n");
        str_add(&lines, say(work, TEXT_CART_MORE, TEXT_VALUES(TV("jumlah", say_number(work, more)))));
    }
    return shown ? str_done(&lines) : say(work, TEXT_ADMIN_LOW_NONE, TEXT_NO_VALUES);
}

bool admin_settings(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    int64_t units = 0;
    for (size_t i = 0; i < turn->catalogue->product_count; i++)
        units += turn->catalogue->products[i].stock;
    const char *html =
        say(work, TEXT_ADMIN_PAGE,
            TEXT_VALUES(TV("store_name", work->tenant->title),
                        TV("jumlah", say_number(work, (int64_t)turn->catalogue->product_count)),
                        TV("stok", say_number(work, units)), TV_HTML("baris", low_lines(turn))));
    page_show(work, &turn->page, html, say_button(work, TEXT_BUTTON_HOME, "w"));
    return true;
}

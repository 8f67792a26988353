/* `⚙️ Admin Settings`: the ways to everything an admin does. */
#include <inttypes.h>

#include "base/str.h"
#include "bot/admin/admin.h"
#include "bot/wizard.h"
#include "store/settings.h"
#include "work/lane.h"

enum { MOST_LOW_LINES = 20, NAME_LIMIT = 80, BUTTONS_IN_A_ROW = 2 };

static const struct {
    enum text_key label;
    const char *data;
} menus[] = {
    {TEXT_MENU_TEXTS, "ar"},      {TEXT_MENU_PRODUCTS, "ap"},   {TEXT_MENU_ORDERS, "ao"},
    {TEXT_MENU_PEOPLE, "au"},     {TEXT_MENU_VOUCHERS, "av"},   {TEXT_MENU_BROADCAST, "ab"},
    {TEXT_MENU_CALCULATOR, "ac"}, {TEXT_MENU_STATISTICS, "ai"}, {TEXT_MENU_DEPOSITS, "ag"},
    {TEXT_MENU_SETTINGS, "ax"},   {TEXT_MENU_LOGS, "al"},
};

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
        str_add(&lines, say(work, TEXT_MENU_LOW_LINE,
                            TEXT_VALUES(TV("produk", str_utf8_cut(work->arena, product->name, NAME_LIMIT)),
                                        TV("stok", say_number(work, product->stock)))));
    }
    if (more) {
        str_add(&lines, "\n");
        str_add(&lines, say(work, TEXT_CART_MORE, TEXT_VALUES(TV("jumlah", say_number(work, more)))));
    }
    return shown ? str_done(&lines) : say(work, TEXT_MENU_LOW_NONE, TEXT_NO_VALUES);
}

static json_t *menu_keyboard(struct turn *turn, int64_t wizard)
{
    struct work *work = turn->work;
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    if (wizard)
        keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_RESUME), STYLE_PRIMARY, "zr:%" PRId64, wizard);
    for (size_t i = 0; i < sizeof menus / sizeof menus[0]; i++) {
        if (i % BUTTONS_IN_A_ROW == 0)
            keyboard_row(&keyboard);
        keyboard_data(&keyboard, say_label(work, menus[i].label), STYLE_NONE, "%s", menus[i].data);
    }
    keyboard_row(&keyboard);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_HOME), STYLE_NONE, "w");
    return keyboard_inline(&keyboard);
}

bool admin_menu(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    const char *title;
    int64_t units = 0, wizard;
    if (!wizard_unfinished(turn, &title, &wizard, err))
        return error_context(err, "admin menu");
    for (size_t i = 0; i < turn->catalogue->product_count; i++)
        if (turn->catalogue->products[i].kind == PRODUCT_UNIT)
            units += turn->catalogue->products[i].stock;
    const char *html =
        say(work, TEXT_MENU,
            TEXT_VALUES(TV("store_name", work->tenant->title),
                        TV("jumlah", say_number(work, (int64_t)turn->catalogue->product_count)),
                        TV("stok", say_number(work, units)), TV_HTML("baris", low_lines(turn))));
    if (lane_store_is_suspended(work->store))
        html = arena_printf(work->arena, "%s\n\n%s", say(work, TEXT_MENU_SUSPENDED, TEXT_NO_VALUES), html);
    if (settings_of(work)->maintenance)
        html = arena_printf(work->arena, "%s\n\n%s", html, say(work, TEXT_MENU_MAINTENANCE, TEXT_NO_VALUES));
    if (title)
        html = arena_printf(work->arena, "%s\n\n%s", html,
                            say(work, TEXT_MENU_WIZARD, TEXT_VALUES(TV_HTML("judul", title))));
    page_show(work, &turn->page, html, menu_keyboard(turn, wizard));
    return true;
}

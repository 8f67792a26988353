/* 📊 Stok: a product's units, masked; one of them; all of them as a file. */
#include "bot/admin/units.h"

#include <inttypes.h>

#include "base/str.h"
#include "bot/admin/admin.h"
#include "bot/admin/goods.h"
#include "bot/admin/screen.h"
#include "bot/outgoing.h"

enum { BUTTONS_IN_A_ROW = 5, NAME_LIMIT = 100 };

const char *units_data(struct arena *arena, int64_t product_id)
{
    return arena_printf(arena, "as:%" PRId64 ":0:0", product_id);
}

/* --- the list --- */

static const enum text_key view_labels[STOCK_VIEWS] = {
    [STOCK_VIEW_AVAILABLE] = TEXT_UNITS_AVAILABLE,
    [STOCK_VIEW_REMOVED] = TEXT_UNITS_REMOVED,
    [STOCK_VIEW_ORDERED] = TEXT_UNITS_ORDERED,
};

static enum text_key state_of(const struct stock_list_unit *unit)
{
    static const enum text_key states[] = {
        [STOCK_AVAILABLE] = TEXT_UNIT_AVAILABLE,
        [STOCK_RESERVED] = TEXT_UNIT_RESERVED,
        [STOCK_SOLD] = TEXT_UNIT_SOLD,
        [STOCK_REMOVED] = TEXT_UNIT_REMOVED,
    };
    return unit->was_replaced ? TEXT_UNIT_REPLACED : states[unit->state];
}

static const char *lines_of(struct turn *turn, struct keyboard *keyboard, const struct stock_list_page *page)
{
    struct work *work = turn->work;
    struct str lines = STR_INIT(work->arena);
    if (!page->count)
        return say(work, TEXT_UNITS_NONE, TEXT_NO_VALUES);
    for (size_t i = 0; i < page->count; i++) {
        const struct stock_list_unit *unit = &page->items[i];
        if (i % BUTTONS_IN_A_ROW == 0)
            keyboard_row(keyboard);
        keyboard_data(keyboard, say_keycap(work, (int64_t)i + 1), STYLE_NONE, "asu:%" PRId64, unit->id);
        str_add(&lines,
                say(work, TEXT_UNITS_LINE,
                    TEXT_VALUES(TV("nomor", say_number(work, (int64_t)i + 1)), TV("isi", unit->masked),
                                TV("status", say_label(work, state_of(unit))))));
        str_add(&lines, "\n");
    }
    return str_done(&lines);
}

static void add_ways(struct turn *turn, struct keyboard *keyboard, const struct catalogue_list_product *p,
                     enum stock_view view)
{
    keyboard_row(keyboard);
    for (int i = 0; i < STOCK_VIEWS; i++)
        if (i != (int)view)
            screen_button(turn, keyboard, view_labels[i], "as:%" PRId64 ":%d:0", p->id, i);
    keyboard_row(keyboard);
    screen_button(turn, keyboard, TEXT_BUTTON_UNITS_ADD, "asa:%" PRId64, p->id);
    if (!p->available)
        return;
    screen_button(turn, keyboard, TEXT_BUTTON_UNITS_TAKE, "ask:%" PRId64, p->id);
    screen_button(turn, keyboard, TEXT_BUTTON_UNITS_EXPORT, "ase:%" PRId64 ":0", p->id);
}

static bool show_list(struct turn *turn, int64_t product_id, enum stock_view view, int64_t cursor,
                      struct error *err)
{
    struct work *work = turn->work;
    struct catalogue_list_product p;
    struct stock_list_page page;
    struct keyboard keyboard;
    bool found = catalogue_list_product(work, product_id, &p, err);
    if (!found && err->code != ERR_NOT_FOUND)
        return error_context(err, "stock");
    if (!found || p.kind != PRODUCT_UNIT)
        return goods_show(turn, product_id, err);
    if (!stock_list_page(work, product_id, view, cursor, &page, err))
        return error_context(err, "stock");
    keyboard_begin(&keyboard);
    const char *lines = lines_of(turn, &keyboard, &page);
    screen_arrows(turn, &keyboard, arena_printf(work->arena, "as:%" PRId64 ":%d:", product_id, (int)view),
                  page.before, page.after);
    add_ways(turn, &keyboard, &p, view);
    screen_show(
        turn,
        say(work, TEXT_UNITS,
            TEXT_VALUES(TV("produk", str_utf8_cut(work->arena, p.name, NAME_LIMIT)),
                        TV("tersedia", say_number(work, p.available)),
                        TV("dipesan", say_number(work, p.reserved)), TV("terjual", say_number(work, p.sold)),
                        TV("tampilan", say_label(work, view_labels[view])), TV_HTML("baris", lines))),
        &keyboard, goods_data(turn, product_id));
    return true;
}

bool units_show_list(struct turn *turn, int64_t product_id, struct error *err)
{
    return show_list(turn, product_id, STOCK_VIEW_AVAILABLE, 0, err);
}

/* Numbers: the product, the view, the page's cursor. */
bool units_list(struct turn *turn, struct error *err)
{
    int64_t view = turn->numbers[1];
    if (view < 0 || view >= STOCK_VIEWS)
        view = STOCK_VIEW_AVAILABLE;
    return show_list(turn, turn->numbers[0], (enum stock_view)view, turn->numbers[2], err);
}

/* --- a unit --- */

static const char *list_of(struct turn *turn, const struct stock_list_unit *unit)
{
    static const enum stock_view views[] = {
        [STOCK_AVAILABLE] = STOCK_VIEW_AVAILABLE,
        [STOCK_RESERVED] = STOCK_VIEW_ORDERED,
        [STOCK_SOLD] = STOCK_VIEW_ORDERED,
        [STOCK_REMOVED] = STOCK_VIEW_REMOVED,
    };
    return arena_printf(turn->work->arena, "as:%" PRId64 ":%d:%" PRId64, unit->product_id,
                        (int)views[unit->state], unit->id);
}

static const char *unit_html(struct turn *turn, const struct stock_list_unit *unit, const char *product)
{
    struct work *work = turn->work;
    const char *order =
        unit->reference ? say(work, TEXT_UNIT_ORDER, TEXT_VALUES(TV("order_id", unit->reference))) : "";
    return say(work, TEXT_UNIT,
               TEXT_VALUES(TV("nomor", arena_printf(work->arena, "%" PRId64, unit->id)),
                           TV("produk", str_utf8_cut(work->arena, product, NAME_LIMIT)),
                           TV("isi", unit->masked), TV("status", say_label(work, state_of(unit))),
                           TV("tanggal", say_date(work, unit->created_ms)), TV_HTML("tambahan", order)));
}

static bool show_unit(struct turn *turn, int64_t unit_id, struct error *err)
{
    struct stock_list_unit unit;
    struct catalogue_list_product p;
    struct keyboard keyboard;
    if (!stock_list_unit(turn->work, unit_id, &unit, err) ||
        !catalogue_list_product(turn->work, unit.product_id, &p, err))
        return err->code == ERR_NOT_FOUND && screen_explain(turn, err) ? goods_show_home(turn, 0, err)
                                                                       : error_context(err, "unit");
    keyboard_begin(&keyboard);
    screen_button(turn, &keyboard, TEXT_BUTTON_UNIT_SHOW, "asv:%" PRId64, unit.id);
    if (unit.state == STOCK_AVAILABLE)
        screen_button(turn, &keyboard, TEXT_BUTTON_UNIT_REMOVE, "asr:%" PRId64, unit.id);
    if (unit.state == STOCK_REMOVED)
        screen_button(turn, &keyboard, TEXT_BUTTON_UNIT_PUT_BACK, "asb:%" PRId64, unit.id);
    screen_show(turn, unit_html(turn, &unit, p.name), &keyboard, list_of(turn, &unit));
    return true;
}

/* Numbers: the unit. */
bool units_open(struct turn *turn, struct error *err)
{
    return show_unit(turn, turn->numbers[0], err);
}

bool units_look(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    int64_t id = turn->numbers[0];
    const char *content, *number = arena_printf(work->arena, "%" PRId64, id);
    if (!stock_edit_show(work, turn->update->from_id, id, &content, err))
        return goods_again(turn, show_unit, id, err);
    return screen_secret(turn, say(work, TEXT_UNIT_SHOWN, TEXT_VALUES(TV("nomor", number))), content,
                         arena_printf(work->arena, "unit-%s.txt", number),
                         arena_printf(work->arena, "asu:%s", number), err);
}

bool units_ask_remove(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct stock_list_unit unit;
    if (!stock_list_unit(work, turn->numbers[0], &unit, err))
        return err->code == ERR_NOT_FOUND ? show_unit(turn, turn->numbers[0], err)
                                          : error_context(err, "unit");
    screen_ask(
        turn,
        say(work, TEXT_UNIT_REMOVE_ASK,
            TEXT_VALUES(TV("nomor", arena_printf(work->arena, "%" PRId64, unit.id)), TV("isi", unit.masked))),
        arena_printf(work->arena, "asy:%" PRId64, unit.id),
        arena_printf(work->arena, "asu:%" PRId64, unit.id));
    return true;
}

static bool changed(struct turn *turn, bool done, struct error *err)
{
    int64_t id = turn->numbers[0];
    if (!done)
        return goods_again(turn, show_unit, id, err);
    if (!show_unit(turn, id, err))
        return false;
    screen_note(turn, TEXT_ALERT_SAVED);
    return true;
}

bool units_remove(struct turn *turn, struct error *err)
{
    return changed(turn, stock_edit_remove(turn->work, turn->update->from_id, turn->numbers[0], err), err);
}

bool units_put_back(struct turn *turn, struct error *err)
{
    return changed(turn, stock_edit_put_back(turn->work, turn->update->from_id, turn->numbers[0], err), err);
}

/* --- a file of them --- */

/* With a way to the rest, where that is too much for one file. */
static bool send_file(struct turn *turn, const struct catalogue_list_product *p,
                      const struct stock_export *export, struct error *err)
{
    struct work *work = turn->work;
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    if (export->has_more)
        screen_button(turn, &keyboard, TEXT_BUTTON_UNITS_MORE, "ase:%" PRId64 ":%" PRId64, p->id,
                      export->last_id);
    screen_button(turn, &keyboard, TEXT_BUTTON_GOODS_STOCK, "%s", units_data(work->arena, p->id));
    const struct outgoing file = {
        .chat_id = turn->update->chat_id,
        .html = say(work, TEXT_UNITS_EXPORT,
                    TEXT_VALUES(TV("produk", str_utf8_cut(work->arena, p->name, NAME_LIMIT)),
                                TV("jumlah", say_number(work, export->count)),
                                TV("tanggal", say_date(work, work->now_ms)))),
        .keyboard = keyboard_inline(&keyboard),
        .file_text = export->text,
        .file_name = arena_printf(work->arena, "stok-%s.txt", p->code),
    };
    return outgoing_add(work, &file, err);
}

/* Numbers: the product, the unit it goes on behind. */
bool units_export(struct turn *turn, struct error *err)
{
    struct catalogue_list_product p;
    struct stock_export export;
    int64_t id = turn->numbers[0];
    if (!catalogue_list_product(turn->work, id, &p, err))
        return goods_again(turn, goods_show, id, err);
    if (p.kind != PRODUCT_UNIT)
        return goods_show(turn, id, err);
    if (!stock_edit_export(turn->work, turn->update->from_id, id, turn->numbers[1], &export, err))
        return goods_again(turn, goods_show, id, err);
    page_answer(turn->work, &turn->page,
                say_label(turn->work, export.count ? TEXT_ALERT_UNITS_EXPORT : TEXT_ALERT_UNITS_NONE),
                !export.count);
    return !export.count || send_file(turn, &p, &export, err);
}

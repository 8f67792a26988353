/* Forms about stock: ➕ lines that are added, and many units taken out at once. */
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "bot/admin/admin.h"
#include "bot/admin/goods.h"
#include "bot/admin/screen.h"
#include "bot/admin/units.h"

enum { MOST_TYPED = 4096, MOST_TAKEN = 100000, NAME_LIMIT = 100 };

#define ID "id"

/* --- what came of it --- */

static const char *duplicate_line(struct work *work, const struct stock_named *named)
{
    static const enum text_key lines[] = {
        [STOCK_REPEATED] = TEXT_UNITS_REPEATED,
        [STOCK_IS_THERE] = TEXT_UNITS_IS_THERE,
        [STOCK_WAS_SOLD] = TEXT_UNITS_WAS_SOLD,
    };
    return say(work, lines[named->why],
               TEXT_VALUES(TV("nomor", say_number(work, named->line)), TV("isi", named->masked),
                           TV("sebelumnya", say_number(work, named->earlier))));
}

static void add_line(struct work *work, struct str *s, enum text_key key, int64_t count)
{
    if (count)
        str_addf(s, "\n%s", say(work, key, TEXT_VALUES(TV("jumlah", say_number(work, count)))));
}

const char *units_report(struct work *work, const char *product, const struct stock_lines *lines,
                         const struct stock_added *added)
{
    struct str s = STR_INIT(work->arena);
    str_add(&s, say(work, TEXT_UNITS_ADDED,
                    TEXT_VALUES(TV("produk", str_utf8_cut(work->arena, product, NAME_LIMIT)),
                                TV("jumlah", say_number(work, added->added)))));
    add_line(work, &s, TEXT_UNITS_RETURNED, added->returned);
    add_line(work, &s, TEXT_UNITS_TOO_LONG, lines->too_long);
    if (!added->duplicates)
        return str_done(&s);
    str_add(&s, "\n");
    add_line(work, &s, TEXT_UNITS_DUPLICATES, added->duplicates);
    for (size_t i = 0; i < added->named_count; i++)
        str_addf(&s, "\n%s", duplicate_line(work, &added->named[i]));
    add_line(work, &s, TEXT_UNITS_MORE, added->duplicates - (int64_t)added->named_count);
    return str_done(&s);
}

const char *units_why_not(struct work *work, enum stock_lines_fault fault, int64_t at)
{
    static const enum text_key lines[] = {
        [STOCK_LINES_OK] = TEXT_UNITS_WHY_EMPTY,
        [STOCK_LINES_NOT_TEXT] = TEXT_UNITS_WHY_NOT_TEXT,
        [STOCK_LINES_TOO_MANY] = TEXT_UNITS_WHY_TOO_MANY,
        [STOCK_LINES_QUOTES] = TEXT_UNITS_WHY_QUOTES,
    };
    return say(
        work, lines[fault],
        TEXT_VALUES(TV("maksimum", say_number(work, STOCK_LINES_MOST)), TV("nomor", say_number(work, at))));
}

/* --- adding --- */

static bool check_lines(struct turn *turn, struct wizard *wizard, const char **why_out, struct error *err)
{
    units_check_file(turn, wizard, "lines", why_out);
    return true;
}

static const struct wizard_step add_steps[] = {
    {.name = "lines",
     .label = TEXT_FIELD_STOCK,
     .prompt = TEXT_UNITS_ASK_LINES,
     .takes = WIZARD_TEXT | WIZARD_DOCUMENT,
     .least = 1,
     .most = MOST_TYPED,
     .check = check_lines},
    {.name = NULL},
};

static const char *back(struct turn *turn, const struct wizard *wizard)
{
    return units_data(turn->work->arena, wizard_number(wizard, ID));
}

static void show_report(struct turn *turn, int64_t product_id, const char *html)
{
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    screen_button(turn, &keyboard, TEXT_BUTTON_UNITS_ADD, "asa:%" PRId64, product_id);
    screen_show(turn, html, &keyboard, units_data(turn->work->arena, product_id));
}

static bool finish_file(struct turn *turn, const struct wizard *wizard, int64_t product_id, struct error *err)
{
    if (!units_import(turn, wizard, "lines", product_id, err))
        return false;
    screen_say(turn, say(turn->work, TEXT_UNITS_IMPORT_STARTED, TEXT_NO_VALUES),
               units_data(turn->work->arena, product_id));
    return true;
}

static bool finish_add(struct turn *turn, struct wizard *wizard, struct error *err)
{
    struct work *work = turn->work;
    int64_t id = wizard_number(wizard, ID), at = 0;
    if (wizard_input_of(wizard, "lines") == WIZARD_DOCUMENT)
        return finish_file(turn, wizard, id, err);
    const char *text = wizard_text(wizard, "lines");
    struct catalogue_list_product p;
    struct stock_lines lines;
    struct stock_added added;
    enum stock_lines_fault fault = stock_lines_read(work->arena, text, strlen(text), false, &lines, &at);
    if (fault != STOCK_LINES_OK)
        return wizard_ask_again(turn, wizard, "lines", units_why_not(work, fault, at), err);
    if (!catalogue_list_product(work, id, &p, err) ||
        !stock_edit_add(work, turn->update->from_id, id, &lines, &added, err))
        return false;
    show_report(turn, id, units_report(work, p.name, &lines, &added));
    return true;
}

const struct wizard_kind units_add_wizard = {
    .name = "units_add",
    .title = TEXT_UNITS_ADD,
    .role = ROLE_ADMIN,
    .steps = add_steps,
    .finish = finish_add,
    .back = back,
};

/* A form about a product that has units. Numbers: the product. */
static bool ask(struct turn *turn, const struct wizard_kind *kind, struct error *err)
{
    struct work *work = turn->work;
    struct catalogue_list_product p;
    if (!catalogue_list_product(work, turn->numbers[0], &p, err))
        return goods_again(turn, goods_show, turn->numbers[0], err);
    if (p.kind != PRODUCT_UNIT) {
        turn_old_button(turn);
        return goods_show(turn, p.id, err);
    }
    struct wizard *wizard = wizard_new(turn, kind);
    wizard_put_number(wizard, ID, p.id);
    wizard_put_text(wizard, WIZARD_ABOUT,
                    arena_printf(work->arena, "%s\n%s: %s", str_utf8_cut(work->arena, p.name, NAME_LIMIT),
                                 say_label(work, TEXT_UNITS_AVAILABLE), say_number(work, p.available)));
    return wizard_open(turn, wizard, err);
}

bool units_add(struct turn *turn, struct error *err)
{
    return ask(turn, &units_add_wizard, err);
}

/* --- taking out --- */

static const struct wizard_fixed_choice amounts[] = {
    {10, TEXT_UNITS_10}, {50, TEXT_UNITS_50}, {100, TEXT_UNITS_100}, {0, TEXT_UNITS_ALL}, {.label = -1}};
static const struct wizard_step take_steps[] = {
    {.name = "amount",
     .label = TEXT_UNITS_AMOUNT,
     .prompt = TEXT_UNITS_ASK_AMOUNT,
     .takes = WIZARD_NUMBER | WIZARD_CHOICE,
     .least = 1,
     .most = MOST_TAKEN,
     .fixed_choices = amounts},
    {.name = NULL},
};

static bool preview_take(struct turn *turn, struct wizard *wizard, const char **html_out, struct error *err)
{
    *html_out = say(turn->work, TEXT_UNITS_TAKE_SURE, TEXT_NO_VALUES);
    return true;
}

static bool finish_take(struct turn *turn, struct wizard *wizard, struct error *err)
{
    struct work *work = turn->work;
    int64_t id = wizard_number(wizard, ID), removed;
    if (!stock_edit_remove_newest(work, turn->update->from_id, id, wizard_number(wizard, "amount"), &removed,
                                  err))
        return false;
    screen_say(turn, say(work, TEXT_UNITS_TAKEN, TEXT_VALUES(TV("jumlah", say_number(work, removed)))),
               units_data(work->arena, id));
    return true;
}

const struct wizard_kind units_take_wizard = {
    .name = "units_take",
    .title = TEXT_UNITS_TAKE,
    .role = ROLE_ADMIN,
    .steps = take_steps,
    .confirms = true,
    .preview = preview_take,
    .finish = finish_take,
    .back = back,
};

bool units_take(struct turn *turn, struct error *err)
{
    return ask(turn, &units_take_wizard, err);
}

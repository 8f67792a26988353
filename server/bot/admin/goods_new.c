/* ➕ Produk: the form for a new product. */
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "bot/admin/admin.h"
#include "bot/admin/goods.h"
#include "bot/admin/screen.h"
#include "bot/admin/units.h"

enum { MOST_TYPED = 4096 };

static enum product_kind kind_of(const struct wizard *wizard)
{
    return (enum product_kind)wizard_number(wizard, "kind");
}

static bool is_unit(const struct wizard *wizard)
{
    return kind_of(wizard) == PRODUCT_UNIT;
}

static bool is_shared(const struct wizard *wizard)
{
    return kind_of(wizard) == PRODUCT_SHARED;
}

static bool is_file(const struct wizard *wizard)
{
    return kind_of(wizard) == PRODUCT_FILE;
}

static bool is_manual(const struct wizard *wizard)
{
    return kind_of(wizard) == PRODUCT_MANUAL;
}

/* A message holds fewer lines, and shorter ones, than may be added at once. */
static struct stock_lines lines_of(struct turn *turn, const struct wizard *wizard)
{
    struct stock_lines lines = {0};
    const char *text = wizard_text(wizard, "stock");
    int64_t at;
    if (wizard_input_of(wizard, "stock") == WIZARD_TEXT &&
        stock_lines_read(turn->work->arena, text, strlen(text), false, &lines, &at) != STOCK_LINES_OK)
        return (struct stock_lines){0};
    return lines;
}

static const char *show_stock(struct turn *turn, const struct wizard *wizard)
{
    int64_t size;
    if (wizard_input_of(wizard, "stock") == WIZARD_DOCUMENT)
        return wizard_document(wizard, "stock", &size);
    return say_number(turn->work, (int64_t)lines_of(turn, wizard).count);
}

static bool check_stock(struct turn *turn, struct wizard *wizard, const char **why_out, struct error *err)
{
    units_check_file(turn, wizard, "stock", why_out);
    return true;
}

static const struct wizard_fixed_choice kinds[] = {{PRODUCT_UNIT, TEXT_KIND_UNIT},
                                                   {PRODUCT_SHARED, TEXT_KIND_SHARED},
                                                   {PRODUCT_FILE, TEXT_KIND_FILE},
                                                   {PRODUCT_MANUAL, TEXT_KIND_MANUAL},
                                                   {.label = -1}};
static const struct wizard_step steps[] = {
    {GOODS_STEP_CATEGORY},
    {GOODS_STEP("kind", KIND, WIZARD_CHOICE, 0, 0), .fixed_choices = kinds},
    {GOODS_STEP_NAME},
    {GOODS_STEP_CODE, .optional = true},
    {GOODS_STEP_PRICE},
    {GOODS_STEP_DESCRIPTION(0), .optional = true},
    {GOODS_STEP_SNK(0), .optional = true},
    {GOODS_STEP_PHOTO(0), .optional = true},
    {GOODS_STEP("stock", STOCK, WIZARD_TEXT | WIZARD_DOCUMENT, 1, MOST_TYPED), .optional = true,
     .applies = is_unit, .check = check_stock, .show = show_stock},
    {GOODS_STEP_CONTENT(0), .applies = is_shared},
    {GOODS_STEP_FILE(0), .applies = is_file},
    {GOODS_STEP_QUESTION(0), .optional = true, .applies = is_manual},
    {.name = NULL},
};

static const char *text_or(const struct wizard *wizard, const char *name, const char *none)
{
    const char *text = wizard_text(wizard, name);
    return text ? text : none;
}

static struct catalogue_new_product product_of(struct turn *turn, const struct wizard *wizard)
{
    enum product_kind kind = kind_of(wizard);
    return (struct catalogue_new_product){
        .category_id = wizard_number(wizard, "category"),
        .kind = kind,
        .code = wizard_text(wizard, "code"),
        .name = wizard_text(wizard, "name"),
        .description = text_or(wizard, "description", ""),
        .snk = text_or(wizard, "snk", ""),
        .price = wizard_number(wizard, "price"),
        .question = text_or(wizard, "question", ""),
        .photo = wizard_text(wizard, "photo"),
        .content = kind == PRODUCT_FILE ? wizard_text(wizard, "file") : wizard_text(wizard, "content"),
        .content_name = kind == PRODUCT_FILE ? goods_file_name(turn, wizard) : NULL,
    };
}

/* What an admin took away or used meanwhile is asked for again; the other answers stay. Nothing was written.
 */
static bool ask_again(struct turn *turn, struct wizard *wizard, struct error *err)
{
    struct work *work = turn->work;
    const char *code = text_or(wizard, "code", "");
    if (err->code == ERR_CONFLICT)
        return wizard_ask_again(turn, wizard, "code",
                                say(work, TEXT_GOODS_WHY_TAKEN, TEXT_VALUES(TV("kode", code))), err);
    return err->code == ERR_NOT_FOUND &&
           wizard_ask_again(turn, wizard, "category", say(work, TEXT_GOODS_WHY_CATEGORY, TEXT_NO_VALUES),
                            err);
}

static bool finish(struct turn *turn, struct wizard *wizard, struct error *err)
{
    struct work *work = turn->work;
    const struct catalogue_new_product product = product_of(turn, wizard);
    const struct stock_lines lines = lines_of(turn, wizard);
    struct stock_added added;
    int64_t id;
    if (!catalogue_edit_add_product(work, turn->update->from_id, &product, &id, err))
        return ask_again(turn, wizard, err);
    bool is_file = wizard_input_of(wizard, "stock") == WIZARD_DOCUMENT;
    if ((is_file && !units_import(turn, wizard, "stock", id, err)) ||
        (lines.count && !stock_edit_add(work, turn->update->from_id, id, &lines, &added, err)))
        return false;
    if (lines.count && added.duplicates)
        screen_say(turn, units_report(work, product.name, &lines, &added), goods_data(turn, id));
    else if (!goods_show(turn, id, err))
        return false;
    screen_note(turn, is_file ? TEXT_ALERT_GOODS_IMPORT : TEXT_ALERT_GOODS_ADDED);
    return true;
}

static const char *back(struct turn *turn, const struct wizard *wizard)
{
    int64_t category_id = wizard_number(wizard, "category");
    return category_id ? arena_printf(turn->work->arena, "apc:%" PRId64 ":0", category_id) : GOODS_HOME;
}

const struct wizard_kind goods_new_wizard = {
    .name = "goods_new",
    .title = TEXT_GOODS_NEW,
    .role = ROLE_ADMIN,
    .steps = steps,
    .confirms = true,
    .finish = finish,
    .back = back,
};

static bool show_home(struct turn *turn, int64_t ignored, struct error *err)
{
    return goods_show_home(turn, 0, err);
}

/* Numbers: the category it goes to; 0: to be chosen. */
bool goods_new(struct turn *turn, struct error *err)
{
    struct wizard *wizard = wizard_new(turn, &goods_new_wizard);
    struct catalogue_list_category c;
    if (turn->numbers[0]) {
        if (!catalogue_list_category(turn->work, turn->numbers[0], &c, err))
            return goods_again(turn, show_home, 0, err);
        wizard_put_choice(wizard, "category", c.id, goods_category_label(turn->work->arena, c.emoji, c.name));
    }
    return wizard_open(turn, wizard, err);
}

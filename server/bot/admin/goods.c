/* 📦 Kelola Produk: the categories, one of them with its products, and a product. */
#include "bot/admin/goods.h"

#include <inttypes.h>

#include "base/str.h"
#include "bot/admin/admin.h"
#include "bot/admin/screen.h"

enum {
    BUTTONS_IN_A_ROW = 4,
    NAME_LIMIT = 100,
    LABEL_LIMIT = 40,
    TEXT_LIMIT = 600,
    QUESTION_LIMIT = 300,
};

const char *goods_data(struct turn *turn, int64_t product_id)
{
    return arena_printf(turn->work->arena, "app:%" PRId64, product_id);
}

const char *goods_category_label(struct arena *arena, const char *emoji, const char *name)
{
    return arena_printf(arena, "%s%s%s", emoji, *emoji ? " " : "", name);
}

/* What is not there is told; false where it is another failure. */
static bool missing(struct turn *turn, struct error *err)
{
    return err->code == ERR_NOT_FOUND && screen_explain(turn, err);
}

bool goods_again(struct turn *turn, bool (*show)(struct turn *turn, int64_t id, struct error *err),
                 int64_t id, struct error *err)
{
    struct error why = *err;
    if (why.code != ERR_NOT_FOUND && why.code != ERR_CONFLICT)
        return false;
    return turn_restart(turn, err) && screen_explain(turn, &why) && show(turn, id, err);
}

/* --- categories --- */

static void add_category(struct turn *turn, struct keyboard *keyboard,
                         const struct catalogue_list_category *category)
{
    struct arena *arena = turn->work->arena;
    const char *name = goods_category_label(arena, category->emoji, category->name);
    keyboard_row(keyboard);
    keyboard_data(keyboard,
                  arena_printf(arena, "%s%s (%s)", category->hidden ? "🙈 " : "",
                               str_utf8_cut(arena, name, LABEL_LIMIT),
                               say_number(turn->work, category->product_count)),
                  STYLE_NONE, "apc:%" PRId64 ":0", category->id);
}

bool goods_show_home(struct turn *turn, int64_t cursor, struct error *err)
{
    struct work *work = turn->work;
    struct catalogue_list_categories page;
    struct keyboard keyboard;
    if (!catalogue_list_categories(work, cursor, &page, err))
        return error_context(err, "categories");
    keyboard_begin(&keyboard);
    for (size_t i = 0; i < page.count; i++)
        add_category(turn, &keyboard, &page.items[i]);
    screen_arrows(turn, &keyboard, "apl:", page.before, page.after);
    if (page.count)
        screen_button(turn, &keyboard, TEXT_BUTTON_GOODS_FIND, "aps");
    screen_button(turn, &keyboard, TEXT_BUTTON_CATEGORY_NEW, "apk");
    if (page.count)
        screen_button(turn, &keyboard, TEXT_BUTTON_GOODS_NEW, "apn:0");
    keyboard_row(&keyboard);
    screen_button(turn, &keyboard, TEXT_BUTTON_SNK, "at");
    screen_show(turn, say(work, page.count ? TEXT_GOODS_HOME : TEXT_GOODS_HOME_EMPTY, TEXT_NO_VALUES),
                &keyboard, NULL);
    return true;
}

/* Numbers: the page's cursor; 0 for the first one. */
bool goods_home(struct turn *turn, struct error *err)
{
    return goods_show_home(turn, turn->numbers[0], err);
}

/* --- a category --- */

static const char *sign_of(const struct catalogue_list_line *line)
{
    return line->hidden ? "🙈" : line->stock ? "🟢" : "🔴";
}

static const char *stock_of(struct turn *turn, const struct catalogue_list_line *line)
{
    struct work *work = turn->work;
    if (line->kind == PRODUCT_MANUAL)
        return say_label(work, TEXT_STOCK_MANUAL);
    if (line->kind != PRODUCT_UNIT && line->stock)
        return say_label(work, TEXT_STOCK_UNLIMITED);
    const char *more = line->stock == CATALOGUE_LIST_MOST_COUNTED ? "+" : "";
    return arena_printf(work->arena, "%s%s", say_number(work, line->stock), more);
}

const char *goods_lines(struct turn *turn, struct keyboard *keyboard, const struct catalogue_list_lines *page,
                        const char *verb)
{
    struct work *work = turn->work;
    struct str lines = STR_INIT(work->arena);
    for (size_t i = 0; i < page->count; i++) {
        const struct catalogue_list_line *line = &page->items[i];
        if (i % BUTTONS_IN_A_ROW == 0)
            keyboard_row(keyboard);
        keyboard_data(keyboard, say_keycap(work, (int64_t)i + 1), STYLE_NONE, "%s:%" PRId64, verb, line->id);
        str_add(
            &lines,
            say(work, TEXT_GOODS_LINE,
                TEXT_VALUES(TV("nomor", say_number(work, (int64_t)i + 1)), TV("tanda", sign_of(line)),
                            TV("produk", str_utf8_cut(work->arena, line->name, NAME_LIMIT)),
                            TV("harga", say_price(work, line->price)), TV("stok", stock_of(turn, line)))));
        str_add(&lines, "\n");
    }
    return str_done(&lines);
}

/* `up` and `down` in a list, hidden or shown: of a category ("apc") or a product ("ap"). */
static void add_places(struct turn *turn, struct keyboard *keyboard, const char *verb, int64_t id,
                       int64_t edition, bool hidden)
{
    keyboard_row(keyboard);
    keyboard_data(keyboard, "⬆️", STYLE_NONE, "%sm:%" PRId64 ":%" PRId64 ":-1", verb, id, edition);
    keyboard_data(keyboard, "⬇️", STYLE_NONE, "%sm:%" PRId64 ":%" PRId64 ":1", verb, id, edition);
    screen_button(turn, keyboard, hidden ? TEXT_BUTTON_GOODS_SHOW : TEXT_BUTTON_GOODS_HIDE,
                  "%sh:%" PRId64 ":%" PRId64 ":%d", verb, id, edition, !hidden);
    screen_button(turn, keyboard, TEXT_BUTTON_GOODS_DELETE, "%sx:%" PRId64 ":%" PRId64, verb, id, edition);
}

bool goods_show_category(struct turn *turn, int64_t category_id, int64_t cursor, struct error *err)
{
    struct work *work = turn->work;
    struct catalogue_list_category category;
    struct catalogue_list_lines page;
    struct keyboard keyboard;
    if (!catalogue_list_category(work, category_id, &category, err))
        return missing(turn, err) ? goods_show_home(turn, 0, err) : error_context(err, "category");
    if (!catalogue_list_products(work, category_id, cursor, &page, err))
        return error_context(err, "category");
    keyboard_begin(&keyboard);
    const char *lines = goods_lines(turn, &keyboard, &page, "app");
    screen_arrows(turn, &keyboard, arena_printf(work->arena, "apc:%" PRId64 ":", category_id), page.before,
                  page.after);
    screen_button(turn, &keyboard, TEXT_BUTTON_GOODS_NEW, "apn:%" PRId64, category_id);
    screen_button(turn, &keyboard, TEXT_BUTTON_CATEGORY_NAME, "apcn:%" PRId64, category_id);
    screen_button(turn, &keyboard, TEXT_BUTTON_CATEGORY_EMOJI, "apce:%" PRId64, category_id);
    add_places(turn, &keyboard, "apc", category_id, category.edition, category.hidden);
    screen_show(
        turn,
        say(work, TEXT_GOODS_CATEGORY,
            TEXT_VALUES(TV("nama", goods_category_label(work->arena, category.emoji, category.name)),
                        TV("keadaan", category.hidden ? say_label(work, TEXT_GOODS_IS_HIDDEN) : ""),
                        TV("jumlah", say_number(work, category.product_count)),
                        TV_HTML("baris", page.count ? lines : say(work, TEXT_GOODS_NONE, TEXT_NO_VALUES)))),
        &keyboard, GOODS_HOME);
    return true;
}

/* Numbers: the category, the page's cursor. */
bool goods_category(struct turn *turn, struct error *err)
{
    return goods_show_category(turn, turn->numbers[0], turn->numbers[1], err);
}

/* --- a product --- */

static const struct {
    enum text_key kind, sold_out;
} kind_texts[] = {
    [PRODUCT_UNIT] = {TEXT_KIND_UNIT, TEXT_GOODS_IS_SOLD_OUT},
    [PRODUCT_SHARED] = {TEXT_KIND_SHARED, TEXT_GOODS_IS_EMPTY},
    [PRODUCT_FILE] = {TEXT_KIND_FILE, TEXT_GOODS_IS_EMPTY},
    [PRODUCT_MANUAL] = {TEXT_KIND_MANUAL, TEXT_GOODS_IS_ON_SALE},
};

static enum text_key state_of(const struct catalogue_list_product *p)
{
    bool there = p->kind == PRODUCT_MANUAL || (p->kind == PRODUCT_UNIT ? p->available > 0 : p->has_content);
    if (p->hidden)
        return TEXT_GOODS_IS_HIDDEN;
    if (p->category_hidden)
        return TEXT_GOODS_CATEGORY_IS_HIDDEN;
    return there ? TEXT_GOODS_IS_ON_SALE : kind_texts[p->kind].sold_out;
}

static const char *or_none(struct turn *turn, const char *text, size_t limit)
{
    return text && *text ? str_utf8_cut(turn->work->arena, text, limit)
                         : say_label(turn->work, TEXT_WIZARD_LEFT_OUT);
}

/* What only its kind has. HTML. */
static const char *more_of(struct turn *turn, const struct catalogue_list_product *p)
{
    struct work *work = turn->work;
    const char *sold = say_number(work, p->sold);
    const char *there = p->content_name  ? str_utf8_cut(work->arena, p->content_name, NAME_LIMIT)
                        : p->has_content ? say_label(work, TEXT_GOODS_HAS)
                                         : say_label(work, TEXT_WIZARD_LEFT_OUT);
    switch (p->kind) {
    case PRODUCT_UNIT:
        return say(work, TEXT_GOODS_UNITS,
                   TEXT_VALUES(TV("tersedia", say_number(work, p->available)),
                               TV("dipesan", say_number(work, p->reserved)), TV("terjual", sold)));
    case PRODUCT_SHARED:
    case PRODUCT_FILE:
        return say(work, TEXT_GOODS_CONTENT, TEXT_VALUES(TV("isi", there), TV("terjual", sold)));
    case PRODUCT_MANUAL:
        return say(
            work, TEXT_GOODS_QUESTION,
            TEXT_VALUES(TV("pertanyaan", or_none(turn, p->question, QUESTION_LIMIT)), TV("terjual", sold)));
    }
    return "";
}

static const char *product_html(struct turn *turn, const struct catalogue_list_product *p)
{
    struct work *work = turn->work;
    return say(work, TEXT_GOODS,
               TEXT_VALUES(TV("produk", p->name), TV("keadaan", say_label(work, state_of(p))),
                           TV("kode", p->code),
                           TV("kategori", goods_category_label(work->arena, p->emoji, p->category)),
                           TV("jenis", say_label(work, kind_texts[p->kind].kind)),
                           TV("harga", say_price(work, p->price)), TV_HTML("tambahan", more_of(turn, p)),
                           TV("gambar", say_label(work, p->photo ? TEXT_GOODS_HAS : TEXT_WIZARD_LEFT_OUT)),
                           TV("deskripsi", or_none(turn, p->description, TEXT_LIMIT)),
                           TV("snk", or_none(turn, p->snk, TEXT_LIMIT))));
}

/* What can be changed, in rows; some of it of one kind alone. */
static const struct {
    enum text_key label;
    enum goods_field field;
    bool begins_row;
    unsigned kinds; /* bits of enum product_kind */
} field_buttons[] = {
    {TEXT_FIELD_NAME, GOODS_NAME, true, ~0U},
    {TEXT_FIELD_CODE, GOODS_CODE, false, ~0U},
    {TEXT_FIELD_PRICE, GOODS_PRICE, false, ~0U},
    {TEXT_FIELD_DESCRIPTION, GOODS_DESCRIPTION, true, ~0U},
    {TEXT_FIELD_SNK, GOODS_SNK, false, ~0U},
    {TEXT_FIELD_CATEGORY, GOODS_CATEGORY, false, ~0U},
    {TEXT_FIELD_PHOTO, GOODS_PHOTO, true, ~0U},
    {TEXT_FIELD_QUESTION, GOODS_QUESTION, false, 1U << PRODUCT_MANUAL},
    {TEXT_FIELD_CONTENT, GOODS_CONTENT, false, 1U << PRODUCT_SHARED},
    {TEXT_FIELD_FILE, GOODS_FILE, false, 1U << PRODUCT_FILE},
};

static void add_fields(struct turn *turn, struct keyboard *keyboard, const struct catalogue_list_product *p)
{
    for (size_t i = 0; i < sizeof field_buttons / sizeof field_buttons[0]; i++) {
        if (!(field_buttons[i].kinds & 1U << p->kind))
            continue;
        if (field_buttons[i].begins_row)
            keyboard_row(keyboard);
        screen_button(turn, keyboard, field_buttons[i].label, "apf:%" PRId64 ":%d", p->id,
                      (int)field_buttons[i].field);
    }
    keyboard_row(keyboard);
    if (p->kind == PRODUCT_UNIT)
        screen_button(turn, keyboard, TEXT_BUTTON_GOODS_STOCK, "as:%" PRId64 ":0:0", p->id);
    if (p->has_content)
        screen_button(turn, keyboard, TEXT_BUTTON_GOODS_CONTENT, "apo:%" PRId64, p->id);
    if (p->photo)
        screen_button(turn, keyboard, TEXT_BUTTON_GOODS_PHOTO, "api:%" PRId64, p->id);
}

bool goods_show(struct turn *turn, int64_t product_id, struct error *err)
{
    struct work *work = turn->work;
    struct catalogue_list_product product;
    struct keyboard keyboard;
    if (!catalogue_list_product(work, product_id, &product, err))
        return missing(turn, err) ? goods_show_home(turn, 0, err) : error_context(err, "product");
    keyboard_begin(&keyboard);
    add_fields(turn, &keyboard, &product);
    add_places(turn, &keyboard, "ap", product_id, product.edition, product.hidden);
    /* Back to the page of the list that begins with it. */
    screen_show(turn, product_html(turn, &product), &keyboard,
                arena_printf(work->arena, "apc:%" PRId64 ":%" PRId64, product.category_id, product_id));
    return true;
}

/* Numbers: the product. */
bool goods_product(struct turn *turn, struct error *err)
{
    return goods_show(turn, turn->numbers[0], err);
}

/* The picture as a message of its own: the page stays. */
bool goods_picture(struct turn *turn, struct error *err)
{
    struct catalogue_list_product product;
    if (!catalogue_list_product(turn->work, turn->numbers[0], &product, err))
        return missing(turn, err) ? goods_show_home(turn, 0, err) : error_context(err, "product");
    if (!product.photo)
        return goods_show(turn, product.id, err);
    page_file_aside(turn->work, turn->update->chat_id, "sendPhoto", "photo", product.photo);
    return true;
}

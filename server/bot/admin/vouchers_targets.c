/* What a coupon is for: categories and products, one after the other, or everything. */
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "bot/admin/screen.h"
#include "bot/admin/vouchers.h"
#include "store/catalogue_list.h"

enum { ON_A_PAGE = 8, NAMES_SHOWN = 5, NAME_LIMIT = 40, MOST_TARGETS = 1000 };
enum target { CATEGORY, PRODUCT };

/* --- names --- */

/* Also of what is hidden; one that was deleted goes by its number. */
static bool name_of(struct turn *turn, enum target what, int64_t id, const char **name_out, struct error *err)
{
    struct work *work = turn->work;
    struct catalogue_list_category category;
    struct catalogue_list_product product;
    const struct catalogue_product *known = what == PRODUCT ? catalogue_product(turn->catalogue, id) : NULL;
    const char *name = known ? known->name : NULL;
    if (!name && (what == CATEGORY ? catalogue_list_category(work, id, &category, err)
                                   : catalogue_list_product(work, id, &product, err)))
        name = what == CATEGORY ? category.name : product.name;
    if (!name && err->code != ERR_NOT_FOUND)
        return false;
    *name_out =
        name ? str_utf8_cut(work->arena, name, NAME_LIMIT) : arena_printf(work->arena, "#%" PRId64, id);
    return true;
}

static size_t count_of(const struct coupon *coupon)
{
    return coupon->categories.count + coupon->products.count;
}

/* Categories first. */
static int64_t target_of(const struct coupon *coupon, size_t i, enum target *what_out)
{
    *what_out = i < coupon->categories.count ? CATEGORY : PRODUCT;
    return *what_out == CATEGORY ? coupon->categories.items[i]
                                 : coupon->products.items[i - coupon->categories.count];
}

bool vouchers_names(struct turn *turn, const struct coupon *coupon, const char **names_out, struct error *err)
{
    struct work *work = turn->work;
    struct str names = STR_INIT(work->arena);
    size_t count = count_of(coupon);
    for (size_t i = 0; i < count && i < NAMES_SHOWN; i++) {
        enum target what;
        const char *name;
        int64_t id = target_of(coupon, i, &what);
        if (!name_of(turn, what, id, &name, err))
            return error_context(err, "voucher");
        str_addf(&names, "%s%s%s", i ? ", " : "", what == CATEGORY ? "📂 " : "", name);
    }
    if (count > NAMES_SHOWN)
        str_addf(&names, ", +%zu", count - NAMES_SHOWN);
    *names_out = count ? str_done(&names) : say_label(work, TEXT_VOUCHER_EVERYTHING);
    return true;
}

/* --- the page --- */

static bool add_targets(struct turn *turn, struct keyboard *keyboard, const struct coupon *coupon,
                        size_t first, struct error *err)
{
    size_t count = count_of(coupon);
    for (size_t i = first; i < count && i < first + ON_A_PAGE; i++) {
        enum target what;
        const char *name;
        int64_t id = target_of(coupon, i, &what);
        if (!name_of(turn, what, id, &name, err))
            return false;
        keyboard_row(keyboard);
        keyboard_data(keyboard, arena_printf(turn->work->arena, "✖ %s%s", what == CATEGORY ? "📂 " : "", name),
                      STYLE_NONE, "avr:%" PRId64 ":%d:%" PRId64, coupon->id, (int)what, id);
    }
    keyboard_row(keyboard);
    if (first)
        keyboard_data(keyboard, "⬅️", STYLE_NONE, "avl:%" PRId64 ":%zu", coupon->id,
                      first / ON_A_PAGE - 1);
    if (first + ON_A_PAGE < count)
        keyboard_data(keyboard, "➡️", STYLE_NONE, "avl:%" PRId64 ":%zu", coupon->id,
                      first / ON_A_PAGE + 1);
    return true;
}

/* Page `page`; the first one where that is not there. */
static bool show(struct turn *turn, const struct coupon *coupon, int64_t page, struct error *err)
{
    struct work *work = turn->work;
    struct keyboard keyboard;
    size_t count = count_of(coupon);
    size_t first =
        page > 0 && page <= MOST_TARGETS && (size_t)page * ON_A_PAGE < count ? (size_t)page * ON_A_PAGE : 0;
    keyboard_begin(&keyboard);
    if (!add_targets(turn, &keyboard, coupon, first, err)) {
        keyboard_drop(&keyboard);
        return error_context(err, "voucher");
    }
    keyboard_row(&keyboard);
    screen_button(turn, &keyboard, TEXT_BUTTON_VOUCHER_CATEGORY, "avt:%" PRId64 ":%d", coupon->id, CATEGORY);
    screen_button(turn, &keyboard, TEXT_BUTTON_VOUCHER_PRODUCT, "avt:%" PRId64 ":%d", coupon->id, PRODUCT);
    keyboard_row(&keyboard);
    if (count)
        screen_button(turn, &keyboard, TEXT_BUTTON_VOUCHER_EVERYTHING, "avq:%" PRId64 ":%" PRId64, coupon->id,
                      coupon->revision);
    screen_show(turn,
                say(work, count ? TEXT_VOUCHER_TARGETS : TEXT_VOUCHER_TARGETS_NONE,
                    TEXT_VALUES(TV("kode", coupon->code), TV("jumlah", say_number(work, (int64_t)count)))),
                &keyboard, vouchers_data(turn, coupon->id));
    return true;
}

/* Numbers: the coupon, the page. */
bool vouchers_targets(struct turn *turn, struct error *err)
{
    bool own;
    struct coupon coupon;
    bool found =
        screen_read_begin(turn, &own, err) && coupon_get(turn->work, turn->numbers[0], false, &coupon, err);
    bool ok = found && show(turn, &coupon, turn->numbers[1], err);
    screen_read_end(turn, own);
    return ok || (!found && err->code == ERR_NOT_FOUND && vouchers_show(turn, turn->numbers[0], NULL, err));
}

/* --- changing it --- */

static struct coupon_ids *list_of(struct coupon *coupon, enum target what)
{
    return what == CATEGORY ? &coupon->categories : &coupon->products;
}

static bool has(const struct coupon_ids *ids, int64_t id)
{
    for (size_t i = 0; i < ids->count; i++)
        if (ids->items[i] == id)
            return true;
    return false;
}

/* With the row's lock, in which the change is made: another admin's target stays. One that is not there (any
 * more) is told: `*found_out`. */
static bool load(struct turn *turn, int64_t coupon_id, struct coupon *coupon_out, bool *found_out,
                 struct error *err)
{
    *found_out = coupon_get(turn->work, coupon_id, true, coupon_out, err);
    return *found_out || (err->code == ERR_NOT_FOUND && vouchers_show(turn, coupon_id, NULL, err));
}

static bool save(struct turn *turn, struct coupon *coupon, int64_t page, struct error *err)
{
    return coupon_edit(turn->work, turn->update->from_id, coupon, err) &&
           coupon_get(turn->work, coupon->id, false, coupon, err) && show(turn, coupon, page, err);
}

/* Numbers: the coupon; what it is, and its id. The last one stays: without any it would be for everything. */
bool vouchers_drop_target(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct coupon coupon;
    bool found;
    if (!load(turn, turn->numbers[0], &coupon, &found, err))
        return false;
    if (!found)
        return true;
    enum target what = turn->numbers[1] == PRODUCT ? PRODUCT : CATEGORY;
    struct coupon_ids *ids = list_of(&coupon, what), left = {0};
    if (!has(ids, turn->numbers[2]) || count_of(&coupon) == 1) {
        bool is_last = has(ids, turn->numbers[2]);
        enum text_key alert = is_last ? TEXT_ALERT_VOUCHER_LAST_TARGET : TEXT_ALERT_CHANGED_MEANWHILE;
        page_answer(work, &turn->page, say_label(work, alert), true);
        return show(turn, &coupon, 0, err);
    }
    int64_t *items = ARENA_ARRAY(work->arena, int64_t, ids->count);
    for (size_t i = 0; i < ids->count; i++)
        if (ids->items[i] != turn->numbers[2])
            items[left.count++] = ids->items[i];
    left.items = items;
    *ids = left;
    page_answer(work, &turn->page, say_label(work, TEXT_ALERT_SAVED), false);
    return save(turn, &coupon, 0, err);
}

/* Numbers: the coupon and the revision of it that was seen; and so when it is done. */
bool vouchers_ask_everything(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    const char *id = say_number(work, turn->numbers[0]);
    screen_ask(turn, say(work, TEXT_VOUCHER_ASK_EVERYTHING, TEXT_NO_VALUES),
               arena_printf(work->arena, "avw:%s:%" PRId64, id, turn->numbers[1]),
               arena_printf(work->arena, "avl:%s:0", id));
    return true;
}

bool vouchers_for_everything(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct coupon coupon;
    bool found;
    if (!load(turn, turn->numbers[0], &coupon, &found, err))
        return false;
    if (!found)
        return true;
    if (coupon.revision != turn->numbers[1] || !count_of(&coupon)) {
        page_answer(work, &turn->page, say_label(work, TEXT_ALERT_CHANGED_MEANWHILE), true);
        return show(turn, &coupon, 0, err);
    }
    coupon.categories = coupon.products = (struct coupon_ids){0};
    page_answer(work, &turn->page, say_label(work, TEXT_ALERT_SAVED), false);
    return save(turn, &coupon, 0, err);
}

/* --- one more --- */

/* The engine has no pages beyond a million: nothing overflows. */
static size_t first_of(int64_t page)
{
    return (size_t)page * WIZARD_CHOICES_ON_PAGE;
}

bool vouchers_choose_category(struct turn *turn, const struct wizard *wizard, int64_t page,
                              struct wizard_choices *choices_out, struct error *err)
{
    const struct catalogue *catalogue = turn->catalogue;
    for (size_t i = first_of(page);
         i < catalogue->category_count && choices_out->count < WIZARD_CHOICES_ON_PAGE; i++)
        choices_out->items[choices_out->count++] =
            (struct wizard_choice){catalogue->categories[i].id, catalogue->categories[i].name};
    choices_out->has_more = first_of(page) + choices_out->count < catalogue->category_count;
    return true;
}

bool vouchers_choose_product(struct turn *turn, const struct wizard *wizard, int64_t page,
                             struct wizard_choices *choices_out, struct error *err)
{
    const struct catalogue_category *category =
        catalogue_category(turn->catalogue, wizard_number(wizard, "category"));
    size_t count = category ? category->product_count : 0;
    for (size_t i = first_of(page); i < count && choices_out->count < WIZARD_CHOICES_ON_PAGE; i++)
        choices_out->items[choices_out->count++] =
            (struct wizard_choice){category->products[i]->id, category->products[i]->name};
    choices_out->has_more = first_of(page) + choices_out->count < count;
    return true;
}

static bool wants_product(const struct wizard *wizard)
{
    return wizard_number(wizard, "target") == PRODUCT;
}

static bool finish(struct turn *turn, struct wizard *wizard, struct error *err)
{
    struct work *work = turn->work;
    struct coupon coupon;
    enum target what = wants_product(wizard) ? PRODUCT : CATEGORY;
    int64_t id = wizard_number(wizard, what == PRODUCT ? "product" : "category");
    if (!coupon_get(work, wizard_number(wizard, "coupon"), true, &coupon, err))
        return false;
    struct coupon_ids *ids = list_of(&coupon, what);
    if (has(ids, id) || count_of(&coupon) >= MOST_TARGETS)
        return show(turn, &coupon, 0, err);
    int64_t *items = ARENA_ARRAY(work->arena, int64_t, ids->count + 1);
    if (ids->count)
        memcpy(items, ids->items, ids->count * sizeof *items);
    items[ids->count] = id;
    *ids = (struct coupon_ids){ids->count + 1, items};
    return save(turn, &coupon, 0, err);
}

static const char *back(struct turn *turn, const struct wizard *wizard)
{
    return arena_printf(turn->work->arena, "avl:%" PRId64 ":0", wizard_number(wizard, "coupon"));
}

static const struct wizard_step steps[] = {
    {.name = "category",
     .label = TEXT_VOUCHER_FIELD_CATEGORY,
     .prompt = TEXT_VOUCHER_CHOOSE_CATEGORY,
     .takes = WIZARD_CHOICE,
     .choices = vouchers_choose_category},
    {.name = "product",
     .label = TEXT_VOUCHER_FIELD_PRODUCT,
     .prompt = TEXT_VOUCHER_CHOOSE_PRODUCT,
     .takes = WIZARD_CHOICE,
     .applies = wants_product,
     .choices = vouchers_choose_product},
    {.name = NULL},
};

const struct wizard_kind vouchers_target_wizard = {
    .name = "voucher_target",
    .title = TEXT_VOUCHER_TARGET_TITLE,
    .role = ROLE_ADMIN,
    .steps = steps,
    .finish = finish,
    .back = back,
};

/* Numbers: the coupon; what is to be chosen. */
bool vouchers_ask_target(struct turn *turn, struct error *err)
{
    struct coupon coupon;
    bool found;
    if (!load(turn, turn->numbers[0], &coupon, &found, err))
        return false;
    if (!found)
        return true;
    struct wizard *wizard = wizard_new(turn, &vouchers_target_wizard);
    wizard_put_number(wizard, "coupon", coupon.id);
    wizard_put_number(wizard, "target", turn->numbers[1] == PRODUCT ? PRODUCT : CATEGORY);
    return wizard_open(turn, wizard, err);
}

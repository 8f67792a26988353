/* Forms of one question each: what a product or category is to be. */
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "bot/admin/admin.h"
#include "bot/admin/goods.h"
#include "bot/admin/screen.h"
#include "bot/admin/snk.h"

enum { NAME_LIMIT = 100, NOW_LIMIT = 300, MOST_FILE_NAME = 200 };

/* What a form is about, beside its answers. */
#define ID      "id"
#define EDITION "edition"
#define FIELD   "field"
#define TO_SNK  "to_snk" /* comes back to the page of the terms */

/* --- steps --- */

bool goods_check_code(struct turn *turn, struct wizard *wizard, const char **why_out, struct error *err)
{
    const char *code = wizard_text(wizard, "code");
    bool taken = false;
    if (!catalogue_edit_code_is_good(code)) {
        *why_out = say(turn->work, TEXT_GOODS_WHY_CODE, TEXT_NO_VALUES);
        return true;
    }
    if (!catalogue_edit_code_is_taken(turn->work, code, wizard_number(wizard, ID), &taken, err))
        return false;
    if (taken)
        *why_out = say(turn->work, TEXT_GOODS_WHY_TAKEN, TEXT_VALUES(TV("kode", code)));
    return true;
}

/* Categories by number of page, which the engine names pages by; they are few. */
bool goods_choose_category(struct turn *turn, const struct wizard *wizard, int64_t page,
                           struct wizard_choices *choices_out, struct error *err)
{
    struct catalogue_list_categories list = {0};
    int64_t cursor = 0;
    for (int64_t i = 0; i <= page; i++, cursor = list.after) {
        if (i > 0 && !cursor)
            return true; /* there is no such page */
        if (!catalogue_list_categories(turn->work, cursor, &list, err))
            return error_context(err, "categories");
    }
    for (size_t i = 0; i < list.count; i++)
        choices_out->items[choices_out->count++] = (struct wizard_choice){
            list.items[i].id,
            goods_category_label(turn->work->arena, list.items[i].emoji, list.items[i].name)};
    choices_out->has_more = list.after != 0;
    return true;
}

const char *goods_show_content(struct turn *turn, const struct wizard *wizard)
{
    return say_label(turn->work, TEXT_GOODS_HAS);
}

const char *goods_file_name(struct turn *turn, const struct wizard *wizard)
{
    int64_t size;
    const char *name = wizard_document(wizard, "file", &size);
    return *name ? str_utf8_cut(turn->work->arena, name, MOST_FILE_NAME) : "file";
}

/* --- a product's fields --- */

static const struct wizard_fixed_choice clear[] = {{1, TEXT_GOODS_CLEAR}, {.label = -1}};
#define CLEARABLE .fixed_choices = clear
#define END                                                                                                  \
    {                                                                                                        \
        .name = NULL                                                                                         \
    }
static const struct wizard_step name_steps[] = {{GOODS_STEP_NAME}, END};
static const struct wizard_step code_steps[] = {{GOODS_STEP_CODE}, END};
static const struct wizard_step price_steps[] = {{GOODS_STEP_PRICE}, END};
static const struct wizard_step description_steps[] = {{GOODS_STEP_DESCRIPTION(WIZARD_CHOICE), CLEARABLE},
                                                       END};
static const struct wizard_step snk_steps[] = {{GOODS_STEP_SNK(WIZARD_CHOICE), CLEARABLE}, END};
static const struct wizard_step category_steps[] = {{GOODS_STEP_CATEGORY}, END};
static const struct wizard_step photo_steps[] = {{GOODS_STEP_PHOTO(WIZARD_CHOICE), CLEARABLE}, END};
static const struct wizard_step question_steps[] = {{GOODS_STEP_QUESTION(WIZARD_CHOICE), CLEARABLE}, END};
static const struct wizard_step content_steps[] = {{GOODS_STEP_CONTENT(WIZARD_CHOICE), CLEARABLE}, END};
static const struct wizard_step file_steps[] = {{GOODS_STEP_FILE(WIZARD_CHOICE), CLEARABLE}, END};

/* Which of the answer's sides is the value; a cleared picture is none, a cleared text empty. */
static const struct {
    enum catalogue_field field;
    bool is_number, is_file_id;
} edits[GOODS_FIELDS] = {
    [GOODS_NAME] = {EDIT_NAME, false, false},  [GOODS_CODE] = {EDIT_CODE, false, false},
    [GOODS_PRICE] = {EDIT_PRICE, true, false}, [GOODS_DESCRIPTION] = {EDIT_DESCRIPTION, false, false},
    [GOODS_SNK] = {EDIT_SNK, false, false},    [GOODS_CATEGORY] = {EDIT_CATEGORY, true, false},
    [GOODS_PHOTO] = {EDIT_PHOTO, false, true}, [GOODS_QUESTION] = {EDIT_QUESTION, false, false},
};

static bool save(struct turn *turn, const struct wizard *wizard, enum goods_field field,
                 const struct catalogue_change *change, struct error *err)
{
    const char *step = goods_edit_wizards[field].steps[0].name;
    bool cleared = wizard_input_of(wizard, step) == WIZARD_CHOICE && !edits[field].is_number;
    const char *text = wizard_text(wizard, step);
    if (field == GOODS_CONTENT || field == GOODS_FILE)
        return catalogue_edit_content(
            turn->work, change, cleared ? NULL : text,
            cleared || field == GOODS_CONTENT ? NULL : goods_file_name(turn, wizard), err);
    const struct catalogue_value value = {.text = !cleared                  ? text
                                                  : edits[field].is_file_id ? NULL
                                                                            : "",
                                          .number = wizard_number(wizard, step)};
    return catalogue_edit_product(turn->work, change, edits[field].field, &value, err);
}

static bool finish(struct turn *turn, struct wizard *wizard, struct error *err)
{
    int64_t field = wizard_number(wizard, FIELD);
    const struct catalogue_change change = {turn->update->from_id, wizard_number(wizard, ID),
                                            wizard_number(wizard, EDITION)};
    if (!save(turn, wizard, (enum goods_field)field, &change, err))
        return false;
    if (!(wizard_number(wizard, TO_SNK) ? snk_show : goods_show)(turn, change.id, err))
        return false;
    screen_note(turn, TEXT_ALERT_SAVED);
    return true;
}

static const char *back(struct turn *turn, const struct wizard *wizard)
{
    return (wizard_number(wizard, TO_SNK) ? snk_data : goods_data)(turn, wizard_number(wizard, ID));
}

#define KIND(name_, steps_)                                                                                  \
    {                                                                                                        \
        .name = "goods_" name_, .title = TEXT_GOODS_EDIT, .role = ROLE_ADMIN, .steps = (steps_),             \
        .finish = finish, .back = back                                                                       \
    }
const struct wizard_kind goods_edit_wizards[GOODS_FIELDS] = {
    [GOODS_NAME] = KIND("name", name_steps),
    [GOODS_CODE] = KIND("code", code_steps),
    [GOODS_PRICE] = KIND("price", price_steps),
    [GOODS_DESCRIPTION] = KIND("description", description_steps),
    [GOODS_SNK] = KIND("snk", snk_steps),
    [GOODS_CATEGORY] = KIND("category", category_steps),
    [GOODS_PHOTO] = KIND("photo", photo_steps),
    [GOODS_QUESTION] = KIND("question", question_steps),
    [GOODS_CONTENT] = KIND("content", content_steps),
    [GOODS_FILE] = KIND("file", file_steps),
};

/* What it is now, plain. */
static const char *now_of(struct turn *turn, const struct catalogue_list_product *p, enum goods_field field)
{
    struct work *work = turn->work;
    const char *const texts[GOODS_FIELDS] = {
        [GOODS_NAME] = p->name,
        [GOODS_CODE] = p->code,
        [GOODS_PRICE] = say_price(work, p->price),
        [GOODS_DESCRIPTION] = p->description,
        [GOODS_SNK] = p->snk,
        [GOODS_CATEGORY] = goods_category_label(work->arena, p->emoji, p->category),
        [GOODS_PHOTO] = p->photo ? say_label(work, TEXT_GOODS_HAS) : "",
        [GOODS_QUESTION] = p->question,
        [GOODS_CONTENT] = p->has_content ? say_label(work, TEXT_GOODS_HAS) : "",
        [GOODS_FILE] = p->content_name ? p->content_name : "",
    };
    return *texts[field] ? str_utf8_cut(work->arena, texts[field], NOW_LIMIT)
                         : say_label(work, TEXT_WIZARD_LEFT_OUT);
}

bool goods_ask_field(struct turn *turn, const struct catalogue_list_product *p, enum goods_field field,
                     bool to_snk, struct error *err)
{
    struct work *work = turn->work;
    const struct wizard_kind *kind = &goods_edit_wizards[field];
    struct wizard *wizard = wizard_new(turn, kind);
    wizard_put_number(wizard, ID, p->id);
    wizard_put_number(wizard, EDITION, p->edition);
    wizard_put_number(wizard, FIELD, field);
    wizard_put_number(wizard, TO_SNK, to_snk);
    wizard_put_text(wizard, WIZARD_ABOUT,
                    arena_printf(work->arena, "%s\n%s: %s", str_utf8_cut(work->arena, p->name, NAME_LIMIT),
                                 say_label(work, (enum text_key)kind->steps[0].label),
                                 now_of(turn, p, field)));
    return wizard_open(turn, wizard, err);
}

/* Numbers: the product, the field. */
bool goods_edit(struct turn *turn, struct error *err)
{
    static const enum product_kind only_of[GOODS_FIELDS] = {
        [GOODS_QUESTION] = PRODUCT_MANUAL, [GOODS_CONTENT] = PRODUCT_SHARED, [GOODS_FILE] = PRODUCT_FILE};
    struct catalogue_list_product p;
    int64_t field = turn->numbers[1];
    if (!catalogue_list_product(turn->work, turn->numbers[0], &p, err))
        return goods_again(turn, goods_show, turn->numbers[0], err);
    bool known = field >= 0 && field < GOODS_FIELDS;
    if (!known || (only_of[field] && only_of[field] != p.kind)) {
        turn_old_button(turn);
        return goods_show(turn, p.id, err);
    }
    return goods_ask_field(turn, &p, (enum goods_field)field, false, err);
}

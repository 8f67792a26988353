/* Forms about a category: a new one, its name, its emoji. */
#include <inttypes.h>

#include "bot/admin/admin.h"
#include "bot/admin/goods.h"
#include "bot/admin/screen.h"

#define ID      "id"
#define EDITION "edition"

static bool check_name(struct turn *turn, struct wizard *wizard, const char **why_out, struct error *err)
{
    const char *name = wizard_text(wizard, "name");
    bool taken = false;
    if (!catalogue_edit_category_name_is_good(name)) {
        *why_out = say(turn->work, TEXT_CATEGORY_WHY_NAME, TEXT_NO_VALUES);
        return true;
    }
    if (!catalogue_edit_category_is_taken(turn->work, name, wizard_number(wizard, ID), &taken, err))
        return false;
    if (taken)
        *why_out = say(turn->work, TEXT_CATEGORY_WHY_TAKEN, TEXT_VALUES(TV("nama", name)));
    return true;
}

#define NAME_STEP                                                                                            \
    .name = "name", .label = TEXT_FIELD_NAME, .prompt = TEXT_CATEGORY_ASK_NAME, .takes = WIZARD_LINE,        \
    .least = 1, .most = CATALOGUE_CATEGORY_NAME, .check = check_name
#define EMOJI_STEP                                                                                           \
    .name = "emoji", .label = TEXT_FIELD_EMOJI, .prompt = TEXT_CATEGORY_ASK_EMOJI, .least = 1,               \
    .most = CATALOGUE_EMOJI
static const struct wizard_fixed_choice clear[] = {{1, TEXT_GOODS_CLEAR}, {.label = -1}};
static const struct wizard_step new_steps[] = {
    {NAME_STEP},
    {EMOJI_STEP, .takes = WIZARD_LINE, .optional = true},
    {.name = NULL},
};
static const struct wizard_step name_steps[] = {{NAME_STEP}, {.name = NULL}};
static const struct wizard_step emoji_steps[] = {
    {EMOJI_STEP, .takes = WIZARD_LINE | WIZARD_CHOICE, .fixed_choices = clear}, {.name = NULL}};

static const char *back(struct turn *turn, const struct wizard *wizard)
{
    int64_t id = wizard_number(wizard, ID);
    return id ? arena_printf(turn->work->arena, "apc:%" PRId64 ":0", id) : GOODS_HOME;
}

static bool show(struct turn *turn, int64_t category_id, struct error *err)
{
    if (!goods_show_category(turn, category_id, 0, err))
        return false;
    screen_note(turn, TEXT_ALERT_SAVED);
    return true;
}

/* --- a new one --- */

static bool finish_new(struct turn *turn, struct wizard *wizard, struct error *err)
{
    int64_t id;
    const char *name = wizard_text(wizard, "name");
    const char *emoji = wizard_has(wizard, "emoji") ? wizard_text(wizard, "emoji") : "";
    if (catalogue_edit_add_category(turn->work, turn->update->from_id, name, emoji, &id, err))
        return show(turn, id, err);
    if (err->code != ERR_CONFLICT)
        return false;
    return wizard_ask_again(turn, wizard, "name",
                            say(turn->work, TEXT_CATEGORY_WHY_TAKEN, TEXT_VALUES(TV("nama", name))), err);
}

const struct wizard_kind goods_category_new_wizard = {
    .name = "category_new",
    .title = TEXT_CATEGORY_NEW,
    .role = ROLE_ADMIN,
    .steps = new_steps,
    .confirms = true,
    .finish = finish_new,
    .back = back,
};

bool goods_category_new(struct turn *turn, struct error *err)
{
    return wizard_open(turn, wizard_new(turn, &goods_category_new_wizard), err);
}

/* --- changing one --- */

static bool finish_field(struct turn *turn, const struct wizard *wizard, enum catalogue_field field,
                         const char *text, struct error *err)
{
    const struct catalogue_change change = {turn->update->from_id, wizard_number(wizard, ID),
                                            wizard_number(wizard, EDITION)};
    return catalogue_edit_category(turn->work, &change, field, &(struct catalogue_value){.text = text},
                                   err) &&
           show(turn, change.id, err);
}

static bool finish_name(struct turn *turn, struct wizard *wizard, struct error *err)
{
    return finish_field(turn, wizard, EDIT_NAME, wizard_text(wizard, "name"), err);
}

static bool finish_emoji(struct turn *turn, struct wizard *wizard, struct error *err)
{
    bool cleared = wizard_input_of(wizard, "emoji") == WIZARD_CHOICE;
    return finish_field(turn, wizard, EDIT_EMOJI, cleared ? "" : wizard_text(wizard, "emoji"), err);
}

const struct wizard_kind goods_category_name_wizard = {
    .name = "category_name",
    .title = TEXT_CATEGORY_EDIT,
    .role = ROLE_ADMIN,
    .steps = name_steps,
    .finish = finish_name,
    .back = back,
};
const struct wizard_kind goods_category_emoji_wizard = {
    .name = "category_emoji",
    .title = TEXT_CATEGORY_EDIT,
    .role = ROLE_ADMIN,
    .steps = emoji_steps,
    .finish = finish_emoji,
    .back = back,
};

static bool show_category(struct turn *turn, int64_t category_id, struct error *err)
{
    return goods_show_category(turn, category_id, 0, err);
}

static bool ask(struct turn *turn, const struct wizard_kind *kind, struct error *err)
{
    struct catalogue_list_category c;
    if (!catalogue_list_category(turn->work, turn->numbers[0], &c, err))
        return goods_again(turn, show_category, turn->numbers[0], err);
    struct wizard *wizard = wizard_new(turn, kind);
    wizard_put_number(wizard, ID, c.id);
    wizard_put_number(wizard, EDITION, c.edition);
    wizard_put_text(wizard, WIZARD_ABOUT, goods_category_label(turn->work->arena, c.emoji, c.name));
    return wizard_open(turn, wizard, err);
}

bool goods_category_name(struct turn *turn, struct error *err)
{
    return ask(turn, &goods_category_name_wizard, err);
}

bool goods_category_emoji(struct turn *turn, struct error *err)
{
    return ask(turn, &goods_category_emoji_wizard, err);
}

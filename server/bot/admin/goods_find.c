/* 🔎 Cari: a product by a part of its name, or how its code begins. */
#include "base/str.h"
#include "bot/admin/admin.h"
#include "bot/admin/goods.h"
#include "bot/admin/snk.h"

enum { NAME_LIMIT = 40, MOST_WORD = 100 };

#define TO_SNK "to_snk" /* finds the page of a product's terms */

static bool choose(struct turn *turn, const struct wizard *wizard, int64_t page,
                   struct wizard_choices *choices_out, struct error *err)
{
    struct arena *arena = turn->work->arena;
    struct catalogue_list_lines found;
    if (!catalogue_list_search(turn->work, wizard_text(wizard, "word"), page, &found, &choices_out->has_more,
                               err))
        return error_context(err, "search");
    for (size_t i = 0; i < found.count; i++) {
        const struct catalogue_list_line *line = &found.items[i];
        choices_out->items[choices_out->count++] = (struct wizard_choice){
            line->id, arena_printf(arena, "%s%s · %s", line->hidden ? "🙈 " : "",
                                   str_utf8_cut(arena, line->name, NAME_LIMIT), line->code)};
    }
    return true;
}

static const struct wizard_step steps[] = {
    {.name = "word",
     .label = TEXT_GOODS_FIND_WORD,
     .prompt = TEXT_GOODS_ASK_WORD,
     .takes = WIZARD_LINE,
     .least = 1,
     .most = MOST_WORD},
    {.name = "product",
     .label = -1,
     .prompt = TEXT_GOODS_ASK_FOUND,
     .takes = WIZARD_CHOICE,
     .choices = choose},
    {.name = NULL},
};

static bool finish(struct turn *turn, struct wizard *wizard, struct error *err)
{
    return (wizard_number(wizard, TO_SNK) ? snk_show : goods_show)(turn, wizard_number(wizard, "product"),
                                                                   err);
}

static const char *back(struct turn *turn, const struct wizard *wizard)
{
    return wizard_number(wizard, TO_SNK) ? SNK_HOME : GOODS_HOME;
}

const struct wizard_kind goods_find_wizard = {
    .name = "goods_find",
    .title = TEXT_GOODS_FIND,
    .role = ROLE_ADMIN,
    .steps = steps,
    .finish = finish,
    .back = back,
};

bool goods_ask_search(struct turn *turn, bool to_snk, struct error *err)
{
    struct wizard *wizard = wizard_new(turn, &goods_find_wizard);
    wizard_put_number(wizard, TO_SNK, to_snk);
    return wizard_open(turn, wizard, err);
}

bool goods_find(struct turn *turn, struct error *err)
{
    return goods_ask_search(turn, false, err);
}

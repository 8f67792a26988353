/* An order, deposit, person or product by a few characters. */
#include <inttypes.h>

#include "base/str.h"
#include "bot/admin/orders.h"
#include "bot/admin/screen.h"
#include "store/deposit_search.h"

enum { NAME_LIMIT = 50, MOST_TYPED = 60 };

bool orders_search_start(struct turn *turn, struct error *err)
{
    return wizard_open(turn, wizard_new(turn, &orders_search_wizard), err);
}

static void label_button(struct turn *turn, struct keyboard *keyboard, enum text_key label, const char *name,
                         const char *data)
{
    struct work *work = turn->work;
    const char *cut = str_utf8_cut(work->arena, name, NAME_LIMIT);
    keyboard_data(keyboard, say(work, label, TEXT_VALUES(TV("nama", cut))), STYLE_NONE, "%s", data);
}

static void add_match(struct turn *turn, struct keyboard *keyboard, const struct order_match *match)
{
    struct arena *arena = turn->work->arena;
    keyboard_row(keyboard);
    switch (match->kind) {
    case MATCH_ORDER:
        label_button(turn, keyboard, TEXT_FOUND_ORDER, match->name,
                     arena_printf(arena, "aod:%" PRId64, match->id));
        break;
    case MATCH_DEPOSIT:
        label_button(turn, keyboard, TEXT_FOUND_DEPOSIT, match->name,
                     arena_printf(arena, "agd:%" PRId64, match->id));
        break;
    case MATCH_PERSON:
        label_button(turn, keyboard, TEXT_FOUND_PERSONS_ORDERS, match->name,
                     arena_printf(arena, "aol:%d:%" PRId64 ":0", (int)ORDERS_OF_PERSON, match->id));
        label_button(turn, keyboard, TEXT_FOUND_PERSONS_DEPOSITS, match->name,
                     arena_printf(arena, "agl:%d:%" PRId64 ":0", (int)DEPOSITS_OF_PERSON, match->id));
        break;
    case MATCH_PRODUCT:
        label_button(turn, keyboard, TEXT_FOUND_PRODUCT, match->name,
                     arena_printf(arena, "aol:%d:%" PRId64 ":0", (int)ORDERS_OF_PRODUCT, match->id));
        break;
    }
}

static bool show_matches(struct turn *turn, struct wizard *wizard, struct error *err)
{
    struct work *work = turn->work;
    struct order_match *matches;
    size_t count;
    const char *typed = wizard_text(wizard, "text");
    struct keyboard keyboard;
    if (!order_search_text(work, typed, &matches, &count, err))
        return false;
    if (!count)
        return wizard_ask_again(turn, wizard, "text",
                                say(work, TEXT_SEARCH_NOTHING, TEXT_VALUES(TV("isi", typed))), err);
    if (count == 1 && matches[0].kind == MATCH_ORDER)
        return orders_show(turn, matches[0].id, NULL, err);
    keyboard_begin(&keyboard);
    for (size_t i = 0; i < count; i++)
        add_match(turn, &keyboard, &matches[i]);
    keyboard_row(&keyboard);
    screen_button(turn, &keyboard, TEXT_BUTTON_SEARCH, "aos");
    screen_show(turn, say(work, TEXT_SEARCH_FOUND, TEXT_VALUES(TV("isi", typed))), &keyboard, "ao");
    return true;
}

static const char *back(struct turn *turn, const struct wizard *wizard)
{
    return "ao";
}

static const struct wizard_step steps[] = {
    {.name = "text",
     .label = -1,
     .prompt = TEXT_SEARCH_ASK,
     .takes = WIZARD_LINE,
     .least = 1,
     .most = MOST_TYPED},
    {0},
};
const struct wizard_kind orders_search_wizard = {
    .name = "order_search",
    .title = TEXT_SEARCH_TITLE,
    .role = ROLE_ADMIN,
    .steps = steps,
    .finish = show_matches,
    .back = back,
};

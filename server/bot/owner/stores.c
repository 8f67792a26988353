/* The list of stores: their state, and what they sold today. */
#include "tenants/stores.h"
#include "bot/owner/screens.h"

enum { ON_PAGE = 8 };

const char *owner_state_sign(const struct store_row *store)
{
    static const struct {
        const char *state, *sign;
    } signs[] = {{"live", "🟢"}, {"starting", "🟡"}, {"unreachable", "🟠"}, {"disabled", "🔴"}};
    if (store->suspended_ms)
        return "⏸️";
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (str_equal(store->state, signs[i].state))
            return signs[i].sign;
    return "⚫";
}

static bool add_lines(struct work *work, const struct store_row *rows, size_t count, struct str *s,
                      struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        struct store_figures figures;
        if (!figures_get(work, rows[i].name, &figures, err))
            return false;
        str_add(s, i ? "\n" : "");
        str_add(s, say(work, TEXT_OWNER_STORES_LINE,
                       TEXT_VALUES(TV("tanda", owner_state_sign(&rows[i])), TV("toko", rows[i].name),
                                   TV("order", say_number(work, figures.orders)),
                                   TV("omzet", say_price(work, figures.revenue)))));
    }
    return true;
}

static void add_buttons(struct work *work, struct keyboard *keyboard, const struct store_row *rows,
                        size_t count, bool before, bool after)
{
    for (size_t i = 0; i < count; i++) {
        if (i % 2 == 0)
            keyboard_row(keyboard);
        keyboard_data(keyboard, arena_printf(work->arena, "%s %s", owner_state_sign(&rows[i]), rows[i].name),
                      STYLE_NONE, "ot:%s", rows[i].name);
    }
    keyboard_row(keyboard);
    if (before)
        keyboard_data(keyboard, "⬅️", STYLE_NONE, "osb:%s", rows[0].name);
    if (after)
        keyboard_data(keyboard, "➡️", STYLE_NONE, "osa:%s", rows[count - 1].name);
}

/* A page: the stores behind that name, or before it. */
static bool show(struct turn *turn, const char *name, bool backwards, struct error *err)
{
    struct work *work = turn->work;
    struct store_row *rows, *other;
    size_t count, others;
    struct stores_count all;
    struct str lines = STR_INIT(work->arena);
    if (!stores_count(work->tx, &all, err) ||
        !stores_page(work->arena, work->tx, name, backwards, ON_PAGE + 1, &rows, &count, err))
        return false;
    bool more = count > ON_PAGE; /* on the far side; on the near one there is where it came from */
    if (more) {
        rows += backwards;
        count--;
    }
    bool near = false;
    if (count) {
        const char *edge = backwards ? rows[count - 1].name : rows[0].name;
        if (!stores_page(work->arena, work->tx, edge, !backwards, 1, &other, &others, err))
            return false;
        near = others > 0;
    }
    if (!add_lines(work, rows, count, &lines, err))
        return false;
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    add_buttons(work, &keyboard, rows, count, backwards ? more : near, backwards ? near : more);
    owner_refresh_button(turn, &keyboard, "os");
    const char *html = count ? str_done(&lines) : say(work, TEXT_OWNER_STORES_NONE, TEXT_NO_VALUES);
    screen_show(turn,
                say(work, TEXT_OWNER_STORES,
                    TEXT_VALUES(TV("jumlah", say_number(work, all.all)), TV_HTML("baris", html))),
                &keyboard, NULL);
    return true;
}

bool stores_open(struct turn *turn, struct error *err)
{
    return show(turn, "", false, err) || error_context(err, "stores");
}

bool stores_after(struct turn *turn, struct error *err)
{
    return show(turn, turn->word, false, err) || error_context(err, "stores");
}

bool stores_before(struct turn *turn, struct error *err)
{
    return show(turn, turn->word, true, err) || error_context(err, "stores");
}

/* The owner's first screen, and what leads nowhere. */
#include "bot/owner/newstore.h"
#include "bot/owner/screens.h"
#include "bot/wizard.h"
#include "store/conversation.h"
#include "tenants/stores.h"

void owner_refresh_button(struct turn *turn, struct keyboard *keyboard, const char *data)
{
    keyboard_row(keyboard);
    keyboard_data(keyboard, say_label(turn->work, TEXT_BUTTON_OWNER_REFRESH), STYLE_NONE, "%s", data);
}

void owner_ways_back(struct work *work, struct keyboard *keyboard, const char *store)
{
    bool server = str_equal(store, TENANT_SERVER_NAME);
    keyboard_row(keyboard);
    keyboard_data(keyboard, say_label(work, TEXT_BUTTON_BACK), STYLE_NONE, "%s",
                  server ? "oh" : arena_printf(work->arena, "ot:%s", store));
    keyboard_data(keyboard, say_label(work, TEXT_BUTTON_OWNER_MENU), STYLE_NONE, "ad");
}

static const char *menu_html(struct work *work, const struct stores_count *count,
                             const struct figures_sum *sum)
{
    return say(
        work, TEXT_OWNER_MENU,
        TEXT_VALUES(TV("waktu", say_date(work, work->now_ms)), TV("toko", say_number(work, count->all)),
                    TV("aktif", say_number(work, count->live)),
                    TV("masalah", say_number(work, count->disabled + count->unreachable)),
                    TV("dijeda", say_number(work, count->suspended)),
                    TV("order", say_number(work, sum->orders)), TV("omzet", say_price(work, sum->revenue)),
                    TV("antrean", say_number(work, sum->outbox_waiting))));
}

bool menu_show(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct stores_count count;
    struct figures_sum sum;
    const char *title;
    int64_t wizard, open;
    if (!stores_count(work->tx, &count, err) ||
        !figures_today(work, owner_day(work, work->now_ms), &sum, err) ||
        !alerts_open_count(work, NULL, &open, err) || !wizard_unfinished(turn, &title, &wizard, err))
        return error_context(err, "owner's menu");
    const char *html = menu_html(work, &count, &sum);
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    if (title) {
        html = arena_printf(work->arena, "%s\n\n%s", html,
                            say(work, TEXT_OWNER_MENU_WIZARD, TEXT_VALUES(TV_HTML("judul", title))));
        screen_button(turn, &keyboard, TEXT_BUTTON_RESUME, "zr:%lld", (long long)wizard);
        keyboard_row(&keyboard);
    }
    screen_button(turn, &keyboard, TEXT_BUTTON_OWNER_STORES, "os");
    screen_button(turn, &keyboard, TEXT_BUTTON_NEWSTORE, "onw");
    keyboard_row(&keyboard);
    keyboard_data(&keyboard,
                  say(work, TEXT_BUTTON_OWNER_ALERTS, TEXT_VALUES(TV("jumlah", say_number(work, open)))),
                  open ? STYLE_DANGER : STYLE_NONE, "oa");
    keyboard_row(&keyboard);
    screen_button(turn, &keyboard, TEXT_BUTTON_OWNER_HEALTH, "oh");
    owner_refresh_button(turn, &keyboard, "ad");
    page_show(work, &turn->page, html, keyboard_inline(&keyboard));
    return true;
}

bool menu_help(struct turn *turn, struct error *err)
{
    screen_say(turn, say(turn->work, TEXT_OWNER_HELP, TEXT_NO_VALUES), NULL);
    return true;
}

bool menu_unknown(struct turn *turn, struct error *err)
{
    return menu_help(turn, err);
}

/* Text that is no command, and media: an answer, perhaps. */
bool menu_message(struct turn *turn, struct error *err)
{
    const char *kind;
    int64_t ref;
    bool guarded;
    if (!newstore_guard(turn, &guarded, err))
        return error_context(err, "owner's message");
    if (guarded)
        return true;
    if (!conversation_get(turn->work, turn->update->from_id, &kind, &ref, err))
        return error_context(err, "owner's message");
    if (str_equal(kind, WIZARD_CONVERSATION))
        return wizard_take_message(turn, ref, err);
    return menu_help(turn, err);
}

bool menu_nothing(struct turn *turn, struct error *err)
{
    return true;
}

bool menu_old_button(struct turn *turn, struct error *err)
{
    turn_old_button(turn);
    return true;
}

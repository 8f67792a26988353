/* The ways in (welcome, information, help), and what leads nowhere. */
#include "base/str.h"
#include "bot/buyer/buyer.h"
#include "bot/gate.h"
#include "store/bar.h"
#include "store/user.h"

enum {
    CATEGORIES_ON_WELCOME = 10,
    CATEGORIES_IN_A_ROW = 2,
    NUMBERS_ON_KEYBOARD = 10,
    NUMBERS_IN_A_ROW = 5,
    LABEL_LIMIT = 60
};

json_t *start_reply_keyboard(struct turn *turn)
{
    struct work *work = turn->work;
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    keyboard_text(&keyboard, say_label(work, TEXT_LABEL_ALL_PRODUCTS));
    keyboard_text(&keyboard, say_label(work, TEXT_LABEL_STOCK));
    keyboard_text(&keyboard, say_label(work, TEXT_LABEL_DEPOSIT));
    keyboard_row(&keyboard);
    keyboard_text(&keyboard, say_label(work, TEXT_LABEL_INFORMATION));
    keyboard_text(&keyboard, say_label(work, TEXT_LABEL_HOW_TO_ORDER));
    keyboard_row(&keyboard);
    if (turn->role >= ROLE_ADMIN)
        keyboard_text(&keyboard, say_label(work, TEXT_LABEL_ADMIN));
    for (size_t i = 0; i < turn->catalogue->product_count && i < NUMBERS_ON_KEYBOARD; i++) {
        if (i % NUMBERS_IN_A_ROW == 0)
            keyboard_row(&keyboard);
        keyboard_text(&keyboard, say_keycap(work, (int64_t)turn->catalogue->products[i].number));
    }
    return keyboard_reply(&keyboard);
}

static json_t *welcome_keyboard(struct turn *turn)
{
    struct work *work = turn->work;
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_INFORMATION), STYLE_NONE, "i");
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_HOW_TO_ORDER), STYLE_NONE, "h");
    for (size_t i = 0; i < turn->catalogue->category_count && i < CATEGORIES_ON_WELCOME; i++) {
        const struct catalogue_category *category = &turn->catalogue->categories[i];
        if (i % CATEGORIES_IN_A_ROW == 0)
            keyboard_row(&keyboard);
        const char *label =
            arena_printf(work->arena, "%s%s%s", category->emoji, *category->emoji ? " " : "", category->name);
        keyboard_data(&keyboard, str_utf8_cut(work->arena, label, LABEL_LIMIT), STYLE_NONE, "c:%lld:0",
                      (long long)category->id);
    }
    keyboard_row(&keyboard);
    if (turn->catalogue->category_count > CATEGORIES_ON_WELCOME) {
        keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_CATEGORIES), STYLE_NONE, "l:0");
        keyboard_row(&keyboard);
    }
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_ALL_PRODUCTS), STYLE_PRIMARY, "a:0");
    keyboard_row(&keyboard);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_CART), STYLE_NONE, "k");
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_PURCHASES), STYLE_NONE, "o:0");
    keyboard_row(&keyboard);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_PROFILE), STYLE_NONE, "pf");
    return keyboard_inline(&keyboard);
}

bool start_home(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    const struct update *update = turn->update;
    /* The figure may be a minute old; whoever reads it is a user. */
    int64_t users = turn->catalogue->user_count > 0 ? turn->catalogue->user_count : 1;
    const char *html =
        say(work, TEXT_WELCOME,
            TEXT_VALUES(TV("nama", say_name(work, update->first_name, update->last_name)),
                        TV("store_name", work->tenant->title), TV("total_users", say_number(work, users)),
                        TV("total_transactions", say_number(work, turn->catalogue->completed_order_count)),
                        TV("telegram_id", say_number(work, update->from_id))));
    page_show(work, &turn->page, html, welcome_keyboard(turn));
    return true;
}

bool start_command(struct turn *turn, struct error *err)
{
    return user_set_reachable(turn->work, turn->update->from_id, true, err) &&
           (turn->barrier ? turn->barrier->route.handler(turn, err) : welcome_send(turn, err));
}

static json_t *home_keyboard(struct turn *turn)
{
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    keyboard_data(&keyboard, say_label(turn->work, TEXT_BUTTON_ALL_PRODUCTS), STYLE_NONE, "a:0");
    keyboard_data(&keyboard, say_label(turn->work, TEXT_BUTTON_HOME), STYLE_NONE, "w");
    return keyboard_inline(&keyboard);
}

bool start_information(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    int64_t users = turn->catalogue->user_count > 0 ? turn->catalogue->user_count : 1;
    const char *html =
        say(work, TEXT_INFORMATION,
            TEXT_VALUES(TV("store_name", work->tenant->title), TV("total_users", say_number(work, users)),
                        TV("total_transactions", say_number(work, turn->catalogue->completed_order_count)),
                        TV("total_products", say_number(work, (int64_t)turn->catalogue->product_count)),
                        TV_HTML("kontak", say_contact(work))));
    turn_show(turn, TEXT_INFORMATION, html, home_keyboard(turn));
    return true;
}

bool start_how_to_order(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    const char *html = say(work, TEXT_HOW_TO_ORDER,
                           TEXT_VALUES(TV("store_name", work->tenant->title),
                                       TV("menit", say_number(work, work->tenant->invoice_minutes))));
    turn_show(turn, TEXT_HOW_TO_ORDER, html, home_keyboard(turn));
    return true;
}

bool start_help(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    const char *html = say(work, TEXT_HELP, TEXT_VALUES(TV("store_name", work->tenant->title)));
    turn_show(turn, TEXT_HELP, html, start_reply_keyboard(turn));
    turn->page.as_new = true;
    return true;
}

/* A press is always answered; what is typed now and then. */
bool start_shut_out(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    if (turn->update->kind == UPDATE_CALLBACK) {
        page_answer(work, &turn->page, say_label(work, TEXT_ALERT_SHUT_OUT), true);
    } else if (bar_may_tell(work, turn->update->from_id)) {
        page_show(
            work, &turn->page,
            say(work, TEXT_SHUT_OUT,
                TEXT_VALUES(TV("store_name", work->tenant->title), TV_HTML("kontak", say_contact(work)))),
            say_button(work, TEXT_BUTTON_PURCHASES, "o:0"));
    }
    return true;
}

bool start_nothing(struct turn *turn, struct error *err)
{
    return true;
}

bool start_old_button(struct turn *turn, struct error *err)
{
    turn_old_button(turn);
    return start_home(turn, err);
}

bool start_member(struct turn *turn, struct error *err)
{
    return user_set_reachable(turn->work, turn->update->from_id, !turn->update->blocked, err);
}

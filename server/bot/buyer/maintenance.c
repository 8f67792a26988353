/* What buyers get while the store is closed: for maintenance, or by the owner of the server. */
#include "bot/buyer/buyer.h"
#include "store/settings.h"

const char *maintenance_text(struct work *work, const char *note)
{
    const char *line = note ? say(work, TEXT_MAINTENANCE_NOTE, TEXT_VALUES(TV("catatan", note))) : "";
    return say(work, TEXT_MAINTENANCE,
               TEXT_VALUES(TV("store_name", work->tenant->title), TV_HTML("catatan", line)));
}

static bool show_closed(struct turn *turn, const char *html)
{
    struct work *work = turn->work;
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_PURCHASES), STYLE_NONE, "o:0");
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_TRY_AGAIN), STYLE_NONE, "w");
    say_contact_button(work, &keyboard);
    page_show(work, &turn->page, html, keyboard_inline(&keyboard));
    return true;
}

bool maintenance_page(struct turn *turn, struct error *err)
{
    return show_closed(turn, maintenance_text(turn->work, settings_of(turn->work)->maintenance_note));
}

bool suspended_page(struct turn *turn, struct error *err)
{
    return show_closed(
        turn, say(turn->work, TEXT_SUSPENDED, TEXT_VALUES(TV("store_name", turn->work->tenant->title))));
}

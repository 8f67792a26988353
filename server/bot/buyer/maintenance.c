/* What buyers get while the store is closed for maintenance. */
#include "bot/buyer/buyer.h"
#include "store/settings.h"

const char *maintenance_text(struct work *work, const char *note)
{
    const char *line = note ? say(work, TEXT_MAINTENANCE_NOTE, TEXT_VALUES(TV("catatan", note))) : "";
    return say(work, TEXT_MAINTENANCE,
               TEXT_VALUES(TV("store_name", work->tenant->title), TV_HTML("catatan", line)));
}

bool maintenance_page(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_PURCHASES), STYLE_NONE, "o:0");
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_TRY_AGAIN), STYLE_NONE, "w");
    say_contact_button(work, &keyboard);
    page_show(work, &turn->page, maintenance_text(work, settings_of(work)->maintenance_note),
              keyboard_inline(&keyboard));
    return true;
}

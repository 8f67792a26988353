#include "bot/admin/screen.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/str.h"
#include "bot/outgoing.h"

enum { MOST_DATA = 64 };

void screen_ways_back(struct turn *turn, struct keyboard *keyboard, const char *back)
{
    keyboard_row(keyboard);
    if (back)
        keyboard_data(keyboard, say_label(turn->work, TEXT_BUTTON_BACK), STYLE_NONE, "%s", back);
    bool owners = lane_store_is_server(turn->work->store); /* the owner's bot has a menu of its own */
    keyboard_data(keyboard, say_label(turn->work, owners ? TEXT_BUTTON_OWNER_MENU : TEXT_BUTTON_MENU),
                  STYLE_NONE, "ad");
}

json_t *screen_ways_on(struct work *work, const char *back)
{
    struct turn turn = {.work = work};
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    screen_ways_back(&turn, &keyboard, back);
    return keyboard_inline(&keyboard);
}

void screen_show(struct turn *turn, const char *html, struct keyboard *keyboard, const char *back)
{
    screen_ways_back(turn, keyboard, back);
    page_show(turn->work, &turn->page, html, keyboard_inline(keyboard));
}

void screen_say(struct turn *turn, const char *html, const char *back)
{
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    screen_show(turn, html, &keyboard, back);
}

void screen_button(struct turn *turn, struct keyboard *keyboard, enum text_key label, const char *data_format,
                   ...)
{
    char data[MOST_DATA + 1];
    va_list args;
    va_start(args, data_format);
    vsnprintf(data, sizeof data, data_format, args);
    va_end(args);
    keyboard_data(keyboard, say_label(turn->work, label), STYLE_NONE, "%s", data);
}

void screen_arrows(struct turn *turn, struct keyboard *keyboard, const char *data, int64_t before,
                   int64_t after)
{
    keyboard_row(keyboard);
    if (before)
        keyboard_data(keyboard, "⬅️", STYLE_NONE, "%s%" PRId64, data, before);
    if (after)
        keyboard_data(keyboard, "➡️", STYLE_NONE, "%s%" PRId64, data, after);
    keyboard_row(keyboard);
}

void screen_note(struct turn *turn, enum text_key line)
{
    struct arena *arena = turn->work->arena;
    const char *plain = say_label(turn->work, line);
    page_answer(turn->work, &turn->page, plain, false);
    turn->page.html = html_cut(
        arena, arena_printf(arena, "%s\n\n%s", str_html(arena, plain), turn->page.html), HTML_TEXT_LIMIT);
}

bool screen_secret(struct turn *turn, const char *heading, const char *plain, const char *file_name,
                   const char *back, struct error *err)
{
    struct arena *arena = turn->work->arena;
    const char *html = arena_printf(arena, "%s\n<pre>%s</pre>", heading, str_html(arena, plain));
    if (html_length(html) <= HTML_TEXT_LIMIT) {
        screen_say(turn, html, back);
        return true;
    }
    const struct outgoing file = {
        .chat_id = turn->update->chat_id, .html = heading, .file_text = plain, .file_name = file_name};
    return outgoing_add(turn->work, &file, err);
}

void screen_ask(struct turn *turn, const char *html, const char *yes, const char *no)
{
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    keyboard_data(&keyboard, say_label(turn->work, TEXT_BUTTON_YES), STYLE_DANGER, "%s", yes);
    keyboard_data(&keyboard, say_label(turn->work, TEXT_BUTTON_CANCEL), STYLE_NONE, "%s", no);
    page_show(turn->work, &turn->page, html, keyboard_inline(&keyboard));
}

bool screen_explain(struct turn *turn, struct error *err)
{
    enum text_key alert = err->code == ERR_NOT_FOUND ? TEXT_ALERT_NOT_FOUND : TEXT_ALERT_CHANGED_MEANWHILE;
    if (err->code != ERR_NOT_FOUND && err->code != ERR_CONFLICT)
        return false;
    page_answer(turn->work, &turn->page, say_label(turn->work, alert), true);
    return true;
}

bool screen_read_begin(struct turn *turn, bool *own_out, struct error *err)
{
    *own_out = !turn->work->tx;
    return !*own_out || work_begin(turn->work, err);
}

void screen_read_end(struct turn *turn, bool own)
{
    if (own)
        work_end(turn->work);
}

struct correction screen_correction(struct turn *turn, const char *note)
{
    return (struct correction){
        .actor_id = turn->update->from_id,
        .note = note,
        .key = arena_printf(turn->work->arena, "update:%" PRId64, turn->update->update_id),
    };
}

/* `📢 Broadcast`: the list, each of them, and what is decided about one. */
#include "bot/admin/admin.h"

#include <inttypes.h>

#include "base/json.h"
#include "bot/admin/broadcast_card.h"
#include "bot/admin/screen.h"
#include "bot/broadcasting.h"
#include "bot/wizard.h"
#include "store/broadcast.h"

static const char home[] = "ab";

/* --- the list --- */

static void add_line(struct turn *turn, struct keyboard *keyboard, const struct broadcast *b)
{
    struct work *work = turn->work;
    const char *label =
        say(work, TEXT_BUTTON_BROADCAST,
            TEXT_VALUES(TV("keadaan", broadcast_card_state(work, b->state)),
                        TV("nomor", say_number(work, b->id)), TV("tanggal", say_date(work, b->starts_ms))));
    keyboard_row(keyboard);
    keyboard_data(keyboard, label, STYLE_NONE, "abd:%" PRId64, b->id);
}

static bool list(struct turn *turn, int64_t before, struct error *err)
{
    struct work *work = turn->work;
    struct broadcast_page page;
    if (!broadcast_list(work, before, &page, err))
        return error_context(err, "broadcasts");
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_BROADCAST_NEW), STYLE_PRIMARY, "abn");
    for (size_t i = 0; i < page.count; i++)
        add_line(turn, &keyboard, &page.items[i]);
    keyboard_row(&keyboard);
    if (page.has_newer)
        keyboard_data(&keyboard, "⬅️", STYLE_NONE, "abl:%" PRId64, page.newer);
    if (page.older)
        keyboard_data(&keyboard, "➡️", STYLE_NONE, "abl:%" PRId64, page.older);
    const char *html = say(work, TEXT_BROADCAST_LIST, TEXT_NO_VALUES);
    if (!page.count)
        html = arena_printf(work->arena, "%s\n\n%s", html, say(work, TEXT_BROADCAST_NONE, TEXT_NO_VALUES));
    screen_show(turn, html, &keyboard, NULL);
    return true;
}

bool broadcasts_open(struct turn *turn, struct error *err)
{
    return list(turn, 0, err);
}

/* From a message that goes on changing: the list is a message of its own. */
bool broadcasts_open_aside(struct turn *turn, struct error *err)
{
    turn->page.as_new = true;
    return list(turn, 0, err);
}

bool broadcasts_list(struct turn *turn, struct error *err)
{
    return list(turn, turn->numbers[0], err);
}

/* --- one of them --- */

/* The message that shows its progress stays that: another screen in it would be overwritten. */
static bool is_live(const struct turn *turn, const struct broadcast *b)
{
    return b->progress_message_id && turn->update->chat_id == b->actor_id &&
           turn->update->message_id == b->progress_message_id;
}

static void show(struct turn *turn, const struct broadcast *b)
{
    struct work *work = turn->work;
    const char *html = broadcast_card_html(work, b);
    if (is_live(turn, b)) {
        page_show(work, &turn->page, html, broadcast_card_live_keyboard(work, b));
        return;
    }
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    broadcast_card_buttons(work, &keyboard, b);
    keyboard_row(&keyboard);
    screen_button(turn, &keyboard, TEXT_BUTTON_BROADCAST_VIEW, "abv:%" PRId64, b->id);
    screen_button(turn, &keyboard, TEXT_BUTTON_BROADCAST_REFRESH, "abd:%" PRId64, b->id);
    screen_show(turn, html, &keyboard, home);
}

bool broadcasts_show(struct turn *turn, struct error *err)
{
    struct broadcast b;
    if (!broadcast_get(turn->work, turn->numbers[0], &b, err))
        return screen_explain(turn, err);
    show(turn, &b);
    return true;
}

/* The message as everybody gets it, to the admin who asks. */
bool broadcasts_view(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    const char *method;
    json_t *params = NULL;
    if (!broadcast_message(work, turn->numbers[0], &method, &params, err))
        return screen_explain(turn, err);
    const struct outbox_message message = {.chat_id = turn->update->chat_id,
                                           .method = method,
                                           .params = params,
                                           .effect = EFFECT_BROADCAST_PREVIEW,
                                           .effect_ref = turn->update->chat_id};
    page_answer(work, &turn->page, say_label(work, TEXT_ALERT_BROADCAST_VIEW), false);
    return outbox_add(work, &message, err);
}

/* --- decisions --- */

/* After it: how the broadcast is now, here and where its progress is shown. */
static bool show_after(struct turn *turn, bool done, struct error *err)
{
    struct broadcast b;
    if (!done && !screen_explain(turn, err))
        return false;
    if (!done && err->code == ERR_NOT_FOUND)
        return true;
    if (!broadcast_get(turn->work, turn->numbers[0], &b, err))
        return error_context(err, "broadcast");
    show(turn, &b);
    if (done && !is_live(turn, &b))
        broadcast_card_edit_live(turn->work, &b);
    return true;
}

bool broadcasts_pause(struct turn *turn, struct error *err)
{
    return show_after(turn, broadcast_pause(turn->work, turn->numbers[0], turn->update->from_id, err), err);
}

bool broadcasts_resume(struct turn *turn, struct error *err)
{
    return show_after(turn, broadcast_resume(turn->work, turn->numbers[0], turn->update->from_id, err), err);
}

bool broadcasts_cancel(struct turn *turn, struct error *err)
{
    return show_after(turn, broadcast_cancel(turn->work, turn->numbers[0], turn->update->from_id, err), err);
}

bool broadcasts_resend(struct turn *turn, struct error *err)
{
    int64_t count;
    return show_after(
        turn, broadcast_resend(turn->work, turn->numbers[0], turn->update->from_id, &count, err), err);
}

bool broadcasts_ask_cancel(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct broadcast b;
    if (!broadcast_get(work, turn->numbers[0], &b, err))
        return screen_explain(turn, err);
    turn->page.as_new = is_live(turn, &b);
    screen_ask(turn, say(work, TEXT_BROADCAST_CANCEL_ASK, TEXT_VALUES(TV("nomor", say_number(work, b.id)))),
               arena_printf(work->arena, "abx:%" PRId64, b.id),
               arena_printf(work->arena, "abd:%" PRId64, b.id));
    return true;
}

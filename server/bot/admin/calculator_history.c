/* What was worked out before: the calculator's rows of admin_logs. */
#include <inttypes.h>

#include "base/str.h"
#include "bot/admin/admin.h"
#include "bot/admin/calculator.h"
#include "bot/admin/log_words.h"
#include "bot/admin/screen.h"
#include "store/admin_log.h"

enum { ON_A_PAGE = 8, BUTTONS_IN_A_ROW = 4 };

static bool add_line(struct turn *turn, const struct admin_log_entry *entry, int64_t number,
                     struct str *lines, struct error *err)
{
    struct work *work = turn->work;
    struct calculator_sum sum;
    const char *admin;
    if (!log_actor_name(turn, entry->actor_id, &admin, err))
        return false;
    const char *line = calculator_sum_read(entry->after, &sum) ? calculator_sum_line(work, &sum) : "–";
    str_add(lines, lines->length ? "\n" : "");
    str_add(lines, say(work, TEXT_CALCULATOR_HISTORY_LINE,
                       TEXT_VALUES(TV("nomor", say_number(work, number)),
                                   TV("tanggal", say_date(work, entry->created_ms)), TV_HTML("admin", admin),
                                   TV("isi", line))));
    return true;
}

static void add_ways(struct turn *turn, struct keyboard *keyboard, const struct admin_log_page *page)
{
    for (size_t i = 0; i < page->count; i++) {
        if (i % BUTTONS_IN_A_ROW == 0)
            keyboard_row(keyboard);
        keyboard_data(keyboard, say_number(turn->work, (int64_t)i + 1), STYLE_NONE, "aco:%" PRId64,
                      page->entries[i].id);
    }
    keyboard_row(keyboard);
    if (page->newer)
        keyboard_data(keyboard, "⬅️", STYLE_NONE, "ach:%" PRId64, page->newer);
    if (page->older)
        keyboard_data(keyboard, "➡️", STYLE_NONE, "ach:%" PRId64, page->older);
}

static bool show_page(struct turn *turn, struct error *err)
{
    static const struct admin_log_filter filter = {.subject = CALCULATOR_SUBJECT};
    struct work *work = turn->work;
    struct admin_log_page page;
    struct str lines = STR_INIT(work->arena);
    struct keyboard keyboard;
    if (!admin_log_page(work, &filter, turn->numbers[0], ON_A_PAGE, &page, err))
        return false;
    for (size_t i = 0; i < page.count; i++)
        if (!add_line(turn, &page.entries[i], (int64_t)i + 1, &lines, err))
            return false;
    keyboard_begin(&keyboard);
    add_ways(turn, &keyboard, &page);
    const char *none = say(work, TEXT_CALCULATOR_HISTORY_NONE, TEXT_NO_VALUES);
    screen_show(turn,
                say(work, TEXT_CALCULATOR_HISTORY,
                    TEXT_VALUES(TV_HTML("baris", page.count ? str_done(&lines) : none))),
                &keyboard, CALCULATOR_HOME);
    return true;
}

bool calculator_history(struct turn *turn, struct error *err)
{
    bool own = false;
    bool ok = screen_read_begin(turn, &own, err) && show_page(turn, err);
    screen_read_end(turn, own);
    return ok || error_context(err, "calculator");
}

static bool show_entry(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct admin_log_entry entry;
    struct calculator_sum sum;
    const char *admin;
    struct keyboard keyboard;
    if (!admin_log_get(work, turn->numbers[0], &entry, err))
        return screen_explain(turn, err);
    if (!str_equal(entry.subject, CALCULATOR_SUBJECT) || !calculator_sum_read(entry.after, &sum)) {
        page_answer(work, &turn->page, say_label(work, TEXT_ALERT_NOT_FOUND), true);
        return true;
    }
    if (!log_actor(turn, entry.actor_id, &admin, err))
        return false;
    keyboard_begin(&keyboard);
    screen_button(turn, &keyboard, TEXT_BUTTON_CALCULATOR_AGAIN, "%s", calculator_again(&sum));
    screen_show(turn,
                say(work, TEXT_CALCULATOR_ENTRY,
                    TEXT_VALUES(TV_HTML("isi", calculator_sum_html(work, &sum)),
                                TV("tanggal", say_date(work, entry.created_ms)), TV_HTML("admin", admin))),
                &keyboard, arena_printf(work->arena, "ach:0"));
    return true;
}

bool calculator_entry(struct turn *turn, struct error *err)
{
    bool own = false;
    bool ok = screen_read_begin(turn, &own, err) && show_entry(turn, err);
    screen_read_end(turn, own);
    return ok || error_context(err, "calculator");
}

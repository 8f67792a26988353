/* Alerts on the owner's screen: the open ones, and one of them to acknowledge or to mute. */
#include <inttypes.h>

#include "bot/owner/screens.h"
#include "bot/owner/words.h"

enum { ON_PAGE = 6, HOURS_MOST = 24 * 7, BUTTON_LIMIT = 50 };
enum { HOUR_MS = 3600 * 1000 };

const char *owner_person_html(struct work *work, int64_t id)
{
    if (!id)
        return str_html(work->arena, say_label(work, TEXT_OWNER_ALERT_OPERATOR));
    return arena_printf(work->arena, "<a href=\"tg://user?id=%" PRId64 "\">%" PRId64 "</a>", id, id);
}

/* Whether it was acknowledged, muted, is over: lines of their own; "" where there is nothing to say. */
static const char *notes_html(struct work *work, const struct alert_row *row)
{
    struct str s = STR_INIT(work->arena);
    if (row->acked_ms)
        str_addf(&s, "\n%s",
                 say(work, TEXT_OWNER_ALERT_NOTE_ACKED,
                     TEXT_VALUES(TV_HTML("orang", owner_person_html(work, row->acked_by)),
                                 TV("waktu", say_date(work, row->acked_ms)))));
    if (!row->recovered_ms && row->muted_until_ms > work->now_ms)
        str_addf(&s, "\n%s",
                 say(work, TEXT_OWNER_ALERT_NOTE_MUTED,
                     TEXT_VALUES(TV("waktu", say_date(work, row->muted_until_ms)))));
    if (row->recovered_ms)
        str_addf(&s, "\n%s",
                 say(work, TEXT_OWNER_ALERT_NOTE_RECOVERED,
                     TEXT_VALUES(TV("waktu", say_date(work, row->recovered_ms)))));
    return str_done(&s);
}

/* --- the list --- */

const char *alerts_lines(struct work *work, const struct alert_row *rows, size_t count)
{
    struct str s = STR_INIT(work->arena);
    for (size_t i = 0; i < count; i++) {
        bool muted = rows[i].muted_until_ms > work->now_ms;
        const char *note = rows[i].recovered_ms ? "" : rows[i].acked_ms ? " ✅" : muted ? " 🔕" : "";
        str_add(&s, i ? "\n\n" : "");
        str_add(&s, say(work, TEXT_OWNER_ALERTS_LINE,
                        TEXT_VALUES(TV("tanda", words_sign(rows[i].kind)), TV("toko", words_store(&rows[i])),
                                    TV("apa", words_title(work, &rows[i])),
                                    TV("jumlah", say_number(work, rows[i].count)),
                                    TV("waktu", say_date(work, rows[i].last_ms)), TV("catatan", note))));
    }
    return str_done(&s);
}

void alerts_buttons(struct work *work, struct keyboard *keyboard, const struct alert_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *label = arena_printf(work->arena, "%s [%s] %s", words_sign(rows[i].kind),
                                         words_store(&rows[i]), words_title(work, &rows[i]));
        keyboard_row(keyboard);
        keyboard_data(keyboard, str_utf8_cut(work->arena, label, BUTTON_LIMIT), STYLE_NONE, "oai:%" PRId64,
                      rows[i].id);
    }
    keyboard_row(keyboard);
}

bool alerts_open_count(struct work *work, const char *store, int64_t *count_out, struct error *err)
{
    int64_t counts[ALERT_SEVERITIES], sum = 0;
    if (!alert_open_counts(work, store, counts, err))
        return false;
    for (int i = 0; i < ALERT_SEVERITIES; i++)
        sum += counts[i];
    *count_out = sum;
    return true;
}

/* Those older than that one; 0: from the newest on. */
static bool show_list(struct turn *turn, int64_t before_id, struct error *err)
{
    struct work *work = turn->work;
    struct alert_row *rows;
    size_t count;
    int64_t open;
    if (!alerts_open_count(work, NULL, &open, err) ||
        !alert_list(work, NULL, before_id, ON_PAGE + 1, &rows, &count, err))
        return error_context(err, "alerts");
    bool more = count > ON_PAGE;
    count -= more;
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    alerts_buttons(work, &keyboard, rows, count);
    if (before_id) /* back to the newest: those between may be gone by now */
        keyboard_data(&keyboard, "⏮️", STYLE_NONE, "oa");
    if (more)
        keyboard_data(&keyboard, "➡️", STYLE_NONE, "oaa:%" PRId64, rows[count - 1].id);
    owner_refresh_button(turn, &keyboard, "oa");
    const char *lines =
        count ? alerts_lines(work, rows, count) : say(work, TEXT_OWNER_ALERTS_NONE, TEXT_NO_VALUES);
    screen_show(turn,
                say(work, TEXT_OWNER_ALERTS,
                    TEXT_VALUES(TV("jumlah", say_number(work, open)), TV_HTML("baris", lines))),
                &keyboard, NULL);
    return true;
}

bool alerts_open(struct turn *turn, struct error *err)
{
    return show_list(turn, 0, err);
}

bool alerts_older(struct turn *turn, struct error *err)
{
    return show_list(turn, turn->numbers[0] > 0 ? turn->numbers[0] : 0, err);
}

/* --- one of them --- */

static void add_acts(struct turn *turn, struct keyboard *keyboard, const struct alert_row *row)
{
    long long id = row->id;
    if (row->recovered_ms)
        return;
    if (!row->acked_ms)
        screen_button(turn, keyboard, TEXT_BUTTON_OWNER_ALERT_ACK, "oak:%lld", id);
    keyboard_row(keyboard);
    screen_button(turn, keyboard, TEXT_BUTTON_OWNER_ALERT_HOUR, "oam:%lld:1", id);
    screen_button(turn, keyboard, TEXT_BUTTON_OWNER_ALERT_DAY, "oam:%lld:24", id);
    screen_button(turn, keyboard, TEXT_BUTTON_OWNER_ALERT_WEEK, "oam:%lld:%d", id, HOURS_MOST);
    keyboard_row(keyboard);
    if (row->muted_until_ms > turn->work->now_ms)
        screen_button(turn, keyboard, TEXT_BUTTON_OWNER_ALERT_UNMUTE, "oau:%lld", id);
    keyboard_row(keyboard);
}

static bool show_one(struct turn *turn, int64_t id, struct error *err)
{
    struct work *work = turn->work;
    struct alert_row row;
    if (!alert_get(work, id, &row, err))
        return screen_explain(turn, err);
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    add_acts(turn, &keyboard, &row);
    if (row.store)
        keyboard_data(&keyboard, say(work, TEXT_BUTTON_OWNER_STORE, TEXT_VALUES(TV("toko", row.store))),
                      STYLE_NONE, "ot:%s", row.store);
    owner_refresh_button(turn, &keyboard, arena_printf(work->arena, "oai:%" PRId64, id));
    const char *html = say(
        work, TEXT_OWNER_ALERT,
        TEXT_VALUES(TV("toko", words_store(&row)), TV("tanda", words_sign(row.kind)),
                    TV("apa", words_title(work, &row)), TV_HTML("isi", words_detail(work, &row)),
                    TV("jumlah", say_number(work, row.count)), TV("sejak", say_date(work, row.first_ms)),
                    TV("terakhir", say_date(work, row.last_ms)), TV_HTML("catatan", notes_html(work, &row))));
    screen_show(turn, html, &keyboard, "oa");
    return true;
}

bool alerts_one(struct turn *turn, struct error *err)
{
    return show_one(turn, turn->numbers[0], err);
}

/* After an act: says what came of it, and shows the alert as it is now. */
static bool acted(struct turn *turn, bool done, enum text_key said, struct error *err)
{
    bool over = !done && (err->code == ERR_NOT_FOUND || err->code == ERR_CONFLICT);
    if (!done && !over)
        return error_context(err, "alert");
    if (!show_one(turn, turn->numbers[0], err))
        return false;
    if (turn->page.html)
        page_answer(turn->work, &turn->page, say_label(turn->work, over ? TEXT_OWNER_ALERT_OVER : said),
                    over);
    return true;
}

bool alerts_ack(struct turn *turn, struct error *err)
{
    bool done = alert_ack(turn->work, turn->numbers[0], turn->update->from_id, err);
    return acted(turn, done, TEXT_OWNER_ALERT_ACKED, err);
}

bool alerts_mute(struct turn *turn, struct error *err)
{
    int64_t hours = turn->numbers[1];
    if (hours < 1 || hours > HOURS_MOST)
        return menu_old_button(turn, err);
    bool done = alert_mute(turn->work, turn->numbers[0], turn->work->now_ms + hours * HOUR_MS,
                           turn->update->from_id, err);
    return acted(turn, done, TEXT_OWNER_ALERT_MUTED, err);
}

bool alerts_unmute(struct turn *turn, struct error *err)
{
    bool done = alert_unmute(turn->work, turn->numbers[0], turn->update->from_id, err);
    return acted(turn, done, TEXT_OWNER_ALERT_UNMUTED, err);
}

/* How many people there are, and ways to each of them. */
#include "bot/admin/people.h"

#include <inttypes.h>

#include "base/str.h"
#include "bot/admin/screen.h"
#include "store/active.h"
#include "store/bar.h"
#include "store/conversation.h"
#include "store/counter.h"
#include "store/people.h"

enum {
    OLD_MS = 10 * 60 * 1000, /* figures that are counted anew because somebody looks at them */
    ANEW_MS = 10 * 1000,     /* or because somebody asks for it */
    SEARCH_MS = 30 * 60 * 1000,
    NAME_LIMIT = 16, /* of both names, so that the username is seen */
    LABEL_LIMIT = 60,
    SHOWN_LIMIT = 64,
};

/* --- counts --- */

static const char *when_counted(struct work *work, const struct counters *counters, bool counting)
{
    if (!counters->counted_ms)
        return say_label(work, TEXT_PEOPLE_NOT_COUNTED);
    return say(work, counting ? TEXT_PEOPLE_COUNTING : TEXT_PEOPLE_COUNTED,
               TEXT_VALUES(TV("tanggal", say_date(work, counters->counted_ms))));
}

static void show_home(struct turn *turn, const struct counters *counters, bool counting)
{
    struct work *work = turn->work;
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    screen_button(turn, &keyboard, TEXT_BUTTON_PEOPLE_SEARCH, "aus");
    screen_button(turn, &keyboard, TEXT_BUTTON_PEOPLE_NEWEST, "aun:0");
    keyboard_row(&keyboard);
    screen_button(turn, &keyboard, TEXT_BUTTON_PEOPLE_BARRED, "aub:0");
    screen_button(turn, &keyboard, TEXT_BUTTON_PEOPLE_COUNT, "auc");
    bool known = counters->counted_ms;
    const char *html = say(work, TEXT_PEOPLE,
                           TEXT_VALUES(TV("total", say_number(work, counters->users)),
                                       TV("memblokir", say_number(work, counters->unreachable)),
                                       TV("diblokir", say_number(work, (int64_t)bar_count(work))),
                                       TV("minggu", known ? say_number(work, counters->active_week) : "–"),
                                       TV("bulan", known ? say_number(work, counters->active_month) : "–"),
                                       TV("waktu", when_counted(work, counters, counting))));
    screen_show(turn, html, &keyboard, NULL);
}

/* Figures older than `most_ms` are counted anew, in the background. */
static bool home(struct turn *turn, int64_t most_ms, struct error *err)
{
    struct counters counters;
    if (!counter_get(turn->work, &counters, err))
        return error_context(err, "people");
    bool old = turn->work->now_ms - counters.counted_ms > most_ms;
    if (old && (!turn_restart(turn, err) || !active_ask(turn->work, err)))
        return error_context(err, "people");
    show_home(turn, &counters, old);
    return true;
}

bool people_home(struct turn *turn, struct error *err)
{
    return home(turn, OLD_MS, err);
}

bool people_count_again(struct turn *turn, struct error *err)
{
    return home(turn, ANEW_MS, err);
}

/* --- lists --- */

/* "⛔ Budi Santoso (@budi)" */
static const char *label_of(struct work *work, const struct people_row *person)
{
    const char *sign = person->barred_ms ? "⛔ " : person->reachable ? "" : "🔇 ";
    const char *first = str_utf8_cut(work->arena, person->first_name, NAME_LIMIT);
    const char *last = person->last_name ? str_utf8_cut(work->arena, person->last_name, NAME_LIMIT) : NULL;
    const char *name = say_name(work, first, last);
    bool has_username = person->username && *person->username;
    const char *label = has_username ? arena_printf(work->arena, "%s%s (@%s)", sign, name, person->username)
                                     : arena_printf(work->arena, "%s%s", sign, name);
    return str_utf8_cut(work->arena, label, LABEL_LIMIT);
}

static void add_people(struct work *work, struct keyboard *keyboard, const struct people_row *people,
                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        keyboard_row(keyboard);
        keyboard_data(keyboard, label_of(work, &people[i]), STYLE_NONE, "aud:%" PRId64,
                      people[i].telegram_id);
    }
    keyboard_row(keyboard);
}

static void show_list(struct turn *turn, enum text_key title, const char *verb,
                      const struct people_list *list)
{
    struct work *work = turn->work;
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    add_people(work, &keyboard, list->people, list->count);
    if (list->before)
        keyboard_data(&keyboard, "⬅️", STYLE_NONE, "%s:%" PRId64, verb, list->before);
    if (list->after)
        keyboard_data(&keyboard, "➡️", STYLE_NONE, "%s:%" PRId64, verb, list->after);
    enum text_key line = list->count ? TEXT_PEOPLE_CHOOSE : TEXT_PEOPLE_NOBODY;
    screen_show(turn,
                arena_printf(work->arena, "%s\n\n%s", say(work, title, TEXT_NO_VALUES),
                             say(work, line, TEXT_NO_VALUES)),
                &keyboard, "au");
}

bool people_list_newest(struct turn *turn, struct error *err)
{
    struct people_list list;
    if (!people_newest(turn->work, turn->numbers[0], &list, err))
        return false;
    show_list(turn, TEXT_PEOPLE_NEWEST, "aun", &list);
    return true;
}

bool people_list_barred(struct turn *turn, struct error *err)
{
    struct people_list list;
    if (!people_barred(turn->work, turn->numbers[0], &list, err))
        return false;
    show_list(turn, TEXT_PEOPLE_BARRED, "aub", &list);
    return true;
}

/* --- what a search found --- */

/* Pages go forwards alone: they are named by who was found last. */
static void show_found(struct turn *turn, const char *typed, int64_t after, const struct people_found *found)
{
    struct work *work = turn->work;
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    add_people(work, &keyboard, found->people, found->count);
    if (after)
        keyboard_data(&keyboard, "⏮", STYLE_NONE, "aur:0:0");
    if (found->has_more) {
        const struct people_row *last = &found->people[found->count - 1];
        keyboard_data(&keyboard, "➡️", STYLE_NONE, "aur:%" PRId64 ":%d", last->telegram_id,
                      last->by_username);
    }
    keyboard_row(&keyboard);
    screen_button(turn, &keyboard, TEXT_BUTTON_PEOPLE_SEARCH, "aus");
    const char *cut = str_utf8_cut(work->arena, typed, SHOWN_LIMIT);
    screen_show(
        turn,
        say(work, found->count ? TEXT_PEOPLE_FOUND : TEXT_PEOPLE_FOUND_NOBODY, TEXT_VALUES(TV("cari", cut))),
        &keyboard, "au");
}

bool people_show_found(struct turn *turn, const char *typed, struct error *err)
{
    struct work *work = turn->work;
    struct people_found found;
    if (!people_search(work, typed, 0, false, &found, err) ||
        !conversation_set_with(work, turn->update->from_id, PEOPLE_CONVERSATION, turn->update->update_id,
                               typed, work->now_ms + SEARCH_MS, err))
        return error_context(err, "people");
    if (found.count == 1)
        return people_show(turn, found.people[0].telegram_id, NULL, err);
    show_found(turn, typed, 0, &found);
    return true;
}

bool people_take_search(struct turn *turn, int64_t ref, struct error *err)
{
    const char *text = turn->update->text;
    if (text)
        return people_show_found(turn, text, err);
    screen_say(turn, say(turn->work, TEXT_PEOPLE_SEARCH_ASK, TEXT_NO_VALUES), "au");
    return true;
}

/* Numbers: the person behind whom the page begins, and whether they were found by their username. */
bool people_list_found(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct people_found found;
    int64_t ref, after = turn->numbers[0];
    const char *typed = NULL;
    bool ok = work_begin(work, err) &&
              conversation_data(work, turn->update->from_id, PEOPLE_CONVERSATION, &ref, &typed, err) &&
              (!typed || people_search(work, typed, after, turn->numbers[1] == 1, &found, err));
    work_end(work);
    if (!ok)
        return error_context(err, "people");
    if (typed) {
        show_found(turn, typed, after, &found);
        return true;
    }
    page_answer(work, &turn->page, say_label(work, TEXT_ALERT_PEOPLE_SEARCH_OVER), true);
    return home(turn, OLD_MS, err);
}

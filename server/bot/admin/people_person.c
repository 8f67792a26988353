/* One person: what the store knows of them, their money, and whether they are let in. */
#include <inttypes.h>

#include "base/str.h"
#include "bot/admin/people.h"
#include "bot/admin/screen.h"
#include "bot/ledger_lines.h"
#include "store/bar.h"
#include "store/ledger.h"
#include "store/order_search.h"
#include "store/people.h"
#include "store/profile.h"

enum { ENTRIES_ON_A_PAGE = 10, LANGUAGE_LIMIT = 20 };

struct sight {
    struct people_detail detail;
    struct profile profile;
};

static bool look(struct work *work, int64_t telegram_id, struct sight *sight_out, struct error *err)
{
    bool own = !work->tx;
    bool ok = (!own || work_begin(work, err)) && people_get(work, telegram_id, &sight_out->detail, err) &&
              profile_get(work, telegram_id, &sight_out->profile, err);
    if (own)
        work_end(work);
    return ok;
}

static bool runs_the_store(const struct work *work, int64_t telegram_id)
{
    return tenant_is_admin(work->tenant, telegram_id) || tenant_is_owner(work->tenant, telegram_id);
}

static const char *person_of(struct work *work, const struct people_row *person)
{
    return say_person(work, person->telegram_id, person->first_name, person->last_name, person->username);
}

/* --- the page --- */

static const char *state_of(struct work *work, const struct people_row *person)
{
    struct str s = STR_INIT(work->arena);
    if (runs_the_store(work, person->telegram_id))
        str_addf(&s, "%s\n", say_label(work, TEXT_PERSON_IS_ADMIN));
    str_add(&s, say_label(work, person->reachable ? TEXT_PERSON_REACHABLE : TEXT_PERSON_UNREACHABLE));
    if (person->barred_ms)
        str_addf(
            &s, "\n%s",
            say(work, TEXT_PERSON_BARRED, TEXT_VALUES(TV("tanggal", say_date(work, person->barred_ms)))));
    return str_done(&s);
}

static void add_buttons(struct turn *turn, struct keyboard *keyboard, const struct people_row *person)
{
    int64_t id = person->telegram_id;
    screen_button(turn, keyboard, TEXT_BUTTON_PERSON_ORDERS, "aol:%d:%" PRId64 ":0", (int)ORDERS_OF_PERSON,
                  id);
    screen_button(turn, keyboard, TEXT_BUTTON_PERSON_HISTORY, "auh:%" PRId64 ":0", id);
    keyboard_row(keyboard);
    screen_button(turn, keyboard, TEXT_BUTTON_PERSON_ADJUST, "auj:%" PRId64, id);
    screen_button(turn, keyboard, TEXT_BUTTON_PERSON_MESSAGE, "aum:%" PRId64, id);
    keyboard_row(keyboard);
    if (person->barred_ms)
        screen_button(turn, keyboard, TEXT_BUTTON_PERSON_LET_IN, "auk:%" PRId64 ":0", id);
    else if (!runs_the_store(turn->work, id))
        screen_button(turn, keyboard, TEXT_BUTTON_PERSON_BAR, "auk:%" PRId64 ":1", id);
}

static const char *page_html(struct work *work, const struct sight *sight)
{
    const struct people_detail *detail = &sight->detail;
    const char *language = detail->language_code && *detail->language_code ? detail->language_code : "–";
    const struct text_value values[] = {
        TV_HTML("pembeli", person_of(work, &detail->person)),
        TV("status", state_of(work, &detail->person)),
        TV("bahasa", str_utf8_cut(work->arena, language, LANGUAGE_LIMIT)),
        TV("sejak", say_date(work, detail->created_ms)),
        TV("terakhir", say_date(work, detail->seen_ms)),
        TV("saldo", say_price(work, sight->profile.balance)),
        TV("jumlah", say_number(work, sight->profile.purchases)),
        TV("total", say_price(work, sight->profile.spent)),
    };
    return say(work, TEXT_PERSON, values, sizeof values / sizeof values[0]);
}

bool people_show(struct turn *turn, int64_t telegram_id, const char *line, struct error *err)
{
    struct work *work = turn->work;
    struct sight sight;
    struct keyboard keyboard;
    if (!look(work, telegram_id, &sight, err))
        return screen_explain(turn, err) || error_context(err, "person");
    keyboard_begin(&keyboard);
    add_buttons(turn, &keyboard, &sight.detail.person);
    const char *html = page_html(work, &sight);
    screen_show(turn, line ? arena_printf(work->arena, "%s\n\n%s", line, html) : html, &keyboard, "au");
    return true;
}

bool people_open(struct turn *turn, struct error *err)
{
    return people_show(turn, turn->numbers[0], NULL, err);
}

/* --- the balance's history --- */

/* Numbers: the person, the entry the page's ones are before. A page that is not there is the newest one. */
bool people_history(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    int64_t id = turn->numbers[0], before = turn->numbers[1] > 0 ? turn->numbers[1] : 0;
    struct sight sight;
    struct ledger_page page;
    struct keyboard keyboard;
    bool ok = work_begin(work, err) && look(work, id, &sight, err) &&
              ledger_list(work, id, before, ENTRIES_ON_A_PAGE, &page, err) &&
              (page.count || !before || ledger_list(work, id, 0, ENTRIES_ON_A_PAGE, &page, err));
    work_end(work);
    if (!ok)
        return screen_explain(turn, err) || error_context(err, "person");
    keyboard_begin(&keyboard);
    if (page.has_newer)
        keyboard_data(&keyboard, "⬅️", STYLE_NONE, "auh:%" PRId64 ":%" PRId64, id, page.newer);
    if (page.has_older)
        keyboard_data(&keyboard, "➡️", STYLE_NONE, "auh:%" PRId64 ":%" PRId64, id, page.older);
    screen_show(turn,
                say(work, TEXT_PERSON_HISTORY,
                    TEXT_VALUES(TV_HTML("pembeli", person_of(work, &sight.detail.person)),
                                TV("saldo", say_price(work, sight.profile.balance)),
                                TV_HTML("baris", ledger_lines(work, &page)))),
                &keyboard, arena_printf(work->arena, "aud:%" PRId64, id));
    return true;
}

/* --- shutting out, letting in --- */

/* Numbers: the person; 1 to shut out, 0 to let in. */
bool people_ask_bar(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    int64_t id = turn->numbers[0];
    bool out = turn->numbers[1] == 1;
    struct people_detail detail;
    if (!people_get(work, id, &detail, err))
        return screen_explain(turn, err) || error_context(err, "person");
    screen_ask(turn,
               say(work, out ? TEXT_PERSON_ASK_BAR : TEXT_PERSON_ASK_LET_IN,
                   TEXT_VALUES(TV_HTML("pembeli", person_of(work, &detail.person)))),
               arena_printf(work->arena, "auy:%" PRId64 ":%d", id, out),
               arena_printf(work->arena, "aud:%" PRId64, id));
    return true;
}

bool people_bar(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    int64_t id = turn->numbers[0];
    bool out = turn->numbers[1] == 1;
    if (bar_put(work, turn->update->from_id, id, out, err)) {
        page_answer(work, &turn->page,
                    say_label(work, out ? TEXT_ALERT_PERSON_BARRED : TEXT_ALERT_PERSON_LET_IN), false);
        return people_show(turn, id, NULL, err);
    }
    if (err->code == ERR_INVALID)
        page_answer(work, &turn->page, say_label(work, TEXT_ALERT_PERSON_IS_ADMIN), true);
    else if (err->code == ERR_NOT_FOUND || !screen_explain(turn, err))
        return screen_explain(turn, err) || error_context(err, "person");
    return people_show(turn, id, NULL, err); /* as it is now */
}

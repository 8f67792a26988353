/* What admins type about people: whom they look for, an amount for a balance, a message. */
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "bot/admin/people.h"
#include "bot/admin/screen.h"
#include "bot/amount.h"
#include "bot/ledger_lines.h"
#include "bot/outgoing.h"
#include "store/admin_log.h"
#include "store/ledger.h"
#include "store/people.h"

enum { MOST_SEARCHED = 200, MOST_NOTE = 500, MOST_MESSAGE = 3000 };

static const char *back_to_person(struct turn *turn, const struct wizard *wizard)
{
    return arena_printf(turn->work->arena, "aud:%" PRId64, wizard_number(wizard, "person"));
}

/* One who is not known (any more) is told by a popup, and nothing else happens: `*found_out`. */
static bool find_person(struct turn *turn, struct people_detail *detail_out, bool *found_out,
                        struct error *err)
{
    *found_out = people_get(turn->work, turn->numbers[0], detail_out, err);
    return *found_out || screen_explain(turn, err) || error_context(err, "person");
}

/* A form about the button's person. */
static bool open_about(struct turn *turn, const struct wizard_kind *kind, struct error *err)
{
    struct wizard *wizard = wizard_new(turn, kind);
    wizard_put_number(wizard, "person", turn->numbers[0]);
    return wizard_open(turn, wizard, err);
}

static const char *person_html(struct work *work, const struct people_row *person)
{
    return say_person(work, person->telegram_id, person->first_name, person->last_name, person->username);
}

/* --- the search --- */

static bool search_finish(struct turn *turn, struct wizard *wizard, struct error *err)
{
    return people_show_found(turn, wizard_text(wizard, "text"), err);
}

static const char *search_back(struct turn *turn, const struct wizard *wizard)
{
    return "au";
}

static const struct wizard_step search_steps[] = {
    {.name = "text",
     .label = -1,
     .prompt = TEXT_PEOPLE_SEARCH_ASK,
     .takes = WIZARD_LINE,
     .most = MOST_SEARCHED},
    {0},
};

const struct wizard_kind people_search_wizard = {
    .name = "people_search",
    .title = TEXT_PEOPLE_SEARCH_TITLE,
    .role = ROLE_ADMIN,
    .steps = search_steps,
    .finish = search_finish,
    .back = search_back,
};

bool people_ask_search(struct turn *turn, struct error *err)
{
    return wizard_open(turn, wizard_new(turn, &people_search_wizard), err);
}

/* --- a balance --- */

/* "+10000", "-5.000", "−5rb": without a sign it could mean two things. */
static bool read_change(const char *text, int64_t *change_out)
{
    static const char *const minus[] = {"-", "−", "–", "—"};
    int64_t amount;
    text += strspn(text, " ");
    for (size_t i = 0; i < sizeof minus / sizeof minus[0]; i++)
        if (str_starts_with(text, minus[i]) && amount_read(text + strlen(minus[i]), &amount)) {
            *change_out = -amount;
            return true;
        }
    if (*text != '+' || !amount_read(text + 1, &amount))
        return false;
    *change_out = amount;
    return true;
}

static const char *why_short(struct turn *turn, int64_t balance)
{
    return say(turn->work, TEXT_ADJUST_WHY_SHORT, TEXT_VALUES(TV("saldo", say_price(turn->work, balance))));
}

static bool adjust_check(struct turn *turn, struct wizard *wizard, const char **why_out, struct error *err)
{
    int64_t change, balance;
    if (!read_change(wizard_text(wizard, "amount"), &change)) {
        *why_out = say(turn->work, TEXT_ADJUST_WHY_AMOUNT, TEXT_NO_VALUES);
        return true;
    }
    if (!ledger_balance(turn->work, wizard_number(wizard, "person"), &balance, err))
        return false;
    wizard_put_number(wizard, "change", change);
    if (change < 0 && balance < -change)
        *why_out = why_short(turn, balance);
    return true;
}

static const char *adjust_show(struct turn *turn, const struct wizard *wizard)
{
    return ledger_signed(turn->work, wizard_number(wizard, "change"));
}

static bool adjust_preview(struct turn *turn, struct wizard *wizard, const char **html_out, struct error *err)
{
    struct work *work = turn->work;
    struct people_detail detail;
    int64_t balance, id = wizard_number(wizard, "person"), change = wizard_number(wizard, "change");
    if (!people_get(work, id, &detail, err) || !ledger_balance(work, id, &balance, err))
        return false;
    *html_out =
        say(work, TEXT_ADJUST_PREVIEW,
            TEXT_VALUES(TV_HTML("pembeli", person_html(work, &detail.person)),
                        TV("harga", ledger_signed(work, change)), TV("saldo", say_price(work, balance)),
                        TV("total", say_price(work, balance + change))));
    return true;
}

static bool adjust_finish(struct turn *turn, struct wizard *wizard, struct error *err)
{
    struct work *work = turn->work;
    int64_t balance, id = wizard_number(wizard, "person"), change = wizard_number(wizard, "change");
    const struct correction by = screen_correction(turn, wizard_text(wizard, "note"));
    if (correction_adjust_balance(work, &by, id, change, &balance, err)) {
        const char *line =
            say(work, TEXT_ADJUST_DONE,
                TEXT_VALUES(TV("harga", ledger_signed(work, change)), TV("saldo", say_price(work, balance))));
        return people_show(turn, id, line, err);
    }
    if (err->code != ERR_INVALID) /* spent meanwhile: nothing was written */
        return false;
    return ledger_balance(work, id, &balance, err) &&
           wizard_ask_again(turn, wizard, "amount", why_short(turn, balance), err);
}

static const struct wizard_step adjust_steps[] = {
    {.name = "amount",
     .label = TEXT_ADJUST_LABEL_AMOUNT,
     .prompt = TEXT_ADJUST_ASK_AMOUNT,
     .takes = WIZARD_LINE,
     .most = 40,
     .check = adjust_check,
     .show = adjust_show},
    {.name = "note",
     .label = TEXT_ADJUST_LABEL_NOTE,
     .prompt = TEXT_ADJUST_ASK_NOTE,
     .takes = WIZARD_TEXT,
     .most = MOST_NOTE},
    {0},
};

const struct wizard_kind people_adjust_wizard = {
    .name = "people_adjust",
    .title = TEXT_ADJUST_TITLE,
    .role = ROLE_ADMIN,
    .steps = adjust_steps,
    .confirms = true,
    .preview = adjust_preview,
    .finish = adjust_finish,
    .back = back_to_person,
};

bool people_ask_adjust(struct turn *turn, struct error *err)
{
    struct people_detail detail;
    bool found;
    if (!find_person(turn, &detail, &found, err))
        return false;
    return !found || open_about(turn, &people_adjust_wizard, err);
}

/* --- a message --- */

static const char *message_html(struct work *work, const char *text)
{
    return say(work, TEXT_MESSAGE_FROM_ADMIN,
               TEXT_VALUES(TV("store_name", work->tenant->title), TV("isi", text),
                           TV_HTML("kontak", say_contact(work))));
}

static bool message_preview(struct turn *turn, struct wizard *wizard, const char **html_out,
                            struct error *err)
{
    struct work *work = turn->work;
    struct people_detail detail;
    if (!people_get(work, wizard_number(wizard, "person"), &detail, err))
        return false;
    *html_out = say(work, TEXT_MESSAGE_PREVIEW,
                    TEXT_VALUES(TV_HTML("pembeli", person_html(work, &detail.person)),
                                TV_HTML("isi", message_html(work, wizard_text(wizard, "text")))));
    return true;
}

/* Who can't be reached is not written to: the admin is told so at once, and where Telegram says it, later. */
static bool message_finish(struct turn *turn, struct wizard *wizard, struct error *err)
{
    struct work *work = turn->work;
    struct people_detail detail;
    int64_t id = wizard_number(wizard, "person"), update_id = turn->update->update_id;
    const char *text = wizard_text(wizard, "text");
    if (!people_get(work, id, &detail, err))
        return false;
    if (!detail.person.reachable)
        return people_show(turn, id, say(work, TEXT_MESSAGE_UNREACHABLE, TEXT_NO_VALUES), err);
    const struct admin_log entry = {
        .actor_id = turn->update->from_id,
        .action = "message",
        .subject = "user",
        .subject_id = id,
        .note = text,
        .key = arena_printf(work->arena, EFFECT_ADMIN_MESSAGE ":%" PRId64, update_id),
    };
    const struct outgoing outgoing = {
        .chat_id = id, .html = message_html(work, text), .effect = EFFECT_ADMIN_MESSAGE, .ref = update_id};
    return admin_log_add(work, &entry, err) && outgoing_add(work, &outgoing, err) &&
           people_show(turn, id, say(work, TEXT_MESSAGE_SENT, TEXT_NO_VALUES), err);
}

static const struct wizard_step message_steps[] = {
    {.name = "text", .label = -1, .prompt = TEXT_MESSAGE_ASK, .takes = WIZARD_TEXT, .most = MOST_MESSAGE},
    {0},
};

const struct wizard_kind people_message_wizard = {
    .name = "people_message",
    .title = TEXT_MESSAGE_TITLE,
    .role = ROLE_ADMIN,
    .steps = message_steps,
    .confirms = true,
    .preview = message_preview,
    .finish = message_finish,
    .back = back_to_person,
};

bool people_ask_message(struct turn *turn, struct error *err)
{
    struct people_detail detail;
    bool found;
    if (!find_person(turn, &detail, &found, err))
        return false;
    if (!found)
        return true;
    if (!detail.person.reachable) {
        page_answer(turn->work, &turn->page, say_label(turn->work, TEXT_ALERT_PERSON_UNREACHABLE), true);
        return people_show(turn, turn->numbers[0], NULL, err);
    }
    return open_about(turn, &people_message_wizard, err);
}

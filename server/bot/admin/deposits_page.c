/* One deposit: what there is to know, its proof, and what is decided about it. */
#include <inttypes.h>

#include "bot/admin/admin.h"
#include "bot/admin/deposits.h"
#include "bot/admin/screen.h"
#include "bot/admin/settling.h"
#include "bot/admin/story.h"
#include "store/user.h"

enum { NAME_LIMIT = 40, MOST_REASON = 500 };

static const struct {
    const char *sign;
    enum text_key words;
} states[] = {
    [DEPOSIT_PENDING] = {"⏳", TEXT_DEPOSIT_IS_PENDING},
    [DEPOSIT_REVIEW] = {"🔎", TEXT_DEPOSIT_IS_REVIEW},
    [DEPOSIT_COMPLETED] = {"✅", TEXT_DEPOSIT_IS_COMPLETED},
    [DEPOSIT_CANCELLED] = {"❌", TEXT_DEPOSIT_IS_CANCELLED},
    [DEPOSIT_EXPIRED] = {"⏰", TEXT_DEPOSIT_IS_EXPIRED},
    [DEPOSIT_REJECTED] = {"🚫", TEXT_DEPOSIT_IS_REJECTED},
};

const char *deposits_sign(enum deposit_state state)
{
    return states[state].sign;
}

static const char *say_state(struct work *work, enum deposit_state state)
{
    return arena_printf(work->arena, "%s %s", states[state].sign, say_label(work, states[state].words));
}

/* --- what there is to know --- */

static const char *say_dates(struct work *work, const struct deposit_record *record)
{
    struct str s = STR_INIT(work->arena);
    const struct deposit *deposit = &record->deposit;
    bool ended = deposit->state == DEPOSIT_CANCELLED || deposit->state == DEPOSIT_EXPIRED;
    story_add_date(work, &s, TEXT_PURCHASE_MADE, deposit->created_ms, "");
    story_add_date(work, &s, TEXT_PURCHASE_PAY_BEFORE,
                   deposit->state == DEPOSIT_PENDING ? deposit->expires_ms : 0, "");
    story_add_date(work, &s, TEXT_DEPOSIT_PROVED_AT, deposit->proved_ms, "");
    story_add_date(work, &s, TEXT_DEPOSIT_BOOKED_AT, deposit->completed_ms, record->decided_by);
    story_add_date(work, &s, TEXT_DEPOSIT_REJECTED_AT,
                   deposit->state == DEPOSIT_REJECTED ? deposit->ended_ms : 0, record->decided_by);
    story_add_date(work, &s, TEXT_PURCHASE_ENDED_AT, ended ? deposit->ended_ms : 0,
                   story_reason(work, record->end_reason));
    return str_done(&s);
}

static const char *page_html(struct work *work, const struct deposit_record *record, const char *line)
{
    const struct deposit *deposit = &record->deposit;
    const struct person *person = &record->person;
    const char *payments = story_payments(work, record->payments, record->payment_count);
    const char *html = say(
        work, TEXT_ADMIN_DEPOSIT,
        TEXT_VALUES(TV("nomor", say_number(work, deposit->id)), TV("order_id", deposit->reference),
                    TV("harga", say_price(work, deposit->amount)),
                    TV("jenis", say_label(work, deposit->kind == DEPOSIT_MANUAL ? TEXT_DEPOSIT_BY_HAND
                                                                                : TEXT_DEPOSIT_BY_GATEWAY)),
                    TV("status", say_state(work, deposit->state)),
                    TV_HTML("pembeli", say_person(work, person->telegram_id, person->first_name,
                                                  person->last_name, person->username)),
                    TV_HTML("pembayaran", *payments ? arena_printf(work->arena, "%s\n\n", payments) : ""),
                    TV_HTML("tanggal", say_dates(work, record))));
    return line ? arena_printf(work->arena, "%s\n\n%s", line, html) : html;
}

static bool can_confirm(const struct deposit *deposit)
{
    return deposit->state == DEPOSIT_REVIEW || deposit->state == DEPOSIT_REJECTED;
}

static void add_buttons(struct turn *turn, struct keyboard *keyboard, const struct deposit_record *record)
{
    struct work *work = turn->work;
    const struct deposit *deposit = &record->deposit;
    if (record->parked)
        settling_buttons(turn, keyboard, record->parked);
    keyboard_row(keyboard);
    if (record->has_proof)
        screen_button(turn, keyboard, TEXT_BUTTON_PROOF, "agp:%" PRId64, deposit->id);
    keyboard_row(keyboard);
    if (can_confirm(deposit))
        keyboard_data(keyboard, say_label(work, TEXT_BUTTON_TAKE_TRANSFER), STYLE_SUCCESS, "agc:%" PRId64,
                      deposit->id);
    if (deposit->state == DEPOSIT_REVIEW)
        keyboard_data(keyboard, say_label(work, TEXT_BUTTON_REFUSE_TRANSFER), STYLE_DANGER, "agj:%" PRId64,
                      deposit->id);
    keyboard_row(keyboard);
    screen_button(turn, keyboard, TEXT_BUTTON_STORY, "agh:%" PRId64 ":0", deposit->id);
    screen_button(turn, keyboard, TEXT_BUTTON_BUYER, "aud:%" PRId64, deposit->telegram_id);
    keyboard_row(keyboard);
    screen_button(turn, keyboard, TEXT_BUTTON_REFRESH, "agd:%" PRId64, deposit->id);
}

static bool open_deposit(struct turn *turn, int64_t deposit_id, enum deposit_filter filter, int64_t ref,
                         const char *line, struct error *err)
{
    struct deposit_record record;
    struct keyboard keyboard;
    if (!deposit_search_record(turn->work, deposit_id, &record, err))
        return screen_explain(turn, err) || error_context(err, "deposit");
    keyboard_begin(&keyboard);
    add_buttons(turn, &keyboard, &record);
    /* to the list's page that begins with this deposit */
    int64_t from = filter == DEPOSITS_REVIEW ? deposit_id - 1 : deposit_id + 1;
    screen_show(
        turn, page_html(turn->work, &record, line), &keyboard,
        arena_printf(turn->work->arena, "%s:%" PRId64, deposits_list_prefix(turn, filter, ref), from));
    return true;
}

bool deposits_show(struct turn *turn, int64_t deposit_id, const char *line, struct error *err)
{
    return open_deposit(turn, deposit_id, DEPOSITS_ALL, 0, line, err);
}

bool deposits_detail(struct turn *turn, struct error *err)
{
    return deposits_show(turn, turn->numbers[0], NULL, err);
}

/* Numbers: the deposit, and the list it was chosen from. */
bool deposits_detail_in_list(struct turn *turn, struct error *err)
{
    int64_t filter = turn->numbers[1];
    bool known = filter >= 0 && filter < DEPOSIT_FILTERS;
    return open_deposit(turn, turn->numbers[0], known ? (enum deposit_filter)filter : DEPOSITS_ALL,
                        known ? turn->numbers[2] : 0, NULL, err);
}

bool deposits_history(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    int64_t id = turn->numbers[0];
    struct story story = {.verb = "agh", .id = id, .back = arena_printf(work->arena, "agd:%" PRId64, id)};
    if (!history_of_deposit(work, id, &story.events, &story.count, err))
        return error_context(err, "deposit");
    if (!story.count) {
        page_answer(work, &turn->page, say_label(work, TEXT_ALERT_NOT_FOUND), true);
        return true;
    }
    story.title = say(work, TEXT_DEPOSIT_STORY, TEXT_VALUES(TV("nomor", say_number(work, id))));
    story_show(turn, &story, turn->numbers[1]);
    return true;
}

/* --- decisions --- */

static bool show_changed(struct turn *turn, int64_t deposit_id, struct error *err)
{
    page_answer(turn->work, &turn->page, say_label(turn->work, TEXT_ALERT_CHANGED_MEANWHILE), true);
    return deposits_show(turn, deposit_id, NULL, err);
}

/* The photo, to this admin alone, with the buttons of the first one where nobody has decided yet. */
bool deposits_proof(struct turn *turn, struct error *err)
{
    struct deposit deposit;
    if (!deposit_get(turn->work, turn->numbers[0], false, &deposit, err))
        return screen_explain(turn, err) || error_context(err, "deposit");
    return transfers_send_proof(turn, &deposit, err) || error_context(err, "proof");
}

/* What an admin says yes or no to: "#5 · Budi · Rp 50.000", plain. */
static const char *name_of(struct work *work, const struct deposit_record *record)
{
    const char *name = say_name(work, record->person.first_name, record->person.last_name);
    return arena_printf(work->arena, "#%" PRId64 " · %s · %s", record->deposit.id,
                        str_utf8_cut(work->arena, name, NAME_LIMIT), say_price(work, record->deposit.amount));
}

bool deposits_confirm_ask(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    int64_t id = turn->numbers[0];
    struct deposit_record record;
    if (!deposit_search_record(work, id, &record, err))
        return screen_explain(turn, err) || error_context(err, "deposit");
    if (!can_confirm(&record.deposit))
        return show_changed(turn, id, err);
    bool again = record.deposit.state == DEPOSIT_REJECTED;
    screen_ask(turn,
               say(work, again ? TEXT_DEPOSIT_CONFIRM_SURE_AGAIN : TEXT_DEPOSIT_CONFIRM_SURE,
                   TEXT_VALUES(TV("isi", name_of(work, &record)),
                               TV("harga", say_price(work, record.deposit.amount)))),
               arena_printf(work->arena, "agk:%" PRId64 ":%d", id, (int)record.deposit.state),
               arena_printf(work->arena, "agd:%" PRId64, id));
    return true;
}

/* Numbers: the deposit, and its state as the admin saw it. */
bool deposits_confirm(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    int64_t id = turn->numbers[0];
    struct deposit deposit;
    const struct correction correction = screen_correction(turn, say_label(work, TEXT_ADMIN_CONFIRM_NOTE));
    if (!user_lock_of_bill(work, 0, id, err) || !deposit_get(work, id, true, &deposit, err))
        return screen_explain(turn, err) || error_context(err, "deposit");
    if (!can_confirm(&deposit) || (int64_t)deposit.state != turn->numbers[1])
        return show_changed(turn, id, err);
    if (!correction_confirm_deposit(work, &correction, id, err))
        return error_context(err, "deposit");
    return deposits_show(
        turn, id,
        say(work, TEXT_DEPOSIT_CONFIRM_DONE, TEXT_VALUES(TV("harga", say_price(work, deposit.amount)))), err);
}

bool deposits_reject(struct turn *turn, struct error *err)
{
    int64_t id = turn->numbers[0];
    struct deposit_record record;
    if (!deposit_search_record(turn->work, id, &record, err))
        return screen_explain(turn, err) || error_context(err, "deposit");
    if (record.deposit.state != DEPOSIT_REVIEW)
        return show_changed(turn, id, err);
    struct wizard *wizard = wizard_new(turn, &deposits_reject_wizard);
    wizard_put_number(wizard, "deposit", id);
    wizard_put_text(wizard, WIZARD_ABOUT, name_of(turn->work, &record));
    return wizard_open(turn, wizard, err);
}

enum { SHORT_REASON = 1 };

static const char *reason_of(struct turn *turn, const struct wizard *wizard)
{
    return wizard_input_of(wizard, "reason") == WIZARD_CHOICE ? say_label(turn->work, TEXT_ADMIN_REFUSE_NOTE)
                                                              : wizard_text(wizard, "reason");
}

static bool reject_preview(struct turn *turn, struct wizard *wizard, const char **html_out, struct error *err)
{
    *html_out = say(turn->work, TEXT_DEPOSIT_REJECT_SURE, TEXT_NO_VALUES);
    return true;
}

static bool reject_finish(struct turn *turn, struct wizard *wizard, struct error *err)
{
    int64_t id = wizard_number(wizard, "deposit");
    const struct correction correction = screen_correction(turn, reason_of(turn, wizard));
    return (correction_reject_deposit(turn->work, &correction, id, err) &&
            deposits_show(turn, id, say(turn->work, TEXT_DEPOSIT_REJECT_DONE, TEXT_NO_VALUES), err)) ||
           error_context(err, "deposit");
}

static const char *reject_back(struct turn *turn, const struct wizard *wizard)
{
    return arena_printf(turn->work->arena, "agd:%" PRId64, wizard_number(wizard, "deposit"));
}

static bool reject_changed(struct turn *turn, const struct wizard *wizard, struct error *err)
{
    return show_changed(turn, wizard_number(wizard, "deposit"), err);
}

static const struct wizard_fixed_choice reasons[] = {{SHORT_REASON, TEXT_BUTTON_REFUSE_NOW}, {0, -1}};
static const struct wizard_step reject_steps[] = {
    {.name = "reason",
     .label = TEXT_LABEL_REASON,
     .prompt = TEXT_DEPOSIT_REJECT_ASK,
     .takes = WIZARD_TEXT | WIZARD_CHOICE,
     .least = 1,
     .most = MOST_REASON,
     .fixed_choices = reasons,
     .show = reason_of},
    {0},
};
const struct wizard_kind deposits_reject_wizard = {
    .name = "deposit_reject",
    .title = TEXT_DEPOSIT_REJECT_TITLE,
    .role = ROLE_ADMIN,
    .steps = reject_steps,
    .confirms = true,
    .preview = reject_preview,
    .finish = reject_finish,
    .back = reject_back,
    .changed = reject_changed,
};

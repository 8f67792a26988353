/* What a person has in a store: the balance with its history, and the profile. */
#include <inttypes.h>

#include "base/str.h"
#include "bot/buyer/buyer.h"
#include "bot/ledger_lines.h"
#include "store/deposit_list.h"
#include "store/ledger.h"
#include "store/profile.h"

enum { ON_A_PAGE = 10, MOST_OPEN_SHOWN = 20 };

/* --- the history --- */

static void add_arrows(struct keyboard *keyboard, const struct ledger_page *history)
{
    keyboard_row(keyboard);
    if (history->has_newer)
        keyboard_data(keyboard, "⬅️", STYLE_NONE, "b:%" PRId64, history->newer);
    if (history->has_older)
        keyboard_data(keyboard, "➡️", STYLE_NONE, "b:%" PRId64, history->older);
    keyboard_row(keyboard);
}

/* --- deposits that are not ended --- */

static enum text_key status_of(const struct deposit *deposit)
{
    if (deposit->state == DEPOSIT_REVIEW)
        return TEXT_DEPOSIT_STATUS_REVIEW;
    return deposit->kind == DEPOSIT_MANUAL ? TEXT_DEPOSIT_STATUS_PROOF : TEXT_DEPOSIT_STATUS_UNPAID;
}

/* "" where there are none; a button for each goes to the keyboard. */
static const char *open_deposits(struct work *work, struct keyboard *keyboard, const struct deposit *deposits,
                                 size_t count)
{
    struct str lines = STR_INIT(work->arena);
    for (size_t i = 0; i < count; i++) {
        const struct deposit *deposit = &deposits[i];
        const char *price = say_price(work, deposit->amount);
        str_add(&lines, i ? "\n" : "");
        str_add(&lines, say(work, TEXT_BALANCE_OPEN_LINE,
                            TEXT_VALUES(TV("harga", price), TV("status", say_label(work, status_of(deposit))),
                                        TV("order_id", deposit->reference))));
        keyboard_data(keyboard, say(work, TEXT_BUTTON_OPEN_DEPOSIT, TEXT_VALUES(TV("harga", price))),
                      STYLE_NONE, "do:%" PRId64, deposit->id);
        if (i % 2)
            keyboard_row(keyboard);
    }
    if (!count)
        return "";
    keyboard_row(keyboard);
    return arena_printf(work->arena, "\n%s\n",
                        say(work, TEXT_BALANCE_OPEN, TEXT_VALUES(TV_HTML("baris", str_done(&lines)))));
}

/* --- the page --- */

bool balance_read(struct turn *turn, int64_t *balance_out, struct error *err)
{
    struct work *work = turn->work;
    bool own = !work->tx;
    int64_t balance = 0;
    bool ok = (!own || work_begin(work, err)) && ledger_balance(work, turn->update->from_id, &balance, err);
    if (own)
        work_end(work);
    if (!ok && err->code != ERR_NOT_FOUND) /* who never wrote to the store has none */
        return error_context(err, "balance");
    *balance_out = balance;
    return true;
}

struct sight {
    int64_t balance;
    struct ledger_page history;
    struct deposit *deposits;
    size_t deposit_count;
};

static bool look(struct turn *turn, int64_t before, struct sight *sight_out, struct error *err)
{
    struct work *work = turn->work;
    int64_t person = turn->update->from_id;
    bool ok = work_begin(work, err) && balance_read(turn, &sight_out->balance, err) &&
              ledger_list(work, person, before, ON_A_PAGE, &sight_out->history, err) &&
              deposit_list_open(work, person, MOST_OPEN_SHOWN, &sight_out->deposits,
                                &sight_out->deposit_count, err);
    work_end(work);
    return ok || error_context(err, "balance");
}

/* A page that is not there (any more) is the newest one. */
bool balance_open(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    int64_t before = turn->numbers[0] > 0 ? turn->numbers[0] : 0;
    struct sight sight = {0};
    struct keyboard keyboard;
    if (!look(turn, before, &sight, err) || (before && !sight.history.count && !look(turn, 0, &sight, err)))
        return false;
    keyboard_begin(&keyboard);
    const char *open = open_deposits(work, &keyboard, sight.deposits, sight.deposit_count);
    add_arrows(&keyboard, &sight.history);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_DEPOSIT), STYLE_PRIMARY, "dp");
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_PROFILE), STYLE_NONE, "pf");
    keyboard_row(&keyboard);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_HOME), STYLE_NONE, "w");
    const char *html =
        say(work, TEXT_BALANCE,
            TEXT_VALUES(TV("store_name", work->tenant->title), TV("saldo", say_price(work, sight.balance)),
                        TV_HTML("deposit", open), TV_HTML("baris", ledger_lines(work, &sight.history))));
    page_show(work, &turn->page, html, keyboard_inline(&keyboard));
    return true;
}

/* --- the profile --- */

bool profile_open(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    const struct update *update = turn->update;
    struct profile profile;
    struct keyboard keyboard;
    if (!profile_get(work, update->from_id, &profile, err))
        return false;
    keyboard_begin(&keyboard);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_DEPOSIT), STYLE_PRIMARY, "dp");
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_HISTORY), STYLE_NONE, "b:0");
    keyboard_row(&keyboard);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_PURCHASES), STYLE_NONE, "o:0");
    keyboard_row(&keyboard);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_HOME), STYLE_NONE, "w");
    const struct text_value values[] = {
        TV("nama", say_name(work, update->first_name, update->last_name)),
        TV("store_name", work->tenant->title),
        TV("telegram_id", say_number(work, update->from_id)),
        /* whoever was never written down is new today */
        TV("tanggal", say_date(work, profile.since_ms ? profile.since_ms : work->now_ms)),
        TV("jumlah", say_number(work, profile.purchases)),
        TV("total", say_price(work, profile.spent)),
        TV("saldo", say_price(work, profile.balance)),
    };
    page_show(work, &turn->page, say(work, TEXT_PROFILE, values, sizeof values / sizeof values[0]),
              keyboard_inline(&keyboard));
    return true;
}

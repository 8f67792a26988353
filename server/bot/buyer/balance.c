/* What a store owes a person: their balance (a late payment that could not be delivered is credited to it).
 */
#include "bot/buyer/buyer.h"
#include "store/ledger.h"

static bool read_balance(struct turn *turn, int64_t *balance_out, struct error *err)
{
    struct work *work = turn->work;
    int64_t balance = 0;
    bool ok = work_begin(work, err) && ledger_balance(work, turn->update->from_id, &balance, err);
    work_end(work);
    if (!ok && err->code != ERR_NOT_FOUND) /* who never wrote to the store has none */
        return error_context(err, "balance");
    *balance_out = balance;
    return true;
}

bool balance_open(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    int64_t balance;
    if (!read_balance(turn, &balance, err))
        return false;
    const char *html =
        say(work, TEXT_BALANCE,
            TEXT_VALUES(TV("store_name", work->tenant->title), TV("saldo", say_price(work, balance)),
                        TV_HTML("kontak", say_contact(work))));
    page_show(work, &turn->page, html, say_button(work, TEXT_BUTTON_HOME, "w"));
    return true;
}

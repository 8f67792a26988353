/* Deposits by hand: where to transfer to, and the proof that it was done. */
#include <inttypes.h>

#include "base/str.h"
#include "bot/admin/admin.h"
#include "bot/buyer/buyer.h"
#include "bot/buyer/topup.h"
#include "bot/outgoing.h"
#include "payment/checkout.h"
#include "store/conversation.h"

bool transfer_show(struct turn *turn, const struct deposit *deposit, struct error *err)
{
    struct work *work = turn->work;
    int64_t here = page_can_edit(turn->update) ? turn->update->message_id : 0;
    if (!conversation_set(work, turn->update->from_id, TRANSFER_CONVERSATION, deposit->id,
                          deposit->expires_ms, err))
        return false;
    /* One such page is enough: the one that goes when the deposit ends. */
    if (here && here != deposit->loading_message_id &&
        (!outgoing_remove(work, deposit->telegram_id, deposit->loading_message_id, deposit->created_ms, "",
                          err) ||
         !deposit_set_loading_message(work, deposit->id, here, err)))
        return error_context(err, "deposit %s", deposit->reference);
    const char *html =
        say(work, TEXT_TRANSFER,
            TEXT_VALUES(TV("order_id", deposit->reference), TV("harga", say_price(work, deposit->amount)),
                        TV("petunjuk", work->tenant->deposit_by_hand),
                        TV("tanggal", say_date(work, deposit->expires_ms))));
    page_show(
        work, &turn->page, html,
        say_button(work, TEXT_BUTTON_CANCEL_DEPOSIT, arena_printf(work->arena, "dx:%" PRId64, deposit->id)));
    return true;
}

bool transfer_forget(struct turn *turn, int64_t deposit_id, struct error *err)
{
    struct work *work = turn->work;
    const char *kind;
    int64_t ref;
    if (!conversation_get(work, turn->update->from_id, &kind, &ref, err))
        return error_context(err, "deposit");
    return !str_equal(kind, TRANSFER_CONVERSATION) || ref != deposit_id ||
           conversation_clear(work, turn->update->from_id, err);
}

bool transfer_start(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    int64_t amount = turn->numbers[0], person = turn->update->from_id, before;
    enum order_obstacle obstacle = ORDER_OK;
    struct deposit deposit;
    bool stale;
    if (!work->tenant->deposit_by_hand || !topup_is_within(work->tenant, amount))
        return topup_old_button(turn, err);
    if (!topup_pressed_before(turn, amount, &before, &stale, err))
        return error_context(err, "deposit");
    if (stale)
        return true;
    if (before ? deposit_get_own(work, before, person, true, &deposit, err)
               : checkout_deposit_by_hand(work, person, amount, &deposit, &obstacle, err)) {
        if (deposit.kind == DEPOSIT_MANUAL)
            return transfer_show(turn, &deposit, err);
        page_answer(work, &turn->page, say_label(work, TEXT_ALERT_LOADING), false);
        return true; /* the page's other button was quicker */
    }
    if (obstacle == ORDER_OK)
        return false;
    topup_refuse(turn, amount, obstacle);
    return true;
}

/* --- the proof --- */

static bool tell_admins(struct turn *turn, const struct deposit *deposit, struct error *err)
{
    struct work *work = turn->work;
    const struct update *update = turn->update;
    const char *person =
        say_person(work, update->from_id, update->first_name, update->last_name, update->username);
    const char *html = say(work, TEXT_ADMIN_TRANSFER,
                           TEXT_VALUES(TV("order_id", deposit->reference), TV_HTML("pembeli", person),
                                       TV("harga", say_price(work, deposit->amount)),
                                       TV("tanggal", say_date(work, work->now_ms))));
    for (size_t i = 0; i < work->tenant->admins.count; i++) {
        const struct outgoing outgoing = {.chat_id = work->tenant->admins.items[i],
                                          .html = html,
                                          .keyboard = transfers_keyboard(work, deposit),
                                          .photo_file_id = update->photo_file_id};
        if (!outgoing_add(work, &outgoing, err))
            return error_context(err, "proof");
    }
    return true;
}

static void show_over(struct turn *turn, const struct deposit *deposit)
{
    struct work *work = turn->work;
    page_show(work, &turn->page,
              say(work, TEXT_TRANSFER_OVER, TEXT_VALUES(TV("order_id", deposit->reference))),
              say_button(work, TEXT_BUTTON_DEPOSIT_AGAIN, "dp"));
}

static void ask_for_photo(struct turn *turn, const struct deposit *deposit)
{
    struct work *work = turn->work;
    page_show(
        work, &turn->page,
        say(work, TEXT_TRANSFER_PHOTO_ONLY, TEXT_VALUES(TV("order_id", deposit->reference))),
        say_button(work, TEXT_BUTTON_CANCEL_DEPOSIT, arena_printf(work->arena, "dx:%" PRId64, deposit->id)));
}

/* The page with the way to transfer goes, and with it the button that gives it up. */
static bool take(struct turn *turn, struct deposit *deposit, struct error *err)
{
    struct work *work = turn->work;
    if (!deposit_prove(work, deposit->id, turn->update->photo_file_id, err) ||
        !outgoing_remove(work, deposit->telegram_id, deposit->loading_message_id, deposit->created_ms, "",
                         err) ||
        !deposit_set_loading_message(work, deposit->id, 0, err))
        return error_context(err, "proof");
    page_show(
        work, &turn->page,
        say(work, TEXT_TRANSFER_THANKS,
            TEXT_VALUES(TV("order_id", deposit->reference), TV("harga", say_price(work, deposit->amount)))),
        say_button(work, TEXT_BUTTON_HISTORY, "b:0"));
    return tell_admins(turn, deposit, err);
}

bool transfer_take_proof(struct turn *turn, int64_t deposit_id, struct error *err)
{
    struct work *work = turn->work;
    struct deposit deposit;
    bool found = deposit_get_own(work, deposit_id, turn->update->from_id, true, &deposit, err);
    if (!found && err->code != ERR_NOT_FOUND)
        return error_context(err, "proof");
    if (!found)
        return conversation_clear(work, turn->update->from_id, err) && start_help(turn, err);
    bool is_open = deposit.state == DEPOSIT_PENDING;
    if (is_open && !turn->update->photo_file_id) {
        ask_for_photo(turn, &deposit);
        return true;
    }
    if (!conversation_clear(work, turn->update->from_id, err))
        return false;
    if (is_open)
        return take(turn, &deposit, err);
    show_over(turn, &deposit);
    return true;
}

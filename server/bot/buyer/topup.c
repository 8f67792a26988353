/* Deposits, from the wish to a bill being made, and giving it up. */
#include "bot/buyer/topup.h"

#include <inttypes.h>

#include "base/str.h"
#include "bot/amount.h"
#include "bot/buyer/buyer.h"
#include "bot/invoice.h"
#include "payment/breaker.h"
#include "payment/checkout.h"
#include "payment/fee.h"
#include "payment/method.h"
#include "store/conversation.h"
#include "store/deposit_list.h"

enum { ASK_MS = 10 * 60 * 1000, PRESETS_IN_A_ROW = 2 };

static const int64_t presets[] = {10000, 20000, 50000, 100000, 200000, 500000};

bool topup_is_within(const struct tenant *tenant, int64_t amount)
{
    return amount >= tenant->deposit_least && amount <= tenant->deposit_most;
}

static const char *least(struct work *work)
{
    return say_price(work, work->tenant->deposit_least);
}

static const char *most(struct work *work)
{
    return say_price(work, work->tenant->deposit_most);
}

/* --- how much --- */

static json_t *amounts_keyboard(struct work *work)
{
    struct keyboard keyboard;
    size_t shown = 0;
    keyboard_begin(&keyboard);
    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++) {
        if (!topup_is_within(work->tenant, presets[i]))
            continue;
        if (shown++ % PRESETS_IN_A_ROW == 0)
            keyboard_row(&keyboard);
        keyboard_data(&keyboard, say_price(work, presets[i]), STYLE_NONE, "da:%" PRId64, presets[i]);
    }
    keyboard_row(&keyboard);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_DEPOSIT_OTHER), STYLE_PRIMARY, "dt");
    keyboard_row(&keyboard);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_HISTORY), STYLE_NONE, "b:0");
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_HOME), STYLE_NONE, "w");
    return keyboard_inline(&keyboard);
}

bool topup_open(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    int64_t balance;
    if (!balance_read(turn, &balance, err))
        return false;
    const char *html =
        say(work, TEXT_DEPOSIT,
            TEXT_VALUES(TV("store_name", work->tenant->title), TV("saldo", say_price(work, balance)),
                        TV("minimum", least(work)), TV("maksimum", most(work))));
    page_show(work, &turn->page, html, amounts_keyboard(work));
    return true;
}

bool topup_old_button(struct turn *turn, struct error *err)
{
    turn_abandon(turn);
    turn_old_button(turn);
    return topup_open(turn, err);
}

/* The person's next message is an amount. */
static bool ask(struct turn *turn, const char *html, struct error *err)
{
    struct work *work = turn->work;
    if (!conversation_set(work, turn->update->from_id, TOPUP_CONVERSATION, 0, work->now_ms + ASK_MS, err))
        return false;
    page_show(work, &turn->page, html, say_button(work, TEXT_BUTTON_CANCEL, "dz"));
    return true;
}

bool topup_ask(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    return ask(
        turn,
        say(work, TEXT_DEPOSIT_ASK, TEXT_VALUES(TV("minimum", least(work)), TV("maksimum", most(work)))),
        err);
}

bool topup_take_amount(struct turn *turn, int64_t ref, struct error *err)
{
    struct work *work = turn->work;
    int64_t amount;
    if (!amount_read(turn->update->text, &amount))
        return ask(turn,
                   say(work, TEXT_DEPOSIT_NOT_READ,
                       TEXT_VALUES(TV("minimum", least(work)), TV("maksimum", most(work)))),
                   err);
    if (!topup_is_within(work->tenant, amount))
        return ask(turn,
                   say(work, TEXT_DEPOSIT_OUTSIDE,
                       TEXT_VALUES(TV("harga", say_price(work, amount)), TV("minimum", least(work)),
                                   TV("maksimum", most(work)))),
                   err);
    if (!conversation_clear(work, turn->update->from_id, err))
        return false;
    topup_show_ways(turn, amount);
    return true;
}

/* Another question that was asked meanwhile stays. */
bool topup_drop(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    const char *kind;
    int64_t ref;
    if (!conversation_get(work, turn->update->from_id, &kind, &ref, err) ||
        (str_equal(kind, TOPUP_CONVERSATION) && !conversation_clear(work, turn->update->from_id, err)))
        return error_context(err, "deposit");
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_DEPOSIT), STYLE_NONE, "dp");
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_HOME), STYLE_NONE, "w");
    page_show(work, &turn->page, say(work, TEXT_DEPOSIT_DROPPED, TEXT_NO_VALUES), keyboard_inline(&keyboard));
    return true;
}

/* --- how --- */

static bool is_offered(const struct work *work, const struct method *method, int64_t amount)
{
    return method->kind != METHOD_BALANCE && method_is_listed(work->tenant, method) &&
           method_takes(method, amount);
}

static const char *label_of(struct work *work, const struct method *method)
{
    return say_label(work, method->kind == METHOD_QR ? TEXT_BUTTON_DEPOSIT_QRIS : method->label);
}

static const char *way_line(struct work *work, const struct method *method, int64_t amount)
{
    const char *label = label_of(work, method);
    if (method->kind == METHOD_LINK)
        return say(work, TEXT_METHOD_LINE_OPEN, TEXT_VALUES(TV("metode", label)));
    int64_t fee = fee_preview(method, amount, work->now_ms);
    return say(work, TEXT_METHOD_LINE,
               TEXT_VALUES(TV("metode", label), TV("biaya", say_price(work, fee)),
                           TV("total", say_price(work, amount + fee))));
}

/* Lines and buttons for each way; how many there are. */
static size_t add_ways(struct work *work, int64_t amount, struct str *lines, struct keyboard *keyboard)
{
    size_t count = 0;
    for (size_t i = 0; i < method_count; i++) {
        if (!is_offered(work, &methods[i], amount))
            continue;
        str_add(lines, way_line(work, &methods[i], amount));
        str_add(lines, "\n");
        keyboard_data(keyboard, label_of(work, &methods[i]), STYLE_SUCCESS, "dq:%" PRId64 ":%s", amount,
                      methods[i].name);
        keyboard_row(keyboard);
        count++;
    }
    if (!work->tenant->deposit_by_hand)
        return count;
    const char *label = say_label(work, TEXT_BUTTON_TRANSFER);
    str_add(lines, say(work, TEXT_DEPOSIT_WAY_FREE,
                       TEXT_VALUES(TV("metode", label), TV("total", say_price(work, amount)))));
    str_add(lines, "\n");
    keyboard_data(keyboard, label, STYLE_PRIMARY, "dm:%" PRId64, amount);
    keyboard_row(keyboard);
    return count + 1;
}

/* While the gateway is away there may be another way. */
static json_t *down_keyboard(struct work *work, int64_t amount)
{
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    say_contact_button(work, &keyboard);
    if (work->tenant->deposit_by_hand)
        keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_TRANSFER), STYLE_PRIMARY, "dm:%" PRId64, amount);
    keyboard_row(&keyboard);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_TRY_AGAIN), STYLE_NONE, "da:%" PRId64, amount);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_HOME), STYLE_NONE, "w");
    return keyboard_inline(&keyboard);
}

static void show_down(struct turn *turn, int64_t amount)
{
    struct work *work = turn->work;
    page_show(work, &turn->page, say(work, TEXT_GATEWAY_DOWN, TEXT_NO_VALUES), down_keyboard(work, amount));
}

void topup_show_ways(struct turn *turn, int64_t amount)
{
    struct work *work = turn->work;
    if (breaker_is_open(work->tenant->pakasir_project, work->now_ms)) {
        show_down(turn, amount);
        return;
    }
    fee_wish(amount, work->now_ms);
    struct str lines = STR_INIT(work->arena);
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    size_t count = add_ways(work, amount, &lines, &keyboard);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_CANCEL), STYLE_DANGER, "dz");
    const char *price = say_price(work, amount);
    const char *html = count ? say(work, TEXT_DEPOSIT_WAYS,
                                   TEXT_VALUES(TV("harga", price), TV_HTML("baris", str_done(&lines))))
                             : say(work, TEXT_DEPOSIT_NO_WAY,
                                   TEXT_VALUES(TV("harga", price), TV_HTML("kontak", say_contact(work))));
    page_show(work, &turn->page, html, keyboard_inline(&keyboard));
}

bool topup_choose(struct turn *turn, struct error *err)
{
    if (!topup_is_within(turn->work->tenant, turn->numbers[0]))
        return topup_old_button(turn, err);
    topup_show_ways(turn, turn->numbers[0]);
    return true;
}

/* --- the bill is asked for --- */

bool topup_pressed_before(struct turn *turn, int64_t amount, int64_t *deposit_id_out, bool *stale_out,
                          struct error *err)
{
    *stale_out = !page_can_edit(turn->update);
    if (!*stale_out)
        return deposit_list_loading_in(turn->work, turn->update->from_id, turn->update->message_id,
                                       deposit_id_out, err);
    turn_abandon(turn);
    turn_old_button(turn);
    topup_show_ways(turn, amount);
    *deposit_id_out = 0;
    return true;
}

void topup_refuse(struct turn *turn, int64_t amount, enum order_obstacle obstacle)
{
    struct work *work = turn->work;
    turn_abandon(turn);
    if (obstacle == ORDER_GATEWAY_DOWN) {
        page_answer(work, &turn->page, say_label(work, TEXT_ALERT_GATEWAY_DOWN), true);
        show_down(turn, amount);
        return;
    }
    page_answer(work, &turn->page, say_label(work, TEXT_ALERT_DEPOSIT_TOO_MANY), true);
    page_show(work, &turn->page, say(work, TEXT_DEPOSIT_TOO_MANY, TEXT_NO_VALUES),
              say_button(work, TEXT_BUTTON_HISTORY, "b:0"));
}

/* The pressed message becomes the loading line. */
static bool show_loading(struct turn *turn, const struct deposit *deposit, struct error *err)
{
    struct work *work = turn->work;
    if (!deposit_set_loading_message(work, deposit->id, turn->update->message_id, err))
        return false;
    page_show(
        work, &turn->page, say(work, TEXT_LOADING, TEXT_NO_VALUES),
        say_button(work, TEXT_BUTTON_CANCEL_DEPOSIT, arena_printf(work->arena, "dx:%" PRId64, deposit->id)));
    return true;
}

bool topup_start(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    int64_t amount = turn->numbers[0], before;
    const struct method *method = method_find(turn->word);
    enum order_obstacle obstacle = ORDER_OK;
    struct deposit deposit;
    bool stale;
    if (!method || !topup_is_within(work->tenant, amount) || !is_offered(work, method, amount))
        return topup_old_button(turn, err);
    if (!topup_pressed_before(turn, amount, &before, &stale, err))
        return error_context(err, "deposit");
    if (before)
        page_answer(work, &turn->page, say_label(work, TEXT_ALERT_LOADING), false);
    if (stale || before)
        return true;
    if (checkout_deposit(work, turn->update->from_id, method->name, amount, &deposit, &obstacle, err))
        return show_loading(turn, &deposit, err);
    if (obstacle == ORDER_OK)
        return false;
    topup_refuse(turn, amount, obstacle);
    return true;
}

/* --- looked at again, and given up --- */

/* What can be said of a deposit that nothing can be done about. */
static enum text_key alert_of(const struct deposit *deposit)
{
    static const enum text_key alerts[] = {
        /* pending, and yet: its payment is parked, for an admin to look at */
        [DEPOSIT_PENDING] = TEXT_ALERT_DEPOSIT_REVIEW,   [DEPOSIT_REVIEW] = TEXT_ALERT_DEPOSIT_REVIEW,
        [DEPOSIT_COMPLETED] = TEXT_ALERT_DEPOSIT_BOOKED, [DEPOSIT_CANCELLED] = TEXT_ALERT_DEPOSIT_ENDED,
        [DEPOSIT_EXPIRED] = TEXT_ALERT_DEPOSIT_ENDED,    [DEPOSIT_REJECTED] = TEXT_ALERT_DEPOSIT_ENDED,
    };
    return alerts[deposit->state];
}

static void alert(struct turn *turn, enum text_key key, bool pops_up)
{
    page_answer(turn->work, &turn->page, say_label(turn->work, key), pops_up);
}

static bool not_found(struct turn *turn, struct error *err)
{
    if (err->code != ERR_NOT_FOUND)
        return error_context(err, "deposit");
    alert(turn, TEXT_ALERT_NOT_FOUND, true);
    return true;
}

static bool explain(struct turn *turn, int64_t deposit_id, struct error *err)
{
    struct deposit deposit;
    if (!turn_restart(turn, err) ||
        !deposit_get_own(turn->work, deposit_id, turn->update->from_id, false, &deposit, err))
        return false;
    alert(turn, alert_of(&deposit), true);
    return true;
}

bool topup_cancel(struct turn *turn, struct error *err)
{
    int64_t id = turn->numbers[0];
    if (checkout_cancel_deposit(turn->work, id, turn->update->from_id, err)) {
        alert(turn, TEXT_ALERT_DEPOSIT_CANCELLED, false);
        return transfer_forget(turn, id, err);
    }
    return err->code == ERR_CONFLICT ? explain(turn, id, err) : not_found(turn, err);
}

/* Its invoice once more: the message that is there goes when the new one has come (effects.c). */
static bool show_invoice(struct turn *turn, struct deposit *deposit, struct error *err)
{
    struct work *work = turn->work;
    const struct bill bill = bill_of_deposit(deposit);
    struct payment payment;
    if (!payment_of_deposit(work, deposit->id, true, &payment, err))
        return error_context(err, "deposit %s", deposit->reference);
    if (payment.problem)
        alert(turn, TEXT_ALERT_DEPOSIT_REVIEW, true);
    else if (payment.state != PAYMENT_WAITING)
        alert(turn, TEXT_ALERT_LOADING, false);
    else {
        alert(turn, TEXT_ALERT_DEPOSIT_SHOWN, false);
        return invoice_show(work, &bill, &payment, err);
    }
    return true;
}

bool topup_reopen(struct turn *turn, struct error *err)
{
    struct deposit deposit;
    if (!deposit_get_own(turn->work, turn->numbers[0], turn->update->from_id, true, &deposit, err))
        return not_found(turn, err);
    if (deposit.state != DEPOSIT_PENDING) {
        alert(turn, alert_of(&deposit), true);
        return true;
    }
    return deposit.kind == DEPOSIT_MANUAL ? transfer_show(turn, &deposit, err)
                                          : show_invoice(turn, &deposit, err);
}

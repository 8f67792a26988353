#include "bot/admin/settling.h"

#include <inttypes.h>

#include "base/str.h"
#include "bot/admin/deposits.h"
#include "bot/admin/orders.h"
#include "bot/admin/screen.h"

enum { MOST_NOTE = 500 };

/* What each way is called and does, for an order and for a deposit. A deposit is booked with what came, one
 * way or the other: it has no units. */
static const struct way {
    enum text_key button, deposit_button, sure, deposit_sure;
    bool for_deposits;
    bool books; /* to the balance, for which it must be known what came */
} ways[] = {
    [CORRECTION_DELIVER] = {TEXT_BUTTON_SETTLE_DELIVER, TEXT_BUTTON_SETTLE_BOOK, TEXT_SETTLE_DELIVER_SURE,
                            TEXT_SETTLE_BOOK_SURE, true, false},
    [CORRECTION_CREDIT] = {TEXT_BUTTON_SETTLE_CREDIT, TEXT_BUTTON_SETTLE_CREDIT, TEXT_SETTLE_CREDIT_SURE,
                           TEXT_SETTLE_CREDIT_SURE, false, true},
    [CORRECTION_REFUNDED] = {TEXT_BUTTON_SETTLE_REFUNDED, TEXT_BUTTON_SETTLE_REFUNDED,
                             TEXT_SETTLE_REFUNDED_SURE, TEXT_SETTLE_REFUNDED_SURE, true, false},
};
enum { WAYS = sizeof ways / sizeof ways[0] };

static bool can(const struct payment *payment, int64_t way)
{
    if (way < 0 || way >= WAYS || !payment_is_parked(payment))
        return false;
    bool books = payment->deposit_id ? way != CORRECTION_REFUNDED : ways[way].books;
    return (!payment->deposit_id || ways[way].for_deposits) && (!books || payment->paid_amount > 0);
}

void settling_buttons(struct turn *turn, struct keyboard *keyboard, const struct payment *payment)
{
    for (int way = 0; way < WAYS; way++) {
        enum text_key label = payment->deposit_id ? ways[way].deposit_button : ways[way].button;
        if (!can(payment, way))
            continue;
        keyboard_row(keyboard);
        screen_button(turn, keyboard, label, "aox:%" PRId64 ":%d", payment->id, way);
    }
}

/* --- the order or deposit it is of --- */

static bool show_bill(struct turn *turn, int64_t order_id, int64_t deposit_id, const char *line,
                      struct error *err)
{
    return order_id ? orders_show(turn, order_id, line, err) : deposits_show(turn, deposit_id, line, err);
}

static bool show_changed(struct turn *turn, int64_t order_id, int64_t deposit_id, struct error *err)
{
    page_answer(turn->work, &turn->page, say_label(turn->work, TEXT_ALERT_CHANGED_MEANWHILE), true);
    return show_bill(turn, order_id, deposit_id, NULL, err);
}

static bool changed(struct turn *turn, const struct wizard *wizard, struct error *err)
{
    return show_changed(turn, wizard_number(wizard, "order"), wizard_number(wizard, "deposit"), err);
}

static const char *back(struct turn *turn, const struct wizard *wizard)
{
    int64_t order = wizard_number(wizard, "order"), deposit = wizard_number(wizard, "deposit");
    return arena_printf(turn->work->arena, "%s:%" PRId64, order ? "aod" : "agd", order ? order : deposit);
}

/* --- the form --- */

/* Numbers: the payment, the way. */
bool settling_start(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    int64_t way = turn->numbers[1];
    struct payment payment;
    if (!payment_get(work, turn->numbers[0], false, &payment, err))
        return screen_explain(turn, err) || error_context(err, "mismatch");
    if (!can(&payment, way))
        return show_changed(turn, payment.order_id, payment.deposit_id, err);
    struct wizard *wizard = wizard_new(turn, &settling_wizard);
    wizard_put_number(wizard, "payment", payment.id);
    wizard_put_number(wizard, "way", way);
    wizard_put_number(wizard, "order", payment.order_id);
    wizard_put_number(wizard, "deposit", payment.deposit_id);
    wizard_put_text(wizard, WIZARD_ABOUT,
                    say(work, TEXT_SETTLE_ABOUT,
                        TEXT_VALUES(TV("order_id", payment.gateway_order_id),
                                    TV("harga", say_price(work, payment.paid_amount)),
                                    TV("diminta", say_price(work, payment.amount)))));
    return wizard_open(turn, wizard, err);
}

static bool preview(struct turn *turn, struct wizard *wizard, const char **html_out, struct error *err)
{
    const struct way *way = &ways[wizard_number(wizard, "way")];
    struct payment payment;
    if (!payment_get(turn->work, wizard_number(wizard, "payment"), false, &payment, err))
        return false;
    *html_out = say(turn->work, payment.deposit_id ? way->deposit_sure : way->sure,
                    TEXT_VALUES(TV("harga", say_price(turn->work, payment.paid_amount))));
    return true;
}

/* What it came to: where the units were gone the money went to the balance. */
static enum text_key line_of(const struct payment *payment)
{
    static const struct {
        const char *resolution;
        enum text_key line;
    } rows[] = {{"delivered", TEXT_SETTLE_DONE}, {"credited", TEXT_SETTLE_CREDITED}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (str_equal(rows[i].resolution, payment->resolution))
            return rows[i].line;
    return TEXT_SETTLE_REFUNDED;
}

static bool finish(struct turn *turn, struct wizard *wizard, struct error *err)
{
    struct work *work = turn->work;
    int64_t id = wizard_number(wizard, "payment");
    struct payment payment;
    const struct correction correction = screen_correction(turn, wizard_text(wizard, "note"));
    if (!correction_settle_mismatch(work, &correction, id,
                                    (enum correction_settlement)wizard_number(wizard, "way"), err) ||
        !payment_get(work, id, false, &payment, err))
        return error_context(err, "mismatch");
    const char *line =
        say(work, line_of(&payment), TEXT_VALUES(TV("harga", say_price(work, payment.paid_amount))));
    return show_bill(turn, payment.order_id, payment.deposit_id, line, err);
}

static const struct wizard_step steps[] = {
    {.name = "note",
     .label = TEXT_LABEL_NOTE,
     .prompt = TEXT_SETTLE_ASK,
     .takes = WIZARD_TEXT,
     .least = 1,
     .most = MOST_NOTE},
    {0},
};
const struct wizard_kind settling_wizard = {
    .name = "settling",
    .title = TEXT_SETTLE_TITLE,
    .role = ROLE_ADMIN,
    .steps = steps,
    .confirms = true,
    .preview = preview,
    .finish = finish,
    .back = back,
    .changed = changed,
};

/* What admins decide about orders: forms that ask for the reason, and what comes of them. Each decision holds
 * for the order as the admin saw it: where its state or its refunds are others by now, nothing is done. */
#include <inttypes.h>

#include "base/str.h"
#include "bot/admin/orders.h"
#include "bot/admin/screen.h"
#include "store/ledger.h"
#include "store/stock.h"
#include "store/user.h"

enum { MOST_NOTE = 500 };

/* --- what all have in common --- */

/* The order, and whether that can be done with it now; where it can't it is shown as it is. */
static bool begin(struct turn *turn, enum order_action action, struct order_record *record_out, bool *can_out,
                  struct error *err)
{
    int64_t id = turn->numbers[0];
    *can_out = false;
    if (!order_search_record(turn->work, id, record_out, err))
        return screen_explain(turn, err) || error_context(err, "order");
    *can_out = orders_can(record_out, action);
    return *can_out || orders_show_changed(turn, id, err);
}

/* That a delivery arrived meanwhile is no change. */
static enum order_state state_of(const struct order *order)
{
    return order->state == ORDER_COMPLETED ? ORDER_PAID : order->state;
}

static struct wizard *make(struct turn *turn, const struct wizard_kind *kind,
                           const struct order_record *record)
{
    const struct order *order = &record->detail.order;
    struct wizard *wizard = wizard_new(turn, kind);
    wizard_put_number(wizard, "order", order->id);
    wizard_put_number(wizard, "state", state_of(order));
    wizard_put_number(wizard, "refunded", order->refunded);
    wizard_put_number(wizard, "rest", order->total - order->refunded);
    wizard_put_text(wizard, WIZARD_ABOUT, orders_name(turn->work, record));
    return wizard;
}

static bool start(struct turn *turn, enum order_action action, const struct wizard_kind *kind,
                  struct error *err)
{
    struct order_record record;
    bool can;
    if (!begin(turn, action, &record, &can, err))
        return false;
    return !can || wizard_open(turn, make(turn, kind, &record), err);
}

/* Locked as corrections lock it, and as the admin saw it; else ERR_CONFLICT. */
static bool take(struct turn *turn, const struct wizard *wizard, struct order *order_out, struct error *err)
{
    int64_t id = wizard_number(wizard, "order");
    if (!user_lock_of_bill(turn->work, id, 0, err) || !order_get(turn->work, id, true, order_out, err))
        return false;
    if ((int64_t)state_of(order_out) != wizard_number(wizard, "state") ||
        order_out->refunded != wizard_number(wizard, "refunded"))
        return error_set(err, ERR_CONFLICT, "order %s has changed", order_out->reference);
    return true;
}

static struct correction by(struct turn *turn, const struct wizard *wizard)
{
    return screen_correction(turn, wizard_text(wizard, "note"));
}

/* The order as it is afterwards, with the line that says what was done. */
static bool show_done(struct turn *turn, int64_t order_id, enum text_key line,
                      const struct text_value *values, size_t count, struct error *err)
{
    return orders_show(turn, order_id, say(turn->work, line, values, count), err);
}

static const char *back(struct turn *turn, const struct wizard *wizard)
{
    return arena_printf(turn->work->arena, "aod:%" PRId64, wizard_number(wizard, "order"));
}

static bool changed(struct turn *turn, const struct wizard *wizard, struct error *err)
{
    return orders_show_changed(turn, wizard_number(wizard, "order"), err);
}

#define NOTE(prompt_)                                                                                        \
    {                                                                                                        \
        .name = "note", .label = TEXT_LABEL_NOTE, .prompt = (prompt_), .takes = WIZARD_TEXT, .least = 1,     \
        .most = MOST_NOTE                                                                                    \
    }

/* --- paid another way --- */

bool orders_pay(struct turn *turn, struct error *err)
{
    return start(turn, ORDER_PAY, &orders_pay_wizard, err);
}

static bool pay_preview(struct turn *turn, struct wizard *wizard, const char **html_out, struct error *err)
{
    bool open = wizard_number(wizard, "state") == ORDER_PENDING;
    *html_out = say(turn->work, open ? TEXT_ORDER_PAY_SURE : TEXT_ORDER_PAY_SURE_LATE, TEXT_NO_VALUES);
    return true;
}

static bool pay_finish(struct turn *turn, struct wizard *wizard, struct error *err)
{
    struct work *work = turn->work;
    struct order order;
    const struct correction correction = by(turn, wizard);
    if (!take(turn, wizard, &order, err) || !correction_mark_paid(work, &correction, order.id, err) ||
        !order_get(work, order.id, false, &order, err))
        return error_context(err, "mark paid");
    bool credited = order.state != ORDER_PAID;
    return show_done(turn, order.id, credited ? TEXT_ORDER_PAY_CREDITED : TEXT_ORDER_PAY_DONE,
                     TEXT_VALUES(TV("harga", say_price(work, order.total))), err);
}

static const struct wizard_step pay_steps[] = {NOTE(TEXT_ORDER_PAY_ASK), {0}};
const struct wizard_kind orders_pay_wizard = {
    .name = "order_pay",
    .title = TEXT_ORDER_PAY_TITLE,
    .role = ROLE_ADMIN,
    .steps = pay_steps,
    .confirms = true,
    .preview = pay_preview,
    .finish = pay_finish,
    .back = back,
    .changed = changed,
};

/* --- given up --- */

bool orders_cancel(struct turn *turn, struct error *err)
{
    return start(turn, ORDER_CANCEL, &orders_cancel_wizard, err);
}

static bool cancel_preview(struct turn *turn, struct wizard *wizard, const char **html_out, struct error *err)
{
    *html_out = say(turn->work, TEXT_ORDER_CANCEL_SURE, TEXT_NO_VALUES);
    return true;
}

static bool cancel_finish(struct turn *turn, struct wizard *wizard, struct error *err)
{
    struct order order;
    const struct correction correction = by(turn, wizard);
    return (take(turn, wizard, &order, err) && correction_cancel(turn->work, &correction, order.id, err) &&
            show_done(turn, order.id, TEXT_ORDER_CANCEL_DONE, TEXT_NO_VALUES, err)) ||
           error_context(err, "cancel");
}

static const struct wizard_step cancel_steps[] = {NOTE(TEXT_ORDER_CANCEL_ASK), {0}};
const struct wizard_kind orders_cancel_wizard = {
    .name = "order_cancel",
    .title = TEXT_ORDER_CANCEL_TITLE,
    .role = ROLE_ADMIN,
    .steps = cancel_steps,
    .confirms = true,
    .preview = cancel_preview,
    .finish = cancel_finish,
    .back = back,
    .changed = changed,
};

/* --- given back --- */

bool orders_refund(struct turn *turn, struct error *err)
{
    return start(turn, ORDER_REFUND, &orders_refund_wizard, err);
}

/* All that is left, and half of it. */
static bool refund_choices(struct turn *turn, const struct wizard *wizard, int64_t page,
                           struct wizard_choices *choices_out, struct error *err)
{
    struct work *work = turn->work;
    int64_t rest = wizard_number(wizard, "rest");
    const char *all = say(work, TEXT_BUTTON_REFUND_ALL, TEXT_VALUES(TV("harga", say_price(work, rest))));
    *choices_out = (struct wizard_choices){.count = 1, .items = {{rest, all}}};
    if (rest >= 2)
        choices_out->items[choices_out->count++] =
            (struct wizard_choice){rest / 2, say_price(work, rest / 2)};
    return true;
}

static bool refund_check(struct turn *turn, struct wizard *wizard, const char **why_out, struct error *err)
{
    struct work *work = turn->work;
    int64_t rest = wizard_number(wizard, "rest");
    if (wizard_number(wizard, "amount") > rest)
        *why_out = say(work, TEXT_ORDER_REFUND_TOO_MUCH, TEXT_VALUES(TV("harga", say_price(work, rest))));
    return true;
}

static const char *refund_show(struct turn *turn, const struct wizard *wizard)
{
    return say_price(turn->work, wizard_number(wizard, "amount"));
}

static bool refund_preview(struct turn *turn, struct wizard *wizard, const char **html_out, struct error *err)
{
    struct work *work = turn->work;
    int64_t amount = wizard_number(wizard, "amount"), rest = wizard_number(wizard, "rest");
    *html_out =
        say(work, TEXT_ORDER_REFUND_SURE,
            TEXT_VALUES(TV("harga", say_price(work, amount)), TV("sisa", say_price(work, rest - amount))));
    return true;
}

static bool refund_finish(struct turn *turn, struct wizard *wizard, struct error *err)
{
    struct work *work = turn->work;
    struct order order;
    int64_t balance, amount = wizard_number(wizard, "amount");
    const struct correction correction = by(turn, wizard);
    if (!take(turn, wizard, &order, err) ||
        !correction_refund(work, &correction, order.id, amount, &balance, err))
        return error_context(err, "refund");
    return show_done(turn, order.id, TEXT_ORDER_REFUND_DONE,
                     TEXT_VALUES(TV("harga", say_price(work, amount)), TV("saldo", say_price(work, balance))),
                     err);
}

static const struct wizard_step refund_steps[] = {
    {.name = "amount",
     .label = TEXT_LABEL_AMOUNT,
     .prompt = TEXT_ORDER_REFUND_ASK,
     .takes = WIZARD_AMOUNT | WIZARD_CHOICE,
     .least = 1,
     .most = LEDGER_MOST,
     .check = refund_check,
     .choices = refund_choices,
     .show = refund_show},
    NOTE(TEXT_ORDER_REFUND_NOTE),
    {0},
};
const struct wizard_kind orders_refund_wizard = {
    .name = "order_refund",
    .title = TEXT_ORDER_REFUND_TITLE,
    .role = ROLE_ADMIN,
    .steps = refund_steps,
    .confirms = true,
    .preview = refund_preview,
    .finish = refund_finish,
    .back = back,
    .changed = changed,
};

/* --- sent again --- */

/* The button carries how often that was done: pressed by two admins at once it does it once. */
bool orders_resend_ask(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct order_record record;
    bool can;
    if (!begin(turn, ORDER_RESEND, &record, &can, err))
        return false;
    if (!can)
        return true;
    int64_t id = record.detail.order.id;
    screen_ask(turn, say(work, TEXT_ORDER_RESEND_SURE, TEXT_VALUES(TV("isi", orders_name(work, &record)))),
               arena_printf(work->arena, "aok:%" PRId64 ":%" PRId64, id, record.resends),
               arena_printf(work->arena, "aod:%" PRId64, id));
    return true;
}

bool orders_resend(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    int64_t id = turn->numbers[0];
    struct order_record record;
    bool can;
    if (!begin(turn, ORDER_RESEND, &record, &can, err))
        return false;
    if (!can)
        return true;
    struct correction correction = screen_correction(turn, say_label(work, TEXT_ORDER_RESEND_NOTE));
    correction.key = arena_printf(work->arena, "resend:order:%" PRId64 ":%" PRId64, id, turn->numbers[1]);
    if (record.resends == turn->numbers[1] && correction_resend(work, &correction, id, err))
        return show_done(turn, id, TEXT_ORDER_RESEND_DONE, TEXT_NO_VALUES, err);
    if (record.resends != turn->numbers[1] || err->code == ERR_CONFLICT)
        return orders_show_changed(turn, id, err);
    return error_context(err, "resend");
}

/* --- another unit --- */

/* Numbers: the order, the unit. */
bool orders_replace(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct order_record record;
    struct stock_unit unit;
    int64_t available;
    bool can;
    if (!begin(turn, ORDER_REPLACE, &record, &can, err))
        return false;
    if (!can)
        return true;
    if (!stock_unit_get(work, turn->numbers[1], &unit, err))
        return screen_explain(turn, err) || error_context(err, "unit");
    if (unit.order_id != record.detail.order.id || !unit.is_sold || unit.replaced_by)
        return orders_show_changed(turn, record.detail.order.id, err);
    if (!stock_available(work, unit.product_id, &available, err))
        return error_context(err, "unit");
    if (!available) {
        page_answer(work, &turn->page, say_label(work, TEXT_ALERT_NO_UNIT), true);
        return true;
    }
    struct wizard *wizard = make(turn, &orders_replace_wizard, &record);
    wizard_put_number(wizard, "unit", unit.id);
    wizard_put_text(
        wizard, WIZARD_ABOUT,
        say(work, TEXT_ORDER_REPLACE_ABOUT,
            TEXT_VALUES(TV("isi", orders_name(work, &record)), TV("nomor", say_number(work, unit.id)))));
    return wizard_open(turn, wizard, err);
}

static bool replace_preview(struct turn *turn, struct wizard *wizard, const char **html_out,
                            struct error *err)
{
    *html_out = say(turn->work, TEXT_ORDER_REPLACE_SURE, TEXT_NO_VALUES);
    return true;
}

static bool replace_finish(struct turn *turn, struct wizard *wizard, struct error *err)
{
    struct work *work = turn->work;
    struct order order;
    int64_t fresh;
    const struct correction correction = by(turn, wizard);
    return (take(turn, wizard, &order, err) &&
            correction_replace_unit(work, &correction, wizard_number(wizard, "unit"), &fresh, err) &&
            show_done(turn, order.id, TEXT_ORDER_REPLACE_DONE,
                      TEXT_VALUES(TV("nomor", say_number(work, fresh))), err)) ||
           error_context(err, "replace");
}

static const char *replace_back(struct turn *turn, const struct wizard *wizard)
{
    return arena_printf(turn->work->arena, "aou:%" PRId64 ":0", wizard_number(wizard, "order"));
}

static const struct wizard_step replace_steps[] = {NOTE(TEXT_ORDER_REPLACE_ASK), {0}};
const struct wizard_kind orders_replace_wizard = {
    .name = "order_replace",
    .title = TEXT_ORDER_REPLACE_TITLE,
    .role = ROLE_ADMIN,
    .steps = replace_steps,
    .confirms = true,
    .preview = replace_preview,
    .finish = replace_finish,
    .back = replace_back,
    .changed = changed,
};

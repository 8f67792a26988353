/* The calculator's menu and its forms. */
#include "bot/admin/calculator.h"

#include <inttypes.h>

#include "base/str.h"
#include "bot/admin/admin.h"
#include "bot/admin/screen.h"
#include "bot/admin/store_settings.h"
#include "store/admin_log.h"
#include "store/settings.h"

/* --- formulas --- */

/* The gateway's own until somebody sets another one. */
struct calculator_fee calculator_fee_of(const struct work *work)
{
    const struct settings *settings = settings_of(work);
    return (struct calculator_fee){
        .published =
            !settings_row(work, "calculator.fee_percent") && !settings_row(work, "calculator.fee_flat"),
        .percent = settings->fee_percent,
        .flat = settings->fee_flat,
    };
}

bool calculator_open(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    const struct settings *settings = settings_of(work);
    const struct calculator_fee fee = calculator_fee_of(work);
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    screen_button(turn, &keyboard, TEXT_BUTTON_CALCULATOR_REFUND, "acr");
    keyboard_row(&keyboard);
    screen_button(turn, &keyboard, TEXT_BUTTON_CALCULATOR_DEPOSIT, "acd");
    screen_button(turn, &keyboard, TEXT_BUTTON_CALCULATOR_TOTAL, "act");
    keyboard_row(&keyboard);
    screen_button(turn, &keyboard, TEXT_BUTTON_CALCULATOR_FORMULA, "acf");
    screen_button(turn, &keyboard, TEXT_BUTTON_CALCULATOR_HISTORY, "ach:0");
    screen_show(turn,
                say(work, TEXT_CALCULATOR,
                    TEXT_VALUES(TV("potongan", say_number(work, settings->refund_deduction)),
                                TV("kelipatan", say_price(work, settings->refund_step)),
                                TV("rumus", calculator_fee_text(work, &fee)))),
                &keyboard, NULL);
    return true;
}

/* Each is one of the store's settings, and has its page there. */
bool calculator_formula(struct turn *turn, struct error *err)
{
    struct keyboard keyboard;
    struct str lines = STR_INIT(turn->work->arena);
    keyboard_begin(&keyboard);
    for (size_t i = 0; i < setting_screen_count; i++) {
        const struct setting_screen *screen = &setting_screens[i];
        if (!str_equal(screen->home, CALCULATOR_FORMULA))
            continue;
        keyboard_row(&keyboard);
        screen_button(turn, &keyboard, screen->label, "%s", setting_page_data(turn, screen));
        str_add(&lines, setting_line(turn, screen));
        str_add(&lines, "\n");
    }
    screen_show(turn,
                say(turn->work, TEXT_CALCULATOR_FORMULA, TEXT_VALUES(TV_HTML("baris", str_done(&lines)))),
                &keyboard, CALCULATOR_HOME);
    return true;
}

/* --- working out --- */

static bool write_down(struct turn *turn, const struct calculator_sum *sum, struct error *err)
{
    return admin_log_add(turn->work,
                         &(struct admin_log){.actor_id = turn->update->from_id,
                                             .action = CALCULATOR_ACTION,
                                             .subject = CALCULATOR_SUBJECT,
                                             .after = calculator_sum_json(sum)},
                         err);
}

static bool show(struct turn *turn, const struct calculator_sum *sum, struct error *err)
{
    struct keyboard keyboard;
    if (!write_down(turn, sum, err))
        return false;
    keyboard_begin(&keyboard);
    screen_button(turn, &keyboard, TEXT_BUTTON_CALCULATOR_AGAIN, "%s", calculator_again(sum));
    screen_button(turn, &keyboard, TEXT_BUTTON_CALCULATOR_HISTORY, "ach:0");
    screen_show(turn, calculator_sum_html(turn->work, sum), &keyboard, CALCULATOR_HOME);
    return true;
}

static const char *back(struct turn *turn, const struct wizard *wizard)
{
    return CALCULATOR_HOME;
}

/* --- a refund --- */

static bool check_used(struct turn *turn, struct wizard *wizard, const char **why_out, struct error *err)
{
    int64_t days = wizard_number(wizard, "days");
    if (wizard_number(wizard, "used") > days)
        *why_out = say(turn->work, TEXT_CALCULATOR_WHY_USED,
                       TEXT_VALUES(TV("jumlah", say_number(turn->work, days))));
    return true;
}

static const struct wizard_step refund_steps[] = {
    {.name = "price",
     .label = TEXT_CALCULATOR_PRICE,
     .prompt = TEXT_CALCULATOR_PRICE_ASK,
     .takes = WIZARD_AMOUNT,
     .least = 1,
     .most = CALCULATOR_MOST},
    {.name = "days",
     .label = TEXT_CALCULATOR_DAYS,
     .prompt = TEXT_CALCULATOR_DAYS_ASK,
     .takes = WIZARD_NUMBER,
     .least = 1,
     .most = CALCULATOR_MOST_DAYS},
    {.name = "used",
     .label = TEXT_CALCULATOR_USED,
     .prompt = TEXT_CALCULATOR_USED_ASK,
     .takes = WIZARD_NUMBER,
     .least = 0,
     .most = CALCULATOR_MOST_DAYS,
     .check = check_used},
    {.name = NULL},
};

static bool finish_refund(struct turn *turn, struct wizard *wizard, struct error *err)
{
    const struct settings *settings = settings_of(turn->work);
    struct calculator_sum sum = {.kind = CALCULATOR_REFUND,
                                 .refund = {.price = wizard_number(wizard, "price"),
                                            .days = wizard_number(wizard, "days"),
                                            .used = wizard_number(wizard, "used"),
                                            .percent = settings->refund_deduction,
                                            .step = settings->refund_step}};
    if (!calculator_refund(&sum.refund))
        return error_set(err, ERR_INTERNAL, "calculator: what was asked for is not within its limits");
    return show(turn, &sum, err);
}

const struct wizard_kind calculator_refund_wizard = {
    .name = "calculator_refund",
    .title = TEXT_CALCULATOR_REFUND_TITLE,
    .role = ROLE_ADMIN,
    .steps = refund_steps,
    .finish = finish_refund,
    .back = back,
};

bool calculator_ask_refund(struct turn *turn, struct error *err)
{
    return wizard_open(turn, wizard_new(turn, &calculator_refund_wizard), err);
}

/* --- a deposit --- */

static const struct wizard_step deposit_steps[] = {
    {.name = "amount",
     .label = TEXT_CALCULATOR_AMOUNT,
     .prompt = TEXT_CALCULATOR_AMOUNT_ASK,
     .takes = WIZARD_AMOUNT,
     .least = 1,
     .most = CALCULATOR_MOST},
    {.name = NULL},
};

static bool finish_deposit(struct turn *turn, struct wizard *wizard, struct error *err)
{
    struct calculator_sum sum = {.kind = CALCULATOR_DEPOSIT,
                                 .fee = calculator_fee_of(turn->work),
                                 .amount = wizard_number(wizard, "amount")};
    sum.costs = calculator_fee(&sum.fee, sum.amount);
    sum.total = sum.amount + sum.costs;
    return show(turn, &sum, err);
}

const struct wizard_kind calculator_deposit_wizard = {
    .name = "calculator_deposit",
    .title = TEXT_CALCULATOR_DEPOSIT_TITLE,
    .role = ROLE_ADMIN,
    .steps = deposit_steps,
    .finish = finish_deposit,
    .back = back,
};

bool calculator_ask_deposit(struct turn *turn, struct error *err)
{
    return wizard_open(turn, wizard_new(turn, &calculator_deposit_wizard), err);
}

static const struct wizard_step total_steps[] = {
    {.name = "total",
     .label = TEXT_CALCULATOR_PAID,
     .prompt = TEXT_CALCULATOR_PAID_ASK,
     .takes = WIZARD_AMOUNT,
     .least = 1,
     .most = CALCULATOR_MOST},
    {.name = NULL},
};

static bool finish_total(struct turn *turn, struct wizard *wizard, struct error *err)
{
    struct calculator_sum sum = {.kind = CALCULATOR_TOTAL,
                                 .fee = calculator_fee_of(turn->work),
                                 .total = wizard_number(wizard, "total")};
    sum.amount = calculator_amount(&sum.fee, sum.total);
    sum.costs = calculator_fee(&sum.fee, sum.amount);
    if (!sum.amount)
        return wizard_ask_again(turn, wizard, "total",
                                say(turn->work, TEXT_CALCULATOR_WHY_PAID,
                                    TEXT_VALUES(TV("biaya", say_price(turn->work, sum.costs)))),
                                err);
    return show(turn, &sum, err);
}

const struct wizard_kind calculator_total_wizard = {
    .name = "calculator_total",
    .title = TEXT_CALCULATOR_TOTAL_TITLE,
    .role = ROLE_ADMIN,
    .steps = total_steps,
    .finish = finish_total,
    .back = back,
};

bool calculator_ask_total(struct turn *turn, struct error *err)
{
    return wizard_open(turn, wizard_new(turn, &calculator_total_wizard), err);
}

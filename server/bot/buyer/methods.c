#include "bot/buyer/methods.h"

#include "base/str.h"
#include "bot/buyer/buyer.h"
#include "payment/breaker.h"
#include "payment/fee.h"
#include "payment/method.h"

/* What can be chosen, as lines of the page and buttons below it. */
struct choice {
    struct str lines; /* HTML, each with its line break */
    struct keyboard keyboard;
    size_t count;
    bool is_down; /* the gateway can't be reached */
    int64_t balance;
};

static void add_line(struct choice *choice, const char *html)
{
    str_add(&choice->lines, html);
    str_add(&choice->lines, "\n");
}

static void add_button(struct work *work, struct choice *choice, enum text_key label, enum button_style style,
                       const char *method)
{
    keyboard_data(&choice->keyboard, say_label(work, label), style, "y:%s", method);
    keyboard_row(&choice->keyboard);
    choice->count++;
}

static void add_method(struct work *work, struct choice *choice, const struct method *method, int64_t total)
{
    const char *label = say_label(work, method->label);
    if (method->kind == METHOD_LINK) { /* what it costs is chosen on its page */
        add_line(choice, say(work, TEXT_METHOD_LINE_OPEN, TEXT_VALUES(TV("metode", label))));
    } else {
        int64_t fee = fee_preview(method, total, work->now_ms);
        add_line(choice, say(work, TEXT_METHOD_LINE,
                             TEXT_VALUES(TV("metode", label), TV("biaya", say_price(work, fee)),
                                         TV("total", say_price(work, total + fee)))));
    }
    add_button(work, choice, method->label, STYLE_SUCCESS, method->name);
}

static bool is_offered(const struct work *work, const struct method *method)
{
    return method->kind != METHOD_BALANCE && method_is_listed(work->tenant, method);
}

/* The balance where it suffices; otherwise what is missing, and the way to it. */
static void add_balance(struct work *work, struct choice *choice, int64_t total)
{
    const char *label = say_label(work, TEXT_BUTTON_METHOD_BALANCE);
    const char *balance = say_price(work, choice->balance);
    if (choice->balance >= total) {
        add_line(choice,
                 say(work, TEXT_METHOD_LINE_BALANCE, TEXT_VALUES(TV("metode", label), TV("saldo", balance))));
        add_button(work, choice, TEXT_BUTTON_METHOD_BALANCE, STYLE_SUCCESS, METHOD_NAME_BALANCE);
        return;
    }
    add_line(choice, say(work, TEXT_METHOD_LINE_SHORT,
                         TEXT_VALUES(TV("metode", label), TV("saldo", balance),
                                     TV("kurang", say_price(work, total - choice->balance)))));
    if (choice->is_down && !work->tenant->deposit_by_hand)
        return;
    keyboard_data(&choice->keyboard, say_label(work, TEXT_LABEL_DEPOSIT), STYLE_NONE, "dp");
    keyboard_row(&choice->keyboard);
}

static void show(struct turn *turn, const struct basket *basket, struct choice *choice, enum text_key key)
{
    struct work *work = turn->work;
    keyboard_data(&choice->keyboard, say_label(work, TEXT_BUTTON_CANCEL_PURCHASE), STYLE_DANGER, "v");
    const char *html = say(work, key,
                           TEXT_VALUES(TV_HTML("baris", basket_lines(work, basket)),
                                       TV("subtotal", say_price(work, basket->total)),
                                       TV_HTML("metode", str_done(&choice->lines))));
    page_show(work, &turn->page, html, keyboard_inline(&choice->keyboard));
}

static void show_free(struct turn *turn, const struct basket *basket, struct choice *choice)
{
    add_button(turn->work, choice, TEXT_BUTTON_TAKE_FREE, STYLE_SUCCESS, METHOD_NAME_BALANCE);
    show(turn, basket, choice, TEXT_METHOD_FREE);
}

static void show_down(struct turn *turn, const struct basket *basket, struct choice *choice)
{
    struct work *work = turn->work;
    keyboard_data(&choice->keyboard, say_label(work, TEXT_BUTTON_TRY_AGAIN), STYLE_PRIMARY, "m");
    say_contact_button(work, &choice->keyboard);
    show(turn, basket, choice, TEXT_METHOD_DOWN);
}

/* No method takes the amount, and the balance does not suffice. */
static void show_refused(struct turn *turn, const struct basket *basket, struct choice *choice)
{
    struct work *work = turn->work;
    struct str limits = STR_INIT(work->arena);
    for (size_t i = 0; i < method_count; i++) {
        if (!is_offered(work, &methods[i]))
            continue;
        str_add(&limits, say(work, TEXT_AMOUNT_LIMIT,
                             TEXT_VALUES(TV("metode", say_label(work, methods[i].label)),
                                         TV("minimum", say_price(work, methods[i].least)),
                                         TV("maksimum", say_price(work, methods[i].most)))));
        str_add(&limits, "\n");
    }
    keyboard_data(&choice->keyboard, say_label(work, TEXT_BUTTON_CART), STYLE_NONE, "k");
    const char *html =
        say(work, TEXT_AMOUNT_REFUSED,
            TEXT_VALUES(TV("total", say_price(work, basket->total)), TV_HTML("baris", str_done(&limits)),
                        TV_HTML("metode", str_done(&choice->lines))));
    page_show(work, &turn->page, html, keyboard_inline(&choice->keyboard));
}

bool methods_show(struct turn *turn, const struct basket *basket, struct error *err)
{
    struct work *work = turn->work;
    struct choice choice = {.lines = STR_INIT(work->arena),
                            .is_down = breaker_is_open(work->tenant->pakasir_project, work->now_ms)};
    if (!balance_read(turn, &choice.balance, err))
        return false;
    keyboard_begin(&choice.keyboard);
    if (basket->total == 0) {
        show_free(turn, basket, &choice);
        return true;
    }
    if (!choice.is_down)
        fee_wish(basket->total, work->now_ms);
    for (size_t i = 0; i < method_count && !choice.is_down; i++)
        if (is_offered(work, &methods[i]) && method_takes(&methods[i], basket->total))
            add_method(work, &choice, &methods[i], basket->total);
    add_balance(work, &choice, basket->total);
    if (choice.is_down)
        show_down(turn, basket, &choice);
    else if (choice.count)
        show(turn, basket, &choice, TEXT_METHOD);
    else
        show_refused(turn, basket, &choice);
    return true;
}

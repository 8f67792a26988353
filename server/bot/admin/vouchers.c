/* The list of coupons, and one of them. */
#include "bot/admin/vouchers.h"

#include <inttypes.h>

#include "base/str.h"
#include "bot/admin/screen.h"

enum { LABEL_LIMIT = 60 };

const char *vouchers_data(struct turn *turn, int64_t coupon_id)
{
    return arena_printf(turn->work->arena, "avd:%" PRId64, coupon_id);
}

const char *vouchers_value(struct work *work, enum coupon_kind kind, int64_t value)
{
    return kind == COUPON_PERCENT ? arena_printf(work->arena, "%" PRId64 "%%", value)
                                  : say_price(work, value);
}

/* --- how it stands --- */

static const struct {
    const char *sign;
    enum text_key words;
} states[] = {
    [COUPON_OK] = {"✅", TEXT_VOUCHER_GOING},        [COUPON_STOPPED] = {"⏸", TEXT_VOUCHER_STOPPED},
    [COUPON_NOT_YET] = {"⏳", TEXT_VOUCHER_NOT_YET}, [COUPON_ENDED] = {"⌛", TEXT_VOUCHER_ENDED},
    [COUPON_USED_UP] = {"🈵", TEXT_VOUCHER_USED_UP},
};

/* --- the list --- */

/* "✅ HEMAT10 · 10% · 3/100" */
static const char *label_of(struct work *work, const struct coupon *coupon)
{
    struct str s = STR_INIT(work->arena);
    str_addf(&s, "%s %s · %s · %" PRId64, states[coupon_state(coupon, work->now_ms)].sign, coupon->code,
             vouchers_value(work, coupon->kind, coupon->value), coupon->uses);
    if (coupon->most_uses)
        str_addf(&s, "/%" PRId64, coupon->most_uses);
    return str_utf8_cut(work->arena, str_done(&s), LABEL_LIMIT);
}

static bool show_list(struct turn *turn, int64_t cursor, struct error *err)
{
    struct work *work = turn->work;
    struct coupon_page page;
    struct keyboard keyboard;
    if (!coupon_page(work, cursor, &page, err))
        return false;
    keyboard_begin(&keyboard);
    screen_button(turn, &keyboard, TEXT_BUTTON_VOUCHER_NEW, "avn");
    for (size_t i = 0; i < page.count; i++) {
        keyboard_row(&keyboard);
        keyboard_data(&keyboard, label_of(work, &page.coupons[i]), STYLE_NONE, "avd:%" PRId64,
                      page.coupons[i].id);
    }
    screen_arrows(turn, &keyboard, "avp:", page.before, page.after);
    screen_show(turn, say(work, page.count ? TEXT_VOUCHERS : TEXT_VOUCHERS_NONE, TEXT_NO_VALUES), &keyboard,
                NULL);
    return true;
}

bool vouchers_home(struct turn *turn, struct error *err)
{
    return show_list(turn, 0, err);
}

bool vouchers_list(struct turn *turn, struct error *err)
{
    return show_list(turn, turn->numbers[0], err);
}

/* --- one of them --- */

static const char *amount_or_none(struct work *work, int64_t rupiah)
{
    return rupiah ? say_price(work, rupiah) : say_label(work, TEXT_VOUCHER_NO_LIMIT);
}

static const char *number_or_none(struct work *work, int64_t number)
{
    return number ? say_number(work, number) : say_label(work, TEXT_VOUCHER_NO_LIMIT);
}

static const char *discount_of(struct work *work, const struct coupon *coupon)
{
    const char *value = vouchers_value(work, coupon->kind, coupon->value);
    if (!coupon->maximum_discount)
        return value;
    return say(work, TEXT_VOUCHER_AT_MOST,
               TEXT_VALUES(TV("potongan", value), TV("maksimum", say_price(work, coupon->maximum_discount))));
}

static const char *page_html(struct work *work, const struct coupon *coupon, const char *names)
{
    const char *words = say_label(work, states[coupon_state(coupon, work->now_ms)].words);
    const char *ends =
        coupon->ends_ms ? say_date(work, coupon->ends_ms) : say_label(work, TEXT_VOUCHER_NO_LIMIT);
    const struct text_value values[] = {
        TV("kode", coupon->code),
        TV("status", words),
        TV("potongan", discount_of(work, coupon)),
        TV("minimum", amount_or_none(work, coupon->minimum_total)),
        TV("produk", names),
        TV("jumlah", say_number(work, coupon->uses)),
        TV("batas", number_or_none(work, coupon->most_uses)),
        TV("per_orang", number_or_none(work, coupon->most_uses_each)),
        TV("mulai", say_date(work, coupon->starts_ms)),
        TV("berakhir", ends),
    };
    return say(work, TEXT_VOUCHER, values, sizeof values / sizeof values[0]);
}

static void add_buttons(struct turn *turn, struct keyboard *keyboard, const struct coupon *coupon)
{
    static const struct {
        enum voucher_field field;
        enum text_key label;
    } fields[] = {
        {VOUCHER_CODE, TEXT_BUTTON_VOUCHER_CODE},       {VOUCHER_DISCOUNT, TEXT_BUTTON_VOUCHER_DISCOUNT},
        {VOUCHER_MAXIMUM, TEXT_BUTTON_VOUCHER_MAXIMUM}, {VOUCHER_MINIMUM, TEXT_BUTTON_VOUCHER_MINIMUM},
        {VOUCHER_USES, TEXT_BUTTON_VOUCHER_USES},       {VOUCHER_USES_EACH, TEXT_BUTTON_VOUCHER_USES_EACH},
        {VOUCHER_STARTS, TEXT_BUTTON_VOUCHER_STARTS},   {VOUCHER_ENDS, TEXT_BUTTON_VOUCHER_ENDS},
    };
    size_t shown = 0;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (fields[i].field == VOUCHER_MAXIMUM && coupon->kind == COUPON_FLAT)
            continue;
        if (shown++ % 2 == 0)
            keyboard_row(keyboard);
        screen_button(turn, keyboard, fields[i].label, "ave:%" PRId64 ":%d", coupon->id,
                      (int)fields[i].field);
    }
    keyboard_row(keyboard);
    screen_button(turn, keyboard, TEXT_BUTTON_VOUCHER_TARGETS, "avl:%" PRId64 ":0", coupon->id);
    keyboard_row(keyboard);
    screen_button(turn, keyboard, coupon->stopped ? TEXT_BUTTON_VOUCHER_RESUME : TEXT_BUTTON_VOUCHER_STOP,
                  "avs:%" PRId64 ":%d", coupon->id, !coupon->stopped);
    screen_button(turn, keyboard, TEXT_BUTTON_VOUCHER_DELETE, "avx:%" PRId64 ":%" PRId64, coupon->id,
                  coupon->revision);
}

/* `*names_out` may be NULL. */
static bool look(struct turn *turn, int64_t coupon_id, struct coupon *coupon_out, const char **names_out,
                 struct error *err)
{
    bool own;
    bool ok = screen_read_begin(turn, &own, err) &&
              coupon_get(turn->work, coupon_id, false, coupon_out, err) &&
              (!names_out || vouchers_names(turn, coupon_out, names_out, err));
    screen_read_end(turn, own);
    return ok;
}

/* The list instead of one that could not be shown. */
static bool not_there(struct turn *turn, struct error *err)
{
    return screen_explain(turn, err) ? show_list(turn, 0, err) : error_context(err, "voucher");
}

bool vouchers_show(struct turn *turn, int64_t coupon_id, const char *line, struct error *err)
{
    struct coupon coupon;
    const char *names;
    struct keyboard keyboard;
    if (!look(turn, coupon_id, &coupon, &names, err))
        return not_there(turn, err);
    keyboard_begin(&keyboard);
    add_buttons(turn, &keyboard, &coupon);
    const char *html = page_html(turn->work, &coupon, names);
    screen_show(turn, line ? arena_printf(turn->work->arena, "%s\n\n%s", line, html) : html, &keyboard,
                VOUCHERS_HOME);
    return true;
}

bool vouchers_show_changed(struct turn *turn, int64_t coupon_id, struct error *err)
{
    return vouchers_show(turn, coupon_id, say(turn->work, TEXT_CHANGED_MEANWHILE, TEXT_NO_VALUES), err);
}

bool vouchers_open(struct turn *turn, struct error *err)
{
    return vouchers_show(turn, turn->numbers[0], NULL, err);
}

/* --- decisions --- */

/* Whatever was refused is told by a popup above the page as it is now. */
static bool after(struct turn *turn, bool done, enum text_key alert, struct error *err)
{
    if (done)
        page_answer(turn->work, &turn->page, say_label(turn->work, alert), false);
    else if (err->code == ERR_NOT_FOUND || !screen_explain(turn, err))
        return not_there(turn, err);
    return vouchers_show(turn, turn->numbers[0], NULL, err);
}

/* Numbers: the coupon; 1 to stop it, 0 to let it go on. */
bool vouchers_stop(struct turn *turn, struct error *err)
{
    bool stop = turn->numbers[1] == 1;
    bool done = coupon_stop(turn->work, turn->update->from_id, turn->numbers[0], stop, err);
    return after(turn, done, stop ? TEXT_ALERT_VOUCHER_STOPPED : TEXT_ALERT_VOUCHER_RESUMED, err);
}

/* Numbers: the coupon and the revision of it that was seen; and so when it is done. */
bool vouchers_ask_delete(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct coupon coupon;
    if (!look(turn, turn->numbers[0], &coupon, NULL, err))
        return not_there(turn, err);
    screen_ask(turn, say(work, TEXT_VOUCHER_ASK_DELETE, TEXT_VALUES(TV("kode", coupon.code))),
               arena_printf(work->arena, "avy:%" PRId64 ":%" PRId64, coupon.id, turn->numbers[1]),
               vouchers_data(turn, coupon.id));
    return true;
}

bool vouchers_delete(struct turn *turn, struct error *err)
{
    bool deleted;
    if (!coupon_delete(turn->work, turn->update->from_id, turn->numbers[0], turn->numbers[1], &deleted, err))
        return after(turn, false, TEXT_ALERT_SAVED, err);
    if (!deleted)
        return vouchers_show(turn, turn->numbers[0], say(turn->work, TEXT_VOUCHER_KEPT, TEXT_NO_VALUES), err);
    page_answer(turn->work, &turn->page, say_label(turn->work, TEXT_ALERT_VOUCHER_DELETED), false);
    return show_list(turn, 0, err);
}

/* The coupon in the cart: asked for, tried, taken off. */
#include "bot/buyer/coupons.h"

#include "base/str.h"
#include "bot/buyer/buyer.h"
#include "store/conversation.h"

enum { ASK_MS = 10 * 60 * 1000, CODE_LIMIT = 32, NAME_LIMIT = 60, MOST_NAMES = 5 };

/* --- a coupon against the cart --- */

enum coupon_refusal coupons_try(struct turn *turn, const struct basket *basket, const struct coupon *coupon,
                                int64_t own_uses, int64_t *discount_out)
{
    struct work *work = turn->work;
    struct coupon_line *lines = ARENA_ARRAY(work->arena, struct coupon_line, basket->count);
    for (size_t i = 0; i < basket->count; i++) {
        const struct catalogue_product *product = basket->items[i].product;
        lines[i] = (struct coupon_line){.product_id = product->id,
                                        .category_id = product->category->id,
                                        .amount = product->price * basket->items[i].quantity};
    }
    return coupon_discount(coupon, own_uses, lines, basket->count, work->now_ms, discount_out);
}

static void add_name(struct work *work, struct str *names, const char *name, size_t number)
{
    if (number > MOST_NAMES)
        return;
    str_add(names, number > 1 ? ", " : "");
    str_add(names, number == MOST_NAMES ? "…" : str_utf8_cut(work->arena, name, NAME_LIMIT));
}

static bool is_listed(const struct coupon_ids *ids, int64_t id)
{
    for (size_t i = 0; i < ids->count; i++)
        if (ids->items[i] == id)
            return true;
    return false;
}

/* Categories and products it is for, those that are sold; "" where there are none. */
static const char *what_it_is_for(struct turn *turn, const struct coupon *coupon)
{
    struct str names = STR_INIT(turn->work->arena);
    const struct catalogue *catalogue = turn->catalogue;
    size_t found = 0;
    for (size_t i = 0; i < catalogue->category_count; i++)
        if (is_listed(&coupon->categories, catalogue->categories[i].id))
            add_name(turn->work, &names, catalogue->categories[i].name, ++found);
    for (size_t i = 0; i < catalogue->product_count; i++)
        if (is_listed(&coupon->products, catalogue->products[i].id))
            add_name(turn->work, &names, catalogue->products[i].name, ++found);
    return str_done(&names);
}

static const enum text_key reasons[] = {
    [COUPON_UNKNOWN] = TEXT_COUPON_UNKNOWN,
    [COUPON_STOPPED] = TEXT_COUPON_STOPPED,
    [COUPON_NOT_YET] = TEXT_COUPON_NOT_YET,
    [COUPON_ENDED] = TEXT_COUPON_ENDED,
    [COUPON_USED_UP] = TEXT_COUPON_USED_UP,
    [COUPON_USED_BY_YOU] = TEXT_COUPON_USED_BY_YOU,
    [COUPON_NOT_FOR_THESE] = TEXT_COUPON_NOT_FOR_THESE,
    [COUPON_TOTAL_TOO_SMALL] = TEXT_COUPON_TOTAL_TOO_SMALL,
};

const char *coupons_why_not(struct turn *turn, const struct basket *basket, const char *code,
                            const struct coupon *coupon, enum coupon_refusal refusal)
{
    struct work *work = turn->work;
    const char *shown = str_utf8_cut(work->arena, code, CODE_LIMIT);
    if (!coupon)
        return say(work, TEXT_COUPON_UNKNOWN, TEXT_VALUES(TV("kode", shown)));
    const char *names = what_it_is_for(turn, coupon);
    enum text_key key = reasons[refusal];
    if (refusal == COUPON_NOT_FOR_THESE && !*names) /* nothing it is for is sold */
        key = TEXT_COUPON_STOPPED;
    int64_t at_ms = refusal == COUPON_ENDED ? coupon->ends_ms : coupon->starts_ms;
    return say(work, key,
               TEXT_VALUES(TV("kode", shown), TV("produk", names), TV("tanggal", say_date(work, at_ms)),
                           TV("jumlah", say_number(work, coupon->most_uses_each)),
                           TV("minimum", say_price(work, coupon->minimum_total)),
                           TV("kurang", say_price(work, coupon->minimum_total - basket->subtotal))));
}

const char *coupons_line(struct work *work, const char *code, int64_t discount)
{
    return say(work, TEXT_COUPON_LINE,
               TEXT_VALUES(TV("kode", code), TV("diskon", say_price(work, discount))));
}

/* --- asked for --- */

static void show_question(struct turn *turn, const char *html)
{
    page_show(turn->work, &turn->page, html, say_button(turn->work, TEXT_BUTTON_CANCEL, "kb"));
}

static bool expect_code(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    return conversation_set(work, turn->update->from_id, COUPONS_CONVERSATION, 0, work->now_ms + ASK_MS, err);
}

bool coupons_ask(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct basket basket;
    if (!basket_load(turn, &basket, err))
        return false;
    if (!basket.count || basket.changed) {
        enum text_key alert = basket.count ? TEXT_ALERT_CART_CHANGED : TEXT_ALERT_CART_EMPTY;
        page_answer(work, &turn->page, say_label(work, alert), true);
        basket_show(turn, &basket);
        return true;
    }
    show_question(turn, say(work, TEXT_COUPON_ASK, TEXT_NO_VALUES));
    return expect_code(turn, err);
}

/* Another question may be open by now: that one stays. */
static bool forget_question(struct turn *turn, struct error *err)
{
    const char *kind;
    int64_t ref;
    return conversation_get(turn->work, turn->update->from_id, &kind, &ref, err) &&
           (!str_equal(kind, COUPONS_CONVERSATION) ||
            conversation_clear(turn->work, turn->update->from_id, err));
}

bool coupons_drop(struct turn *turn, struct error *err)
{
    return forget_question(turn, err) && basket_open(turn, err);
}

bool coupons_remove(struct turn *turn, struct error *err)
{
    struct basket basket;
    if (!coupon_cart_clear(turn->work, turn->update->from_id, err) || !basket_load(turn, &basket, err))
        return error_context(err, "coupon");
    page_answer(turn->work, &turn->page, say_label(turn->work, TEXT_ALERT_COUPON_REMOVED), false);
    basket_show(turn, &basket);
    return true;
}

/* --- and given --- */

/* What the person typed is not one, or not one for this cart: they may type another. A cart that changed is
 * to be seen all the same. */
static bool ask_again(struct turn *turn, struct basket *basket, const char *why, struct error *err)
{
    const char *html = say(turn->work, TEXT_COUPON_AGAIN, TEXT_VALUES(TV_HTML("alasan", why)));
    basket->headline = html;
    if (basket->changed)
        basket_show(turn, basket);
    else
        show_question(turn, html);
    return expect_code(turn, err);
}

/* `seen` is the cart before; what had changed in it is told now. */
static bool put_in(struct turn *turn, const struct basket *seen, const struct coupon *coupon,
                   struct error *err)
{
    struct work *work = turn->work;
    struct basket basket;
    if (!coupon_cart_set(work, turn->update->from_id, coupon, err) ||
        !conversation_clear(work, turn->update->from_id, err) || !basket_load(turn, &basket, err))
        return error_context(err, "coupon");
    basket.notes = seen->notes;
    if (basket.discount)
        basket.headline =
            say(work, TEXT_COUPON_TAKEN,
                TEXT_VALUES(TV("kode", coupon->code), TV("diskon", say_price(work, basket.discount))));
    basket_show(turn, &basket);
    return true;
}

bool coupons_take_code(struct turn *turn, int64_t ref, struct error *err)
{
    struct work *work = turn->work;
    const char *typed = turn->update->text;
    int64_t person = turn->update->from_id, own_uses, discount;
    struct basket basket;
    struct coupon coupon;
    if (!basket_load(turn, &basket, err))
        return false;
    if (!basket.count) {
        basket_show(turn, &basket);
        return conversation_clear(work, person, err);
    }
    if (!typed)
        return ask_again(turn, &basket, say(work, TEXT_COUPON_KINDS, TEXT_NO_VALUES), err);
    if (!coupon_find(work, typed, &coupon, err))
        return err->code == ERR_NOT_FOUND &&
               ask_again(turn, &basket, coupons_why_not(turn, &basket, typed, NULL, COUPON_UNKNOWN), err);
    if (!coupon_uses_by(work, coupon.id, person, &own_uses, err))
        return error_context(err, "coupon");
    enum coupon_refusal refusal = coupons_try(turn, &basket, &coupon, own_uses, &discount);
    if (refusal != COUPON_OK)
        return ask_again(turn, &basket, coupons_why_not(turn, &basket, coupon.code, &coupon, refusal), err);
    return put_in(turn, &basket, &coupon, err);
}

#include "bot/say.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "bot/html.h"
#include "store/own_text.h"
#include "store/user.h"

enum { NAME_LIMIT = 100 };

#define ISOLATE     "\u2068"
#define ISOLATE_END "\u2069"

static const struct texts *the_texts;

void say_set_texts(const struct texts *texts)
{
    the_texts = texts;
}

const struct texts *say_texts(void)
{
    assert(the_texts);
    return the_texts;
}

const char *say(struct work *work, enum text_key key, const struct text_value *values, size_t value_count)
{
    const struct text_template *own = own_text_template(work, key);
    return own ? text_render_own(own, key, work->arena, values, value_count)
               : text_render(say_texts(), work->tenant->language, key, work->arena, values, value_count);
}

const char *say_label(const struct work *work, enum text_key key)
{
    const struct text_template *own = own_text_template(work, key);
    return own ? text_of_template(own) : text_get(say_texts(), work->tenant->language, key);
}

const char *say_number(struct work *work, int64_t number)
{
    return arena_printf(work->arena, "%" PRId64, number);
}

const char *say_price(struct work *work, int64_t rupiah)
{
    return str_rupiah(work->arena, rupiah);
}

const char *say_date(struct work *work, int64_t at_ms)
{
    char buffer[17];
    clock_format(work->tenant->zone, at_ms, buffer);
    return arena_strdup(work->arena, buffer);
}

const char *say_name(struct work *work, const char *first_name, const char *last_name)
{
    bool has_last = last_name && *last_name;
    const char *whole = has_last ? arena_printf(work->arena, "%s %s", first_name, last_name) : first_name;
    if (whole[strspn(whole, " \t\r\n")] == '\0')
        whole = "–";
    return arena_printf(work->arena, ISOLATE "%s" ISOLATE_END, str_utf8_cut(work->arena, whole, NAME_LIMIT));
}

const char *say_person(struct work *work, int64_t telegram_id, const char *first_name, const char *last_name,
                       const char *username)
{
    struct str s = STR_INIT(work->arena);
    str_addf(&s, "<a href=\"tg://user?id=%" PRId64 "\">", telegram_id);
    str_add_html(&s, say_name(work, first_name, last_name));
    str_add(&s, "</a>");
    if (username && *username) {
        str_add(&s, " (@");
        str_add_html(&s, str_utf8_cut(work->arena, username, NAME_LIMIT));
        str_add(&s, ")");
    }
    str_addf(&s, " <code>%" PRId64 "</code>", telegram_id);
    return str_done(&s);
}

bool say_known_person(struct work *work, int64_t telegram_id, const char **html_out, struct error *err)
{
    struct person person;
    if (user_get(work, telegram_id, &person, err)) {
        *html_out = say_person(work, telegram_id, person.first_name, person.last_name, person.username);
        return true;
    }
    if (err->code != ERR_NOT_FOUND)
        return false;
    *html_out = say_person(work, telegram_id, "", NULL, NULL);
    return true;
}

const char *say_contact(struct work *work)
{
    if (!work->tenant->support)
        return say(work, TEXT_CONTACT_NONE, TEXT_NO_VALUES);
    return say(work, TEXT_CONTACT, TEXT_VALUES(TV("kontak", work->tenant->support)));
}

const char *say_items(struct work *work, const struct order *order, size_t limit)
{
    struct str s = STR_INIT(work->arena);
    size_t units = 0;
    for (size_t i = 0; i < order->item_count; i++) {
        const struct order_item *item = &order->items[i];
        const char *line = say(work, TEXT_ORDER_LINE,
                               TEXT_VALUES(TV("produk", str_utf8_cut(work->arena, item->name, NAME_LIMIT)),
                                           TV("jumlah", say_number(work, item->quantity))));
        units += html_length(line) + 1;
        if (i && units > limit) {
            str_add(&s, "\n");
            str_add(&s, say(work, TEXT_CART_MORE,
                            TEXT_VALUES(TV("jumlah", say_number(work, (int64_t)(order->item_count - i))))));
            break;
        }
        if (i)
            str_add(&s, "\n");
        str_add(&s, line);
    }
    if (order->coupon_code) {
        str_add(&s, "\n");
        str_add(&s, say(work, TEXT_COUPON_LINE,
                        TEXT_VALUES(TV("kode", order->coupon_code),
                                    TV("diskon", say_price(work, order->discount)))));
    }
    return str_done(&s);
}

const char *say_stock(struct work *work, const struct catalogue_product *product)
{
    if (product->kind == PRODUCT_UNIT || product->stock == 0)
        return say_number(work, product->stock);
    return say_label(work, product->kind == PRODUCT_MANUAL ? TEXT_STOCK_MANUAL : TEXT_STOCK_UNLIMITED);
}

const char *say_keycap(struct work *work, int64_t number)
{
    if (number == 10)
        return "🔟";
    const char *digits = say_number(work, number);
    struct str s = STR_INIT(work->arena);
    for (; *digits; digits++)
        str_addf(&s, "%c\uFE0F\u20E3", *digits);
    return str_done(&s);
}

json_t *say_button(struct work *work, enum text_key key, const char *data)
{
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    keyboard_data(&keyboard, say_label(work, key), STYLE_NONE, "%s", data);
    return keyboard_inline(&keyboard);
}

void say_contact_button(struct work *work, struct keyboard *keyboard)
{
    const char *support = work->tenant->support;
    keyboard_row(keyboard);
    if (support) /* with its @ */
        keyboard_url(keyboard, say_label(work, TEXT_BUTTON_CONTACT_ADMIN),
                     arena_printf(work->arena, "https://t.me/%s", support + 1));
    keyboard_row(keyboard);
}

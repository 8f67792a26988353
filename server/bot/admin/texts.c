/* The texts of a store: in groups, as lists, and one by one with what people see. */
#include "bot/admin/texts.h"

#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "bot/admin/screen.h"
#include "bot/html.h"
#include "bot/outgoing.h"

enum {
    ON_A_PAGE = 8,
    IN_A_ROW = 4,
    GROUPS_IN_A_ROW = 2,
    LINE_LIMIT = 60,
    SOURCE_LIMIT = 1500,
    SAMPLE_LIMIT = 1500
};

/* In the order of text_keys.h: a group goes up to the next one's first text. */
static const struct {
    enum text_key first;
    enum text_key label;
} groups[] = {
    {TEXT_WELCOME, TEXT_GROUP_START},
    {TEXT_BALANCE, TEXT_GROUP_BALANCE},
    {TEXT_DEPOSIT, TEXT_GROUP_DEPOSIT},
    {TEXT_PRODUCTS, TEXT_GROUP_BROWSING},
    {TEXT_CART, TEXT_GROUP_CART},
    {TEXT_COUPON_LINE, TEXT_GROUP_COUPONS},
    {TEXT_INVOICE, TEXT_GROUP_INVOICE},
    {TEXT_PAID, TEXT_GROUP_DELIVERY},
    {TEXT_PURCHASES, TEXT_GROUP_PURCHASES},
    {TEXT_REPLACED, TEXT_GROUP_DECIDED},
    {TEXT_TERMS, TEXT_GROUP_TERMS},
    {TEXT_ADMIN_NEW_ORDER, TEXT_GROUP_ADMINS},
    {TEXT_SPAM, TEXT_GROUP_ALERTS},
    {TEXT_LABEL_ALL_PRODUCTS, TEXT_GROUP_LABELS},
    {TEXT_BUTTON_INFORMATION, TEXT_GROUP_BUTTONS},
};
enum { GROUPS = sizeof groups / sizeof groups[0] };

static const enum text_key with_picture[] = {TEXT_INFORMATION, TEXT_HOW_TO_ORDER, TEXT_HELP,
                                             TEXT_PRODUCTS_EMPTY};

bool texts_is_editable(int64_t key)
{
    return key >= 0 && key < TEXT_COMMAND_START && key != TEXT_SPAM && key != TEXT_SLOW_DOWN;
}

bool texts_takes_picture(enum text_key key)
{
    for (size_t i = 0; i < sizeof with_picture / sizeof with_picture[0]; i++)
        if (with_picture[i] == key)
            return true;
    return false;
}

/* --- what people see --- */

static const struct {
    const char *name;
    enum text_key sample;
} samples[] = {
    {"nama", TEXT_SAMPLE_NAME},         {"produk", TEXT_SAMPLE_PRODUCT},
    {"kategori", TEXT_SAMPLE_CATEGORY}, {"baris", TEXT_SAMPLE_LINES},
    {"isi", TEXT_SAMPLE_CONTENT},       {"deskripsi", TEXT_SAMPLE_DESCRIPTION},
    {"snk", TEXT_SAMPLE_TERMS},         {"alasan", TEXT_SAMPLE_REASON},
    {"pembeli", TEXT_SAMPLE_PERSON},    {"petunjuk", TEXT_SAMPLE_TRANSFER},
};
static const struct {
    const char *name, *sample;
} figures[] = {
    {"order_id", "tg1001-k3v7x2m9"},
    {"jumlah", "2"},
    {"stok", "12"},
    {"terjual", "34"},
    {"halaman", "1/3"},
    {"nomor", "1️⃣"},
    {"total_users", "1234"},
    {"total_transactions", "567"},
    {"total_products", "42"},
    {"menit", "15"},
    {"kode", "HEMAT10"},
    {"metode", "QRIS"},
    {"bank", "BRI"},
    {"status", "✅"},
};
static const char *const amounts[] = {"harga",   "total",    "saldo",    "biaya",      "diskon", "potongan",
                                      "minimum", "maksimum", "subtotal", "harga_lama", "kurang"};

static const char *sample_of(struct turn *turn, const char *name)
{
    struct work *work = turn->work;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++)
        if (str_equal(samples[i].name, name))
            return say_label(work, samples[i].sample);
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
        if (str_equal(figures[i].name, name))
            return figures[i].sample;
    for (size_t i = 0; i < sizeof amounts / sizeof amounts[0]; i++)
        if (str_equal(amounts[i], name))
            return say_price(work, 35000 + 1000 * (int64_t)i);
    if (str_equal(name, "store_name"))
        return work->tenant->title;
    if (str_equal(name, "tanggal"))
        return say_date(work, work->now_ms);
    if (str_equal(name, "telegram_id"))
        return say_number(work, turn->update->from_id);
    if (str_equal(name, "kontak"))
        return work->tenant->support ? work->tenant->support : "@admin";
    return arena_printf(work->arena, "(%s)", name);
}

const char *texts_sample_of(struct turn *turn, enum text_key key, const struct text_template *own)
{
    struct work *work = turn->work;
    struct text_value values[32];
    size_t count = 0;
    const char *p = text_placeholders(key);
    while (*p && count < sizeof values / sizeof values[0]) {
        size_t length = strcspn(p, " ");
        const char *name = arena_printf(work->arena, "%.*s", (int)length, p);
        values[count++] = TV(name, sample_of(turn, name));
        p += length + strspn(p + length, " ");
    }
    const char *text =
        own ? text_render_own(own, key, work->arena, values, count)
            : text_render(say_texts(), work->tenant->language, key, work->arena, values, count);
    return text_is_plain(key) ? str_html(work->arena, text) : text;
}

const char *texts_source(struct turn *turn, const char *template_text, size_t limit)
{
    struct arena *arena = turn->work->arena;
    return str_html(arena, str_utf8_cut(arena, template_text, limit));
}

const char *texts_why_not(struct turn *turn, enum text_key key, const struct text_fault *fault)
{
    static const enum text_key lines[] = {
        [TEXT_FAULT_EMPTY] = TEXT_TEXT_WHY_EMPTY,   [TEXT_FAULT_ENCODING] = TEXT_TEXT_WHY_ENCODING,
        [TEXT_FAULT_BRACE] = TEXT_TEXT_WHY_BRACE,   [TEXT_FAULT_PLACEHOLDER] = TEXT_TEXT_WHY_PLACEHOLDER,
        [TEXT_FAULT_MARKUP] = TEXT_TEXT_WHY_MARKUP, [TEXT_FAULT_LENGTH] = TEXT_TEXT_WHY_LENGTH,
    };
    const char *placeholders = text_placeholders(key);
    return say(turn->work, lines[fault->kind],
               TEXT_VALUES(TV("isi", fault->detail), TV("daftar", *placeholders ? placeholders : "–")));
}

/* --- lists --- */

static int64_t group_end(int64_t group)
{
    return group + 1 < GROUPS ? groups[group + 1].first : TEXT_COMMAND_START;
}

bool texts_home(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    const struct own_text_broken *broken;
    size_t broken_count = own_text_broken(work, &broken);
    int64_t own = 0;
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    for (int64_t i = 0; i < GROUPS; i++) {
        if (i % GROUPS_IN_A_ROW == 0)
            keyboard_row(&keyboard);
        screen_button(turn, &keyboard, groups[i].label, "arg:%" PRId64 ":0", i);
    }
    for (int key = 0; key < TEXT_OWN_COUNT; key++)
        own += own_text_template(work, (enum text_key)key) != NULL;
    keyboard_row(&keyboard);
    screen_button(turn, &keyboard, TEXT_BUTTON_TEXTS_EXPORT, "are");
    screen_button(turn, &keyboard, TEXT_BUTTON_TEXTS_IMPORT, "ari");
    const char *html = say(work, TEXT_TEXTS_HOME, TEXT_VALUES(TV("jumlah", say_number(work, own))));
    if (broken_count)
        html = arena_printf(work->arena, "%s\n\n%s", html,
                            say(work, TEXT_TEXTS_BROKEN,
                                TEXT_VALUES(TV("produk", text_name(broken[0].key)),
                                            TV("jumlah", say_number(work, (int64_t)broken_count)))));
    screen_show(turn, html, &keyboard, NULL);
    return true;
}

/* The first line of what people see, without markup. */
static const char *first_line(struct turn *turn, enum text_key key)
{
    struct arena *arena = turn->work->arena;
    const char *text = say_label(turn->work, key);
    return str_utf8_cut(arena, arena_printf(arena, "%.*s", (int)strcspn(text, "\n"), text), LINE_LIMIT);
}

bool texts_group(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    int64_t group = turn->numbers[0], page = turn->numbers[1], at = 0;
    if (group < 0 || group >= GROUPS || page < 0 || page > TEXT_OWN_COUNT) {
        turn_old_button(turn);
        return texts_home(turn, err);
    }
    struct str lines = STR_INIT(work->arena);
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    for (int64_t key = groups[group].first; key < group_end(group); key++) {
        if (!texts_is_editable(key) || at++ / ON_A_PAGE != page)
            continue;
        int64_t number = at - page * ON_A_PAGE;
        bool own = own_text_template(work, (enum text_key)key);
        str_add(&lines, say(work, own ? TEXT_TEXTS_LINE_OWN : TEXT_TEXTS_LINE,
                            TEXT_VALUES(TV("nomor", say_number(work, number)),
                                        TV("nama", text_name((enum text_key)key)),
                                        TV("isi", first_line(turn, (enum text_key)key)))));
        str_add(&lines, "\n");
        if ((number - 1) % IN_A_ROW == 0)
            keyboard_row(&keyboard);
        keyboard_data(&keyboard, say_keycap(work, number), STYLE_NONE, "art:%" PRId64, key);
    }
    keyboard_row(&keyboard);
    if (page > 0)
        keyboard_data(&keyboard, "⬅️", STYLE_NONE, "arg:%" PRId64 ":%" PRId64, group, page - 1);
    if (at > (page + 1) * ON_A_PAGE)
        keyboard_data(&keyboard, "➡️", STYLE_NONE, "arg:%" PRId64 ":%" PRId64, group, page + 1);
    screen_show(turn,
                say(work, TEXT_TEXTS_GROUP,
                    TEXT_VALUES(TV("judul", say_label(work, groups[group].label)),
                                TV_HTML("baris", str_done(&lines)))),
                &keyboard, "ar");
    return true;
}

/* --- one --- */

static int64_t group_of(int64_t key)
{
    int64_t group = 0;
    while (group + 1 < GROUPS && groups[group + 1].first <= key)
        group++;
    return group;
}

/* Read from the database: the edition that buttons carry must be the latest. */
static bool read_setting(struct turn *turn, enum text_key key, struct setting *setting_out, struct error *err)
{
    bool own = !turn->work->tx;
    bool ok = (!own || work_begin(turn->work, err)) &&
              settings_read(turn->work, own_text_setting(turn->work->arena, key), false, setting_out, err);
    if (own)
        work_end(turn->work);
    return ok;
}

static void one_keyboard(struct turn *turn, enum text_key key, const struct setting *setting,
                         struct keyboard *keyboard)
{
    struct own_text own = own_text_read(turn->work->arena, setting->json);
    int64_t number = key;
    keyboard_begin(keyboard);
    screen_button(turn, keyboard, TEXT_BUTTON_TEXT_EDIT, "arw:%" PRId64, number);
    screen_button(turn, keyboard, TEXT_BUTTON_TEXT_SAMPLE, "ars:%" PRId64, number);
    keyboard_row(keyboard);
    if (texts_takes_picture(key))
        screen_button(turn, keyboard, TEXT_BUTTON_TEXT_PICTURE, "arp:%" PRId64, number);
    if (own.photo)
        screen_button(turn, keyboard, TEXT_BUTTON_TEXT_NO_PICTURE, "arn:%" PRId64 ":%" PRId64, number,
                      setting->edition);
    if (key == TEXT_WELCOME)
        screen_button(turn, keyboard, TEXT_BUTTON_TEXT_WELCOME, "ax");
    keyboard_row(keyboard);
    if (own.text)
        screen_button(turn, keyboard, TEXT_BUTTON_TEXT_RESET, "ard:%" PRId64 ":%" PRId64, number,
                      setting->edition);
    if (setting->id)
        screen_button(turn, keyboard, TEXT_BUTTON_TEXT_HISTORY, "arh:%" PRId64 ":0", number);
}

static bool show_one(struct turn *turn, enum text_key key, struct error *err)
{
    struct work *work = turn->work;
    struct setting setting;
    struct keyboard keyboard;
    if (!read_setting(turn, key, &setting, err))
        return error_context(err, "text");
    struct own_text own = own_text_read(work->arena, setting.json);
    struct text_fault fault;
    bool fits = own.text && text_check(key, own.text, &fault);
    const struct text_template *template = fits ? text_compile(work->arena, own.text) : NULL;
    const char *source = own.text ? own.text : text_get(say_texts(), work->tenant->language, key);
    const char *placeholders = text_placeholders(key);
    one_keyboard(turn, key, &setting, &keyboard);
    const char *html =
        say(work, own.text ? TEXT_TEXT_PAGE_OWN : TEXT_TEXT_PAGE,
            TEXT_VALUES(TV("nama", text_name(key)), TV("daftar", *placeholders ? placeholders : "–"),
                        TV_HTML("isi", texts_source(turn, source, SOURCE_LIMIT)),
                        TV_HTML("contoh",
                                html_cut(work->arena, texts_sample_of(turn, key, template), SAMPLE_LIMIT))));
    if (own.text && !fits)
        html = arena_printf(work->arena, "%s\n\n%s", html, texts_why_not(turn, key, &fault));
    screen_show(turn, html, &keyboard, arena_printf(work->arena, "arg:%" PRId64 ":0", group_of(key)));
    return true;
}

/* The key a button names; a forged or very old one leads home. */
static bool pressed_key(struct turn *turn, enum text_key *key_out)
{
    if (!texts_is_editable(turn->numbers[0])) {
        turn_old_button(turn);
        return false;
    }
    *key_out = (enum text_key)turn->numbers[0];
    return true;
}

bool texts_open(struct turn *turn, struct error *err)
{
    enum text_key key;
    return pressed_key(turn, &key) ? show_one(turn, key, err) : texts_home(turn, err);
}

/* As people get it: a message of its own. */
bool texts_sample(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    enum text_key key;
    if (!pressed_key(turn, &key))
        return texts_home(turn, err);
    const struct outgoing outgoing = {.chat_id = turn->update->chat_id,
                                      .html = texts_sample_of(turn, key, own_text_template(work, key)),
                                      .photo_file_id = own_text_photo(work, key)};
    page_answer(work, &turn->page, say_label(work, TEXT_ALERT_TEXT_SAMPLE), false);
    return outgoing_add(work, &outgoing, err);
}

/* --- back to how it was --- */

/* `own` in place of what is there, where nobody changed it since the button was made. */
static bool change(struct turn *turn, enum text_key key, bool drop_text, bool drop_photo, struct error *err)
{
    struct work *work = turn->work;
    struct setting setting;
    const char *name = own_text_setting(work->arena, key);
    if (!settings_read(work, name, true, &setting, err))
        return error_context(err, "text");
    struct own_text own = own_text_read(work->arena, setting.json);
    if (drop_text)
        own.text = NULL;
    if (drop_photo)
        own.photo = NULL;
    if (settings_put(work, name, own_text_value(&own), turn->numbers[1], turn->update->from_id, "", err))
        page_answer(work, &turn->page, say_label(work, TEXT_ALERT_SAVED), false);
    else if (!screen_explain(turn, err))
        return false;
    return show_one(turn, key, err);
}

bool texts_reset(struct turn *turn, struct error *err)
{
    enum text_key key;
    return pressed_key(turn, &key) ? change(turn, key, true, false, err) : texts_home(turn, err);
}

bool texts_no_picture(struct turn *turn, struct error *err)
{
    enum text_key key;
    return pressed_key(turn, &key) ? change(turn, key, false, true, err) : texts_home(turn, err);
}

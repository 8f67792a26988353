/* The list of a store's settings, and the page of each. */
#include "bot/admin/store_settings.h"

#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "bot/admin/admin.h"
#include "bot/admin/calculator.h"
#include "bot/admin/screen.h"

enum { LISTED_LIMIT = 60, BUTTONS_IN_A_ROW = 2 };

#define COMMON(number_, name_, id, look_)                                                                    \
    {                                                                                                        \
        .number = (number_), .name = (name_), .label = TEXT_SETTING_##id,                                    \
        .about = TEXT_SETTING_##id##_ABOUT, .look = (look_)                                                  \
    }
#define FORMULA(number_, name_, id, look_)                                                                   \
    {                                                                                                        \
        .number = (number_), .name = (name_), .label = TEXT_SETTING_##id,                                    \
        .about = TEXT_SETTING_##id##_ABOUT, .look = (look_), .home = CALCULATOR_FORMULA                      \
    }
const struct setting_screen setting_screens[] = {
    COMMON(1, "title", TITLE, LOOK_TEXT),
    COMMON(2, "support", SUPPORT, LOOK_TEXT),
    COMMON(3, "invoice_minutes", INVOICE_MINUTES, LOOK_MINUTES),
    COMMON(4, "low_stock", LOW_STOCK, LOOK_NUMBER),
    COMMON(5, "most_open_orders", MOST_OPEN, LOOK_NUMBER),
    COMMON(6, "deposit.minimum", DEPOSIT_LEAST, LOOK_RUPIAH),
    COMMON(7, "deposit.maximum", DEPOSIT_MOST, LOOK_RUPIAH),
    COMMON(8, "deposit.transfer", TRANSFER, LOOK_TEXT),
    COMMON(9, "welcome.sticker", STICKER, LOOK_STICKER),
    COMMON(10, "welcome.photo", PHOTO, LOOK_PHOTO),
    {.number = 11,
     .name = "channel",
     .label = TEXT_SETTING_CHANNEL,
     .about = TEXT_SETTING_CHANNEL_ABOUT,
     .look = LOOK_TEXT,
     .change = channel_ask_admin},
    COMMON(12, "channel.link", CHANNEL_LINK, LOOK_TEXT),
    {.number = 13,
     .name = "maintenance",
     .label = TEXT_SETTING_MAINTENANCE,
     .look = LOOK_FLAG,
     .page = "axm"},
    FORMULA(21, "calculator.refund_deduction", REFUND_DEDUCTION, LOOK_PERCENT),
    FORMULA(22, "calculator.refund_step", REFUND_STEP, LOOK_RUPIAH),
    FORMULA(23, "calculator.fee_percent", FEE_PERCENT, LOOK_HUNDREDTHS),
    FORMULA(24, "calculator.fee_flat", FEE_FLAT, LOOK_RUPIAH),
};
const size_t setting_screen_count = sizeof setting_screens / sizeof setting_screens[0];

const struct setting_screen *setting_screen(const char *name)
{
    for (size_t i = 0; i < setting_screen_count; i++)
        if (str_equal(setting_screens[i].name, name))
            return &setting_screens[i];
    return NULL;
}

static const struct setting_screen *by_number(int64_t number)
{
    for (size_t i = 0; i < setting_screen_count; i++)
        if (setting_screens[i].number == number && !setting_screens[i].page)
            return &setting_screens[i];
    return NULL;
}

/* --- values --- */

const char *setting_text(struct turn *turn, const struct setting_screen *screen, const json_t *value)
{
    struct work *work = turn->work;
    int64_t number = json_integer_value(value);
    if (!value || json_is_null(value))
        return say_label(work, TEXT_WIZARD_LEFT_OUT);
    switch (screen->look) {
    case LOOK_NUMBER:
        return say_number(work, number);
    case LOOK_MINUTES:
        return say(work, TEXT_SETTING_MINUTES, TEXT_VALUES(TV("jumlah", say_number(work, number))));
    case LOOK_RUPIAH:
        return say_price(work, number);
    case LOOK_PERCENT:
        return calculator_percent_text(work, number * 100);
    case LOOK_HUNDREDTHS:
        return calculator_percent_text(work, number);
    case LOOK_FLAG:
        return say_label(work, json_is_true(value) ? TEXT_SETTING_ON : TEXT_SETTING_OFF);
    case LOOK_STICKER:
        return say_label(work, TEXT_WIZARD_A_STICKER);
    case LOOK_PHOTO:
        return say_label(work, TEXT_WIZARD_A_PHOTO);
    case LOOK_TEXT:
        break;
    }
    return arena_strdup(work->arena, json_string_value(value));
}

/* On one line, short. */
static const char *listed(struct arena *arena, const char *text)
{
    char *line = arena_strdup(arena, text);
    for (char *p = line; *p; p++)
        if (*p == '\n')
            *p = ' ';
    return str_utf8_cut(arena, line, LISTED_LIMIT);
}

/* --- the list --- */

const char *setting_line(struct turn *turn, const struct setting_screen *screen)
{
    struct work *work = turn->work;
    auto_json json_t *value = settings_value(work, settings_definition(screen->name));
    bool is_set = settings_row(work, screen->name);
    return say(work, TEXT_SETTINGS_LINE,
               TEXT_VALUES(TV("nama", say_label(work, screen->label)),
                           TV("isi", listed(work->arena, setting_text(turn, screen, value))),
                           TV("tanda", is_set ? say_label(work, TEXT_SETTINGS_SET_HERE) : "")));
}

static const char *lines_of(struct turn *turn)
{
    struct str lines = STR_INIT(turn->work->arena);
    for (size_t i = 0; i < setting_screen_count; i++) {
        if (setting_screens[i].home)
            continue;
        str_add(&lines, lines.length ? "\n" : "");
        str_add(&lines, setting_line(turn, &setting_screens[i]));
    }
    return str_done(&lines);
}

/* Texts of the store's own that people look for here. */
static const struct {
    enum text_key label, text;
} texts[] = {
    {TEXT_BUTTON_SETTING_WELCOME, TEXT_WELCOME},
    {TEXT_BUTTON_SETTING_INFORMATION, TEXT_INFORMATION},
    {TEXT_BUTTON_SETTING_HOW_TO, TEXT_HOW_TO_ORDER},
};

static void add_texts(struct turn *turn, struct keyboard *keyboard)
{
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (i % BUTTONS_IN_A_ROW == 0)
            keyboard_row(keyboard);
        screen_button(turn, keyboard, texts[i].label, "art:%d", (int)texts[i].text);
    }
}

bool store_settings_open(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    size_t buttons = 0;
    for (size_t i = 0; i < setting_screen_count; i++) {
        if (setting_screens[i].home)
            continue;
        if (buttons++ % BUTTONS_IN_A_ROW == 0)
            keyboard_row(&keyboard);
        screen_button(turn, &keyboard, setting_screens[i].label, "%s",
                      setting_page_data(turn, &setting_screens[i]));
    }
    add_texts(turn, &keyboard);
    if (turn->role >= ROLE_OWNER)
        screen_button(turn, &keyboard, TEXT_BUTTON_SETTING_ADMINS, "am");
    screen_show(turn,
                say(work, TEXT_SETTINGS,
                    TEXT_VALUES(TV("store_name", work->tenant->title), TV_HTML("baris", lines_of(turn)))),
                &keyboard, NULL);
    return true;
}

/* --- one of them --- */

const char *setting_page_data(struct turn *turn, const struct setting_screen *screen)
{
    return screen->page ? screen->page : arena_printf(turn->work->arena, "axs:%" PRId64, screen->number);
}

bool setting_remarks(struct turn *turn, const struct setting_screen *screen, const struct setting *row,
                     const json_t *set, const char **html_out, struct error *err)
{
    struct work *work = turn->work;
    const struct setting_definition *definition = settings_definition(screen->name);
    struct str s = STR_INIT(work->arena);
    const char *admin;
    bool together;
    *html_out = "";
    if (!set)
        return true;
    if (!say_known_person(work, row->updated_by, &admin, err) ||
        !settings_goes_together(work, definition, set, &together, err))
        return false;
    str_add(&s, say(work, TEXT_SETTING_SET_BY,
                    TEXT_VALUES(TV("tanggal", say_date(work, row->updated_ms)), TV_HTML("admin", admin))));
    if (!together)
        str_add(&s, say(work, TEXT_SETTING_IGNORED, TEXT_VALUES(TV("isi", setting_text(turn, screen, set)))));
    *html_out = str_done(&s);
    return true;
}

static void add_ways(struct turn *turn, const struct setting_screen *screen, const struct setting *row,
                     const json_t *now, struct keyboard *keyboard)
{
    screen_button(turn, keyboard, TEXT_BUTTON_SETTING_CHANGE, "axe:%" PRId64, screen->number);
    if (row->json)
        screen_button(turn, keyboard, TEXT_BUTTON_SETTING_RESET, "axr:%" PRId64 ":%" PRId64, screen->number,
                      row->edition);
    if (now && (screen->look == LOOK_STICKER || screen->look == LOOK_PHOTO))
        screen_button(turn, keyboard, TEXT_BUTTON_SETTING_LOOK, "axv:%" PRId64, screen->number);
}

static bool show(struct turn *turn, const struct setting_screen *screen, const char *saved, struct error *err)
{
    struct work *work = turn->work;
    const struct setting_definition *definition = settings_definition(screen->name);
    struct setting row;
    const char *more;
    if (!settings_read(work, screen->name, false, &row, err))
        return false;
    auto_json json_t *set = row.json ? json_loads(row.json, JSON_DECODE_ANY, NULL) : NULL;
    auto_json json_t *of_file = settings_default(work, definition);
    if (set && !settings_is_valid(definition, set)) {
        json_decref(set);
        set = NULL;
    }
    if (!setting_remarks(turn, screen, &row, set, &more, err))
        return false;
    const char *html =
        say(work, TEXT_SETTING_PAGE,
            TEXT_VALUES(TV("nama", say_label(work, screen->label)),
                        TV_HTML("tentang", say(work, screen->about, TEXT_NO_VALUES)),
                        TV("isi", setting_text(turn, screen, set ? set : of_file)),
                        TV("bawaan", setting_text(turn, screen, of_file)), TV_HTML("tambahan", more)));
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    add_ways(turn, screen, &row, set ? set : of_file, &keyboard);
    screen_show(turn, saved ? arena_printf(work->arena, "%s\n\n%s", saved, html) : html, &keyboard,
                screen->home ? screen->home : SETTINGS_HOME);
    return true;
}

bool setting_show(struct turn *turn, const struct setting_screen *screen, const char *saved,
                  struct error *err)
{
    bool own = false;
    bool ok = screen_read_begin(turn, &own, err) && show(turn, screen, saved, err);
    screen_read_end(turn, own);
    return ok || error_context(err, "setting %s", screen->name);
}

/* The one the button means; where there is none the list says what there is. */
static const struct setting_screen *pressed(struct turn *turn)
{
    const struct setting_screen *screen = by_number(turn->numbers[0]);
    if (!screen)
        turn_old_button(turn);
    return screen;
}

bool store_settings_show(struct turn *turn, struct error *err)
{
    const struct setting_screen *screen = pressed(turn);
    return screen ? setting_show(turn, screen, NULL, err) : store_settings_open(turn, err);
}

bool store_settings_look(struct turn *turn, struct error *err)
{
    const struct setting_screen *screen = pressed(turn);
    if (!screen)
        return store_settings_open(turn, err);
    auto_json json_t *value = settings_value(turn->work, settings_definition(screen->name));
    const char *file_id = json_string_value(value);
    if (screen->look == LOOK_STICKER && file_id)
        page_file_aside(turn->work, turn->update->chat_id, "sendSticker", "sticker", file_id);
    else if (screen->look == LOOK_PHOTO && file_id)
        page_file_aside(turn->work, turn->update->chat_id, "sendPhoto", "photo", file_id);
    else
        turn_old_button(turn);
    return true;
}

bool store_settings_change(struct turn *turn, struct error *err)
{
    const struct setting_screen *screen = pressed(turn);
    struct setting row;
    if (!screen)
        return store_settings_open(turn, err);
    if (!settings_read(turn->work, screen->name, false, &row, err))
        return error_context(err, "setting %s", screen->name);
    return screen->change ? screen->change(turn, &row, err) : setting_ask(turn, screen, &row, err);
}

bool store_settings_reset(struct turn *turn, struct error *err)
{
    const struct setting_screen *screen = pressed(turn);
    bool together;
    if (!screen)
        return store_settings_open(turn, err);
    if (!settings_goes_together(turn->work, settings_definition(screen->name), NULL, &together, err))
        return error_context(err, "setting %s", screen->name);
    if (!together)
        page_answer(turn->work, &turn->page, say_label(turn->work, TEXT_ALERT_SETTING_TOGETHER), true);
    else if (settings_put(turn->work, screen->name, NULL, turn->numbers[1], turn->update->from_id, NULL, err))
        page_answer(turn->work, &turn->page, say_label(turn->work, TEXT_ALERT_SAVED), false);
    else if (!screen_explain(turn, err))
        return error_context(err, "setting %s", screen->name);
    return setting_show(turn, screen, NULL, err);
}

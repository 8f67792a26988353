/* The form that changes a setting: one question. */
#include <inttypes.h>

#include "base/json.h"
#include "base/str.h"
#include "bot/admin/screen.h"
#include "bot/admin/store_settings.h"
#include "payment/calculator.h"

#define EDITION "edition"

/* NULL where another version of the server asked for what this one does not have. */
static const struct setting_screen *screen_of(const struct wizard *wizard)
{
    return setting_screen(wizard_text(wizard, WIZARD_TOPIC));
}

/* As people type it: "0,7%". Null where it is none. */
static json_t *percent_of(const char *text, enum setting_look look)
{
    int64_t hundredths;
    if (!calculator_percent(text, &hundredths))
        return json_null();
    if (look == LOOK_HUNDREDTHS)
        return json_integer(hundredths);
    return hundredths % 100 ? json_null() : json_integer(hundredths / 100);
}

/* The answer as the setting's value; the caller's. */
static json_t *answer_of(const struct wizard *wizard)
{
    const char *name = wizard_text(wizard, WIZARD_TOPIC);
    enum setting_look look = setting_screen(name)->look;
    if (look == LOOK_PERCENT || look == LOOK_HUNDREDTHS)
        return percent_of(wizard_text(wizard, name), look);
    return settings_definition(name)->kind == SETTING_NUMBER ? json_integer(wizard_number(wizard, name))
                                                             : json_string(wizard_text(wizard, name));
}

static const char *why_invalid(struct turn *turn, const struct setting_screen *screen, const json_t *value)
{
    struct work *work = turn->work;
    const struct setting_definition *definition = settings_definition(screen->name);
    int64_t most = definition->most;
    if (definition->kind == SETTING_NUMBER) {
        auto_json json_t *from = json_integer(definition->least), *to = json_integer(most);
        bool whole = screen->look == LOOK_PERCENT && json_is_null(value);
        return say(work, whole ? TEXT_SETTING_WHY_PERCENT : TEXT_SETTING_WHY_NUMBER,
                   TEXT_VALUES(TV("minimum", setting_text(turn, screen, from)),
                               TV("maksimum", setting_text(turn, screen, to))));
    }
    if ((int64_t)str_utf16_length(json_string_value(value)) > most)
        return say(work, TEXT_SETTING_WHY_LENGTH, TEXT_VALUES(TV("maksimum", say_number(work, most))));
    return say(work, TEXT_SETTING_WHY_FORM, TEXT_NO_VALUES);
}

static bool why_contradicts(struct turn *turn, const struct setting_screen *screen, const char **why_out,
                            struct error *err)
{
    const struct setting_definition *definition = settings_definition(screen->name);
    bool above = definition->not_above;
    const struct setting_screen *other =
        setting_screen(above ? definition->not_above : definition->not_below);
    struct setting row;
    if (!settings_read(turn->work, other->name, false, &row, err))
        return false;
    auto_json json_t *value = row.json ? json_loads(row.json, JSON_DECODE_ANY, NULL)
                                       : settings_default(turn->work, settings_definition(other->name));
    *why_out = say(turn->work, above ? TEXT_SETTING_WHY_ABOVE : TEXT_SETTING_WHY_BELOW,
                   TEXT_VALUES(TV("nama", say_label(turn->work, other->label)),
                               TV("isi", setting_text(turn, other, value))));
    return true;
}

static bool check(struct turn *turn, struct wizard *wizard, const char **why_out, struct error *err)
{
    const struct setting_screen *screen = screen_of(wizard);
    const struct setting_definition *definition = settings_definition(screen->name);
    auto_json json_t *value = answer_of(wizard);
    bool together;
    if (!settings_is_valid(definition, value)) {
        *why_out = why_invalid(turn, screen, value);
        return true;
    }
    return settings_goes_together(turn->work, definition, value, &together, err) &&
           (together || why_contradicts(turn, screen, why_out, err));
}

#define ASK(name_, id, takes_)                                                                               \
    {                                                                                                        \
        .name = (name_), .label = TEXT_SETTING_##id, .prompt = TEXT_SETTING_##id##_ASK, .takes = (takes_),   \
        .check = check, .topic = (name_)                                                                     \
    }
static const struct wizard_step steps[] = {
    ASK("title", TITLE, WIZARD_LINE),
    ASK("support", SUPPORT, WIZARD_LINE),
    ASK("invoice_minutes", INVOICE_MINUTES, WIZARD_NUMBER),
    ASK("low_stock", LOW_STOCK, WIZARD_NUMBER),
    ASK("most_open_orders", MOST_OPEN, WIZARD_NUMBER),
    ASK("deposit.minimum", DEPOSIT_LEAST, WIZARD_AMOUNT),
    ASK("deposit.maximum", DEPOSIT_MOST, WIZARD_AMOUNT),
    ASK("deposit.transfer", TRANSFER, WIZARD_LINE | WIZARD_TEXT),
    ASK("welcome.sticker", STICKER, WIZARD_STICKER),
    ASK("welcome.photo", PHOTO, WIZARD_PHOTO),
    ASK("channel.link", CHANNEL_LINK, WIZARD_LINE),
    ASK("calculator.refund_deduction", REFUND_DEDUCTION, WIZARD_LINE),
    ASK("calculator.refund_step", REFUND_STEP, WIZARD_AMOUNT),
    ASK("calculator.fee_percent", FEE_PERCENT, WIZARD_LINE),
    ASK("calculator.fee_flat", FEE_FLAT, WIZARD_AMOUNT | WIZARD_NUMBER), /* nothing at all is no amount */
    {.name = NULL},
};

static bool finish(struct turn *turn, struct wizard *wizard, struct error *err)
{
    const struct setting_screen *screen = screen_of(wizard);
    if (!screen)
        return error_set(err, ERR_CONFLICT, "no such setting");
    return settings_put(turn->work, screen->name, answer_of(wizard), wizard_number(wizard, EDITION),
                        turn->update->from_id, NULL, err) &&
           setting_show(turn, screen, say(turn->work, TEXT_SETTING_SAVED, TEXT_NO_VALUES), err);
}

static const char *back(struct turn *turn, const struct wizard *wizard)
{
    const struct setting_screen *screen = screen_of(wizard);
    return screen ? setting_page_data(turn, screen) : SETTINGS_HOME;
}

const struct wizard_kind setting_wizard = {
    .name = "setting",
    .title = TEXT_SETTING_WIZARD,
    .role = ROLE_ADMIN,
    .steps = steps,
    .finish = finish,
    .back = back,
};

bool setting_ask(struct turn *turn, const struct setting_screen *screen, const struct setting *row,
                 struct error *err)
{
    struct wizard *wizard = wizard_new(turn, &setting_wizard);
    wizard_put_text(wizard, WIZARD_TOPIC, screen->name);
    wizard_put_number(wizard, EDITION, row->edition);
    return wizard_open(turn, wizard, err);
}

/* The switch for maintenance: a form with the note for buyers closes the store, a button opens it. */
#include <inttypes.h>

#include "base/json.h"
#include "base/str.h"
#include "bot/admin/admin.h"
#include "bot/admin/screen.h"
#include "bot/admin/store_settings.h"
#include "bot/buyer/buyer.h"

#define SWITCH       "maintenance"
#define NOTE         "maintenance.note"
#define EDITION      "edition"
#define NOTE_EDITION "note_edition"
#define PAGE         "axm"

struct state {
    struct setting on, note;
    bool is_on;
    const char *note_text; /* NULL: none */
};

static bool read_state(struct turn *turn, struct state *state_out, struct error *err)
{
    struct work *work = turn->work;
    struct state state = {0};
    if (!settings_read(work, SWITCH, false, &state.on, err) ||
        !settings_read(work, NOTE, false, &state.note, err))
        return false;
    auto_json json_t *on = state.on.json ? json_loads(state.on.json, JSON_DECODE_ANY, NULL) : NULL;
    auto_json json_t *note = state.note.json ? json_loads(state.note.json, JSON_DECODE_ANY, NULL) : NULL;
    state.is_on = json_is_true(on);
    if (json_is_string(note))
        state.note_text = arena_strdup(work->arena, json_string_value(note));
    *state_out = state;
    return true;
}

/* --- the page --- */

static json_t *ways(struct turn *turn, const struct state *state)
{
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    if (state->is_on) {
        screen_button(turn, &keyboard, TEXT_BUTTON_MAINTENANCE_OFF, "axo:%" PRId64, state->on.edition);
        screen_button(turn, &keyboard, TEXT_BUTTON_MAINTENANCE_NOTE, "axn");
    } else {
        screen_button(turn, &keyboard, TEXT_BUTTON_MAINTENANCE_ON, "axn");
    }
    screen_ways_back(turn, &keyboard, SETTINGS_HOME);
    return keyboard_inline(&keyboard);
}

static bool show(struct turn *turn, const char *saved, struct error *err)
{
    struct work *work = turn->work;
    struct state state;
    const char *more;
    if (!read_state(turn, &state, err))
        return false;
    auto_json json_t *on = state.on.json ? json_true() : NULL;
    if (!setting_remarks(turn, setting_screen(SWITCH), &state.on, on, &more, err))
        return false;
    const char *html = say(
        work, TEXT_MAINTENANCE_SCREEN,
        TEXT_VALUES(TV("isi", say_label(work, state.is_on ? TEXT_SETTING_ON : TEXT_SETTING_OFF)),
                    TV("catatan", state.note_text ? state.note_text : say_label(work, TEXT_WIZARD_LEFT_OUT)),
                    TV_HTML("tambahan", more)));
    page_show(work, &turn->page, saved ? arena_printf(work->arena, "%s\n\n%s", saved, html) : html,
              ways(turn, &state));
    return true;
}

bool maintenance_open(struct turn *turn, struct error *err)
{
    bool own = false;
    bool ok = screen_read_begin(turn, &own, err) && show(turn, NULL, err);
    screen_read_end(turn, own);
    return ok || error_context(err, "maintenance");
}

/* --- closing the store --- */

static bool preview(struct turn *turn, struct wizard *wizard, const char **html_out, struct error *err)
{
    *html_out = say(turn->work, TEXT_MAINTENANCE_PREVIEW,
                    TEXT_VALUES(TV_HTML("isi", maintenance_text(turn->work, wizard_text(wizard, NOTE)))));
    return true;
}

static bool check_note(struct turn *turn, struct wizard *wizard, const char **why_out, struct error *err)
{
    const struct setting_definition *definition = settings_definition(NOTE);
    auto_json json_t *note = json_string(wizard_text(wizard, NOTE));
    if (!settings_is_valid(definition, note))
        *why_out = say(turn->work, TEXT_SETTING_WHY_LENGTH,
                       TEXT_VALUES(TV("maksimum", say_number(turn->work, definition->most))));
    return true;
}

static bool put_note(struct turn *turn, const struct state *state, const struct wizard *wizard,
                     struct error *err)
{
    const char *note = wizard_text(wizard, NOTE);
    return str_equal(note, state->note_text) ||
           settings_put(turn->work, NOTE, note ? json_string(note) : NULL,
                        wizard_number(wizard, NOTE_EDITION), turn->update->from_id, NULL, err);
}

static bool finish(struct turn *turn, struct wizard *wizard, struct error *err)
{
    struct state state;
    if (!read_state(turn, &state, err) || !put_note(turn, &state, wizard, err))
        return false;
    if (state.on.edition != wizard_number(wizard, EDITION))
        return error_set(err, ERR_CONFLICT, "maintenance: changed meanwhile");
    return (state.is_on || settings_put(turn->work, SWITCH, json_true(), state.on.edition,
                                        turn->update->from_id, NULL, err)) &&
           show(turn, say(turn->work, TEXT_SETTING_SAVED, TEXT_NO_VALUES), err);
}

static const char *back(struct turn *turn, const struct wizard *wizard)
{
    return PAGE;
}

static const struct wizard_step steps[] = {
    {.name = NOTE,
     .label = TEXT_MAINTENANCE_NOTE_NAME,
     .prompt = TEXT_MAINTENANCE_ASK,
     .takes = WIZARD_LINE | WIZARD_TEXT,
     .optional = true,
     .check = check_note},
    {.name = NULL},
};
const struct wizard_kind maintenance_wizard = {
    .name = "maintenance",
    .title = TEXT_MAINTENANCE_WIZARD,
    .role = ROLE_ADMIN,
    .steps = steps,
    .confirms = true,
    .preview = preview,
    .finish = finish,
    .back = back,
};

bool maintenance_begin(struct turn *turn, struct error *err)
{
    struct state state;
    if (!read_state(turn, &state, err))
        return error_context(err, "maintenance");
    struct wizard *wizard = wizard_new(turn, &maintenance_wizard);
    wizard_put_number(wizard, EDITION, state.on.edition);
    wizard_put_number(wizard, NOTE_EDITION, state.note.edition);
    return wizard_open(turn, wizard, err);
}

/* --- opening it --- */

bool maintenance_end(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    if (settings_put(work, SWITCH, json_false(), turn->numbers[0], turn->update->from_id, NULL, err))
        page_answer(work, &turn->page, say_label(work, TEXT_ALERT_MAINTENANCE_OVER), false);
    else if (!screen_explain(turn, err))
        return error_context(err, "maintenance");
    return show(turn, NULL, err) || error_context(err, "maintenance");
}

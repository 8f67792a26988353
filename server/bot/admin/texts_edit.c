/* Changing a text, and what it said before. */
#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "bot/admin/screen.h"
#include "bot/admin/texts.h"
#include "bot/routes.h"
#include "store/admin_log.h"

enum { MOST_TEXT = 3500, ON_A_PAGE = 6, LINE_LIMIT = 50, SOURCE_LIMIT = 2500, SAMPLE_LIMIT = 1200 };

/* --- wizards --- */

/* By name: a number may mean another text in another version. */
static bool key_of(const struct wizard *wizard, enum text_key *key_out)
{
    const char *name = wizard_text(wizard, "key");
    return name && text_find(name, key_out) && texts_is_editable(*key_out);
}

static const char *back(struct turn *turn, const struct wizard *wizard)
{
    enum text_key key;
    return key_of(wizard, &key) ? arena_printf(turn->work->arena, "art:%d", (int)key) : "ar";
}

/* Two labels of the keyboard that read the same would lead to the same place. */
bool texts_is_taken(const struct work *work, enum text_key key, const char *text)
{
    int label = route_label(work, text);
    bool is_label = false;
    for (size_t i = 0; i < label_row_count; i++)
        is_label = is_label || label_rows[i].label == key;
    return is_label && label >= 0 && label != (int)key;
}

static bool check_text(struct turn *turn, struct wizard *wizard, const char **why_out, struct error *err)
{
    enum text_key key;
    struct text_fault fault;
    const char *text = wizard_text(wizard, "text");
    if (!key_of(wizard, &key))
        return error_set(err, ERR_CONFLICT, "the text is not there any more");
    if (!text_check(key, text, &fault))
        *why_out = texts_why_not(turn, key, &fault);
    else if (texts_is_taken(turn->work, key, text))
        *why_out = say(turn->work, TEXT_TEXT_WHY_TAKEN, TEXT_NO_VALUES);
    return true;
}

static bool preview(struct turn *turn, struct wizard *wizard, const char **html_out, struct error *err)
{
    enum text_key key;
    struct text_fault fault;
    struct work *work = turn->work;
    const char *text = wizard_text(wizard, "text");
    if (!key_of(wizard, &key) || !text_check(key, text, &fault))
        return true;
    const char *sample = texts_sample_of(turn, key, text_compile(work->arena, text));
    *html_out = say(work, TEXT_TEXT_PREVIEW,
                    TEXT_VALUES(TV_HTML("contoh", html_cut(work->arena, sample, SAMPLE_LIMIT))));
    return true;
}

/* The row with the new words or picture in it, where it is as it was when the wizard began. */
static bool finish(struct turn *turn, struct wizard *wizard, struct error *err)
{
    struct work *work = turn->work;
    struct setting setting;
    enum text_key key;
    if (!key_of(wizard, &key))
        return error_set(err, ERR_CONFLICT, "the text is not there any more");
    const char *name = own_text_setting(work->arena, key);
    if (!settings_read(work, name, true, &setting, err))
        return false;
    struct own_text own = own_text_read(work->arena, setting.json);
    if (wizard_has(wizard, "text"))
        own.text = wizard_text(wizard, "text");
    if (wizard_has(wizard, "photo"))
        own.photo = wizard_text(wizard, "photo");
    if (!settings_put(work, name, own_text_value(&own), wizard_number(wizard, "edition"),
                      turn->update->from_id, "", err))
        return false;
    screen_say(turn, say(work, TEXT_TEXT_SAVED, TEXT_VALUES(TV("nama", text_name(key)))), back(turn, wizard));
    return true;
}

static const struct wizard_step text_steps[] = {
    {.name = "text",
     .label = -1,
     .prompt = TEXT_TEXT_ASK,
     .takes = WIZARD_TEXT,
     .least = 1,
     .most = MOST_TEXT,
     .check = check_text},
    {0},
};
const struct wizard_kind texts_wizard = {.name = "text",
                                         .title = TEXT_TEXT_TITLE,
                                         .role = ROLE_ADMIN,
                                         .steps = text_steps,
                                         .confirms = true,
                                         .preview = preview,
                                         .finish = finish,
                                         .back = back};

static const struct wizard_step picture_steps[] = {
    {.name = "photo", .label = -1, .prompt = TEXT_TEXT_ASK_PICTURE, .takes = WIZARD_PHOTO},
    {0},
};
const struct wizard_kind texts_picture_wizard = {.name = "text_picture",
                                                 .title = TEXT_TEXT_TITLE,
                                                 .role = ROLE_ADMIN,
                                                 .steps = picture_steps,
                                                 .finish = finish,
                                                 .back = back};

static bool open_wizard(struct turn *turn, const struct wizard_kind *kind, struct error *err)
{
    struct setting setting;
    enum text_key key = (enum text_key)turn->numbers[0];
    if (!settings_read(turn->work, own_text_setting(turn->work->arena, key), false, &setting, err))
        return error_context(err, "text");
    struct wizard *wizard = wizard_new(turn, kind);
    wizard_put_text(wizard, "key", text_name(key));
    wizard_put_number(wizard, "edition", setting.edition);
    return wizard_open(turn, wizard, err);
}

static bool forged(struct turn *turn, struct error *err)
{
    turn_old_button(turn);
    return texts_home(turn, err);
}

bool texts_edit(struct turn *turn, struct error *err)
{
    return texts_is_editable(turn->numbers[0]) ? open_wizard(turn, &texts_wizard, err) : forged(turn, err);
}

bool texts_picture(struct turn *turn, struct error *err)
{
    bool can = texts_is_editable(turn->numbers[0]) && texts_takes_picture((enum text_key)turn->numbers[0]);
    return can ? open_wizard(turn, &texts_picture_wizard, err) : forged(turn, err);
}

/* --- what it said before --- */

/* The text after the change of a row; NULL: as the files say. */
static struct own_text after_of(struct arena *arena, const struct admin_log_entry *entry)
{
    auto_json json_t *after = entry->after ? json_loads(entry->after, 0, NULL) : NULL;
    const json_t *value = json_object_get(after, "value");
    return own_text_read(arena, json_is_object(value) ? json_text(arena, value) : NULL);
}

static bool read_history(struct turn *turn, enum text_key key, struct admin_log_entry **entries_out,
                         size_t *count_out, struct error *err)
{
    struct work *work = turn->work;
    struct setting setting;
    *count_out = 0;
    if (!settings_read(work, own_text_setting(work->arena, key), false, &setting, err))
        return false;
    const struct admin_log_filter filter = {.subject = "setting", .subject_id = setting.id};
    return !setting.id ||
           admin_log_list(work, &filter, turn->numbers[1], ON_A_PAGE + 1, entries_out, count_out, err);
}

static bool history_line(struct turn *turn, struct str *lines, int64_t number,
                         const struct admin_log_entry *entry, struct error *err)
{
    struct work *work = turn->work;
    const char *who;
    struct own_text own = after_of(work->arena, entry);
    const char *text = own.text ? own.text : say_label(work, TEXT_TEXT_BY_DEFAULT);
    if (!say_known_person(work, entry->actor_id, &who, err))
        return false;
    str_add(lines, say(work, TEXT_TEXT_HISTORY_LINE,
                       TEXT_VALUES(TV("nomor", say_number(work, number)),
                                   TV("tanggal", say_date(work, entry->created_ms)), TV_HTML("admin", who),
                                   TV("isi", str_utf8_cut(work->arena, text, LINE_LIMIT)))));
    str_add(lines, "\n");
    return true;
}

bool texts_history(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct admin_log_entry *entries;
    size_t count;
    if (!texts_is_editable(turn->numbers[0]))
        return forged(turn, err);
    enum text_key key = (enum text_key)turn->numbers[0];
    if (!read_history(turn, key, &entries, &count, err))
        return error_context(err, "history of a text");
    struct str lines = STR_INIT(work->arena);
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    for (size_t i = 0; i < count && i < ON_A_PAGE; i++) {
        if (!history_line(turn, &lines, (int64_t)i + 1, &entries[i], err)) {
            keyboard_drop(&keyboard);
            return error_context(err, "history of a text");
        }
        keyboard_data(&keyboard, say_keycap(work, (int64_t)i + 1), STYLE_NONE, "arv:%d:%" PRId64, (int)key,
                      entries[i].id);
    }
    keyboard_row(&keyboard);
    if (turn->numbers[1] > 0)
        keyboard_data(&keyboard, "⏫", STYLE_NONE, "arh:%d:0", (int)key);
    if (count > ON_A_PAGE)
        keyboard_data(&keyboard, "➡️", STYLE_NONE, "arh:%d:%" PRId64, (int)key,
                      entries[ON_A_PAGE - 1].id);
    screen_show(turn,
                say(work, TEXT_TEXT_HISTORY,
                    TEXT_VALUES(TV("nama", text_name(key)), TV_HTML("baris", str_done(&lines)))),
                &keyboard, arena_printf(work->arena, "art:%d", (int)key));
    return true;
}

struct version {
    enum text_key key;
    struct setting setting;
    struct admin_log_entry entry;
    struct own_text own;
};

static bool find_version(struct turn *turn, struct version *version_out, bool *found_out, struct error *err)
{
    struct work *work = turn->work;
    struct version *v = version_out;
    *found_out = false;
    if (!texts_is_editable(turn->numbers[0]))
        return true;
    v->key = (enum text_key)turn->numbers[0];
    if (!settings_read(work, own_text_setting(work->arena, v->key), true, &v->setting, err))
        return false;
    if (!admin_log_get(work, turn->numbers[1], &v->entry, err))
        return err->code == ERR_NOT_FOUND;
    *found_out =
        v->setting.id && str_equal(v->entry.subject, "setting") && v->entry.subject_id == v->setting.id;
    if (*found_out)
        v->own = after_of(work->arena, &v->entry);
    return true;
}

/* A row of this text's history. Where the button means nothing, nothing is found and that is said. */
static bool load_version(struct turn *turn, struct version *version_out, bool *found_out, struct error *err)
{
    if (!find_version(turn, version_out, found_out, err))
        return error_context(err, "version of a text");
    return *found_out || forged(turn, err);
}

bool texts_version(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct version v;
    struct keyboard keyboard;
    bool found;
    if (!load_version(turn, &v, &found, err))
        return false;
    if (!found)
        return true;
    const char *text = v.own.text ? v.own.text : text_get(say_texts(), work->tenant->language, v.key);
    keyboard_begin(&keyboard);
    screen_button(turn, &keyboard, TEXT_BUTTON_TEXT_USE_AGAIN, "aru:%d:%" PRId64, (int)v.key, v.entry.id);
    screen_show(
        turn,
        say(work, TEXT_TEXT_VERSION,
            TEXT_VALUES(TV("nama", text_name(v.key)), TV("tanggal", say_date(work, v.entry.created_ms)),
                        TV_HTML("isi", texts_source(turn, text, SOURCE_LIMIT)))),
        &keyboard, arena_printf(work->arena, "arh:%d:0", (int)v.key));
    return true;
}

bool texts_use_again(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct version v;
    struct text_fault fault;
    bool found;
    if (!load_version(turn, &v, &found, err))
        return false;
    if (!found)
        return true;
    if (v.own.text && !text_check(v.key, v.own.text, &fault)) {
        screen_say(turn, texts_why_not(turn, v.key, &fault),
                   arena_printf(work->arena, "arh:%d:0", (int)v.key));
        return true;
    }
    if (!settings_put(work, v.setting.key, own_text_value(&v.own), v.setting.edition, turn->update->from_id,
                      "", err))
        return error_context(err, "version of a text");
    screen_say(turn, say(work, TEXT_TEXT_SAVED, TEXT_VALUES(TV("nama", text_name(v.key)))),
               arena_printf(work->arena, "art:%d", (int)v.key));
    return true;
}

/* What admins did, as they and the owners read it: pages newest first, and each with what was before and
 * after. An admin reads what they did themselves, an owner everything. */
#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "bot/admin/admin.h"
#include "bot/admin/log_words.h"
#include "bot/admin/screen.h"
#include "bot/routes.h"
#include "store/admin_log.h"

enum { ON_A_PAGE = 8, BUTTONS_IN_A_ROW = 4, NOTE_LIMIT = 500, PICTURE_LIMIT = 2500 };

/* --- a list --- */

/* Which one: all (or the admin's own), an admin's, or those of what an entry was about. Buttons carry it on.
 */
struct list {
    struct admin_log_filter filter;
    const char *title; /* HTML */
    const char *page;  /* "alp:": the list, in front of a cursor */
    const char *entry; /* an entry from it, in front of the entry's id */
    const char *of;    /* between that and the cursor: ":17" or "" */
    const char *back;  /* NULL: the menu */
};

/* Names of those who are on a page, each asked for once. */
struct names {
    int64_t id[ON_A_PAGE];
    const char *html[ON_A_PAGE];
    size_t count;
};

static bool name_of(struct turn *turn, struct names *names, int64_t actor_id, const char **html_out,
                    struct error *err)
{
    for (size_t i = 0; i < names->count; i++)
        if (names->id[i] == actor_id) {
            *html_out = names->html[i];
            return true;
        }
    if (!log_actor_name(turn, actor_id, html_out, err))
        return false;
    names->id[names->count] = actor_id;
    names->html[names->count++] = *html_out;
    return true;
}

static bool lines_of(struct turn *turn, const struct admin_log_page *page, const char **html_out,
                     struct error *err)
{
    struct work *work = turn->work;
    struct names names = {.count = 0};
    struct str lines = STR_INIT(work->arena);
    for (size_t i = 0; i < page->count; i++) {
        const struct admin_log_entry *entry = &page->entries[i];
        const char *actor;
        if (!name_of(turn, &names, entry->actor_id, &actor, err))
            return false;
        str_add(&lines, i ? "\n" : "");
        str_add(&lines, say(work, TEXT_LOG_LINE,
                            TEXT_VALUES(TV("nomor", say_number(work, (int64_t)i + 1)),
                                        TV("tanggal", say_date(work, entry->created_ms)),
                                        TV("aksi", log_action(work, entry)),
                                        TV("perihal", log_subject(turn, entry)), TV_HTML("admin", actor))));
    }
    *html_out = page->count ? str_done(&lines) : say(work, TEXT_LOG_NONE, TEXT_NO_VALUES);
    return true;
}

static void add_entries(const struct list *list, const struct admin_log_page *page, int64_t cursor,
                        struct keyboard *keyboard, struct work *work)
{
    for (size_t i = 0; i < page->count; i++) {
        if (i % BUTTONS_IN_A_ROW == 0)
            keyboard_row(keyboard);
        keyboard_data(keyboard, say_number(work, (int64_t)i + 1), STYLE_NONE, "%s:%" PRId64 "%s:%" PRId64,
                      list->entry, page->entries[i].id, list->of, cursor);
    }
    keyboard_row(keyboard);
    if (page->newer)
        keyboard_data(keyboard, "⬅️", STYLE_NONE, "%s%s:%" PRId64, list->page, list->of, page->newer);
    if (page->older)
        keyboard_data(keyboard, "➡️", STYLE_NONE, "%s%s:%" PRId64, list->page, list->of, page->older);
    keyboard_row(keyboard);
}

static bool show_list(struct turn *turn, const struct list *list, int64_t cursor, struct error *err)
{
    struct work *work = turn->work;
    struct admin_log_page page;
    struct keyboard keyboard;
    const char *lines;
    if (!admin_log_page(work, &list->filter, cursor, ON_A_PAGE, &page, err) ||
        !lines_of(turn, &page, &lines, err))
        return false;
    keyboard_begin(&keyboard);
    add_entries(list, &page, cursor, &keyboard, work);
    if (turn->role >= ROLE_OWNER && !list->back && route_exists("am"))
        screen_button(turn, &keyboard, TEXT_BUTTON_LOG_BY_ADMIN, "am");
    screen_show(turn,
                say(work, TEXT_LOGS, TEXT_VALUES(TV_HTML("judul", list->title), TV_HTML("baris", lines))),
                &keyboard, list->back);
    return true;
}

static bool read_list(struct turn *turn, const struct list *list, int64_t cursor, struct error *err)
{
    bool own = false;
    bool ok = screen_read_begin(turn, &own, err) && show_list(turn, list, cursor, err);
    screen_read_end(turn, own);
    return ok || error_context(err, "admin logs");
}

static struct list list_of_all(struct turn *turn)
{
    bool owner = turn->role >= ROLE_OWNER;
    return (struct list){
        .filter = {.by_actor = !owner, .actor_id = turn->update->from_id},
        .title = say(turn->work, owner ? TEXT_LOG_ALL : TEXT_LOG_OWN, TEXT_NO_VALUES),
        .page = "alp",
        .entry = "ald",
        .of = "",
    };
}

bool logs_open(struct turn *turn, struct error *err)
{
    const struct list list = list_of_all(turn);
    return read_list(turn, &list, turn->numbers[0], err);
}

bool logs_of_admin(struct turn *turn, struct error *err)
{
    struct arena *arena = turn->work->arena;
    int64_t actor_id = turn->numbers[0];
    struct list list = {
        .filter = {.by_actor = true, .actor_id = actor_id},
        .page = "ala",
        .entry = "alb",
        .of = arena_printf(arena, ":%" PRId64, actor_id),
        .back = "al",
    };
    const char *actor = "";
    bool own = false;
    bool ok = screen_read_begin(turn, &own, err) && log_actor(turn, actor_id, &actor, err);
    list.title = say(turn->work, TEXT_LOG_OF_ADMIN, TEXT_VALUES(TV_HTML("admin", actor)));
    ok = ok && show_list(turn, &list, turn->numbers[1], err);
    screen_read_end(turn, own);
    return ok || error_context(err, "admin logs");
}

/* --- an entry --- */

static void add_lines(struct work *work, struct str *lines, const char *name, const json_t *before,
                      const json_t *after)
{
    const char *line =
        !before || !after || json_equal(before, after)
            ? say(work, TEXT_LOG_VALUE,
                  TEXT_VALUES(TV("nama", name), TV("isi", log_value(work, after ? after : before))))
            : say(work, TEXT_LOG_CHANGE,
                  TEXT_VALUES(TV("nama", name), TV("lama", log_value(work, before)),
                              TV("baru", log_value(work, after))));
    if (lines->length + strlen(line) > PICTURE_LIMIT)
        return;
    str_add(lines, lines->length ? "\n" : "");
    str_add(lines, line);
}

/* Each member of either, with what it was and what it is. A setting's key is the subject's name already. */
static const char *pictures(struct work *work, const struct admin_log_entry *entry)
{
    auto_json json_t *before = entry->before ? json_loads(entry->before, 0, NULL) : NULL;
    auto_json json_t *after = entry->after ? json_loads(entry->after, 0, NULL) : NULL;
    struct str lines = STR_INIT(work->arena);
    const char *name;
    json_t *value;
    bool is_setting = str_equal(entry->subject, "setting");
    json_object_foreach(before, name, value)
    {
        const json_t *now = json_object_get(after, name);
        if (!is_setting || strcmp(name, "key") != 0)
            add_lines(work, &lines, log_member(work, name), value, after && !now ? json_null() : now);
    }
    json_object_foreach(after, name, value)
    {
        if (!json_object_get(before, name) && (!is_setting || strcmp(name, "key") != 0))
            add_lines(work, &lines, log_member(work, name), before ? json_null() : NULL, value);
    }
    return str_done(&lines);
}

static const char *note_of(struct work *work, const struct admin_log_entry *entry)
{
    return *entry->note ? say(work, TEXT_LOG_NOTE,
                              TEXT_VALUES(TV("catatan", str_utf8_cut(work->arena, entry->note, NOTE_LIMIT))))
                        : "";
}

static bool show_entry(struct turn *turn, const struct admin_log_entry *entry, const char *back,
                       struct error *err)
{
    struct work *work = turn->work;
    struct keyboard keyboard;
    const char *actor, *data;
    if (!log_actor(turn, entry->actor_id, &actor, err))
        return false;
    keyboard_begin(&keyboard);
    data = log_subject_data(turn, entry);
    if (data && route_exists(data))
        keyboard_data(&keyboard, str_utf8_cut(work->arena, log_subject(turn, entry), 60), STYLE_NONE, "%s",
                      data);
    keyboard_row(&keyboard);
    if (turn->role >= ROLE_OWNER) {
        screen_button(turn, &keyboard, TEXT_BUTTON_LOG_OF_SUBJECT, "als:%" PRId64 ":0", entry->id);
        screen_button(turn, &keyboard, TEXT_BUTTON_LOG_OF_ADMIN, "ala:%" PRId64 ":0", entry->actor_id);
    }
    screen_show(
        turn,
        say(work, TEXT_LOG_ENTRY,
            TEXT_VALUES(TV("nomor", say_number(work, entry->id)), TV("aksi", log_action(work, entry)),
                        TV("perihal", log_subject(turn, entry)),
                        TV("tanggal", say_date(work, entry->created_ms)), TV_HTML("admin", actor),
                        TV_HTML("baris", pictures(work, entry)), TV_HTML("catatan", note_of(work, entry)))),
        &keyboard, back);
    return true;
}

/* Somebody else's is not there for an admin who is no owner. */
static bool get(struct turn *turn, int64_t id, struct admin_log_entry *entry_out, struct error *err)
{
    struct admin_log_entry entry;
    if (!admin_log_get(turn->work, id, &entry, err))
        return false;
    if (turn->role < ROLE_OWNER && entry.actor_id != turn->update->from_id)
        return error_set(err, ERR_NOT_FOUND, "admin log %" PRId64 ": somebody else's", id);
    *entry_out = entry;
    return true;
}

static bool entry_page(struct turn *turn, const char *back, struct error *err)
{
    struct admin_log_entry entry;
    bool own = false;
    bool ok = screen_read_begin(turn, &own, err) && get(turn, turn->numbers[0], &entry, err) &&
              show_entry(turn, &entry, back, err);
    screen_read_end(turn, own);
    return ok || screen_explain(turn, err) || error_context(err, "admin log");
}

bool logs_entry(struct turn *turn, struct error *err)
{
    return entry_page(turn, arena_printf(turn->work->arena, "alp:%" PRId64, turn->numbers[1]), err);
}

bool logs_entry_of_admin(struct turn *turn, struct error *err)
{
    return entry_page(
        turn, arena_printf(turn->work->arena, "ala:%" PRId64 ":%" PRId64, turn->numbers[1], turn->numbers[2]),
        err);
}

bool logs_entry_of_subject(struct turn *turn, struct error *err)
{
    return entry_page(
        turn, arena_printf(turn->work->arena, "als:%" PRId64 ":%" PRId64, turn->numbers[1], turn->numbers[2]),
        err);
}

/* All about what the entry is about. */
bool logs_of_subject(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct admin_log_entry entry;
    bool own = false;
    bool ok = screen_read_begin(turn, &own, err) && get(turn, turn->numbers[0], &entry, err);
    if (ok) {
        const struct list list = {
            .filter = {.subject = entry.subject, .subject_id = entry.subject_id},
            .title = say(work, TEXT_LOG_OF_SUBJECT, TEXT_VALUES(TV("perihal", log_subject(turn, &entry)))),
            .page = "als",
            .entry = "ale",
            .of = arena_printf(work->arena, ":%" PRId64, entry.id),
            .back = arena_printf(work->arena, "ald:%" PRId64 ":0", entry.id),
        };
        ok = show_list(turn, &list, turn->numbers[1], err);
    }
    screen_read_end(turn, own);
    return ok || screen_explain(turn, err) || error_context(err, "admin logs");
}

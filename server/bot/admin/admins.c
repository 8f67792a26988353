/* The list of a store's admins, each of them, and removing one. */
#include "bot/admin/admins.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "bot/admin/admin.h"
#include "bot/admin/log_words.h"
#include "bot/admin/screen.h"
#include "bot/buyer/buyer.h"
#include "bot/outgoing.h"
#include "bot/routes.h"
#include "store/conversation.h"
#include "store/settings.h"
#include "store/user.h"

enum { ON_A_PAGE = 8 };
static const char prefix[] = "admin:";

const char *admins_key(struct work *work, int64_t telegram_id)
{
    return arena_printf(work->arena, "%s%" PRId64, prefix, telegram_id);
}

/* --- who they are --- */

enum rank { NO_ADMIN, ADMIN_OF_MENU, ADMIN_OF_FILE, OWNER_OF_FILE };

static enum rank rank_of(const struct work *work, int64_t telegram_id)
{
    const struct tenant *file = work->file;
    return tenant_is_owner(file, telegram_id)           ? OWNER_OF_FILE
           : tenant_is_admin(file, telegram_id)         ? ADMIN_OF_FILE
           : tenant_is_admin(work->tenant, telegram_id) ? ADMIN_OF_MENU
                                                        : NO_ADMIN;
}

/* All of them: owners, then the file's admins, then those added here. */
static size_t everybody(struct work *work, int64_t **ids_out)
{
    const struct tenant *file = work->file, *now = work->tenant;
    int64_t *ids = ARENA_ARRAY(work->arena, int64_t, file->owners.count + now->admins.count);
    size_t count = 0;
    for (size_t i = 0; i < file->owners.count; i++)
        ids[count++] = file->owners.items[i];
    for (size_t i = 0; i < now->admins.count; i++) /* the file's come first there */
        if (!tenant_is_owner(file, now->admins.items[i]))
            ids[count++] = now->admins.items[i];
    *ids_out = ids;
    return count;
}

size_t admins_added(const struct work *work)
{
    return work->tenant->admins.count - work->file->admins.count;
}

bool admins_tell(struct turn *turn, int64_t telegram_id, enum role role, enum text_key key, struct error *err)
{
    struct work *work = turn->work;
    struct turn theirs = *turn;
    theirs.role = role;
    const struct outgoing message = {
        .chat_id = telegram_id,
        .html = say(work, key, TEXT_VALUES(TV("store_name", work->tenant->title))),
        .keyboard = start_reply_keyboard(&theirs),
    };
    return outgoing_add(work, &message, err);
}

/* --- the list --- */

static const char *signs(struct work *work, enum rank rank)
{
    return rank == OWNER_OF_FILE   ? say_label(work, TEXT_ADMINS_OWNER)
           : rank == ADMIN_OF_FILE ? say_label(work, TEXT_ADMINS_OF_FILE)
                                   : "";
}

static const char *button_name(struct work *work, int64_t telegram_id, struct error *err)
{
    struct person person;
    if (user_get(work, telegram_id, &person, err))
        return say_name(work, person.first_name, person.last_name);
    return err->code == ERR_NOT_FOUND ? say_number(work, telegram_id) : NULL;
}

static bool add_person(struct turn *turn, int64_t telegram_id, struct str *lines, struct keyboard *keyboard,
                       struct error *err)
{
    struct work *work = turn->work;
    const char *html, *name = button_name(work, telegram_id, err);
    if (!name || !say_known_person(work, telegram_id, &html, err))
        return false;
    str_add(lines, lines->length ? "\n" : "");
    str_add(lines,
            say(work, TEXT_ADMINS_LINE,
                TEXT_VALUES(TV_HTML("admin", html), TV("tanda", signs(work, rank_of(work, telegram_id))))));
    keyboard_data(keyboard, str_utf8_cut(work->arena, name, 40), STYLE_NONE, "amd:%" PRId64, telegram_id);
    return true;
}

static void add_arrows(struct keyboard *keyboard, int64_t page, bool more)
{
    keyboard_row(keyboard);
    if (page > 0)
        keyboard_data(keyboard, "⬅️", STYLE_NONE, "amp:%" PRId64, page - 1);
    if (more)
        keyboard_data(keyboard, "➡️", STYLE_NONE, "amp:%" PRId64, page + 1);
}

static bool show_list(struct turn *turn, int64_t page, struct error *err)
{
    struct work *work = turn->work;
    struct str lines = STR_INIT(work->arena);
    struct keyboard keyboard;
    int64_t *ids;
    size_t count = everybody(work, &ids);
    if (page < 0 || page > (int64_t)((count - 1) / ON_A_PAGE))
        page = 0;
    size_t first = (size_t)page * ON_A_PAGE, end = first + ON_A_PAGE < count ? first + ON_A_PAGE : count;
    keyboard_begin(&keyboard);
    for (size_t i = first; i < end; i++) {
        if ((i - first) % 2 == 0)
            keyboard_row(&keyboard);
        if (!add_person(turn, ids[i], &lines, &keyboard, err)) {
            keyboard_drop(&keyboard);
            return false;
        }
    }
    add_arrows(&keyboard, page, end < count);
    keyboard_row(&keyboard);
    screen_button(turn, &keyboard, TEXT_BUTTON_ADMIN_ADD, "ama");
    screen_show(turn, say(work, TEXT_ADMINS, TEXT_VALUES(TV_HTML("baris", str_done(&lines)))), &keyboard,
                "ax");
    return true;
}

bool admins_open(struct turn *turn, struct error *err)
{
    bool own = false;
    bool ok = screen_read_begin(turn, &own, err) && show_list(turn, turn->numbers[0], err);
    screen_read_end(turn, own);
    return ok || error_context(err, "admins");
}

/* --- one of them --- */

static const enum text_key roles[] = {
    [ADMIN_OF_MENU] = TEXT_ADMIN_ROLE_MENU,
    [ADMIN_OF_FILE] = TEXT_ADMIN_ROLE_FILE,
    [OWNER_OF_FILE] = TEXT_ADMIN_ROLE_OWNER,
};

static bool since(struct turn *turn, const struct setting *row, const char **html_out, struct error *err)
{
    const char *by;
    *html_out = "";
    if (!row->json)
        return true;
    if (!log_actor(turn, row->updated_by, &by, err))
        return false;
    *html_out = say(turn->work, TEXT_ADMIN_SINCE,
                    TEXT_VALUES(TV("tanggal", say_date(turn->work, row->updated_ms)), TV_HTML("admin", by)));
    return true;
}

static void add_link(struct turn *turn, struct keyboard *keyboard, enum text_key label, const char *data)
{
    if (route_exists(data))
        screen_button(turn, keyboard, label, "%s", data);
}

static bool show_one(struct turn *turn, int64_t telegram_id, struct error *err)
{
    struct work *work = turn->work;
    enum rank rank = rank_of(work, telegram_id);
    struct setting row;
    struct keyboard keyboard;
    const char *html, *more;
    if (rank == NO_ADMIN)
        return error_set(err, ERR_NOT_FOUND, "%" PRId64 " is no admin", telegram_id);
    if (!settings_read(work, admins_key(work, telegram_id), false, &row, err) ||
        !say_known_person(work, telegram_id, &html, err) || !since(turn, &row, &more, err))
        return false;
    keyboard_begin(&keyboard);
    add_link(turn, &keyboard, TEXT_BUTTON_LOG_OF_ADMIN,
             arena_printf(work->arena, "ala:%" PRId64 ":0", telegram_id));
    add_link(turn, &keyboard, TEXT_BUTTON_ADMIN_PERSON,
             arena_printf(work->arena, "aud:%" PRId64, telegram_id));
    keyboard_row(&keyboard);
    if (rank == ADMIN_OF_MENU)
        screen_button(turn, &keyboard, TEXT_BUTTON_ADMIN_REMOVE, "amr:%" PRId64 ":%" PRId64, telegram_id,
                      row.edition);
    screen_show(
        turn,
        say(work, TEXT_ADMIN_PAGE,
            TEXT_VALUES(TV_HTML("admin", html), TV_HTML("peran", say(work, roles[rank], TEXT_NO_VALUES)),
                        TV_HTML("tambahan", more))),
        &keyboard, ADMINS_HOME);
    return true;
}

bool admins_show(struct turn *turn, struct error *err)
{
    bool own = false;
    bool ok = screen_read_begin(turn, &own, err) && show_one(turn, turn->numbers[0], err);
    screen_read_end(turn, own);
    return ok || screen_explain(turn, err) || error_context(err, "admins");
}

/* --- removing --- */

bool admins_ask_remove(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    int64_t telegram_id = turn->numbers[0], edition = turn->numbers[1];
    const char *html = "";
    bool own = false;
    bool ok = screen_read_begin(turn, &own, err) && say_known_person(work, telegram_id, &html, err);
    screen_read_end(turn, own);
    if (!ok)
        return error_context(err, "admins");
    screen_ask(turn, say(work, TEXT_ADMIN_REMOVE_ASK, TEXT_VALUES(TV_HTML("admin", html))),
               arena_printf(work->arena, "amx:%" PRId64 ":%" PRId64, telegram_id, edition),
               arena_printf(work->arena, "amd:%" PRId64, telegram_id));
    return true;
}

/* The row goes back to "as the file says", where they are not; what they had begun ends. */
static bool remove_one(struct turn *turn, int64_t telegram_id, int64_t edition, struct error *err)
{
    struct work *work = turn->work;
    const char *html, *key = admins_key(work, telegram_id);
    struct setting row;
    if (!settings_read(work, key, true, &row, err))
        return false;
    if (!row.json)
        return error_set(err, ERR_NOT_FOUND, "%s was not added here", key);
    if (!settings_put(work, key, NULL, edition, turn->update->from_id, NULL, err) ||
        !conversation_clear(work, telegram_id, err) || !say_known_person(work, telegram_id, &html, err))
        return false;
    bool stays = rank_of(work, telegram_id) != ADMIN_OF_MENU; /* the file names them meanwhile */
    screen_say(turn, say(work, TEXT_ADMIN_REMOVED, TEXT_VALUES(TV_HTML("admin", html))), ADMINS_HOME);
    return stays || admins_tell(turn, telegram_id, ROLE_BUYER, TEXT_ADMIN_FAREWELL, err);
}

bool admins_remove(struct turn *turn, struct error *err)
{
    return remove_one(turn, turn->numbers[0], turn->numbers[1], err) || screen_explain(turn, err) ||
           error_context(err, "admins");
}

/* The form that makes somebody an admin: who it is, which of several, and whether that is right. */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "bot/admin/admin.h"
#include "bot/admin/admins.h"
#include "bot/admin/screen.h"
#include "store/people.h"
#include "store/settings.h"
#include "store/user.h"

enum { MOST_ADDED = 50, MOST_TYPED = 200 };

#define TYPED  "person"
#define PICKED "pick"
#define ID     "id"

/* --- who --- */

static bool needs_pick(const struct wizard *wizard)
{
    return wizard_has(wizard, TYPED) && !wizard_number(wizard, ID);
}

/* What speaks against making an admin of them; else they are the wizard's person. */
static bool take_person(struct turn *turn, struct wizard *wizard, int64_t telegram_id, const char **why_out,
                        struct error *err)
{
    struct work *work = turn->work;
    struct person person;
    if (!user_get(work, telegram_id, &person, err)) {
        if (err->code != ERR_NOT_FOUND)
            return false;
        *why_out = say(work, TEXT_ADMIN_WHY_UNKNOWN, TEXT_NO_VALUES);
        return true;
    }
    if (tenant_is_admin(work->tenant, telegram_id) || tenant_is_owner(work->tenant, telegram_id)) {
        const char *html =
            say_person(work, telegram_id, person.first_name, person.last_name, person.username);
        *why_out = say(work, TEXT_ADMIN_WHY_ALREADY, TEXT_VALUES(TV_HTML("admin", html)));
        return true;
    }
    wizard_put_number(wizard, ID, telegram_id);
    return true;
}

static bool search(struct turn *turn, const struct wizard *wizard, struct people_found *page_out,
                   struct error *err)
{
    return people_search(turn->work, wizard_text(wizard, TYPED), 0, false, page_out, err);
}

static bool has_username(const struct people_found *page, size_t i, const char *typed)
{
    const char *username = i < page->count ? page->people[i].username : NULL;
    return typed[0] == '@' && username && strcasecmp(username, typed + 1) == 0;
}

/* The only one that fits, or the one whose whole username was typed. (Names change hands: the store may know
 * two who had it.) */
static const struct people_row *only_one(const struct people_found *page, const char *typed)
{
    bool is_only = page->count == 1 || (has_username(page, 0, typed) && !has_username(page, 1, typed));
    return is_only ? &page->people[0] : NULL;
}

static bool check_typed(struct turn *turn, struct wizard *wizard, const char **why_out, struct error *err)
{
    struct work *work = turn->work;
    struct people_found page = {0};
    wizard_put_number(wizard, ID, 0);
    if (turn->update->forwarded_from)
        return take_person(turn, wizard, turn->update->forwarded_from, why_out, err);
    if (wizard_input_of(wizard, TYPED) == WIZARD_MESSAGE) {
        *why_out = say(work, TEXT_ADMIN_WHY_HIDDEN, TEXT_NO_VALUES);
        return true;
    }
    if (!search(turn, wizard, &page, err))
        return false;
    const struct people_row *one = only_one(&page, wizard_text(wizard, TYPED));
    if (one)
        return take_person(turn, wizard, one->telegram_id, why_out, err);
    if (!page.count)
        *why_out = say(work, TEXT_ADMIN_WHY_UNKNOWN, TEXT_NO_VALUES);
    return true;
}

static bool choices(struct turn *turn, const struct wizard *wizard, int64_t page,
                    struct wizard_choices *choices_out, struct error *err)
{
    struct work *work = turn->work;
    struct people_found found = {0};
    if (!search(turn, wizard, &found, err))
        return false;
    choices_out->count = found.count;
    for (size_t i = 0; i < found.count; i++) {
        const struct people_row *person = &found.people[i];
        const char *name = say_name(work, person->first_name, person->last_name);
        const char *after = person->username ? arena_printf(work->arena, "@%s", person->username)
                                             : say_number(work, person->telegram_id);
        choices_out->items[i] =
            (struct wizard_choice){person->telegram_id, arena_printf(work->arena, "%s %s", name, after)};
    }
    return true;
}

static bool check_picked(struct turn *turn, struct wizard *wizard, const char **why_out, struct error *err)
{
    return take_person(turn, wizard, wizard_number(wizard, PICKED), why_out, err);
}

static const char *show_typed(struct turn *turn, const struct wizard *wizard)
{
    const char *typed = wizard_text(wizard, TYPED);
    return typed ? typed : say_label(turn->work, TEXT_WIZARD_A_MESSAGE);
}

/* --- the form --- */

static bool preview(struct turn *turn, struct wizard *wizard, const char **html_out, struct error *err)
{
    const char *html;
    if (!say_known_person(turn->work, wizard_number(wizard, ID), &html, err))
        return false;
    *html_out = say(turn->work, TEXT_ADMIN_PREVIEW, TEXT_VALUES(TV_HTML("admin", html)));
    return true;
}

static bool finish(struct turn *turn, struct wizard *wizard, struct error *err)
{
    struct work *work = turn->work;
    int64_t telegram_id = wizard_number(wizard, ID);
    const char *html, *key = admins_key(work, telegram_id);
    struct person person;
    struct setting row;
    if (!user_get(work, telegram_id, &person, err) || !settings_read(work, key, true, &row, err))
        return false;
    if (row.json)
        return error_set(err, ERR_CONFLICT, "%s: added meanwhile", key);
    const char *last_name = person.last_name ? person.last_name : "";
    json_t *value =
        json_pack("{s:s}", "name",
                  arena_printf(work->arena, "%s%s%s", person.first_name, *last_name ? " " : "", last_name));
    html = say_person(work, telegram_id, person.first_name, person.last_name, person.username);
    screen_say(turn, say(work, TEXT_ADMIN_ADDED, TEXT_VALUES(TV_HTML("admin", html))), ADMINS_HOME);
    return settings_put(work, key, value, row.edition, turn->update->from_id, NULL, err) &&
           admins_tell(turn, telegram_id, ROLE_ADMIN, TEXT_ADMIN_WELCOME, err);
}

static const char *back(struct turn *turn, const struct wizard *wizard)
{
    return ADMINS_HOME;
}

static const struct wizard_step steps[] = {
    {.name = TYPED,
     .label = TEXT_ADMIN_WHO,
     .prompt = TEXT_ADMIN_ASK,
     .takes = WIZARD_LINE | WIZARD_MESSAGE,
     .most = MOST_TYPED,
     .check = check_typed,
     .show = show_typed},
    {.name = PICKED,
     .label = TEXT_ADMIN_WHO,
     .prompt = TEXT_ADMIN_PICK,
     .takes = WIZARD_CHOICE,
     .applies = needs_pick,
     .choices = choices,
     .check = check_picked},
    {.name = NULL},
};
const struct wizard_kind admins_wizard = {
    .name = "admin",
    .title = TEXT_ADMIN_WIZARD,
    .role = ROLE_OWNER,
    .steps = steps,
    .confirms = true,
    .preview = preview,
    .finish = finish,
    .back = back,
};

bool admins_add(struct turn *turn, struct error *err)
{
    if (admins_added(turn->work) < MOST_ADDED)
        return wizard_open(turn, wizard_new(turn, &admins_wizard), err);
    screen_say(
        turn,
        say(turn->work, TEXT_ADMIN_WHY_MOST, TEXT_VALUES(TV("maksimum", say_number(turn->work, MOST_ADDED)))),
        ADMINS_HOME);
    return true;
}

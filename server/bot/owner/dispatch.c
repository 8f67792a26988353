/* An update of the owner's bot: whose it is, which row of the tables it means. */
#include <inttypes.h>
#include <pthread.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "bot/owner/managed.h"
#include "bot/owner/owner.h"
#include "bot/owner/screens.h"
#include "watch/metrics.h"
#include "work/audit.h"
#include "work/outbox.h"

/* --- whose it is --- */

/* The one place where it is decided who may talk to this bot. */
static bool is_owner(const struct work *work, const struct update *update)
{
    return !update->from_is_bot && tenant_is_owner(work->tenant, update->from_id);
}

static void note_outsider(const struct work *work, const struct update *update)
{
    char id[24];
    snprintf(id, sizeof id, "%" PRId64, update->from_id);
    metrics_count(METRIC_OWNER_OUTSIDERS);
    audit_note(work->store, "fraud.outsider", id);
}

static bool is_served(const struct update *update)
{
    bool is_known = update->kind == UPDATE_MESSAGE || update->kind == UPDATE_CALLBACK ||
                    update->kind == UPDATE_MANAGED_BOT;
    return is_known && update->chat_is_private && update->chat_id;
}

/* --- the visit --- */

DB_SERVER_STATEMENT(owner_visit, "INSERT INTO owner_visits (telegram_id, day) VALUES ($1, $2::date) "
                                 "ON CONFLICT (telegram_id) DO UPDATE SET day = excluded.day "
                                 "WHERE owner_visits.day < excluded.day");

const char *owner_day(struct work *work, int64_t at_ms)
{
    struct clock_civil day = clock_to_civil(work->tenant->zone, at_ms);
    return arena_printf(work->arena, "%04d-%02d-%02d", day.year, day.month, day.day);
}

const char *owner_actor(const struct turn *turn)
{
    return arena_printf(turn->work->arena, "telegram:%" PRId64, turn->update->from_id);
}

/* Who writes can be written to: what was held for them goes out. */
static bool note_visit(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct db_rows rows;
    if (!outbox_release(work, turn->update->chat_id, err) ||
        !db_query(work->tx, &owner_visit,
                  DB_PARAMS(P_INT(turn->update->from_id), P_TEXT(owner_day(work, work->now_ms))), &rows, err))
        return error_context(err, "owner's visit");
    const struct audit_entry login = {.event = "owner.login", .actor = owner_actor(turn)};
    return !rows.affected || audit_add(work, &login, err);
}

/* --- what it means --- */

static const struct route *route_of_update(struct turn *turn)
{
    static const struct route old_button = {.handler = menu_old_button}, message = {.handler = menu_message},
                              unknown = {.handler = menu_unknown}, managed = {.handler = managed_update};
    const struct update *update = turn->update;
    const struct route *route;
    if (update->kind == UPDATE_CALLBACK) {
        route = route_in_callbacks(owner_callback_rows, owner_callback_row_count, update->data, turn->numbers,
                                   turn->word);
        return route ? route : &old_button;
    }
    if (update->kind == UPDATE_MANAGED_BOT)
        return &managed;
    if (!update->text || update->text[0] != '/')
        return &message;
    route = route_in_commands(owner_command_rows, owner_command_row_count, update->text);
    return route ? route : &unknown;
}

static bool run(struct turn *turn, struct error *err)
{
    const struct route *route = route_of_update(turn);
    turn->page.on_page = true;
    return turn_restart(turn, err) && note_visit(turn, err) && route->handler(turn, err) &&
           (db_committed(turn->work->tx) || work_commit(turn->work, err));
}

bool owner_handle(struct work *work, const struct update *update, const char **reply_out, struct error *err)
{
    bool owner = is_owner(work, update);
    if (!owner && update->kind != UPDATE_OTHER)
        note_outsider(work, update);
    if (!owner || !is_served(update)) {
        *reply_out = "";
        return true;
    }
    struct turn turn = {.work = work, .update = update, .role = ROLE_OWNER};
    bool done = run(&turn, err);
    work_end(work);
    if (!done)
        page_forget(&turn.page);
    if (!done && !turn.repeated)
        return false;
    *reply_out = page_reply(work, update, &turn.page);
    return true;
}

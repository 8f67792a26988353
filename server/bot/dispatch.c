/* An update's way: what it is, whose it is, which row of the tables it means, and the one role check. */
#include "bot/bot.h"

#include <stdatomic.h>
#include <string.h>

#include "base/log.h"
#include "bot/broadcasting.h"
#include "bot/gate.h"
#include "bot/inbox.h"
#include "bot/owner/owner.h"
#include "bot/routes.h"
#include "store/own_text.h"
#include "store/user.h"
#include "watch/fraud.h"

void bot_init(const struct bot_options *options)
{
    say_set_texts(options->texts);
    page_set_sender(options->sender);
    broadcasting_set_rate(options->calls_per_second);
}

/* --- the turn --- */

static bool join_transaction(struct turn *turn, struct error *err)
{
    const struct update *update = turn->update;
    if (lane_store_is_server(turn->work->store)) /* nobody buys there */
        return inbox_note_seen(turn->work, update->update_id, err);
    const struct person person = {
        .telegram_id = update->from_id,
        .first_name = update->first_name,
        .last_name = update->last_name,
        .username = update->username,
        .language_code = update->language_code,
    };
    return inbox_note_seen(turn->work, update->update_id, err) && user_touch(turn->work, &person, err);
}

bool turn_begin(struct turn *turn, struct error *err)
{
    return work_begin(turn->work, err) && join_transaction(turn, err);
}

void turn_abandon(struct turn *turn)
{
    work_end(turn->work);
}

bool turn_restart(struct turn *turn, struct error *err)
{
    work_end(turn->work);
    if (turn_begin(turn, err) && db_flush(turn->work->tx, err))
        return true;
    turn->repeated = inbox_is_repeat(turn->work, err);
    return false;
}

bool turn_refresh_catalogue(struct turn *turn, struct error *err)
{
    catalogue_forget(turn->work);
    return catalogue_get(turn->work, &turn->catalogue, err);
}

void turn_show(struct turn *turn, enum text_key key, const char *html, json_t *keyboard)
{
    const char *photo = own_text_photo(turn->work, key);
    if (photo)
        page_show_photo(turn->work, &turn->page, photo, html, keyboard);
    else
        page_show(turn->work, &turn->page, html, keyboard);
}

void turn_old_button(struct turn *turn)
{
    page_answer(turn->work, &turn->page, say_label(turn->work, TEXT_ALERT_OLD_BUTTON), true);
}

/* --- what it means --- */

/* Only private chats are served; bots and groups get silence. */
static bool concerns_us(const struct update *update)
{
    return update->kind != UPDATE_OTHER && update->kind != UPDATE_MANAGED_BOT && update->from_id > 0 &&
           !update->from_is_bot && update->chat_is_private && update->chat_id != 0;
}

static enum role role_of(const struct tenant *tenant, int64_t person_id)
{
    if (tenant_is_owner(tenant, person_id))
        return ROLE_OWNER;
    return tenant_is_admin(tenant, person_id) ? ROLE_ADMIN : ROLE_BUYER;
}

static const struct route *route_of_message(struct turn *turn)
{
    const char *text = turn->update->text;
    if (!text)
        return &route_free_message;
    if (text[0] == '/') {
        const struct route *route = route_of_command(text);
        return route ? route : &route_unknown_command;
    }
    const struct route *route = route_of_label(turn->work, text);
    if (route)
        return route;
    if (route_keycap_number(text, &turn->numbers[0]))
        return &route_number_button;
    return &route_free_message;
}

static atomic_uint_fast64_t forged;

uint64_t bot_forged(void)
{
    return atomic_load(&forged);
}

/* Of a command or callback that is in the tables, so that its name holds nothing the person made up. */
static void note_forged(const struct turn *turn)
{
    const struct update *update = turn->update;
    const char *name = update->kind == UPDATE_CALLBACK ? update->data : update->text;
    size_t length = strcspn(name, update->kind == UPDATE_CALLBACK ? ":" : " \n\t@");
    if (update->kind != UPDATE_CALLBACK && name[0] != '/') {
        name = "a label";
        length = strlen(name);
    }
    atomic_fetch_add(&forged, 1);
    fraud_note(turn->work->store, FRAUD_ROLE, update->from_id,
               arena_printf(turn->work->arena, "%.*s", (int)length, name));
    log_warn(turn->work->tenant->name, "update %lld from %lld: %.*s is above this person's role, refused",
             (long long)update->update_id, (long long)update->from_id, (int)length, name);
}

static const struct route *route_of(struct turn *turn)
{
    if (turn->update->kind == UPDATE_MY_CHAT_MEMBER)
        return &route_member;
    bool is_callback = turn->update->kind == UPDATE_CALLBACK;
    const struct route *unknown = is_callback ? &route_unknown_callback : &route_unknown_command;
    const struct route *route = is_callback ? route_of_callback(turn->update->data, turn->numbers, turn->word)
                                            : route_of_message(turn);
    /* The one place where roles are checked. */
    if (route && turn->role < route->role) {
        note_forged(turn);
        return unknown;
    }
    return route ? route : unknown;
}

/* --- running it --- */

static bool finish(struct turn *turn, const struct route *route, struct error *err)
{
    struct work *work = turn->work;
    return route->handler(turn, err) && (!work->tx || db_committed(work->tx) || work_commit(work, err));
}

static bool run_queued(struct turn *turn, const struct route *route, struct error *err)
{
    if (turn_begin(turn, err) && finish(turn, route, err))
        return true;
    turn->repeated = turn->repeated || inbox_is_repeat(turn->work, err);
    return false;
}

/* Where there is nothing to change nothing is written, and the page may read the database, which takes the
 * transaction's end. */
static bool run_alone(struct turn *turn, const struct route *route, struct error *err)
{
    bool queued = turn_begin(turn, err) && route->handler(turn, err);
    if (queued && !turn->is_changing) {
        turn_abandon(turn);
        return route->committed(turn, err);
    }
    if (queued && work_commit(turn->work, err))
        return route->committed(turn, err);
    turn->repeated = inbox_is_repeat(turn->work, err);
    return !turn->repeated && route->failed(turn, err);
}

static bool run(struct turn *turn, struct error *err)
{
    if (!catalogue_get(turn->work, &turn->catalogue, err))
        return error_context(err, "catalogue");
    if (!gate_look(turn, err))
        return false;
    const struct route *route = gate_pass(turn, route_of(turn));
    turn->page.on_page = route->on_page;
    switch (route->mode) {
    case READS:
        return finish(turn, route, err);
    case WRITES:
        return turn_restart(turn, err) && finish(turn, route, err);
    case WRITES_QUEUED:
        return run_queued(turn, route, err);
    case WRITES_SHARED:
        return run_alone(turn, route, err);
    }
    return error_set(err, ERR_INTERNAL, "route of mode %d", (int)route->mode);
}

bool bot_handle(struct work *work, const struct update *update, const char **reply_out, struct error *err)
{
    if (lane_store_is_server(work->store))
        return owner_handle(work, update, reply_out, err);
    if (!concerns_us(update)) {
        *reply_out = "";
        return true;
    }
    struct turn turn = {.work = work, .update = update, .role = role_of(work->tenant, update->from_id)};
    bool done = run(&turn, err);
    work_end(work);
    if (!done)
        page_forget(&turn.page);
    if (!done && !turn.repeated)
        return false;
    *reply_out = page_reply(work, update, &turn.page);
    return true;
}

/* --- several in one transaction --- */

static const struct route *shared_route(const struct update *update, struct turn *turn)
{
    const struct route *route = update->kind == UPDATE_CALLBACK && concerns_us(update)
                                    ? route_of_callback(update->data, turn->numbers, turn->word)
                                    : NULL;
    return route && route->mode == WRITES_SHARED && turn->role >= route->role ? route : NULL;
}

/* Asked on the lane, before the store's roles are known: rows that may be shared are open to everybody. */
bool bot_can_share(const struct update *update)
{
    struct turn turn = {.role = ROLE_BUYER};
    return shared_route(update, &turn);
}

struct shared {
    struct turn turn;
    const struct route *route;
    const char *reply;
};

/* People are locked in one order, so that two servers never wait for each other's. */
static void sort_by_person(struct shared **order, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct shared *moved = order[i];
        size_t k = i;
        for (; k > 0 && order[k - 1]->turn.update->from_id > moved->turn.update->from_id; k--)
            order[k] = order[k - 1];
        order[k] = moved;
    }
}

static bool commit_shared(struct work *work, struct shared **order, size_t count, struct error *err)
{
    if (!work_begin(work, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!join_transaction(&order[i]->turn, err) || !order[i]->route->handler(&order[i]->turn, err))
            return false;
    return work_commit(work, err);
}

/* Needs no transaction. */
static void refuse_shared(struct shared *s)
{
    struct error ignored;
    if (!s->turn.barrier->route.handler(&s->turn, &ignored))
        page_forget(&s->turn.page);
    s->reply = page_reply(s->turn.work, s->turn.update, &s->turn.page);
}

/* Those whose result is in the transaction's rows first; the others may read the database, so the transaction
 * ends before. What can't be shown is committed all the same: then the callback's answer alone goes out. */
static void show_shared(struct work *work, struct shared *all, size_t count)
{
    struct error ignored;
    for (int changing = 1; changing >= 0; changing--) {
        for (size_t i = 0; i < count; i++) {
            struct turn *turn = &all[i].turn;
            if (turn->is_changing != changing || turn->barrier)
                continue;
            if (!all[i].route->committed(turn, &ignored))
                page_forget(&turn->page);
            all[i].reply = page_reply(work, turn->update, &turn->page);
        }
        if (changing)
            work_end(work);
    }
}

bool bot_handle_shared(struct work *work, const struct update *const *updates, size_t count,
                       const char **replies_out, struct error *err)
{
    struct shared all[BOT_MOST_SHARED], *order[BOT_MOST_SHARED];
    const struct catalogue *catalogue;
    if (!catalogue_get(work, &catalogue, err))
        return error_context(err, "catalogue");
    size_t let_in = 0;
    for (size_t i = 0; i < count; i++) {
        struct shared *s = &all[i];
        *s = (struct shared){.turn = {.work = work,
                                      .update = updates[i],
                                      .role = role_of(work->tenant, updates[i]->from_id),
                                      .catalogue = catalogue}};
        s->route = shared_route(updates[i], &s->turn);
        if (!gate_look(&s->turn, err))
            return false;
        if (!s->turn.barrier)
            order[let_in++] = s;
        s->turn.page.on_page = s->route->on_page;
    }
    sort_by_person(order, let_in);
    if (let_in && !commit_shared(work, order, let_in, err)) {
        work_end(work);
        return false;
    }
    show_shared(work, all, count);
    for (size_t i = 0; i < count; i++)
        if (all[i].turn.barrier)
            refuse_shared(&all[i]);
    for (size_t i = 0; i < count; i++)
        replies_out[i] = all[i].reply;
    return true;
}

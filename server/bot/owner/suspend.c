/* Closing a store for buyers, and opening it again. */
#include "bot/owner/hop.h"
#include "bot/owner/screens.h"
#include "bot/wizard.h"
#include "tenants/suspension.h"
#include "work/audit.h"

enum { REASON_MOST = 200 };

static bool audit(struct turn *turn, const char *event, const char *store, const char *reason,
                  struct error *err)
{
    json_t *detail = json_pack("{s:s}", "store", store);
    if (reason)
        json_object_set_new(detail, "reason", json_string(reason));
    const struct audit_entry entry = {.event = event, .actor = owner_actor(turn), .detail = detail};
    return audit_add(turn->work, &entry, err);
}

/* Shows the store as it is now and commits: this process is told only of what is committed. */
static bool settle(struct turn *turn, const char *store, bool suspended, struct error *err)
{
    struct lane_store *lane = hop_lane(store);
    if (!store_show(turn, store, err) || !work_commit(turn->work, err))
        return false;
    if (lane)
        lane_store_suspend(lane, suspended);
    return true;
}

/* --- closing --- */

static bool finish(struct turn *turn, struct wizard *wizard, struct error *err)
{
    const char *store = wizard_text(wizard, "store"), *reason = wizard_text(wizard, "reason");
    bool changed;
    return suspension_set(turn->work->tx, store, turn->update->from_id, reason, turn->work->now_ms, &changed,
                          err) &&
           audit(turn, "store.suspended", store, reason, err) && settle(turn, store, true, err);
}

static const char *back(struct turn *turn, const struct wizard *wizard)
{
    return arena_printf(turn->work->arena, "ot:%s", wizard_text(wizard, "store"));
}

static bool preview(struct turn *turn, struct wizard *wizard, const char **html_out, struct error *err)
{
    *html_out =
        say(turn->work, TEXT_OWNER_SUSPEND_SURE, TEXT_VALUES(TV("toko", wizard_text(wizard, "store"))));
    return true;
}

static const struct wizard_step steps[] = {
    {.name = "reason",
     .label = TEXT_OWNER_SUSPEND_REASON,
     .prompt = TEXT_OWNER_SUSPEND_ASK,
     .takes = WIZARD_LINE,
     .least = 1,
     .most = REASON_MOST,
     .optional = true},
    {0},
};

const struct wizard_kind owner_suspend_wizard = {
    .name = "owner_suspend",
    .title = TEXT_OWNER_SUSPEND_TITLE,
    .role = ROLE_OWNER,
    .steps = steps,
    .confirms = true,
    .preview = preview,
    .finish = finish,
    .back = back,
};

bool suspend_ask(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct store_row store;
    if (!stores_get(work->arena, work->tx, turn->word, &store, err))
        return screen_explain(turn, err);
    if (store.suspended_ms)
        return store_show(turn, turn->word, err);
    struct wizard *wizard = wizard_new(turn, &owner_suspend_wizard);
    wizard_put_text(wizard, "store", store.name);
    wizard_put_text(wizard, WIZARD_ABOUT, store.name);
    return wizard_open(turn, wizard, err);
}

/* --- opening --- */

bool suspend_ask_end(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct store_row store;
    if (!stores_get(work->arena, work->tx, turn->word, &store, err))
        return screen_explain(turn, err);
    if (!store.suspended_ms)
        return store_show(turn, turn->word, err);
    screen_ask(turn, say(work, TEXT_OWNER_RESUME_SURE, TEXT_VALUES(TV("toko", store.name))),
               arena_printf(work->arena, "oty:%s", store.name),
               arena_printf(work->arena, "ot:%s", store.name));
    return true;
}

bool suspend_end(struct turn *turn, struct error *err)
{
    bool changed;
    if (!suspension_end(turn->work->tx, turn->word, &changed, err))
        return screen_explain(turn, err);
    if (changed && !audit(turn, "store.resumed", turn->word, NULL, err))
        return false;
    return settle(turn, turn->word, false, err);
}

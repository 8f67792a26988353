/* A backup because an owner asks for it, and what came of it. */
#include "bot/outgoing.h"
#include "bot/owner/hop.h"
#include "bot/owner/owner.h"
#include "bot/owner/screens.h"

static struct owner_backups backups;

void backing_use(const struct owner_backups *table)
{
    backups = *table;
}

bool backing_start(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct lane_store *lane = hop_lane(turn->word);
    bool on = backups.is_on && backups.is_on();
    enum text_key said = !lane ? TEXT_OWNER_NOT_SERVED : on ? TEXT_OWNER_BACKUP_ASKED : TEXT_OWNER_BACKUP_OFF;
    if (lane && on)
        backups.ask(lane, turn->update->from_id);
    page_answer(work, &turn->page, say_label(work, said), true);
    return true;
}

bool owner_backup_done(struct work *work, int64_t owner, const char *store, bool ok, const char *text,
                       struct error *err)
{
    if (!tenant_is_owner(work->tenant, owner)) /* not any more */
        return true;
    const struct outbox_message message = {
        .chat_id = owner,
        .method = "sendMessage",
        .params = page_message(work,
                               say(work, ok ? TEXT_OWNER_BACKUP_GOOD : TEXT_OWNER_BACKUP_BAD,
                                   TEXT_VALUES(TV("toko", store), TV("isi", text))),
                               say_button(work, TEXT_BUTTON_BACK,
                                          str_equal(store, TENANT_SERVER_NAME)
                                              ? "oh"
                                              : arena_printf(work->arena, "ot:%s", store))),
        .keep = true};
    return outbox_add(work, &message, err) || error_context(err, "backup's owner");
}

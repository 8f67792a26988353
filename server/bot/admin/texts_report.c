/* Texts of a store that fit no more: people get those of the files, and the store's admins and owners are
 * told. */
#include <inttypes.h>

#include "bot/admin/texts.h"
#include "bot/bot.h"
#include "bot/outgoing.h"
#include "store/admin_log.h"

static bool tell(struct work *work, int64_t chat_id, const char *html, struct error *err)
{
    const struct outgoing outgoing = {.chat_id = chat_id, .html = html};
    return outgoing_add(work, &outgoing, err);
}

/* Once for each change of it and each version of the server; its row in admin_logs is the memory. */
static bool report(struct work *work, const struct own_text_broken *broken, struct error *err)
{
    const char *key = arena_printf(work->arena, "text_broken:%" PRId64 ":%" PRId64 ":%s", broken->setting->id,
                                   broken->setting->edition, LAPAK_VERSION);
    const struct admin_log entry = {.action = "text_broken",
                                    .subject = "setting",
                                    .subject_id = broken->setting->id,
                                    .note = broken->fault.why,
                                    .key = key};
    const struct tenant *tenant = work->tenant;
    if (!admin_log_add(work, &entry, err))
        return err->code == ERR_CONFLICT;
    struct turn turn = {.work = work};
    const char *html = say(work, TEXT_TEXT_BROKEN,
                           TEXT_VALUES(TV("nama", text_name(broken->key)),
                                       TV_HTML("alasan", texts_why_not(&turn, broken->key, &broken->fault))));
    for (size_t i = 0; i < tenant->owners.count; i++)
        if (!tenant_is_admin(tenant, tenant->owners.items[i]) &&
            !tell(work, tenant->owners.items[i], html, err))
            return false;
    return outgoing_to_admins(work, html, err);
}

void bot_settings_read(struct work *work)
{
    const struct own_text_broken *broken;
    size_t count = own_text_broken(work, &broken);
    struct error ignored; /* told when the settings are read the next time */
    if (!count || !work_begin(work, &ignored)) {
        work_end(work);
        return;
    }
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++)
        ok = report(work, &broken[i], &ignored);
    if (ok)
        (void)!work_commit(work, &ignored);
    work_end(work);
}

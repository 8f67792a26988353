/* The answer to /start: the store's sticker, the reply keyboard, and the welcome, perhaps as a photo. */
#include "base/json.h"
#include "bot/buyer/buyer.h"
#include "bot/html.h"
#include "bot/outgoing.h"
#include "store/admin_log.h"
#include "store/settings.h"
#include "store/user.h"

static const char *keyboard_line(struct turn *turn)
{
    return say(turn->work, TEXT_KEYBOARD_READY, TEXT_VALUES(TV("store_name", turn->work->tenant->title)));
}

/* The photo, where the welcome fits below it; else `*alone_out` is what goes in front of it. */
static const char *photo_of(const struct turn *turn, const char **alone_out)
{
    const char *photo = settings_of(turn->work)->welcome_photo;
    bool fits = html_length(turn->page.html) <= HTML_CAPTION_LIMIT;
    *alone_out = fits ? NULL : photo;
    return fits ? photo : NULL;
}

/* The page, which start_home() has drawn, as a message of the outbox. */
static bool add_page(struct turn *turn, const char *photo, struct error *err)
{
    const struct outgoing outgoing = {
        .chat_id = turn->update->chat_id,
        .html = turn->page.html,
        .keyboard = turn->page.keyboard,
        .photo_file_id = photo,
        .effect = photo ? EFFECT_WELCOME : NULL,
        .ref = turn->update->chat_id,
    };
    turn->page.html = NULL;
    turn->page.keyboard = NULL;
    return outgoing_add(turn->work, &outgoing, err);
}

static bool add_sticker(struct work *work, int64_t chat_id, struct error *err)
{
    const char *sticker = settings_of(work)->welcome_sticker;
    if (!sticker)
        return true;
    const struct outbox_message message = {.chat_id = chat_id,
                                           .method = "sendSticker",
                                           .params = json_pack("{s:s}", "sticker", sticker),
                                           .effect = EFFECT_WELCOME_STICKER,
                                           .effect_ref = chat_id};
    return outbox_add(work, &message, err);
}

static bool add_line(struct turn *turn, struct error *err)
{
    const struct outgoing line = {.chat_id = turn->update->chat_id,
                                  .html = keyboard_line(turn),
                                  .keyboard = start_reply_keyboard(turn)};
    return outgoing_add(turn->work, &line, err);
}

/* All of it in the outbox. */
static bool add_all(struct turn *turn, struct error *err)
{
    int64_t chat_id = turn->update->chat_id;
    const char *alone, *photo = photo_of(turn, &alone);
    const struct outgoing picture = {.chat_id = chat_id, .html = "", .photo_file_id = alone};
    return add_sticker(turn->work, chat_id, err) && add_line(turn, err) &&
           (!alone || outgoing_add(turn->work, &picture, err)) && add_page(turn, photo, err);
}

/* A message has either a reply keyboard or inline buttons: the keyboard comes with a line of its own, before
 * the welcome, which is to stay the last thing in sight.
 *
 * What is expendable goes through the sender alone. A sticker or a photo may be one that Telegram refuses
 * (the file_id of another bot): it is a row, whose effect tells of it, and so is what comes behind it. */
bool welcome_send(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    int64_t chat_id = turn->update->chat_id;
    const char *alone;
    if (!start_home(turn, err))
        return false;
    if (settings_of(work)->welcome_sticker || photo_of(turn, &alone))
        return add_all(turn, err);
    if (!work_commit(work, err))
        return false;
    page_aside(work, chat_id, keyboard_line(turn), start_reply_keyboard(turn));
    if (alone)
        page_file_aside(work, chat_id, "sendPhoto", "photo", alone);
    page_send(work, &turn->page, chat_id);
    return true;
}

/* --- when no update is at hand --- */

/* A turn of somebody who did nothing just now. */
static bool turn_of(struct work *work, int64_t telegram_id, struct update *update_out, struct turn *turn_out,
                    struct error *err)
{
    struct person person;
    if (!user_get(work, telegram_id, &person, err))
        return false;
    *update_out = (struct update){.kind = UPDATE_OTHER,
                                  .from_id = telegram_id,
                                  .first_name = person.first_name,
                                  .last_name = person.last_name,
                                  .username = person.username,
                                  .chat_id = telegram_id,
                                  .chat_is_private = true};
    *turn_out = (struct turn){.work = work, .update = update_out, .role = ROLE_BUYER};
    return catalogue_get(work, &turn_out->catalogue, err) && start_home(turn_out, err);
}

bool welcome_add(struct work *work, int64_t telegram_id, struct error *err)
{
    struct update update;
    struct turn turn = {0};
    bool ok = turn_of(work, telegram_id, &update, &turn, err) && add_all(&turn, err);
    if (!ok)
        page_forget(&turn.page);
    return ok || error_context(err, "welcome");
}

/* Once for each file that an admin sets: its row in admin_logs is the memory. */
static bool tell_admins(struct work *work, const char *key, const char *action, enum text_key text,
                        struct error *err)
{
    struct setting row;
    if (!settings_read(work, key, false, &row, err))
        return false;
    const struct admin_log entry = {
        .action = action,
        .subject = "setting",
        .subject_id = row.id,
        .before = json_pack("{s:s}", "key", key),
        .key = arena_printf(work->arena, "%s:%lld:%lld", action, (long long)row.id, (long long)row.edition)};
    if (!admin_log_add(work, &entry, err))
        return err->code == ERR_CONFLICT;
    return outgoing_to_admins(work, say(work, text, TEXT_NO_VALUES), err);
}

bool welcome_without_photo(struct work *work, int64_t telegram_id, struct error *err)
{
    struct update update;
    struct turn turn = {0};
    bool ok = turn_of(work, telegram_id, &update, &turn, err) && add_page(&turn, NULL, err) &&
              tell_admins(work, "welcome.photo", "photo_refused", TEXT_WELCOME_PHOTO_REFUSED, err);
    if (!ok)
        page_forget(&turn.page);
    return ok || error_context(err, "welcome");
}

bool welcome_sticker_refused(struct work *work, struct error *err)
{
    return tell_admins(work, "welcome.sticker", "sticker_refused", TEXT_WELCOME_STICKER_REFUSED, err) ||
           error_context(err, "welcome");
}

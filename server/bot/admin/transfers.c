/* What an admin says of a transfer's proof. Both decide under the locks of the buyer and the deposit, and
 * only where nobody has decided before; the message with the photo then says who did. */
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "bot/admin/admin.h"
#include "bot/admin/screen.h"
#include "bot/outgoing.h"
#include "payment/correction.h"
#include "store/conversation.h"
#include "store/user.h"

enum { REASON_MS = 3600 * 1000, MOST_REASON = 500 };

/* The deposit, its buyer's row and its own locked, in the order in which everybody locks them. */
static bool load(struct turn *turn, int64_t deposit_id, struct deposit *deposit_out, struct error *err)
{
    return user_lock_of_bill(turn->work, 0, deposit_id, err) &&
           deposit_get(turn->work, deposit_id, true, deposit_out, err);
}

static bool not_found(struct turn *turn, struct error *err)
{
    if (err->code != ERR_NOT_FOUND)
        return error_context(err, "transfer");
    page_answer(turn->work, &turn->page, say_label(turn->work, TEXT_ALERT_NOT_FOUND), true);
    return true;
}

/* --- the message with the photo --- */

static enum text_key caption_of(const struct deposit *deposit)
{
    return deposit->state == DEPOSIT_REVIEW      ? TEXT_ADMIN_TRANSFER
           : deposit->state == DEPOSIT_COMPLETED ? TEXT_ADMIN_TRANSFER_TAKEN
           : deposit->state == DEPOSIT_REJECTED  ? TEXT_ADMIN_TRANSFER_REFUSED
                                                 : TEXT_ADMIN_TRANSFER_OVER;
}

/* What is below the photo: whose it is, and who decided. */
static bool say_caption(struct work *work, const struct deposit *deposit, const char **caption_out,
                        struct error *err)
{
    const char *buyer, *admin;
    int64_t at_ms = deposit->completed_ms ? deposit->completed_ms
                    : deposit->ended_ms   ? deposit->ended_ms
                                          : deposit->proved_ms;
    if (!say_known_person(work, deposit->telegram_id, &buyer, err) ||
        !say_known_person(work, deposit->decided_by, &admin, err))
        return error_context(err, "transfer");
    *caption_out = say(work, caption_of(deposit),
                       TEXT_VALUES(TV("order_id", deposit->reference), TV_HTML("pembeli", buyer),
                                   TV("harga", say_price(work, deposit->amount)),
                                   TV("tanggal", say_date(work, at_ms)), TV_HTML("admin", admin)));
    return true;
}

/* It says who decided and loses its buttons. Nothing happens for message 0. */
static bool mark_decided(struct turn *turn, const struct deposit *deposit, int64_t message_id,
                         struct error *err)
{
    struct work *work = turn->work;
    const char *caption;
    if (!message_id)
        return true;
    if (!say_caption(work, deposit, &caption, err))
        return false;
    json_t *params = json_pack("{s:I, s:s, s:s}", "message_id", (json_int_t)message_id, "caption",
                               html_cut(work->arena, caption, HTML_CAPTION_LIMIT), "parse_mode", "HTML");
    const struct outbox_message message = {
        .chat_id = turn->update->chat_id, .method = "editMessageCaption", .params = params};
    return outbox_add(work, &message, err);
}

json_t *transfers_keyboard(struct work *work, const struct deposit *deposit)
{
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_TAKE_TRANSFER), STYLE_SUCCESS, "dc:%" PRId64,
                  deposit->id);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_REFUSE_TRANSFER), STYLE_DANGER, "dj:%" PRId64,
                  deposit->id);
    return keyboard_inline(&keyboard);
}

bool transfers_send_proof(struct turn *turn, const struct deposit *deposit, struct error *err)
{
    struct work *work = turn->work;
    const char *caption, *file_id;
    if (!deposit_proof(work, deposit->id, &file_id, err) || !say_caption(work, deposit, &caption, err))
        return false;
    page_answer(work, &turn->page, say_label(work, file_id ? TEXT_ALERT_PROOF_SENT : TEXT_ALERT_NOT_FOUND),
                !file_id);
    if (!file_id)
        return true;
    const struct outgoing outgoing = {
        .chat_id = turn->update->chat_id,
        .html = caption,
        .keyboard = deposit->state == DEPOSIT_REVIEW ? transfers_keyboard(work, deposit) : NULL,
        .photo_file_id = file_id,
    };
    return outgoing_add(work, &outgoing, err);
}

/* Of a press; 0 where it came from another message than the photo. */
static int64_t pressed_photo(const struct turn *turn)
{
    return turn->update->message_has_photo ? turn->update->message_id : 0;
}

/* Somebody was faster, or the deposit ended another way. */
static bool say_decided(struct turn *turn, const struct deposit *deposit, int64_t message_id,
                        struct error *err)
{
    page_answer(turn->work, &turn->page, say_label(turn->work, TEXT_ALERT_TRANSFER_DECIDED), true);
    return mark_decided(turn, deposit, message_id, err);
}

/* --- accepted --- */

bool transfers_take(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct deposit deposit;
    if (!load(turn, turn->numbers[0], &deposit, err))
        return not_found(turn, err);
    if (deposit.state != DEPOSIT_REVIEW)
        return say_decided(turn, &deposit, pressed_photo(turn), err);
    const struct correction by = screen_correction(turn, say_label(work, TEXT_ADMIN_CONFIRM_NOTE));
    if (!correction_confirm_deposit(work, &by, deposit.id, err) ||
        !deposit_get(work, deposit.id, false, &deposit, err))
        return error_context(err, "transfer");
    page_answer(work, &turn->page, say_label(work, TEXT_ALERT_TRANSFER_TAKEN), false);
    return mark_decided(turn, &deposit, pressed_photo(turn), err);
}

/* --- refused --- */

static json_t *reason_keyboard(struct work *work, const struct deposit *deposit, int64_t message_id)
{
    struct keyboard keyboard;
    keyboard_begin(&keyboard);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_REFUSE_NOW), STYLE_DANGER, "dk:%" PRId64 ":%" PRId64,
                  deposit->id, message_id);
    keyboard_row(&keyboard);
    keyboard_data(&keyboard, say_label(work, TEXT_BUTTON_CANCEL), STYLE_NONE, "dn:%" PRId64, deposit->id);
    return keyboard_inline(&keyboard);
}

/* The admin's next message is the reason. */
bool transfers_ask_reason(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct deposit deposit;
    const char *buyer;
    if (!load(turn, turn->numbers[0], &deposit, err))
        return not_found(turn, err);
    if (deposit.state != DEPOSIT_REVIEW)
        return say_decided(turn, &deposit, pressed_photo(turn), err);
    if (!say_known_person(work, deposit.telegram_id, &buyer, err) ||
        !conversation_set_about(work, turn->update->from_id, TRANSFERS_CONVERSATION, deposit.id,
                                pressed_photo(turn), work->now_ms + REASON_MS, err))
        return error_context(err, "transfer");
    turn->page.as_new = true;
    page_show(work, &turn->page,
              say(work, TEXT_ADMIN_REFUSE_ASK,
                  TEXT_VALUES(TV("order_id", deposit.reference), TV_HTML("pembeli", buyer),
                              TV("harga", say_price(work, deposit.amount)))),
              reason_keyboard(work, &deposit, pressed_photo(turn)));
    return true;
}

/* The question that this was the answer to, if it is still the one that is open. */
static bool forget_question(struct turn *turn, int64_t deposit_id, struct error *err)
{
    struct work *work = turn->work;
    const char *kind;
    int64_t ref;
    if (!conversation_get(work, turn->update->from_id, &kind, &ref, err))
        return error_context(err, "transfer");
    return !str_equal(kind, TRANSFERS_CONVERSATION) || ref != deposit_id ||
           conversation_clear(work, turn->update->from_id, err);
}

static void show_line(struct turn *turn, const struct deposit *deposit, enum text_key key, const char *reason)
{
    struct work *work = turn->work;
    screen_say(turn, say(work, key, TEXT_VALUES(TV("order_id", deposit->reference), TV("alasan", reason))),
               "ag");
}

static bool refuse(struct turn *turn, int64_t deposit_id, const char *reason, int64_t message_id,
                   struct error *err)
{
    struct work *work = turn->work;
    struct deposit deposit;
    if (!load(turn, deposit_id, &deposit, err))
        return not_found(turn, err);
    if (!forget_question(turn, deposit_id, err))
        return false;
    if (deposit.state != DEPOSIT_REVIEW) {
        screen_say(turn, say_label(work, TEXT_ALERT_TRANSFER_DECIDED), "ag");
        return mark_decided(turn, &deposit, message_id, err);
    }
    const struct correction by = screen_correction(turn, reason);
    if (!correction_reject_deposit(work, &by, deposit.id, err) ||
        !deposit_get(work, deposit.id, false, &deposit, err))
        return error_context(err, "transfer");
    show_line(turn, &deposit, TEXT_ADMIN_REFUSE_DONE, reason);
    return mark_decided(turn, &deposit, message_id, err);
}

/* Another message of this chat than the photo named by a forged button would lose its buttons at most. */
bool transfers_refuse_now(struct turn *turn, struct error *err)
{
    return refuse(turn, turn->numbers[0], say_label(turn->work, TEXT_ADMIN_REFUSE_NOTE), turn->numbers[1],
                  err);
}

bool transfers_drop(struct turn *turn, struct error *err)
{
    struct deposit deposit;
    if (!load(turn, turn->numbers[0], &deposit, err))
        return not_found(turn, err);
    show_line(turn, &deposit, TEXT_ADMIN_REFUSE_DROPPED, "");
    return forget_question(turn, deposit.id, err);
}

static bool is_reason(const char *text)
{
    return text && text[strspn(text, " \t\r\n")] && str_utf8_length(text) <= MOST_REASON;
}

bool transfers_take_reason(struct turn *turn, int64_t deposit_id, struct error *err)
{
    struct work *work = turn->work;
    struct deposit deposit;
    int64_t message_id;
    if (!conversation_message(work, turn->update->from_id, &message_id, err))
        return error_context(err, "transfer");
    if (is_reason(turn->update->text))
        return refuse(turn, deposit_id, turn->update->text, message_id, err);
    if (!load(turn, deposit_id, &deposit, err))
        return error_context(err, "transfer");
    page_show(work, &turn->page,
              say(work, TEXT_ADMIN_REFUSE_TEXT_ONLY, TEXT_VALUES(TV("order_id", deposit.reference))),
              reason_keyboard(work, &deposit, message_id));
    return true;
}

/* Terms (SNK): the button, and the proof that a person's next message is. */
#include <inttypes.h>

#include "base/str.h"
#include "bot/buyer/buyer.h"
#include "bot/outgoing.h"
#include "store/conversation.h"
#include "store/order.h"
#include "store/term.h"

enum { PROOF_MS = 24 * 3600 * 1000, NAME_LIMIT = 200 };

/* Loads an own term; where it is not there or fulfilled already, `*open_out` is false and the person is told.
 */
static bool load(struct turn *turn, int64_t term_id, struct term *term_out, bool *open_out, struct error *err)
{
    struct work *work = turn->work;
    enum text_key alert = TEXT_ALERT_TERM_DONE;
    struct term term;
    if (!term_get_own(work, term_id, turn->update->from_id, &term, err)) {
        if (err->code != ERR_NOT_FOUND)
            return error_context(err, "terms");
        term.state = TERM_FULFILLED;
        alert = TEXT_ALERT_NOT_FOUND;
    }
    *open_out = term.state != TERM_FULFILLED;
    *term_out = term;
    if (!*open_out)
        page_answer(work, &turn->page, say_label(work, alert), true);
    return true;
}

/* Order id and product of a term. */
static bool describe(struct work *work, const struct term *term, const char **reference_out,
                     const char **product_out, struct error *err)
{
    struct order order;
    const char *product = "";
    if (!order_get(work, term->order_id, false, &order, err))
        return error_context(err, "terms");
    for (size_t i = 0; i < order.item_count; i++)
        if (order.items[i].id == term->order_item_id)
            product = order.items[i].name;
    *reference_out = order.reference;
    *product_out = str_utf8_cut(work->arena, product, NAME_LIMIT);
    return true;
}

bool terms_press(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct term term;
    bool open;
    const char *reference, *product;
    if (!load(turn, turn->numbers[0], &term, &open, err))
        return false;
    if (!open)
        return true;
    if (!term_mark_awaiting(work, term.id, err) ||
        !conversation_set(work, turn->update->from_id, TERMS_CONVERSATION, term.id, work->now_ms + PROOF_MS,
                          err) ||
        !describe(work, &term, &reference, &product, err))
        return false;
    /* The terms stay in sight: the question is a message of its own. */
    turn->page.as_new = true;
    page_show(work, &turn->page,
              say(work, TEXT_PROOF_ASK, TEXT_VALUES(TV("order_id", reference), TV("produk", product))),
              say_button(work, TEXT_BUTTON_CANCEL, arena_printf(work->arena, "u:%" PRId64, term.id)));
    return true;
}

bool terms_drop(struct turn *turn, struct error *err)
{
    struct work *work = turn->work;
    struct term term;
    bool open;
    const char *kind;
    int64_t ref;
    if (!load(turn, turn->numbers[0], &term, &open, err) ||
        !conversation_get(work, turn->update->from_id, &kind, &ref, err))
        return false;
    if (!open)
        return true;
    if (str_equal(kind, TERMS_CONVERSATION) && ref == term.id &&
        !conversation_clear(work, turn->update->from_id, err))
        return false;
    page_show(work, &turn->page, say(work, TEXT_PROOF_DROPPED, TEXT_NO_VALUES),
              say_button(work, TEXT_BUTTON_FULFIL_TERMS, arena_printf(work->arena, "t:%" PRId64, term.id)));
    return true;
}

/* --- the proof --- */

/* A photo with the heading as its caption, or heading and text; what does not fit together goes as two
 * messages. */
static bool forward_to(struct turn *turn, int64_t admin, const char *heading, struct error *err)
{
    const struct update *update = turn->update;
    struct work *work = turn->work;
    const char *own = update->photo_file_id ? update->caption : update->text;
    size_t limit = update->photo_file_id ? HTML_CAPTION_LIMIT : HTML_TEXT_LIMIT;
    const char *own_html = own ? str_html(work->arena, own) : "";
    const char *together = *own_html ? arena_printf(work->arena, "%s\n\n%s", heading, own_html) : heading;
    bool fits = html_length(together) <= limit;
    const struct outgoing first = {
        .chat_id = admin, .html = fits ? together : heading, .photo_file_id = update->photo_file_id};
    const struct outgoing second = {.chat_id = admin, .html = own_html};
    return outgoing_add(work, &first, err) && (fits || outgoing_add(work, &second, err));
}

static bool forward(struct turn *turn, const char *reference, const char *product, struct error *err)
{
    const struct update *update = turn->update;
    struct work *work = turn->work;
    const char *person =
        say_person(work, update->from_id, update->first_name, update->last_name, update->username);
    const char *heading =
        say(work, TEXT_ADMIN_PROOF,
            TEXT_VALUES(TV("order_id", reference), TV("produk", product), TV_HTML("pembeli", person)));
    for (size_t i = 0; i < work->tenant->admins.count; i++)
        if (!forward_to(turn, work->tenant->admins.items[i], heading, err))
            return error_context(err, "proof");
    return true;
}

bool terms_take_proof(struct turn *turn, int64_t term_id, struct error *err)
{
    struct work *work = turn->work;
    const struct update *update = turn->update;
    const char *proof = update->photo_file_id ? update->photo_file_id : update->text;
    struct term term;
    bool open;
    const char *reference, *product;
    if (!proof) {
        page_show(work, &turn->page, say(work, TEXT_PROOF_KINDS, TEXT_NO_VALUES),
                  say_button(work, TEXT_BUTTON_CANCEL, arena_printf(work->arena, "u:%" PRId64, term_id)));
        return true;
    }
    if (!load(turn, term_id, &term, &open, err) || !conversation_clear(work, update->from_id, err))
        return false;
    if (!open)
        return start_help(turn, err);
    if (!term_fulfil(work, term.id, update->photo_file_id ? "photo" : "text", proof, err) ||
        !describe(work, &term, &reference, &product, err) || !forward(turn, reference, product, err))
        return error_context(err, "proof");
    page_show(work, &turn->page,
              say(work, TEXT_PROOF_THANKS, TEXT_VALUES(TV("order_id", reference), TV("produk", product))),
              say_button(work, TEXT_BUTTON_HOME, "w"));
    return true;
}

/* Messages that are no command and no label: what they mean depends on what the person was asked, if
 * anything. */
#include "base/str.h"
#include "bot/admin/admin.h"
#include "bot/admin/people.h"
#include "bot/buyer/buyer.h"
#include "bot/gate.h"
#include "bot/wizard.h"
#include "store/conversation.h"

static const struct {
    const char *kind;
    enum role role; /* who was asked: somebody else's answer by now is none */
    bool theirs;    /* about what the person has already: also from somebody who is held up */
    bool (*take)(struct turn *turn, int64_t ref, struct error *err);
} conversations[] = {
    {TERMS_CONVERSATION, ROLE_BUYER, true, terms_take_proof},
    {COUPONS_CONVERSATION, ROLE_BUYER, false, coupons_take_code},
    {ANSWERS_CONVERSATION, ROLE_BUYER, false, answers_take},
    {ANSWERS_CONVERSATION_CART, ROLE_BUYER, false, answers_take_changed},
    {TOPUP_CONVERSATION, ROLE_BUYER, false, topup_take_amount},
    {TRANSFER_CONVERSATION, ROLE_BUYER, true, transfer_take_proof},
    {TRANSFERS_CONVERSATION, ROLE_ADMIN, false, transfers_take_reason},
    {WIZARD_CONVERSATION, ROLE_ADMIN, false, wizard_take_message},
    {PEOPLE_CONVERSATION, ROLE_ADMIN, false, people_take_search},
};

bool message_free(struct turn *turn, struct error *err)
{
    const char *kind;
    int64_t ref;
    if (!conversation_get(turn->work, turn->update->from_id, &kind, &ref, err))
        return error_context(err, "conversation");
    for (size_t i = 0; i < sizeof conversations / sizeof conversations[0]; i++)
        if (str_equal(conversations[i].kind, kind) && turn->role >= conversations[i].role &&
            (!turn->barrier || conversations[i].theirs))
            return conversations[i].take(turn, ref, err);
    if (turn->barrier)
        return turn->barrier->route.handler(turn, err);
    /* A typed number is a product's, unless it was the answer to a question. */
    if (turn->update->text && str_to_int64(turn->update->text, &turn->numbers[0]))
        return product_open_number(turn, err);
    return start_help(turn, err);
}

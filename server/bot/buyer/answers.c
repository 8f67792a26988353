#include "bot/buyer/answers.h"

#include <string.h>

#include "base/str.h"
#include "bot/buyer/basket.h"
#include "bot/buyer/buyer.h"
#include "store/cart.h"
#include "store/conversation.h"

enum { ASK_MS = 30 * 60 * 1000, NAME_LIMIT = 100 };

/* --- asked --- */

/* `kind` is the conversation: what follows once it is answered. */
static bool ask(struct turn *turn, const struct catalogue_product *product, enum text_key key,
                const char *answer, const char *kind, struct error *err)
{
    struct work *work = turn->work;
    const struct text_value values[] = {TV("produk", str_utf8_cut(work->arena, product->name, NAME_LIMIT)),
                                        TV("pertanyaan", product->question), TV("jawaban", answer),
                                        TV("jumlah", say_number(work, CART_ANSWER))};
    page_show(work, &turn->page, say(work, key, values, sizeof values / sizeof values[0]),
              say_button(work, TEXT_BUTTON_CANCEL, "kc"));
    return conversation_set(work, turn->update->from_id, kind, product->id, work->now_ms + ASK_MS, err) ||
           error_context(err, "answer");
}

bool answers_ask(struct turn *turn, const struct catalogue_product *product, struct error *err)
{
    if (!turn->work->tx && !turn_restart(turn, err))
        return error_context(err, "answer");
    return ask(turn, product, TEXT_ANSWER_ASK, NULL, ANSWERS_CONVERSATION, err);
}

static const struct basket_item *item_of(const struct basket *basket, int64_t product_id)
{
    for (size_t i = 0; i < basket->count; i++)
        if (basket->items[i].product->id == product_id)
            return &basket->items[i];
    return NULL;
}

bool answers_change(struct turn *turn, struct error *err)
{
    struct basket basket;
    if (!basket_load(turn, &basket, err))
        return false;
    const struct basket_item *item = item_of(&basket, turn->numbers[0]);
    if (!item || !*item->product->question) {
        turn_old_button(turn);
        basket_show(turn, &basket);
        return true;
    }
    return ask(turn, item->product, item->answer ? TEXT_ANSWER_ASK_AGAIN : TEXT_ANSWER_ASK, item->answer,
               ANSWERS_CONVERSATION_CART, err);
}

/* Another question may be open by now: that one stays. */
bool answers_drop(struct turn *turn, struct error *err)
{
    const char *kind;
    int64_t ref, person = turn->update->from_id;
    if (!conversation_get(turn->work, person, &kind, &ref, err))
        return error_context(err, "answer");
    bool ours = str_equal(kind, ANSWERS_CONVERSATION) || str_equal(kind, ANSWERS_CONVERSATION_CART);
    return (!ours || conversation_clear(turn->work, person, err)) && basket_open(turn, err);
}

/* --- and answered --- */

/* What was typed, without blanks around it; NULL where that is no answer. */
static const char *answer_of(struct turn *turn)
{
    static const char blanks[] = " \t\r\n";
    const char *text = turn->update->text;
    if (!text)
        return NULL;
    text += strspn(text, blanks);
    size_t length = strlen(text);
    while (length && strchr(blanks, text[length - 1]))
        length--;
    const char *answer = arena_printf(turn->work->arena, "%.*s", (int)length, text);
    return length && str_utf8_length(answer) <= CART_ANSWER ? answer : NULL;
}

static bool show_cart(struct turn *turn, struct error *err)
{
    struct basket basket;
    if (!basket_load(turn, &basket, err))
        return false;
    basket.headline = say(turn->work, TEXT_ANSWER_TAKEN, TEXT_NO_VALUES);
    basket_show(turn, &basket);
    return true;
}

static bool take(struct turn *turn, int64_t product_id, const char *kind, turn_handler *next,
                 struct error *err)
{
    struct work *work = turn->work;
    int64_t person = turn->update->from_id;
    const struct catalogue_product *product = catalogue_product(turn->catalogue, product_id);
    const char *answer = answer_of(turn);
    bool asked = product && *product->question;
    if (asked && !answer)
        return ask(turn, product, TEXT_ANSWER_TEXT_ONLY, NULL, kind, err);
    if (!conversation_clear(work, person, err))
        return error_context(err, "answer");
    if (asked && cart_set_answer(work, person, product_id, product->question, answer, err))
        return next(turn, err);
    /* not sold any more, or taken out of the cart meanwhile */
    return (!asked || err->code == ERR_NOT_FOUND) && basket_open(turn, err);
}

bool answers_take(struct turn *turn, int64_t product_id, struct error *err)
{
    return take(turn, product_id, ANSWERS_CONVERSATION, paying_methods, err);
}

bool answers_take_changed(struct turn *turn, int64_t product_id, struct error *err)
{
    return take(turn, product_id, ANSWERS_CONVERSATION_CART, show_cart, err);
}

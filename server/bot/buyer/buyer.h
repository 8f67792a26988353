/* What buyers do: the handlers of the tables in routes.c, by file. */
#pragma once

#include "bot/turn.h"

/* start.c: the ways in, and what leads nowhere */
turn_handler start_command, start_home, start_information, start_how_to_order, start_help, start_nothing,
    start_old_button, start_member, start_shut_out;
/* The reply keyboard for the person's role; the caller owns it. */
json_t *start_reply_keyboard(struct turn *turn);

/* welcome.c */
/* The answer to /start. In the open transaction, which it may commit. */
MUST_USE bool welcome_send(struct turn *turn, struct error *err);
/* The same to somebody who did nothing just now, by the outbox. In the open transaction. */
MUST_USE bool welcome_add(struct work *work, int64_t telegram_id, struct error *err);
/* Telegram refused the photo: the person gets the welcome without it, the admins are told once. In the open
 * transaction. */
MUST_USE bool welcome_without_photo(struct work *work, int64_t telegram_id, struct error *err);

/* Telegram refused the sticker: the rest went on without it, the admins are told once. In the open
 * transaction. */
MUST_USE bool welcome_sticker_refused(struct work *work, struct error *err);

/* maintenance.c: needs no transaction */
turn_handler maintenance_page;
turn_handler suspended_page;
/* What it says, with that note (NULL: none); HTML. */
const char *maintenance_text(struct work *work, const char *note);

/* browse.c */
turn_handler browse_all, browse_categories, browse_category, browse_stock;
/* The page of "all products" on which a product's number stands. */
int64_t browse_page_of(int64_t number);

/* product.c */
turn_handler product_open, product_open_number, product_change, product_changed, product_change_failed;

/* basket.c: the cart's page */
turn_handler basket_open, basket_drop;

/* coupons.c: the coupon in the cart */
turn_handler coupons_ask, coupons_drop, coupons_remove;
/* The person's message is the code. In the open transaction. */
MUST_USE bool coupons_take_code(struct turn *turn, int64_t ref, struct error *err);
#define COUPONS_CONVERSATION "coupon_code"

/* answers.c: what a product done by hand asks its buyer */
turn_handler answers_change, answers_drop;
/* The person's message is the answer: at the checkout, which goes on, and from the cart's page. In the open
 * transaction. */
MUST_USE bool answers_take(struct turn *turn, int64_t product_id, struct error *err);
MUST_USE bool answers_take_changed(struct turn *turn, int64_t product_id, struct error *err);
#define ANSWERS_CONVERSATION      "cart_answer"
#define ANSWERS_CONVERSATION_CART "cart_answer_change"

/* paying.c: from the cart to the invoice being made, and giving it up */
turn_handler paying_methods, paying_start, paying_drop, paying_cancel;

/* purchases.c: a person's orders */
turn_handler purchases_open, purchases_detail, purchases_receipt, purchases_fetch, purchases_reopen,
    purchases_cancel;

/* buy_again.c */
turn_handler purchases_buy_again;

/* balance.c */
turn_handler balance_open, profile_open;
/* The person's balance in rupiah; 0 of somebody who never wrote to the store. In the open transaction, or one
 * of its own. */
MUST_USE bool balance_read(struct turn *turn, int64_t *balance_out, struct error *err);

/* topup.c: deposits */
turn_handler topup_open, topup_ask, topup_drop, topup_choose, topup_start, topup_cancel, topup_reopen;
/* The person's message is how much to deposit. In the open transaction. */
MUST_USE bool topup_take_amount(struct turn *turn, int64_t ref, struct error *err);
#define TOPUP_CONVERSATION "deposit_amount"

/* transfer.c: deposits by hand */
turn_handler transfer_start;
/* The person's message is the proof of a transfer. In the open transaction. */
MUST_USE bool transfer_take_proof(struct turn *turn, int64_t deposit_id, struct error *err);
#define TRANSFER_CONVERSATION "deposit_proof"

/* terms.c */
turn_handler terms_press, terms_drop;
/* The person's message is the proof for a term. In the open transaction. */
MUST_USE bool terms_take_proof(struct turn *turn, int64_t term_id, struct error *err);
#define TERMS_CONVERSATION "term_proof"

/* message.c: what is no command, label or button */
turn_handler message_free;

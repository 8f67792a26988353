/*
 * A conversation for tests, over a store in a real PostgreSQL (tests/unit/store/fixture.h): updates go in,
 * replies come out, and what went to the outbox is kept as the sender would have taken it. The payment jobs
 * do nothing; a test plays the gateway itself.
 */
#pragma once

#include "../store/fixture.h"
#include "bench.h"
#include "bot/bot.h"
#include "bot/routes.h"
#include "store/payment.h"

enum { BUYER = 1001, OTHER = 1002, ADMIN = 9001, OWNER = 9002 };

int talk_set_up(void **state);
int talk_tear_down(void **state);
int talk_begin(
    void **state); /* an empty store with product A (35,000 rupiah, 5 units) and B (1,500, 2 units) */
extern int64_t product_a, product_b;

/* The bot's answer, parsed (NULL for an empty one); valid until the next call. Fails where the update was not
 * handled. */
const json_t *talk_text(int64_t person, const char *text);
const json_t *talk_press(int64_t person, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same with every field of the update given. */
const json_t *talk_update(const struct update *update);
struct update talk_make_text(int64_t person, const char *text);
struct update talk_make_press(int64_t person, const char *data);
int64_t talk_next_id(void);

/* "sendMessage", …; "" for an empty reply. */
const char *talk_method(const json_t *reply);
const char *talk_said(const json_t *reply); /* its text or caption; "" */
bool talk_has_button(const json_t *params, const char *data);
/* The data of the first button whose data begins so; fails where there is none. */
const char *talk_button(const json_t *params, const char *beginning);
/* Fails unless `part` is, or is not, in what it says. */
void talk_says(const json_t *params, const char *part);
void talk_says_not(const json_t *params, const char *part);
/* Presses the button below the last answer whose data begins so. */
const json_t *talk_follow(int64_t person, const json_t *reply, const char *beginning);
/* Answers a wizard's only question, and saves. */
const json_t *talk_fill(int64_t person, const json_t *question, const char *answer);

/* Data for a row of the callbacks: "q:1:1:1" for one with three numbers. */
const char *talk_data_of(struct arena *arena, const struct callback_row *row);

/* What was given to the sender since talk_begin() or talk_forget(). */
struct sent {
    int64_t chat_id, id, effect_ref;
    char *method, *effect, *attachment_text;
    enum outbox_attachment attachment;
    bool keep;
    json_t *params;
};
size_t talk_sent_count(void);
const struct sent *talk_sent(size_t i);
/* The first one to that chat by that method whose text has `part` in it; NULL where there is none. */
const struct sent *talk_find(int64_t chat_id, const char *method, const char *part);
void talk_forget(void);
/* Telegram's answer to a message. */
void talk_report(const struct sent *sent, enum outbox_verdict verdict, int64_t message_id);

/* Two of A in the buyer's cart, the QRIS button pressed on message 77: the order's id. */
int64_t talk_order(int64_t person);
/* The gateway made the transaction: the payment waits, the invoice goes out. */
void talk_invoice(int64_t order_id);
/* The same with an answer of the test's. */
void talk_invoice_of(int64_t order_id, const struct payment_created *created);
/* The gateway says it was paid. */
void talk_pay(int64_t order_id);
/* talk_order() with its invoice sent; then paid as well; then delivered as well. */
int64_t talk_invoiced(int64_t person);
int64_t talk_paid(int64_t person);
int64_t talk_completed(int64_t person);
/* Telegram took everything. */
void talk_all_sent(void);
/* The store's books hold. */
void talk_books_agree(void);
/* It ends. */
void talk_end(int64_t order_id, enum order_state end);

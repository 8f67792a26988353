/*
 * One turn of a conversation: an update, who sent it, and the reply being built. Handlers get it and nothing
 * else.
 */
#pragma once

#include "bot/html.h"
#include "bot/page.h"
#include "bot/say.h"
#include "store/cart.h"
#include "store/catalogue.h"
#include "telegram/update.h"
#include "work/work.h"

enum role { ROLE_BUYER, ROLE_ADMIN, ROLE_OWNER }; /* a higher one may do what a lower one may */

/* What a handler does with the database. */
enum route_mode {
    READS,  /* nothing, or reads of its own; no deduplication */
    WRITES, /* runs in the update's transaction; what it waits for comes after deduplication and the person's
               lock */
    WRITES_QUEUED, /* the same in one round trip: nothing of the transaction was waited for yet */
    WRITES_SHARED, /* the same, and other updates may be in the same transaction: the handler only queues */
};

enum { TURN_MOST_NUMBERS = 3, TURN_WORD_BYTES = 32 /* a bot_store_name, too */ };

struct barrier;

struct turn {
    struct work *work;
    const struct update *update;
    const struct catalogue *catalogue;
    enum role role;
    const struct barrier *barrier; /* what stands in a buyer's way (gate.h): they get what is theirs, and no
                                      more; NULL: nothing */
    /* What the callback data, label or text said: */
    int64_t numbers[TURN_MOST_NUMBERS];
    char word[TURN_WORD_BYTES];
    struct page page;
    struct cart_change change; /* queued by a WRITES_SHARED handler, readable after the commit */
    bool is_changing;
    bool repeated; /* the update turned out to be seen before: nothing more is done */
};

typedef bool turn_handler(struct turn *turn, struct error *err);

/* Opens the update's transaction: remembers the update and the person. Nothing is waited for. */
MUST_USE bool turn_begin(struct turn *turn, struct error *err);
/* Ends what was changed so far without it and opens the transaction again; deduplication and the person's
 * lock are through. False and `repeated` where the update was seen before. Also how a reading handler starts
 * to write. */
MUST_USE bool turn_restart(struct turn *turn, struct error *err);
/* The update's transaction comes to nothing. */
void turn_abandon(struct turn *turn);
/* A fresh snapshot, after the database said that this one is behind. No transaction may be open. */
MUST_USE bool turn_refresh_catalogue(struct turn *turn, struct error *err);

/* Shows a page whose text has that key, with the picture the store has for it. Takes over the keyboard. */
void turn_show(struct turn *turn, enum text_key key, const char *html, json_t *keyboard);
/* The page for buttons that no longer mean anything, with the line that says so. */
void turn_old_button(struct turn *turn);

/*
 * What people can do, as tables: commands, labels of the reply keyboard, callback data. Each row carries its
 * handler, the role it takes and what it does with the database; the dispatcher alone checks the role, and
 * what stands in a buyer's way (gate.h).
 */
#pragma once

#include "bot/turn.h"

struct route {
    turn_handler *handler;
    enum role role;
    enum route_mode mode;
    /* It leads to what the person has already (purchases, open invoices, the balance): also for somebody who
     * is held up (gate.h). */
    bool theirs;
    /* WRITES_SHARED only: shows what came of it, after the commit; and explains a commit that failed, or
     * leaves the error. */
    turn_handler *committed, *failed;
    /* The button stands on pages alone, so that a picture that carries it is a page's: it is changed or
     * deleted as a page is. Not so of buttons on invoices, proofs, or what was bought. */
    bool on_page;
};

struct command_row {
    const char *names[3]; /* the first one is listed in Indonesian, the second (or the first) in English */
    int description;      /* enum text_key, or -1 where it is not listed by setMyCommands */
    struct route route;
};
struct label_row {
    enum text_key label;
    struct route route;
};
/* Data is the verb and its arguments, separated by colons: "q:12:1:35000". `arguments` has a letter for each:
 * `i` a decimal 64-bit number in its only spelling, `w` a word of a-z, 0-9 and _, `s` a bot_store_name. */
struct callback_row {
    const char *verb;
    const char *arguments;
    struct route route;
};

extern const struct command_row command_rows[];
extern const size_t command_row_count;
extern const struct label_row label_rows[];
extern const size_t label_row_count;
extern const struct callback_row callback_rows[];
extern const size_t callback_row_count;

/* What other things lead to. */
extern const struct route route_free_message;    /* text that is nothing else, and media */
extern const struct route route_number_button;   /* numbers[0] is the product's number */
extern const struct route route_unknown_command; /* also a command or label above the person's role */
extern const struct route route_unknown_callback;
extern const struct route route_member;

/* Each NULL where there is none. */
const struct route *route_of_command(const char *text);
/* `work`'s store may have labels of its own; NULL: as the files have them. */
const struct route *route_of_label(const struct work *work, const char *text);
/* The label that reads so, in any language or in the store's own words; -1 where there is none. */
int route_label(const struct work *work, const char *text);
const struct route *route_of_callback(const char *data, int64_t numbers_out[TURN_MOST_NUMBERS],
                                      char word_out[TURN_WORD_BYTES]);

/* The same in another bot's tables. */
const struct route *route_in_commands(const struct command_row *rows, size_t count, const char *text);
const struct route *route_in_callbacks(const struct callback_row *rows, size_t count, const char *data,
                                       int64_t numbers_out[TURN_MOST_NUMBERS],
                                       char word_out[TURN_WORD_BYTES]);

/* Whether a button with this data leads anywhere. */
bool route_exists(const char *data);

/* The number a number button ("1️⃣", "🔟", "1️⃣2️⃣") means; with or without variation
 * selectors.
 */
bool route_keycap_number(const char *text, int64_t *number_out);

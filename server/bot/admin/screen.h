/* What the admins' screens share: ways back, pages, refusals. */
#pragma once

#include "bot/turn.h"
#include "payment/correction.h"

/* A row with `⬅️ Kembali` (callback data `back`) and `⚙️ Admin`. */
void screen_ways_back(struct turn *turn, struct keyboard *keyboard, const char *back);
/* The same as the keyboard of a message that a job sends. */
json_t *screen_ways_on(struct work *work, const char *back);
/* A page that says one thing, with the ways back. */
void screen_say(struct turn *turn, const char *html, const char *back);
/* Ends the keyboard with the ways back and shows the page. */
void screen_show(struct turn *turn, const char *html, struct keyboard *keyboard, const char *back);
/* A button whose label is a text of a table. */
void screen_button(struct turn *turn, struct keyboard *keyboard, enum text_key label, const char *data_format,
                   ...) __attribute__((format(printf, 4, 5)));
/* `⬅️` and `➡️` in a row of their own: to the pages beside this one, named by cursors (0: none).
 * `data` is what stands in front of the cursor, with its colon. Following buttons go to a new row. */
void screen_arrows(struct turn *turn, struct keyboard *keyboard, const char *data, int64_t before,
                   int64_t after);
/* Puts a line above the page that is shown, and answers the press with it. */
void screen_note(struct turn *turn, enum text_key line);
/* A page with what is looked at with care (sold contents, a proof) below `heading` (HTML); where that is too
 * long for a page, a file of that name in a message of its own. In the open transaction. */
MUST_USE bool screen_secret(struct turn *turn, const char *heading, const char *plain, const char *file_name,
                            const char *back, struct error *err);
/* `✅ Ya` / `❌ Batal` under a question about something that can't be undone. */
void screen_ask(struct turn *turn, const char *html, const char *yes, const char *no);

/* After a failure of reading or changing: what is not there (any more) or has changed meanwhile is answered
 * by a popup, and true; anything else stays an error, and false. The transaction must be good still, or none
 * open. */
MUST_USE bool screen_explain(struct turn *turn, struct error *err);

/* For a page that reads the database: the open transaction, or one of its own (`*own_out`), ended by
 * screen_read_end(). */
MUST_USE bool screen_read_begin(struct turn *turn, bool *own_out, struct error *err);
void screen_read_end(struct turn *turn, bool own);

/* The admin who presses or types, with a reason, for payment/correction.h. */
struct correction screen_correction(struct turn *turn, const char *note);

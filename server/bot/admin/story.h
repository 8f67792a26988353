/* How orders and deposits are told to admins alike: their payments, and what happened to them. */
#pragma once

#include "base/str.h"
#include "bot/turn.h"
#include "store/history.h"
#include "store/payment.h"

/* A few lines for each payment, newest first, the one that waits for an admin with both amounts; HTML, ""
 * where there are none. */
const char *story_payments(struct work *work, const struct payment *payments, size_t count);

/* Why an order or deposit ended, by the word in the books; plain, "" where there is nothing to say. */
const char *story_reason(struct work *work, const char *word);
/* Adds "🕒 made: 31/12/2026 17:00 (why)" as a line of its own; nothing for time 0. */
void story_add_date(struct work *work, struct str *s, enum text_key key, int64_t at_ms, const char *why);

/* "3", or "99+" where it was not counted to the end. */
const char *story_count(struct work *work, int64_t count);

/* A page (from 0, the newest events) of a history; `verb` and `id` lead to its other pages, as
 * "verb:id:page". Takes the turn's page. */
struct story {
    const char *title; /* plain */
    const struct event *events;
    size_t count;
    const char *verb;
    int64_t id;
    const char *back; /* callback data */
};
void story_show(struct turn *turn, const struct story *story, int64_t page);

/* Ways to the pages beside one, as "verb:from", in a row of their own. */
struct search_ends;
void story_arrows(struct keyboard *keyboard, const char *prefix, const struct search_ends *ends);

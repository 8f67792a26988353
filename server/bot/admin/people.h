/*
 * 👥 Kelola User: who writes to the store, and what admins do about one of them. Callback verbs begin with
 * "au"; `aud:<telegram id>` is one person's page, to which other screens lead. Figures come from
 * store/counter.h, lists from store/people.h, money moves by payment/correction.h.
 */
#pragma once

#include "bot/turn.h"
#include "bot/wizard.h"

/* people.c: counts, lists, the search's results */
turn_handler people_home, people_count_again, people_list_newest, people_list_barred, people_list_found;
/* Puts what was searched for into the conversation and shows who was found. In the open transaction. */
MUST_USE bool people_show_found(struct turn *turn, const char *typed, struct error *err);
/* The admin's message behind a search is another one. In the open transaction. */
MUST_USE bool people_take_search(struct turn *turn, int64_t ref, struct error *err);
#define PEOPLE_CONVERSATION "people_search"

/* people_person.c: one of them */
turn_handler people_open, people_history, people_ask_bar, people_bar;
/* Shows the person with `line` (HTML, NULL: none) above; one who is not known is told by a popup. In the open
 * transaction, or one of its own. */
MUST_USE bool people_show(struct turn *turn, int64_t telegram_id, const char *line, struct error *err);

/* people_forms.c: what is typed about them */
turn_handler people_ask_search, people_ask_adjust, people_ask_message;
extern const struct wizard_kind people_search_wizard, people_adjust_wizard, people_message_wizard;

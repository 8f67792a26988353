/* What wizard.c (events), wizard_state.c (answers) and wizard_ask.c (what is shown) share; nobody else
 * includes it. */
#pragma once

#include "bot/wizard.h"

/* What was given for a step, or what the wizard is about. */
struct wizard_answer {
    struct wizard_answer *next;
    const char *name;
    unsigned input;   /* of enum wizard_input; 0: put in by the wizard's starter, or left out */
    bool left_out;    /* the step was skipped */
    const char *text; /* NULL: it is a number */
    int64_t number;
    const char *label;   /* of a choice; the name of a document; NULL */
    const char *caption; /* NULL: none */
    int64_t size;        /* of a document, bytes */
};

struct wizard {
    const struct wizard_kind *kind;
    struct arena *arena;
    int64_t number; /* the conversation's ref */
    size_t step;    /* the one that is asked; the count of steps: the summary */
    int64_t page;   /* of its choices */
    struct wizard_answer *answers;
};

size_t wizard_step_count(const struct wizard *wizard);
bool wizard_applies(const struct wizard *wizard, size_t step);
/* NULL where there is none; one that was left out is there. */
struct wizard_answer *wizard_answer(const struct wizard *wizard, const char *name);
/* Takes the place of an earlier answer of that name; copied, but for its texts. */
void wizard_put(struct wizard *wizard, const struct wizard_answer *answer);
/* Keeps it as the person's conversation. In the open transaction. */
MUST_USE bool wizard_save(struct turn *turn, const struct wizard *wizard, struct error *err);
/* NULL where the person has none, or another version of the server wrote it. */
MUST_USE bool wizard_load(struct turn *turn, struct wizard **wizard_out, struct error *err);
/* The buttons of the page that is shown. */
MUST_USE bool wizard_choices_now(struct turn *turn, const struct wizard *wizard,
                                 struct wizard_choices *choices_out, struct error *err);

/* Shows the step that is asked, or the summary; `why` (HTML, NULL: nothing) speaks against the last answer.
 */
MUST_USE bool wizard_ask(struct turn *turn, struct wizard *wizard, const char *why, struct error *err);
/* Why a message is no answer to the step, for the person; HTML. */
const char *wizard_why_not(struct turn *turn, const struct wizard_step *step);

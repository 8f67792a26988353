/*
 * Wizards: forms that a store's admins fill in step by step. A wizard is a table of steps; the engine asks,
 * reads and checks the answers, shows what is entered so far, goes back, leaves out, cancels, and in the end
 * hands the answers to the wizard's `finish`.
 *
 * The state lies (sealed) in the person's conversation: it survives a restart and is over after 30 minutes
 * without an answer. One wizard a person; starting another one ends it. Commands, labels of the keyboard and
 * buttons of other screens are never taken for answers: they lead where they always lead, and the wizard
 * waits meanwhile. Every button of a wizard carries its number, so that those of an earlier one do nothing
 * but say so.
 */
#pragma once

#include "bot/turn.h"

enum { WIZARD_MS = 30 * 60 * 1000, WIZARD_CHOICES_ON_PAGE = 8 };

/* What a step takes; several may be joined. */
enum wizard_input {
    WIZARD_LINE = 1,   /* one line; a text */
    WIZARD_TEXT = 2,   /* several lines; a text */
    WIZARD_AMOUNT = 4, /* rupiah, as people type them; a number */
    WIZARD_NUMBER = 8, /* a whole number */
    WIZARD_TIME = 16, /* "31/12/2026 17:00" in the store's zone; a number (ms). A date alone: its beginning */
    WIZARD_CHOICE = 32,    /* a button of `choices`; a number */
    WIZARD_PHOTO = 64,     /* a text: the file_id; its caption counts as nothing */
    WIZARD_DOCUMENT = 128, /* a text: the file_id; see wizard_document() */
    WIZARD_STICKER = 256,  /* a text: the file_id */
    WIZARD_MESSAGE = 512,  /* whatever it is: its message id in the admin's chat; a number. Taken last, but
                              for a formatted text. */
};

struct wizard;

/* One page of buttons to choose from. */
struct wizard_choice {
    int64_t value;
    const char *label; /* plain; cut to a button's length by the engine */
};
struct wizard_choices {
    size_t count; /* at most WIZARD_CHOICES_ON_PAGE */
    struct wizard_choice items[WIZARD_CHOICES_ON_PAGE];
    bool has_more; /* another page follows */
};

struct wizard_step {
    const char *name;    /* the answer's name; NULL in a table's last row */
    int label;           /* PLAIN text key: its name in the summary; -1: not in the summary */
    int prompt;          /* TEXT key without placeholders: the question */
    unsigned takes;      /* of enum wizard_input */
    int64_t least, most; /* of a text's characters, of an amount or number (rupiah) */
    bool optional;       /* may be left out: `⏭ Lewati` */
    bool secret;         /* whatever is sent is deleted from the chat at once; what it said is never shown */
    /* Nobody is asked: what was given before is looked into, and a job answers (wizard_at()). Added here,
     * once the form comes to it. Such a step is not counted, and asked anew with the one before it. */
    bool (*waits)(struct turn *turn, const struct wizard *wizard, struct error *err);
    /* Each of these may be NULL. */
    /* Whether it is asked at all, given the answers so far. */
    bool (*applies)(const struct wizard *wizard);
    /* A further check of the answer that was just given (it is among the answers already). What speaks
     * against it in `*why_out` (HTML in the arena; NULL: nothing; "": it is asked again all the same). */
    bool (*check)(struct turn *turn, struct wizard *wizard, const char **why_out, struct error *err);
    /* The buttons of page `page` (from 0; at most a million). In the open transaction. */
    bool (*choices)(struct turn *turn, const struct wizard *wizard, int64_t page,
                    struct wizard_choices *choices_out, struct error *err);
    /* The same from a table: values and labels. The list ends with a label of -1. */
    const struct wizard_fixed_choice {
        int64_t value;
        int label; /* PLAIN text key */
    } * fixed_choices;
    /* How the answer reads in the summary (plain; a choice's label is remembered by the engine). */
    const char *(*show)(struct turn *turn, const struct wizard *wizard);
    /* What else stands under the question (HTML in the arena), and its own buttons under the choices. In the
     * open transaction. */
    bool (*more)(struct turn *turn, const struct wizard *wizard, const char **html_out,
                 struct keyboard *keyboard, struct error *err);
    /* One of several that a wizard may ask: only where it was started with this
     * (wizard_put_text(wizard, WIZARD_TOPIC, …)); NULL: always. */
    const char *topic;
};
#define WIZARD_TOPIC "topic"

struct wizard_kind {
    const char *name; /* stored; unique */
    int title;        /* TEXT key without placeholders, one line: "➕ <b>Produk baru</b>" */
    enum role role;
    const struct wizard_step *steps; /* until the one without name */
    /* Asks `✅ Simpan` under the summary before it finishes. For one step that destroys nothing: false. */
    bool confirms;
    /* HTML under the summary: what it will do; NULL: a line that asks whether all is right. In the open
     * transaction. */
    bool (*preview)(struct turn *turn, struct wizard *wizard, const char **html_out, struct error *err);
    /* Carries it out in the open transaction and shows a page. The conversation is cleared already;
     * wizard_ask_again() takes it up once more. ERR_CONFLICT and ERR_NOT_FOUND: everything is rolled back and
     * the person told that it has changed meanwhile. */
    bool (*finish)(struct turn *turn, struct wizard *wizard, struct error *err);
    /* Callback data of the screen it came from, for cancelling and for "changed meanwhile". In the arena. */
    const char *(*back)(struct turn *turn, const struct wizard *wizard);
    /* After "changed meanwhile": says so and shows how it is now, in the transaction that was opened again;
     * NULL: a page that says so leads back. */
    bool (*changed)(struct turn *turn, const struct wizard *wizard, struct error *err);
};

/* All of them; a row for each (wizards.c). */
extern const struct wizard_kind *const wizard_kinds[];
extern const size_t wizard_kind_count;

/* --- starting; in the open transaction --- */

/* A new one without answers, in the arena. */
struct wizard *wizard_new(struct turn *turn, const struct wizard_kind *kind);
/* What it is about (ids, editions) or what is entered already; names of steps and others. Later ones replace
 * earlier ones of the same name. */
void wizard_put_number(struct wizard *wizard, const char *name, int64_t value);
void wizard_put_text(struct wizard *wizard, const char *name, const char *value);
/* A step's choice that is made already, with how it reads in the summary. */
void wizard_put_choice(struct wizard *wizard, const char *name, int64_t value, const char *label);
/* A text put under this name says what the wizard is about: plain, on every page, below the title. */
#define WIZARD_ABOUT "about"
/* Puts it into the conversation and asks its first question that has no answer yet. */
MUST_USE bool wizard_open(struct turn *turn, struct wizard *wizard, struct error *err);

/* --- answers --- */

bool wizard_has(const struct wizard *wizard, const char *name);
/* 0 where there is none; of a text that says a number too. */
int64_t wizard_number(const struct wizard *wizard, const char *name);
/* NULL where there is none. Borrowed from the wizard. */
const char *wizard_text(const struct wizard *wizard, const char *name);
/* What was given for a step that takes several: WIZARD_TEXT, WIZARD_DOCUMENT, …; 0 where nothing was. */
unsigned wizard_input_of(const struct wizard *wizard, const char *name);
/* Of a document: its name ("" where not known) and size in bytes (0). */
const char *wizard_document(const struct wizard *wizard, const char *name, int64_t *size_out);
/* The caption that came with a photo or document; "" where there was none. */
const char *wizard_caption(const struct wizard *wizard, const char *name);

/* From `finish`: this step must be answered anew, for this reason (HTML). Takes the place of a page. What was
 * written in the transaction stays. */
MUST_USE bool wizard_ask_again(struct turn *turn, struct wizard *wizard, const char *step, const char *why,
                               struct error *err);

/* As if it had never been given. */
void wizard_forget(struct wizard *wizard, const char *name);

/* --- from elsewhere: a job that was waited for, another kind of update --- */

/* The person's wizard, where it is of this kind, has this number (0: any), and this step is asked now; NULL
 * otherwise. What was found out is put in, and it is opened again, or the step before is asked again. In the
 * open transaction. */
MUST_USE bool wizard_at(struct turn *turn, const struct wizard_kind *kind, int64_t number, const char *step,
                        struct wizard **wizard_out, struct error *err);
int64_t wizard_id(const struct wizard *wizard); /* its number */
/* All it knows, as a text (it may hold secrets), and back again: for a job that carries on where `finish`
 * ended, and may have to ask again. NULL where another version of the server wrote it. */
const char *wizard_pack(const struct wizard *wizard);
struct wizard *wizard_unpack(struct turn *turn, int64_t number, const char *packed);

/* --- wiring --- */

/* Handlers of the engine's own buttons. */
turn_handler wizard_choose, wizard_page, wizard_skip, wizard_back, wizard_cancel, wizard_confirm,
    wizard_resume;
/* The person's message is an answer. In the open transaction. */
MUST_USE bool wizard_take_message(struct turn *turn, int64_t ref, struct error *err);
#define WIZARD_CONVERSATION "wizard"
/* The title of the person's unfinished wizard and its number; NULL where there is none. In the open
 * transaction or one of its own. */
MUST_USE bool wizard_unfinished(struct turn *turn, const char **title_out, int64_t *number_out,
                                struct error *err);

/*
 * The screens of the store's settings: what each is called, what is asked for it, how its value reads. What
 * can be set, and within which limits, is store/settings.h's.
 */
#pragma once

#include "bot/turn.h"
#include "bot/wizard.h"
#include "store/settings.h"
#include "work/job.h"

#define SETTINGS_HOME "ax" /* callback data of the list */

enum setting_look {
    LOOK_TEXT,
    LOOK_NUMBER,
    LOOK_MINUTES,
    LOOK_RUPIAH,
    LOOK_PERCENT,
    LOOK_HUNDREDTHS, /* of a percent */
    LOOK_STICKER,
    LOOK_PHOTO,
    LOOK_FLAG
};

struct setting_screen {
    int64_t number;   /* in callback data; never given to another setting */
    const char *name; /* as in settings_definitions */
    enum text_key label, about;
    enum setting_look look;
    /* Opens the form that changes it; NULL: the common one, which asks for one value. */
    bool (*change)(struct turn *turn, const struct setting *row, struct error *err);
    /* Callback data of a page of its own; NULL: the common one. */
    const char *page;
    /* Callback data of the list it stands in; NULL: the store's settings. */
    const char *home;
};
extern const struct setting_screen setting_screens[];
extern const size_t setting_screen_count;
/* NULL where there is none. */
const struct setting_screen *setting_screen(const char *name);

/* A value as people read it (plain); NULL is "–". */
const char *setting_text(struct turn *turn, const struct setting_screen *screen, const json_t *value);
/* "• Batas stok menipis: 3" as in a list; HTML. */
const char *setting_line(struct turn *turn, const struct setting_screen *screen);
/* The setting's page, as it is in the database now; behind `saved` HTML (NULL: none). */
MUST_USE bool setting_show(struct turn *turn, const struct setting_screen *screen, const char *saved,
                           struct error *err);
/* Callback data of that page, in the arena. */
const char *setting_page_data(struct turn *turn, const struct setting_screen *screen);

/* Who set it, and whether it does not count; "" where it is not set. HTML. `set`: its value; NULL: none. */
MUST_USE bool setting_remarks(struct turn *turn, const struct setting_screen *screen,
                              const struct setting *row, const json_t *set, const char **html_out,
                              struct error *err);

/* channel.c */
MUST_USE bool channel_ask_admin(struct turn *turn, const struct setting *row, struct error *err);
/* Has Telegram asked whether the channel can be set, in the open transaction: it is set where it can, and the
 * admin gets what came of it as a message. `*html_out`: what to say of that now. */
MUST_USE bool channel_check(struct work *work, int64_t admin_id, const char *channel, int64_t edition,
                            const char **html_out, struct error *err);
extern const struct wizard_kind channel_wizard;
extern const struct job_kind channel_check_job;

/* maintenance.c */
extern const struct wizard_kind maintenance_wizard;

/* store_settings_change.c */
MUST_USE bool setting_ask(struct turn *turn, const struct setting_screen *screen, const struct setting *row,
                          struct error *err);
extern const struct wizard_kind setting_wizard;

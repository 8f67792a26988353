/* 📝 Kelola Respon Bot: what the files of these screens share. */
#pragma once

#include "bot/turn.h"
#include "bot/wizard.h"
#include "store/own_text.h"

/* texts.c: groups of texts, the texts of a group, one text */
turn_handler texts_home, texts_group, texts_open, texts_sample, texts_reset, texts_no_picture;
/* texts_edit.c: wizards, and what it said before */
turn_handler texts_edit, texts_picture, texts_history, texts_version, texts_use_again;
extern const struct wizard_kind texts_wizard, texts_picture_wizard;
/* texts_file.c: the whole configuration as a file */
turn_handler texts_export, texts_import;
extern const struct wizard_kind texts_import_wizard;
extern const struct job_kind texts_import_job;

/* Whether a store may have this text in words of its own. Those of setMyCommands and of the spam guard are
 * said where no store's settings are at hand. */
bool texts_is_editable(int64_t key);
/* Whether a picture may go with it: pages of their own. */
bool texts_takes_picture(enum text_key key);
/* Whether another label of the keyboard reads like this text of a label. */
bool texts_is_taken(const struct work *work, enum text_key key, const char *text);
/* A template with sample values, as people would see it; HTML. */
const char *texts_sample_of(struct turn *turn, enum text_key key, const struct text_template *own);
/* Why a template can't be the text of that key, for people; HTML. */
const char *texts_why_not(struct turn *turn, enum text_key key, const struct text_fault *fault);
/* A template shown as it is, cut; HTML. */
const char *texts_source(struct turn *turn, const char *template_text, size_t limit);

/* texts_report.c: tells the admins and owners of texts that fit no more, once for each; bot_settings_read().
 */

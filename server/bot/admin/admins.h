/* Who runs the store: the owners and admins of its file, and the admins whom an owner added here. These are
 * settings of the key "admin:<telegram id>". */
#pragma once

#include "bot/turn.h"
#include "bot/wizard.h"

#define ADMINS_HOME "am"

/* The setting of an admin, in the arena. */
const char *admins_key(struct work *work, int64_t telegram_id);
/* How many were added here. */
size_t admins_added(const struct work *work);
/* A message to somebody whose role changed, with the keyboard they have from now on. */
MUST_USE bool admins_tell(struct turn *turn, int64_t telegram_id, enum role role, enum text_key key,
                          struct error *err);

/* admins_add.c */
extern const struct wizard_kind admins_wizard;

/* Rows of admin_logs in words: who, what, about what. Words of the database that are not in the tables stand
 * as they are. */
#pragma once

#include "bot/turn.h"
#include "store/admin_log.h"

/* The admin as HTML, in the open transaction: as a link, and by name alone. */
MUST_USE bool log_actor(struct turn *turn, int64_t actor_id, const char **html_out, struct error *err);
MUST_USE bool log_actor_name(struct turn *turn, int64_t actor_id, const char **html_out, struct error *err);
/* Plain: what was done, and to what. */
const char *log_action(struct work *work, const struct admin_log_entry *entry);
const char *log_subject(struct turn *turn, const struct admin_log_entry *entry);
/* Callback data of the subject's page; NULL where it has none. */
const char *log_subject_data(struct turn *turn, const struct admin_log_entry *entry);
/* A member of before and after: its name, and a value (cut); plain. */
const char *log_member(struct work *work, const char *name);
const char *log_value(struct work *work, const json_t *value);

/* What newstore.c (the form), newstore_check.c (its bot, its key) and newstore_write.c (the files) share;
 * nobody else includes it. */
#pragma once

#include "bot/owner/newstore.h"
#include "bot/owner/screens.h"
#include "tenants/writer.h"

/* Jobs, and steps of the form that jobs answer. */
#define JOB_BOT          "newstore_bot"
#define JOB_KEY          "newstore_key"
#define JOB_WRITE        "newstore_write"
#define JOB_LIVE         "newstore_live"
#define STEP_BOT_CHECKED "bot_checked"
#define STEP_KEY_CHECKED "key_checked"

/* The other answers that are no steps. */
#define ANSWER_MANAGED  "managed"      /* number: a bot that was made by the link, in place of a token */
#define ANSWER_USERNAME "bot_username" /* as getMe says */
#define ANSWER_TITLE    "bot_title"
#define ANSWER_UNSURE   "key_unsure" /* the gateway could not be asked */
#define ANSWER_WAYS     "ways"       /* names of ways to pay, separated by commas */

/* What is chosen for the language and the time zone. */
enum { NEWSTORE_ID, NEWSTORE_EN };
enum { NEWSTORE_WIB, NEWSTORE_WITA, NEWSTORE_WIT };

enum { NEWSTORE_MOST_ADMINS = 100, NEWSTORE_AGAIN_MS = 3000 };

/* As newstore_init() was given them. */
extern const struct config *newstore_config;
extern const char *newstore_env_path;

/* A job's own turn of a conversation: as if `person` had written to the bot. */
struct newstore_visit {
    struct update update;
    struct turn turn;
};
void newstore_visit(struct newstore_visit *visit, struct work *work, int64_t person, int64_t ref);

/* "1001, 1002", and "me" for `self` (0: nobody); false where it is no such list, or an empty one. */
MUST_USE bool newstore_read_ids(struct arena *arena, const char *text, int64_t self, struct key_ids *ids_out);
/* "qris,bri_va" */
struct key_texts newstore_ways(struct arena *arena, const char *ways);

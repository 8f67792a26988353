/*
 * Conversations: what a store's bot says to what people do. Commands, reply-keyboard labels and callback data
 * are tables whose rows carry the handler, the role it takes and whether it writes; the dispatcher alone
 * checks the role.
 *
 * A handler that only reads draws its page from the catalogue snapshot, without a transaction. One that
 * writes runs in the update's one transaction: deduplication, person, change, outbox rows. The answer to
 * Telegram's request carries at most one expendable call (a page or a callback's answer); its loss costs one
 * more tap. What matters goes through the outbox.
 */
#pragma once

#include <jansson.h>

#include "payment/checkout.h"
#include "store/text.h"
#include "store/verify_daily.h"
#include "telegram/sender.h"
#include "telegram/update.h"
#include "work/work.h"

struct bot_options {
    const struct texts *texts;
    struct sender *sender; /* for the second expendable call of a callback */
    int calls_per_second;  /* of one bot; 0: as Telegram allows */
};
void bot_init(const struct bot_options *options);

/* Handles one update on its store's lane. On true `*reply_out` is the body for the 200 (in the task's arena;
 * "" for none) and everything is committed; an update seen before is true with its callback answered again at
 * most. On false nothing of it stays: ERR_RETRY, ERR_UNCERTAIN (database away: Telegram is to try again) or
 * another code (count it; park after five). */
MUST_USE bool bot_handle(struct work *work, const struct update *update, const char **reply_out,
                         struct error *err);

/* Whether the update may be handled by bot_handle_shared(): its handler queues what it writes and waits for
 * nothing. */
bool bot_can_share(const struct update *update);
/* Handles several such updates of one store in one transaction, because a commit is dear. On true all of them
 * are handled, as by bot_handle(). On false nothing of any stays, and each is to be handled by itself: one
 * failure takes the others along. At most BOT_MOST_SHARED. */
enum { BOT_MOST_SHARED = 16 };
MUST_USE bool bot_handle_shared(struct work *work, const struct update *const *updates, size_t count,
                                const char **replies_out, struct error *err);

/* An update that failed. Counts it in updates_failed; after the fifth time parks it (*parked_out), marks it
 * seen, and tells the store's admins; then the caller acknowledges. `body` is kept sealed. Own transaction.
 */
MUST_USE bool bot_note_failure(struct work *work, const struct update *update, const char *body,
                               size_t length, const struct error *why, bool *parked_out, struct error *err);

/* Commands, labels and callbacks above the role of who sent them, since the start; each is logged and
 * refused.
 */
uint64_t bot_forged(void);

/* The reply for a person who is too fast, made without database or lane; on any thread. `text` is borrowed
 * from the arena. */
enum bot_pace { BOT_PACE_SLOW_DOWN, BOT_PACE_SPAM_WARNING };
const char *bot_pace_reply(struct arena *arena, const struct tenant *tenant, const struct update *update,
                           enum bot_pace pace);
/* Lane task body: tells the store's admins about a spammer. Own transaction. */
MUST_USE bool bot_report_spam(struct work *work, const struct update *update, struct error *err);

/* Wiring. */
extern const struct checkout_notices bot_checkout_notices;
extern const struct verify_notices bot_verify_notices;
extern const struct outbox_effect bot_outbox_effects[];
extern const size_t bot_outbox_effect_count;
extern const struct outbox_bulk bot_outbox_bulk[];
extern const size_t bot_outbox_bulk_count;
/* For settings_on_read(). */
void bot_settings_read(struct work *work);
extern const struct job_kind *const bot_jobs[];
extern const size_t bot_job_count;
/* What is read for admins in the background: before the lanes start (the URL is borrowed), and at the stop,
 * which breaks off what runs; its jobs are done after the next start. Any thread. */
void bot_start_reading(const char *database_url);
void bot_stop_reading(void);
/* At the stop: breaks off what waits for Telegram in the pool; it is asked after the next start. */
void bot_stop_asking(void);
/* For setMyCommands; borrowed, lives as long as the program. */
const json_t *bot_commands(const char *language);

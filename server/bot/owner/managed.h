/*
 * Bots that owners made through ours (t.me/newbot/…), which Telegram lets our bot manage: their tokens are
 * asked for, never typed. There is no list to be had from Telegram, so each that we are told of is
 * remembered.
 *
 * Owns table lapak.managed_bots.
 */
#pragma once

#include "bot/turn.h"
#include "work/job.h"

struct managed_bot {
    const char *username;
    int64_t made_by;
    const char *store; /* whose bot it became, or NULL */
};
/* ERR_NOT_FOUND where we were never told of it. In the arena. */
MUST_USE bool managed_get(struct work *work, int64_t bot_id, struct managed_bot *bot_out, struct error *err);
/* It is a store's from now on; nothing happens for one that is not ours to manage. */
MUST_USE bool managed_set_store(struct work *work, int64_t bot_id, const char *store, struct error *err);

/* The bot's token. Waits: for the pool. ERR_REFUSED where it is not ours to manage (any more); otherwise as
 * telegram_call(). In the arena. */
MUST_USE bool managed_token(const struct tenant *manager, struct arena *arena, int64_t bot_id,
                            const char **token_out, struct error *err);

/* The update `managed_bot`. */
turn_handler managed_update;
/* A store's bot has got another token: fetched, and written where the store's file takes it from. */
extern const struct job_kind managed_token_job;

/* The page as a message of its own that is not lost; forgets the page. In the open transaction. */
MUST_USE bool owner_send_page(struct turn *turn, struct error *err);

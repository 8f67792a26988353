/*
 * Makes each store's bot ours: getMe, setWebhook (url, secret_token, allowed_updates), setMyCommands, in the
 * worker pool, paced over all stores (10 a second, 4 at once, and a pause for all of them when Telegram says
 * 429); and nobody's again once its store is gone (deleteWebhook). A refused token (401, 404) disables the
 * store; while Telegram can't be reached, or refuses the webhook, it is tried again (2, 4 … 300 s), for as
 * long as it takes.
 *
 * The owner's bot (the server's lane_store) is one of them: other updates, other commands, and its state lies
 * in lapak.owner_bot.
 *
 * Owns the columns bot_id, bot_username, state, state_reason, state_since of lapak.stores (states starting,
 * live, disabled, unreachable, removed), and of lapak.owner_bot, which has can_manage_bots too. Holds the
 * outbox of a disabled store and releases it when the store is live. Logs only a state that it could not
 * write down. One registration a process at a time.
 */
#pragma once

#include <jansson.h>

#include "base/arena.h"
#include "work/lane.h"
#include "work/pool.h"

enum registration_state {
    REGISTRATION_STARTING, /* not tried yet */
    REGISTRATION_LIVE,     /* webhook and commands are set */
    REGISTRATION_DISABLED, /* the token is refused, or another bot's: nothing happens until it is changed */
    REGISTRATION_UNREACHABLE, /* tried again and again */
    REGISTRATION_REMOVED,     /* its file is gone */
};

/* A store whose bot was live when the state was written down last. */
struct registered {
    const char *name;
    const uint8_t *digest; /* 32 bytes */
};
MUST_USE bool registration_read(struct arena *arena, struct db *db, struct registered **list_out,
                                size_t *count_out, struct error *err);

/* At the start: the state of every store whose name is not in the list is removed. */
MUST_USE bool registration_note_gone(struct arena *arena, struct db *db, const char *const *names,
                                     size_t count, int64_t now_ms, struct error *err);

struct registration_options {
    const char *api_base;
    const char *public_url; /* webhook: {public_url}/webhooks/telegram/{bot_store_name} */
    struct pool *pool;
    struct lanes *lanes;
    /* Commands for setMyCommands in a language: a JSON array of {command, description}; borrowed, any thread.
     * NULL: none are set. */
    const json_t *(*commands)(const char *language);
    const json_t *(*owner_commands)(const char *language); /* the same for the owner's bot */
    /* What Telegram was told before (registration_read), by name: a store that would tell it the same is only
     * looked at, by one call. May be NULL. */
    const struct registered *known;
    size_t known_count;
    /* Told, on a pool thread, when a store's state or its reason changes; for the log. May be NULL. */
    void (*on_state)(void *context, struct lane_store *store, enum registration_state state,
                     const char *reason);
    void *context;
};
struct registration;

/* Everything in the options must live until registration_stop(). */
struct registration *registration_start(const struct registration_options *options);
/* Registers one store, soon; for a store it knows already, again (with the tenant it has now, and whether it
 * is known to be so or not). `secret` is
 * copied; NULL keeps the one given before (for a sender that met a 401). Does nothing when `registration` has
 * ended or is NULL. Any thread. */
void registration_add(struct registration *registration, struct lane_store *store, const char *secret);
/* A store that is no longer served: state removed, and its bot's webhook is taken off, where it is still this
 * store's and no other store has the bot; tried again until Telegram can be reached or refuses the token.
 * Nothing is done for a store that was never added. */
void registration_remove(struct registration *registration, struct lane_store *store);
/* Breaks off what runs (within about a second) and waits for it; nothing of it happens afterwards. Before
 * pool_stop() and lanes_stop(). */
void registration_stop(struct registration **registration);

/* The webhook of a store: {public_url}/webhooks/telegram/{bot_store_name}; in the arena. */
char *registration_webhook_url(struct arena *arena, const char *public_url, const char *name);

/* "live", … as in lapak.stores. */
const char *registration_state_name(enum registration_state state);

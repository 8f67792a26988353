/* The bots, as Telegram knows them: token, names, webhook, commands. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rate.h"
#include "table.h"

struct sandbox;
struct update;
struct queue;

enum { BOT_TOKEN_SECRET = 35, UPDATES_KEPT = 10000 };

struct bot {
    int64_t id;
    char *token; /* the last one seen */
    char *username, *first_name;
    bool can_manage_bots;
    int64_t manager; /* the bot it was made through; 0: none */

    char *webhook_url; /* NULL: none is set */
    char *webhook_secret;
    json_t *allowed_updates; /* NULL: the usual ones */
    int max_connections;
    char *last_error;
    int64_t last_error_ms;

    json_t *commands; /* by "scope|language": arrays of BotCommand */

    int64_t last_message_id;
    struct table chats; /* by person: struct chat */
    struct rate rate;   /* of its sending calls */

    /* Delivery; see update.c. */
    int64_t next_update_id;
    struct table queues;
    struct queue *ready, **ready_end; /* wait for a connection */
    int in_flight;
    int64_t pending;
    struct update *held; /* to be sent after the next one */
    struct update **history;
    size_t history_count, history_start;
};

struct bot *bot_find(const struct sandbox *sandbox, int64_t id);
/* The bot of a well-formed token, made where it is new; NULL where the token is not well-formed. */
struct bot *bot_of_token(struct sandbox *sandbox, const char *token);
bool bot_token_is_revoked(const struct sandbox *sandbox, const char *token);
void bot_revoke(struct sandbox *sandbox, const char *token, bool revoked);
/* Sets the names that are given (NULL: as they were). */
void bot_name(struct sandbox *sandbox, struct bot *bot, const char *username, const char *first_name);
/* As a Bot API User; the caller owns it. */
json_t *bot_user_json(const struct bot *bot);
/* The commands of the default scope and no language; borrowed, may be NULL. */
json_t *bot_commands(const struct bot *bot);
void bot_free(void *bot);

/*
 * Channels and groups, as far as membership goes: who is in, and as what. They hold no messages. Bots and
 * people are members alike, by their ids.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "table.h"

struct sandbox;

struct channel {
    int64_t id; /* negative, as Telegram's are */
    char *type; /* "channel", "supergroup" */
    char *title;
    char *username;       /* without "@"; NULL: a private one */
    struct table members; /* by user: the status */
};

struct channel *channel_find(const struct sandbox *sandbox, int64_t id);
/* "@name", in any case. */
struct channel *channel_find_name(const struct sandbox *sandbox, const char *name);
/* Made or changed; NULL leaves a member as it was, an empty username makes it private. ERR_INVALID where id
 * or type can't be, ERR_CONFLICT where another one has the name. */
MUST_USE bool channel_set(struct sandbox *sandbox, int64_t id, const char *type, const char *title,
                          const char *username, struct channel **channel_out, struct error *err);
/* creator, administrator, member, restricted, left, kicked; false where it is none of these. */
bool channel_set_member(struct channel *channel, int64_t user, const char *status);
/* "left" for who was never in. */
const char *channel_status(const struct channel *channel, int64_t user);
/* Statuses of those who are in. */
bool channel_is_in(const char *status);
/* As a Bot API Chat; the caller owns it. */
json_t *channel_chat_json(const struct channel *channel);
void channel_free(void *channel);

/*
 * An update as Telegram posts it, decoded. Only what the server uses; everything is checked for type and
 * size, nothing is believed. Texts are copied into the arena given; each is bounded (a text to 4096 UTF-16
 * units as Telegram counts them, longer ones are cut), so that later layers need not count.
 *
 * Optional members of a wrong type count as missing. What an update can't do without (update_id, a message's
 * chat, a callback's id and person) makes it ERR_INVALID.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

enum update_kind {
    UPDATE_MESSAGE,
    UPDATE_CALLBACK,
    UPDATE_MY_CHAT_MEMBER, /* the person blocked or unblocked the bot */
    UPDATE_MANAGED_BOT,    /* a bot that the person made through us, or its token or owner changed; as from a
                              private chat with them */
    UPDATE_OTHER,          /* well-formed, of a kind we did not ask for: acknowledged, nothing done */
};

struct update {
    int64_t update_id;
    enum update_kind kind;
    /* Who; from_id is 0 where the kind has nobody (a message in the name of a channel). */
    int64_t from_id;
    const char *first_name;    /* "" at least */
    const char *last_name;     /* or NULL */
    const char *username;      /* or NULL */
    const char *language_code; /* or NULL */
    bool from_is_bot;
    int64_t chat_id; /* 0: a callback from a message that was sent inline */
    bool chat_is_private;
    int64_t message_id; /* the message; for a callback the message that carries the button (0: too old to be
                           known) */
    /* Message: */
    const char *text;          /* or NULL */
    bool text_is_formatted;    /* bold, links behind words, …: more than its characters say */
    const char *caption;       /* or NULL */
    const char *photo_file_id; /* the largest size, or NULL */
    bool has_media;            /* sticker, document, voice, …; not a photo */
    /* A document that is nothing else (no animation): */
    const char *document_file_id; /* or NULL */
    const char *document_name;    /* as the sender's device gave it; "" at least where there is a document */
    int64_t document_size;        /* bytes; 0: not known */
    const char *sticker_file_id;  /* or NULL */
    int64_t forwarded_from;       /* the person whose message it was; 0: it is no such one, or they hide it */
    /* Callback: */
    const char *callback_id;
    const char *data; /* "" where it had none, or more than Telegram's 64 bytes */
    /* The message that carries the button is a photo, or another file or thing: it has no text to edit. */
    bool message_has_photo, message_has_media;
    /* my_chat_member: */
    bool blocked;
    /* managed_bot: */
    int64_t managed_id;
    const char *managed_username; /* "" where it has none */
    const char *managed_name;     /* "" at least */
};

/* `text` is the request's body. ERR_INVALID where it is not JSON or not an update; the error never quotes it.
 */
MUST_USE bool update_decode(struct arena *arena, const char *text, size_t length, struct update *update_out,
                            struct error *err);

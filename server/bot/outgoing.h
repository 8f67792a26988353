/* Messages that matter: written to the outbox in the open transaction. */
#pragma once

#include <jansson.h>

#include "work/outbox.h"
#include "work/work.h"

/* Effects (effects.c) that a message may name. */
#define EFFECT_NOTICE          "notice"          /* ref: the chat; notes that the person blocked the bot */
#define EFFECT_WELCOME         "welcome"         /* ref: the chat; refused, it goes without its photo */
#define EFFECT_WELCOME_STICKER "welcome_sticker" /* ref: the chat; refused, the admins are told */
#define EFFECT_INVOICE                                                                                       \
    "invoice" /* ref: the order; its invoice message's id is stored, or the message removed when the order   \
                 ended */
#define EFFECT_DEPOSIT_INVOICE "deposit_invoice" /* the same; ref: the deposit */
#define EFFECT_DELIVERED       "delivered" /* ref: the order; part of all of it, completes it with the rest */
#define EFFECT_FULFILLED       "fulfilled" /* ref: the order; what an admin did by hand, the same */
#define EFFECT_REPLACED        "replaced"  /* ref: the order; admins are told where Telegram refuses it */

#define EFFECT_ADMIN_MESSAGE                                                                                 \
    "admin_message" /* ref: the update it was confirmed by; the admin is told where it does not arrive */

struct outgoing {
    int64_t chat_id;
    const char *html;
    json_t *keyboard;   /* taken over; may be NULL */
    const char *effect; /* NULL: EFFECT_NOTICE with the chat */
    int64_t ref;
    bool keep; /* held for a person who blocked the bot */
    /* With one of these the html is its caption: */
    const char *photo_file_id;
    const char *document_file_id;
    const char *qr_string;
    const char *chart; /* by chart_describe() */
    const char *file_text;
    const char *file_name;
};

/* Takes over the keyboard in any case. */
MUST_USE bool outgoing_add(struct work *work, const struct outgoing *outgoing, struct error *err);

/* Whether Telegram still lets the bot delete a message sent about `sent_ms`. */
bool outgoing_can_delete(const struct work *work, int64_t sent_ms);
/* Removes a message of the bot sent about `sent_ms`, a photo; one too old to be deleted gets `caption` and
 * loses its buttons. Nothing happens for message 0. */
MUST_USE bool outgoing_remove(struct work *work, int64_t chat_id, int64_t message_id, int64_t sent_ms,
                              const char *caption, struct error *err);
/* The same for a message of text, which becomes `html`. */
MUST_USE bool outgoing_remove_text(struct work *work, int64_t chat_id, int64_t message_id, int64_t sent_ms,
                                   const char *html, struct error *err);

/* To each of the store's admins (not the owners). */
MUST_USE bool outgoing_to_admins(struct work *work, const char *html, struct error *err);
/* The same with a keyboard, which is taken over; NULL: none. */
MUST_USE bool outgoing_to_admins_with(struct work *work, const char *html, json_t *keyboard,
                                      struct error *err);

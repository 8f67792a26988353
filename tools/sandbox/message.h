/* Sending a message in a bot's name: what sendX, copyMessage and forwardMessage share. */
#pragma once

#include "telegram.h"

struct draft {
    struct chat *chat;
    struct formatted text;
    struct file *file;
    json_t *extra;          /* borrowed, may be NULL */
    json_t *forward_origin; /* borrowed, may be NULL */
};

/* Reads reply_markup, reply_parameters and protect_content, and adds the message to the chat. */
bool message_send(struct call *call, const struct draft *draft, struct message **message_out);
int64_t message_chat_id(const struct chat *chat);

/* One private chat of a bot and a person: its messages, keyboards and answers. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct sandbox;
struct bot;
struct person;
struct file;

enum { MESSAGES_KEPT = 5000, ANSWERS_KEPT = 500 };

struct message {
    int64_t id;
    bool from_bot;
    int64_t date, edit_date; /* seconds */
    int edited;              /* times */
    bool deleted;
    bool protect_content;
    char *text;              /* or caption; plain; NULL where there is none */
    char *html;              /* as the bot sent it in HTML mode; else NULL */
    json_t *entities;        /* NULL where there are none */
    struct file *file;       /* borrowed */
    json_t *extra;           /* what is neither text nor file, {"contact": …}; NULL where there is none */
    json_t *inline_keyboard; /* rows; NULL where there is none */
    int64_t reply_to;
    json_t *forward_origin;
    char *media_group;    /* of an album; NULL where it is none */
    bool fixed_keyboard;  /* sent with a keyboard that is not inline: can't be edited */
    char *qr;             /* what the photo's QR code says, once looked for */
    int64_t qr_looked_at; /* how many transactions there were then, plus 1; 0: never */
};

struct chat {
    struct bot *bot;
    struct person *person;
    bool started; /* the person wrote to the bot */
    bool blocked;
    struct message **messages; /* ascending by id */
    size_t count, capacity;
    json_t *reply_keyboard;  /* rows; NULL where there is none */
    bool one_time;           /* the reply keyboard goes away when it was used */
    int64_t typing_until_ms; /* clock_mono_ms() */
    json_t *answers;
};

struct chat *chat_find(const struct bot *bot, int64_t person);
struct chat *chat_get(struct bot *bot, struct person *person);
/* Appends an empty message with the bot's next id and today's date, the chat's to keep. */
struct message *chat_add(struct chat *chat, bool from_bot, int64_t now_ms);
/* NULL where there is none; deleted ones are found. */
struct message *chat_message(const struct chat *chat, int64_t id);

void message_set_text(struct message *message, const char *text, const char *html, json_t *entities);
/* NULL takes the keyboard away; takes over the reference. */
void message_set_keyboard(struct message *message, json_t *rows);

/* The message as a Bot API Message; the caller owns it. */
json_t *message_json(const struct chat *chat, const struct message *message);
/* The chat as GET /sandbox/chat tells it, with the last messages and answers (0: all); the caller owns it. */
json_t *chat_json(struct sandbox *sandbox, struct chat *chat, size_t last);
void chat_free(void *chat);

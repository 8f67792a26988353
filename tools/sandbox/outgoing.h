/*
 * What a person sends, read from the body of POST /sandbox/send: a text, a file of any kind with a caption,
 * or something else (a contact, a place), with its entities, forwarded or as a reply.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct control;
struct bot;
struct person;
struct file;

struct outgoing {
    char *text;        /* or caption; NULL where there is none */
    json_t *entities;  /* owned */
    struct file *file; /* borrowed from the sandbox */
    json_t *extra;     /* {"contact": …}; owned */
    json_t *origin;    /* a MessageOrigin; owned */
    int64_t reply_to;  /* 0: none */
    const char *album; /* media_group_id; NULL: none */
};

/* False with the control's error filled. The caller frees the result with outgoing_free() in both cases. */
bool outgoing_read(struct control *control, struct bot *bot, const struct person *person,
                   struct outgoing *out);
void outgoing_free(struct outgoing *out);

/* Entities for "/command" and "/command@bot", at the beginning and behind white space; the caller's. */
json_t *outgoing_command_entities(const char *text);

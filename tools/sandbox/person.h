/* The people who talk to bots. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct sandbox;

struct person {
    int64_t id;
    json_t *user;  /* a Bot API User: id, is_bot, first_name and, where known, last_name, username,
                      language_code */
    bool in_crowd; /* one of many: the lists of people leave it out */
};

struct person *person_find(const struct sandbox *sandbox, int64_t id);
/* Found, or made with a name of ours. */
struct person *person_get(struct sandbox *sandbox, int64_t id);
/* The same for one of many: nobody is told that there is a new one. */
struct person *person_of_crowd(struct sandbox *sandbox, int64_t id);
/* Sets the members that are given (NULL: as they were). */
struct person *person_set(struct sandbox *sandbox, int64_t id, const char *first_name, const char *last_name,
                          const char *username, const char *language_code);
/* The person as a Bot API Chat (type private); the caller owns it. */
json_t *person_chat_json(const struct person *person);
void person_free(void *person);

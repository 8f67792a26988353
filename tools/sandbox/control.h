/*
 * The control interface, /sandbox/…: JSON in, JSON out; 400 {"error": …} for what can't be. The functions
 * stand in the tables of the control_*.c files; README.md tells users of it.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

struct sandbox;
struct web_request;
struct web_token;
struct bot;

/* One request to the control interface. */
struct control {
    struct sandbox *sandbox;
    struct arena *arena;
    const char *query;
    json_t *body;            /* an object; of a GET an empty one */
    struct web_token *token; /* set to NULL by a function that answers by itself */
    struct error err;
};

struct control_route {
    const char *http_method, *name;
    /* Gives the answer, the caller's; false with err filled. */
    bool (*fn)(struct control *control, json_t **answer_out);
};

/* Ended by a route without a name. */
extern const struct control_route control_state_table[];
extern const struct control_route control_chat_table[];
extern const struct control_route control_people_table[];
extern const struct control_route control_pay_table[];
extern const struct control_route control_managed_table[]; /* in method_managed.c */

/* Members of the body. Each is false with err filled where the member is missing or of another type. */
bool control_int(struct control *control, const char *name, int64_t *value_out);
bool control_bot(struct control *control, struct bot **bot_out);
/* Optional ones: the output is untouched where they are missing or null; false where the type is wrong. */
bool control_may_int(struct control *control, const char *name, int64_t least, int64_t most,
                     int64_t *value_out);
bool control_may_bool(struct control *control, const char *name, bool *value_out);
bool control_may_text(struct control *control, const char *name, const char **value_out);
/* A number in the query; `otherwise` where it is missing or none. */
int64_t control_query_int(struct control *control, const char *name, int64_t otherwise);

void control_on_request(struct web_request *request, void *context);
void control_on_file(struct web_request *request, void *context);

/*
 * What a request to the Bot API carries, whichever way it was sent: query, urlencoded, multipart or JSON. The
 * Bot API takes every value as a text too ("123", "true", JSON inside a text), and so do the readers here.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "multipart.h"

struct params {
    struct arena *arena; /* borrowed */
    json_t *object;
    json_t *parsed;         /* JSON values that came as texts */
    struct multipart files; /* the parts with a file name */
};

/* Reads all of it; `body` must live as long as the params. ERR_INVALID says what is wrong. */
MUST_USE bool params_parse(struct arena *arena, const char *content_type, const char *query, const char *body,
                           size_t length, struct params *params_out, struct error *err);
/* From a JSON object (borrowed; NULL: none): a webhook's reply. */
void params_of_json(struct arena *arena, json_t *object, struct params *params_out);
void params_free(struct params *params);

/* NULL where it is missing; a number or boolean as text. */
const char *params_text(const struct params *params, const char *name);
/* False where it is missing or no integer. */
bool params_int(const struct params *params, const char *name, int64_t *value_out);
bool params_bool(const struct params *params, const char *name);
/* Missing is fine and gives NULL; false where it is not JSON of the type (JSON_OBJECT, JSON_ARRAY). Borrowed.
 */
bool params_json(struct params *params, const char *name, json_type type, json_t **value_out);
/* The uploaded file of this field, or NULL. */
const struct multipart_part *params_file(const struct params *params, const char *name);
/* For the log of calls: the values, with a file as {"file": name, "size": n}. The caller owns it. */
json_t *params_log(const struct params *params);

/* One value of a query or urlencoded text, decoded, in the arena; NULL where it is missing or broken. */
char *params_query(struct arena *arena, const char *query, const char *name);

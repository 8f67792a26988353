/*
 * Reading and writing JSON with jansson, for input nobody trusts: each reader says whether the member was
 * there with the type asked for, and never ends the process. Member names are literals.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

/* jansson's own cleanup for a reference held in a local variable. */
#define auto_json __attribute__((cleanup(json_decrefp)))

/* Parses a whole document (object or array). Duplicate keys are refused; depth is bounded by jansson. The
 * caller owns the result. ERR_INVALID with the position, never with the text. */
MUST_USE bool json_parse(const char *text, size_t length, json_t **json_out, struct error *err);

/* Each is false, with the output untouched, where `object` is not an object or the member is missing, null
 * or of another type. A text is borrowed from the JSON value; it may not hold NUL. */
bool json_get_string(const json_t *object, const char *name, const char **text_out);
bool json_get_int(const json_t *object, const char *name, int64_t *value_out);
bool json_get_bool(const json_t *object, const char *name, bool *value_out);
bool json_get_object(const json_t *object, const char *name, json_t **object_out); /* borrowed */
bool json_get_array(const json_t *object, const char *name, json_t **array_out);   /* borrowed */

/* A string of any bytes: what of them is not UTF-8 becomes U+FFFD. The caller's reference. */
json_t *json_string_of(struct arena *arena, const char *text);

/* Compact text, UTF-8, in the arena. */
char *json_text(struct arena *arena, const json_t *json);

/* One value of a configuration, from its text: the types behind key.h. Private to key.c. */
#pragma once

#include "tenants/key.h"

/* A scalar as it stands in a file, or an element of a list. */
struct key_scalar {
    struct arena *arena; /* for what the value keeps */
    const struct key *key;
    const char *text; /* with its variables in */
    bool bare;        /* written without quotes and without variables */
    const char *why;  /* the complaint, where it is refused; never quotes the text */
};

struct key_type {
    bool list;
    size_t size; /* of the value, or of an element of the list */
    /* Puts the value to *target; false with scalar->why. */
    bool (*parse)(struct key_scalar *scalar, void *target);
    bool (*same)(const void *a, const void *b); /* of two values, or of two elements */
};

const struct key_type *key_type(enum key_kind kind);
/* Nothing at all, ~ or null, bare. */
bool key_is_null(const char *text);

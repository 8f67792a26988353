/*
 * A YAML mapping read into a struct by a table of fields: each value is checked and put where its row says;
 * every complaint names file, line and key ("catalogue.yaml:4: price: must be …"), never a value that may be
 * sold. For the files of this room.
 */
#pragma once

#include <stddef.h>

#include "base/clock.h"
#include "base/yaml.h"

/* Where the mappings come from. */
struct fields_source {
    const char *path; /* for complaints */
    struct arena *arena;
    const struct clock_zone *zone; /* of times */
    struct error *err;
};

/* What a key's value is, and what its member is. Texts are counted in characters. */
enum field_kind {
    FIELD_LINE,   /* const char *; no control characters */
    FIELD_TEXT,   /* const char *; lines and tabs allowed */
    FIELD_CODE,   /* const char *; letters, digits, _ and - */
    FIELD_PRICE,  /* int64_t, rupiah */
    FIELD_NUMBER, /* int64_t */
    FIELD_FLAG,   /* bool; true or false */
    FIELD_START,  /* int64_t, ms; a date alone is its beginning */
    FIELD_END,    /* int64_t, ms; a date alone is its end */
    FIELD_LIST    /* none: read by the caller */
};
struct field {
    const char *key;
    enum field_kind kind;
    int64_t least, most; /* of the number, or of the text's length */
    bool required;
    size_t offset; /* of the member */
};

/* Fills `object`; members of keys that are not there are left alone. ERR_INVALID in the source's error.
 * `what` is the key the mapping stands under. */
MUST_USE bool fields_take(const struct fields_source *source, const char *what, const struct yaml_node *node,
                          const struct field *fields, size_t count, void *object);

/* Whether the node is a text: no list or mapping, and nothing that YAML takes for nothing. */
bool fields_is_text(const struct yaml_node *node);

/* Sets the source's error to "path:line: key: what"; always false. */
bool fields_fault(const struct fields_source *source, int line, const char *key, const char *what);

/* Texts of the file that must be there once, with the line each is on. Sorts the list. */
struct fields_unique {
    const char *text;
    int line;
};
MUST_USE bool fields_check_unique(const struct fields_source *source, const char *key,
                                  struct fields_unique *list, size_t count);

/*
 * Reads a YAML file (libyaml) into a tree that knows on which line each thing stood, so that every complaint
 * can name file, line and key. Bounded: 16 MiB a file, 32 levels, no aliases (a billion laughs is refused).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

enum yaml_kind { YAML_SCALAR, YAML_SEQUENCE, YAML_MAPPING };

struct yaml_node {
    enum yaml_kind kind;
    int line; /* from 1 */
    /* A scalar's text; `plain` says that it was written without quotes (so `true`, `12`, `~` mean
     * themselves). */
    const char *text;
    bool plain;
    /* Children of a sequence or mapping in file order; keys only for a mapping. */
    size_t count;
    struct yaml_pair {
        const char *key;
        int line; /* the key's line */
        struct yaml_node *value;
    } * items;
};

/* The file's one document. ERR_INVALID "path:line: …" for anything that is not one well-formed document with
 * unique keys; ERR_NOT_FOUND where the file is not there or can't be read. */
MUST_USE bool yaml_read_file(struct arena *arena, const char *path, struct yaml_node **root_out,
                             struct error *err);
/* The same from memory; `name` stands for the path in complaints. */
MUST_USE bool yaml_read_text(struct arena *arena, const char *name, const char *text, size_t length,
                             struct yaml_node **root_out, struct error *err);

/* The value under a mapping's key, or NULL. */
struct yaml_node *yaml_get(const struct yaml_node *mapping, const char *key);
